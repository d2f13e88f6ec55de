//===- InterpreterInteger.cpp - Integer arithmetic and casts --------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Exact, with two's complement wrap. What arith leaves undefined (division by 0, a shift by the
// width, a float out of an integer's range) gives some value marked undecided.
//
//===----------------------------------------------------------------------===//
#include "InterpreterScalar.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/bit.h"

using namespace flex::ir;
using namespace flex::ir::interp;
using mlir::arith::CmpIPredicate;

namespace {

void set(const Instr &in, Reg *r, uint64_t value, double error) {
  r[in.dst].i = wrap(value, in.width);
  r[in.dst].error = error;
}

/// Operands sign-extended (i1: 0 or -1), or zero-extended.
template <typename F> void signedOp(const Instr &in, Reg *r, F f) {
  set(in, r, f(asSigned(r[in.a].i, in.width), asSigned(r[in.b].i, in.width)), r[in.a].error + r[in.b].error);
}
template <typename F> void unsignedOp(const Instr &in, Reg *r, F f) {
  set(in, r, f(asUnsigned(r[in.a].i, in.width), asUnsigned(r[in.b].i, in.width)), r[in.a].error + r[in.b].error);
}

void addI(const Instr &in, Reg *r) {
  unsignedOp(in, r, [](uint64_t a, uint64_t b) { return a + b; });
}
void subI(const Instr &in, Reg *r) {
  unsignedOp(in, r, [](uint64_t a, uint64_t b) { return a - b; });
}
void mulI(const Instr &in, Reg *r) {
  unsignedOp(in, r, [](uint64_t a, uint64_t b) { return a * b; });
}
void xorI(const Instr &in, Reg *r) {
  unsignedOp(in, r, [](uint64_t a, uint64_t b) { return a ^ b; });
}
void minS(const Instr &in, Reg *r) {
  signedOp(in, r, [](int64_t a, int64_t b) { return std::min(a, b); });
}
void maxS(const Instr &in, Reg *r) {
  signedOp(in, r, [](int64_t a, int64_t b) { return std::max(a, b); });
}
void minU(const Instr &in, Reg *r) {
  unsignedOp(in, r, [](uint64_t a, uint64_t b) { return std::min(a, b); });
}
void maxU(const Instr &in, Reg *r) {
  unsignedOp(in, r, [](uint64_t a, uint64_t b) { return std::max(a, b); });
}

/// A decided 0 decides `and`, a decided all-ones `or`, whatever the other is.
template <bool IsAnd> void logicI(const Instr &in, Reg *r) {
  const Reg &a = r[in.a], &b = r[in.b];
  int64_t absorbing = wrap(IsAnd ? 0 : ~uint64_t(0), in.width);
  bool decided = (a.i == absorbing && a.error == 0) || (b.i == absorbing && b.error == 0);
  double error = decided ? 0 : a.error + b.error;
  set(in, r, decided ? absorbing : IsAnd ? a.i & b.i : a.i | b.i, error);
}

enum class Division { Truncate, Floor, Ceil, Remainder };

template <Division kind> void divS(const Instr &in, Reg *r) {
  int64_t a = asSigned(r[in.a].i, in.width), b = asSigned(r[in.b].i, in.width);
  double error = r[in.a].error + r[in.b].error;
  if (b == 0)
    return set(in, r, 0, kInf);
  if (b == -1) { // the lowest value over -1 leaves the range
    bool overflows =
        kind != Division::Remainder && a == asSigned(wrap(uint64_t(1) << (in.width - 1), in.width), in.width);
    return set(in, r, kind == Division::Remainder ? 0 : 0 - static_cast<uint64_t>(a), overflows ? kInf : error);
  }
  int64_t quotient = a / b, remainder = a % b;
  if (kind == Division::Remainder)
    return set(in, r, remainder, error);
  bool sameSign = (a < 0) == (b < 0);
  if (kind == Division::Floor && remainder != 0 && !sameSign)
    --quotient;
  if (kind == Division::Ceil && remainder != 0 && sameSign)
    ++quotient;
  set(in, r, quotient, error);
}

template <Division kind> void divU(const Instr &in, Reg *r) {
  uint64_t a = asUnsigned(r[in.a].i, in.width), b = asUnsigned(r[in.b].i, in.width);
  double error = r[in.a].error + r[in.b].error;
  if (b == 0)
    return set(in, r, 0, kInf);
  if (kind == Division::Remainder)
    return set(in, r, a % b, error);
  set(in, r, a / b + (kind == Division::Ceil && a % b != 0), error);
}

enum class Shift { Left, Arithmetic, Logical };
template <Shift kind> void shift(const Instr &in, Reg *r) {
  uint64_t by = asUnsigned(r[in.b].i, in.width);
  double error = r[in.a].error + r[in.b].error;
  if (by >= in.width)
    return set(in, r, 0, kInf);
  int64_t a = r[in.a].i;
  set(in, r,
      kind == Shift::Left         ? static_cast<uint64_t>(a) << by
      : kind == Shift::Arithmetic ? static_cast<uint64_t>(asSigned(a, in.width) >> by)
                                  : asUnsigned(a, in.width) >> by,
      error);
}

void cmpI(const Instr &in, Reg *r) {
  int64_t a = asSigned(r[in.a].i, in.sourceWidth), b = asSigned(r[in.b].i, in.sourceWidth);
  uint64_t ua = asUnsigned(r[in.a].i, in.sourceWidth), ub = asUnsigned(r[in.b].i, in.sourceWidth);
  bool value = false;
  switch (static_cast<CmpIPredicate>(in.predicate)) {
  case CmpIPredicate::eq: value = a == b; break;
  case CmpIPredicate::ne: value = a != b; break;
  case CmpIPredicate::slt: value = a < b; break;
  case CmpIPredicate::sle: value = a <= b; break;
  case CmpIPredicate::sgt: value = a > b; break;
  case CmpIPredicate::sge: value = a >= b; break;
  case CmpIPredicate::ult: value = ua < ub; break;
  case CmpIPredicate::ule: value = ua <= ub; break;
  case CmpIPredicate::ugt: value = ua > ub; break;
  case CmpIPredicate::uge: value = ua >= ub; break;
  }
  double error = r[in.a].error + r[in.b].error;
  r[in.dst].i = value;
  r[in.dst].error = error;
}

void selectI(const Instr &in, Reg *r) {
  const Reg &chosen = r[r[in.a].i != 0 ? in.b : in.c], &other = r[r[in.a].i != 0 ? in.c : in.b];
  bool same = chosen.i == other.i && chosen.error == 0 && other.error == 0;
  set(in, r, chosen.i, r[in.a].error == 0 ? chosen.error : same ? 0 : kInf);
}

void absI(const Instr &in, Reg *r) {
  int64_t a = asSigned(r[in.a].i, in.width);
  set(in, r, a < 0 ? 0 - static_cast<uint64_t>(a) : a, r[in.a].error);
}
void countOnes(const Instr &in, Reg *r) {
  set(in, r, llvm::popcount(asUnsigned(r[in.a].i, in.width)), r[in.a].error);
}
void countLeadingZeros(const Instr &in, Reg *r) {
  set(in, r, llvm::countl_zero(asUnsigned(r[in.a].i, in.width)) - (64 - in.width), r[in.a].error);
}
void countTrailingZeros(const Instr &in, Reg *r) {
  set(in, r, std::min<int>(in.width, llvm::countr_zero(asUnsigned(r[in.a].i, in.width))), r[in.a].error);
}
void intPowInt(const Instr &in, Reg *r) {
  int64_t exponent = asSigned(r[in.b].i, in.width);
  uint64_t base = r[in.a].i, result = 1;
  int64_t signedBase = asSigned(r[in.a].i, in.width);
  double error = r[in.a].error + r[in.b].error;
  if (exponent < 0) // 1/base^n truncated: of 1 and -1 only not 0
    return set(in, r,
               signedBase == 1    ? 1
               : signedBase == -1 ? (exponent & 1 ? -1 : 1)
                                  : 0,
               signedBase == 0 ? kInf : error);
  for (; exponent; exponent >>= 1, base *= base)
    if (exponent & 1)
      result *= base;
  set(in, r, result, error);
}

//===----------------------------------------------------------------------===//
// Casts
//===----------------------------------------------------------------------===//

void signExtend(const Instr &in, Reg *r) {
  set(in, r, asSigned(r[in.a].i, in.sourceWidth), r[in.a].error);
}
void zeroExtend(const Instr &in, Reg *r) {
  set(in, r, asUnsigned(r[in.a].i, in.sourceWidth), r[in.a].error);
}

void finishFromInt(const Instr &in, Reg &dst, long double value, double error) {
  bool exact = magnitude(value) <= std::ldexp(1.0, in.format->precision);
  finish(in, dst, value, error, exact ? 0 : 0.5, error == 0);
  dst.nonNegative = value >= 0 && error == 0;
}
void signedToFloat(const Instr &in, Reg *r) {
  finishFromInt(in, r[in.dst], asSigned(r[in.a].i, in.sourceWidth), r[in.a].error);
}
void unsignedToFloat(const Instr &in, Reg *r) {
  finishFromInt(in, r[in.dst], asUnsigned(r[in.a].i, in.sourceWidth), r[in.a].error);
}

/// Truncates. Out of range (which arith leaves undefined) the nearest value, and 0 for NaN.
template <bool IsSigned> void floatToInt(const Instr &in, Reg *r) {
  const Reg &a = r[in.a];
  int bits = IsSigned ? in.width - 1 : in.width;
  long double low = IsSigned ? -std::ldexp(1.0L, bits) : 0, high = std::ldexp(1.0L, bits) - 1;
  long double value = std::trunc(a.f);
  bool inRange = value >= low && value <= high;
  bool decided = a.error == 0 || std::trunc(a.f - a.error) == std::trunc(a.f + a.error);
  value = std::isnan(value) ? 0 : std::clamp(value, low, high);
  set(in, r, IsSigned ? static_cast<uint64_t>(static_cast<int64_t>(value)) : static_cast<uint64_t>(value),
      inRange && decided ? 0 : kInf);
}

/// The operand is already of the narrower type on every device: nothing is added.
void extendF(const Instr &in, Reg *r) {
  Reg a = r[in.a];
  finish(in, r[in.dst], a.f, a.error, 0, a.error == 0);
  r[in.dst].nonNegative = a.nonNegative;
}

/// Rounding is monotone: the device's result lies between those of the interval's ends, often one number.
void truncateF(const Instr &in, Reg *r) {
  Reg a = r[in.a];
  long double value = roundToFormat(a.f, *in.format);
  double error = 0;
  if (a.error != 0 && std::isfinite(a.f)) {
    long double low = roundToFormat(a.f - a.error, *in.format), high = roundToFormat(a.f + a.error, *in.format);
    error = low == high ? 0 : std::max(magnitude(value - low), magnitude(high - value));
  }
  r[in.dst].f = value;
  r[in.dst].error = std::isnan(error) || std::isnan(a.error) || std::isinf(a.error) ? kInf : error;
  r[in.dst].nonNegative = a.nonNegative;
}

const char *dtypeOf(const FloatFormat *format) {
  for (const char *dtype : {"f8e4m3fn", "f8e5m2", "f16", "bf16", "f32"})
    if (format == getFloatFormat(dtype))
      return dtype;
  return "f64";
}

void bitcast(const Instr &in, Reg *r) {
  Reg a = r[in.a];
  if (in.format && in.sourceFormat) {
    r[in.dst] = a;
  } else if (in.sourceFormat) {
    set(in, r, roundToBits(a.f, dtypeOf(in.sourceFormat)), a.error == 0 ? 0 : kInf);
  } else if (in.format) {
    r[in.dst].f = valueOfBits(asUnsigned(a.i, in.sourceWidth), dtypeOf(in.format));
    r[in.dst].error = a.error;
    r[in.dst].nonNegative = false;
  } else {
    set(in, r, a.i, a.error);
  }
}

} // namespace

