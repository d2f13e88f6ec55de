//===- CompilerApiTest.cpp - The compiler through its C interface ---------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Versions, requests of every kind, limits, imports, and many threads at once.
//
//===----------------------------------------------------------------------===//
#include "flex/Binary/Hash.h"
#include "flex/Binary/Image.h"
#include "flex/Runtime/CompilerInterface.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstring>
#include <dlfcn.h>
#include <filesystem>
#include <fstream>
#include <thread>
#include <unistd.h>

using namespace flex;

namespace {

const char *const kSource = R"(
/// Row sums.
kernel rows(x: f32[M, N]) -> f32[M] { return [i] sum(j) x[i, j] }
kernel scale<T: f16 | f32>(x: T[N], s: T) -> T[N] { return x * s }
)";

FlexCompilerEntry entry() {
  static void *library = dlopen(FLEX_COMPILER_LIB, RTLD_NOW | RTLD_LOCAL);
  return library ? reinterpret_cast<FlexCompilerEntry>(dlsym(library, FLEX_COMPILER_ENTRY)) : nullptr;
}

FlexCompilerString view(const char *text) {
  return {text, std::strlen(text)};
}

struct Answer {
  StatusCode code;
  std::string bytes, diagnostics, json, timing;
  std::vector<std::pair<std::string, std::string>> dependencies;
  StatusOr<Image> image() const { return readImage(reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size()); }
};

std::string copy(FlexCompilerString text) {
  return std::string(text.data ? text.data : "", text.size);
}

/// A request with room for what tests set.
struct Request {
  explicit Request(uint32_t kind, const char *source = kSource, const char *name = "k.flex") {
    request.structSize = sizeof request;
    request.kind = kind;
    request.source = view(source);
    request.fileName = view(name);
  }
  Request &kernel(const char *name) {
    request.kernel = view(name);
    return *this;
  }
  Request &target(const char *spec) {
    targets.push_back(view(spec));
    return *this;
  }
  Request &dim(const char *name, int64_t value) {
    dims.push_back({view(name), value});
    return *this;
  }
  Request &type(const char *name, const char *dtype) {
    types.push_back({view(name), view(dtype)});
    return *this;
  }
  Request &option(const char *key, const char *value) {
    options.push_back({view(key), view(value)});
    return *this;
  }
  Answer run(uint32_t resultSize = sizeof(FlexCompilerResult)) {
    request.targets = targets.data(), request.targetCount = targets.size();
    request.dims = dims.data(), request.dimCount = dims.size();
    request.types = types.data(), request.typeCount = types.size();
    request.options = options.data(), request.optionCount = options.size();
    FlexCompilerResult result = {};
    result.structSize = resultSize;
    const FlexCompilerApi *api = entry()(FLEX_COMPILER_ABI_VERSION);
    int32_t code = api->compile(&request, &result);
    EXPECT_EQ(code, result.status);
    Answer answer{
        static_cast<StatusCode>(code), std::string(reinterpret_cast<const char *>(result.image), result.imageSize),
        copy(result.diagnostics),      copy(result.diagnosticsJson),
        copy(result.timing),           {}};
    for (size_t i = 0; i < result.dependencyCount; ++i)
      answer.dependencies.emplace_back(copy(result.dependencies[i].path), copy(result.dependencies[i].hash));
    api->freeResult(&result);
    return answer;
  }

  FlexCompilerRequest request = {};
  std::vector<FlexCompilerString> targets;
  std::vector<FlexCompilerDim> dims;
  std::vector<FlexCompilerPair> types, options;
};

constexpr const char *kTarget = "cpu:x86-64-v3";

} // namespace

TEST(CompilerApi, RefusesOtherVersions) {
  ASSERT_NE(entry(), nullptr) << dlerror();
  EXPECT_NE(entry()(FLEX_COMPILER_ABI_VERSION), nullptr);
  EXPECT_EQ(entry()(FLEX_COMPILER_ABI_VERSION + 1), nullptr);
}

TEST(CompilerApi, DescribesEveryKernel) {
  Answer answer = Request(FLEX_COMPILER_DESCRIBE).run();
  ASSERT_EQ(answer.code, StatusCode::Ok) << answer.diagnostics;
  auto image = answer.image();
  ASSERT_TRUE(image.isOk()) << image.status().message();
  ASSERT_EQ(image->kernels.size(), 2u);
  const ImageKernel &rows = image->kernels[0], &scale = image->kernels[1];
  EXPECT_EQ(rows.name, "rows");
  EXPECT_EQ(rows.doc, "Row sums.");
  EXPECT_EQ(rows.dims, (std::vector<std::string>{"M", "N"}));
  EXPECT_TRUE(rows.programs.empty());
  ASSERT_EQ(scale.typeParams.size(), 1u);
  EXPECT_EQ(scale.typeParams[0].allowed, (std::vector<std::string>{"f16", "f32"}));
  EXPECT_EQ(scale.params[0].dtype, "T");
}

