//===- NpyTest.cpp - NumPy files, good and damaged ------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What numpy.save writes is read back; every other sequence of bytes gives a
// message. The mutation tests run the readers over damaged files.
//
//===----------------------------------------------------------------------===//
#include "flexc/Npy.h"
#include "flexc/Zip.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>

using namespace flex;
using namespace flex::tool;

namespace {

std::string npy(const std::string &header, const std::string &data, char major = 1) {
  std::string out = "\x93NUMPY";
  out += major;
  out += '\0';
  out += static_cast<char>(header.size() & 0xff);
  out += static_cast<char>(header.size() >> 8);
  if (major > 1)
    out += std::string(2, '\0');
  return out + header + data;
}

std::string header(const std::string &descr, const std::string &shape, bool fortran = false) {
  return "{'descr': '" + descr + "', 'fortran_order': " + (fortran ? "True" : "False") + ", 'shape': " + shape +
         ", }\n";
}

std::string error(const std::string &bytes) {
  auto array = parseNpy(bytes, "x.npy");
  return array ? "" : array.status().message();
}

Array made(const std::string &dtype, std::vector<int64_t> shape) {
  auto array = allocateArray("a", dtype, shape);
  EXPECT_TRUE(array.isOk());
  for (int64_t i = 0; i < array->elements(); ++i)
    storeDouble(*array, i, static_cast<double>(i % 2));
  return *array;
}

} // namespace

