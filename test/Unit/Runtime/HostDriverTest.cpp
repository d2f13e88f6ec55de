//===- HostDriverTest.cpp - Payloads in this process ---------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Straight through the driver seam: loading, damage, how items are cut, and the
// application's own parallel loop.
//
//===----------------------------------------------------------------------===//
#include "Support.h"

#include "Drivers/Host/Features.h"
#include "flex/Runtime/Driver.h"

#include <algorithm>
#include <numeric>

namespace flex::rt {
namespace {

std::unique_ptr<Driver> hostDriver() {
  for (std::unique_ptr<Driver> &driver : createAllDrivers())
    if (std::string(driver->name()) == "host")
      return std::move(driver);
  return nullptr;
}

class HostDriver : public testing::Test {
protected:
  void open(int threads, ParallelForHook hook = {}) {
    driver = hostDriver();
    ASSERT_TRUE(driver);
    DriverOptions options;
    options.threads = threads;
    options.parallelFor = hook;
    DriverDevices found = driver->openDevices(options);
    ASSERT_EQ(found.devices.size(), 1u);
    device = std::move(found.devices[0]);
  }

  /// Runs `chunk` over `items` and gives, per item, the size of the call it was in.
  std::vector<int64_t> chunks(int64_t items, double flops) {
    ImageKernel kernel = test::twiceKernel(payload);
    kernel.programs[0].launches[0].entry = "chunk";
    auto executable = device->loadProgram(kernel, kernel.programs[0]);
    EXPECT_TRUE(executable.isOk()) << executable.status().str();
    auto queue = device->createQueue();
    std::vector<int64_t> out(static_cast<size_t>(items), -1);
    DeviceBuffer buffer{out.data(), 0, items * 8};
    LaunchArguments arguments;
    arguments.buffers = &buffer;
    arguments.bufferCount = 1;
    arguments.items = items;
    arguments.flops = flops;
    EXPECT_TRUE((*queue)->launch(**executable, arguments).isOk());
    EXPECT_TRUE((*queue)->finish().isOk());
    return out;
  }

  const std::vector<uint8_t> payload = test::kernelPayload();
  std::unique_ptr<Driver> driver;
  std::unique_ptr<Device> device;
};

TEST_F(HostDriver, DescribesThisMachine) {
  open(2);
  const DeviceDescription &info = device->info();
  EXPECT_EQ(info.id, "host");
  EXPECT_EQ(info.computeUnits, 2);
  EXPECT_GT(info.gflops, 0);
  EXPECT_GT(info.memoryBytes, 0);
  EXPECT_TRUE(info.sharesHostMemory);
  EXPECT_EQ(info.formats, driver->accepts());
#if defined(__x86_64__)
  auto has = [&](const char *name) {
    return std::find(info.features.begin(), info.features.end(), name) != info.features.end();
  };
  EXPECT_EQ(has("avx2"), static_cast<bool>(__builtin_cpu_supports("avx2")));
  EXPECT_EQ(has("fma"), static_cast<bool>(__builtin_cpu_supports("fma")));
  EXPECT_EQ(has("avx512f"), static_cast<bool>(__builtin_cpu_supports("avx512f")));
  EXPECT_EQ(has("avx512bf16"), static_cast<bool>(__builtin_cpu_supports("avx512bf16")));
  EXPECT_EQ(has("avx512vnni"), static_cast<bool>(__builtin_cpu_supports("avx512vnni")));
#endif
}

TEST_F(HostDriver, SmallWorkStaysOnOneThread) {
  open(4);
  std::vector<int64_t> got = chunks(1000, 10);
  EXPECT_EQ(got, std::vector<int64_t>(1000, 1000));
}

TEST_F(HostDriver, LargeWorkIsCutEvenly) {
  open(4);
  for (int64_t items : {2, 3, 4, 5, 31, 32, 33, 1001}) {
    std::vector<int64_t> got = chunks(items, 1e12);
    EXPECT_EQ(std::count(got.begin(), got.end(), -1), 0) << items;
    auto [low, high] = std::minmax_element(got.begin(), got.end());
    EXPECT_LE(*high - *low, 1) << items;
    EXPECT_LT(*high, items) << items;
  }
}

TEST_F(HostDriver, TheApplicationsLoopIsUsed) {
  static int calls;
  calls = 0;
  ParallelForHook hook;
  hook.run = [](void *user, int64_t tasks, void (*body)(void *, int64_t), void *data) {
    ++*static_cast<int *>(user);
    for (int64_t task = tasks; task-- > 0;)
      body(data, task);
  };
  hook.user = &calls;
  open(4, hook);
  std::vector<int64_t> got = chunks(100, 1e12);
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(std::count(got.begin(), got.end(), -1), 0);
}

// Two programs of one path would be one library to the system's loader.
TEST_F(HostDriver, ProgramsAreLoadedApart) {
  open(1);
  ImageKernel kernel = test::twiceKernel(payload);
  std::vector<std::unique_ptr<Executable>> loaded;
  for (int i = 0; i < 40; ++i) {
    auto executable = device->loadProgram(kernel, kernel.programs[0]);
    ASSERT_TRUE(executable.isOk()) << executable.status().str();
    loaded.push_back(std::move(*executable));
    if (i % 3 == 0)
      loaded.erase(loaded.begin());
  }
  EXPECT_EQ(chunks(10, 0).size(), 10u);
}

TEST_F(HostDriver, RefusesDamage) {
  open(1);
  ImageKernel kernel = test::twiceKernel(payload);
  ImageProgram &program = kernel.programs[0];
  auto message = [&] { return device->loadProgram(kernel, program).status().message(); };
  program.payload.resize(20);
  EXPECT_NE(message().find("shorter than an ELF header"), std::string::npos);
  program.payload = payload;
  program.payload[0] = 'X';
  EXPECT_NE(message().find("shared object"), std::string::npos);
  for (size_t size = 64; size < payload.size(); size += payload.size() / 37) {
    program.payload.assign(payload.begin(), payload.begin() + static_cast<std::ptrdiff_t>(size));
    // A cut behind the last segment loses only symbols for debuggers.
    auto executable = device->loadProgram(kernel, program);
    EXPECT_TRUE(executable.isOk() || executable.status().code() == StatusCode::DataLoss);
  }
  program.payload = payload;
  program.launches[0].entry = "absent";
  EXPECT_NE(message().find("no entry point 'absent'"), std::string::npos);
}

TEST_F(HostDriver, Memory) {
  open(1);
  auto buffer = device->allocate(1000);
  ASSERT_TRUE(buffer.isOk());
  EXPECT_EQ(reinterpret_cast<uintptr_t>(buffer->handle) % 64, 0u);
  device->release(*buffer);
  auto empty = device->allocate(0);
  ASSERT_TRUE(empty.isOk());
  device->release(*empty);
  EXPECT_EQ(device->allocate(-1).status().code(), StatusCode::ResourceExhausted);
  EXPECT_EQ(device->allocate(INT64_MAX).status().code(), StatusCode::ResourceExhausted);
}

TEST(HostFeatures, ProcessorsAreCounted) {
  EXPECT_GE(host::usableProcessors(), 1);
  EXPECT_FALSE(host::processorName().empty());
}

} // namespace
} // namespace flex::rt
