//===- Chips.cpp - Kinds of SPIR-V consumers as data ----------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The limits are what any device of the API has in practice, the rates those of
// a small one: the runtime corrects them by measurement.
//
//===----------------------------------------------------------------------===//
#include "Chips.h"

using namespace flex;
using namespace flex::spirv;

static const ApiData kApis[] = {
    {"opencl", "spirv64v1.2-unknown-unknown", 16, 256, 32, 16, 32, 4 << 10, 1000, 50},
};

std::string ChipData::spelling() const {
  return std::string(api->name) + (hasHalf ? "+fp16" : "") + (hasDouble ? "+fp64" : "");
}

std::vector<std::string> ChipData::features() const {
  std::vector<std::string> names;
  if (hasHalf)
    names.push_back("fp16");
  if (hasDouble)
    names.push_back("fp64");
  return names;
}

std::vector<std::string> spirv::knownChips() {
  std::vector<std::string> names;
  for (const ApiData &api : kApis)
    for (auto [half, doubles] : {std::pair(true, true), {true, false}, {false, true}, {false, false}})
      names.push_back(ChipData{&api, half, doubles}.spelling());
  return names;
}

bool spirv::parseChip(const std::string &text, ChipData &chip) {
  for (const ApiData &api : kApis)
    for (auto [half, doubles] : {std::pair(true, true), {true, false}, {false, true}, {false, false}}) {
      chip = {&api, half, doubles};
      if (text.empty() || text == chip.spelling())
        return true;
    }
  return false;
}

tile::DeviceDescription ChipData::describe() const {
  tile::DeviceDescription device;
  device.model = tile::ExecutionModel::Simt;
  device.vectorBits = 128;
  device.vectorRegisters = 128;
  device.cores = api->computeUnits;
  device.l1Bytes = api->l1KiB << 10;
  device.l2Bytes = (api->l2KiB << 10) / api->computeUnits;
  device.l3Bytes = api->l2KiB << 10;
  device.waveSize = api->waveSize;
  device.maxGroupSize = api->maxGroupSize;
  device.groupMemoryBytes = api->groupMemoryKiB << 10;
  device.streamingBytes = api->l2KiB << 10;
  device.gflops = api->gflops;
  device.memoryGBs = api->memoryGBs;
  return device;
}
