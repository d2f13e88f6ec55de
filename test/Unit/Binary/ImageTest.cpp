//===- ImageTest.cpp - The container of a kernel image -------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Round trip, determinism, and damage: every flipped byte and every truncation
// is noticed; with the checksum repaired, no byte crashes the reader.
//
//===----------------------------------------------------------------------===//
#include "Samples.h"
#include "flex/Binary/Hash.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <random>

namespace flex {
namespace {

StatusOr<Image> read(const std::vector<uint8_t> &bytes) {
  return readImage(bytes.data(), bytes.size());
}

void repairChecksum(std::vector<uint8_t> &bytes) {
  ContentDigest digest = contentDigest(bytes.data(), bytes.size() - 16);
  std::copy(digest.begin(), digest.end(), bytes.end() - 16);
}

TEST(Image, RoundTripKeepsEveryField) {
  std::vector<uint8_t> bytes = writeImage(test::sampleImage());
  auto image = read(bytes);
  ASSERT_TRUE(image.isOk()) << image.status().str();
  EXPECT_EQ(image->producer, "flexc 0.1.0 (build test)");
  EXPECT_EQ(image->provenance.at("source"), "dense.flex");
  EXPECT_EQ(image->tensorIR, test::sampleImage().tensorIR);
  ASSERT_EQ(image->kernels.size(), 2u);
  const ImageKernel &k = image->kernels[0], want = test::sampleKernel();
  EXPECT_EQ(k.doc, want.doc);
  EXPECT_EQ(k.dims, want.dims);
  EXPECT_EQ(k.constants, want.constants);
  ASSERT_EQ(k.constraints.size(), 3u);
  EXPECT_EQ(k.constraints[1].kind, ImageConstraint::Kind::Divisible);
  EXPECT_EQ(k.constraints[2].rhs, test::parseExpr("2*K"));
  EXPECT_EQ(k.constraints[2].source, "N == 2*K");
  EXPECT_EQ(k.params[0].dtype, "bf16");
  EXPECT_EQ(k.results[0].shape[0].str(), "B + 1");
  EXPECT_EQ(k.params[0].defaultValue, "");
  EXPECT_EQ(k.params[1].defaultValue, "1e-05");
  EXPECT_EQ(k.results[0].alias, -1);
  EXPECT_EQ(k.results[1].alias, 0);
  EXPECT_TRUE(k.strict);
  EXPECT_FALSE(image->kernels[1].strict);
  EXPECT_EQ(k.programs[0].inPlace, (std::vector<int64_t>{1}));
  ASSERT_EQ(k.programs.size(), 2u);
  EXPECT_EQ(k.programs[0].payload, want.programs[0].payload);
  EXPECT_EQ(k.programs[0].requires_, want.programs[0].requires_);
  EXPECT_EQ(k.programs[0].buffers[2].arenaOffset.str(), want.programs[0].buffers[2].arenaOffset.str());
  EXPECT_EQ(k.programs[0].buffers[3].index, 64);
  EXPECT_EQ(k.programs[0].launches[1].groupMemoryBytes, 1024);
  EXPECT_TRUE(k.programs[0].launches[0].maps.empty());
  EXPECT_EQ(k.programs[0].launches[1].maps, want.programs[0].launches[1].maps);
  EXPECT_EQ(image->kernels[1].typeParams[0].allowed, (std::vector<std::string>{"f16", "f32"}));
}

// Every field went through: writing what was read gives the same bytes.
TEST(Image, IsDeterministicAndStable) {
  std::vector<uint8_t> bytes = writeImage(test::sampleImage());
  EXPECT_EQ(bytes, writeImage(test::sampleImage()));
  EXPECT_EQ(bytes, writeImage(*read(bytes)));
}

TEST(Image, EmptyImage) {
  auto image = read(writeImage(Image{}));
  ASSERT_TRUE(image.isOk()) << image.status().str();
  EXPECT_TRUE(image->kernels.empty());
}

TEST(Image, EveryFlippedByteIsNoticed) {
  std::vector<uint8_t> bytes = writeImage(test::sampleImage());
  for (size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] ^= 0x20;
    EXPECT_FALSE(read(bytes).isOk()) << "byte " << i;
    bytes[i] ^= 0x20;
  }
}

TEST(Image, EveryTruncationIsNoticed) {
  std::vector<uint8_t> bytes = writeImage(test::sampleImage());
  for (size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(readImage(bytes.data(), size).isOk()) << "size " << size;
  bytes.push_back(0);
  EXPECT_EQ(read(bytes).status().code(), StatusCode::DataLoss);
}

TEST(Image, NamesWhatIsWrong) {
  std::vector<uint8_t> bytes = writeImage(test::sampleImage());
  std::vector<uint8_t> text = {'k', 'e', 'r', 'n', 'e', 'l', ' ', 'f', '('};
  EXPECT_EQ(read(text).status().code(), StatusCode::InvalidArgument);
  bytes[8] = 9;
  EXPECT_EQ(read(bytes).status().code(), StatusCode::InvalidArgument);
  EXPECT_NE(read(bytes).status().message().find("version 9"), std::string::npos);
}

// With a correct checksum the reader sees the damage itself: any result is
// fine but a crash (the sanitizer presets run this) or a changed size.
TEST(Image, DamageBehindAValidChecksumNeverCrashes) {
  const std::vector<uint8_t> good = writeImage(test::sampleImage());
  std::mt19937 random(1);
  size_t refused = 0;
  for (int round = 0; round < 4000; ++round) {
    std::vector<uint8_t> bytes = good;
    for (int i = 0, n = 1 + random() % 4; i < n; ++i)
      bytes[8 + random() % (bytes.size() - 24)] = static_cast<uint8_t>(random());
    repairChecksum(bytes);
    refused += !read(bytes).isOk();
  }
  EXPECT_GT(refused, 1000u);
}

TEST(Image, SectionsOutsideTheFileAreRefused) {
  const std::vector<uint8_t> good = writeImage(test::sampleImage());
  auto with = [&](size_t at, uint8_t value) {
    std::vector<uint8_t> bytes = good;
    bytes[at] = value;
    repairChecksum(bytes);
    return read(bytes).status().message();
  };
  EXPECT_NE(with(15, 0x7f).find("section table"), std::string::npos);    // count
  EXPECT_NE(with(24 + 8, 1).find("outside"), std::string::npos);         // first offset, misaligned
  EXPECT_NE(with(24 + 15, 0x7f).find("outside"), std::string::npos);     // first offset, huge
  EXPECT_NE(with(24 + 16 + 7, 0x7f).find("outside"), std::string::npos); // first size, huge
  EXPECT_NE(with(24 + 4, 1).find("outside"), std::string::npos);         // reserved
}

TEST(Hash, KnownValue) {
  // XXH3-128 of the empty input, from the reference implementation.
  EXPECT_EQ(contentHash("", 0), "99aa06d3014798d86001c324468d497f");
  EXPECT_EQ(contentHash(std::string_view("flex")).size(), 32u);
  EXPECT_NE(contentHash(std::string_view("flex")), contentHash(std::string_view("flfx")));
}

TEST(Dtype, Sizes) {
  EXPECT_EQ(dtypeBytes("bool"), 1);
  EXPECT_EQ(dtypeBytes("bf16"), 2);
  EXPECT_EQ(dtypeBytes("f64"), 8);
  EXPECT_EQ(dtypeBytes("float"), 0);
  EXPECT_EQ(dtypeBytes(""), 0);
  EXPECT_EQ(dtypeBits("i4"), 4);
  EXPECT_EQ(dtypeBytes("u4"), 1);
  EXPECT_EQ(dtypeBits("f8e4m3fn"), 8);
  EXPECT_EQ(bytesOfElements("i4", 7), 4);
  EXPECT_EQ(bytesOfElements("f32", 7), 28);
  EXPECT_EQ(bytesOfElements("f32", INT64_MAX / 2), std::nullopt);
}

TEST(Dtype, NumbersAreStoredRounded) {
  auto bits = [](const char *dtype, const char *number) -> int64_t {
    uint64_t out = 0;
    return storeNumber(dtype, number, &out) ? static_cast<int64_t>(out) : -1;
  };
  EXPECT_EQ(bits("f32", "1e-5"), 0x3727c5ac);
  EXPECT_EQ(bits("f16", "0.1"), 0x2e66);
  EXPECT_EQ(bits("bf16", "-2"), 0xc000);
  EXPECT_EQ(bits("f16", "1e9"), 0x7c00);
  EXPECT_EQ(bits("f8e4m3fn", "448"), 0x7e);
  EXPECT_EQ(bits("f8e4m3fn", "500"), 0x7f) << "there is no infinity";
  EXPECT_EQ(bits("f8e5m2", "inf"), 0x7c);
  EXPECT_EQ(bits("i8", "-1"), 0xff);
  EXPECT_EQ(bits("i8", "128"), -1);
  EXPECT_EQ(bits("i4", "-8"), 8);
  EXPECT_EQ(bits("i4", "8"), -1);
  EXPECT_EQ(bits("u4", "15"), 15);
  EXPECT_EQ(bits("u32", "-1"), -1);
  EXPECT_EQ(bits("i64", "9223372036854775807"), INT64_MAX);
  EXPECT_EQ(bits("i64", "9223372036854775808"), -1);
  EXPECT_EQ(bits("bool", "true"), 1);
  EXPECT_EQ(bits("bool", "2"), -1);
  EXPECT_EQ(bits("f32", "x"), -1);
  EXPECT_EQ(bits("f32", ""), -1);
}

TEST(Dtype, FloatsAreReadAsTheyWereStored) {
  for (const char *dtype : {"f64", "f32", "f16", "bf16", "f8e5m2", "f8e4m3fn"}) {
    EXPECT_TRUE(isFloatType(dtype)) << dtype;
    for (const char *number : {"0", "-0.0", "1", "-1.5", "0.25", "24", "0.015625", "nan"}) {
      uint64_t stored = 0;
      ASSERT_TRUE(storeNumber(dtype, number, &stored));
      double expected = std::strtod(number, nullptr), found = loadFloat(dtype, &stored);
      EXPECT_TRUE(std::isnan(expected) ? std::isnan(found) : found == expected)
          << dtype << " " << number << " " << found;
      EXPECT_EQ(std::signbit(found), std::signbit(expected)) << dtype << " " << number;
    }
  }
  uint16_t halfInfinity = 0xfc00, smallest = 1;
  EXPECT_EQ(loadFloat("f16", &halfInfinity), -INFINITY);
  EXPECT_EQ(loadFloat("f16", &smallest), 0x1p-24);
  EXPECT_EQ(loadFloat("bf16", &smallest), 0x1p-133);
  uint8_t all = 0x7e;
  EXPECT_EQ(loadFloat("f8e4m3fn", &all), 448);
  for (const char *dtype : {"bool", "i4", "u64", "float", ""})
    EXPECT_FALSE(isFloatType(dtype)) << dtype;
}

} // namespace
} // namespace flex
