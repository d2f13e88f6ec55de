//===- ScalarNvidia.cpp - PTX without matrices and copies -----------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Section numbers are those of the PTX ISA 9.0 manual.
//
//===----------------------------------------------------------------------===//
#include "Tables.h"
#include "Waves.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

namespace flex::emulator {
namespace {

bool has(const Symbol &symbol, std::string_view part) {
  return symbol.name.find(part) != std::string::npos;
}

/// PTX 10: special registers.
Execute specialRegister(const Symbol &symbol) {
  std::string name = symbol.name.substr(std::string("llvm.nvvm.read.ptx.sreg.").size());
  using Read = uint32_t (*)(const Call &);
  static const std::pair<const char *, Read> registers[] = {
      {"tid.x", [](const Call &c) { return static_cast<uint32_t>(c.lane().thread); }},
      {"tid.y", [](const Call &) { return uint32_t{0}; }},
      {"tid.z", [](const Call &) { return uint32_t{0}; }},
      {"ntid.x", [](const Call &c) { return uint32_t{c.machine.groupSize()}; }},
      {"ntid.y", [](const Call &) { return uint32_t{1}; }},
      {"ntid.z", [](const Call &) { return uint32_t{1}; }},
      {"ctaid.x", [](const Call &c) { return c.machine.group().x; }},
      {"ctaid.y", [](const Call &c) { return c.machine.group().y; }},
      {"ctaid.z", [](const Call &c) { return c.machine.group().z; }},
      {"nctaid.x", [](const Call &c) { return c.machine.groups().x; }},
      {"nctaid.y", [](const Call &c) { return c.machine.groups().y; }},
      {"nctaid.z", [](const Call &c) { return c.machine.groups().z; }},
      {"laneid", [](const Call &c) { return uint32_t{laneOf(c)}; }},
      {"warpid", [](const Call &c) { return static_cast<uint32_t>(c.lane().thread) / c.machine.waveSize(); }},
      {"nwarpid",
       [](const Call &c) { return (c.machine.groupSize() + c.machine.waveSize() - 1) / c.machine.waveSize(); }},
      {"warpsize", [](const Call &c) { return uint32_t{c.machine.waveSize()}; }},
      {"cluster.ctarank", [](const Call &) { return uint32_t{0}; }}, // clusters of one group
      {"cluster.nctarank", [](const Call &) { return uint32_t{1}; }},
      {"lanemask.eq", [](const Call &c) { return 1u << laneOf(c); }},
      {"lanemask.lt", [](const Call &c) { return (1u << laneOf(c)) - 1; }},
      {"lanemask.le", [](const Call &c) { return (2u << laneOf(c)) - 1; }},
      {"lanemask.gt", [](const Call &c) { return ~((2u << laneOf(c)) - 1); }},
      {"lanemask.ge", [](const Call &c) { return ~((1u << laneOf(c)) - 1); }},
  };
  for (auto [known, read] : registers)
    if (name == known)
      return value(read);
  return {};
}

/// PTX 9.7.13.1: barriers by number, for all threads or as many as an operand says.
Execute barrier(const Symbol &symbol) {
  bool counts = has(symbol, ".count"), isArrive = has(symbol, ".arrive");
  Aligned aligned = has(symbol, ".aligned") ? Aligned::Wave : Aligned::No;
  return [=](const Call &call) {
    const Lane &lane = call.lane();
    unsigned threads = counts ? lane.argument<uint32_t>(1) : call.machine.groupSize();
    if (threads == 0 || (counts && threads % call.machine.waveSize())) {
      call.machine.fail(lane.thread, call.site, "a barrier for " + std::to_string(threads) + " threads");
      return Outcome::Done;
    }
    if (!isArrive)
      return waitAtBarrier(call, lane.argument<uint32_t>(0), threads, aligned);
    arriveAtBarrier(call, lane.argument<uint32_t>(0), threads, aligned, /*remembers=*/false);
    return Outcome::Done;
  };
}

/// PTX 9.7.13.2: bar.warp.sync.
Execute waveBarrier(const Symbol &) {
  return [](const Call &call) { return membersAreHere(call, 0) ? Outcome::Done : Outcome::Retry; };
}

/// PTX 9.7.9.6: shfl.sync. The value of a lane that is not there is not defined: all ones here.
Execute shuffle(const Symbol &symbol) {
  enum Mode { Up, Down, Butterfly, Index };
  Mode mode = has(symbol, ".up.") ? Up : has(symbol, ".down.") ? Down : has(symbol, ".bfly.") ? Butterfly : Index;
  bool wantsPredicate = symbol.resultBytes == 8;
  return [=](const Call &call) {
    if (!membersAreHere(call, 0))
      return Outcome::Retry;
    for (unsigned i = 0; i < call.lanes.size(); ++i) {
      const Lane &lane = call.lanes[i];
      if (!lane.isActive)
        continue;
      uint32_t b = lane.argument<uint32_t>(2) & 31, c = lane.argument<uint32_t>(3);
      uint32_t clamp = c & 31, segment = c >> 8 & 31;
      int last = static_cast<int>((i & segment) | (clamp & ~segment)), first = static_cast<int>(i & segment);
      int from = mode == Up          ? static_cast<int>(i) - static_cast<int>(b)
                 : mode == Down      ? static_cast<int>(i + b)
                 : mode == Butterfly ? static_cast<int>(i ^ b)
                                     : first | static_cast<int>(b & ~segment);
      bool inRange = mode == Up ? from >= last : from <= last;
      if (!inRange)
        from = static_cast<int>(i);
      bool isThere = lane.argument<uint32_t>(0) >> from & 1;
      lane.setResult(isThere ? call.lanes[static_cast<size_t>(from)].argument<uint32_t>(1) : ~uint32_t{0});
      if (wantsPredicate)
        static_cast<uint8_t *>(lane.result)[4] = inRange;
    }
    return Outcome::Done;
  };
}

/// The active lanes of a wave that have the same mask of members as `lane`, folded.
template <typename T, typename Fold>
T foldMembers(const Call &call, const Lane &lane, size_t mask, T start, Fold fold) {
  uint32_t members = lane.argument<uint32_t>(mask);
  for (size_t i = 0; i < call.lanes.size(); ++i)
    if (members >> i & 1)
      start = fold(start, i, call.lanes[i]);
  return start;
}

/// PTX 9.7.13.9: vote.sync; the predicate is a byte.
Execute vote(const Symbol &symbol) {
  bool isBallot = has(symbol, ".ballot"), isAll = has(symbol, ".all"), isAny = has(symbol, ".any");
  return [=](const Call &call) {
    if (!membersAreHere(call, 0))
      return Outcome::Retry;
    for (const Lane &lane : call.lanes) {
      if (!lane.isActive)
        continue;
      uint32_t members = lane.argument<uint32_t>(0);
      uint32_t bits = foldMembers(call, lane, 0, uint32_t{0}, [](uint32_t sum, size_t i, const Lane &other) {
        return sum | static_cast<uint32_t>(other.argument<uint8_t>(1) & 1) << i;
      });
      if (isBallot)
        lane.setResult(bits);
      else
        lane.setResult(static_cast<uint8_t>(isAll   ? bits == members
                                            : isAny ? bits != 0
                                                    : bits == 0 || bits == members));
    }
    return Outcome::Done;
  };
}

/// PTX 9.7.13.11: redux.sync on integers.
Execute redux(const Symbol &symbol) {
  using Fold = uint32_t (*)(uint32_t, uint32_t);
  static const std::pair<const char *, Fold> folds[] = {
      {"llvm.nvvm.redux.sync.add", [](uint32_t a, uint32_t b) { return a + b; }},
      {"llvm.nvvm.redux.sync.umin", [](uint32_t a, uint32_t b) { return std::min(a, b); }},
      {"llvm.nvvm.redux.sync.umax", [](uint32_t a, uint32_t b) { return std::max(a, b); }},
      {"llvm.nvvm.redux.sync.min",
       [](uint32_t a, uint32_t b) { return static_cast<int32_t>(a) < static_cast<int32_t>(b) ? a : b; }},
      {"llvm.nvvm.redux.sync.max",
       [](uint32_t a, uint32_t b) { return static_cast<int32_t>(a) > static_cast<int32_t>(b) ? a : b; }},
      {"llvm.nvvm.redux.sync.and", [](uint32_t a, uint32_t b) { return a & b; }},
      {"llvm.nvvm.redux.sync.or", [](uint32_t a, uint32_t b) { return a | b; }},
      {"llvm.nvvm.redux.sync.xor", [](uint32_t a, uint32_t b) { return a ^ b; }},
  };
  for (auto [name, fold] : folds)
    if (symbol.name == name)
      return [fold = fold](const Call &call) {
        if (!membersAreHere(call, 1))
          return Outcome::Retry;
        for (const Lane &lane : call.lanes)
          if (lane.isActive) {
            bool isFirst = true;
            lane.setResult(foldMembers(call, lane, 1, uint32_t{0}, [&](uint32_t sum, size_t, const Lane &other) {
              uint32_t x = other.argument<uint32_t>(0);
              return std::exchange(isFirst, false) ? x : fold(sum, x);
            }));
          }
        return Outcome::Done;
      };
  return {};
}

/// PTX 9.7.13.10: match.sync.
Execute match(const Symbol &symbol) {
  bool isAll = has(symbol, ".all.");
  size_t bytes = symbol.argumentBytes[1];
  return [=](const Call &call) {
    if (!membersAreHere(call, 0))
      return Outcome::Retry;
    for (const Lane &lane : call.lanes) {
      if (!lane.isActive)
        continue;
      uint32_t same = foldMembers(call, lane, 0, uint32_t{0}, [&](uint32_t bits, size_t i, const Lane &other) {
        return bits | static_cast<uint32_t>(!std::memcmp(other.arguments[1], lane.arguments[1], bytes)) << i;
      });
      if (!isAll) {
        lane.setResult(same);
        continue;
      }
      bool all = same == lane.argument<uint32_t>(0);
      lane.setResult(all ? same : 0);
      static_cast<uint8_t *>(lane.result)[4] = all;
    }
    return Outcome::Done;
  };
}

/// PTX 9.7.13.13: elect.sync: the lowest lane.
Execute elect(const Symbol &) {
  return [](const Call &call) {
    if (!membersAreHere(call, 0))
      return Outcome::Retry;
    for (size_t i = 0; i < call.lanes.size(); ++i)
      if (const Lane &lane = call.lanes[i]; lane.isActive) {
        auto leader = static_cast<uint32_t>(std::countr_zero(lane.argument<uint32_t>(0)));
        lane.setResult(leader);
        static_cast<uint8_t *>(lane.result)[4] = leader == i;
      }
    return Outcome::Done;
  };
}

Execute activeMask(const Symbol &) {
  return [](const Call &call) {
    for (const Lane &lane : call.lanes)
      if (lane.isActive)
        lane.setResult(static_cast<uint32_t>(activeLanes(call)));
    return Outcome::Done;
  };
}

float flushed(float x) {
  return std::fpclassify(x) == FP_SUBNORMAL ? std::copysign(0.0f, x) : x;
}

/// PTX 9.7.3: approximations, exact here but for .ftz. Intrinsics and inline assembly with one operand.
Execute approximation(const Symbol &symbol) {
  using Function = float (*)(float);
  static const std::pair<const char *, Function> functions[] = {
      {"ex2.approx", [](float x) { return std::exp2(x); }},
      {"lg2.approx", [](float x) { return std::log2(x); }},
      {"rcp.approx", [](float x) { return 1 / x; }},
      {"rcp.rn", [](float x) { return 1 / x; }},
      {"rsqrt.approx", [](float x) { return static_cast<float>(1 / std::sqrt(static_cast<double>(x))); }},
      {"sqrt.approx", [](float x) { return std::sqrt(x); }},
      {"sqrt.rn", [](float x) { return std::sqrt(x); }},
      {"sin.approx", [](float x) { return std::sin(x); }},
      {"cos.approx", [](float x) { return std::cos(x); }},
      {"tanh.approx", [](float x) { return std::tanh(x); }},
  };
  bool flushes = has(symbol, ".ftz");
  if (symbol.argumentBytes != std::vector<uint32_t>{4} || symbol.resultBytes != 4 || has(symbol, "16"))
    return {};
  for (auto [name, function] : functions)
    if (has(symbol, name))
      return [=, function = function](const Call &call) {
        float x = call.lane().argument<float>(0);
        float y = function(flushes ? flushed(x) : x);
        call.lane().setResult(flushes ? flushed(y) : y);
        return Outcome::Done;
      };
  return {};
}

/// PTX 9.7.9.7: prmt in its general mode.
Execute permuteBytes(const Symbol &symbol) {
  if (symbol.argumentBytes.size() != 3)
    return {};
  return value([](const Call &call) {
    uint64_t bytes = call.lane().argument<uint32_t>(0) | uint64_t{call.lane().argument<uint32_t>(1)} << 32;
    uint32_t selectors = call.lane().argument<uint32_t>(2), out = 0;
    for (unsigned i = 0; i < 4; ++i) {
      uint32_t selector = selectors >> (4 * i) & 15;
      auto byte = static_cast<uint32_t>(bytes >> (8 * (selector & 7)) & 255);
      if (selector & 8)
        byte = byte & 128 ? 255 : 0;
      out |= byte << (8 * i);
    }
    return out;
  });
}

Execute absolute(const Symbol &symbol) {
  if (symbol.resultBytes == 8)
    return value([](const Call &call) { return std::fabs(call.lane().argument<double>(0)); });
  bool flushes = has(symbol, ".ftz");
  return value([=](const Call &call) {
    float x = std::fabs(call.lane().argument<float>(0));
    return flushes ? flushed(x) : x;
  });
}

constexpr Entry kEntries[] = {
    {"llvm.nvvm.read.ptx.sreg.*", Scope::Thread, specialRegister},
    {"llvm.nvvm.barrier.cta.sync.*", Scope::Thread, barrier},
    {"llvm.nvvm.barrier.cta.arrive.*", Scope::Thread, barrier},
    {"llvm.nvvm.bar.warp.sync", Scope::Wave, waveBarrier},
    {"llvm.nvvm.shfl.sync.*", Scope::Wave, shuffle},
    {"llvm.nvvm.vote.*.sync", Scope::Wave, vote},
    {"llvm.nvvm.redux.sync.*", Scope::Wave, redux},
    {"llvm.nvvm.match.*.sync.*", Scope::Wave, match},
    {"llvm.nvvm.elect.sync", Scope::Wave, elect},
    {"llvm.nvvm.activemask", Scope::Wave, activeMask},
    {"llvm.nvvm.ex2.approx.*", Scope::Thread, approximation},
    {"llvm.nvvm.lg2.approx.*", Scope::Thread, approximation},
    {"llvm.nvvm.rcp.*", Scope::Thread, approximation},
    {"llvm.nvvm.rsqrt.approx.*", Scope::Thread, approximation},
    {"llvm.nvvm.sqrt.*", Scope::Thread, approximation},
    {"llvm.nvvm.sin.approx.*", Scope::Thread, approximation},
    {"llvm.nvvm.cos.approx.*", Scope::Thread, approximation},
    {"llvm.nvvm.tanh.approx.*", Scope::Thread, approximation},
    {"asm ex2.approx*", Scope::Thread, approximation},
    {"asm lg2.approx*", Scope::Thread, approximation},
    {"asm rcp.approx*", Scope::Thread, approximation},
    {"asm rsqrt.approx*", Scope::Thread, approximation},
    {"asm tanh.approx*", Scope::Thread, approximation},
    {"llvm.nvvm.fabs.*", Scope::Thread, absolute},
    {"llvm.nvvm.prmt*", Scope::Thread, permuteBytes},
    {"llvm.nvvm.membar.*", Scope::Thread, doesNothing},
    {"llvm.nvvm.fence.sc.cluster", Scope::Thread, doesNothing},
};

} // namespace

Table scalarNvidiaTable() {
  return kEntries;
}

} // namespace flex::emulator
