//===- Interface.cpp - The CUDA driver API as the runtime's interface ----===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Every call's result is looked at, but those that give something back: there is
// nothing left to do when they fail.
//
//===----------------------------------------------------------------------===//
#include "Interface.h"

#include "Accelerator/Payload.h"
#include "Chips.h"
#include "Ptx.h"

namespace flex::rt::cuda {
namespace {

constexpr uint16_t kElfMachineCuda = 190; // EM_CUDA
constexpr size_t kLogBytes = 16 << 10;

using Current = CudaInterface::Current;

class CudaStream : public accelerator::Stream {
public:
  CudaStream(CudaInterface &device, StreamHandle stream) : device(device), stream(stream) {}
  ~CudaStream() override {
    Current current(device);
    device.cu().cuStreamDestroy_v2(stream);
  }
  Status write(void *to, const void *from, size_t bytes) override {
    Current current(device);
    FLEX_RETURN_IF_ERROR(current.status());
    return device.check(device.cu().cuMemcpyHtoDAsync_v2(reinterpret_cast<DevicePointer>(to), from, bytes, stream),
                        "cuMemcpyHtoDAsync");
  }
  Status read(void *to, const void *from, size_t bytes) override {
    Current current(device);
    FLEX_RETURN_IF_ERROR(current.status());
    return device.check(device.cu().cuMemcpyDtoHAsync_v2(to, reinterpret_cast<DevicePointer>(from), bytes, stream),
                        "cuMemcpyDtoHAsync");
  }
  Status launch(const accelerator::Function &function, const accelerator::Grid &grid, const uint64_t *arguments,
                size_t count) override;
  Status wait() override {
    Current current(device);
    FLEX_RETURN_IF_ERROR(current.status());
    return device.check(device.cu().cuStreamSynchronize(stream), "cuStreamSynchronize");
  }

private:
  CudaInterface &device;
  StreamHandle stream;
  std::vector<void *> parameters; ///< kept between launches for its memory
};

Status CudaStream::launch(const accelerator::Function &function, const accelerator::Grid &grid,
                          const uint64_t *arguments, size_t count) {
  parameters.clear();
  for (size_t i = 0; i < count; ++i)
    parameters.push_back(const_cast<uint64_t *>(arguments + i));
  Current current(device);
  FLEX_RETURN_IF_ERROR(current.status());
  return device.check(device.cu().cuLaunchKernel(static_cast<FunctionHandle>(function.handle), grid.groups, 1, 1,
                                                 grid.groupSize, 1, 1, grid.dynamicGroupMemory, stream,
                                                 parameters.data(), nullptr),
                      "cuLaunchKernel");
}

class CudaModule : public accelerator::Module {
public:
  CudaModule(CudaInterface &device, ModuleHandle module, PtxFacts facts)
      : device(device), module(module), facts(std::move(facts)) {}
  ~CudaModule() override {
    Current current(device);
    device.cu().cuModuleUnload(module);
  }
  StatusOr<accelerator::Function> find(const std::string &entry) override;
  Status allowDynamicGroupMemory(const accelerator::Function &function, uint32_t bytes) override {
    Current current(device);
    FLEX_RETURN_IF_ERROR(current.status());
    return device.check(device.cu().cuFuncSetAttribute(static_cast<FunctionHandle>(function.handle),
                                                       kFunctionMaxDynamicSharedBytes, static_cast<int>(bytes)),
                        "cuFuncSetAttribute(MAX_DYNAMIC_SHARED_SIZE_BYTES, " + std::to_string(bytes) + ")");
  }

private:
  CudaInterface &device;
  ModuleHandle module;
  PtxFacts facts; ///< empty for a cubin
};

StatusOr<accelerator::Function> CudaModule::find(const std::string &entry) {
  const Library &cu = device.cu();
  Current current(device);
  FLEX_RETURN_IF_ERROR(current.status());
  FunctionHandle handle = nullptr;
  Result result = cu.cuModuleGetFunction(&handle, module, entry.c_str());
  if (result == kNotFound)
    return Status(StatusCode::DataLoss, "the payload has no entry '" + entry + "'");
  FLEX_RETURN_IF_ERROR(device.check(result, "cuModuleGetFunction"));
  accelerator::Function function;
  function.handle = handle;
  function.takesDynamicGroupMemory = true;
  int threads = 0, shared = 0;
  FLEX_RETURN_IF_ERROR(
      device.check(cu.cuFuncGetAttribute(&threads, kFunctionMaxThreads, handle), "cuFuncGetAttribute"));
  FLEX_RETURN_IF_ERROR(
      device.check(cu.cuFuncGetAttribute(&shared, kFunctionSharedBytes, handle), "cuFuncGetAttribute"));
  function.groupLimit = threads;
  function.groupMemoryBytes = shared;
  if (auto known = facts.parameters.find(entry); known != facts.parameters.end())
    function.argumentCount = known->second;
  return function;
}

/// A log without the terminator and the empty lines at its end.
std::string trimmed(const std::string &log) {
  std::string text = log.substr(0, log.find('\0'));
  text.erase(text.find_last_not_of(" \n\r\t") + 1);
  return text;
}

std::string dotted(int version) {
  return std::to_string(version / 10) + "." + std::to_string(version % 10);
}

} // namespace

StatusOr<std::unique_ptr<CudaInterface>> CudaInterface::create(std::shared_ptr<const Library> library,
                                                               DeviceId device) {
  std::unique_ptr<CudaInterface> made(new CudaInterface(std::move(library), device));
  FLEX_RETURN_IF_ERROR(made->check(made->cu().cuDriverGetVersion(&made->driverVersion), "cuDriverGetVersion"));
  Context context = nullptr;
  FLEX_RETURN_IF_ERROR(made->check(made->cu().cuDevicePrimaryCtxRetain(&context, device), "cuDevicePrimaryCtxRetain"));
  made->context = context;
  return made;
}

CudaInterface::~CudaInterface() {
  if (context)
    cu().cuDevicePrimaryCtxRelease_v2(device);
}

Status CudaInterface::check(Result result, const std::string &what) {
  if (result == kSuccess)
    return Status::ok();
  std::string message = what + " failed with " + cu().nameOf(result);
  if (result == kOutOfMemory || result == kLaunchOutOfResources)
    return {StatusCode::ResourceExhausted, message};
  std::lock_guard lock(mutex);
  if (!lostBecause.empty())
    message += "; this process can no longer use the device, since " + lostBecause;
  else if (isSticky(result))
    lostBecause = message;
  return {StatusCode::DeviceError, message};
}

StatusOr<void *> CudaInterface::allocate(size_t bytes) {
  Current current(*this);
  FLEX_RETURN_IF_ERROR(current.status());
  DevicePointer memory = 0;
  FLEX_RETURN_IF_ERROR(check(cu().cuMemAlloc_v2(&memory, bytes), "cuMemAlloc of " + std::to_string(bytes) + " bytes"));
  return reinterpret_cast<void *>(memory);
}

void CudaInterface::release(void *memory) {
  Current current(*this);
  cu().cuMemFree_v2(reinterpret_cast<DevicePointer>(memory));
}

StatusOr<void *> CudaInterface::allocateStaging(size_t bytes) {
  Current current(*this);
  FLEX_RETURN_IF_ERROR(current.status());
  void *memory = nullptr;
  FLEX_RETURN_IF_ERROR(check(cu().cuMemAllocHost_v2(&memory, bytes), "cuMemAllocHost"));
  return memory;
}

void CudaInterface::releaseStaging(void *memory) {
  Current current(*this);
  cu().cuMemFreeHost(memory);
}

StatusOr<std::unique_ptr<accelerator::Stream>> CudaInterface::createStream() {
  Current current(*this);
  FLEX_RETURN_IF_ERROR(current.status());
  StreamHandle stream = nullptr;
  FLEX_RETURN_IF_ERROR(check(cu().cuStreamCreate(&stream, kStreamNonBlocking), "cuStreamCreate"));
  return std::unique_ptr<accelerator::Stream>(std::make_unique<CudaStream>(*this, stream));
}

StatusOr<std::unique_ptr<accelerator::Module>> CudaInterface::loadModule(const ImageProgram &program, bool) {
  PtxFacts facts;
  std::string image(program.payload.begin(), program.payload.end()); // its terminator ends PTX text
  if (program.format == "ptx") {
    auto read = readPtx(image);
    if (!read)
      return read.status();
    facts = std::move(*read);
    if (int readable = ptxVersionOf(driverVersion); facts.version > readable)
      return Status(StatusCode::Unimplemented, "the kernel is PTX " + dotted(facts.version) +
                                                   ", this NVIDIA driver reads PTX up to " + dotted(readable) +
                                                   ": compile for an older chip or update the driver");
  } else {
    auto elf = accelerator::ElfFile::open(program.payload, kElfMachineCuda, "a cubin");
    if (!elf)
      return elf.status();
  }
  Current current(*this);
  FLEX_RETURN_IF_ERROR(current.status());
  std::string errors(kLogBytes, '\0');
  int keys[] = {kJitErrorLog, kJitErrorLogBytes};
  void *values[] = {errors.data(), reinterpret_cast<void *>(errors.size())};
  ModuleHandle module = nullptr;
  Result result = cu().cuModuleLoadDataEx(&module, image.data(), 2, keys, values);
  if (result == kSuccess)
    return std::unique_ptr<accelerator::Module>(std::make_unique<CudaModule>(*this, module, std::move(facts)));
  std::string log = trimmed(errors), what = "cuModuleLoadDataEx";
  if (result == kInvalidPtx || !log.empty())
    what = "the driver's assembler refused the kernel: cuModuleLoadDataEx";
  Status status = check(result, what);
  return log.empty() ? status : Status(status.code(), status.message() + ": " + log);
}

} // namespace flex::rt::cuda
