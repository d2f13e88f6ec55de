//===- InterpreterMath.cpp - Functions of the math dialect, with bounds ---===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The propagated error of f at a +- e: by formula where f is common, by the values at the
// interval's ends where f is monotone there. The function's own error comes from the ErrorModel.
//
//===----------------------------------------------------------------------===//
#include "InterpreterScalar.h"

using namespace flex::ir::interp;

namespace {

/// A function of <cmath> in any precision.
#define FLEX_FUNCTION(NAME, FUNCTION)                                                                                  \
  struct NAME {                                                                                                        \
    template <typename T> static T of(T x) { return std::FUNCTION(x); }                                                \
  };
FLEX_FUNCTION(Exp, exp)
FLEX_FUNCTION(Exp2, exp2)
FLEX_FUNCTION(Expm1, expm1)
FLEX_FUNCTION(Log, log)
FLEX_FUNCTION(Log2, log2)
FLEX_FUNCTION(Log10, log10)
FLEX_FUNCTION(Log1p, log1p)
FLEX_FUNCTION(Tanh, tanh)
FLEX_FUNCTION(Erf, erf)
FLEX_FUNCTION(Erfc, erfc)
FLEX_FUNCTION(Sin, sin)
FLEX_FUNCTION(Cos, cos)
FLEX_FUNCTION(Tan, tan)
FLEX_FUNCTION(Asin, asin)
FLEX_FUNCTION(Acos, acos)
FLEX_FUNCTION(Atan, atan)
FLEX_FUNCTION(Sinh, sinh)
FLEX_FUNCTION(Cosh, cosh)
FLEX_FUNCTION(Asinh, asinh)
FLEX_FUNCTION(Acosh, acosh)
FLEX_FUNCTION(Atanh, atanh)
FLEX_FUNCTION(Cbrt, cbrt)
FLEX_FUNCTION(Floor, floor)
FLEX_FUNCTION(Ceil, ceil)
FLEX_FUNCTION(Trunc, trunc)
FLEX_FUNCTION(Round, round)
FLEX_FUNCTION(RoundEven, nearbyint)
#undef FLEX_FUNCTION

bool isF64(const Instr &in) {
  return in.format->precision == 53;
}

/// In f64 for the narrower types, which is ten times as fast as in long double; their `unit` includes it.
template <typename F> long double apply(const Instr &in, long double x) {
  return isF64(in) ? F::of(x) : static_cast<long double>(F::of(static_cast<double>(x)));
}

/// An operand as `apply` sees it: what rounding it to f64 costs goes into its bound.
Reg operand(const Instr &in, const Reg &a) {
  Reg rounded = a;
  if (!isF64(in) && a.error != 0 && std::isfinite(a.f)) {
    rounded.f = static_cast<double>(a.f);
    rounded.error += 0x1p-52 * magnitude(a.f);
  }
  return rounded;
}

double orInfinite(double error) {
  return std::isnan(error) ? kInf : error;
}

/// Two values of a bounded function are at most its range apart; but what is not decided at all may be NaN.
double withinRange(double range, double error, double ofArgument) {
  return std::isinf(ofArgument) ? kInf : std::min(range, error);
}

/// f is monotone on its whole domain; outside of the domain it gives NaN, and so infinity here.
template <typename F> void monotone(const Instr &in, Reg *r) {
  Reg a = operand(in, r[in.a]);
  long double value = apply<F>(in, a.f);
  double error = 0;
  if (a.error != 0) {
    double below = magnitude(value - apply<F>(in, a.f - a.error));
    double above = magnitude(apply<F>(in, a.f + a.error) - value);
    // The values at the ends are rounded themselves.
    double slack = (isF64(in) ? 0x1p-60 : 0x1p-50) * magnitude(value);
    error = std::isfinite(below + above) ? std::max(below, above) + slack : kInf;
  }
  finish(in, r[in.dst], value, error, in.errors->math, a.error == 0);
}

/// floor and its like: a step function gives an exact result.
template <typename F> void stepwise(const Instr &in, Reg *r) {
  Reg a = r[in.a];
  long double value = F::of(a.f);
  double error = 0;
  if (a.error != 0) {
    error = std::max(magnitude(value - F::of(a.f - a.error)), magnitude(F::of(a.f + a.error) - value));
    error = orInfinite(error);
  }
  finish(in, r[in.dst], value, error, 0, a.error == 0);
  r[in.dst].nonNegative = a.nonNegative;
}

/// |f'| <= 1 everywhere, and no two values are further apart than `range`.
template <typename F, int range> void lipschitz(const Instr &in, Reg *r) {
  Reg a = operand(in, r[in.a]);
  finish(in, r[in.dst], apply<F>(in, a.f), std::min<double>(a.error, range), in.errors->math, a.error == 0);
}

/// Whether sin, cos and tan may give NaN of a finite value: beyond 2^45 in f64 (docs/numerics.md), and where the value
/// that is computed with may be an infinity of the type.
bool isBeyondReduction(const Instr &in, const Reg &a) {
  double largest = in.format->precision == 53 ? 0x1p45 : in.format->largest;
  return magnitude(a.f) + a.error > largest && !std::isinf(a.f);
}

template <typename F> void trigonometric(const Instr &in, Reg *r) {
  Reg a = r[in.a];
  lipschitz<F, 2>(in, r);
  if (isBeyondReduction(in, a))
    r[in.dst].error = kInf;
}

bool isCoarse(const Instr &in) {
  return in.errors->coarseExponentials && !isF64(in);
}

/// The argument of a coarse exponential, off by what the product with log2(e) and the chip's 2^x cost.
Reg coarsely(const Instr &in, Reg a) {
  if (isCoarse(in) && std::isfinite(a.f))
    a.error += (magnitude(a.f) + a.error) * 0x1p-23 + 0x1p-21;
  return a;
}

/// Of a result that may be zero instead of a denormal.
constexpr double kFlushed = 0x1p-126;

void powerOfTwo(const Instr &in, Reg *r) {
  Reg before = r[in.a];
  r[in.a] = coarsely(in, before);
  monotone<Exp2>(in, r);
  if (in.dst != in.a)
    r[in.a] = before;
  if (isCoarse(in))
    r[in.dst].error += kFlushed;
}

void exponential(const Instr &in, Reg *r) {
  Reg a = coarsely(in, operand(in, r[in.a]));
  long double value = apply<Exp>(in, a.f);
  // Beyond every float type's range the carrier's value says nothing more.
  bool overflows = a.f - a.error > std::log(static_cast<long double>(in.format->largest)) + 1;
  double propagated = a.error == 0 || overflows ? 0 : orInfinite(magnitude(value) * std::expm1(a.error));
  if (overflows && !in.format->narrow)
    value = kInf;
  if (isCoarse(in))
    propagated += kFlushed;
  finish(in, r[in.dst], value, propagated, in.errors->math, a.error == 0 || overflows);
  r[in.dst].nonNegative = true;
}

void logarithm(const Instr &in, Reg *r) {
  Reg a = operand(in, r[in.a]);
  double relative = a.error == 0 ? 0 : a.error / magnitude(a.f);
  double error = relative < 1 ? -std::log1p(-relative) : kInf;
  finish(in, r[in.dst], apply<Log>(in, a.f), error, in.errors->math, a.error == 0);
}

/// The slope of tanh is 1 - tanh^2, largest where the interval is nearest to 0.
void hyperbolicTangent(const Instr &in, Reg *r) {
  Reg a = operand(in, r[in.a]);
  long double value = apply<Tanh>(in, a.f);
  double error = 0;
  if (a.error != 0) {
    double nearest = std::max(0.0, magnitude(a.f) - a.error);
    double cosh = std::cosh(std::min(nearest, 700.0));
    error = withinRange(2, a.error / (cosh * cosh), a.error);
  }
  finish(in, r[in.dst], value, orInfinite(error), in.errors->math, a.error == 0);
}

void errorFunction(const Instr &in, Reg *r) {
  Reg a = operand(in, r[in.a]);
  double error = 0;
  if (a.error != 0) {
    double nearest = std::max(0.0, magnitude(a.f) - a.error);
    error = withinRange(2, 1.1283791670955128 * std::exp(-nearest * nearest) * a.error, a.error);
  }
  finish(in, r[in.dst], apply<Erf>(in, a.f), orInfinite(error), in.errors->math, a.error == 0);
}

/// The lower end of the interval, 0 where no rounding makes the operand negative.
long double lowerEnd(const Reg &a) {
  long double low = a.f - a.error;
  return a.nonNegative && low < 0 ? 0 : low;
}

void squareRoot(const Instr &in, Reg *r) {
  Reg a = r[in.a];
  long double value = in.strict && isF64(in) ? std::sqrt(static_cast<double>(a.f)) : std::sqrt(a.f);
  long double low = lowerEnd(a);
  double error = 0;
  if (a.error != 0)
    error = low < 0 ? kInf : std::max(magnitude(value - std::sqrt(low)), magnitude(std::sqrt(a.f + a.error) - value));
  finish(in, r[in.dst], value, orInfinite(error), in.errors->squareRoot, a.error == 0);
  r[in.dst].nonNegative = true;
}

void reciprocalRoot(const Instr &in, Reg *r) {
  Reg a = r[in.a];
  long double value = 1 / std::sqrt(a.f), low = a.f - a.error;
  double error = a.error == 0 ? 0 : low <= 0 ? kInf : magnitude(1 / std::sqrt(low) - value);
  finish(in, r[in.dst], value, orInfinite(error), in.errors->math, a.error == 0);
  r[in.dst].nonNegative = true;
}

/// sinh and cosh grow away from 0, where the slope of both is at most cosh.
template <typename F> void hyperbolic(const Instr &in, Reg *r) {
  Reg a = operand(in, r[in.a]);
  double error = a.error == 0 ? 0 : orInfinite(a.error * std::cosh(magnitude(a.f) + a.error));
  finish(in, r[in.dst], apply<F>(in, a.f), error, in.errors->math, a.error == 0);
}

/// No pole lies in an interval over which the cosine keeps its sign and the interval is short.
void tangent(const Instr &in, Reg *r) {
  Reg a = r[in.a];
  long double value = std::tan(a.f), low = a.f - a.error, high = a.f + a.error;
  double error = 0;
  if (a.error != 0)
    error = a.error < 1 && (std::cos(low) > 0) == (std::cos(high) > 0)
                ? std::max(magnitude(value - std::tan(low)), magnitude(std::tan(high) - value))
                : kInf;
  if (isBeyondReduction(in, a))
    error = kInf;
  // One more: the quotient of sine and cosine, where divisions are not correctly rounded.
  finish(in, r[in.dst], value, orInfinite(error), in.errors->math + 1, a.error == 0 && error == 0);
}

/// a^b with the bound of exp(b log a); a negative base needs an exact integral exponent.
void finishPower(const Instr &in, Reg &dst, const Reg &a, long double b, double bError) {
  long double value = std::pow(a.f, b), base = std::fabs(a.f);
  bool exact = a.error == 0 && bError == 0;
  double error = 0;
  if (!exact) {
    bool integral = bError == 0 && std::nearbyint(b) == b;
    if (integral && b == 0) {
      error = 0;
    } else if (base > a.error && (a.f > 0 || integral)) {
      double shift = -std::log1p(-static_cast<double>(a.error / base)) * (magnitude(b) + bError) +
                     bError * magnitude(std::log(base));
      error = magnitude(value) * std::expm1(shift);
    } else {
      error = integral && b > 0 ? magnitude(std::pow(base + a.error, b)) + magnitude(value) : kInf;
    }
  }
  bool nonNegative = a.nonNegative;
  finish(in, dst, value, orInfinite(error), in.errors->math, exact);
  dst.nonNegative = nonNegative;
}

void powF(const Instr &in, Reg *r) {
  Reg a = r[in.a], b = r[in.b];
  finishPower(in, r[in.dst], a, b.f, b.error);
}

void floatPowInt(const Instr &in, Reg *r) {
  Reg a = r[in.a];
  finishPower(in, r[in.dst], a, static_cast<long double>(asSigned(r[in.b].i, in.sourceWidth)), r[in.b].error);
}

/// The gradient is 1/r; near the cut on the negative axis the angle may jump by 2 pi.
void arcTangent2(const Instr &in, Reg *r) {
  Reg y = r[in.a], x = r[in.b];
  double error = 0, moved = y.error + x.error;
  if (moved != 0) {
    double room = magnitude(std::hypot(y.f, x.f)) - moved;
    bool nearCut = x.f - x.error <= 0 && magnitude(y.f) <= y.error;
    error = withinRange(6.2831853071795865, nearCut || !(room > 0) ? kInf : moved / room, moved);
  }
  finish(in, r[in.dst], std::atan2(y.f, x.f), orInfinite(error), in.errors->math, moved == 0);
}

} // namespace

