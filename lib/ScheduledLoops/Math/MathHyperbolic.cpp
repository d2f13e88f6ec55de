//===- MathHyperbolic.cpp - sinh, cosh, their inverses, cbrt ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Hyperbolic functions, their inverses and the cube root by exp and log. f32
// ones are computed in f64 and rounded once, which costs half of the lanes and
// leaves no more than that one rounding.
//
//===----------------------------------------------------------------------===//
#include "MathBuilder.h"
#include "MathCoefficients.h"

using namespace mlir;
using namespace flex::tile;
using namespace flex::tile::mathcoef;

template <typename Function> static Value inF64(const MathBuilder &m, Value x, Function function) {
  if (m.isF64())
    return function(m, x);
  MathBuilder w = m.with(m.shaped(m.builder().getF64Type()));
  return w.truncate(function(w, w.extend(x, w.floatType())), m.floatType());
}

static Value root(const MathBuilder &m, Value x) {
  return math::SqrtOp::create(m.builder(), m.location(), x);
}

/// Above it, e^a may overflow where e^a / 2 does not.
static constexpr double kLargeExponent = 700;

/// e^a / 2 for a > kLargeExponent.
static Value halfOfLargeExp(const MathBuilder &m, Value a) {
  Value e = emitExp(m, m.mul(a, m.c(0.5)));
  return m.mul(m.mul(e, m.c(0.5)), e);
}

static Value sinhF64(const MathBuilder &m, Value x) {
  Value a = m.abs(x), t = emitExpM1(m, a), half = m.c(0.5);
  Value y = m.mul(half, m.add(t, m.div(t, m.add(t, m.c(1)))));
  y = m.select(m.gt(a, m.c(kLargeExponent)), halfOfLargeExp(m, a), y);
  return m.copySign(y, x);
}

static Value coshF64(const MathBuilder &m, Value x) {
  Value a = m.abs(x), t = emitExp(m, a), half = m.c(0.5);
  Value y = m.fma(half, t, m.div(half, t));
  return m.select(m.gt(a, m.c(kLargeExponent)), halfOfLargeExp(m, a), y);
}

/// log(2 a), for an a whose square no longer counts.
static Value logOfTwice(const MathBuilder &m, Value a) {
  return m.add(emitLog(m, a), m.c(0x1.62e42fefa39efp-1));
}

static Value asinhF64(const MathBuilder &m, Value x) {
  Value a = m.abs(x), one = m.c(1), square = m.mul(a, a);
  // a + sqrt(a^2 + 1) - 1, without the subtraction
  Value y = emitLog1p(m, m.add(a, m.div(square, m.add(one, root(m, m.add(square, one))))));
  y = m.select(m.gt(a, m.c(0x1p28)), logOfTwice(m, a), y);
  return m.copySign(y, x);
}

static Value acoshF64(const MathBuilder &m, Value x) {
  Value t = m.sub(x, m.c(1));
  Value y = emitLog1p(m, m.add(t, root(m, m.fma(t, t, m.add(t, t)))));
  y = m.select(m.gt(x, m.c(0x1p28)), logOfTwice(m, x), y);
  return m.select(m.lt(t, m.c(0)), m.nan(), y);
}

static Value atanhF64(const MathBuilder &m, Value x) {
  Value a = m.abs(x), twice = m.add(a, a);
  Value y = m.mul(m.c(0.5), emitLog1p(m, m.div(twice, m.sub(m.c(1), a))));
  return m.copySign(y, x);
}

/// 2^(log2(a) / 3) and one step of Newton's, whose residual is exact to a rounding.
static Value cbrtF64(const MathBuilder &m, Value x, bool refine) {
  Value a = m.abs(x), third = m.c(1.0 / 3);
  Value isTiny = m.lt(a, m.c(0x1p-900));
  Value scaled = m.mul(a, m.select(isTiny, m.c(0x1p300), m.c(1)));
  Value y = emitExp2(m, m.mul(emitLog2(m, scaled), third));
  if (refine) {
    Value square = m.mul(y, y), lost = m.fma(y, y, m.neg(square));
    Value residual = m.fma(lost, y, m.fma(square, y, m.neg(scaled)));
    y = m.sub(y, m.div(m.mul(residual, third), square));
  }
  y = m.mul(y, m.select(isTiny, m.c(0x1p-100), m.c(1)));
  // 0, infinity and NaN are their own roots.
  Value isNumber = m.andI(m.gt(a, m.c(0)), m.lt(a, m.infinity()));
  return m.copySign(m.select(isNumber, y, a), x);
}

Value flex::tile::emitSinh(const MathBuilder &m, Value x) {
  return inF64(m, x, sinhF64);
}
Value flex::tile::emitCosh(const MathBuilder &m, Value x) {
  return inF64(m, x, coshF64);
}
Value flex::tile::emitAsinh(const MathBuilder &m, Value x) {
  return inF64(m, x, asinhF64);
}
Value flex::tile::emitAcosh(const MathBuilder &m, Value x) {
  return inF64(m, x, acoshF64);
}
Value flex::tile::emitAtanh(const MathBuilder &m, Value x) {
  return inF64(m, x, atanhF64);
}
Value flex::tile::emitCbrt(const MathBuilder &m, Value x) {
  return inF64(m, x, [&](const MathBuilder &w, Value value) { return cbrtF64(w, value, m.isF64()); });
}
