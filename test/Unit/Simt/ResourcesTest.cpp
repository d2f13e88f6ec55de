//===- ResourcesTest.cpp - What a code object says of its kernels ---------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The AMDGPU target's notes, read back: registers, spills, group memory. And any
// bytes must give a value or a Status.
//
//===----------------------------------------------------------------------===//
#include "AMDGPU/Target.h"
#include "Compile.h"
#include "Kernels.h"

#include <gtest/gtest.h>

#include <random>

using namespace flex;
using namespace flex::test;

namespace {

std::string codeObject(const std::string &chip, const std::string &text) {
  auto payload = compile(chip, text);
  EXPECT_TRUE(payload.isOk()) << payload.status().str();
  return payload ? std::string(payload->bytes.begin(), payload->bytes.end()) : "";
}

TEST(Resources, NotesSayWhatTheKernelTakes) {
  for (const std::string &chip : chipsOf("amdgpu")) {
    auto kernels = amdgpu::readResources(codeObject(chip, kMatmul));
    ASSERT_TRUE(kernels.isOk()) << kernels.status().str();
    ASSERT_EQ(kernels->size(), 1u);
    const amdgpu::KernelResources &kernel = kernels->front();
    EXPECT_EQ(kernel.name, "matmul");
    EXPECT_EQ(kernel.groupSize, 256);
    EXPECT_EQ(kernel.ldsBytes, 2 * 256 * 4);
    EXPECT_EQ(kernel.argumentBytes, 6 * 8) << "three buffers and three dims, nothing hidden";
    EXPECT_EQ(kernel.waveSize, chip.starts_with("amdgpu:gfx9") ? 64 : 32);
    EXPECT_EQ(kernel.scratchBytes, 0);
    EXPECT_EQ(kernel.vectorSpills, 0);
    EXPECT_EQ(kernel.scalarSpills, 0);
    EXPECT_GT(kernel.vectorRegisters, 4);
    EXPECT_LT(kernel.vectorRegisters, 128);
  }
}

TEST(Resources, DamageIsAStatusOrAValue) {
  std::string whole = codeObject("amdgpu:gfx1100", kVectorAdd);
  std::mt19937 generator(1);
  for (int round = 0; round < 300; ++round) {
    std::string bytes = whole;
    for (int i = 0; i < 4; ++i)
      bytes[generator() % bytes.size()] = static_cast<char>(generator());
    if (round % 3 == 0)
      bytes.resize(generator() % bytes.size());
    (void)amdgpu::readResources(bytes).isOk();
  }
  auto nothing = amdgpu::readResources("not an object");
  ASSERT_FALSE(nothing.isOk());
  EXPECT_EQ(nothing.status().code(), StatusCode::DataLoss);
}

} // namespace
