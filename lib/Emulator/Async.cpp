//===- Async.cpp - Asynchronous copies and barriers in memory -------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Invariant: work that nobody waits for is never done, so that what reads its
// result without waiting finds poison.
//
//===----------------------------------------------------------------------===//
#include "flex/Emulator/Machine.h"

namespace flex::emulator {

void Machine::enqueue(int thread, unsigned queue, std::function<void()> work) {
  queues[{thread, queue}].open.push_back(std::move(work));
}

void Machine::commit(int thread, unsigned queue) {
  CopyQueue &copies = queues[{thread, queue}];
  copies.closed.push_back(std::move(copies.open));
  copies.open.clear();
}

void Machine::wait(int thread, unsigned queue, size_t pending) {
  auto found = queues.find({thread, queue});
  if (found == queues.end())
    return;
  auto &closed = found->second.closed;
  while (closed.size() > pending) {
    std::vector<std::function<void()>> group = std::move(closed.front());
    closed.pop_front();
    for (auto &work : group)
      work();
  }
}

void Machine::waitAll(int thread, unsigned queue) {
  commit(thread, queue);
  wait(thread, queue, 0);
}

size_t Machine::pendingGroups(int thread, unsigned queue) const {
  auto found = queues.find({thread, queue});
  return found == queues.end() ? 0 : found->second.closed.size();
}

MemoryBarrier &Machine::initBarrier(const void *address, int64_t count) {
  MemoryBarrier &barrier = barriers[reinterpret_cast<uintptr_t>(address)];
  barrier = {};
  barrier.expected = barrier.pending = count;
  return barrier;
}

MemoryBarrier *Machine::barrierAt(int thread, uint32_t site, const void *address) {
  auto found = barriers.find(reinterpret_cast<uintptr_t>(address));
  if (found != barriers.end())
    return &found->second;
  fail(thread, site, "use of a barrier in memory that was never initialised");
  return nullptr;
}

void Machine::invalidateBarrier(const void *address) {
  barriers.erase(reinterpret_cast<uintptr_t>(address));
}

void Machine::arrive(MemoryBarrier &barrier, int64_t count) {
  barrier.pending -= count;
  if (barrier.pending > 0 || barrier.bytes != 0)
    return;
  ++barrier.phase;
  barrier.pending = barrier.expected;
}

void Machine::deliver(MemoryBarrier &barrier) {
  // Not one copy more than the phase needs: what it was not told to expect may come later.
  const uint64_t phase = barrier.phase;
  while (!barrier.copies.empty() && barrier.phase == phase) {
    std::function<void()> copy = std::move(barrier.copies.front());
    barrier.copies.pop_front();
    copy();
  }
}

} // namespace flex::emulator
