//===- Device.cpp - An emulated chip -------------------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The rates are those of the emulation, not of the chip.
//
//===----------------------------------------------------------------------===//
#include "Device.h"

#include "Executable.h"
#include "Queue.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <unistd.h>

namespace flex::rt::emulated {

constexpr int64_t kAlignment = 256;
constexpr int kPoison = 0xff; // what nothing has written is a NaN
constexpr int64_t kPoisonedBytes = 64 << 10;

EmulatedDevice::EmulatedDevice(const std::string &chip, const DriverOptions &options) : threads(options.threads) {
  description.id = "emulated:" + chip;
  description.name = chip + ", emulated on this machine";
  description.kind = "simulator";
  description.target = "emulated:" + chip;
  description.formats = {"emulated-elf"};
  description.features = {chip};
  description.gflops = 0.05;
  description.memoryGBs = 0.1;
  description.transferGBs = 5;
  description.launchLatencyUs = 50;
  description.memoryBytes = static_cast<int64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE);
  description.computeUnits = std::max(1U, std::thread::hardware_concurrency());
  description.onlyWhenPinned = true;
  description.fingerprint = description.target;
}

StatusOr<DeviceBuffer> EmulatedDevice::allocate(int64_t bytes) {
  void *memory = nullptr;
  if (bytes >= 0 && bytes <= INT64_MAX - kAlignment)
    memory = std::aligned_alloc(kAlignment, static_cast<size_t>((bytes / kAlignment + 1) * kAlignment));
  if (!memory)
    return Status(StatusCode::ResourceExhausted,
                  "no " + std::to_string(bytes) + " bytes of memory on " + description.id);
  std::memset(memory, kPoison, static_cast<size_t>(std::min(bytes, kPoisonedBytes)));
  return DeviceBuffer{memory, 0, bytes};
}

void EmulatedDevice::release(const DeviceBuffer &buffer) {
  std::free(buffer.handle);
}

StatusOr<std::unique_ptr<Executable>> EmulatedDevice::loadProgram(const ImageKernel &kernel,
                                                                  const ImageProgram &program) {
  auto executable = EmulatedExecutable::load(kernel, program);
  if (!executable)
    return executable.status().withContext(description.id);
  return std::unique_ptr<Executable>(std::move(*executable));
}

StatusOr<std::unique_ptr<Queue>> EmulatedDevice::createQueue() {
  return std::unique_ptr<Queue>(std::make_unique<EmulatedQueue>(*this));
}

} // namespace flex::rt::emulated
