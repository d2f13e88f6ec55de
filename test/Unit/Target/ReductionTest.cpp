//===- ReductionTest.cpp - Reductions, control flow, math -----------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Rows of any length, every combiner, and a softmax written by hand.
//
//===----------------------------------------------------------------------===//
#include "CompiledKernel.h"

#include <gtest/gtest.h>

#include <cmath>

namespace flex::target::test {
namespace {

/// Row sums of an M x N matrix, 16 lanes at a time with a masked tail.
const char *kRowSum = R"mlir(
  tile.kernel @k(%a: !tile.buffer<f32, global>, %b: !tile.buffer<f32, global>, %m: index, %n: index)
      attributes {dims = ["M", "N"], items = "M", group_size = 1 : i64} {
    %row = tile.id
    %lane = tile.lane
    %c16 = arith.constant 16 : index
    %zero = arith.constant dense<0.0> : vector<16xf32>
    %at = arith.muli %row, %n : index
    %sum = scf.for %j = %lane to %n step %c16 iter_args(%acc = %zero) -> vector<16xf32> {
      %left = arith.subi %n, %j : index
      %p = arith.addi %at, %j : index
      %x = tile.load %a[%p] valid(%left) : !tile.buffer<f32, global> -> vector<16xf32>
      %next = arith.addf %acc, %x : vector<16xf32>
      scf.yield %next : vector<16xf32>
    }
    %s = tile.reduce sum %sum group : vector<16xf32> -> f32
    tile.store %s, %b[%row] : f32, !tile.buffer<f32, global>
    tile.return
  })mlir";

TEST(Reduction, RowsOfAnyLength) {
  for (const std::string &chip : runnableChips()) {
    CompiledKernel kernel(kRowSum, chip);
    ASSERT_TRUE(kernel.isValid());
    for (int64_t n : {0, 1, 15, 16, 17, 100}) {
      int64_t m = 5;
      GuardedArray<float> a(m * n), b(m);
      for (int64_t i = 0; i < m * n; ++i)
        a[i] = static_cast<float>((i * 7) % 31 - 12); // sums are exact
      kernel.run({a.data(), b.data()}, {m, n});
      for (int64_t i = 0; i < m; ++i) {
        float sum = 0;
        for (int64_t j = 0; j < n; ++j)
          sum += a[i * n + j];
        EXPECT_EQ(b[i], sum) << chip << " n=" << n;
      }
    }
  }
}

template <typename T>
void checkCombiner(const std::string &combiner, const std::string &type, std::vector<T> values, T expected) {
  for (const std::string &chip : runnableChips())
    for (size_t lanes : {1, 7, 16}) {
      std::string vector = "vector<" + std::to_string(lanes) + "x" + type + ">",
                  buffer = "!tile.buffer<" + type + ", global>";
      CompiledKernel kernel("tile.kernel @k(%a: " + buffer + ", %b: " + buffer +
                                ") attributes {dims = [], items = \"1\", group_size = 1 : i64} {\n" +
                                "%zero = arith.constant 0 : index\n%x = tile.load %a[%zero] : " + buffer + " -> " +
                                vector + "\n%s = tile.reduce " + combiner + " %x : " + vector + " -> " + type +
                                "\ntile.store %s, %b[%zero] : " + type + ", " + buffer + "\ntile.return\n}",
                            chip);
      ASSERT_TRUE(kernel.isValid());
      // The last lanes hold the values; those before repeat the first, which must not change the result.
      std::vector<T> input(lanes, values[0]);
      for (size_t i = 0; i < std::min(values.size(), lanes); ++i)
        input[lanes - 1 - i] = values[i];
      if (lanes < values.size())
        continue;
      GuardedArray<T> a(input), b(1);
      kernel.run({a.data(), b.data()}, {});
      if (expected == expected)
        EXPECT_EQ(b[0], expected) << chip << " " << combiner << " " << vector;
      else
        EXPECT_NE(b[0], b[0]) << chip << " " << combiner << " " << vector;
    }
}

TEST(Reduction, EveryCombiner) {
  checkCombiner<int32_t>("sum", "i32", {0, 5, -7}, -2);
  checkCombiner<int64_t>("prod", "i64", {1, 5, -7}, -35);
  checkCombiner<int8_t>("min", "i8", {3, -5}, -5);
  checkCombiner<int16_t>("max", "i16", {-3, 5}, 5);
  checkCombiner<uint8_t>("umin", "i8", {200, 7}, 7);
  checkCombiner<uint32_t>("umax", "i32", {1, 0x80000000u}, 0x80000000u);
  checkCombiner<uint8_t>("any", "i1", {0, 1}, 1);
  checkCombiner<uint8_t>("all", "i1", {1, 0}, 0);
  checkCombiner<float>("sum", "f32", {0, 1.5f, -4}, -2.5f);
  checkCombiner<double>("prod", "f64", {1, 1.5, -4}, -6);
  checkCombiner<float>("max", "f32", {-INFINITY, -1, -4}, -1);
  checkCombiner<double>("min", "f64", {INFINITY, 3, -4}, -4);
  checkCombiner<float>("max", "f32", {1, NAN, 4}, NAN);
  checkCombiner<float>("min", "f32", {1, NAN, 4}, NAN);
}

const char *kSoftmax = R"mlir(
  tile.kernel @k(%a: !tile.buffer<f32, global>, %b: !tile.buffer<f32, global>, %m: index, %n: index)
      attributes {dims = ["M", "N"], items = "M", group_size = 1 : i64} {
    %row = tile.id
    %c0 = arith.constant 0 : index
    %c16 = arith.constant 16 : index
    %zero = arith.constant dense<0.0> : vector<16xf32>
    %low = arith.constant dense<0xFF800000> : vector<16xf32>
    %iota = vector.step : vector<16xindex>
    %at = arith.muli %row, %n : index
    %mv = scf.for %j = %c0 to %n step %c16 iter_args(%acc = %low) -> vector<16xf32> {
      %left = arith.subi %n, %j : index
      %lv = vector.broadcast %left : index to vector<16xindex>
      %in = arith.cmpi slt, %iota, %lv : vector<16xindex>
      %p = arith.addi %at, %j : index
      %x = tile.load %a[%p] valid(%left) : !tile.buffer<f32, global> -> vector<16xf32>
      %y = arith.select %in, %x, %low : vector<16xi1>, vector<16xf32>
      %next = arith.maximumf %acc, %y : vector<16xf32>
      scf.yield %next : vector<16xf32>
    }
    %max = tile.reduce max %mv : vector<16xf32> -> f32
    %maxv = vector.broadcast %max : f32 to vector<16xf32>
    %ring = tile.ring "16*ceildiv(N, 16)" : !tile.buffer<f32, private>
    %sv = scf.for %j = %c0 to %n step %c16 iter_args(%acc = %zero) -> vector<16xf32> {
      %left = arith.subi %n, %j : index
      %lv = vector.broadcast %left : index to vector<16xindex>
      %in = arith.cmpi slt, %iota, %lv : vector<16xindex>
      %p = arith.addi %at, %j : index
      %x = tile.load %a[%p] valid(%left) : !tile.buffer<f32, global> -> vector<16xf32>
      %d = arith.subf %x, %maxv : vector<16xf32>
      %e = math.exp %d : vector<16xf32>
      %y = arith.select %in, %e, %zero : vector<16xi1>, vector<16xf32>
      tile.store %y, %ring[%j] : vector<16xf32>, !tile.buffer<f32, private>
      %next = arith.addf %acc, %y : vector<16xf32>
      scf.yield %next : vector<16xf32>
    }
    %sum = tile.reduce sum %sv : vector<16xf32> -> f32
    %one = arith.constant 1.0 : f32
    %scale = arith.divf %one, %sum : f32
    %scalev = vector.broadcast %scale : f32 to vector<16xf32>
    scf.for %j = %c0 to %n step %c16 {
      %left = arith.subi %n, %j : index
      %x = tile.load %ring[%j] : !tile.buffer<f32, private> -> vector<16xf32>
      %y = arith.mulf %x, %scalev : vector<16xf32>
      %p = arith.addi %at, %j : index
      tile.store %y, %b[%p] valid(%left) : vector<16xf32>, !tile.buffer<f32, global>
    }
    tile.return
})mlir";