TEST(CompilerApi, CompilesForSeveralTargets) {
  Answer answer = Request(FLEX_COMPILER_COMPILE).kernel("rows").target(kTarget).target("null").dim("N", 64).run();
  ASSERT_EQ(answer.code, StatusCode::Ok) << answer.diagnostics;
  auto image = answer.image();
  ASSERT_TRUE(image.isOk()) << image.status().message();
  ASSERT_EQ(image->kernels.size(), 1u);
  const ImageKernel &kernel = image->kernels[0];
  EXPECT_EQ(kernel.dims, (std::vector<std::string>{"M"}));
  EXPECT_EQ(kernel.params[0].shape[1].str(), "64");
  ASSERT_EQ(kernel.programs.size(), 2u);
  EXPECT_EQ(kernel.programs[0].format, "elf-x86_64");
  EXPECT_FALSE(kernel.programs[0].payload.empty());
  EXPECT_EQ(kernel.programs[1].format, "tensor-ir");
  EXPECT_EQ(kernel.programs[1].launches.size(), 1u);
  EXPECT_FALSE(image->tensorIR.empty());
  EXPECT_TRUE(Request(FLEX_COMPILER_COMPILE)
                  .kernel("rows")
                  .target(kTarget)
                  .option("embed-ir", "0")
                  .run()
                  .image()
                  ->tensorIR.empty());
}

TEST(CompilerApi, GenericKernelsNeedTheirTypes) {
  Answer without = Request(FLEX_COMPILER_COMPILE).kernel("scale").target(kTarget).run();
  EXPECT_EQ(without.code, StatusCode::CompileError);
  EXPECT_NE(without.diagnostics.find("'T'"), std::string::npos);
  Answer with = Request(FLEX_COMPILER_COMPILE).kernel("scale").target(kTarget).type("T", "f16").run();
  ASSERT_EQ(with.code, StatusCode::Ok) << with.diagnostics;
  EXPECT_EQ(with.image()->kernels[0].params[0].dtype, "f16");
  EXPECT_TRUE(with.image()->kernels[0].typeParams.empty());
  Answer wrong = Request(FLEX_COMPILER_COMPILE).kernel("scale").target(kTarget).type("T", "f17").run();
  EXPECT_NE(wrong.diagnostics.find("'f17' for type parameter 'T' is no element type\nhint: did you mean 'f1"),
            std::string::npos)
      << wrong.diagnostics;
}

TEST(CompilerApi, WrongRequestsSayWhatIsExpected) {
  auto message = [](Request request) {
    Answer answer = request.run();
    EXPECT_NE(answer.code, StatusCode::Ok);
    EXPECT_TRUE(answer.bytes.empty());
    return answer.diagnostics;
  };
  EXPECT_NE(message(Request(FLEX_COMPILER_COMPILE).kernel("rows")).find("needs a target"), std::string::npos);
  EXPECT_NE(message(Request(FLEX_COMPILER_COMPILE).target("tpu9")).find("unknown target 'tpu9'"), std::string::npos);
  EXPECT_NE(message(Request(FLEX_COMPILER_COMPILE).target("cpu:i486")).find("i486"), std::string::npos);
  EXPECT_NE(message(Request(FLEX_COMPILER_DESCRIBE).option("colour", "red")).find("unknown compiler option 'colour'"),
            std::string::npos);
  EXPECT_NE(message(Request(FLEX_COMPILER_EMIT).option("emit", "soup")).find("'soup', expected the name of a stage"),
            std::string::npos);
  EXPECT_NE(message(Request(FLEX_COMPILER_DESCRIBE).option("max-seconds", "nan")).find("expected a number"),
            std::string::npos);
  EXPECT_NE(message(Request(77u)).find("unknown kind of request 77"), std::string::npos);
  EXPECT_NE(message(Request(FLEX_COMPILER_COMPILE).kernel("rows").target(kTarget).dim("Q", 2)).find("'Q'"),
            std::string::npos);
}

/// A runtime of an older build has shorter structs; what it lacks must be neither read nor written.
TEST(CompilerApi, OlderCallersHaveShorterStructs) {
  Request request(FLEX_COMPILER_DESCRIBE);
  request.request.structSize = offsetof(FlexCompilerRequest, args);
  request.request.argCount = ~size_t(0);
  FlexCompilerResult result;
  std::memset(&result, 0x5a, sizeof result);
  result.structSize = offsetof(FlexCompilerResult, timing);
  const FlexCompilerApi *api = entry()(FLEX_COMPILER_ABI_VERSION);
  EXPECT_EQ(api->compile(&request.request, &result), 0);
  EXPECT_EQ(result.timing.size, static_cast<size_t>(0x5a5a5a5a5a5a5a5a));
  api->freeResult(&result);
}

