//===- Kernel.h - FILE:KERNEL -----------------------------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How every command names a kernel in a file.
//
//===----------------------------------------------------------------------===//
#pragma once

#include <string>

namespace flex::tool {

struct KernelPlace {
  std::string file, kernel;
};

/// `k.flex:softmax`; without a colon the kernel is empty.
KernelPlace splitKernel(const std::string &word);

} // namespace flex::tool
