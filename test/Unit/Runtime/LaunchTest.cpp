//===- LaunchTest.cpp - Images on devices --------------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Kernels of a loaded image through the C++ interface: every kind of buffer,
// strides, overlap, empty tensors, many threads, inconsistent images.
//
//===----------------------------------------------------------------------===//
#include "Support.h"

#include "flex/Runtime/Context.h"

#include <algorithm>
#include <numeric>
#include <thread>

namespace flex::rt {
namespace {

using test::e;

class Launch : public testing::Test {
protected:
  void SetUp() override {
    ContextOptions options;
    options.cache.disk = false;
    options.device = "host";
    options.drivers.threads = 3;
    context = std::make_unique<Context>(*Context::create(options));
  }
  StatusOr<Kernel> load(std::vector<ImageKernel> kernels, const std::string &name = "") {
    std::vector<uint8_t> bytes = test::imageOf(std::move(kernels));
    auto module = context->loadImage(bytes.data(), bytes.size());
    if (!module)
      return module.status();
    return module->kernel(name);
  }
  Kernel twice() { return *load({test::twiceKernel(payload)}); }

  static Status run(const Kernel &kernel, std::vector<test::Tensor> args, std::vector<test::Tensor> results,
                    LaunchReport *report = nullptr, const LaunchOptions &options = {}) {
    std::vector<const DLTensor *> in, out;
    for (test::Tensor &t : args)
      in.push_back(t.get());
    for (test::Tensor &t : results)
      out.push_back(t.get());
    return kernel.launch(in.data(), in.size(), out.data(), out.size(), options, report);
  }

