//===- NvidiaWarpgroupTest.cpp - Tensor copies and wgmma ------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Addresses of swizzles and descriptors are worked out from PTX ISA 5.5.7, 9.7.15.5.1
// and 9.7.16.4; whole tiles then go through copy, descriptor and product.
//
//===----------------------------------------------------------------------===//
#include "NvidiaAsync.h"
#include "NvidiaLayout.h"
#include "TensorMaps.h"
#include "Threads.h"

#include <array>

using namespace flex::emulator;
using namespace flex::emulator::nvidia;

namespace {

TEST(NvidiaLayout, Swizzles) {
  // 128 bytes: chunk c of row r is at chunk c ^ r; rows of 128 bytes.
  EXPECT_EQ(swizzled(0x0000, Swizzle::Bytes128), 0x0000u);
  EXPECT_EQ(swizzled(0x0080, Swizzle::Bytes128), 0x0090u); // row 1, chunk 0 -> 1
  EXPECT_EQ(swizzled(0x01a4, Swizzle::Bytes128), 0x0194u); // row 3, chunk 2 -> 1
  EXPECT_EQ(swizzled(0x03f0, Swizzle::Bytes128), 0x0380u); // row 7, chunk 7 -> 0
  EXPECT_EQ(swizzled(0x0480, Swizzle::Bytes128), 0x0490u); // the pattern repeats
  // 64 bytes: four chunks, XOR with address bits 7 and 8; 32 bytes: two chunks, bit 7.
  EXPECT_EQ(swizzled(0x0040, Swizzle::Bytes64), 0x0040u);
  EXPECT_EQ(swizzled(0x0080, Swizzle::Bytes64), 0x0090u);
  EXPECT_EQ(swizzled(0x01b0, Swizzle::Bytes64), 0x0180u);
  EXPECT_EQ(swizzled(0x0060, Swizzle::Bytes32), 0x0060u);
  EXPECT_EQ(swizzled(0x0080, Swizzle::Bytes32), 0x0090u);
  EXPECT_EQ(swizzled(0x0180, Swizzle::Bytes32), 0x0190u);
  EXPECT_EQ(swizzled(0x0180, Swizzle::None), 0x0180u);
}

TEST(NvidiaLayout, Descriptors) {
  // start 0x1400, leading 0x2000, stride 1024, 128-byte swizzle (1 in bits 62, 63)
  uint64_t bits = 0x140ull | 0x200ull << 16 | 0x40ull << 32 | 1ull << 62;
  Descriptor hopper = wgmmaDescriptor(bits);
  EXPECT_TRUE(hopper.isValid);
  EXPECT_EQ(hopper.start, 0x1400u);
  EXPECT_EQ(hopper.leading, 0x2000u);
  EXPECT_EQ(hopper.stride, 1024u);
  EXPECT_EQ(hopper.swizzle, Swizzle::Bytes128);
  EXPECT_EQ(wgmmaDescriptor(2ull << 62).swizzle, Swizzle::Bytes64);
  EXPECT_EQ(wgmmaDescriptor(3ull << 62).swizzle, Swizzle::Bytes32);
  EXPECT_FALSE(wgmmaDescriptor(1ull << 49).isValid);
  // tcgen05: version 1 in bits 46 to 48, swizzle 2 in bits 61 to 63
  Descriptor blackwell = tcgen05Descriptor(0x140ull | 1ull << 46 | 2ull << 61);
  EXPECT_TRUE(blackwell.isValid);
  EXPECT_EQ(blackwell.swizzle, Swizzle::Bytes128);
  EXPECT_EQ(tcgen05Descriptor(1ull << 46 | 6ull << 61).swizzle, Swizzle::Bytes32);
  EXPECT_FALSE(tcgen05Descriptor(0x140ull | 2ull << 61).isValid);   // no version
  EXPECT_FALSE(tcgen05Descriptor(1ull << 46 | 1ull << 61).isValid); // 32-byte atoms
}

TEST(NvidiaLayout, CanonicalOffsets) {
  Descriptor d;
  d.leading = 0x2000;
  d.stride = 0x400;
  d.swizzle = Swizzle::Bytes128;
  // K-major f16: row 9 = second group of 8, second row of it; k 5 = 10 bytes.
  EXPECT_EQ(descriptorOffset(d, false, 9, 5, 2), 0x400u + 128 + 10);
  // MN-major f16: mn 70 = second 128 bytes, element 6; k 11 = second group of 8, row 3.
  EXPECT_EQ(descriptorOffset(d, true, 70, 11, 2), 0x2000u + 12 + 0x400 + 3 * 128);
  d.swizzle = Swizzle::Bytes32;
  EXPECT_EQ(descriptorOffset(d, false, 9, 15, 2), 0x400u + 32 + 30);
  EXPECT_EQ(descriptorOffset(d, true, 17, 8, 2), 0x2000u + 2 + 0x400);
  d.swizzle = Swizzle::None;
  // K-major: core matrices of 8 rows of 16 bytes, the second along k `leading` on.
  EXPECT_EQ(descriptorOffset(d, false, 9, 9, 2), 0x400u + 16 + 0x2000 + 2);
  // MN-major: the second 8 of mn `stride` on, the second 8 of k `leading` on.
  EXPECT_EQ(descriptorOffset(d, true, 9, 10, 2), 0x400u + 2 + 0x2000 + 32);
}

/// A tensor in device memory and its copies.
struct TensorTest : testing::Test {
  TensorTest() {
    chip.options.checksAsyncProxy = true;
    for (size_t i = 0; i < tensor.size(); ++i)
      tensor[i] = static_cast<uint16_t>(i);
    chip.sees(tensor);
    machine = &chip.start();
    Threads(*machine, 1).all(barrier()).all(uint32_t{1}).run("llvm.nvvm.mbarrier.init.shared");
    Threads(*machine, 1).run("llvm.nvvm.fence.mbarrier_init.release.cluster");
  }
  char *barrier() const { return machine->shared() + 60000 / 8 * 8; }

