//===- AccessTest.cpp - Loads, stores and copies of every type ------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Arrays end at an inaccessible page: a lane too many is a crash.
//
//===----------------------------------------------------------------------===//
#include "CompiledKernel.h"

#include "llvm/ADT/StringExtras.h"

#include <gtest/gtest.h>
#include <random>

namespace flex::target::test {
namespace {

struct ElementType {
  const char *memory, *scalar;
  size_t bytes;
};
constexpr ElementType kTypes[] = {{"i1", "i1", 1},    {"i8", "i8", 1},     {"i16", "i16", 2},  {"i32", "i32", 4},
                                  {"i64", "i64", 8},  {"ui8", "i8", 1},    {"ui16", "i16", 2}, {"ui32", "i32", 4},
                                  {"ui64", "i64", 8}, {"bf16", "bf16", 2}, {"f16", "f16", 2},  {"f32", "f32", 4},
                                  {"f64", "f64", 8}};

/// $T the buffer, $V the value, $L the lanes.
std::string fill(std::string text, const ElementType &type, int64_t lanes) {
  std::string value = lanes == 1 ? type.scalar : "vector<" + std::to_string(lanes) + "x" + type.scalar + ">";
  auto replace = [&](llvm::StringRef key, const std::string &by) {
    for (size_t at = text.find(key); at != std::string::npos; at = text.find(key, at + by.size()))
      text.replace(at, key.size(), by);
  };
  replace("$T", "!tile.buffer<" + std::string(type.memory) + ", global>");
  replace("$R", "!tile.buffer<" + std::string(type.memory) + ", private>");
  replace("$V", value);
  replace("$L", std::to_string(lanes));
  return text;
}

const char *kMaskedCopy = R"mlir(
  tile.kernel @k(%a: $T, %b: $T, %n: index) attributes {dims = ["N"], items = "ceildiv(N, $L) + 1", group_size = 1 : i64} {
    %id = tile.id
    %lanes = arith.constant $L : index
    %at = arith.muli %id, %lanes : index
    %left = arith.subi %n, %at : index
    %x = tile.load %a[%at] valid(%left) : $T -> $V
    tile.store %x, %b[%at] valid(%left) : $V, $T
    tile.return
  })mlir";

std::vector<uint8_t> randomBytes(size_t count, bool isBool) {
  std::mt19937 random(count);
  std::vector<uint8_t> bytes(count);
  for (uint8_t &byte : bytes)
    byte = isBool ? random() % 2 : random();
  return bytes;
}

TEST(Access, MaskedCopyOfEveryType) {
  for (const std::string &chip : runnableChips())
    for (const ElementType &type : kTypes)
      for (int64_t lanes : {1, 16, 64}) {
        if (lanes * type.bytes > 128)
          continue;
        SCOPED_TRACE(chip + " " + type.memory + " x" + std::to_string(lanes));
        CompiledKernel kernel(fill(kMaskedCopy, type, lanes), chip);
        ASSERT_TRUE(kernel.isValid());
        for (int64_t n : {int64_t(0), int64_t(1), lanes - 1, lanes, lanes + 1, 3 * lanes + 3}) {
          GuardedArray<uint8_t> a(randomBytes(n * type.bytes, type.scalar == std::string("i1"))), b(n * type.bytes);
          kernel.run({a.data(), b.data()}, {n});
          EXPECT_TRUE(n == 0 || std::memcmp(a.data(), b.data(), a.size()) == 0) << "n=" << n;
        }
      }
}

TEST(Access, LanesBehindValidAreZero) {
  const char *text = R"mlir(
    tile.kernel @k(%a: $T, %b: $T, %n: index) attributes {dims = ["N"], items = "1", group_size = 1 : i64} {
      %zero = arith.constant 0 : index
      %x = tile.load %a[%zero] valid(%n) : $T -> $V
      tile.store %x, %b[%zero] : $V, $T
      tile.return
    })mlir";
  for (const std::string &chip : runnableChips())
    for (const ElementType &type : kTypes)
      for (int64_t lanes : {1, 8}) {
        SCOPED_TRACE(chip + " " + type.memory + " x" + std::to_string(lanes));
        CompiledKernel kernel(fill(text, type, lanes), chip);
        ASSERT_TRUE(kernel.isValid());
        for (int64_t n = -1; n <= lanes; ++n) {
          size_t present = std::max<int64_t>(n, 0) * type.bytes;
          GuardedArray<uint8_t> a(std::vector<uint8_t>(present, 1));
          GuardedArray<uint8_t> b(std::vector<uint8_t>(lanes * type.bytes, 0xee));
          kernel.run({a.data(), b.data()}, {n});
          for (size_t i = 0; i < b.size(); ++i)
            ASSERT_EQ(b[i], i < present ? 1 : 0) << "n=" << n << " byte " << i;
        }
      }
}

