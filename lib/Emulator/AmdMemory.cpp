//===- AmdMemory.cpp - Buffer resources -----------------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Raw buffer loads and stores (CDNA3 ISA §9.1.5, LLVM's intrinsics): a lane's
// offset is checked against the resource's number of bytes, the scalar offset is not.
// Loads beyond it give zero, stores do nothing. What passes that check is an access as
// any other. A resource's value is a number into a table of the group's.
//
//===----------------------------------------------------------------------===//
#include "Tables.h"

#include <cstring>

namespace flex::emulator {
namespace {

struct Resource {
  uintptr_t base = 0;
  uint64_t bytes = 0;
  bool operator==(const Resource &) const = default;
};

/// Resources by number. What the program sees of one is kTag + number.
struct Resources {
  std::vector<Resource> list;
};
constexpr uint64_t kTag = 0xb0ff'0000'0000'0000;

/// make.buffer.rsrc: base, stride (i16), bytes (i32 or i64), flags.
Execute bindMake(const Symbol &symbol) {
  if (symbol.argumentBytes.size() != 4 || symbol.resultBytes < 8)
    return {};
  return [wide = symbol.argumentBytes[2] == 8, resultBytes = symbol.resultBytes](const Call &call) {
    const Lane &lane = call.lane();
    if (lane.argument<uint16_t>(1)) {
      call.machine.fail(lane.thread, call.site, "the emulator does not execute buffer resources with a stride");
      return Outcome::Done;
    }
    Resource resource{lane.argument<uintptr_t>(0), wide ? lane.argument<uint64_t>(2) : lane.argument<uint32_t>(2)};
    auto &list = call.machine.state<Resources>().list;
    size_t number = 0;
    while (number < list.size() && !(list[number] == resource))
      ++number;
    if (number == list.size())
      list.push_back(resource);
    std::memset(lane.result, 0, resultBytes);
    lane.setResult<uint64_t>(kTag + number);
    return Outcome::Done;
  };
}

const Resource *resourceOf(const Call &call, size_t argument) {
  uint64_t number = call.lane().argument<uint64_t>(argument) - kTag;
  auto &list = call.machine.state<Resources>().list;
  if (number < list.size())
    return &list[number];
  call.machine.fail(call.lane().thread, call.site, "what is used as a buffer resource was not made here");
  return nullptr;
}

/// Calls `part(address, offset in the value, bytes, isInside)` for each piece that the hardware checks by itself:
/// dwords, or the whole value if it is narrower.
template <typename Part> void forParts(const Call &call, size_t resourceArgument, uint32_t valueBytes, Part part) {
  const Lane &lane = call.lane();
  const Resource *resource = resourceOf(call, resourceArgument);
  if (!resource)
    return;
  uint64_t offset = lane.argument<uint32_t>(resourceArgument + 1);
  uint64_t scalar = lane.argument<uint32_t>(resourceArgument + 2);
  uint32_t bytes = valueBytes < 4 ? valueBytes : 4;
  for (uint32_t at = 0; at < valueBytes; at += bytes)
    part(memoryAt(resource->base + offset + scalar + at), at, bytes, offset + at + bytes <= resource->bytes);
}

bool isWhole(uint32_t bytes) {
  return bytes == 1 || bytes == 2 || (bytes > 0 && bytes % 4 == 0 && bytes <= 16);
}

Execute bindLoad(const Symbol &symbol) {
  if (symbol.argumentBytes.size() != 4 || !isWhole(symbol.resultBytes) ||
      symbol.name.find(".format.") != std::string::npos)
    return {};
  return [bytes = symbol.resultBytes](const Call &call) {
    auto *to = static_cast<char *>(call.lane().result);
    std::memset(to, 0, bytes);
    forParts(call, 0, bytes, [&](const void *from, uint32_t at, uint32_t size, bool isInside) {
      if (isInside)
        call.machine.read(call.lane().thread, call.site, to + at, from, size, size);
    });
    return Outcome::Done;
  };
}

Execute bindStore(const Symbol &symbol) {
  if (symbol.argumentBytes.size() != 5 || !isWhole(symbol.argumentBytes[0]))
    return {};
  return [bytes = symbol.argumentBytes[0]](const Call &call) {
    const auto *from = static_cast<const char *>(call.lane().arguments[0]);
    forParts(call, 1, bytes, [&](void *to, uint32_t at, uint32_t size, bool isInside) {
      if (isInside)
        call.machine.write(call.lane().thread, call.site, to, from + at, size, size);
    });
    return Outcome::Done;
  };
}

/// Where a lane's part of a load to LDS goes (CDNA3 ISA §9.1.9): the wave's base, the instruction's offset, 4 bytes a
/// lane or what it loads if that is more.
char *ldsOf(const Call &call, size_t argument, uint32_t offset, uint32_t bytes) {
  unsigned lane = static_cast<unsigned>(call.lane().thread) % call.machine.waveSize();
  return call.lane().argument<char *>(argument) + offset + lane * (bytes < 4 ? 4 : bytes);
}

/// global.load.lds, load.to.lds: from, LDS base, bytes, offset, cache policy. LLVM orders such a load before what reads
/// its bytes and before barriers, so it may happen at once.
Execute bindLoadToLds(const Symbol &symbol) {
  if (symbol.argumentBytes.size() != 5 || symbol.argumentBytes[0] != sizeof(void *))
    return {};
  return [](const Call &call) {
    const Lane &lane = call.lane();
    uint32_t bytes = lane.argument<uint32_t>(2), offset = lane.argument<uint32_t>(3);
    char data[16] = {};
    if (!isWhole(bytes) || !call.machine.read(lane.thread, call.site, data, lane.argument<const char *>(0) + offset,
                                              bytes, bytes < 4 ? bytes : 4))
      return Outcome::Done;
    uint32_t written = bytes < 4 ? 4 : bytes; // narrower values are extended
    call.machine.write(lane.thread, call.site, ldsOf(call, 1, offset, bytes), data, written, 4);
    return Outcome::Done;
  };
}

/// raw.ptr.buffer.load.lds: resource, LDS base, bytes, lane's offset, scalar offset, offset, cache policy.
Execute bindBufferLoadToLds(const Symbol &symbol) {
  if (symbol.argumentBytes.size() != 7)
    return {};
  return [](const Call &call) {
    const Lane &lane = call.lane();
    const Resource *resource = resourceOf(call, 0);
    uint32_t bytes = lane.argument<uint32_t>(2), offset = lane.argument<uint32_t>(5);
    if (!resource || !isWhole(bytes))
      return Outcome::Done;
    uint64_t checked = uint64_t{lane.argument<uint32_t>(3)} + offset;
    uint32_t piece = bytes < 4 ? bytes : 4;
    char data[16] = {};
    for (uint32_t at = 0; at < bytes; at += piece)
      if (checked + at + piece <= resource->bytes)
        call.machine.read(lane.thread, call.site, data + at,
                          memoryAt(resource->base + checked + lane.argument<uint32_t>(4) + at), piece, piece);
    uint32_t written = bytes < 4 ? 4 : bytes;
    call.machine.write(lane.thread, call.site, ldsOf(call, 1, offset, bytes), data, written, 4);
    return Outcome::Done;
  };
}

constexpr Entry kEntries[] = {
    {"llvm.amdgcn.make.buffer.rsrc.*", Scope::Thread, bindMake},
    {"llvm.amdgcn.global.load.lds", Scope::Thread, bindLoadToLds},
    {"llvm.amdgcn.load.to.lds.*", Scope::Thread, bindLoadToLds},
    {"llvm.amdgcn.raw.ptr.buffer.load.lds", Scope::Thread, bindBufferLoadToLds},
    {"llvm.amdgcn.raw.ptr.buffer.load.*", Scope::Thread, bindLoad},
    {"llvm.amdgcn.raw.ptr.buffer.store.*", Scope::Thread, bindStore},
};

} // namespace

Table amdMemoryTable() {
  return kEntries;
}

} // namespace flex::emulator
