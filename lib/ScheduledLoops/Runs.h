//===- Runs.h - Where runs of consecutive elements are aligned --*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A thread of a GPU reads 16 bytes at once where they begin at a multiple of 16.
// What can be proved of the shapes is decided here; what depends on open
// dimensions becomes a condition that is asked once, the same for all threads.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "GroupInfo.h"
#include "flex/ScheduledLoops/Schedule.h"

namespace flex::tile {

/// Runs of `lanes` elements along an index, one behind the other from element 0 on.
struct RunAlignment {
  int64_t lanes = 1;
  /// Products of dimensions: if all are multiples of `lanes`, every run is aligned to its size.
  llvm::SmallVector<DimExpr> conditions;
  /// Names of loops whose values are multiples of something, a power of two.
  std::map<std::string, int64_t> multiples;

  /// A power of two that divides an offset for certain, where the conditions hold.
  int64_t multipleOf(const DimExpr &offset) const;
  /// A name that stands for where a run begins.
  void addStart(const std::string &name);
};

/// A statement's index that lanes run along; empty: none.
using LaneIndex = llvm::function_ref<std::string(ir::StatementInterface)>;

/// Nothing if some access that moves with the lanes' index is no run, or is not aligned whatever the dimensions are.
/// `collapsed` are indices that stay 0, since the lanes' index walks them too; each of `extents` has to be a multiple
/// of the lanes as well: runs end there.
std::optional<RunAlignment> alignRuns(const GroupInfo &info, LaneIndex laneOf, llvm::ArrayRef<std::string> collapsed,
                                      llvm::ArrayRef<DimExpr> extents, int64_t lanes);

/// The lanes of an access of the narrowest element that moves with the lanes' index; the widest takes four accesses.
int64_t widestRun(const GroupInfo &info, LaneIndex laneOf, int64_t accessBits);

/// The runs of strategy Tile with groups of threads; `isOneLine`: the lanes' index walks the whole domain.
std::optional<RunAlignment> alignOuterRuns(const GroupInfo &info, const Schedule &schedule, bool isOneLine);

/// The runs of strategy Rows with groups of threads: along each statement's last inner index.
std::optional<RunAlignment> alignRows(const GroupInfo &info, int64_t lanes);
/// The index that they run along.
std::string innermost(const GroupInfo &info, ir::StatementInterface statement);

} // namespace flex::tile
