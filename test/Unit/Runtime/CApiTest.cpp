//===- CApiTest.cpp - The C ABI, as an application uses it ---------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Through libflexrt.so with the fake compiler: the whole life of a kernel, every
// error's message, events, threads, and struct versions.
//
//===----------------------------------------------------------------------===//
#include "Support.h"

#include "flex-c/flex.h"

#include <atomic>
#include <thread>

namespace flex {
namespace {

const char kSource[] = "twice\n";

class CApi : public testing::Test {
protected:
  void SetUp() override {
    directory = folder / "cache";
    options.cache_dir = directory.c_str();
    options.compiler_path = FLEX_FAKE_COMPILER;
    options.device = "host";
    ASSERT_EQ(flex_context_create(&options, &context), FLEX_OK);
  }
  void TearDown() override {
    flex_kernel_destroy(kernel);
    flex_module_destroy(module);
    flex_context_destroy(context);
  }
  void load(const char *source = kSource) {
    ASSERT_EQ(flex_module_load_source(context, source, strlen(source), "k.flex", &module), FLEX_OK)
        << flex_last_error(context);
    ASSERT_EQ(flex_kernel_get(module, nullptr, &kernel), FLEX_OK) << flex_last_error(context);
  }
  flex_status launch(std::vector<float> &x, std::vector<float> &y, const flex_launch_options *how = nullptr) {
    test::Tensor a(x, {std::ssize(x)}), b(y, {std::ssize(y)});
    DLTensor *in = a.get(), *out = b.get();
    return flex_launch(kernel, &in, 1, &out, 1, how);
  }
  std::string error() const { return flex_last_error(context); }

