//===- Device.h - The processors of this process ---------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Device memory is host memory. Owns the thread pool, unless the application
// brought its own.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "ThreadPool.h"
#include "flex/Runtime/Driver.h"

#include <atomic>

namespace flex::rt::host {

class HostDevice : public Device {
public:
  explicit HostDevice(const DriverOptions &options);

  const DeviceDescription &info() const override { return description; }
  StatusOr<DeviceBuffer> allocate(int64_t bytes) override;
  void release(const DeviceBuffer &buffer) override;
  StatusOr<std::unique_ptr<Executable>> loadProgram(const ImageKernel &kernel, const ImageProgram &program) override;
  StatusOr<std::unique_ptr<Queue>> createQueue() override;
  RateTable measureRates() override;
  DeviceDescription useRates(const RateTable &rates) override;

  int threads() const { return pool.threads(); }
  /// One thread's share of the rates, for the choice of how many to use.
  double gflopsPerThread() const { return threadGflops.load(std::memory_order_relaxed); }
  double memoryGBsPerThread() const { return threadMemoryGBs.load(std::memory_order_relaxed); }
  bool isHot() const { return hook.run || pool.isHot(); }
  void parallelFor(int64_t tasks, ThreadPool::Body body, void *data);

private:
  DeviceDescription description;
  std::atomic<double> threadGflops, threadMemoryGBs;
  ParallelForHook hook;
  ThreadPool pool;
};

} // namespace flex::rt::host
