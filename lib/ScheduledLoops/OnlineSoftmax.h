//===- OnlineSoftmax.h - Attention as one group -----------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Scores, their softmax and its product with the values as one launch, whose softmax
// runs along with the scores (Milakov and Gimelshein 2018, Dao et al. 2022), so that no
// tensor of all scores is ever in memory. tile-choose-schedule makes such groups where the
// device has a schedule for them. docs/decisions/attention.md.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "GroupInfo.h"
#include "flex/ScheduledLoops/Schedule.h"

namespace flex::tile {

/// The parts of a group `output = sum(key) exp(score - max) * value`, `sum = sum(key) exp(score - max)`, and maps that
/// divide one by the other. The statements come in this order. Each role has one index name in all of them, and every
/// statement begins with the group's outer indices, which are `batch` and `query`.
struct OnlineSoftmax {
  ir::ReduceOp scores;                    ///< [outer, key] over [depth]: of query factor times key factor
  llvm::SmallVector<ir::MapOp> scoreMaps; ///< [outer, key]: scales, masks, soft caps, each of the one before it
  ir::ReduceOp max;                       ///< [outer] over [key], of the last of them
  ir::MapOp exp;                          ///< [outer, key]
  ir::ReduceOp sum;                       ///< [outer] over [key]
  ir::ReduceOp output;                    ///< [outer, width] over [key]: of exp times value factor
  llvm::SmallVector<ir::MapOp> epilogue;  ///< [outer, width]; one of them divides `output` by `sum`
  mlir::Value queryFactor, keyFactor;     ///< in the body of `scores`
  mlir::Value weightFactor, valueFactor;  ///< in the body of `output`
  /// The index along which queries share keys and values; empty if there is none.
  std::string query;
  std::string key, depth, width;
  llvm::SmallVector<std::string> batch; ///< the other outer indices
  DimExpr queryExtent{1}, keyExtent, depthExtent, widthExtent;
  llvm::SmallVector<DimExpr> batchExtents;
  /// In the body of the last of `scoreMaps`, if that is `if condition { visible } else { -inf }`; else null.
  mlir::Value condition, visible;
  /// Of a group that Simt/SplitAttention.h has cut: an outer index, beside `batch`'s others, and how many keys each of
  /// its values sees: those whose number over `partKeys` is the part's. That test is not in `condition`. There is no
  /// epilogue then: output, maximum and sum are the results. Empty otherwise.
  std::string part;
  DimExpr partKeys;

  ir::StatementInterface lastScore() const {
    return scoreMaps.empty() ? ir::StatementInterface(scores) : ir::StatementInterface(scoreMaps.back());
  }
};

/// The parts of such a group; nothing if it is another one.
std::optional<OnlineSoftmax> findOnlineSoftmax(ir::GroupOp group);

using FuseChoice = llvm::function_ref<std::optional<Schedule>(ir::GroupOp, const OnlineSoftmax &)>;
/// Puts each softmax between two contractions, over several groups, into one, if `choose` has a schedule for it, which
/// becomes that group's. Nothing under strict numerics: sums are taken in another order, and the division comes last.
void fuseOnlineSoftmax(ir::KernelOp kernel, FuseChoice choose);

/// The cost model for such groups; nothing if they are better left apart.
std::optional<Schedule> chooseAttention(const GroupInfo &info, const OnlineSoftmax &parts,
                                        const DeviceDescription &device);
std::optional<Schedule> chooseSimdAttention(const GroupInfo &info, const OnlineSoftmax &parts,
                                            const DeviceDescription &device);
std::optional<Schedule> chooseSimtAttention(const GroupInfo &info, const OnlineSoftmax &parts,
                                            const DeviceDescription &device);
/// A schedule of strategy Attention in which somebody asked for `unit` is the one of that unit's family.
Schedule withUnitOf(const Schedule &chosen, llvm::StringRef unit, ir::GroupOp group, const DeviceDescription &device);
/// What nobody asked for follows what somebody did: waves the rows, where a wave has a tile's, and threads the waves.
void settleSimtAttention(Schedule &schedule, const DeviceDescription &device,
                         llvm::function_ref<bool(const char *key)> isAsked);
/// What is wrong with a schedule of strategy Attention for its group; empty: nothing.
std::string checkAttention(const GroupInfo &info, const Schedule &schedule, const DeviceDescription &device);
std::string checkSimtAttention(const GroupInfo &info, const Schedule &schedule, const DeviceDescription &device);

} // namespace flex::tile
