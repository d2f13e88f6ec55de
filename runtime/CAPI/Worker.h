//===- Worker.h - Runs asynchronous launches in order ----------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One thread, started by the first job; the destructor runs what is queued.
//
//===----------------------------------------------------------------------===//
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <pthread.h>

namespace flex::rt::capi {

class Worker {
public:
  Worker() = default;
  ~Worker();
  Worker(const Worker &) = delete;
  Worker &operator=(const Worker &) = delete;
  /// Runs the job here if no thread can be had.
  void post(std::function<void()> job);

private:
  void work();
  std::mutex mutex; // guards all below
  std::condition_variable changed;
  std::deque<std::function<void()>> jobs;
  pthread_t thread{};
  bool started = false, stopping = false;
};

} // namespace flex::rt::capi
