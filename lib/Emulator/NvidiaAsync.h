//===- NvidiaAsync.h - What NVIDIA's asynchronous parts share ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The queues that PTX counts apart, and shared addresses in their three shapes.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Emulator/Intrinsic.h"

namespace flex::emulator::nvidia {

/// Machine::enqueue's queues.
enum Queue : unsigned {
  kCpAsync,   ///< cp.async groups of a thread
  kBulk,      ///< cp.async.bulk groups of a thread
  kBulkReads, ///< likewise, their reading of the source only (wait_group.read)
  kWgmma,     ///< wgmma groups, of each warp's first lane
  kTcgen05,   ///< tcgen05 instructions between commits
};

/// The address that argument `index` is: a pointer, or the 32 bits of one into group memory. `bytes` it has in
/// Symbol::argumentBytes.
inline void *pointerOf(const Machine &machine, const Lane &lane, size_t index, size_t bytes) {
  if (bytes == 4)
    return machine.sharedAt(lane.argument<uint32_t>(index));
  return lane.argument<void *>(index);
}

/// What a thread that ends has left undone although it had to wait for it; empty: nothing.
std::string unfinishedWork(Machine &machine, int thread);
/// Its part of tensor memory.
std::string unfinishedTensorWork(Machine &machine, int thread);

/// The thread has seen that the barrier's phase is over.
void waitedFor(Machine &machine, int thread, const MemoryBarrier &barrier);

} // namespace flex::emulator::nvidia
