//===- Executable.h - A program built for an OpenCL device -----*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One kernel object per launch of the program. A kernel object holds its
// arguments, so setting them and enqueueing is one step under its lock.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "Device.h"

#include <mutex>

namespace flex::rt::opencl {

class OpenCLExecutable : public Executable {
public:
  /// Builds the module and finds every entry; the build log is in the message of a failure.
  static StatusOr<std::unique_ptr<OpenCLExecutable>> load(OpenCLDevice &device, const ImageKernel &kernel,
                                                          const ImageProgram &program);
  ~OpenCLExecutable() override;
  /// Enqueues one launch; `event` becomes the caller's.
  Status enqueue(cl_command_queue queue, const LaunchArguments &arguments, cl_event *event) const;

private:
  struct Entry {
    cl_kernel kernel = nullptr;
    std::string name;
    size_t groupSize = 1, buffers = 0, dims = 0;
    std::unique_ptr<std::mutex> mutex = std::make_unique<std::mutex>();
  };

  explicit OpenCLExecutable(OpenCLDevice &device) : device(device) {}
  Status build(const std::vector<uint8_t> &module, bool strict);
  Status addEntry(const ImageLaunch &launch);
  Status setArguments(const Entry &entry, const LaunchArguments &arguments) const;

  OpenCLDevice &device;
  cl_program program = nullptr;
  std::vector<Entry> entries; ///< in the order of ImageProgram::launches
};

} // namespace flex::rt::opencl