  /// rows x columns of u16, in the upper left of which is the tensor; boxes of boxRows x boxColumns.
  TensorMap map(uint32_t rows, uint32_t columns, uint32_t stride, uint16_t boxRows, uint16_t boxColumns,
                uint8_t swizzle) {
    return flex::test::matrixMap(tensor.data(), rows, columns, stride, boxRows, boxColumns, swizzle);
  }
  void load(const TensorMap &map, char *to, int32_t column, int32_t row) {
    Threads(*machine, 1)
        .all(to)
        .all(barrier())
        .all(&map)
        .all(column)
        .all(row)
        .all(uint16_t{0})
        .all(uint64_t{0})
        .all(uint8_t{0})
        .all(uint8_t{0})
        .all(uint32_t{0})
        .run("llvm.nvvm.cp.async.bulk.tensor.g2s.tile.2d");
  }
  void expect(uint32_t bytes) {
    Threads(*machine, 1)
        .all(barrier())
        .all(bytes)
        .result(8)
        .run("llvm.nvvm.mbarrier.arrive.expect.tx.scope.cta.space.cta");
  }
  Outcome wait(uint32_t parity) {
    return Threads(*machine, 1)
        .all(barrier())
        .all(parity)
        .result(1)
        .run("llvm.nvvm.mbarrier.try.wait.parity.scope.cta.space.cta");
  }
  void store(const TensorMap &map, char *from, int32_t column, int32_t row) {
    Threads(*machine, 1)
        .all(from)
        .all(&map)
        .all(column)
        .all(row)
        .all(uint64_t{0})
        .all(uint8_t{0})
        .run("llvm.nvvm.cp.async.bulk.tensor.s2g.tile.2d");
  }
  uint16_t at(char *base, unsigned offset, Swizzle swizzle) {
    uint16_t value;
    machine->read(0, 1, &value, reinterpret_cast<void *>(swizzled(reinterpret_cast<uintptr_t>(base) + offset, swizzle)),
                  2, 2);
    return value;
  }

