//===- ImportLinalgShapes.h - Names for dynamic dimensions ------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// linalg writes `?` and leaves equality to indexing maps; tensor IR writes names. This
// finds the names: every `?` begins as an unknown, and every use of a loop makes two equal.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/TensorIR/TensorIR.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace flex::ir {

class ImportedShapes {
public:
  /// Reads the whole function. Errors name the op whose shapes conflict.
  mlir::LogicalResult analyze(mlir::func::FuncOp function);

  /// The dimensions of a tensor value, with final names.
  llvm::SmallVector<DimExpr> getDims(mlir::Value tensor);
  /// The extent of each loop of a linalg op.
  llvm::SmallVector<DimExpr> getLoopExtents(mlir::linalg::GenericOp op);
  /// An offset or size, with final names.
  DimExpr getSize(mlir::OpFoldResult size);

  /// Makes `expr` usable: names only the arguments' dimensions.
  bool isKnown(const DimExpr &expr) const;
  /// Requires index `expr` (over loops with these extents) to be inside 0 … extent-1: proves it, refutes
  /// it (an error at `op`), or adds a constraint to the kernel.
  mlir::LogicalResult requireInRange(mlir::Operation *op, const DimExpr &expr, llvm::ArrayRef<std::string> names,
                                     llvm::ArrayRef<DimExpr> extents, const DimExpr &extent);
  /// Constraints on the dimensions, in the kernel's form.
  llvm::ArrayRef<std::string> getConstraints() const { return constraints; }

private:
  mlir::LogicalResult analyzeOp(mlir::Operation *op);
  mlir::LogicalResult analyzeGeneric(mlir::linalg::GenericOp op);
  mlir::LogicalResult analyzeReshape(mlir::Operation *op, mlir::Value source, mlir::Value result,
                                     llvm::ArrayRef<mlir::ReassociationIndices> groups);
  llvm::SmallVector<DimExpr> &rawDims(mlir::Value tensor);
  DimExpr rawSize(mlir::OpFoldResult size);
  DimExpr rawIndex(mlir::Value index);
  DimExpr fresh();
  DimExpr resolve(DimExpr expr) const;
  mlir::LogicalResult unify(mlir::Operation *op, const DimExpr &a, const DimExpr &b);
  void setDims(mlir::Value tensor, llvm::ArrayRef<DimExpr> dims);

  llvm::DenseMap<mlir::Value, llvm::SmallVector<DimExpr>> dims;
  llvm::DenseMap<mlir::Value, DimExpr> indices;
  llvm::DenseMap<mlir::Operation *, llvm::SmallVector<DimExpr>> loops;
  std::map<std::string, DimExpr> bindings; // unknown -> what it is
  std::map<std::string, DimExpr> names;    // unknown -> final name
  std::vector<std::pair<DimExpr, DimExpr>> equalities;
  std::vector<std::string> constraints;
  unsigned unknowns = 0;
};

/// An affine expression over loops, as index expression.
DimExpr toDimExpr(mlir::AffineExpr expr, llvm::ArrayRef<std::string> loops);

} // namespace flex::ir
