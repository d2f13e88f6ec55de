//===- ChooseContraction.h - Schedules of contractions on CPUs --*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Part of the cost model, for devices without groups of threads: register tiles,
// and where too few rows share the lane operand to pay for packing it, how it is
// read decides.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "../GroupInfo.h"
#include "flex/ScheduledLoops/Schedule.h"

namespace flex::tile {

/// Dot products, if both factors run along the innermost reduced index and the rows are few: strategy Rows with an
/// unrolled index.
std::optional<Schedule> chooseDots(const GroupInfo &info, const DeviceDescription &device,
                                   const Contraction &contraction, const std::string &lane, const std::string &unroll);
/// All columns of a work item for some steps of the reduction at once, if the rows are few and the lane operand does
/// not stay in L2: strategy Tile with a depth and an unrolled index.
std::optional<Schedule> chooseSkinny(const GroupInfo &info, const DeviceDescription &device,
                                     const Contraction &contraction, const std::string &lane,
                                     const std::string &unroll);

/// The rest: rows x vectors accumulators fill the registers, leaving room for the operands; the lane operand is packed
/// when it does not stay in the near caches by itself.
Schedule chooseRegisterTile(const GroupInfo &info, const DeviceDescription &device, const Contraction &contraction,
                            const std::string &lane, const std::string &unroll);

/// Lanes and rows of a register tile exchanged, if that leaves fewer lanes and registers without work and the long sums
/// are worth that the lane operand is packed, and results are stored, across their lines: channels instead of the few
/// pixels of a row.
std::optional<Schedule> chooseTurnedTile(const GroupInfo &info, const DeviceDescription &device,
                                         const Contraction &contraction, const Schedule &chosen);

/// The row operand of a contraction that is reduced over one index, if the elements of a row lie side by side, and no
/// boundary rule moves what is read.
std::optional<unsigned> findRowsAlong(const GroupInfo &info, ir::StatementInterface statement,
                                      const Schedule &schedule);

/// Enough work items for all cores, or one block of rows per panel when panels suffice.
void splitRows(Schedule &schedule, const GroupInfo &info, const DeviceDescription &device, int64_t panels,
               int64_t rows);

/// What is wrong with a schedule of the first two kinds for its group, whoever wrote it; empty: nothing.
std::string checkDots(const GroupInfo &info, const Schedule &schedule);
std::string checkSkinny(const GroupInfo &info, const Schedule &schedule);

} // namespace flex::tile
