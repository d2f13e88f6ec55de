//===- Queue.cpp - Copies, and launches that do nothing ------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Copies are done, so that results are what was in the buffers.
//
//===----------------------------------------------------------------------===//
#include "Queue.h"

#include "Executable.h"

#include <cstring>

namespace flex::rt::null {

static char *address(const DeviceBuffer &buffer) {
  return static_cast<char *>(buffer.handle) + buffer.offset;
}

Status NullQueue::write(const DeviceBuffer &to, const void *from, int64_t bytes) {
  FLEX_RETURN_IF_ERROR(device.checkRange(to, bytes));
  if (bytes > 0)
    std::memcpy(address(to), from, static_cast<size_t>(bytes));
  return Status::ok();
}

Status NullQueue::read(void *to, const DeviceBuffer &from, int64_t bytes) {
  FLEX_RETURN_IF_ERROR(device.checkRange(from, bytes));
  if (bytes > 0)
    std::memcpy(to, address(from), static_cast<size_t>(bytes));
  return Status::ok();
}

Status NullQueue::launch(const Executable &executable, const LaunchArguments &arguments) {
  FLEX_RETURN_IF_ERROR(static_cast<const NullExecutable &>(executable).check(arguments));
  for (size_t i = 0; i < arguments.bufferCount; ++i)
    FLEX_RETURN_IF_ERROR(device.checkRange(arguments.buffers[i], arguments.buffers[i].bytes));
  return Status::ok();
}

} // namespace flex::rt::null
