//===- Chips.cpp - NVIDIA chips as data -----------------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The table, and its rows as the cost model's facts. Columns: SMs, L1 and L2
// KiB, f32 GFLOP/s, memory GB/s of the board named beside the row.
//
//===----------------------------------------------------------------------===//
#include "Chips.h"

using namespace flex;
using namespace flex::nvptx;

const std::vector<ChipData> &nvptx::chips() {
  static const std::vector<ChipData> table = {
      {"sm_75", 40, 64, 4 << 10, 8100, 320, "sm_75"},          // T4
      {"sm_80", 108, 192, 40 << 10, 19500, 1555, "sm_80"},     // A100 40 GB
      {"sm_86", 82, 128, 6 << 10, 35600, 936, "sm_86"},        // RTX 3090
      {"sm_89", 128, 128, 72 << 10, 82600, 1008, "sm_89"},     // RTX 4090
      {"sm_90a", 132, 256, 50 << 10, 66900, 3350, "sm_90"},    // H100 SXM
      {"sm_100a", 148, 256, 126 << 10, 75000, 8000, "sm_100"}, // B200
      {"sm_120", 170, 128, 96 << 10, 104800, 1792, "sm_120"},  // RTX 5090
  };
  return table;
}

const ChipData *nvptx::findChip(const std::string &name) {
  for (const ChipData &chip : chips())
    if (name == chip.name)
      return &chip;
  return nullptr;
}

tile::DeviceDescription nvptx::describe(const ChipData &chip) {
  tile::DeviceDescription device;
  device.model = tile::ExecutionModel::Simt;
  device.vectorBits = 128;
  device.vectorRegisters = 255;
  device.cores = chip.computeUnits;
  device.l1Bytes = chip.l1KiB << 10;
  device.l2Bytes = (chip.l2KiB << 10) / chip.computeUnits;
  device.l3Bytes = chip.l2KiB << 10;
  device.waveSize = kWarpSize;
  device.maxGroupSize = kMaxBlock;
  device.groupMemoryBytes = kStaticSharedBytes;
  device.streamingBytes = chip.l2KiB << 10;
  device.gflops = chip.gflops;
  device.memoryGBs = chip.memoryGBs;
  return device;
}
