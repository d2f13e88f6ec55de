//===- MathExp.cpp - exp, exp2, expm1, tanh, erf ---------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The functions that are built on an exponential, as arithmetic. All reduce to
// |r| <= 1/2 (base 2) or |r| <= ln2/2 (base e), evaluate one polynomial and
// scale by 2^n. Arguments are clamped where the result no longer changes.
//
//===----------------------------------------------------------------------===//
#include "MathBuilder.h"
#include "MathCoefficients.h"

using namespace mlir;
using namespace flex::tile;
using namespace flex::tile::mathcoef;

Value flex::tile::emitExp2Reduced(const MathBuilder &m, ArrayRef<double> q, Value r) {
  return m.fma(m.horner(q, r), r, m.c(1));
}

namespace {
/// e^x = value * 2^n.
struct Exponential {
  Value value;
  MathBuilder::Rounded n;
};
} // namespace

static Exponential emitExpParts(const MathBuilder &m, Value x) {
  ArrayRef<double> log2e = m.pick(log2e32, log2e64);
  MathBuilder::Rounded n = m.round(x, log2e[0]);
  Value r = m.fma(x, m.c(log2e[0]), m.neg(n.n));
  r = m.fma(x, m.c(log2e[1]), r);
  return {emitExp2Reduced(m, m.pick(exp2Q32, exp2Q64), r), n};
}

Value flex::tile::emitExp(const MathBuilder &m, Value x) {
  // Beyond the limits the result is infinity or zero already, and n stays small enough to scale by.
  x = m.atLeast(m.atMost(x, m.isF64() ? 710 : 89), m.isF64() ? -746 : -104);
  Exponential e = emitExpParts(m, x);
  return m.scaleByPowerOfTwo(e.value, e.n);
}

Value flex::tile::emitExp2(const MathBuilder &m, Value x) {
  x = m.atLeast(m.atMost(x, m.isF64() ? 1025 : 129), m.isF64() ? -1076 : -151);
  MathBuilder::Rounded n = m.round(x, 1);
  Value r = m.sub(x, n.n);
  return m.scaleByPowerOfTwo(emitExp2Reduced(m, m.pick(exp2Q32, exp2Q64), r), n);
}

namespace {
/// A number and what its rounding lost.
struct Sum {
  Value value, lost;
};
} // namespace

/// (e^x - 1) / 2^less.
static Sum emitExpM1Scaled(const MathBuilder &m, Value x, int less) {
  ArrayRef<double> ln2 = m.pick(ln232, ln264), log2e = m.pick(log2e32, log2e64);
  MathBuilder::Rounded n = m.round(x, log2e[0]);
  Value minusN = m.neg(n.n);
  Value exact = m.fma(minusN, m.c(ln2[0]), x);
  Value r = m.fma(minusN, m.c(ln2[1]), exact);
  Value lost = m.fma(minusN, m.c(ln2[1]), m.sub(exact, r));
  // e^r - 1 = r + tail; in the result r * 2^n and 2^n - 1 come first, being the largest.
  Value tail = m.fma(m.mul(r, r), m.horner(m.pick(expm1Q32, expm1Q64), r), lost);
  Value scale = m.powerOfTwo(n);
  if (less)
    scale = m.fromBits(m.subI(m.bits(scale), m.bitsConst(int64_t(less) << m.mantissaBits())));
  Value high = m.fma(scale, r, m.sub(scale, m.c(less ? 0.5 : 1)));
  Value value = m.fma(scale, tail, high);
  return {value, m.fma(scale, tail, m.sub(high, value))};
}

Value flex::tile::emitExpM1(const MathBuilder &m, Value x) {
  Value clamped = m.atLeast(m.atMost(x, m.isF64() ? 710 : 89), m.isF64() ? -40 : -20);
  // Half of it, doubled: 2^n itself overflows just below the largest finite result.
  Value y = m.mul(emitExpM1Scaled(m, clamped, 1).value, m.c(2));
  // Halving loses bits of a denormal, and -0 would become 0.
  return m.select(m.lt(m.abs(x), m.c(m.isF64() ? 0x1p-54 : 0x1p-25)), x, y);
}

Value flex::tile::emitTanh(const MathBuilder &m, Value x) {
  // With e = e^(2|x|) - 1 and s = e + 2: e / s where that is below 1/2, else 1 - 2 / s. Then one Newton step for
  // the roundings of e, of s and of the division: 2/s is 1 - e/s, so it takes no second division.
  Value a = m.atMost(m.abs(x), m.isF64() ? 20 : 10);
  auto [e, eLost] = emitExpM1Scaled(m, m.add(a, a), 0);
  Value s = m.add(e, m.c(2));
  Value sLost = m.sub(e, m.sub(s, m.c(2)));
  Value large = m.gt(e, m.c(2));
  Value numerator = m.select(large, m.c(-2), e);
  Value d = m.div(numerator, s), minusD = m.neg(d);
  Value twoOverS = m.sub(m.select(large, m.c(0), m.c(1)), d);
  Value remainder = m.fma(minusD, sLost, m.fma(minusD, s, numerator));
  remainder = m.fma(eLost, twoOverS, remainder); // the derivative by e, times s
  Value y = m.fma(remainder, m.mul(m.c(0.5), twoOverS), d);
  y = m.add(m.select(large, m.c(1), m.c(0)), y);
  return m.copySign(y, x);
}

Value flex::tile::emitErf(const MathBuilder &m, Value x) {
  Value a = m.abs(x);
  Value small = m.fma(m.horner(m.pick(erfP32, erfP64), m.mul(x, x)), x, x);
  // 1 - e^g(|x|), g a polynomial: erfc is below a quarter there, and so is its share of the error.
  Value t = m.atMost(a, m.isF64() ? 6 : 4);
  Exponential e = emitExpParts(m, m.horner(m.pick(erfG32, erfG64), t));
  Value large = m.copySign(m.sub(m.c(1), m.scaleInRange(e.value, e.n)), x);
  return m.select(m.lt(a, m.c(0.9275)), small, large);
}
