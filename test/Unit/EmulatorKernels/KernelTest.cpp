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

#include "../Emulator/TensorMaps.h"

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

/// Of one run.
Outcome judged(const Status &status, bool isRight) {
  return !status ? status.message() : isRight ? "" : "wrong numbers";
}

/// Compiles once, runs with several seeds; the first outcome that is not right.
template <typename Run> Outcome outcome(const std::string &text, const std::string &chip, Run run) {
  EXPECT_NE(text, "") << "the text has no such place";
  auto kernel = EmulatedKernel::compile(text, chip);
  if (!kernel)
    return kernel.status().message();
  for (uint64_t seed : {0, 1, 2, 3})
    if (Outcome found = run(**kernel, seed); !found.empty())
      return found;
  return "";
}

void expectReport(const Outcome &found, const char *said) {
  EXPECT_NE(found.find(said), std::string::npos) << found;
}

/// With the first `from` in the kernel's text replaced.
std::string with(const char *kernel, const char *from, const char *to) {
  return replaced(kernelText(kernel), from, to);
}

/// Without the rest of the line from `start` on.
std::string withoutLine(const char *kernel, const char *start) {
  std::string text = kernelText(kernel);
  size_t at = text.find(start);
  return at == std::string::npos ? "" : text.erase(at, text.find('\n', at) - at);
}

// -- cp.async, ldmatrix, mma.sync

Outcome runPipeline(const std::string &text) {
  return outcome(text, "sm_80", [](const EmulatedKernel &kernel, uint64_t seed) -> Outcome {
    auto a = numbers(32 * 80, 1), b = numbers(80 * 8, 2);
    std::vector<float> c(32 * 8, NAN);
    Status status = kernel.run(64, {buffer(a), buffer(b), buffer(c)}, seed);
    return judged(status, c == product(a, b, 32, 8, 80));
  });
}

TEST(MmaPipeline, IsRight) {
  EXPECT_EQ(runPipeline(kernelText("mma-pipeline.mlir")), "");
}

TEST(MmaPipeline, WithoutItsWait) {
  expectReport(runPipeline(with("mma-pipeline.mlir", "nvvm.cp.async.wait.group 1", "")),
               "a cp.async that its thread has not waited for");
}

TEST(MmaPipeline, WaitsForTooFewGroups) {
  expectReport(runPipeline(with("mma-pipeline.mlir", "nvvm.cp.async.wait.group 1", "nvvm.cp.async.wait.group 2")),
               "a cp.async that its thread has not waited for");
}

TEST(MmaPipeline, WithoutItsBarrier) {
  EXPECT_NE(runPipeline(with("mma-pipeline.mlir", "      gpu.barrier\n", "")), "");
}

TEST(MmaPipeline, AStageIsUsedAgainTooEarly) {
  // With two stages the copy goes where the other warp may still be reading.
  EXPECT_NE(runPipeline(with("mma-pipeline.mlir", "%stages = arith.constant 3", "%stages = arith.constant 2")), "");
}

TEST(MmaPipeline, CopiesBeyondTheMatrix) {
  expectReport(runPipeline(with("mma-pipeline.mlir", "arith.cmpi ult, %next, %c5", "arith.cmpi ule, %next, %c5")),
               "out-of-bounds");
}

// -- TMA and wgmma

TensorMap mapOf(std::vector<Half> &values, uint32_t rows, uint32_t columns, uint16_t boxRows, uint16_t boxColumns,
                uint8_t swizzle) {
  return matrixMap(values.data(), rows, columns, columns, boxRows, boxColumns, swizzle);
}

Outcome runWgmma(const std::string &text, uint8_t swizzle = 3) {
  return outcome(text, "sm_90a", [=](const EmulatedKernel &kernel, uint64_t seed) -> Outcome {
    auto a = numbers(128 * 64, 1), b = numbers(64 * 128, 2);
    std::vector<float> c(128 * 128, NAN);
    TensorMap mapA = mapOf(a, 128, 64, 128, 64, 3), mapB = mapOf(b, 64, 128, 64, 64, swizzle);
    Status status =
        kernel.run(128, {{&mapA, sizeof mapA}, {&mapB, sizeof mapB}, buffer(c)}, seed, {buffer(a), buffer(b)});
    return judged(status, c == product(a, b, 128, 128, 64));
  });
}

TEST(Wgmma, IsRight) {
  EXPECT_EQ(runWgmma(kernelText("wgmma.mlir")), "");
}

