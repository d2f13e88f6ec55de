//===- BindTest.cpp - Arguments that stay from launch to launch ----------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Kernels of an image with a kept launch: it runs once per bound kernel where all
// that it reads is bound, else each time; shapes share what is the same for them.
// Most cases break the promise that bound data stays, to see who reads it when.
//
//===----------------------------------------------------------------------===//
#include "Support.h"

#include "flex/Runtime/Context.h"

#include <thread>

namespace flex::rt {
namespace {

using test::e;

/// sum(x: f32[M, N], row: f32[N]) -> y: f32[M, N]: a launch doubles the row into a kept buffer, the next adds it to
/// each row of x.
ImageKernel sumKernel() {
  ImageKernel k;
  k.name = "sum";
  k.dims = {"M", "N"};
  k.params = {{"x", "f32", {e("M"), e("N")}}, {"row", "f32", {e("N")}}};
  k.results = {{"y", "f32", {e("M"), e("N")}}};
  ImageProgram p = test::hostProgram(test::kernelPayload());
  p.buffers = {{ImageBuffer::Kind::Param, 0, e("4*M*N"), 0},
               {ImageBuffer::Kind::Param, 1, e("4*N"), 0},
               {ImageBuffer::Kind::Result, 0, e("4*M*N"), 0},
               {ImageBuffer::Kind::Kept, 0, e("4*N"), 0}};
  p.launches = {{"twice", {1, 3}, {"N"}, e("N"), 0, 1, 0, e("N"), e("8*N"), {}, true},
                {"add_row", {0, 3, 2}, {"M", "N"}, e("M"), 0, 1, 0, e("M*N"), e("8*M*N")}};
  p.bound = {1};
  p.keptBytes = e("4*N");
  p.keptKey = "twice";
  p.keptDims = {"N"};
  k.programs = {p};
  return k;
}

class Bind : public testing::Test {
protected:
  void SetUp() override {
    ContextOptions options;
    options.cache.disk = false;
    options.device = "host";
    options.drivers.threads = 2;
    context = std::make_unique<Context>(*Context::create(options));
  }
  StatusOr<Kernel> load(const ImageKernel &kernel) {
    std::vector<uint8_t> bytes = test::imageOf({kernel});
    auto module = context->loadImage(bytes.data(), bytes.size());
    if (!module)
      return module.status();
    return module->kernel("");
  }
  Status run(const Kernel &kernel, std::vector<test::Tensor> args, test::Tensor result) {
    std::vector<const DLTensor *> in;
    for (test::Tensor &t : args)
      in.push_back(t.get());
    const DLTensor *out = result.get();
    return kernel.launch(in.data(), in.size(), &out, 1, {}, &report);
  }
  StatusOr<Kernel> bind(const Kernel &kernel, const std::string &name, test::Tensor tensor) {
    const DLTensor *given = tensor.get();
    return kernel.bind({name}, &given);
  }
  /// The first element of x + 2 row, with x 0, for M rows.
  float first(const Kernel &kernel, int64_t rows) {
    std::vector<float> x(static_cast<size_t>(rows) * 4), y(x.size(), -1);
    Status status = run(kernel, {{x, {rows, 4}}}, {y, {rows, 4}});
    EXPECT_TRUE(status.isOk()) << status.str();
    return y[0];
  }

