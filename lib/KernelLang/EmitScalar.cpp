//===- EmitScalar.cpp - Scalar code of a statement's body ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Operations as arith and math, with the guards that make them total; casts and
// dimension expressions are EmitCast.cpp.
//
//===----------------------------------------------------------------------===//
#include "EmitScalar.h"

#include "flex/TensorIR/TensorIR.h"
#include <cmath>

using namespace mlir;

namespace flex::lang {

Type elementTypeOf(MLIRContext *context, DType type) {
  if (isUnsigned(type))
    return IntegerType::get(context, bitWidth(type), IntegerType::Unsigned);
  return scalarTypeOf(context, type);
}

Type scalarTypeOf(MLIRContext *context, DType type) {
  Builder builder(context);
  switch (type) {
  case DType::Bool: return builder.getI1Type();
  case DType::BF16: return builder.getBF16Type();
  case DType::F16: return builder.getF16Type();
  case DType::F8E4M3FN: return Float8E4M3FNType::get(context);
  case DType::F8E5M2: return Float8E5M2Type::get(context);
  case DType::F32: return builder.getF32Type();
  case DType::F64:
  case DType::LiteralFloat: return builder.getF64Type();
  default: return builder.getIntegerType(bitWidth(type));
  }
}

Location locationOf(MLIRContext *context, SourceRange range) {
  if (!range.isValid())
    return UnknownLoc::get(context);
  LineColumn at = range.file->position(range.begin);
  return FileLineColLoc::get(context, range.file->name(), at.line, at.column);
}

TypedAttr constantAttr(OpBuilder &builder, const TExpr &expr) {
  Type type = scalarTypeOf(builder.getContext(), expr.type);
  if (auto floatType = dyn_cast<FloatType>(type)) {
    bool lossy;
    APFloat value(expr.floatValue);
    value.convert(floatType.getFloatSemantics(), APFloat::rmNearestTiesToEven, &lossy);
    return FloatAttr::get(type, value);
  }
  unsigned width = type.getIntOrFloatBitWidth();
  return IntegerAttr::get(type, APInt(64, expr.intValue).trunc(width));
}

Value ScalarEmitter::constant(const TExpr &expr) {
  return arith::ConstantOp::create(builder, locationOf(builder.getContext(), expr.range), constantAttr(builder, expr));
}

Value ScalarEmitter::integer(Type type, int64_t value, Location loc) {
  unsigned width = type.getIntOrFloatBitWidth();
  return arith::ConstantOp::create(builder, loc,
                                   IntegerAttr::get(type, APInt(64, static_cast<uint64_t>(value)).trunc(width)));
}

Value ScalarEmitter::real(Type type, double value, Location loc) {
  return arith::ConstantOp::create(builder, loc, builder.getFloatAttr(type, value));
}

Value ScalarEmitter::choose(Value condition, Value a, Value b, Location loc) {
  return arith::SelectOp::create(builder, loc, condition, a, b);
}

Value ScalarEmitter::apply(const TExpr &expr, ArrayRef<Value> operands) {
  Location loc = locationOf(builder.getContext(), expr.range);
  DType type = expr.operands[0]->type;
  if (expr.op == ScalarOp::Select)
    return choose(operands[0], operands[1], operands[2], loc);
  if (expr.op == ScalarOp::Fma)
    return math::FmaOp::create(builder, loc, operands[0], operands[1], operands[2]);
  if (expr.op == ScalarOp::Bitcast) {
    Type to = scalarTypeOf(builder.getContext(), expr.type);
    return to == operands[0].getType() ? operands[0]
                                       : arith::BitcastOp::create(builder, loc, to, operands[0]).getResult();
  }
  if (operands.size() == 1)
    return unary(expr.op, type, operands[0], loc);
  if (expr.op <= ScalarOp::Max)
    return arithmetic(expr.op, type, operands[0], operands[1], loc);
  if (expr.op <= ScalarOp::Shr)
    return bitwise(expr.op, type, operands[0], operands[1], loc);
  return compare(expr.op, type, operands[0], operands[1], loc);
}

//===----------------------------------------------------------------------===//
// Arithmetic
//===----------------------------------------------------------------------===//

Value ScalarEmitter::arithmetic(ScalarOp op, DType type, Value a, Value b, Location loc) {
  bool isReal = isFloat(type), isSign = isSigned(type);
  switch (op) {
  case ScalarOp::Add:
    return isReal ? arith::AddFOp::create(builder, loc, a, b).getResult() : arith::AddIOp::create(builder, loc, a, b);
  case ScalarOp::Sub:
    return isReal ? arith::SubFOp::create(builder, loc, a, b).getResult() : arith::SubIOp::create(builder, loc, a, b);
  case ScalarOp::Mul:
    return isReal ? arith::MulFOp::create(builder, loc, a, b).getResult() : arith::MulIOp::create(builder, loc, a, b);
  case ScalarOp::Div: return divide(a, b, type, loc);
  case ScalarOp::Mod: return isReal ? floatModulo(a, b, loc) : floorDivMod(a, b, isSign, true, loc);
  case ScalarOp::Pow:
    return isReal ? math::PowFOp::create(builder, loc, a, b).getResult() : integerPower(a, b, isSign, loc);
  case ScalarOp::Atan2: return angle(a, b, loc);
  case ScalarOp::CopySign: return math::CopySignOp::create(builder, loc, a, b);
  case ScalarOp::Min:
    return isReal   ? arith::MinimumFOp::create(builder, loc, a, b).getResult()
           : isSign ? arith::MinSIOp::create(builder, loc, a, b).getResult()
                    : arith::MinUIOp::create(builder, loc, a, b).getResult();
  default:
    return isReal   ? arith::MaximumFOp::create(builder, loc, a, b).getResult()
           : isSign ? arith::MaxSIOp::create(builder, loc, a, b).getResult()
                    : arith::MaxUIOp::create(builder, loc, a, b).getResult();
  }
}

Value ScalarEmitter::divide(Value a, Value b, DType type, Location loc) {
  if (isFloat(type))
    return arith::DivFOp::create(builder, loc, a, b);
  return floorDivMod(a, b, isSigned(type), false, loc);
}

/// atan2(0, 0) as IEEE 754 has it, 0 or pi by the signs: MLIR's folder makes NaN of two zeros, so it must not see them.
Value ScalarEmitter::angle(Value y, Value x, Location loc) {
  Type type = y.getType();
  Value zero = arith::ConstantOp::create(builder, loc, builder.getFloatAttr(type, 0));
  Value one = arith::ConstantOp::create(builder, loc, builder.getFloatAttr(type, 1));
  Value isZero = arith::AndIOp::create(
      builder, loc, arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::OEQ, y, zero).getResult(),
      arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::OEQ, x, zero).getResult());
  Value direction = math::CopySignOp::create(builder, loc, one, x);
  x = arith::SelectOp::create(builder, loc, isZero, direction, x);
  return math::Atan2Op::create(builder, loc, y, x);
}

