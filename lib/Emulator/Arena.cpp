//===- Arena.cpp - Group memory below 4 GiB -------------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// MAP_32BIT is not enough: it looks between 1 and 2 GiB only, which the heap of
// a program that is not position independent (Debian's python3) may fill.
//
//===----------------------------------------------------------------------===//
#include "Arena.h"

#include "flex/Emulator/Machine.h"

#include <mutex>
#include <sys/mman.h>
#include <vector>

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000 // Linux 4.17; before it, a hint
#endif

namespace flex::emulator {

constexpr uintptr_t kBytes = Machine::kArenaBytes;
static_assert((kBytes & (kBytes - 1)) == 0);

static std::mutex mutex;

/// Those that no group uses.
static std::vector<char *> &pool() {
  static auto *arenas = new std::vector<char *>; // lives as long as the process
  return *arenas;
}

/// A new one at the highest free place that ends below `end`; null if there is none from `begin` on.
static char *mapBetween(uintptr_t begin, uintptr_t end) {
  for (uintptr_t at = end - 2 * kBytes; at >= begin; at -= kBytes) {
    void *memory = mmap(memoryAt(at), kBytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    if (memory == memoryAt(at))
      return static_cast<char *>(memory);
    if (memory != MAP_FAILED)
      munmap(memory, kBytes);
  }
  return nullptr;
}

char *takeArena() {
  std::lock_guard lock(mutex);
  if (!pool().empty()) {
    char *arena = pool().back();
    pool().pop_back();
    return arena;
  }
  // Below 1 GiB last: there a heap grows upwards.
  constexpr uintptr_t kGiB = uintptr_t{1} << 30;
  for (uintptr_t begin : {3 * kGiB, 2 * kGiB, kGiB, kBytes})
    if (char *arena = mapBetween(begin, begin < kGiB ? kGiB : begin + kGiB))
      return arena;
  return nullptr;
}

void giveBackArena(char *arena) {
  if (!arena)
    return;
  std::lock_guard lock(mutex);
  pool().push_back(arena);
}

} // namespace flex::emulator
