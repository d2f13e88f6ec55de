//===- OnlineSoftmaxChain.h - Attention over several groups -*- C++ -*-----===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What OnlineSoftmaxFuse.cpp rewrites: the statements of a softmax between two
// contractions, wherever fusion has put them.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "GroupInfo.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/SetVector.h"

namespace flex::tile {

/// What each index of a statement is called in the group that the chain becomes.
using IndexRoles = std::map<std::string, std::string>;

/// A chain that nobody else reads on the way, in groups with nothing else in them.
struct SoftmaxChain {
  ir::ReduceOp output, scores, max, sum;
  ir::MapOp exp;
  ir::GroupOp group;                      ///< that `output` is in
  llvm::SmallVector<ir::MapOp> scoreMaps; ///< as they are
  ir::StatementInterface inlined;         ///< whose body computes the score of what it reads; null: none
  mlir::Value inlinedScore;               ///< there
  llvm::SmallVector<ir::MapOp> epilogue;
  bool dividesBefore = false; ///< the weights are divided
  mlir::Value weight, value;  ///< factors of `output`
  llvm::SmallVector<llvm::StringRef> outer;
  llvm::StringRef key, width;
  llvm::SmallVector<DimExpr> extents;
  DimExpr keyExtent, widthExtent;
  std::map<mlir::Operation *, IndexRoles> roles;
  llvm::SetVector<mlir::Operation *> statements; ///< of the chain
};

/// The chain that ends in a contraction; nothing if there is none.
std::optional<SoftmaxChain> findSoftmaxChain(ir::ReduceOp output);

/// The statement that makes a tensor, seen through the group that gives it; null if there is none.
ir::StatementInterface producerOf(mlir::Value tensor);

} // namespace flex::tile
