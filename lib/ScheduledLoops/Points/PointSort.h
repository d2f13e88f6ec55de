//===- PointSort.h - Sorting the values of one point ------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Loops that order the keys along one index, stably. Used by the strategy Points.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "../GroupInfo.h"
#include "../LoopBuilder.h"
#include "flex/ScheduledLoops/Schedule.h"

#include "mlir/IR/BuiltinTypes.h"

namespace flex::tile {

/// A value as a signed integer of the same order, the other way round if descending: NaN is the largest value, and
/// the two zeros are equal. Of vectors too.
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

/// Of the first `count` of many, a number known when compiling.
struct SelectTask : SortTask {
  mlir::IntegerType keyType;
  int64_t width = 2; ///< selectionWidth(count)
  int64_t lanes = 1; ///< keys that are looked at together
  /// The keys from a place on; those past `valid` are the largest. Only asked if there are several lanes.
  std::function<mlir::Value(const std::string &first, mlir::Value valid)> keysInLanes;
};
/// As many as are kept in registers.
int64_t selectionWidth(int64_t count);

/// One pass over the keys that keeps the first ones in order; `places`: scratch of `width` i64.
void emitSelection(const SelectTask &task, mlir::Value places);

/// Lanes along the sorted index if what is kept of it fits the registers.
void selectFew(Schedule &schedule, const GroupInfo &info, const DeviceDescription &device);

/// Where one place comes to be: counts what goes before it, n per place, without scratch memory.
void emitRankOf(const SortTask &task, const DimExpr &place);

} // namespace flex::tile
