//===- NvidiaWgmma.cpp - wgmma --------------------------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// PTX ISA 9.7.15: asynchronous matrix instructions of four warps. The result of a call
// is a value, so it is computed at the call; but its operands in group memory stay
// taken until each of the four warps has waited for the group it is in. A thread that
// ends without that wait is a failure (unfinishedWork), and so are sums that come from
// somewhere else than a wgmma with no wgmma.fence in between.
//
//===----------------------------------------------------------------------===//
#include "InlineAssembly.h"
#include "NvidiaAsync.h"
#include "NvidiaOperand.h"
#include "Tables.h"

#include <cstdio>
#include <memory>
#include <unordered_set>

namespace flex::emulator {
namespace {

using namespace nvidia;

/// wgmma's in flight, by thread.
struct InFlight {
  std::map<int, unsigned> count;
};

/// By thread: whether a fence has put its registers in order since it last waited, and the sums it got since then.
struct Order {
  bool isFenced = false;
  std::unordered_set<std::string> sums;
};
struct Orders {
  std::map<int, Order> of;
};

/// An operand that is an argument or a number.
struct Scalar {
  bool isArgument = false;
  size_t argument = 0;
  size_t bytes = 4;
  int64_t value = 0;

  int64_t of(const Lane &lane) const {
    if (!isArgument)
      return value;
    return bytes == 8   ? lane.argument<int64_t>(argument)
           : bytes == 1 ? lane.argument<uint8_t>(argument)
                        : lane.argument<int32_t>(argument);
  }
};

struct Wgmma {
  unsigned n = 0, k = 0;
  Element a, b, d;
  bool saturates = false;
  std::vector<size_t> registersA; ///< arguments, if A is in registers
  Scalar descriptorA, descriptorB;
  Scalar scaleD, negateA, negateB, transposeA, transposeB;
  std::vector<size_t> accumulators; ///< the arguments that are tied to the results

  unsigned perRegister() const { return d == Element::F16 ? 2 : 1; }
  unsigned elements() const { return n / 2; }

