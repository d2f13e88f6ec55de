//===- InterpreterScalar.h - Scalars with error bounds ----------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A statement's body as a flat list of register instructions, each a function pointer.
// Invariants of a register: an integer of width w is kept sign-extended (i1 as 0 or 1);
// a float that is not finite has error 0 (certain) or infinity, never between.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/TensorIR/Interpreter.h"

#include <cmath>
#include <limits>

namespace flex::ir::interp {

constexpr double kInf = std::numeric_limits<double>::infinity();

/// One value: long double, so that results of f64 kernels can be bounded, too.
struct Reg {
  union {
    long double f;
    int64_t i;
  };
  double error = 0;         ///< bound for a float; 0 or infinity (undecided) for an integer
  bool nonNegative = false; ///< of a float: no rounding can make it negative
  Reg() : f(0) {}
};

/// What rounding to a float type costs.
struct FloatFormat {
  double unit;             ///< unit roundoff, with the carrier's own added
  double largest;          ///< finite
  double tiny;             ///< the smallest subnormal
  int precision;           ///< bits of the significand, the hidden one included
  int minExponent;         ///< of the smallest normal number
  bool narrow;             ///< 8 or 16 bits: a device may compute in f32
  int bits = 16;           ///< of a narrow type
  bool hasInfinity = true; ///< else the largest exponent is for numbers, and NaN has all bits set
};
/// Rounds to nearest even; overflow gives infinity, or NaN where the type has none.
long double roundNarrow(long double value, const FloatFormat &format);
inline long double roundToFormat(long double value, const FloatFormat &format) {
  if (format.precision == 24)
    return static_cast<float>(value);
  return format.precision == 53 ? static_cast<double>(value) : roundNarrow(value, format);
}
/// Null for a type that is no float.
const FloatFormat *getFloatFormat(mlir::Type type);
const FloatFormat *getFloatFormat(llvm::StringRef dtype);

struct Instr;
using InstrFn = void (*)(const Instr &, Reg *);

struct Instr {
  InstrFn run = nullptr;
  uint16_t dst = 0, a = 0, b = 0, c = 0;
  uint8_t width = 64, sourceWidth = 64; ///< of integers
  const FloatFormat *format = nullptr;  ///< of a float result
  const FloatFormat *sourceFormat = nullptr;
  int64_t predicate = 0;    ///< of cmpi, cmpf
  bool mayContract = false; ///< a product, which an addition may absorb unrounded
  bool strict = false;      ///< each operation rounds to its type, once
  const ErrorModel *errors = nullptr;
};

/// The function that runs an operation, by its name ("arith.addf"); null when unknown.
InstrFn lookUpInstr(llvm::StringRef opName);
void addFloatInstrs(llvm::StringMap<InstrFn> &table);
void addMathInstrs(llvm::StringMap<InstrFn> &table);
void addIntegerInstrs(llvm::StringMap<InstrFn> &table);
void addCastInstrs(llvm::StringMap<InstrFn> &table);

inline int64_t wrap(uint64_t value, unsigned width) {
  if (width >= 64)
    return static_cast<int64_t>(value);
  if (width == 1)
    return value & 1;
  unsigned unused = 64 - width;
  return static_cast<int64_t>(value << unused) >> unused;
}
inline int64_t asSigned(int64_t value, unsigned width) {
  return width == 1 ? -value : value;
}
inline uint64_t asUnsigned(int64_t value, unsigned width) {
  return width >= 64 ? value : static_cast<uint64_t>(value) & ((uint64_t(1) << width) - 1);
}

inline double magnitude(long double value) {
  return static_cast<double>(std::fabs(value));
}

/// Whether an operation on this operand gives the same kind of result on every device.
inline bool isCertain(const Reg &r) {
  return r.error == 0 || magnitude(r.f) > r.error;
}

/// The rare end of `finish`: infinities, NaN, overflow of the type.
void finishSpecial(const Instr &in, Reg &dst, long double value, double error, bool certain);

/// Sets `dst` to `value`: `propagated` is the error from the operands, `ulps` what
/// the operation adds (0.5 when rounded correctly), `certain` as by isCertain of all operands.
inline void finish(const Instr &in, Reg &dst, long double value, double propagated, double ulps, bool certain) {
  double size = magnitude(value);
  if (in.strict && propagated == 0 && certain && ulps <= 0.5) {
    dst.f = roundToFormat(value, *in.format);
    dst.error = 0;
    dst.nonNegative = false;
    return;
  }
  // Exact operands and a representable result of a correctly rounded operation: every device has it.
  if (propagated == 0 && certain && ulps <= 0.5 && size <= in.format->largest &&
      roundToFormat(value, *in.format) == value)
    ulps = 0;
  double error = propagated + 2 * ulps * in.format->unit * (size + propagated) + 2 * ulps * in.format->tiny;
  if (!(size + error <= in.format->largest))
    return finishSpecial(in, dst, value, error, certain);
  dst.f = value;
  dst.error = error;
  dst.nonNegative = false;
}

} // namespace flex::ir::interp
