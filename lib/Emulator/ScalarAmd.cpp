//===- ScalarAmd.cpp - AMD GPUs: ids, barriers, lanes, small arithmetic ---===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// "ISA" is AMD's "CDNA3" instruction set manual, "RDNA3" that one; section names
// are theirs.
//
//===----------------------------------------------------------------------===//
#include "Tables.h"
#include "Waves.h"

#include <bit>
#include <cmath>
#include <optional>

namespace flex::emulator {
namespace {

bool has(const Symbol &symbol, std::string_view part) {
  return symbol.name.find(part) != std::string::npos;
}

void storeZero(const Lane &lane, size_t bytes) {
  std::memset(lane.result, 0, bytes);
}

Execute id(const Symbol &symbol) {
  bool isGroup = has(symbol, "workgroup");
  char axis = symbol.name.back();
  return value([=](const Call &call) {
    GroupId group = call.machine.group();
    if (isGroup)
      return axis == 'x' ? group.x : axis == 'y' ? group.y : group.z;
    return axis == 'x' ? static_cast<uint32_t>(call.lane().thread) : 0;
  });
}

/// ISA "S_BARRIER".
Execute barrier(const Symbol &) {
  return [](const Call &call) { return waitAtBarrier(call, 0, call.machine.groupSize(), Aligned::Wave); };
}
/// RDNA4 "S_BARRIER_SIGNAL" and "S_BARRIER_WAIT", the group's barrier only.
Execute signal(const Symbol &) {
  return [](const Call &call) {
    arriveAtBarrier(call, 0, call.machine.groupSize(), Aligned::Wave, /*remembers=*/true);
    return Outcome::Done;
  };
}
Execute waitSignalled(const Symbol &) {
  return [](const Call &call) { return finishBarrier(call, 0); };
}

/// v_mbcnt: how many of the mask's bits stand for lanes below this one, added to the second operand.
Execute countBelow(const Symbol &symbol) {
  unsigned first = has(symbol, ".hi") ? 32 : 0;
  return value([=](const Call &call) {
    unsigned lane = laneOf(call), below = lane <= first ? 0 : std::min(lane - first, 32u);
    uint64_t mask = (uint64_t{1} << below) - 1;
    return static_cast<uint32_t>(std::popcount(call.lane().argument<uint32_t>(0) & mask)) +
           call.lane().argument<uint32_t>(1);
  });
}

Execute readFirstLane(const Symbol &symbol) {
  size_t bytes = symbol.resultBytes;
  return [=](const Call &call) {
    auto first = std::countr_zero(activeLanes(call));
    return moveLanes(call, 0, bytes, [=](int) { return first; }, [](const Lane &) {});
  };
}

Execute readLane(const Symbol &symbol) {
  size_t bytes = symbol.resultBytes;
  return [=](const Call &call) {
    auto mask = static_cast<int>(call.machine.waveSize()) - 1;
    return moveLanes(
        call, 0, bytes, [&](int lane) { return call.lanes[static_cast<size_t>(lane)].argument<int32_t>(1) & mask; },
        [=](const Lane &lane) { storeZero(lane, bytes); });
  };
}

/// v_writelane: value, lane, old.
Execute writeLane(const Symbol &symbol) {
  size_t bytes = symbol.resultBytes;
  return [=](const Call &call) {
    for (size_t i = 0; i < call.lanes.size(); ++i)
      if (const Lane &lane = call.lanes[i]; lane.isActive) {
        bool isChosen = (lane.argument<uint32_t>(1) & (call.machine.waveSize() - 1)) == i;
        std::memcpy(lane.result, lane.arguments[isChosen ? 0 : 2], bytes);
      }
    return Outcome::Done;
  };
}

Execute ballot(const Symbol &symbol) {
  size_t bytes = symbol.resultBytes;
  return [=](const Call &call) {
    uint64_t bits = 0;
    for (size_t i = 0; i < call.lanes.size(); ++i)
      if (call.lanes[i].isActive)
        bits |= uint64_t{call.lanes[i].argument<uint8_t>(0) & 1u} << i;
    for (const Lane &lane : call.lanes)
      if (lane.isActive)
        std::memcpy(lane.result, &bits, bytes);
    return Outcome::Done;
  };
}

/// The lane that a data-parallel-primitive control word makes `lane` read: ISA "DPP", table "DPP_CTRL". -1: there is
/// none; nothing: no such control.
std::optional<int> dppSource(uint32_t control, int lane, int waveSize) {
  int row = lane & ~15, place = lane & 15, amount = static_cast<int>(control & 15);
  if (control <= 0xff)
    return (lane & ~3) | static_cast<int>(control >> (2 * (lane & 3)) & 3);
  if (control > 0x100 && control <= 0x10f)
    return place + amount < 16 ? lane + amount : -1;
  if (control > 0x110 && control <= 0x11f)
    return place >= amount ? lane - amount : -1;
  if (control > 0x120 && control <= 0x12f)
    return row | ((place - amount) & 15);
  switch (control) {
  case 0x130: return lane + 1 < waveSize ? lane + 1 : -1;
  case 0x134: return (lane + 1) % waveSize;
  case 0x138: return lane - 1;
  case 0x13c: return (lane + waveSize - 1) % waveSize;
  case 0x140: return row | (15 - place);
  case 0x141: return (lane & ~7) | (7 - (lane & 7));
  case 0x142: return row - 1;
  case 0x143: return lane >= 32 ? 31 : -1;
  default: break;
  }
  if (control >= 0x150 && control <= 0x15f)
    return row | amount;
  if (control >= 0x160 && control <= 0x16f)
    return row | (place ^ amount);
  return std::nullopt;
}

/// v_mov with a DPP modifier: old, source, control, row mask, bank mask, bound control.
Execute updateDpp(const Symbol &symbol) {
  size_t bytes = symbol.resultBytes, source = has(symbol, "update.dpp") ? 1 : 0;
  return [=](const Call &call) {
    for (size_t i = 0; i < call.lanes.size(); ++i) {
      const Lane &lane = call.lanes[i];
      if (!lane.isActive)
        continue;
      auto from = dppSource(lane.argument<uint32_t>(source + 1), static_cast<int>(i),
                            static_cast<int>(call.machine.waveSize()));
      if (!from) {
        call.machine.fail(lane.thread, call.site, "an unknown DPP control word");
        return Outcome::Done;
      }
      bool isSelected = lane.argument<uint32_t>(source + 2) >> (i / 16 % 4) & 1 &&
                        lane.argument<uint32_t>(source + 3) >> (i % 16 / 4) & 1;
      bool isThere = *from >= 0 && call.lanes[static_cast<size_t>(*from)].isActive;
      if (isSelected && isThere)
        std::memcpy(lane.result, call.lanes[static_cast<size_t>(*from)].arguments[source], bytes);
      else if (isSelected && lane.argument<uint8_t>(source + 4))
        storeZero(lane, bytes);
      else if (source)
        std::memcpy(lane.result, lane.arguments[0], bytes);
      else
        std::memset(lane.result, 0xff, bytes); // mov.dpp: undefined
    }
    return Outcome::Done;
  };
}

/// ISA "DS_SWIZZLE_B32": within 32 lanes.
Execute swizzle(const Symbol &) {
  return [](const Call &call) {
    return moveLanes(
        call, 0, 4,
        [&](int lane) {
          uint32_t pattern = call.lanes[static_cast<size_t>(lane)].argument<uint32_t>(1);
          if (pattern & 0x8000)
            return (lane & ~3) | static_cast<int>(pattern >> (2 * (lane & 3)) & 3);
          auto place = static_cast<uint32_t>(lane & 31);
          place = ((place & (pattern & 31)) | (pattern >> 5 & 31)) ^ (pattern >> 10 & 31);
          return (lane & ~31) | static_cast<int>(place);
        },
        [](const Lane &lane) { storeZero(lane, 4); });
  };
}

/// ISA "DS_BPERMUTE_B32": byte address, value; each lane reads the one that it names.
Execute backwardPermute(const Symbol &) {
  return [](const Call &call) {
    auto mask = static_cast<int>(call.machine.waveSize()) - 1;
    return moveLanes(
        call, 1, 4, [&](int lane) { return call.lanes[static_cast<size_t>(lane)].argument<int32_t>(0) / 4 & mask; },
        [](const Lane &lane) { storeZero(lane, 4); });
  };
}

/// ISA "DS_PERMUTE_B32": each lane writes to the one that it names; the highest writer wins.
Execute forwardPermute(const Symbol &) {
  return [](const Call &call) {
    std::vector<uint32_t> out(call.lanes.size());
    for (const Lane &lane : call.lanes)
      if (lane.isActive)
        out[lane.argument<uint32_t>(0) / 4 % out.size()] = lane.argument<uint32_t>(1);
    for (size_t i = 0; i < out.size(); ++i)
      if (call.lanes[i].isActive)
        call.lanes[i].setResult(out[i]);
    return Outcome::Done;
  };
}

/// RDNA3 "V_PERMLANE16_B32", "V_PERMLANEX16_B32": old, source, selectors of lanes 0-7 and 8-15, fetch inactive, bound
/// control. "V_PERMLANE64_B32": the two halves change places.
Execute permuteLanes(const Symbol &symbol) {
  bool isOther = has(symbol, "permlanex16"), isHalves = has(symbol, "permlane64");
  return [=](const Call &call) {
    for (size_t i = 0; i < call.lanes.size(); ++i) {
      const Lane &lane = call.lanes[i];
      if (!lane.isActive)
        continue;
      size_t place = i % 16;
      size_t from = isHalves ? i ^ 32
                             : ((i & ~size_t{15}) ^ (isOther ? 16 : 0)) |
                                   (lane.argument<uint32_t>(place < 8 ? 2 : 3) >> (4 * (place % 8)) & 15);
      if (from < call.lanes.size() && call.lanes[from].isActive)
        std::memcpy(lane.result, call.lanes[from].arguments[isHalves ? 0 : 1], 4);
      else if (!isHalves && !lane.argument<uint8_t>(5))
        std::memcpy(lane.result, lane.arguments[0], 4);
      else
        storeZero(lane, 4);
    }
    return Outcome::Done;
  };
}

/// CDNA4 "V_PERMLANE16_SWAP_B32", "V_PERMLANE32_SWAP_B32": the upper blocks of the first operand change places with
/// the lower ones of the second.
Execute swapLanes(const Symbol &symbol) {
  size_t block = has(symbol, "permlane32") ? 32 : 16;
  return [=](const Call &call) {
    if (~activeLanes(call) << (64 - call.lanes.size())) {
      call.machine.fail(call.lanes[0].thread, call.site, "a swap of lanes where some of the wave are not there");
      return Outcome::Done;
    }
    for (size_t i = 0; i < call.lanes.size(); ++i) {
      bool isUpper = i & block;
      uint32_t first = isUpper ? call.lanes[i - block].argument<uint32_t>(1) : call.lanes[i].argument<uint32_t>(0);
      uint32_t second = isUpper ? call.lanes[i].argument<uint32_t>(1) : call.lanes[i + block].argument<uint32_t>(0);
      call.lanes[i].setResult(first, 0);
      call.lanes[i].setResult(second, 1);
    }
    return Outcome::Done;
  };
}

/// ISA "V_PERM_B32": the first operand is the upper half.
Execute permuteBytes(const Symbol &) {
  return value([](const Call &call) {
    uint64_t bytes = uint64_t{call.lane().argument<uint32_t>(0)} << 32 | call.lane().argument<uint32_t>(1);
    uint32_t selectors = call.lane().argument<uint32_t>(2), out = 0;
    for (unsigned i = 0; i < 4; ++i) {
      uint32_t selector = selectors >> (8 * i) & 255;
      uint32_t byte = selector >= 13   ? 0xff
                      : selector == 12 ? 0
                      : selector >= 8  ? (bytes >> (16 * (selector - 8) + 15) & 1 ? 0xff : 0)
                                       : static_cast<uint32_t>(bytes >> (8 * selector) & 255);
      out |= byte << (8 * i);
    }
    return out;
  });
}

/// One operand; rounded once from f64, which is at least as good as the hardware.
Execute approximation(const Symbol &symbol) {
  using Function = double (*)(double);
  static const std::pair<const char *, Function> functions[] = {
      {"llvm.amdgcn.exp2.", [](double x) { return std::exp2(x); }},
      {"llvm.amdgcn.log.", [](double x) { return std::log2(x); }},
      {"llvm.amdgcn.rcp.", [](double x) { return 1 / x; }},
      {"llvm.amdgcn.rsq.", [](double x) { return 1 / std::sqrt(x); }},
      {"llvm.amdgcn.sqrt.", [](double x) { return std::sqrt(x); }},
      {"llvm.amdgcn.sin.", [](double x) { return std::sin(x * 6.283185307179586); }},
      {"llvm.amdgcn.cos.", [](double x) { return std::cos(x * 6.283185307179586); }},
      {"llvm.amdgcn.fract.", [](double x) { return x - std::floor(x); }},
      {"llvm.amdgcn.tanh.", [](double x) { return std::tanh(x); }},
  };
  for (auto [prefix, function] : functions)
    if (symbol.name.starts_with(prefix)) {
      if (symbol.name.ends_with(".f32"))
        return value([function = function](const Call &call) {
          return static_cast<float>(function(static_cast<double>(call.lane().argument<float>(0))));
        });
      if (symbol.name.ends_with(".f64"))
        return value([function = function](const Call &call) { return function(call.lane().argument<double>(0)); });
    }
  return {};
}

/// v_med3: the middle of three.
Execute median(const Symbol &symbol) {
  if (!symbol.name.ends_with(".f32"))
    return {};
  return value([](const Call &call) {
    float a = call.lane().argument<float>(0), b = call.lane().argument<float>(1), c = call.lane().argument<float>(2);
    if (std::isnan(a) || std::isnan(b) || std::isnan(c))
      return std::fmin(std::fmin(a, b), c);
    return std::fmax(std::fmin(a, b), std::fmin(std::fmax(a, b), c));
  });
}

constexpr Entry kEntries[] = {
    {"llvm.amdgcn.workitem.id.*", Scope::Thread, id},
    {"llvm.amdgcn.workgroup.id.*", Scope::Thread, id},
    {"llvm.amdgcn.s.barrier", Scope::Thread, barrier},
    {"llvm.amdgcn.s.barrier.signal", Scope::Thread, signal},
    {"llvm.amdgcn.s.barrier.wait", Scope::Thread, waitSignalled},
    {"llvm.amdgcn.mbcnt.*", Scope::Thread, countBelow},
    {"llvm.amdgcn.readfirstlane*", Scope::Wave, readFirstLane},
    {"llvm.amdgcn.readlane*", Scope::Wave, readLane},
    {"llvm.amdgcn.writelane*", Scope::Wave, writeLane},
    {"llvm.amdgcn.ballot.*", Scope::Wave, ballot},
    {"llvm.amdgcn.update.dpp.*", Scope::Wave, updateDpp},
    {"llvm.amdgcn.mov.dpp.*", Scope::Wave, updateDpp},
    {"llvm.amdgcn.ds.swizzle", Scope::Wave, swizzle},
    {"llvm.amdgcn.ds.bpermute", Scope::Wave, backwardPermute},
    {"llvm.amdgcn.ds.permute", Scope::Wave, forwardPermute},
    {"llvm.amdgcn.permlane16.swap", Scope::Wave, swapLanes},
    {"llvm.amdgcn.permlane32.swap", Scope::Wave, swapLanes},
    {"llvm.amdgcn.permlane16.*", Scope::Wave, permuteLanes},
    {"llvm.amdgcn.permlanex16.*", Scope::Wave, permuteLanes},
    {"llvm.amdgcn.permlane64.*", Scope::Wave, permuteLanes},
    {"llvm.amdgcn.perm", Scope::Thread, permuteBytes},
    {"llvm.amdgcn.exp2.*", Scope::Thread, approximation},
    {"llvm.amdgcn.log.*", Scope::Thread, approximation},
    {"llvm.amdgcn.rcp.*", Scope::Thread, approximation},
    {"llvm.amdgcn.rsq.*", Scope::Thread, approximation},
    {"llvm.amdgcn.sqrt.*", Scope::Thread, approximation},
    {"llvm.amdgcn.sin.*", Scope::Thread, approximation},
    {"llvm.amdgcn.cos.*", Scope::Thread, approximation},
    {"llvm.amdgcn.fract.*", Scope::Thread, approximation},
    {"llvm.amdgcn.tanh.*", Scope::Thread, approximation},
    {"llvm.amdgcn.fmed3.*", Scope::Thread, median},
    // What orders or times instructions: every copy is over when its instruction is, the counters with it.
    {"llvm.amdgcn.sched.*", Scope::Thread, doesNothing},
    {"llvm.amdgcn.s.waitcnt*", Scope::Thread, doesNothing},
    {"llvm.amdgcn.s.wait.*", Scope::Thread, doesNothing},
    {"llvm.amdgcn.s.setprio", Scope::Thread, doesNothing},
    {"llvm.amdgcn.s.sleep", Scope::Thread, doesNothing},
    {"llvm.amdgcn.iglp.opt", Scope::Thread, doesNothing},
    {"llvm.amdgcn.wave.barrier", Scope::Wave, doesNothing},
};

} // namespace

Table scalarAmdTable() {
  return kEntries;
}

} // namespace flex::emulator
