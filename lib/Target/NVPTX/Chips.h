//===- Chips.h - NVIDIA chips as data ---------------------------*- C++ -*-===//
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

namespace flex::nvptx {

struct ChipData {
  const char *name;
  int64_t computeUnits;
  int64_t l1KiB, l2KiB;
  double gflops, memoryGBs;
  /// Of a family that later chips do not run (the 'a' in sm_90a), or plain.
  const char *plainName;
};

/// In the order --help lists them.
const std::vector<ChipData> &chips();
/// Null for an unknown name.
const ChipData *findChip(const std::string &name);
tile::DeviceDescription describe(const ChipData &chip);

/// What one block may declare statically; more needs an opt-in at launch.
inline constexpr int64_t kStaticSharedBytes = 48 << 10;
inline constexpr int64_t kWarpSize = 32;
inline constexpr int64_t kMaxBlock = 1024;

} // namespace flex::nvptx