  std::unique_ptr<Context> context;
  LaunchReport report;
  std::vector<float> row = {1, 2, 3, 4};
};

TEST_F(Bind, KeptLaunchesRunOnce) {
  Kernel kernel = *load(sumKernel());
  auto bound = bind(kernel, "row", {row, {4}});
  ASSERT_TRUE(bound.isOk()) << bound.status().str();
  ASSERT_EQ(bound->signature().params.size(), 1u);
  EXPECT_EQ(bound->signature().params[0].name, "x");
  EXPECT_EQ(first(*bound, 2), 2);
  EXPECT_EQ(report.flops, 8) << "without the launch that runs once";
  row[0] = 10;
  EXPECT_EQ(first(*bound, 2), 2);
  EXPECT_EQ(first(*bound, 3), 2) << "another shape finds what the first one made";
  EXPECT_EQ(first(*bind(kernel, "row", {row, {4}}), 2), 20) << "a kernel bound later is its own";
  EXPECT_EQ(first(*bound, 2), 2);
}

TEST_F(Bind, WhatDependsOnTheShapeIsMadeForEach) {
  ImageKernel kernel = sumKernel();
  kernel.programs[0].keptDims = {"M", "N"};
  Kernel bound = *bind(*load(kernel), "row", {row, {4}});
  EXPECT_EQ(first(bound, 2), 2);
  row[0] = 10;
  EXPECT_EQ(first(bound, 3), 20);
  EXPECT_EQ(first(bound, 2), 2);
}

TEST_F(Bind, UnboundAndOtherwiseBoundKernelsRunAllLaunches) {
  Kernel kernel = *load(sumKernel());
  std::vector<float> x(8), y(8);
  for (float value : {1.0f, 10.0f}) {
    row[0] = value;
    ASSERT_TRUE(run(kernel, {{x, {2, 4}}, {row, {4}}}, {y, {2, 4}}).isOk());
    EXPECT_EQ(y[0], 2 * value);
    EXPECT_EQ(report.flops, 12);
  }
  Kernel bound = *bind(kernel, "x", {x, {2, 4}});
  for (float value : {1.0f, 10.0f}) {
    row[0] = value;
    ASSERT_TRUE(run(bound, {{row, {4}}}, {y, {2, 4}}).isOk());
    EXPECT_EQ(y[0], 2 * value);
  }
}

TEST_F(Bind, WhatIsReadInPlaceIsNotCopiedButForStrides) {
  Kernel kernel = *load(sumKernel());
  std::vector<float> wide = {5, 0, 6, 0, 7, 0, 8, 0, 5, 0, 6, 0, 7, 0, 8, 0}, y(8);
  Kernel strided = *bind(kernel, "x", {wide, {2, 4}, {8, 2}});
  wide.assign(16, 0);
  ASSERT_TRUE(run(strided, {{row, {4}}}, {y, {2, 4}}).isOk());
  EXPECT_EQ(y, (std::vector<float>{7, 10, 13, 16, 7, 10, 13, 16}));
  std::vector<float> x(8);
  Kernel dense = *bind(kernel, "x", {x, {2, 4}});
  x.assign(8, 1);
  ASSERT_TRUE(run(dense, {{row, {4}}}, {y, {2, 4}}).isOk());
  EXPECT_EQ(y, (std::vector<float>{3, 5, 7, 9, 3, 5, 7, 9}));
}

TEST_F(Bind, TheDescriptionOfATensorMayGoAway) {
  Kernel kernel = *load(sumKernel());
  auto tensor = std::make_unique<test::Tensor>(row, std::vector<int64_t>{4});
  const DLTensor *given = tensor->get();
  Kernel bound = *kernel.bind({"row"}, &given);
  tensor.reset();
  EXPECT_EQ(first(bound, 2), 2);
}

// A kept buffer without bytes, read by a launch that has something to do.
TEST_F(Bind, NothingToKeep) {
  ImageKernel kernel = sumKernel();
  kernel.programs[0].buffers[3].bytes = kernel.programs[0].keptBytes = 0;
  kernel.programs[0].launches[0].items = 0;
  kernel.programs[0].launches[1].entry = "twice";
  kernel.programs[0].launches[1].buffers = {0, 2, 3};
  kernel.programs[0].launches[1].items = e("M*N");
  Kernel bound = *bind(*load(kernel), "row", {row, {4}});
  std::vector<float> x(8, 3), y(8);
  ASSERT_TRUE(run(bound, {{x, {2, 4}}}, {y, {2, 4}}).isOk());
  EXPECT_EQ(y, std::vector<float>(8, 6));
}

TEST_F(Bind, AllArgumentsAndNone) {
  Kernel kernel = *load(sumKernel());
  std::vector<float> x(8, 1), y(8);
  Kernel all = *bind(*bind(kernel, "row", {row, {4}}), "x", {x, {2, 4}});
  ASSERT_TRUE(run(all, {}, {y, {2, 4}}).isOk());
  EXPECT_EQ(y[3], 9);
  auto none = kernel.bind({}, nullptr);
  ASSERT_TRUE(none.isOk()) << none.status().str();
  EXPECT_EQ(none->signature().params.size(), 2u);
}

TEST_F(Bind, WrongCallsSayWhatWasExpected) {
  Kernel kernel = *load(sumKernel());
  auto why = [](const auto &result) { return result.status().str(); };
  EXPECT_EQ(why(bind(kernel, "rows", {row, {4}})),
            "invalid argument: kernel 'sum' has no parameter 'rows' to bind; there are: x, row");
  EXPECT_EQ(why(bind(kernel, "row", {row, {2, 2}})),
            "invalid argument: 'row' has rank 2, expected rank 1: f32[N], found f32[2, 2]");
  EXPECT_EQ(why(bind(kernel, "row", {row.data(), {kDLInt, 32, 1}, {4}})),
            "invalid argument: 'row' has dtype i32, expected f32");
  const DLTensor *null = nullptr;
  EXPECT_EQ(why(kernel.bind({"row"}, &null)), "invalid argument: the tensor to bind to 'row' is a null pointer");
  Kernel bound = *bind(kernel, "row", {row, {4}});
  EXPECT_EQ(why(bind(bound, "row", {row, {4}})),
            "invalid argument: 'row' of kernel 'sum' is bound already; for another "
            "tensor, bind the kernel that this one came from");
  std::vector<float> x(8), y(8);
  EXPECT_EQ(why(bind(bound, "x", {x, {4, 2}})),
            "invalid argument: dimension N is 4 in the bound arguments but 2 in 'x'");
  EXPECT_EQ(run(bound, {{x, {4, 2}}}, {y, {4, 2}}).str(),
            "invalid argument: dimension N is 4 in the bound arguments but 2 in 'x'");
  EXPECT_EQ(run(bound, {}, {y, {2, 4}}).str(),
            "invalid argument: kernel 'sum' with row bound has 1 argument (x), but 0 were given");
  EXPECT_EQ(run(bound, {{x, {2, 4}}, {row, {4}}}, {y, {2, 4}}).str(),
            "invalid argument: kernel 'sum' with row bound has 1 argument (x), but 2 were given");
  Kernel held = *bind(kernel, "x", {x, {2, 4}});
  EXPECT_NE(run(held, {{row, {4}}}, {x, {2, 4}}).str().find("result 'y' lies over the bound argument 'x'"),
            std::string::npos);
  EXPECT_EQ(x, std::vector<float>(8));
}

// Nothing half made is used later: the next launch tries again, and says the same.
TEST_F(Bind, NoMemoryForWhatIsKept) {
  ImageKernel kernel = sumKernel();
  kernel.programs[0].keptBytes = e("4*N + 1152921504606846976");
  Kernel bound = *bind(*load(kernel), "row", {row, {4}});
  std::vector<float> x(8), y(8, -1);
  for (int turn = 0; turn < 2; ++turn) {
    Status status = run(bound, {{x, {2, 4}}}, {y, {2, 4}});
    EXPECT_EQ(status.code(), StatusCode::ResourceExhausted) << status.str();
    EXPECT_NE(status.message().find("preparing what follows from bound arguments"), std::string::npos);
    EXPECT_EQ(y, std::vector<float>(8, -1));
  }
}

TEST_F(Bind, Threads) {
  Kernel bound = *bind(*load(sumKernel()), "row", {row, {4}});
  std::vector<std::thread> threads;
  std::atomic<int> wrong = 0;
  for (int64_t number = 0; number < 4; ++number)
    threads.emplace_back([&, number] {
      std::vector<float> x(static_cast<size_t>(4 * (number % 2 + 1)), static_cast<float>(number)), y(x.size());
      test::Tensor in(x, {number % 2 + 1, 4}), out(y, {number % 2 + 1, 4});
      for (int turn = 0; turn < 200; ++turn) {
        y.assign(y.size(), -1);
        const DLTensor *arg = in.get(), *result = out.get();
        Status status = bound.launch(&arg, 1, &result, 1);
        for (size_t i = 0; i < y.size(); ++i)
          wrong += !status.isOk() || y[i] != static_cast<float>(number) + 2 * row[i % 4];
      }
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST_F(Bind, ImagesWhoseKeptLaunchesReadWhatChangesAreDamaged) {
  auto why = [this](const ImageKernel &kernel) { return load(kernel).status().str(); };
  ImageKernel unbound = sumKernel(), result = sumKernel(), missing = sumKernel(), outside = sumKernel();
  unbound.programs[0].bound = {0};
  EXPECT_NE(why(unbound).find("kept launch of 'twice' uses an argument that is not bound"), std::string::npos);
  result.programs[0].launches[1].kept = true;
  result.programs[0].bound = {0, 1};
  EXPECT_NE(why(result).find("kept launch of 'add_row' uses"), std::string::npos);
  missing.programs[0].bound = {2};
  EXPECT_NE(why(missing).find("a bound parameter that does not exist"), std::string::npos);
  outside.programs[0].keptBytes = e("4*N - 4");
  Kernel kernel = *load(outside);
  std::vector<float> x(8), y(8);
  EXPECT_EQ(run(kernel, {{x, {2, 4}}, {row, {4}}}, {y, {2, 4}}).code(), StatusCode::DataLoss);
}

} // namespace
} // namespace flex::rt
