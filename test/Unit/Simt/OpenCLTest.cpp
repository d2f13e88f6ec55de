//===- OpenCLTest.cpp - Scheduled loops run on OpenCL devices -------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Compiled by the SPIRV target, loaded and launched through the driver's seam,
// compared with the host. Skips where no device is found.
//
//===----------------------------------------------------------------------===//
#include "Compile.h"
#include "Kernels.h"
#include "flex/Runtime/Driver.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

namespace flex::rt {
std::unique_ptr<Driver> createOpenCLDriver();
}

using namespace flex;
using namespace flex::test;

namespace {

/// One argument: host memory that goes to the device before and comes back after the launch.
struct Argument {
  void *data;
  size_t bytes;
};
template <typename T> Argument argument(std::vector<T> &values) {
  return {values.data(), values.size() * sizeof(T)};
}

class OpenCL : public testing::Test {
protected:
  static void SetUpTestSuite() {
    driver = rt::createOpenCLDriver();
    found = std::make_unique<rt::DriverDevices>(driver->openDevices({}));
  }
  static void TearDownTestSuite() {
    found.reset();
    driver.reset();
  }
  void SetUp() override {
    if (!found->devices.empty())
      return;
    GTEST_SKIP() << (found->skipped.empty() ? "no device" : found->skipped[0].reason);
  }
  rt::Device &device() { return *found->devices[0]; }

  /// The program of one launch, as the pipeline would put it into an image.
  static ImageProgram program(const std::string &entry, std::vector<uint8_t> payload, int64_t groupSize, size_t buffers,
                              std::vector<std::string> dims) {
    ImageProgram result;
    result.format = "spirv";
    result.payload = std::move(payload);
    ImageLaunch launch;
    launch.entry = entry;
    launch.dims = std::move(dims);
    launch.groupSize = groupSize;
    for (size_t i = 0; i < buffers; ++i)
      launch.buffers.push_back(static_cast<int64_t>(i));
    result.launches.push_back(launch);
    return result;
  }

  /// Compiles, loads and runs once; the arguments come back changed.
  Status run(const std::string &text, const std::string &entry, int64_t groupSize, std::vector<Argument> arguments,
             std::vector<int64_t> dims, int64_t items) {
    auto payload = compile(device().info().target, text);
    if (!payload)
      return payload.status();
    ImageKernel kernel;
    kernel.name = entry;
    auto executable = device().loadProgram(kernel, program(entry, payload->bytes, groupSize, arguments.size(),
                                                           std::vector<std::string>(dims.size(), "D")));
    if (!executable)
      return executable.status();
    return launch(**executable, arguments, dims, items);
  }

  Status launch(const rt::Executable &executable, const std::vector<Argument> &arguments,
                const std::vector<int64_t> &dims, int64_t items) {
    auto queue = device().createQueue();
    if (!queue)
      return queue.status();
    std::vector<rt::DeviceBuffer> buffers;
    for (const Argument &argument : arguments) {
      auto buffer = device().allocate(static_cast<int64_t>(argument.bytes));
      if (!buffer)
        return buffer.status();
      buffers.push_back(*buffer);
      FLEX_RETURN_IF_ERROR((*queue)->write(*buffer, argument.data, buffer->bytes));
    }
    rt::LaunchArguments given;
    given.buffers = buffers.data();
    given.bufferCount = buffers.size();
    given.dims = dims.data();
    given.dimCount = dims.size();
    given.items = items;
    FLEX_RETURN_IF_ERROR((*queue)->launch(executable, given));
    for (size_t i = 0; i < arguments.size(); ++i)
      FLEX_RETURN_IF_ERROR((*queue)->read(arguments[i].data, buffers[i], buffers[i].bytes));
    Status status = (*queue)->finish();
    for (const rt::DeviceBuffer &buffer : buffers)
      device().release(buffer);
    return status;
  }

