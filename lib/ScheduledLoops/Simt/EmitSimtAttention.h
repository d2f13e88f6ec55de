//===- EmitSimtAttention.h - Fused attention on matrix units ----*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What strategy Attention makes of a fused group on a device with groups of
// threads before it emits anything: the unit, how its results are spread over a wave, and
// where the blocks of queries, keys and values come from. Shared by the cost
// model, the check of schedules and the emitter.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "../OnlineSoftmax.h"
#include "EmitSimtContract.h"

namespace flex::tile {

/// Which element of its tile each element of a thread's part of an accumulator is: a bit of the thread's number in the
/// wave, or of the element's number, moves it by so many rows or columns.
struct AccumulatorLayout {
  struct Bit {
    bool isRow;
    int64_t by;
  };
  llvm::SmallVector<Bit> lane, element;
  /// Results, rounded to the operands' type, are a thread's part of operand a as they are: as many tiles beside each
  /// other as have the unit's steps, or as many elements of a tile.
  bool isOperand = false;
  /// That holds if columns whose numbers differ in the bits of this number and of its double changed places: they do in
  /// this layout, and so must what the columns come from. 0: as they are.
  int64_t swapped = 0;

  /// Elements of a thread that are neighbours in a row.
  int64_t run() const;
  /// Rows of a tile that a thread has elements of, and where they are from its first one.
  llvm::SmallVector<int64_t> rows() const;
  /// Where in a row the thread's runs begin, from its first one.
  llvm::SmallVector<int64_t> runs() const;
  /// The element with which a run begins.
  int64_t elementOf(int64_t row, int64_t run) const;
  /// Where the first element of the thread of that number is.
  DimExpr placeOf(const DimExpr &thread, bool isRow) const;
  /// The threads that share a row: so many, whose numbers differ in these bits.
  int64_t sharing() const;
  int64_t apart() const;

  /// For weights, of a unit whose results are not operands as they are: if they can be.
  void makeOperand(const MatrixUnit &unit);
};

/// Nothing if a thread's results are not some runs of each of its rows.
std::optional<AccumulatorLayout> accumulatorLayout(const MatrixUnit &unit);

/// A matrix that is read in blocks of rows.
struct BlockSource {
  ir::StatementInterface statement;
  MatrixOperand operand;
  std::string row, column; ///< index names
  DimExpr rows, columns;   ///< extents
  bool turned = false;     ///< a row of the ring is a column: turned in registers on its way
  int64_t swapped = 0;     ///< as in AccumulatorLayout, of the ring's rows
  int64_t width = 0;       ///< columns of a block: a power of two, at least as many as there are
  int64_t panel = 0;       ///< columns of it that lie in a row of the ring; the next ones in further panels of all rows
};

struct AttentionPlan {
  OnlineSoftmax parts;
  const MatrixUnit *unit = nullptr;      ///< of the product with values
  const MatrixUnit *scoreUnit = nullptr; ///< of the scores: the same, or one of as many columns as a block has keys
  AccumulatorLayout layout;              ///< of scores
  AccumulatorLayout resultLayout;
  BlockSource queries, keys, values;
  mlir::Type element;
  /// All that maps do with a score that the mask does not hide: multiply it with this positive number.
  std::optional<double> scale;
  MatrixPlan results; ///< of the second contraction, as what stores results asks for

  /// Keys, values and queries stay in group memory, where the unit reads them.
  bool readsGroup() const { return readsGroupMemory(*unit); }
  /// The score where the mask, if there is one, does not hide it: a value in the body of the last map.
  mlir::Value visibleScore() const;
};

/// The plan for the unit of that name and blocks of so many keys; for the first unit that takes the operands if the
/// name is empty.
std::optional<AttentionPlan> planSimtAttention(const GroupInfo &info, const OnlineSoftmax &parts,
                                               const DeviceDescription &device, const std::string &unit, int64_t keys);

/// Whether a block's products with values are still on their way when the next step begins: there is a stage more than
/// copies need.
bool attentionIsLate(const AttentionPlan &plan, const Schedule &schedule);
/// Blocks that copies run ahead of the one that is read; without asynchronous copies none.
int64_t attentionAhead(const AttentionPlan &plan, const Schedule &schedule);

/// What the parts of the ring take, in bytes: a stage of keys and values, and the queries, which weights take the place
/// of.
int64_t attentionStageBytes(const AttentionPlan &plan, const Schedule &schedule);
int64_t attentionQueryBytes(const AttentionPlan &plan, const Schedule &schedule);
/// The schedule of the tiles of results, as what stores them asks for.
Schedule attentionResults(const AttentionPlan &plan, const Schedule &schedule);
int64_t attentionRingBytes(const AttentionPlan &plan, const Schedule &schedule);

} // namespace flex::tile
