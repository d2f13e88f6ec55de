//===- ExplainBench.h - What the launches of a kernel take ------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// On one core of this machine, with random arguments.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "Options.h"
#include "flex/Support/Status.h"

#include <map>
#include <string>

namespace flex::tool {

/// Of some repetitions, in seconds.
struct StepTimes {
  double best = 0, median = 0;
};

/// Repeats a kernel for a while: the times of its launches by their names. `options`: those of `flexc explain`.
StatusOr<std::map<std::string, StepTimes>> benchSteps(const Options &options, const std::string &kernel,
                                                      double seconds);

} // namespace flex::tool
