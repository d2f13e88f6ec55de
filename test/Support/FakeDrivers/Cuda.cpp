//===- Cuda.cpp - A libcuda.so.1 without a GPU -----------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The functions of runtime/Drivers/CUDA/Symbols.def, with the errors that NVIDIA's
// documentation names for each misuse. FLEX_FAKE_CUDA_CAPABILITY (90) and
// FLEX_FAKE_CUDA_VERSION (13000) say what the device and the driver are,
// FLEX_FAKE_CUDA_DEVICES (1) how many there are.
//
//===----------------------------------------------------------------------===//
#include "Calls.h"
#include "Drivers/CUDA/Api.h"
#include "flex/Emulator/TensorMap.h"

#include <algorithm>
#include <cstring>
#include <set>

using namespace flex::rt::cuda;
using fake::as;
using fake::setting;

extern "C" {
#define FLEX_CUDA(function, parameters) Result function parameters;
#include "Drivers/CUDA/Symbols.def"
}

namespace {

/// One per device, shared as primary contexts are. Sticky errors stay until its end.
struct FakeContext {
  int retained = 0;
  Result sticky = kSuccess;
  std::set<void *> modules, streams;
};

struct FakeStream {
  FakeContext *context;
  fake::Stream work;
};

struct FakeModule {
  std::unique_ptr<fake::Module> code;
  struct Function {
    const fake::Kernel *kernel;
    FakeContext *context;
    unsigned dynamicLimit = 0; ///< beyond 48 KiB in all only after cuFuncSetAttribute
  };
  std::vector<std::unique_ptr<Function>> functions;
};

constexpr unsigned kStaticShared = 48 << 10, kOptInShared = 227 << 10;
bool initialised = false;
std::mutex lock; ///< of contexts
FakeContext contexts[8];
thread_local std::vector<FakeContext *> current;

int devices() {
  return setting("FLEX_FAKE_CUDA_DEVICES", 1);
}

/// What every call needs: a context, and one that works.
Result usable() {
  if (current.empty())
    return kInvalidContext;
  std::lock_guard guard(lock);
  return current.back()->retained == 0 ? kInvalidContext : current.back()->sticky;
}

Result isOurs(FakeContext *context) {
  return context == current.back() ? kSuccess : kInvalidHandle;
}

#define NEED(expression)                                                                                               \
  do {                                                                                                                 \
    if (Result code_ = (expression))                                                                                   \
      return code_;                                                                                                    \
  } while (false)

Result fillLog(unsigned options, const int *keys, void **values, const std::string &text) {
  char *log = nullptr;
  size_t size = 0;
  for (unsigned i = 0; i < options; ++i) {
    if (keys[i] == kJitErrorLog)
      log = static_cast<char *>(values[i]);
    if (keys[i] == kJitErrorLogBytes)
      size = reinterpret_cast<size_t>(values[i]);
  }
  if (log && size > text.size())
    std::memcpy(log, text.c_str(), text.size() + 1);
  return kInvalidPtx;
}

} // namespace

Result cuInit(unsigned flags) {
  ENTER();
  if (flags != 0)
    return kInvalidValue;
  initialised = true;
  return devices() == 0 ? kNoDevice : kSuccess;
}

Result cuDriverGetVersion(int *version) {
  ENTER();
  *version = setting("FLEX_FAKE_CUDA_VERSION", 13000);
  return kSuccess;
}

Result cuGetErrorName(Result result, const char **name) {
  ENTER();
  *name = result == kOutOfMemory      ? "CUDA_ERROR_OUT_OF_MEMORY"
          : result == kInvalidPtx     ? "CUDA_ERROR_INVALID_PTX"
          : result == kLaunchFailed   ? "CUDA_ERROR_LAUNCH_FAILED"
          : result == kNoDevice       ? "CUDA_ERROR_NO_DEVICE"
          : result == kIllegalAddress ? "CUDA_ERROR_ILLEGAL_ADDRESS"
                                      : nullptr;
  return *name ? kSuccess : kInvalidValue;
}

Result cuDeviceGetCount(int *count) {
  ENTER();
  *count = devices();
  return initialised ? kSuccess : 3 /*CUDA_ERROR_NOT_INITIALIZED*/;
}

Result cuDeviceGet(DeviceId *device, int ordinal) {
  ENTER();
  if (ordinal < 0 || ordinal >= devices())
    return 101; // CUDA_ERROR_INVALID_DEVICE
  *device = ordinal;
  return kSuccess;
}

Result cuDeviceGetName(char *name, int length, DeviceId) {
  ENTER();
  std::strncpy(name, "Fake NVIDIA GPU", static_cast<size_t>(length));
  return kSuccess;
}

