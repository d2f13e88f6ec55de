//===- Describe.cpp - An AMD GPU as the scheduler sees it ----------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A code object runs on its own architecture only, so a device of another than
// the compiler knows is skipped. Rates are peaks worked out from clocks (kHz),
// first estimates that the scheduler corrects by what it measures.
//
//===----------------------------------------------------------------------===//
#include "Describe.h"

#include <algorithm>

namespace flex::rt::hip {
namespace {

/// f32 multiply-adds per clock of a compute unit: AMD's CDNA 2, 3 and RDNA 3, 4 ISA guides.
struct Architecture {
  const char *name;
  int lanes;
};

constexpr Architecture kArchitectures[] = {
    {"gfx90a", 64}, {"gfx942", 128}, {"gfx950", 128}, {"gfx1100", 128}, {"gfx1201", 128}};

} // namespace

std::string deviceName(const Library &hip, int device) {
  char name[256] = "";
  if (hip.hipDeviceGetName(name, sizeof name, device) != kSuccess || !*name)
    return "AMD GPU " + std::to_string(device);
  name[sizeof name - 1] = '\0';
  return name;
}

StatusOr<accelerator::Described> describe(const Library &hip, int device, const std::string &id) {
  std::string full = hip.architecture(device), base = full.substr(0, full.find(':')), known;
  size_t memory = 0;
  if (base.empty() || hip.hipDeviceTotalMem(&memory, device) != kSuccess)
    return Status(StatusCode::Unavailable, "the library does not describe the device");
  const Architecture *found = nullptr;
  for (const Architecture &candidate : kArchitectures) {
    known.append(known.empty() ? "" : ", ").append(candidate.name);
    if (base == candidate.name)
      found = &candidate;
  }
  if (!found)
    return Status(StatusCode::Unavailable, "there is no code for its architecture, " + full + ", only for " + known);
  accelerator::Described made;
  DeviceDescription &info = made.description;
  int version = 0;
  (void)hip.hipRuntimeGetVersion(&version); // for the fingerprint only
  info.id = id;
  info.name = deviceName(hip, device);
  info.kind = "gpu";
  info.target = "amdgpu:" + base;
  info.formats = {"hsaco"};
  info.features = {base};
  info.computeUnits = std::max(1, hip.attribute(device, kMultiprocessorCount));
  double gigahertz = std::max(1e6, static_cast<double>(hip.attribute(device, kClockRate))) / 1e6;
  info.gflops = static_cast<double>(info.computeUnits) * found->lanes * 2 * gigahertz;
  info.memoryGBs =
      std::max(100.0, 2.0 * hip.attribute(device, kMemoryClockRate) / 1e6 * hip.attribute(device, kMemoryBusWidth) / 8);
  info.transferGBs = 12;
  info.transferLatencyUs = 15;
  info.launchLatencyUs = 8;
  info.programLoadMs = 2; // machine code: nothing is compiled
  info.memoryBytes = static_cast<int64_t>(memory);
  info.fingerprint = info.target + " " + full + " " + info.name + " HIP " + std::to_string(version) + " units " +
                     std::to_string(info.computeUnits);
  made.limits.groupMemoryBytes = hip.attribute(device, kMaxSharedMemoryPerBlock);
  // hipModuleLaunchKernel: groups x threads must stay below 2^32.
  made.limits.groups = INT32_MAX;
  made.limits.threads = UINT32_MAX;
  return made;
}

} // namespace flex::rt::hip