void flex::ir::interp::addIntegerInstrs(llvm::StringMap<InstrFn> &table) {
  table["arith.addi"] = addI;
  table["arith.subi"] = subI;
  table["arith.muli"] = mulI;
  table["arith.divsi"] = divS<Division::Truncate>;
  table["arith.floordivsi"] = divS<Division::Floor>;
  table["arith.ceildivsi"] = divS<Division::Ceil>;
  table["arith.remsi"] = divS<Division::Remainder>;
  table["arith.divui"] = divU<Division::Truncate>;
  table["arith.ceildivui"] = divU<Division::Ceil>;
  table["arith.remui"] = divU<Division::Remainder>;
  table["arith.andi"] = logicI<true>;
  table["arith.ori"] = logicI<false>;
  table["arith.xori"] = xorI;
  table["arith.shli"] = shift<Shift::Left>;
  table["arith.shrsi"] = shift<Shift::Arithmetic>;
  table["arith.shrui"] = shift<Shift::Logical>;
  table["arith.minsi"] = minS;
  table["arith.maxsi"] = maxS;
  table["arith.minui"] = minU;
  table["arith.maxui"] = maxU;
  table["arith.cmpi"] = cmpI;
  table["arith.select.i"] = selectI;
  table["math.absi"] = absI;
  table["math.ctpop"] = countOnes;
  table["math.ctlz"] = countLeadingZeros;
  table["math.cttz"] = countTrailingZeros;
  table["math.ipowi"] = intPowInt;
}

void flex::ir::interp::addCastInstrs(llvm::StringMap<InstrFn> &table) {
  table["arith.extsi"] = signExtend;
  table["arith.trunci"] = signExtend;
  table["arith.index_cast"] = signExtend;
  table["arith.extui"] = zeroExtend;
  table["arith.index_castui"] = zeroExtend;
  table["arith.sitofp"] = signedToFloat;
  table["arith.uitofp"] = unsignedToFloat;
  table["arith.fptosi"] = floatToInt<true>;
  table["arith.fptoui"] = floatToInt<false>;
  table["arith.extf"] = extendF;
  table["arith.truncf"] = truncateF;
  table["arith.bitcast"] = bitcast;
}
