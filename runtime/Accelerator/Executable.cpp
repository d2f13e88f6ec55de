//===- Executable.cpp - A program loaded on an accelerator ---------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Group memory: what an image says beyond what the code declares is given to the
// launch as dynamic memory.
//
//===----------------------------------------------------------------------===//
#include "Accelerator/Executable.h"

#include <algorithm>

namespace flex::rt::accelerator {
namespace {

/// Compiled code relies on it (flex/Binary/Image.h); vendors' allocations keep it.
constexpr uintptr_t kPointerAlignment = 16;

std::string quoted(const std::string &entry) {
  return "entry '" + entry + "'";
}

} // namespace

StatusOr<std::unique_ptr<AcceleratorExecutable>>
AcceleratorExecutable::load(AcceleratorDevice &device, const ImageKernel &kernel, const ImageProgram &program) {
  std::unique_ptr<AcceleratorExecutable> executable(new AcceleratorExecutable(device));
  std::string where = device.info().id + ": kernel '" + kernel.name + "'";
  auto module = device.interface().loadModule(program, kernel.strict);
  if (!module)
    return module.status().withContext(where);
  executable->module = std::move(*module);
  for (const ImageLaunch &launch : program.launches)
    FLEX_RETURN_IF_ERROR(executable->addEntry(launch).withContext(where));
  return executable;
}

Status AcceleratorExecutable::addEntry(const ImageLaunch &launch) {
  auto function = module->find(launch.entry);
  if (!function)
    return function.status();
  std::string name = quoted(launch.entry);
  if (!launch.maps.empty())
    FLEX_RETURN_IF_ERROR(device.interface().takesTensorMaps().withContext(name));
  auto arguments = static_cast<int64_t>(launch.buffers.size() + launch.dims.size() + launch.maps.size());
  if (function->argumentCount >= 0 && function->argumentCount != arguments)
    return {StatusCode::DataLoss, name + " takes " + std::to_string(function->argumentCount) +
                                      " arguments, the image says " + std::to_string(arguments)};
  if (launch.groupSize < 1 || launch.groupSize > function->groupLimit)
    return {StatusCode::Unimplemented, name + " needs groups of " + std::to_string(launch.groupSize) +
                                           " threads, the device runs it with " + std::to_string(function->groupLimit)};
  int64_t declared = function->groupMemoryBytes, limit = device.launchLimits().groupMemoryBytes;
  int64_t needed = function->takesDynamicGroupMemory ? std::max(launch.groupMemoryBytes, declared) : declared;
  if (needed > limit)
    return {StatusCode::Unimplemented, name + " needs " + std::to_string(needed) +
                                           " bytes of memory for a group, the device has " + std::to_string(limit)};
  Entry entry;
  entry.name = launch.entry;
  entry.function = *function;
  entry.buffers = launch.buffers.size();
  entry.dims = launch.dims.size();
  entry.maps = launch.maps.size();
  entry.groupSize = static_cast<uint32_t>(launch.groupSize);
  entry.dynamicGroupMemory = static_cast<uint32_t>(needed - declared);
  if (entry.dynamicGroupMemory > 0)
    FLEX_RETURN_IF_ERROR(module->allowDynamicGroupMemory(*function, entry.dynamicGroupMemory).withContext(name));
  entries.push_back(std::move(entry));
  return Status::ok();
}

StatusOr<Grid> AcceleratorExecutable::gridFor(const Entry &entry, int64_t items) const {
  const Limits &limits = device.launchLimits();
  if (items <= 0)
    return Status(StatusCode::InvalidArgument,
                  quoted(entry.name) + " was launched over " + std::to_string(items) + " items");
  int64_t most = std::min(limits.groups, limits.threads / entry.groupSize);
  if (items > most)
    return Status(StatusCode::Unimplemented, quoted(entry.name) + " was launched over " + std::to_string(items) +
                                                 " items, " + device.info().id + " takes " + std::to_string(most));
  return Grid{static_cast<uint32_t>(items), entry.groupSize, entry.dynamicGroupMemory};
}

Status AcceleratorExecutable::launch(Stream &stream, const LaunchArguments &arguments) const {
  if (arguments.index >= entries.size())
    return {StatusCode::InvalidArgument,
            "launch " + std::to_string(arguments.index) + " of a program of " + std::to_string(entries.size())};
  const Entry &entry = entries[arguments.index];
  if (arguments.bufferCount != entry.buffers || arguments.dimCount != entry.dims || arguments.mapCount != entry.maps)
    return {StatusCode::InvalidArgument, quoted(entry.name) + " takes " + std::to_string(entry.buffers) + " buffers, " +
                                             std::to_string(entry.dims) + " dims and " + std::to_string(entry.maps) +
                                             " tensor maps"};
  auto grid = gridFor(entry, arguments.items);
  if (!grid)
    return grid.status();
  std::vector<uint64_t> words;
  words.reserve(entry.buffers + entry.dims);
  for (size_t i = 0; i < arguments.bufferCount; ++i) {
    const DeviceBuffer &buffer = arguments.buffers[i];
    uint64_t address = reinterpret_cast<uintptr_t>(buffer.handle) + static_cast<uint64_t>(buffer.offset);
    if (address % kPointerAlignment != 0)
      return {StatusCode::InvalidArgument, "buffer " + std::to_string(i) + " of " + quoted(entry.name) + " is not " +
                                               std::to_string(kPointerAlignment) + "-byte aligned"};
    words.push_back(address);
  }
  for (size_t i = 0; i < arguments.dimCount; ++i)
    words.push_back(static_cast<uint64_t>(arguments.dims[i]));
  // Made anew for each launch: that is arithmetic on the host, and buffers change.
  std::vector<EncodedTensorMap> maps(arguments.mapCount);
  for (size_t i = 0; i < arguments.mapCount; ++i)
    FLEX_RETURN_IF_ERROR(device.interface()
                             .encode(arguments.maps[i], words.at(arguments.maps[i].buffer), maps[i])
                             .withContext("tensor map " + std::to_string(i) + " of " + quoted(entry.name)));
  return stream.launch(entry.function, *grid, {words.data(), words.size(), maps.data(), maps.size()})
      .withContext("launching " + quoted(entry.name));
}

} // namespace flex::rt::accelerator
