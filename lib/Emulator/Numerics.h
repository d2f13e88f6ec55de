//===- Numerics.h - Values of matrix units' elements ------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The number formats of matrix units and conversions, bit by bit. Everything is
// computed in double: it holds each format's values and the product of any two of
// up to 26 significant bits exactly, so that a result is rounded once, on its way
// into its own format. See multiply() for what that means for sums.
//
//===----------------------------------------------------------------------===//
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace flex::emulator {

enum class Rounding {
  NearestEven,
  NearestAway, ///< ties away from zero (PTX .rna)
  TowardZero,
};

/// A binary floating-point format of at most 32 bits, the sign first.
struct FloatFormat {
  enum Specials : uint8_t {
    Ieee,   ///< the highest exponent is infinity and NaN
    OneNan, ///< no infinity; all ones is NaN (OCP e4m3)
    Fnuz,   ///< no infinity, no negative zero, whose bits are NaN (AMD's gfx940 f8)
    Finite, ///< neither (OCP f6, f4)
  };
  uint8_t exponentBits, mantissaBits;
  int8_t bias;
  Specials specials;

  unsigned bits() const { return 1u + exponentBits + mantissaBits; }
  /// The greatest finite value.
  double largest() const;
};

inline constexpr FloatFormat kF16{5, 10, 15, FloatFormat::Ieee};
inline constexpr FloatFormat kBf16{8, 7, 127, FloatFormat::Ieee};
inline constexpr FloatFormat kTf32{8, 10, 127, FloatFormat::Ieee}; ///< the upper 19 bits of a 32-bit register
inline constexpr FloatFormat kE4m3{4, 3, 7, FloatFormat::OneNan};
inline constexpr FloatFormat kE5m2{5, 2, 15, FloatFormat::Ieee};
inline constexpr FloatFormat kE4m3Fnuz{4, 3, 8, FloatFormat::Fnuz};
inline constexpr FloatFormat kE5m2Fnuz{5, 2, 16, FloatFormat::Fnuz};

/// The value of a format's bits.
double decode(const FloatFormat &format, uint32_t bits);

/// The bits that a value is rounded to. Beyond the largest: infinity or NaN, whatever the format has; with `saturate`,
/// or rounding toward zero of a finite value, the largest. A NaN becomes the positive quiet one.
uint32_t encode(const FloatFormat &format, double value, Rounding rounding = Rounding::NearestEven,
                bool saturate = false);

/// What a matrix unit's registers and memory hold.
enum class Element { F16, Bf16, Tf32, F32, F64, E4m3, E5m2, E4m3Fnuz, E5m2Fnuz, S8, U8, S4, U4, S32 };

unsigned bitsOf(Element element);
/// "f16", "bf16", "tf32", "e4m3", "s8" …, as PTX writes them; false for another word.
bool elementOf(std::string_view name, Element &element);

/// The value of element `index` of a packed array (the least significant bits come first).
double load(Element element, const void *from, size_t index);
/// Rounds to nearest even (integers: exact; beyond 32 bits they wrap, with `saturate` they stay at the limit).
void store(Element element, void *to, size_t index, double value, bool saturate = false);

/// A row-major matrix of values.
struct Matrix {
  Matrix(unsigned rows, unsigned columns) : rows(rows), columns(columns), values(size_t{rows} * columns) {}
  unsigned rows, columns;
  std::vector<double> values;
  double &at(unsigned row, unsigned column) { return values[size_t{row} * columns + column]; }
  double at(unsigned row, unsigned column) const { return values[size_t{row} * columns + column]; }
};

/// d += a · b. The products are exact; they are added to d in double in the order of k, which is more than any unit has
/// (documented for them is at least single precision in an order of their own choice). With `isF64`: fused
/// multiply-adds in the order of k.
void multiply(Matrix &d, const Matrix &a, const Matrix &b, bool isF64 = false);

} // namespace flex::emulator
