//===- EmitKernel.h - One typed kernel to tensor IR ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// State and steps of emission. Emit.cpp makes the kernel, EmitStatement.cpp its
// statements with their reads, EmitBody.cpp the scalar code inside of them.
// Invariant: a reduction is emitted before the statement it stands in, over exactly
// those of its indices that it uses; only one that reads a scan's own result stays inside.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "EmitScalar.h"

#include "flex/TensorIR/TensorIR.h"

namespace flex::lang {

class KernelEmitter {
public:
  KernelEmitter(const TypedKernel &kernel, mlir::ModuleOp module);
  void run();

private:
  using Names = std::map<std::string, std::string>; ///< symbol of an index -> its name in the op
  using Done = std::map<const TExpr *, mlir::Value>;

  /// One operand of a statement.
  struct Read {
    mlir::Value tensor;
    llvm::SmallVector<DimExpr> indices; ///< of an element read in place
    ir::BoundaryAttr boundary;
    bool whole = false; ///< the body reads it by flex.load
  };

  /// A reduction made into a tensor over `axes`.
  struct Hoisted {
    mlir::Value tensor;
    std::vector<IndexVarRef> axes;
  };

  /// A statement under construction.
  struct Statement {
    const TStatement *typed = nullptr; ///< null for a reduction made into a statement
    std::vector<Read> reads;
    Names names;
    llvm::SmallVector<std::string> loops;
    llvm::SmallVector<DimExpr> extents;
    llvm::SmallVector<mlir::Value> inputs;
    llvm::SmallVector<llvm::SmallVector<DimExpr>> accesses;
    llvm::SmallVector<ir::BoundaryAttr> boundaries;
    std::set<std::string> inner; ///< symbols of the loops inside of the body
    int self = -1;               ///< the scan's own tensor
    mlir::Block *block = nullptr;
  };

  // Emit.cpp
  mlir::Type tensorType(const TTensor &tensor);
  void createKernel();
  void addOptions(mlir::OperationState &state);
  mlir::Attribute settingAttr(const ScheduleSetting &setting);

  // EmitStatement.cpp
  mlir::Value emitStatement(const TStatement &statement);
  mlir::Value emitMap(const TStatement &statement);
  mlir::Value emitReduce(const TExpr &node, const std::vector<IndexVarRef> &axes);
  mlir::Value emitScan(const TStatement &statement);
  mlir::Value emitScatter(const TStatement &statement);
  mlir::Value emitArgSort(const TStatement &statement);
  static ir::CombinerKind combinerOf(const TExpr &node);
  void addLoops(const std::vector<IndexVarRef> &vars, Statement &statement);
  bool readsTensor(const TExpr &expr, int tensor);
  void prepare(const TExpr &root, int self = -1);
  void prepare(const TExpr &expr, int self, std::set<const TExpr *> &visited);
  void hoist(const TExpr &expr);
  std::vector<IndexVarRef> freeIndices(const TExpr &expr);
  const std::vector<IndexVarRef> &enclosing();
  ir::BoundaryAttr boundaryOf(const TExpr &access);
  Read readOf(const TExpr &expr, const Statement &statement);
  static bool same(const Read &a, const Read &b);
  bool isInside(const TExpr &expr, const Statement &statement);
  void collectReads(const TExpr &root, Statement &statement);
  void collectReads(const TExpr &expr, Statement &statement, std::set<const TExpr *> &visited);
  void addOperands(Statement &statement);

  // EmitBody.cpp
  void emitBody(llvm::ArrayRef<TExprRef> roots, Statement &statement, mlir::Block &block);
  mlir::Value emitScalar(const TExpr &expr, Statement &statement, ScalarEmitter &scalars, Done &done);
  mlir::Value emitRead(const TExpr &expr, Statement &statement, ScalarEmitter &scalars, Done &done);
  mlir::Value emitFold(const TExpr &expr, Statement &statement, ScalarEmitter &scalars, const Done &done);
  mlir::Value meanOf(mlir::Value sum, const TExpr &expr, ScalarEmitter &scalars, mlir::Location loc);
  static llvm::SmallVector<DimExpr> renamed(llvm::ArrayRef<DimExpr> indices, const Names &names);

  const TypedKernel &kernel;
  mlir::MLIRContext *context;
  mlir::OpBuilder builder;
  std::map<int, mlir::Value> tensors;
  std::map<const TExpr *, Hoisted> hoisted;
  std::vector<IndexVarRef> allIndices;
};

} // namespace flex::lang
