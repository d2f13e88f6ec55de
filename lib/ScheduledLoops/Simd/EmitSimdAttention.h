//===- EmitSimdAttention.h - Fused attention on a CPU -----------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the cost model, the check of schedules and the emitter of strategy
// Attention on a device without groups of threads share.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "../Emitter.h"
#include "../OnlineSoftmax.h"

namespace flex::tile {

/// Bits of an element that lanes hold: the widest that is computed in.
unsigned attentionBits(const OnlineSoftmax &parts);

/// What is wrong with a schedule; empty: nothing.
std::string checkSimdAttention(const OnlineSoftmax &parts, const Schedule &schedule);

/// Which keys the queries of a work item see, by what the mask says of indices. All are expressions over names in
/// scope.
struct VisibleKeys {
  DimExpr first, end;         ///< no query sees another key
  DimExpr firstFull, endFull; ///< every query sees every key from one to the other
  bool hasFirst = false;      ///< `first` and `firstFull` are not just 0
};

/// Emits what the mask of `parts` says of the queries from `firstQuery` to `lastQuery`; `batch` are the other outer
/// coordinates, by name.
VisibleKeys visibleKeys(const OnlineSoftmax &parts, LoopBuilder &loops, Evaluator &values, const DimExpr &firstQuery,
                        const DimExpr &lastQuery, const std::map<std::string, DimExpr> &batch);

/// The type that the chain is computed in.
mlir::Type attentionType(const OnlineSoftmax &parts);

/// How a work item's queries, keys and values come into registers: what the emitter builds on.
class SimdAttentionReads : public Emitter {
protected:
  SimdAttentionReads(EmitContext context, OnlineSoftmax found)
      : Emitter(context), parts(std::move(found)), b(loops.get()), loc(loops.getLoc()), lanes(schedule.lanes),
        vectors(schedule.vectors), rows(schedule.rows), queries(lanes * vectors), element(attentionType(parts)),
        vector(mlir::VectorType::get(lanes, element)) {}

  /// A vector of scratch memory.
  mlir::Value load(mlir::Value ring, const DimExpr &offset);
  mlir::Value loadScalar(mlir::Value ring, const DimExpr &offset);
  void store(mlir::Value value, mlir::Value ring, const DimExpr &offset);
  mlir::Value splat(double number);
  mlir::Value spread(mlir::Value scalar);
  mlir::Value lowest();
  /// A loop of its own memo, without carried values.
  void loop(const std::string &stem, const DimExpr &from, const DimExpr &to, int64_t step,
            llvm::function_ref<void(const DimExpr &)> body);
  /// The same with carried values.
  llvm::SmallVector<mlir::Value>
  carry(const std::string &stem, const DimExpr &from, const DimExpr &to, int64_t step, mlir::ValueRange init,
        llvm::function_ref<llvm::SmallVector<mlir::Value>(const DimExpr &, mlir::ValueRange)> body);
  /// A new block begins: nothing that was evaluated holds any more.
  void forget();
  /// The outer coordinates of a query.
  llvm::SmallVector<DimExpr> outerAt(const DimExpr &query) const;
  /// A factor of a contraction; indices that a boundary rule would move are moved here, once for all.
  mlir::Value factor(ir::StatementInterface statement, mlir::Value value, const Point &point);
  /// Where an operand is read, inside of its tensor whatever its boundary rule.
  llvm::SmallVector<DimExpr> insideOf(ir::StatementInterface statement, unsigned operand, const Point &point) const;
  /// All queries of the item, one row of lanes x vectors of them for each step of the depth.
  void turnQueries();
  /// A row of a ring for each of `extent` steps, with a value for each query, from vectors along the steps.
  void turnInto(mlir::Value ring, const DimExpr &extent,
                llvm::function_ref<mlir::Value(const DimExpr &query, const DimExpr &step, mlir::Value valid)> read);
  /// Whether an operand runs along the keys and not along the queries, such as a mask.
  bool runsAlongKeys(ir::StatementInterface map, unsigned operand) const;
  /// A byte for bool.
  mlir::Type ringTypeOf(mlir::Value tensor);
  /// What runsAlongKeys is turned, for `part` keys.
  void turnReads(const DimExpr &key, const DimExpr &part);
  /// Makes what was turned known to the map that reads it.
  void publishReads(const DimExpr &key, const DimExpr &row, int64_t v);

  OnlineSoftmax parts;
  mlir::OpBuilder &b;
  mlir::Location loc;
  int64_t lanes, vectors, rows, queries;
  mlir::Type element;
  mlir::VectorType vector;
  std::map<std::string, DimExpr> batch; ///< coordinates by name
  std::string queryName;                ///< of the first query of the item
  DimExpr count;                        ///< of queries
  bool isWhole = true;                  ///< no item has fewer than all queries
  mlir::Value turned;                   ///< queries, a row for each step of the depth
  /// What a map of the scores reads along the keys, and a row of it for each key of a part.
  struct TurnedRead {
    ir::StatementInterface statement;
    unsigned operand;
    mlir::Value ring;
  };
  llvm::SmallVector<TurnedRead> turnedReads;
};

} // namespace flex::tile
