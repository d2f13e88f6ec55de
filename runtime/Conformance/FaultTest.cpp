//===- FaultTest.cpp - Every call of a vendor's library may fail ----------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// For drivers whose library has a fake (test/Support/FakeDrivers): whichever call
// fails, the driver says so, or its results are right, and nothing stays behind.
// Where the real library is opened instead, the cases skip.
//
//===----------------------------------------------------------------------===//
#include "Subject.h"

#include <cstring>
#include <dlfcn.h>

using namespace flex;
using namespace flex::rt;
using namespace flex::rt::conformance;

namespace {

/// The controls that every fake exports.
struct Fake {
  void (*fail)(const char *function, long call, int code) = nullptr;
  long (*calls)(const char *function) = nullptr;
  const char *(*failed)() = nullptr;
  long (*live)() = nullptr;

  static Fake open() {
    Fake fake;
    void *library = dlopen(FLEX_CONFORMANCE_FAKE, RTLD_NOW | RTLD_LOCAL);
    if (!library || !dlsym(library, "flexFakeFail"))
      return fake;
    fake.fail = reinterpret_cast<decltype(fake.fail)>(dlsym(library, "flexFakeFail"));
    fake.calls = reinterpret_cast<decltype(fake.calls)>(dlsym(library, "flexFakeCalls"));
    fake.failed = reinterpret_cast<decltype(fake.failed)>(dlsym(library, "flexFakeFailed"));
    fake.live = reinterpret_cast<decltype(fake.live)>(dlsym(library, "flexFakeLive"));
    return fake;
  }
};

class Faults : public testing::Test {
protected:
  void SetUp() override {
    fake = Fake::open();
    if (!fake.fail)
      GTEST_SKIP() << FLEX_CONFORMANCE_FAKE " is not the fake";
    auto driver = createDriver();
    DriverDevices found = driver->openDevices({});
    ASSERT_FALSE(found.devices.empty());
    auto compiled = compileFor(found.devices.front()->info(), "add_one");
    if (!compiled && compiled.status().code() == StatusCode::Unavailable)
      GTEST_SKIP() << compiled.status().message();
    ASSERT_TRUE(compiled.isOk()) << compiled.status().str();
    kernel = *compiled;
  }
  void TearDown() override {
    if (fake.fail)
      fake.fail(nullptr, 0, 0);
  }

