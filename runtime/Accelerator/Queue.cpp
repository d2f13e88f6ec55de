//===- Queue.cpp - A queue over a vendor's stream ------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Invariant: staging memory is used again only after `wait`.
//
//===----------------------------------------------------------------------===//
#include "Accelerator/Queue.h"

#include "Accelerator/Executable.h"

#include <cstring>

namespace flex::rt::accelerator {
namespace {

constexpr size_t kStagingAlignment = 64;

char *address(const DeviceBuffer &buffer) {
  return static_cast<char *>(buffer.handle) + buffer.offset;
}

} // namespace

AcceleratorQueue::~AcceleratorQueue() {
  (void)stream->wait(); // whoever cares has called finish before
  stream.reset();
  if (staging)
    device.interface().releaseStaging(staging);
}

/// A part of the staging memory, or null: then the copy goes without.
char *AcceleratorQueue::stage(size_t bytes) {
  if (bytes > kStagedCopyBytes)
    return nullptr;
  if (!askedForStaging) {
    askedForStaging = true;
    if (auto memory = device.interface().allocateStaging(kStagingBytes))
      staging = static_cast<char *>(*memory);
  }
  if (!staging || used + bytes > kStagingBytes)
    return nullptr;
  char *part = staging + used;
  used = (used + bytes + kStagingAlignment - 1) / kStagingAlignment * kStagingAlignment;
  return part;
}

Status AcceleratorQueue::noted(Status status) {
  broken |= !status.isOk();
  return status;
}

Status AcceleratorQueue::write(const DeviceBuffer &to, const void *from, int64_t bytes) {
  if (bytes < 0)
    return {StatusCode::InvalidArgument, "a copy to the device of a negative size"};
  if (bytes == 0)
    return Status::ok();
  auto size = static_cast<size_t>(bytes);
  if (char *part = stage(size)) {
    std::memcpy(part, from, size);
    from = part;
  }
  return noted(stream->write(address(to), from, size).withContext("a copy to the device"));
}

Status AcceleratorQueue::read(void *to, const DeviceBuffer &from, int64_t bytes) {
  if (bytes < 0)
    return {StatusCode::InvalidArgument, "a copy from the device of a negative size"};
  if (bytes == 0)
    return Status::ok();
  auto size = static_cast<size_t>(bytes);
  char *part = stage(size);
  FLEX_RETURN_IF_ERROR(
      noted(stream->read(part ? part : to, address(from), size).withContext("a copy from the device")));
  if (part)
    deliveries.push_back({to, part, size});
  return Status::ok();
}

Status AcceleratorQueue::launch(const Executable &executable, const LaunchArguments &arguments) {
  return noted(static_cast<const AcceleratorExecutable &>(executable).launch(*stream, arguments));
}

Status AcceleratorQueue::finish() {
  Status status = stream->wait().withContext("waiting for " + device.info().id);
  for (const Delivery &delivery : deliveries)
    if (status.isOk() && !broken)
      std::memcpy(delivery.to, delivery.from, delivery.bytes);
  deliveries.clear();
  if (status.isOk())
    used = 0;
  broken = false;
  return status;
}

} // namespace flex::rt::accelerator
