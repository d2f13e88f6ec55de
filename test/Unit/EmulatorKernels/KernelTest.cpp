//===- KernelTest.cpp - MLIR's own kernels, and with faults ---------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Each kernel is right as it is, in every order of its threads that is tried; each
// fault that is put into its text is reported or gives wrong numbers.
//
//===----------------------------------------------------------------------===//
#include "Kernels.h"

#include "flex/Emulator/TensorMap.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace flex;
using namespace flex::test;
using emulator::TensorMap;

namespace {

using Half = _Float16;

/// Numbers whose products and sums are exact.
std::vector<Half> numbers(size_t count, unsigned start) {
  std::vector<Half> values(count);
  for (size_t i = 0; i < count; ++i)
    values[i] = static_cast<Half>(static_cast<float>((i * 7 + i / 13 + start) % 17) - 8);
  return values;
}

/// A (rows x depth) times B (depth x columns), both by rows.
std::vector<float> product(const std::vector<Half> &a, const std::vector<Half> &b, size_t rows, size_t columns,
                           size_t depth) {
  std::vector<float> c(rows * columns);
  for (size_t m = 0; m < rows; ++m)
    for (size_t n = 0; n < columns; ++n)
      for (size_t k = 0; k < depth; ++k)
        c[m * columns + n] += static_cast<float>(a[m * depth + k]) * static_cast<float>(b[k * columns + n]);
  return c;
}

template <typename T> EmulatedKernel::Buffer buffer(std::vector<T> &values) {
  return {values.data(), values.size() * sizeof(T)};
}

/// What a run came to: "" if its numbers are right, "wrong numbers", or the report.
using Outcome = std::string;

/// Compiles once, runs with several seeds; the first outcome that is not right.
template <typename Run> Outcome outcome(const std::string &text, const std::string &chip, Run run) {
  if (text.empty())
    return "the text has no such place";
  auto kernel = EmulatedKernel::compile(text, chip);
  if (!kernel)
    return kernel.status().message();
  for (uint64_t seed : {0, 1, 2, 3})
    if (Outcome found = run(**kernel, seed); !found.empty())
      return found;
  return "";
}

bool has(const Outcome &outcome, const char *text) {
  return outcome.find(text) != std::string::npos;
}

// -- cp.async, ldmatrix, mma.sync

Outcome runPipeline(const std::string &text) {
  return outcome(text, "sm_80", [](const EmulatedKernel &kernel, uint64_t seed) -> Outcome {
    auto a = numbers(32 * 80, 1), b = numbers(80 * 8, 2);
    std::vector<float> c(32 * 8, NAN);
    Status status = kernel.run(64, {buffer(a), buffer(b), buffer(c)}, seed);
    if (!status)
      return status.message();
    return c == product(a, b, 32, 8, 80) ? "" : "wrong numbers";
  });
}

TEST(MmaPipeline, IsRight) {
  EXPECT_EQ(runPipeline(kernelText("mma-pipeline.mlir")), "");
}

TEST(MmaPipeline, WithoutItsWait) {
  Outcome found = runPipeline(replaced(kernelText("mma-pipeline.mlir"), "nvvm.cp.async.wait.group 1", ""));
  EXPECT_TRUE(has(found, "a cp.async that its thread has not waited for")) << found;
}

TEST(MmaPipeline, WaitsForTooFewGroups) {
  Outcome found = runPipeline(
      replaced(kernelText("mma-pipeline.mlir"), "nvvm.cp.async.wait.group 1", "nvvm.cp.async.wait.group 2"));
  EXPECT_TRUE(has(found, "a cp.async that its thread has not waited for")) << found;
}

TEST(MmaPipeline, WithoutItsBarrier) {
  Outcome found = runPipeline(replaced(kernelText("mma-pipeline.mlir"), "      gpu.barrier\n", ""));
  EXPECT_NE(found, "");
}

TEST(MmaPipeline, AStageIsUsedAgainTooEarly) {
  // With two stages the copy goes where the other warp may still be reading.
  Outcome found = runPipeline(
      replaced(kernelText("mma-pipeline.mlir"), "%stages = arith.constant 3", "%stages = arith.constant 2"));
  EXPECT_NE(found, "");
}

TEST(MmaPipeline, CopiesBeyondTheMatrix) {
  Outcome found = runPipeline(
      replaced(kernelText("mma-pipeline.mlir"), "arith.cmpi ult, %next, %c5", "arith.cmpi ule, %next, %c5"));
  EXPECT_TRUE(has(found, "out-of-bounds")) << found;
}

// -- TMA and wgmma

TensorMap mapOf(std::vector<Half> &values, uint32_t rows, uint32_t columns, uint16_t boxRows, uint16_t boxColumns,
                uint8_t swizzle) {
  TensorMap map;
  map.rank = 2;
  map.elementBytes = 2;
  map.swizzle = swizzle;
  map.base = reinterpret_cast<uint64_t>(values.data());
  map.strides[0] = columns * 2;
  map.sizes[0] = columns, map.sizes[1] = rows;
  map.box[0] = boxColumns, map.box[1] = boxRows;
  map.elementStrides[0] = map.elementStrides[1] = 1;
  return map;
}

Outcome runWgmma(const std::string &text, uint8_t swizzle = 3) {
  return outcome(text, "sm_90a", [=](const EmulatedKernel &kernel, uint64_t seed) -> Outcome {
    auto a = numbers(128 * 64, 1), b = numbers(64 * 128, 2);
    std::vector<float> c(128 * 128, NAN);
    TensorMap mapA = mapOf(a, 128, 64, 128, 64, 3), mapB = mapOf(b, 64, 128, 64, 64, swizzle);
    Status status =
        kernel.run(128, {{&mapA, sizeof mapA}, {&mapB, sizeof mapB}, buffer(c)}, seed, {buffer(a), buffer(b)});
    if (!status)
      return status.message();
    return c == product(a, b, 128, 128, 64) ? "" : "wrong numbers";
  });
}

TEST(Wgmma, IsRight) {
  EXPECT_EQ(runWgmma(kernelText("wgmma.mlir")), "");
}

TEST(Wgmma, UpstreamsWaitLeavesAGroupPending) {
  // What nvgpu.warpgroup.mma emits by itself: wait_group 1 after its only commit.
  Outcome found = runWgmma(replaced(kernelText("wgmma.mlir"), "{transposeB, waitGroup = 0 : i64}", "{transposeB}"));
  EXPECT_TRUE(has(found, "ended before it waited for")) << found;
}

TEST(Wgmma, WithoutTheBarriersWait) {
  std::string text = kernelText("wgmma.mlir");
  size_t at = text.find("    nvgpu.mbarrier.try_wait.parity");
  ASSERT_NE(at, std::string::npos);
  Outcome found = runWgmma(text.erase(at, text.find('\n', at) - at));
  EXPECT_TRUE(has(found, "a bulk copy whose barrier nobody has waited for")) << found;
}

TEST(Wgmma, ExpectsTooFewBytes) {
  Outcome found =
      runWgmma(replaced(kernelText("wgmma.mlir"), "%bytes = arith.constant 32768", "%bytes = arith.constant 16384"));
  EXPECT_NE(found, "");
  EXPECT_FALSE(has(found, "wrong numbers")) << found;
}

TEST(Wgmma, AnotherSwizzleThanTheDescriptors) {
  EXPECT_EQ(runWgmma(kernelText("wgmma.mlir"), 0), "wrong numbers");
}

TEST(Wgmma, AMisplacedTile) {
  Outcome found = runWgmma(replaced(kernelText("wgmma.mlir"), "alignment = 1024", "alignment = 128"));
  EXPECT_TRUE(has(found, "must be a multiple of 1024")) << found;
}

// -- TMA stores

Outcome runStore(const std::string &text) {
  return outcome(text, "sm_90a", [](const EmulatedKernel &kernel, uint64_t seed) -> Outcome {
    std::vector<Half> out(8 * 64);
    TensorMap map = mapOf(out, 8, 64, 8, 64, 0);
    Status status = kernel.run(64, {{&map, sizeof map}}, seed, {buffer(out)});
    if (!status)
      return status.message();
    for (unsigned i = 0; i < out.size(); ++i)
      if (out[i] != static_cast<Half>(static_cast<float>(i % 64)))
        return "wrong numbers";
    return "";
  });
}

TEST(TmaStore, IsRight) {
  EXPECT_EQ(runStore(kernelText("tma-store.mlir")), "");
}

TEST(TmaStore, WithoutItsFence) {
  std::string text = kernelText("tma-store.mlir");
  size_t at = text.find("nvvm.fence.proxy");
  ASSERT_NE(at, std::string::npos);
  Outcome found = runStore(text.erase(at, text.find('\n', at) - at));
  EXPECT_TRUE(has(found, "without a fence.proxy.async after it")) << found;
}

TEST(TmaStore, WithoutItsWait) {
  EXPECT_EQ(runStore(replaced(kernelText("tma-store.mlir"), "nvvm.cp.async.bulk.wait_group 0 {read}", "")),
            "wrong numbers");
}

TEST(TmaStore, WithoutItsBarrier) {
  EXPECT_NE(runStore(replaced(kernelText("tma-store.mlir"), "      gpu.barrier\n", "")), "");
}

// -- MFMA and WMMA

/// B by columns.
std::vector<float> productOfColumns(const std::vector<Half> &a, const std::vector<Half> &b) {
  std::vector<Half> rows(256);
  for (unsigned k = 0; k < 16; ++k)
    for (unsigned n = 0; n < 16; ++n)
      rows[k * 16 + n] = b[n * 16 + k];
  return product(a, rows, 16, 16, 16);
}

TEST(Mfma, IsRight) {
  for (const char *chip : {"gfx90a", "gfx942", "gfx950"})
    EXPECT_EQ(outcome(kernelText("mfma.mlir"), chip,
                      [](const EmulatedKernel &kernel, uint64_t seed) -> Outcome {
                        auto a = numbers(256, 1), b = numbers(256, 2);
                        std::vector<float> c(256, NAN), expected = productOfColumns(a, b);
                        Status status = kernel.run(64, {buffer(a), buffer(b), buffer(c)}, seed);
                        if (!status)
                          return status.message();
                        for (unsigned m = 0; m < 16; ++m)
                          for (unsigned n = 0; n < 16; ++n)
                            if (c[n * 16 + m] != expected[m * 16 + n])
                              return "wrong numbers";
                        return "";
                      }),
              "")
        << chip;
}

/// `rowOf(lane, element)`: of the sums that a lane has.
template <typename Row> Outcome runWmma(const char *name, const char *chip, Row rowOf) {
  return outcome(kernelText(name), chip, [=](const EmulatedKernel &kernel, uint64_t seed) -> Outcome {
    auto a = numbers(256, 1), b = numbers(256, 2);
    std::vector<float> c(256, NAN), expected = productOfColumns(a, b);
    Status status = kernel.run(32, {buffer(a), buffer(b), buffer(c)}, seed);
    if (!status)
      return status.message();
    for (unsigned lane = 0; lane < 32; ++lane)
      for (unsigned r = 0; r < 8; ++r)
        if (c[lane * 8 + r] != expected[rowOf(lane, r) * 16 + lane % 16])
          return "wrong numbers";
    return "";
  });
}

TEST(Wmma, IsRight) {
  EXPECT_EQ(runWmma("wmma.mlir", "gfx1100", [](unsigned lane, unsigned r) { return 2 * r + lane / 16; }), "");
  EXPECT_EQ(runWmma("wmma-gfx12.mlir", "gfx1201", [](unsigned lane, unsigned r) { return lane / 16 * 8 + r; }), "");
}

TEST(Buffers, Bounds) {
  for (const char *chip : {"gfx942", "gfx1100"})
    EXPECT_EQ(outcome(kernelText("buffer.mlir"), chip,
                      [](const EmulatedKernel &kernel, uint64_t seed) -> Outcome {
                        std::vector<float> from(40, 5), to(40, NAN);
                        Status status = kernel.run(64, {buffer(from), buffer(to)}, seed);
                        if (!status)
                          return status.message();
                        return to == std::vector<float>(40, 6) ? "" : "wrong numbers";
                      }),
              "")
        << chip;
}

} // namespace
