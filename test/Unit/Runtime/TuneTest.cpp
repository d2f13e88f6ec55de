//===- TuneTest.cpp - Tuning within a program -----------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// With the fake compiler, whose kernel `slow` has one good schedule, one that computes
// nothing and one that does not compile: what is found, who uses it and from when on.
//
//===----------------------------------------------------------------------===//
#include "Support.h"

#include "flex/Runtime/Context.h"

#include <atomic>
#include <cmath>
#include <thread>

namespace flex::rt {
namespace {

class TuneTest : public testing::Test {
protected:
  ContextOptions options() {
    ContextOptions out;
    out.device = "host";
    out.compilerPath = FLEX_FAKE_COMPILER;
    out.cache.directory = folder / "cache";
    out.drivers.threads = 1;
    out.tuning = path;
    out.log = [this](LogLevel level, const std::string &message) {
      if (level >= LogLevel::Warning)
        logged += message + "\n";
    };
    return out;
  }
  static Kernel load(const Context &context) {
    auto module = context.loadSource("slow\n", "a.flex");
    EXPECT_TRUE(module.isOk()) << module.status().str();
    return *module->kernel("slow");
  }
  /// The record's summary of a launch on n numbers; empty: by the cost model.
  static std::string launch(const Kernel &kernel, int64_t n, const LaunchOptions &how = {}) {
    std::vector<float> x(static_cast<size_t>(n), 3), y(static_cast<size_t>(n));
    test::Tensor a(x, {n}), b(y, {n});
    const DLTensor *in = a.get(), *out = b.get();
    LaunchReport report;
    Status status = kernel.launch(&in, 1, &out, 1, how, &report);
    EXPECT_TRUE(status.isOk()) << status.str();
    EXPECT_EQ(y, std::vector<float>(static_cast<size_t>(n), 6));
    return report.tuning;
  }
  static StatusOr<TuneOutcome> tune(const Kernel &kernel, double seconds = 1, bool isolate = false,
                                    const std::string &device = "") {
    std::vector<float> x(kSize, 3);
    test::Tensor a(x, {kSize});
    const DLTensor *in = a.get();
    TuneOptions how;
    how.seconds = seconds;
    how.isolate = isolate;
    how.device = device;
    return kernel.tune(&in, 1, how);
  }
  static bool isFound(const TuneOutcome &outcome) {
    return outcome.record.schedule.find("vectors 8") != std::string::npos;
  }

