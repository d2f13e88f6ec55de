//===- InterpreterScalar.cpp - Formats, rounding and the table of operations ===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The reference interpreter's view of the dtypes: the bits of each, how a number is
// rounded to it, and what rounding costs.
//
//===----------------------------------------------------------------------===//
#include "InterpreterScalar.h"

#include <cfloat>
#include <cstring>

using namespace mlir;
using namespace flex;
using namespace flex::ir;
using namespace flex::ir::interp;

// What the carrier adds. It rounds to 2^-64 on x86; functions of types below f64 are computed in f64.
static constexpr double kWithF64Functions = 0x1p-50, kCarrierUnit = 0x1p-62;
static const FloatFormat kF16{0x1p-11 + kWithF64Functions, 65504.0, 0x1p-24, 11, -14, true};
static const FloatFormat kBF16{0x1p-8 + kWithF64Functions, 0x1.fep127, 0x1p-133, 8, -126, true};
static const FloatFormat kF8E4M3FN{0x1p-4 + kWithF64Functions, 448.0, 0x1p-9, 4, -6, true, 8, false};
static const FloatFormat kF8E5M2{0x1p-3 + kWithF64Functions, 57344.0, 0x1p-16, 3, -14, true, 8};
static const FloatFormat kF32{0x1p-24 + kWithF64Functions, FLT_MAX, 0x1p-149, 24, -126, false};
static const FloatFormat kF64{0x1p-53 + kCarrierUnit, DBL_MAX, 0x1p-1074, 53, -1022, false};

const FloatFormat *interp::getFloatFormat(Type type) {
  return getFloatFormat(getDTypeName(type));
}

const FloatFormat *interp::getFloatFormat(StringRef dtype) {
  if (dtype == "f16")
    return &kF16;
  if (dtype == "bf16")
    return &kBF16;
  if (dtype == "f32")
    return &kF32;
  if (dtype == "f8e4m3fn")
    return &kF8E4M3FN;
  if (dtype == "f8e5m2")
    return &kF8E5M2;
  return dtype == "f64" ? &kF64 : nullptr;
}

long double interp::roundNarrow(long double value, const FloatFormat &format) {
  const long double infinity = format.hasInfinity ? kInf : std::numeric_limits<double>::quiet_NaN();
  if (std::isinf(value))
    return std::copysign(infinity, value);
  if (std::isnan(value) || value == 0)
    return value;
  int exponent = std::max(std::ilogb(value), format.minExponent);
  // Scaled so that one unit in the last place is 1: rounding to an integer is the whole rounding.
  int scale = format.precision - 1 - exponent;
  long double rounded = std::ldexp(std::nearbyint(std::ldexp(value, scale)), -scale);
  if (std::fabs(rounded) > format.largest)
    return std::copysign(infinity, value);
  return std::copysign(rounded, value);
}

static uint64_t maxExponentOf(const FloatFormat &format) {
  return (uint64_t(1) << (format.bits - format.precision)) - 1;
}

/// The bits of a value that `format` represents exactly.
static uint64_t encodeNarrow(long double value, const FloatFormat &format) {
  int fraction = format.precision - 1;
  uint64_t sign = std::signbit(value) ? uint64_t(1) << (format.bits - 1) : 0;
  if (std::isnan(value)) {
    uint64_t payload = format.hasInfinity ? uint64_t(1) << (fraction - 1) : (uint64_t(1) << fraction) - 1;
    return sign | maxExponentOf(format) << fraction | payload;
  }
  if (std::isinf(value))
    return sign | maxExponentOf(format) << fraction;
  if (value == 0)
    return sign;
  int exponent = std::max(std::ilogb(value), format.minExponent);
  auto significand = static_cast<uint64_t>(std::ldexp(std::fabs(value), fraction - exponent));
  // A subnormal has no hidden bit; adding handles both, as the hidden bit counts as one exponent.
  uint64_t biased = exponent - format.minExponent;
  return sign | ((biased << fraction) + significand);
}

static long double decodeNarrow(uint64_t bits, const FloatFormat &format) {
  int fraction = format.precision - 1;
  uint64_t sign = uint64_t(1) << (format.bits - 1), ones = (uint64_t(1) << fraction) - 1;
  uint64_t exponent = (bits & (sign - 1)) >> fraction, significand = bits & ones;
  long double value;
  if (exponent == maxExponentOf(format) && (format.hasInfinity || significand == ones))
    value = significand ? std::numeric_limits<double>::quiet_NaN() : kInf;
  else if (exponent == 0)
    value = std::ldexp(static_cast<long double>(significand), format.minExponent - fraction);
  else
    value = std::ldexp(static_cast<long double>(significand + (uint64_t(1) << fraction)),
                       static_cast<int>(exponent) - 1 + format.minExponent - fraction);
  return bits & sign ? -value : value;
}

uint64_t ir::roundToBits(long double value, StringRef dtype) {
  if (dtype == "f32")
    return llvm::bit_cast<uint32_t>(static_cast<float>(value));
  if (dtype == "f64")
    return llvm::bit_cast<uint64_t>(static_cast<double>(value));
  if (const FloatFormat *format = getFloatFormat(dtype))
    return encodeNarrow(roundToFormat(value, *format), *format);
  return dtype.starts_with("u") ? static_cast<uint64_t>(value) : static_cast<uint64_t>(static_cast<int64_t>(value));
}

long double ir::valueOfBits(uint64_t bits, StringRef dtype) {
  if (dtype == "f32")
    return llvm::bit_cast<float>(static_cast<uint32_t>(bits));
  if (dtype == "f64")
    return llvm::bit_cast<double>(bits);
  if (const FloatFormat *format = getFloatFormat(dtype))
    return decodeNarrow(bits, *format);
  return dtype.starts_with("u") || dtype == "bool" ? static_cast<long double>(bits)
                                                   : static_cast<long double>(static_cast<int64_t>(bits));
}

void interp::finishSpecial(const Instr &in, Reg &dst, long double value, double error, bool certain) {
  dst.nonNegative = false;
  dst.f = value;
  if (!std::isfinite(value)) {
    dst.error = certain ? 0 : kInf;
    return;
  }
  // Finite in the carrier, but too large for the type: infinity if that is so on every device. A product
  // that overflows need not (it may be contracted into a sum), nor what is computed wider than its type.
  bool overflows = certain && std::isfinite(error) && !in.format->narrow && !in.mayContract &&
                   std::fabs(value) - error > in.format->largest;
  if (overflows)
    dst.f = std::copysign(static_cast<long double>(kInf), value);
  dst.error = overflows ? 0 : kInf;
}

InstrFn interp::lookUpInstr(StringRef opName) {
  static const llvm::StringMap<InstrFn> table = [] {
    llvm::StringMap<InstrFn> all;
    addFloatInstrs(all);
    addMathInstrs(all);
    addIntegerInstrs(all);
    addCastInstrs(all);
    return all;
  }();
  return table.lookup(opName);
}
