//===- LimitsTest.cpp - Limits end in a diagnostic ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Programs just beyond each documented limit: E0001 E0002 E0007 E0103 E0501 E0502
// E0503 E0505 E0506 E0213 E0214 E0207.
//
//===----------------------------------------------------------------------===//
#include "TestSupport.h"
#include "flex/KernelLang/Lexer.h"

#include <filesystem>

using namespace flex::lang;
using namespace flex::lang::test;

namespace {

std::string repeat(const std::string &text, size_t count) {
  std::string out;
  for (size_t i = 0; i < count; ++i)
    out += text;
  return out;
}

std::string kernelOf(const std::string &body) {
  return "kernel k(x: f32[N]) -> f32[N] {\n" + body + "\n}\n";
}

TEST(Limits, FileSize) {
  Analysis analysis(std::string(kMaxFileBytes + 1, ' '));
  EXPECT_TRUE(analysis.has("E0001", "16777217"));
}

TEST(Limits, Tokens) {
  EXPECT_TRUE(Analysis(repeat("+ ", kMaxTokens + 10)).has("E0002"));
}

TEST(Limits, ErrorCount) {
  Analysis analysis(kernelOf(repeat("  let a = *\n", 100)), "test.flex", 20);
  EXPECT_EQ(analysis.diagnostics.errorCount(), 20u);
  EXPECT_TRUE(analysis.has("E0007", "giving up after 20"));
  EXPECT_EQ(analysis.diagnostics.all().size(), 21u);
}

TEST(Limits, NestingOfBrackets) {
  EXPECT_TRUE(Analysis(kernelOf("return " + repeat("(", 100000) + "x" + repeat(")", 100000))).has("E0103", "256"));
  EXPECT_TRUE(Analysis(kernelOf("return " + repeat("-", 100000) + "x")).has("E0103"));
  EXPECT_TRUE(Analysis(kernelOf("return x" + repeat("[0", 100000))).has("E0103"));
  EXPECT_TRUE(Analysis(kernelOf("return x" + repeat(" ** x", 100000))).has("E0103"));
  EXPECT_TRUE(Analysis(kernelOf("return " + repeat("if true { ", 100000))).has("E0103"));
  EXPECT_TRUE(Analysis(kernelOf("return " + repeat("sum(i) ", 100000) + "1")).has("E0103"));
}

TEST(Limits, NestingWithinTheLimitIsFine) {
  Analysis analysis(kernelOf("return " + repeat("(", 200) + "x" + repeat(")", 200)));
  EXPECT_FALSE(analysis.diagnostics.hasErrors()) << analysis.diagnostics.renderText();
}

TEST(Limits, TermsOfOneSum) {
  EXPECT_FALSE(Analysis(kernelOf("return x" + repeat(" + x", 400))).diagnostics.hasErrors());
  EXPECT_TRUE(Analysis(kernelOf("return x" + repeat(" + x", 100000))).has("E0501"));
}

TEST(Limits, ScalarLetsGrowNoTree) {
  // Each let doubles the text of a scalar; as a DAG it stays linear.
  std::string body = "  let a0 = x + 1\n";
  for (int i = 1; i < 200; ++i)
    body += "  let a" + std::to_string(i) + " = a" + std::to_string(i - 1) + " * a" + std::to_string(i - 1) + "\n";
  Analysis analysis("fn f(x: f32) -> f32 {\n" + body + "  a199\n}\n" + kernelOf("return f(x)"));
  EXPECT_FALSE(analysis.diagnostics.hasErrors()) << analysis.diagnostics.renderText();
}

TEST(Limits, LiteralLetsGrowNoTree) {
  std::string body = "  let a0 = 1\n";
  for (int i = 1; i < 200; ++i)
    body += "  let a" + std::to_string(i) + " = a" + std::to_string(i - 1) + " / a" + std::to_string(i - 1) + "\n";
  Analysis analysis(kernelOf(body + "  return x * a199"));
  EXPECT_FALSE(analysis.diagnostics.hasErrors()) << analysis.diagnostics.renderText();
}

TEST(Limits, ExpansionOfFunctions) {
  // f0 calls nothing; each next function calls the one before it eight times.
  std::string text = "fn f0(x: f32[K]) -> f32[K] {\n  let y = exp(x)\n  return y + sum(y)\n}\n";
  for (int i = 1; i < 12; ++i) {
    std::string last = "f" + std::to_string(i - 1);
    text += "fn f" + std::to_string(i) + "(x: f32[K]) -> f32[K] {\n  let a = " + last + "(x)\n";
    text += "  let b = " + last + "(a)\n  let c = " + last + "(b)\n  let d = " + last + "(c)\n  return d\n}\n";
  }
  Analysis analysis(text + kernelOf("return f11(x)"));
  EXPECT_TRUE(analysis.has("E0502") || analysis.has("E0501")) << analysis.diagnostics.renderText();
  EXPECT_TRUE(analysis.has("E0502"));
}

TEST(Limits, DepthOfCalls) {
  std::string text = "fn g0(x: f32) -> f32 { x }\n";
  for (int i = 1; i < 100; ++i)
    text += "fn g" + std::to_string(i) + "(x: f32) -> f32 { g" + std::to_string(i - 1) + "(x) }\n";
  EXPECT_TRUE(Analysis(text + kernelOf("return g99(x)")).has("E0503", "64"));
}

TEST(Limits, TypeCombinations) {
  std::string all = "f16 | bf16 | f32 | f64 | i8 | i16 | i32 | i64";
  Analysis analysis("kernel k<A: " + all + ", B: " + all +
                    ", C: f32 | f64>(a: A[N], b: B[N], c: C[N]) -> A[N] { return a }");
  EXPECT_TRUE(analysis.has("E0505", "128"));
}

TEST(Limits, UnrolledStatements) {
  EXPECT_TRUE(Analysis(kernelOf("  for k in 0..1000000000000 { }\n  return x")).has("E0506", "65536"));
  EXPECT_TRUE(
      Analysis(kernelOf("  var s = 0\n  for i in 0..999 { for j in 0..999 { s = s } }\n  return x * s")).has("E0506"));
  EXPECT_TRUE(Analysis(kernelOf("  var y = x\n  for i in 0..9999 { y = exp(y) }\n  return y")).has("E0502"));
  Analysis many(kernelOf("  var s = 0\n  for i in 0..30000 { s = s + i }\n  return x * s"));
  EXPECT_FALSE(many.diagnostics.hasErrors()) << many.diagnostics.renderText();
  EXPECT_FALSE(Analysis(kernelOf("  for i in 9..0 { }\n  return x")).diagnostics.hasErrors());
  EXPECT_TRUE(Analysis(kernelOf("return x" + repeat("\n  for i in 0..1 { ", 100000))).has("E0103"));
}

class ModuleFolder : public testing::Test {
protected:
  void SetUp() override {
    folder = std::filesystem::temp_directory_path() /
             ("flex-modules-" + std::to_string(::testing::UnitTest::GetInstance()->random_seed()) +
              testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::create_directories(folder);
  }
  void TearDown() override { std::filesystem::remove_all(folder); }
  void write(const std::string &name, const std::string &text) { std::ofstream(folder / name) << text; }
  std::string mainFile() const { return (folder / "main.flex").string(); }
  std::filesystem::path folder;
};

TEST_F(ModuleFolder, AmbiguousName) {
  write("a.flex", "fn f(x: f32) -> f32 { x }\n");
  write("b.flex", "fn f(x: f32) -> f32 { x + 1 }\n");
  Analysis ambiguous("import a\nimport b\n" + kernelOf("return f(x)"), mainFile());
  EXPECT_TRUE(ambiguous.has("E0207", "'f'"));
  EXPECT_FALSE(
      Analysis("import a\nimport b\n" + kernelOf("return a.f(x) + b.f(x)"), mainFile()).diagnostics.hasErrors());
}

TEST_F(ModuleFolder, ImportsMayFormACycle) {
  write("a.flex", "import b\nfn f(x: f32) -> f32 { b.g(x) }\n");
  write("b.flex", "import a\nfn g(x: f32) -> f32 { x + 1 }\nfn h(x: f32) -> f32 { a.f(x) }\n");
  Analysis analysis("import b\n" + kernelOf("return b.h(x)"), mainFile());
  EXPECT_FALSE(analysis.diagnostics.hasErrors()) << analysis.diagnostics.renderText();
  EXPECT_EQ(analysis.program->dependencies().size(), 3u);
}

TEST_F(ModuleFolder, FoundOnTheImportPathAndBeforeTheStandardLibrary) {
  std::filesystem::create_directories(folder / "lib" / "deep");
  write("lib/nn.flex", "fn mine(x: f32) -> f32 { x }\n");
  write("lib/deep/er.flex", "fn g(x: f32) -> f32 { x }\n");
  DiagnosticEngine diagnostics;
  std::string text = "import nn\nimport deep.er\n" + kernelOf("return nn.mine(er.g(x))");
  auto program = parseAndAnalyze(text, mainFile(), {{(folder / "lib").string()}}, diagnostics);
  EXPECT_FALSE(diagnostics.hasErrors()) << diagnostics.renderText();
  EXPECT_EQ(program->dependencies().size(), 3u);
}

TEST_F(ModuleFolder, MissingModuleIsOneError) {
  Analysis analysis("import gone\n" + kernelOf("return gone.f(x) + g(x)"), mainFile());
  EXPECT_EQ(analysis.diagnostics.errorCount(), 1u) << analysis.diagnostics.renderText();
  EXPECT_TRUE(analysis.has("E0205", "and the standard library"));
}

TEST_F(ModuleFolder, TooLarge) {
  write("big.flex", "");
  std::filesystem::resize_file(folder / "big.flex", kMaxFileBytes + 1);
  EXPECT_TRUE(Analysis("import big\n", mainFile()).has("E0213", "too large"));
}

TEST_F(ModuleFolder, TooMany) {
  std::string imports;
  for (int i = 0; i < 300; ++i) {
    write("m" + std::to_string(i) + ".flex", "");
    imports += "import m" + std::to_string(i) + "\n";
  }
  EXPECT_TRUE(Analysis(imports, mainFile()).has("E0214", "256"));
}

TEST_F(ModuleFolder, ErrorsInsideALibraryPointAtTheCall) {
  write("lib.flex", "fn f(x: f32[K]) -> f32[K] { [i] x[i + 1] }\n");
  Analysis analysis("import lib\n" + kernelOf("return lib.f(x)"), mainFile());
  std::string text = analysis.diagnostics.renderText();
  EXPECT_NE(text.find("lib.flex:1:"), std::string::npos) << text;
  EXPECT_NE(text.find("in this call of 'f'"), std::string::npos) << text;
}

} // namespace
