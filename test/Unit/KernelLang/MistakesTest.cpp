//===- MistakesTest.cpp - What beginners write, and what they read ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// test/KernelLang/Mistakes/NAME.flex holds one mistake; NAME.txt the whole text a user
// sees. Invariant: one mistake, one error. After a change on purpose run this test with
// FLEX_UPDATE_GOLDEN=1 and read the difference.
//
//===----------------------------------------------------------------------===//
#include "TestSupport.h"

#include <cstdlib>
#include <filesystem>

using namespace flex::lang;
using namespace flex::lang::test;

namespace {

std::vector<std::string> mistakes() {
  std::vector<std::string> names;
  for (const auto &entry : std::filesystem::directory_iterator(sourcePath("test/KernelLang/Mistakes")))
    if (entry.path().extension() == ".flex")
      names.push_back(entry.path().stem().string());
  std::sort(names.begin(), names.end());
  return names;
}

class Mistakes : public testing::TestWithParam<std::string> {};

TEST_P(Mistakes, ReadWell) {
  std::string base = sourcePath("test/KernelLang/Mistakes/" + GetParam());
  Analysis analysis(readFile(base + ".flex"), GetParam() + ".flex");
  std::string text = analysis.diagnostics.renderText();
  EXPECT_EQ(analysis.diagnostics.all().size(), 1u) << text;
  if (std::getenv("FLEX_UPDATE_GOLDEN"))
    std::ofstream(base + ".txt", std::ios::binary) << text;
  EXPECT_EQ(text, readFile(base + ".txt"));
}

INSTANTIATE_TEST_SUITE_P(All, Mistakes, testing::ValuesIn(mistakes()), [](const auto &info) {
  std::string name = info.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

TEST(MistakeFiles, AreSixty) {
  EXPECT_GE(mistakes().size(), 60u);
}

} // namespace
