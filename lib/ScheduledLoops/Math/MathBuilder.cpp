//===- MathBuilder.cpp - Writes arithmetic of one float type ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Constants, polynomials, rounding to integers and scaling by powers of two:
// what all expansions of elementary functions share. No conversion between
// float and integer is emitted (a NaN would make it poison), only bit casts.
//
//===----------------------------------------------------------------------===//
#include "MathBuilder.h"

#include <limits>

using namespace mlir;
using namespace flex::tile;

Value MathConstants::get(OpBuilder &b, Location loc, TypedAttr value) {
  Region *region = b.getInsertionBlock()->getParent();
  while (region && !region->getParentOp()->hasTrait<OpTrait::IsIsolatedFromAbove>() &&
         region->getParentOp()->getParentRegion())
    region = region->getParentOp()->getParentRegion();
  Value &known = made[{region, value}];
  if (!known) {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(&region->front());
    known = arith::ConstantOp::create(b, loc, value);
  }
  return known;
}

static int mantissaOf(Type type) {
  return cast<FloatType>(getElementTypeOrSelf(type)).getFPMantissaWidth() - 1;
}

MathBuilder::MathBuilder(OpBuilder &b, Location loc, Type type, const MathExpansionOptions &options,
                         MathConstants &constants)
    : b(b), loc(loc), type(type), options(options), constants(constants), mantissa(mantissaOf(type)) {
  bitsType = shaped(b.getIntegerType(getElementTypeOrSelf(type).getIntOrFloatBitWidth()));
}

Type MathBuilder::shaped(Type element) const {
  if (auto vector = dyn_cast<VectorType>(type))
    return vector.clone(element);
  return element;
}

static TypedAttr splat(Type type, TypedAttr element) {
  if (auto shapedType = dyn_cast<ShapedType>(type))
    return DenseElementsAttr::get(shapedType, element);
  return element;
}

Value MathBuilder::c(double value) const {
  return constants.get(b, loc, splat(type, b.getFloatAttr(getElementTypeOrSelf(type), value)));
}

Value MathBuilder::infinity() const {
  return c(std::numeric_limits<double>::infinity());
}
Value MathBuilder::nan() const {
  return c(std::numeric_limits<double>::quiet_NaN());
}

Value MathBuilder::bitsConst(int64_t value) const {
  return constants.get(b, loc, splat(bitsType, b.getIntegerAttr(getElementTypeOrSelf(bitsType), value)));
}

Value MathBuilder::horner(ArrayRef<double> coefficients, Value x) const {
  Value sum = c(coefficients.back());
  for (double coefficient : llvm::reverse(coefficients.drop_back()))
    sum = fma(sum, x, c(coefficient));
  return sum;
}

Value MathBuilder::atMost(Value x, double limit) const {
  return select(gt(x, c(limit)), c(limit), x);
}
Value MathBuilder::atLeast(Value x, double limit) const {
  return select(lt(x, c(limit)), c(limit), x);
}

MathBuilder::Rounded MathBuilder::round(Value x, double scale) const {
  Value shifted = scale == 1 ? add(x, c(magic())) : fma(x, c(scale), c(magic()));
  return {sub(shifted, c(magic())), shifted};
}

Value MathBuilder::powerOfTwo(const Rounded &n) const {
  // magic()'s own low bits are zero, so the shift leaves n alone in the exponent field.
  return fromBits(addI(shl(bits(n.shifted), mantissa), bitsConst(bias() << mantissa)));
}

Value MathBuilder::scaleByPowerOfTwo(Value x, const Rounded &n) const {
  if (options.ldexp)
    return options.ldexp(b, loc, x, n.n);
  // Two factors, since 2^n itself may not be a number. The first product is exact, so only the second rounds.
  int64_t magicBits = isF64() ? int64_t(0x4338) << 48 : 0x4B400000;
  Value biased = subI(bits(n.shifted), bitsConst(magicBits - 2 * bias()));
  Value half = shr(biased, 1), rest = subI(biased, half);
  return mul(mul(x, fromBits(shl(half, mantissa))), fromBits(shl(rest, mantissa)));
}