  static constexpr int64_t kSize = 1000;
  test::TemporaryFolder folder;
  std::string path = folder / "tuning.sqlite", logged;
};

TEST_F(TuneTest, FindsTheFastScheduleAndLeavesOutTheWrongOne) {
  for (bool isolate : {false, true}) {
    auto outcome = tune(load(*Context::create(options())), 1, isolate);
    ASSERT_TRUE(outcome.isOk()) << outcome.status().str();
    EXPECT_TRUE(isFound(*outcome)) << outcome->record.schedule;
    EXPECT_GT(outcome->record.modelSeconds, outcome->record.bestSeconds);
    EXPECT_GT(outcome->record.bestSeconds, 0);
    ASSERT_EQ(outcome->launches.size(), 1u);
    EXPECT_EQ(outcome->launches[0].name, "slow");
    EXPECT_GE(outcome->launches[0].wrong, 1u);
    EXPECT_GE(outcome->launches[0].unfit, 1u);
    EXPECT_GT(outcome->launches[0].tried, 5u);
    EXPECT_FALSE(outcome->byReference);
  }
  EXPECT_EQ(logged, "");
}

TEST_F(TuneTest, TheRecordIsThatOfTheKernelAndShape) {
  Context context = *Context::create(options());
  Kernel kernel = load(context);
  auto outcome = tune(kernel);
  ASSERT_TRUE(outcome.isOk()) << outcome.status().str();
  EXPECT_EQ(outcome->file, path);
  auto records = TuningFile(path).read();
  ASSERT_TRUE(records.isOk());
  ASSERT_EQ(records->size(), 1u);
  EXPECT_EQ((*records)[0].key, kernel.tuning({{{"N", kSize}}, {}}, "host")->key);
  EXPECT_EQ((*records)[0].schedule, outcome->record.schedule);
  EXPECT_EQ((*records)[0].name, "slow");
  EXPECT_EQ((*records)[0].file, "a.flex");
  EXPECT_NE(launch(load(*Context::create(options())), kSize), "") << "another context finds it";
}

TEST_F(TuneTest, EveryKernelOfTheContextUsesItAtOnce) {
  Context context = *Context::create(options());
  Kernel kernel = load(context), twin = load(context), untouched = load(context);
  Kernel bound = *kernel.specialize({{{"N", kSize}}, {}});
  LaunchOptions open;
  open.dynamic = true;
  for (const Kernel *one : {&kernel, &twin, &bound})
    EXPECT_EQ(launch(*one, kSize), "");
  EXPECT_EQ(launch(kernel, 100), "");
  EXPECT_EQ(launch(kernel, kSize, open), "");
  ASSERT_TRUE(tune(kernel).isOk());
  for (const Kernel *one : {&kernel, &twin, &bound, &untouched})
    EXPECT_NE(launch(*one, kSize), "");
  EXPECT_EQ(launch(kernel, 100), "") << "another class of shapes";
  EXPECT_EQ(launch(kernel, kSize, open), "") << "code for all shapes stays";
}

TEST_F(TuneTest, LaunchesOfOtherThreadsGoOn) {
  Context context = *Context::create(options());
  Kernel kernel = load(context);
  launch(kernel, kSize);
  std::atomic<bool> stop = false;
  std::thread other([&] {
    while (!stop)
      launch(kernel, kSize);
  });
  EXPECT_TRUE(tune(kernel, 0.5).isOk());
  stop = true;
  other.join();
}

TEST_F(TuneTest, OffIsForThisContextAlone) {
  ContextOptions own = options();
  own.tuning = "off";
  Context context = *Context::create(own);
  Kernel kernel = load(context);
  EXPECT_EQ(launch(kernel, kSize), "");
  auto outcome = tune(kernel);
  ASSERT_TRUE(outcome.isOk()) << outcome.status().str();
  EXPECT_EQ(outcome->file, "");
  EXPECT_TRUE(outcome->written.isOk());
  EXPECT_NE(launch(kernel, kSize), "");
  EXPECT_EQ(launch(load(*Context::create(own)), kSize), "");
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(TuneTest, WhatCannotBeWrittenIsUsed) {
  path = "/proc/none/tuning.sqlite";
  Kernel kernel = load(*Context::create(options()));
  auto outcome = tune(kernel);
  ASSERT_TRUE(outcome.isOk()) << outcome.status().str();
  EXPECT_EQ(outcome->file, "");
  EXPECT_FALSE(outcome->written.isOk());
  EXPECT_NE(logged.find("the schedule found for kernel 'slow' is for this context alone"), std::string::npos) << logged;
  EXPECT_NE(launch(kernel, kSize), "");
}

TEST_F(TuneTest, ANewRecordReplacesOneThatWasLeftOut) {
  Kernel kernel = load(*Context::create(options()));
  TuningRecord old;
  old.key = kernel.tuning({{{"N", kSize}}, {}}, "host")->key;
  old.compiler = "0.0.1", old.schedule = "slow {vectors 16}";
  ASSERT_TRUE(TuningFile(path).merge({old}).isOk());
  Kernel again = load(*Context::create(options()));
  EXPECT_EQ(launch(again, kSize), "");
  ASSERT_TRUE(tune(again).isOk());
  EXPECT_NE(launch(again, kSize), "");
}

TEST_F(TuneTest, ATooSmallBudgetChangesNothing) {
  Kernel kernel = load(*Context::create(options()));
  auto outcome = tune(kernel, 1e-9);
  ASSERT_TRUE(outcome.isOk()) << outcome.status().str();
  EXPECT_EQ(outcome->record.schedule, "");
  EXPECT_GT(outcome->record.modelSeconds, 0);
  EXPECT_EQ(outcome->file, "");
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(TuneTest, MistakesAreNamed) {
  Context context = *Context::create(options());
  Kernel kernel = load(context);
  auto message = [](const StatusOr<TuneOutcome> &outcome) { return outcome.status().message(); };
  for (double seconds : {0.0, -1.0, 1e6, std::nan("")})
    EXPECT_NE(message(tune(kernel, seconds)).find("seconds, expected more than 0"), std::string::npos);
  EXPECT_EQ(tune(kernel, 1, false, "null").status().code(), StatusCode::Unimplemented);
  EXPECT_NE(message(tune(kernel, 1, false, "null")).find("only 'host' can be tuned: 'null' is "), std::string::npos);
  TuneOptions how;
  how.seconds = 1;
  EXPECT_EQ(kernel.tune(nullptr, 0, how).status().code(), StatusCode::InvalidArgument);
  std::vector<uint8_t> image = test::imageOf({test::twiceKernel(test::kernelPayload())});
  EXPECT_NE(message(tune(*context.loadImage(image.data(), image.size())->kernel(""))).find("tune its source"),
            std::string::npos);
  ContextOptions given = options();
  given.compileOptions = {{"schedule", "slow {vectors 3}"}};
  EXPECT_NE(message(tune(load(*Context::create(given)))).find("compile options name a schedule"), std::string::npos);
}

} // namespace
} // namespace flex::rt
