//===- TensorIR.h - The tensor IR dialect -----------------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Declarations of the dialect generated from TensorOps.td, and the helpers that
// every user of an index expression needs.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Support/DimExpr.h"
#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/CallInterfaces.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "flex/TensorIR/TensorDialect.h.inc"
#include "flex/TensorIR/TensorEnums.h.inc"
#define GET_TYPEDEF_CLASSES
#include "flex/TensorIR/TensorTypes.h.inc"
#define GET_ATTRDEF_CLASSES
#include "flex/TensorIR/TensorAttrs.h.inc"

#include "flex/TensorIR/TensorInterfaces.h.inc"
#define GET_OP_CLASSES
#include "flex/TensorIR/TensorOps.h.inc"

namespace flex::ir {

/// Expressions from their attribute, which the verifier has proved parsable.
DimExpr toDimExpr(mlir::StringAttr attr);
llvm::SmallVector<DimExpr> toDimExprs(mlir::ArrayAttr attr);
mlir::StringAttr toAttr(mlir::MLIRContext *context, const DimExpr &expr);
mlir::ArrayAttr toAttr(mlir::MLIRContext *context, llvm::ArrayRef<DimExpr> exprs);

/// For a statement's builder: stands for the access of an operand taken whole.
llvm::SmallVector<DimExpr> wholeAccess();

/// Reads an expression as it stands in assembly, unquoted.
mlir::ParseResult parseDimExpr(mlir::AsmParser &parser, DimExpr &expr);

/// The indices that an operation inside a statement's body sees: those of the folds
/// around it, innermost last, after the statement's own.
llvm::SmallVector<llvm::StringRef> getVisibleIndices(mlir::Operation *op);
/// The n of a name `$n`, which stands for a value; nothing for any other name.
std::optional<unsigned> getValueNumber(llvm::StringRef name);
/// argmin, argmax and their unsigned forms: the result is a position.
bool isPosition(CombinerKind kind);

/// The value that leaves the other operand unchanged, of a scalar type. REQUIRES: a
/// combiner other than set and those of positions.
mlir::TypedAttr getIdentity(CombinerKind kind, mlir::Type scalarType);

/// Emits `combine(a, b)` as arith on scalars or vectors. REQUIRES: not of positions.
mlir::Value emitCombine(mlir::OpBuilder &builder, mlir::Location loc, CombinerKind kind, mlir::Value a, mlir::Value b);

/// The name of LANGUAGE.md for an element type ("f32", "u8", "bool"), and back;
/// empty or null when there is none.
std::string getDTypeName(mlir::Type elementType);
mlir::Type getTypeFromDTypeName(mlir::MLIRContext *context, llvm::StringRef name);

} // namespace flex::ir
