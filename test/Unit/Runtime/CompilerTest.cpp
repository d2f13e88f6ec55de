//===- CompilerTest.cpp - Sources, the compiler and the cache ------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// With the fake compiler: what is compiled, what comes from the cache, what a
// changed import, option or compiler does, and how errors arrive.
//
//===----------------------------------------------------------------------===//
#include "Support.h"

#include "FakeCompiler.h"
#include "flex/Runtime/Context.h"

#include <algorithm>
#include <thread>

namespace flex::rt {
namespace {

using test::CompilerCalls;

class Sources : public testing::Test {
protected:
  ContextOptions options() {
    ContextOptions out;
    out.device = "host";
    out.compilerPath = FLEX_FAKE_COMPILER;
    out.cache.directory = folder / "cache";
    out.drivers.threads = 1;
    out.log = [this](LogLevel, const std::string &message) { logged += message + "\n"; };
    return out;
  }
  /// Calls of the compiler made by `action`.
  template <typename Action> CompilerCalls during(Action action) {
    CompilerCalls before = test::compilerCalls();
    action();
    CompilerCalls after = test::compilerCalls();
    return {after.describes - before.describes, after.compiles - before.compiles};
  }
  static Status launch(const Kernel &kernel, int64_t n, LaunchReport *report = nullptr, bool dynamic = false) {
    std::vector<float> x(static_cast<size_t>(n), 3), y(static_cast<size_t>(n));
    test::Tensor a(x, {n}), b(y, {n});
    const DLTensor *in = a.get(), *out = b.get();
    LaunchOptions options;
    options.dynamic = dynamic;
    Status status = kernel.launch(&in, 1, &out, 1, options, report);
    if (status.isOk())
      EXPECT_EQ(y, std::vector<float>(static_cast<size_t>(n), 6));
    return status;
  }
  void write(const std::string &name, const std::string &text) { std::ofstream(folder / name) << text; }

