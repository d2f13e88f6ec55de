//===- NvidiaTcgen05Test.cpp - Tensor memory and tcgen05.mma --------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Fields of the instruction descriptor are those of PTX ISA table 42, places in tensor
// memory those of 9.7.16.2.3 and 9.7.16.10.5.
//
//===----------------------------------------------------------------------===//
#include "NvidiaAsync.h"
#include "NvidiaLayout.h"
#include "Threads.h"

#include <array>

using namespace flex::emulator;
using namespace flex::emulator::nvidia;

namespace {

struct TensorMemoryTest : testing::Test {
  Chip chip{"sm_100a", 128};
  Machine &machine = chip.start();
  char *barrier = machine.shared() + 49152;

  uint32_t allocate(uint32_t columns) {
    Threads(machine, 32).all(machine.shared() + 49160).all(columns).run("llvm.nvvm.tcgen05.alloc.shared.cg1");
    uint32_t address = ~0u;
    machine.read(0, 1, &address, machine.shared() + 49160, 4, 4);
    return address;
  }
  /// One warp's load of x2 registers; the warp is told by its threads' numbers.
  Threads load(const char *shape, uint64_t address, unsigned registers) {
    Threads warp(machine, 32);
    warp.all(address).all(uint8_t{0}).result(registers * 4);
    warp.run("llvm.nvvm.tcgen05.ld." + std::string(shape) + ".x" + std::to_string(registers));
    return warp;
  }
  void wait() {
    Threads waiter(machine, 1);
    waiter.all(barrier).all(uint32_t{0}).result(1);
    EXPECT_EQ(waiter.run("llvm.nvvm.mbarrier.try.wait.parity.scope.cta.space.cta"), Outcome::Done);
  }
  void fence() { Threads(machine, 1).run("llvm.nvvm.tcgen05.fence.after.thread.sync"); }
  /// K-major without swizzle: core matrices of 128 bytes, along k 128 on, along m 256 on.
  void put(uint32_t start, unsigned mn, unsigned k, float value) {
    auto half = static_cast<_Float16>(value);
    machine.write(0, 1, machine.shared() + start + mn / 8 * 256 + k / 8 * 128 + mn % 8 * 16 + k % 8 * 2, &half, 2, 2,
                  Access::AsyncWrite);
  }
  static float a(unsigned m, unsigned k) { return float(int(m % 7) - 3 + int(k)); }
  static float b(unsigned k, unsigned n) { return float(int(n % 5) - int(k % 3)); }

