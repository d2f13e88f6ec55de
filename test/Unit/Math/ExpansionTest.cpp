//===- ExpansionTest.cpp - What expandMath leaves behind -------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// No operation survives that a backend would turn into a library call, on any
// type and shape; what has no expansion is a diagnostic; the target's hook for
// scaling gives the same bits as the portable form.
//
//===----------------------------------------------------------------------===//
#include "MathJit.h"
#include "Reference.h"
#include "gtest/gtest.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "llvm/TargetParser/Host.h"

#include <chrono>
#include <random>

using namespace flex::test;

namespace {

constexpr int kLanes = MathJit::kLanes;

struct Operation {
  const char *op;
  int operands;
  const char *second;
};
const Operation kOperations[] = {
    {"math.exp", 1, ""},   {"math.exp2", 1, ""}, {"math.expm1", 1, ""},    {"math.tanh", 1, ""},
    {"math.erf", 1, ""},   {"math.log", 1, ""},  {"math.log2", 1, ""},     {"math.log10", 1, ""},
    {"math.log1p", 1, ""}, {"math.sin", 1, ""},  {"math.cos", 1, ""},      {"math.tan", 1, ""},
    {"math.rsqrt", 1, ""}, {"math.powf", 2, ""}, {"math.fpowi", 2, "i32"}, {"math.fpowi", 2, "i64"},
};

MathJit &jit() {
  static MathJit instance;
  return instance;
}

/// The only operations of dialect math that a target has to know.
bool isInstruction(mlir::Operation *op) {
  return llvm::isa<mlir::math::FmaOp, mlir::math::SqrtOp, mlir::math::FloorOp, mlir::math::CeilOp,
                   mlir::math::RoundEvenOp, mlir::math::RoundOp, mlir::math::TruncOp, mlir::math::AbsFOp,
                   mlir::math::CopySignOp>(op);
}

int countLeft(mlir::ModuleOp module) {
  int left = 0;
  module.walk([&](mlir::Operation *op) {
    llvm::StringRef dialect = op->getName().getDialectNamespace();
    bool plain = dialect == "arith" || dialect == "llvm" || dialect == "func" || dialect == "builtin";
    if (!plain && !isInstruction(op)) {
      ADD_FAILURE() << "left: " << op->getName().getStringRef().str();
      ++left;
    }
  });
  return left;
}

TEST(Expansion, LeavesOnlyInstructions) {
  for (const Operation &o : kOperations)
    for (const char *element : {"f16", "bf16", "f32", "f64"})
      for (bool scalar : {false, true}) {
        SCOPED_TRACE(std::string(o.op) + " " + element);
        auto module = jit().parse(MathJit::moduleText(MathJit::operation(o.op, element, o.operands, scalar, o.second),
                                                      element, scalar, o.second));
        ASSERT_TRUE(module);
        EXPECT_TRUE(succeeded(flex::tile::expandMath(*module)));
        EXPECT_EQ(countLeft(*module), 0);
        EXPECT_TRUE(succeeded(mlir::verify(*module)));
      }
}

TEST(Expansion, EmitsNoFastMathFlags) {
  auto module = jit().parse(MathJit::moduleText("  %r = math.exp %x fastmath<fast> : vector<16xf32>\n", "f32"));
  ASSERT_TRUE(module && succeeded(flex::tile::expandMath(*module)));
  module->walk([](mlir::arith::ArithFastMathInterface op) {
    EXPECT_EQ(op.getFastMathFlagsAttr().getValue(), mlir::arith::FastMathFlags::none);
  });
}

TEST(Expansion, ClassificationAndClampHaveNoLibraryEither) {
  const char *bodies[] = {
      "  %i = math.isnan %x : vector<16xf32>\n  %r = arith.uitofp %i : vector<16xi1> to vector<16xf32>\n",
      "  %i = math.isinf %x : vector<16xf32>\n  %r = arith.uitofp %i : vector<16xi1> to vector<16xf32>\n",
      "  %i = math.isfinite %x : vector<16xf32>\n  %r = arith.uitofp %i : vector<16xi1> to vector<16xf32>\n",
      "  %i = math.isnormal %x : vector<16xf32>\n  %r = arith.uitofp %i : vector<16xi1> to vector<16xf32>\n",
      "  %s, %r = math.sincos %x : vector<16xf32>\n",
      "  %r = math.clampf %x to [%y, %y] : vector<16xf32>\n",
  };
  float inputs[kLanes] = {0,         -0.0f,    1,         -2,  0x1p-149f, -0x1p-127f,
                          0x1p-126f, INFINITY, -INFINITY, NAN, -NAN,      0x1.fffffep127f};
  float y[kLanes] = {};
  for (const char *body : bodies) {
    SCOPED_TRACE(body);
    auto module = jit().parse(MathJit::moduleText(body, "f32"));
    ASSERT_TRUE(module && succeeded(flex::tile::expandMath(*module)));
    EXPECT_EQ(countLeft(*module), 0);
  }
  float got[4][kLanes];
  for (int i = 0; i < 4; ++i)
    jit().compileBody(bodies[i], "f32")(inputs, y, got[i]);
  for (int lane = 0; lane < kLanes; ++lane) {
    EXPECT_EQ(got[0][lane] != 0, std::isnan(inputs[lane])) << inputs[lane];
    EXPECT_EQ(got[1][lane] != 0, std::isinf(inputs[lane])) << inputs[lane];
    EXPECT_EQ(got[2][lane] != 0, std::isfinite(inputs[lane])) << inputs[lane];
    EXPECT_EQ(got[3][lane] != 0, std::isnormal(inputs[lane])) << inputs[lane];
  }
}

TEST(Expansion, WhatHasNoneIsADiagnostic) {
  std::string message;
  mlir::ScopedDiagnosticHandler handler(&jit().context(), [&](mlir::Diagnostic &d) {
    message = d.str();
    return mlir::success();
  });
  auto module = jit().parse(MathJit::moduleText(MathJit::operation("math.ipowi", "i32", 2), "i32"));
  ASSERT_TRUE(module);
  EXPECT_TRUE(failed(flex::tile::expandMath(*module)));
  EXPECT_NE(message.find("no expansion of 'math.ipowi'"), std::string::npos) << message;
}

TEST(Expansion, PatternsDoTheSame) {
  auto module = jit().parse(MathJit::moduleText(MathJit::operation("math.erf", "f32", 1), "f32"));
  mlir::RewritePatternSet patterns(&jit().context());
  flex::tile::populateMathExpansionPatterns(patterns);
  ASSERT_TRUE(module && succeeded(mlir::applyPatternsGreedily(*module, std::move(patterns))));
  EXPECT_EQ(countLeft(*module), 0);
}

TEST(Expansion, MakesEachConstantOnce) {
  std::string body = "  %s = math.exp %x : vector<16xf32>\n  %t = math.exp %y : vector<16xf32>\n"
                     "  %r = arith.addf %s, %t : vector<16xf32>\n";
  auto module = jit().parse(MathJit::moduleText(body, "f32"));
  ASSERT_TRUE(module && succeeded(flex::tile::expandMath(*module)));
  llvm::SmallPtrSet<mlir::Attribute, 32> seen;
  module->walk([&](mlir::arith::ConstantOp op) { EXPECT_TRUE(seen.insert(op.getValue()).second); });
  EXPECT_GT(seen.size(), 5u);
}

/// AVX-512's vscalefps and vscalefpd, as the CPU target may use them.
flex::tile::MathExpansionOptions scalefOptions() {
  flex::tile::MathExpansionOptions options;
  options.ldexp = [](mlir::OpBuilder &b, mlir::Location loc, mlir::Value x, mlir::Value n) -> mlir::Value {
    bool wide = mlir::getElementTypeOrSelf(x.getType()).isF64();
    auto mask = mlir::LLVM::ConstantOp::create(b, loc, wide ? b.getI8Type() : b.getI16Type(), -1);
    auto rounding = mlir::LLVM::ConstantOp::create(b, loc, b.getI32Type(), 4);
    auto name = wide ? "llvm.x86.avx512.mask.scalef.pd.512" : "llvm.x86.avx512.mask.scalef.ps.512";
    return mlir::LLVM::CallIntrinsicOp::create(b, loc, x.getType(), b.getStringAttr(name),
                                               mlir::ValueRange{x, n, x, mask, rounding})
        .getResult(0);
  };
  return options;
}

TEST(Expansion, ScalingHookGivesTheSameBits) {
  if (!llvm::sys::getHostCPUFeatures().lookup("avx512f"))
    GTEST_SKIP() << "this CPU has no AVX-512";
  for (const char *op : {"math.exp", "math.exp2"}) {
    MathJit::Function portable = jit().compile(op, "f32");
    MathJit::Function hooked = jit().compile(op, "f32", 1, false, "", scalefOptions());
    std::mt19937 rng(7);
    for (int i = 0; i < 1 << 16; ++i) {
      float x[kLanes], a[kLanes], b[kLanes];
      for (float &value : x)
        value = i % 2 ? std::bit_cast<float>(uint32_t(rng())) : float(int(rng() % 400000) - 200000) * 0x1p-10f;
      portable(x, nullptr, a);
      hooked(x, nullptr, b);
      for (int lane = 0; lane < kLanes; ++lane)
        ASSERT_TRUE(std::isnan(a[lane]) ? std::isnan(b[lane])
                                        : std::bit_cast<uint32_t>(a[lane]) == std::bit_cast<uint32_t>(b[lane]))
            << op << " at " << x[lane] << ": " << a[lane] << " and " << b[lane];
    }
  }
}

/// A chip's reciprocals as far off as MathExpansionOptions allows, with denormals as zeros.
flex::tile::MathExpansionOptions coarseOptions(double relative) {
  auto off = [relative](mlir::OpBuilder &b, mlir::Location loc, mlir::Value x, bool root) -> mlir::Value {
    auto number = [&](double value) {
      return mlir::arith::ConstantOp::create(b, loc, b.getFloatAttr(x.getType(), value)).getResult();
    };
    mlir::Value magnitude = mlir::math::AbsFOp::create(b, loc, x);
    mlir::Value isTiny =
        mlir::arith::CmpFOp::create(b, loc, mlir::arith::CmpFPredicate::OLT, magnitude, number(0x1p-126));
    mlir::Value zero = mlir::math::CopySignOp::create(b, loc, number(0), x);
    x = mlir::arith::SelectOp::create(b, loc, isTiny, zero, x);
    mlir::Value of = root ? mlir::math::SqrtOp::create(b, loc, x).getResult() : x;
    mlir::Value y = mlir::arith::DivFOp::create(b, loc, number(1), of);
    return mlir::arith::MulFOp::create(b, loc, y, number(1 + relative));
  };
  flex::tile::MathExpansionOptions options;
  options.reciprocal = [off](mlir::OpBuilder &b, mlir::Location loc, mlir::Value x) { return off(b, loc, x, false); };
  options.reciprocalRoot = [off](mlir::OpBuilder &b, mlir::Location loc, mlir::Value x) {
    return off(b, loc, x, true);
  };
  return options;
}

TEST(Expansion, RefinesTheChipsReciprocals) {
  const char *divide = "  %one = arith.constant dense<1.0> : vector<16xf32>\n"
                       "  %r = arith.divf %one, %x fastmath<arcp> : vector<16xf32>\n";
  const char *root = "  %r = math.rsqrt %x fastmath<arcp> : vector<16xf32>\n";
  for (double relative : {0x1p-20, -0x1p-20}) {
    MathJit::Function reciprocal = jit().compileBody(divide, "f32", false, "", coarseOptions(relative));
    MathJit::Function reciprocalRoot = jit().compileBody(root, "f32", false, "", coarseOptions(relative));
    std::mt19937 rng(11);
    double worst = 0, worstRoot = 0;
    auto ulps = [](float got, double want) {
      return std::fabs(got - want) / std::ldexp(1.0, std::max(std::ilogb(want), -126) - 23);
    };
    for (int i = 0; i < 1 << 14; ++i) {
      float x[kLanes], any[kLanes], a[kLanes], b[kLanes];
      for (int lane = 0; lane < kLanes; ++lane) {
        x[lane] = std::ldexp(1 + float(rng() & 0x7FFFFF) * 0x1p-23f, int(rng() % 128) - 64);
        any[lane] = std::bit_cast<float>(uint32_t(rng() % 0x7F7FFFFF + 1)); // all positive numbers, denormals, too
      }
      reciprocal(x, nullptr, a);
      reciprocalRoot(any, nullptr, b);
      for (int lane = 0; lane < kLanes; ++lane) {
        worst = std::max(worst, ulps(a[lane], 1 / double(x[lane])));
        worstRoot = std::max(worstRoot, ulps(b[lane], 1 / std::sqrt(double(any[lane]))));
      }
    }
    EXPECT_LT(worst, 0.51);
    EXPECT_LT(worstRoot, 1);
    float special[kLanes] = {0, -0.0f, INFINITY, NAN, -1, -INFINITY}, a[kLanes], b[kLanes];
    reciprocal(special, nullptr, a);
    reciprocalRoot(special, nullptr, b);
    EXPECT_EQ(a[0], INFINITY);
    EXPECT_EQ(a[1], -INFINITY);
    EXPECT_EQ(b[0], INFINITY);
    EXPECT_EQ(b[1], -INFINITY);
    EXPECT_TRUE(a[2] == 0 && b[2] == 0 && !std::signbit(b[2]));
    EXPECT_TRUE(std::isnan(a[3]) && std::isnan(b[3]) && std::isnan(b[4]) && std::isnan(b[5]));
  }
}

/// Not a bound (machines differ), but a number to look at: the time of one kernel with four exponentials.
TEST(Expansion, PrintsItsTime) {
  std::string body = "  %p = math.exp %x : vector<16xf32>\n  %q = math.tanh %p : vector<16xf32>\n"
                     "  %s = math.log %q : vector<16xf32>\n  %r = math.sin %s : vector<16xf32>\n";
  double best = 1e9;
  for (int i = 0; i < 20; ++i) {
    auto module = jit().parse(MathJit::moduleText(body, "f32"));
    auto start = std::chrono::steady_clock::now();
    ASSERT_TRUE(succeeded(flex::tile::expandMath(*module)));
    std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
    best = std::min(best, took.count());
  }
  printf("expandMath on exp, tanh, log, sin: %.3f ms\n", best);
  EXPECT_LT(best, 50);
}

/// Also for the eye only: throughput of one vector after another, call and load and store included.
TEST(Expansion, PrintsItsSpeed) {
  bool scalef = llvm::sys::getHostCPUFeatures().lookup("avx512f");
  alignas(64) float x[4 * kLanes], y[4 * kLanes], r[kLanes];
  for (int i = 0; i < 4 * kLanes; ++i)
    x[i] = 0.1f + 0.07f * float(i), y[i] = 1.5f;
  for (const Operation &o : kOperations) {
    if (*o.second)
      continue;
    printf("%-11s", o.op);
    for (bool hooked : {false, true}) {
      if (hooked && !scalef)
        continue;
      auto call = jit().compile(o.op, "f32", o.operands, false, "",
                                hooked ? scalefOptions() : flex::tile::MathExpansionOptions());
      double best = 1e9;
      for (int repeat = 0; repeat < 5; ++repeat) {
        auto start = std::chrono::steady_clock::now();
        for (int i = 0; i < 20000; ++i)
          call(x + i % 4 * kLanes, y, r);
        std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - start;
        best = std::min(best, took.count() / 20000);
      }
      EXPECT_LT(best, 1e6);
      printf("  %6.2f ns per 16 lanes of f32%s", best, hooked ? " with vscalefps" : "");
    }
    printf("\n");
  }
}

} // namespace
