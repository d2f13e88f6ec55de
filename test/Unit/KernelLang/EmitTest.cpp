//===- EmitTest.cpp - Typed kernels become valid tensor IR ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Emits every kernel of the samples, verifies it, and matches what tensor IR a few become.
//
//===----------------------------------------------------------------------===//
#include "flex/KernelLang/Emit.h"
#include "TestSupport.h"
#include "flex/ScheduledLoops/Schedule.h"
#include "flex/TensorIR/TensorIR.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/Verifier.h"

#include <filesystem>

using namespace flex::lang;
using namespace flex::lang::test;

namespace {

/// The module as text, or the diagnostics; fails if the verifier does.
std::string emit(const std::string &text, const std::string &kernel, const Bindings &bindings = {}) {
  Analysis analysis(text);
  if (analysis.diagnostics.hasErrors())
    return analysis.diagnostics.renderText();
  mlir::MLIRContext context;
  auto module = emitTensorIR(*analysis.program, kernel, bindings, context, analysis.diagnostics);
  if (!module)
    return analysis.diagnostics.renderText();
  EXPECT_TRUE(mlir::succeeded(mlir::verify(*module)));
  std::string out;
  llvm::raw_string_ostream stream(out);
  module->print(stream);
  return out;
}

struct Case {
  const char *name, *text, *contains;
};

class Emission : public testing::TestWithParam<Case> {};

TEST_P(Emission, Contains) {
  std::string text = emit(GetParam().text, "k");
  EXPECT_NE(text.find(GetParam().contains), std::string::npos) << text;
}

const Case kCases[] = {
    {"Signature", "/// Doc.\nkernel k(x: u8[M, N], a: f32) -> bool[M] { return [i] any(j) (x[i, j] > 3) }",
     "(%arg0: !flex.tensor<ui8[M, N]>, %arg1: !flex.tensor<f32[]>) -> !flex.tensor<i1[M]>"},
    {"Map", "kernel k(x: f32[N]) -> f32[N] { return [i] x[i] + 1 }", "flex.map [i < N]"},
    {"Contraction", "kernel k(x: f32[M, K], w: f32[K, N]) -> f32[M, N] { return x @ w }",
     "flex.reduce sum [i < M, j < N] over [k < K]"},
    {"HoistedOverItsIndices", "kernel k(e: f32[M, N]) -> f32[M, N] { return [i, j] e[i, j] / sum(k) e[i, k] }",
     "flex.reduce sum [i < M] over [k < N]"},
    {"NestedReduction", "kernel k(e: f32[M, N]) -> f32 { return sum(i) e[i, 0] * max(j) e[i, j] }", ""},
    {"UnsignedMax", "kernel k(x: u8[N]) -> u8 { return max(x) }", "flex.reduce umax"},
    {"Boundary", "kernel k(x: f32[N]) -> f32[N] {\n let p = fill(x, 2)\n return [i] p[i - 1]\n}", "[i - 1]"},
    {"Mean", "kernel k(x: f32[M, N]) -> f32[M] { return mean(x, axis = 1) }", "flex.dim \"N\""},
    {"IndexValue", "kernel k(x: i64[N]) -> i64[N] { return [i] x[i] + 2 * i }", "flex.index \"i\""},
    {"FloorDivision", "kernel k(x: i32[N], y: i32[N]) -> i32[N] { return x / y }", "arith.divsi"},
    {"Saturation", "kernel k(x: f32[N]) -> i8[N] { return i8(x) }", "arith.fptosi"},
    {"Constraint", "kernel k(x: f32[N]) -> f32[N] where N % 4 == 0 { return x }", "constraints = [\"N % 4 == 0\"]"},
};
INSTANTIATE_TEST_SUITE_P(All, Emission, testing::ValuesIn(kCases), [](const auto &info) { return info.param.name; });

TEST(EmissionOf, OpenDimensionParameterIsAnError) {
  const char *text = "kernel k<L: dim>(x: f32[N]) -> f32[L] where N >= 1 {\n let p = clamp(x)\n return [i] p[i]\n}";
  EXPECT_NE(emit(text, "k").find("E0218"), std::string::npos);
  Bindings bindings;
  bindings.dims["L"] = 7;
  EXPECT_NE(emit(text, "k", bindings).find("!flex.tensor<f32[7]>"), std::string::npos);
}

TEST(EmissionOf, EveryScalarOperationAndCast) {
  std::string text;
  for (const char *type : {"i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "bf16", "f16", "f32", "f64"}) {
    std::string t(type), body = "x + y - x * y / x % y";
    bool isFloat = t.find('f') != std::string::npos;
    body = "min(max(" + body + ", x), abs(sign(y)))";
    body += isFloat
                ? " + exp(x) + exp2(x) + expm1(x) + log(x) + log2(x) + log10(x) + log1p(x) + sin(x) + cos(x) + tan(x)"
                  " + tanh(x) + erf(x) + sqrt(x) + rsqrt(x) + floor(x) + ceil(x) + round(x) + trunc(x) + pow(x, y) + "
                  "asin(x)"
                  " + acos(x) + atan(x) + atan2(x, y) + sinh(x) + cosh(x) + asinh(x) + acosh(x) + atanh(x) + cbrt(x)"
                  " + hypot(x, y) + copysign(x, y)"
                : " + (x & y | x ^ ~y) + (x << y) + (x >> y) + popcount(x) + clz(x) + ctz(x) + x ** y";
    for (const char *to : {"bool", "i8", "u8", "i64", "u64", "f16", "bf16", "f32", "f64"})
      body += " + " + t + "(" + to + "(x))";
    std::string test = isFloat ? "isnan(x) || isfinite(y) || isinf(y) || x < y" : "x <= y || x != y";
    text += "kernel k_" + t + "(x: " + t + "[N], y: " + t + "[N]) -> " + t + "[N] {\n  return if " + test + " { " +
            body + " } else { -x }\n}\n";
  }
  for (const char *type : {"i8", "u64", "bf16", "f64"}) {
    std::string out = emit(text, std::string("k_") + type);
    EXPECT_NE(out.find("arith.select"), std::string::npos) << out;
  }
}

TEST(EmissionOf, EverySampleVerifies) {
  unsigned kernels = 0;
  for (const char *folder : {"test/KernelLang/Good"})
    for (const auto &entry : std::filesystem::directory_iterator(sourcePath(folder))) {
      Analysis analysis(readFile(entry.path().string()), entry.path().string());
      for (const KernelSignature &kernel : analysis.program->kernels()) {
        Bindings bindings;
        for (const TypeParam &param : kernel.typeParams)
          bindings.types[param.name] = param.allowed.front();
        mlir::MLIRContext context;
        auto module = emitTensorIR(*analysis.program, kernel.name, bindings, context, analysis.diagnostics);
        ASSERT_TRUE(module) << analysis.diagnostics.renderText();
        EXPECT_TRUE(mlir::succeeded(mlir::verify(*module))) << kernel.name;
        ++kernels;
      }
    }
  EXPECT_GE(kernels, 5u);
}

TEST(Options, AreAttributesOfTheKernel) {
  std::string text =
      emit("@numerics(strict) kernel k(p: inout f32[N], q: inout f32[N], a: f32 = 0.5, b: bool = true) -> "
           "f32 {\n q = p * a\n return sum(p) + f32(b)\n}",
           "k");
  for (const char *expected : {"numerics = \"strict\"", "result_aliases = array<i64: -1, 0, 1>",
                               "arg_defaults = [unit, unit, 5.000000e-01 : f32, true]"})
    EXPECT_NE(text.find(expected), std::string::npos) << expected << " in " << text;
}

/// The language's table of keys and the one of the loops are two: what the first lets pass the second takes.
TEST(Options, ScheduleKeysAreThoseOfTheLoops) {
  Analysis analysis(
      "kernel k(a: f32[M, K], b: f32[K, N]) -> f32[M, N] { return a @ b }\n"
      "schedule k for cpu {\n strategy tile  lane j  unroll i  lanes 64  vectors 16  rows 32\n"
      " lane_tile 0  unroll-tile 0  item_rows 1  collapse 16  group_size 1024  depth 1024\n"
      " prefetch true  pack true  nontemporal false  unit vnni\n}\nschedule k for ptx { strategy points }");
  ASSERT_FALSE(analysis.diagnostics.hasErrors()) << analysis.diagnostics.renderText();
  mlir::MLIRContext context;
  auto module = emitTensorIR(*analysis.program, "k", {}, context, analysis.diagnostics);
  ASSERT_TRUE(module);
  auto kernel = *module->getOps<flex::ir::KernelOp>().begin();
  auto schedules = kernel->getAttrOfType<mlir::ArrayAttr>("schedules");
  ASSERT_EQ(schedules.size(), 2u);
  llvm::SmallVector<mlir::NamedAttribute> entries;
  for (mlir::NamedAttribute entry : mlir::cast<mlir::DictionaryAttr>(schedules[0]))
    if (entry.getName() != "target")
      entries.push_back(entry);
  EXPECT_EQ(entries.size(), 16u);
  auto schedule =
      flex::tile::Schedule::fromAttr(mlir::DictionaryAttr::get(&context, entries), mlir::UnknownLoc::get(&context));
  ASSERT_TRUE(mlir::succeeded(schedule));
  EXPECT_EQ(schedule->lane, "j");
  EXPECT_EQ(schedule->rows, 32);
  EXPECT_TRUE(schedule->pack);
  EXPECT_FALSE(schedule->nontemporal);
}

} // namespace
