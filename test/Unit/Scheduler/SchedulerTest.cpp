//===- SchedulerTest.cpp - Choices, corrections, failures, explanations ---===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Two invented devices: a near slow one and a far fast one.
//
//===----------------------------------------------------------------------===//
#include "flex/Runtime/Scheduler.h"

#include <gtest/gtest.h>

using namespace flex;
using namespace flex::rt;

namespace {

struct TwoDevices : testing::Test {
  DeviceDescription near, far;
  TwoDevices() {
    near.id = "near";
    near.gflops = 100;
    near.memoryGBs = 20;
    near.sharesHostMemory = true;
    far.id = "far";
    far.gflops = 10000;
    far.memoryGBs = 1000;
    far.transferGBs = 10;
    far.transferLatencyUs = 10;
    far.launchLatencyUs = 10;
  }
  std::vector<Candidate> candidates() {
    Candidate a, b;
    a.device = &near;
    b.device = &far;
    return {a, b};
  }
  static WorkDescription work(double flops, int64_t bytes) {
    WorkDescription work;
    work.kernel = "k";
    work.shapes = "x[1]";
    work.flops = flops;
    work.bytesMoved = static_cast<double>(bytes);
    work.inputBytes = bytes;
    return work;
  }
};

TEST_F(TwoDevices, SmallWorkStaysNear) {
  auto scheduler = createScheduler(Objective::Latency);
  EXPECT_EQ(scheduler->choose(work(1e3, 1000), candidates()).index, 0u);
}

TEST_F(TwoDevices, ArithmeticGoesFar) {
  auto scheduler = createScheduler(Objective::Latency);
  EXPECT_EQ(scheduler->choose(work(1e11, 1 << 20), candidates()).index, 1u);
}

TEST_F(TwoDevices, TransferKeepsStreamsNear) {
  // 1 GB at 10 GB/s to the far device against 20 GB/s of memory here.
  auto scheduler = createScheduler(Objective::Latency);
  EXPECT_EQ(scheduler->choose(work(1e6, 1000000000), candidates()).index, 0u);
}

TEST_F(TwoDevices, CompileTimeCountsOnceForLatencyAndIsSpreadForThroughput) {
  auto list = candidates();
  list[1].compileSeconds = 5;
  WorkDescription heavy = work(1e11, 1 << 20); // 1 s near, 0.01 s far
  EXPECT_EQ(createScheduler(Objective::Latency)->choose(heavy, list).index, 0u);
  EXPECT_EQ(createScheduler(Objective::Throughput)->choose(heavy, list).index, 1u);
}

TEST_F(TwoDevices, MeasuredTimeOfThisWorkReplacesTheModel) {
  auto scheduler = createScheduler(Objective::Latency);
  auto list = candidates();
  list[1].measuredSeconds = 3; // the model says 0.01 s
  list[1].measuredLaunches = 4;
  Decision decision = scheduler->choose(work(1e11, 1 << 20), list);
  EXPECT_EQ(decision.index, 0u);
  EXPECT_NE(decision.explanation.find("measured over 4 launches"), std::string::npos) << decision.explanation;
}

TEST_F(TwoDevices, OtherWorkIsCorrectedByTheRatioSeen) {
  auto scheduler = createScheduler(Objective::Latency);
  WorkDescription heavy = work(1e11, 1 << 20);
  for (int i = 0; i < 40; ++i)
    scheduler->recordLaunch(heavy, far, 10); // a thousand times slower than modelled
  EXPECT_EQ(scheduler->choose(work(2e11, 1 << 20), candidates()).index, 0u);
}

TEST_F(TwoDevices, AFailedDeviceIsLeftOutAndSaysWhy) {
  auto scheduler = createScheduler(Objective::Latency);
  WorkDescription heavy = work(1e11, 1 << 20);
  scheduler->recordFailure(heavy, far, Status(StatusCode::DeviceError, "lost"));
  Decision decision = scheduler->choose(heavy, candidates());
  EXPECT_EQ(decision.index, 0u);
  EXPECT_NE(decision.explanation.find("lost"), std::string::npos) << decision.explanation;
}

TEST_F(TwoDevices, WithAllDevicesOutTheBestIsTriedAgain) {
  auto scheduler = createScheduler(Objective::Latency);
  WorkDescription heavy = work(1e11, 1 << 20);
  scheduler->recordFailure(heavy, far, Status(StatusCode::DeviceError, "lost"));
  scheduler->recordFailure(heavy, near, Status(StatusCode::DeviceError, "lost"));
  EXPECT_EQ(scheduler->choose(heavy, candidates()).index, 1u);
}

TEST_F(TwoDevices, TheExplanationHoldsBothPredictionsAndWhatWouldFlipTheChoice) {
  auto scheduler = createScheduler(Objective::Latency);
  std::string text = scheduler->choose(work(1e6, 1000000000), candidates()).explanation;
  EXPECT_NE(text.find("near: "), std::string::npos) << text;
  EXPECT_NE(text.find("far: "), std::string::npos) << text;
  EXPECT_NE(text.find("chosen: near; far would win if the arguments were already in its memory"), std::string::npos)
      << text;
}

} // namespace
