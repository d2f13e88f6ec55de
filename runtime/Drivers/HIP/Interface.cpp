//===- Interface.cpp - The HIP runtime as the runtime's interface --------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Every call's result is looked at, but those that give something back: there is
// nothing left to do when they fail. What an entry needs is read from its kernel
// descriptor (LLVM's AMDGPUUsage, "Kernel Descriptor", code object v3 to v6).
//
//===----------------------------------------------------------------------===//
#include "Interface.h"

#include "Accelerator/Payload.h"

#include <cstring>

namespace flex::rt::hip {
namespace {

constexpr uint16_t kElfMachineAmdGpu = 224; // EM_AMDGPU

using Current = HipInterface::Current;

class HipStream : public accelerator::Stream {
public:
  HipStream(HipInterface &device, StreamHandle stream) : device(device), stream(stream) {}
  ~HipStream() override {
    Current current(device);
    device.hip().hipStreamDestroy(stream);
  }
  Status write(void *to, const void *from, size_t bytes) override {
    Current current(device);
    FLEX_RETURN_IF_ERROR(current.status());
    return device.check(device.hip().hipMemcpyHtoDAsync(to, const_cast<void *>(from), bytes, stream),
                        "hipMemcpyHtoDAsync");
  }
  Status read(void *to, const void *from, size_t bytes) override {
    Current current(device);
    FLEX_RETURN_IF_ERROR(current.status());
    return device.check(device.hip().hipMemcpyDtoHAsync(to, const_cast<void *>(from), bytes, stream),
                        "hipMemcpyDtoHAsync");
  }
  Status launch(const accelerator::Function &function, const accelerator::Grid &grid, const uint64_t *arguments,
                size_t count) override;
  Status wait() override {
    Current current(device);
    FLEX_RETURN_IF_ERROR(current.status());
    return device.check(device.hip().hipStreamSynchronize(stream), "hipStreamSynchronize");
  }

private:
  HipInterface &device;
  StreamHandle stream;
  std::vector<void *> parameters; ///< kept between launches for its memory
};

Status HipStream::launch(const accelerator::Function &function, const accelerator::Grid &grid,
                         const uint64_t *arguments, size_t count) {
  parameters.clear();
  for (size_t i = 0; i < count; ++i)
    parameters.push_back(const_cast<uint64_t *>(arguments + i));
  Current current(device);
  FLEX_RETURN_IF_ERROR(current.status());
  return device.check(device.hip().hipModuleLaunchKernel(static_cast<FunctionHandle>(function.handle), grid.groups, 1,
                                                         1, grid.groupSize, 1, 1, grid.dynamicGroupMemory, stream,
                                                         parameters.data(), nullptr),
                      "hipModuleLaunchKernel");
}

/// Of the 64 bytes of a kernel descriptor.
struct KernelDescriptor {
  uint32_t groupMemoryBytes, privateMemoryBytes, argumentBytes;
};

class HipModule : public accelerator::Module {
public:
  HipModule(HipInterface &device, ModuleHandle module, std::vector<uint8_t> image)
      : device(device), module(module), image(std::move(image)) {}
  ~HipModule() override {
    Current current(device);
    device.hip().hipModuleUnload(module);
  }
  StatusOr<accelerator::Function> find(const std::string &entry) override;

private:
  HipInterface &device;
  ModuleHandle module;
  std::vector<uint8_t> image; ///< for its kernel descriptors
};

StatusOr<accelerator::Function> HipModule::find(const std::string &entry) {
  constexpr size_t kDescriptorBytes = 64, kHiddenArgumentBytes = 256, kWord = 8;
  auto elf = accelerator::ElfFile::open(image, kElfMachineAmdGpu, "a code object");
  if (!elf)
    return elf.status();
  const uint8_t *data = elf->symbol(entry + ".kd", kDescriptorBytes);
  if (!data)
    return Status(StatusCode::DataLoss, "the payload has no entry '" + entry + "'");
  KernelDescriptor descriptor;
  std::memcpy(&descriptor, data, sizeof descriptor);
  const Library &hip = device.hip();
  Current current(device);
  FLEX_RETURN_IF_ERROR(current.status());
  FunctionHandle handle = nullptr;
  FLEX_RETURN_IF_ERROR(device.check(hip.hipModuleGetFunction(&handle, module, entry.c_str()),
                                    "hipModuleGetFunction of '" + entry + "'"));
  int threads = 0;
  FLEX_RETURN_IF_ERROR(
      device.check(hip.hipFuncGetAttribute(&threads, kFunctionMaxThreads, handle), "hipFuncGetAttribute"));
  accelerator::Function function;
  function.handle = handle;
  function.takesDynamicGroupMemory = true;
  function.groupLimit = threads;
  function.groupMemoryBytes = descriptor.groupMemoryBytes;
  // Arguments that the runtime adds take 256 bytes behind ours: then ours cannot be counted.
  if (descriptor.argumentBytes < kHiddenArgumentBytes)
    function.argumentCount = static_cast<int64_t>(descriptor.argumentBytes / kWord);
  return function;
}

} // namespace

Current::Current(HipInterface &owner) : owner(owner), result(owner.hip().hipGetDevice(&before)) {
  if (result == kSuccess && before != owner.device)
    result = owner.hip().hipSetDevice(owner.device);
}

Current::~Current() {
  if (result == kSuccess && before != owner.device)
    owner.hip().hipSetDevice(before);
}

Status HipInterface::check(Result result, const std::string &what) {
  if (result == kSuccess)
    return Status::ok();
  std::string message = what + " failed with " + hip().nameOf(result);
  if (result == kOutOfMemory || result == kLaunchOutOfResources)
    return {StatusCode::ResourceExhausted, message};
  std::lock_guard lock(mutex);
  if (!lostBecause.empty())
    message += "; this process can no longer use the device, since " + lostBecause;
  else if (isSticky(result))
    lostBecause = message;
  return {StatusCode::DeviceError, message};
}

StatusOr<void *> HipInterface::allocate(size_t bytes) {
  Current current(*this);
  FLEX_RETURN_IF_ERROR(current.status());
  void *memory = nullptr;
  FLEX_RETURN_IF_ERROR(check(hip().hipMalloc(&memory, bytes), "hipMalloc of " + std::to_string(bytes) + " bytes"));
  return memory;
}

void HipInterface::release(void *memory) {
  Current current(*this);
  hip().hipFree(memory);
}

StatusOr<void *> HipInterface::allocateStaging(size_t bytes) {
  Current current(*this);
  FLEX_RETURN_IF_ERROR(current.status());
  void *memory = nullptr;
  FLEX_RETURN_IF_ERROR(check(hip().hipHostMalloc(&memory, bytes, 0), "hipHostMalloc"));
  return memory;
}

void HipInterface::releaseStaging(void *memory) {
  Current current(*this);
  hip().hipHostFree(memory);
}

StatusOr<std::unique_ptr<accelerator::Stream>> HipInterface::createStream() {
  Current current(*this);
  FLEX_RETURN_IF_ERROR(current.status());
  StreamHandle stream = nullptr;
  FLEX_RETURN_IF_ERROR(check(hip().hipStreamCreateWithFlags(&stream, kStreamNonBlocking), "hipStreamCreateWithFlags"));
  return std::unique_ptr<accelerator::Stream>(std::make_unique<HipStream>(*this, stream));
}

StatusOr<std::unique_ptr<accelerator::Module>> HipInterface::loadModule(const ImageProgram &program, bool) {
  auto elf = accelerator::ElfFile::open(program.payload, kElfMachineAmdGpu, "a code object");
  if (!elf)
    return elf.status();
  Current current(*this);
  FLEX_RETURN_IF_ERROR(current.status());
  ModuleHandle module = nullptr;
  FLEX_RETURN_IF_ERROR(check(hip().hipModuleLoadData(&module, program.payload.data()), "hipModuleLoadData"));
  return std::unique_ptr<accelerator::Module>(std::make_unique<HipModule>(*this, module, program.payload));
}

} // namespace flex::rt::hip
