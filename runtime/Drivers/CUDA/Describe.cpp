//===- Describe.cpp - An NVIDIA GPU as the scheduler sees it -------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Rates are peaks worked out from clocks, first estimates that the scheduler
// corrects by what it measures. Clocks are in kHz; a driver that hides one says 0.
//
//===----------------------------------------------------------------------===//
#include "Describe.h"

#include "Chips.h"

#include <algorithm>

namespace flex::rt::cuda {

std::string deviceName(const Library &cu, DeviceId device) {
  char name[256] = "";
  if (cu.cuDeviceGetName(name, sizeof name, device) != kSuccess || !*name)
    return "NVIDIA GPU " + std::to_string(device);
  name[sizeof name - 1] = '\0';
  return name;
}

StatusOr<accelerator::Described> describe(const Library &cu, DeviceId device, const std::string &id) {
  accelerator::Described made;
  DeviceDescription &info = made.description;
  int capability = 10 * cu.attribute(device, kComputeMajor) + cu.attribute(device, kComputeMinor);
  int version = 0;
  size_t memory = 0;
  if (cu.cuDriverGetVersion(&version) != kSuccess || cu.cuDeviceTotalMem_v2(&memory, device) != kSuccess ||
      capability == 0)
    return Status(StatusCode::Unavailable, "the driver does not describe the device");
  if (cu.attribute(device, kComputeMode) == kComputeModeProhibited)
    return Status(StatusCode::Unavailable, "its compute mode is 'prohibited' (nvidia-smi -c)");
  Abilities abilities = abilitiesOf(capability, version);
  if (abilities.target.empty())
    return Status(StatusCode::Unavailable,
                  "there is no code for compute capability " + std::to_string(capability / 10) + "." +
                      std::to_string(capability % 10) + " under a driver of CUDA " + std::to_string(version / 1000) +
                      "." + std::to_string(version % 1000 / 10) + " (7.5 and CUDA 10.0 are the least)");
  info.id = id;
  info.name = deviceName(cu, device);
  info.kind = "gpu";
  info.target = abilities.target;
  info.formats = {"cubin", "ptx"};
  info.features = std::move(abilities.features);
  info.computeUnits = std::max(1, cu.attribute(device, kMultiprocessorCount));
  double gigahertz = std::max(1e6, static_cast<double>(cu.attribute(device, kClockRate))) / 1e6;
  info.gflops = static_cast<double>(info.computeUnits) * abilities.lanes * 2 * gigahertz;
  // Two transfers per clock of the memory's bus, in bits.
  info.memoryGBs = std::max(100.0, 2.0 * cu.attribute(device, kMemoryClockRate) / 1e6 *
                                       cu.attribute(device, kGlobalMemoryBusWidth) / 8);
  info.transferGBs = 12;
  info.transferLatencyUs = 10;
  info.launchLatencyUs = 5;
  info.programLoadMs = 30; // the driver's assembler on a small kernel
  info.memoryBytes = static_cast<int64_t>(memory);
  info.fingerprint = info.target + " " + info.name + " driver " + std::to_string(version) + " units " +
                     std::to_string(info.computeUnits);
  made.limits.groupMemoryBytes = cu.attribute(device, kMaxSharedMemoryPerBlockOptin);
  made.limits.groups = cu.attribute(device, kMaxGridDimX);
  made.limits.threads = made.limits.groups * std::max(1, cu.attribute(device, kMaxThreadsPerBlock));
  return made;
}

} // namespace flex::rt::cuda
