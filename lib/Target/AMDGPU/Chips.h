//===- Chips.h - AMD chips as data ------------------------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One row per architecture; the rates are those of a typical board, to rank
// schedules by. A new chip is a new row.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/ScheduledLoops/DeviceDescription.h"

#include <vector>

namespace flex::amdgpu {

struct ChipData {
  const char *name;
  int64_t waveSize;
  int64_t computeUnits;
  int64_t ldsKiB;
  int64_t l1KiB, l2KiB, l3KiB;
  double gflops, memoryGBs;
};

/// In the order --help lists them.
const std::vector<ChipData> &chips();
/// Null for an unknown name.
const ChipData *findChip(const std::string &name);
tile::DeviceDescription describe(const ChipData &chip);

inline constexpr int64_t kMaxWorkgroup = 1024;

} // namespace flex::amdgpu
