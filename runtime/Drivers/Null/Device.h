//===- Device.h - The null device ------------------------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Its memory is apart from the host's, as that of most devices, so that the
// launch path with copies is exercised.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Runtime/Driver.h"

#include <map>
#include <mutex>

namespace flex::rt::null {

class NullDevice : public Device {
public:
  NullDevice();
  ~NullDevice() override;
  const DeviceDescription &info() const override { return description; }
  StatusOr<DeviceBuffer> allocate(int64_t bytes) override;
  void release(const DeviceBuffer &buffer) override;
  StatusOr<std::unique_ptr<Executable>> loadProgram(const ImageKernel &kernel, const ImageProgram &program) override;
  StatusOr<std::unique_ptr<Queue>> createQueue() override;

  /// Whether `bytes` from the start of `buffer` lie in one of our allocations.
  Status checkRange(const DeviceBuffer &buffer, int64_t bytes);

private:
  DeviceDescription description;
  std::mutex mutex;
  std::map<void *, int64_t> allocations; ///< handle -> bytes; guarded by mutex
};

} // namespace flex::rt::null
