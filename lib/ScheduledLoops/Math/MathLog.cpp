//===- MathLog.cpp - log, log2, log10, log1p -------------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Logarithms as arithmetic: x = (1 + f) * 2^k by the bits of x, then
// log(1 + f) = f + c with a small c, which keeps results near zero accurate.
//
//===----------------------------------------------------------------------===//
#include "MathBuilder.h"
#include "MathCoefficients.h"

using namespace mlir;
using namespace flex::tile;
using namespace flex::tile::mathcoef;

/// x's bits as those of (1 + f) and a biased exponent, both still integers. REQUIRES: x is a positive normal number.
static std::pair<Value, Value> splitBits(const MathBuilder &m, Value x) {
  int64_t sqrtHalf = m.isF64() ? 0x3FE6A09E667F3BCD : 0x3F3504F3;
  int64_t one = m.bias() << m.mantissaBits(), mask = (int64_t(1) << m.mantissaBits()) - 1;
  Value shifted = m.addI(m.bits(x), m.bitsConst(one - sqrtHalf));
  Value fraction = m.addI(m.andI(shifted, m.bitsConst(mask)), m.bitsConst(sqrtHalf));
  return {m.fromBits(fraction), m.shr(shifted, m.mantissaBits())};
}

/// An integer below 2^mantissaBits as a float, plus 2^mantissaBits.
static Value asOffsetFloat(const MathBuilder &m, Value integer) {
  return m.fromBits(m.orI(integer, m.bitsConst((m.bias() + m.mantissaBits()) << m.mantissaBits())));
}

LogParts flex::tile::splitForLog(const MathBuilder &m, Value x) {
  int up = m.mantissaBits() + 2;
  double offset = double(int64_t(1) << m.mantissaBits()) + m.bias();
  Value denormal = m.lt(x, m.c(m.minNormal()));
  Value normal = m.select(denormal, m.mul(x, m.c(double(int64_t(1) << up))), x);
  auto [fraction, exponent] = splitBits(m, normal);
  Value k = m.sub(asOffsetFloat(m, exponent), m.select(denormal, m.c(offset + up), m.c(offset)));
  return {m.sub(fraction, m.c(1)), k};
}

/// log(1 + f) - f.
static Value emitLogCorrection(const MathBuilder &m, Value f) {
  Value square = m.mul(f, f);
  if (!m.isF64())
    return m.fma(m.c(-0.5), square, m.mul(m.mul(f, square), m.horner(logP32, f)));
  // s = f / (2 + f): log(1 + f) = f - f^2/2 + s (f^2/2 + 2 z R(z)), z = s^2.
  Value s = m.div(f, m.add(f, m.c(2)));
  Value z = m.mul(s, s), half = m.mul(m.c(0.5), square);
  Value inner = m.fma(m.add(z, z), m.horner(logR64, z), half);
  return m.fma(s, inner, m.neg(half));
}

/// result for 0 < x < infinity; what a logarithm gives for other x.
static Value withSpecials(const MathBuilder &m, Value x, Value result) {
  Value notPositive = m.select(m.eq(x, m.c(0)), m.neg(m.infinity()), m.nan());
  Value y = m.select(m.gt(x, m.c(0)), result, notPositive);
  return m.select(m.eq(x, m.infinity()), x, y);
}

/// log((1 + f) 2^k), `low` being what to add to f.
static Value combineNatural(const MathBuilder &m, Value f, Value k, Value low = Value()) {
  ArrayRef<double> ln2 = m.pick(ln232, ln264);
  Value correction = emitLogCorrection(m, f);
  low = m.fma(k, m.c(ln2[1]), low ? m.add(correction, low) : correction);
  // Where k is not 0, its part is the largest by far: add from the small to the large.
  return m.fma(k, m.c(ln2[0]), m.add(f, low));
}

/// log(1 + f) * perE, perE in two parts.
static Value emitLogOfFraction(const MathBuilder &m, Value f, ArrayRef<double> perE) {
  Value low = m.fma(emitLogCorrection(m, f), m.c(perE[0]), m.mul(f, m.c(perE[1])));
  return m.fma(f, m.c(perE[0]), low);
}

Value flex::tile::emitLog(const MathBuilder &m, Value x) {
  LogParts parts = splitForLog(m, x);
  return withSpecials(m, x, combineNatural(m, parts.f, parts.k));
}

Value flex::tile::emitLog2(const MathBuilder &m, Value x) {
  LogParts parts = splitForLog(m, x);
  return withSpecials(m, x, m.add(emitLogOfFraction(m, parts.f, m.pick(log2e32, log2e64)), parts.k));
}

Value flex::tile::emitLog10(const MathBuilder &m, Value x) {
  LogParts parts = splitForLog(m, x);
  ArrayRef<double> log2 = m.pick(log10of232, log10of264);
  Value y = emitLogOfFraction(m, parts.f, m.pick(log10e32, log10e64));
  y = m.fma(parts.k, m.c(log2[1]), y);
  return withSpecials(m, x, m.fma(parts.k, m.c(log2[0]), y));
}

Value flex::tile::emitLog1p(const MathBuilder &m, Value x) {
  int mantissa = m.mantissaBits();
  Value u = m.add(x, m.c(1));
  auto [fraction, exponent] = splitBits(m, u);
  // f = (1 + x) * 2^-k - 1 without the rounding of 1 + x; 2^-k is not a normal number for the largest x, whose own
  // fraction is exact enough.
  Value scale = m.fromBits(m.shl(m.subI(m.bitsConst(2 * m.bias()), exponent), mantissa));
  Value base = m.sub(scale, m.c(1)), f = m.fma(x, scale, base);
  Value lost = m.fma(x, scale, m.sub(base, f));
  Value large = m.gt(x, m.c(double(int64_t(1) << (mantissa + 4))));
  f = m.select(large, m.sub(fraction, m.c(1)), f);
  lost = m.select(large, m.c(0), lost);
  Value k = m.sub(asOffsetFloat(m, exponent), m.c(double(int64_t(1) << mantissa) + m.bias()));
  Value y = withSpecials(m, u, combineNatural(m, f, k, lost));
  return m.select(m.lt(m.abs(x), m.c(m.isF64() ? 0x1p-54 : 0x1p-25)), x, y);
}
