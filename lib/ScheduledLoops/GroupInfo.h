//===- GroupInfo.h - What scheduling and emission ask of a group -*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A read-only view of a flex.group: its statements, outer domain, and how their
// accesses behave along an index.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/TensorIR/TypicalExtent.h"

#include "flex/TensorIR/TensorIR.h"

namespace flex::tile {

/// A sum of products with operands that share some indices and not others: the
/// statement to register-tile.
struct Contraction {
  ir::StatementInterface statement;
  mlir::Value left, right; ///< the factors in the body
};

/// Indices that are walked as one, the last of them fastest.
struct IndexAxis {
  llvm::SmallVector<std::string> names;
  llvm::SmallVector<DimExpr> extents;

  void push(const std::string &name, const DimExpr &extent) {
    names.push_back(name);
    extents.push_back(extent);
  }
  DimExpr size() const;
};

/// A contraction as a product of matrices: the outer indices that only one factor or the other moves with, those that
/// both or none move with (a product for each of their points), and the indices that are summed over. A convolution of
/// images has rows (n, h, w), columns (o), and sums over (r, s, c).
struct ContractionAxes {
  IndexAxis rows, columns, rest, reduced;

  /// Outer coordinates, in the group's order, from those along the axes.
  llvm::SmallVector<DimExpr> outerAt(llvm::ArrayRef<std::string> outerNames, llvm::ArrayRef<DimExpr> row,
                                     llvm::ArrayRef<DimExpr> column, llvm::ArrayRef<DimExpr> restAt) const;
};

struct GroupInfo {
  explicit GroupInfo(ir::GroupOp group);

  mutable ir::GroupOp group;
  llvm::SmallVector<ir::StatementInterface> statements;
  llvm::SmallVector<std::string> outerNames;
  llvm::SmallVector<DimExpr> outerExtents;

  /// Of an outer index.
  const DimExpr &outerExtent(const std::string &name) const;
  /// The scan, scatter or sort that the group's maps surround; the first statement of a group without one.
  ir::StatementInterface main() const;
  llvm::SmallVector<std::string> innerNames(ir::StatementInterface statement) const;
  llvm::SmallVector<DimExpr> innerExtents(ir::StatementInterface statement) const;
  bool isReduction(ir::StatementInterface statement) const { return statement.getCombinerKind().has_value(); }
  /// The only reduction, if it reads nothing that the group makes and so may run before all other statements; else
  /// null.
  ir::StatementInterface soleReduction() const;
  bool escapes(ir::StatementInterface statement) const;
  bool contains(mlir::Value tensor) const;
  /// Whether it is an argument that stays the same from launch to launch.
  bool isBound(mlir::Value tensor) const;
  /// No map has an inner index: all results are one per outer point.
  bool hasOnlyOuterResults() const;

  /// Whether the kernel's numerics are strict.
  bool isStrict() const;
  /// Whether a float sum or product is reduced, whose result depends on the order.
  bool hasOrderedSums() const;
  /// Whether it is a scan, a scatter or a sort, with the maps around it.
  bool isOrdered() const;
  /// Strategy Points: the indices that lanes may run along, the best one first. Of a sort: the sorted one, if at most
  /// kMaxSelected are kept.
  llvm::SmallVector<std::string> laneIndices() const;
  static constexpr int64_t kMaxSelected = 64, kMaxSortLanes = 32;
  /// Of a scatter whose contributions can be made ready for several values of an index at once: that index.
  std::string scatterLanes() const;

  /// Reads whose linear offset moves by 0 (uniform), 1 (unit) or otherwise (strided) with an index.
  struct AccessCount {
    int uniform = 0, unit = 0, strided = 0;
  };
  AccessCount countAccesses(ir::StatementInterface statement, const std::string &index, bool onlyInFolds = false) const;
  /// Whether a statement's body reads tensors at computed places.
  static bool hasLoads(ir::StatementInterface statement);
  static bool hasFolds(ir::StatementInterface statement);

  /// The contraction of the group, if it has one.
  std::optional<Contraction> findContraction() const;
  /// The reduction to register-tile with lanes along one outer index and rows along another: a contraction, or a short
  /// body over two tensors (a squared difference), of which one moves with the lanes only and the other with the rows.
  std::optional<Contraction> findTiled(const std::string &lane, const std::string &unroll) const;
  /// Whether the group is one contraction, with maps after it, whose factors can be staged apart: one moves with
  /// `unroll`, the other with `lane`.
  bool isBlockContraction(const std::string &lane, const std::string &unroll) const;
  /// The axes of such a group. Further outer indices are walked together with `unroll` or `lane` where several indices
  /// are summed over, or where that one alone is too short for a tile.
  ContractionAxes axesOf(const Contraction &contraction, const std::string &lane, const std::string &unroll) const;
  /// The factor that moves with the lanes.
  static mlir::Value laneFactor(const Contraction &contraction, const std::string &lane);
  /// Whether all points of the further outer indices need that factor, and the same one: it may be packed once for
  /// them. Under a guard some may have no use for it.
  bool isLaneFactorShared(const Contraction &contraction, const std::string &lane, const std::string &unroll) const;
  /// Whether a body value reads anything that moves with an index.
  static bool dependsOn(ir::StatementInterface statement, mlir::Value value, const std::string &index);
  /// A reduction of a short body over two tensors, or of a guarded product.
  std::optional<Contraction> findPair() const;
  /// `if condition { value } else { nothing }` as the body of a reduction, with a condition on indices and dimensions.
  struct Guard {
    mlir::Value condition, value;
  };
  static std::optional<Guard> guardOf(ir::StatementInterface statement);

  /// How many trailing outer indices every access walks as if they were one. With an unrolled index, which is not among
  /// them, sums may do so, too.
  int64_t collapsibleIndices(const std::string &unroll = "") const;

  /// Widest carrier type in bits among the tensors read and written; with a lane index, only of what moves with it: an
  /// index read once for all lanes needs no lanes.
  unsigned widestBits(const std::string &lane = "") const;
  /// Elements that are moved between memory and the group, and flops, over the whole domain.
  DimExpr bytesMoved() const;
  DimExpr flops() const;
};

/// Row-major strides of a tensor type, in elements.
llvm::SmallVector<DimExpr> denseStrides(ir::NamedTensorType type);
/// A new group of this statement alone before `group`, named as that one with a suffix.
ir::GroupOp moveToGroup(mlir::Operation *statement, ir::GroupOp group, llvm::StringRef suffix,
                        llvm::ArrayRef<mlir::Attribute> outer);
DimExpr product(llvm::ArrayRef<DimExpr> extents);
/// Bits of the integers that number the points of a reduction while it runs: 32 where that is known to be enough.
unsigned positionBits(llvm::ArrayRef<DimExpr> reduced);

} // namespace flex::tile
