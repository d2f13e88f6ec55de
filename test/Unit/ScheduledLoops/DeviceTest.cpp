//===- DeviceTest.cpp - Text form of device descriptions ------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What str() prints is what parse() reads, for every field; all else is refused.
//
//===----------------------------------------------------------------------===//
#include "flex/ScheduledLoops/DeviceDescription.h"

#include "gtest/gtest.h"

using namespace flex;
using namespace flex::tile;

namespace {

TEST(DeviceDescriptionTest, EveryFieldSurvivesText) {
  DeviceDescription device;
  device.model = ExecutionModel::Simt;
  device.vectorBits = 128;
  device.vectorRegisters = 17;
  device.cores = 18;
  device.l1Bytes = 19;
  device.l2Bytes = 20;
  device.l3Bytes = 21;
  device.waveSize = 64;
  device.maxGroupSize = 22;
  device.groupMemoryBytes = 23;
  device.streamingBytes = 24;
  device.gflops = 2.5;
  device.memoryGBs = 0.125;
  device.groupMemoryLimit = 25;
  device.asyncCopyBytes = 16;
  device.hasBulkCopy = true;
  device.matrixUnits = {
      {"mma", "f16", "f32", 16, 8, 16, 8, 32},
      {"wgmma", "bf16", "f32", 64, 8, 16, 256, 128, 1, OperandHome::Group, OperandHome::Group, OperandHome::Tensor},
      {"wmma", "f16", "f32", 16, 16, 16, 16, 32, 2}};
  auto read = DeviceDescription::parse(device.str());
  ASSERT_TRUE(read.isOk()) << read.status().str();
  EXPECT_EQ(read->model, ExecutionModel::Simt);
  EXPECT_EQ(read->vectorBits, 128);
  EXPECT_EQ(read->vectorRegisters, 17);
  EXPECT_EQ(read->cores, 18);
  EXPECT_EQ(read->l1Bytes, 19);
  EXPECT_EQ(read->l2Bytes, 20);
  EXPECT_EQ(read->l3Bytes, 21);
  EXPECT_EQ(read->waveSize, 64);
  EXPECT_EQ(read->maxGroupSize, 22);
  EXPECT_EQ(read->groupMemoryBytes, 23);
  EXPECT_EQ(read->streamingBytes, 24);
  EXPECT_EQ(read->gflops, 2.5);
  EXPECT_EQ(read->memoryGBs, 0.125);
  EXPECT_EQ(read->groupMemoryLimit, 25);
  EXPECT_EQ(read->asyncCopyBytes, 16);
  EXPECT_TRUE(read->hasBulkCopy);
  EXPECT_EQ(read->matrixUnits, device.matrixUnits);
  EXPECT_NE(device.str().find("matrix-units=mma/f16/f32/16x8x16/32/rrr+wgmma/bf16/f32/64x8-256x16/128/ggt+"
                              "wmma/f16/f32/16x16x16/32*2/rrr"),
            std::string::npos);
  EXPECT_EQ(read->str(), device.str());
  const MatrixUnit *wmma = read->findMatrixUnit("wmma.m16n16k16.f16");
  ASSERT_NE(wmma, nullptr);
  EXPECT_EQ(wmma->lanesOfA(), 16);
  EXPECT_EQ(wmma->lanesOfC(), 8);
  EXPECT_EQ(read->findMatrixUnit("wmma.m16n16k16.bf16"), nullptr);
}

TEST(DeviceDescriptionTest, MissingKeysKeepTheirDefaults) {
  auto read = DeviceDescription::parse("cores=3");
  ASSERT_TRUE(read.isOk());
  DeviceDescription expected;
  expected.cores = 3;
  EXPECT_EQ(read->str(), expected.str());
  auto empty = DeviceDescription::parse("");
  ASSERT_TRUE(empty.isOk());
  EXPECT_EQ(empty->str(), DeviceDescription().str());
}

TEST(DeviceDescriptionTest, RefusesWhatItCannotRead) {
  for (const char *text : {"model=tpu",
                           "model=",
                           "colour=red",
                           "cores",
                           "cores=",
                           "cores=0",
                           "cores=-1",
                           "cores=2x",
                           "cores=99999999999999999999",
                           "gflops=0",
                           "gflops=fast",
                           "=3",
                           "async-copy=-1",
                           "bulk-copy=2",
                           "matrix-units=mma",
                           "matrix-units=mma/f16/f32/16x8x16/32/rrr+",
                           "matrix-units=mma/f16/f32/16x8x16/32/rrx",
                           "matrix-units=mma/f16/f32/16x8/32/rrr",
                           "matrix-units=mma/f16/f32/16x8-12x16/32/rrr",
                           "matrix-units=//f32/16x8x16/32/rrr",
                           "cores=1,,l1=2"}) {
    auto read = DeviceDescription::parse(text);
    ASSERT_FALSE(read.isOk()) << text;
    EXPECT_EQ(read.status().code(), StatusCode::InvalidArgument);
    EXPECT_NE(read.status().message().find("expected key=value with a known key and a positive value"),
              std::string::npos);
  }
}

TEST(DeviceDescriptionTest, RatesAreFinite) {
  for (const char *text : {"gflops=inf", "gflops=nan", "memory-gbs=-inf"})
    EXPECT_FALSE(DeviceDescription::parse(text).isOk()) << text;
}

} // namespace
