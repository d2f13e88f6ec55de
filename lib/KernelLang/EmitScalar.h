//===- EmitScalar.h - Scalar code of a statement's body ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One ScalarEmitter writes one body. The meaning of every operation, corner
// cases included, is docs/decisions/language-arithmetic.md; nothing emitted here can be
// undefined behaviour, whatever the operands.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/KernelLang/Typed.h"
#include "mlir/IR/Builders.h"

namespace flex::lang {

/// Element type in a tensor (unsigned stays unsigned) and in scalar code (signless).
mlir::Type elementTypeOf(mlir::MLIRContext *context, DType type);
mlir::Type scalarTypeOf(mlir::MLIRContext *context, DType type);
mlir::TypedAttr constantAttr(mlir::OpBuilder &builder, const TExpr &constant);
mlir::Location locationOf(mlir::MLIRContext *context, SourceRange range);

class ScalarEmitter {
public:
  /// `loops` names the loop of each index symbol, as flex.index takes it.
  ScalarEmitter(mlir::OpBuilder &builder, const std::map<std::string, std::string> &loops)
      : builder(builder), loops(loops) {}

  mlir::Value constant(const TExpr &expr);
  /// An integer expression over indices and dimensions, as i64.
  mlir::Value dimension(const DimExpr &dim, mlir::Location loc);
  mlir::Value apply(const TExpr &expr, mlir::ArrayRef<mlir::Value> operands);
  mlir::Value cast(mlir::Value value, DType from, DType to, mlir::Location loc);
  mlir::Value divide(mlir::Value a, mlir::Value b, DType type, mlir::Location loc);

private:
  mlir::Value integer(mlir::Type type, int64_t value, mlir::Location loc);
  mlir::Value real(mlir::Type type, double value, mlir::Location loc);
  mlir::Value choose(mlir::Value condition, mlir::Value a, mlir::Value b, mlir::Location loc);
  mlir::Value floorDivMod(mlir::Value a, mlir::Value b, bool isSigned, bool wantRemainder, mlir::Location loc);
  mlir::Value integerPower(mlir::Value a, mlir::Value b, bool isSigned, mlir::Location loc);
  mlir::Value angle(mlir::Value y, mlir::Value x, mlir::Location loc);
  mlir::Value floatModulo(mlir::Value a, mlir::Value b, mlir::Location loc);
  mlir::Value arithmetic(ScalarOp op, DType type, mlir::Value a, mlir::Value b, mlir::Location loc);
  mlir::Value bitwise(ScalarOp op, DType type, mlir::Value a, mlir::Value b, mlir::Location loc);
  mlir::Value compare(ScalarOp op, DType type, mlir::Value a, mlir::Value b, mlir::Location loc);
  mlir::Value unary(ScalarOp op, DType type, mlir::Value a, mlir::Location loc);
  mlir::Value countBits(ScalarOp op, mlir::Value a, mlir::Location loc);
  mlir::Value mathFunction(ScalarOp op, mlir::Value a, mlir::Location loc);
  mlir::Value floatToInteger(mlir::Value value, DType to, mlir::Location loc);
  mlir::Value atom(const DimExpr::Atom &atom, mlir::Location loc);
  bool usesLoop(const DimExpr &dim) const;

  mlir::OpBuilder &builder;
  const std::map<std::string, std::string> &loops;
};

} // namespace flex::lang
