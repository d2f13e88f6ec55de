//===- RatesTest.cpp - Calibration and where it is kept -------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// With a device that counts how often it is measured, and the host's own rates.
//
//===----------------------------------------------------------------------===//
#include "Support.h"

#include "Launch/Rates.h"
#include "flex/Runtime/Context.h"

#include <cmath>
#include <filesystem>
#include <set>

namespace flex::rt {
namespace {

/// A device that counts how often it is measured.
class Measured : public Device {
public:
  explicit Measured(std::string fingerprint = "1") {
    description.id = description.name = "measured";
    description.gflops = 1;
    description.fingerprint = std::move(fingerprint);
  }
  const DeviceDescription &info() const override { return description; }
  StatusOr<DeviceBuffer> allocate(int64_t) override { return Status(StatusCode::Unavailable, "not used"); }
  void release(const DeviceBuffer &) override {}
  StatusOr<std::unique_ptr<Executable>> loadProgram(const ImageKernel &, const ImageProgram &) override {
    return Status(StatusCode::Unavailable, "not used");
  }
  StatusOr<std::unique_ptr<Queue>> createQueue() override { return Status(StatusCode::Unavailable, "not used"); }
  RateTable measureRates() override { return {{"speed", 1.0 / 3 + ++measurements, "GFLOP/s"}, {"size", 64, "KiB"}}; }
  DeviceDescription useRates(const RateTable &rates) override {
    DeviceDescription out = description;
    out.gflops = rates.at(0).value;
    return out;
  }

  DeviceDescription description;
  int measurements = 0;
};

class RatesTest : public testing::Test {
protected:
  RatesTest() { options.directory = directory.path(); }
  test::TemporaryFolder directory;
  CacheOptions options;
  Measured device;
};

TEST_F(RatesTest, AreMeasuredOnceAndKeptExactly) {
  {
    Cache cache(options);
    Rates rates(cache);
    EXPECT_EQ(rates.calibrate(device, false).at(0).value, 1.0 / 3 + 1);
    EXPECT_EQ(rates.calibrate(device, false).size(), 2u);
    EXPECT_EQ(device.measurements, 1);
  }
  Cache cache(options); // another process
  Rates rates(cache);
  EXPECT_EQ(rates.describe(device, 0).gflops, 1.0 / 3 + 1);
  EXPECT_EQ(rates.calibrate(device, false).at(1).unit, "KiB");
  EXPECT_EQ(device.measurements, 1);
  const DeviceDescription &before = rates.describe(device, 0);
  EXPECT_EQ(rates.calibrate(device, true).at(0).value, 1.0 / 3 + 2);
  EXPECT_EQ(rates.describe(device, 0).gflops, 1.0 / 3 + 2);
  EXPECT_EQ(before.gflops, 1.0 / 3 + 1) << "somebody may still read it";
  Measured other("2");
  EXPECT_EQ(rates.describe(other, 0).gflops, 1) << "another machine's";
}

TEST_F(RatesTest, AreMeasuredByThemselvesAfterSomeWork) {
  Cache cache(options);
  Rates rates(cache);
  EXPECT_EQ(rates.describe(device, 0.1).gflops, 1);
  EXPECT_EQ(device.measurements, 0);
  EXPECT_EQ(rates.describe(device, 10).gflops, 1.0 / 3 + 1);
  EXPECT_EQ(rates.describe(device, 10).gflops, 1.0 / 3 + 1);
  EXPECT_EQ(device.measurements, 1);
}

TEST_F(RatesTest, AreNotMeasuredByThemselvesWhereTheyCannotBeKept) {
  options.disk = false;
  Cache cache(options);
  Rates rates(cache);
  EXPECT_EQ(rates.describe(device, 10).gflops, 1);
  EXPECT_EQ(device.measurements, 0);
}

TEST_F(RatesTest, DamagedOnesAreMeasuredAgain) {
  for (const char *text : {"", "speed", "speed 1", "speed 1 GFLOP/s", "speed x GFLOP/s\n", "speed -1 GFLOP/s\n",
                           "speed nan GFLOP/s\n", "speed  GFLOP/s\n"}) {
    std::string bytes = text;
    Cache cache(options);
    CacheKey key;
    key.add("kind", "rates")
        .add("format", "1")
        .add("device", "measured")
        .add("name", "measured")
        .add("fingerprint", "1");
    cache.store(key, {bytes.begin(), bytes.end()});
    ASSERT_TRUE(cache.lookup(key));
    Rates rates(cache);
    EXPECT_EQ(rates.describe(device, 0).gflops, 1) << text;
    int before = device.measurements;
    rates.calibrate(device, false);
    EXPECT_EQ(device.measurements, before + 1) << text;
  }
}

TEST(HostRates, ArePlausible) {
  ContextOptions options;
  options.cache.disk = false;
  Context context = *Context::create(options);
  auto rates = context.rates("host");
  ASSERT_TRUE(rates.isOk());
  std::set<std::string> names;
  for (const Rate &rate : *rates) {
    EXPECT_TRUE(std::isfinite(rate.value) && rate.value > 0) << rate.name;
    EXPECT_TRUE(names.insert(rate.name).second) << rate.name;
  }
  for (const char *name : {"fma.f32.128", "read.memory", "copy.memory", "stream.memory", "copy.memory.all"})
    EXPECT_TRUE(names.count(name)) << name;
}

} // namespace
} // namespace flex::rt
