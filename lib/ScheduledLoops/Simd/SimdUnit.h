//===- SimdUnit.h - Contractions on dot instructions of CPUs ----*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a register tile asks of units that multiply short runs of the reduction, of
// which each lane has one: which groups they take, and with what schedule. Part of
// the cost model; EmitSimdUnit.cpp emits what is decided here, EmitSimdBlocks.cpp
// where the unit takes blocks of rows and steps (AMX).
//
//===----------------------------------------------------------------------===//
#pragma once

#include "../GroupInfo.h"
#include "flex/ScheduledLoops/Schedule.h"

namespace flex::tile {

/// A contraction as such a unit takes it. Its instruction adds to each lane the products of `run` neighbouring steps of
/// the reduction: rows are read in runs of so many elements, columns from panels that are packed so. One of blocks does
/// so for 16 rows at once, and for 16 runs one after the other.
struct SimdUnitPlan {
  const MatrixUnit *unit = nullptr;
  int64_t run = 1; ///< elements in 32 bits
  ir::StatementInterface statement;
  unsigned rowOperand = 0, laneOperand = 0;
  /// Both factors are signed, where the unit's first one is not: 128 is added to each row's elements, and the sums
  /// begin at -128 times their column's sum. Exact, as integers wrap.
  bool offsetsRows = false;
  /// The instruction takes numbers below 2^-126 for 0. It is used for tiles whose factors are 0 or large enough that
  /// nothing gets there; the others are computed row by row in plain multiply-adds.
  bool isGuarded = false;
  bool rowsFollow = false; ///< each row lies behind the one before
  bool lanesFirst = false; ///< the lane operand is the unsigned one
  bool turned = false;     ///< the lane operand runs along the reduction, not along the lanes
  bool unsignedRows = false;

  bool hasBlocks() const { return unit->m > 1; }
};

/// What somebody wants of a unit.
struct SimdUnitRequest {
  std::string family;   ///< as `unit` of a schedule; empty: any
  int64_t lanes = 0;    ///< 0: any, the widest first
  bool anyRows = false; ///< as if the row operand ran along the reduction
  bool blocks = true;   ///< those of blocks, too
};

/// The unit of the device for a group; nothing if no unit takes its types, or an operand lies otherwise.
std::optional<SimdUnitPlan> planSimdUnit(const GroupInfo &info, const DeviceDescription &device,
                                         const std::string &lane, const std::string &unroll,
                                         const SimdUnitRequest &request = {});
std::optional<SimdUnitPlan> planSimdUnit(const GroupInfo &info, const DeviceDescription &device,
                                         const Schedule &schedule);

/// A register tile on the unit, if there is one for the group.
std::optional<Schedule> chooseSimdUnit(const GroupInfo &info, const DeviceDescription &device, const std::string &lane,
                                       const std::string &unroll);

/// What is wrong with a schedule that names a unit, whoever wrote it; empty: nothing.
std::string checkSimdUnit(const GroupInfo &info, const Schedule &schedule, const DeviceDescription &device);

/// The device with only the units that a kernel's own schedules for this target name: what they say of other things may
/// leave no place for any, and `none` asks for none. Devices with groups of threads keep theirs.
DeviceDescription withAskedUnits(DeviceDescription device, std::optional<mlir::ArrayAttr> schedules,
                                 mlir::StringRef target);
/// `none` is no unit, and tiles that nobody asked for are of the unit's blocks.
void settleSimdUnit(Schedule &schedule, mlir::DictionaryAttr asked, const DeviceDescription &device);

} // namespace flex::tile
