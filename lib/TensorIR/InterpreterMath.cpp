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

/// Evaluation at an end of the interval is itself rounded by the carrier.
constexpr double kSlack = 0x1p-60;

double orInfinite(double error) { return std::isnan(error) ? kInf : error; }

using Fn = long double (*)(long double);

/// f is monotone on its whole domain; outside of the domain it gives NaN, and so infinity here.
template <Fn function> double monotoneError(const Reg &a, long double value) {
  if (a.error == 0)
    return 0;
  double below = magnitude(value - function(a.f - a.error)), above = magnitude(function(a.f + a.error) - value);
  return orInfinite(below + above == kInf || std::isnan(below + above) ? kInf
                                                                       : std::max(below, above) + kSlack * magnitude(value));
}

template <Fn function> void monotone(const Instr &in, Reg *r) {
  Reg a = r[in.a];
  long double value = function(a.f);
  finish(in, r[in.dst], value, monotoneError<function>(a, value), in.errors->math, a.error == 0);
}

/// floor and its like: a step function gives an exact result.
template <Fn function> void stepwise(const Instr &in, Reg *r) {
  Reg a = r[in.a];
  long double value = function(a.f);
  double error = 0;
  if (a.error != 0) {
    error = std::max(magnitude(value - function(a.f - a.error)), magnitude(function(a.f + a.error) - value));
    error = orInfinite(error);
  }
  finish(in, r[in.dst], value, error, 0, a.error == 0);
  r[in.dst].nonNegative = a.nonNegative;
}

/// |f'| <= 1 everywhere, and no two values are further apart than `range`.
template <Fn function, int range> void lipschitz(const Instr &in, Reg *r) {
  Reg a = r[in.a];
  finish(in, r[in.dst], function(a.f), std::min<double>(a.error, range), in.errors->math, a.error == 0);
}

/// docs/numerics.md: beyond this the f64 expansions of sin, cos and tan give NaN.
bool isBeyondReduction(const Instr &in, const Reg &a) {
  return in.format->precision == 53 && magnitude(a.f) + a.error > 0x1p45 && !std::isinf(a.f);
}

template <Fn function> void trigonometric(const Instr &in, Reg *r) {
  Reg a = r[in.a];
  lipschitz<function, 2>(in, r);
  if (isBeyondReduction(in, a))
    r[in.dst].error = kInf;
}

void exponential(const Instr &in, Reg *r) {
  Reg a = r[in.a];
  long double value = std::exp(a.f);
  // Beyond every float type's range the carrier's value says nothing more.
  bool overflows = a.f - a.error > std::log(static_cast<long double>(in.format->largest)) + 1;
  double propagated = a.error == 0 || overflows ? 0 : orInfinite(magnitude(value) * std::expm1(a.error));
  if (overflows && !in.format->narrow)
    value = kInf;
  finish(in, r[in.dst], value, propagated, in.errors->math, a.error == 0 || overflows);
  r[in.dst].nonNegative = true;
}

void logarithm(const Instr &in, Reg *r) {
  Reg a = r[in.a];
  double relative = a.error == 0 ? 0 : a.error / magnitude(a.f);
  double error = relative < 1 ? -std::log1p(-relative) : kInf;
  finish(in, r[in.dst], std::log(a.f), error, in.errors->math, a.error == 0);
}

/// The slope of tanh is 1 - tanh^2, largest where the interval is nearest to 0.
void hyperbolicTangent(const Instr &in, Reg *r) {
  Reg a = r[in.a];
  long double value = std::tanh(a.f);
  double error = 0;
  if (a.error != 0) {
    double nearest = std::max(0.0, magnitude(a.f) - a.error);
    double cosh = std::cosh(std::min(nearest, 700.0));
    error = std::min(2.0, a.error / (cosh * cosh));
  }
  finish(in, r[in.dst], value, orInfinite(error), in.errors->math, a.error == 0);
}

void errorFunction(const Instr &in, Reg *r) {
  Reg a = r[in.a];
  double error = 0;
  if (a.error != 0) {
    double nearest = std::max(0.0, magnitude(a.f) - a.error);
    error = std::min(2.0, 1.1283791670955128 * std::exp(-nearest * nearest) * a.error);
  }
  finish(in, r[in.dst], std::erf(a.f), orInfinite(error), in.errors->math, a.error == 0);
}

/// The lower end of the interval, 0 where no rounding makes the operand negative.
long double lowerEnd(const Reg &a) {
  long double low = a.f - a.error;
  return a.nonNegative && low < 0 ? 0 : low;
}

void squareRoot(const Instr &in, Reg *r) {
  Reg a = r[in.a];
  long double value = std::sqrt(a.f), low = lowerEnd(a);
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
template <Fn function> void hyperbolic(const Instr &in, Reg *r) {
  Reg a = r[in.a];
  double error = a.error == 0 ? 0 : orInfinite(a.error * std::cosh(magnitude(a.f) + a.error));
  finish(in, r[in.dst], function(a.f), error, in.errors->math, a.error == 0);
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
    error = nearCut || !(room > 0) ? 6.2831853071795865 : std::min(6.2831853071795865, moved / room);
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
  table["math.sin"] = trigonometric<std::sin>;
  table["math.cos"] = trigonometric<std::cos>;
  table["math.tan"] = tangent;
  table["math.atan"] = lipschitz<std::atan, 4>;
  table["math.atan2"] = arcTangent2;
  table["math.asin"] = monotone<std::asin>;
  table["math.acos"] = monotone<std::acos>;
  table["math.sinh"] = hyperbolic<std::sinh>;
  table["math.cosh"] = hyperbolic<std::cosh>;
  table["math.asinh"] = monotone<std::asinh>;
  table["math.acosh"] = monotone<std::acosh>;
  table["math.atanh"] = monotone<std::atanh>;
  table["math.exp2"] = monotone<std::exp2>;
  table["math.expm1"] = monotone<std::expm1>;
  table["math.log2"] = monotone<std::log2>;
  table["math.log10"] = monotone<std::log10>;
  table["math.log1p"] = monotone<std::log1p>;
  table["math.cbrt"] = monotone<std::cbrt>;
  table["math.erfc"] = monotone<std::erfc>;
  table["math.powf"] = powF;
  table["math.fpowi"] = floatPowInt;
  table["math.floor"] = stepwise<std::floor>;
  table["math.ceil"] = stepwise<std::ceil>;
  table["math.trunc"] = stepwise<std::trunc>;
  table["math.round"] = stepwise<std::round>;
  table["math.roundeven"] = stepwise<std::nearbyint>;
}
