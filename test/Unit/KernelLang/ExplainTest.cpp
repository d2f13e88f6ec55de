//===- ExplainTest.cpp - Every diagnostic has a true page ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// docs/language/errors/CODE.md is what `flexc explain CODE` prints. Its example marked
// `flex-wrong` gives exactly that code, once; the one marked `flex` nothing. A page
// without examples that run says why.
//
//===----------------------------------------------------------------------===//
#include "TestSupport.h"

#include <filesystem>
#include <set>

using namespace flex::lang;
using namespace flex::lang::test;

namespace {

const char *const kCodes[] = {
#define DIAG(CODE, NAME, SEVERITY, TEXT) #CODE,
#include "flex/KernelLang/Diagnostics.def"
};

std::string pagePath(const std::string &code) {
  return sourcePath("docs/language/errors/" + code + ".md");
}

/// The codes an example gives, one line each.
std::string codesOf(const std::string &text) {
  Analysis analysis(text, sourcePath("docs/language/errors/example.flex"));
  std::string codes;
  for (const Diagnostic &diagnostic : analysis.diagnostics.all())
    codes += std::string(diagCode(diagnostic.kind)) + " " + diagnostic.message + "\n";
  return codes;
}

class Explain : public testing::TestWithParam<const char *> {};

TEST_P(Explain, PageIsTrue) {
  std::string code = GetParam();
  ASSERT_TRUE(std::filesystem::exists(pagePath(code)))
      << "write docs/language/errors/" << code << ".md (docs/howto/diagnostics.md)";
  std::string page = readFile(pagePath(code));
  EXPECT_EQ(page.substr(0, 9), "# " + code + ": ");
  std::vector<std::string> wrong = codeBlocks(page, "flex-wrong"), right = codeBlocks(page, "flex");
  if (wrong.empty()) {
    EXPECT_NE(page.find("\nNot run by the tests: "), std::string::npos) << "say why there is no example that runs";
    return;
  }
  EXPECT_FALSE(right.empty()) << "a wrong example needs a right one beside it";
  for (const std::string &text : wrong) {
    std::string codes = codesOf(text);
    EXPECT_EQ(codes.substr(0, 6), code + " ") << text << codes;
    EXPECT_EQ(std::count(codes.begin(), codes.end(), '\n'), 1) << text << codes;
  }
  for (const std::string &text : right)
    EXPECT_EQ(codesOf(text), "") << text;
}

INSTANTIATE_TEST_SUITE_P(All, Explain, testing::ValuesIn(kCodes),
                         [](const auto &info) { return std::string(info.param); });

TEST(ExplainPages, NoneIsLeftOver) {
  std::set<std::string> codes(std::begin(kCodes), std::end(kCodes));
  for (const auto &entry : std::filesystem::directory_iterator(sourcePath("docs/language/errors"))) {
    std::string name = entry.path().stem().string();
    EXPECT_TRUE(name == "index" || codes.count(name)) << name << " is a page of no diagnostic";
  }
}

} // namespace