TEST(CompilerApi, ImportsAreDependencies) {
  std::filesystem::path folder =
      std::filesystem::path(testing::TempDir()) / ("flex-imports-" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  std::string helper = "fn half(x: float) -> float { x / 2 }\n";
  std::ofstream(folder / "helper.flex") << helper;
  std::string main = (folder / "main.flex").string();
  Answer answer = Request(FLEX_COMPILER_DESCRIBE,
                          "import helper\nkernel k(x: f32[N]) -> f32[N] { return helper.half(x) }\n", main.c_str())
                      .run();
  std::filesystem::remove_all(folder);
  ASSERT_EQ(answer.code, StatusCode::Ok) << answer.diagnostics;
  ASSERT_EQ(answer.dependencies.size(), 1u);
  EXPECT_EQ(answer.dependencies[0].first, (folder / "helper.flex").string());
  EXPECT_EQ(answer.dependencies[0].second, contentHash(helper));
}

// A file put where one was looked for would be read instead: nn beside the kernel hides the standard library's.
TEST(CompilerApi, WhereAnImportIsNotIsADependency) {
  std::filesystem::path folder =
      std::filesystem::path(testing::TempDir()) / ("flex-missing-" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  std::string main = (folder / "main.flex").string();
  const char *source = "import nn\nkernel k(x: f32[N]) -> f32[N] { return nn.relu(x) }\n";
  Answer before = Request(FLEX_COMPILER_DESCRIBE, source, main.c_str()).run();
  std::string own = "fn relu(x: float) -> float { x + 1 }\n";
  std::ofstream(folder / "nn.flex") << own;
  Answer after = Request(FLEX_COMPILER_DESCRIBE, source, main.c_str()).run();
  std::filesystem::remove_all(folder);
  ASSERT_EQ(before.code, StatusCode::Ok) << before.diagnostics;
  ASSERT_EQ(before.dependencies.size(), 1u);
  EXPECT_EQ(before.dependencies[0].first, (folder / "nn.flex").string());
  EXPECT_EQ(before.dependencies[0].second, "");
  ASSERT_EQ(after.code, StatusCode::Ok) << after.diagnostics;
  ASSERT_EQ(after.dependencies.size(), 1u);
  EXPECT_EQ(after.dependencies[0].second, contentHash(own));
}

TEST(CompilerApi, InterpretsWithBindings) {
  float x[2] = {3, 4}, s = 0.5f, y[2] = {};
  int64_t shape[1] = {2};
  FlexCompilerTensor args[] = {{view("f32"), shape, 1, x}, {view("f32"), nullptr, 0, &s}},
                     results[] = {{view("f32"), shape, 1, y}};
  Request request(FLEX_COMPILER_INTERPRET);
  request.kernel("scale").type("T", "f32");
  request.request.args = args, request.request.argCount = 2;
  request.request.results = results, request.request.resultCount = 1;
  Answer answer = request.run();
  ASSERT_EQ(answer.code, StatusCode::Ok) << answer.diagnostics;
  EXPECT_EQ(y[0], 1.5f);
  EXPECT_EQ(y[1], 2.0f);
  results[0].dtype = view("f64");
  EXPECT_NE(request.run().diagnostics.find("is f32[2], but memory for f64[2] was given"), std::string::npos);
}

TEST(CompilerApi, TimeIsBounded) {
  std::string source = "kernel k(x: f32[N]) -> f32[N] {\n  let a0 = x\n";
  for (int i = 1; i < 400; ++i)
    source +=
        "  let a" + std::to_string(i) + " = exp(a" + std::to_string(i - 1) + ") + a" + std::to_string(i - 1) + "\n";
  source += "  return a399\n}\n";
  Answer ops = Request(FLEX_COMPILER_COMPILE, source.c_str()).target(kTarget).option("max-ir-ops", "500").run();
  EXPECT_EQ(ops.code, StatusCode::ResourceExhausted);
  EXPECT_NE(ops.diagnostics.find("the limit is 500 (option max-ir-ops)"), std::string::npos) << ops.diagnostics;
}

TEST(CompilerApi, AboutIsJson) {
  Answer answer = Request(FLEX_COMPILER_ABOUT, "").run();
  ASSERT_EQ(answer.code, StatusCode::Ok);
  EXPECT_EQ(answer.bytes.front(), '{');
  EXPECT_NE(answer.bytes.find("\"targets\""), std::string::npos);
}

TEST(CompilerApi, ThreadsShareNothing) {
  std::string expected = Request(FLEX_COMPILER_COMPILE).kernel("rows").target(kTarget).run().bytes;
  ASSERT_FALSE(expected.empty());
  std::vector<std::thread> threads;
  std::vector<std::string> got(6);
  for (size_t t = 0; t < got.size(); ++t)
    threads.emplace_back([&, t] {
      // Half of the threads compile something else, or fail, at the same time.
      if (t % 3 == 1)
        Request(FLEX_COMPILER_COMPILE, "kernel broken(").target(kTarget).run();
      if (t % 3 == 2)
        Request(FLEX_COMPILER_COMPILE).kernel("scale").type("T", "f16").target("null").run();
      got[t] = Request(FLEX_COMPILER_COMPILE).kernel("rows").target(kTarget).run().bytes;
    });
  for (std::thread &thread : threads)
    thread.join();
  for (const std::string &bytes : got)
    EXPECT_EQ(bytes, expected) << "equal requests give equal bytes";
}
