//===- PerThreadTest.cpp - Each call on the thread's device ----------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A vendor's library that writes down what is called: the order of the calls, and
// what is said of a device that is lost.
//
//===----------------------------------------------------------------------===//
#include "Accelerator/PerThread.h"

#include <gtest/gtest.h>

using namespace flex;
using namespace flex::rt::accelerator;

namespace {

constexpr int kExhausted = 2, kLost = 7;

/// `failing` returns `code`; every other call succeeds.
class Recorded : public PerThreadInterface {
public:
  std::string calls, failing;
  int code = 1;
  std::vector<void *> parameters;

  StatusOr<std::unique_ptr<Module>> loadModule(const ImageProgram &, bool) override { return Status::ok(); }

protected:
  Outcome enter(int &before) override {
    before = 42;
    return call("enter");
  }
  void leave(int before) override { call(before == 42 ? "leave" : "leave another"); }
  Outcome takeMemory(void **memory, size_t) override {
    *memory = &code;
    return call("take");
  }
  void giveMemory(void *memory) override { call(memory == &code ? "give" : "give another"); }
  Outcome takeStaging(void **, size_t) override { return call("take staging"); }
  void giveStaging(void *) override { call("give staging"); }
  Outcome makeStream(void **stream) override {
    *stream = &code;
    return call("make stream");
  }
  void endStream(void *) override { call("end stream"); }
  Outcome copyIn(void *, const void *, size_t, void *) override { return call("in"); }
  Outcome copyOut(void *, const void *, size_t, void *) override { return call("out"); }
  Outcome launch(void *, const Grid &, void **given, void *stream) override {
    parameters.assign(given, given + 3);
    return call(stream == &code ? "launch" : "launch in another");
  }
  Outcome wait(void *) override { return call("wait"); }
  std::string nameOf(int code) const override { return "CODE (" + std::to_string(code) + ")"; }
  Fault faultOf(int code) const override {
    return code == kLost ? Fault::Lost : code == kExhausted ? Fault::Exhausted : Fault::Call;
  }

private:
  Outcome call(const char *name) {
    calls.append(calls.empty() ? "" : ", ").append(name);
    return {failing == name ? code : 0, name};
  }
};

TEST(PerThread, EveryCallIsBetweenEnterAndLeave) {
  Recorded device;
  auto memory = device.allocate(64);
  ASSERT_TRUE(memory.isOk());
  device.release(*memory);
  EXPECT_EQ(device.calls, "enter, take, leave, enter, give, leave");
  device.calls.clear();
  {
    auto stream = device.createStream();
    ASSERT_TRUE(stream.isOk());
    uint64_t arguments[] = {1, 2};
    rt::EncodedTensorMap map{};
    EXPECT_TRUE((*stream)->launch({}, {1, 1, 0}, {arguments, 2, &map, 1}).isOk());
    EXPECT_EQ(device.parameters, (std::vector<void *>{arguments, arguments + 1, &map}));
    EXPECT_TRUE((*stream)->wait().isOk());
  }
  EXPECT_EQ(device.calls,
            "enter, make stream, leave, enter, launch, leave, enter, wait, leave, enter, end stream, leave");
}

TEST(PerThread, WhatCannotBeEnteredIsNotLeft) {
  Recorded device;
  device.failing = "enter";
  Status status = device.allocateStaging(64).status();
  EXPECT_EQ(status.str(), "device error: enter failed with CODE (1)");
  EXPECT_EQ(device.calls, "enter");
}

TEST(PerThread, TheFirstLossIsRepeated) {
  Recorded device;
  device.failing = "take";
  EXPECT_EQ(device.allocate(64).status().message(), "take of 64 bytes failed with CODE (1)");
  device.code = kLost;
  EXPECT_EQ(device.allocate(64).status().message(), "take of 64 bytes failed with CODE (7)");
  device.code = 1;
  Status later = device.allocate(8).status();
  EXPECT_EQ(later.code(), StatusCode::DeviceError);
  EXPECT_EQ(later.message(), "take of 8 bytes failed with CODE (1); this process can no longer use the device, since "
                             "take of 64 bytes failed with CODE (7)");
  device.code = kExhausted;
  Status exhausted = device.allocate(8).status();
  EXPECT_EQ(exhausted.code(), StatusCode::ResourceExhausted);
  EXPECT_EQ(exhausted.message(), "take of 8 bytes failed with CODE (2)");
}

} // namespace
