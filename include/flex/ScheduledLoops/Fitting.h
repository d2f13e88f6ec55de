//===- Fitting.h - What a device lacks for a schedule -----------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Questions about a group's schedule that the pipeline asks, which knows other chips
// and what code generation made of it.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/ScheduledLoops/Schedule.h"

namespace flex::tile {

/// Why a device with groups of threads has no matrix unit for a group whose schedule needs one, as "no matrix unit
/// 'mma.m16n8k32.f8e4m3fn'" or "no matrix unit for the group's types"; empty if it has one or none is needed.
std::string missingUnit(ir::GroupOp group, const DeviceDescription &device);

/// The next smaller schedule for a group whose threads turned out to have too few registers for the one it has; nothing
/// if there is none. Never on a device without groups of threads.
std::optional<Schedule> smallerSchedule(ir::GroupOp group, const DeviceDescription &device);

} // namespace flex::tile
