//===- Fitting.cpp - What a device lacks for a schedule -------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The plans of strategies Matrix and Attention, asked whether there are any, and for
// less. Every schedule given passes the check of its strategy.
//
//===----------------------------------------------------------------------===//
#include "flex/ScheduledLoops/Fitting.h"

#include "EmitSimtAttention.h"

using namespace mlir;
using namespace flex;
using namespace flex::tile;

static FailureOr<Schedule> scheduleOf(ir::GroupOp group) {
  auto attr = group.getSchedule();
  return attr ? Schedule::fromAttr(*attr, group.getLoc()) : FailureOr<Schedule>(failure());
}

std::string tile::missingUnit(ir::GroupOp group, const DeviceDescription &device) {
  auto schedule = scheduleOf(group);
  if (failed(schedule) || (schedule->strategy != Strategy::Matrix && schedule->strategy != Strategy::Attention))
    return "";
  bool isMatrix = schedule->strategy == Strategy::Matrix;
  if (!isMatrix && device.model == ExecutionModel::Simd)
    return "";
  if (!schedule->unit.empty() && !device.findMatrixUnit(schedule->unit))
    return "no matrix unit '" + schedule->unit + "'";
  GroupInfo info(group);
  bool hasPlan = false;
  if (isMatrix)
    hasPlan = planMatrix(info, device, schedule->lane, schedule->unroll, schedule->unit).has_value();
  else if (auto parts = findOnlineSoftmax(group))
    hasPlan = planSimtAttention(info, *parts, device, schedule->unit, schedule->tileN).has_value();
  return hasPlan ? "" : "no matrix unit for the types of what is multiplied";
}

/// Where fragments hold elements more than once, stages of one step of the unit, for which fewer chunks are on their
/// way; then fewer results.
static std::optional<Schedule> smallerMatrix(Schedule schedule, const GroupInfo &info,
                                             const DeviceDescription &device) {
  auto plan = planMatrix(info, device, schedule.lane, schedule.unroll, schedule.unit);
  if (!plan)
    return std::nullopt;
  Schedule shallow = schedule;
  shallow.tileK = plan->unit->k;
  if (plan->unit->copies > 1 && shallow.tileK < schedule.tileK && checkMatrix(*plan, shallow, device).empty())
    return shallow;
  if (!halveResults(schedule, *plan->unit) || !checkMatrix(*plan, schedule, device).empty())
    return std::nullopt;
  return schedule;
}

/// Fewer queries for each wave, which leaves fewer results; then fewer keys at a time, which leaves fewer weights.
static std::optional<Schedule> smallerAttention(const Schedule &schedule, const GroupInfo &info,
                                                const DeviceDescription &device) {
  for (int64_t Schedule::*size : {&Schedule::tileM, &Schedule::tileN}) {
    Schedule smaller = schedule;
    smaller.*size /= 2;
    settleSimtAttention(smaller, device, [](const char *) { return false; });
    if (smaller.*size > 0 && checkSimtAttention(info, smaller, device).empty())
      return smaller;
  }
  return std::nullopt;
}

std::optional<Schedule> tile::smallerSchedule(ir::GroupOp group, const DeviceDescription &device) {
  auto schedule = scheduleOf(group);
  if (failed(schedule) || device.model == ExecutionModel::Simd)
    return std::nullopt;
  GroupInfo info(group);
  switch (schedule->strategy) {
  case Strategy::Matrix: return smallerMatrix(*schedule, info, device);
  case Strategy::Attention: return smallerAttention(*schedule, info, device);
  case Strategy::Rows: // a row that is held in registers is read again instead
    if (schedule->vectors == 1)
      return std::nullopt;
    schedule->vectors = 1;
    return schedule;
  case Strategy::Tile: // shorter runs of a thread
    if (schedule->lanes == 1 || !schedule->unroll.empty())
      return std::nullopt;
    schedule->lanes /= 2;
    return schedule;
  case Strategy::Block:
  case Strategy::Points: return std::nullopt;
  }
  return std::nullopt;
}
