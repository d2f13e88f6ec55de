//===- Bench.h - Timing a launch --------------------------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Repeats a launch and sets its time beside what the machine can do at most.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "Options.h"
#include "flex/Support/Status.h"

#include <functional>
#include <string>

namespace flex::tool {

struct BenchSettings {
  double seconds = 1;     ///< how long to repeat
  int ceilingThreads = 0; ///< 0: the ceiling of the device is not measured
};

/// The seconds of --bench; 0: not asked for.
StatusOr<double> benchSeconds(const Options &options);

/// The report. `flops` and `bytes` are the cost model's figures of one launch; 0: unknown.
StatusOr<std::string> benchmark(const std::function<Status()> &launch, double flops, double bytes,
                                const BenchSettings &settings);

} // namespace flex::tool
