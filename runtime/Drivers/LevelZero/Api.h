//===- Api.h - The part of oneAPI Level Zero that is used ------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Types and values of Level Zero, declared by us, so that its headers are not
// needed to build. Layouts and values are those of ze_api.h 1.8 (all in version
// 1.0 of the interface: a structure never changes, `type` says which it is).
// test/Unit/Accelerator/HeadersTest.cpp compares them where the header is installed.
//
//===----------------------------------------------------------------------===//
#pragma once

#include <cstddef>
#include <cstdint>

namespace flex::rt::levelzero {

using Result = uint32_t; ///< ze_result_t
using DriverHandle = struct DriverOpaque *;
using DeviceHandle = struct DeviceOpaque *;
using ContextHandle = struct ContextOpaque *;
using ModuleHandle = struct ModuleOpaque *;
using LogHandle = struct LogOpaque *;
using KernelHandle = struct KernelOpaque *;
using ListHandle = struct ListOpaque *;
using PoolHandle = struct PoolOpaque *;
using EventHandle = struct EventOpaque *;

inline constexpr Result kSuccess = 0, kDeviceLost = 0x70000001, kOutOfHostMemory = 0x70000002,
                        kOutOfDeviceMemory = 0x70000003, kModuleBuildFailure = 0x70000004, kUninitialized = 0x78000001,
                        kUnsupportedFeature = 0x78000003, kInvalidArgument = 0x78000004,
                        kInvalidNullHandle = 0x78000005, kInvalidSize = 0x78000008, kUnsupportedSize = 0x78000009,
                        kInvalidNativeBinary = 0x7800000f, kInvalidKernelName = 0x78000011,
                        kInvalidGroupSize = 0x78000013, kInvalidArgumentIndex = 0x78000015, kUnknown = 0x7ffffffe;

/// ze_structure_type_t
inline constexpr uint32_t kTypeDriverProperties = 0x1, kTypeDeviceProperties = 0x3, kTypeComputeProperties = 0x4,
                          kTypeModuleProperties = 0x5, kTypeQueueGroupProperties = 0x6, kTypeMemoryProperties = 0x7,
                          kTypeContextDesc = 0xd, kTypeQueueDesc = 0xe, kTypePoolDesc = 0x10, kTypeEventDesc = 0x11,
                          kTypeDeviceMemoryDesc = 0x15, kTypeHostMemoryDesc = 0x16, kTypeModuleDesc = 0x1b,
                          kTypeKernelDesc = 0x1d, kTypeKernelProperties = 0x1e, kTypeMatrixProperties = 0x30013;

inline constexpr uint32_t kInitGpuOnly = 1, kDeviceIsGpu = 1, kDeviceIsIntegrated = 1, kModuleFp16 = 1, kModuleFp64 = 2,
                          kMatrixDpas = 2, kQueueGroupCompute = 1, kFormatIl = 0, kQueueModeAsynchronous = 2,
                          kPoolHostVisible = 1, kScopeHost = 4;

struct DriverProperties {
  uint32_t type = kTypeDriverProperties;
  void *next = nullptr;
  uint8_t uuid[16] = {};
  uint32_t driverVersion = 0;
};

struct DeviceProperties {
  uint32_t type = kTypeDeviceProperties;
  void *next = nullptr;
  uint32_t deviceType = 0, vendorId = 0, deviceId = 0, flags = 0, subdeviceId = 0, coreClockRate = 0;
  uint64_t maxMemAllocSize = 0;
  uint32_t maxHardwareContexts = 0, maxCommandQueuePriority = 0, numThreadsPerEU = 0, physicalEUSimdWidth = 0,
           numEUsPerSubslice = 0, numSubslicesPerSlice = 0, numSlices = 0;
  uint64_t timerResolution = 0;
  uint32_t timestampValidBits = 0, kernelTimestampValidBits = 0;
  uint8_t uuid[16] = {};
  char name[256] = {};
};

struct ComputeProperties {
  uint32_t type = kTypeComputeProperties;
  void *next = nullptr;
  uint32_t maxTotalGroupSize = 0, maxGroupSizeX = 0, maxGroupSizeY = 0, maxGroupSizeZ = 0, maxGroupCountX = 0,
           maxGroupCountY = 0, maxGroupCountZ = 0, maxSharedLocalMemory = 0, numSubGroupSizes = 0;
  uint32_t subGroupSizes[8] = {};
};

struct ModuleProperties {
  uint32_t type = kTypeModuleProperties;
  void *next = nullptr;
  uint32_t languageVersion = 0; ///< spirvVersionSupported: major << 16 | minor
  uint32_t flags = 0, fp16flags = 0, fp32flags = 0, fp64flags = 0, maxArgumentsSize = 0, printfBufferSize = 0;
  uint8_t nativeKernelSupported[16] = {};
};

/// ze_intel_device_module_dp_exp_properties_t, what `next` of ModuleProperties may name (not in the loader's headers:
/// ZE_intel_experimental_device_module_dp_properties of Intel's compute runtime).
struct MatrixProperties {
  uint32_t type = kTypeMatrixProperties;
  void *next = nullptr;
  uint32_t flags = 0;
};

struct QueueGroupProperties {
  uint32_t type = kTypeQueueGroupProperties;
  void *next = nullptr;
  uint32_t flags = 0;
  size_t maxMemoryFillPatternSize = 0;
  uint32_t numQueues = 0;
};

struct MemoryProperties {
  uint32_t type = kTypeMemoryProperties;
  void *next = nullptr;
  uint32_t flags = 0, maxClockRate = 0, maxBusWidth = 0;
  uint64_t totalSize = 0;
  char name[256] = {};
};

struct KernelProperties {
  uint32_t type = kTypeKernelProperties;
  void *next = nullptr;
  uint32_t numKernelArgs = 0, requiredGroupSizeX = 0, requiredGroupSizeY = 0, requiredGroupSizeZ = 0,
           requiredNumSubGroups = 0, requiredSubgroupSize = 0, maxSubgroupSize = 0, maxNumSubgroups = 0,
           localMemSize = 0, privateMemSize = 0, spillMemSize = 0;
  uint8_t uuid[32] = {};
};

struct ContextDesc {
  uint32_t type = kTypeContextDesc;
  const void *next = nullptr;
  uint32_t flags = 0;
};

struct QueueDesc {
  uint32_t type = kTypeQueueDesc;
  const void *next = nullptr;
  uint32_t ordinal = 0, index = 0, flags = 0, mode = 0, priority = 0;
};

struct PoolDesc {
  uint32_t type = kTypePoolDesc;
  const void *next = nullptr;
  uint32_t flags = 0, count = 0;
};

struct EventDesc {
  uint32_t type = kTypeEventDesc;
  const void *next = nullptr;
  uint32_t index = 0, signal = 0, wait = 0;
};

struct DeviceMemoryDesc {
  uint32_t type = kTypeDeviceMemoryDesc;
  const void *next = nullptr;
  uint32_t flags = 0, ordinal = 0;
};

struct HostMemoryDesc {
  uint32_t type = kTypeHostMemoryDesc;
  const void *next = nullptr;
  uint32_t flags = 0;
};

struct ModuleDesc {
  uint32_t type = kTypeModuleDesc;
  const void *next = nullptr;
  uint32_t format = kFormatIl;
  size_t inputSize = 0;
  const uint8_t *inputModule = nullptr;
  const char *buildFlags = nullptr;
  const void *constants = nullptr;
};

struct KernelDesc {
  uint32_t type = kTypeKernelDesc;
  const void *next = nullptr;
  uint32_t flags = 0;
  const char *kernelName = nullptr;
};

struct GroupCount {
  uint32_t x = 0, y = 1, z = 1;
};

} // namespace flex::rt::levelzero
