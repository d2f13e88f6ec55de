//===- StatementAssembly.h - The text of a statement ------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Shared by all statements: `[i < M] over [k < K] (%a = %x[i, k] : type, …) ->
// f32 { … }`, its reading, printing and verification.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/TensorIR/TensorIR.h"

namespace flex::ir {

/// Which parts of the text a statement has, beside its indices, reads and body.
struct StatementSyntax {
  bool over = false;  ///< `over [k < K]` after the parallel indices
  bool each = false;  ///< and `each [s < S]`, if there are any
  bool at = false;    ///< `at [i, j]`
  bool count = false; ///< `count k`
  bool self = false;  ///< `self %s` after the reads
  bool result = true; ///< `-> f32`; else the result has the first operand's type
};

/// Parses everything after the mnemonic (and a combiner).
mlir::ParseResult parseStatement(mlir::OpAsmParser &parser, mlir::OperationState &state, StatementSyntax syntax);
void printStatement(mlir::OpAsmPrinter &printer, StatementInterface op, StatementSyntax syntax);
/// What holds for every statement. `resultDims` gives the shape that the result must have;
/// it is asked once the attributes are known to be well formed.
mlir::LogicalResult verifyStatement(StatementInterface op, llvm::function_ref<llvm::SmallVector<DimExpr>()> resultDims);
/// The extents of the parallel indices, the shape of a map or reduce.
llvm::SmallVector<DimExpr> parallelExtents(StatementInterface op);
/// `at` is a list of all indices of the statement, each once.
mlir::LogicalResult verifyAxes(StatementInterface op);

/// `[i, "$0 + 1"]`: an expression with values stands in quotes.
mlir::ParseResult parseExprList(mlir::OpAsmParser &parser, llvm::SmallVectorImpl<DimExpr> &exprs);
void printExprList(mlir::OpAsmPrinter &printer, llvm::ArrayRef<DimExpr> exprs);
/// `[i < M, j < N]`.
mlir::ParseResult parseIndexList(mlir::OpAsmParser &parser, llvm::SmallVectorImpl<mlir::Attribute> &names,
                                 llvm::SmallVectorImpl<mlir::Attribute> &extents);
void printIndexList(mlir::OpAsmPrinter &printer, llvm::ArrayRef<llvm::StringRef> names,
                    llvm::ArrayRef<DimExpr> extents);
/// A boundary rule's word, and its value.
mlir::ParseResult parseBoundary(mlir::OpAsmParser &parser, BoundaryAttr &boundary);
void printBoundary(mlir::OpAsmPrinter &printer, BoundaryAttr boundary);
/// sum, prod, …; `allowed` lists the words for the error.
mlir::ParseResult parseCombiner(mlir::OpAsmParser &parser, mlir::OperationState &state, llvm::StringRef allowed,
                                llvm::function_ref<bool(CombinerKind)> isAllowed);
/// Whether `kind` can combine values of a type; an error at `op` if not.
mlir::LogicalResult verifyCombiner(mlir::Operation *op, CombinerKind kind, mlir::Type scalar);
/// Names are names, each once, and extents do not use them.
mlir::LogicalResult verifyIndices(mlir::Operation *op, llvm::ArrayRef<llvm::StringRef> names,
                                  llvm::ArrayRef<DimExpr> extents);
/// Each expression is canonical; the error speaks of `what`.
mlir::LogicalResult verifyExprs(mlir::Operation *op, mlir::ArrayAttr exprs, const llvm::Twine &what);
/// Whether 64 bits hold the number of the element at `exprs`; an axis read outside counts as read.
bool isOffsetRepresentable(llvm::ArrayRef<DimExpr> exprs, NamedTensorType type);
/// A fill rule, and no other, has a value of the tensor's scalar type.
mlir::LogicalResult verifyBoundary(mlir::Operation *op, BoundaryAttr boundary, NamedTensorType type,
                                   const llvm::Twine &what);
llvm::SmallVector<llvm::StringRef> stringsOf(mlir::ArrayAttr attr);

/// Fills a new statement's attributes, result type and an empty body whose arguments
/// are the operands' scalars, or the operand itself where its access is `wholeAccess()`.
void buildStatement(mlir::OpBuilder &builder, mlir::OperationState &state, mlir::Type resultType,
                    mlir::ValueRange inputs, llvm::ArrayRef<std::string> indices, llvm::ArrayRef<DimExpr> extents,
                    llvm::ArrayRef<llvm::SmallVector<DimExpr>> accesses, llvm::ArrayRef<BoundaryAttr> boundaries);

/// Canonicalisation of loads and scans (SimplifyData.cpp).
void populateDataPatterns(mlir::RewritePatternSet &patterns);

} // namespace flex::ir
