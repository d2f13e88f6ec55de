//===- Hip.cpp - A libamdhip64.so.6 without a GPU --------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The functions of runtime/Drivers/HIP/Symbols.def, with the errors that AMD's
// documentation names for each misuse. FLEX_FAKE_HIP_ARCH says what the device is
// (gfx942:sramecc+:xnack-), FLEX_FAKE_HIP_DEVICES (1) how many there are.
//
//===----------------------------------------------------------------------===//
#include "Calls.h"
#include "Drivers/HIP/Api.h"

#include <cstring>

using namespace flex::rt::hip;
using fake::as;

extern "C" {
#define FLEX_HIP(function, parameters) Result function parameters;
#include "Drivers/HIP/Symbols.def"
const char *hipGetErrorName(Result result);
Result hipGetDevicePropertiesR0600(void *properties, int device);
}

namespace {

constexpr int kSharedBytes = 64 << 10;
thread_local int current = 0;

int devices() {
  return fake::setting("FLEX_FAKE_HIP_DEVICES", 1);
}

Result allocate(void **memory, size_t bytes) {
  *memory = fake::allocate(bytes);
  return *memory ? kSuccess : kOutOfMemory;
}

/// Where the last section of an ELF file ends: hipModuleLoadData is given no size.
size_t sizeOfElf(const void *image) {
  auto *bytes = static_cast<const char *>(image);
  uint64_t sections;
  uint16_t count;
  std::memcpy(&sections, bytes + 40, sizeof sections);
  std::memcpy(&count, bytes + 60, sizeof count);
  return sections + size_t{count} * 64;
}

} // namespace

const char *hipGetErrorName(Result result) {
  return result == kOutOfMemory ? "hipErrorOutOfMemory" : result == kNoDevice ? "hipErrorNoDevice" : "hipErrorUnknown";
}

Result hipInit(unsigned flags) {
  ENTER();
  return flags != 0 ? kInvalidValue : devices() == 0 ? kNoDevice : kSuccess;
}

Result hipRuntimeGetVersion(int *version) {
  ENTER();
  *version = 60300000;
  return kSuccess;
}

Result hipGetDeviceCount(int *count) {
  ENTER();
  *count = devices();
  return *count == 0 ? kNoDevice : kSuccess;
}

Result hipGetDevice(int *device) {
  ENTER();
  *device = current;
  return kSuccess;
}

Result hipSetDevice(int device) {
  ENTER();
  if (device < 0 || device >= devices())
    return kInvalidDevice;
  current = device;
  return kSuccess;
}

Result hipDeviceGetName(char *name, int length, int) {
  ENTER();
  std::strncpy(name, "Fake AMD GPU", static_cast<size_t>(length));
  return kSuccess;
}

Result hipDeviceTotalMem(size_t *bytes, int) {
  ENTER();
  *bytes = fake::kMemoryBytes;
  return kSuccess;
}

Result hipDeviceGetAttribute(int *value, int attribute, int) {
  ENTER();
  switch (attribute) {
  case kClockRate: *value = 2100000; break;
  case kMaxThreadsPerBlock: *value = fake::kGroupLimit; break;
  case kMemoryBusWidth: *value = 8192; break;
  case kMemoryClockRate: *value = 2600000; break;
  case kMultiprocessorCount: *value = 304; break;
  case kMaxSharedMemoryPerBlock: *value = kSharedBytes; break;
  default: return kInvalidValue;
  }
  return kSuccess;
}

Result hipGetDevicePropertiesR0600(void *properties, int) {
  ENTER();
  const char *name = std::getenv("FLEX_FAKE_HIP_ARCH");
  std::strncpy(static_cast<char *>(properties) + kArchNameR0600, name ? name : "gfx942:sramecc+:xnack-",
               kArchNameBytes);
  return kSuccess;
}

Result hipMalloc(void **memory, size_t bytes) {
  ENTER();
  return allocate(memory, bytes);
}

Result hipFree(void *memory) {
  ENTER_RELEASE();
  return RELEASED(fake::release(memory) ? kSuccess : kInvalidValue);
}

Result hipHostMalloc(void **memory, size_t bytes, unsigned) {
  ENTER();
  return allocate(memory, bytes);
}

Result hipHostFree(void *memory) {
  ENTER_RELEASE();
  return RELEASED(fake::release(memory) ? kSuccess : kInvalidValue);
}

Result hipStreamCreateWithFlags(StreamHandle *stream, unsigned) {
  ENTER();
  fake::make(stream, new fake::Stream);
  return kSuccess;
}

Result hipStreamDestroy(StreamHandle stream) {
  ENTER_RELEASE();
  as<fake::Stream>(stream)->wait();
  fake::destroy<fake::Stream>(stream);
  return RELEASED(kSuccess);
}

Result hipStreamSynchronize(StreamHandle stream) {
  ENTER();
  return as<fake::Stream>(stream)->wait();
}

Result hipMemcpyHtoDAsync(void *to, void *from, size_t bytes, StreamHandle stream) {
  ENTER();
  return as<fake::Stream>(stream)->copy(to, from, bytes, to) ? kSuccess : kInvalidValue;
}

Result hipMemcpyDtoHAsync(void *to, void *from, size_t bytes, StreamHandle stream) {
  ENTER();
  return as<fake::Stream>(stream)->copy(to, from, bytes, from) ? kSuccess : kInvalidValue;
}

Result hipModuleLoadData(ModuleHandle *module, const void *image) {
  ENTER();
  std::string log;
  auto code = fake::Module::load(image, sizeOfElf(image), log);
  if (!code)
    return kInvalidImage;
  fake::make(module, code.release());
  return kSuccess;
}

Result hipModuleUnload(ModuleHandle module) {
  ENTER_RELEASE();
  fake::destroy<fake::Module>(module);
  return RELEASED(kSuccess);
}

Result hipModuleGetFunction(FunctionHandle *function, ModuleHandle module, const char *name) {
  ENTER();
  const fake::Kernel *kernel = as<fake::Module>(module)->find(name);
  *function = reinterpret_cast<FunctionHandle>(const_cast<fake::Kernel *>(kernel));
  return kernel ? kSuccess : kNotFound;
}

Result hipFuncGetAttribute(int *value, int attribute, FunctionHandle function) {
  ENTER();
  if (attribute == kFunctionMaxThreads)
    *value = fake::kGroupLimit;
  else if (attribute == kFunctionSharedBytes)
    *value = static_cast<int>(as<fake::Kernel>(function)->groupMemoryBytes);
  else
    return kInvalidValue;
  return kSuccess;
}

Result hipModuleLaunchKernel(FunctionHandle function, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned blockX,
                             unsigned blockY, unsigned blockZ, unsigned sharedBytes, StreamHandle stream,
                             void **parameters, void **extra) {
  ENTER();
  const auto &kernel = *as<const fake::Kernel>(function);
  if (!fake::isGrid(gridX, gridY, gridZ, blockX, blockY, blockZ) || extra || uint64_t{gridX} * blockX > UINT32_MAX ||
      sharedBytes + kernel.groupMemoryBytes > kSharedBytes)
    return kInvalidValue;
  as<fake::Stream>(stream)->launch(kernel, kernel.launch(gridX, blockX, sharedBytes, parameters), kLaunchFailure);
  return kSuccess;
}
