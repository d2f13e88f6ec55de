//===- RandomArguments.h - A kernel and arguments for it --------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// For what is timed and not looked at.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "Arguments.h"
#include "flex/Runtime/Context.h"

namespace flex::tool {

struct BoundKernel {
  rt::Kernel kernel; ///< with the dimensions bound that no argument tells
  ResolvedArguments arguments;
};

/// `words`: arguments as `flexc run` takes them; those that are missing are random. `defines`: those of --define.
/// InvalidArgument: a dimension stays open.
StatusOr<BoundKernel> bindRandom(const rt::Kernel &kernel, std::vector<std::string> words,
                                 const std::vector<std::string> &defines);

} // namespace flex::tool
