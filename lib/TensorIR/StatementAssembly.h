//===- StatementAssembly.h - The text of a statement ------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Shared by flex.map and flex.reduce: `[i < M] over [k < K] (%a = %x[i, k] :
// type, …) -> f32 { … }`, its reading, printing and verification.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/TensorIR/TensorIR.h"

namespace flex::ir {

/// Parses everything after the mnemonic (and a reduction's combiner). With
/// `reduces`, an `over [...]` list follows the parallel indices.
mlir::ParseResult parseStatement(mlir::OpAsmParser &parser, mlir::OperationState &state, bool reduces);
void printStatement(mlir::OpAsmPrinter &printer, StatementInterface op, bool reduces);
mlir::LogicalResult verifyStatement(StatementInterface op);
/// Fills a new statement's attributes, result type and an empty body whose arguments
/// are the operands' scalars.
void buildStatement(mlir::OpBuilder &builder, mlir::OperationState &state, mlir::Type elementType,
                    mlir::ValueRange inputs, llvm::ArrayRef<std::string> indices, llvm::ArrayRef<DimExpr> extents,
                    unsigned numParallel, llvm::ArrayRef<llvm::SmallVector<DimExpr>> accesses,
                    llvm::ArrayRef<BoundaryAttr> boundaries);

} // namespace flex::ir