/// x - floor(x / y) * y: the sign of y, as for integers.
Value ScalarEmitter::floatModulo(Value a, Value b, Location loc) {
  Value quotient = math::FloorOp::create(builder, loc, Value(arith::DivFOp::create(builder, loc, a, b)));
  return arith::SubFOp::create(builder, loc, a, Value(arith::MulFOp::create(builder, loc, quotient, b)));
}

/// x / 0 is 0 and x % 0 is x, so that x == (x / y) * y + x % y always; the
/// smallest number divided by -1 wraps to itself.
Value ScalarEmitter::floorDivMod(Value a, Value b, bool isSign, bool wantRemainder, Location loc) {
  Type type = a.getType();
  using P = arith::CmpIPredicate;
  auto cmp = [&](P predicate, Value x, Value y) -> Value {
    return arith::CmpIOp::create(builder, loc, predicate, x, y);
  };
  Value zero = integer(type, 0, loc), one = integer(type, 1, loc);
  APInt known;
  auto defining = b.getDefiningOp<arith::ConstantOp>();
  auto knownAttr = defining ? dyn_cast<IntegerAttr>(defining.getValue()) : IntegerAttr();
  bool harmless = knownAttr && !knownAttr.getValue().isZero() && !(isSign && knownAttr.getValue().isAllOnes());
  Value isZero = harmless ? Value() : cmp(P::eq, b, zero);
  if (!isSign) {
    Value divisor = harmless ? b : choose(isZero, one, b, loc);
    Value result = wantRemainder ? arith::RemUIOp::create(builder, loc, a, divisor).getResult()
                                 : arith::DivUIOp::create(builder, loc, a, divisor).getResult();
    return harmless ? result : choose(isZero, wantRemainder ? a : zero, result, loc);
  }
  Value isMinusOne = harmless ? Value() : cmp(P::eq, b, integer(type, -1, loc));
  Value special = harmless ? Value() : arith::OrIOp::create(builder, loc, isZero, isMinusOne).getResult();
  Value divisor = harmless ? b : choose(special, one, b, loc);
  Value remainder = arith::RemSIOp::create(builder, loc, a, divisor);
  Value inexact = cmp(P::ne, remainder, zero);
  Value signs = cmp(P::ne, cmp(P::slt, remainder, zero), cmp(P::slt, divisor, zero));
  Value adjust = arith::AndIOp::create(builder, loc, inexact, signs);
  Value result;
  if (wantRemainder) {
    Value shifted = arith::AddIOp::create(builder, loc, remainder, divisor);
    result = choose(adjust, shifted, remainder, loc);
    if (!harmless) // the divisor 1 of both special cases leaves remainder 0, right for -1
      result = choose(isZero, a, result, loc);
    return result;
  }
  Value quotient = arith::DivSIOp::create(builder, loc, a, divisor);
  result = choose(adjust, arith::SubIOp::create(builder, loc, quotient, one), quotient, loc);
  if (harmless)
    return result;
  Value negated = arith::SubIOp::create(builder, loc, zero, a);
  return choose(isZero, zero, choose(isMinusOne, negated, result, loc), loc);
}

