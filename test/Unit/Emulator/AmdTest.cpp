//===- AmdTest.cpp - MFMA, WMMA, buffers, conversions ---------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Positions are those of the CDNA3, RDNA3 and RDNA4 ISA documents' tables.
//
//===----------------------------------------------------------------------===//
#include "AmdLayout.h"
#include "Threads.h"

#include <array>
#include <bit>
#include <cmath>

using namespace flex::emulator;
using namespace flex::emulator::amd;

namespace {

TEST(AmdLayout, Mfma) {
  // 16x16x16 f16: lane 37 has row 5, k 8 to 11; D rows 8 to 11.
  EXPECT_EQ(mfmaOuter(37, 16), 5u);
  EXPECT_EQ(mfmaK(37, 3, 16, 4), 11u);
  EXPECT_EQ(mfmaRow(37, 1, 16), 9u);
  // 32x32x8 f16: lane 37 has row 5, k 4 to 7; D: elements 0 to 3 rows 4 to 7, 4 to 7 rows 12 to 15, 12 to 15 rows 28
  // to 31.
  EXPECT_EQ(mfmaOuter(37, 32), 5u);
  EXPECT_EQ(mfmaK(37, 0, 32, 4), 4u);
  EXPECT_EQ(mfmaRow(37, 2, 32), 6u);
  EXPECT_EQ(mfmaRow(37, 4, 32), 12u);
  EXPECT_EQ(mfmaRow(37, 15, 32), 31u);
  EXPECT_EQ(mfmaRow(3, 8, 32), 16u);
  // f64: lane 37 has rows 2, 6, 10, 14.
  EXPECT_EQ(mfmaRowF64(37, 0), 2u);
  EXPECT_EQ(mfmaRowF64(37, 3), 14u);
}

TEST(AmdLayout, Wmma) {
  EXPECT_EQ(wmma3Row(3, 5, 32), 10u); // RDNA3: even rows below lane 16, odd ones above
  EXPECT_EQ(wmma3Row(19, 5, 32), 11u);
  EXPECT_EQ(wmma3Row(50, 2, 64), 11u); // waves of 64: every fourth row
  EXPECT_EQ(wmma4K(19, 5, 8), 13u);
  EXPECT_EQ(wmma4Row(19, 5), 13u);
}

float valueA(unsigned m, unsigned k) {
  return float(int(m % 5) - 2 + int(k % 3));
}
float valueB(unsigned k, unsigned n) {
  return float(int(k % 4) - int(n % 3));
}

float product(unsigned m, unsigned n, unsigned depth, float start) {
  float sum = start;
  for (unsigned k = 0; k < depth; ++k)
    sum += valueA(m, k) * valueB(k, n);
  return sum;
}

uint8_t toFnuz(float value) { // small integers only
  if (value == 0)
    return 0;
  int exponent = std::ilogb(std::fabs(value));
  auto mantissa = static_cast<unsigned>((std::fabs(value) / std::ldexp(1.0f, exponent) - 1) * 8);
  return static_cast<uint8_t>((value < 0 ? 0x80 : 0) | unsigned(exponent + 8) << 3 | mantissa);
}

template <typename T, size_t N, typename Value> auto pack(Value value) {
  std::array<T, N> result;
  for (size_t e = 0; e < N; ++e)
    result[e] = static_cast<T>(value(unsigned(e)));
  return result;
}

/// An MFMA of a wave of 64: lane l has row or column l % m and the k's from l / m * N on.
template <typename T, size_t N, typename Convert>
void expectMfma(const char *name, const char *chipName, unsigned m, unsigned depth, Convert convert) {
  Chip chip(chipName, 64, 64);
  Machine &machine = chip.start();
  Threads wave(machine, 64);
  wave.argument([&](unsigned l) {
    return pack<T, N>([&](unsigned e) { return convert(valueA(l % m, l / m * unsigned(N) + e)); });
  });
  wave.argument([&](unsigned l) {
    return pack<T, N>([&](unsigned e) { return convert(valueB(l / m * unsigned(N) + e, l % m)); });
  });
  const unsigned elements = m * m / 64;
  bool isInteger = std::string(name).find("mfma.i32") != std::string::npos;
  auto start = [&](auto one) {
    std::array<decltype(one), 16> c;
    c.fill(one);
    return c;
  };
  if (m == 16 && isInteger)
    wave.argument([&](unsigned) { return std::array<int32_t, 4>{2, 2, 2, 2}; });
  else if (m == 16)
    wave.argument([&](unsigned) { return std::array<float, 4>{2, 2, 2, 2}; });
  else if (isInteger)
    wave.argument([&](unsigned) { return start(int32_t{2}); });
  else
    wave.argument([&](unsigned) { return start(2.0f); });
  wave.all(uint32_t{0}).all(uint32_t{0}).all(uint32_t{0}).result(elements * 4).run(name);
  ASSERT_EQ(chip.failure(), "") << name;
  for (unsigned l = 0; l < 64; ++l)
    for (unsigned e = 0; e < elements; ++e) {
      unsigned row = m == 16 ? l / 16 * 4 + e : e / 4 * 8 + l / 32 * 4 + e % 4;
      float expected = product(row, l % m, depth, 2);
      float found = isInteger ? float(wave.resultOf<int32_t>(l, e)) : wave.resultOf<float>(l, e);
      ASSERT_EQ(found, expected) << name << " " << l << " " << e;
    }
}

auto same = [](float value) { return value; };
auto toBf16 = [](float value) { return uint16_t(std::bit_cast<uint32_t>(value) >> 16); };

TEST(AmdMfma, EveryType) {
  expectMfma<_Float16, 4>("llvm.amdgcn.mfma.f32.16x16x16f16", "gfx942", 16, 16, same);
  expectMfma<_Float16, 4>("llvm.amdgcn.mfma.f32.32x32x8f16", "gfx90a", 32, 8, same);
  expectMfma<uint16_t, 4>("llvm.amdgcn.mfma.f32.16x16x16bf16.1k", "gfx942", 16, 16, toBf16);
  expectMfma<uint16_t, 4>("llvm.amdgcn.mfma.f32.32x32x8bf16.1k", "gfx942", 32, 8, toBf16);
  expectMfma<uint16_t, 2>("llvm.amdgcn.mfma.f32.16x16x8bf16", "gfx90a", 16, 8, toBf16);
  expectMfma<_Float16, 8>("llvm.amdgcn.mfma.f32.16x16x32.f16", "gfx950", 16, 32, same);
  expectMfma<uint16_t, 8>("llvm.amdgcn.mfma.f32.16x16x32.bf16", "gfx950", 16, 32, toBf16);
  expectMfma<_Float16, 8>("llvm.amdgcn.mfma.f32.32x32x16.f16", "gfx950", 32, 16, same);
  expectMfma<float, 1>("llvm.amdgcn.mfma.f32.16x16x4f32", "gfx942", 16, 4, same);
  expectMfma<float, 1>("llvm.amdgcn.mfma.f32.32x32x2f32", "gfx942", 32, 2, same);
  expectMfma<float, 2>("llvm.amdgcn.mfma.f32.16x16x8.xf32", "gfx942", 16, 8, same);
  expectMfma<int8_t, 8>("llvm.amdgcn.mfma.i32.16x16x32.i8", "gfx942", 16, 32, same);
  expectMfma<int8_t, 8>("llvm.amdgcn.mfma.i32.32x32x16.i8", "gfx942", 32, 16, same);
  expectMfma<int8_t, 4>("llvm.amdgcn.mfma.i32.16x16x16i8", "gfx90a", 16, 16, same);
  expectMfma<int8_t, 16>("llvm.amdgcn.mfma.i32.16x16x64.i8", "gfx950", 16, 64, same);
  expectMfma<uint8_t, 8>("llvm.amdgcn.mfma.f32.16x16x32.fp8.fp8", "gfx942", 16, 32, toFnuz);
  expectMfma<uint8_t, 8>("llvm.amdgcn.mfma.f32.32x32x16.fp8.fp8", "gfx942", 32, 16, toFnuz);
}

TEST(AmdMfma, F8OfTheChip) {
  // 0x38 is 1 in OCP e4m3, 0.5 in gfx942's.
  for (auto [name, expected] : {std::pair{"gfx942", 0.25f * 32}, std::pair{"gfx950", 32.0f}}) {
    Chip chip(name, 64, 64);
    Threads wave(chip.start(), 64);
    wave.all(uint64_t{0x3838383838383838}).all(uint64_t{0x3838383838383838});
    wave.all(std::array<float, 4>{}).all(0u).all(0u).all(0u).result(16);
    wave.run("llvm.amdgcn.mfma.f32.16x16x32.fp8.fp8");
    EXPECT_EQ(wave.resultOf<float>(0), expected);
  }
}

TEST(AmdMfma, F64) {
  Chip chip("gfx90a", 64, 64);
  Threads wave(chip.start(), 64);
  wave.argument([](unsigned l) { return double(valueA(l % 16, l / 16)); });
  wave.argument([](unsigned l) { return double(valueB(l / 16, l % 16)); });
  wave.all(std::array<double, 4>{1, 1, 1, 1}).all(0u).all(0u).all(0u).result(32).run("llvm.amdgcn.mfma.f64.16x16x4f64");
  for (unsigned l = 0; l < 64; ++l)
    for (unsigned e = 0; e < 4; ++e)
      ASSERT_EQ(wave.resultOf<double>(l, e), product(4 * e + l / 16, l % 16, 4, 1)) << l << " " << e;
}

TEST(AmdMfma, RefusedByName) {
  Chip chip("gfx942", 64, 64);
  Threads wave(chip.start(), 64); // 16x16x4f16: four blocks
  wave.all(std::array<_Float16, 4>{}).all(std::array<_Float16, 4>{}).all(std::array<float, 16>{});
  wave.all(0u).all(0u).all(0u).result(64);
  for (const char *name : {"llvm.amdgcn.mfma.f32.16x16x4f16", "llvm.amdgcn.mfma.f32.4x4x4f16",
                           "llvm.amdgcn.mfma.f32.32x32x4f16", "llvm.amdgcn.smfmac.f32.16x16x32.f16"})
    EXPECT_FALSE(bind(wave.symbol(name)).execute) << name;
}

TEST(AmdMfma, ModifiersAreAFailure) {
  Chip chip("gfx942", 64, 64);
  Threads wave(chip.start(), 64);
  wave.all(std::array<_Float16, 4>{}).all(std::array<_Float16, 4>{}).all(std::array<float, 4>{});
  wave.all(0u).all(0u).all(1u).result(16).run("llvm.amdgcn.mfma.f32.16x16x16f16");
  EXPECT_NE(chip.failure().find("blgp"), std::string::npos) << chip.failure();
}

TEST(AmdWmma, Rdna3) {
  for (unsigned waveSize : {32u, 64u}) {
    Chip chip("gfx1100", waveSize, waveSize);
    Threads wave(chip.start(), waveSize);
    wave.argument([](unsigned l) { return pack<_Float16, 16>([&](unsigned k) { return valueA(l % 16, k); }); });
    wave.argument([](unsigned l) { return pack<_Float16, 16>([&](unsigned k) { return valueB(k, l % 16); }); });
    if (waveSize == 32)
      wave.all(std::array<float, 8>{});
    else
      wave.all(std::array<float, 4>{});
    wave.result(1024 / waveSize)
        .run(waveSize == 32 ? "llvm.amdgcn.wmma.f32.16x16x16.f16.v8f32.v16f16"
                            : "llvm.amdgcn.wmma.f32.16x16x16.f16.v4f32.v16f16");
    ASSERT_EQ(chip.failure(), "");
    for (unsigned l = 0; l < waveSize; ++l)
      for (unsigned e = 0; e < 256 / waveSize; ++e)
        ASSERT_EQ(wave.resultOf<float>(l, e), product(e * (waveSize / 16) + l / 16, l % 16, 16, 0)) << l << " " << e;
  }
}

TEST(AmdWmma, Rdna3HalvesAndBytes) {
  Chip chip("gfx1100", 32, 32);
  Machine &machine = chip.start();
  Threads halves(machine, 32);
  halves.argument([](unsigned l) { return pack<_Float16, 16>([&](unsigned k) { return valueA(l % 16, k); }); });
  halves.argument([](unsigned l) { return pack<_Float16, 16>([&](unsigned k) { return valueB(k, l % 16); }); });
  halves.all(pack<_Float16, 16>([](unsigned e) { return float(e % 2 ? 0 : 9); })).all(uint8_t{1}).result(32);
  halves.run("llvm.amdgcn.wmma.f16.16x16x16.f16.v16f16.v16f16");
  for (unsigned l = 0; l < 32; ++l)
    for (unsigned e = 0; e < 8; ++e) {
      ASSERT_EQ(float(halves.resultOf<_Float16>(l, 2 * e + 1)), product(2 * e + l / 16, l % 16, 16, 0));
      ASSERT_EQ(float(halves.resultOf<_Float16>(l, 2 * e)), 9); // the other half stays
    }
  Threads bytes(machine, 32);
  bytes.all(uint8_t{1});
  bytes.argument([](unsigned l) { return pack<int8_t, 16>([&](unsigned k) { return valueA(l % 16, k); }); });
  bytes.all(uint8_t{1});
  bytes.argument([](unsigned l) { return pack<int8_t, 16>([&](unsigned k) { return valueB(k, l % 16); }); });
  bytes.all(std::array<int32_t, 8>{}).all(uint8_t{0}).result(32).run("llvm.amdgcn.wmma.i32.16x16x16.iu8.v8i32.v4i32");
  for (unsigned l = 0; l < 32; ++l)
    ASSERT_EQ(float(bytes.resultOf<int32_t>(l, 3)), product(6 + l / 16, l % 16, 16, 0));
  EXPECT_EQ(chip.failure(), "");
}

TEST(AmdWmma, Rdna3LanesMustRepeat) {
  Chip chip("gfx1100", 32, 32);
  Threads wave(chip.start(), 32);
  wave.argument([](unsigned l) { return pack<_Float16, 16>([&](unsigned) { return float(l); }); });
  wave.all(std::array<_Float16, 16>{}).all(std::array<float, 8>{}).result(32);
  wave.run("llvm.amdgcn.wmma.f32.16x16x16.f16.v8f32.v16f16");
  EXPECT_NE(chip.failure().find("in lane 16 does not repeat that of lane 0"), std::string::npos) << chip.failure();
}

TEST(AmdWmma, Rdna4) {
  Chip chip("gfx1201", 32, 32);
  Machine &machine = chip.start();
  Threads wave(machine, 32);
  wave.argument(
      [](unsigned l) { return pack<_Float16, 8>([&](unsigned e) { return valueA(l % 16, l / 16 * 8 + e); }); });
  wave.argument(
      [](unsigned l) { return pack<_Float16, 8>([&](unsigned e) { return valueB(l / 16 * 8 + e, l % 16); }); });
  wave.all(std::array<float, 8>{}).result(32).run("llvm.amdgcn.wmma.f32.16x16x16.f16.v8f32.v8f16");
  for (unsigned l = 0; l < 32; ++l)
    for (unsigned e = 0; e < 8; ++e)
      ASSERT_EQ(wave.resultOf<float>(l, e), product(l / 16 * 8 + e, l % 16, 16, 0)) << l << " " << e;
  Threads f8(machine, 32); // OCP: 0x38 is 1
  f8.all(uint64_t{0x3838383838383838}).all(uint64_t{0x3c3c3c3c3c3c3c3c}).all(std::array<float, 8>{}).result(32);
  f8.run("llvm.amdgcn.wmma.f32.16x16x16.fp8.bf8.v8f32.v2i32");
  EXPECT_EQ(f8.resultOf<float>(7, 7), 16.0f);
  EXPECT_EQ(chip.failure(), "");
}

TEST(AmdDot, Bytes) {
  Chip chip("gfx1100", 1, 32);
  Machine &machine = chip.start();
  Threads lane(machine, 1);
  lane.all(0x01ff02feu).all(0x02020202u).all(int32_t{100}).all(uint8_t{0}).result(4);
  lane.run("llvm.amdgcn.sdot4");
  EXPECT_EQ(lane.resultOf<int32_t>(0), 100); // (1 - 1 + 2 - 2) * 2
  Threads clamped(machine, 1);
  clamped.all(0xffffffffu).all(0xffffffffu).all(0xffffff00u).all(uint8_t{1}).result(4).run("llvm.amdgcn.udot4");
  EXPECT_EQ(clamped.resultOf<uint32_t>(0), 0xffffffffu);
}

struct BufferTest : testing::Test {
  BufferTest() {
    chip.sees(memory);
    for (unsigned i = 0; i < 16; ++i)
      memory[i] = i + 1;
    machine = &chip.start();
  }
  uint64_t resource(uint64_t bytes) {
    Threads thread(*machine, 1);
    thread.all(memory.data()).all(uint16_t{0}).all(bytes).all(0u).result(8).run("llvm.amdgcn.make.buffer.rsrc.p8.p1");
    return thread.resultOf<uint64_t>(0);
  }
  std::array<uint32_t, 4> load(uint64_t resource, uint32_t offset, uint32_t scalar) {
    Threads thread(*machine, 1);
    thread.all(resource).all(offset).all(scalar).all(0u).result(16).run("llvm.amdgcn.raw.ptr.buffer.load.v4i32");
    return thread.resultOf<std::array<uint32_t, 4>>(0);
  }
  std::vector<uint32_t> memory = std::vector<uint32_t>(16);
  Chip chip{"gfx942", 64, 64};
  Machine *machine;
};

TEST_F(BufferTest, LanesOffsetIsChecked) {
  uint64_t r = resource(40);
  EXPECT_EQ(load(r, 0, 0), (std::array<uint32_t, 4>{1, 2, 3, 4}));
  EXPECT_EQ(load(r, 32, 0), (std::array<uint32_t, 4>{9, 10, 0, 0})); // each dword by itself
  EXPECT_EQ(load(r, 0xffffffff, 0), (std::array<uint32_t, 4>{}));
  EXPECT_EQ(load(r, 16, 32), (std::array<uint32_t, 4>{13, 14, 15, 16})); // the scalar offset is not checked
  EXPECT_EQ(chip.failure(), "");
  load(r, 24, 32);
  EXPECT_NE(chip.failure().find("out-of-bounds"), std::string::npos); // but it must be memory
}

TEST_F(BufferTest, Stores) {
  uint64_t r = resource(12);
  Threads thread(*machine, 1);
  thread.all(std::array<uint32_t, 4>{91, 92, 93, 94}).all(r).all(4u).all(0u).all(0u);
  thread.run("llvm.amdgcn.raw.ptr.buffer.store.v4i32");
  EXPECT_EQ(memory[0], 1u);
  EXPECT_EQ(memory[2], 92u);
  EXPECT_EQ(memory[3], 4u);
  EXPECT_EQ(chip.failure(), "");
}

TEST_F(BufferTest, ToLds) {
  // Lane 5 of the wave: 4 bytes a lane from the base on; the instruction's offset counts on both sides.
  Threads wave(*machine, 6);
  wave.argument([&](unsigned l) { return memory.data() + l; }).all(machine->shared() + 64).all(4u).all(8u).all(0u);
  wave.run("llvm.amdgcn.global.load.lds");
  uint32_t value = 0;
  machine->read(0, 1, &value, machine->shared() + 64 + 8 + 5 * 4, 4, 4);
  EXPECT_EQ(value, 8u); // memory[5 + 2]
  uint64_t r = resource(20);
  Threads buffer(*machine, 6);
  buffer.all(r).all(machine->shared() + 256).all(4u).argument([](unsigned l) { return l * 4; }).all(0u).all(0u).all(0u);
  buffer.run("llvm.amdgcn.raw.ptr.buffer.load.lds");
  machine->read(0, 1, &value, machine->shared() + 256 + 4 * 4, 4, 4);
  EXPECT_EQ(value, 5u);
  machine->read(0, 1, &value, machine->shared() + 256 + 5 * 4, 4, 4);
  EXPECT_EQ(value, 0u); // beyond the resource
  EXPECT_EQ(chip.failure(), "");
}

TEST_F(BufferTest, WhatIsNoResource) {
  load(0, 0, 0);
  EXPECT_NE(chip.failure().find("was not made here"), std::string::npos) << chip.failure();
}

TEST(Convert, Nvidia) {
  Chip chip("sm_90a", 1);
  Machine &machine = chip.start();
  auto one = [&](const char *name, float value, auto result) {
    Threads thread(machine, 1);
    thread.all(value).result(sizeof result).run(name);
    return thread.resultOf<decltype(result)>(0);
  };
  EXPECT_EQ(one("llvm.nvvm.f2tf32.rna", 1 + std::ldexp(1.0f, -11), 0u), 0x3f802000u);
  EXPECT_EQ(one("llvm.nvvm.f2tf32.rn", 1 + std::ldexp(1.0f, -11), 0u), 0x3f800000u);
  EXPECT_EQ(one("llvm.nvvm.f2bf16.rz", 1.999f, uint16_t{}), 0x3fffu);
  EXPECT_EQ(one("llvm.nvvm.f2bf16.rn.relu", -3.0f, uint16_t{}), 0u);
  EXPECT_EQ(one("llvm.nvvm.f2bf16.rn", NAN, uint16_t{}), 0x7fffu);
  auto two = [&](const char *name, float upper, float lower, auto result) {
    Threads thread(machine, 1);
    thread.all(upper).all(lower).result(sizeof result).run(name);
    return thread.resultOf<decltype(result)>(0);
  };
  EXPECT_EQ(two("llvm.nvvm.ff2bf16x2.rn", 1.0f, 2.0f, 0u), 0x3f804000u); // the first is the upper half
  EXPECT_EQ(two("llvm.nvvm.ff2f16x2.rz", 1e9f, 2.0f, 0u), 0x7bff4000u);
  EXPECT_EQ(two("llvm.nvvm.ff.to.e4m3x2.rn", 1000.0f, 1.0f, uint16_t{}), 0x7e38u); // always finite
  EXPECT_EQ(two("llvm.nvvm.ff.to.e5m2x2.rn.relu", -1.0f, 1.0f, uint16_t{}), 0x003cu);
  Threads wide(machine, 1);
  wide.all(uint16_t{0xb838}).result(4).run("llvm.nvvm.e4m3x2.to.f16x2.rn");
  EXPECT_EQ(wide.resultOf<uint32_t>(0), 0xbc003c00u);
  Threads narrow(machine, 1);
  narrow.all(0xbc003c00u).result(2).run("llvm.nvvm.f16x2.to.e4m3x2.rn");
  EXPECT_EQ(narrow.resultOf<uint16_t>(0), 0xb838u);
}

TEST(Convert, Amd) {
  for (auto [name, one] : {std::pair{"gfx942", 0x40u}, std::pair{"gfx1201", 0x38u}}) {
    Chip chip(name, 1, 64);
    Machine &machine = chip.start();
    Threads pack(machine, 1);
    pack.all(1.0f).all(-1.0f).all(0x12345678u).all(uint8_t{1}).result(4).run("llvm.amdgcn.cvt.pk.fp8.f32");
    EXPECT_EQ(pack.resultOf<uint32_t>(0), ((one | 0x80) << 8 | one) << 16 | 0x5678u) << name;
    Threads unpack(machine, 1);
    unpack.all(pack.resultOf<uint32_t>(0)).all(uint8_t{1}).result(8).run("llvm.amdgcn.cvt.pk.f32.fp8");
    EXPECT_EQ(unpack.resultOf<float>(0, 1), -1.0f);
  }
  Chip chip("gfx942", 1, 64);
  Threads half(chip.start(), 1);
  half.all(1.9999f).all(-1e9f).result(4).run("llvm.amdgcn.cvt.pkrtz");
  EXPECT_EQ(half.resultOf<uint32_t>(0), 0xfbff3fffu);
}

} // namespace