TEST(Reduction, Softmax) {
  for (const std::string &chip : runnableChips()) {
    CompiledKernel kernel(kSoftmax, chip);
    ASSERT_TRUE(kernel.isValid());
    for (int64_t n : {1, 16, 77, 200}) {
      int64_t m = 3;
      GuardedArray<float> a(m * n), b(m * n);
      for (int64_t i = 0; i < m * n; ++i)
        a[i] = std::sin(static_cast<float>(i)) * 40;
      kernel.run({a.data(), b.data()}, {m, n});
      for (int64_t i = 0; i < m; ++i) {
        double most = -INFINITY, sum = 0;
        for (int64_t j = 0; j < n; ++j)
          most = std::max<double>(most, a[i * n + j]);
        for (int64_t j = 0; j < n; ++j)
          sum += std::exp(a[i * n + j] - most);
        for (int64_t j = 0; j < n; ++j)
          EXPECT_NEAR(b[i * n + j], std::exp(a[i * n + j] - most) / sum, 1e-6) << chip << " n=" << n;
      }
    }
  }
}

TEST(Reduction, ScaleByPowerIsOneInstruction) {
  StatusOr<Payload> payload = compile(kSoftmax, "cpu:x86-64-v4", /*wantAssembly=*/true);
  ASSERT_TRUE(payload.isOk()) << payload.status().str();
  EXPECT_NE(payload->assembly.find("vscalefps"), std::string::npos);
  EXPECT_EQ(payload->vectorSpills, 0);
}

