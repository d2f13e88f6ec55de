//===- DiagnosticsTest.cpp - Every diagnostic, at its place ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Runs test/KernelLang/Diagnostics/*.flex: exactly the diagnostics that the
// `// expect CODE text` comments name, each on its line. A kind of
// Diagnostics.def that occurs in no test is an error.
//
//===----------------------------------------------------------------------===//
#include "TestSupport.h"

#include <filesystem>
#include <regex>

using namespace flex::lang;
using namespace flex::lang::test;

namespace {

struct Expectation {
  std::string code, fragment;
  unsigned line;
};

std::vector<Expectation> expectationsOf(const std::string &text) {
  std::vector<Expectation> expectations;
  std::istringstream stream(text);
  std::string line;
  for (unsigned number = 1; std::getline(stream, line); ++number) {
    size_t at = line.find("// expect ");
    while (at != std::string::npos) {
      size_t next = line.find(" // expect ", at + 1);
      std::string body = line.substr(at + 10, next == std::string::npos ? next : next - at - 10);
      while (!body.empty() && body.back() == ' ')
        body.pop_back();
      expectations.push_back({body.substr(0, 5), body.size() > 6 ? body.substr(6) : "", number});
      at = next == std::string::npos ? next : next + 1;
    }
  }
  return expectations;
}

/// All that is shown of one diagnostic, in one line.
std::string shown(const Diagnostic &diagnostic) {
  std::string text = diagnostic.message;
  for (const Label &label : diagnostic.labels)
    text += " | " + label.text;
  return text + " | hint: " + diagnostic.hint;
}

class DiagnosticFiles : public testing::TestWithParam<const char *> {};

TEST_P(DiagnosticFiles, AreReportedWhereExpected) {
  std::string path = sourcePath(std::string("test/KernelLang/Diagnostics/") + GetParam());
  std::string text = readFile(path);
  Analysis analysis(text, path);
  std::vector<Expectation> expected = expectationsOf(text);
  ASSERT_FALSE(expected.empty());
  for (const Diagnostic &diagnostic : analysis.diagnostics.all()) {
    unsigned line = diagnostic.primary.file->position(diagnostic.primary.begin).line;
    auto match = std::find_if(expected.begin(), expected.end(), [&](const Expectation &e) {
      return e.line == line && e.code == diagCode(diagnostic.kind) &&
             shown(diagnostic).find(e.fragment) != std::string::npos;
    });
    if (match == expected.end())
      ADD_FAILURE() << path << ":" << line << ": not expected: " << diagCode(diagnostic.kind) << " "
                    << shown(diagnostic);
    else
      expected.erase(match);
  }
  for (const Expectation &missing : expected)
    ADD_FAILURE() << path << ":" << missing.line << ": expected " << missing.code << " " << missing.fragment;
}

INSTANTIATE_TEST_SUITE_P(All, DiagnosticFiles,
                         testing::Values("lexer.flex", "parser.flex", "names.flex", "types.flex", "shapes.flex",
                                         "dimensions.flex", "lifted.flex", "modules.flex", "statements.flex",
                                         "tensors.flex"),
                         [](const auto &info) {
                           return std::string(info.param).substr(0, std::string(info.param).find('.'));
                         });

TEST(Diagnostics, EveryKindHasATest) {
  std::string everything;
  for (const char *folder : {"test/KernelLang", "test/Unit/KernelLang"})
    for (const auto &entry : std::filesystem::recursive_directory_iterator(sourcePath(folder)))
      if (entry.is_regular_file())
        everything += readFile(entry.path().string());
  std::string definitions = readFile(sourcePath("include/flex/KernelLang/Diagnostics.def"));
  std::regex pattern("DIAG\\(([EW][0-9]{4}), ([A-Za-z]+)");
  unsigned kinds = 0;
  for (auto it = std::sregex_iterator(definitions.begin(), definitions.end(), pattern); it != std::sregex_iterator();
       ++it) {
    ++kinds;
    EXPECT_NE(everything.find((*it)[1].str()), std::string::npos) << "no test for " << (*it)[1] << " " << (*it)[2];
  }
  EXPECT_GT(kinds, 80u);
}

TEST(Diagnostics, WordingFollowsTheGuide) {
  std::string definitions = readFile(sourcePath("include/flex/KernelLang/Diagnostics.def"));
  std::regex pattern("DIAG\\([EW][0-9]{4}, [A-Za-z]+, [A-Za-z]+, \"(.*)\"\\)");
  unsigned kinds = 0;
  for (auto it = std::sregex_iterator(definitions.begin(), definitions.end(), pattern); it != std::sregex_iterator();
       ++it) {
    std::string text = (*it)[1];
    ++kinds;
    EXPECT_FALSE(std::isupper(static_cast<unsigned char>(text.front()))) << text;
    EXPECT_NE(text.back(), '.') << text;
  }
  EXPECT_GT(kinds, 80u);
}

} // namespace
