//===- PointSort.h - Sorting the values of one point ------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Loops that order the keys along one index, stably. Used by the strategy Points.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "LoopBuilder.h"

#include "mlir/IR/BuiltinTypes.h"

namespace flex::tile {

/// A value as a signed integer of the same order, the other way round if descending: NaN is the largest value, and
/// the two zeros are equal.
mlir::Value makeSortKey(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value value, bool isUnsigned,
                        bool descending);
/// The type of the keys of values of this (carrier) type.
mlir::IntegerType sortKeyType(mlir::Type type);

/// What is sorted, and where the order goes.
struct SortTask {
  LoopBuilder &loops;
  DimExpr extent, count;
  std::function<mlir::Value(const DimExpr &place)> keyAt;
  std::function<void(const DimExpr &rank, mlir::Value place)> store; ///< `place` as i64
};

/// Scratch buffers: 2 * extent keys, 2 * extent i64, radixCounts(key) i64.
struct SortMemory {
  mlir::Value keys, places, counts;
};
int64_t radixCounts(mlir::IntegerType key);

/// Many keys go byte by byte, the lowest first, into 256 buckets; few are merged in runs of doubling length.
void emitSortInMemory(const SortTask &task, const SortMemory &memory);

/// Where one place comes to be: counts what goes before it, n per place, without scratch memory.
void emitRankOf(const SortTask &task, const DimExpr &place);

} // namespace flex::tile
