//===- NullDriverTest.cpp - The skeleton driver --------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// It checks what it is given and executes nothing.
//
//===----------------------------------------------------------------------===//
#include "Support.h"

#include "flex/Runtime/Driver.h"

#include <set>

namespace flex::rt {
namespace {

class NullDriver : public testing::Test {
protected:
  void SetUp() override {
    for (std::unique_ptr<Driver> &candidate : createAllDrivers())
      if (std::string(candidate->name()) == "null")
        driver = std::move(candidate);
    ASSERT_TRUE(driver);
    device = std::move(driver->openDevices({}).devices.at(0));
    queue = std::move(*device->createQueue());
    ImageKernel kernel = test::twiceKernel({1});
    kernel.programs[0].format = "tensor-ir";
    executable = std::move(*device->loadProgram(kernel, kernel.programs[0]));
    buffers[0] = *device->allocate(64);
    buffers[1] = *device->allocate(64);
    arguments.buffers = buffers;
    arguments.bufferCount = 2;
    arguments.dims = dims;
    arguments.dimCount = 1;
    arguments.items = 16;
  }
  std::string launch() { return queue->launch(*executable, arguments).str(); }

  std::unique_ptr<Driver> driver;
  std::unique_ptr<Device> device;
  std::unique_ptr<Queue> queue;
  std::unique_ptr<Executable> executable;
  DeviceBuffer buffers[2];
  int64_t dims[1] = {16};
  LaunchArguments arguments;
};

TEST_F(NullDriver, IsNeverChosenByItself) {
  EXPECT_TRUE(device->info().onlyWhenPinned);
}

TEST_F(NullDriver, CopiesAndLaunches) {
  float in[16], out[16] = {};
  for (int i = 0; i < 16; ++i)
    in[i] = static_cast<float>(i);
  EXPECT_TRUE(queue->write(buffers[0], in, 64).isOk());
  EXPECT_EQ(launch(), "ok");
  EXPECT_TRUE(queue->read(out, buffers[0], 64).isOk());
  EXPECT_EQ(out[7], 7);
}

TEST_F(NullDriver, NoticesWrongArguments) {
  arguments.index = 1;
  EXPECT_NE(launch(), "ok");
  arguments.index = 0;
  arguments.bufferCount = 1;
  EXPECT_NE(launch().find("takes 2 buffers"), std::string::npos);
  arguments.bufferCount = 2;
  arguments.items = 0;
  EXPECT_NE(launch(), "ok");
  arguments.items = 16;
  buffers[1].offset = 32;
  EXPECT_NE(launch().find("do not lie in an allocation"), std::string::npos);
  buffers[1].offset = 0;
  int local;
  buffers[1].handle = &local;
  EXPECT_NE(launch().find("did not allocate"), std::string::npos);
  EXPECT_FALSE(queue->write(buffers[0], dims, 65).isOk());
}

TEST(Drivers, NamesAreLowerCaseAndDistinct) {
  std::set<std::string> names;
  for (const std::unique_ptr<Driver> &driver : createAllDrivers()) {
    std::string name = driver->name();
    EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-"), std::string::npos) << name;
    EXPECT_TRUE(names.insert(name).second) << name;
    EXPECT_FALSE(driver->accepts().empty()) << name;
  }
  EXPECT_TRUE(names.count("host"));
}

} // namespace
} // namespace flex::rt
