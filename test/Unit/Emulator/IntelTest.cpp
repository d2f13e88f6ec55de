//===- IntelTest.cpp - DPAS and 2D blocks ---------------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Operands are spread over the lanes as the extensions' tables say.
//
//===----------------------------------------------------------------------===//
#include "Threads.h"

#include <array>

using namespace flex::emulator;

namespace {

int valueA(unsigned m, unsigned k) {
  return int(m % 5) - 2 + int(k % 3);
}
int valueB(unsigned k, unsigned n) {
  return int(k % 4) - int(n % 3);
}
int product(unsigned m, unsigned n, unsigned depth, int start) {
  int sum = start;
  for (unsigned k = 0; k < depth; ++k)
    sum += valueA(m, k) * valueB(k, n);
  return sum;
}

TEST(IntelDpas, HalvesIn16Lanes) {
  Chip chip("bmg", 16, 16);
  Threads group(chip.start(), 16);
  group.argument([](unsigned l) { // row m is element m of all lanes
    std::array<_Float16, 8> a;
    for (unsigned m = 0; m < 8; ++m)
      a[m] = static_cast<_Float16>(static_cast<float>(valueA(m, l)));
    return a;
  });
  group.argument([](unsigned l) { // an int has two k's of column l
    std::array<_Float16, 16> b;
    for (unsigned k = 0; k < 16; ++k)
      b[k] = static_cast<_Float16>(static_cast<float>(valueB(k, l)));
    return b;
  });
  group.all(std::array<float, 8>{3, 3, 3, 3, 3, 3, 3, 3}).result(32);
  group.run("_Z38intel_sub_group_f16_f16_matrix_mad_k16Dv8_sDv8_iDv8_f");
  for (unsigned l = 0; l < 16; ++l)
    for (unsigned m = 0; m < 8; ++m)
      ASSERT_EQ(group.resultOf<float>(l, m), product(m, l, 16, 3)) << l << " " << m;
  EXPECT_EQ(chip.failure(), "");
}

/// i8 with `N` bytes of A in a lane: two k's of each row in 16 lanes, four in 8.
template <size_t N> void expectBytes(unsigned lanes, const char *name) {
  Chip chip("bmg", lanes, lanes);
  Threads group(chip.start(), lanes);
  group.argument([&](unsigned l) {
    std::array<int8_t, N> a;
    for (unsigned i = 0; i < N; ++i)
      a[i] = static_cast<int8_t>(valueA(i / unsigned(N / 8), l * unsigned(N / 8) + i % unsigned(N / 8)));
    return a;
  });
  group.argument([](unsigned l) {
    std::array<int8_t, 32> b;
    for (unsigned k = 0; k < 32; ++k)
      b[k] = static_cast<int8_t>(valueB(k, l));
    return b;
  });
  group.all(std::array<int32_t, 8>{}).result(32).run(name);
  ASSERT_EQ(chip.failure(), "");
  for (unsigned l = 0; l < lanes; ++l)
    for (unsigned m = 0; m < 8; ++m)
      ASSERT_EQ(group.resultOf<int32_t>(l, m), product(m, l, 32, 0)) << l << " " << m;
}

TEST(IntelDpas, Bytes) {
  expectBytes<16>(16, "_Z36intel_sub_group_i8_i8_matrix_mad_k32Dv8_sDv8_iDv8_i");
  expectBytes<32>(8, "_Z36intel_sub_group_i8_i8_matrix_mad_k32Dv8_iDv8_iDv8_i");
  // As compilers write it: types that come again are numbers.
  expectBytes<16>(16, "_Z36intel_sub_group_i8_i8_matrix_mad_k32Dv8_sDv8_iS0_");
  expectBytes<32>(8, "_Z36intel_sub_group_i8_i8_matrix_mad_k32Dv8_iS_S_");
}

TEST(IntelDpas, Tf32HasTwoRowsInARegister) {
  Chip chip("pvc", 16, 16);
  Threads group(chip.start(), 16);
  group.argument([](unsigned l) {
    std::array<float, 4> a;
    for (unsigned i = 0; i < 4; ++i)
      a[i] = static_cast<float>(valueA(2 * i + l / 8, l % 8));
    return a;
  });
  group.argument([](unsigned l) {
    std::array<float, 8> b;
    for (unsigned k = 0; k < 8; ++k)
      b[k] = static_cast<float>(valueB(k, l));
    return b;
  });
  group.all(std::array<float, 8>{}).result(32).run("_Z39intel_sub_group_tf32_tf32_matrix_mad_k8Dv4_fDv8_fS0_");
  for (unsigned l = 0; l < 16; ++l)
    for (unsigned m = 0; m < 8; ++m)
      ASSERT_EQ(group.resultOf<float>(l, m), product(m, l, 8, 0)) << l << " " << m;
  EXPECT_EQ(chip.failure(), "");
}

struct BlockTest : testing::Test {
  BlockTest() {
    for (unsigned i = 0; i < memory.size(); ++i)
      memory[i] = static_cast<uint16_t>(i);
    chip.sees(memory);
    machine = &chip.start();
  }
  template <size_t N> void access(const char *name, std::array<std::array<uint16_t, N>, 16> &values, int x, int y) {
    Threads group(*machine, 16);
    group.all(memory.data()).all(int32_t{64 * 2}).all(int32_t{20}).all(int32_t{64 * 2});
    group.all(std::array<int32_t, 2>{x, y}).argument([&](unsigned l) { return values[l].data(); });
    group.run(name);
  }
  std::vector<uint16_t> memory = std::vector<uint16_t>(64 * 20);
  Chip chip{"bmg", 16, 16};
  Machine *machine;
};

TEST_F(BlockTest, ReadsRows) {
  std::array<std::array<uint16_t, 16>, 16> values{};
  access("_Z41intel_sub_group_2d_block_read_16b_8r16x2cPU3AS1viiiDv2_iPt", values, 8, 3);
  for (unsigned l = 0; l < 16; ++l)
    for (unsigned r = 0; r < 8; ++r) {
      ASSERT_EQ(values[l][r], (3 + r) * 64 + 8 + l);
      ASSERT_EQ(values[l][8 + r], (3 + r) * 64 + 8 + 16 + l);
    }
  EXPECT_EQ(chip.failure(), "");
}

TEST_F(BlockTest, OutsideAreZerosAndNothingIsWritten) {
  std::array<std::array<uint16_t, 8>, 16> values{};
  access("_Z41intel_sub_group_2d_block_read_16b_8r16x1cPU3AS1viiiDv2_iPt", values, 56, 16);
  EXPECT_EQ(values[7][3], 19 * 64 + 63);
  EXPECT_EQ(values[8][3], 0);
  EXPECT_EQ(values[7][4], 0);
  for (auto &lane : values)
    lane.fill(7);
  access("_Z42intel_sub_group_2d_block_write_16b_8r16x1cPU3AS1viiiDv2_iPt", values, 56, 18);
  EXPECT_EQ(memory[19 * 64 + 63], 7);
  EXPECT_EQ(memory[17 * 64 + 63], 17 * 64 + 63);
  EXPECT_EQ(chip.failure(), "");
}

TEST_F(BlockTest, TransformsPairsOfRows) {
  std::array<std::array<uint16_t, 16>, 16> values{};
  access("_Z52intel_sub_group_2d_block_read_transform_16b_16r16x1cPU3AS1viiiDv2_iPj", values, 0, 0);
  for (unsigned l = 0; l < 16; ++l)
    for (unsigned k = 0; k < 16; ++k) // an int is rows 2 j and 2 j + 1
      ASSERT_EQ(values[l][k], k * 64 + l);
}

/// Blocks of a run of memory: element i of lane l is number i x lanes + l.
struct RunTest : testing::Test {
  RunTest() {
    for (unsigned i = 0; i < memory.size(); ++i)
      memory[i] = i * 0x10001 + 7;
    chip.sees(memory);
    machine = &chip.start();
  }
  std::vector<uint32_t> memory = std::vector<uint32_t>(128); // at a multiple of 16 bytes, as new gives it
  Chip chip{"pvc", 16, 16};
  Machine *machine;
};

TEST_F(RunTest, RegistersAreRowsOfTheLanes) {
  Threads group(*machine, 16);
  group.all(memory.data() + 4).result(16).run("_Z27intel_sub_group_block_read4PU3AS3Kj");
  for (unsigned l = 0; l < 16; ++l)
    for (unsigned i = 0; i < 4; ++i)
      ASSERT_EQ(group.resultOf<uint32_t>(l, i), memory[4 + i * 16 + l]) << l << " " << i;
  EXPECT_EQ(chip.failure(), "");
}

TEST_F(RunTest, Shorts) {
  Threads group(*machine, 16);
  group.all(memory.data()).result(16).run("_Z30intel_sub_group_block_read_us8PU3AS3Kt");
  for (unsigned l = 0; l < 16; ++l)
    for (unsigned i = 0; i < 8; ++i)
      ASSERT_EQ(group.resultOf<uint16_t>(l, i), uint16_t(memory[(i * 16 + l) / 2] >> (l % 2 * 16))) << l << " " << i;
  EXPECT_EQ(chip.failure(), "");
}

TEST_F(RunTest, OfLocalMemoryBeginAtMultiplesOf16Bytes) {
  Threads group(*machine, 16);
  group.all(memory.data() + 1).result(16).run("_Z27intel_sub_group_block_read4PU3AS3Kj");
  EXPECT_NE(chip.failure().find("no multiple of 16 bytes"), std::string::npos) << chip.failure();
}

TEST_F(RunTest, OfGlobalMemoryAtMultiplesOf4) {
  Threads group(*machine, 16);
  group.all(memory.data() + 1).result(16).run("_Z27intel_sub_group_block_read4PU3AS1Kj");
  EXPECT_EQ(chip.failure(), "");
  EXPECT_EQ(group.resultOf<uint32_t>(3, 1), memory[1 + 16 + 3]);
}

TEST_F(RunTest, ThePointerIsTheSameInAllLanes) {
  Threads group(*machine, 16);
  group.argument([&](unsigned l) { return memory.data() + 4 * l; }).result(16);
  group.run("_Z27intel_sub_group_block_read4PU3AS3Kj");
  EXPECT_NE(chip.failure().find("not the same in all lanes"), std::string::npos) << chip.failure();
}

TEST_F(RunTest, ByAllLanes) {
  Threads group(*machine, 16);
  group.all(memory.data()).result(16).without(5).run("_Z27intel_sub_group_block_read4PU3AS3Kj");
  EXPECT_NE(chip.failure().find("executed by a part of it only"), std::string::npos) << chip.failure();
}

} // namespace
