//===- Device.cpp - The processors of this process -----------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The rates are estimates from the instruction set until a calibration replaces
// them; the scheduler corrects both by what it measures.
//
//===----------------------------------------------------------------------===//
#include "Device.h"

#include "Executable.h"
#include "Features.h"
#include "Queue.h"
#include "Rates.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <unistd.h>

namespace flex::rt::host {
namespace {

constexpr double kAssumedGHz = 3.0;
constexpr double kAssumedMemoryGBsPerThread = 16;
constexpr double kAssumedMemoryGBs = 64;

int chooseThreads(int wanted) {
  // What is no number means the default, as 0 does.
  if (wanted <= 0)
    if (const char *text = std::getenv("FLEX_NUM_THREADS"))
      std::from_chars(text, text + std::strlen(text), wanted);
  return wanted > 0 ? std::min(wanted, 1024) : usableProcessors();
}

std::string describeIsa(const std::vector<std::string> &features, int threads) {
  std::string out = payloadFormat();
  for (const std::string &feature : features)
    out += "+" + feature;
#ifdef _SC_LEVEL1_DCACHE_SIZE
  for (int name : {_SC_LEVEL1_DCACHE_SIZE, _SC_LEVEL2_CACHE_SIZE, _SC_LEVEL3_CACHE_SIZE})
    out += " " + std::to_string(sysconf(name));
#endif
  return out + " threads " + std::to_string(threads);
}

} // namespace

HostDevice::HostDevice(const DriverOptions &options)
    : hook(options.parallelFor), pool(chooseThreads(options.threads), options.pinThreads) {
  int threads = pool.threads();
  description.id = "host";
  description.name = processorName() + ", " + std::to_string(threads) + (threads == 1 ? " thread" : " threads");
  description.kind = "cpu";
  description.target = "cpu:native";
  description.formats = {payloadFormat()};
  description.features = detectFeatures();
  threadGflops = kAssumedGHz * flopsPerCycle(description.features);
  threadMemoryGBs = kAssumedMemoryGBsPerThread;
  description.gflops = threadGflops * threads;
  description.memoryGBs = std::min(kAssumedMemoryGBs, threadMemoryGBs * threads);
  description.launchLatencyUs = 0.3;
  description.memoryBytes = static_cast<int64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE);
  description.computeUnits = threads;
  description.sharesHostMemory = true;
  description.fingerprint = describeIsa(description.features, threads);
}

StatusOr<DeviceBuffer> HostDevice::allocate(int64_t bytes) {
  constexpr int64_t kAlignment = 64;
  void *memory = nullptr;
  if (bytes >= 0 && bytes <= INT64_MAX - kAlignment)
    memory = std::aligned_alloc(kAlignment, static_cast<size_t>((bytes / kAlignment + 1) * kAlignment));
  if (!memory)
    return Status(StatusCode::ResourceExhausted, "no " + std::to_string(bytes) + " bytes of host memory");
  return DeviceBuffer{memory, 0, bytes};
}

void HostDevice::release(const DeviceBuffer &buffer) {
  std::free(buffer.handle);
}

StatusOr<std::unique_ptr<Executable>> HostDevice::loadProgram(const ImageKernel &kernel, const ImageProgram &program) {
  auto executable = HostExecutable::load(kernel, program);
  if (!executable)
    return executable.status();
  return std::unique_ptr<Executable>(std::move(*executable));
}

StatusOr<std::unique_ptr<Queue>> HostDevice::createQueue() {
  return std::unique_ptr<Queue>(std::make_unique<HostQueue>(*this));
}

RateTable HostDevice::measureRates() {
  return measureHostRates(description.features, pool);
}

DeviceDescription HostDevice::useRates(const RateTable &rates) {
  DeviceDescription out = description;
  double flops = 0, copy = 0, copyAll = 0;
  for (const Rate &rate : rates) {
    if (rate.name.starts_with("fma.f32."))
      flops = std::max(flops, rate.value);
    else if (rate.name == "copy.memory")
      copy = rate.value;
    else if (rate.name == "copy.memory.all")
      copyAll = rate.value;
  }
  if (flops > 0) {
    threadGflops = flops;
    out.gflops = flops * pool.threads();
  }
  if (copy > 0 && copyAll > 0) {
    threadMemoryGBs = copy;
    out.memoryGBs = copyAll;
  }
  return out;
}

void HostDevice::parallelFor(int64_t tasks, ThreadPool::Body body, void *data) {
  if (hook.run)
    hook.run(hook.user, tasks, body, data);
  else
    pool.run(tasks, body, data);
}

} // namespace flex::rt::host