  std::vector<uint16_t> tensor = std::vector<uint16_t>(64 * 64 + 8);
  Chip chip{"sm_90a", 128};
  Machine *machine;
};

TEST_F(TensorTest, LoadsABoxWithItsSwizzle) {
  for (uint8_t mode : {0, 1, 2, 3}) {
    auto swizzle = static_cast<Swizzle>(mode);
    uint16_t columns = mode ? uint16_t(swizzleBytes(swizzle) / 2) : 64;
    TensorMap boxes = map(64, 64, 64, 16, columns, mode);
    char *to = machine->shared() + 8192;
    expect(boxes.boxBytes());
    load(boxes, to, 0, 5);
    ASSERT_EQ(wait(mode & 1), Outcome::Done);
    for (unsigned r = 0; r < 16; ++r)
      for (unsigned c = 0; c < columns; ++c)
        ASSERT_EQ(at(to, (r * columns + c) * 2, swizzle), (5 + r) * 64 + c) << int(mode) << " " << r << " " << c;
  }
  EXPECT_EQ(chip.failure(), "");
}

TEST_F(TensorTest, OutsideOfTheTensorIsZeroAndNotWritten) {
  TensorMap boxes = map(10, 60, 64, 8, 16, 0);
  char *to = machine->shared() + 8192;
  expect(256);
  load(boxes, to, 56, 6);
  ASSERT_EQ(wait(0), Outcome::Done);
  for (unsigned r = 0; r < 8; ++r)
    for (unsigned c = 0; c < 16; ++c)
      ASSERT_EQ(at(to, (r * 16 + c) * 2, Swizzle::None), r < 4 && c < 4 ? (6 + r) * 64 + 56 + c : 0);
  std::vector<uint16_t> before = tensor;
  load(boxes, to + 1024, -8, -4); // negative coordinates
  expect(256);
  ASSERT_EQ(wait(1), Outcome::Done);
  EXPECT_EQ(at(to + 1024, (4 * 16 + 8) * 2, Swizzle::None), 0u);
  EXPECT_EQ(at(to + 1024, (5 * 16 + 9) * 2, Swizzle::None), 65u);
  EXPECT_EQ(at(to + 1024, (5 * 16 + 7) * 2, Swizzle::None), 0u);
  // Stored one column on: only what is inside changes.
  store(boxes, to, 57, 6);
  Threads(*machine, 1).run("llvm.nvvm.cp.async.bulk.commit.group");
  Threads(*machine, 1).all(uint32_t{0}).run("llvm.nvvm.cp.async.bulk.wait.group.read");
  for (unsigned i = 0; i < tensor.size(); ++i) {
    unsigned r = i / 64, c = i % 64;
    bool isStored = r >= 6 && r < 10 && c >= 57 && c < 60;
    ASSERT_EQ(tensor[i], isStored ? before[i] - 1 : before[i]) << r << " " << c;
  }
  EXPECT_EQ(chip.failure(), "");
}

TEST_F(TensorTest, NothingIsThereBeforeTheWait) {
  TensorMap boxes = map(64, 64, 64, 8, 64, 3);
  expect(1024);
  load(boxes, machine->shared(), 0, 0);
  at(machine->shared(), 0, Swizzle::None);
  EXPECT_NE(chip.failure().find("while a bulk copy whose barrier nobody has waited for"), std::string::npos)
      << chip.failure();
}

TEST_F(TensorTest, TheFormsWithAPredicate) {
  TensorMap boxes = map(64, 64, 64, 8, 16, 0);
  char *to = machine->shared() + 1024, *other = machine->shared() + 8;
  for (bool is : {false, true}) {
    Threads(*machine, 1)
        .all(barrier())
        .all(256u)
        .all(uint8_t{is})
        .run("asm @$2 mbarrier.arrive.expect_tx.shared.b64 _, [$0], $1;", "r,r,b");
    Threads(*machine, 1)
        .all(to)
        .all(&boxes)
        .all(3)
        .all(5)
        .all(barrier())
        .all(uint8_t{is})
        .run("asm @$5 cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes [$0], [$1, {$2,$3} "
             "], [$4];",
             "l,l,r,r,r,b");
    Threads(*machine, 1).all(other).all(1u).all(uint8_t{is}).run("asm @$2 mbarrier.init.shared.b64 [$0], $1;", "r,r,b");
    EXPECT_EQ(wait(0), is ? Outcome::Done : Outcome::Retry);
  }
  EXPECT_EQ(at(to, 0, Swizzle::None), 5 * 64 + 3);
  Threads(*machine, 1)
      .all(&boxes)
      .all(to)
      .all(4)
      .all(5)
      .all(uint8_t{1})
      .run("asm @$4 cp.async.bulk.tensor.2d.global.shared::cta.bulk_group [$0, {$2, $3} ], [$1];", "l,r,r,r,b");
  Threads(*machine, 1).run("llvm.nvvm.cp.async.bulk.commit.group");
  Threads(*machine, 1).all(uint32_t{0}).run("llvm.nvvm.cp.async.bulk.wait.group.read");
  EXPECT_EQ(tensor[5 * 64 + 4], 5 * 64 + 3);
  EXPECT_NE(machine->barrierAt(0, 1, other), nullptr);
  EXPECT_EQ(chip.failure(), "");
  Threads none(*machine, 1);
  none.all(uint8_t{1});
  EXPECT_FALSE(bind(none.symbol("asm @$0 exit;", "b")).execute);
}

TEST_F(TensorTest, TooFewExpectedBytesNeverComplete) {
  TensorMap boxes = map(64, 64, 64, 8, 64, 3);
  expect(512);
  load(boxes, machine->shared(), 0, 0);
  EXPECT_EQ(wait(0), Outcome::Retry);
}

TEST_F(TensorTest, ABarrierThatNoFenceHasShown) {
  TensorMap boxes = map(64, 64, 64, 8, 64, 0);
  Threads(*machine, 1).all(barrier()).all(uint32_t{1}).run("llvm.nvvm.mbarrier.init.shared");
  load(boxes, machine->shared(), 0, 0);
  EXPECT_NE(chip.failure().find("thread 0 wrote without a fence.proxy.async"), std::string::npos) << chip.failure();
}

TEST_F(TensorTest, MisalignedForItsSwizzle) {
  TensorMap boxes = map(64, 64, 64, 8, 64, 3);
  load(boxes, machine->shared() + 512, 0, 0);
  EXPECT_NE(chip.failure().find("a multiple of 1024"), std::string::npos) << chip.failure();
}

TEST_F(TensorTest, AStoreSeesNoWriteWithoutAFence) {
  TensorMap boxes = map(64, 64, 64, 1, 8, 0);
  for (bool hasFence : {true, false}) {
    std::array<uint16_t, 8> row{};
    machine->write(3, 1, machine->shared(), row.data(), 16, 16);
    if (hasFence)
      machine->fenceAsyncProxy(3);
    store(boxes, machine->shared(), 0, 0);
    Threads(*machine, 1).run("llvm.nvvm.cp.async.bulk.commit.group");
    Threads(*machine, 1).all(uint32_t{0}).run("llvm.nvvm.cp.async.bulk.wait.group.read");
    if (hasFence)
      EXPECT_EQ(chip.failure(), "");
  }
  EXPECT_NE(chip.failure().find("thread 3 wrote without a fence.proxy.async"), std::string::npos) << chip.failure();
}

TEST_F(TensorTest, ASourceMayNotBeReusedBeforeItsStore) {
  TensorMap boxes = map(64, 64, 64, 1, 8, 0);
  std::array<uint16_t, 8> row{};
  machine->write(3, 1, machine->shared(), row.data(), 16, 16);
  machine->fenceAsyncProxy(3);
  store(boxes, machine->shared(), 0, 0);
  machine->write(3, 1, machine->shared(), row.data(), 16, 16);
  EXPECT_NE(chip.failure().find("while a bulk store that its thread has not waited for"), std::string::npos)
      << chip.failure();
}

TEST_F(TensorTest, MapsThatAreNone) {
  TensorMap boxes = map(64, 64, 64, 8, 7, 0);
  EXPECT_NE(boxes.problem().find("14 bytes, not a multiple of 16"), std::string::npos) << boxes.problem();
  EXPECT_NE(map(64, 64, 64, 8, 64, 1).problem().find("more than its swizzle's 32"), std::string::npos);
  boxes.magic = 0;
  load(boxes, machine->shared(), 0, 0);
  EXPECT_NE(chip.failure().find("not the bytes of a tensor map"), std::string::npos) << chip.failure();
}

// -- wgmma

/// The assembly that MLIR writes for m64nNk16, with `registers` sums.
std::string wgmmaText(const std::string &shape, unsigned registers, bool hasTransposes) {
  auto reference = [](unsigned i) { return "$" + std::to_string(i); };
  std::string text = "asm { .reg .pred p; setp.ne.b32 p, " + reference(2 * registers + 2) +
                     ", 0; wgmma.mma_async.sync.aligned." + shape + " {";
  for (unsigned i = 0; i < registers; ++i)
    text += (i ? ", " : "") + reference(i);
  text += "}, " + reference(2 * registers) + ", " + reference(2 * registers + 1) + ", p, " +
          reference(2 * registers + 3) + ", " + reference(2 * registers + 4);
  if (hasTransposes)
    text += ", " + reference(2 * registers + 5) + ", " + reference(2 * registers + 6);
  return text + "; }";
}

std::string wgmmaConstraints(unsigned registers, unsigned scalars) {
  std::string text;
  for (unsigned i = 0; i < registers; ++i)
    text += "=f,";
  for (unsigned i = 0; i < registers; ++i)
    text += std::to_string(i) + ",";
  text += "l,l";
  for (unsigned i = 0; i < scalars; ++i)
    text += ",n";
  return text;
}

struct WgmmaTest : testing::Test {
  Chip chip{"sm_90a", 128};
  Machine &machine = chip.start();
  WgmmaTest() { fence(); }

