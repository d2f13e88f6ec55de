//===- NvidiaMatrixTest.cpp - mma.sync, ldmatrix, stmatrix ----------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Positions are read off the figures of PTX ISA 9.7.14.5, lane by lane.
//
//===----------------------------------------------------------------------===//
#include "NvidiaLayout.h"
#include "Threads.h"

#include <array>
#include <bit>

using namespace flex::emulator;
using namespace flex::emulator::nvidia;

namespace {

struct Place {
  unsigned lane, element, row, column;
};

TEST(NvidiaLayout, FragmentAOfF16) { // mma.m16n8k16, figure of A: T0 {a0,a1} (0,0); T5 {a4,a5} (1,10) …
  const Place places[] = {{0, 0, 0, 0},  {0, 1, 0, 1},  {1, 0, 0, 2}, {3, 1, 0, 7},   {4, 0, 1, 0},
                          {31, 1, 7, 7}, {0, 2, 8, 0},  {5, 3, 9, 3}, {31, 3, 15, 7}, {0, 4, 0, 8},
                          {5, 4, 1, 10}, {3, 5, 0, 15}, {0, 6, 8, 8}, {28, 7, 15, 9}, {31, 7, 15, 15}};
  for (const Place &p : places)
    EXPECT_EQ(fragmentA(p.lane, p.element, 2), (Cell{p.row, p.column})) << p.lane << " " << p.element;
}

TEST(NvidiaLayout, FragmentAOfBytesAndWords) {
  // m16n8k32 of 8 bits: col = 4 t + (i & 3), + 16 from a8 on; row + 8 for a4..a7 and a12..a15
  const Place bytes[] = {{0, 3, 0, 3}, {1, 0, 0, 4}, {6, 4, 9, 8}, {6, 8, 1, 24}, {31, 15, 15, 31}};
  for (const Place &p : bytes)
    EXPECT_EQ(fragmentA(p.lane, p.element, 4), (Cell{p.row, p.column})) << p.lane << " " << p.element;
  // m16n8k8 of tf32: a1 in row g + 8, a2 and a3 in column t + 4
  const Place words[] = {{0, 0, 0, 0}, {7, 0, 1, 3}, {7, 1, 9, 3}, {7, 2, 1, 7}, {7, 3, 9, 7}};
  for (const Place &p : words)
    EXPECT_EQ(fragmentA(p.lane, p.element, 1), (Cell{p.row, p.column})) << p.lane << " " << p.element;
}

TEST(NvidiaLayout, FragmentsBAndC) {
  const Place b16[] = {{0, 0, 0, 0}, {1, 1, 3, 0}, {4, 0, 0, 1}, {6, 2, 12, 1}, {31, 3, 15, 7}};
  for (const Place &p : b16)
    EXPECT_EQ(fragmentB(p.lane, p.element, 2), (Cell{p.row, p.column})) << p.lane << " " << p.element;
  const Place b8[] = {{1, 3, 7, 0}, {9, 4, 20, 2}, {31, 7, 31, 7}};
  for (const Place &p : b8)
    EXPECT_EQ(fragmentB(p.lane, p.element, 4), (Cell{p.row, p.column})) << p.lane << " " << p.element;
  const Place c[] = {{0, 0, 0, 0}, {1, 1, 0, 3}, {5, 2, 9, 2}, {31, 3, 15, 7}, {1, 4, 0, 10}, {5, 7, 9, 11}};
  for (const Place &p : c)
    EXPECT_EQ(fragmentC(p.lane, p.element), (Cell{p.row, p.column})) << p.lane << " " << p.element;
}

float half(int value) {
  return static_cast<float>(value);
}

/// mma.m16n8k16 with small integers: A[m][k] = m + 2k - 7, B[k][n] = 3k - n, written by hand from the manual's
/// formulas.
TEST(NvidiaMma, F16WithF32Sums) {
  Chip chip("sm_80", 32);
  Machine &machine = chip.start();
  auto a = [](unsigned m, unsigned k) { return int(m) + 2 * int(k) - 7; };
  auto b = [](unsigned k, unsigned n) { return 3 * int(k) - int(n); };
  Threads warp(machine, 32);
  for (unsigned reg = 0; reg < 4; ++reg)
    warp.argument([&](unsigned lane) {
      unsigned row = lane / 4 + (reg == 1 || reg == 3 ? 8 : 0), column = lane % 4 * 2 + (reg >= 2 ? 8 : 0);
      return std::array<_Float16, 2>{_Float16(half(a(row, column))), _Float16(half(a(row, column + 1)))};
    });
  for (unsigned reg = 0; reg < 2; ++reg)
    warp.argument([&](unsigned lane) {
      unsigned k = lane % 4 * 2 + reg * 8, n = lane / 4;
      return std::array<_Float16, 2>{_Float16(half(b(k, n))), _Float16(half(b(k + 1, n)))};
    });
  for (unsigned i = 0; i < 4; ++i)
    warp.all(0.5f * static_cast<float>(i));
  warp.result(16).run("llvm.nvvm.mma.m16n8k16.row.col.f32.f32");
  for (unsigned lane = 0; lane < 32; ++lane)
    for (unsigned i = 0; i < 4; ++i) {
      unsigned m = lane / 4 + (i >= 2 ? 8 : 0), n = lane % 4 * 2 + i % 2;
      float expected = 0.5f * static_cast<float>(i);
      for (unsigned k = 0; k < 16; ++k)
        expected += half(a(m, k) * b(k, n));
      EXPECT_EQ(warp.resultOf<float>(lane, i), expected) << lane << " " << i;
    }
}

/// One element of each operand is 1, so that a single sum says which k, row and column met.
void expectSingle(const char *name, unsigned registersA, unsigned registersB, unsigned registersC, uint32_t one,
                  unsigned perRegister, uint32_t expected, uint32_t registersD = 4) {
  Chip chip("sm_90a", 32);
  Machine &machine = chip.start();
  Threads warp(machine, 32);
  // A: lane 9, last register, last element; B: the element of the same k in column 5.
  unsigned bits = 32 / perRegister, shift = 32 - bits;
  for (unsigned reg = 0; reg < registersA; ++reg)
    warp.argument([=](unsigned lane) { return lane == 9 && reg == registersA - 1 ? one << shift : 0u; });
  for (unsigned reg = 0; reg < registersB; ++reg)
    warp.argument([=](unsigned lane) { return lane == 21 && reg == registersB - 1 ? one << shift : 0u; });
  for (unsigned reg = 0; reg < registersC; ++reg)
    warp.all(uint32_t{0});
  warp.result(registersD * 4).run(name);
  // Row 9 / 4 + 8 = 10, column 21 / 4 = 5: lane 2 * 4 + 2, second pair, second of it.
  unsigned found = 0;
  for (unsigned lane = 0; lane < 32; ++lane)
    for (unsigned reg = 0; reg < registersD; ++reg)
      if (uint32_t value = warp.resultOf<uint32_t>(lane, reg)) {
        ++found;
        EXPECT_EQ(lane, 10u) << name;
        EXPECT_EQ(reg, registersD - 1) << name;
        EXPECT_EQ(value, expected) << name;
      }
  EXPECT_EQ(found, 1u) << name;
}

TEST(NvidiaMma, EveryType) {
  const uint32_t kOne = std::bit_cast<uint32_t>(1.0f);
  expectSingle("llvm.nvvm.mma.m16n8k16.row.col.bf16", 4, 2, 4, 0x3f80, 2, kOne);
  expectSingle("llvm.nvvm.mma.m16n8k8.row.col.bf16", 2, 1, 4, 0x3f80, 2, kOne);
  expectSingle("llvm.nvvm.mma.m16n8k8.row.col.f32.f32", 2, 1, 4, 0x3c00, 2, kOne);
  expectSingle("llvm.nvvm.mma.m16n8k8.row.col.f16.f16", 2, 1, 2, 0x3c00, 2, 0x3c000000, 2);
  expectSingle("llvm.nvvm.mma.m16n8k16.row.col.f16.f16", 4, 2, 2, 0x3c00, 2, 0x3c000000, 2);
  expectSingle("llvm.nvvm.mma.m16n8k8.row.col.tf32", 4, 2, 4, kOne, 1, kOne);
  expectSingle("llvm.nvvm.mma.m16n8k4.row.col.tf32", 2, 1, 4, kOne, 1, kOne);
  expectSingle("llvm.nvvm.mma.m16n8k32.row.col.s8", 4, 2, 4, 0x80, 4, 128 * 128);
  expectSingle("llvm.nvvm.mma.m16n8k32.row.col.u8.s8", 4, 2, 4, 0x80, 4, uint32_t(-128 * 128));
  expectSingle("llvm.nvvm.mma.m16n8k16.row.col.satfinite.u8", 2, 1, 4, 0xff, 4, 255 * 255);
  expectSingle("llvm.nvvm.mma.m16n8k64.row.col.s4", 4, 2, 4, 0x8, 8, 64);
  expectSingle("llvm.nvvm.mma.m16n8k32.row.col.f32.e4m3.e4m3.f32", 4, 2, 4, 0x38, 4, kOne);
  expectSingle("llvm.nvvm.mma.m16n8k32.row.col.f32.e5m2.e4m3.f32", 4, 2, 4, 0x38, 4, std::bit_cast<uint32_t>(0.5f));
}

TEST(NvidiaMma, F64) {
  Chip chip("sm_80", 32);
  Machine &machine = chip.start();
  Threads warp(machine, 32);
  warp.argument([](unsigned lane) { return lane == 6 ? 3.0 : 0.0; });   // A[1][2]
  warp.argument([](unsigned lane) { return lane == 14 ? 0.25 : 0.0; }); // B[2][3]
  warp.all(1.0).all(2.0).result(16).run("llvm.nvvm.mma.m8n8k4.row.col.f64");
  EXPECT_EQ(warp.resultOf<double>(5, 1), 2.75); // C[1][3]
  EXPECT_EQ(warp.resultOf<double>(5, 0), 1);
}

TEST(NvidiaMma, SaturationAndRounding) {
  Chip chip("sm_80", 32);
  Machine &machine = chip.start();
  auto run = [&](const char *name) {
    Threads warp(machine, 32);
    for (unsigned i = 0; i < 6; ++i)
      warp.all(uint32_t{0x7f7f7f7f});
    for (unsigned i = 0; i < 4; ++i)
      warp.all(int32_t{INT32_MAX});
    warp.result(16).run(name);
    return warp.resultOf<int32_t>(0);
  };
  EXPECT_EQ(run("llvm.nvvm.mma.m16n8k32.row.col.satfinite.s8"), INT32_MAX);
  EXPECT_EQ(run("llvm.nvvm.mma.m16n8k32.row.col.s8"), int32_t(uint32_t(INT32_MAX) + 32 * 127 * 127));
}

TEST(NvidiaMma, APartOfTheWarpIsAFailure) {
  Chip chip("sm_80", 32);
  Machine &machine = chip.start();
  Threads warp(machine, 32);
  warp.all(1.0).all(1.0).all(0.0).all(0.0).result(16).without(3).run("llvm.nvvm.mma.m8n8k4.row.col.f64");
  EXPECT_NE(chip.failure().find("by a part of it only; at k.flex:1:1"), std::string::npos) << chip.failure();
}

TEST(NvidiaMma, RefusedByName) {
  Chip chip("sm_80", 32);
  Threads warp(chip.start(), 32);
  for (const char *name : {"llvm.nvvm.mma.m8n8k4.row.col.f32.f32", "llvm.nvvm.mma.m16n8k16.row.col.sparse",
                           "llvm.nvvm.mma.m16n8k32.row.col.kind::f8f6f4.f32.e2m1.e2m1.f32"})
    EXPECT_FALSE(bind(warp.symbol(name)).execute) << name;
}

/// Two matrices of 8 x 8: element (m, r, c) is 100 m + 10 r + c.
TEST(NvidiaMatrix, LoadAndStore) {
  for (bool isTransposed : {false, true}) {
    Chip chip("sm_90a", 32);
    Machine &machine = chip.start();
    for (unsigned m = 0; m < 2; ++m)
      for (unsigned r = 0; r < 8; ++r)
        for (unsigned c = 0; c < 8; ++c) {
          auto value = static_cast<uint16_t>(100 * m + 10 * r + c);
          machine.write(0, 1, machine.shared() + m * 256 + r * 32 + c * 2, &value, 2, 2);
        }
    auto address = [&](unsigned lane) { return machine.shared() + lane / 8 % 2 * 256 + lane % 8 * 32; };
    std::string trans = isTransposed ? "trans." : "";
    Threads warp(machine, 32);
    warp.argument(address).result(8).run("llvm.nvvm.ldmatrix.sync.aligned.m8n8.x2." + trans + "b16.p3");
    for (unsigned lane = 0; lane < 32; ++lane)
      for (unsigned i = 0; i < 4; ++i) {
        unsigned row = lane / 4, column = lane % 4 * 2 + i % 2;
        if (isTransposed)
          std::swap(row, column);
        EXPECT_EQ(warp.resultOf<uint16_t>(lane, i), 100 * (i / 2) + 10 * row + column) << lane << " " << i;
      }
    // Back to another place: the same matrices.
    Threads back(machine, 32);
    back.argument([&](unsigned lane) { return address(lane) + 1024; });
    for (unsigned reg = 0; reg < 2; ++reg)
      back.argument([&](unsigned lane) { return warp.resultOf<uint32_t>(lane, reg); });
    back.run("llvm.nvvm.stmatrix.sync.aligned.m8n8.x2." + trans + "b16.p3");
    for (unsigned i = 0; i < 16; ++i)
      EXPECT_EQ(std::memcmp(address(i), address(i) + 1024, 16), 0) << i;
    EXPECT_EQ(chip.failure(), "");
  }
}

TEST(NvidiaMatrix, RowsAreAligned) {
  Chip chip("sm_80", 32);
  Machine &machine = chip.start();
  Threads warp(machine, 32);
  warp.argument([&](unsigned lane) { return machine.shared() + 8 + lane * 16; })
      .result(4)
      .run("llvm.nvvm.ldmatrix.sync.aligned.m8n8.x1.b16.p3");
  EXPECT_NE(chip.failure().find("a multiple of 16"), std::string::npos) << chip.failure();
}

} // namespace
