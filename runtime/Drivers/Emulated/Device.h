//===- Device.h - An emulated chip -----------------------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Its memory is host memory that only launches and copies of the queue touch; a
// launch may touch what its buffers cover, to the byte.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Runtime/Driver.h"

namespace flex::rt::emulated {

class EmulatedDevice : public Device {
public:
  EmulatedDevice(const std::string &chip, const DriverOptions &options);

  const DeviceDescription &info() const override { return description; }
  StatusOr<DeviceBuffer> allocate(int64_t bytes) override;
  void release(const DeviceBuffer &buffer) override;
  StatusOr<std::unique_ptr<Executable>> loadProgram(const ImageKernel &kernel, const ImageProgram &program) override;
  StatusOr<std::unique_ptr<Queue>> createQueue() override;

  int hostThreads() const { return threads; }

private:
  DeviceDescription description;
  int threads; ///< 0: what the emulator chooses
};

} // namespace flex::rt::emulated
