//===- LevelZero.cpp - A libze_loader.so.1 without a GPU -------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The functions of runtime/Drivers/LevelZero/Symbols.def, with the errors that the
// specification names for each misuse. Commands between two barriers run in
// reverse, so that a missing barrier shows.
//
//===----------------------------------------------------------------------===//
#include "Calls.h"
#include "Drivers/LevelZero/Api.h"

#include <algorithm>
#include <cstring>

using namespace flex::rt::levelzero;
using fake::as;
using fake::make;

extern "C" {
#define FLEX_ZE(function, parameters) Result function parameters;
#include "Drivers/LevelZero/Symbols.def"
}

namespace {

constexpr uint32_t kSharedBytes = 64 << 10;

struct FakeKernel {
  const fake::Kernel *code;
  uint32_t groupSize = 0;
  std::vector<std::vector<uint64_t>> arguments;
};

struct FakeList {
  std::vector<std::function<bool()>> unordered; ///< since the last barrier
  std::vector<std::function<bool()>> ordered;
  bool lost = false;

  void barrier() {
    ordered.insert(ordered.end(), unordered.rbegin(), unordered.rend());
    unordered.clear();
  }
  void add(std::function<bool()> work) { unordered.push_back(std::move(work)); }
  void run() {
    auto work = std::move(ordered);
    ordered.clear();
    for (auto &step : work)
      lost = lost || !step();
  }
};

struct FakeEvent {
  bool signalled = false;
  FakeList *list = nullptr; ///< in which a barrier signals it
};

template <typename T, typename Handle> Result destroy(Handle handle) {
  if (!handle)
    return kInvalidNullHandle;
  fake::destroy<T>(handle);
  return kSuccess;
}

char driverObject, deviceObject; ///< their addresses are the handles
struct Plain {};
struct FakeLog {
  std::string text;
};

Result one(uint32_t *count, void **handles, void *object) {
  if (handles && *count >= 1)
    *handles = object;
  *count = 1;
  return kSuccess;
}

} // namespace

Result zeInit(uint32_t) {
  ENTER();
  return std::getenv("FLEX_FAKE_ZE_NO_DEVICE") ? kUninitialized : kSuccess;
}

Result zeDriverGet(uint32_t *count, DriverHandle *drivers) {
  ENTER();
  return one(count, reinterpret_cast<void **>(drivers), &driverObject);
}

Result zeDriverGetProperties(DriverHandle, DriverProperties *properties) {
  ENTER();
  properties->driverVersion = 0x01030000;
  return properties->type == kTypeDriverProperties ? kSuccess : kInvalidArgument;
}

Result zeDeviceGet(DriverHandle, uint32_t *count, DeviceHandle *devices) {
  ENTER();
  return one(count, reinterpret_cast<void **>(devices), &deviceObject);
}

Result zeDeviceGetProperties(DeviceHandle, DeviceProperties *properties) {
  ENTER();
  if (properties->type != kTypeDeviceProperties)
    return kInvalidArgument;
  properties->deviceType = kDeviceIsGpu;
  properties->coreClockRate = 1600;
  properties->maxMemAllocSize = uint64_t{4} << 30;
  properties->physicalEUSimdWidth = 16;
  properties->numEUsPerSubslice = 8;
  properties->numSubslicesPerSlice = 64;
  properties->numSlices = 1;
  std::strcpy(properties->name, "Fake Intel GPU");
  return kSuccess;
}

Result zeDeviceGetComputeProperties(DeviceHandle, ComputeProperties *properties) {
  ENTER();
  if (properties->type != kTypeComputeProperties)
    return kInvalidArgument;
  properties->maxTotalGroupSize = fake::kGroupLimit;
  properties->maxGroupCountX = UINT32_MAX;
  properties->maxSharedLocalMemory = kSharedBytes;
  properties->numSubGroupSizes = 2;
  properties->subGroupSizes[0] = 32;
  properties->subGroupSizes[1] = 16;
  return kSuccess;
}

Result zeDeviceGetModuleProperties(DeviceHandle, ModuleProperties *properties) {
  ENTER();
  if (properties->type != kTypeModuleProperties)
    return kInvalidArgument;
  properties->languageVersion = 1 << 16 | 4;
  properties->flags = kModuleFp16 | kModuleFp64;
  if (auto *matrix = static_cast<MatrixProperties *>(properties->next)) {
    if (matrix->type != kTypeMatrixProperties)
      return kInvalidArgument;
    matrix->flags = kMatrixDpas;
  }
  return kSuccess;
}

