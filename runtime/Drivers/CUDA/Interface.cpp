//===- Interface.cpp - The CUDA driver API as the runtime's interface ----===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How each call is spelled, and modules: PTX is looked at before the driver's
// assembler sees it, whose log is in the message of a failure.
//
//===----------------------------------------------------------------------===//
#include "Interface.h"

#include "Accelerator/Payload.h"
#include "Accelerator/PerThread.h"
#include "Chips.h"
#include "Ptx.h"

#include <array>
#include <bit>

namespace flex::rt::cuda {
namespace {

using accelerator::Outcome;

constexpr uint16_t kElfMachineCuda = 190; // EM_CUDA
constexpr size_t kLogBytes = 16 << 10;

DevicePointer addressOf(const void *memory) {
  return reinterpret_cast<DevicePointer>(memory);
}

class CudaInterface : public accelerator::PerThreadInterface {
public:
  CudaInterface(std::shared_ptr<const Library> library, DeviceId device)
      : library(std::move(library)), device(device) {}
  ~CudaInterface() override {
    if (context)
      cu().cuDevicePrimaryCtxRelease_v2(device);
  }
  Status retain();
  StatusOr<std::unique_ptr<accelerator::Module>> loadModule(const ImageProgram &program, bool strict) override;
  const Library &cu() const { return *library; }
  Status takesTensorMaps() const override;
  Status encode(const TensorMap &map, uint64_t address, EncodedTensorMap &encoded) override;

protected:
  Outcome enter(int &) override { return {cu().cuCtxPushCurrent_v2(context), "cuCtxPushCurrent"}; }
  void leave(int) override {
    Context ours = nullptr;
    cu().cuCtxPopCurrent_v2(&ours);
  }
  Outcome takeMemory(void **memory, size_t bytes) override {
    DevicePointer address = 0;
    Result result = cu().cuMemAlloc_v2(&address, bytes);
    *memory = std::bit_cast<void *>(address);
    return {result, "cuMemAlloc"};
  }
  void giveMemory(void *memory) override { cu().cuMemFree_v2(addressOf(memory)); }
  Outcome takeStaging(void **memory, size_t bytes) override {
    return {cu().cuMemAllocHost_v2(memory, bytes), "cuMemAllocHost"};
  }
  void giveStaging(void *memory) override { cu().cuMemFreeHost(memory); }
  Outcome makeStream(void **stream) override {
    StreamHandle made = nullptr;
    Result result = cu().cuStreamCreate(&made, kStreamNonBlocking);
    *stream = made;
    return {result, "cuStreamCreate"};
  }
  void endStream(void *stream) override { cu().cuStreamDestroy_v2(static_cast<StreamHandle>(stream)); }
  Outcome copyIn(void *to, const void *from, size_t bytes, void *stream) override {
    return {cu().cuMemcpyHtoDAsync_v2(addressOf(to), from, bytes, static_cast<StreamHandle>(stream)),
            "cuMemcpyHtoDAsync"};
  }
  Outcome copyOut(void *to, const void *from, size_t bytes, void *stream) override {
    return {cu().cuMemcpyDtoHAsync_v2(to, addressOf(from), bytes, static_cast<StreamHandle>(stream)),
            "cuMemcpyDtoHAsync"};
  }
  Outcome launch(void *function, const accelerator::Grid &grid, void **parameters, void *stream) override {
    return {cu().cuLaunchKernel(static_cast<FunctionHandle>(function), grid.groups, 1, 1, grid.groupSize, 1, 1,
                                grid.dynamicGroupMemory, static_cast<StreamHandle>(stream), parameters, nullptr),
            "cuLaunchKernel"};
  }
  Outcome wait(void *stream) override {
    return {cu().cuStreamSynchronize(static_cast<StreamHandle>(stream)), "cuStreamSynchronize"};
  }
  std::string nameOf(int code) const override { return cu().nameOf(code); }
  accelerator::Fault faultOf(int code) const override { return cuda::faultOf(code); }

private:
  std::shared_ptr<const Library> library;
  DeviceId device;
  Context context = nullptr;
  int driverVersion = 0;
};

using Current = CudaInterface::Current;

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

Status CudaInterface::retain() {
  FLEX_RETURN_IF_ERROR(check(cu().cuDriverGetVersion(&driverVersion), "cuDriverGetVersion"));
  Context retained = nullptr;
  FLEX_RETURN_IF_ERROR(check(cu().cuDevicePrimaryCtxRetain(&retained, device), "cuDevicePrimaryCtxRetain"));
  context = retained;
  return Status::ok();
}

Status CudaInterface::takesTensorMaps() const {
  if (cu().cuTensorMapEncodeTiled)
    return Status::ok();
  return {StatusCode::Unimplemented, "the kernel copies boxes of tensors (TMA), for which this libcuda.so.1 has no "
                                     "cuTensorMapEncodeTiled: update the driver to CUDA 12.0 or later"};
}

/// No call of the device: the current context does not matter.
Status CudaInterface::encode(const TensorMap &map, uint64_t address, EncodedTensorMap &encoded) {
  constexpr int kTypes[] = {kMapUint8, kMapUint16, kMapUint32, kMapUint64};
  constexpr std::array<uint32_t, kMaxMapRank> kDense = {1, 1, 1, 1, 1};
  int type = kTypes[std::countr_zero(map.elementBytes) & 3];
  int swizzle = map.swizzle ? std::countr_zero(map.swizzle) - std::countr_zero(32U) + kMapSwizzle32 : kMapSwizzleNone;
  return check(cu().cuTensorMapEncodeTiled(encoded.bytes.data(), type, map.rank,
                                           std::bit_cast<void *>(address + static_cast<uint64_t>(map.offset)),
                                           map.sizes.data(), map.pitches.data(), map.box.data(), kDense.data(),
                                           kMapNoInterleave, swizzle, kMapPromote128, kMapFillZero),
               "cuTensorMapEncodeTiled");
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
  void *values[] = {errors.data(), std::bit_cast<void *>(errors.size())};
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

} // namespace

StatusOr<std::unique_ptr<accelerator::Interface>> createInterface(std::shared_ptr<const Library> library,
                                                                  DeviceId device) {
  auto made = std::make_unique<CudaInterface>(std::move(library), device);
  FLEX_RETURN_IF_ERROR(made->retain());
  return std::unique_ptr<accelerator::Interface>(std::move(made));
}

} // namespace flex::rt::cuda
