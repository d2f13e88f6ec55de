//===- Device.h - A device made of a vendor's interface --------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Memory, programs and queues of one accelerator, over Interface.h. A buffer's
// handle is an address in the device's memory.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "Accelerator/Interface.h"
#include "flex/Runtime/Driver.h"

namespace flex::rt::accelerator {

/// What a driver finds out about a device before it uses it.
struct Described {
  DeviceDescription description;
  Limits limits;
};

class AcceleratorDevice : public Device {
public:
  AcceleratorDevice(Described described, std::unique_ptr<Interface> interface)
      : description(std::move(described.description)), limits(described.limits), vendor(std::move(interface)) {}
  const DeviceDescription &info() const override { return description; }
  StatusOr<DeviceBuffer> allocate(int64_t bytes) override;
  void release(const DeviceBuffer &buffer) override;
  StatusOr<std::unique_ptr<Executable>> loadProgram(const ImageKernel &kernel, const ImageProgram &program) override;
  StatusOr<std::unique_ptr<Queue>> createQueue() override;

  Interface &interface() { return *vendor; }
  const Limits &launchLimits() const { return limits; }

private:
  DeviceDescription description;
  Limits limits;
  std::unique_ptr<Interface> vendor;
};

} // namespace flex::rt::accelerator