/// a ** b modulo 2^width, by squaring. What an odd number's squares of squares lead to is 1 after width - 2 steps,
/// those of an even one 0 sooner; a negative exponent means the reciprocal, rounded towards 0 (of 0: 0).
Value ScalarEmitter::integerPower(Value a, Value b, bool isSign, Location loc) {
  using P = arith::CmpIPredicate;
  Type type = a.getType();
  int width = static_cast<int>(type.getIntOrFloatBitWidth());
  auto cmp = [&](P predicate, Value x, int64_t y) -> Value {
    return arith::CmpIOp::create(builder, loc, predicate, x, integer(type, y, loc));
  };
  auto bit = [&](Value x, int n) {
    return cmp(P::ne, arith::AndIOp::create(builder, loc, x, integer(type, int64_t(1) << n, loc)), 0);
  };
  Value zero = integer(type, 0, loc), one = integer(type, 1, loc), result = one, square = a;
  for (int n = 0; n < width - 2; ++n) {
    Value product = n ? Value(arith::MulIOp::create(builder, loc, result, square)) : a;
    result = choose(bit(b, n), product, result, loc);
    square = arith::MulIOp::create(builder, loc, square, square);
  }
  Value isOdd = bit(a, 0), isHuge = cmp(isSign ? P::sge : P::uge, b, width);
  result = choose(isHuge, choose(isOdd, result, zero, loc), result, loc);
  if (!isSign)
    return result;
  Value minusOne = choose(cmp(P::eq, a, -1), choose(bit(b, 0), a, one, loc), zero, loc);
  return choose(cmp(P::slt, b, 0), choose(cmp(P::eq, a, 1), one, minusOne, loc), result, loc);
}

Value ScalarEmitter::bitwise(ScalarOp op, DType type, Value a, Value b, Location loc) {
  if (op == ScalarOp::And)
    return arith::AndIOp::create(builder, loc, a, b);
  if (op == ScalarOp::Or)
    return arith::OrIOp::create(builder, loc, a, b);
  if (op == ScalarOp::Xor)
    return arith::XOrIOp::create(builder, loc, a, b);
  // A shift by the width or more, or by a negative number, shifts all bits out.
  Type scalar = a.getType();
  unsigned width = scalar.getIntOrFloatBitWidth();
  Value zero = integer(scalar, 0, loc);
  if (op == ScalarOp::Shr && isSigned(type)) {
    Value amount = arith::MinUIOp::create(builder, loc, b, integer(scalar, width - 1, loc));
    return arith::ShRSIOp::create(builder, loc, a, amount);
  }
  Value inside = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ult, b, integer(scalar, width, loc));
  Value amount = choose(inside, b, zero, loc);
  Value shifted = op == ScalarOp::Shl ? arith::ShLIOp::create(builder, loc, a, amount).getResult()
                                      : arith::ShRUIOp::create(builder, loc, a, amount).getResult();
  return choose(inside, shifted, zero, loc);
}

