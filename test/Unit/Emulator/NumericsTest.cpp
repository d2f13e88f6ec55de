//===- NumericsTest.cpp - Values of matrix units' elements ----------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Bit patterns from the formats' specifications.
//
//===----------------------------------------------------------------------===//
#include "Numerics.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

using namespace flex::emulator;

namespace {

const double kInfinity = std::numeric_limits<double>::infinity();

TEST(Numerics, LargestValues) {
  EXPECT_EQ(kF16.largest(), 65504);
  EXPECT_EQ(kE4m3.largest(), 448); // OFP8 table 1
  EXPECT_EQ(kE5m2.largest(), 57344);
  EXPECT_EQ(kE4m3Fnuz.largest(), 240);
  EXPECT_EQ(kE5m2Fnuz.largest(), 57344);
}

TEST(Numerics, E4m3Patterns) {
  EXPECT_EQ(decode(kE4m3, 0x7e), 448);
  EXPECT_EQ(decode(kE4m3, 0x08), std::ldexp(1, -6)); // smallest normal
  EXPECT_EQ(decode(kE4m3, 0x01), std::ldexp(1, -9)); // smallest subnormal
  EXPECT_EQ(decode(kE4m3, 0xb8), -1);
  EXPECT_TRUE(std::isnan(decode(kE4m3, 0x7f)));
  EXPECT_TRUE(std::isnan(decode(kE4m3, 0xff)));
}

TEST(Numerics, E5m2Patterns) {
  EXPECT_EQ(decode(kE5m2, 0x7b), 57344);
  EXPECT_EQ(decode(kE5m2, 0x7c), kInfinity);
  EXPECT_TRUE(std::isnan(decode(kE5m2, 0x7d)));
  EXPECT_EQ(decode(kE5m2, 0x01), std::ldexp(1, -16));
}

TEST(Numerics, FnuzPatterns) {
  EXPECT_EQ(decode(kE4m3Fnuz, 0x40), 1); // bias 8
  EXPECT_EQ(decode(kE4m3Fnuz, 0x7f), 240);
  EXPECT_TRUE(std::isnan(decode(kE4m3Fnuz, 0x80)));
  EXPECT_EQ(decode(kE5m2Fnuz, 0x40), 1); // bias 16
  EXPECT_EQ(encode(kE4m3Fnuz, -0.0), 0u);
}

TEST(Numerics, EveryPatternComesBack) {
  for (const FloatFormat &format : {kF16, kBf16, kTf32, kE4m3, kE5m2, kE4m3Fnuz, kE5m2Fnuz})
    for (uint32_t bits = 0; bits < 1u << format.bits(); ++bits) {
      double value = decode(format, bits);
      if (!std::isnan(value))
        ASSERT_EQ(encode(format, value), bits) << int(format.exponentBits) << " " << bits;
    }
}

TEST(Numerics, RoundsTiesToEven) {
  EXPECT_EQ(encode(kE4m3, 17), 0x58u); // between 16 (even) and 18
  EXPECT_EQ(encode(kE4m3, 19), 0x5au); // between 18 and 20 (even)
  EXPECT_EQ(encode(kE4m3, 17.0001), 0x59u);
  EXPECT_EQ(encode(kF16, 2049), encode(kF16, 2048));
  EXPECT_EQ(encode(kF16, 2051), encode(kF16, 2052));
  EXPECT_EQ(encode(kE4m3, std::ldexp(1, -10)), 0u); // half the smallest: to even
  EXPECT_EQ(encode(kE4m3, std::ldexp(1.001, -10)), 1u);
}

TEST(Numerics, OtherRoundings) {
  EXPECT_EQ(encode(kTf32, 1 + std::ldexp(1, -11), Rounding::NearestAway), 0x1fc01u);
  EXPECT_EQ(encode(kTf32, 1 + std::ldexp(1, -11), Rounding::NearestEven), 0x1fc00u);
  EXPECT_EQ(encode(kBf16, 1.999, Rounding::TowardZero), 0x3fffu);
  EXPECT_EQ(encode(kF16, 1e6, Rounding::TowardZero), 0x7bffu); // a finite value stays finite
}

TEST(Numerics, BeyondTheLargest) {
  EXPECT_EQ(encode(kF16, 65519), 0x7bffu);
  EXPECT_EQ(encode(kF16, 65520), 0x7c00u);
  EXPECT_EQ(encode(kE4m3, 464), 0x7eu); // half way to 480, which is NaN's: to even
  EXPECT_EQ(encode(kE4m3, 465), 0x7fu);
  EXPECT_EQ(encode(kE4m3, 1e9, Rounding::NearestEven, true), 0x7eu);
  EXPECT_EQ(encode(kE4m3, -kInfinity, Rounding::NearestEven, true), 0xfeu);
  EXPECT_EQ(encode(kE5m2, kInfinity), 0x7cu);
  EXPECT_EQ(encode(kE5m2, kInfinity, Rounding::NearestEven, true), 0x7bu);
}

TEST(Numerics, MatchesTheHostsHalf) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    auto half = static_cast<uint16_t>(bits);
    auto value = static_cast<double>(std::bit_cast<_Float16>(half));
    if (!std::isnan(value))
      ASSERT_EQ(load(Element::F16, &half, 0), value) << bits;
    else
      ASSERT_TRUE(std::isnan(load(Element::F16, &half, 0))) << bits;
  }
  for (uint32_t bits = 0; bits < 0xffff0000u; bits += 0x12345) {
    float value = std::bit_cast<float>(bits);
    if (!std::isnan(value))
      ASSERT_EQ(encode(kF16, value), std::bit_cast<uint16_t>(static_cast<_Float16>(value))) << value;
  }
}

TEST(Numerics, PackedElements) {
  const uint8_t nibbles[] = {0x8f, 0x71};
  EXPECT_EQ(load(Element::S4, nibbles, 0), -1);
  EXPECT_EQ(load(Element::S4, nibbles, 1), -8);
  EXPECT_EQ(load(Element::U4, nibbles, 1), 8);
  EXPECT_EQ(load(Element::S4, nibbles, 3), 7);
  uint32_t tf32 = 0x3f801fff; // the lower 13 bits do not count
  EXPECT_EQ(load(Element::Tf32, &tf32, 0), 1);
  int32_t sums[2];
  store(Element::S32, sums, 0, 2147483648.0);
  store(Element::S32, sums, 1, 2147483648.0, true);
  EXPECT_EQ(sums[0], INT32_MIN);
  EXPECT_EQ(sums[1], INT32_MAX);
}

} // namespace
