//===- Rates.h - What this processor does per second -----------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The calibration of the host: arithmetic from registers, streams through each
// level of memory, one fork and join of the pool. Some 0.4 s in all.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "ThreadPool.h"
#include "flex/Runtime/Driver.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

namespace flex::rt::host {

/// Rates of one thread, but for those whose name ends in ".all". Names:
///   fma.f32.128, .256, .512, fma.f64.512 and the like: multiply-adds in registers of so many bits, GFLOP/s
///   dot.bf16.512, dot.i8.256, .512, amx.bf16, amx.i8: with sums in f32 or i32, GFLOP/s
///   read.l1, copy.l1, stream.l1, …, .l2, .l3, .memory, copy.memory.all: GB/s of bytes read and written;
///     a stream is a copy whose stores go past the caches
///   size.l1, .l2, .l3: of a cache, in KiB; of the last one at most what is measured, 32 MiB
///   stream.from: the size of a copy in KiB from which that pays; not there if it never does
///   forkjoin: one empty parallel loop on all threads, us
/// What the processor does not have is not there.
RateTable measureHostRates(const std::vector<std::string> &features, ThreadPool &pool);

/// Arithmetic of an instruction set: appends to the table.
void measureArithmetic(const std::vector<std::string> &features, RateTable &table);

/// The best time of `body` in seconds; it is repeated for some milliseconds and at least three times.
template <typename Body> double bestSeconds(Body body) {
  using Clock = std::chrono::steady_clock;
  constexpr double kBudget = 4e-3;
  double best = 1e9, spent = 0;
  for (int runs = 0; runs < 3 || spent < kBudget; ++runs) {
    auto begin = Clock::now();
    body();
    double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    best = std::min(best, seconds);
    spent += seconds;
  }
  return best;
}

} // namespace flex::rt::host
