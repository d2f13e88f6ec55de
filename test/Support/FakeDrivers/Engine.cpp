//===- Engine.cpp - What the fake vendor libraries have in common ---------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Invariant: nothing is executed while the lock is held.
//
//===----------------------------------------------------------------------===//
#include "Engine.h"

#include <cstdlib>
#include <cstring>
#include <map>
#include <set>

namespace fake {
namespace {

struct State {
  std::mutex mutex;
  std::map<std::string, long> calls;
  long allCalls = 0, failCall = 0;
  std::string failFunction; ///< empty: any
  int failCode = 0;
  const char *failed = nullptr;
  std::set<const void *> alive; ///< without memory
  std::map<uintptr_t, size_t> memory;
  size_t memoryInUse = 0;

  State() { // FLEX_FAKE_FAIL=function:call:code, for whole programs
    const char *text = std::getenv("FLEX_FAKE_FAIL");
    if (!text)
      return;
    std::string given = text;
    size_t first = given.find(':'), second = given.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos)
      return;
    failFunction = given.substr(0, first) == "*" ? "" : given.substr(0, first);
    failCall = std::atol(given.c_str() + first + 1);
    failCode = std::atoi(given.c_str() + second + 1);
  }
};

State &state() {
  static State *const only = new State; // outlives whatever calls while the process ends
  return *only;
}

} // namespace

int enter(const char *function) {
  State &s = state();
  std::lock_guard lock(s.mutex);
  long ofThis = ++s.calls[function], ofAll = ++s.allCalls;
  bool fails = s.failCall > 0 &&
               (s.failFunction.empty() ? ofAll == s.failCall : s.failFunction == function && ofThis == s.failCall);
  if (fails)
    s.failed = function; // a literal: __func__
  return fails ? s.failCode : 0;
}

void born(const void *object) {
  std::lock_guard lock(state().mutex);
  state().alive.insert(object);
}

void died(const void *object) {
  std::lock_guard lock(state().mutex);
  state().alive.erase(object);
}

void *allocate(size_t bytes) {
  State &s = state();
  {
    std::lock_guard lock(s.mutex);
    if (bytes > kMemoryBytes - s.memoryInUse)
      return nullptr;
    s.memoryInUse += bytes;
  }
  void *memory = std::aligned_alloc(256, (bytes + 255) / 256 * 256);
  std::lock_guard lock(s.mutex);
  if (!memory) {
    s.memoryInUse -= bytes;
    return nullptr;
  }
  s.memory[reinterpret_cast<uintptr_t>(memory)] = bytes;
  return memory;
}

bool release(void *memory) {
  State &s = state();
  std::lock_guard lock(s.mutex);
  auto at = s.memory.find(reinterpret_cast<uintptr_t>(memory));
  if (at == s.memory.end())
    return false;
  s.memoryInUse -= at->second;
  s.memory.erase(at);
  std::free(memory);
  return true;
}

bool allocationOf(uint64_t address, uintptr_t &begin, uintptr_t &end) {
  State &s = state();
  std::lock_guard lock(s.mutex);
  auto at = s.memory.upper_bound(address);
  if (at == s.memory.begin())
    return false;
  --at;
  begin = at->first;
  end = begin + at->second;
  return address < end;
}

bool isMemory(const void *address, size_t bytes) {
  uintptr_t begin = 0, end = 0;
  auto first = reinterpret_cast<uintptr_t>(address);
  return allocationOf(first, begin, end) && bytes <= end - first;
}

Launch Kernel::launch(uint32_t groups, uint32_t groupSize, uint32_t dynamicGroupMemory, void *const *parameters) const {
  Launch made{groups, groupSize, dynamicGroupMemory, {}};
  for (size_t i = 0; i < argumentBytes.size(); ++i) {
    made.arguments.emplace_back((argumentBytes[i] + sizeof(uint64_t) - 1) / sizeof(uint64_t));
    std::memcpy(made.arguments.back().data(), parameters[i], argumentBytes[i]);
  }
  return made;
}

bool isGrid(uint32_t groups, uint32_t groupsY, uint32_t groupsZ, uint32_t size, uint32_t sizeY, uint32_t sizeZ) {
  return groups != 0 && groupsY == 1 && groupsZ == 1 && size != 0 && size <= kGroupLimit && sizeY == 1 && sizeZ == 1;
}

bool Stream::copy(void *to, const void *from, size_t bytes, const void *onDevice) {
  if (!isMemory(onDevice, bytes))
    return false;
  add([=] { return std::memcpy(to, from, bytes), 0; });
  return true;
}

void Stream::launch(const Kernel &kernel, Launch launch, int failed) {
  add([&kernel, launch = std::move(launch), failed] { return kernel.run(launch) ? 0 : failed; });
}

int Stream::wait() {
  int first = 0;
  std::vector<std::function<int()>> work = std::move(pending);
  pending.clear();
  for (auto &step : work)
    if (first == 0)
      first = step();
  return first;
}

} // namespace fake

extern "C" void flexFakeFail(const char *function, long call, int code) {
  fake::State &s = fake::state();
  std::lock_guard lock(s.mutex);
  s.calls.clear();
  s.allCalls = 0;
  s.failFunction = function ? function : "";
  s.failCall = call;
  s.failCode = code;
  s.failed = nullptr;
}

extern "C" long flexFakeCalls(const char *function) {
  fake::State &s = fake::state();
  std::lock_guard lock(s.mutex);
  return function ? s.calls[function] : s.allCalls;
}

extern "C" const char *flexFakeFailed(void) {
  std::lock_guard lock(fake::state().mutex);
  return fake::state().failed;
}

extern "C" long flexFakeLive(void) {
  std::lock_guard lock(fake::state().mutex);
  return static_cast<long>(fake::state().alive.size() + fake::state().memory.size());
}