  test::TemporaryFolder folder;
  std::string logged;
};

TEST_F(Sources, CompilesPerShapeAndRemembers) {
  Context context = *Context::create(options());
  auto module = context.loadSource("twice\n", "a.flex");
  ASSERT_TRUE(module.isOk()) << module.status().str();
  EXPECT_EQ(module->origin(), CodeOrigin::Compiler);
  Kernel kernel = *module->kernel("twice");
  LaunchReport report;
  EXPECT_EQ(during([&] { ASSERT_TRUE(launch(kernel, 8, &report).isOk()); }), (CompilerCalls{0, 1}));
  EXPECT_EQ(report.origin, CodeOrigin::Compiler);
  EXPECT_EQ(during([&] { ASSERT_TRUE(launch(kernel, 8, &report).isOk()); }), (CompilerCalls{0, 0}));
  EXPECT_EQ(report.origin, CodeOrigin::Memory);
  EXPECT_EQ(during([&] { ASSERT_TRUE(launch(kernel, 9, &report).isOk()); }), (CompilerCalls{0, 1}));
}

TEST_F(Sources, DynamicCompilesOnceForAllShapes) {
  Context context = *Context::create(options());
  Kernel kernel = *context.loadSource("twice\n", "a.flex")->kernel("");
  EXPECT_EQ(during([&] {
              for (int64_t n : {8, 9, 100})
                ASSERT_TRUE(launch(kernel, n, nullptr, true).isOk());
            }),
            (CompilerCalls{0, 1}));
}

TEST_F(Sources, HotShapesAreCompiledForThemselves) {
  Context context = *Context::create(options());
  Kernel kernel = *context.loadSource("twice\n", "a.flex")->kernel("");
  LaunchOptions hot;
  hot.dynamic = hot.specializeHot = true;
  LaunchReport report;
  auto run = [&](int64_t n) {
    std::vector<float> x(static_cast<size_t>(n), 3), y(static_cast<size_t>(n));
    test::Tensor a(x, {n}), b(y, {n});
    const DLTensor *in = a.get(), *out = b.get();
    ASSERT_TRUE(kernel.launch(&in, 1, &out, 1, hot, &report).isOk());
    ASSERT_EQ(y, std::vector<float>(static_cast<size_t>(n), 6));
  };
  const std::string said = "compiled for these shapes, beside its launches";
  EXPECT_EQ(during([&] { run(8), run(9), run(100000); }), (CompilerCalls{0, 1})) << "one code for all shapes";
  EXPECT_EQ(report.explanation.find(said), std::string::npos);
  auto isHot = [&] { return report.explanation.find(said) != std::string::npos; };
  CompilerCalls calls = during([&] {
    for (auto begin = std::chrono::steady_clock::now();
         !isHot() && std::chrono::steady_clock::now() - begin < std::chrono::seconds(60);)
      run(100000);
    EXPECT_TRUE(isHot()) << report.explanation;
    for (int i = 0; i < 100; ++i)
      run(100000);
  });
  EXPECT_EQ(calls, (CompilerCalls{0, 1})) << "once for the hot shape";
  run(8);
  EXPECT_FALSE(isHot()) << "a shape that is not hot";
}

TEST_F(Sources, HotShapesOfManyThreads) {
  Context context = *Context::create(options());
  Kernel kernel = *context.loadSource("twice\n", "a.flex")->kernel("");
  EXPECT_EQ(during([&] {
              std::vector<std::thread> threads;
              for (int64_t number = 0; number < 4; ++number)
                threads.emplace_back([&kernel, n = 50000 + number / 2] {
                  std::vector<float> x(static_cast<size_t>(n), 3), y(static_cast<size_t>(n));
                  test::Tensor a(x, {n}), b(y, {n});
                  const DLTensor *in = a.get(), *out = b.get();
                  LaunchOptions hot;
                  hot.dynamic = hot.specializeHot = true;
                  for (double seconds = 0; seconds < 0.1;) {
                    LaunchReport report;
                    std::fill(y.begin(), y.end(), 0.0f);
                    ASSERT_TRUE(kernel.launch(&in, 1, &out, 1, hot, &report).isOk());
                    ASSERT_EQ(y, std::vector<float>(static_cast<size_t>(n), 6));
                    seconds += report.runSeconds;
                  }
                });
              for (std::thread &thread : threads)
                thread.join();
              context.finishBackgroundWork();
            }),
            (CompilerCalls{0, 3}))
      << "one for all shapes, and one for each of two";
}

TEST_F(Sources, BackgroundWorkEndsWhenToldTo) {
  Context context = *Context::create(options());
  Kernel kernel = *context.loadSource("twice\n", "a.flex")->kernel("");
  context.finishBackgroundWork();
  LaunchOptions hot;
  hot.dynamic = hot.specializeHot = true;
  std::vector<float> x(100000, 3), y(100000);
  test::Tensor a(x, {100000}), b(y, {100000});
  const DLTensor *in = a.get(), *out = b.get();
  EXPECT_EQ(during([&] {
              for (double seconds = 0; seconds < 0.2;) {
                LaunchReport report;
                ASSERT_TRUE(kernel.launch(&in, 1, &out, 1, hot, &report).isOk());
                seconds += report.runSeconds;
              }
            }),
            (CompilerCalls{0, 1}));
}

TEST_F(Sources, AWarmStartCallsNoCompiler) {
  auto session = [&](const ContextOptions &options, LaunchReport *report) {
    Context context = *Context::create(options);
    auto module = context.loadSource("twice\n", "a.flex");
    ASSERT_TRUE(module.isOk()) << module.status().str();
    Status status = launch(*module->kernel(""), 8, report);
    ASSERT_TRUE(status.isOk()) << status.str();
  };
  LaunchReport report;
  EXPECT_EQ(during([&] { session(options(), &report); }), (CompilerCalls{1, 1}));
  EXPECT_EQ(during([&] { session(options(), &report); }), (CompilerCalls{0, 0}));
  EXPECT_EQ(report.origin, CodeOrigin::Disk);
  // What changes the code changes the key.
  ContextOptions strict = options();
  strict.compileOptions = {{"numerics", "strict"}};
  EXPECT_EQ(during([&] { session(strict, &report); }), (CompilerCalls{0, 1}));
  setenv("FLEX_SOMETHING_NEW", "1", 1);
  EXPECT_EQ(during([&] { session(options(), &report); }), (CompilerCalls{1, 1}));
  unsetenv("FLEX_SOMETHING_NEW");
  // Another compiler is another key.
  std::filesystem::copy_file(FLEX_FAKE_COMPILER, folder / "libflexc.so");
  ContextOptions other = options();
  other.compilerPath = folder / "libflexc.so";
  session(other, &report);
  EXPECT_EQ(report.origin, CodeOrigin::Compiler);
  EXPECT_EQ(logged, "");
}

TEST_F(Sources, AnEditedImportIsNoticed) {
  write("dep.flex", "one");
  std::string source = "import " + (folder / "dep.flex") + "\ntwice\n";
  auto session = [&] {
    Context context = *Context::create(options());
    auto module = context.loadSource(source, "a.flex");
    ASSERT_TRUE(module.isOk()) << module.status().str();
    ASSERT_TRUE(launch(*module->kernel(""), 8).isOk());
  };
  EXPECT_EQ(during(session), (CompilerCalls{1, 1}));
  EXPECT_EQ(during(session), (CompilerCalls{0, 0}));
  write("dep.flex", "two");
  EXPECT_EQ(during(session), (CompilerCalls{1, 1}));
  EXPECT_EQ(during(session), (CompilerCalls{0, 0}));
  std::filesystem::remove(folder / "dep.flex");
  EXPECT_EQ(during(session), (CompilerCalls{1, 1}));
  EXPECT_EQ(during(session), (CompilerCalls{0, 0}));
  write("dep.flex", "now there"); // a file where one was looked for
  EXPECT_EQ(during(session), (CompilerCalls{1, 1}));
}

// The same text in another folder imports other files.
TEST_F(Sources, TheFolderOfASourceWithImportsMatters) {
  auto session = [&](const std::string &source, const std::string &file) {
    Context context = *Context::create(options());
    return context.loadSource(source, folder / file)->origin();
  };
  std::string importing = "import " + (folder / "none.flex") + "\ntwice\n";
  EXPECT_EQ(session(importing, "one/a.flex"), CodeOrigin::Compiler);
  EXPECT_EQ(session(importing, "one/a.flex"), CodeOrigin::Disk);
  EXPECT_EQ(session(importing, "two/a.flex"), CodeOrigin::Compiler);
}

TEST_F(Sources, AnImportEditedWhileLoadedIsNotStoredUnderTheOldKey) {
  write("dep.flex", "one");
  std::string source = "import " + (folder / "dep.flex") + "\ntwice\n";
  Context context = *Context::create(options());
  auto module = context.loadSource(source, "a.flex");
  write("dep.flex", "two");
  ASSERT_TRUE(launch(*module->kernel(""), 8).isOk());
  write("dep.flex", "one");
  LaunchReport report;
  Context later = *Context::create(options());
  ASSERT_TRUE(launch(*later.loadSource(source, "a.flex")->kernel(""), 8, &report).isOk());
  EXPECT_EQ(report.origin, CodeOrigin::Compiler);
}

TEST_F(Sources, ErrorsCarryDiagnostics) {
  Context context = *Context::create(options());
  auto module = context.loadSource("twice\noops\n", "a.flex");
  EXPECT_EQ(module.status().code(), StatusCode::CompileError);
  EXPECT_EQ(module.status().message(), "a.flex:2:1: error: unexpected 'oops'");
}

TEST_F(Sources, GenericKernelsBindTheirTypeFromTheArguments) {
  Context context = *Context::create(options());
  Kernel kernel = *context.loadSource("generic\n", "a.flex")->kernel("");
  EXPECT_EQ(kernel.signature().typeParams[0].allowed, (std::vector<std::string>{"f16", "f32"}));
  EXPECT_TRUE(launch(kernel, 8).isOk());
  std::vector<double> wide(8);
  test::Tensor a(wide.data(), {kDLFloat, 64, 1}, {8});
  const DLTensor *t = a.get();
  EXPECT_EQ(kernel.launch(&t, 1, &t, 1).message(), "'x' has dtype f64, expected T: f16 | f32");
  test::Tensor b(wide.data(), {kDLFloat, 16, 1}, {8});
  t = b.get();
  EXPECT_EQ(kernel.launch(&t, 1, &t, 1).code(), StatusCode::Unimplemented);
}

TEST_F(Sources, Specialisation) {
  Context context = *Context::create(options());
  Kernel kernel = *context.loadSource("twice\n", "a.flex")->kernel("");
  EXPECT_EQ(kernel.specialize({{{"Q", 1}}, {}}).status().message(),
            "kernel 'twice' has no dimension 'Q'; there are: N");
  EXPECT_FALSE(kernel.specialize({{{"N", -1}}, {}}).isOk());
  EXPECT_FALSE(kernel.specialize({{}, {{"T", "f32"}}}).isOk());
  StatusOr<Kernel> fixed = Status(StatusCode::Internal, "");
  EXPECT_EQ(during([&] { fixed = kernel.specialize({{{"N", 8}}, {}}); }), (CompilerCalls{0, 1}));
  ASSERT_TRUE(fixed.isOk()) << fixed.status().str();
  EXPECT_EQ(during([&] { EXPECT_TRUE(launch(*fixed, 8).isOk()); }), (CompilerCalls{0, 0}));
  EXPECT_EQ(launch(*fixed, 9).message(), "dimension N is 8 in the specialisation but 9 in 'x'");
}

TEST_F(Sources, NoCompiler) {
  ContextOptions without = options();
  without.compilerPath = folder / "libnone.so";
  auto module = Context::create(without)->loadSource("twice\n", "a.flex");
  EXPECT_EQ(module.status().code(), StatusCode::Unavailable);
  EXPECT_NE(module.status().message().find("libnone.so"), std::string::npos) << module.status().message();
  // A library that is none.
  std::filesystem::copy_file(FLEX_TEST_KERNELS, folder / "libother.so");
  without.compilerPath = folder / "libother.so";
  module = Context::create(without)->loadSource("twice\n", "a.flex");
  EXPECT_NE(module.status().message().find("compiler interface"), std::string::npos) << module.status().message();
}

TEST_F(Sources, ADamagedCacheIsCompiledAgain) {
  auto session = [&] {
    Context context = *Context::create(options());
    auto module = context.loadSource("twice\n", "a.flex");
    ASSERT_TRUE(module.isOk()) << module.status().str();
    ASSERT_TRUE(launch(*module->kernel(""), 8).isOk());
  };
  session();
  for (const auto &entry : std::filesystem::directory_iterator(folder / "cache")) {
    std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    auto middle = static_cast<std::streamoff>(entry.file_size() / 2);
    file.seekg(middle);
    int byte = file.get();
    file.seekp(middle);
    file.put(static_cast<char>(~byte));
  }
  EXPECT_EQ(during(session), (CompilerCalls{1, 1}));
  EXPECT_NE(logged.find("damaged"), std::string::npos) << logged;
  EXPECT_EQ(during(session), (CompilerCalls{0, 0}));
}

} // namespace
} // namespace flex::rt
