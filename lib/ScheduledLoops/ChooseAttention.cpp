//===- ChooseAttention.cpp - Schedules of fused attention -----------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Part of the cost model: whether a softmax between two contractions becomes one
// group on a device, and how it is walked. docs/decisions/attention.md.
//
//===----------------------------------------------------------------------===//
#include "Simd/EmitSimdAttention.h"
#include "Simt/EmitSimtAttention.h"

using namespace mlir;
using namespace flex;
using namespace flex::tile;

std::optional<Schedule> tile::chooseAttention(const GroupInfo &info, const OnlineSoftmax &parts,
                                              const DeviceDescription &device) {
  auto schedule = device.model == ExecutionModel::Simd ? chooseSimdAttention(info, parts, device)
                                                       : chooseSimtAttention(info, parts, device);
  if (schedule)
    schedule->why =
        "a softmax between two products: one block of keys after the other, with the maximum and the sum so "
        "far, so that no score is ever in memory";
  return schedule;
}

std::string tile::checkAttention(const GroupInfo &info, const Schedule &schedule, const DeviceDescription &device) {
  auto parts = findOnlineSoftmax(info.group);
  if (!parts)
    return "strategy 'attention' needs a softmax between two contractions, and numerics that are not strict";
  if (device.model != ExecutionModel::Simd)
    return checkSimtAttention(info, schedule, device);
  if (!parts->part.empty())
    return "attention in parts needs a device with groups of threads";
  return checkSimdAttention(*parts, schedule);
}

Schedule tile::withUnitOf(const Schedule &chosen, StringRef unit, ir::GroupOp group, const DeviceDescription &device) {
  const MatrixUnit *asked = device.findMatrixUnit(unit), *own = device.findMatrixUnit(chosen.unit);
  auto parts = findOnlineSoftmax(group);
  if (chosen.strategy != Strategy::Attention || !asked || !own || asked->unit == own->unit || !parts)
    return chosen;
  DeviceDescription family = device;
  llvm::erase_if(family.matrixUnits, [&](const MatrixUnit &other) { return other.unit != asked->unit; });
  return chooseAttention(GroupInfo(group), *parts, family).value_or(chosen);
}

void tile::settleSimtAttention(Schedule &schedule, const DeviceDescription &device,
                               llvm::function_ref<bool(const char *key)> isAsked) {
  const MatrixUnit *unit = device.findMatrixUnit(schedule.unit);
  if (schedule.strategy != Strategy::Attention || !unit || !readsGroupMemory(*unit))
    return;
  if (!isAsked("waves-m"))
    schedule.wavesM = std::max<int64_t>(1, schedule.tileM / unit->m);
  if (!isAsked("group-size"))
    schedule.groupSize = schedule.wavesM * unit->threads;
}

std::optional<Schedule> tile::chooseSimdAttention(const GroupInfo &info, const OnlineSoftmax &parts,
                                                  const DeviceDescription &device) {
  Schedule schedule;
  schedule.strategy = Strategy::Attention;
  schedule.lane = parts.query;
  schedule.lanes = std::max<int64_t>(1, device.vectorBits / attentionBits(parts));
  bool manyRegisters = device.vectorRegisters >= 32;
  // rows x vectors sums, and what they are multiplied by: enough for the multiply-adds' latency, and blocks come out
  // even.
  schedule.vectors = manyRegisters ? 4 : 2;
  schedule.rows = 4;
  int64_t heads = 1;
  for (const DimExpr &extent : parts.batchExtents)
    heads *= std::max<int64_t>(1, extent.constant().value_or(1));
  int64_t queries = orTypical(parts.queryExtent);
  // Fewer queries at once, if cores would have none otherwise.
  auto items = [&] {
    return heads * static_cast<int64_t>(llvm::divideCeil(queries, schedule.lanes * schedule.vectors));
  };
  while (schedule.vectors > 2 && items() < device.cores)
    schedule.vectors /= 2;
  int64_t keys = orTypical(parts.keyExtent);
  if (parts.queryExtent == DimExpr(1))
    return std::nullopt; // reading keys and values is all there is to do, and products with one row do that well
  // Weights of a block of keys in half of L1.
  int64_t bytes = attentionBits(parts) / 8;
  int64_t block = device.l1Bytes / 2 / (schedule.lanes * schedule.vectors * bytes);
  block = std::clamp<int64_t>(std::min(block, keys), schedule.rows, 256);
  schedule.depth = block / schedule.rows * schedule.rows;
  return checkSimdAttention(parts, schedule).empty() ? std::optional(schedule) : std::nullopt;
}
