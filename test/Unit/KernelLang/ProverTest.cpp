//===- ProverTest.cpp - The prover is sound, and knows what stencils need ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Accesses carry no check at run time, so a wrong proof is a wrong read. Random
// expressions over dimensions and indices: whatever is proved must hold for all
// small values.
//
//===----------------------------------------------------------------------===//
#include "../../../lib/KernelLang/Prover.h"

#include <gtest/gtest.h>

#include <random>

using namespace flex;
using namespace flex::lang;

namespace {

DimExpr parse(const std::string &text) {
  auto expr = DimExpr::parse(text);
  EXPECT_TRUE(expr) << text;
  return expr.value_or(DimExpr(-1));
}

/// Indices i < N, j < M, r < 3.
class Proofs : public testing::Test {
protected:
  Proofs()
      : prover([this](const std::string &name) -> const IndexVar * {
          auto it = indices.find(name);
          return it == indices.end() ? nullptr : &it->second;
        }) {
    for (const auto &[name, extent] :
         {std::pair("i", DimExpr::symbol("N")), {"j", DimExpr::symbol("M")}, {"r", DimExpr(3)}}) {
      indices[name].symbol = name;
      indices[name].extent = extent;
    }
  }

  bool proves(const std::string &text) { return prover.nonNegative(parse(text)); }