  /// Writes a matrix element by element where the canonical layout has it: the test's own formula, by case.
  void put(uint32_t offset, Swizzle swizzle, float value) {
    auto half = static_cast<_Float16>(value);
    auto address = swizzled(reinterpret_cast<uintptr_t>(machine.shared()) + offset, swizzle);
    machine.write(0, 1, reinterpret_cast<void *>(address), &half, 2, 2, Access::AsyncWrite);
  }
  static float a(unsigned m, unsigned k) { return float(int(m % 7) - 3 + int(k)); }
  static float b(unsigned k, unsigned n) { return float(int(n % 5) - int(k % 3)); }

  void fence() { Threads(machine, 128).run("llvm.nvvm.wgmma.fence.sync.aligned"); }

  Threads issue(uint64_t descriptorA, uint64_t descriptorB, bool adds, int transposeA, int transposeB,
                float start = 0.5f) {
    Threads group(machine, 128);
    for (unsigned e = 0; e < 8; ++e) // m64n16k16: 8 sums
      group.all(start);
    group.all(descriptorA).all(descriptorB).all(int32_t{adds}).all(1).all(1).all(transposeA).all(transposeB);
    group.result(32).run(wgmmaText("m64n16k16.f32.f16.f16", 8, true), wgmmaConstraints(8, 5));
    return group;
  }
  void expectProduct(const Threads &group, float start) {
    ASSERT_EQ(chip.failure(), "");
    for (unsigned thread = 0; thread < 128; ++thread)
      for (unsigned e = 0; e < 8; ++e) {
        // Figure of D: warp w has rows 16 w; d0, d1 in row t / 4, d2, d3 8 rows on, d4 from column 8 on.
        unsigned m = thread / 32 * 16 + thread % 32 / 4 + (e & 2 ? 8 : 0), n = thread % 4 * 2 + e % 2 + (e & 4 ? 8 : 0);
        float expected = start;
        for (unsigned k = 0; k < 16; ++k)
          expected += a(m, k) * b(k, n);
        ASSERT_EQ(group.resultOf<float>(thread, e), expected) << thread << " " << e;
      }
  }
};

TEST_F(WgmmaTest, KMajorSwizzled) {
  // Rows of 128 bytes; 8 rows are 1024 bytes; B at 16 KiB.
  for (unsigned k = 0; k < 16; ++k) {
    for (unsigned m = 0; m < 64; ++m)
      put(m * 128 + k * 2, Swizzle::Bytes128, a(m, k));
    for (unsigned n = 0; n < 16; ++n)
      put(16384 + n * 128 + k * 2, Swizzle::Bytes128, b(k, n));
  }
  uint64_t rest = 64ull << 32 | 1ull << 62;
  expectProduct(issue(rest, 1024 | rest, true, 0, 0), 0.5f);
  expectProduct(issue(rest, 1024 | rest, false, 0, 0), 0);
}

TEST_F(WgmmaTest, TheSecondSliceOfAPattern) {
  // k 16 to 31 of the same rows: the start moves by 32 bytes, the swizzle stays that of the address.
  for (unsigned k = 0; k < 16; ++k) {
    for (unsigned m = 0; m < 64; ++m)
      put(m * 128 + 32 + k * 2, Swizzle::Bytes128, a(m, k));
    for (unsigned n = 0; n < 16; ++n)
      put(16384 + n * 128 + 32 + k * 2, Swizzle::Bytes128, b(k, n));
  }
  uint64_t rest = 64ull << 32 | 1ull << 62;
  expectProduct(issue(2 | rest, 1026 | rest, true, 0, 0), 0.5f);
}

TEST_F(WgmmaTest, MnMajorSwizzled) {
  // A: 64 m = 128 bytes along m, k rows of 128 bytes, 8 of them 1024 bytes. B: 16 n = 32 bytes along n, 32-byte
  // swizzle.
  for (unsigned k = 0; k < 16; ++k) {
    for (unsigned m = 0; m < 64; ++m)
      put(k * 128 + m * 2, Swizzle::Bytes128, a(m, k));
    for (unsigned n = 0; n < 16; ++n)
      put(16384 + k * 32 + n * 2, Swizzle::Bytes32, b(k, n));
  }
  uint64_t forA = 64ull << 32 | 1ull << 62, forB = 1024 | 16ull << 32 | 3ull << 62;
  expectProduct(issue(forA, forB, true, 1, 1), 0.5f);
}

TEST_F(WgmmaTest, KMajorWithoutSwizzle) {
  // Core matrices of 128 bytes: along k 1024 bytes on for A, 128 for B; along m 128, along n 256.
  for (unsigned k = 0; k < 16; ++k) {
    for (unsigned m = 0; m < 64; ++m)
      put(k / 8 * 1024 + m / 8 * 128 + m % 8 * 16 + k % 8 * 2, Swizzle::None, a(m, k));
    for (unsigned n = 0; n < 16; ++n)
      put(16384 + k / 8 * 128 + n / 8 * 256 + n % 8 * 16 + k % 8 * 2, Swizzle::None, b(k, n));
  }
  uint64_t forA = 64ull << 16 | 8ull << 32, forB = 1024 | 8ull << 16 | 16ull << 32;
  expectProduct(issue(forA, forB, true, 0, 0), 0.5f);
}

TEST_F(WgmmaTest, AInRegistersAndOtherTypes) {
  // m64n8k32 of e4m3: A in registers (only A[9][4] = 2), B[4][3] = 1.5 in shared memory, unswizzled K-major.
  std::vector<uint8_t> zeros(256);
  machine.write(0, 1, machine.shared(), zeros.data(), 256, 16, Access::AsyncWrite);
  uint8_t value = 0x3c; // 1.5
  machine.write(0, 1, machine.shared() + 3 * 16 + 4, &value, 1, 1, Access::AsyncWrite);
  Threads group(machine, 128);
  for (unsigned e = 0; e < 4; ++e)
    group.all(0.0f);
  for (unsigned reg = 0; reg < 4; ++reg) // row 9 = 1 + 8: register 1; k 4: t = 1
    group.argument([=](unsigned thread) { return thread == 5 && reg == 1 ? 0x40u : 0u; });
  group.all(uint64_t{8ull << 16 | 8ull << 32}).all(1).all(1).all(1);
  group.result(16).run("asm { .reg .pred p; setp.ne.b32 p, $13, 0; wgmma.mma_async.sync.aligned.m64n8k32.f32.e4m3.e4m3 "
                       "{$0, $1, $2, $3}, {$8, $9, $10, $11}, $12, p, $14, $15; }",
                       "=f,=f,=f,=f,0,1,2,3,r,r,r,r,l,n,n,n");
  ASSERT_EQ(chip.failure(), "");
  EXPECT_EQ(group.resultOf<float>(5, 3), 3.0f); // D[9][3]: thread 5, second pair, second of it
  EXPECT_EQ(group.resultOf<float>(5, 2), 0.0f);
}

/// m64n16k16 with A in registers; B in group memory at 16 KiB, rows of 16 n. Nothing comes in if sums begin at zero.
struct HeldWgmmaTest : WgmmaTest {
  HeldWgmmaTest() {
    for (unsigned k = 0; k < 16; ++k)
      for (unsigned n = 0; n < 16; ++n)
        put(16384 + k * 32 + n * 2, Swizzle::Bytes32, b(k, n));
  }
  /// Figure of A in registers, m64k16 (9.7.15.5.1): warp w has rows 16 w; a0, a1 in row t / 4, steps 2 (t % 4) and the
  /// next, a2, a3 8 rows on, a4 to a7 likewise 8 steps on. Two to a register.
  static uint32_t held(unsigned thread, unsigned reg) {
    unsigned m = thread / 32 * 16 + thread % 32 / 4 + (reg & 1 ? 8 : 0), k = thread % 4 * 2 + (reg & 2 ? 8 : 0);
    _Float16 pair[] = {static_cast<_Float16>(a(m, k)), static_cast<_Float16>(a(m, k + 1))};
    uint32_t word;
    memcpy(&word, pair, 4);
    return word;
  }
  Threads issueHeld(bool fromZero) {
    Threads group(machine, 128);
    for (unsigned e = 0; e < 8 && !fromZero; ++e)
      group.all(0.5f);
    for (unsigned reg = 0; reg < 4; ++reg)
      group.argument([=](unsigned thread) { return held(thread, reg); });
    group.all(uint64_t{1024 | 16ull << 32 | 3ull << 62});
    std::string sums = "{$0, $1, $2, $3, $4, $5, $6, $7}";
    std::string rest = fromZero ? "{$8, $9, $10, $11}, $12" : "{$16, $17, $18, $19}, $20";
    std::string constraints = "=f,=f,=f,=f,=f,=f,=f,=f,";
    group.result(32).run(std::string("asm { .reg .pred p; setp.ne.b32 p, ") + (fromZero ? "0" : "1") +
                             ", 0; wgmma.mma_async.sync.aligned.m64n16k16.f32.f16.f16 " + sums + ", " + rest +
                             ", p, 1, 1, 1; }",
                         constraints + (fromZero ? "" : "0,1,2,3,4,5,6,7,") + "r,r,r,r,l");
    return group;
  }
};

TEST_F(HeldWgmmaTest, AInRegisters) {
  expectProduct(issueHeld(false), 0.5f);
}

TEST_F(HeldWgmmaTest, SumsThatBeginAtZeroNeedNotComeIn) {
  expectProduct(issueHeld(true), 0);
}

TEST_F(HeldWgmmaTest, RegistersOfANeedAFence) {
  issueHeld(false);
  Threads(machine, 128).run("llvm.nvvm.wgmma.commit_group.sync.aligned");
  Threads(machine, 128).all(uint64_t{0}).run("llvm.nvvm.wgmma.wait_group.sync.aligned");
  fence();
  issueHeld(false);
  Threads(machine, 128).run("llvm.nvvm.wgmma.commit_group.sync.aligned");
  Threads(machine, 128).all(uint64_t{0}).run("llvm.nvvm.wgmma.wait_group.sync.aligned");
  EXPECT_EQ(chip.failure(), "");
  issueHeld(false);
  EXPECT_NE(chip.failure().find("takes registers that no wgmma.fence has put in order"), std::string::npos)
      << chip.failure();
}

TEST_F(WgmmaTest, SumsThatDoNotComeInMustBeginAtZero) {
  Threads group(machine, 128);
  group.all(uint64_t{0}).all(uint64_t{0}).result(16);
  for (bool adds : {false, true}) {
    std::string text = std::string("asm { .reg .pred p; setp.ne.b32 p, ") + (adds ? "1" : "0") +
                       ", 0; wgmma.mma_async.sync.aligned.m64n8k16.f32.f16.f16 {$0, $1, $2, $3}, $4, $5, p, 1, 1, 0, "
                       "0; }";
    EXPECT_EQ(bind(group.symbol(text, "=f,=f,=f,=f,l,l")).execute != nullptr, !adds);
  }
}

TEST_F(WgmmaTest, OperandsAreTakenUntilEachWarpHasWaited) {
  for (unsigned i = 0; i < 24576; i += 2)
    put(i, Swizzle::None, 0);
  uint64_t rest = 64ull << 32 | 1ull << 62;
  issue(rest, 1024 | rest, true, 0, 0);
  auto all = [&] { return Threads(machine, 128); };
  all().run("llvm.nvvm.wgmma.commit_group.sync.aligned");
  all().all(uint64_t{1}).run("llvm.nvvm.wgmma.wait_group.sync.aligned");
  EXPECT_NE(unfinishedWork(machine, 32), "");
  all().without(96).all(uint64_t{0}).run("llvm.nvvm.wgmma.wait_group.sync.aligned");
  EXPECT_EQ(unfinishedWork(machine, 32), "");
  EXPECT_NE(unfinishedWork(machine, 96), "");
  uint16_t value = 0;
  EXPECT_FALSE(machine.write(0, 1, machine.shared() + 128, &value, 2, 2));
  EXPECT_NE(chip.failure().find("while a wgmma that a warp has not waited for"), std::string::npos) << chip.failure();
}

TEST_F(WgmmaTest, SumsFromElsewhereNeedAFence) {
  for (unsigned i = 0; i < 24576; i += 2)
    put(i, Swizzle::None, 0);
  uint64_t rest = 64ull << 32 | 1ull << 62;
  auto waitForAll = [&] {
    Threads(machine, 128).run("llvm.nvvm.wgmma.commit_group.sync.aligned");
    Threads(machine, 128).all(uint64_t{0}).run("llvm.nvvm.wgmma.wait_group.sync.aligned");
  };
  issue(rest, 1024 | rest, true, 0, 0);
  waitForAll();
  issue(rest, 1024 | rest, true, 0, 0); // what the first one gave
  waitForAll();
  fence();
  issue(rest, 1024 | rest, true, 0, 0, 1.0f);
  waitForAll();
  EXPECT_EQ(chip.failure(), "");
  issue(rest, 1024 | rest, true, 0, 0, 2.0f);
  EXPECT_NE(chip.failure().find("no wgmma.fence"), std::string::npos) << chip.failure();
}

TEST_F(WgmmaTest, UninitialisedOperandsAreAFailure) {
  uint64_t rest = 64ull << 32 | 1ull << 62;
  issue(rest, 1024 | rest, true, 0, 0);
  EXPECT_NE(chip.failure().find("uninitialised group memory"), std::string::npos) << chip.failure();
}

} // namespace
