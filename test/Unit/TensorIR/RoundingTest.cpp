//===- RoundingTest.cpp - Rounding into every float dtype -----------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Against APFloat, which rounds by another algorithm.
//
//===----------------------------------------------------------------------===//
#include "flex/TensorIR/Interpreter.h"
#include "llvm/ADT/APFloat.h"

#include "gtest/gtest.h"
#include <random>

using llvm::APFloat;
using namespace flex::ir;

namespace {

const llvm::fltSemantics &semanticsOf(llvm::StringRef dtype) {
  return dtype == "f16"        ? APFloat::IEEEhalf()
         : dtype == "bf16"     ? APFloat::BFloat()
         : dtype == "f8e4m3fn" ? APFloat::Float8E4M3FN()
         : dtype == "f8e5m2"   ? APFloat::Float8E5M2()
         : dtype == "f32"      ? APFloat::IEEEsingle()
                               : APFloat::IEEEdouble();
}

uint64_t expectedBits(double value, llvm::StringRef dtype) {
  APFloat number(value);
  bool losesInfo;
  number.convert(semanticsOf(dtype), APFloat::rmNearestTiesToEven, &losesInfo);
  return number.bitcastToAPInt().getZExtValue();
}

TEST(Rounding, EveryBitPatternOfNarrowFloatsSurvives) {
  for (const char *dtype : {"f16", "bf16", "f8e4m3fn", "f8e5m2"})
    for (uint32_t bits = 0; bits < (dtype[1] == '8' ? 256 : 65536); ++bits) {
      long double value = valueOfBits(bits, dtype);
      APFloat expected(semanticsOf(dtype), llvm::APInt(dtype[1] == '8' ? 8 : 16, bits));
      if (expected.isNaN()) {
        EXPECT_TRUE(std::isnan(value));
        continue;
      }
      bool losesInfo;
      APFloat wide = expected;
      wide.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &losesInfo);
      ASSERT_EQ(static_cast<double>(value), wide.convertToDouble()) << dtype << " " << bits;
      ASSERT_EQ(roundToBits(value, dtype), bits) << dtype;
    }
}

TEST(Rounding, RandomDoublesRoundAsApFloat) {
  std::mt19937_64 random(3);
  for (const char *dtype : {"f8e4m3fn", "f8e5m2", "f16", "bf16", "f32", "f64"})
    for (int i = 0; i < 100000; ++i) {
      // Half anywhere in f64, half where the narrow types live, subnormals included.
      double value = i % 2 ? llvm::bit_cast<double>(random())
                           : std::ldexp(static_cast<double>(static_cast<int64_t>(random())), int(random() % 120) - 150);
      if (!std::isnan(value))
        ASSERT_EQ(roundToBits(value, dtype), expectedBits(value, dtype)) << dtype << " " << value;
    }
}

TEST(Rounding, TiesGoToEvenAndOverflowToInfinity) {
  EXPECT_EQ(roundToBits(1 + 0x1p-11L, "f16"), 0x3c00u);
  EXPECT_EQ(roundToBits(1 + 3 * 0x1p-11L, "f16"), 0x3c02u);
  EXPECT_EQ(roundToBits(65519.99, "f16"), 0x7bffu);
  EXPECT_EQ(roundToBits(65520, "f16"), 0x7c00u);
  EXPECT_EQ(roundToBits(0x1p-25L, "f16"), 0u);
  EXPECT_EQ(roundToBits(-0x1.8p-25L, "f16"), 0x8001u);
  EXPECT_EQ(roundToBits(-0.0L, "bf16"), 0x8000u);
  // Rounded once, from the carrier: by way of f32 this would be a tie and go down.
  EXPECT_EQ(roundToBits(1 + 0x1p-11L + 0x1p-40L, "f16"), 0x3c01u);
}

TEST(Rounding, IntegersKeepTheirBits) {
  EXPECT_EQ(roundToBits(-1, "i8"), ~uint64_t(0));
  EXPECT_EQ(roundToBits(255, "u8"), 255u);
  EXPECT_EQ(valueOfBits(~uint64_t(0), "i64"), -1);
  EXPECT_EQ(valueOfBits(~uint64_t(0), "u64"), 0x1p64L - 1);
}

} // namespace
