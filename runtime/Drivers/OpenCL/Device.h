//===- Device.h - An OpenCL device -----------------------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Memory is coarse-grained shared virtual memory: a buffer's handle is an
// address, so that a launch can take a part of an allocation at any offset.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "Library.h"
#include "flex/Runtime/Driver.h"

namespace flex::rt::opencl {

class OpenCLDevice : public Device {
public:
  /// Makes the context; Unavailable says why the device cannot run our programs.
  static StatusOr<std::unique_ptr<OpenCLDevice>> create(std::shared_ptr<const Library> library, cl_platform_id platform,
                                                        cl_device_id device, const std::string &id);
  ~OpenCLDevice() override;
  const DeviceDescription &info() const override { return description; }
  StatusOr<DeviceBuffer> allocate(int64_t bytes) override;
  void release(const DeviceBuffer &buffer) override;
  StatusOr<std::unique_ptr<Executable>> loadProgram(const ImageKernel &kernel, const ImageProgram &program) override;
  StatusOr<std::unique_ptr<Queue>> createQueue() override;

  const Library &cl() const { return *library; }
  cl_context context() const { return contextHandle; }
  cl_device_id device() const { return deviceHandle; }

private:
  OpenCLDevice(std::shared_ptr<const Library> library, cl_device_id device)
      : library(std::move(library)), deviceHandle(device) {}
  void describe(cl_platform_id platform, const std::string &id);

  std::shared_ptr<const Library> library;
  cl_device_id deviceHandle;
  cl_context contextHandle = nullptr;
  int64_t largestAllocation = 0;
  DeviceDescription description;
};

} // namespace flex::rt::opencl