  /// M x 16 x 16 of f16 with f32 sums at the address.
  void issue(unsigned m, uint64_t address, bool adds) {
    uint64_t rest = 8ull << 16 | 16ull << 32 | 1ull << 46;
    uint32_t fields = 1u << 4 | 2u << 17 | m / 16 << 24;
    Threads(machine, 1)
        .all(address)
        .all(rest)
        .all(1024 | rest)
        .all(fields)
        .all(uint8_t{adds})
        .all(0)
        .all(1)
        .all(0)
        .run("llvm.nvvm.tcgen05.mma.shared");
  }
  void putOperands(unsigned m) {
    for (unsigned k = 0; k < 16; ++k) {
      for (unsigned row = 0; row < m; ++row)
        put(0, row, k, a(row, k));
      for (unsigned n = 0; n < 16; ++n)
        put(16384, n, k, b(k, n));
    }
    Threads(machine, 1).all(barrier).all(uint32_t{1}).run("llvm.nvvm.mbarrier.init.shared");
  }
  void commit() { Threads(machine, 1).all(barrier).run("llvm.nvvm.tcgen05.commit.shared.cg1"); }
};

TEST_F(TensorMemoryTest, Allocation) {
  EXPECT_EQ(allocate(256), 0u);
  EXPECT_EQ(allocate(128), 256u);
  Threads third(machine, 32);
  third.all(machine.shared() + 49160).all(256u);
  EXPECT_EQ(third.run("llvm.nvvm.tcgen05.alloc.shared.cg1"), Outcome::Retry);
  Threads(machine, 32).all(uint64_t{0}).all(256u).run("llvm.nvvm.tcgen05.dealloc.cg1");
  EXPECT_EQ(allocate(64), 0u);
  EXPECT_EQ(chip.failure(), "");
  allocate(48);
  EXPECT_NE(chip.failure().find("not a power of two"), std::string::npos) << chip.failure();
}

TEST_F(TensorMemoryTest, StoreAndLoadByShape) {
  uint64_t address = allocate(32);
  Threads warp(machine, 32); // 32x32b: thread l has lane l, register i column i
  warp.all(address);
  warp.argument([](unsigned lane) {
    std::array<uint32_t, 8> columns;
    for (unsigned i = 0; i < 8; ++i)
      columns[i] = lane * 100 + i;
    return columns;
  });
  warp.all(uint8_t{0}).run("llvm.nvvm.tcgen05.st.32x32b.x8");
  Threads same = load("32x32b", address, 8), narrow = load("16x128b", address, 4), wide = load("16x256b", address, 4);
  for (unsigned l = 0; l < 32; ++l) {
    EXPECT_EQ(same.resultOf<uint32_t>(l, 5), l * 100 + 5);
    // 16x128b: registers 0, 1 in rows l / 4 and 8 on, column l % 4; then the next four columns.
    EXPECT_EQ(narrow.resultOf<uint32_t>(l, 0), l / 4 * 100 + l % 4);
    EXPECT_EQ(narrow.resultOf<uint32_t>(l, 3), (l / 4 + 8) * 100 + l % 4 + 4);
    // 16x256b: as an f32 accumulator of mma.
    EXPECT_EQ(wide.resultOf<uint32_t>(l, 1), l / 4 * 100 + l % 4 * 2 + 1);
    EXPECT_EQ(wide.resultOf<uint32_t>(l, 2), (l / 4 + 8) * 100 + l % 4 * 2);
  }
  EXPECT_EQ(chip.failure(), "");
  load("32x32b", address + 8, 1);
  EXPECT_NE(chip.failure().find("uninitialised tensor memory: lane 0, column 8"), std::string::npos) << chip.failure();
}

TEST_F(TensorMemoryTest, ProductOf128Rows) {
  putOperands(128);
  uint64_t address = allocate(32);
  issue(128, address, false);
  issue(128, address, true); // twice
  commit();
  wait();
  fence();
  Threads first = load("32x32b", address, 16);
  ASSERT_EQ(chip.failure(), "");
  for (unsigned row = 0; row < 32; ++row)
    for (unsigned n = 0; n < 16; ++n) {
      float expected = 0;
      for (unsigned k = 0; k < 16; ++k)
        expected += 2 * a(row, k) * b(k, n);
      ASSERT_EQ(first.resultOf<float>(row, n), expected) << row << " " << n;
    }
}

TEST_F(TensorMemoryTest, ProductOf64Rows) {
  putOperands(64);
  uint64_t address = allocate(32);
  issue(64, address, false);
  commit();
  wait();
  fence();
  Threads rows = load("16x256b", address, 8); // rows 0 to 15; 16 to 31 are in lanes 32 to 47
  ASSERT_EQ(chip.failure(), "");
  for (unsigned l = 0; l < 32; ++l)
    for (unsigned i = 0; i < 8; ++i) {
      unsigned row = l / 4 + (i & 2 ? 8 : 0), n = l % 4 * 2 + i % 2 + i / 4 * 8;
      float expected = 0;
      for (unsigned k = 0; k < 16; ++k)
        expected += a(row, k) * b(k, n);
      ASSERT_EQ(rows.resultOf<float>(l, i), expected) << l << " " << i;
    }
  load("32x32b", address, 1);
  EXPECT_NE(chip.failure().find("uninitialised tensor memory: lane 16"), std::string::npos) << chip.failure();
}

TEST_F(TensorMemoryTest, NothingIsThereBeforeTheCommitIsWaitedFor) {
  putOperands(128);
  uint64_t address = allocate(32);
  issue(128, address, false);
  commit();
  load("32x32b", address, 1);
  EXPECT_NE(chip.failure().find("writes whose commit nobody has waited for"), std::string::npos) << chip.failure();
}

TEST_F(TensorMemoryTest, AFenceComesBehindTheWait) {
  putOperands(128);
  uint64_t address = allocate(32);
  issue(128, address, false);
  commit();
  wait();
  load("32x32b", address, 1);
  EXPECT_NE(chip.failure().find("no tcgen05.fence::after_thread_sync"), std::string::npos) << chip.failure();
}

TEST_F(TensorMemoryTest, LoadsAreWaitedFor) {
  putOperands(128);
  uint64_t address = allocate(64);
  issue(128, address, false);
  commit();
  wait();
  fence();
  load("32x32b", address, 4);
  issue(128, address + 32, false); // other columns
  ASSERT_EQ(chip.failure(), "");
  Threads(machine, 32).run("llvm.nvvm.tcgen05.wait.ld");
  issue(128, address, false);
  ASSERT_EQ(chip.failure(), "");
}

TEST_F(TensorMemoryTest, LoadsThatNobodyWaitedFor) {
  putOperands(128);
  uint64_t address = allocate(32);
  issue(128, address, false);
  commit();
  wait();
  fence();
  load("32x32b", address, 4);
  EXPECT_NE(unfinishedWork(machine, 3).find("before it waited for 1 tcgen05.ld"), std::string::npos);
  Threads(machine, 32).all(address).all(32u).run("llvm.nvvm.tcgen05.dealloc.cg1");
  EXPECT_NE(chip.failure().find("column 0 while a tcgen05.ld that no tcgen05.wait::ld"), std::string::npos)
      << chip.failure();
}

TEST_F(TensorMemoryTest, ColumnsAreGivenBack) {
  uint64_t address = allocate(32);
  for (int thread = 0; thread < 127; ++thread)
    EXPECT_EQ(unfinishedWork(machine, thread), "");
  EXPECT_NE(unfinishedWork(machine, 127).find("32 columns of tensor memory not given back"), std::string::npos);
  Threads(machine, 32).all(address).all(32u).run("llvm.nvvm.tcgen05.dealloc.cg1");
  EXPECT_EQ(chip.failure(), "");
}

TEST_F(TensorMemoryTest, OperandsAreTaken) {
  putOperands(128);
  issue(128, allocate(32), false);
  commit();
  put(0, 3, 3, 1);
  EXPECT_NE(chip.failure().find("while a tcgen05.mma"), std::string::npos) << chip.failure();
}

TEST_F(TensorMemoryTest, Mistakes) {
  putOperands(128);
  issue(128, 0, false);
  EXPECT_NE(chip.failure().find("column 0 is not allocated"), std::string::npos) << chip.failure();
}

TEST_F(TensorMemoryTest, OtherWarpsLanes) {
  uint64_t address = allocate(32);
  load("32x32b", address + (32ull << 16), 1); // warp 0
  EXPECT_NE(chip.failure().find("warp 0 of a warpgroup accesses lane 32"), std::string::npos) << chip.failure();
}

TEST_F(TensorMemoryTest, RefusedByName) {
  for (const char *name : {"llvm.nvvm.tcgen05.alloc.shared.cg2", "llvm.nvvm.tcgen05.mma.ws.shared",
                           "llvm.nvvm.tcgen05.cp.128x256b.cg1", "llvm.nvvm.tcgen05.ld.16x64b.x1"}) {
    Threads thread(machine, 1);
    thread.all(uint64_t{0});
    EXPECT_FALSE(bind(thread.symbol(name)).execute) << name;
  }
}

} // namespace
