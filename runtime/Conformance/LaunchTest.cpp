//===- LaunchTest.cpp - Programs and launches -----------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The part of flex/Runtime/Driver.h that needs compiled programs.
//
//===----------------------------------------------------------------------===//
#include "Subject.h"

#include <fstream>
#include <iterator>
#include <limits>
#include <thread>

using namespace flex;
using namespace flex::rt;
using namespace flex::rt::conformance;

namespace {

/// Launches add_one over `count` elements and compares.
void addOne(Device &device, Queue &queue, const Executable &executable, const Kernel &kernel, size_t count,
            int32_t first) {
  auto bytes = static_cast<int64_t>(count * sizeof(int32_t));
  Buffer from(device, bytes), to(device, bytes);
  auto values = counted<int32_t>(count, first);
  EXPECT_OK(writeVector(queue, from.all(), values));
  EXPECT_OK(launchAll(queue, executable, kernel, {from.all(), to.all()}, {{"N", static_cast<int64_t>(count)}}));
  EXPECT_EQ(readVector<int32_t>(queue, to.all(), count), counted<int32_t>(count, first + 1));
}

TEST_F(Conformance, LoadsAProgramManyTimes) {
  for (auto &device : devices()) {
    FLEX_KERNEL(add_one, *device);
    std::vector<std::unique_ptr<Executable>> loaded;
    for (int i = 0; i < 10; ++i)
      ASSERT_TRUE(loaded.emplace_back(load(*device, add_one)));
    std::swap(loaded[0], loaded[6]);
    loaded.erase(loaded.begin() + 2, loaded.begin() + 5);
    auto queue = makeQueue(*device);
    ASSERT_TRUE(queue);
    for (auto &executable : loaded)
      addOne(*device, *queue, *executable, add_one, 100, 0);
  }
}

TEST_F(Conformance, ProgramOutlivesItsImage) {
  for (auto &device : devices()) {
    FLEX_KERNEL(add_one, *device);
    auto copy = std::make_unique<Kernel>(add_one);
    auto executable = load(*device, *copy);
    ASSERT_TRUE(executable);
    ImageProgram &program = copy->kernel.programs[0];
    std::fill(program.payload.begin(), program.payload.end(), 0);
    program.launches[0].entry.assign(program.launches[0].entry.size(), 'x');
    copy.reset();
    auto queue = makeQueue(*device);
    ASSERT_TRUE(queue);
    addOne(*device, *queue, *executable, add_one, 1000, 3);
  }
}

TEST_F(Conformance, RefusesADamagedPayload) {
  for (auto &device : devices()) {
    FLEX_KERNEL(add_one, *device);
    const std::vector<uint8_t> &good = add_one.program().payload;
    std::map<std::string, std::vector<uint8_t>> damaged;
    damaged["empty"] = {};
    damaged["one byte"] = {good[0]};
    damaged["cut to 16 bytes"] = {good.begin(), good.begin() + 16};
    damaged["zeros"] = std::vector<uint8_t>(good.size(), 0);
    damaged["first word wrong"] = good;
    damaged["first word wrong"][0] ^= 0xff;
    for (size_t part : {8, 16, 32}) // what is cut away is code, not what a debugger reads
      damaged["cut to 1/" + std::to_string(part)] = {
          good.begin(), good.begin() + static_cast<std::ptrdiff_t>(good.size() / part / 4 * 4)};
    for (auto &[how, payload] : damaged) {
      Kernel broken = add_one;
      broken.kernel.programs[0].payload = payload;
      auto loaded = device->loadProgram(broken.kernel, broken.program());
      ASSERT_FALSE(loaded.isOk()) << how;
      EXPECT_FALSE(loaded.status().message().empty()) << how;
    }
    expectWorks(*device);
  }
}

TEST_F(Conformance, RefusesAPayloadOfAnotherKind) {
  for (auto &device : devices()) {
    FLEX_KERNEL(add_one, *device);
    std::ifstream own("/proc/self/exe", std::ios::binary); // a program is no library of kernels
    std::string text = "kernel add_one(x: i32[N]) -> i32[N] { return [i] x[i] + 1 }\n";
    for (const std::vector<uint8_t> &payload :
         {std::vector<uint8_t>(text.begin(), text.end()),
          std::vector<uint8_t>(std::istreambuf_iterator<char>(own), std::istreambuf_iterator<char>())}) {
      Kernel other = add_one;
      other.kernel.programs[0].payload = payload;
      EXPECT_FALSE(device->loadProgram(other.kernel, other.program()).isOk());
    }
    expectWorks(*device);
  }
}

TEST_F(Conformance, RefusesAMissingEntry) {
  for (auto &device : devices()) {
    FLEX_KERNEL(twice, *device);
    for (size_t i = 0; i < twice.program().launches.size(); ++i) {
      Kernel broken = twice;
      broken.kernel.programs[0].launches[i].entry = "no_such_entry";
      auto loaded = device->loadProgram(broken.kernel, broken.program());
      ASSERT_FALSE(loaded.isOk());
      EXPECT_NE(loaded.status().message().find("no_such_entry"), std::string::npos) << loaded.status().str();
    }
    expectWorks(*device);
  }
}

TEST_F(Conformance, LaunchesAnyNumberOfItems) {
  for (auto &device : devices()) {
    FLEX_KERNEL(add_one, *device);
    auto executable = load(*device, add_one);
    auto queue = makeQueue(*device);
    ASSERT_TRUE(executable && queue);
    for (size_t count : {0, 1, 2, 15, 16, 17, 255, 4097, 1 << 20, (1 << 20) + 1})
      addOne(*device, *queue, *executable, add_one, count, -7);
  }
}

TEST_F(Conformance, LaunchesOnPartsOfMemory) {
  for (auto &device : devices()) {
    FLEX_KERNEL(add_one, *device);
    auto executable = load(*device, add_one);
    auto queue = makeQueue(*device);
    ASSERT_TRUE(executable && queue);
    Buffer memory(*device, 4096);
    std::vector<int32_t> expected(1024, 50), values = expected;
    EXPECT_OK(writeVector(*queue, memory.all(), values));
    EXPECT_OK(launchAll(*queue, *executable, add_one, {memory.at(64, 40), memory.at(1024, 40)}, {{"N", 10}}));
    std::fill_n(expected.begin() + 256, 10, 51);
    EXPECT_EQ(readVector<int32_t>(*queue, memory.all(), 1024), expected);
  }
}

TEST_F(Conformance, DimsKeepTheirWidth) {
  for (auto &device : devices()) {
    FLEX_KERNEL(extreme, *device);
    auto executable = load(*device, extreme);
    auto queue = makeQueue(*device);
    ASSERT_TRUE(executable && queue);
    Buffer from(*device, 80), nothing(*device, 0), to(*device, 80);
    auto values = counted<int64_t>(10, 0);
    EXPECT_OK(writeVector(*queue, from.all(), values));
    const int64_t extremes[] = {0, 1, INT32_MAX, int64_t(INT32_MAX) + 1, int64_t(1) << 53, INT64_MAX - 1, INT64_MAX};
    for (int64_t k : extremes) {
      EXPECT_OK(launchAll(*queue, *executable, extreme, {from.all(), nothing.all(), to.all()},
                          {{"N", 10}, {"Z", 0}, {"K", k}}));
      auto got = readVector<int64_t>(*queue, to.all(), 10);
      for (int64_t i = 0; i < 10; ++i)
        EXPECT_EQ(got[static_cast<size_t>(i)], k - i) << "K = " << k;
    }
  }
}

TEST_F(Conformance, LaterLaunchesSeeEarlierOnes) {
  for (auto &device : devices()) {
    FLEX_KERNEL(add_one, *device);
    auto executable = load(*device, add_one);
    auto queue = makeQueue(*device);
    ASSERT_TRUE(executable && queue);
    constexpr size_t kCount = 70000;
    constexpr int32_t kSteps = 64; // even: ends where it began
    Buffer a(*device, kCount * 4), b(*device, kCount * 4);
    auto values = counted<int32_t>(kCount, 0);
    EXPECT_OK(writeVector(*queue, a.all(), values));
    for (int32_t step = 0; step < kSteps; ++step)
      EXPECT_OK(launchAll(*queue, *executable, add_one,
                          step % 2 ? std::vector{b.all(), a.all()} : std::vector{a.all(), b.all()}, {{"N", kCount}}));
    EXPECT_EQ(readVector<int32_t>(*queue, a.all(), kCount), counted<int32_t>(kCount, kSteps));
  }
}

TEST_F(Conformance, TemporariesAndSeveralLaunches) {
  for (auto &device : devices()) {
    FLEX_KERNEL(twice, *device);
    ASSERT_GE(twice.program().launches.size(), 2u) << "the kernel no longer needs several launches: write another";
    auto executable = load(*device, twice);
    auto queue = makeQueue(*device);
    ASSERT_TRUE(executable && queue);
    constexpr int64_t kM = 37, kN = 301;
    Dims dims = {{"M", kM}, {"N", kN}};
    auto arenaBytes = twice.program().arenaBytes.evaluate(dims);
    ASSERT_TRUE(arenaBytes && *arenaBytes > 0) << "the kernel no longer needs a temporary: write another";
    Buffer arena(*device, *arenaBytes), constants(*device, static_cast<int64_t>(twice.kernel.constants.size()));
    Buffer from(*device, kM * kN * 4), to(*device, kM * kN * 4);
    std::vector<int32_t> x(kM * kN), expected(kM * kN), columns(kN, 0), rows(kM, 0);
    for (size_t i = 0; i < x.size(); ++i)
      x[i] = static_cast<int32_t>(i * 7 % 23) - 11;
    for (size_t i = 0; i < x.size(); ++i)
      columns[i % kN] += x[i];
    for (size_t i = 0; i < x.size(); ++i)
      rows[i / kN] += columns[i % kN] * x[i];
    for (size_t i = 0; i < x.size(); ++i)
      expected[i] = x[i] + rows[i / kN] + columns[i % kN];
    EXPECT_OK(writeVector(*queue, constants.all(), twice.kernel.constants));
    EXPECT_OK(writeVector(*queue, from.all(), x));
    EXPECT_OK(launchAll(*queue, *executable, twice, {from.all(), to.all()}, dims, arena.all(), constants.all()));
    EXPECT_EQ(readVector<int32_t>(*queue, to.all(), x.size()), expected);
  }
}

TEST_F(Conformance, ManyLaunches) {
  for (auto &device : devices()) {
    FLEX_KERNEL(add_one, *device);
    auto executable = load(*device, add_one);
    auto queue = makeQueue(*device);
    ASSERT_TRUE(executable && queue);
    Buffer a(*device, 64), b(*device, 64);
    std::vector<int32_t> values(16, 0);
    EXPECT_OK(writeVector(*queue, a.all(), values));
    for (int i = 0; i < 2500; ++i) {
      ASSERT_TRUE(launchAll(*queue, *executable, add_one, {a.all(), b.all()}, {{"N", 16}}).isOk());
      ASSERT_TRUE(launchAll(*queue, *executable, add_one, {b.all(), a.all()}, {{"N", 16}}).isOk());
    }
    EXPECT_EQ(readVector<int32_t>(*queue, a.all(), 16), std::vector<int32_t>(16, 5000));
  }
}

TEST_F(Conformance, QueuesOfOneDeviceAtOnce) {
  for (auto &device : devices()) {
    FLEX_KERNEL(add_one, *device);
    auto executable = load(*device, add_one);
    ASSERT_TRUE(executable);
    std::vector<std::thread> threads;
    for (int32_t t = 0; t < 4; ++t)
      threads.emplace_back([&, t] {
        auto queue = makeQueue(*device);
        for (int32_t round = 0; queue && round < 25; ++round)
          addOne(*device, *queue, *executable, add_one, size_t{5000} + static_cast<size_t>(t), 1000 * t + round);
      });
    for (std::thread &thread : threads)
      thread.join();
  }
}

TEST_F(Conformance, DevicesAtOnce) {
  // A driver object is opened once; a second one gives devices of its own beside the first's.
  auto second = createDriver();
  ASSERT_TRUE(second);
  DriverDevices others = second->openDevices({});
  ASSERT_EQ(others.devices.size(), devices().size());
  std::vector<Device *> all;
  for (auto *list : {&devices(), &others.devices})
    for (auto &device : *list)
      all.push_back(device.get());
  std::vector<std::pair<Device *, const Kernel *>> work;
  for (Device *device : all) {
    auto kernel = compileFor(device->info(), "add_one");
    if (!kernel && kernel.status().code() == StatusCode::Unavailable)
      GTEST_SKIP() << kernel.status().message();
    ASSERT_TRUE(kernel.isOk()) << kernel.status().str();
    work.emplace_back(device, *kernel);
  }
  std::vector<std::thread> threads;
  for (auto [device, kernel] : work)
    threads.emplace_back([device = device, kernel = kernel] {
      auto executable = load(*device, *kernel);
      auto queue = makeQueue(*device);
      for (int32_t round = 0; executable && queue && round < 25; ++round)
        addOne(*device, *queue, *executable, *kernel, 3000, round);
    });
  for (std::thread &thread : threads)
    thread.join();
}

TEST_F(Conformance, DestroyedInAnyOrder) {
  for (auto &device : devices()) {
    FLEX_KERNEL(add_one, *device);
    for (int order = 0; order < 4; ++order) {
      auto executable = load(*device, add_one);
      auto queue = makeQueue(*device);
      ASSERT_TRUE(executable && queue);
      auto buffer = device->allocate(4000);
      ASSERT_TRUE(buffer.isOk());
      std::vector<int32_t> zeros(1000, 0); // the queue reads it until it is finished
      EXPECT_OK(writeVector(*queue, *buffer, zeros));
      EXPECT_OK(launchAll(*queue, *executable, add_one, {*buffer, *buffer}, {{"N", 1000}}));
      if (order & 1)
        EXPECT_OK(queue->finish());
      else
        queue.reset(); // with work still in it
      if (order & 2)
        executable.reset();
      device->release(*buffer);
      executable.reset();
      queue.reset();
    }
    expectWorks(*device);
  }
}

TEST_F(Conformance, UsableAfterErrors) {
  for (auto &device : devices()) {
    FLEX_KERNEL(add_one, *device);
    for (int i = 0; i < 20; ++i) {
      EXPECT_FALSE(device->allocate(INT64_MAX).isOk());
      Kernel broken = add_one;
      broken.kernel.programs[0].payload.assign(100, static_cast<uint8_t>(i));
      EXPECT_FALSE(device->loadProgram(broken.kernel, broken.program()).isOk());
      broken = add_one;
      broken.kernel.programs[0].launches[0].entry = "no_such_entry";
      EXPECT_FALSE(device->loadProgram(broken.kernel, broken.program()).isOk());
    }
    expectWorks(*device);
  }
}

} // namespace
