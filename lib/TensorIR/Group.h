//===- Group.h - A group of statements in the making ------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What flex-form-groups collects, and the rules by which a statement joins. Statements of a group share its
// outer indices: one work item owns one point of them and runs all statements for it.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/TensorIR/TensorIR.h"

namespace flex::ir {

/// One group in the making.
struct Group {
  llvm::SmallVector<StatementInterface> statements;
  unsigned outer = 0; ///< how many leading parallel indices the statements share
  /// Around a scan, scatter or sort: what each map's indices will be called, in its own order.
  llvm::DenseMap<mlir::Operation *, llvm::SmallVector<std::string>> names;

  explicit Group(StatementInterface statement) : statements({statement}), outer(statement.getNumParallelIndices()) {}

  bool contains(mlir::Operation *op) const;
  bool readsFrom(StatementInterface statement) const;
  /// The scan, scatter or sort of the group; null if it has none.
  StatementInterface ordered() const;
  llvm::SmallVector<llvm::StringRef> outerNames() const;
};

/// How many leading outer indices survive if `statement` joins `group`; nothing if it must not.
std::optional<unsigned> sharedOuter(const Group &group, StatementInterface statement);

/// Adds a map or reduce that reads the group, or does not mind it.
bool tryJoin(Group &group, StatementInterface statement);
/// Whether a statement shares work with one of the group, without reading it.
bool isSibling(const Group &group, StatementInterface statement);
/// Every statement is a map over the group's outer indices and no others.
bool isPointwise(const Group &group);
/// Whether a group of maps, all over its outer indices, stays small enough with more of them.
bool hasRoomFor(const Group &group, llvm::ArrayRef<StatementInterface> more);

/// Adds a map that reads the result of the group's scan or sort where it is made.
bool tryJoinEpilogue(Group &group, StatementInterface statement);
/// The map that a scatter's base may be computed by, element by element, as the scatter copies it; null if none.
MapOp findBaseMap(ScatterOp scatter);
/// A scatter and the map of its base.
Group withBase(ScatterOp scatter, MapOp base);

} // namespace flex::ir