Result cuDeviceGetAttribute(int *value, int attribute, DeviceId) {
  ENTER();
  int capability = setting("FLEX_FAKE_CUDA_CAPABILITY", 90);
  switch (attribute) {
  case kMaxThreadsPerBlock: *value = fake::kGroupLimit; break;
  case kMaxGridDimX: *value = 0x7fffffff; break;
  case kClockRate: *value = 1980000; break;
  case kMultiprocessorCount: *value = 132; break;
  case kComputeMode: *value = setting("FLEX_FAKE_CUDA_MODE", 0); break;
  case kMemoryClockRate: *value = 3201000; break;
  case kGlobalMemoryBusWidth: *value = 6144; break;
  case kComputeMajor: *value = capability / 10; break;
  case kComputeMinor: *value = capability % 10; break;
  case kMaxSharedMemoryPerBlockOptin: *value = kOptInShared; break;
  default: return kInvalidValue;
  }
  return kSuccess;
}

Result cuDeviceTotalMem_v2(size_t *bytes, DeviceId) {
  ENTER();
  *bytes = fake::kMemoryBytes;
  return kSuccess;
}

Result cuDevicePrimaryCtxRetain(Context *context, DeviceId device) {
  ENTER();
  std::lock_guard guard(lock);
  if (contexts[device].retained++ == 0)
    fake::born(&contexts[device]);
  *context = reinterpret_cast<Context>(&contexts[device]);
  return kSuccess;
}

Result cuDevicePrimaryCtxRelease_v2(DeviceId device) {
  ENTER_RELEASE();
  std::lock_guard guard(lock);
  if (contexts[device].retained == 0)
    return RELEASED(kInvalidContext);
  if (--contexts[device].retained == 0) {
    contexts[device].sticky = kSuccess;
    fake::died(&contexts[device]);
  }
  return RELEASED(kSuccess);
}

Result cuCtxPushCurrent_v2(Context context) {
  ENTER();
  if (!context)
    return kInvalidContext;
  current.push_back(reinterpret_cast<FakeContext *>(context));
  return kSuccess;
}

Result cuCtxPopCurrent_v2(Context *context) {
  ENTER();
  if (current.empty())
    return kInvalidContext;
  *context = reinterpret_cast<Context>(current.back());
  current.pop_back();
  return kSuccess;
}

Result cuMemAlloc_v2(DevicePointer *memory, size_t bytes) {
  ENTER();
  NEED(usable());
  if (bytes == 0)
    return kInvalidValue;
  void *made = fake::allocate(bytes);
  *memory = reinterpret_cast<DevicePointer>(made);
  return made ? kSuccess : kOutOfMemory;
}

Result cuMemFree_v2(DevicePointer memory) {
  ENTER_RELEASE();
  NEED(current.empty() ? kInvalidContext : kSuccess);
  return RELEASED(fake::release(reinterpret_cast<void *>(memory)) ? kSuccess : kInvalidValue);
}

Result cuMemAllocHost_v2(void **memory, size_t bytes) {
  ENTER();
  NEED(usable());
  *memory = fake::allocate(bytes);
  return *memory ? kSuccess : kOutOfMemory;
}

Result cuMemFreeHost(void *memory) {
  ENTER_RELEASE();
  return RELEASED(fake::release(memory) ? kSuccess : kInvalidValue);
}

Result cuStreamCreate(StreamHandle *stream, unsigned flags) {
  ENTER();
  NEED(usable());
  if (flags > kStreamNonBlocking)
    return kInvalidValue;
  fake::make(stream, new FakeStream{current.back(), {}});
  return kSuccess;
}

Result cuStreamDestroy_v2(StreamHandle stream) {
  ENTER_RELEASE();
  as<FakeStream>(stream)->work.wait();
  fake::destroy<FakeStream>(stream);
  return RELEASED(kSuccess);
}

Result cuStreamSynchronize(StreamHandle stream) {
  ENTER();
  NEED(usable());
  auto *made = as<FakeStream>(stream);
  NEED(isOurs(made->context));
  Result result = made->work.wait();
  std::lock_guard guard(lock);
  if (result != kSuccess)
    made->context->sticky = result;
  return result;
}

Result cuMemcpyHtoDAsync_v2(DevicePointer to, const void *from, size_t bytes, StreamHandle stream) {
  ENTER();
  NEED(usable());
  auto *target = reinterpret_cast<void *>(to);
  return as<FakeStream>(stream)->work.copy(target, from, bytes, target) ? kSuccess : kInvalidValue;
}

Result cuMemcpyDtoHAsync_v2(void *to, DevicePointer from, size_t bytes, StreamHandle stream) {
  ENTER();
  NEED(usable());
  auto *source = reinterpret_cast<const void *>(from);
  return as<FakeStream>(stream)->work.copy(to, source, bytes, source) ? kSuccess : kInvalidValue;
}

