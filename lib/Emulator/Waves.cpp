//===- Waves.cpp - What instructions on several threads share -------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A barrier counts arrivals; who waits asks again until the phase is over. It is
// strict: every thread of the group has to come, those that have ended do not.
//
//===----------------------------------------------------------------------===//
#include "Waves.h"

#include <array>

namespace flex::emulator {
namespace {

struct GroupBarrier {
  unsigned arrived = 0;
  uint64_t phase = 0;
  std::map<unsigned, uint32_t> sites; ///< by wave (or 0 for the group): where its threads arrived in this phase
};

struct GroupBarriers {
  std::map<unsigned, GroupBarrier> barriers;
  /// By thread and barrier: the phase that it waits for the end of.
  std::map<std::pair<int, unsigned>, uint64_t> waits;
};

bool checkAligned(const Call &call, GroupBarrier &barrier, Aligned aligned) {
  if (aligned == Aligned::No)
    return true;
  unsigned wave = aligned == Aligned::Wave ? static_cast<unsigned>(call.lane().thread) / call.machine.waveSize() : 0;
  auto [at, isFirst] = barrier.sites.try_emplace(wave, call.site);
  if (isFirst || at->second == call.site)
    return true;
  call.machine.fail(call.lane().thread, call.site,
                    std::string("divergent barrier: other threads of the ") +
                        (aligned == Aligned::Wave ? "wave" : "group") + " are at the one at " +
                        call.machine.siteName(at->second));
  return false;
}

} // namespace

Execute doesNothing(const Symbol &) {
  return [](const Call &) { return Outcome::Done; };
}

void arriveAtBarrier(const Call &call, unsigned id, unsigned count, Aligned aligned, bool remembers) {
  auto &all = call.machine.state<GroupBarriers>();
  GroupBarrier &barrier = all.barriers[id];
  if (!checkAligned(call, barrier, aligned))
    return;
  if (remembers)
    all.waits[{call.lane().thread, id}] = barrier.phase;
  if (++barrier.arrived < count)
    return;
  barrier.arrived = 0;
  barrier.sites.clear();
  ++barrier.phase;
}

Outcome finishBarrier(const Call &call, unsigned id) {
  auto &all = call.machine.state<GroupBarriers>();
  auto waits = all.waits.find({call.lane().thread, id});
  if (waits == all.waits.end()) {
    call.machine.fail(call.lane().thread, call.site, "wait at a barrier that the thread has not arrived at");
    return Outcome::Done;
  }
  if (all.barriers[id].phase == waits->second)
    return Outcome::Retry;
  all.waits.erase(waits);
  return Outcome::Done;
}

Outcome waitAtBarrier(const Call &call, unsigned id, unsigned count, Aligned aligned) {
  auto &all = call.machine.state<GroupBarriers>();
  if (!all.waits.count({call.lane().thread, id}))
    arriveAtBarrier(call, id, count, aligned, /*remembers=*/true);
  return call.machine.hasFailed() ? Outcome::Done : finishBarrier(call, id);
}

uint64_t activeLanes(const Call &call) {
  uint64_t bits = 0;
  for (size_t i = 0; i < call.lanes.size(); ++i)
    bits |= uint64_t{call.lanes[i].isActive} << i;
  return bits;
}

bool membersAreHere(const Call &call, size_t index) {
  uint64_t active = activeLanes(call);
  for (size_t i = 0; i < call.lanes.size(); ++i) {
    if (!call.lanes[i].isActive)
      continue;
    uint64_t members = call.lanes[i].argument<uint32_t>(index);
    if (!(members >> i & 1)) {
      call.machine.fail(call.lanes[i].thread, call.site, "a thread that is not in its own mask of members");
      return true;
    }
    if (members & ~active)
      return false;
  }
  return true;
}

} // namespace flex::emulator
