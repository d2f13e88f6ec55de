//===- TextTest.cpp - Words and numbers in text ---------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Strict numbers, trimmed words, separators within brackets.
//
//===----------------------------------------------------------------------===//
#include "flex/Support/Text.h"

#include <gtest/gtest.h>

namespace flex {
namespace {

TEST(Text, NumbersAreTheWholeText) {
  EXPECT_EQ(parseInteger("-12"), -12);
  EXPECT_EQ(parseInteger("9223372036854775807"), INT64_MAX);
  for (const char *text : {"", " 1", "1 ", "1x", "0x10", "9223372036854775808", "-", "1.0"})
    EXPECT_EQ(parseInteger(text), std::nullopt) << text;
  EXPECT_EQ(parseInteger(std::string_view("1\0", 2)), std::nullopt);
}

TEST(Text, WordsAreTrimmed) {
  EXPECT_EQ(trim(" \ta b\r\n"), "a b");
  EXPECT_EQ(trim(" \n"), "");
}

TEST(Text, SeparatorsWithinBracketsDoNotSplit) {
  using Parts = std::vector<std::string_view>;
  EXPECT_EQ(splitOutside("a, f(b, c) ,[d, e]", ','), (Parts{"a", "f(b, c)", "[d, e]"}));
  EXPECT_EQ(splitOutside("", ','), (Parts{""}));
  EXPECT_EQ(splitOutside("a,", ','), (Parts{"a", ""}));
}

} // namespace
} // namespace flex