TEST(Access, BoolIsAnyByteButZero) {
  CompiledKernel kernel(fill(kMaskedCopy, {"i1", "i1", 1}, 16), runnableChips().front());
  ASSERT_TRUE(kernel.isValid());
  GuardedArray<uint8_t> a(std::vector<uint8_t>{0, 1, 2, 255, 0, 128}), b(6);
  kernel.run({a.data(), b.data()}, {6});
  EXPECT_EQ(std::vector<uint8_t>(b.data(), b.data() + 6), (std::vector<uint8_t>{0, 1, 1, 1, 0, 1}));
}

TEST(Access, CopyThroughARing) {
  const char *text = R"mlir(
    tile.kernel @k(%a: $T, %b: $T, %n: index) attributes {dims = ["N"], items = "ceildiv(N, 50)",
             group_size = 1 : i64
}
{
      %id = tile.id
      %c50 = arith.constant 50 : index
      %two = arith.constant 2 : index
      %first = tile.ring "N" : $R
      %ring = tile.ring "52" : $R
      %at = arith.muli %id, %c50 : index
      %left = arith.subi %n, %at : index
      tile.copy %a[%at] to %ring[%two] lanes 50 valid(%left) : $T to $R
      tile.wait
      %one = arith.constant 1 : index
      %zero = arith.constant 0 : index
      scf.for %i = %zero to %c50 step %one {
        %from = arith.addi %i, %two : index
        %x = tile.load %ring[%from] : $R -> $V
        %to = arith.addi %at, %i : index
        %more = arith.subi %left, %i : index
        tile.store %x, %b[%to] valid(%more) : $V, $T
      }
      tile.return
})mlir";
  for (const std::string &chip : runnableChips())
    for (const ElementType &type : kTypes) {
      SCOPED_TRACE(chip + " " + type.memory);
      CompiledKernel kernel(fill(text, type, 1), chip);
      ASSERT_TRUE(kernel.isValid());
      for (int64_t n : {1, 49, 50, 133}) {
        GuardedArray<uint8_t> a(randomBytes(n * type.bytes, type.scalar == std::string("i1"))), b(n * type.bytes);
        kernel.run({a.data(), b.data()}, {n});
        EXPECT_EQ(std::memcmp(a.data(), b.data(), a.size()), 0) << "n=" << n;
      }
    }
}

const char *kStreaming = R"mlir(
  tile.kernel @k(%a: $T, %b: $T, %n: index) attributes {dims = ["N"], items = "N", group_size = 1 : i64} {
    %id = tile.id
    %lanes = arith.constant $L : index
    %at = arith.muli %id, %lanes : index
    tile.prefetch %a[%at] level 1 : $T
    tile.prefetch %a[%n] level 3 : $T
    %x = tile.load %a[%at] : $T -> $V
    tile.store %x, %b[%at] nontemporal : $V, $T
    tile.return
  })mlir";

// Whether a store bypasses the caches must not matter to what it stores, at any address.
TEST(Access, NontemporalAtAnyAlignment) {
  for (const std::string &chip : runnableChips())
    for (int64_t lanes : {4, 8, 16, 32}) {
      CompiledKernel kernel(fill(kStreaming, {"f32", "f32", 4}, lanes), chip);
      ASSERT_TRUE(kernel.isValid());
      for (int64_t shift : {0, 1, 5}) {
        std::vector<float> values(3 * lanes + shift);
        for (size_t i = 0; i < values.size(); ++i)
          values[i] = i;
        GuardedArray<float> a(values), b(values.size());
        kernel.run({a.data(), b.data()}, {3});
        for (int64_t i = 0; i < 3 * lanes; ++i)
          ASSERT_EQ(b[i], values[i]);
      }
    }
}

TEST(Access, NontemporalStoresAreWholeVectors) {
  StatusOr<Payload> payload = compile(fill(kStreaming, {"f32", "f32", 4}, 16), "cpu:x86-64-v4", /*wantAssembly=*/true);
  ASSERT_TRUE(payload.isOk()) << payload.status().str();
  EXPECT_NE(payload->assembly.find("vmovntps\t%zmm"), std::string::npos) << payload->assembly;
  EXPECT_EQ(payload->assembly.find("movnti"), std::string::npos);
  EXPECT_NE(payload->assembly.find("sfence"), std::string::npos);
  EXPECT_NE(payload->assembly.find("prefetcht0"), std::string::npos);
  EXPECT_NE(payload->assembly.find("prefetcht2"), std::string::npos);
}

} // namespace
} // namespace flex::target::test
