//===- SplitSum.h - A contraction in parts ----------------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where a contraction has fewer tiles of results than a device has compute units,
// or reads a matrix for few rows, its sum is cut: one group writes sums of parts to memory, another adds them, in
// one order whatever runs first, and does the maps behind. Before schedules are set.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "GroupInfo.h"
#include "flex/ScheduledLoops/Schedule.h"

namespace flex::tile {

/// How many parts the last index of a group's sum is best cut into, given its schedule for the whole; 1: none.
int64_t chooseParts(const GroupInfo &info, const Schedule &schedule, const DeviceDescription &device);

/// Why a group's sum cannot be cut into so many parts; empty if it can.
std::string checkParts(const GroupInfo &info, int64_t parts);

/// Takes the sum of parts of a group's contraction out of it, into a new group before it. `parts` divides the extent of
/// the last index. The result is the new group.
ir::GroupOp splitSum(ir::GroupOp group, int64_t parts);

} // namespace flex::tile