TEST(Npy, RoundTripsEveryDtype) {
  for (const char *dtype : {"bool", "i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "f16", "f32", "f64"})
    for (std::vector<int64_t> shape : {std::vector<int64_t>{}, {0}, {5}, {2, 3}, {2, 0, 4}}) {
      Array array = made(dtype, shape);
      std::string bytes = formatNpy(array);
      EXPECT_EQ((bytes.size() - array.bytes) % 64, 0u) << "the data must be aligned";
      auto back = parseNpy(bytes, "x.npy");
      ASSERT_TRUE(back.isOk()) << dtype << ": " << back.status().message();
      EXPECT_EQ(back->dtype, dtype);
      EXPECT_EQ(back->shape, shape);
      EXPECT_EQ(std::memcmp(back->data.get(), array.data.get(), array.bytes), 0);
    }
}

TEST(Npy, Bfloat16IsRawBytes) {
  for (auto [dtype, stored] : {std::pair("i4", "i8"), {"u4", "u8"}, {"f8e5m2", "raw8"}, {"f8e4m3fn", "raw8"}}) {
    auto narrow = parseNpy(formatNpy(made(dtype, {3})), "x.npy");
    ASSERT_TRUE(narrow.isOk());
    EXPECT_EQ(narrow->dtype, stored);
    EXPECT_EQ(narrow->bytes, 3u);
  }
  auto back = parseNpy(formatNpy(made("bf16", {3})), "x.npy");
  ASSERT_TRUE(back.isOk());
  EXPECT_EQ(back->dtype, "raw16");
}

TEST(Npy, OtherByteOrderAndVersions) {
  auto big = parseNpy(npy(header(">i2", "(2,)"), std::string("\x01\x02\x03\x04", 4)), "x.npy");
  ASSERT_TRUE(big.isOk());
  EXPECT_EQ(loadInteger(*big, 0), "258");
  EXPECT_EQ(loadInteger(*big, 1), "772");
  EXPECT_TRUE(parseNpy(npy(header("|u1", "(1,)"), "a", 2), "x.npy").isOk());
  EXPECT_TRUE(parseNpy(npy(header("|u1", "(1,)"), "a", 3), "x.npy").isOk());
}

TEST(Npy, FortranOrderIsStrides) {
  auto array = parseNpy(npy(header("|u1", "(2, 3)", true), "abcdef"), "x.npy");
  ASSERT_TRUE(array.isOk());
  EXPECT_EQ(array->strides(), (std::vector<int64_t>{1, 2}));
  auto rows = toRowMajor(*array);
  ASSERT_TRUE(rows.isOk());
  EXPECT_EQ(std::string(reinterpret_cast<char *>(rows->data.get()), 6), "acebdf");
}

TEST(Npy, BoolsAreZeroOrOne) {
  auto array = parseNpy(npy(header("|b1", "(2,)"), std::string("\x02\x00", 2)), "x.npy");
  ASSERT_TRUE(array.isOk());
  EXPECT_EQ(array->data.get()[0], 1);
  EXPECT_EQ(array->data.get()[1], 0);
}

TEST(Npy, DamageIsNamed) {
  EXPECT_EQ(error(""), "'x.npy' is no usable .npy file: it is empty");
  EXPECT_EQ(error("hello"), "'x.npy' is no usable .npy file: it does not start with NumPy's magic bytes");
  EXPECT_NE(error("\x93NUMPY\x01").find("ends inside the header"), std::string::npos);
  EXPECT_NE(error(npy("", "", 9)).find("format version 9 is unknown"), std::string::npos);
  EXPECT_NE(error(npy("[]", "")).find("no Python dictionary"), std::string::npos);
  EXPECT_NE(error(npy("{'descr': '<f4'}", "")).find("lacks"), std::string::npos);
  EXPECT_NE(error(npy("{'color': 3}", "")).find("unknown header field 'color'"), std::string::npos);
  EXPECT_NE(error(npy(header("<f4", "(-1,)"), "")).find("no tuple of whole numbers"), std::string::npos);
  EXPECT_NE(error(npy(header("<f4", "(4, 2)"), "abcd")).find("f32[4, 2] needs 32 bytes, only 4 are there"),
            std::string::npos);
  EXPECT_NE(error(npy(header("<f4", "(4611686018427387904, 8)"), "")).find("is too large"), std::string::npos);
  EXPECT_NE(error(npy(header("<f4", "(99999999999999999999,)"), "")).find("no tuple"), std::string::npos);
  EXPECT_NE(error(npy(header("<f4", "(1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1)"), "abcd")).find("more than 16 dimensions"),
            std::string::npos);
}

TEST(Npy, ForeignTypesAreNamed) {
  EXPECT_NE(error(npy(header("<c8", "(1,)"), "")).find("complex numbers ('<c8')"), std::string::npos);
  EXPECT_NE(error(npy(header("|O", "(1,)"), "")).find("Python objects"), std::string::npos);
  EXPECT_NE(error(npy(header("<U5", "(1,)"), "")).find("text"), std::string::npos);
  EXPECT_NE(error(npy(header("<M8[ns]", "(1,)"), "")).find("dates"), std::string::npos);
  EXPECT_NE(error(npy(header("<f16", "(1,)"), "")).find("unknown dtype '<f16'"), std::string::npos);
  EXPECT_NE(error(npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}", "")).find("structured"),
            std::string::npos);
}

TEST(Zip, RoundTrip) {
  auto zip = formatZip({{"a.npy", "alpha"}, {"b.npy", ""}, {"c.npy", std::string(100000, 'c')}});
  ASSERT_TRUE(zip.isOk());
  ASSERT_TRUE(isZip(*zip));
  auto members = listZip(*zip, "x.npz");
  ASSERT_TRUE(members.isOk()) << members.status().message();
  ASSERT_EQ(members->size(), 3u);
  EXPECT_EQ((*members)[0].name, "a.npy");
  auto a = extractZip(*zip, (*members)[0], "x.npz"), c = extractZip(*zip, (*members)[2], "x.npz");
  ASSERT_TRUE(a.isOk() && c.isOk());
  EXPECT_EQ(*a, "alpha");
  EXPECT_EQ(c->size(), 100000u);
}

TEST(Zip, ChecksumIsChecked) {
  auto zip = formatZip({{"a.npy", "alpha"}});
  ASSERT_TRUE(zip.isOk());
  (*zip)[zip->find("alpha")] = 'A';
  auto members = listZip(*zip, "x.npz");
  ASSERT_TRUE(members.isOk());
  auto a = extractZip(*zip, members->front(), "x.npz");
  ASSERT_FALSE(a.isOk());
  EXPECT_NE(a.status().message().find("checksum"), std::string::npos);
}

/// A damaged file gives an array or a message; what the sanitizers see is the test.
TEST(Npy, MutatedFilesNeverCrash) {
  std::mt19937 random(1);
  std::string whole = formatNpy(made("f32", {3, 4}));
  auto zip = formatZip({{"a.npy", whole}, {"b.npy", whole}});
  ASSERT_TRUE(zip.isOk());
  int refused = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string bytes = round % 2 ? whole : *zip;
    for (unsigned edits = 1 + random() % 4; edits-- > 0;)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    if (random() % 4 == 0)
      bytes.resize(random() % bytes.size());
    if (round % 2) {
      refused += !parseNpy(bytes, "x").isOk();
      continue;
    }
    auto members = listZip(bytes, "x");
    if (!members) {
      ++refused;
      continue;
    }
    for (const ZipMember &member : *members)
      if (auto data = extractZip(bytes, member, "x"))
        refused += !parseNpy(*data, "x").isOk();
      else
        ++refused;
  }
  EXPECT_GT(refused, 1000);
}
