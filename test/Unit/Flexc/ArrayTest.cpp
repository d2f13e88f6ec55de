//===- ArrayTest.cpp - Elements of every dtype ----------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Narrow floats round once, to nearest even; integers refuse what they cannot hold.
//
//===----------------------------------------------------------------------===//
#include "flexc/Array.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

using namespace flex::tool;

namespace {

Array one(const std::string &dtype) {
  return *allocateArray("a", dtype, {1});
}

uint16_t bits(const std::string &dtype, double value) {
  Array array = one(dtype);
  EXPECT_TRUE(storeDouble(array, 0, value));
  uint16_t out;
  std::memcpy(&out, array.data.get(), 2);
  return out;
}

bool stores(const std::string &dtype, double value) {
  Array array = one(dtype);
  return storeDouble(array, 0, value);
}

} // namespace

TEST(Array, HalfRoundsToNearestEven) {
  EXPECT_EQ(bits("f16", 0.0), 0x0000);
  EXPECT_EQ(bits("f16", -0.0), 0x8000);
  EXPECT_EQ(bits("f16", 1.0), 0x3c00);
  EXPECT_EQ(bits("f16", -2.0), 0xc000);
  EXPECT_EQ(bits("f16", 65504), 0x7bff);
  EXPECT_EQ(bits("f16", 65519.99), 0x7bff);
  EXPECT_EQ(bits("f16", 65520), 0x7c00) << "overflows to infinity";
  EXPECT_EQ(bits("f16", 0x1p-24), 0x0001) << "the smallest subnormal";
  EXPECT_EQ(bits("f16", 0x1p-25), 0x0000) << "a tie goes to even";
  EXPECT_EQ(bits("f16", 0x1.8p-25), 0x0001);
  EXPECT_EQ(bits("f16", 1 + 0x1p-11), 0x3c00) << "a tie goes to even";
  EXPECT_EQ(bits("f16", 1 + 0x1.8p-10), 0x3c02) << "a tie goes to even";
  EXPECT_EQ(bits("f16", 0x1.ff8p-15), 0x03ff) << "the largest subnormal";
  EXPECT_EQ(bits("f16", 0x1.ffcp-15), 0x0400) << "rounds up into the normal range";
  EXPECT_EQ(bits("f16", INFINITY), 0x7c00);
  EXPECT_EQ(bits("f16", NAN) & 0x7e00, 0x7e00);
}

TEST(Array, EightBitFloats) {
  auto byte = [](const std::string &dtype, double value) {
    Array array = one(dtype);
    EXPECT_TRUE(storeDouble(array, 0, value));
    return +array.data.get()[0];
  };
  EXPECT_EQ(byte("f8e4m3fn", 1.0), 0x38);
  EXPECT_EQ(byte("f8e4m3fn", -448), 0xfe);
  EXPECT_EQ(byte("f8e4m3fn", 464), 0x7e) << "a tie goes to even";
  EXPECT_EQ(byte("f8e4m3fn", 465), 0x7f) << "there is no infinity";
  EXPECT_EQ(byte("f8e4m3fn", 0x1p-9), 0x01);
  EXPECT_EQ(byte("f8e5m2", 1.0), 0x3c);
  EXPECT_EQ(byte("f8e5m2", 57344), 0x7b);
  EXPECT_EQ(byte("f8e5m2", 61440), 0x7c) << "a tie that goes to infinity";
  EXPECT_EQ(byte("f8e5m2", 0x1p-17), 0x00) << "a tie goes to even";
  for (const char *dtype : {"f8e4m3fn", "f8e5m2"})
    for (int i = 0; i < 256; ++i) {
      Array array = one(dtype);
      array.data.get()[0] = static_cast<uint8_t>(i);
      double value = loadDouble(array, 0);
      EXPECT_TRUE(storeDouble(array, 0, value));
      if (value == value)
        EXPECT_EQ(+array.data.get()[0], i) << dtype;
    }
}

TEST(Array, NibblesLieTwoAByte) {
  Array bytes = *allocateArray("a", "i8", {5});
  for (int i = 0; i < 5; ++i)
    EXPECT_TRUE(storeDouble(bytes, i, i - 8));
  auto packed = packNibbles(bytes, "i4");
  ASSERT_TRUE(packed.isOk());
  EXPECT_EQ(packed->bytes, 3u);
  EXPECT_EQ(+packed->data.get()[0], 0x98);
  EXPECT_EQ(+packed->data.get()[2], 0x0c) << "the half that is left is 0";
  Array back = unpackNibbles(*packed);
  EXPECT_EQ(back.dtype, "i8");
  EXPECT_EQ(std::memcmp(back.data.get(), bytes.data.get(), 5), 0);
  EXPECT_FALSE(packNibbles(bytes, "u4").isOk()) << "-8 is no u4";
  EXPECT_FALSE(stores("i4", 8));
  EXPECT_FALSE(stores("u4", 1.5));
}

TEST(Array, Bfloat16) {
  EXPECT_EQ(bits("bf16", 1.0), 0x3f80);
  EXPECT_EQ(bits("bf16", 1 + 0x1p-8), 0x3f80) << "a tie goes to even";
  EXPECT_EQ(bits("bf16", 3.3895313892515355e38), 0x7f7f);
  EXPECT_EQ(bits("bf16", 3.4e38), 0x7f80);
}

TEST(Array, NarrowFloatsRoundTrip) {
  for (const char *dtype : {"f16", "bf16"})
    for (uint32_t pattern = 0; pattern < 0x10000; ++pattern) {
      Array array = one(dtype);
      auto value = static_cast<uint16_t>(pattern);
      std::memcpy(array.data.get(), &value, 2);
      double number = loadDouble(array, 0);
      if (!std::isnan(number))
        ASSERT_EQ(bits(dtype, number), pattern) << dtype;
    }
}

TEST(Array, IntegersRefuseWhatTheyCannotHold) {
  EXPECT_TRUE(stores("i8", -128));
  EXPECT_FALSE(stores("i8", 128));
  EXPECT_TRUE(stores("u8", 255));
  EXPECT_FALSE(stores("u8", -1));
  EXPECT_FALSE(stores("i32", 0.5));
  EXPECT_FALSE(stores("i64", 9223372036854775808.0));
  EXPECT_FALSE(stores("i32", NAN));
  EXPECT_FALSE(stores("bool", 2));
  Array exact = one("i64");
  EXPECT_TRUE(storeInteger(exact, 0, 9007199254740993));
  EXPECT_EQ(loadInteger(exact, 0), "9007199254740993");
}

TEST(Array, TooLargeIsAMessage) {
  auto array = allocateArray("argument 'x'", "f32", {int64_t(1) << 50});
  ASSERT_FALSE(array.isOk());
  EXPECT_NE(array.status().message().find("more than this machine has"), std::string::npos);
  EXPECT_FALSE(allocateArray("x", "f64", {int64_t(1) << 40, int64_t(1) << 40}).isOk());
}
