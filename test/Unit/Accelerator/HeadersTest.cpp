//===- HeadersTest.cpp - Our declarations against the vendors' ------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The drivers declare the parts of CUDA, HIP and Level Zero that they use. Where a
// vendor's header is installed, values and layouts are compared when this file is
// compiled, and a case says so; elsewhere it skips.
//
//===----------------------------------------------------------------------===//
#include "Drivers/CUDA/Api.h"
#include "Drivers/HIP/Api.h"
#include "Drivers/LevelZero/Api.h"

#include <gtest/gtest.h>

#if __has_include(<cuda.h>)
#include <cuda.h>
#define HAVE_CUDA 1
namespace cu = flex::rt::cuda;
static_assert(cu::kInvalidValue == CUDA_ERROR_INVALID_VALUE && cu::kOutOfMemory == CUDA_ERROR_OUT_OF_MEMORY);
static_assert(cu::kStubLibrary == CUDA_ERROR_STUB_LIBRARY && cu::kNoDevice == CUDA_ERROR_NO_DEVICE);
static_assert(cu::kInvalidImage == CUDA_ERROR_INVALID_IMAGE && cu::kInvalidContext == CUDA_ERROR_INVALID_CONTEXT);
static_assert(cu::kNoBinaryForGpu == CUDA_ERROR_NO_BINARY_FOR_GPU && cu::kInvalidPtx == CUDA_ERROR_INVALID_PTX);
static_assert(cu::kJitCompilerNotFound == CUDA_ERROR_JIT_COMPILER_NOT_FOUND);
static_assert(cu::kUnsupportedPtxVersion == CUDA_ERROR_UNSUPPORTED_PTX_VERSION);
static_assert(cu::kInvalidHandle == CUDA_ERROR_INVALID_HANDLE && cu::kNotFound == CUDA_ERROR_NOT_FOUND);
static_assert(cu::kIllegalAddress == CUDA_ERROR_ILLEGAL_ADDRESS && cu::kAssert == CUDA_ERROR_ASSERT);
static_assert(cu::kLaunchOutOfResources == CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES);
static_assert(cu::kLaunchTimeout == CUDA_ERROR_LAUNCH_TIMEOUT && cu::kLaunchFailed == CUDA_ERROR_LAUNCH_FAILED);
static_assert(cu::kHardwareStackError == CUDA_ERROR_HARDWARE_STACK_ERROR);
static_assert(cu::kIllegalInstruction == CUDA_ERROR_ILLEGAL_INSTRUCTION && cu::kInvalidPc == CUDA_ERROR_INVALID_PC);
static_assert(cu::kMisalignedAddress == CUDA_ERROR_MISALIGNED_ADDRESS);
static_assert(cu::kInvalidAddressSpace == CUDA_ERROR_INVALID_ADDRESS_SPACE);
static_assert(cu::kEccUncorrectable == CUDA_ERROR_ECC_UNCORRECTABLE);
static_assert(cu::kNvlinkUncorrectable == CUDA_ERROR_NVLINK_UNCORRECTABLE);
static_assert(cu::kSystemDriverMismatch == CUDA_ERROR_SYSTEM_DRIVER_MISMATCH);
static_assert(cu::kExternalDevice == CUDA_ERROR_EXTERNAL_DEVICE && cu::kUnknown == CUDA_ERROR_UNKNOWN);
#if CUDA_VERSION >= 12080
static_assert(cu::kContained == CUDA_ERROR_CONTAINED && cu::kTensorMemoryLeak == CUDA_ERROR_TENSOR_MEMORY_LEAK);
#endif
static_assert(cu::kMaxThreadsPerBlock == CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK);
static_assert(cu::kMaxGridDimX == CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_X);
static_assert(cu::kClockRate == CU_DEVICE_ATTRIBUTE_CLOCK_RATE);
static_assert(cu::kMultiprocessorCount == CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
static_assert(cu::kComputeMode == CU_DEVICE_ATTRIBUTE_COMPUTE_MODE);
static_assert(cu::kComputeModeProhibited == CU_COMPUTEMODE_PROHIBITED);
static_assert(cu::kMemoryClockRate == CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE);
static_assert(cu::kGlobalMemoryBusWidth == CU_DEVICE_ATTRIBUTE_GLOBAL_MEMORY_BUS_WIDTH);
static_assert(cu::kComputeMajor == CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR);
static_assert(cu::kComputeMinor == CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
static_assert(cu::kMaxSharedMemoryPerBlockOptin == CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN);
static_assert(cu::kFunctionMaxThreads == CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK);
static_assert(cu::kFunctionSharedBytes == CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES);
static_assert(cu::kFunctionMaxDynamicSharedBytes == CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES);
static_assert(cu::kJitErrorLog == CU_JIT_ERROR_LOG_BUFFER && cu::kJitInfoLog == CU_JIT_INFO_LOG_BUFFER);
static_assert(cu::kJitErrorLogBytes == CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES);
static_assert(cu::kJitInfoLogBytes == CU_JIT_INFO_LOG_BUFFER_SIZE_BYTES);
static_assert(cu::kStreamNonBlocking == CU_STREAM_NON_BLOCKING);
static_assert(sizeof(cu::Result) == sizeof(CUresult) && sizeof(cu::DeviceId) == sizeof(CUdevice));
static_assert(sizeof(cu::DevicePointer) == sizeof(CUdeviceptr) && sizeof(int) == sizeof(CUjit_option));
#else
#define HAVE_CUDA 0
#endif

#if __has_include(<hip/hip_runtime_api.h>)
#define __HIP_PLATFORM_AMD__
#include <hip/hip_runtime_api.h>
#define HAVE_HIP 1
namespace hp = flex::rt::hip;
static_assert(hp::kInvalidValue == hipErrorInvalidValue && hp::kOutOfMemory == hipErrorOutOfMemory);
static_assert(hp::kNotInitialized == hipErrorNotInitialized && hp::kInsufficientDriver == hipErrorInsufficientDriver);
static_assert(hp::kNoDevice == hipErrorNoDevice && hp::kInvalidDevice == hipErrorInvalidDevice);
static_assert(hp::kInvalidImage == hipErrorInvalidImage && hp::kNoBinaryForGpu == hipErrorNoBinaryForGpu);
static_assert(hp::kEccNotCorrectable == hipErrorECCNotCorrectable && hp::kNotFound == hipErrorNotFound);
static_assert(hp::kInvalidHandle == hipErrorInvalidHandle && hp::kIllegalAddress == hipErrorIllegalAddress);
static_assert(hp::kLaunchOutOfResources == hipErrorLaunchOutOfResources && hp::kAssert == hipErrorAssert);
static_assert(hp::kLaunchTimeOut == hipErrorLaunchTimeOut && hp::kLaunchFailure == hipErrorLaunchFailure);
static_assert(hp::kClockRate == hipDeviceAttributeClockRate);
static_assert(hp::kMaxThreadsPerBlock == hipDeviceAttributeMaxThreadsPerBlock);
static_assert(hp::kMemoryBusWidth == hipDeviceAttributeMemoryBusWidth);
static_assert(hp::kMemoryClockRate == hipDeviceAttributeMemoryClockRate);
static_assert(hp::kMultiprocessorCount == hipDeviceAttributeMultiprocessorCount);
static_assert(hp::kMaxSharedMemoryPerBlock == hipDeviceAttributeMaxSharedMemoryPerBlock);
static_assert(hp::kFunctionMaxThreads == HIP_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK);
static_assert(hp::kFunctionSharedBytes == HIP_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES);
static_assert(hp::kStreamNonBlocking == hipStreamNonBlocking && hp::kPropertiesBytes >= sizeof(hipDeviceProp_t));
#ifdef hipGetDeviceProperties // ROCm 6 and later map it to the form with R0600
static_assert(hp::kArchNameR0600 == offsetof(hipDeviceProp_t, gcnArchName));
#else
static_assert(hp::kArchNameR0000 == offsetof(hipDeviceProp_t, gcnArchName));
#endif
#else
#define HAVE_HIP 0
#endif

#if __has_include(<level_zero/ze_api.h>)
#include <level_zero/ze_api.h>
#define HAVE_ZE 1
namespace ze = flex::rt::levelzero;
#define SAME(ours, theirs) static_assert(sizeof(ze::ours) == sizeof(theirs))
#define SAME_PLACE(ours, member, theirs, field) static_assert(offsetof(ze::ours, member) == offsetof(theirs, field))
SAME(DriverProperties, ze_driver_properties_t);
SAME_PLACE(DriverProperties, driverVersion, ze_driver_properties_t, driverVersion);
SAME(DeviceProperties, ze_device_properties_t);
SAME_PLACE(DeviceProperties, deviceType, ze_device_properties_t, type);
SAME_PLACE(DeviceProperties, flags, ze_device_properties_t, flags);
SAME_PLACE(DeviceProperties, coreClockRate, ze_device_properties_t, coreClockRate);
SAME_PLACE(DeviceProperties, maxMemAllocSize, ze_device_properties_t, maxMemAllocSize);
SAME_PLACE(DeviceProperties, physicalEUSimdWidth, ze_device_properties_t, physicalEUSimdWidth);
SAME_PLACE(DeviceProperties, numSlices, ze_device_properties_t, numSlices);
SAME_PLACE(DeviceProperties, name, ze_device_properties_t, name);
SAME(ComputeProperties, ze_device_compute_properties_t);
SAME_PLACE(ComputeProperties, maxGroupCountX, ze_device_compute_properties_t, maxGroupCountX);
SAME_PLACE(ComputeProperties, maxSharedLocalMemory, ze_device_compute_properties_t, maxSharedLocalMemory);
SAME(ModuleProperties, ze_device_module_properties_t);
SAME_PLACE(ModuleProperties, languageVersion, ze_device_module_properties_t, spirvVersionSupported);
SAME_PLACE(ModuleProperties, flags, ze_device_module_properties_t, flags);
SAME(QueueGroupProperties, ze_command_queue_group_properties_t);
SAME_PLACE(QueueGroupProperties, flags, ze_command_queue_group_properties_t, flags);
SAME(MemoryProperties, ze_device_memory_properties_t);
SAME_PLACE(MemoryProperties, totalSize, ze_device_memory_properties_t, totalSize);
SAME_PLACE(MemoryProperties, maxBusWidth, ze_device_memory_properties_t, maxBusWidth);
SAME(KernelProperties, ze_kernel_properties_t);
SAME_PLACE(KernelProperties, localMemSize, ze_kernel_properties_t, localMemSize);
SAME(ContextDesc, ze_context_desc_t);
SAME(QueueDesc, ze_command_queue_desc_t);
SAME_PLACE(QueueDesc, mode, ze_command_queue_desc_t, mode);
SAME(PoolDesc, ze_event_pool_desc_t);
SAME(EventDesc, ze_event_desc_t);
SAME_PLACE(EventDesc, wait, ze_event_desc_t, wait);
SAME(DeviceMemoryDesc, ze_device_mem_alloc_desc_t);
SAME(HostMemoryDesc, ze_host_mem_alloc_desc_t);
SAME(ModuleDesc, ze_module_desc_t);
SAME_PLACE(ModuleDesc, inputModule, ze_module_desc_t, pInputModule);
SAME_PLACE(ModuleDesc, buildFlags, ze_module_desc_t, pBuildFlags);
SAME(KernelDesc, ze_kernel_desc_t);
SAME_PLACE(KernelDesc, kernelName, ze_kernel_desc_t, pKernelName);
SAME(GroupCount, ze_group_count_t);
static_assert(ze::kDeviceLost == ZE_RESULT_ERROR_DEVICE_LOST && ze::kUninitialized == ZE_RESULT_ERROR_UNINITIALIZED);
static_assert(ze::kOutOfHostMemory == ZE_RESULT_ERROR_OUT_OF_HOST_MEMORY);
static_assert(ze::kOutOfDeviceMemory == ZE_RESULT_ERROR_OUT_OF_DEVICE_MEMORY);
static_assert(ze::kModuleBuildFailure == ZE_RESULT_ERROR_MODULE_BUILD_FAILURE);
static_assert(ze::kUnsupportedSize == ZE_RESULT_ERROR_UNSUPPORTED_SIZE && ze::kUnknown == ZE_RESULT_ERROR_UNKNOWN);
static_assert(ze::kInvalidKernelName == ZE_RESULT_ERROR_INVALID_KERNEL_NAME);
static_assert(ze::kInvalidGroupSize == ZE_RESULT_ERROR_INVALID_GROUP_SIZE_DIMENSION);
static_assert(ze::kInvalidArgumentIndex == ZE_RESULT_ERROR_INVALID_KERNEL_ARGUMENT_INDEX);
static_assert(ze::kTypeDriverProperties == ZE_STRUCTURE_TYPE_DRIVER_PROPERTIES);
static_assert(ze::kTypeDeviceProperties == ZE_STRUCTURE_TYPE_DEVICE_PROPERTIES);
static_assert(ze::kTypeComputeProperties == ZE_STRUCTURE_TYPE_DEVICE_COMPUTE_PROPERTIES);
static_assert(ze::kTypeModuleProperties == ZE_STRUCTURE_TYPE_DEVICE_MODULE_PROPERTIES);
static_assert(ze::kTypeQueueGroupProperties == ZE_STRUCTURE_TYPE_COMMAND_QUEUE_GROUP_PROPERTIES);
static_assert(ze::kTypeMemoryProperties == ZE_STRUCTURE_TYPE_DEVICE_MEMORY_PROPERTIES);
static_assert(ze::kTypeContextDesc == ZE_STRUCTURE_TYPE_CONTEXT_DESC);
static_assert(ze::kTypeQueueDesc == ZE_STRUCTURE_TYPE_COMMAND_QUEUE_DESC);
static_assert(ze::kTypePoolDesc == ZE_STRUCTURE_TYPE_EVENT_POOL_DESC);
static_assert(ze::kTypeEventDesc == ZE_STRUCTURE_TYPE_EVENT_DESC);
static_assert(ze::kTypeDeviceMemoryDesc == ZE_STRUCTURE_TYPE_DEVICE_MEM_ALLOC_DESC);
static_assert(ze::kTypeHostMemoryDesc == ZE_STRUCTURE_TYPE_HOST_MEM_ALLOC_DESC);
static_assert(ze::kTypeModuleDesc == ZE_STRUCTURE_TYPE_MODULE_DESC);
static_assert(ze::kTypeKernelDesc == ZE_STRUCTURE_TYPE_KERNEL_DESC);
static_assert(ze::kTypeKernelProperties == ZE_STRUCTURE_TYPE_KERNEL_PROPERTIES);
static_assert(ze::kInitGpuOnly == ZE_INIT_FLAG_GPU_ONLY && ze::kDeviceIsGpu == ZE_DEVICE_TYPE_GPU);
static_assert(ze::kDeviceIsIntegrated == ZE_DEVICE_PROPERTY_FLAG_INTEGRATED);
static_assert(ze::kModuleFp16 == ZE_DEVICE_MODULE_FLAG_FP16 && ze::kModuleFp64 == ZE_DEVICE_MODULE_FLAG_FP64);
static_assert(ze::kQueueGroupCompute == ZE_COMMAND_QUEUE_GROUP_PROPERTY_FLAG_COMPUTE);
static_assert(ze::kFormatIl == ZE_MODULE_FORMAT_IL_SPIRV);
static_assert(ze::kQueueModeAsynchronous == ZE_COMMAND_QUEUE_MODE_ASYNCHRONOUS);
static_assert(ze::kPoolHostVisible == ZE_EVENT_POOL_FLAG_HOST_VISIBLE && ze::kScopeHost == ZE_EVENT_SCOPE_FLAG_HOST);
#else
#define HAVE_ZE 0
#endif

namespace {

TEST(Headers, AreComparedWhereInstalled) {
  std::string absent;
  for (auto [have, name] :
       {std::pair(HAVE_CUDA, "cuda.h"), {HAVE_HIP, "hip/hip_runtime_api.h"}, {HAVE_ZE, "level_zero/ze_api.h"}})
    absent.append(have ? "" : name).append(have ? "" : " ");
  if (!absent.empty())
    GTEST_SKIP() << "not installed, so not compared: " << absent;
}

} // namespace
