//===- Threads.h - Work shared by a few threads ----------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// For the compiler and the emulator, whose jobs are long. Launches have a pool
// of their own (runtime/Drivers/Host).
//
//===----------------------------------------------------------------------===//
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <thread>
#include <vector>

namespace flex {

/// Calls `work` on `count` threads at once, the caller's among them (on that alone if `count` is 0), and returns when
/// all calls have.
inline void runOnThreads(size_t count, const std::function<void()> &work) {
  std::vector<std::thread> helpers(std::max<size_t>(count, 1) - 1);
  for (std::thread &helper : helpers)
    helper = std::thread(work);
  work();
  for (std::thread &helper : helpers)
    helper.join();
}

/// Threads that `jobs` independent jobs keep busy on this machine.
inline size_t threadsFor(size_t jobs) {
  return std::min<size_t>(jobs, std::max(1U, std::thread::hardware_concurrency()));
}

} // namespace flex
