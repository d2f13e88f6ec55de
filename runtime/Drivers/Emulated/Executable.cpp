//===- Executable.cpp - A program for the emulator -----------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Everything that can be wrong with a program is found when it is loaded, not at
// the first launch.
//
//===----------------------------------------------------------------------===//
#include "Executable.h"
#include "flex/Emulator/TensorMap.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

namespace flex::rt::emulated {
namespace {

/// Compiled code relies on it (flex/Binary/Image.h); our allocations keep it.
constexpr uintptr_t kPointerAlignment = 16;
constexpr int64_t kMostThreads = 1024;

void encode(const TensorMap &map, const void *base, EncodedTensorMap &encoded) {
  emulator::TensorMap made;
  made.base = reinterpret_cast<uintptr_t>(base) + static_cast<uintptr_t>(map.offset);
  made.rank = static_cast<uint8_t>(map.rank);
  made.elementBytes = static_cast<uint8_t>(map.elementBytes);
  made.swizzle = map.swizzle ? static_cast<uint8_t>(std::countr_zero(map.swizzle / 16)) : 0;
  for (size_t d = 0; d < map.rank; ++d) {
    made.sizes[d] = static_cast<uint32_t>(std::min<uint64_t>(map.sizes[d], UINT32_MAX));
    made.box[d] = static_cast<uint16_t>(map.box[d]);
    made.elementStrides[d] = 1;
    if (d)
      made.strides[d - 1] = map.pitches[d - 1];
  }
  std::memcpy(encoded.bytes.data(), &made, sizeof made);
}

} // namespace

StatusOr<std::unique_ptr<EmulatedExecutable>> EmulatedExecutable::load(const ImageKernel &kernel,
                                                                       const ImageProgram &program) {
  std::unique_ptr<EmulatedExecutable> made(new EmulatedExecutable);
  std::string where = "kernel '" + kernel.name + "'";
  auto library = SharedObject::open(program.payload, kernel.name);
  if (!library)
    return library.status();
  made->library = std::move(*library);
  auto loaded = emulator::LoadedProgram::load([&](const char *name) { return made->library->find(name); });
  if (!loaded)
    return loaded.status().withContext(where);
  made->loaded = std::move(*loaded);
  for (const ImageLaunch &launch : program.launches)
    FLEX_RETURN_IF_ERROR(made->addEntry(program, launch).withContext(where));
  return made;
}

Status EmulatedExecutable::addEntry(const ImageProgram &program, const ImageLaunch &launch) {
  Entry entry;
  entry.name = launch.entry;
  StatusOr<size_t> found = loaded->findKernel(launch.entry);
  if (!found)
    return {StatusCode::DataLoss, "the payload has no entry '" + launch.entry + "'"};
  entry.kernel = *found;
  const std::vector<uint32_t> &bytes = loaded->info().kernels[*found].argumentBytes;
  entry.dims = launch.dims.size();
  entry.maps = launch.maps.size();
  size_t words = launch.buffers.size() + entry.dims;
  if (bytes.size() != words + entry.maps)
    return {StatusCode::DataLoss, "entry '" + launch.entry + "' takes " + std::to_string(bytes.size()) +
                                      " arguments, the image says " + std::to_string(words + entry.maps)};
  for (size_t i = 0; i < bytes.size(); ++i)
    if (bytes[i] != (i < words ? sizeof(void *) : sizeof(EncodedTensorMap)))
      return {StatusCode::DataLoss, "argument " + std::to_string(i) + " of entry '" + launch.entry + "' is of " +
                                        std::to_string(bytes[i]) +
                                        " bytes; pointers, 64-bit integers and then tensor maps are known"};
  if (launch.groupSize < 1 || launch.groupSize > kMostThreads)
    return {StatusCode::Unimplemented, "entry '" + launch.entry + "' needs groups of " +
                                           std::to_string(launch.groupSize) + " threads, the emulator runs " +
                                           std::to_string(kMostThreads)};
  entry.groupSize = static_cast<unsigned>(launch.groupSize);
  // The image says how much group memory there is in all.
  int64_t declared = loaded->info().declaredBytes;
  if (loaded->info().hasDynamicShared && launch.groupMemoryBytes > declared)
    entry.dynamicSharedBytes = static_cast<uint32_t>(std::min<int64_t>(launch.groupMemoryBytes - declared, INT32_MAX));
  for (int64_t buffer : launch.buffers) {
    using Kind = ImageBuffer::Kind;
    Kind kind = program.buffers.at(static_cast<size_t>(buffer)).kind;
    entry.writable.push_back(kind == Kind::Result || kind == Kind::Temp || kind == Kind::Kept);
  }
  entries.push_back(std::move(entry));
  return Status::ok();
}

Status EmulatedExecutable::check(const Entry &entry, const LaunchArguments &arguments) const {
  if (arguments.bufferCount != entry.writable.size() || arguments.dimCount != entry.dims ||
      arguments.mapCount != entry.maps)
    return {StatusCode::InvalidArgument, "entry '" + entry.name + "' takes " + std::to_string(entry.writable.size()) +
                                             " buffers, " + std::to_string(entry.dims) + " dims and " +
                                             std::to_string(entry.maps) + " tensor maps"};
  if (arguments.items <= 0 || arguments.items > std::numeric_limits<int32_t>::max())
    return {StatusCode::InvalidArgument,
            "entry '" + entry.name + "' was launched over " + std::to_string(arguments.items) + " items"};
  for (size_t i = 0; i < arguments.bufferCount; ++i) {
    const DeviceBuffer &buffer = arguments.buffers[i];
    if ((reinterpret_cast<uintptr_t>(buffer.handle) + static_cast<uintptr_t>(buffer.offset)) % kPointerAlignment != 0)
      return {StatusCode::InvalidArgument, "buffer " + std::to_string(i) + " of entry '" + entry.name + "' is not " +
                                               std::to_string(kPointerAlignment) + "-byte aligned"};
  }
  return Status::ok();
}

Status EmulatedExecutable::launch(const LaunchArguments &arguments, const emulator::LaunchOptions &options) const {
  if (arguments.index >= entries.size())
    return {StatusCode::InvalidArgument,
            "launch " + std::to_string(arguments.index) + " of a program of " + std::to_string(entries.size())};
  const Entry &entry = entries[arguments.index];
  FLEX_RETURN_IF_ERROR(check(entry, arguments));
  emulator::LaunchRequest request;
  request.kernel = entry.kernel;
  request.groupSize = entry.groupSize;
  request.groups = {static_cast<uint32_t>(arguments.items), 1, 1};
  std::vector<void *> pointers(arguments.bufferCount);
  std::vector<const void *> values;
  for (size_t i = 0; i < arguments.bufferCount; ++i) {
    const DeviceBuffer &buffer = arguments.buffers[i];
    pointers[i] = static_cast<char *>(buffer.handle) + buffer.offset;
    values.push_back(static_cast<const void *>(&pointers[i]));
    auto begin = reinterpret_cast<uintptr_t>(pointers[i]);
    request.memory.push_back({begin, begin + static_cast<uintptr_t>(buffer.bytes), entry.writable[i]});
  }
  for (size_t i = 0; i < arguments.dimCount; ++i)
    values.push_back(&arguments.dims[i]);
  std::vector<EncodedTensorMap> maps(arguments.mapCount);
  for (size_t i = 0; i < arguments.mapCount; ++i) {
    encode(arguments.maps[i], pointers.at(arguments.maps[i].buffer), maps[i]);
    values.push_back(&maps[i]);
  }
  request.arguments = values.data();
  request.dynamicSharedBytes = entry.dynamicSharedBytes;
  return loaded->launch(request, options);
}

} // namespace flex::rt::emulated