  static inline std::unique_ptr<rt::Driver> driver;
  static inline std::unique_ptr<rt::DriverDevices> found;
};

std::vector<float> randoms(size_t count, unsigned seed) {
  std::mt19937 generator(seed);
  std::uniform_real_distribution<float> distribution(-1, 1);
  std::vector<float> values(count);
  for (float &value : values)
    value = distribution(generator);
  return values;
}

TEST_F(OpenCL, DeviceDescribesItself) {
  const rt::DeviceDescription &info = device().info();
  EXPECT_EQ(info.id.substr(0, 7), "opencl:");
  EXPECT_EQ(info.formats, std::vector<std::string>{"spirv"});
  EXPECT_GT(info.gflops, 0);
  EXPECT_GT(info.memoryBytes, 0);
  EXPECT_TRUE(target::createChip(info.target).isOk()) << info.target;
  RecordProperty("device", info.name);
}

TEST_F(OpenCL, VectorAddWithTail) {
  for (int64_t n : {1, 3, 4, 1023, 1024, 1025, 5000}) {
    std::vector<float> a = randoms(n, 1), b = randoms(n, 2), c(n + 8, -7);
    Status status = run(kVectorAdd, "vadd", 256, {argument(a), argument(b), argument(c)}, {n}, (n + 1023) / 1024);
    ASSERT_TRUE(status.isOk()) << status.str();
    for (int64_t i = 0; i < n; ++i)
      ASSERT_EQ(c[i], a[i] + b[i]) << "n " << n << " i " << i;
    for (int64_t i = n; i < n + 8; ++i)
      ASSERT_EQ(c[i], -7) << "written past the end, n " << n;
  }
}

TEST_F(OpenCL, SumsOverGroupsOfAllSizes) {
  constexpr int64_t kRows = 5, kColumns = 333;
  for (int group : {1, 2, 7, 8, 32, 48, 96, 256}) {
    std::vector<float> x = randoms(kRows * kColumns, 3), out(kRows);
    Status status = run(rowReduction("sum", "f32", "0.0", "arith.addf", group), "rows", group,
                        {argument(x), argument(out)}, {kRows, kColumns}, kRows);
    ASSERT_TRUE(status.isOk()) << status.str();
    for (int64_t r = 0; r < kRows; ++r) {
      double sum = 0;
      for (int64_t i = 0; i < kColumns; ++i)
        sum += x[r * kColumns + i];
      EXPECT_NEAR(out[r], sum, 1e-4) << "group " << group;
    }
  }
}

TEST_F(OpenCL, ExtremaPassNaNOnAndOrderZeros) {
  std::string text = rowReduction("max", "f32", "0xFF800000", "arith.maximumf", 32);
  std::vector<float> x = {1, 2, std::nanf(""), 4, -0.0f, 0.0f, -0.0f, -1}, out(2);
  Status status = run(text, "rows", 32, {argument(x), argument(out)}, {2, 4}, 2);
  ASSERT_TRUE(status.isOk()) << status.str();
  EXPECT_TRUE(std::isnan(out[0]));
  EXPECT_EQ(out[1], 0.0f);
  EXPECT_FALSE(std::signbit(out[1]));
}

TEST_F(OpenCL, ReducesIntegersAndBooleans) {
  std::vector<int64_t> wide = {7, -3, int64_t(1) << 40, 5}, least(1);
  Status status = run(rowReduction("min", "i64", "9223372036854775807", "arith.minsi", 64), "rows", 64,
                      {argument(wide), argument(least)}, {1, 4}, 1);
  ASSERT_TRUE(status.isOk()) << status.str();
  EXPECT_EQ(least[0], -3);
  std::vector<uint8_t> flags = {0, 0, 0, 1, 0, 0, 0, 0}, any(2, 9);
  status =
      run(rowReduction("any", "i1", "0", "arith.ori", 16), "rows", 16, {argument(flags), argument(any)}, {2, 4}, 2);
  ASSERT_TRUE(status.isOk()) << status.str();
  EXPECT_EQ(any[0], 1);
  EXPECT_EQ(any[1], 0);
}

TEST_F(OpenCL, MomentsReduceTwiceInOneKernel) {
  constexpr int64_t kRows = 9, kColumns = 517;
  std::vector<float> x = randoms(kRows * kColumns, 4), out(x.size()), deviation(kRows);
  Status status =
      run(kRowMoments, "moments", 128, {argument(x), argument(out), argument(deviation)}, {kRows, kColumns}, kRows);
  ASSERT_TRUE(status.isOk()) << status.str();
  for (int64_t r = 0; r < kRows; ++r) {
    double sum = 0, squares = 0;
    for (int64_t i = 0; i < kColumns; ++i)
      sum += x[r * kColumns + i];
    double mean = sum / kColumns;
    for (int64_t i = 0; i < kColumns; ++i)
      squares += (x[r * kColumns + i] - mean) * (x[r * kColumns + i] - mean);
    EXPECT_NEAR(deviation[r], std::sqrt(squares / kColumns), 1e-5);
    EXPECT_NEAR(out[r * kColumns + 3], std::pow(x[r * kColumns + 3] - mean, 2), 1e-5);
  }
}

TEST_F(OpenCL, MatmulThroughSharedRings) {
  for (auto [m, n, k] : {std::tuple<int64_t, int64_t, int64_t>(16, 16, 16), {33, 17, 50}, {64, 48, 1}, {1, 100, 19}}) {
    std::vector<float> a = randoms(m * k, 5), b = randoms(k * n, 6), c(m * n);
    Status status = run(kMatmul, "matmul", 256, {argument(a), argument(b), argument(c)}, {m, n, k},
                        ((m + 15) / 16) * ((n + 15) / 16));
    ASSERT_TRUE(status.isOk()) << status.str();
    for (int64_t i = 0; i < m; ++i)
      for (int64_t j = 0; j < n; ++j) {
        double sum = 0;
        for (int64_t l = 0; l < k; ++l)
          sum += static_cast<double>(a[i * k + l]) * b[l * n + j];
        ASSERT_NEAR(c[i * n + j], sum, 1e-4) << m << "x" << n << "x" << k << " at " << i << "," << j;
      }
  }
}

TEST_F(OpenCL, PartsOfAnAllocationAreArguments) {
  auto payload = compile(device().info().target, kVectorAdd);
  ASSERT_TRUE(payload.isOk()) << payload.status().str();
  ImageKernel kernel;
  auto executable = device().loadProgram(kernel, program("vadd", payload->bytes, 256, 3, {"N"}));
  ASSERT_TRUE(executable.isOk()) << executable.status().str();
  auto queue = device().createQueue();
  ASSERT_TRUE(queue.isOk());
  constexpr int64_t kCount = 100, kBytes = kCount * 4, kStride = 448;
  auto arena = device().allocate(3 * kStride);
  ASSERT_TRUE(arena.isOk());
  rt::DeviceBuffer parts[3];
  for (int64_t i = 0; i < 3; ++i)
    parts[i] = {arena->handle, i * kStride, kBytes};
  std::vector<float> a = randoms(kCount, 7), b = randoms(kCount, 8), c(kCount);
  ASSERT_TRUE((*queue)->write(parts[0], a.data(), kBytes).isOk());
  ASSERT_TRUE((*queue)->write(parts[1], b.data(), kBytes).isOk());
  rt::LaunchArguments given;
  int64_t dims[] = {kCount};
  given.buffers = parts;
  given.bufferCount = 3;
  given.dims = dims;
  given.dimCount = 1;
  given.items = 1;
  ASSERT_TRUE((*queue)->launch(**executable, given).isOk());
  ASSERT_TRUE((*queue)->read(c.data(), parts[2], kBytes).isOk());
  ASSERT_TRUE((*queue)->finish().isOk());
  for (int64_t i = 0; i < kCount; ++i)
    ASSERT_EQ(c[i], a[i] + b[i]);
  parts[0].offset = 4; // compiled code relies on the alignment
  Status status = (*queue)->launch(**executable, given);
  EXPECT_EQ(status.code(), StatusCode::InvalidArgument) << status.str();
  device().release(*arena);
}

TEST_F(OpenCL, DamagedAndMismatchedProgramsAreStatuses) {
  ImageKernel kernel;
  std::vector<uint8_t> noise(64, 0x5a);
  EXPECT_FALSE(device().loadProgram(kernel, program("vadd", noise, 256, 3, {"N"})).isOk());
  auto payload = compile(device().info().target, kVectorAdd);
  ASSERT_TRUE(payload.isOk());
  auto noEntry = device().loadProgram(kernel, program("nothing", payload->bytes, 256, 3, {"N"}));
  ASSERT_FALSE(noEntry.isOk());
  EXPECT_EQ(noEntry.status().code(), StatusCode::DataLoss) << noEntry.status().str();
  auto fewArguments = device().loadProgram(kernel, program("vadd", payload->bytes, 256, 2, {"N"}));
  ASSERT_FALSE(fewArguments.isOk());
  EXPECT_EQ(fewArguments.status().code(), StatusCode::DataLoss) << fewArguments.status().str();
}

TEST_F(OpenCL, HugeAllocationsAreExhaustion) {
  auto buffer = device().allocate(std::numeric_limits<int64_t>::max() / 2);
  ASSERT_FALSE(buffer.isOk());
  EXPECT_EQ(buffer.status().code(), StatusCode::ResourceExhausted);
}

} // namespace
