//===- RenderTest.cpp - Diagnostics as text and JSON ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The exact form users and editors read.
//
//===----------------------------------------------------------------------===//
#include "TestSupport.h"

using namespace flex::lang;
using namespace flex::lang::test;

namespace {

TEST(Render, CaretsOnEveryPlaceAndAHint) {
  Analysis analysis("kernel k(x: f32[N], h: f16[N]) -> f32[N] {\n  return x + h\n}\n", "k.flex");
  EXPECT_EQ(analysis.diagnostics.renderText(),
            "k.flex:2:12: error: '+' needs operands of one type, found f32 and f16 [E0301]\n"
            "    2 |   return x + h\n"
            "      |            ^\n"
            "k.flex:2:10: note: this is f32\n"
            "    2 |   return x + h\n"
            "      |          ^\n"
            "k.flex:2:14: note: this is f16\n"
            "    2 |   return x + h\n"
            "      |              ^\n"
            "hint: convert one: f32(h)\n");
}

TEST(Render, TabsAndWideCharactersKeepTheCaretInPlace) {
  Analysis analysis("kernel k(x: f32[N]) -> f32[N] {\n\treturn x + y // \xC3\xA9\n}\n", "k.flex");
  std::string text = analysis.diagnostics.renderText();
  EXPECT_NE(text.find("    2 |  return x + y // \xC3\xA9\n      |             ^\n"), std::string::npos) << text;
}

TEST(Render, ControlAndInvalidBytesAreShownHarmlessly) {
  Analysis analysis("kernel \x01\x1b[31m\xff(\n", "k.flex");
  std::string text = analysis.diagnostics.renderText() + analysis.diagnostics.renderJson();
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_EQ(text.find('\x01'), std::string::npos);
  EXPECT_EQ(text.find('\xff'), std::string::npos);
}

TEST(Render, ColorOnlyOnRequest) {
  Analysis analysis("kernel k(", "k.flex");
  EXPECT_EQ(analysis.diagnostics.renderText(false).find("\x1b["), std::string::npos);
  EXPECT_NE(analysis.diagnostics.renderText(true).find("\x1b[1;31merror"), std::string::npos);
}

TEST(Render, Json) {
  Analysis analysis("kernel k(x: f32[N]) -> f32[N] {\n  return y\n}\n", "a\"b.flex");
  EXPECT_EQ(
      analysis.diagnostics.renderJson(),
      "{\"diagnostics\": [\n"
      "  {\"code\": \"E0201\", \"severity\": \"error\", \"message\": \"unknown name 'y'\", \"file\": \"a\\\"b.flex\", "
      "\"line\": 2, \"column\": 10, \"endLine\": 2, \"endColumn\": 11, \"labels\": [], \"hint\": null}\n"
      "]}\n");
  EXPECT_EQ(Analysis("kernel k(x: f32[N]) -> f32[N] { return x }\n").diagnostics.renderJson(),
            "{\"diagnostics\": []}\n");
}

TEST(Render, SuggestionsAreNearOrAbsent) {
  EXPECT_EQ(nearestName("sofmax", {"softmax", "gelu"}), "softmax");
  EXPECT_EQ(nearestName("wieght", {"weight"}), "weight");
  EXPECT_EQ(nearestName("q", {"x", "y"}), "");
  EXPECT_EQ(nearestName("banana", {"softmax"}), "");
  EXPECT_EQ(nearestName("load", {"log"}), "");
  EXPECT_EQ(didYouMean("f23", {"f32"}), "did you mean 'f32'?");
}

} // namespace
