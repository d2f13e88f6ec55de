//===- EmitDimExprTest.cpp - DimExpr as index arithmetic ------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Emitted over constants, every expression folds to a number: it must be the one
// that DimExpr::evaluate gives.
//
//===----------------------------------------------------------------------===//
#include "flex/ScheduledLoops/EmitDimExpr.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/OwningOpRef.h"

#include <gtest/gtest.h>
#include <map>
#include <random>

namespace flex::tile {
namespace {

class EmitDimExprTest : public testing::Test {
protected:
  EmitDimExprTest() : builder(&context) {
    context.loadDialect<mlir::arith::ArithDialect>();
    module = mlir::ModuleOp::create(builder, builder.getUnknownLoc());
    builder.setInsertionPointToStart(module->getBody());
  }

  int64_t emit(const DimExpr &expr, const std::map<std::string, int64_t> &env) {
    mlir::Value value = emitDimExpr(builder, builder.getUnknownLoc(), expr, [&](llvm::StringRef name) -> mlir::Value {
      return mlir::arith::ConstantIndexOp::create(builder, builder.getUnknownLoc(), env.at(name.str()));
    });
    mlir::IntegerAttr attr;
    EXPECT_TRUE(mlir::matchPattern(value, mlir::m_Constant(&attr))) << expr.str() << " did not fold";
    return attr ? attr.getInt() : -12345;
  }

  mlir::MLIRContext context;
  mlir::OpBuilder builder;
  mlir::OwningOpRef<mlir::ModuleOp> module;
};

DimExpr parse(const std::string &text) {
  return *DimExpr::parse(text);
}

TEST_F(EmitDimExprTest, NegativeNumerators) {
  for (int64_t a = 0; a < 12; ++a)
    for (const char *text : {"floordiv(a - 6, 4)", "ceildiv(a - 6, 4)", "mod(a - 6, 4)", "floordiv(a - 6, 5)",
                             "ceildiv(a - 6, 5)", "mod(a - 6, 5)", "-a", "3 - 2*a", "max(a - 5, 0)*min(a - 5, 3)"})
      EXPECT_EQ(emit(parse(text), {{"a", a}}), parse(text).evaluate({{"a", a}})) << text << " a=" << a;
}

TEST_F(EmitDimExprTest, DivisorsThatAreNames) {
  for (int64_t b : {1, 2, 3, 64})
    for (const char *text : {"floordiv(a, b)", "ceildiv(a, b)", "mod(a, b)", "floordiv(a - 9, b)", "mod(a - 9, b)"})
      EXPECT_EQ(emit(parse(text), {{"a", 5}, {"b", b}}), parse(text).evaluate({{"a", 5}, {"b", b}})) << text << b;
}

TEST_F(EmitDimExprTest, NoSignedDivisionOfDims) {
  EXPECT_TRUE(isNonNegative(parse("ceildiv(M + 3, 5)*N")));
  EXPECT_TRUE(isNonNegative(parse("max(M - 3, 0)")));
  EXPECT_TRUE(isNonNegative(parse("mod(M - 3, 5)")));
  EXPECT_FALSE(isNonNegative(parse("M - 3")));
  EXPECT_FALSE(isNonNegative(parse("min(M - 3, N)")));
  EXPECT_FALSE(isNonNegative(parse("floordiv(M - 3, 5)")));
}

std::string randomText(std::mt19937 &random, int depth) {
  if (depth == 0 || random() % 4 == 0)
    return random() % 2 ? std::to_string(random() % 20) : random() % 2 ? "M" : "N";
  std::string a = randomText(random, depth - 1), b = randomText(random, depth - 1);
  std::string divisor = random() % 3 ? std::to_string(1 + random() % 9) : "M";
  switch (random() % 8) {
  case 0: return "(" + a + " + " + b + ")";
  case 1: return "(" + a + " - " + b + ")";
  case 2: return "(" + a + ")*(" + b + ")";
  case 3: return "max(" + a + ", " + b + ")";
  case 4: return "min(" + a + ", " + b + ")";
  case 5: return "floordiv(" + a + ", " + divisor + ")";
  case 6: return "ceildiv(" + a + ", " + divisor + ")";
  default: return "mod(" + a + ", " + divisor + ")";
  }
}

TEST_F(EmitDimExprTest, RandomExpressions) {
  std::mt19937 random(11);
  int compared = 0;
  for (int round = 0; round < 1500; ++round) {
    std::optional<DimExpr> expr = DimExpr::parse(randomText(random, 4));
    if (!expr)
      continue;
    std::map<std::string, int64_t> env = {{"M", 1 + random() % 40}, {"N", random() % 40}};
    if (std::optional<int64_t> expected = expr->evaluate(env)) {
      EXPECT_EQ(emit(*expr, env), *expected) << expr->str() << " M=" << env["M"] << " N=" << env["N"];
      ++compared;
    }
  }
  EXPECT_GT(compared, 700);
}

} // namespace
} // namespace flex::tile
