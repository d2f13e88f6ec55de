//===- PointsEmitter.h - What is in order at a point ------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The strategy Points: a group of one scan, scatter or sort and maps around it. A thread owns a point of the plainly
// parallel indices (or a vector of them) and does the rest in order, so that no two threads ever touch the same element
// of the result. One class per kind of statement does what is in order.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "../Emitter.h"

namespace flex::tile {

class PointsEmitter : public Emitter {
public:
  PointsEmitter(EmitContext context, bool threads);

  DimExpr items() const override;
  void emit(mlir::Value item) override;

protected:
  /// Private buffers, before the loops.
  virtual void createRings() {}
  /// All of one point, or of the vectors of points of `proto`.
  virtual void emitStatement() = 0;
  /// The lanes of the points run along an outer index from `lane` on.
  virtual void enterLanes(const DimExpr &lane, const DimExpr &extent) { proto.valid = validOf(0, lane, extent); }
  /// Of a point whose lanes run along an outer index.
  virtual int64_t columns() const { return schedule.lanes; }
  /// What there is one point for. A thread may have to share the inner indices too.
  virtual llvm::SmallVector<DimExpr> pointExtents() const;

  bool hasOuterLanes() const { return schedule.lanes > 1 && llvm::is_contained(info.outerNames, schedule.lane); }
  mlir::Value lessThan(const DimExpr &a, const DimExpr &b);
  /// How many lanes of a vector are inside; null where all are, always.
  mlir::Value validOf(int64_t vector, const DimExpr &lane, const DimExpr &extent);
  mlir::Value ring(mlir::Type element, const DimExpr &elements);

  /// The statement's point at these inner coordinates.
  virtual Point at(llvm::ArrayRef<DimExpr> inner) const;
  llvm::SmallVector<DimExpr> resultExprs(const std::map<std::string, DimExpr> &names) const;
  /// Stores an element of a scan or sort, and computes what the group's maps make of it. They call their indices as
  /// the statement does.
  void finishPoint(const Point &point, mlir::Value value, bool nontemporal = false);

  bool threads; ///< a work item is a group of threads
  mutable ir::StatementInterface statement;
  llvm::SmallVector<DimExpr> extents; ///< of the points that are counted
  llvm::SmallVector<DimExpr> outer;
  Point proto; ///< the lanes of the current point

private:
  void emitPoint(const DimExpr &number);
};

std::unique_ptr<Emitter> createScanEmitter(EmitContext context, bool threads);
std::unique_ptr<Emitter> createScatterEmitter(EmitContext context, bool threads);
std::unique_ptr<Emitter> createSortEmitter(EmitContext context, bool threads);

} // namespace flex::tile
