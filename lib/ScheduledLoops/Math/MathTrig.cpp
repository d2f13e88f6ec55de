//===- MathTrig.cpp - sin, cos, tan ----------------------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Trigonometric functions as arithmetic: x = q * pi/2 + r, then polynomials in
// r, chosen by the low bits of q. f32 arguments are reduced in f64 with as
// much of 2/pi as their exponent asks for, so every f32 is right; f64 ones by
// pi/2 in three parts, right up to 2^45, and NaN beyond.
//
//===----------------------------------------------------------------------===//
#include "MathBuilder.h"
#include "MathCoefficients.h"

#include <cmath>

using namespace mlir;
using namespace flex::tile;
using namespace flex::tile::mathcoef;

namespace {
/// x = q * pi/2 + r + rest, |r| <= pi/4 and a little. Only the low two bits of q count.
struct Reduced {
  Value r, rest, q;
};
} // namespace

static Reduced reduceF32(const MathBuilder &m, Value narrow) {
  MathBuilder w = m.with(m.shaped(m.builder().getF64Type()));
  Value x = w.extend(narrow, w.floatType()), a = m.abs(narrow);
  // x * 2/pi modulo 4, in two parts; a large x is a multiple of a large power of two, and so many of the leading
  // bits of 2/pi only add multiples of 4.
  Value first = w.c(twoOverPi[0][0]), second = w.c(twoOverPi[0][1]);
  for (int i = 1; i < 5; ++i) {
    Value beyond = m.cmp(arith::CmpFPredicate::OGE, a, m.c(std::ldexp(1.0, 23 + 21 * i)));
    first = w.select(beyond, w.c(twoOverPi[i][0]), first);
    second = w.select(beyond, w.c(twoOverPi[i][1]), second);
  }
  Value shifted = w.fma(x, first, w.c(w.magic()));
  Value n = w.sub(shifted, w.c(w.magic()));
  Value fraction = w.fma(x, second, w.fma(x, first, w.neg(n)));
  Value q = arith::TruncIOp::create(m.builder(), m.location(), m.shaped(m.builder().getI32Type()), w.bits(shifted));
  Value exact = w.mul(fraction, w.c(piOver2[0])), r = w.truncate(exact, m.floatType());
  return {r, w.truncate(w.sub(exact, m.extend(r, w.floatType())), m.floatType()), q};
}

static Reduced reduceF64(const MathBuilder &m, Value x) {
  auto [n, shifted] = m.round(x, twoOverPi64[0]);
  Value minusN = m.neg(n);
  Value r1 = m.fma(minusN, m.c(piOver2[0]), x); // exact
  Value high = m.mul(n, m.c(piOver2[1]));
  Value low = m.fma(n, m.c(piOver2[1]), m.neg(high));
  // r1 - high and what its rounding lost, whichever is larger.
  Value sum = m.sub(r1, high), back = m.sub(sum, r1);
  Value lost = m.sub(m.sub(r1, m.sub(sum, back)), m.add(high, back));
  Value rest = m.fma(minusN, m.c(piOver2[2]), m.sub(lost, low));
  Value r = m.add(sum, rest);
  return {r, m.add(m.sub(sum, r), rest), m.bits(shifted)};
}

static Reduced reduce(const MathBuilder &m, Value x) {
  return m.isF64() ? reduceF64(m, x) : reduceF32(m, x);
}

/// sin(r + rest) for |r| <= pi/4.
static Value sinReduced(const MathBuilder &m, const Reduced &a) {
  Value z = m.mul(a.r, a.r), cube = m.mul(a.r, z);
  ArrayRef<double> s = m.pick(sinS32, sinS64);
  // r + (cube * S + rest * (1 - z/2))
  Value rest = m.fma(m.mul(m.c(-0.5), z), a.rest, a.rest);
  return m.add(a.r, m.fma(cube, m.horner(s, z), rest));
}

/// cos(r + rest) for |r| <= pi/4.
static Value cosReduced(const MathBuilder &m, const Reduced &a) {
  Value z = m.mul(a.r, a.r), poly = m.horner(m.pick(cosC32, cosC64), z);
  Value half = m.mul(m.c(0.5), z), head = m.sub(m.c(1), half);
  // (1 - half) - head is what the subtraction lost.
  Value lost = m.sub(m.sub(m.c(1), head), half);
  lost = m.fma(m.neg(a.r), a.rest, lost);
  return m.add(head, m.fma(m.mul(z, z), poly, lost));
}

static Value quadrantIsOdd(const MathBuilder &m, Value q) {
  return m.cmpI(arith::CmpIPredicate::ne, m.andI(q, m.bitsConst(1)), m.bitsConst(0));
}

/// x with its sign changed where bit 1 of q is set.
static Value flipInUpperHalf(const MathBuilder &m, Value x, Value q) {
  Value sign = m.shl(m.andI(q, m.bitsConst(2)), m.isF64() ? 62 : 30);
  return m.fromBits(m.xorI(m.bits(x), sign));
}

/// y, or NaN where x is too large for the reduction of f64: what would come out is no longer the sine of anything.
static Value inRange(const MathBuilder &m, Value x, Value y) {
  return m.isF64() ? m.select(m.cmp(arith::CmpFPredicate::OLE, m.abs(x), m.c(0x1p45)), y, m.nan()) : y;
}

Value flex::tile::emitSin(const MathBuilder &m, Value x) {
  Reduced a = reduce(m, x);
  Value y = m.select(quadrantIsOdd(m, a.q), cosReduced(m, a), sinReduced(m, a));
  y = flipInUpperHalf(m, y, a.q);
  return inRange(m, x, m.select(m.eq(x, m.c(0)), x, y)); // keeps -0
}

Value flex::tile::emitCos(const MathBuilder &m, Value x) {
  Reduced a = reduce(m, x);
  Value y = m.select(quadrantIsOdd(m, a.q), sinReduced(m, a), cosReduced(m, a));
  return inRange(m, x, flipInUpperHalf(m, y, m.addI(a.q, m.bitsConst(1))));
}

Value flex::tile::emitTan(const MathBuilder &m, Value x) {
  Reduced a = reduce(m, x);
  Value s = sinReduced(m, a), c = cosReduced(m, a), odd = quadrantIsOdd(m, a.q);
  Value y = m.div(m.select(odd, c, s), m.select(odd, s, c));
  y = m.select(odd, m.neg(y), y);
  return inRange(m, x, m.select(m.eq(x, m.c(0)), x, y));
}
