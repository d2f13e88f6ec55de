//===- EmitDimExpr.h - DimExpr as index arithmetic --------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Offsets, bounds and sizes of scheduled loops are DimExprs until the loops are
// emitted; this turns one into arith ops on `index`.
// Invariant: the emitted code gives what DimExpr::evaluate gives wherever that
// gives a value, if every name is bound to a value >= 0, but for kSignedNames.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Support/DimExpr.h"
#include "mlir/IR/Builders.h"

namespace flex::tile {

/// Names that begin like this stand for values of either sign: indices that data gives.
inline constexpr std::string_view kSignedNames = "signed$";

/// Whether `expr` cannot be negative when no other name is: decides between the cheap
/// unsigned and the general form of a division.
bool isNonNegative(const DimExpr &expr);

/// Emits `expr` at the builder's insertion point; constants fold. `valueOf`
/// gives the `index` value of a name, which must be >= 0 at run time (a
/// dimension, a loop index) unless it is one of kSignedNames. REQUIRES: expr.isValid(), and valueOf knows every name.
mlir::Value emitDimExpr(mlir::OpBuilder &builder, mlir::Location loc, const DimExpr &expr,
                        llvm::function_ref<mlir::Value(llvm::StringRef)> valueOf);

} // namespace flex::tile
