//===- DimExprTest.cpp - Integer expressions over named dimensions -------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Canonical form, parsing, evaluation, overflow, bounds on nesting and size; and
// random expressions against direct evaluation.
//
//===----------------------------------------------------------------------===//
#include "flex/Support/DimExpr.h"

#include <gtest/gtest.h>

#include <random>

namespace flex {
namespace {

DimExpr parse(const std::string &text) {
  std::string error;
  auto expr = DimExpr::parse(text, &error);
  EXPECT_TRUE(expr.has_value()) << text << ": " << error;
  return expr ? *expr : DimExpr::invalid();
}

std::string parseError(const std::string &text) {
  std::string error;
  return DimExpr::parse(text, &error) ? "" : error;
}

TEST(DimExpr, CanonicalText) {
  EXPECT_EQ(parse("1 - R + H").str(), "H - R + 1");
  EXPECT_EQ(parse("r + i*2").str(), "2*i + r");
  EXPECT_EQ(parse("(M + 1)*(M - 1)").str(), "M*M - 1");
  EXPECT_EQ(parse("-N").str(), "-N");
  EXPECT_EQ(parse("N - N").str(), "0");
  EXPECT_EQ(parse("max(b, a)").str(), parse("max(a, b)").str());
  EXPECT_EQ(parse("(64*M)/64").str(), "M");
  EXPECT_EQ(parse("(64*M) % 32").str(), "0");
  EXPECT_EQ(parse("M/1").str(), "M");
  EXPECT_EQ(parse("min(N, N)").str(), "N");
}

TEST(DimExpr, EqualityIsOfMeaningForPolynomials) {
  EXPECT_EQ(parse("(a + b)*(a + b)"), parse("a*a + 2*b*a + b*b"));
  EXPECT_NE(parse("a + b"), parse("a - b"));
  EXPECT_EQ(parse("ceildiv(M + 0, 64)"), DimExpr::symbol("M").ceilDiv(64));
}

TEST(DimExpr, ParsePrintsBack) {
  for (const char *text : {"0", "-5", "H - R + 1", "2*i + r", "ceildiv(M, 64)", "floordiv(M + N, 3)", "mod(M, 8)",
                           "max(M, N)", "min(4096, M)", "4*B*ceildiv(K, 16)", "9223372036854775807"})
    EXPECT_EQ(parse(text).str(), text);
}

TEST(DimExpr, Evaluation) {
  std::map<std::string, int64_t> env = {{"M", 100}, {"N", -7}};
  EXPECT_EQ(parse("ceildiv(M, 64)").evaluate(env), 2);
  EXPECT_EQ(parse("N/2").evaluate(env), -4); // floor
  EXPECT_EQ(parse("N%4").evaluate(env), 1);
  EXPECT_EQ(parse("ceildiv(N, 2)").evaluate(env), -3);
  EXPECT_EQ(parse("max(M, N) - min(M, N)").evaluate(env), 107);
  EXPECT_EQ(parse("Q").evaluate(env), std::nullopt);
  EXPECT_EQ(parse("M/N").evaluate(env), std::nullopt); // divisor below 1
}

TEST(DimExpr, OverflowIsInvalidAndSticks) {
  DimExpr big = DimExpr(INT64_MAX);
  EXPECT_FALSE((big + 1).isValid());
  EXPECT_FALSE((big * 2 - big).isValid());
  EXPECT_FALSE(DimExpr(5).floorDiv(0).isValid());
  EXPECT_FALSE(DimExpr::symbol("N").mod(-3).isValid());
  EXPECT_EQ((big + 1).evaluate(std::map<std::string, int64_t>{}), std::nullopt);
  std::map<std::string, int64_t> env = {{"M", INT64_MAX}};
  EXPECT_EQ(parse("2*M").evaluate(env), std::nullopt);
  EXPECT_EQ(parse("M*M").evaluate(env), std::nullopt);
  EXPECT_NE(parseError("9223372036854775808"), "");
  EXPECT_NE(parseError("9223372036854775807 + 1"), "");
}

TEST(DimExpr, Errors) {
  EXPECT_EQ(parseError("a +"), "expected a number, a name or '(' at offset 3");
  EXPECT_EQ(parseError("(a"), "expected ')' at offset 2");
  EXPECT_EQ(parseError("a b"), "unexpected 'b' at offset 2");
  EXPECT_EQ(parseError("max(a)"), "expected ',' at offset 5");
  EXPECT_NE(parseError("5/0"), "");
  EXPECT_NE(parseError(""), "");
}

TEST(DimExpr, NestingAndSizeAreBounded) {
  EXPECT_NE(parseError(std::string(100000, '(')).find("nested too deeply"), std::string::npos);
  EXPECT_NE(parseError(std::string(100000, '-')).find("nested too deeply"), std::string::npos);
  std::string calls;
  for (int i = 0; i < 1000; ++i)
    calls += "max(a, ";
  EXPECT_NE(parseError(calls).find("nested too deeply"), std::string::npos);
  std::string sum = "a0";
  for (int i = 1; i < 300; ++i)
    sum += " + a" + std::to_string(i);
  EXPECT_NE(parseError(sum), "");
  EXPECT_NE(parseError("(" + sum.substr(0, 100) + "0)*1*" + "(a+b)*(c+d)*(e+f)*(g+h)*(i+j)*(k+l)*(m+n)*(o+p)*(q+r)"),
            "");
}

TEST(DimExpr, SubstituteAndLinear) {
  DimExpr e = parse("H - R + 1").substitute({{"R", 3}, {"H", parse("R + 2")}});
  EXPECT_EQ(e.str(), "R"); // all at once: the new R is not replaced again
  auto linear = parse("2*i*N + r").linearIn("i");
  ASSERT_TRUE(linear);
  EXPECT_EQ(linear->first.str(), "2*N");
  EXPECT_EQ(linear->second.str(), "r");
  EXPECT_FALSE(parse("i*i").linearIn("i"));
  EXPECT_FALSE(parse("i/2 + i").linearIn("i"));
  EXPECT_TRUE(parse("max(a, N)").uses("N"));
  EXPECT_FALSE(parse("max(a, N)").uses("b"));
}

std::string randomText(std::mt19937 &random, int depth) {
  if (depth == 0 || random() % 4 == 0)
    return random() % 2 ? std::to_string(random() % 20) : random() % 2 ? "M" : "N";
  std::string a = randomText(random, depth - 1), b = randomText(random, depth - 1);
  std::string divisor = std::to_string(1 + random() % 9);
  switch (random() % 6) {
  case 0: return "(" + a + " + " + b + ")";
  case 1: return "(" + a + " - " + b + ")";
  case 2: return "(" + a + ")*(" + b + ")";
  case 3: return "max(" + a + ", " + b + ")";
  case 4: return "floordiv(" + a + ", " + divisor + ")";
  default: return "mod(" + a + ", " + divisor + ")";
  }
}

// Binding before or after building the expression gives the same number, and
// printing and parsing changes nothing.
TEST(DimExpr, RandomExpressionsAreConsistent) {
  std::mt19937 random(7);
  int valid = 0;
  for (int round = 0; round < 2000; ++round) {
    std::string text = randomText(random, 4);
    auto expr = DimExpr::parse(text);
    if (!expr)
      continue;
    ++valid;
    EXPECT_EQ(parse(expr->str()).str(), expr->str()) << text;
    int64_t m = random() % 50, n = random() % 50;
    auto late = expr->evaluate({{"M", m}, {"N", n}});
    DimExpr early = expr->substitute({{"M", m}, {"N", n}});
    ASSERT_TRUE(late.has_value()) << text;
    EXPECT_EQ(early.constant(), late) << text << " M=" << m << " N=" << n;
  }
  EXPECT_GT(valid, 1000);
}

} // namespace
} // namespace flex
