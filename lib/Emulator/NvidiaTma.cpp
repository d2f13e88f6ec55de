//===- NvidiaTma.cpp - Bulk and tensor copies -----------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// PTX ISA 9.7.9.27 (cp.async.bulk, cp.async.bulk.tensor), 5.5 (tensors: boxes, out of
// bounds, swizzling). Loads happen when a thread waits for their barrier, stores when
// their thread waits for its bulk groups. Till then a load's destination may not be
// touched, a store's source not be written.
//
//===----------------------------------------------------------------------===//
#include "NvidiaAsync.h"
#include "NvidiaLayout.h"
#include "Tables.h"

#include "flex/Emulator/TensorMap.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

namespace flex::emulator {

uint32_t TensorMap::boxBytes() const {
  uint32_t bytes = elementBytes;
  for (unsigned d = 0; d < rank && d < 5; ++d)
    bytes *= box[d];
  return bytes;
}

std::string TensorMap::problem() const {
  if (magic != kMagic)
    return "these are not the bytes of a tensor map";
  if (rank < 1 || rank > 5 || (elementBytes != 1 && elementBytes != 2 && elementBytes != 4 && elementBytes != 8) ||
      swizzle > 3)
    return "a tensor map with a rank, an element or a swizzle that does not exist";
  if (base % 16)
    return "a tensor map whose tensor does not start at a multiple of 16 bytes";
  uint32_t inner = uint32_t{box[0]} * elementBytes;
  if (inner % 16)
    return "a tensor map whose box has rows of " + std::to_string(inner) + " bytes, not a multiple of 16";
  if (swizzle && inner > 16u << swizzle)
    return "a tensor map whose box has rows of " + std::to_string(inner) + " bytes, more than its swizzle's " +
           std::to_string(16u << swizzle);
  for (unsigned d = 0; d < rank; ++d) {
    if (sizes[d] == 0 || box[d] == 0 || box[d] > 256)
      return "a tensor map with an empty dimension, or a box of more than 256 in a dimension";
    if (elementStrides[d] != 1)
      return "a tensor map with element strides, which the emulator does not execute";
    if (d && strides[d - 1] % 16)
      return "a tensor map with a stride that is not a multiple of 16 bytes";
  }
  return "";
}

namespace {

using namespace nvidia;

/// One copy between a box and group memory.
struct Tile {
  TensorMap map;
  std::array<int32_t, 5> at{};
  char *shared = nullptr;
  int thread = 0;
  uint32_t site = 0;

  Swizzle swizzle() const { return static_cast<Swizzle>(map.swizzle); }
  uint32_t rowBytes() const { return uint32_t{map.box[0]} * map.elementBytes; }

  /// Calls `row(offset in the unswizzled box, address of its first element in the tensor, first, last)` for each row of
  /// the box: elements [first, last) of it are in the tensor.
  template <typename Row> void forRows(Row row) const {
    std::array<uint32_t, 5> index{};
    auto inside = [&](unsigned d) {
      int64_t position = int64_t{at[d]} + index[d];
      return position >= 0 && position < map.sizes[d];
    };
    for (uint32_t offset = 0;; offset += rowBytes()) {
      uint64_t address = map.base;
      bool isInside = true;
      for (unsigned d = 1; d < map.rank; ++d) {
        isInside &= inside(d);
        address += static_cast<uint64_t>(int64_t{at[d]} + index[d]) * map.strides[d - 1];
      }
      int64_t first = std::clamp<int64_t>(-int64_t{at[0]}, 0, map.box[0]);
      int64_t last = std::clamp<int64_t>(int64_t{map.sizes[0]} - at[0], first, map.box[0]);
      address += static_cast<uint64_t>(at[0] + first) * map.elementBytes;
      row(offset, address, static_cast<uint32_t>(first), static_cast<uint32_t>(isInside ? last : first));
      unsigned d = 1;
      while (d < map.rank && ++index[d] == map.box[d])
        index[d++] = 0;
      if (d >= map.rank)
        return;
    }
  }

  void loadTo(Machine &machine) const {
    std::vector<char> bytes(rowBytes());
    forRows([&](uint32_t offset, uint64_t address, uint32_t first, uint32_t last) {
      std::fill(bytes.begin(), bytes.end(), char{0}); // out of bounds: zeros
      if (last > first)
        machine.read(thread, site, bytes.data() + first * map.elementBytes, memoryAt(address),
                     (last - first) * map.elementBytes, 1, Access::AsyncRead);
      for (uint32_t chunk = 0; chunk < rowBytes(); chunk += 16)
        machine.write(thread, site, chunkAt(offset + chunk), bytes.data() + chunk, 16, 16, Access::AsyncWrite);
    });
  }

