//===- FormatTest.cpp - flexc fmt: one form, nothing lost ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Golden pairs Format/*.in and *.out; then, over every kernel file of the repository
// and copies with white space and comments put in at random: formatting again
// changes nothing, and the tree is the same.
//
//===----------------------------------------------------------------------===//
#include "flex/KernelLang/Format.h"
#include "TestSupport.h"
#include "flex/KernelLang/Lexer.h"
#include "flex/KernelLang/Parser.h"

#include <algorithm>
#include <filesystem>
#include <random>

using namespace flex::lang;
using namespace flex::lang::test;

namespace {

using Status = FormatResult::Status;

FormatResult format(const std::string &text) {
  DiagnosticEngine diagnostics;
  SourceFile file("test.flex", text);
  return formatFile(file, diagnostics);
}

std::string treeOf(const std::string &text) {
  DiagnosticEngine diagnostics;
  SourceFile file("test.flex", text);
  return ast::dump(parse(file, diagnostics));
}

/// True if the file could be formatted.
bool check(const std::string &text, const std::string &name) {
  FormatResult once = format(text);
  EXPECT_NE(once.status, Status::Fault) << name << ": " << once.fault << "\n" << text << "\nbecame\n" << once.text;
  if (once.status != Status::Ok)
    return false;
  FormatResult twice = format(once.text);
  EXPECT_EQ(twice.text, once.text) << name;
  EXPECT_EQ(treeOf(once.text), treeOf(text)) << name;
  return true;
}

std::vector<std::filesystem::path> kernelFiles() {
  std::vector<std::filesystem::path> files;
  for (const char *folder : {"benchmarks", "examples", "runtime", "std", "test"})
    for (const auto &entry : std::filesystem::recursive_directory_iterator(sourcePath(folder)))
      if (entry.is_regular_file() && entry.path().extension() == ".flex")
        files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

TEST(Format, Golden) {
  size_t pairs = 0;
  for (const auto &entry : std::filesystem::directory_iterator(sourcePath("test/Unit/KernelLang/Format"))) {
    if (entry.path().extension() != ".in")
      continue;
    auto expected = entry.path();
    expected.replace_extension(".out");
    FormatResult result = format(readFile(entry.path().string()));
    EXPECT_EQ(result.status, Status::Ok) << entry.path() << ": " << result.fault;
    EXPECT_EQ(result.text, readFile(expected.string())) << entry.path();
    EXPECT_TRUE(check(result.text, entry.path().string()));
    ++pairs;
  }
  EXPECT_GE(pairs, 5u);
}

TEST(Format, EveryFileOfTheRepository) {
  size_t formatted = 0;
  for (const auto &path : kernelFiles())
    formatted += check(readFile(path.string()), path.string());
  EXPECT_GE(formatted, 20u);
}

/// The text with white space and comments at random places between tokens: breaks only inside of ( ) and [ ].
std::string scrambled(const std::string &text, std::mt19937 &random) {
  DiagnosticEngine diagnostics;
  SourceFile file("test.flex", text);
  LexResult lexed = lex(file, diagnostics);
  std::string out, brackets;
  size_t end = 0;
  unsigned rate = 2 + random() % 30;
  for (const Token &token : lexed.tokens) {
    bool inside = !brackets.empty() && brackets.back() != '{';
    out += text.substr(end, token.range.begin - end);
    static const char *const kInside[] = {" ", "\n", "\n\n", " // behind\n", "\n// above\n", "  "};
    if (random() % rate == 0 && !token.is(TokenKind::Newline))
      out += inside ? kInside[random() % 6] : out.empty() || out.back() == '\n' ? "" : " ";
    out += token.text();
    end = token.range.end;
    char c = token.text().empty() ? ' ' : token.text()[0];
    if (token.text().size() == 1 && (c == '(' || c == '[' || c == '{'))
      brackets += c;
    if (token.text().size() == 1 && (c == ')' || c == ']' || c == '}') && !brackets.empty())
      brackets.pop_back();
  }
  return out;
}

TEST(Format, ScrambledFiles) {
  std::mt19937 random(7);
  size_t formatted = 0, tried = 0;
  for (const auto &path : kernelFiles()) {
    std::string text = readFile(path.string());
    if (text.size() > 20000 || format(text).status != Status::Ok)
      continue;
    for (int round = 0; round < 4; ++round, ++tried)
      formatted += check(scrambled(text, random), path.string());
  }
  EXPECT_GT(formatted * 4, tried * 3) << "most scrambled files are still without syntax errors";
}

TEST(Format, SpacingOfTheFileDoesNotMatter) {
  std::string tight = "kernel f(x:f32[N])->f32[N]{\nlet a[i]=x[i]*2+1\nreturn a}\n";
  std::string wide =
      "kernel  f ( x : f32 [ N ] )\n  -> f32 [ N ]\n{\n\n let a [ i ] = x [ i ] *\n 2 + 1\n\treturn a\n\n}\n\n";
  EXPECT_EQ(format(tight).text, "kernel f(x: f32[N]) -> f32[N] {\n  let a[i] = x[i] * 2 + 1\n  return a\n}\n");
  EXPECT_EQ(format(wide).text, format(tight).text);
  std::string carriage = tight;
  for (size_t at = 0; (at = carriage.find('\n', at)) != std::string::npos; at += 2)
    carriage.replace(at, 1, "\r\n");
  EXPECT_EQ(format(carriage).text, format(tight).text);
}

TEST(Format, SyntaxErrorsAreReported) {
  DiagnosticEngine diagnostics;
  SourceFile file("test.flex", "kernel f(x: f32[N]) -> f32[N] { return x +\n");
  EXPECT_EQ(formatFile(file, diagnostics).status, Status::SyntaxErrors);
  EXPECT_TRUE(diagnostics.hasErrors());
}

TEST(Format, EmptyFiles) {
  EXPECT_EQ(format("").text, "");
  EXPECT_EQ(format("\n\n").text, "");
  EXPECT_EQ(format("\n// only a comment").text, "// only a comment\n");
}

/// A line is longer than the limit only where nothing can be broken.
TEST(Format, LongLinesAreBroken) {
  std::string sum = "x";
  for (int i = 0; i < 100; ++i)
    sum += " + f(x, " + std::to_string(i) + ") * g(y[i, " + std::to_string(i) + "])";
  for (const char *around : {"{}", "({}) / 2", "max({}, 0)", "if x > 0 { {} } else { 0 }", "-(z @ ({}))[i, j]"}) {
    std::string value = around;
    value.replace(value.find("{}"), 2, sum);
    FormatResult result = format("kernel k(x: f32) -> f32 { return " + value + " }\n");
    ASSERT_EQ(result.status, Status::Ok) << result.fault;
    std::istringstream lines(result.text);
    for (std::string line; std::getline(lines, line);)
      EXPECT_LE(line.size(), kFormatWidth) << result.text;
    check(result.text, around);
  }
}

} // namespace
