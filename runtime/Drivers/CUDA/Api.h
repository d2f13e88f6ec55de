//===- Api.h - The part of NVIDIA's driver API that is used ----*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Types and values of the CUDA driver API, declared by us, so that no toolkit is
// needed to build. Values are those of cuda.h 12.9 (CUresult, CUdevice_attribute,
// CUfunction_attribute, CUjit_option, CUstream_flags), which later versions keep;
// test/Unit/Accelerator/HeadersTest.cpp compares them where a cuda.h is installed.
//
//===----------------------------------------------------------------------===//
#pragma once

#include <cstddef>
#include <cstdint>

namespace flex::rt::cuda {

using Result = int;   ///< CUresult
using DeviceId = int; ///< CUdevice
using DevicePointer = unsigned long long;
using Context = struct ContextOpaque *;
using ModuleHandle = struct ModuleOpaque *;
using FunctionHandle = struct FunctionOpaque *;
using StreamHandle = struct StreamOpaque *;

inline constexpr Result kSuccess = 0, kInvalidValue = 1, kOutOfMemory = 2, kStubLibrary = 34, kNoDevice = 100,
                        kInvalidImage = 200, kInvalidContext = 201, kNoBinaryForGpu = 209, kInvalidPtx = 218,
                        kJitCompilerNotFound = 221, kUnsupportedPtxVersion = 222, kInvalidHandle = 400, kNotFound = 500,
                        kIllegalAddress = 700, kLaunchOutOfResources = 701, kLaunchTimeout = 702, kAssert = 710,
                        kHardwareStackError = 714, kIllegalInstruction = 715, kMisalignedAddress = 716,
                        kInvalidAddressSpace = 717, kInvalidPc = 718, kLaunchFailed = 719, kTensorMemoryLeak = 721,
                        kEccUncorrectable = 214, kNvlinkUncorrectable = 220, kContained = 226,
                        kSystemDriverMismatch = 803, kExternalDevice = 911, kUnknown = 999;

/// CUdevice_attribute
inline constexpr int kMaxThreadsPerBlock = 1, kMaxGridDimX = 5, kClockRate = 13, kMultiprocessorCount = 16,
                     kComputeMode = 20, kMemoryClockRate = 36, kGlobalMemoryBusWidth = 37, kComputeMajor = 75,
                     kComputeMinor = 76, kMaxSharedMemoryPerBlockOptin = 97;
/// Of CUcomputemode: no context may be made.
inline constexpr int kComputeModeProhibited = 2;
/// CUfunction_attribute
inline constexpr int kFunctionMaxThreads = 0, kFunctionSharedBytes = 1, kFunctionMaxDynamicSharedBytes = 8;
/// CUjit_option
inline constexpr int kJitInfoLog = 3, kJitInfoLogBytes = 4, kJitErrorLog = 5, kJitErrorLogBytes = 6;
/// CUtensorMapDataType, by the bytes of an element: its bits are copied as they are
inline constexpr int kMapUint8 = 0, kMapUint16 = 1, kMapUint32 = 2, kMapUint64 = 4;
/// CUtensorMapInterleave, CUtensorMapFloatOOBfill, CUtensorMapL2promotion; CUtensorMapSwizzle
inline constexpr int kMapNoInterleave = 0, kMapFillZero = 0, kMapPromote128 = 2, kMapSwizzleNone = 0, kMapSwizzle32 = 1,
                     kMapSwizzle64 = 2, kMapSwizzle128 = 3;
/// CUstream_flags
inline constexpr unsigned kStreamNonBlocking = 1;

} // namespace flex::rt::cuda
