//===- Queue.h - Copies, and launches that do nothing ----------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A real driver wraps a stream or a command queue here.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "Device.h"

namespace flex::rt::null {

class NullQueue : public Queue {
public:
  explicit NullQueue(NullDevice &device) : device(device) {}
  Status write(const DeviceBuffer &to, const void *from, int64_t bytes) override;
  Status read(void *to, const DeviceBuffer &from, int64_t bytes) override;
  Status launch(const Executable &executable, const LaunchArguments &arguments) override;
  Status finish() override { return Status::ok(); }

private:
  NullDevice &device;
};

} // namespace flex::rt::null
