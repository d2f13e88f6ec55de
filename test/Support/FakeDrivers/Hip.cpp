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
#include "Drivers/HIP/Api.h"
#include "Engine.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

using namespace flex::rt::hip;

extern "C" {
#define FLEX_HIP(function, parameters) Result function parameters;
#include "Drivers/HIP/Symbols.def"
const char *hipGetErrorName(Result result);
Result hipGetDevicePropertiesR0600(void *properties, int device);
}

#define ENTER()                                                                                                        \
  do {                                                                                                                 \
    if (int code_ = fake::enter(__func__))                                                                             \
      return code_;                                                                                                    \
  } while (false)

// A release that fails has released all the same: its error may be one of earlier work.
#define ENTER_RELEASE() const int code_ = fake::enter(__func__)
#define RELEASED(result) (code_ ? code_ : (result))

namespace {

constexpr int kSharedBytes = 64 << 10;
thread_local int current = 0;

struct FakeModule {
  std::unique_ptr<fake::Module> code;
};

int devices() {
  const char *text = std::getenv("FLEX_FAKE_HIP_DEVICES");
  return text ? std::atoi(text) : 1;
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
  case kMaxThreadsPerBlock: *value = 1024; break;
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
  *memory = fake::allocate(bytes);
  return *memory ? kSuccess : kOutOfMemory;
}

Result hipFree(void *memory) {
  ENTER_RELEASE();
  return RELEASED(fake::release(memory) ? kSuccess : kInvalidValue);
}

Result hipHostMalloc(void **memory, size_t bytes, unsigned) {
  ENTER();
  *memory = fake::allocate(bytes);
  return *memory ? kSuccess : kOutOfMemory;
}

Result hipHostFree(void *memory) {
  ENTER_RELEASE();
  return RELEASED(fake::release(memory) ? kSuccess : kInvalidValue);
}

Result hipStreamCreateWithFlags(StreamHandle *stream, unsigned) {
  ENTER();
  *stream = reinterpret_cast<StreamHandle>(new fake::Stream);
  fake::born();
  return kSuccess;
}

Result hipStreamDestroy(StreamHandle stream) {
  ENTER_RELEASE();
  auto *made = reinterpret_cast<fake::Stream *>(stream);
  made->wait();
  delete made;
  fake::died();
  return RELEASED(kSuccess);
}

Result hipStreamSynchronize(StreamHandle stream) {
  ENTER();
  return reinterpret_cast<fake::Stream *>(stream)->wait();
}

Result hipMemcpyHtoDAsync(void *to, void *from, size_t bytes, StreamHandle stream) {
  ENTER();
  if (!fake::isMemory(to, bytes))
    return kInvalidValue;
  reinterpret_cast<fake::Stream *>(stream)->add([=] { return std::memcpy(to, from, bytes), kSuccess; });
  return kSuccess;
}

Result hipMemcpyDtoHAsync(void *to, void *from, size_t bytes, StreamHandle stream) {
  ENTER();
  if (!fake::isMemory(from, bytes))
    return kInvalidValue;
  reinterpret_cast<fake::Stream *>(stream)->add([=] { return std::memcpy(to, from, bytes), kSuccess; });
  return kSuccess;
}

Result hipModuleLoadData(ModuleHandle *module, const void *image) {
  ENTER();
  std::string log;
  auto code = fake::Module::load(image, sizeOfElf(image), log);
  if (!code)
    return kInvalidImage;
  *module = reinterpret_cast<ModuleHandle>(new FakeModule{std::move(code)});
  fake::born();
  return kSuccess;
}

Result hipModuleUnload(ModuleHandle module) {
  ENTER_RELEASE();
  delete reinterpret_cast<FakeModule *>(module);
  fake::died();
  return RELEASED(kSuccess);
}

Result hipModuleGetFunction(FunctionHandle *function, ModuleHandle module, const char *name) {
  ENTER();
  const fake::Kernel *kernel = reinterpret_cast<FakeModule *>(module)->code->find(name);
  *function = reinterpret_cast<FunctionHandle>(const_cast<fake::Kernel *>(kernel));
  return kernel ? kSuccess : kNotFound;
}

Result hipFuncGetAttribute(int *value, int attribute, FunctionHandle function) {
  ENTER();
  if (attribute == kFunctionMaxThreads)
    *value = 1024;
  else if (attribute == kFunctionSharedBytes)
    *value = static_cast<int>(reinterpret_cast<fake::Kernel *>(function)->groupMemoryBytes);
  else
    return kInvalidValue;
  return kSuccess;
}

Result hipModuleLaunchKernel(FunctionHandle function, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned blockX,
                             unsigned blockY, unsigned blockZ, unsigned sharedBytes, StreamHandle stream,
                             void **parameters, void **extra) {
  ENTER();
  auto *kernel = reinterpret_cast<const fake::Kernel *>(function);
  if (gridX == 0 || gridY != 1 || gridZ != 1 || blockX == 0 || blockX > 1024 || blockY != 1 || blockZ != 1 || extra ||
      uint64_t{gridX} * blockX > UINT32_MAX || sharedBytes + kernel->groupMemoryBytes > kSharedBytes)
    return kInvalidValue;
  fake::Launch launch{gridX, blockX, sharedBytes, {}};
  for (size_t i = 0; i < kernel->argumentCount; ++i) {
    uint64_t word;
    std::memcpy(&word, parameters[i], sizeof word);
    launch.arguments.push_back(word);
  }
  reinterpret_cast<fake::Stream *>(stream)->add(
      [kernel, launch] { return kernel->run(launch) ? kSuccess : kLaunchFailure; });
  return kSuccess;
}
