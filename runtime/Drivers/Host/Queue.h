//===- Queue.h - Launches on the calling thread and the pool ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Everything is done when a call returns.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "Device.h"

namespace flex::rt::host {

class HostQueue : public Queue {
public:
  explicit HostQueue(HostDevice &device) : device(device) {}
  Status write(const DeviceBuffer &to, const void *from, int64_t bytes) override;
  Status read(void *to, const DeviceBuffer &from, int64_t bytes) override;
  Status launch(const Executable &executable, const LaunchArguments &arguments) override;
  Status finish() override { return Status::ok(); }

private:
  HostDevice &device;
};

} // namespace flex::rt::host
