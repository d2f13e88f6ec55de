//===- Workspace.h - Scratch memory of a thread ----------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Kept per thread between launches, so that a hot launch allocates nothing.
//
//===----------------------------------------------------------------------===//
#pragma once

#include <cstdint>

namespace flex::rt::host {

/// 64-byte aligned memory of at least `bytes` (>= 0) for the calling thread, until its
/// next call; null if there is none.
void *threadWorkspace(int64_t bytes);

} // namespace flex::rt::host