  Outcome operator()(const Call &call) const;
  bool readA(const Call &call, Matrix &left, Extent &extent) const;
  void takeOperands(const Call &call, std::initializer_list<Extent> extents) const;
  bool checkOrder(const Call &call) const;
};

/// 9.7.15.7.1: a fence comes before the first wgmma, and between any other access of its registers and the next one.
/// Registers have no identity here, so that is: sums without a fence are those of an earlier wgmma, bit for bit. Those
/// of operand A come from elsewhere, and sums that do not come in may.
bool Wgmma::checkOrder(const Call &call) const {
  auto &orders = call.machine.state<Orders>();
  for (const Lane &lane : call.lanes) {
    Order &order = orders.of[lane.thread];
    if (order.isFenced)
      continue;
    std::string sums;
    for (size_t argument : accumulators)
      sums.append(static_cast<const char *>(lane.arguments[argument]), 4);
    const bool isFresh = !registersA.empty() || accumulators.empty();
    if (!isFresh && order.sums.count(sums))
      continue;
    call.machine.fail(lane.thread, call.site,
                      isFresh ? "wgmma takes registers that no wgmma.fence has put in order since they were written"
                              : "wgmma adds to registers that no wgmma.fence has put in order since they were written");
    return false;
  }
  return true;
}

bool Wgmma::readA(const Call &call, Matrix &left, Extent &extent) const {
  if (registersA.empty())
    return readOperand(call, call.lanes[0].thread,
                       wgmmaDescriptor(static_cast<uint64_t>(descriptorA.of(call.lanes[0]))),
                       transposeA.of(call.lanes[0]) != 0, a, false, left, extent);
  const unsigned per = 32 / bitsOf(a);
  for (unsigned thread = 0; thread < 128; ++thread)
    for (unsigned e = 0; e < 4 * per; ++e) {
      Cell cell = fragmentA(thread % 32, e, per);
      left.at(thread / 32 * 16 + cell.row, cell.column) =
          load(a, call.lanes[thread].arguments[registersA[e / per]], e % per);
    }
  return true;
}

void Wgmma::takeOperands(const Call &call, std::initializer_list<Extent> extents) const {
  Machine &machine = call.machine;
  auto held = std::make_shared<std::vector<uint64_t>>();
  for (const Extent &extent : extents)
    if (extent.begin)
      held->push_back(machine.hold(extent.begin, static_cast<uint32_t>(extent.end - extent.begin), false,
                                   "a wgmma that a warp has not waited for"));
  auto warps = std::make_shared<unsigned>(4);
  auto &inFlight = machine.state<InFlight>();
  for (unsigned warp = 0; warp < 4; ++warp) {
    int thread = call.lanes[warp * 32].thread;
    ++inFlight.count[thread];
    machine.enqueue(thread, kWgmma, [=, &machine, &inFlight] {
      --inFlight.count[thread];
      if (--*warps == 0)
        for (uint64_t number : *held)
          machine.release(number);
    });
  }
}

Outcome Wgmma::operator()(const Call &call) const {
  const Lane &first = call.lanes[0];
  for (const Lane &lane : call.lanes)
    if (!lane.isActive) {
      call.machine.fail(first.thread, call.site, "wgmma is executed by a part of the warpgroup only");
      return Outcome::Done;
    }
  if (!checkOrder(call))
    return Outcome::Done;
  Matrix left(64, k), right(k, n), sum(64, n);
  Extent extentA, extentB;
  if (!readA(call, left, extentA) ||
      !readOperand(call, first.thread, wgmmaDescriptor(static_cast<uint64_t>(descriptorB.of(first))),
                   transposeB.of(first) != 0, b, true, right, extentB))
    return Outcome::Done;
  if (negateA.of(first) < 0)
    for (double &value : left.values)
      value = -value;
  if (negateB.of(first) < 0)
    for (double &value : right.values)
      value = -value;
  const bool adds = scaleD.of(first) != 0;
  auto cellOf = [](unsigned thread, unsigned e) {
    Cell cell = fragmentC(thread % 32, e);
    return Cell{thread / 32 * 16 + cell.row, cell.column};
  };
  const unsigned per = perRegister();
  for (unsigned thread = 0; adds && thread < 128; ++thread)
    for (unsigned e = 0; e < elements(); ++e) {
      Cell cell = cellOf(thread, e);
      sum.at(cell.row, cell.column) = load(d, call.lanes[thread].arguments[accumulators[e / per]], e % per);
    }
  multiply(sum, left, right);
  for (unsigned thread = 0; thread < 128; ++thread)
    for (unsigned e = 0; e < elements(); ++e) {
      Cell cell = cellOf(thread, e);
      store(d, call.lanes[thread].result, e, sum.at(cell.row, cell.column), saturates);
    }
  auto &orders = call.machine.state<Orders>();
  for (const Lane &lane : call.lanes)
    orders.of[lane.thread].sums.emplace(static_cast<const char *>(lane.result), 4 * (elements() / perRegister()));
  takeOperands(call, {extentA, extentB});
  return Outcome::Done;
}

/// ".m64n128k16.f32.f16.f16", ".m64n8k32.s32.s8.u8.satfinite"
bool parseSuffixes(std::string_view text, Wgmma &wgmma) {
  if (text.ends_with(".satfinite")) {
    wgmma.saturates = true;
    text.remove_suffix(10);
  }
  char types[3][8];
  if (std::sscanf(std::string(text).c_str(), ".m64n%uk%u.%7[a-z0-9].%7[a-z0-9].%7[a-z0-9]", &wgmma.n, &wgmma.k,
                  types[0], types[1], types[2]) != 5)
    return false;
  if (!elementOf(types[0], wgmma.d) || !elementOf(types[1], wgmma.a) || !elementOf(types[2], wgmma.b))
    return false;
  // 9.7.15.2: K is 32 bytes.
  return wgmma.n % 8 == 0 && wgmma.n >= 8 && wgmma.n <= 256 && wgmma.k * bitsOf(wgmma.a) == 256 &&
         bitsOf(wgmma.a) == bitsOf(wgmma.b) && wgmma.a != Element::F32 && wgmma.d != Element::F64;
}

Execute bindWgmma(const Symbol &symbol) {
  constexpr std::string_view kMnemonic = "wgmma.mma_async.sync.aligned";
  InlineAssembly assembly(symbol);
  Wgmma wgmma;
  std::string suffixes;
  auto operands = assembly.operands(kMnemonic, &suffixes);
  // One statement a call: of several, the later ones' results would not be tied to anything here.
  if (!operands || symbol.name.find(kMnemonic, symbol.name.find(kMnemonic) + 1) != std::string::npos ||
      !parseSuffixes(suffixes, wgmma))
    return {};
  const size_t registers = wgmma.elements() / wgmma.perRegister();
  const bool hasRegistersA = operands->size() > 1 && (*operands)[1].size() == 4;
  const bool is16Bits = bitsOf(wgmma.a) == 16;
  // D, A, B, scale-d [, imm-scale-a, imm-scale-b [, imm-trans-a] [, imm-trans-b]]
  size_t expected = 4 + (wgmma.d == Element::S32 ? 0 : 2) + (is16Bits ? (hasRegistersA ? 1 : 2) : 0);
  if (operands->size() != expected || (*operands)[0].size() != registers)
    return {};
  auto scalar = [&](size_t at, Scalar &result) {
    if ((*operands)[at].size() != 1)
      return false;
    AssemblyOperand operand = (*operands)[at][0];
    if (operand.kind == AssemblyOperand::Predicate)
      if (auto source = assembly.predicate(operand.name))
        operand = *source;
    result.isArgument = operand.kind == AssemblyOperand::Argument;
    result.argument = operand.index;
    result.value = operand.value;
    if (result.isArgument && operand.index < symbol.argumentBytes.size())
      result.bytes = symbol.argumentBytes[operand.index];
    return result.isArgument ? operand.index < symbol.argumentBytes.size() : operand.kind == AssemblyOperand::Literal;
  };
  // Sums that begin at zero need not come in.
  const bool isTied = assembly.tiedTo(0).has_value();
  for (size_t number = 0; number < registers; ++number) {
    const AssemblyOperand &operand = (*operands)[0][number];
    std::optional<size_t> tied = assembly.tiedTo(operand.index);
    if (operand.kind != AssemblyOperand::Result || operand.index != number || tied.has_value() != isTied)
      return {};
    if (tied)
      wgmma.accumulators.push_back(*tied);
  }
  for (const AssemblyOperand &operand : (*operands)[1])
    if (hasRegistersA)
      wgmma.registersA.push_back(operand.index);
  wgmma.negateA.value = wgmma.negateB.value = 1;
  size_t next = 4;
  bool isUnderstood =
      (hasRegistersA || scalar(1, wgmma.descriptorA)) && scalar(2, wgmma.descriptorB) && scalar(3, wgmma.scaleD);
  auto take = [&](Scalar &result) {
    isUnderstood &= scalar(next, result);
    ++next;
  };
  if (wgmma.d != Element::S32) {
    take(wgmma.negateA);
    take(wgmma.negateB);
  }
  if (is16Bits && !hasRegistersA)
    take(wgmma.transposeA);
  if (is16Bits)
    take(wgmma.transposeB);
  const bool startsAtZero = !wgmma.scaleD.isArgument && wgmma.scaleD.value == 0;
  if (!isUnderstood || (!isTied && !startsAtZero))
    return {};
  return wgmma;
}

Execute bindFence(const Symbol &) {
  return [](const Call &call) {
    Order &order = call.machine.state<Orders>().of[call.lane().thread];
    order.isFenced = true;
    order.sums.clear();
    return Outcome::Done;
  };
}

Execute bindCommit(const Symbol &) {
  return [](const Call &call) {
    call.machine.commit(call.lane().thread, kWgmma);
    return Outcome::Done;
  };
}

Execute bindWait(const Symbol &) {
  return [](const Call &call) {
    call.machine.wait(call.lane().thread, kWgmma, call.lane().argument<uint64_t>(0));
    call.machine.state<Orders>().of[call.lane().thread].isFenced = false;
    return Outcome::Done;
  };
}

constexpr Entry kEntries[] = {
    {"asm *wgmma.mma_async.sync.aligned.*", Scope::Warpgroup, bindWgmma},
    {"llvm.nvvm.wgmma.fence.sync.aligned", Scope::Thread, bindFence},
    {"llvm.nvvm.wgmma.commit_group.sync.aligned", Scope::Thread, bindCommit},
    {"llvm.nvvm.wgmma.wait_group.sync.aligned", Scope::Thread, bindWait},
};

} // namespace

std::string nvidia::unfinishedWork(Machine &machine, int thread) {
  auto &count = machine.state<InFlight>().count;
  auto found = count.find(thread);
  if (found == count.end() || found->second == 0)
    return unfinishedTensorWork(machine, thread);
  return "the thread ended before it waited for " + std::to_string(found->second) + " wgmma";
}

Table nvidiaWgmmaTable() {
  return kEntries;
}

} // namespace flex::emulator
