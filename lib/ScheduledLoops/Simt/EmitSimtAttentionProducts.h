//===- EmitSimtAttentionProducts.h - Attention's two products ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Part of strategy Attention: what differs between units that take operands from
// registers and those that read blocks in the ring themselves. The latter's results are there
// once a tile.settle has waited for them.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "../LoopBuilder.h"
#include "EmitSimtAttention.h"
#include "EmitSimtAttentionCopy.h"

namespace flex::tile {

class AttentionProducts {
public:
  using Values = llvm::SmallVector<mlir::Value>;

  /// Where a thread's first score is: of the work item's queries, the wave's first one, and from there, and of a
  /// block's keys, its own.
  struct Place {
    const DimExpr &waveRow, &laneRow, &laneColumn;
  };

  AttentionProducts(LoopBuilder &loops, const AttentionPlan &plan, const Schedule &schedule, const BlockCopies &queries,
                    const BlockCopies &keys, const BlockCopies &values, const Place &place);

  /// Before the loop over keys; where the number of keys is open or there is a mask, tests need the registers, and each
  /// step reads them anew.
  void readQueries();
  /// Tiles of scores of the block at element `stage` of the ring, by row of tiles.
  llvm::SmallVector<Values> scores(mlir::Value stage);
  /// Adds the products of weights and the block's values to `sums`, row by row of tiles. `weights`: from step k on, by
  /// row of tiles.
  void addValues(Values &sums, mlir::Value stage, llvm::function_ref<Values(int64_t k)> weights);
  /// Weights that go through the ring, where the queries were: a run into this wave's rows, and fragments.
  void putWeights(mlir::Value run, int64_t row, int64_t column);
  Values weightsFromRing(int64_t k);

private:
  Values queriesAt(int64_t k);
  Values fragments(Operand operand, mlir::Value from, mlir::Value base, mlir::Value outer, int64_t k,
                   LayoutAttr placing, bool across, int64_t count);
  llvm::SmallVector<Values> multiplyPanels(mlir::Value stage);
  LayoutAttr weightLayout() const;

  LoopBuilder &loops;
  mlir::OpBuilder &b;
  mlir::Location loc;
  const AttentionPlan &plan;
  const Schedule &schedule;
  const MatrixUnit &unit;
  const BlockCopies &queries, &keys, &values;
  Place place;
  int64_t rowTiles, keyTiles, widthTiles;
  mlir::Value weightMask;
  llvm::SmallVector<Values> queryFragments; ///< by step of the depth, then by row of tiles; none: read when needed
};

} // namespace flex::tile
