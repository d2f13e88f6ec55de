//===- Device.cpp - The null device --------------------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Every allocation is remembered, so that a launch with a wrong buffer is found.
//
//===----------------------------------------------------------------------===//
#include "Device.h"

#include "Executable.h"
#include "Queue.h"

#include <cstdlib>

namespace flex::rt::null {

NullDevice::NullDevice() {
  description.id = "null";
  description.name = "null device (executes nothing)";
  description.kind = "simulator";
  description.target = "null";
  description.formats = {"tensor-ir"};
  description.onlyWhenPinned = true;
  description.fingerprint = "null";
}

NullDevice::~NullDevice() {
  for (const auto &[handle, bytes] : allocations)
    std::free(handle);
}

StatusOr<DeviceBuffer> NullDevice::allocate(int64_t bytes) {
  constexpr int64_t kAlignment = 64;
  void *handle = nullptr;
  if (bytes >= 0 && bytes <= INT64_MAX - kAlignment)
    handle = std::aligned_alloc(kAlignment, static_cast<size_t>((bytes / kAlignment + 1) * kAlignment));
  if (!handle)
    return Status(StatusCode::ResourceExhausted, "no " + std::to_string(bytes) + " bytes of memory");
  std::lock_guard lock(mutex);
  allocations[handle] = bytes;
  return DeviceBuffer{handle, 0, bytes};
}

void NullDevice::release(const DeviceBuffer &buffer) {
  std::lock_guard lock(mutex);
  if (allocations.erase(buffer.handle))
    std::free(buffer.handle);
}

Status NullDevice::checkRange(const DeviceBuffer &buffer, int64_t bytes) {
  std::lock_guard lock(mutex);
  auto it = allocations.find(buffer.handle);
  if (it == allocations.end())
    return {StatusCode::InvalidArgument, "a buffer that this device did not allocate"};
  if (bytes < 0 || buffer.offset < 0 || buffer.offset > it->second || bytes > it->second - buffer.offset)
    return {StatusCode::InvalidArgument, std::to_string(bytes) + " bytes at " + std::to_string(buffer.offset) +
                                             " do not lie in an allocation of " + std::to_string(it->second)};
  return Status::ok();
}

StatusOr<std::unique_ptr<Executable>> NullDevice::loadProgram(const ImageKernel &, const ImageProgram &program) {
  return std::unique_ptr<Executable>(std::make_unique<NullExecutable>(program.launches));
}

StatusOr<std::unique_ptr<Queue>> NullDevice::createQueue() {
  return std::unique_ptr<Queue>(std::make_unique<NullQueue>(*this));
}

} // namespace flex::rt::null
