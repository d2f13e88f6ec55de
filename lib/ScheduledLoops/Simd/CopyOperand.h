//===- CopyOperand.h - Factors copied before they are read ------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Between choosing a schedule and emission, for devices without groups of
// threads: rewrites of groups that the cost model decides. A factor that lies badly
// is transposed, one that ends inside of tiles gets what is around it, a narrow one
// is widened.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "../GroupInfo.h"
#include "flex/ScheduledLoops/Schedule.h"

namespace flex::tile {

/// The operand of a register-tiled contraction whose rows the tile reads across: every step of the reduction finds
/// another line of memory, for each panel of columns again. Nothing if there is none, or if turning it costs more. A
/// unit that takes runs of the reduction is worth it always.
std::optional<unsigned> findTurnedOperand(const GroupInfo &info, const Schedule &schedule,
                                          const DeviceDescription &device);

/// Makes that operand's transpose, with the innermost reduced index last, in a new group before this one, which then
/// reads that. The result is the new group.
ir::GroupOp turnOperand(ir::GroupOp group, unsigned operand, const Schedule &schedule);

/// The operand of a register-tiled contraction that is read beyond its ends, under a boundary rule, where that costs
/// more than a copy of it: lanes that run across its end, or so few tiles of rows that most meet one.
std::optional<unsigned> findPaddedOperand(const GroupInfo &info, const Schedule &schedule,
                                          const DeviceDescription &device);

/// Makes that operand with what the rule puts around it in a new group before this one, which then reads that. The
/// result is the new group.
ir::GroupOp padOperand(ir::GroupOp group, unsigned operand, const Schedule &schedule);

/// The operand of a register-tiled contraction that moves with the rows, in a type narrower than the loops compute in:
/// where each element would be widened again for many panels of columns.
std::optional<unsigned> findWidenedOperand(const GroupInfo &info, const Schedule &schedule,
                                           const DeviceDescription &device);

/// Makes that operand in the wider type in a new group before this one, which then reads that. The result is the new
/// group.
ir::GroupOp widenOperand(ir::GroupOp group, unsigned operand, const Schedule &schedule);

} // namespace flex::tile
