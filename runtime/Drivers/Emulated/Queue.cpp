//===- Queue.cpp - Launches that are over when they return ---------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Copies are those of memory; the emulator's options are read at each launch, so
// that a process can try several seeds.
//
//===----------------------------------------------------------------------===//
#include "Queue.h"

#include "Executable.h"

#include <cstring>

namespace flex::rt::emulated {

static char *address(const DeviceBuffer &buffer) {
  return static_cast<char *>(buffer.handle) + buffer.offset;
}

Status EmulatedQueue::write(const DeviceBuffer &to, const void *from, int64_t bytes) {
  if (bytes > 0)
    std::memcpy(address(to), from, static_cast<size_t>(bytes));
  return Status::ok();
}

Status EmulatedQueue::read(void *to, const DeviceBuffer &from, int64_t bytes) {
  if (bytes > 0)
    std::memcpy(to, address(from), static_cast<size_t>(bytes));
  return Status::ok();
}

Status EmulatedQueue::launch(const Executable &executable, const LaunchArguments &arguments) {
  emulator::LaunchOptions options = emulator::LaunchOptions::fromEnvironment();
  if (device.hostThreads() > 0)
    options.hostThreads = static_cast<unsigned>(device.hostThreads());
  return static_cast<const EmulatedExecutable &>(executable).launch(arguments, options).withContext(device.info().id);
}

} // namespace flex::rt::emulated
