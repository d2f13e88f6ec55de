//===- MathInverse.cpp - atan, atan2, asin, acos ---------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Inverse trigonometric functions as arithmetic: a multiple of pi/4, in two
// parts, and a polynomial of what is left, |t| <= tan(1/2) for the tangent and
// |t| <= 1/2 for the sine. One division each at most, or one square root.
//
//===----------------------------------------------------------------------===//
#include "MathBuilder.h"
#include "MathCoefficients.h"

using namespace mlir;
using namespace flex::tile;
using namespace flex::tile::mathcoef;

/// tan(1/2): beyond it the angle is at least 1/2, so that an ulp of it is two of what is added to pi/4.
static constexpr double kSteep = 0.5463024898437905;

/// A constant multiple of pi/4 that may differ from lane to lane, `count` <= 4 as a float.
static std::pair<Value, Value> quarterTurns(const MathBuilder &m, Value count) {
  ArrayRef<double> quarter = m.pick(quarterPi32, quarterPi64);
  return {m.mul(count, m.c(quarter[0])), m.mul(count, m.c(quarter[1]))};
}

/// count * pi/4 + atan(t) for |t| <= tan(1/2).
static Value angleNear(const MathBuilder &m, Value count, Value t) {
  auto [high, low] = quarterTurns(m, count);
  Value z = m.mul(t, t), tail = m.fma(m.mul(t, z), m.horner(m.pick(atanP32, atanP64), z), low);
  return m.add(high, m.add(t, tail));
}

Value flex::tile::emitAtan(const MathBuilder &m, Value x) {
  Value a = m.abs(x), one = m.c(1);
  Value isMiddle = m.gt(a, m.c(kSteep)), isLarge = m.gt(a, m.c(1 / kSteep));
  // atan(a) = pi/4 + atan((a - 1) / (a + 1)) = pi/2 + atan(-1 / a)
  Value over = m.select(isLarge, m.c(-1), m.select(isMiddle, m.sub(a, one), a));
  Value under = m.select(isLarge, a, m.select(isMiddle, m.add(a, one), one));
  Value count = m.select(isLarge, m.c(2), m.select(isMiddle, one, m.c(0)));
  return m.copySign(angleNear(m, count, m.div(over, under)), x);
}

Value flex::tile::emitAtan2(const MathBuilder &m, Value y, Value x) {
  Value ax = m.abs(x), ay = m.abs(y), zero = m.c(0), one = m.c(1);
  Value isSteep = m.gt(ay, ax), isLeft = m.lt(m.copySign(one, x), zero);
  Value small = m.select(isSteep, ax, ay), large = m.select(isSteep, ay, ax);
  // Infinities are directions; a NaN stays one.
  Value isInfinite = m.eq(large, m.infinity());
  small = m.select(isInfinite, m.select(m.eq(small, m.infinity()), one, m.mul(small, zero)), small);
  large = m.select(isInfinite, one, m.select(m.eq(large, zero), one, large));
  // Beyond tan(1/2) pi/4 + atan((small - large) / (small + large)), scaled so that nothing overflows or is a denormal.
  double up = m.isF64() ? 0x1p56 : 0x1p27;
  Value scale = m.select(m.gt(large, one), m.c(0.25), m.select(m.lt(large, m.c(1 / up)), m.c(up), one));
  Value s = m.mul(small, scale), l = m.mul(large, scale);
  Value isMiddle = m.gt(s, m.mul(l, m.c(kSteep)));
  Value t = m.div(m.select(isMiddle, m.sub(s, l), small), m.select(isMiddle, m.add(s, l), large));
  // The octant: a, pi/2 - a, pi/2 + a or pi - a.
  Value sign = m.select(m.xorI(isSteep, isLeft), m.c(-1), one);
  Value base = m.select(isSteep, m.c(2), m.select(isLeft, m.c(4), zero));
  Value count = m.select(isMiddle, m.add(base, sign), base);
  return m.copySign(angleNear(m, count, m.mul(sign, t)), y);
}

namespace {
/// asin(t) = t + tail for |t| <= 1/2.
struct SmallArc {
  Value t, tail;
};
} // namespace

static SmallArc arcOfSmall(const MathBuilder &m, Value x) {
  Value z = m.mul(x, x);
  return {x, m.mul(m.mul(x, z), m.horner(m.pick(asinP32, asinP64), z))};
}

/// asin(sqrt((1 - a) / 2)) for 1/2 <= a <= 1, which is acos(a) / 2; NaN beyond 1.
static SmallArc halfArcCosine(const MathBuilder &m, Value a) {
  Value z = m.mul(m.sub(m.c(1), a), m.c(0.5));
  Value root = math::SqrtOp::create(m.builder(), m.location(), z);
  Value lost = m.div(m.fma(m.neg(root), root, z), m.add(root, root)); // what rounding the root took away
  lost = m.select(m.eq(root, m.c(0)), m.c(0), lost);
  return {root, m.fma(m.mul(root, z), m.horner(m.pick(asinP32, asinP64), z), lost)};
}

Value flex::tile::emitAsin(const MathBuilder &m, Value x) {
  Value a = m.abs(x);
  SmallArc near = arcOfSmall(m, x), far = halfArcCosine(m, a);
  auto [high, low] = quarterTurns(m, m.c(2));
  // pi/2 - 2 asin(sqrt((1 - a) / 2))
  Value rest = m.fma(m.c(-2), far.tail, low);
  Value large = m.copySign(m.add(m.fma(m.c(-2), far.t, high), rest), x);
  return m.select(m.cmp(arith::CmpFPredicate::OLE, a, m.c(0.5)), m.add(near.t, near.tail), large);
}

Value flex::tile::emitAcos(const MathBuilder &m, Value x) {
  Value a = m.abs(x), two = m.c(2);
  SmallArc near = arcOfSmall(m, x), far = halfArcCosine(m, a);
  auto [high, low] = quarterTurns(m, two);
  Value middle = m.sub(high, m.sub(near.t, m.sub(low, near.tail)));
  Value right = m.mul(two, m.add(far.t, far.tail));
  Value left = m.mul(two, m.add(m.sub(high, far.t), m.sub(low, far.tail)));
  Value large = m.select(m.lt(x, m.c(0)), left, right);
  return m.select(m.cmp(arith::CmpFPredicate::OLE, a, m.c(0.5)), middle, large);
}
