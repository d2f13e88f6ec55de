//===- Interface.cpp - Level Zero as the runtime's interface -------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Memory and modules. Every call's result is looked at, but those that give
// something back: there is nothing left to do when they fail.
//
//===----------------------------------------------------------------------===//
#include "Interface.h"

#include "Accelerator/Payload.h"
#include "Stream.h"

#include <vector>

namespace flex::rt::levelzero {
namespace {

constexpr size_t kAlignment = 64;
/// The SPIR-V specification, 2.3: magic number, five words of header; OpFunctionEnd is 56.
constexpr accelerator::WordFormat kModuleFormat = {"a SPIR-V module", 0x07230203, 5, 56};

class LevelZeroModule : public accelerator::Module {
public:
  LevelZeroModule(LevelZeroInterface &device, ModuleHandle module) : device(device), module(module) {}
  ~LevelZeroModule() override {
    for (const std::unique_ptr<Kernel> &kernel : kernels)
      device.ze().zeKernelDestroy(kernel->handle);
    device.ze().zeModuleDestroy(module);
  }
  StatusOr<accelerator::Function> find(const std::string &entry) override;

private:
  LevelZeroInterface &device;
  ModuleHandle module;
  std::vector<std::unique_ptr<Kernel>> kernels;
};

StatusOr<accelerator::Function> LevelZeroModule::find(const std::string &entry) {
  const Library &ze = device.ze();
  KernelDesc description;
  description.kernelName = entry.c_str();
  KernelHandle handle = nullptr;
  Result result = ze.zeKernelCreate(module, &description, &handle);
  if (result == kInvalidKernelName)
    return Status(StatusCode::DataLoss, "the payload has no entry '" + entry + "'");
  FLEX_RETURN_IF_ERROR(device.check(result, "zeKernelCreate"));
  kernels.push_back(std::make_unique<Kernel>());
  kernels.back()->handle = handle;
  KernelProperties properties;
  FLEX_RETURN_IF_ERROR(device.check(ze.zeKernelGetProperties(handle, &properties), "zeKernelGetProperties"));
  accelerator::Function function;
  function.handle = kernels.back().get();
  function.groupLimit = device.groupLimit();
  function.groupMemoryBytes = properties.localMemSize;
  function.argumentCount = properties.numKernelArgs;
  return function;
}

/// The text of a build log, and the end of the log.
std::string takeLog(const Library &ze, LogHandle log) {
  if (!log)
    return {};
  size_t size = 0;
  std::string text;
  if (ze.zeModuleBuildLogGetString(log, &size, nullptr) == kSuccess && size > 1) {
    text.resize(size);
    if (ze.zeModuleBuildLogGetString(log, &size, text.data()) != kSuccess)
      text.clear();
  }
  ze.zeModuleBuildLogDestroy(log);
  text.resize(text.find('\0') == std::string::npos ? text.size() : text.find('\0'));
  text.erase(text.find_last_not_of(" \n\r\t") + 1);
  return text;
}

} // namespace

StatusOr<std::unique_ptr<LevelZeroInterface>> LevelZeroInterface::create(std::shared_ptr<const Library> library,
                                                                         DriverHandle driver, DeviceHandle device) {
  std::unique_ptr<LevelZeroInterface> made(new LevelZeroInterface(std::move(library), device));
  FLEX_RETURN_IF_ERROR(made->findComputeQueues());
  ContextDesc description;
  FLEX_RETURN_IF_ERROR(
      made->check(made->ze().zeContextCreate(driver, &description, &made->contextHandle), "zeContextCreate"));
  return made;
}

Status LevelZeroInterface::findComputeQueues() {
  ComputeProperties limits;
  FLEX_RETURN_IF_ERROR(check(ze().zeDeviceGetComputeProperties(deviceHandle, &limits), "zeDeviceGetComputeProperties"));
  mostThreads = limits.maxTotalGroupSize;
  uint32_t count = 0;
  const char *name = "zeDeviceGetCommandQueueGroupProperties";
  FLEX_RETURN_IF_ERROR(check(ze().zeDeviceGetCommandQueueGroupProperties(deviceHandle, &count, nullptr), name));
  std::vector<QueueGroupProperties> groups(count);
  FLEX_RETURN_IF_ERROR(check(ze().zeDeviceGetCommandQueueGroupProperties(deviceHandle, &count, groups.data()), name));
  for (ordinal = 0; ordinal < count; ++ordinal)
    if (groups[ordinal].flags & kQueueGroupCompute)
      return Status::ok();
  return {StatusCode::Unavailable, "the device has no queue for launches"};
}

LevelZeroInterface::~LevelZeroInterface() {
  if (contextHandle)
    ze().zeContextDestroy(contextHandle);
}

Status LevelZeroInterface::check(Result result, const std::string &what) {
  return result == kSuccess ? Status::ok() : faults.report(what, nameOf(result), faultOf(result));
}

StatusOr<void *> LevelZeroInterface::allocate(size_t bytes) {
  DeviceMemoryDesc description;
  void *memory = nullptr;
  FLEX_RETURN_IF_ERROR(
      check(ze().zeMemAllocDevice(contextHandle, &description, bytes, kAlignment, deviceHandle, &memory),
            "zeMemAllocDevice of " + std::to_string(bytes) + " bytes"));
  return memory;
}

void LevelZeroInterface::release(void *memory) {
  ze().zeMemFree(contextHandle, memory);
}

StatusOr<void *> LevelZeroInterface::allocateStaging(size_t bytes) {
  HostMemoryDesc description;
  void *memory = nullptr;
  FLEX_RETURN_IF_ERROR(
      check(ze().zeMemAllocHost(contextHandle, &description, bytes, kAlignment, &memory), "zeMemAllocHost"));
  return memory;
}

void LevelZeroInterface::releaseStaging(void *memory) {
  ze().zeMemFree(contextHandle, memory);
}

StatusOr<std::unique_ptr<accelerator::Stream>> LevelZeroInterface::createStream() {
  auto stream = LevelZeroStream::create(*this);
  if (!stream)
    return stream.status();
  return std::unique_ptr<accelerator::Stream>(std::move(*stream));
}

StatusOr<std::unique_ptr<accelerator::Module>> LevelZeroInterface::loadModule(const ImageProgram &program,
                                                                              bool strict) {
  FLEX_RETURN_IF_ERROR(accelerator::checkWords(program.payload, kModuleFormat));
  ModuleDesc description;
  description.inputSize = program.payload.size();
  description.inputModule = program.payload.data();
  // Vendors' optimisers are known to vectorise sums, which reorders them.
  description.buildFlags = strict ? "-ze-opt-disable" : "";
  ModuleHandle module = nullptr;
  LogHandle log = nullptr;
  Result result = ze().zeModuleCreate(contextHandle, deviceHandle, &description, &module, &log);
  std::string text = takeLog(ze(), log);
  if (result == kSuccess)
    return std::unique_ptr<accelerator::Module>(std::make_unique<LevelZeroModule>(*this, module));
  Status status = check(result, "zeModuleCreate");
  return text.empty() ? status : Status(status.code(), status.message() + ": " + text);
}

} // namespace flex::rt::levelzero