  Fake fake;
  const Kernel *kernel = nullptr;
};

/// Memory that is released whatever happens.
class Held {
public:
  Held(Device &device, int64_t bytes) : device(device), made(device.allocate(bytes)) {}
  ~Held() {
    if (made)
      device.release(*made);
  }
  Status status() const { return made.status(); }
  const DeviceBuffer &operator*() const { return *made; }

private:
  Device &device;
  StatusOr<DeviceBuffer> made;
};

Status useDevice(Device &device, const Kernel &kernel, size_t count, bool &isRight) {
  auto bytes = static_cast<int64_t>(count * sizeof(int32_t));
  auto executable = device.loadProgram(kernel.kernel, kernel.program());
  if (!executable)
    return executable.status();
  Held from(device, bytes), to(device, bytes);
  FLEX_RETURN_IF_ERROR(from.status());
  FLEX_RETURN_IF_ERROR(to.status());
  // They outlive the queue: after a failed finish, work may still be in it.
  std::vector<int32_t> values = counted<int32_t>(count, 4), results(count, -1);
  auto queue = device.createQueue();
  if (!queue)
    return queue.status();
  FLEX_RETURN_IF_ERROR((*queue)->write(*from, values.data(), bytes));
  FLEX_RETURN_IF_ERROR(launchAll(**queue, **executable, kernel, {*from, *to}, {{"N", static_cast<int64_t>(count)}}));
  FLEX_RETURN_IF_ERROR((*queue)->read(results.data(), *to, bytes));
  FLEX_RETURN_IF_ERROR((*queue)->finish());
  isRight = results == counted<int32_t>(count, 5);
  return Status::ok();
}

/// From opening the driver to closing it; `isRight` only if the results are.
Status useDriver(const Kernel &kernel, bool &isRight) {
  isRight = false;
  auto driver = createDriver();
  DriverDevices found = driver->openDevices({});
  if (found.devices.empty())
    return {StatusCode::Unavailable, found.skipped.empty() ? "" : found.skipped.front().reason};
  bool isSmallRight = false; // small copies and large ones take different ways
  FLEX_RETURN_IF_ERROR(useDevice(*found.devices.front(), kernel, 100, isSmallRight));
  FLEX_RETURN_IF_ERROR(useDevice(*found.devices.front(), kernel, 50000, isRight));
  isRight &= isSmallRight;
  return Status::ok();
}

/// When giving something back fails, there is no one to tell and nothing to do: the vendor's library keeps it.
bool givesBack(const std::string &function) {
  for (const char *word :
       {"Free", "Destroy", "Unload", "Release", "PushCurrent", "PopCurrent", "SetDevice", "GetDevice"})
    if (function.find(word) != std::string::npos)
      return true;
  return false;
}

TEST_F(Faults, NothingStaysBehind) {
  long before = fake.live();
  bool isRight = false;
  EXPECT_OK(useDriver(*kernel, isRight));
  EXPECT_TRUE(isRight);
  EXPECT_EQ(fake.live(), before);
}

TEST_F(Faults, EveryCallMayFail) {
  fake.fail(nullptr, 0, 0);
  bool isRight = false;
  ASSERT_TRUE(useDriver(*kernel, isRight).isOk());
  long calls = fake.calls(nullptr);
  ASSERT_GT(calls, 30);
  size_t told = 0;
  for (int code : {FLEX_CONFORMANCE_FAKE_CODES})
    for (long call = 1; call <= calls; ++call) {
      long before = fake.live();
      fake.fail(nullptr, call, code);
      Status status = useDriver(*kernel, isRight);
      const char *failed = fake.failed();
      ASSERT_NE(failed, nullptr) << "call " << call;
      SCOPED_TRACE(std::string(failed) + ", call " + std::to_string(call) + ", code " + std::to_string(code));
      if (status.isOk())
        EXPECT_TRUE(isRight);
      else
        EXPECT_FALSE(status.message().empty());
      told += !status.isOk();
      if (!givesBack(failed)) {
        EXPECT_EQ(fake.live(), before);
      }
    }
  EXPECT_GT(told, static_cast<size_t>(calls)); // of three times as many; some are made up for
}

TEST_F(Faults, TheDeviceWorksAfterwards) {
  fake.fail(nullptr, 0, 0);
  bool isRight = false;
  EXPECT_OK(useDriver(*kernel, isRight));
  EXPECT_TRUE(isRight);
}

TEST_F(Faults, GroupMemoryBeyondTheCode) {
  auto driver = createDriver();
  DriverDevices found = driver->openDevices({});
  ASSERT_FALSE(found.devices.empty());
  Kernel more = *kernel;
  for (int64_t bytes : {int64_t{16} << 10, int64_t{60} << 10}) { // some need an opt-in above 48 KiB
    more.kernel.programs[0].launches[0].groupMemoryBytes = bytes;
    bool isRight = false;
    EXPECT_OK(useDevice(*found.devices.front(), more, 1000, isRight));
    EXPECT_TRUE(isRight);
  }
}

TEST_F(Faults, GroupsThatAreTooLarge) {
  auto driver = createDriver();
  DriverDevices found = driver->openDevices({});
  ASSERT_FALSE(found.devices.empty());
  Kernel large = *kernel;
  large.kernel.programs[0].launches[0].groupSize = 4096;
  auto loaded = found.devices.front()->loadProgram(large.kernel, large.program());
  ASSERT_FALSE(loaded.isOk());
  EXPECT_EQ(loaded.status().code(), StatusCode::Unimplemented) << loaded.status().str();
  EXPECT_NE(loaded.status().message().find("4096"), std::string::npos) << loaded.status().str();
}

} // namespace