Result cuModuleLoadDataEx(ModuleHandle *module, const void *image, unsigned options, int *keys, void **values) {
  ENTER();
  NEED(usable());
  std::string text(static_cast<const char *>(image)), log;
  if (size_t at = text.find("flex.unknown"); at != std::string::npos)
    return fillLog(
        options, keys, values,
        "ptxas application ptx input, line " +
            std::to_string(1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n')) +
            "; error   : Not a name of any known instruction: 'flex.unknown'\n");
  auto code = fake::Module::load(text.data(), text.size(), log);
  if (!code)
    return fillLog(options, keys, values, log);
  fake::make(module, new FakeModule{std::move(code), {}});
  return kSuccess;
}

Result cuModuleUnload(ModuleHandle module) {
  ENTER_RELEASE();
  fake::destroy<FakeModule>(module);
  return RELEASED(kSuccess);
}

Result cuModuleGetFunction(FunctionHandle *function, ModuleHandle module, const char *name) {
  ENTER();
  NEED(usable());
  auto *made = as<FakeModule>(module);
  const fake::Kernel *kernel = made->code->find(name);
  if (!kernel)
    return kNotFound;
  made->functions.push_back(std::make_unique<FakeModule::Function>(FakeModule::Function{kernel, current.back()}));
  *function = reinterpret_cast<FunctionHandle>(made->functions.back().get());
  return kSuccess;
}

Result cuFuncGetAttribute(int *value, int attribute, FunctionHandle function) {
  ENTER();
  auto *made = as<FakeModule::Function>(function);
  if (attribute == kFunctionMaxThreads)
    *value = fake::kGroupLimit;
  else if (attribute == kFunctionSharedBytes)
    *value = static_cast<int>(made->kernel->groupMemoryBytes);
  else
    return kInvalidValue;
  return kSuccess;
}

Result cuFuncSetAttribute(FunctionHandle function, int attribute, int value) {
  ENTER();
  auto *made = as<FakeModule::Function>(function);
  if (attribute != kFunctionMaxDynamicSharedBytes || value < 0 ||
      static_cast<unsigned>(value) + made->kernel->groupMemoryBytes > kOptInShared)
    return kInvalidValue;
  made->dynamicLimit = static_cast<unsigned>(value);
  return kSuccess;
}

Result cuLaunchKernel(FunctionHandle function, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned blockX,
                      unsigned blockY, unsigned blockZ, unsigned sharedBytes, StreamHandle stream, void **parameters,
                      void **extra) {
  ENTER();
  NEED(usable());
  auto *made = as<FakeModule::Function>(function);
  NEED(isOurs(made->context));
  if (!fake::isGrid(gridX, gridY, gridZ, blockX, blockY, blockZ) || gridX > 0x7fffffff || extra)
    return kInvalidValue;
  unsigned withoutOptIn = kStaticShared - std::min(kStaticShared, made->kernel->groupMemoryBytes);
  if (sharedBytes > std::max(made->dynamicLimit, withoutOptIn))
    return kInvalidValue;
  const fake::Kernel &kernel = *made->kernel;
  as<FakeStream>(stream)->work.launch(kernel, kernel.launch(gridX, blockX, sharedBytes, parameters), kLaunchFailed);
  return kSuccess;
}

/// The requirements of the driver API's documentation; the bytes are the emulator's own.
Result cuTensorMapEncodeTiled(void *map, int type, uint32_t rank, void *address, const uint64_t *sizes,
                              const uint64_t *pitches, const uint32_t *box, const uint32_t *elementStrides,
                              int interleave, int swizzle, int promotion, int fill) {
  ENTER();
  constexpr int kTypes[] = {kMapUint8, kMapUint16, kMapUint32, -1, kMapUint64};
  auto at = reinterpret_cast<uintptr_t>(address);
  if (reinterpret_cast<uintptr_t>(map) % 64 || type < 0 || type > kMapUint64 || kTypes[type] != type || rank < 1 ||
      rank > 5 || at % 16 || interleave != kMapNoInterleave || swizzle < kMapSwizzleNone || swizzle > kMapSwizzle128 ||
      promotion < 0 || promotion > 3 || fill != kMapFillZero)
    return kInvalidValue;
  flex::emulator::TensorMap made;
  made.rank = static_cast<uint8_t>(rank);
  made.elementBytes = static_cast<uint8_t>(type == kMapUint64 ? 8 : 1 << type);
  made.swizzle = static_cast<uint8_t>(swizzle);
  made.base = at;
  for (uint32_t d = 0; d < rank; ++d) {
    if (sizes[d] == 0 || sizes[d] > uint64_t{1} << 32 || box[d] == 0 || box[d] > 256 || elementStrides[d] != 1)
      return kInvalidValue;
    if (d && (pitches[d - 1] % 16 || pitches[d - 1] >= uint64_t{1} << 40))
      return kInvalidValue;
    made.sizes[d] = static_cast<uint32_t>(std::min<uint64_t>(sizes[d], UINT32_MAX));
    made.box[d] = static_cast<uint16_t>(box[d]);
    made.elementStrides[d] = 1;
    if (d)
      made.strides[d - 1] = pitches[d - 1];
  }
  if (!made.problem().empty())
    return kInvalidValue;
  std::memcpy(map, &made, sizeof made);
  return kSuccess;
}
