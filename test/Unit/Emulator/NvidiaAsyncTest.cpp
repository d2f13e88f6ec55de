//===- NvidiaAsyncTest.cpp - cp.async, mbarrier, fences -------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What is asynchronous is late: each test of a wait has one without it.
//
//===----------------------------------------------------------------------===//
#include "Threads.h"

using namespace flex::emulator;

namespace {

struct CopyTest : testing::Test {
  CopyTest() {
    for (unsigned i = 0; i < 64; ++i)
      source[i] = i + 1;
    chip.sees(source);
    machine = &chip.start();
  }
  void copy(unsigned offset, const uint32_t *from) {
    Threads(*machine, 1).all(machine->shared() + offset).all(from).run("llvm.nvvm.cp.async.ca.shared.global.16");
  }
  void run(const char *name) { Threads(*machine, 1).run(name); }
  void wait(uint32_t groups) { Threads(*machine, 1).all(groups).run("llvm.nvvm.cp.async.wait.group"); }
  uint32_t read(unsigned offset) {
    uint32_t value;
    machine->read(0, 1, &value, machine->shared() + offset, 4, 4);
    return value;
  }

  std::vector<uint32_t> source = std::vector<uint32_t>(64);
  Chip chip{"sm_80", 32};
  Machine *machine;
};

TEST_F(CopyTest, ArrivesWithItsWait) {
  copy(0, &source[0]);
  run("llvm.nvvm.cp.async.commit.group");
  copy(16, &source[4]);
  run("llvm.nvvm.cp.async.commit.group");
  wait(1);
  EXPECT_EQ(read(0), 1u);
  EXPECT_EQ(chip.failure(), "");
  wait(0);
  EXPECT_EQ(read(16), 5u);
  EXPECT_EQ(chip.failure(), "");
}

TEST_F(CopyTest, ReadWithoutItsWait) {
  copy(0, &source[0]);
  run("llvm.nvvm.cp.async.commit.group");
  wait(1); // one may be pending: this one
  read(0);
  EXPECT_NE(chip.failure().find("while a cp.async that its thread has not waited for may still be using it"),
            std::string::npos)
      << chip.failure();
}

TEST_F(CopyTest, TakesTheSourceAtTheWait) {
  copy(0, &source[0]);
  source[0] = 77;
  run("llvm.nvvm.cp.async.wait.all");
  EXPECT_EQ(read(0), 77u);
}

TEST_F(CopyTest, FillsWithZeros) {
  Threads(*machine, 1)
      .all(machine->shared())
      .all(&source[0])
      .all(uint32_t{8})
      .run("llvm.nvvm.cp.async.cg.shared.global.16.s");
  run("llvm.nvvm.cp.async.wait.all");
  EXPECT_EQ(read(4), 2u);
  EXPECT_EQ(read(8), 0u);
  EXPECT_EQ(chip.failure(), "");
}

TEST_F(CopyTest, NoSourceBytesReadNothing) {
  const uint32_t *nowhere = nullptr;
  Threads(*machine, 1)
      .all(machine->shared())
      .all(nowhere)
      .all(uint32_t{0})
      .run("llvm.nvvm.cp.async.ca.shared.global.4.s");
  run("llvm.nvvm.cp.async.wait.all");
  EXPECT_EQ(read(0), 0u);
  EXPECT_EQ(chip.failure(), "");
}

TEST_F(CopyTest, BeyondTheSourceIsAFailureAtTheCopy) {
  copy(0, &source[62]); // misaligned in any case only if the vector is; 62 * 4 + 16 is past the end
  EXPECT_NE(chip.failure(), "");
}

TEST_F(CopyTest, ArrivesOnABarrier) {
  void *barrier = machine->shared() + 64;
  Threads(*machine, 1).all(barrier).all(uint32_t{1}).run("llvm.nvvm.mbarrier.init.shared");
  copy(0, &source[0]);
  Threads(*machine, 1).all(barrier).run("llvm.nvvm.cp.async.mbarrier.arrive.noinc.shared");
  Threads waiter(*machine, 1);
  waiter.all(barrier).all(uint32_t{0}).result(1);
  EXPECT_EQ(waiter.run("llvm.nvvm.mbarrier.try.wait.parity.scope.cta.space.cta"), Outcome::Done);
  EXPECT_EQ(waiter.resultOf<uint8_t>(0), 1);
  EXPECT_EQ(read(0), 1u);
}

struct BarrierTest : testing::Test {
  void init(uint32_t count) { Threads(machine, 1).all(barrier).all(count).run("llvm.nvvm.mbarrier.init.shared"); }
  void arrive() { Threads(machine, 1).all(barrier).result(8).run("llvm.nvvm.mbarrier.arrive.shared"); }
  void expect(uint32_t bytes) {
    Threads(machine, 1)
        .all(barrier)
        .all(bytes)
        .result(8)
        .run("llvm.nvvm.mbarrier.arrive.expect.tx.scope.cta.space.cta");
  }
  Outcome waitFor(uint32_t parity) {
    return Threads(machine, 1)
        .all(barrier)
        .all(parity)
        .all(uint32_t{10000000})
        .run("asm { .reg .pred P1; LAB_WAIT: mbarrier.try_wait.parity.shared.b64 P1, [$0], $1, $2; @P1 bra.uni DONE; "
             "bra.uni LAB_WAIT; DONE: }",
             "r,r,r");
  }
  Chip chip{"sm_90a", 32};
  Machine &machine = chip.start();
  char *barrier = machine.shared();
};

TEST_F(BarrierTest, PhasesAlternate) {
  init(2);
  EXPECT_EQ(waitFor(1), Outcome::Done); // "the phase before the first" counts as complete
  EXPECT_EQ(waitFor(0), Outcome::Retry);
  arrive();
  EXPECT_EQ(waitFor(0), Outcome::Retry);
  arrive();
  EXPECT_EQ(waitFor(0), Outcome::Done);
  EXPECT_EQ(waitFor(1), Outcome::Retry);
  arrive();
  arrive();
  EXPECT_EQ(waitFor(1), Outcome::Done);
  EXPECT_EQ(chip.failure(), "");
}

TEST_F(BarrierTest, WaitsForBytes) {
  init(1);
  expect(32);
  EXPECT_EQ(waitFor(0), Outcome::Retry);
  Threads(machine, 1).all(barrier).all(uint32_t{32}).run("llvm.nvvm.mbarrier.complete.tx.scope.cta.space.cta");
  EXPECT_EQ(waitFor(0), Outcome::Done);
}

TEST_F(BarrierTest, StateOfTheArrival) {
  init(1);
  Threads arrival(machine, 1);
  arrival.all(barrier).result(8).run("llvm.nvvm.mbarrier.arrive.shared");
  Threads test(machine, 1);
  test.all(barrier).all(arrival.resultOf<uint64_t>(0)).result(1).run("llvm.nvvm.mbarrier.test.wait.shared");
  EXPECT_EQ(test.resultOf<uint8_t>(0), 1);
}

TEST_F(BarrierTest, Mistakes) {
  arrive();
  EXPECT_NE(chip.failure().find("never initialised"), std::string::npos) << chip.failure();
}

TEST_F(BarrierTest, AddressAs32Bits) {
  init(1);
  arrive();
  auto low = static_cast<uint32_t>(reinterpret_cast<uintptr_t>(barrier));
  EXPECT_EQ(Threads(machine, 1)
                .all(low)
                .all(uint32_t{0})
                .run("asm { LAB_WAIT: mbarrier.try_wait.parity.shared.b64 P1, [$0], $1; @P1 bra.uni DONE; }", "r,r"),
            Outcome::Done);
}

} // namespace
