//===- StatementsTest.cpp - var, for, overloads and the rest of the statements ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a kernel becomes as typed statements; the last kernel of a text is looked at.
//
//===----------------------------------------------------------------------===//
#include "TestSupport.h"

using namespace flex::lang;
using namespace flex::lang::test;

namespace {

struct Sample {
  const char *name, *text, *typed;
};

class Statements : public testing::TestWithParam<Sample> {};

TEST_P(Statements, Become) {
  Analysis analysis(GetParam().text);
  ASSERT_TRUE(analysis.diagnostics.all().empty()) << analysis.diagnostics.renderText();
  ASSERT_FALSE(analysis.program->kernels().empty());
  Bindings bindings;
  for (const std::string &dim : analysis.program->kernels().back().dimParams)
    bindings.dims[dim] = 3;
  std::string text = analysis.typed(analysis.program->kernels().back().name, bindings);
  EXPECT_NE(text.find(GetParam().typed), std::string::npos) << text;
}

const char *const kPair = "fn pair(x: f32[K]) -> (f32[K], f32) { return x + 1, sum(x) }\n";

const Sample kSamples[] = {
    {"Rebinding", "kernel k(x: f32[N]) -> f32[N] {\n var y = x\n let z = y\n y = y * 2\n return y + z\n}",
     "y: f32[N] [d < N] = *(x[d], 2:f32)\n  result: f32[N] [d < N] = +(y[d], x[d])"},
    {"RebindingByIndex", "kernel k(x: f32[N]) -> f32[N] {\n var y = x\n y[i] = y[i] + x[N - 1 - i]\n return y\n}",
     "[i < N] = +(x[i], x[N - i - 1])"},
    {"For", "kernel k(x: f32[N]) -> f32[N] {\n var y = x\n for k in 1..3 { y = y * k }\n return y\n}",
     "y: f32[N] [d < N] = *(x[d], 1:f32)\n  y_1: f32[N] [d < N] = *(y[d], 2:f32)\n  y_2: f32[N] [d < N] = *(y_1[d], "
     "3:f32)\n  return y_2"},
    {"ForOverAParameter",
     "kernel k<D: dim>(x: f32[N], c: f32[D]) -> f32[N] {\n var y = x\n for i in 0..D-1 { y = y * c[i] }\n return y\n}",
     "*(y_1[d], c[2])"},
    {"NestedFor",
     "kernel k(x: i32[N]) -> i32[N] {\n var s = 0\n for i in 0..3 {\n  for j in i..3 { s = s + 10 * i + j }\n }\n "
     "return "
     "x + s\n}",
     "+(x[d], 120:i32)"},
    {"EmptyFor", "kernel k(x: f32[N]) -> f32[N] {\n var y = x\n for i in 3..2 { y = y + i }\n return y\n}",
     "result: f32[N] [d < N] = x[d]"},
    {"Forwarded",
     "fn f(x: f32[K]) -> (f32[K], f32) {\n let t = g(x)\n return t\n}\nfn g(x: f32[K]) -> (f32[K], f32) { return h(x) "
     "}\nfn h(x: f32[K]) -> (f32[K], f32) { return x + 1, sum(x) }\nkernel k(x: f32[N]) -> (f32[N], f32) { return f(x) "
     "}",
     "return t, t_1"},
    {"TupleOfIf",
     "kernel k(x: f32[N], c: bool) -> f32[N] {\n let a, b = if c { (x, 2.0) } else { (x + 1, 3.0) }\n return a * b\n}",
     "select(c[], x[d], +(x[d], 1:f32))"},
    {"TupleRebound", "kernel k(x: f32[N], y: f32[N]) -> f32[N] {\n var a, b = (x, y)\n a, b = (b, a)\n return a - b\n}",
     "-(y[d], x[d])"},
    {"Inout", "kernel k(p: inout f32[N], g: f32[N]) {\n p = p - g\n p = p * 2\n}",
     "p_1: f32[N] [d < N] = -(p[d], g[d])\n  p_2: f32[N] [d < N] = *(p_1[d], 2:f32)\n  return p_2"},
    {"InoutAndResult", "kernel k(p: inout f32[N]) -> f32 {\n p[i] = 2 * p[i]\n return sum(p)\n}", "return result, p_1"},
    {"InoutUntouched", "kernel k(p: inout f32[N]) -> f32 { return sum(p) }", "p_1: f32[N] [d < N] = p[d]"},
    {"OverloadByCount",
     "fn f(x: float) -> float { x }\nfn f(x: float, y: float) -> float { x * y }\nkernel k(x: f32[N]) -> f32[N] { "
     "return "
     "f(x, 2) + f(x) }",
     "+(*(x[d], 2:f32), x[d])"},
    {"OverloadByRank",
     "fn f(x: float) -> float { x }\nfn f(x: float[N]) -> float { sum(x) }\nkernel k(x: f32[N], y: f32[M, N]) -> "
     "f32[M, N] "
     "{ return f(x) + f(y) }",
     "+(sum[d < N](x[d]), y[d, d])"},
    {"OverloadByType",
     "fn f(x: float) -> float { x }\nfn f(x: int) -> int { -x }\nkernel k(x: i8[N]) -> i8[N] { return f(x) }",
     "neg(x[d])"},
    {"DefaultInItsOwnFile",
     "fn f(x: float, a: float = c()) -> float { x * a }\nfn c() -> f32 { 3.0 }\nkernel k(x: f32[N]) -> f32[N] {\n let "
     "c = "
     "x\n return f(c)\n}",
     "*(x[d], 3:f32)"},
    {"AnyRank",
     "fn f(x: float[..., N]) -> float[..., N] {\n let m[...] = max(j) x[..., j]\n return [..., j] x[..., j] - "
     "m[...]\n}\n"
     "kernel k(x: f32[A, B, N]) -> f32[A, B, N] { return f(x) }",
     "[d < A, d < B, j < N] = -(x[d, d, j], m[d, d])"},
    {"NoFurtherAxes",
     "fn f(x: float[..., N]) -> float[...] { [...] sum(j) x[..., j] }\nkernel k(x: f32[N]) -> f32 { return f(x) }",
     "f32[] [] = sum[j < N](x[j])"},
    {"AxesBehind",
     "fn f(x: float[B, ...], y: float[...]) -> float[B, ...] { x + y }\nkernel k(x: f32[B, M, N], y: f32[M, N]) -> "
     "f32[B, "
     "M, N] { return f(x, y) }",
     "+(x[d, d, d], y[d, d])"},
    {"SumOverThem",
     "fn f(x: float[..., N]) -> float[N] { [i] sum(...) x[..., i] }\nkernel k(x: f32[A, B, N]) -> f32[N] { "
     "return f(x) }",
     "[i < N] = sum[d < A, d < B](x[d, d, i])"},
    {"Prefix", "kernel k(x: f32[M, N]) -> f32[M, N] { return [i, j] sum(k in 0..j) x[i, k] }",
     "sum[k < N](select(<=((k), (j)), x[i, k], 0:f32))"},
    {"Suffix", "kernel k(x: i16[N]) -> i16[N] { return [i] max(k in i..N-1) x[k] }",
     "max[k < N](select(>=((k), (i)), x[k], -32768:i16))"},
    {"Between", "kernel k(x: f32[N]) -> f32[N] { return [i] prod(k in i/2..i) x[k] }",
     "prod[k < N](select(&(>=((k), (floordiv(i, 2))), <=((k), (i))), x[k], 1:f32))"},
    {"ReadsInsideOfTheRange", "kernel k(x: f32[N], h: f32[N]) -> f32[N] { return [i] sum(k in 0..i) x[i - k] * h[k] }",
     "select(<=((k), (i)), *(x[i - k] zero, h[k]), 0:f32)"},
    {"ReadsBehind", "kernel k(x: f32[N]) -> f32[N] { return [i] max(k in i..N-1) x[N - 1 - k + i] }",
     "x[N + i - k - 1] zero"},
    {"MeanOfThoseInside", "kernel k(x: f32[N]) -> f32[N] { return [i] mean(k in 0..i) x[k] }",
     "/(sum[k < N](select(<=((k), (i)), x[k], 0:f32)), f32((max(0, i + 1))))"},
    {"Window", "kernel k(x: f32[N]) -> f32[N - 2] { return [i in 0..N-3] sum(k in i..i+2) x[k] }",
     "sum[k < 3](x[i + k])"},
    {"Triangle", "kernel k(x: bool[N, N]) -> bool { return all(i, j in 0..i) x[i, j] }",
     "all[i < N, j < N](select(<=((j), (i)), x[i, j], 1:bool))"},
    {"Heads",
     "kernel k(x: f32[T, D], y: f32[H]) -> f32[H, T, D / H] where D % H == 0 && H >= 1 { return [h, t, d] x[t, h * (D "
     "/ H) "
     "+ d] * y[h] }",
     "x[t, d + floordiv(D, H)*h]"},
    {"DivisibleDifference",
     "kernel k(x: f32[N], f: f32[R]) -> f32[(N - R) / 2 + 1] where R <= N, (N - R) % 2 == 0 { return [i] sum(r) x[2 * "
     "i + "
     "r] * f[r] }",
     "where (N - R) % 2 == 0"},
    {"LargestRange", "kernel k(x: f32[N]) -> f32[N] { return [i] x[i] * f32(sum(k in 1..2*i) k) }", "sum[k < "},
};

INSTANTIATE_TEST_SUITE_P(All, Statements, testing::ValuesIn(kSamples),
                         [](const auto &info) { return info.param.name; });

TEST(Statements, OpenRangeOfForNeedsItsDimension) {
  Analysis analysis(
      "kernel k(x: f32[N, D]) -> f32[N] {\n var y = x[:, 0] * 0\n for i in 0..D-1 { y = y + x[:, i] }\n return y\n}");
  ASSERT_FALSE(analysis.diagnostics.hasErrors()) << analysis.diagnostics.renderText();
  EXPECT_NE(analysis.typed("k").find("E0318"), std::string::npos);
  Bindings bindings;
  bindings.dims["D"] = 2;
  EXPECT_NE(analysis.typed("k", bindings).find("+(y_1[d], x[d, 1])"), std::string::npos)
      << analysis.typed("k", bindings);
}

TEST(Statements, SignatureSaysWhatIsStoredAndLeftOut) {
  Analysis analysis(std::string(kPair) +
                    "kernel k(p: inout f32[N], a: f32 = -0.5, n: i32 = 3, b: bool = true) -> f32 {\n"
                    " let q, s = pair(p)\n p = if b { q * a } else { q }\n return s * f32(n)\n}");
  ASSERT_FALSE(analysis.diagnostics.hasErrors()) << analysis.diagnostics.renderText();
  const KernelSignature &signature = analysis.program->kernels()[0];
  EXPECT_EQ(signature.results.size(), 2u);
  EXPECT_EQ(signature.results[1].name, "p");
  EXPECT_EQ(signature.resultAliases, (std::vector<int>{-1, 0}));
  ASSERT_EQ(signature.argDefaults.size(), 4u);
  EXPECT_EQ(signature.argDefaults[0], nullptr);
  EXPECT_EQ(signature.argDefaults[1]->floatValue, -0.5);
  EXPECT_EQ(signature.argDefaults[2]->intValue, 3u);
  EXPECT_EQ(signature.argDefaults[3]->type, DType::Bool);
}

TEST(Statements, ErrorsAreSaidOnce) {
  // Whatever becomes of an erroneous name is not looked at.
  Analysis analysis(
      "kernel k(x: f32[N]) -> f32[N] {\n let a = x + missing\n var b = nope(x)\n b = b + a\n for i in 0..3 { b = b "
      "* a }\n let c[i] = b[i] + a[i, i]\n let d, e = c\n return if a { d } else { e + b[1.5] }\n}");
  EXPECT_EQ(analysis.diagnostics.errorCount(), 2u) << analysis.diagnostics.renderText();
}

TEST(Ast, DumpShowsTheNewForms) {
  Analysis analysis(
      "import nn as n\n@numerics(fast) kernel k(p: inout f32[N]) {\n  var s = 0\n  for i in 0..2 { s = s + i }\n"
      "  p = n.relu(p[::-1]) + s\n}\nschedule k for cpu { lane d  lane-tile 8 }\n");
  EXPECT_EQ(ast::dump(analysis.program->main().ast),
            "import nn as n\n@numerics(fast) kernel k\n  param p: inout f32[N]\n  var s = 0\n"
            "  for [i in 0..2] { set s = (+ s i) }\n  set p = (+ (call n.relu (at p [::(- 1)])) s)\n"
            "schedule k for cpu\n  lane d\n  lane_tile 8\n");
}

} // namespace
