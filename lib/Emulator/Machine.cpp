//===- Machine.cpp - One group's view of the chip -------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Memory and its checks. Asynchronous copies and barriers are in Async.cpp.
//
//===----------------------------------------------------------------------===//
#include "flex/Emulator/Machine.h"

#include "Arena.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace flex::emulator {

constexpr unsigned char kPoison = 0xff; // a NaN in every float type, an index that is out of range

Machine::Machine(const MachineOptions &options)
    : options(options), arena(takeArena()), initialised(options.sharedBytes), unfencedWriter(options.sharedBytes),
      unfencedWrites(options.groupSize), heldReads(options.sharedBytes), heldWrites(options.sharedBytes) {
  if (!arena)
    failure = std::make_unique<Failure>(Failure{"no free place below 4 GiB for the group memory of the emulator"});
}

Machine::~Machine() {
  giveBackArena(arena);
}

void Machine::begin(GroupId group, GroupId groups) {
  groupId = group;
  groupCount = groups;
  if (options.sharedBytes && arena)
    std::memset(arena, kPoison, options.sharedBytes);
  std::fill(initialised.begin(), initialised.end(), 0);
  std::fill(unfencedWriter.begin(), unfencedWriter.end(), 0);
  for (auto &writes : unfencedWrites)
    writes.clear();
  queues.clear();
  barriers.clear();
  held.clear();
  std::fill(heldReads.begin(), heldReads.end(), 0);
  std::fill(heldWrites.begin(), heldWrites.end(), 0);
  states.clear();
}

static const char *nameOf(Access kind) {
  switch (kind) {
  case Access::Read: return "read";
  case Access::Write: return "write";
  case Access::Atomic: return "atomic access";
  case Access::AsyncRead: return "asynchronous read";
  case Access::AsyncWrite: return "asynchronous write";
  }
  return "access";
}

static bool isWrite(Access kind) {
  return kind == Access::Write || kind == Access::AsyncWrite || kind == Access::Atomic;
}

static std::string hex(uint64_t value) {
  char text[32];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
  return text;
}

bool Machine::access(int thread, uint32_t site, const void *pointer, uint32_t bytes, uint32_t alignment, Access kind) {
  if (hasFailed())
    return false;
  auto address = reinterpret_cast<uintptr_t>(pointer);
  if (alignment > 1 && address % alignment) {
    fail(thread, site,
         std::string("misaligned ") + nameOf(kind) + " of " + std::to_string(bytes) + " bytes at " + hex(address) +
             ", which must be a multiple of " + std::to_string(alignment));
    return false;
  }
  if (isShared(pointer))
    return accessShared(thread, site, static_cast<size_t>(address - reinterpret_cast<uintptr_t>(arena)), bytes, kind);
  return accessGlobal(thread, site, address, bytes, kind);
}

bool Machine::accessGlobal(int thread, uint32_t site, uintptr_t address, uint32_t bytes, Access kind) {
  const auto &ranges = options.global;
  auto covers = [&](size_t index) {
    return index < ranges.size() && address >= ranges[index].begin && address < ranges[index].end;
  };
  if (!covers(lastRange)) {
    auto after =
        std::upper_bound(ranges.begin(), ranges.end(), address,
                         [](uintptr_t value, const MachineOptions::Range &range) { return value < range.begin; });
    size_t index = static_cast<size_t>(after - ranges.begin());
    if (index == 0 || !covers(index - 1)) {
      std::string near = index == 0 ? ""
                                    : ", " + std::to_string(address - ranges[index - 1].end) +
                                          " bytes after the end of a buffer of " +
                                          std::to_string(ranges[index - 1].end - ranges[index - 1].begin) + " bytes";
      fail(thread, site,
           std::string("out-of-bounds ") + nameOf(kind) + " of " + std::to_string(bytes) + " bytes at " + hex(address) +
               near);
      return false;
    }
    lastRange = index - 1;
  }
  const MachineOptions::Range &range = ranges[lastRange];
  if (range.end - address < bytes) {
    fail(thread, site,
         std::string("out-of-bounds ") + nameOf(kind) + " of " + std::to_string(bytes) + " bytes, of which only " +
             std::to_string(range.end - address) + " are in the buffer of " + std::to_string(range.end - range.begin) +
             " bytes");
    return false;
  }
  if (!range.writable && isWrite(kind)) {
    fail(thread, site, std::string(nameOf(kind)) + " of memory that the kernel may only read");
    return false;
  }
  return true;
}

