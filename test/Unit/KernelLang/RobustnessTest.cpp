//===- RobustnessTest.cpp - No input crashes or hangs the front end ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Every sample cut off at every byte, with bytes replaced, and random tokens.
//
//===----------------------------------------------------------------------===//
#include "TestSupport.h"

#include <filesystem>
#include <random>

using namespace flex::lang;
using namespace flex::lang::test;

namespace {

std::vector<std::string> samples() {
  std::vector<std::string> texts;
  for (const char *folder : {"test/KernelLang", "std"})
    for (const auto &entry : std::filesystem::recursive_directory_iterator(sourcePath(folder)))
      if (entry.path().extension() == ".flex")
        texts.push_back(readFile(entry.path().string()));
  return texts;
}

/// What must hold for any bytes: it ends, and says something if it is not fine.
void survive(const std::string &text) {
  Analysis analysis(text, "test.flex", 20);
  std::string shown = analysis.diagnostics.renderText() + analysis.diagnostics.renderJson();
  ASSERT_LE(analysis.diagnostics.errorCount(), 20u);
  ast::dump(analysis.program->main().ast);
  for (const KernelSignature &kernel : analysis.program->kernels()) {
    Bindings bindings;
    for (const TypeParam &param : kernel.typeParams)
      bindings.types[param.name] = param.allowed[0];
    if (!analysis.diagnostics.hasErrors()) {
      DiagnosticEngine later;
      EXPECT_TRUE(instantiate(*analysis.program, kernel.name, bindings, later)) << later.renderText();
    }
  }
}

TEST(Robustness, TruncatedAnywhere) {
  const size_t step = 37 * 40 / static_cast<size_t>(rounds(40));
  for (const std::string &text : samples())
    for (size_t length = 0; length < text.size(); length += step)
      survive(text.substr(0, length));
}

TEST(Robustness, BytesReplaced) {
  std::mt19937 random(42);
  for (const std::string &original : samples())
    for (int round = 0; round < rounds(40); ++round) {
      std::string text = original;
      for (int change = 0; change < 4; ++change)
        text[random() % text.size()] = static_cast<char>(random());
      survive(text);
    }
}

TEST(Robustness, RandomTokens) {
  static const char *const words[] = {
      "kernel", "fn",  "let",   "return", "if",  "else", "for", "in", "import", "where", "schedule", "x",  "N",   "i",
      "sum",    "max", "clamp", "f32",    "i32", "T",    "(",   ")",  "[",      "]",     "{",        "}",  "<",   ">",
      ",",      ":",   "->",    "=",      "==",  "+",    "-",   "*",  "**",     "/",     "@",        "..", "...", ".",
      "|",      "&&",  "!",     "1",      "2.5", "\n",   "///", "//", "\"",     "axis",  "0x",       "$",  "\xff"};
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    std::string text = round % 2 ? "kernel k(x: f32[N]) -> f32[N] {\n" : "";
    for (unsigned count = random() % 60; count > 0; --count)
      text += std::string(words[random() % std::size(words)]) + (random() % 8 ? " " : "");
    survive(text);
  }
}

TEST(Robustness, ShortInputs) {
  for (const char *text : {"",
                           "\n",
                           "@",
                           "@\n",
                           "///",
                           "/// \n@a",
                           "kernel",
                           "kernel k",
                           "kernel k<",
                           "kernel k(",
                           "kernel k()",
                           "kernel k() ->",
                           "kernel k() -> f32",
                           "kernel k() -> f32 {",
                           "kernel k() -> (",
                           "fn f() -> f32 { }",
                           "fn f() -> f32 { return }",
                           "kernel k() -> f32 { return 1 }",
                           "import",
                           "import a.",
                           "schedule s for",
                           "\xEF\xBB\xBF",
                           "\0",
                           "kernel k() -> f32 { [i] 1 }"})
    survive(text);
}

} // namespace
