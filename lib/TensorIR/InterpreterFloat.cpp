//===- InterpreterFloat.cpp - Float arithmetic with error bounds ----------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Running error analysis: each function computes the value in the carrier and, from the
// operands' bounds, a bound on what any correct device gets, contraction included.
//
//===----------------------------------------------------------------------===//
#include "InterpreterScalar.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace flex::ir::interp;
using mlir::arith::CmpFPredicate;

namespace {

constexpr double kRounded = 0.5; // in ulp

/// A strict f64 operation rounds once, so not in the wider carrier first.
bool inF64(const Instr &in) {
  return in.strict && in.format->precision == 53;
}
double f64(const Reg &reg) {
  return static_cast<double>(reg.f);
}

void addF(const Instr &in, Reg *r) {
  const Reg &a = r[in.a], &b = r[in.b];
  bool nonNegative = a.nonNegative && b.nonNegative;
  finish(in, r[in.dst], inF64(in) ? f64(a) + f64(b) : a.f + b.f, a.error + b.error, kRounded,
         std::isfinite(a.error + b.error));
  r[in.dst].nonNegative = nonNegative;
}

void subF(const Instr &in, Reg *r) {
  const Reg &a = r[in.a], &b = r[in.b];
  finish(in, r[in.dst], inF64(in) ? f64(a) - f64(b) : a.f - b.f, a.error + b.error, kRounded,
         std::isfinite(a.error + b.error));
}

/// How far a product moves when its factors move by their errors.
double productError(const Reg &a, const Reg &b) {
  if (a.error == 0 && b.error == 0)
    return 0;
  double error = magnitude(a.f) * b.error + magnitude(b.f) * a.error + a.error * b.error;
  return std::isnan(error) ? kInf : error;
}

void mulF(const Instr &in, Reg *r) {
  const Reg &a = r[in.a], &b = r[in.b];
  bool nonNegative = in.a == in.b || (a.nonNegative && b.nonNegative);
  finish(in, r[in.dst], inF64(in) ? f64(a) * f64(b) : a.f * b.f, productError(a, b), kRounded,
         isCertain(a) && isCertain(b));
  r[in.dst].nonNegative = nonNegative;
}

void divF(const Instr &in, Reg *r) {
  const Reg &a = r[in.a], &b = r[in.b];
  bool nonNegative = a.nonNegative && b.nonNegative;
  long double value = inF64(in) ? f64(a) / f64(b) : a.f / b.f;
  double room = magnitude(b.f) - b.error, error = 0;
  if (a.error != 0 || b.error != 0) {
    error = room > 0 ? (a.error + (b.error == 0 ? 0 : magnitude(value) * b.error)) / room : kInf;
    if (std::isnan(error))
      error = kInf;
  }
  finish(in, r[in.dst], value, error, in.errors->division, isCertain(a) && isCertain(b));
  r[in.dst].nonNegative = nonNegative;
}

/// Exact when its quotient is the same on every device.
void remF(const Instr &in, Reg *r) {
  const Reg &a = r[in.a], &b = r[in.b];
  long double value = std::fmod(a.f, b.f), quotient = std::trunc(a.f / b.f);
  double error = a.error + magnitude(quotient) * b.error;
  bool exact = a.error == 0 && b.error == 0;
  double size = magnitude(b.f), part = magnitude(value);
  // The remainder keeps off both ends of its range by more than the error: no other quotient is near.
  if (!exact && !(part > error && size - part > error + b.error))
    error = kInf;
  finish(in, r[in.dst], value, exact ? 0 : error, 0, exact);
}

void negF(const Instr &in, Reg *r) {
  r[in.dst].error = r[in.a].error;
  r[in.dst].f = -r[in.a].f;
  r[in.dst].nonNegative = false;
}

void absF(const Instr &in, Reg *r) {
  r[in.dst].error = r[in.a].error;
  r[in.dst].f = std::fabs(r[in.a].f);
  r[in.dst].nonNegative = true;
}

void copySign(const Instr &in, Reg *r) {
  const Reg &a = r[in.a], &b = r[in.b];
  double error = isCertain(b) ? a.error : 2 * magnitude(a.f) + a.error;
  r[in.dst].f = std::copysign(a.f, b.f);
  r[in.dst].error = std::isnan(error) ? kInf : error;
  r[in.dst].nonNegative = false;
}

/// minimumf and maximumf: NaN wins, and +0 is above -0. |max(a', b') - max(a, b)| <= the larger error.
template <bool IsMax, bool NaNWins> void extremeF(const Instr &in, Reg *r) {
  const Reg &a = r[in.a], &b = r[in.b];
  double error = std::max(a.error, b.error);
  bool nonNegative = IsMax ? a.nonNegative || b.nonNegative : a.nonNegative && b.nonNegative;
  long double value;
  if (std::isnan(a.f) || std::isnan(b.f)) {
    const Reg &kept = std::isnan(a.f) == NaNWins ? a : b;
    value = kept.f;
    nonNegative = kept.nonNegative && nonNegative;
    if (NaNWins && kept.error == 0)
      error = 0;
  } else {
    // Of zeros, +0 is the larger.
    bool first = a.f == b.f ? std::signbit(a.f) != IsMax : (a.f > b.f) == IsMax;
    value = first ? a.f : b.f;
    if (!std::isfinite(value) && error != 0)
      error = (std::isinf(a.f) && a.f == value ? a : b).error == 0 && std::isfinite(error) ? 0 : kInf;
  }
  r[in.dst].f = value;
  r[in.dst].error = error;
  r[in.dst].nonNegative = nonNegative;
}

void fma(const Instr &in, Reg *r) {
  const Reg &a = r[in.a], &b = r[in.b], &c = r[in.c];
  long double product = a.f * b.f;
  double error = productError(a, b) + c.error + in.format->unit * magnitude(product);
  bool certain = isCertain(a) && isCertain(b) && isCertain(c);
  bool nonNegative = c.nonNegative && (in.a == in.b || (a.nonNegative && b.nonNegative));
  if (in.strict && !in.format->narrow && a.error == 0 && b.error == 0 && c.error == 0) {
    r[in.dst].f = inF64(in) ? std::fma(f64(a), f64(b), f64(c))
                            : std::fma(static_cast<float>(a.f), static_cast<float>(b.f), static_cast<float>(c.f));
    r[in.dst].error = 0;
    r[in.dst].nonNegative = nonNegative;
    return;
  }
  finish(in, r[in.dst], product + c.f, std::isfinite(product) ? error : 0, kRounded, certain);
  r[in.dst].nonNegative = nonNegative;
}

bool compare(CmpFPredicate predicate, long double a, long double b) {
  bool unordered = std::isnan(a) || std::isnan(b);
  switch (predicate) {
  case CmpFPredicate::AlwaysFalse: return false;
  case CmpFPredicate::OEQ: return a == b;
  case CmpFPredicate::OGT: return a > b;
  case CmpFPredicate::OGE: return a >= b;
  case CmpFPredicate::OLT: return a < b;
  case CmpFPredicate::OLE: return a <= b;
  case CmpFPredicate::ONE: return !unordered && a != b;
  case CmpFPredicate::ORD: return !unordered;
  case CmpFPredicate::UEQ: return unordered || a == b;
  case CmpFPredicate::UGT: return unordered || a > b;
  case CmpFPredicate::UGE: return unordered || a >= b;
  case CmpFPredicate::ULT: return unordered || a < b;
  case CmpFPredicate::ULE: return unordered || a <= b;
  case CmpFPredicate::UNE: return unordered || a != b;
  case CmpFPredicate::UNO: return unordered;
  case CmpFPredicate::AlwaysTrue: return true;
  }
  return false;
}

void cmpF(const Instr &in, Reg *r) {
  const Reg &a = r[in.a], &b = r[in.b];
  double error = a.error + b.error;
  bool undecided = error != 0 && !(std::fabs(a.f - b.f) > error);
  // A certain NaN decides, whatever the other is.
  if ((std::isnan(a.f) && a.error == 0) || (std::isnan(b.f) && b.error == 0))
    undecided = false;
  bool value = compare(static_cast<CmpFPredicate>(in.predicate), a.f, b.f);
  r[in.dst].i = value;
  r[in.dst].error = undecided ? kInf : 0;
}

/// Either value may be chosen when the condition is undecided: the bound covers both.
void selectF(const Instr &in, Reg *r) {
  bool condition = r[in.a].i != 0;
  const Reg &chosen = r[condition ? in.b : in.c], &other = r[condition ? in.c : in.b];
  double error = chosen.error;
  bool nonNegative = chosen.nonNegative;
  if (r[in.a].error != 0) {
    double apart = magnitude(chosen.f - other.f) + other.error;
    bool same = chosen.f == other.f && chosen.error == 0 && other.error == 0;
    error = same ? 0 : std::isnan(apart) ? kInf : std::max(error, apart);
    nonNegative = nonNegative && other.nonNegative;
  }
  r[in.dst].f = chosen.f;
  r[in.dst].error = error;
  r[in.dst].nonNegative = nonNegative;
}

template <typename Test> void classify(const Instr &in, Reg *r, Test test) {
  bool value = test(r[in.a].f);
  r[in.dst].error = std::isinf(r[in.a].error) ? kInf : 0;
  r[in.dst].i = value;
}
void isNaN(const Instr &in, Reg *r) {
  classify(in, r, [](long double x) { return std::isnan(x); });
}
void isInf(const Instr &in, Reg *r) {
  classify(in, r, [](long double x) { return std::isinf(x); });
}
void isFinite(const Instr &in, Reg *r) {
  classify(in, r, [](long double x) { return std::isfinite(x); });
}

} // namespace

void flex::ir::interp::addFloatInstrs(llvm::StringMap<InstrFn> &table) {
  table["arith.addf"] = addF;
  table["arith.subf"] = subF;
  table["arith.mulf"] = mulF;
  table["arith.divf"] = divF;
  table["arith.remf"] = remF;
  table["arith.negf"] = negF;
  table["arith.maximumf"] = extremeF<true, true>;
  table["arith.minimumf"] = extremeF<false, true>;
  table["arith.maxnumf"] = extremeF<true, false>;
  table["arith.minnumf"] = extremeF<false, false>;
  table["arith.cmpf"] = cmpF;
  table["arith.select.f"] = selectF;
  table["math.absf"] = absF;
  table["math.copysign"] = copySign;
  table["math.fma"] = fma;
  table["math.isnan"] = isNaN;
  table["math.isinf"] = isInf;
  table["math.isfinite"] = isFinite;
}