  const std::vector<uint8_t> payload = test::kernelPayload();
  std::unique_ptr<Context> context;
};

std::vector<float> ramp(size_t count) {
  std::vector<float> out(count);
  std::iota(out.begin(), out.end(), 1.0f);
  return out;
}

TEST_F(Launch, RunsAndReports) {
  std::vector<float> x = ramp(1000), y(1000);
  LaunchReport report;
  Status status = run(twice(), {{x, {1000}}}, {{y, {1000}}}, &report);
  ASSERT_TRUE(status.isOk()) << status.str();
  for (size_t i = 0; i < x.size(); ++i)
    ASSERT_EQ(y[i], 2 * x[i]);
  EXPECT_EQ(report.device, "host");
  EXPECT_EQ(report.origin, CodeOrigin::Image);
  EXPECT_EQ(report.flops, 1000);
  EXPECT_GT(report.runSeconds, 0);
  EXPECT_NE(report.explanation.find("kernel twice(x: f32[1000] -> f32[1000])"), std::string::npos)
      << report.explanation;
}

// Constants, temporaries in the arena, workspaces, three launches in order.
TEST_F(Launch, EveryKindOfBuffer) {
  Kernel kernel = *load({test::pipelineKernel(payload)});
  for (int64_t m : {1, 2, 7, 100}) {
    for (int64_t n : {1, 5, 16}) {
      std::vector<float> x = ramp(static_cast<size_t>(m * n)), y(static_cast<size_t>(m));
      Status status = run(kernel, {{x, {m, n}}}, {{y, {m}}});
      ASSERT_TRUE(status.isOk()) << status.str();
      for (int64_t i = 0; i < m; ++i) {
        float expected = 0;
        for (int64_t j = 0; j < n; ++j)
          expected += 2 * (x[static_cast<size_t>(i * n + j)] + static_cast<float>(j));
        ASSERT_FLOAT_EQ(y[static_cast<size_t>(i)], expected) << m << "x" << n << " row " << i;
      }
    }
  }
}

TEST_F(Launch, StepsAreTimedOneByOne) {
  Kernel kernel = *load({test::pipelineKernel(payload)});
  std::vector<float> x = ramp(4000), y(1000);
  std::vector<StepTime> steps = {{"of another launch", 1}};
  LaunchReport report;
  LaunchOptions options;
  options.steps = &steps;
  ASSERT_TRUE(run(kernel, {{x, {1000, 4}}}, {{y, {1000}}}, &report, options).isOk());
  ASSERT_EQ(steps.size(), 3u);
  EXPECT_EQ(steps[0].entry, "add_row");
  double sum = 0;
  for (const StepTime &step : steps) {
    EXPECT_GT(step.seconds, 0);
    sum += step.seconds;
  }
  EXPECT_LE(sum, report.runSeconds);
}

TEST_F(Launch, SecondRunIsFromMemory) {
  Kernel kernel = twice();
  std::vector<float> x = ramp(4), y(4);
  LaunchReport report;
  for (CodeOrigin expected : {CodeOrigin::Image, CodeOrigin::Memory, CodeOrigin::Memory}) {
    ASSERT_TRUE(run(kernel, {{x, {4}}}, {{y, {4}}}, &report).isOk());
    EXPECT_EQ(report.origin, expected);
  }
}

TEST_F(Launch, StridedTensorsArePackedAndUnpacked) {
  ImageKernel kernel = test::twiceKernel(payload);
  kernel.dims = {"M", "N"};
  kernel.params[0].shape = kernel.results[0].shape = {e("M"), e("N")};
  for (ImageBuffer &buffer : kernel.programs[0].buffers)
    buffer.bytes = e("4*M*N");
  kernel.programs[0].launches[0].items = e("M*N");
  kernel.programs[0].launches[0].dims = {};
  Kernel loaded = *load({kernel});
  std::vector<float> x = ramp(12), y(24, -1);
  // x is transposed, y every other column of a wider block.
  ASSERT_TRUE(run(loaded, {{x, {3, 4}, {1, 3}}}, {{y, {3, 4}, {8, 2}}}).isOk());
  for (size_t i = 0; i < 3; ++i)
    for (size_t j = 0; j < 4; ++j) {
      EXPECT_EQ(y[8 * i + 2 * j], 2 * x[i + 3 * j]);
      EXPECT_EQ(y[8 * i + 2 * j + 1], -1);
    }
}

TEST_F(Launch, UnalignedDataAndByteOffset) {
  std::vector<char> in(4 * 4 + 1), out(4 * 4 + 3);
  std::vector<float> x = ramp(4), y(4);
  std::memcpy(&in[1], x.data(), 16);
  test::Tensor a(in.data(), {kDLFloat, 32, 1}, {4}), b(out.data(), {kDLFloat, 32, 1}, {4});
  a.tensor.byte_offset = 1;
  b.tensor.byte_offset = 3;
  ASSERT_TRUE(run(twice(), {a}, {b}).isOk());
  std::memcpy(y.data(), &out[3], 16);
  EXPECT_EQ(y, (std::vector<float>{2, 4, 6, 8}));
}

// As if the result had memory of its own.
TEST_F(Launch, ResultsMayOverlapArguments) {
  std::vector<float> data = ramp(10);
  ASSERT_TRUE(run(twice(), {{data, {9}}}, {test::Tensor(data.data() + 1, {kDLFloat, 32, 1}, {9})}).isOk());
  EXPECT_EQ(data, (std::vector<float>{1, 2, 4, 6, 8, 10, 12, 14, 16, 18}));
}

TEST_F(Launch, EmptyTensorsLaunchNothing) {
  std::vector<float> none;
  EXPECT_TRUE(run(twice(), {{none, {0}}}, {{none, {0}}}).isOk());
}

TEST_F(Launch, WrongCallsLeaveResultsAlone) {
  Kernel kernel = twice();
  std::vector<float> x = ramp(4), y(4, -1);
  Status status = run(kernel, {{x, {4}}}, {{y, {3}}});
  EXPECT_EQ(status.message(), "dimension N is 4 in 'x' but 3 in result 'y'");
  EXPECT_EQ(run(kernel, {}, {{y, {4}}}).message(), "kernel 'twice' has 1 argument (x), but 0 were given");
  EXPECT_EQ(run(kernel, {{x, {4}}}, {}).message(), "kernel 'twice' has 1 result (y), but 0 were given");
  EXPECT_EQ(kernel.launch(nullptr, 0, nullptr, 0).code(), StatusCode::InvalidArgument);
  EXPECT_EQ(y, std::vector<float>(4, -1));
  EXPECT_TRUE(run(kernel, {{x, {4}}}, {{y, {4}}}).isOk());
}

TEST_F(Launch, ConstraintsOfTheImage) {
  std::vector<float> x = ramp(17), y(1);
  EXPECT_EQ(run(*load({test::pipelineKernel(payload)}), {{x, {1, 17}}}, {{y, {1}}}).message(),
            "kernel 'pipeline' requires N <= 16 (N is 17 in 'x')");
}

TEST_F(Launch, KernelsByName) {
  std::vector<ImageKernel> both = {test::twiceKernel(payload), test::pipelineKernel(payload)};
  EXPECT_TRUE(load(both, "pipeline").isOk());
  EXPECT_EQ(load(both, "").status().message(), "expected a kernel's name; there are: twice, pipeline");
  EXPECT_EQ(load(both, "x").status().message(), "no kernel 'x'; there are: twice, pipeline");
  EXPECT_EQ(load(both, "x").status().code(), StatusCode::NotFound);
}

TEST_F(Launch, Devices) {
  std::vector<float> x = ramp(4), y(4, -1);
  LaunchOptions options;
  options.device = "toaster";
  Status status = run(twice(), {{x, {4}}}, {{y, {4}}}, nullptr, options);
  EXPECT_EQ(status.code(), StatusCode::NotFound);
  EXPECT_NE(status.message().find("unknown device 'toaster', expected one of"), std::string::npos);
  options.device = "host:7";
  status = run(twice(), {{x, {4}}}, {{y, {4}}}, nullptr, options);
  EXPECT_EQ(status.message(), "device 'host:7' is not usable here; there is host");
  // The null device cannot run this program, and says what there is.
  options.device = "null";
  status = run(twice(), {{x, {4}}}, {{y, {4}}}, nullptr, options);
  EXPECT_NE(status.message().find("has no program that device 'null' can run; there are: cpu:native (elf-"),
            std::string::npos)
      << status.message();
}

TEST_F(Launch, DevicesAreListedWithTheHostFirstAndThePinnedLast) {
  std::vector<const DeviceDescription *> devices = context->devices();
  ASSERT_FALSE(devices.empty());
  EXPECT_EQ(devices.front()->id, "host");
  EXPECT_TRUE(devices.back()->onlyWhenPinned);
  EXPECT_TRUE(std::is_partitioned(devices.begin(), devices.end(),
                                  [](const DeviceDescription *device) { return !device->onlyWhenPinned; }));
}

// Copies to a device with memory of its own, and back.
TEST_F(Launch, NullDeviceExecutesNothing) {
  ImageKernel kernel = test::twiceKernel(payload);
  kernel.programs[0].format = "tensor-ir";
  std::vector<float> x = ramp(4), y(4, -1);
  LaunchOptions options;
  options.device = "null";
  LaunchReport report;
  Status status = run(*load({kernel}), {{x, {4}}}, {{y, {4}}}, &report, options);
  ASSERT_TRUE(status.isOk()) << status.str();
  EXPECT_EQ(report.device, "null");
}

TEST_F(Launch, FeaturesTheMachineLacks) {
  ImageKernel kernel = test::twiceKernel(payload);
  kernel.programs[0].requires_ = {"quantum"};
  std::vector<float> x = ramp(4), y(4);
  Status status = run(*load({kernel}), {{x, {4}}}, {{y, {4}}});
  EXPECT_EQ(status.code(), StatusCode::Unavailable);
  EXPECT_NE(status.message().find("+quantum"), std::string::npos);
  // With a plainer program beside it, that one runs.
  kernel.programs.push_back(kernel.programs[0]);
  kernel.programs[1].requires_.clear();
  EXPECT_TRUE(run(*load({kernel}), {{x, {4}}}, {{y, {4}}}).isOk());
}

TEST_F(Launch, InconsistentImagesAreNoticedBeforeTheyRun) {
  std::vector<float> x = ramp(4), y(4);
  auto message = [&](auto change) {
    ImageKernel kernel = test::pipelineKernel(payload);
    change(kernel.programs[0]);
    std::vector<float> x = ramp(8), y(2);
    Status status = run(*load({kernel}), {{x, {2, 4}}}, {{y, {2}}});
    EXPECT_EQ(status.code(), StatusCode::DataLoss);
    return status.message();
  };
  EXPECT_NE(message([](ImageProgram &p) { p.buffers[0].bytes = e("4*M*N + 1"); }).find("33 bytes over a tensor of 32"),
            std::string::npos);
  EXPECT_NE(message([](ImageProgram &p) { p.arenaBytes = e("64"); }).find("outside the arena"), std::string::npos);
  EXPECT_NE(message([](ImageProgram &p) { p.buffers[3].arenaOffset = e("0 - M"); }).find("outside the arena"),
            std::string::npos);
  EXPECT_NE(message([](ImageProgram &p) { p.launches[1].items = e("0 - M"); }).find("has no size"), std::string::npos);
  EXPECT_NE(message([](ImageProgram &p) { p.launches[1].workspaceBytes = e("M - 3"); }).find("has no size"),
            std::string::npos);
  auto mapped = [&](const char *offset, const char *rows, const char *pitch) {
    return message(
        [&](ImageProgram &p) { p.launches[0].maps = {{0, 4, e(offset), {e("N"), e(rows)}, {e(pitch)}, {4, 1}, 0}}; });
  };
  EXPECT_NE(mapped("4", "M", "4*N").find("a tensor map of 'add_row' begins at no multiple of 16 bytes"),
            std::string::npos);
  EXPECT_NE(mapped("0", "M", "4*N + 4").find("a size or a pitch that no device takes"), std::string::npos);
  EXPECT_NE(mapped("0", "M - 3", "4*N").find("a size or a pitch that no device takes"), std::string::npos);
  EXPECT_NE(mapped("0", "M + 1", "4*N").find("a tensor map of 'add_row' is larger than its buffer"), std::string::npos);
  EXPECT_NE(mapped("16", "M", "4*N").find("is larger than its buffer"), std::string::npos);
}

TEST_F(Launch, ManyThreadsAndShapes) {
  Kernel kernel = *load({test::pipelineKernel(payload)});
  std::vector<std::thread> threads;
  std::atomic<int> failures = 0;
  threads.reserve(6);
  for (int t = 0; t < 6; ++t)
    threads.emplace_back([&, t] {
      for (int round = 0; round < 200; ++round) {
        int64_t m = 1 + (t + round) % 5, n = 1 + round % 7;
        std::vector<float> x = ramp(static_cast<size_t>(m * n)), y(static_cast<size_t>(m));
        bool good = run(kernel, {{x, {m, n}}}, {{y, {m}}}).isOk();
        float expected = 0;
        for (int64_t j = 0; j < n; ++j)
          expected += 2 * (x[static_cast<size_t>(j)] + static_cast<float>(j));
        failures += !good || y[0] != expected;
      }
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(failures, 0);
}

// More shapes than the table keeps.
TEST_F(Launch, TheTableOfShapesIsBounded) {
  Kernel kernel = twice();
  std::vector<float> x = ramp(5000), y(5000);
  for (int64_t n = 1; n <= 5000; n += 1)
    ASSERT_TRUE(run(kernel, {{x, {n}}}, {{y, {n}}}).isOk()) << n;
  EXPECT_EQ(y, [&] {
    std::vector<float> expected = x;
    for (float &value : expected)
      value *= 2;
    return expected;
  }());
}

TEST_F(Launch, InferGivesShapesForAllocation) {
  std::vector<float> x = ramp(12);
  test::Tensor a(x, {3, 4});
  auto types = load({test::pipelineKernel(payload)})->infer({a.get()});
  ASSERT_TRUE(types.isOk());
  ASSERT_EQ(types->size(), 1u);
  EXPECT_EQ((*types)[0].shape, (std::vector<int64_t>{3}));
}

TEST(ContextFiles, ImagesAndMissingFiles) {
  test::TemporaryFolder folder;
  ContextOptions options;
  options.cache.disk = false;
  Context context = *Context::create(options);
  std::vector<uint8_t> bytes = test::imageOf({test::twiceKernel(test::kernelPayload())});
  std::ofstream(folder / "a.fxk", std::ios::binary).write(reinterpret_cast<char *>(bytes.data()), std::ssize(bytes));
  std::filesystem::create_symlink(folder / "a.fxk", folder / "link.fxk");
  for (const char *name : {"a.fxk", "link.fxk"}) {
    auto module = context.loadFile(folder / name);
    ASSERT_TRUE(module.isOk()) << module.status().str();
    EXPECT_EQ(module->kernelNames(), std::vector<std::string>{"twice"});
    EXPECT_EQ(module->origin(), CodeOrigin::Image);
  }
  bytes[bytes.size() / 2] ^= 1;
  std::ofstream(folder / "b.fxk", std::ios::binary).write(reinterpret_cast<char *>(bytes.data()), std::ssize(bytes));
  auto damaged = context.loadFile(folder / "b.fxk");
  EXPECT_EQ(damaged.status().code(), StatusCode::DataLoss);
  EXPECT_NE(damaged.status().message().find("b.fxk"), std::string::npos);
  EXPECT_EQ(context.loadFile(folder / "none.fxk").status().code(), StatusCode::NotFound);
  EXPECT_EQ(context.loadFile(folder.path()).status().code(), StatusCode::InvalidArgument);
}

} // namespace
} // namespace flex::rt