TEST(Wgmma, UpstreamsWaitLeavesAGroupPending) {
  // What nvgpu.warpgroup.mma emits by itself: wait_group 1 after its only commit.
  expectReport(runWgmma(with("wgmma.mlir", "{transposeB, waitGroup = 0 : i64}", "{transposeB}")),
               "the sums of a wgmma are used");
}

TEST(Wgmma, WithoutTheBarriersWait) {
  expectReport(runWgmma(withoutLine("wgmma.mlir", "    nvgpu.mbarrier.try_wait.parity")),
               "a bulk copy whose barrier nobody has waited for");
}

TEST(Wgmma, ExpectsTooFewBytes) {
  Outcome found = runWgmma(with("wgmma.mlir", "%bytes = arith.constant 32768", "%bytes = arith.constant 16384"));
  EXPECT_NE(found, "");
  EXPECT_NE(found, "wrong numbers");
}

TEST(Wgmma, AnotherSwizzleThanTheDescriptors) {
  EXPECT_EQ(runWgmma(kernelText("wgmma.mlir"), 0), "wrong numbers");
}

TEST(Wgmma, AMisplacedTile) {
  expectReport(runWgmma(with("wgmma.mlir", "alignment = 1024", "alignment = 128")), "must be a multiple of 1024");
}

// -- TMA stores

Outcome runStore(const std::string &text) {
  return outcome(text, "sm_90a", [](const EmulatedKernel &kernel, uint64_t seed) -> Outcome {
    std::vector<Half> out(8 * 64), expected(8 * 64);
    for (unsigned i = 0; i < expected.size(); ++i)
      expected[i] = static_cast<Half>(static_cast<float>(i % 64));
    TensorMap map = mapOf(out, 8, 64, 8, 64, 0);
    Status status = kernel.run(64, {{&map, sizeof map}}, seed, {buffer(out)});
    return judged(status, out == expected);
  });
}

TEST(TmaStore, IsRight) {
  EXPECT_EQ(runStore(kernelText("tma-store.mlir")), "");
}

TEST(TmaStore, WithoutItsFence) {
  expectReport(runStore(withoutLine("tma-store.mlir", "nvvm.fence.proxy")), "without a fence.proxy.async after it");
}

TEST(TmaStore, WithoutItsWait) {
  EXPECT_EQ(runStore(with("tma-store.mlir", "nvvm.cp.async.bulk.wait_group 0 {read}", "")), "wrong numbers");
}

TEST(TmaStore, WithoutItsBarrier) {
  EXPECT_NE(runStore(with("tma-store.mlir", "      gpu.barrier\n", "")), "");
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

/// 16 x 16 x 16 by one wave. `placeOf(i)`: of the i-th number that the kernel stores, in the product.
template <typename Place> Outcome runTile(const char *name, const char *chip, unsigned threads, Place placeOf) {
  return outcome(kernelText(name), chip, [=](const EmulatedKernel &kernel, uint64_t seed) -> Outcome {
    auto a = numbers(256, 1), b = numbers(256, 2);
    std::vector<float> c(256, NAN), expected(256), whole = productOfColumns(a, b);
    for (unsigned i = 0; i < 256; ++i)
      expected[i] = whole[placeOf(i)];
    Status status = kernel.run(threads, {buffer(a), buffer(b), buffer(c)}, seed);
    return judged(status, c == expected);
  });
}

TEST(Mfma, IsRight) {
  auto transposed = [](unsigned i) { return i % 16 * 16 + i / 16; };
  for (const char *chip : {"gfx90a", "gfx942", "gfx950"})
    EXPECT_EQ(runTile("mfma.mlir", chip, 64, transposed), "") << chip;
}

TEST(Wmma, IsRight) {
  // A lane stores the eight sums it has, of column lane % 16.
  auto everySecondRow = [](unsigned i) { return (i % 8 * 2 + i / 128) * 16 + i / 8 % 16; };
  auto rowsInARow = [](unsigned i) { return (i / 128 * 8 + i % 8) * 16 + i / 8 % 16; };
  EXPECT_EQ(runTile("wmma.mlir", "gfx1100", 32, everySecondRow), "");
  EXPECT_EQ(runTile("wmma-gfx12.mlir", "gfx1201", 32, rowsInARow), "");
}

TEST(Buffers, Bounds) {
  for (const char *chip : {"gfx942", "gfx1100"})
    EXPECT_EQ(outcome(kernelText("buffer.mlir"), chip,
                      [](const EmulatedKernel &kernel, uint64_t seed) -> Outcome {
                        std::vector<float> from(40, 5), to(40, NAN);
                        Status status = kernel.run(64, {buffer(from), buffer(to)}, seed);
                        return judged(status, to == std::vector<float>(40, 6));
                      }),
              "")
        << chip;
}

} // namespace
