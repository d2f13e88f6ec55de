//===- Builtins.cpp - Mangled builtin functions ---------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The functions of Khronos' C language for kernels, by their Itanium names: what
// modules for devices behind its interface call.
//
//===----------------------------------------------------------------------===//
#include "Tables.h"
#include "Waves.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace flex::emulator {
namespace {

bool has(const Symbol &symbol, std::string_view part) {
  return symbol.name.find(part) != std::string::npos;
}

/// Ids and sizes of the axis that the operand says. Threads are along the first only, groups along all.
Execute id(const Symbol &symbol) {
  bool isGroup = has(symbol, "group_id"), isGroups = has(symbol, "num_groups"), isLocal = has(symbol, "local_id");
  bool isLocalSize = has(symbol, "local_size"), isSize = has(symbol, "global_size");
  return [=](const Call &call) {
    uint32_t axis = call.lane().argument<uint32_t>(0);
    GroupId own = call.machine.group(), all = call.machine.groups();
    uint64_t group = axis == 0 ? own.x : axis == 1 ? own.y : axis == 2 ? own.z : 0;
    uint64_t groups = axis == 0 ? all.x : axis == 1 ? all.y : axis == 2 ? all.z : 1;
    uint64_t thread = axis == 0 ? static_cast<uint64_t>(call.lane().thread) : 0;
    uint64_t threads = axis == 0 ? call.machine.groupSize() : 1;
    call.lane().setResult(isGroup       ? group
                          : isGroups    ? groups
                          : isLocal     ? thread
                          : isLocalSize ? threads
                          : isSize      ? groups * threads
                                        : group * threads + thread);
    return Outcome::Done;
  };
}

/// All work-items of the group must get to the same barrier.
Execute barrier(const Symbol &) {
  return [](const Call &call) { return waitAtBarrier(call, 0, call.machine.groupSize(), Aligned::Group); };
}

/// The control barrier (scope, memory's scope, semantics). The one whose scope is the group comes as `barrier`.
Execute subgroupBarrier(const Symbol &) {
  return [](const Call &call) {
    constexpr uint32_t kSubgroup = 3;
    if (call.lanes[0].argument<uint32_t>(0) != kSubgroup)
      call.machine.fail(call.lanes[0].thread, call.site, "a control barrier whose scope is not the sub-group");
    return Outcome::Done;
  };
}

Execute subgroupValue(const Symbol &symbol) {
  using Read = uint32_t (*)(const Call &);
  static const std::pair<const char *, Read> kinds[] = {
      {"get_sub_group_local_id", [](const Call &c) { return uint32_t{laneOf(c)}; }},
      {"get_sub_group_id", [](const Call &c) { return static_cast<uint32_t>(c.lane().thread) / c.machine.waveSize(); }},
      {"get_sub_group_size",
       [](const Call &c) {
         uint32_t first = static_cast<uint32_t>(c.lane().thread) / c.machine.waveSize() * c.machine.waveSize();
         return std::min(c.machine.waveSize(), c.machine.groupSize() - first);
       }},
      {"get_max_sub_group_size", [](const Call &c) { return uint32_t{c.machine.waveSize()}; }},
      {"get_num_sub_groups",
       [](const Call &c) { return (c.machine.groupSize() + c.machine.waveSize() - 1) / c.machine.waveSize(); }},
  };
  for (auto [name, read] : kinds)
    if (has(symbol, name))
      return value(read);
  return {};
}

void poison(const Lane &lane, size_t bytes) {
  std::memset(lane.result, 0xff, bytes); // the value of a lane that is not there is not defined
}

/// sub_group_shuffle*(value, lane or distance), also with the prefix intel_.
Execute shuffle(const Symbol &symbol) {
  size_t bytes = symbol.resultBytes;
  int mode = has(symbol, "_xor") ? 0 : has(symbol, "_up") ? 1 : has(symbol, "_down") ? 2 : 3;
  if (symbol.argumentBytes.size() != 2 || symbol.argumentBytes[1] != 4)
    return {};
  return [=](const Call &call) {
    return moveLanes(
        call, 0, bytes,
        [&](int lane) {
          int by = call.lanes[static_cast<size_t>(lane)].argument<int32_t>(1);
          return mode == 0 ? lane ^ by : mode == 1 ? lane - by : mode == 2 ? lane + by : by;
        },
        [=](const Lane &lane) { poison(lane, bytes); });
  };
}

Execute broadcast(const Symbol &symbol) {
  size_t bytes = symbol.resultBytes;
  return [=](const Call &call) {
    return moveLanes(
        call, 0, bytes, [&](int lane) { return call.lanes[static_cast<size_t>(lane)].argument<int32_t>(1); },
        [=](const Lane &lane) { poison(lane, bytes); });
  };
}

/// sub_group_any, sub_group_all: int to int.
Execute vote(const Symbol &symbol) {
  bool isAll = has(symbol, "sub_group_all");
  return [=](const Call &call) {
    bool result = isAll;
    for (const Lane &lane : call.lanes)
      if (lane.isActive)
        result = isAll ? result && lane.argument<int32_t>(0) : result || lane.argument<int32_t>(0);
    for (const Lane &lane : call.lanes)
      if (lane.isActive)
        lane.setResult(static_cast<int32_t>(result));
    return Outcome::Done;
  };
}

template <typename T, typename Fold> Execute reduceLanes(Fold fold, int scan) {
  return [=](const Call &call) {
    bool any = false;
    T sum{};
    std::vector<T> results(call.lanes.size());
    for (size_t i = 0; i < call.lanes.size(); ++i)
      if (call.lanes[i].isActive) {
        T x = call.lanes[i].argument<T>(0);
        sum = std::exchange(any, true) ? static_cast<T>(fold(sum, x)) : x;
        results[i] = sum;
      }
    for (size_t i = 0; i < call.lanes.size(); ++i)
      if (call.lanes[i].isActive)
        call.lanes[i].setResult(scan ? results[i] : sum);
    return Outcome::Done;
  };
}

template <typename T> Execute reduceAs(const Symbol &symbol, int scan) {
  if (has(symbol, "_add"))
    return reduceLanes<T>([](T a, T b) { return a + b; }, scan);
  if (has(symbol, "_max"))
    return reduceLanes<T>([](T a, T b) { return a > b ? a : b; }, scan);
  if (has(symbol, "_min"))
    return reduceLanes<T>([](T a, T b) { return a < b ? a : b; }, scan);
  return {};
}

/// sub_group_reduce_* and sub_group_scan_inclusive_*; the last letter of the name is the type.
Execute reduce(const Symbol &symbol) {
  int scan = has(symbol, "scan_inclusive");
  switch (symbol.name.back()) {
  case 'f': return reduceAs<float>(symbol, scan);
  case 'd': return reduceAs<double>(symbol, scan);
  case 'i': return reduceAs<int32_t>(symbol, scan);
  case 'j': return reduceAs<uint32_t>(symbol, scan);
  case 'l': return reduceAs<int64_t>(symbol, scan);
  case 'm': return reduceAs<uint64_t>(symbol, scan);
  default: return {};
  }
}

constexpr Entry kEntries[] = {
    {"_Z*get_global_idj", Scope::Thread, id},
    {"_Z*get_local_idj", Scope::Thread, id},
    {"_Z*get_group_idj", Scope::Thread, id},
    {"_Z*get_local_sizej", Scope::Thread, id},
    {"_Z*get_num_groupsj", Scope::Thread, id},
    {"_Z*get_global_sizej", Scope::Thread, id},
    {"_Z7barrierj", Scope::Thread, barrier},
    {"_Z18work_group_barrierj*", Scope::Thread, barrier},
    {"_Z*get_*sub_group*v", Scope::Thread, subgroupValue},
    {"_Z*sub_group_shuffle*", Scope::Wave, shuffle},
    {"_Z*sub_group_broadcast*", Scope::Wave, broadcast},
    {"_Z13sub_group_anyi", Scope::Wave, vote},
    {"_Z13sub_group_alli", Scope::Wave, vote},
    {"_Z*sub_group_reduce_*", Scope::Wave, reduce},
    {"_Z*sub_group_scan_inclusive_*", Scope::Wave, reduce},
    {"_Z*sub_group_barrierj*", Scope::Wave, doesNothing},
    {"_Z22__*_ControlBarrierjjj", Scope::Wave, subgroupBarrier},
    {"_Z9mem_fencej", Scope::Thread, doesNothing},
};

} // namespace

Table builtinsTable() {
  return kEntries;
}

} // namespace flex::emulator
