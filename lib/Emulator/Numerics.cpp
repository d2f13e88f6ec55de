//===- Numerics.cpp - Values of matrix units' elements --------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Formats: IEEE 754-2019 §3.4; OCP 8-bit Floating Point Specification (OFP8) §5;
// PTX ISA "Alternate Floating-Point Data Formats"; the CDNA3 ISA's f8 formats.
//
//===----------------------------------------------------------------------===//
#include "Numerics.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

namespace flex::emulator {

static double powerOfTwo(int exponent) {
  return std::ldexp(1.0, exponent);
}

double FloatFormat::largest() const {
  // The highest exponent is used up by IEEE's specials; all ones of OneNan is NaN.
  int exponent = (1 << exponentBits) - 1 - bias - (specials == Ieee);
  double mantissa = 2 - powerOfTwo(-mantissaBits) * (specials == OneNan ? 2 : 1);
  return mantissa * powerOfTwo(exponent);
}

double decode(const FloatFormat &format, uint32_t bits) {
  uint32_t sign = bits >> (format.bits() - 1) & 1;
  uint32_t exponent = bits >> format.mantissaBits & ((1u << format.exponentBits) - 1);
  uint32_t mantissa = bits & ((1u << format.mantissaBits) - 1);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  bool allOnes = exponent == (1u << format.exponentBits) - 1;
  switch (format.specials) {
  case FloatFormat::Ieee:
    if (allOnes)
      return mantissa ? nan : sign ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
    break;
  case FloatFormat::OneNan:
    if (allOnes && mantissa == (1u << format.mantissaBits) - 1)
      return nan;
    break;
  case FloatFormat::Fnuz:
    if (sign && !exponent && !mantissa)
      return nan;
    break;
  case FloatFormat::Finite: break;
  }
  double value = exponent ? (1 + mantissa * powerOfTwo(-format.mantissaBits)) * powerOfTwo(int(exponent) - format.bias)
                          : mantissa * powerOfTwo(1 - format.bias - format.mantissaBits);
  return sign ? -value : value;
}

static uint32_t nanOf(const FloatFormat &format) {
  if (format.specials == FloatFormat::Fnuz)
    return 1u << (format.bits() - 1);
  uint32_t exponent = ((1u << format.exponentBits) - 1) << format.mantissaBits;
  if (format.specials == FloatFormat::Ieee)
    return exponent | 1u << (format.mantissaBits - 1);
  return exponent | ((1u << format.mantissaBits) - 1); // Finite has no NaN: the largest, as PTX has it
}

static double roundToInteger(double value, Rounding rounding) {
  switch (rounding) {
  case Rounding::NearestEven: return std::nearbyint(value); // the emulator never changes the host's rounding mode
  case Rounding::NearestAway: return std::round(value);
  case Rounding::TowardZero: return std::trunc(value);
  }
  return value;
}

uint32_t encode(const FloatFormat &format, double value, Rounding rounding, bool saturate) {
  if (std::isnan(value))
    return nanOf(format);
  uint32_t sign = std::signbit(value) ? 1u << (format.bits() - 1) : 0;
  double magnitude = std::fabs(value);
  const double largest = format.largest();
  int exponent = 1 - format.bias; // of the subnormals
  if (magnitude != 0 && !std::isinf(magnitude))
    exponent = std::max(exponent, std::ilogb(magnitude));
  double unit = powerOfTwo(exponent - format.mantissaBits);
  if (!std::isinf(magnitude))
    magnitude = roundToInteger(magnitude / unit, rounding) * unit;
  if (magnitude > largest) {
    bool staysFinite =
        saturate || format.specials == FloatFormat::Finite || (rounding == Rounding::TowardZero && !std::isinf(value));
    if (!staysFinite)
      return format.specials == FloatFormat::Ieee ? sign | ((1u << format.exponentBits) - 1) << format.mantissaBits
                                                  : nanOf(format) | (format.specials == FloatFormat::OneNan ? sign : 0);
    magnitude = largest;
  }
  if (magnitude == 0)
    return format.specials == FloatFormat::Fnuz ? 0 : sign;
  exponent = std::max(1 - format.bias, std::ilogb(magnitude)); // rounding may have carried
  auto mantissa = static_cast<uint32_t>(magnitude / powerOfTwo(exponent - format.mantissaBits));
  // A normal number's leading one makes the biased exponent one more than that of the subnormals.
  return sign | ((static_cast<uint32_t>(exponent + format.bias - 1) << format.mantissaBits) + mantissa);
}

unsigned bitsOf(Element element) {
  switch (element) {
  case Element::F64: return 64;
  case Element::F32:
  case Element::Tf32:
  case Element::S32: return 32;
  case Element::F16:
  case Element::Bf16: return 16;
  case Element::S4:
  case Element::U4: return 4;
  default: return 8;
  }
}

bool elementOf(std::string_view name, Element &element) {
  constexpr std::pair<std::string_view, Element> kNames[] = {
      {"f16", Element::F16}, {"bf16", Element::Bf16}, {"tf32", Element::Tf32}, {"f32", Element::F32},
      {"f64", Element::F64}, {"e4m3", Element::E4m3}, {"e5m2", Element::E5m2}, {"s8", Element::S8},
      {"u8", Element::U8},   {"s4", Element::S4},     {"u4", Element::U4},     {"s32", Element::S32},
  };
  for (auto [text, value] : kNames)
    if (name == text) {
      element = value;
      return true;
    }
  return false;
}

template <typename T> static T bitsAt(const void *from, size_t index) {
  T value;
  std::memcpy(&value, static_cast<const char *>(from) + index * sizeof value, sizeof value);
  return value;
}

template <typename T> static void setBitsAt(void *to, size_t index, T value) {
  std::memcpy(static_cast<char *>(to) + index * sizeof value, &value, sizeof value);
}

/// The 256 values of an 8-bit format.
static std::array<double, 256> valuesOf(const FloatFormat &format) {
  std::array<double, 256> values;
  for (unsigned bits = 0; bits < 256; ++bits)
    values[bits] = decode(format, bits);
  return values;
}

static double load8(const FloatFormat &format, uint8_t bits) {
  static const std::array<double, 256> kTables[] = {valuesOf(kE4m3), valuesOf(kE5m2), valuesOf(kE4m3Fnuz),
                                                    valuesOf(kE5m2Fnuz)};
  return kTables[(format.specials == FloatFormat::Fnuz ? 2 : 0) + (format.exponentBits == 5)][bits];
}

/// What decode does, without a call of the compiler's library for each element.
static double loadHalf(uint16_t bits) {
  if ((bits & 0x7c00) == 0x7c00)
    return decode(kF16, bits);
  float magnitude = std::bit_cast<float>(uint32_t{bits & 0x7fffu} << 13) * 0x1p112f; // from f32's bias to f16's
  return bits & 0x8000 ? -magnitude : magnitude;
}

double load(Element element, const void *from, size_t index) {
  switch (element) {
  case Element::F16: return loadHalf(bitsAt<uint16_t>(from, index));
  case Element::Bf16: return std::bit_cast<float>(uint32_t{bitsAt<uint16_t>(from, index)} << 16);
  // The unit does not look at the lower 13 bits (PTX ISA, "Alternate Floating-Point Data Formats": undefined if set).
  case Element::Tf32: return std::bit_cast<float>(bitsAt<uint32_t>(from, index) & ~0x1fffu);
  case Element::F32: return bitsAt<float>(from, index);
  case Element::F64: return bitsAt<double>(from, index);
  case Element::E4m3: return load8(kE4m3, bitsAt<uint8_t>(from, index));
  case Element::E5m2: return load8(kE5m2, bitsAt<uint8_t>(from, index));
  case Element::E4m3Fnuz: return load8(kE4m3Fnuz, bitsAt<uint8_t>(from, index));
  case Element::E5m2Fnuz: return load8(kE5m2Fnuz, bitsAt<uint8_t>(from, index));
  case Element::S8: return bitsAt<int8_t>(from, index);
  case Element::U8: return bitsAt<uint8_t>(from, index);
  case Element::S32: return bitsAt<int32_t>(from, index);
  case Element::S4:
  case Element::U4: {
    int value = bitsAt<uint8_t>(from, index / 2) >> (index % 2 * 4) & 15;
    return element == Element::S4 && value > 7 ? value - 16 : value;
  }
  }
  return 0;
}

void store(Element element, void *to, size_t index, double value, bool saturate) {
  switch (element) {
  case Element::F16: setBitsAt(to, index, static_cast<uint16_t>(encode(kF16, value))); return;
  case Element::Bf16: setBitsAt(to, index, static_cast<uint16_t>(encode(kBf16, value))); return;
  case Element::F32: setBitsAt(to, index, static_cast<float>(value)); return;
  case Element::F64: setBitsAt(to, index, value); return;
  case Element::S32: {
    double limited = saturate ? std::fmin(std::fmax(value, -2147483648.0), 2147483647.0) : value;
    setBitsAt(to, index, static_cast<uint32_t>(static_cast<int64_t>(limited)));
    return;
  }
  default: assert(false && "no unit's result"); return;
  }
}

void multiply(Matrix &d, const Matrix &a, const Matrix &b, bool isF64) {
  assert(a.columns == b.rows && d.rows == a.rows && d.columns == b.columns);
  for (unsigned m = 0; m < d.rows; ++m)
    for (unsigned k = 0; k < a.columns; ++k) {
      const double factor = a.at(m, k);
      const double *row = &b.values[size_t{k} * b.columns];
      double *sums = &d.values[size_t{m} * d.columns];
      if (isF64)
        for (unsigned n = 0; n < d.columns; ++n)
          sums[n] = std::fma(factor, row[n], sums[n]);
      else
        for (unsigned n = 0; n < d.columns; ++n)
          sums[n] += factor * row[n];
    }
}

} // namespace flex::emulator
