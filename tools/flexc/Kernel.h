//===- Kernel.h - FILE:KERNEL -----------------------------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How every command names a kernel in a file, and asks the compiler about it.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "CompilerLibrary.h"
#include "Options.h"
#include "flex/Runtime/Context.h"

#include <string>

namespace flex::tool {

struct KernelPlace {
  std::string file, kernel;
};

/// `k.flex:softmax`; without a colon the kernel is empty.
KernelPlace splitKernel(const std::string &word);

/// The kernel of a file's module that is named, or its only one.
StatusOr<rt::Kernel> kernelOf(const rt::Module &module, const KernelPlace &place);

/// What check, build and explain have in common, from the file and the options to a request.
StatusOr<CompilerRequest> makeRequest(const Options &options);
/// For commands that show one chip after the other: an error if the targets are 'all', which is for images.
Status requireChips(const CompilerRequest &request);
/// What every --bind names, with a comma between two.
std::string boundNames(const Options &options);

/// The target of the device that runs without asking for another.
StatusOr<std::string> defaultTarget();

} // namespace flex::tool
