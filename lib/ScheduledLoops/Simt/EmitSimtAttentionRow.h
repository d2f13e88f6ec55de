//===- EmitSimtAttentionRow.h - One row's softmax as it grows ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Part of strategy Attention: what a thread and those that share a row with it do
// with the row's scores of a block. Knows nothing of where they come from.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "../LoopBuilder.h"
#include "EmitSimtAttention.h"

namespace flex::tile {

struct RowStep {
  mlir::Value maximum;                    ///< of all scores so far
  mlir::Value sum;                        ///< of this thread's weights so far, by their place in a run
  mlir::Value rescale;                    ///< what weights so far are to be multiplied with
  llvm::SmallVector<mlir::Value> weights; ///< of the runs, f32
};

/// `runs`: the thread's scores of one row of a block, which are to be multiplied with `scale`, a positive number.
RowStep emitRowStep(LoopBuilder &loops, const AccumulatorLayout &layout, llvm::ArrayRef<mlir::Value> runs,
                    mlir::Value maximum, mlir::Value sum, double scale);

/// The sum of a row, from its threads' parts.
mlir::Value emitTotal(LoopBuilder &loops, const AccumulatorLayout &layout, mlir::Value sum);

/// 1 / the sum of a row; 0 if `isEmpty`, which may be null.
mlir::Value emitReciprocal(LoopBuilder &loops, const AccumulatorLayout &layout, mlir::Value sum, mlir::Value isEmpty);

/// A vector of a thread's elements of a tile that has the value of each one's row.
mlir::Value perElement(mlir::OpBuilder &b, mlir::Location loc, const AccumulatorLayout &layout,
                       llvm::ArrayRef<mlir::Value> rows);

/// -infinity, of a float type.
mlir::Value lowestScores(mlir::OpBuilder &b, mlir::Location loc, mlir::Type type);

/// Scores from lane `count` on as if they were masked.
mlir::Value hideBeyond(mlir::OpBuilder &b, mlir::Location loc, mlir::Value run, mlir::Value count);

} // namespace flex::tile
