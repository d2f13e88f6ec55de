//===- Chips.h - Kinds of SPIR-V consumers as data --------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A "chip" is an API that takes SPIR-V and the optional types that code may use:
// opencl, opencl+fp16, opencl+fp16+fp64. One row per API, one per type.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/ScheduledLoops/DeviceDescription.h"

#include <string>
#include <vector>

namespace flex::spirv {

struct ApiData {
  const char *name;
  const char *triple; ///< the version of SPIR-V that every device of the API takes
  int64_t waveSize, maxGroupSize, groupMemoryKiB;
  int64_t computeUnits, l1KiB, l2KiB;
  double gflops, memoryGBs;
};

/// A row and the optional types in use.
struct ChipData {
  const ApiData *api = nullptr;
  bool hasHalf = false, hasDouble = false;
  std::string spelling() const;              ///< "opencl+fp16+fp64"
  std::vector<std::string> features() const; ///< {"fp16", "fp64"}
  tile::DeviceDescription describe() const;
};

/// Every spelling that parseChip takes, the default first.
std::vector<std::string> knownChips();
/// Fills `chip`; false for a text that no spelling has. The empty text is everything OpenCL offers.
bool parseChip(const std::string &text, ChipData &chip);

} // namespace flex::spirv
