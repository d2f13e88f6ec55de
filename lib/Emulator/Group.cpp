//===- Group.cpp - The threads of one group -------------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A thread runs until it waits. Invariants: of the threads of a group one runs at
// a time; after a failure none is resumed; a wave's instruction runs as soon as
// all its living threads are there, and with those that are there once nothing
// else in the group can move.
//
//===----------------------------------------------------------------------===//
#include "Group.h"
#include "NvidiaAsync.h"

#include <algorithm>
#include <mutex>

namespace flex::emulator {
namespace {

constexpr uint32_t kAccessesPerTurn = 1 << 20; ///< a thread that reads memory in a loop lets others move
constexpr uint64_t kMaxSpins = 1 << 20;
constexpr int kWarpgroup = 128;

thread_local Group *current = nullptr;

std::mutex poolMutex;
std::vector<std::unique_ptr<Fiber>> &pool() {
  static auto *fibers = new std::vector<std::unique_ptr<Fiber>>; // lives as long as the process
  return *fibers;
}

} // namespace

std::vector<std::unique_ptr<Fiber>> FiberPool::take(size_t count) {
  std::vector<std::unique_ptr<Fiber>> out;
  {
    std::lock_guard lock(poolMutex);
    while (out.size() < count && !pool().empty()) {
      out.push_back(std::move(pool().back()));
      pool().pop_back();
    }
  }
  while (out.size() < count)
    out.push_back(std::make_unique<Fiber>());
  return out;
}

void FiberPool::giveBack(std::vector<std::unique_ptr<Fiber>> fibers) {
  constexpr size_t kKept = 4096;
  std::lock_guard lock(poolMutex);
  for (auto &fiber : fibers)
    if (fiber->isReusable() && pool().size() < kKept)
      pool().push_back(std::move(fiber));
}

Group::Group(const LoadedProgram &program, const MachineOptions &machineOptions, const LaunchRequest &request,
             const LaunchOptions &options, Clock::time_point deadline)
    : program(program), request(request), machine(machineOptions), fibers(FiberPool::take(request.groupSize)),
      threads(request.groupSize), seed(options.seed), deadline(deadline) {
  for (auto &fiber : fibers)
    if (!fiber->ok())
      machine.fail(-1, 0, "no memory for the stacks of " + std::to_string(request.groupSize) + " threads");
}

Group::~Group() {
  FiberPool::giveBack(std::move(fibers));
}

void Group::runThread(void *data) {
  auto *group = static_cast<Group *>(data);
  group->program.functions[group->request.kernel](group->request.arguments);
  group->leaveForGood();
}

void Group::leaveForGood() {
  suspend(State::Ended);
  __builtin_unreachable(); // an ended thread is never resumed
}

void Group::suspend(State state) {
  auto self = static_cast<size_t>(running);
  threads[self].state = state;
  fibers[self]->suspend(/*forGood=*/state == State::Ended);
}

bool Group::run(GroupId id) {
  if (machine.hasFailed())
    return false;
  machine.begin(id, request.groups);
  random.seed(static_cast<uint32_t>(seed * 0x9E3779B9u + id.x * 0x85EBCA6Bu + id.y * 0xC2B2AE35u + id.z + 1));
  ended = spins = 0;
  favourite = -1;
  progress = true;
  ready.clear();
  waiting.clear();
  for (size_t i = threads.size(); i-- > 0;) {
    threads[i] = {};
    fibers[i]->start(&Group::runThread, this);
    ready.push_back(static_cast<int>(i)); // taken from the end
  }
  Group *outer = std::exchange(current, this);
  while (!machine.hasFailed() && ended < threads.size()) {
    if (ready.empty() && !wakeWaiting())
      break;
    running = pick();
    threads[static_cast<size_t>(running)].accesses = 0;
    fibers[static_cast<size_t>(running)]->resume();
    int thread = std::exchange(running, -1);
    if (!machine.hasFailed())
      afterTurn(thread);
    if ((++turns & 1023) == 0)
      checkTime();
  }
  current = outer;
  return !machine.hasFailed();
}

int Group::pick() {
  if (seed != 0) {
    size_t at = random() % ready.size();
    // Every other seed lets one wave run ahead for some thousand turns: what goes wrong only if it is an iteration
    // further than the others is not seen while turns are drawn evenly.
    if (seed % 2 == 0) {
      if (favourite < 0 || random() % (64 * threads.size()) == 0)
        favourite = static_cast<int>(random() % threads.size() / machine.waveSize());
      auto found = std::find_if(ready.begin(), ready.end(),
                                [&](int thread) { return thread / static_cast<int>(machine.waveSize()) == favourite; });
      if (found != ready.end())
        at = static_cast<size_t>(found - ready.begin());
    }
    std::swap(ready[at], ready.back());
  }
  int thread = ready.back();
  ready.pop_back();
  return thread;
}

void Group::afterTurn(int thread) {
  switch (threads[static_cast<size_t>(thread)].state) {
  case State::Ended:
    ++ended;
    progress = true;
    if (std::string left = nvidia::unfinishedWork(machine, thread); !left.empty())
      machine.fail(thread, program.calls[threads[static_cast<size_t>(thread)].call].site, left);
    break;
  case State::AtCall:
    progress = true;
    resolveIfComplete(thread);
    break;
  case State::Retrying:
  case State::Yielding: waiting.push_back(thread); break;
  case State::Ready: ready.push_back(thread); break;
  }
}

/// Called when no thread is ready: finds some that can be; false at the end of the group.
bool Group::wakeWaiting() {
  bool spinning = std::any_of(waiting.begin(), waiting.end(), [&](int thread) {
    return threads[static_cast<size_t>(thread)].state == State::Yielding;
  });
  if (!progress && resolvePartialWaves()) {
    progress = true;
    spins = 0;
    if (!ready.empty())
      return true;
  }
  if (waiting.empty() && progress) { // nothing moved since the last wave: try what is incomplete
    progress = false;
    return wakeWaiting();
  }
  if (progress || spinning) {
    spins = progress ? 0 : spins + 1;
    if (spins > kMaxSpins) {
      reportDeadlock();
      return false;
    }
    progress = false;
    std::reverse(waiting.begin(), waiting.end());
    for (int thread : waiting)
      ready.push_back(thread);
    waiting.clear();
    return true;
  }
  reportDeadlock();
  return false;
}

Lane Group::laneOf(int thread, uint32_t call) const {
  if (thread >= static_cast<int>(threads.size()))
    return {};
  const Thread &state = threads[static_cast<size_t>(thread)];
  bool isActive = state.state == State::AtCall && state.call == call;
  return {thread, isActive, isActive ? state.arguments : nullptr, isActive ? state.result : nullptr};
}

bool Group::execute(uint32_t call, int first, int count) {
  lanes.clear();
  for (int thread = first; thread < first + count; ++thread)
    lanes.push_back(laneOf(thread, call));
  const LoadedProgram::BoundCall &bound = program.calls[call];
  Outcome outcome = bound.binding->execute({machine, bound.site, lanes});
  if (outcome == Outcome::Retry || machine.hasFailed())
    return false;
  for (const Lane &lane : lanes)
    if (lane.isActive) {
      bool yields = outcome == Outcome::Yield;
      threads[static_cast<size_t>(lane.thread)].state = yields ? State::Yielding : State::Ready;
      (yields ? waiting : ready).push_back(lane.thread);
    }
  return true;
}

void Group::resolveIfComplete(int thread) {
  uint32_t call = threads[static_cast<size_t>(thread)].call;
  Scope scope = program.calls[call].binding->scope;
  int size = static_cast<int>(threads.size());
  int width = scope == Scope::Wave        ? static_cast<int>(machine.waveSize())
              : scope == Scope::Warpgroup ? kWarpgroup
                                          : size;
  int first = thread / width * width, end = std::min(first + width, size);
  if (scope == Scope::Warpgroup && end - first < width)
    return;
  for (int other = first; other < end; ++other) {
    const Thread &state = threads[static_cast<size_t>(other)];
    bool isThere = state.state == State::AtCall && state.call == call;
    bool mayMiss = state.state == State::Ended && scope != Scope::Warpgroup;
    if (!isThere && !mayMiss)
      return;
  }
  execute(call, first, width);
}

bool Group::resolvePartialWaves() {
  int size = static_cast<int>(threads.size()), width = static_cast<int>(machine.waveSize());
  bool any = false;
  for (int first = 0; first < size && !machine.hasFailed(); first += width) {
    std::vector<uint32_t> calls;
    for (int thread = first; thread < std::min(first + width, size); ++thread)
      if (const Thread &state = threads[static_cast<size_t>(thread)];
          state.state == State::AtCall && program.calls[state.call].binding->scope == Scope::Wave)
        calls.push_back(state.call);
    std::sort(calls.begin(), calls.end()); // in the order of the program
    calls.erase(std::unique(calls.begin(), calls.end()), calls.end());
    for (uint32_t call : calls)
      if (execute(call, first, width)) {
        any = true;
        break;
      }
  }
  return any;
}

void Group::checkTime() {
  if (deadline != Clock::time_point{} && Clock::now() > deadline)
    machine.fail(-1, 0, "the launch took longer than FLEX_EMULATOR_TIMEOUT allows");
}

void Group::reportDeadlock() {
  // By place: how many threads wait there, and the first of them.
  struct Place {
    uint32_t call;
    int first;
    size_t count;
  };
  std::vector<Place> places;
  for (size_t i = 0; i < threads.size(); ++i) {
    if (threads[i].state == State::Ended)
      continue;
    auto same = std::find_if(places.begin(), places.end(), [&](const Place &p) { return p.call == threads[i].call; });
    if (same == places.end())
      places.push_back({threads[i].call, static_cast<int>(i), 1});
    else
      ++same->count;
  }
  std::string text = "deadlock";
  for (const Place &place : places) {
    const LoadedProgram::BoundCall &call = program.calls[place.call];
    text += std::string(&place == places.data() ? ": " : ", ") + std::to_string(place.count) +
            (place.count == 1 ? " thread waits" : " threads wait") + " at " + machine.siteName(call.site) + " (" +
            call.name + ", the first is thread " + std::to_string(place.first) + ")";
  }
  if (ended)
    text += ", " + std::to_string(ended) + " of " + std::to_string(threads.size()) + " threads have ended";
  if (!places.empty())
    machine.fail(places.front().first, program.calls[places.front().call].site, text);
}

void Group::access(const void *address, uint32_t bytes, uint32_t how, uint32_t site) {
  Group *group = current;
  int thread = group->running;
  if (group->fibers[static_cast<size_t>(thread)]->contains(address))
    return; // the thread's own variables
  if (!group->machine.access(thread, site, address, bytes, 1u << (how >> 8), static_cast<Access>(how & 0xff)))
    group->leaveForGood();
  if (++group->threads[static_cast<size_t>(thread)].accesses < kAccessesPerTurn)
    return;
  group->checkTime();
  group->progress = true;
  if (group->machine.hasFailed())
    group->leaveForGood();
  group->suspend(State::Yielding);
}

void Group::call(uint32_t number, const void *const *arguments, void *result) {
  Group *group = current;
  int self = group->running;
  const LoadedProgram::BoundCall &bound = group->program.calls[number];
  Thread &thread = group->threads[static_cast<size_t>(self)];
  thread.call = number;
  thread.arguments = arguments;
  thread.result = result;
  if (bound.binding->scope != Scope::Thread) {
    group->suspend(State::AtCall);
    return;
  }
  Lane lane{self, true, arguments, result};
  Outcome outcome = Outcome::Done;
  for (bool isFirst = true;; isFirst = false) {
    outcome = bound.binding->execute({group->machine, bound.site, {&lane, 1}});
    if (group->machine.hasFailed())
      group->leaveForGood();
    // What a thread did before it came here may let others move, and so may what it does next.
    if (isFirst == (outcome == Outcome::Retry))
      group->progress = true;
    if (outcome != Outcome::Retry)
      break;
    group->suspend(State::Retrying);
  }
  if (outcome == Outcome::Yield)
    group->suspend(State::Yielding);
}

char *Group::shared() {
  return current->machine.shared();
}

} // namespace flex::emulator
