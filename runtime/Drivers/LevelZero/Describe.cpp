//===- Describe.cpp - An Intel GPU as the scheduler sees it --------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Rates are peaks worked out from clocks (MHz), first estimates that the
// scheduler corrects by what it measures.
//
//===----------------------------------------------------------------------===//
#include "Describe.h"

#include <algorithm>
#include <iterator>

namespace flex::rt::levelzero {
namespace {

constexpr uint32_t kVersionNeeded = 1 << 16 | 2;

Status failed(const char *function, Result result) {
  return {StatusCode::Unavailable, std::string(function) + " failed with " + nameOf(result)};
}

StatusOr<std::vector<MemoryProperties>> memories(const Library &ze, DeviceHandle device) {
  uint32_t count = 0;
  if (Result result = ze.zeDeviceGetMemoryProperties(device, &count, nullptr); result != kSuccess)
    return failed("zeDeviceGetMemoryProperties", result);
  std::vector<MemoryProperties> all(count);
  if (Result result = ze.zeDeviceGetMemoryProperties(device, &count, all.data()); result != kSuccess)
    return failed("zeDeviceGetMemoryProperties", result);
  return all;
}

/// `units`, `gigahertz` and what follows from them; `memory` is of all kinds together.
void estimate(DeviceDescription &info, const DeviceProperties &device, const std::vector<MemoryProperties> &memory) {
  info.computeUnits = std::max<int64_t>(1, int64_t{device.numSlices} * device.numSubslicesPerSlice);
  double gigahertz = std::max(500u, device.coreClockRate) / 1000.0;
  info.gflops = static_cast<double>(info.computeUnits) * std::max(1u, device.numEUsPerSubslice) *
                std::max(1u, device.physicalEUSimdWidth) * 2 * gigahertz;
  bool integrated = device.flags & kDeviceIsIntegrated;
  info.memoryGBs = integrated ? 50 : 300;
  for (const MemoryProperties &part : memory) {
    info.memoryBytes += static_cast<int64_t>(part.totalSize);
    info.memoryGBs = std::max(info.memoryGBs, 2.0 * part.maxClockRate / 1000 * part.maxBusWidth / 8);
  }
  info.transferGBs = 12;
  info.transferLatencyUs = 15;
  info.launchLatencyUs = 10;
  info.programLoadMs = 400; // the driver compiles SPIR-V
}

/// The smallest sub-group, which is the one that functions for matrix units take; 0: the device has no such units, or
/// its driver does not know the question.
uint32_t matrixSubgroup(const Library &ze, DeviceHandle device, const ComputeProperties &compute) {
  MatrixProperties matrix;
  ModuleProperties modules;
  modules.next = &matrix;
  const uint32_t *sizes = compute.subGroupSizes;
  uint32_t count = std::min<uint32_t>(compute.numSubGroupSizes, std::size(compute.subGroupSizes));
  if (ze.zeDeviceGetModuleProperties(device, &modules) != kSuccess || !(matrix.flags & kMatrixDpas) || count == 0)
    return 0;
  return *std::min_element(sizes, sizes + count);
}

} // namespace

StatusOr<accelerator::Described> describe(const Library &ze, DriverHandle driver, DeviceHandle device,
                                          const std::string &id) {
  DeviceProperties properties;
  ComputeProperties compute;
  ModuleProperties modules;
  DriverProperties version;
  if (Result result = ze.zeDeviceGetProperties(device, &properties); result != kSuccess)
    return failed("zeDeviceGetProperties", result);
  properties.name[sizeof properties.name - 1] = '\0';
  std::string name = properties.name;
  if (properties.deviceType != kDeviceIsGpu)
    return Status(StatusCode::Unavailable, name + ": it is no GPU");
  if (Result result = ze.zeDeviceGetComputeProperties(device, &compute); result != kSuccess)
    return failed("zeDeviceGetComputeProperties", result);
  if (Result result = ze.zeDeviceGetModuleProperties(device, &modules); result != kSuccess)
    return failed("zeDeviceGetModuleProperties", result);
  if (Result result = ze.zeDriverGetProperties(driver, &version); result != kSuccess)
    return failed("zeDriverGetProperties", result);
  if (modules.languageVersion < kVersionNeeded)
    return Status(StatusCode::Unavailable, name + ": the device does not take SPIR-V 1.2");
  auto memory = memories(ze, device);
  if (!memory)
    return memory.status();
  accelerator::Described made;
  DeviceDescription &info = made.description;
  info.id = id;
  info.name = name;
  info.kind = "gpu";
  info.target = "spirv:opencl";
  info.formats = {"spirv"};
  for (auto [feature, flag] : {std::pair("fp16", kModuleFp16), {"fp64", kModuleFp64}})
    if (modules.flags & flag) {
      info.features.push_back(feature);
      info.target += std::string("+") + feature;
    }
  if (uint32_t size = matrixSubgroup(ze, device, compute))
    info.features.push_back("dpas" + std::to_string(size));
  estimate(info, properties, *memory);
  info.fingerprint = info.target + " " + name + " id " + std::to_string(properties.deviceId) + " driver " +
                     std::to_string(version.driverVersion) + " units " + std::to_string(info.computeUnits);
  made.limits.groupMemoryBytes = compute.maxSharedLocalMemory;
  made.limits.groups = compute.maxGroupCountX;
  made.limits.threads = made.limits.groups * std::max<int64_t>(1, compute.maxTotalGroupSize);
  return made;
}

} // namespace flex::rt::levelzero
