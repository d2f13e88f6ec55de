//===- MathPow.cpp - pow with real and integer exponents -------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// pow as 2^(y log2|x|) and IEEE 754's special cases around it. f32 is computed
// in f64, which is more than it needs; f64 takes the logarithm in two f64.
//
//===----------------------------------------------------------------------===//
#include "MathBuilder.h"
#include "MathCoefficients.h"

using namespace mlir;
using namespace flex::tile;
using namespace flex::tile::mathcoef;

/// log2 of |x| is not this sum but -infinity, infinity or NaN for some x.
static Value withLogSpecials(const MathBuilder &m, Value a, Value log) {
  log = m.select(m.lt(a, m.infinity()), log, a);
  return m.select(m.eq(a, m.c(0)), m.neg(m.infinity()), log);
}

/// a^y for f32 results, all in f64. a >= 0.
static Value powInF64(const MathBuilder &w, Value a, Value y) {
  // |a| is 0 or at least 2^-149 here, so the split's care for denormals is not needed, but costs little.
  LogParts parts = splitForLog(w, a);
  Value log = withLogSpecials(w, a, w.fma(parts.f, w.horner(powLog2Q32, parts.f), parts.k));
  Value product = w.atLeast(w.atMost(w.mul(y, log), 300), -300);
  MathBuilder::Rounded n = w.round(product, 1);
  return w.scaleInRange(emitExp2Reduced(w, powExp2Q32, w.sub(product, n.n)), n);
}

namespace {
/// A number as the sum of two of its type, the second within the rounding error of the first.
struct Pair {
  Value high, low;
};
} // namespace

/// log2((1 + f) 2^k): 65 bits of it.
static Pair emitLog2Pair(const MathBuilder &m, Value f, Value k) {
  // s = f / (2 + f)
  Value x = m.add(f, m.c(1)), den = m.add(x, m.c(1));
  Value denLow = m.sub(x, m.sub(den, m.c(1)));
  Value reciprocal = m.div(m.c(1), den);
  Value s = m.mul(f, reciprocal), minusS = m.neg(s);
  Value sLow = m.mul(m.fma(minusS, denLow, m.fma(minusS, den, f)), reciprocal);
  // z = s^2
  Value z = m.mul(s, s);
  Value zLow = m.fma(m.add(s, s), sLow, m.fma(s, s, m.neg(z)));
  // t = 1/3 + z Q(z), so that atanh(s) = s (1 + z t)
  Value tail = m.mul(z, m.horner(powQ64, z));
  Value third = m.c(third64[0]);
  Value t = m.add(third, tail);
  Value tLow = m.add(m.add(m.sub(third, t), tail), m.c(third64[1]));
  // w = z t, p = s w
  Value w = m.mul(z, t);
  Value wLow = m.add(m.fma(z, t, m.neg(w)), m.fma(z, tLow, m.mul(zLow, t)));
  Value p = m.mul(s, w);
  Value pLow = m.add(m.fma(s, w, m.neg(p)), m.fma(s, wLow, m.mul(sLow, w)));
  Value a = m.add(s, p);
  Value aLow = m.add(m.add(m.sub(s, a), p), m.add(sLow, pLow));
  // log2(1 + f) = 2 log2(e) atanh(s)
  Value perE = m.c(2 * log2e64[0]);
  Value g = m.mul(a, perE);
  Value gLow = m.add(m.fma(a, perE, m.neg(g)), m.fma(a, m.c(2 * log2e64[1]), m.mul(aLow, perE)));
  Value sum = m.add(k, g);
  return {sum, m.add(m.add(m.sub(k, sum), g), gLow)};
}

static Value powF64(const MathBuilder &m, Value a, Value y) {
  LogParts parts = splitForLog(m, a);
  Pair log = emitLog2Pair(m, parts.f, parts.k);
  Value high = withLogSpecials(m, a, log.high);
  Value u = m.mul(y, high);
  Value uLow = m.fma(y, log.low, m.fma(y, high, m.neg(u)));
  // Beyond this the result is 0, infinity or NaN whatever the low part is, and that may be inf - inf.
  uLow = m.select(m.lt(m.abs(u), m.c(1200)), uLow, m.c(0));
  u = m.atLeast(m.atMost(u, 1200), -1200);
  MathBuilder::Rounded n = m.round(u, 1);
  Value r = m.add(m.sub(u, n.n), uLow);
  return m.scaleByPowerOfTwo(emitExp2Reduced(m, exp2Q64, r), n);
}

/// |x|^y with the sign and the specials of pow. `integral` null: every y is an integer.
static Value withPowSpecials(const MathBuilder &m, Value x, Value magnitude, Value zeroExponent, Value odd,
                             Value integral) {
  Value isOne = m.orI(zeroExponent, m.eq(m.abs(x), m.c(1)));
  Value y = m.select(isOne, m.c(1), magnitude);
  Value negative = m.cmpI(arith::CmpIPredicate::slt, m.bits(x), m.bitsConst(0));
  y = m.select(m.andI(odd, negative), m.neg(y), y);
  if (!integral)
    return y;
  Value finiteNegative = m.andI(m.lt(x, m.c(0)), m.gt(x, m.neg(m.infinity())));
  // Not integral includes a NaN exponent, of which 1^y alone is a number.
  Value root = m.select(integral, y, m.nan());
  return m.select(finiteNegative, root, y);
}

Value flex::tile::emitPow(const MathBuilder &m, Value x, Value y) {
  Value a = m.abs(x), magnitude;
  if (m.isF64()) {
    magnitude = powF64(m, a, y);
  } else {
    MathBuilder w = m.with(m.shaped(m.builder().getF64Type()));
    magnitude = m.truncate(powInF64(w, w.extend(a, w.floatType()), w.extend(y, w.floatType())), m.floatType());
  }
  Value half = m.mul(y, m.c(0.5));
  Value integral = m.eq(m.roundEven(y), y);
  Value odd = m.andI(integral, m.cmp(arith::CmpFPredicate::ONE, m.roundEven(half), half));
  return withPowSpecials(m, x, magnitude, m.eq(y, m.c(0)), odd, integral);
}

Value flex::tile::emitPowInt(const MathBuilder &m, Value x, Value exponent) {
  MathBuilder w = m.with(m.shaped(m.builder().getF64Type()));
  Type integers = exponent.getType();
  auto constant = [&](int64_t value) -> Value {
    TypedAttr element = m.builder().getIntegerAttr(getElementTypeOrSelf(integers), value);
    TypedAttr attr = element;
    if (auto shaped = dyn_cast<ShapedType>(integers))
      attr = DenseElementsAttr::get(shaped, element);
    return arith::ConstantOp::create(m.builder(), m.location(), attr);
  };
  Value zero = constant(0), one = constant(1);
  Value y = arith::SIToFPOp::create(m.builder(), m.location(), w.floatType(), exponent);
  Value odd = m.cmpI(arith::CmpIPredicate::ne, m.andI(exponent, one), zero);
  Value isZero = m.cmpI(arith::CmpIPredicate::eq, exponent, zero);
  Value a = m.abs(x), magnitude;
  if (m.isF64())
    magnitude = powF64(m, a, y);
  else
    magnitude = m.truncate(powInF64(w, w.extend(a, w.floatType()), y), m.floatType());
  return withPowSpecials(m, x, magnitude, isZero, odd, Value());
}
