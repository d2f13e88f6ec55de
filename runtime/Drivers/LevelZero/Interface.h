//===- Interface.h - Level Zero as the runtime's interface -----*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One device with a context of its own.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "Accelerator/Faults.h"
#include "Accelerator/Interface.h"
#include "Library.h"

#include <mutex>

namespace flex::rt::levelzero {

class LevelZeroInterface : public accelerator::Interface {
public:
  /// Makes the context and finds the queues that take launches.
  static StatusOr<std::unique_ptr<LevelZeroInterface>> create(std::shared_ptr<const Library> library,
                                                              DriverHandle driver, DeviceHandle device);
  ~LevelZeroInterface() override;
  StatusOr<void *> allocate(size_t bytes) override;
  void release(void *memory) override;
  StatusOr<void *> allocateStaging(size_t bytes) override;
  void releaseStaging(void *memory) override;
  StatusOr<std::unique_ptr<accelerator::Stream>> createStream() override;
  StatusOr<std::unique_ptr<accelerator::Module>> loadModule(const ImageProgram &program, bool strict) override;

  const Library &ze() const { return *library; }
  ContextHandle context() const { return contextHandle; }
  DeviceHandle device() const { return deviceHandle; }
  uint32_t computeOrdinal() const { return ordinal; }
  uint32_t groupLimit() const { return mostThreads; }
  /// Ok for success; else `what` failed.
  Status check(Result result, const std::string &what);

private:
  LevelZeroInterface(std::shared_ptr<const Library> library, DeviceHandle device)
      : library(std::move(library)), deviceHandle(device) {}
  Status findComputeQueues();

  std::shared_ptr<const Library> library;
  DeviceHandle deviceHandle;
  ContextHandle contextHandle = nullptr;
  uint32_t ordinal = 0, mostThreads = 0;
  accelerator::Faults faults;
};

/// A kernel object holds its arguments, so setting them and appending is one step under its lock.
struct Kernel {
  KernelHandle handle = nullptr;
  std::mutex mutex;
};

} // namespace flex::rt::levelzero