Value ScalarEmitter::compare(ScalarOp op, DType type, Value a, Value b, Location loc) {
  size_t number = static_cast<size_t>(op) - static_cast<size_t>(ScalarOp::Eq);
  using F = arith::CmpFPredicate;
  using I = arith::CmpIPredicate;
  if (isFloat(type)) {
    static const F predicates[] = {F::OEQ, F::UNE, F::OLT, F::OLE, F::OGT, F::OGE};
    return arith::CmpFOp::create(builder, loc, predicates[number], a, b);
  }
  static const I asSigned[] = {I::eq, I::ne, I::slt, I::sle, I::sgt, I::sge};
  static const I asUnsigned[] = {I::eq, I::ne, I::ult, I::ule, I::ugt, I::uge};
  return arith::CmpIOp::create(builder, loc, (isSigned(type) ? asSigned : asUnsigned)[number], a, b);
}

/// The bits that are set, or the zeros at one end, as arithmetic: every target has that, and LLVM knows the pattern of
/// the count again.
Value ScalarEmitter::countBits(ScalarOp op, Value a, Location loc) {
  Type type = a.getType();
  int width = static_cast<int>(type.getIntOrFloatBitWidth());
  auto shift = [&](Value x, int by) -> Value {
    return arith::ShRUIOp::create(builder, loc, x, integer(type, by, loc));
  };
  auto flip = [&](Value x) -> Value { return arith::XOrIOp::create(builder, loc, x, integer(type, -1, loc)); };
  auto both = [&](Value x, Value y) -> Value { return arith::AndIOp::create(builder, loc, x, y); };
  if (op == ScalarOp::LeadingZeros) { // the zeros of what has all bits below the first set
    for (int by = 1; by < width; by *= 2)
      a = arith::OrIOp::create(builder, loc, a, shift(a, by));
    a = flip(a);
  }
  if (op == ScalarOp::TrailingZeros) // the ones of ~a & (a - 1)
    a = both(flip(a), arith::SubIOp::create(builder, loc, a, integer(type, 1, loc)));
  auto mask = [&](uint64_t pattern) { return integer(type, static_cast<int64_t>(pattern), loc); };
  Value odd = both(shift(a, 1), mask(0x5555555555555555));
  a = arith::SubIOp::create(builder, loc, a, odd);
  Value pairs = mask(0x3333333333333333), low = both(a, pairs);
  a = arith::AddIOp::create(builder, loc, low, both(shift(a, 2), pairs));
  a = both(arith::AddIOp::create(builder, loc, a, shift(a, 4)), mask(0x0f0f0f0f0f0f0f0f));
  if (width == 8)
    return a;
  return shift(arith::MulIOp::create(builder, loc, a, mask(0x0101010101010101)), width - 8);
}

//===----------------------------------------------------------------------===//
// Unary operations
//===----------------------------------------------------------------------===//

