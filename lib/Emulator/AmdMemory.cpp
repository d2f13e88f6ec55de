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
    part(reinterpret_cast<void *>(resource->base + offset + scalar + at), at, bytes,
         offset + at + bytes <= resource->bytes);
}

bool isWhole(uint32_t bytes) {
  return bytes == 1 || bytes == 2 || (bytes > 0 && bytes % 4 == 0 && bytes <= 16);
}

Execute bindLoad(const Symbol &symbol) {
  if (symbol.argumentBytes.size() != 4 || !isWhole(symbol.resultBytes))
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

constexpr Entry kEntries[] = {
    {"llvm.amdgcn.make.buffer.rsrc.*", Scope::Thread, bindMake},
    {"llvm.amdgcn.raw.ptr.buffer.load.lds", Scope::Thread, [](const Symbol &) -> Execute { return {}; }},
    {"llvm.amdgcn.raw.ptr.buffer.load.format.*", Scope::Thread, [](const Symbol &) -> Execute { return {}; }},
    {"llvm.amdgcn.raw.ptr.buffer.load.*", Scope::Thread, bindLoad},
    {"llvm.amdgcn.raw.ptr.buffer.store.*", Scope::Thread, bindStore},
};

} // namespace

Table amdMemoryTable() {
  return kEntries;
}

} // namespace flex::emulator