/// exp of N elements, `lanes` at a time, in the given type.
std::string expKernel(const std::string &type, int lanes) {
  std::string vector = lanes == 1 ? type : "vector<" + std::to_string(lanes) + "x" + type + ">",
              buffer = "!tile.buffer<" + type + ", global>", count = std::to_string(lanes);
  return "tile.kernel @k(%a: " + buffer + ", %b: " + buffer +
         ", %n: index) attributes {dims = [\"N\"], items = " + "\"ceildiv(N, " + count +
         ")\", group_size = 1 : i64} {\n%id = tile.id\n%l = arith.constant " + count +
         " : index\n%at = arith.muli %id, %l : index\n%left = arith.subi %n, %at : index\n%x = tile.load %a[%at] " +
         "valid(%left) : " + buffer + " -> " + vector + "\n%y = math.exp %x : " + vector +
         "\ntile.store %y, %b[%at] valid(%left) : " + vector + ", " + buffer + "\ntile.return\n}";
}

template <typename T> void checkExp(const std::string &type, double tolerance, double lowest, double highest) {
  for (const std::string &chip : runnableChips())
    for (int lanes : {1, 3, 4, 8, 16, 24}) {
      CompiledKernel kernel(expKernel(type, lanes), chip);
      ASSERT_TRUE(kernel.isValid());
      GuardedArray<T> a(1001), b(1001);
      for (int i = 0; i < 1001; ++i)
        a[i] = lowest + (highest - lowest) * i / 1000;
      kernel.run({a.data(), b.data()}, {1001});
      for (int i = 0; i < 1001; ++i) {
        T expected = std::exp(a[i]);
        T smallest = std::numeric_limits<T>::denorm_min();
        if (std::isinf(expected))
          EXPECT_EQ(b[i], expected);
        else
          EXPECT_NEAR(b[i], expected, std::max<double>(expected * tolerance, smallest))
              << chip << " " << type << " x" << lanes << " exp(" << a[i] << ")";
      }
    }
}

// Down to subnormal results and up to overflow, in registers of every size.
TEST(Reduction, ExpOverItsRange) {
  checkExp<float>("f32", 3e-7, -110, 90);
  checkExp<double>("f64", 5e-16, -750, 712);
}

} // namespace
} // namespace flex::target::test
