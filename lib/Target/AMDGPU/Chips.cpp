//===- Chips.cpp - AMD chips as data --------------------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The table, and its rows as the cost model's facts. Columns: threads of a wave,
// compute units, LDS, L1, L2 and last-level cache KiB, f32 GFLOP/s, memory GB/s.
//
//===----------------------------------------------------------------------===//
#include "Chips.h"

using namespace flex;
using namespace flex::amdgpu;

const std::vector<ChipData> &amdgpu::chips() {
  static const std::vector<ChipData> table = {
      {"gfx90a", 64, 104, 64, 16, 8 << 10, 8 << 10, 23900, 1638},    // MI250X, one die
      {"gfx942", 64, 304, 64, 32, 4 << 10, 256 << 10, 81700, 5300},  // MI300X
      {"gfx950", 64, 256, 160, 32, 4 << 10, 256 << 10, 78600, 8000}, // MI355X
      {"gfx1100", 32, 96, 64, 32, 6 << 10, 96 << 10, 61400, 960},    // RX 7900 XTX
      {"gfx1201", 32, 64, 64, 32, 8 << 10, 64 << 10, 48700, 640},    // RX 9070 XT
  };
  return table;
}

const ChipData *amdgpu::findChip(const std::string &name) {
  for (const ChipData &chip : chips())
    if (name == chip.name)
      return &chip;
  return nullptr;
}

tile::DeviceDescription amdgpu::describe(const ChipData &chip) {
  tile::DeviceDescription device;
  device.model = tile::ExecutionModel::Simt;
  device.vectorBits = 128;
  device.vectorRegisters = 256;
  device.cores = chip.computeUnits;
  device.l1Bytes = chip.l1KiB << 10;
  device.l2Bytes = (chip.l2KiB << 10) / chip.computeUnits;
  device.l3Bytes = chip.l3KiB << 10;
  device.waveSize = chip.waveSize;
  device.maxGroupSize = kMaxWorkgroup;
  device.groupMemoryBytes = chip.ldsKiB << 10;
  device.streamingBytes = chip.l3KiB << 10;
  device.gflops = chip.gflops;
  device.memoryGBs = chip.memoryGBs;
  return device;
}
