//===- Chips.h - Compute capabilities and what runs on them ----*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Code for an older architecture runs on a newer one, except that of names with
// an 'a' (PTX ISA 9.0, section 11.1.2, .target): the driver assembles PTX.
//
//===----------------------------------------------------------------------===//
#pragma once

#include <string>
#include <vector>

namespace flex::rt::cuda {

/// What a device of one compute capability under one driver can do.
struct Abilities {
  std::string target;                ///< for --target: the best that the compiler has and the driver reads
  std::vector<std::string> features; ///< "sm_80", …; "cubin-sm_90" for machine code
  int lanes = 0;                     ///< f32 multiply-adds per clock of a multiprocessor
};

/// `capability` is 10 x major + minor, `driverVersion` what cuDriverGetVersion says. An empty target: nothing runs.
Abilities abilitiesOf(int capability, int driverVersion);

/// The latest PTX version that a driver reads, 10 x major + minor (PTX ISA 9.0, section 13, table "PTX Release
/// History").
int ptxVersionOf(int driverVersion);

} // namespace flex::rt::cuda
