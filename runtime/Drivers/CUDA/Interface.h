//===- Interface.h - The CUDA driver API as the runtime's interface -*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One device through its primary context, which every library of the process
// shares: it is current only during our calls, so that a caller's own context
// is never disturbed.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "Accelerator/Interface.h"
#include "Library.h"

#include <mutex>

namespace flex::rt::cuda {

class CudaInterface : public accelerator::Interface {
public:
  /// Retains the primary context.
  static StatusOr<std::unique_ptr<CudaInterface>> create(std::shared_ptr<const Library> library, DeviceId device);
  ~CudaInterface() override;
  StatusOr<void *> allocate(size_t bytes) override;
  void release(void *memory) override;
  StatusOr<void *> allocateStaging(size_t bytes) override;
  void releaseStaging(void *memory) override;
  StatusOr<std::unique_ptr<accelerator::Stream>> createStream() override;
  StatusOr<std::unique_ptr<accelerator::Module>> loadModule(const ImageProgram &program, bool strict) override;

  const Library &cu() const { return *library; }
  /// `what` failed. The first error that makes the context useless is kept: later messages repeat it.
  Status check(Result result, const std::string &what);

  /// The device's context is current while this lives.
  class Current {
  public:
    explicit Current(CudaInterface &owner) : owner(owner), result(owner.cu().cuCtxPushCurrent_v2(owner.context)) {}
    ~Current() {
      Context before = nullptr;
      if (result == kSuccess)
        owner.cu().cuCtxPopCurrent_v2(&before);
    }
    Current(const Current &) = delete;
    Current &operator=(const Current &) = delete;
    Status status() const { return owner.check(result, "cuCtxPushCurrent"); }

  private:
    CudaInterface &owner;
    Result result;
  };

private:
  CudaInterface(std::shared_ptr<const Library> library, DeviceId device)
      : library(std::move(library)), device(device) {}

  std::shared_ptr<const Library> library;
  DeviceId device;
  Context context = nullptr;
  int driverVersion = 0;
  std::mutex mutex;        ///< guards lostBecause
  std::string lostBecause; ///< empty while the context works
};

} // namespace flex::rt::cuda