  test::TemporaryFolder folder;
  std::string directory;
  flex_context_options options = FLEX_CONTEXT_OPTIONS_INIT;
  flex_context *context = nullptr;
  flex_module *module = nullptr;
  flex_kernel *kernel = nullptr;
};

TEST_F(CApi, FromSourceToResult) {
  load();
  EXPECT_EQ(flex_module_kernel_count(module), 1u);
  EXPECT_STREQ(flex_module_kernel_name(module, 0), "twice");
  EXPECT_EQ(flex_module_kernel_name(module, 1), nullptr);
  std::vector<float> x = {1, 2, 3}, y(3);
  ASSERT_EQ(launch(x, y), FLEX_OK) << error();
  EXPECT_EQ(y, (std::vector<float>{2, 4, 6}));
  flex_launch_info info{};
  info.struct_size = sizeof info;
  ASSERT_EQ(flex_last_launch_info(context, &info), FLEX_OK);
  EXPECT_STREQ(info.device, "host");
  EXPECT_EQ(info.origin, FLEX_FROM_COMPILER);
  EXPECT_GT(info.run_seconds, 0);
  ASSERT_EQ(launch(x, y), FLEX_OK);
  ASSERT_EQ(flex_last_launch_info(context, &info), FLEX_OK);
  EXPECT_EQ(info.origin, FLEX_FROM_MEMORY);
  std::string why = flex_explain_last_launch(context);
  EXPECT_NE(why.find("ran on host"), std::string::npos) << why;
}

TEST_F(CApi, Signature) {
  load();
  EXPECT_STREQ(flex_kernel_name(kernel), "twice");
  EXPECT_STREQ(flex_kernel_doc(kernel), "Twice the input.");
  ASSERT_EQ(flex_kernel_param_count(kernel), 1u);
  ASSERT_EQ(flex_kernel_result_count(kernel), 1u);
  flex_tensor_info info{};
  EXPECT_EQ(flex_kernel_param(kernel, 0, &info), FLEX_INVALID_ARGUMENT); // struct_size is not set
  info.struct_size = sizeof info;
  ASSERT_EQ(flex_kernel_param(kernel, 0, &info), FLEX_OK);
  EXPECT_STREQ(info.name, "x");
  EXPECT_STREQ(info.dtype, "f32");
  ASSERT_EQ(info.rank, 1);
  EXPECT_STREQ(info.shape[0], "N");
  ASSERT_EQ(flex_kernel_result(kernel, 0, &info), FLEX_OK);
  EXPECT_STREQ(info.name, "y");
  EXPECT_EQ(flex_kernel_result(kernel, 1, &info), FLEX_INVALID_ARGUMENT);
  EXPECT_EQ(flex_kernel_dim_count(kernel), 1u);
  EXPECT_STREQ(flex_kernel_dim(kernel, 0), "N");
  EXPECT_EQ(flex_kernel_dim(kernel, 1), nullptr);
}

TEST_F(CApi, TypeParameters) {
  load("generic\n");
  ASSERT_EQ(flex_kernel_type_param_count(kernel), 1u);
  EXPECT_STREQ(flex_kernel_type_param(kernel, 0), "T: f16 | f32");
  flex_key_value both[] = {{"N", "4"}, {"T", "f32"}};
  flex_kernel *fixed = nullptr;
  ASSERT_EQ(flex_kernel_specialize(kernel, both, 2, &fixed), FLEX_OK) << error();
  flex_kernel_destroy(fixed);
  flex_key_value wrong[] = {{"N", "four"}};
  EXPECT_EQ(flex_kernel_specialize(kernel, wrong, 1, &fixed), FLEX_INVALID_ARGUMENT);
  EXPECT_EQ(error(), "dimension N: expected a number, found 'four'");
  EXPECT_EQ(fixed, nullptr);
}

TEST_F(CApi, Infer) {
  load();
  std::vector<float> x(5);
  test::Tensor a(x, {5});
  int64_t shape[4] = {};
  DLTensor *in = a.get(), result = *in, *out = &result;
  result.shape = shape;
  result.ndim = -1;
  ASSERT_EQ(flex_kernel_infer(kernel, &in, 1, &out, 1), FLEX_OK) << error();
  EXPECT_EQ(result.ndim, 1);
  EXPECT_EQ(shape[0], 5);
  EXPECT_EQ(result.dtype.bits, 32);
  EXPECT_EQ(flex_kernel_infer(kernel, &in, 1, &out, 0), FLEX_INVALID_ARGUMENT);
  EXPECT_EQ(error(), "kernel 'twice' has 1 results, but 0 were given");
}

TEST_F(CApi, Errors) {
  EXPECT_EQ(flex_module_load_source(context, "oops", 4, "k.flex", &module), FLEX_COMPILE_ERROR);
  EXPECT_EQ(error(), "k.flex:1:1: error: unexpected 'oops'");
  EXPECT_EQ(module, nullptr);
  EXPECT_EQ(flex_module_load_image(context, "junk", 4, &module), FLEX_INVALID_ARGUMENT);
  EXPECT_EQ(flex_module_load_file(context, "/nonexistent/k.flex", &module), FLEX_NOT_FOUND);
  load();
  flex_kernel *other = nullptr;
  EXPECT_EQ(flex_kernel_get(module, "nope", &other), FLEX_NOT_FOUND);
  EXPECT_EQ(error(), "no kernel 'nope'; there are: twice");
  std::vector<float> x(3), y(4);
  EXPECT_EQ(launch(x, y), FLEX_INVALID_ARGUMENT);
  EXPECT_EQ(error(), "dimension N is 3 in 'x' but 4 in result 'y'");
  // Of this thread and this context only.
  std::thread([&] { EXPECT_STREQ(flex_last_error(context), ""); }).join();
  EXPECT_STREQ(flex_last_error(nullptr), "");
}

TEST_F(CApi, NullPointersAreStatuses) {
  EXPECT_EQ(flex_context_create(nullptr, nullptr), FLEX_INVALID_ARGUMENT);
  EXPECT_STRNE(flex_last_error(nullptr), "");
  EXPECT_EQ(flex_module_load_source(nullptr, "", 0, nullptr, &module), FLEX_INVALID_ARGUMENT);
  EXPECT_EQ(flex_module_load_source(context, nullptr, 5, nullptr, &module), FLEX_INVALID_ARGUMENT);
  EXPECT_EQ(flex_kernel_get(nullptr, nullptr, &kernel), FLEX_INVALID_ARGUMENT);
  EXPECT_EQ(flex_launch(nullptr, nullptr, 0, nullptr, 0, nullptr), FLEX_INVALID_ARGUMENT);
  EXPECT_EQ(flex_wait(nullptr), FLEX_INVALID_ARGUMENT);
  load();
  EXPECT_EQ(flex_launch(kernel, nullptr, 2, nullptr, 0, nullptr), FLEX_INVALID_ARGUMENT);
  DLTensor *none = nullptr;
  EXPECT_EQ(flex_launch(kernel, &none, 1, &none, 1, nullptr), FLEX_INVALID_ARGUMENT);
  EXPECT_EQ(error(), "'x' of kernel 'twice' is a null pointer");
  flex_module_destroy(nullptr);
  flex_context_destroy(nullptr);
}

TEST_F(CApi, OlderAndNewerStructs) {
  flex_context_options old = options;
  old.struct_size = offsetof(flex_context_options, cache_max_bytes);
  flex_context *other = nullptr;
  ASSERT_EQ(flex_context_create(&old, &other), FLEX_OK);
  flex_context_destroy(other);
  old.struct_size = 0;
  EXPECT_EQ(flex_context_create(&old, &other), FLEX_INVALID_ARGUMENT);
  EXPECT_EQ(other, nullptr);
  struct {
    flex_launch_options known;
    void *future;
  } newer = {FLEX_LAUNCH_OPTIONS_INIT, &newer};
  newer.known.struct_size = sizeof newer;
  load();
  std::vector<float> x(3), y(3);
  EXPECT_EQ(launch(x, y, &newer.known), FLEX_OK);
}

TEST_F(CApi, Events) {
  load();
  constexpr size_t kCount = 20;
  std::vector<std::vector<float>> x(kCount), y(kCount);
  std::vector<flex_event *> events(kCount);
  for (size_t i = 0; i < kCount; ++i) {
    x[i].assign(i + 1, static_cast<float>(i));
    y[i].resize(i + 1);
    flex_launch_options how = FLEX_LAUNCH_OPTIONS_INIT;
    how.event = &events[i];
    ASSERT_EQ(launch(x[i], y[i], &how), FLEX_OK); // the tensor structs go away here
  }
  for (size_t i = 0; i < kCount; ++i) {
    ASSERT_EQ(flex_wait(events[i]), FLEX_OK) << error();
    EXPECT_EQ(y[i], std::vector<float>(i + 1, 2 * static_cast<float>(i)));
  }
  // A failure arrives with the wait.
  std::vector<float> wrong(7);
  flex_launch_options how = FLEX_LAUNCH_OPTIONS_INIT;
  flex_event *event = nullptr;
  how.event = &event;
  ASSERT_EQ(launch(x[0], wrong, &how), FLEX_OK);
  while (!flex_event_done(event))
    std::this_thread::yield();
  EXPECT_EQ(flex_wait(event), FLEX_INVALID_ARGUMENT);
  EXPECT_EQ(error(), "dimension N is 1 in 'x' but 7 in result 'y'");
}

TEST_F(CApi, HandlesMayGoInAnyOrderBelowTheContext) {
  load();
  flex_module_destroy(module);
  module = nullptr;
  std::vector<float> x = {1}, y(1);
  EXPECT_EQ(launch(x, y), FLEX_OK);
  flex_kernel_destroy(kernel);
  kernel = nullptr;
  EXPECT_STREQ(flex_explain_last_launch(context), "the kernel was destroyed\n");
}

TEST_F(CApi, Devices) {
  size_t count = flex_device_count(context);
  bool host = false, null = false;
  for (size_t i = 0; i < count; ++i) {
    flex_device_info info{};
    info.struct_size = sizeof info;
    ASSERT_EQ(flex_device_get(context, i, &info), FLEX_OK);
    host |= std::string(info.id) == "host" && !info.unavailable && info.gflops > 0;
    null |= std::string(info.id) == "null";
  }
  EXPECT_TRUE(host);
  EXPECT_TRUE(null);
  flex_device_info info{};
  info.struct_size = sizeof info;
  EXPECT_EQ(flex_device_get(context, count, &info), FLEX_INVALID_ARGUMENT);
}

TEST_F(CApi, ManyThreads) {
  load();
  std::vector<std::thread> threads;
  std::atomic<int> failures = 0;
  threads.reserve(8);
  for (size_t t = 0; t < 8; ++t)
    threads.emplace_back([&, t] {
      std::vector<float> x(t + 1, 1), y(t + 1), bad(t + 2);
      for (int i = 0; i < 500; ++i) {
        failures += launch(x, y) != FLEX_OK || y[t] != 2;
        failures += launch(x, bad) != FLEX_INVALID_ARGUMENT ||
                    error().find("is " + std::to_string(t + 1) + " in 'x'") == std::string::npos;
      }
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(failures, 0);
}

TEST_F(CApi, Logging) {
  std::atomic<int> messages = 0;
  flex_context_options logged = options;
  std::ofstream(folder / "file") << "x";
  std::string bad = folder / "file";
  logged.cache_dir = bad.c_str();
  logged.log = [](void *user, flex_log_level level, const char *message) {
    if (level == FLEX_LOG_WARNING && std::string(message).find("cache on disk is off") != std::string::npos)
      ++*static_cast<std::atomic<int> *>(user);
  };
  logged.log_user = &messages;
  flex_context *other = nullptr;
  ASSERT_EQ(flex_context_create(&logged, &other), FLEX_OK);
  flex_module *loaded = nullptr;
  EXPECT_EQ(flex_module_load_source(other, kSource, sizeof kSource - 1, nullptr, &loaded), FLEX_OK);
  EXPECT_EQ(messages, 1);
  flex_module_destroy(loaded);
  flex_context_destroy(other);
}

TEST(CApiTexts, Names) {
  EXPECT_STREQ(flex_status_name(FLEX_DATA_LOSS), "data loss");
  EXPECT_STREQ(flex_version(), "0.1.0");
}

TEST_F(CApi, Tune) {
  ::setenv("FLEX_TUNING", (folder / "tuning.sqlite").c_str(), 1);
  flex_context *tuning = nullptr;
  ASSERT_EQ(flex_context_create(&options, &tuning), FLEX_OK);
  ::unsetenv("FLEX_TUNING");
  std::swap(context, tuning);
  load("slow\n");
  std::vector<float> x(1000, 3), y(1000), before = x;
  test::Tensor a(x, {1000});
  DLTensor *in = a.get();
  ASSERT_EQ(launch(x, y), FLEX_OK);
  int steps = 0;
  flex_tune_options how = FLEX_TUNE_OPTIONS_INIT;
  how.progress = [](void *user, const char *text) { *static_cast<int *>(user) += *text != 0; };
  how.progress_user = &steps;
  flex_tune_info info{};
  info.struct_size = sizeof info;
  ASSERT_EQ(flex_kernel_tune(kernel, &in, 1, 2, &how, &info), FLEX_OK) << error();
  EXPECT_NE(std::string(info.schedule).find("slow {"), std::string::npos);
  EXPECT_NE(std::string(info.schedule).find("vectors 8"), std::string::npos) << info.schedule;
  EXPECT_GT(info.model_seconds, info.best_seconds);
  EXPECT_DOUBLE_EQ(info.gain, info.model_seconds / info.best_seconds - 1);
  EXPECT_GE(info.unfit, 1);
  EXPECT_GE(info.wrong, 1);
  EXPECT_GT(info.tried, 2);
  EXPECT_EQ(info.is_recorded, 1);
  EXPECT_GT(steps, info.tried);
  EXPECT_EQ(x, before);
  ASSERT_EQ(launch(x, y), FLEX_OK);
  EXPECT_EQ(y, std::vector<float>(1000, 6));
  std::string why = flex_explain_last_launch(context);
  EXPECT_NE(why.find("schedule from a record"), std::string::npos) << why;
  flex_tune_info old{sizeof(size_t) + 2 * sizeof(double), 0, 0, -7, nullptr, 0, 0, 0, 0}; // of a shorter version
  ASSERT_EQ(flex_kernel_tune(kernel, &in, 1, 0.2, nullptr, &old), FLEX_OK) << error();
  EXPECT_GT(old.best_seconds, 0);
  EXPECT_EQ(old.gain, -7);
  EXPECT_EQ(flex_kernel_tune(kernel, &in, 1, 0.1, nullptr, nullptr), FLEX_OK) << error();
  std::swap(context, tuning);
  flex_kernel_destroy(kernel);
  flex_module_destroy(module);
  kernel = nullptr, module = nullptr;
  flex_context_destroy(tuning);
}

TEST_F(CApi, TuneMistakes) {
  load();
  std::vector<float> x(4);
  test::Tensor a(x, {4});
  DLTensor *in = a.get();
  flex_tune_info info{};
  EXPECT_EQ(flex_kernel_tune(kernel, &in, 1, 1, nullptr, &info), FLEX_INVALID_ARGUMENT);
  EXPECT_EQ(error(), "flex_tune_info.struct_size is not set");
  EXPECT_EQ(flex_kernel_tune(kernel, &in, 1, 0, nullptr, nullptr), FLEX_INVALID_ARGUMENT);
  EXPECT_EQ(error(), "the budget is 0 seconds, expected more than 0 and at most a day, e.g. 5");
  EXPECT_EQ(flex_kernel_tune(kernel, nullptr, 1, 1, nullptr, nullptr), FLEX_INVALID_ARGUMENT);
  EXPECT_EQ(flex_kernel_tune(nullptr, &in, 1, 1, nullptr, nullptr), FLEX_INVALID_ARGUMENT);
  EXPECT_EQ(flex_kernel_tune(kernel, &in, 0, 1, nullptr, nullptr), FLEX_INVALID_ARGUMENT);
  EXPECT_EQ(flex_kernel_tune(kernel, &in, 1, 1, nullptr, nullptr), FLEX_UNIMPLEMENTED);
  EXPECT_EQ(error(), "nothing in kernel 'twice' has a schedule to be tuned");
  flex_tune_options how = FLEX_TUNE_OPTIONS_INIT;
  how.device = "abacus";
  EXPECT_EQ(flex_kernel_tune(kernel, &in, 1, 1, &how, nullptr), FLEX_NOT_FOUND) << error();
}

} // namespace
} // namespace flex