Result zeDeviceGetMemoryProperties(DeviceHandle, uint32_t *count, MemoryProperties *properties) {
  ENTER();
  if (properties && properties->type != kTypeMemoryProperties)
    return kInvalidArgument;
  if (properties && *count >= 1) {
    properties->totalSize = fake::kMemoryBytes;
    properties->maxClockRate = 3200;
    properties->maxBusWidth = 1024;
  }
  *count = 1;
  return kSuccess;
}

Result zeDeviceGetCommandQueueGroupProperties(DeviceHandle, uint32_t *count, QueueGroupProperties *properties) {
  ENTER();
  if (properties && *count >= 2) // copies only, then compute
    properties[1].flags = kQueueGroupCompute;
  *count = 2;
  return kSuccess;
}

Result zeContextCreate(DriverHandle, const ContextDesc *description, ContextHandle *context) {
  ENTER();
  if (description->type != kTypeContextDesc)
    return kInvalidArgument;
  make(context, new Plain);
  return kSuccess;
}

Result zeContextDestroy(ContextHandle context) {
  ENTER_RELEASE();
  return RELEASED(destroy<Plain>(context));
}

Result zeMemAllocDevice(ContextHandle context, const DeviceMemoryDesc *description, size_t bytes, size_t, DeviceHandle,
                        void **memory) {
  ENTER();
  if (!context || description->type != kTypeDeviceMemoryDesc)
    return kInvalidArgument;
  if (bytes == 0 || bytes > uint64_t{4} << 30)
    return kUnsupportedSize;
  *memory = fake::allocate(bytes);
  return *memory ? kSuccess : kOutOfDeviceMemory;
}

Result zeMemAllocHost(ContextHandle context, const HostMemoryDesc *description, size_t bytes, size_t, void **memory) {
  ENTER();
  if (!context || description->type != kTypeHostMemoryDesc)
    return kInvalidArgument;
  *memory = fake::allocate(bytes);
  return *memory ? kSuccess : kOutOfHostMemory;
}

Result zeMemFree(ContextHandle, void *memory) {
  ENTER_RELEASE();
  return RELEASED(fake::release(memory) ? kSuccess : kInvalidArgument);
}

Result zeModuleCreate(ContextHandle, DeviceHandle, const ModuleDesc *description, ModuleHandle *module,
                      LogHandle *log) {
  ENTER();
  if (description->type != kTypeModuleDesc || description->format != kFormatIl)
    return kInvalidArgument;
  auto *made = new FakeLog;
  auto code = fake::Module::load(description->inputModule, description->inputSize, made->text);
  if (log)
    make(log, made);
  else
    delete made;
  if (!code)
    return kModuleBuildFailure;
  make(module, code.release());
  return kSuccess;
}

Result zeModuleDestroy(ModuleHandle module) {
  ENTER_RELEASE();
  return RELEASED(destroy<fake::Module>(module));
}

Result zeModuleBuildLogGetString(LogHandle log, size_t *bytes, char *text) {
  ENTER();
  const std::string &from = as<FakeLog>(log)->text;
  if (text)
    std::memcpy(text, from.c_str(), std::min(*bytes, from.size() + 1));
  *bytes = from.size() + 1;
  return kSuccess;
}

Result zeModuleBuildLogDestroy(LogHandle log) {
  ENTER_RELEASE();
  return RELEASED(destroy<FakeLog>(log));
}

Result zeKernelCreate(ModuleHandle module, const KernelDesc *description, KernelHandle *kernel) {
  ENTER();
  if (description->type != kTypeKernelDesc)
    return kInvalidArgument;
  const fake::Kernel *code = as<fake::Module>(module)->find(description->kernelName);
  if (!code)
    return kInvalidKernelName;
  make(kernel, new FakeKernel{code, 0, std::vector<std::vector<uint64_t>>(code->argumentBytes.size(), {0})});
  return kSuccess;
}

Result zeKernelDestroy(KernelHandle kernel) {
  ENTER_RELEASE();
  return RELEASED(destroy<FakeKernel>(kernel));
}

