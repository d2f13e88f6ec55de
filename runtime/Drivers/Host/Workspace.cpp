//===- Workspace.cpp - Scratch memory of a thread ------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Grows to the largest size asked for and is freed when the thread ends.
//
//===----------------------------------------------------------------------===//
#include "Workspace.h"

#include <cstdlib>

namespace flex::rt::host {
namespace {

struct Workspace {
  void *memory = nullptr;
  int64_t bytes = 0;
  ~Workspace() { std::free(memory); }
};

thread_local Workspace workspace;

} // namespace

void *threadWorkspace(int64_t bytes) {
  constexpr int64_t kAlignment = 64;
  if (bytes <= workspace.bytes && workspace.memory)
    return workspace.memory;
  if (bytes < 0 || bytes > INT64_MAX - kAlignment)
    return nullptr;
  int64_t rounded = (bytes / kAlignment + 1) * kAlignment;
  void *memory = std::aligned_alloc(kAlignment, static_cast<size_t>(rounded));
  if (!memory)
    return nullptr;
  std::free(workspace.memory);
  workspace.memory = memory;
  workspace.bytes = rounded;
  return memory;
}

} // namespace flex::rt::host
