//===- Api.h - The part of AMD's HIP runtime that is used ------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Types and values of the HIP runtime API, declared by us, so that ROCm is not
// needed to build. Values are those of hip_runtime_api.h 5.2 (hipError_t,
// hipDeviceAttribute_t, hipFunction_attribute), which 6 keeps; the place of
// gcnArchName is that of hipDeviceProp_tR0000 (5) and hipDeviceProp_tR0600 (6, 7).
// test/Unit/Accelerator/HeadersTest.cpp compares them where the header is installed.
//
//===----------------------------------------------------------------------===//
#pragma once

#include <cstddef>
#include <cstdint>

namespace flex::rt::hip {

using Result = int; ///< hipError_t
using ModuleHandle = struct ModuleOpaque *;
using FunctionHandle = struct FunctionOpaque *;
using StreamHandle = struct StreamOpaque *;

inline constexpr Result kSuccess = 0, kInvalidValue = 1, kOutOfMemory = 2, kNotInitialized = 3,
                        kInsufficientDriver = 35, kNoDevice = 100, kInvalidDevice = 101, kInvalidImage = 200,
                        kNoBinaryForGpu = 209, kEccNotCorrectable = 214, kInvalidKernelFile = 218,
                        kSharedObjectInitFailed = 303, kInvalidHandle = 400, kNotFound = 500, kIllegalAddress = 700,
                        kLaunchOutOfResources = 701, kLaunchTimeOut = 702, kAssert = 710, kLaunchFailure = 719,
                        kUnknown = 999;

/// hipDeviceAttribute_t
inline constexpr int kClockRate = 5, kMaxThreadsPerBlock = 56, kMemoryBusWidth = 59, kMemoryClockRate = 60,
                     kMultiprocessorCount = 63, kMaxSharedMemoryPerBlock = 74;
/// hipFunction_attribute
inline constexpr int kFunctionMaxThreads = 0, kFunctionSharedBytes = 1;
inline constexpr unsigned kStreamNonBlocking = 1;

/// Of hipDeviceProp_t only the name of the architecture is read: 256 characters at these places.
inline constexpr size_t kArchNameR0000 = 396, kArchNameR0600 = 1160, kArchNameBytes = 256;
/// More than any version's hipDeviceProp_t.
inline constexpr size_t kPropertiesBytes = 8192;

} // namespace flex::rt::hip