  std::map<std::string, IndexVar> indices;
  Prover prover;
};

TEST_F(Proofs, WhatStencilsAndReshapesNeed) {
  for (const char *text :
       {"0", "i", "N - 1 - i", "N + 2 - (i + r)", "2*N - 1 - 2*i", "2*N - 1 - (2*i + 1)", "M*N - 1 - (i*M + j)",
        "floordiv(i, 2)", "N - 1 - floordiv(i, 2)", "N - mod(i, N)", "3 - mod(i, 4)", "mod(i, 4)", "N - 1 - min(i, 5)",
        "max(i, 3) - 3", "ceildiv(N, 4) - 1 - floordiv(i, 4)", "N - 2*floordiv(N, 2)"})
    EXPECT_TRUE(proves(text)) << text;
}

TEST_F(Proofs, NothingFalse) {
  for (const char *text : {"-1", "i - 1", "N - 2 - i", "N - 1", "N - 1 - (i + r)", "N - 1 - 2*i", "M - 1 - i",
                           "2 - mod(i, 4)", "floordiv(i, 2) - 1", "i*i - i - 1", "N - M"})
    EXPECT_FALSE(proves(text)) << text;
}

TEST_F(Proofs, ConstraintsHelp) {
  Constraint divisible{Constraint::Kind::Divisible, DimExpr::symbol("N"), 4, "", {}};
  EXPECT_FALSE(prover.equal(parse("4*floordiv(N, 4)"), parse("N")));
  prover.assume(divisible);
  EXPECT_TRUE(prover.equal(parse("4*floordiv(N, 4)"), parse("N")));
  EXPECT_TRUE(proves("floordiv(N, 4) - 1 - floordiv(i, 4)"));
  EXPECT_FALSE(proves("M - N"));
  prover.assume({Constraint::Kind::LessEqual, DimExpr::symbol("N"), DimExpr::symbol("M"), "", {}});
  EXPECT_TRUE(proves("M - N"));
  EXPECT_TRUE(proves("M - 1 - i"));
  EXPECT_FALSE(prover.equal(DimExpr::symbol("M"), DimExpr::symbol("P")));
  prover.assume({Constraint::Kind::Equal, DimExpr::symbol("P"), DimExpr::symbol("M"), "", {}});
  EXPECT_TRUE(prover.equal(DimExpr::symbol("M"), DimExpr::symbol("P")));
  EXPECT_TRUE(prover.different(parse("M + 1"), DimExpr::symbol("P")));
}

DimExpr randomExpr(std::mt19937 &random, int depth) {
  static const char *const names[] = {"i", "j", "r", "N", "M"};
  if (depth == 0 || random() % 4 == 0)
    return random() % 3 ? DimExpr::symbol(names[random() % 5]) : DimExpr(static_cast<int64_t>(random() % 9) - 4);
  DimExpr a = randomExpr(random, depth - 1), b = randomExpr(random, depth - 1);
  DimExpr divisor =
      random() % 2 ? DimExpr(static_cast<int64_t>(1 + random() % 4)) : DimExpr::symbol(names[3 + random() % 2]) + 1;
  switch (random() % 8) {
  case 0: return a * b;
  case 1: return a.floorDiv(divisor);
  case 2: return a.ceilDiv(divisor);
  case 3: return a.mod(divisor);
  case 4: return DimExpr::min(a, b);
  case 5: return DimExpr::max(a, b);
  case 6: return a - b;
  default: return a + b;
  }
}

TEST_F(Proofs, AreSoundOnRandomExpressions) {
  std::mt19937 random(3);
  unsigned proved = 0;
  for (int round = 0; round < 20000; ++round) {
    DimExpr expr = randomExpr(random, 3);
    if (!expr.isValid() || !prover.nonNegative(expr))
      continue;
    ++proved;
    for (int64_t n = 0; n < 5; ++n)
      for (int64_t m = 0; m < 4; ++m)
        for (int64_t i = 0; i < n || (i == 0 && !expr.uses("i")); ++i)
          for (int64_t j = 0; j < m || (j == 0 && !expr.uses("j")); ++j)
            for (int64_t r = 0; r < 3; ++r) {
              auto value =
                  expr.evaluate(std::map<std::string, int64_t>{{"N", n}, {"M", m}, {"i", i}, {"j", j}, {"r", r}});
              ASSERT_TRUE(!value || *value >= 0) << expr.str() << " is " << *value << " for N=" << n << " M=" << m
                                                 << " i=" << i << " j=" << j << " r=" << r;
            }
  }
  EXPECT_GT(proved, 1000u);
}

TEST_F(Proofs, WithConstraintsAreSound) {
  prover.assume({Constraint::Kind::Divisible, DimExpr::symbol("N"), 2, "", {}});
  prover.assume({Constraint::Kind::LessEqual, DimExpr::symbol("M"), DimExpr::symbol("N"), "", {}});
  std::mt19937 random(4);
  unsigned proved = 0;
  for (int round = 0; round < 20000; ++round) {
    DimExpr expr = randomExpr(random, 3);
    if (!expr.isValid() || !prover.nonNegative(expr))
      continue;
    ++proved;
    for (int64_t n = 0; n < 7; n += 2)
      for (int64_t m = 0; m <= n && m < 5; ++m)
        for (int64_t i = 0; i < n || (i == 0 && !expr.uses("i")); ++i)
          for (int64_t j = 0; j < m || (j == 0 && !expr.uses("j")); ++j) {
            auto value =
                expr.evaluate(std::map<std::string, int64_t>{{"N", n}, {"M", m}, {"i", i}, {"j", j}, {"r", 1}});
            ASSERT_TRUE(!value || *value >= 0)
                << expr.str() << " for N=" << n << " M=" << m << " i=" << i << " j=" << j;
          }
  }
  EXPECT_GT(proved, 1000u);
}

DimExpr randomDims(std::mt19937 &random, int depth) {
  DimExpr expr = randomExpr(random, depth);
  return expr.substitute({{"i", DimExpr::symbol("M")}, {"j", DimExpr::symbol("N")}, {"r", DimExpr(2)}});
}

/// Bounds with min, max and divisions in them, and divisibility by an open dimension.
TEST_F(Proofs, WithRandomConstraintsAreSound) {
  std::mt19937 random(5);
  unsigned proved = 0;
  for (int round = 0; round < 1500; ++round) {
    Prover fresh([this](const std::string &name) -> const IndexVar * {
      auto it = indices.find(name);
      return it == indices.end() ? nullptr : &it->second;
    });
    std::vector<Constraint> given{
        {Constraint::Kind::LessEqual, randomDims(random, 2), randomDims(random, 2), "", {}},
        {Constraint::Kind::Divisible,
         DimExpr::symbol("N") + static_cast<int64_t>(random() % 3),
         random() % 2 ? DimExpr::symbol("M") : DimExpr(3),
         "",
         {}},
        {Constraint::Kind::LessEqual, static_cast<int64_t>(random() % 3), DimExpr::symbol("M"), "", {}}};
    for (const Constraint &constraint : given)
      fresh.assume(constraint);
    for (int number = 0; number < 12; ++number) {
      DimExpr expr = randomExpr(random, 3);
      if (!expr.isValid() || !fresh.nonNegative(expr))
        continue;
      ++proved;
      for (int64_t n = 0; n < 6; ++n)
        for (int64_t m = 0; m < 6; ++m) {
          std::map<std::string, int64_t> dims{{"N", n}, {"M", m}};
          bool met = true;
          for (const Constraint &constraint : given) {
            auto a = constraint.lhs.evaluate(dims), b = constraint.rhs.evaluate(dims);
            met &= a && b && (constraint.kind == Constraint::Kind::LessEqual ? *a <= *b : *b > 0 && *a % *b == 0);
          }
          for (int64_t i = 0; met && (i < n || (i == 0 && !expr.uses("i"))); ++i)
            for (int64_t j = 0; j < m || (j == 0 && !expr.uses("j")); ++j) {
              auto value =
                  expr.evaluate(std::map<std::string, int64_t>{{"N", n}, {"M", m}, {"i", i}, {"j", j}, {"r", 1}});
              ASSERT_TRUE(!value || *value >= 0)
                  << expr.str() << " for N=" << n << " M=" << m << " i=" << i << " j=" << j << " with "
                  << given[0].str() << ", " << given[1].str() << ", " << given[2].str();
            }
        }
    }
  }
  EXPECT_GT(proved, 1000u);
}

TEST_F(Proofs, ConstraintsOfDimensions) {
  auto assume = [&](Constraint::Kind kind, const char *lhs, const char *rhs) {
    prover.assume({kind, parse(lhs), parse(rhs), "", {}});
  };
  using Kind = Constraint::Kind;
  assume(Kind::Divisible, "D", "H"); // before it is known that H is positive
  EXPECT_FALSE(prover.equal(parse("H*floordiv(D, H)"), parse("D")));
  assume(Kind::LessEqual, "1", "H");
  EXPECT_TRUE(prover.equal(parse("H*floordiv(D, H)"), parse("D")));
  EXPECT_TRUE(prover.equal(parse("mod(D, H)"), parse("0")));
  assume(Kind::LessEqual, "P", "floordiv(N, 2)");
  EXPECT_TRUE(proves("N - 2*P"));
  assume(Kind::LessEqual, "3", "min(A, B)");
  EXPECT_TRUE(proves("A - 3"));
  EXPECT_TRUE(proves("B - 3"));
  EXPECT_FALSE(proves("B - 4"));
  assume(Kind::LessEqual, "max(E, F)", "7");
  EXPECT_TRUE(proves("7 - E"));
  EXPECT_TRUE(proves("7 - F"));
}

} // namespace
