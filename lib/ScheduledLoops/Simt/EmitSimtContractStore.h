//===- EmitSimtContractStore.h - Results of matrix units --------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The second half of strategy Matrix: from accumulators through the ring to runs
// of columns, the maps behind the contraction, and memory.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "../Emitter.h"
#include "EmitSimtContract.h"

namespace flex::tile {

/// Where a work item's results are, and who holds them.
struct MatrixResults {
  const MatrixPlan &plan;
  const Schedule &schedule;
  const DeviceDescription &device;
  mlir::Value ring;              ///< bytes of group memory, free once all threads are here
  DimExpr firstRow, firstColumn; ///< of the work item's tile
  llvm::ArrayRef<DimExpr> rest;  ///< its other outer coordinates
  DimExpr thread, waveRow, waveColumn;
  llvm::ArrayRef<ir::StatementInterface> statements = {}; ///< the contraction and the maps behind it; none: all
  llvm::ArrayRef<std::string> names = {};                 ///< of the results' indices; none: the group's outer ones
  /// Makes known what maps read beside the sums, of results at those coordinates.
  std::function<void(const Point &, llvm::ArrayRef<DimExpr>)> prepare = nullptr;
  std::optional<int64_t> threads = std::nullopt; ///< the group's first ones, if only those are here
  bool isFree = false;                           ///< the ring is free already
};

/// `sums`: the accumulators of a wave, row after row.
void storeMatrixResults(EmitContext context, const MatrixResults &results, llvm::ArrayRef<mlir::Value> sums);

/// layout.rowMask(row) of a row that is a value.
mlir::Value emitRowMask(mlir::OpBuilder &builder, mlir::Location loc, LayoutAttr layout, mlir::Value row);

} // namespace flex::tile
