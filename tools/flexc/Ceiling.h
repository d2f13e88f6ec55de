//===- Ceiling.h - What this machine can do at most -------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Two measurements of a tenth of a second each, so that --bench can say how much
// of the machine a kernel uses: f32 multiply-adds from registers, and a stream
// through memory.
//
//===----------------------------------------------------------------------===//
#pragma once

namespace flex::tool {

struct Ceiling {
  double gflops = 0;    ///< f32, a multiply-add counts two
  double memoryGBs = 0; ///< bytes read and written
};

/// On `threads` threads at once; 0 where a measurement was not possible.
Ceiling measureCeiling(int threads);

} // namespace flex::tool