  void storeFrom(Machine &machine) const {
    std::vector<char> bytes(rowBytes());
    forRows([&](uint32_t offset, uint64_t address, uint32_t first, uint32_t last) {
      for (uint32_t chunk = 0; chunk < rowBytes(); chunk += 16)
        machine.read(thread, site, bytes.data() + chunk, chunkAt(offset + chunk), 16, 16, Access::AsyncRead);
      if (last > first)
        machine.write(thread, site, memoryAt(address), bytes.data() + first * map.elementBytes,
                      (last - first) * map.elementBytes, 1, Access::AsyncWrite);
    });
  }

  char *chunkAt(uint32_t offset) const {
    return memoryAt(swizzled(reinterpret_cast<uintptr_t>(shared) + offset, swizzle()));
  }
};

/// The dimensions that ".3d" at the end of a name means; 0 for another name.
unsigned dimensionsOf(std::string_view name) {
  unsigned rank = 0;
  std::string_view word = name.substr(name.rfind('.') + 1);
  if (word.size() == 2 && word[1] == 'd')
    std::from_chars(word.data(), word.data() + 1, rank);
  return rank;
}

/// Reads map and coordinates, and checks what the instruction requires of them; false: it has failed.
bool makeTile(const Call &call, size_t mapArgument, size_t coordinates, unsigned rank, void *shared, Access kind,
              Tile &tile) {
  const Lane &lane = call.lane();
  tile.thread = lane.thread;
  tile.site = call.site;
  tile.shared = static_cast<char *>(shared);
  // The map is a kernel parameter or in device memory: not the program's own data.
  std::memcpy(&tile.map, lane.argument<const void *>(mapArgument), sizeof tile.map);
  std::string problem = tile.map.problem();
  if (problem.empty() && tile.map.rank != rank)
    problem = "a tensor map of rank " + std::to_string(tile.map.rank) + " for a copy of " + std::to_string(rank);
  if (!problem.empty()) {
    call.machine.fail(lane.thread, call.site, problem);
    return false;
  }
  for (unsigned d = 0; d < rank; ++d)
    tile.at[d] = lane.argument<int32_t>(coordinates + d);
  return call.machine.access(lane.thread, call.site, shared, tile.map.boxBytes(), swizzleAlignment(tile.swizzle()),
                             kind);
}

/// The barrier that a copy is to complete on: the copy sees it past the way that threads' writes take
/// (fence.mbarrier_init, 9.7.13.15.9, or fence.proxy.async). Null after a failure.
MemoryBarrier *barrierOf(const Call &call, void *address) {
  const int thread = call.lane().thread;
  MemoryBarrier *barrier = call.machine.barrierAt(thread, call.site, address);
  return barrier && call.machine.access(thread, call.site, address, 8, 8, Access::AsyncRead) ? barrier : nullptr;
}

/// Lets `copy` write `bytes` from `to` on when the barrier is waited for.
template <typename Copy> void loadOn(const Call &call, MemoryBarrier &barrier, void *to, uint32_t bytes, Copy copy) {
  Machine &machine = call.machine;
  uint64_t held = machine.hold(to, bytes, true, "a bulk copy whose barrier nobody has waited for");
  barrier.copies.push_back([=, &machine, &barrier] {
    machine.release(held);
    copy(machine);
    barrier.bytes -= bytes;
    machine.arrive(barrier, 0);
  });
}

/// Lets `copy` read `bytes` from `from` on when the thread waits for its bulk groups.
template <typename Copy> void storeLater(const Call &call, const void *from, uint32_t bytes, Copy copy) {
  Machine &machine = call.machine;
  uint64_t held = machine.hold(from, bytes, false, "a bulk store that its thread has not waited for");
  machine.enqueue(call.lane().thread, kBulk, [=, &machine] {
    machine.release(held);
    copy(machine);
  });
}

/// …tensor.g2s[.cta].tile.Nd: destination, barrier, map, coordinates, [multicast mask], cache hint, flags.
Execute bindTensorLoad(const Symbol &symbol) {
  unsigned rank = dimensionsOf(symbol.name);
  bool isCluster = symbol.name.find("g2s.cta.") == std::string::npos;
  if (rank < 1 || rank > 5 || symbol.argumentBytes.size() != 3 + rank + (isCluster ? 5 : 2))
    return {};
  return [=](const Call &call) {
    const Lane &lane = call.lane();
    if (isCluster && (lane.argument<uint8_t>(rank + 5) || lane.argument<uint32_t>(rank + 7))) {
      call.machine.fail(lane.thread, call.site, "the emulator does not execute tensor copies to several groups");
      return Outcome::Done;
    }
    MemoryBarrier *barrier = barrierOf(call, lane.argument<void *>(1));
    Tile tile;
    if (barrier && makeTile(call, 2, 3, rank, lane.argument<void *>(0), Access::AsyncWrite, tile))
      loadOn(call, *barrier, tile.shared, tile.map.boxBytes(), [=](Machine &machine) { tile.loadTo(machine); });
    return Outcome::Done;
  };
}

/// …tensor.s2g.tile.Nd: source, map, coordinates, cache hint, flag.
Execute bindTensorStore(const Symbol &symbol) {
  unsigned rank = dimensionsOf(symbol.name);
  if (rank < 1 || rank > 5 || symbol.argumentBytes.size() != 2 + rank + 2)
    return {};
  return [=](const Call &call) {
    Tile tile;
    if (makeTile(call, 1, 2, rank, call.lane().argument<void *>(0), Access::AsyncRead, tile))
      storeLater(call, tile.shared, tile.map.boxBytes(), [=](Machine &machine) { tile.storeFrom(machine); });
    return Outcome::Done;
  };
}

/// The forms that MLIR writes as assembly (with a predicate before them: NvidiaAsync.cpp), blanks taken out.
std::string assemblyOf(unsigned rank, bool isLoad) {
  std::string list;
  for (unsigned d = 0; d < rank; ++d)
    list += (d ? ",$" : "$") + std::to_string(2 + d);
  std::string shape = "asmcp.async.bulk.tensor." + std::to_string(rank) + "d.";
  if (isLoad)
    return shape + "shared::cluster.global.mbarrier::complete_tx::bytes[$0],[$1,{" + list + "}],[$" +
           std::to_string(2 + rank) + "];";
  return shape + "global.shared::cta.bulk_group[$0,{" + list + "}],[$1];";
}

bool isAssembly(const Symbol &symbol, bool isLoad, unsigned &rank) {
  std::string text = symbol.name;
  std::erase(text, ' ');
  for (rank = 1; rank <= 5; ++rank)
    if (text == assemblyOf(rank, isLoad))
      return symbol.argumentBytes.size() >= 2 + rank + (isLoad ? 1 : 0);
  return false;
}

/// Destination, map, coordinates, barrier.
Execute bindTensorLoadAssembly(const Symbol &symbol) {
  unsigned rank;
  if (!isAssembly(symbol, true, rank))
    return {};
  return [rank, to = symbol.argumentBytes[0], on = symbol.argumentBytes[2 + rank]](const Call &call) {
    const Lane &lane = call.lane();
    MemoryBarrier *barrier = barrierOf(call, pointerOf(call.machine, lane, 2 + rank, on));
    Tile tile;
    if (barrier && makeTile(call, 1, 2, rank, pointerOf(call.machine, lane, 0, to), Access::AsyncWrite, tile))
      loadOn(call, *barrier, tile.shared, tile.map.boxBytes(), [=](Machine &machine) { tile.loadTo(machine); });
    return Outcome::Done;
  };
}

/// Map, source, coordinates.
Execute bindTensorStoreAssembly(const Symbol &symbol) {
  unsigned rank;
  if (!isAssembly(symbol, false, rank))
    return {};
  return [rank, from = symbol.argumentBytes[1]](const Call &call) {
    Tile tile;
    if (makeTile(call, 0, 2, rank, pointerOf(call.machine, call.lane(), 1, from), Access::AsyncRead, tile))
      storeLater(call, tile.shared, tile.map.boxBytes(), [=](Machine &machine) { tile.storeFrom(machine); });
    return Outcome::Done;
  };
}

/// A copy of consecutive bytes; 16 divides addresses and size.
bool checkBulk(const Call &call, const void *to, const void *from, uint32_t bytes) {
  const int thread = call.lane().thread;
  if (bytes % 16) {
    call.machine.fail(thread, call.site, "a bulk copy of " + std::to_string(bytes) + " bytes, not a multiple of 16");
    return false;
  }
  return bytes && call.machine.access(thread, call.site, to, bytes, 16, Access::AsyncWrite) &&
         call.machine.access(thread, call.site, from, bytes, 16, Access::AsyncRead);
}

void copyBytes(Machine &machine, int thread, uint32_t site, void *to, const void *from, uint32_t bytes) {
  std::vector<char> data(bytes);
  if (machine.read(thread, site, data.data(), from, bytes, 16, Access::AsyncRead))
    machine.write(thread, site, to, data.data(), bytes, 16, Access::AsyncWrite);
}

/// cp.async.bulk.global.to.shared.{cta,cluster}: destination, barrier, source, bytes, …
Execute bindBulkLoad(const Symbol &symbol) {
  bool isCluster = symbol.name.find(".cluster") != std::string::npos;
  if (symbol.argumentBytes.size() != (isCluster ? 8 : 6))
    return {};
  return [=](const Call &call) {
    const Lane &lane = call.lane();
    void *to = lane.argument<void *>(0);
    const void *from = lane.argument<const void *>(2);
    uint32_t bytes = lane.argument<uint32_t>(3);
    if (isCluster && lane.argument<uint8_t>(6)) {
      call.machine.fail(lane.thread, call.site, "the emulator does not execute bulk copies to several groups");
      return Outcome::Done;
    }
    MemoryBarrier *barrier = barrierOf(call, lane.argument<void *>(1));
    if (barrier && checkBulk(call, to, from, bytes))
      loadOn(call, *barrier, to, bytes, [=, thread = lane.thread, site = call.site](Machine &machine) {
        copyBytes(machine, thread, site, to, from, bytes);
      });
    return Outcome::Done;
  };
}

/// cp.async.bulk.shared.cta.to.global: destination, source, bytes, …
Execute bindBulkStore(const Symbol &) {
  return [](const Call &call) {
    const Lane &lane = call.lane();
    void *to = lane.argument<void *>(0);
    const void *from = lane.argument<const void *>(1);
    uint32_t bytes = lane.argument<uint32_t>(2);
    if (checkBulk(call, to, from, bytes))
      storeLater(call, from, bytes, [=, thread = lane.thread, site = call.site](Machine &machine) {
        copyBytes(machine, thread, site, to, from, bytes);
      });
    return Outcome::Done;
  };
}

Execute bindCommit(const Symbol &) {
  return [](const Call &call) {
    call.machine.commit(call.lane().thread, kBulk);
    return Outcome::Done;
  };
}

/// wait_group and wait_group.read: stores read and write at once, so that the two are one.
Execute bindWait(const Symbol &) {
  return [](const Call &call) {
    call.machine.wait(call.lane().thread, kBulk, call.lane().argument<uint32_t>(0));
    return Outcome::Done;
  };
}

Execute bindNothing(const Symbol &) {
  return [](const Call &) { return Outcome::Done; };
}

constexpr Entry kEntries[] = {
    {"llvm.nvvm.cp.async.bulk.tensor.g2s.tile.*d", Scope::Thread, bindTensorLoad},
    {"llvm.nvvm.cp.async.bulk.tensor.g2s.cta.tile.*d", Scope::Thread, bindTensorLoad},
    {"llvm.nvvm.cp.async.bulk.tensor.s2g.tile.*d", Scope::Thread, bindTensorStore},
    {"asm cp.async.bulk.tensor.*", Scope::Thread, bindTensorLoadAssembly},
    {"asm cp.async.bulk.tensor.*", Scope::Thread, bindTensorStoreAssembly},
    {"llvm.nvvm.cp.async.bulk.tensor.prefetch.tile.*d", Scope::Thread, bindNothing},
    {"llvm.nvvm.cp.async.bulk.global.to.shared.*", Scope::Thread, bindBulkLoad},
    {"llvm.nvvm.cp.async.bulk.shared.cta.to.global", Scope::Thread, bindBulkStore},
    {"llvm.nvvm.cp.async.bulk.prefetch.L2", Scope::Thread, bindNothing},
    {"llvm.nvvm.cp.async.bulk.commit.group", Scope::Thread, bindCommit},
    {"llvm.nvvm.cp.async.bulk.wait.group", Scope::Thread, bindWait},
    {"llvm.nvvm.cp.async.bulk.wait.group.read", Scope::Thread, bindWait},
};

} // namespace

Table nvidiaTmaTable() {
  return kEntries;
}

} // namespace flex::emulator
