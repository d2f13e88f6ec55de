//===- ArenaTest.cpp - Where group memory lies ----------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The process' own memory is filled up to see that arenas are found elsewhere.
//
//===----------------------------------------------------------------------===//
#include "Arena.h"

#include "flex/Emulator/Machine.h"

#include <gtest/gtest.h>

#include <cstring>
#include <set>
#include <sys/mman.h>
#include <vector>

using namespace flex::emulator;

namespace {

constexpr uintptr_t kGiB = uintptr_t{1} << 30;

TEST(ArenaTest, LiesBelow4GiBAtAMultipleOfItsSize) {
  std::set<char *> taken;
  for (int i = 0; i < 20; ++i) {
    char *arena = takeArena();
    ASSERT_NE(arena, nullptr);
    auto address = reinterpret_cast<uintptr_t>(arena);
    EXPECT_LT(address + Machine::kArenaBytes, 4 * kGiB);
    EXPECT_EQ(address % Machine::kArenaBytes, 0u);
    EXPECT_TRUE(taken.insert(arena).second);
    std::memset(arena, 1, Machine::kArenaBytes);
  }
  for (char *arena : taken)
    giveBackArena(arena);
}

TEST(ArenaTest, IsFoundBesideAHeapThatFillsWhatMAP_32BITOffers) {
  std::vector<void *> blocks;
  for (uintptr_t at = kGiB; at < 4 * kGiB; at += Machine::kArenaBytes) {
    void *block = mmap(memoryAt(at), Machine::kArenaBytes, PROT_NONE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    if (block != MAP_FAILED)
      blocks.push_back(block);
  }
  std::vector<char *> taken;
  do // the pool's arenas first
    taken.push_back(takeArena());
  while (taken.back() && reinterpret_cast<uintptr_t>(taken.back()) >= kGiB);
  EXPECT_NE(taken.back(), nullptr);
  for (char *arena : taken)
    giveBackArena(arena);
  for (void *block : blocks)
    munmap(block, Machine::kArenaBytes);
}

} // namespace