bool Machine::accessShared(int thread, uint32_t site, size_t offset, uint32_t bytes, Access kind) {
  if (offset + bytes > options.sharedBytes) {
    fail(thread, site,
         std::string("out-of-bounds ") + nameOf(kind) + " of " + std::to_string(bytes) + " bytes at offset " +
             std::to_string(offset) + " of " + std::to_string(options.sharedBytes) + " bytes of group memory");
    return false;
  }
  if (!held.empty() && !checkHeld(thread, site, reinterpret_cast<uintptr_t>(arena) + offset, bytes, kind))
    return false;
  if (kind != Access::Write && kind != Access::AsyncWrite)
    if (const void *missing = std::memchr(initialised.data() + offset, 0, bytes)) {
      size_t at = static_cast<size_t>(static_cast<const uint8_t *>(missing) - initialised.data());
      fail(thread, site,
           std::string(nameOf(kind)) + " of uninitialised group memory: " + std::to_string(bytes) +
               " bytes at offset " + std::to_string(offset) + ", of which nothing has written byte " +
               std::to_string(at));
      return false;
    }
  if (isWrite(kind))
    std::memset(initialised.data() + offset, 1, bytes);
  if (!options.checksAsyncProxy)
    return true;
  if (kind == Access::AsyncRead) {
    for (size_t i = offset; i < offset + bytes; ++i)
      if (unfencedWriter[i]) {
        fail(thread, site,
             "asynchronous read of group memory at offset " + std::to_string(i) + ", which thread " +
                 std::to_string(unfencedWriter[i] - 1) + " wrote without a fence.proxy.async after it");
        return false;
      }
  } else if (isWrite(kind)) {
    bool isGeneric = kind != Access::AsyncWrite && thread >= 0;
    std::fill_n(unfencedWriter.begin() + static_cast<ptrdiff_t>(offset), bytes,
                static_cast<uint16_t>(isGeneric ? thread + 1 : 0));
    if (isGeneric)
      unfencedWrites[static_cast<size_t>(thread)].push_back({static_cast<uint32_t>(offset), bytes});
  }
  return true;
}

bool Machine::checkHeld(int thread, uint32_t site, uintptr_t address, uint32_t bytes, Access kind) {
  // The counters say whether, the list who: thousands of copies may be on their way.
  size_t offset = address - reinterpret_cast<uintptr_t>(arena);
  auto anyOf = [&](const std::vector<uint16_t> &counters) {
    return std::any_of(counters.begin() + static_cast<ptrdiff_t>(offset),
                       counters.begin() + static_cast<ptrdiff_t>(offset + bytes), [](uint16_t count) { return count; });
  };
  if (!anyOf(heldWrites) && !(isWrite(kind) && anyOf(heldReads)))
    return true;
  for (const auto &[number, range] : held)
    if (address < range.end && address + bytes > range.begin && (isWrite(kind) || range.isWritten)) {
      fail(thread, site,
           std::string(nameOf(kind)) + " of group memory at offset " +
               std::to_string(address - reinterpret_cast<uintptr_t>(arena)) + " while " + range.what +
               " may still be using it");
      return false;
    }
  return true;
}

bool Machine::read(int thread, uint32_t site, void *to, const void *from, uint32_t bytes, uint32_t alignment,
                   Access kind) {
  if (!access(thread, site, from, bytes, alignment, kind)) {
    std::memset(to, 0, bytes);
    return false;
  }
  std::memcpy(to, from, bytes);
  return true;
}

bool Machine::write(int thread, uint32_t site, void *to, const void *from, uint32_t bytes, uint32_t alignment,
                    Access kind) {
  if (!access(thread, site, to, bytes, alignment, kind))
    return false;
  std::memcpy(to, from, bytes);
  return true;
}

void Machine::fenceAsyncProxy(int thread) {
  if (thread < 0 || !options.checksAsyncProxy)
    return;
  auto &writes = unfencedWrites[static_cast<size_t>(thread)];
  for (auto [offset, bytes] : writes)
    for (uint32_t i = offset; i < offset + bytes; ++i)
      if (unfencedWriter[i] == thread + 1)
        unfencedWriter[i] = 0;
  writes.clear();
}

void Machine::fenceBarriers(int thread) {
  if (thread < 0 || !options.checksAsyncProxy)
    return;
  for (const auto &[address, barrier] : barriers)
    for (uintptr_t at = address - reinterpret_cast<uintptr_t>(arena), end = at + 8; at < end; ++at)
      if (at < unfencedWriter.size() && unfencedWriter[at] == thread + 1)
        unfencedWriter[at] = 0;
}

void Machine::countHeld(const Held &range, int change) {
  auto begin = reinterpret_cast<uintptr_t>(arena);
  std::vector<uint16_t> &counters = range.isWritten ? heldWrites : heldReads;
  for (uintptr_t at = std::max(range.begin, begin); at < std::min(range.end, begin + counters.size()); ++at)
    counters[at - begin] = static_cast<uint16_t>(counters[at - begin] + change);
}

uint64_t Machine::hold(const void *address, uint32_t bytes, bool isWritten, std::string what) {
  auto begin = reinterpret_cast<uintptr_t>(address);
  const Held &range = held[nextHold] = {begin, begin + bytes, isWritten, std::move(what)};
  countHeld(range, 1);
  return nextHold++;
}

void Machine::release(uint64_t number) {
  auto found = held.find(number);
  if (found == held.end())
    return;
  countHeld(found->second, -1);
  held.erase(found);
}

std::string Machine::siteName(uint32_t site) const {
  return site < options.sites.size() && !options.sites[site].empty() ? options.sites[site] : "an unknown place";
}

void Machine::fail(int thread, uint32_t site, const std::string &what) {
  if (failure)
    return;
  std::string who;
  if (thread >= 0)
    who = ", thread " + std::to_string(thread);
  failure = std::make_unique<Failure>(Failure{what + "; at " + siteName(site) + who + " of group (" +
                                              std::to_string(groupId.x) + ", " + std::to_string(groupId.y) + ", " +
                                              std::to_string(groupId.z) + ")"});
}

} // namespace flex::emulator
