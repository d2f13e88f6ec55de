//===- Queue.h - Launches that are over when they return -------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A failed launch is told by `launch` itself; what follows it runs.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "Device.h"

namespace flex::rt::emulated {

class EmulatedQueue : public Queue {
public:
  explicit EmulatedQueue(EmulatedDevice &device) : device(device) {}
  Status write(const DeviceBuffer &to, const void *from, int64_t bytes) override;
  Status read(void *to, const DeviceBuffer &from, int64_t bytes) override;
  Status launch(const Executable &executable, const LaunchArguments &arguments) override;
  Status finish() override { return Status::ok(); }

private:
  EmulatedDevice &device;
};

} // namespace flex::rt::emulated
