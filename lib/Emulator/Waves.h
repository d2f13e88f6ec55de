//===- Waves.h - What instructions on several threads share -----*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Ids, barriers and moves between the lanes of a wave, for the tables of all
// instruction sets.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Emulator/Intrinsic.h"

#include <cstring>

namespace flex::emulator {

/// A thread-scope instruction that computes one value from the call.
template <typename Function> Execute value(Function function) {
  return [function](const Call &call) {
    call.lane().setResult(function(call));
    return Outcome::Done;
  };
}

/// One that has no effect here.
Execute doesNothing(const Symbol &symbol);

/// The lane's number within its wave.
inline unsigned laneOf(const Call &call) {
  return static_cast<unsigned>(call.lane().thread) % call.machine.waveSize();
}

/// How threads must meet at a barrier.
enum class Aligned {
  No,
  Wave,  ///< the threads of a wave at the same place of the program
  Group, ///< all of them
};

/// Arrives at barrier `id` of the group and waits until `count` threads have; to be called again for Retry.
Outcome waitAtBarrier(const Call &call, unsigned id, unsigned count, Aligned aligned);
/// Arrives only. `remembers`: finishBarrier waits for this phase.
void arriveAtBarrier(const Call &call, unsigned id, unsigned count, Aligned aligned, bool remembers);
Outcome finishBarrier(const Call &call, unsigned id);

/// The numbers of the active lanes, as bits.
uint64_t activeLanes(const Call &call);
/// Whether every lane that an active lane names by its argument `index`, a mask, is there. Fails where a lane does not
/// name itself.
bool membersAreHere(const Call &call, size_t index);

/// Gives each active lane the argument `index` of lane source(lane number); a negative or absent source, or an
/// inactive lane, gives what `otherwise` stores (lane).
template <typename Source, typename Otherwise>
Outcome moveLanes(const Call &call, size_t index, size_t bytes, Source source, Otherwise otherwise) {
  for (size_t i = 0; i < call.lanes.size(); ++i) {
    const Lane &lane = call.lanes[i];
    if (!lane.isActive)
      continue;
    int from = source(static_cast<int>(i));
    if (from >= 0 && from < static_cast<int>(call.lanes.size()) && call.lanes[static_cast<size_t>(from)].isActive)
      std::memcpy(lane.result, call.lanes[static_cast<size_t>(from)].arguments[index], bytes);
    else
      otherwise(lane);
  }
  return Outcome::Done;
}

} // namespace flex::emulator
