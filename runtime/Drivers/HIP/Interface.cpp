//===- Interface.cpp - The HIP runtime as the runtime's interface --------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How each call is spelled, and modules: what an entry needs is read from its
// kernel descriptor (LLVM's AMDGPUUsage, "Kernel Descriptor", code object v3 to v6).
//
//===----------------------------------------------------------------------===//
#include "Interface.h"

#include "Accelerator/Payload.h"
#include "Accelerator/PerThread.h"

#include <cstring>

namespace flex::rt::hip {
namespace {

using accelerator::Outcome;

constexpr uint16_t kElfMachineAmdGpu = 224; // EM_AMDGPU

class HipInterface : public accelerator::PerThreadInterface {
public:
  HipInterface(std::shared_ptr<const Library> library, int device) : library(std::move(library)), device(device) {}
  StatusOr<std::unique_ptr<accelerator::Module>> loadModule(const ImageProgram &program, bool strict) override;
  const Library &hip() const { return *library; }

protected:
  Outcome enter(int &before) override {
    if (Result result = hip().hipGetDevice(&before); result != kSuccess)
      return {result, "hipGetDevice"};
    return {before == device ? kSuccess : hip().hipSetDevice(device), "hipSetDevice"};
  }
  void leave(int before) override {
    if (before != device)
      hip().hipSetDevice(before);
  }
  Outcome takeMemory(void **memory, size_t bytes) override { return {hip().hipMalloc(memory, bytes), "hipMalloc"}; }
  void giveMemory(void *memory) override { hip().hipFree(memory); }
  Outcome takeStaging(void **memory, size_t bytes) override {
    return {hip().hipHostMalloc(memory, bytes, 0), "hipHostMalloc"};
  }
  void giveStaging(void *memory) override { hip().hipHostFree(memory); }
  Outcome makeStream(void **stream) override {
    StreamHandle made = nullptr;
    Result result = hip().hipStreamCreateWithFlags(&made, kStreamNonBlocking);
    *stream = made;
    return {result, "hipStreamCreateWithFlags"};
  }
  void endStream(void *stream) override { hip().hipStreamDestroy(static_cast<StreamHandle>(stream)); }
  Outcome copyIn(void *to, const void *from, size_t bytes, void *stream) override {
    return {hip().hipMemcpyHtoDAsync(to, const_cast<void *>(from), bytes, static_cast<StreamHandle>(stream)),
            "hipMemcpyHtoDAsync"};
  }
  Outcome copyOut(void *to, const void *from, size_t bytes, void *stream) override {
    return {hip().hipMemcpyDtoHAsync(to, const_cast<void *>(from), bytes, static_cast<StreamHandle>(stream)),
            "hipMemcpyDtoHAsync"};
  }
  Outcome launch(void *function, const accelerator::Grid &grid, void **parameters, void *stream) override {
    return {hip().hipModuleLaunchKernel(static_cast<FunctionHandle>(function), grid.groups, 1, 1, grid.groupSize, 1, 1,
                                        grid.dynamicGroupMemory, static_cast<StreamHandle>(stream), parameters,
                                        nullptr),
            "hipModuleLaunchKernel"};
  }
  Outcome wait(void *stream) override {
    return {hip().hipStreamSynchronize(static_cast<StreamHandle>(stream)), "hipStreamSynchronize"};
  }
  std::string nameOf(int code) const override { return hip().nameOf(code); }
  accelerator::Fault faultOf(int code) const override { return hip::faultOf(code); }

private:
  std::shared_ptr<const Library> library;
  int device;
};

using Current = HipInterface::Current;

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

} // namespace

std::unique_ptr<accelerator::Interface> createInterface(std::shared_ptr<const Library> library, int device) {
  return std::make_unique<HipInterface>(std::move(library), device);
}

} // namespace flex::rt::hip
