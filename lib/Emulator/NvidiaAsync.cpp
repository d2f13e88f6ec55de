//===- NvidiaAsync.cpp - cp.async, mbarrier, fences -----------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// PTX ISA 9.7.9.25 (asynchronous copies), 9.7.13.15 (mbarrier), 9.7.13.4 (fences).
// Invariant: a copy reads and writes when its thread waits for it, not before; until
// then nobody may touch its destination.
//
//===----------------------------------------------------------------------===//
#include "NvidiaAsync.h"
#include "Tables.h"

#include <array>
#include <charconv>

namespace flex::emulator {
namespace {

using nvidia::pointerOf;

/// The bytes of an address operand.
size_t widthOf(const Symbol &symbol, size_t index = 0) {
  return index < symbol.argumentBytes.size() ? symbol.argumentBytes[index] : sizeof(void *);
}

/// The number that a name's last word is.
unsigned trailingNumber(std::string_view name) {
  unsigned number = 0;
  std::string_view word = name.substr(name.rfind('.') + 1);
  std::from_chars(word.data(), word.data() + word.size(), number);
  return number;
}

/// cp.async.{ca,cg}.shared.global.N[.s]: the destination's bytes past `live` become zero (zfill).
Execute bindCopy(const Symbol &symbol) {
  std::string_view name = symbol.name;
  bool hasSize = name.ends_with(".s");
  if (hasSize)
    name.remove_suffix(2);
  uint32_t bytes = trailingNumber(name);
  if (bytes != 4 && bytes != 8 && bytes != 16)
    return {};
  return [=, width = widthOf(symbol)](const Call &call) {
    const Lane &lane = call.lane();
    Machine &machine = call.machine;
    int thread = lane.thread;
    uint32_t site = call.site, live = hasSize ? lane.argument<uint32_t>(2) : bytes;
    void *to = pointerOf(machine, lane, 0, width);
    const void *from = lane.argument<const void *>(1);
    if (live > bytes) {
      machine.fail(thread, site, "cp.async of " + std::to_string(live) + " source bytes to " + std::to_string(bytes));
      return Outcome::Done;
    }
    // Where it goes and comes from is checked where the program says it; it happens at the wait.
    if (!machine.access(thread, site, to, bytes, bytes, Access::AsyncWrite) ||
        (live && !machine.access(thread, site, from, live, bytes, Access::AsyncRead)))
      return Outcome::Done;
    uint64_t held = machine.hold(to, bytes, true, "a cp.async that its thread has not waited for");
    machine.enqueue(thread, nvidia::kCpAsync, [=, &machine] {
      machine.release(held);
      std::array<char, 16> data{};
      if (live == 0 || machine.read(thread, site, data.data(), from, live, bytes))
        machine.write(thread, site, to, data.data(), bytes, bytes);
    });
    return Outcome::Done;
  };
}

Execute bindCommit(const Symbol &) {
  return [](const Call &call) {
    call.machine.commit(call.lane().thread, nvidia::kCpAsync);
    return Outcome::Done;
  };
}

Execute bindWait(const Symbol &) {
  return [](const Call &call) {
    call.machine.wait(call.lane().thread, nvidia::kCpAsync, call.lane().argument<uint32_t>(0));
    return Outcome::Done;
  };
}

Execute bindWaitAll(const Symbol &) {
  return [](const Call &call) {
    call.machine.waitAll(call.lane().thread, nvidia::kCpAsync);
    return Outcome::Done;
  };
}

/// cp.async.mbarrier.arrive: an arrival once the thread's copies so far are there. Without .noinc the barrier first
/// expects one arrival more in this phase.
Execute bindCopyArrive(const Symbol &symbol) {
  bool adds = symbol.name.find(".noinc") == std::string::npos;
  return [=, width = widthOf(symbol)](const Call &call) {
    Machine &machine = call.machine;
    int thread = call.lane().thread;
    MemoryBarrier *barrier = machine.barrierAt(thread, call.site, pointerOf(machine, call.lane(), 0, width));
    if (!barrier)
      return Outcome::Done;
    barrier->pending += adds;
    barrier->copies.push_back([=, &machine] {
      machine.waitAll(thread, nvidia::kCpAsync);
      machine.arrive(*barrier, 1);
    });
    return Outcome::Done;
  };
}

// -- mbarrier

Execute bindInit(const Symbol &symbol) {
  return [width = widthOf(symbol)](const Call &call) {
    void *address = pointerOf(call.machine, call.lane(), 0, width);
    // The object is opaque; what the program sees as its bytes is written so that it counts as written.
    std::array<char, 8> object{};
    if (call.machine.write(call.lane().thread, call.site, address, object.data(), 8, 8))
      call.machine.initBarrier(address, call.lane().argument<uint32_t>(1));
    return Outcome::Done;
  };
}

Execute bindInvalidate(const Symbol &symbol) {
  return [width = widthOf(symbol)](const Call &call) {
    void *address = pointerOf(call.machine, call.lane(), 0, width);
    if (call.machine.barrierAt(call.lane().thread, call.site, address))
      call.machine.invalidateBarrier(address);
    return Outcome::Done;
  };
}

/// The state that arrive returns and test_wait takes is the phase's number.
void setState(const Call &call, const MemoryBarrier &barrier) {
  if (call.lane().result)
    call.lane().setResult<uint64_t>(barrier.phase);
}

void arriveAt(const Call &call, MemoryBarrier &barrier, int64_t count) {
  if (barrier.pending < count) {
    call.machine.fail(call.lane().thread, call.site,
                      "an arrival too many: the mbarrier's phase expects " + std::to_string(barrier.expected));
    return;
  }
  setState(call, barrier);
  call.machine.arrive(barrier, count);
}

enum class Transactions { None, Arrive, ExpectOnly, Complete };

template <Transactions kTransactions> Execute bindArrive(const Symbol &symbol) {
  bool drops = symbol.name.find("arrive.drop") != std::string::npos;
  // The second argument: bytes for the forms with transactions, the number of arrivals for the others that have one.
  bool hasCount = kTransactions == Transactions::None && symbol.argumentBytes.size() > 1;
  if (symbol.name.find(".noComplete") != std::string::npos || symbol.name.find("space.cluster") != std::string::npos)
    return {}; // needs a cluster of more than one group
  return [=, width = widthOf(symbol)](const Call &call) {
    const Lane &lane = call.lane();
    MemoryBarrier *barrier = call.machine.barrierAt(lane.thread, call.site, pointerOf(call.machine, lane, 0, width));
    if (!barrier)
      return Outcome::Done;
    int64_t count = hasCount ? lane.argument<uint32_t>(1) : 1;
    if (kTransactions == Transactions::Arrive || kTransactions == Transactions::ExpectOnly)
      barrier->bytes += lane.argument<uint32_t>(1);
    if (kTransactions == Transactions::Complete)
      barrier->bytes -= lane.argument<uint32_t>(1);
    if (kTransactions == Transactions::ExpectOnly)
      return Outcome::Done;
    if (drops)
      barrier->expected -= count;
    if (kTransactions == Transactions::Complete)
      call.machine.arrive(*barrier, 0);
    else
      arriveAt(call, *barrier, count);
    return Outcome::Done;
  };
}

/// Whether the phase is over, after what it waits for has been delivered.
bool isComplete(Machine &machine, MemoryBarrier &barrier, bool isParity, uint64_t phase) {
  auto holds = [&] { return isParity ? (barrier.phase & 1) != phase : barrier.phase != phase; };
  if (holds())
    return true;
  machine.deliver(barrier);
  return holds();
}

/// try_wait may sleep in the hardware until the phase is over: it is executed so, and a phase that never ends is a
/// deadlock that the core reports. test_wait answers at once.
Execute bindWaitPhase(const Symbol &symbol) {
  bool isParity = symbol.name.find(".parity") != std::string::npos;
  bool blocks = symbol.name.find("try.wait") != std::string::npos;
  if (symbol.name.find("scope.cluster") != std::string::npos)
    return {};
  return [=, width = widthOf(symbol)](const Call &call) {
    const Lane &lane = call.lane();
    MemoryBarrier *barrier = call.machine.barrierAt(lane.thread, call.site, pointerOf(call.machine, lane, 0, width));
    if (!barrier)
      return Outcome::Done;
    uint64_t phase = isParity ? lane.argument<uint32_t>(1) & 1 : lane.argument<uint64_t>(1);
    bool done = isComplete(call.machine, *barrier, isParity, phase);
    if (!done && blocks)
      return Outcome::Retry;
    if (done)
      nvidia::waitedFor(call.machine, lane.thread, *barrier);
    lane.setResult<uint8_t>(done);
    return done ? Outcome::Done : Outcome::Yield;
  };
}

/// The loop around try_wait.parity that MLIR writes as assembly: it ends when the phase has.
Execute bindWaitLoop(const Symbol &symbol) {
  if (symbol.resultBytes != 0 || symbol.argumentBytes.size() < 2 || symbol.name.find("bra") == std::string::npos)
    return {};
  return [width = widthOf(symbol)](const Call &call) {
    const Lane &lane = call.lane();
    MemoryBarrier *barrier = call.machine.barrierAt(lane.thread, call.site, pointerOf(call.machine, lane, 0, width));
    if (barrier && !isComplete(call.machine, *barrier, true, lane.argument<uint32_t>(1) & 1))
      return Outcome::Retry;
    if (barrier)
      nvidia::waitedFor(call.machine, lane.thread, *barrier);
    return Outcome::Done;
  };
}

/// mbarrier.arrive.expect_tx as assembly: address, bytes.
Execute bindExpectAssembly(const Symbol &symbol) {
  if (symbol.resultBytes != 0 || symbol.argumentBytes.size() < 2)
    return {};
  return bindArrive<Transactions::Arrive>(symbol);
}

/// mbarrier.init as assembly: address, count.
Execute bindInitAssembly(const Symbol &symbol) {
  if (symbol.name.find(" [$0], $1;") == std::string::npos || symbol.argumentBytes.size() < 2)
    return {};
  return bindInit(symbol);
}

/// "@$5 instruction": what follows, where the argument is true.
Execute bindPredicated(const Symbol &symbol) {
  std::string_view text = std::string_view(symbol.name).substr(std::string_view("asm @$").size());
  size_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  bool hasResults = symbol.constraints.find('=') != std::string::npos;
  if (error != std::errc() || hasResults || number >= symbol.argumentBytes.size() || !text.starts_with(' ') ||
      symbol.argumentBytes[number] != 1)
    return {};
  Binding inner = bind({"asm" + std::string(text), symbol.constraints, symbol.argumentBytes, symbol.resultBytes});
  if (!inner.execute || inner.scope != Scope::Thread)
    return {};
  return [number, execute = std::move(inner.execute)](const Call &call) {
    return call.lane().argument<uint8_t>(number) ? execute(call) : Outcome::Done;
  };
}

// -- Fences and hints

Execute bindProxyFence(const Symbol &) {
  return [](const Call &call) {
    call.machine.fenceAsyncProxy(call.lane().thread);
    return Outcome::Done;
  };
}

Execute bindBarrierFence(const Symbol &) {
  return [](const Call &call) {
    call.machine.fenceBarriers(call.lane().thread);
    return Outcome::Done;
  };
}

Execute bindNothing(const Symbol &) {
  return [](const Call &) { return Outcome::Done; };
}

constexpr Entry kEntries[] = {
    {"llvm.nvvm.cp.async.ca.shared.global.*", Scope::Thread, bindCopy},
    {"llvm.nvvm.cp.async.cg.shared.global.*", Scope::Thread, bindCopy},
    {"llvm.nvvm.cp.async.commit.group", Scope::Thread, bindCommit},
    {"llvm.nvvm.cp.async.wait.group", Scope::Thread, bindWait},
    {"llvm.nvvm.cp.async.wait.all", Scope::Thread, bindWaitAll},
    {"llvm.nvvm.cp.async.mbarrier.arrive*", Scope::Thread, bindCopyArrive},
    {"llvm.nvvm.mbarrier.init*", Scope::Thread, bindInit},
    {"llvm.nvvm.mbarrier.inval*", Scope::Thread, bindInvalidate},
    {"llvm.nvvm.mbarrier.arrive.expect.tx*", Scope::Thread, bindArrive<Transactions::Arrive>},
    {"llvm.nvvm.mbarrier.arrive.drop.expect.tx*", Scope::Thread, bindArrive<Transactions::Arrive>},
    {"llvm.nvvm.mbarrier.arrive*", Scope::Thread, bindArrive<Transactions::None>},
    {"llvm.nvvm.mbarrier.expect.tx*", Scope::Thread, bindArrive<Transactions::ExpectOnly>},
    {"llvm.nvvm.mbarrier.complete.tx*", Scope::Thread, bindArrive<Transactions::Complete>},
    {"llvm.nvvm.mbarrier.try.wait*", Scope::Thread, bindWaitPhase},
    {"llvm.nvvm.mbarrier.test.wait*", Scope::Thread, bindWaitPhase},
    {"asm *mbarrier.try_wait.parity*", Scope::Thread, bindWaitLoop},
    {"asm mbarrier.arrive.expect_tx*", Scope::Thread, bindExpectAssembly},
    {"asm mbarrier.init.*", Scope::Thread, bindInitAssembly},
    {"asm @$*", Scope::Thread, bindPredicated},
    {"llvm.nvvm.fence.proxy.async*", Scope::Thread, bindProxyFence},
    {"llvm.nvvm.fence.mbarrier_init.*", Scope::Thread, bindBarrierFence},
    // One address space and one group: nothing that these order can be seen in another order.
    {"llvm.nvvm.fence.*", Scope::Thread, bindNothing},
    {"llvm.nvvm.prefetch*", Scope::Thread, bindNothing},
    {"llvm.nvvm.griddepcontrol.*", Scope::Thread, bindNothing},
    {"llvm.nvvm.setmaxnreg.*", Scope::Thread, bindNothing},
};

} // namespace

Table nvidiaAsyncTable() {
  return kEntries;
}

} // namespace flex::emulator
