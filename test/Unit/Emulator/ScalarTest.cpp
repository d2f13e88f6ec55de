//===- ScalarTest.cpp - Ids, votes and moves between lanes ----------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Expected values are worked out from the manuals' text or pseudocode, lane by
// lane.
//
//===----------------------------------------------------------------------===//
#include "Threads.h"

#include <cmath>

using namespace flex::emulator;

namespace {

uint32_t tenfold(unsigned lane) {
  return 10 * lane;
}

/// The result in each lane of a move of 10 * lane.
std::vector<uint32_t> sources(Threads &threads, unsigned count) {
  std::vector<uint32_t> out;
  for (unsigned lane = 0; lane < count; ++lane)
    out.push_back(threads.resultOf<uint32_t>(lane) / 10);
  return out;
}

std::vector<uint32_t> expected(unsigned count, uint32_t (*of)(uint32_t)) {
  std::vector<uint32_t> out;
  for (unsigned lane = 0; lane < count; ++lane)
    out.push_back(of(lane));
  return out;
}

// -- NVIDIA: PTX 9.7.9.6 shfl.sync ------------------------------------------------------------------------------------

std::vector<uint32_t> shuffle(const std::string &mode, uint32_t b, uint32_t c) {
  Chip chip("sm_80", 32);
  Threads threads(chip.start(), 32);
  threads.all(~0u).argument(tenfold).all(b).all(c).result(4);
  EXPECT_EQ(threads.run("llvm.nvvm.shfl.sync." + mode + ".i32"), Outcome::Done);
  return sources(threads, 32);
}

TEST(Shuffle, Modes) {
  EXPECT_EQ(shuffle("bfly", 5, 31), expected(32, [](uint32_t i) { return i ^ 5; }));
  EXPECT_EQ(shuffle("up", 3, 0), expected(32, [](uint32_t i) { return i < 3 ? i : i - 3; }));
  EXPECT_EQ(shuffle("down", 3, 31), expected(32, [](uint32_t i) { return i + 3 > 31 ? i : i + 3; }));
  EXPECT_EQ(shuffle("idx", 7, 31), expected(32, [](uint32_t) { return 7u; }));
}

TEST(Shuffle, Segments) {
  // c = (32 - 8) << 8 | 7: segments of 8 lanes, each clamped to its own last lane.
  constexpr uint32_t kEight = 24 << 8 | 7;
  EXPECT_EQ(shuffle("idx", 2, kEight), expected(32, [](uint32_t i) { return i / 8 * 8 + 2; }));
  EXPECT_EQ(shuffle("down", 6, kEight), expected(32, [](uint32_t i) { return i % 8 + 6 > 7 ? i : i + 6; }));
  EXPECT_EQ(shuffle("up", 6, 24 << 8), expected(32, [](uint32_t i) { return i % 8 < 6 ? i : i - 6; }));
}

TEST(Shuffle, WaitsForItsMembers) {
  Chip chip("sm_80", 32);
  Threads threads(chip.start(), 32);
  threads.all(~0u).argument(tenfold).all(1u).all(31u).result(4).without(9);
  EXPECT_EQ(threads.run("llvm.nvvm.shfl.sync.bfly.i32"), Outcome::Retry);
  Threads few(*chip.machine, 32);
  few.all(~(1u << 9)).argument(tenfold).all(1u).all(31u).result(8).without(9);
  EXPECT_EQ(few.run("llvm.nvvm.shfl.sync.bfly.i32p"), Outcome::Done);
  EXPECT_EQ(few.resultOf<uint32_t>(4), 50u);
  EXPECT_EQ(few.resultOf<uint32_t>(8), ~0u); // lane 9 is not there
}

TEST(Votes, Nvidia) {
  Chip chip("sm_80", 32);
  auto vote = [&](const std::string &kind, uint32_t bytes) {
    Threads threads(chip.start(), 32);
    threads.all(~0u).argument([](unsigned lane) { return static_cast<uint8_t>(lane % 3 == 0); }).result(bytes);
    EXPECT_EQ(threads.run("llvm.nvvm.vote." + kind + ".sync"), Outcome::Done);
    return bytes == 4 ? threads.resultOf<uint32_t>(17) : threads.resultOf<uint8_t>(17);
  };
  EXPECT_EQ(vote("ballot", 4), 0x49249249u);
  EXPECT_EQ(vote("any", 1), 1u);
  EXPECT_EQ(vote("all", 1), 0u);
  EXPECT_EQ(vote("uni", 1), 0u);
}

TEST(Votes, ReduxAndMatch) {
  Chip chip("sm_80", 32);
  auto redux = [&](const std::string &kind) {
    Threads threads(chip.start(), 32);
    threads.argument([](unsigned lane) { return static_cast<int32_t>(lane) - 4; }).all(~0u).result(4);
    EXPECT_EQ(threads.run("llvm.nvvm.redux.sync." + kind), Outcome::Done);
    return threads.resultOf<int32_t>(30);
  };
  EXPECT_EQ(redux("add"), 31 * 16 - 4 * 32);
  EXPECT_EQ(redux("min"), -4);
  EXPECT_EQ(redux("umin"), 0);
  EXPECT_EQ(redux("max"), 27);
  EXPECT_EQ(redux("umax"), -1);
  Threads threads(chip.start(), 32);
  threads.all(~0u).argument([](unsigned lane) { return lane % 4; }).result(4);
  EXPECT_EQ(threads.run("llvm.nvvm.match.any.sync.i32"), Outcome::Done);
  EXPECT_EQ(threads.resultOf<uint32_t>(6), 0x44444444u);
}

TEST(Scalar, PrmtAndApproximations) {
  Chip chip("sm_80", 1);
  Threads bytes(chip.start(), 1);
  bytes.all(0x83020100u)
      .all(0x07060504u)
      .all(0xb740u)
      .result(4); // nibbles, from the lowest: bytes 0, 4, 7, the sign of 3
  EXPECT_EQ(bytes.run("llvm.nvvm.prmt"), Outcome::Done);
  EXPECT_EQ(bytes.resultOf<uint32_t>(0), 0xff070400u);
  auto unary = [&](const std::string &name, float x) {
    Threads threads(*chip.machine, 1);
    threads.all(x).result(4);
    EXPECT_EQ(threads.run(name), Outcome::Done);
    return threads.resultOf<float>(0);
  };
  EXPECT_EQ(unary("llvm.nvvm.ex2.approx.f", -2.0f), 0.25f);
  EXPECT_EQ(unary("llvm.nvvm.rcp.approx.ftz.f", 4.0f), 0.25f);
  EXPECT_EQ(unary("asm rsqrt.approx.ftz.f32 $0, $1;", 4.0f), 0.5f);
  EXPECT_EQ(unary("llvm.nvvm.rcp.approx.ftz.f", 3e38f), 0.0f); // the result is subnormal
  EXPECT_EQ(unary("llvm.amdgcn.rcp.f32", 8.0f), 0.125f);
  EXPECT_EQ(unary("llvm.amdgcn.exp2.f32", 3.0f), 8.0f);
}

// -- AMD: CDNA3 and RDNA3 manuals -------------------------------------------------------------------------------------

constexpr uint32_t kOld = 1234560;

std::vector<uint32_t> dpp(uint32_t control, bool bound, unsigned wave = 64, uint32_t rows = 15, uint32_t banks = 15) {
  Chip chip("gfx942", wave, wave);
  Threads threads(chip.start(), wave);
  threads.all(kOld).argument(tenfold).all(control).all(rows).all(banks).all(static_cast<uint8_t>(bound)).result(4);
  EXPECT_EQ(threads.run("llvm.amdgcn.update.dpp.i32"), Outcome::Done);
  return sources(threads, wave);
}

TEST(Dpp, Controls) {
  constexpr uint32_t kNone = kOld / 10;
  EXPECT_EQ(dpp(0xb1, false), expected(64, [](uint32_t i) { return i ^ 1; })); // quad_perm:[1,0,3,2]
  EXPECT_EQ(dpp(0x102, false), expected(64, [](uint32_t i) { return i % 16 < 14 ? i + 2 : kNone; }));
  EXPECT_EQ(dpp(0x113, false), expected(64, [](uint32_t i) { return i % 16 >= 3 ? i - 3 : kNone; }));
  EXPECT_EQ(dpp(0x113, true), expected(64, [](uint32_t i) { return i % 16 >= 3 ? i - 3 : 0; }));
  EXPECT_EQ(dpp(0x124, false), expected(64, [](uint32_t i) { return i / 16 * 16 + (i + 12) % 16; }));
  EXPECT_EQ(dpp(0x140, false), expected(64, [](uint32_t i) { return i / 16 * 16 + 15 - i % 16; }));
  EXPECT_EQ(dpp(0x141, false), expected(64, [](uint32_t i) { return i / 8 * 8 + 7 - i % 8; }));
  EXPECT_EQ(dpp(0x142, false), expected(64, [](uint32_t i) { return i < 16 ? kNone : i / 16 * 16 - 1; }));
  EXPECT_EQ(dpp(0x143, false), expected(64, [](uint32_t i) { return i < 32 ? kNone : 31; }));
  EXPECT_EQ(dpp(0x155, false, 32), expected(32, [](uint32_t i) { return i / 16 * 16 + 5; }));
  EXPECT_EQ(dpp(0x166, false, 32), expected(32, [](uint32_t i) { return i ^ 6; }));
}

TEST(Dpp, MasksOfRowsAndBanks) {
  EXPECT_EQ(dpp(0xb1, true, 64, 2), expected(64, [](uint32_t i) { return i / 16 == 1 ? i ^ 1 : kOld / 10; }));
  EXPECT_EQ(dpp(0xb1, true, 64, 15, 8), expected(64, [](uint32_t i) { return i % 16 / 4 == 3 ? i ^ 1 : kOld / 10; }));
}

TEST(Lanes, SwizzleAndPermutes) {
  Chip chip("gfx942", 64, 64);
  auto run = [&](const std::string &name, auto fill) {
    Threads threads(chip.start(), 64);
    fill(threads);
    EXPECT_EQ(threads.result(4).run(name), Outcome::Done);
    return sources(threads, 64);
  };
  EXPECT_EQ(run("llvm.amdgcn.ds.swizzle", [](Threads &t) { t.argument(tenfold).all(0x401fu); }),
            expected(64, [](uint32_t i) { return i ^ 16; }));
  EXPECT_EQ(run("llvm.amdgcn.ds.swizzle", [](Threads &t) { t.argument(tenfold).all(0x801bu); }), // quads reversed
            expected(64, [](uint32_t i) { return i ^ 3; }));
  EXPECT_EQ(run("llvm.amdgcn.ds.bpermute",
                [](Threads &t) { t.argument([](unsigned i) { return 4 * (i ^ 33); }).argument(tenfold); }),
            expected(64, [](uint32_t i) { return i ^ 33; }));
  EXPECT_EQ(run("llvm.amdgcn.ds.permute",
                [](Threads &t) { t.argument([](unsigned i) { return 4 * ((i + 1) % 64); }).argument(tenfold); }),
            expected(64, [](uint32_t i) { return (i + 63) % 64; }));
  EXPECT_EQ(run("llvm.amdgcn.readfirstlane.i32", [](Threads &t) { t.argument(tenfold).without(0); })[5], 1u);
  EXPECT_EQ(run("llvm.amdgcn.permlane64.i32", [](Threads &t) { t.argument(tenfold); }),
            expected(64, [](uint32_t i) { return i ^ 32; }));
}

TEST(Lanes, Permlane16) {
  Chip chip("gfx1100", 32, 32);
  auto run = [&](const std::string &name) {
    Threads threads(chip.start(), 32);
    // Lane n of a row takes lane 15 - n.
    threads.all(kOld).argument(tenfold).all(0x89abcdefu).all(0x01234567u).all(uint8_t{0}).all(uint8_t{0}).result(4);
    EXPECT_EQ(threads.run(name), Outcome::Done);
    return sources(threads, 32);
  };
  EXPECT_EQ(run("llvm.amdgcn.permlane16.i32"), expected(32, [](uint32_t i) { return i ^ 15; }));
  EXPECT_EQ(run("llvm.amdgcn.permlanex16.i32"), expected(32, [](uint32_t i) { return i ^ 31; }));
}

TEST(Lanes, Swaps) {
  Chip chip("gfx950", 64, 64);
  Threads threads(chip.start(), 64);
  threads.argument(tenfold)
      .argument([](unsigned lane) { return 1000 + lane; })
      .all(uint8_t{0})
      .all(uint8_t{0})
      .result(8);
  EXPECT_EQ(threads.run("llvm.amdgcn.permlane32.swap"), Outcome::Done);
  EXPECT_EQ(threads.resultOf<uint32_t>(5, 0), 50u); // the lower half of the first stays
  EXPECT_EQ(threads.resultOf<uint32_t>(37, 0), 1005u);
  EXPECT_EQ(threads.resultOf<uint32_t>(5, 1), 370u);
  EXPECT_EQ(threads.resultOf<uint32_t>(37, 1), 1037u); // the upper half of the second stays
}

TEST(Lanes, CountsAndBallots) {
  Chip chip("gfx942", 64, 64);
  Threads low(chip.start(), 64);
  low.all(~0u).all(100u).result(4);
  low.run("llvm.amdgcn.mbcnt.lo");
  EXPECT_EQ(low.resultOf<uint32_t>(7), 107u);
  EXPECT_EQ(low.resultOf<uint32_t>(40), 132u);
  Threads high(*chip.machine, 64);
  high.all(~0u).all(0u).result(4);
  high.run("llvm.amdgcn.mbcnt.hi");
  EXPECT_EQ(high.resultOf<uint32_t>(31), 0u);
  EXPECT_EQ(high.resultOf<uint32_t>(63), 31u);
  Threads ballot(*chip.machine, 64);
  ballot.argument([](unsigned lane) { return static_cast<uint8_t>(lane >= 60); }).result(8).without(61);
  EXPECT_EQ(ballot.run("llvm.amdgcn.ballot.i64"), Outcome::Done);
  EXPECT_EQ(ballot.resultOf<uint64_t>(0), 0xd000000000000000u);
  Threads bytes(*chip.machine, 1);
  bytes.all(0x07060504u).all(0x83020100u).all(0x0c090700u).result(4);
  bytes.run("llvm.amdgcn.perm"); // byte 0, byte 7, the sign of bytes 2 and 3, zero
  EXPECT_EQ(bytes.resultOf<uint32_t>(0), 0x00ff0700u);
}

// -- Khronos' builtins

TEST(Builtins, SubGroups) {
  Chip chip("opencl", 32, 16);
  Threads threads(chip.start(), 16);
  threads.argument(tenfold).all(3u).result(4);
  EXPECT_EQ(threads.run("_Z21sub_group_shuffle_xorjj"), Outcome::Done);
  EXPECT_EQ(sources(threads, 16), expected(16, [](uint32_t i) { return i ^ 3; }));
  Threads sum(*chip.machine, 16);
  sum.argument([](unsigned lane) { return static_cast<float>(lane); }).result(4);
  EXPECT_EQ(sum.run("_Z20sub_group_reduce_addf"), Outcome::Done);
  EXPECT_EQ(sum.resultOf<float>(3), 120.0f);
  Threads id(*chip.machine, 32);
  id.all(0u).result(8);
  id.run("_Z12get_local_idj");
  EXPECT_EQ(id.resultOf<uint64_t>(20), 20u);
}

// -- Rounding

TEST(Scalar, NarrowingFromF64RoundsOnce) {
  Chip chip("sm_80", 1);
  auto narrow = [&](const std::string &type, double x) {
    Threads threads(chip.start(), 1);
    threads.all(x).result(2);
    threads.run("flex.fptrunc.f64." + type);
    return threads.resultOf<uint16_t>(0);
  };
  EXPECT_EQ(narrow("f16", 1.0), 0x3c00);
  EXPECT_EQ(narrow("f16", 65519.9), 0x7bff);
  EXPECT_EQ(narrow("f16", 65520.0), 0x7c00);
  EXPECT_EQ(narrow("f16", -0x1p-24), 0x8001);
  EXPECT_EQ(narrow("f16", 0x1p-25), 0x0000); // a tie to even
  EXPECT_EQ(narrow("f16", 0x1.0000001p-25), 0x0001);
  // Just above a tie: in f32 it is the tie, and would go down.
  EXPECT_EQ(narrow("f16", 1 + 0x1p-11 + 0x1p-40), 0x3c01);
  EXPECT_EQ(narrow("bf16", 1 + 0x1p-8 + 0x1p-40), 0x3f81);
  EXPECT_EQ(narrow("bf16", std::nan("")) & 0x7fc0, 0x7fc0);
}

} // namespace