Result zeKernelGetProperties(KernelHandle kernel, KernelProperties *properties) {
  ENTER();
  if (properties->type != kTypeKernelProperties)
    return kInvalidArgument;
  properties->numKernelArgs = static_cast<uint32_t>(as<FakeKernel>(kernel)->code->argumentBytes.size());
  properties->localMemSize = as<FakeKernel>(kernel)->code->groupMemoryBytes;
  return kSuccess;
}

Result zeKernelSetGroupSize(KernelHandle kernel, uint32_t x, uint32_t y, uint32_t z) {
  ENTER();
  if (x == 0 || x > fake::kGroupLimit || y != 1 || z != 1)
    return kInvalidGroupSize;
  as<FakeKernel>(kernel)->groupSize = x;
  return kSuccess;
}

Result zeKernelSetArgumentValue(KernelHandle kernel, uint32_t index, size_t bytes, const void *value) {
  ENTER();
  auto &arguments = as<FakeKernel>(kernel)->arguments;
  if (index >= arguments.size())
    return kInvalidArgumentIndex;
  if (bytes != sizeof(uint64_t))
    return kInvalidSize;
  std::memcpy(arguments[index].data(), value, sizeof(uint64_t));
  return kSuccess;
}

Result zeCommandListCreateImmediate(ContextHandle, DeviceHandle, const QueueDesc *description, ListHandle *list) {
  ENTER();
  if (description->type != kTypeQueueDesc || description->ordinal != 1 || description->mode != kQueueModeAsynchronous)
    return kInvalidArgument;
  make(list, new FakeList);
  return kSuccess;
}

Result zeCommandListDestroy(ListHandle list) {
  ENTER_RELEASE();
  auto *made = as<FakeList>(list);
  made->barrier();
  made->run();
  return RELEASED(destroy<FakeList>(list));
}

Result zeCommandListAppendBarrier(ListHandle list, EventHandle signal, uint32_t, EventHandle *) {
  ENTER();
  auto *made = as<FakeList>(list);
  made->barrier();
  if (signal) {
    as<FakeEvent>(signal)->list = made;
    made->ordered.push_back([signal] { return as<FakeEvent>(signal)->signalled = true; });
  }
  return kSuccess;
}

Result zeCommandListAppendMemoryCopy(ListHandle list, void *to, const void *from, size_t bytes, EventHandle, uint32_t,
                                     EventHandle *) {
  ENTER();
  if (!fake::isMemory(to, bytes) && !fake::isMemory(from, bytes))
    return kInvalidArgument;
  as<FakeList>(list)->add([=] { return std::memcpy(to, from, bytes) != nullptr; });
  return kSuccess;
}

Result zeCommandListAppendLaunchKernel(ListHandle list, KernelHandle kernel, const GroupCount *groups, EventHandle,
                                       uint32_t, EventHandle *) {
  ENTER();
  auto *made = as<FakeKernel>(kernel);
  if (groups->x == 0 || groups->y != 1 || groups->z != 1 || made->groupSize == 0)
    return kInvalidArgument;
  fake::Launch launch{groups->x, made->groupSize, 0, made->arguments};
  as<FakeList>(list)->add([code = made->code, launch] { return code->run(launch); });
  return kSuccess;
}

Result zeEventPoolCreate(ContextHandle, const PoolDesc *description, uint32_t, DeviceHandle *, PoolHandle *pool) {
  ENTER();
  if (description->type != kTypePoolDesc || description->count == 0)
    return kInvalidArgument;
  make(pool, new Plain);
  return kSuccess;
}

Result zeEventPoolDestroy(PoolHandle pool) {
  ENTER_RELEASE();
  return RELEASED(destroy<Plain>(pool));
}

Result zeEventCreate(PoolHandle, const EventDesc *description, EventHandle *event) {
  ENTER();
  if (description->type != kTypeEventDesc)
    return kInvalidArgument;
  make(event, new FakeEvent);
  return kSuccess;
}

Result zeEventDestroy(EventHandle event) {
  ENTER_RELEASE();
  return RELEASED(destroy<FakeEvent>(event));
}

Result zeEventHostReset(EventHandle event) {
  ENTER();
  as<FakeEvent>(event)->signalled = false;
  return kSuccess;
}

Result zeEventHostSynchronize(EventHandle event, uint64_t) {
  ENTER();
  auto *made = as<FakeEvent>(event);
  if (made->list)
    made->list->run();
  return made->signalled ? kSuccess : kDeviceLost; // nothing else will ever signal it
}