void flex::ir::interp::addMathInstrs(llvm::StringMap<InstrFn> &table) {
  table["math.exp"] = exponential;
  table["math.log"] = logarithm;
  table["math.tanh"] = hyperbolicTangent;
  table["math.erf"] = errorFunction;
  table["math.sqrt"] = squareRoot;
  table["math.rsqrt"] = reciprocalRoot;
  table["math.sin"] = trigonometric<Sin>;
  table["math.cos"] = trigonometric<Cos>;
  table["math.tan"] = tangent;
  table["math.atan"] = lipschitz<Atan, 4>;
  table["math.atan2"] = arcTangent2;
  table["math.asin"] = monotone<Asin>;
  table["math.acos"] = monotone<Acos>;
  table["math.sinh"] = hyperbolic<Sinh>;
  table["math.cosh"] = hyperbolic<Cosh>;
  table["math.asinh"] = monotone<Asinh>;
  table["math.acosh"] = monotone<Acosh>;
  table["math.atanh"] = monotone<Atanh>;
  table["math.exp2"] = powerOfTwo;
  table["math.expm1"] = monotone<Expm1>;
  table["math.log2"] = monotone<Log2>;
  table["math.log10"] = monotone<Log10>;
  table["math.log1p"] = monotone<Log1p>;
  table["math.cbrt"] = monotone<Cbrt>;
  table["math.erfc"] = monotone<Erfc>;
  table["math.powf"] = powF;
  table["math.fpowi"] = floatPowInt;
  table["math.floor"] = stepwise<Floor>;
  table["math.ceil"] = stepwise<Ceil>;
  table["math.trunc"] = stepwise<Trunc>;
  table["math.round"] = stepwise<Round>;
  table["math.roundeven"] = stepwise<RoundEven>;
}