Value ScalarEmitter::unary(ScalarOp op, DType type, Value a, Location loc) {
  Type scalar = a.getType();
  bool isReal = isFloat(type);
  using P = arith::CmpIPredicate;
  switch (op) {
  case ScalarOp::Neg:
    return isReal ? arith::NegFOp::create(builder, loc, a).getResult()
                  : arith::SubIOp::create(builder, loc, integer(scalar, 0, loc), a).getResult();
  case ScalarOp::Not: return arith::XOrIOp::create(builder, loc, a, integer(scalar, -1, loc));
  case ScalarOp::Abs: {
    if (isReal)
      return math::AbsFOp::create(builder, loc, a);
    if (!isSigned(type))
      return a;
    Value zero = integer(scalar, 0, loc);
    Value negated = arith::SubIOp::create(builder, loc, zero, a);
    return choose(arith::CmpIOp::create(builder, loc, P::slt, a, zero), negated, a, loc);
  }
  case ScalarOp::Sign: {
    if (isReal) { // NaN and both zeros stay
      Value zero = real(scalar, 0, loc);
      Value negative = arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::OLT, a, zero);
      Value positive = arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::OGT, a, zero);
      return choose(positive, real(scalar, 1, loc), choose(negative, real(scalar, -1, loc), a, loc), loc);
    }
    Value zero = integer(scalar, 0, loc);
    Value positive = arith::CmpIOp::create(builder, loc, isSigned(type) ? P::sgt : P::ugt, a, zero);
    Value rest = zero;
    if (isSigned(type))
      rest = choose(arith::CmpIOp::create(builder, loc, P::slt, a, zero), integer(scalar, -1, loc), zero, loc);
    return choose(positive, integer(scalar, 1, loc), rest, loc);
  }
  case ScalarOp::IsNan: return arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::UNO, a, a);
  case ScalarOp::IsInf: {
    Value magnitude = math::AbsFOp::create(builder, loc, a);
    return arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::OEQ, magnitude, real(scalar, INFINITY, loc));
  }
  case ScalarOp::IsFinite: {
    Value magnitude = math::AbsFOp::create(builder, loc, a);
    return arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::OLT, magnitude, real(scalar, INFINITY, loc));
  }
  case ScalarOp::PopCount:
  case ScalarOp::LeadingZeros:
  case ScalarOp::TrailingZeros: return countBits(op, a, loc);
  default: return mathFunction(op, a, loc);
  }
}

Value ScalarEmitter::mathFunction(ScalarOp op, Value a, Location loc) {
  switch (op) {
  case ScalarOp::Exp: return math::ExpOp::create(builder, loc, a);
  case ScalarOp::Exp2: return math::Exp2Op::create(builder, loc, a);
  case ScalarOp::Expm1: return math::ExpM1Op::create(builder, loc, a);
  case ScalarOp::Log: return math::LogOp::create(builder, loc, a);
  case ScalarOp::Log2: return math::Log2Op::create(builder, loc, a);
  case ScalarOp::Log10: return math::Log10Op::create(builder, loc, a);
  case ScalarOp::Log1p: return math::Log1pOp::create(builder, loc, a);
  case ScalarOp::Sin: return math::SinOp::create(builder, loc, a);
  case ScalarOp::Cos: return math::CosOp::create(builder, loc, a);
  case ScalarOp::Tan: return math::TanOp::create(builder, loc, a);
  case ScalarOp::Asin: return math::AsinOp::create(builder, loc, a);
  case ScalarOp::Acos: return math::AcosOp::create(builder, loc, a);
  case ScalarOp::Atan: return math::AtanOp::create(builder, loc, a);
  case ScalarOp::Sinh: return math::SinhOp::create(builder, loc, a);
  case ScalarOp::Cosh: return math::CoshOp::create(builder, loc, a);
  case ScalarOp::Asinh: return math::AsinhOp::create(builder, loc, a);
  case ScalarOp::Acosh: return math::AcoshOp::create(builder, loc, a);
  case ScalarOp::Atanh: return math::AtanhOp::create(builder, loc, a);
  case ScalarOp::Cbrt: return math::CbrtOp::create(builder, loc, a);
  case ScalarOp::Tanh: return math::TanhOp::create(builder, loc, a);
  case ScalarOp::Erf: return math::ErfOp::create(builder, loc, a);
  case ScalarOp::Sqrt: return math::SqrtOp::create(builder, loc, a);
  case ScalarOp::Rsqrt: return math::RsqrtOp::create(builder, loc, a);
  case ScalarOp::Floor: return math::FloorOp::create(builder, loc, a);
  case ScalarOp::Ceil: return math::CeilOp::create(builder, loc, a);
  case ScalarOp::Round: return math::RoundEvenOp::create(builder, loc, a);
  case ScalarOp::Trunc: return math::TruncOp::create(builder, loc, a);
  default: llvm_unreachable("every other operation is handled by its caller");
  }
}

} // namespace flex::lang
