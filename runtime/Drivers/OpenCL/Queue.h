//===- Queue.h - An in-order OpenCL command queue --------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Waiting for a queue does not tell whether its commands succeeded: their
// events do, so they are kept until `finish`.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "Device.h"

namespace flex::rt::opencl {

class OpenCLQueue : public Queue {
public:
  static StatusOr<std::unique_ptr<OpenCLQueue>> create(OpenCLDevice &device);
  ~OpenCLQueue() override;
  Status write(const DeviceBuffer &to, const void *from, int64_t bytes) override;
  Status read(void *to, const DeviceBuffer &from, int64_t bytes) override;
  Status launch(const Executable &executable, const LaunchArguments &arguments) override;
  Status finish() override;

private:
  struct Pending {
    cl_event event;
    const char *what;
  };

  OpenCLQueue(OpenCLDevice &device, cl_command_queue queue) : device(device), queue(queue) {}
  Status copy(void *to, const void *from, int64_t bytes, const char *what);
  Status remember(Pending pending);
  Status drain();

  OpenCLDevice &device;
  cl_command_queue queue;
  std::vector<Pending> pending;
  Status firstFailure; ///< of commands whose events are gone
};

} // namespace flex::rt::opencl
