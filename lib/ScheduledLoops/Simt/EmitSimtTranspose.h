//===- EmitSimtTranspose.h - Tiles turned in group memory -------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the cost model and the emitter of strategy Tile ask of a group that reads
// along another index than the one it writes along.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "../Runs.h"

namespace flex::tile {

/// An operand whose reads run along the unrolled index, and jump along the lanes'.
struct TurnedAccess {
  ir::StatementInterface statement;
  unsigned operand;
};

/// All operands that jump along `lane`, if there are any and all of them run along `unroll`; none in a group of other
/// statements than maps of plain accesses.
llvm::SmallVector<TurnedAccess> findTurned(const GroupInfo &info, const std::string &lane, const std::string &unroll);

/// Whether runs of `lanes` elements are aligned for certain: along `unroll` where accesses are turned, else along
/// `lane`.
bool areTurnedRunsAligned(const GroupInfo &info, const std::string &lane, const std::string &unroll, int64_t lanes);

/// Elements of group memory per row of a tile: one more than a row has keeps the threads that walk down a column in
/// different banks.
inline int64_t turnedPitch(const Schedule &schedule) {
  return schedule.unrollTile + 1;
}

} // namespace flex::tile
