//===- SampleTest.cpp - Good programs and what they become ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Each case: a kernel and a line of its typed form. The samples of LANGUAGE and
// the standard library are analysed whole.
//
//===----------------------------------------------------------------------===//
#include "TestSupport.h"

#include <filesystem>

using namespace flex::lang;
using namespace flex::lang::test;

namespace {

struct Sample {
  const char *name, *text, *typed;
};

class Samples : public testing::TestWithParam<Sample> {};

TEST_P(Samples, BecomeStatements) {
  Analysis analysis(GetParam().text);
  ASSERT_FALSE(analysis.diagnostics.hasErrors()) << analysis.diagnostics.renderText();
  ASSERT_FALSE(analysis.program->kernels().empty());
  std::string text = analysis.typed(analysis.program->kernels()[0].name);
  EXPECT_NE(text.find(GetParam().typed), std::string::npos) << text;
}

const Sample kSamples[] = {
    {"Broadcast", "kernel k(x: f32[M, N], b: f32[N]) -> f32[M, N] { return x + b }", "+(x[d, d], b[d])"},
    {"BroadcastOne", "kernel k(x: f32[M, N], b: f32[M, 1]) -> f32[M, N] { return x + b }", "+(x[d, d], b[d, 0])"},
    {"Matmul", "kernel k(x: f32[M, K], w: f32[K, N]) -> f32[M, N] { return x @ w }", "sum[k < K](*(x[i, k], w[k, j]))"},
    {"BatchMatmul", "kernel k(x: f32[B, M, K], w: f32[K, N]) -> f32[B, M, N] { return x @ w }",
     "[d < B, i < M, j < N] = sum[k < K](*(x[d, i, k], w[k, j]))"},
    {"Dot", "kernel k(x: f32[N], w: f32[N]) -> f32 { return x @ w }", "result: f32[] [] = sum[k < N](*(x[k], w[k]))"},
    {"OperandOnce", "kernel k(x: f32[M, K], w: f32[K, N]) -> f32[M, N] { return exp(x) @ w }",
     "operand: f32[M, K] [d < M, d < K] = exp(x[d, d])"},
    {"ReductionReach", "kernel k(a: f32[N], c: f32) -> f32 { return sum(i) a[i] * a[i] + c }",
     "+(sum[i < N](*(a[i], a[i])), c[])"},
    {"WholeReduction", "kernel k(x: f32[M, N]) -> f32[M, 1] { return max(x, axis = 1, keepdims = true) }",
     "[d < M, d < 1] = max[d < N](x[d, d])"},
    {"NegativeAxis", "kernel k(x: f32[M, N]) -> f32[M] { return sum(x, axis = -1) }", "[d < M] = sum[d < N](x[d, d])"},
    {"AxisTuple", "kernel k(x: f32[A, B, C]) -> f32[B] { return sum(x, axis = (0, 2)) }",
     "[d < B] = sum[d < A, d < C](x[d, d, d])"},
    {"AnyAll", "kernel k(x: f32[M, N]) -> bool { return any(i) (all(j) (x[i, j] > 0)) }",
     "any[i < M](all[j < N](>(x[i, j], 0:f32)))"},
    {"ElementwiseMax", "kernel k(x: f32[N]) -> f32[N] { return max(x, 0) }", "max(x[d], 0:f32)"},
    {"IndexValue", "kernel k(x: f32[N]) -> f32[N] { return [i] x[i] * f32(i) / N }", "/(*(x[i], f32((i))), f32((N)))"},
    {"IntegerIndexValue", "kernel k(x: i64[N]) -> i64[N] { return [i] x[i] + i * 2 }", "+(x[i], (2*i))"},
    {"LiteralWhole", "kernel k(x: f32[N]) -> f32[N] { return x * (1 / 2) }", "/(1:f32, 2:f32)"},
    {"CastIsInteger", "kernel k(x: f32[N]) -> f32[N] { return [i] x[i] + f32(i / 2) }", "f32((floordiv(i, 2)))"},
    {"PowerIsAProduct", "kernel k(x: f32[N]) -> f32[N] { return x ** 3 }", "*(x[d], *(x[d], x[d]))"},
    {"PowerOfInverse", "kernel k(x: f32[N]) -> f32[N] { return x ** -1 }", "/(1:f32, x[d])"},
    {"PowerFunction", "kernel k(x: f32[N]) -> f32[N] { return x ** 0.5 }", "**(x[d], 0.5:f32)"},
    {"NegatedPower", "kernel k(x: f32[N]) -> f32[N] { return -x ** 2 }", "neg(*(x[d], x[d]))"},
    {"If", "kernel k(x: f32[N]) -> f32[N] { return [i] if i % 2 == 0 { x[i] } else { -x[i] } }",
     "select(==((mod(i, 2)), 0:i64), x[i], neg(x[i]))"},
    {"ElseIf", "kernel k(x: f32[N]) -> f32[N] { return if x > 1 { 1 } else if x < 0 { 0 } else { x } }",
     "select(>(x[d], 1:f32), 1:f32, select("},
    {"IfWithLet",
     "kernel k(x: f32[N]) -> f32[N] {\n return [i] if x[i] > 0 {\n let y = x[i] * 2\n y + y\n } else { 0 }\n}",
     "select("},
    {"Select", "kernel k(c: bool[N], x: f32[N]) -> f32[N] { return select(c, x, 0) }", "select(c[d], x[d], 0:f32)"},
    {"Clamp3", "kernel k(x: f32[N]) -> f32[N] { return clamp(x, 0, 1) }", "min(max(x[d], 0:f32), 1:f32)"},
    {"Fill", "kernel k(x: f32[N]) -> f32[N] {\n let p = fill(x, -inf)\n return [i] max(p[i - 1], p[i + 1])\n}",
     "x[i - 1] fill"},
    {"Padded", "kernel k(x: f32[N]) -> f32[N + 2] {\n let p = zero(x)\n return [i] p[i - 1]\n}",
     "[i < N + 2] = x[i - 1] zero"},
    {"Wrap", "kernel k(x: f32[N]) -> f32[N] {\n let p = wrap(x)\n return [i] p[i - 1] + p[i]\n}", "x[i - 1] wrap"},
    {"Mirror", "kernel k(x: f32[N]) -> f32[N] {\n let p = mirror(x + 1)\n return [i] p[i - 1]\n}",
     "padded[i - 1] mirror"},
    {"Valid", "kernel k(x: f32[N]) -> f32[N - 2] { return [i in 0..N-3] x[i] + x[i + 2] }", "[i < N - 2]"},
    {"Conv",
     "kernel k(x: f32[H, W], f: f32[R, S]) -> f32[H-R+1, W-S+1] { return [h, w] sum(r, s) x[h+r, w+s] * f[r, s] }",
     "where 0 <= H - R + 1"},
    {"FirstElement", "kernel k(x: f32[N]) -> f32[N] { return [i] x[i] - x[0] + max(j) (x[j] - x[0]) }",
     "-(x[j], x[0])"},
    {"Strided", "kernel k(x: f32[2 * N], y: f32[N]) -> f32[N] { return [i] x[2*i] + x[2*i+1] + y[i] }", "x[2*i + 1]"},
    {"Halved", "kernel k(x: f32[N]) -> f32[N / 2] { return [i] x[2*i + 1] }", "[i < floordiv(N, 2)]"},
    {"Divisible",
     "kernel k(x: f32[N], y: f32[N / 4, 4]) -> f32[N] where N % 4 == 0 { return [i] x[i] + y[i / 4, i % 4] }",
     "y[floordiv(i, 4), mod(i, 4)]"},
    {"Range", "kernel k(x: f32[N]) -> f32 where N >= 2 { return sum(i in 1..N-2) x[i - 1] + x[0] }",
     "sum[i < N - 2](x[i])"},
    {"Generic", "fn f<T: f32 | f64>(x: T[N], s: T) -> T[N] { x * s }\nkernel k(x: f64[N]) -> f64[N] { return f(x, 2) }",
     "*(x[d], 2:f64)"},
    {"Category", "fn f(x: float) -> float { x * 0.5 }\nkernel k(x: f16[N]) -> f16[N] { return f(x) + f(1) }",
     "*(1:f16, 0.5:f16)"},
    {"Defaults",
     "fn f(x: float, a: float = 3, b: float = 4) -> float { x * a + b }\nkernel k(x: f32[N]) -> f32[N] { return f(x, b "
     "= 1) }",
     "+(*(x[d], 3:f32), 1:f32)"},
    {"TupleResult",
     "fn f(x: f32[K]) -> (f32[K], f32) {\n return x + 1, sum(x)\n}\nkernel k(x: f32[N]) -> f32[N] {\n let a, b = "
     "f(x)\n return a * b\n}",
     "*(a[d], b[])"},
    {"KernelCallsKernel",
     "kernel k(x: f32[N]) -> f32[N] { return inner(x) * 2 }\nkernel inner(y: f32[L]) -> f32[L] where L % 2 == 0 { "
     "return y + 1 }",
     "where N % 2 == 0"},
    {"SolvedByAnother",
     "fn f(x: f32[2 * D], y: f32[D]) -> f32[D] { [i] x[2 * i] + y[i] }\nkernel k(x: f32[2 * N], y: f32[N]) -> f32[N] { "
     "return f(x, y) }",
     "+(x[2*i], y[i])"},
    {"UnknownRelation",
     "fn f(x: f32[2 * D], y: f32[D]) -> f32[D] { y }\nkernel k(x: f32[M], y: f32[N]) -> f32[N] { return f(x, y) }",
     "where M == 2*N"},
    {"Bits", "kernel k(x: u8[N]) -> u8[N] { return (x >> 4) & 0x0F | x << 1 ^ ~x }",
     "|(&(>>(x[d], 4:u8), 15:u8), ^(<<(x[d], 1:u8), not(x[d])))"},
    {"Logic", "kernel k(x: f32[N]) -> bool[N] { return x > 0 && !(x >= 1) || x == -1 }",
     "|(&(>(x[d], 0:f32), not(>=(x[d], 1:f32))), ==(x[d], -1:f32))"},
    {"LowestInteger", "kernel k(x: i8[N]) -> i8[N] { return x + -128 }", "-128:i8"},
    {"LargestInteger", "kernel k(x: u64[N]) -> u64[N] { return x ^ 18446744073709551615 }", "18446744073709551615:u64"},
    {"Continued", "kernel k(x: f32[N]) -> f32[N] {\n  let y = x +\n    1\n  return max(\n    y,\n    0)\n}",
     "+(x[d], 1:f32)"},
    {"HeaderOverLines", "kernel k(\n  x: f32[N],\n)\n  -> f32[N]\n  where N >= 1\n{\n  return x\n}", "where 1 <= N"},
    {"ScalarParam", "kernel k(x: f32[N], a: f32) -> f32[N] { return a * x }", "*(a[], x[d])"},
    {"Alias", "kernel k(x: f32[N]) -> f32[N] {\n let y = x\n return y + y\n}", "+(x[d], x[d])"},
    {"LetType", "kernel k(x: f32[N]) -> f32[N] {\n let y: f32[N] = x * 2\n return y\n}", "y: f32[N]"},
    {"Underscore",
     "fn f(x: f32) -> (f32, f32) { return x, x }\nkernel k(x: f32[N]) -> f32[N] {\n let a, _b = f(x)\n return a\n}",
     "x[d]"},
    {"OneDimensionByName", "kernel k(x: f32[M], y: f32[N]) -> f32[M] where M == N { return x + y }", "+(x[d], y[d])"},
};

INSTANTIATE_TEST_SUITE_P(All, Samples, testing::ValuesIn(kSamples), [](const auto &info) { return info.param.name; });

TEST(SampleFiles, AllAreGood) {
  unsigned files = 0;
  for (const char *folder : {"test/KernelLang/Good", "std"})
    for (const auto &entry : std::filesystem::directory_iterator(sourcePath(folder))) {
      Analysis analysis(readFile(entry.path().string()), entry.path().string());
      EXPECT_TRUE(analysis.diagnostics.all().empty()) << analysis.diagnostics.renderText();
      ++files;
    }
  EXPECT_GE(files, 4u);
}

/// The blocks marked `flex` of the documentation are whole programs without a warning.
TEST(SampleFiles, DocumentationCompiles) {
  size_t blocks = 0;
  for (const auto &entry : std::filesystem::recursive_directory_iterator(sourcePath("docs"))) {
    if (entry.path().extension() != ".md" || entry.path().parent_path().filename() == "errors")
      continue; // those are ExplainTest's
    for (const std::string &text : codeBlocks(readFile(entry.path().string()), "flex")) {
      Analysis analysis(text, entry.path().string());
      EXPECT_TRUE(analysis.diagnostics.all().empty()) << analysis.diagnostics.renderText();
      ++blocks;
    }
  }
  EXPECT_GE(blocks, 5u);
}

/// The grammar of the documentation has every keyword and sign of the lexer.
TEST(SampleFiles, TheGrammarIsWhole) {
  static const char *const spellings[] = {
#define KEYWORD(NAME, SPELLING) SPELLING,
#define PUNCT(NAME, SPELLING) SPELLING,
#include "flex/KernelLang/Tokens.def"
  };
  std::string page = readFile(sourcePath("docs/language/grammar.md"));
  for (const std::string spelling : spellings)
    if (spelling != ";") // is only read to be reported
      EXPECT_NE(page.find("'" + spelling + "'"), std::string::npos) << spelling;
}

TEST(Ast, DumpShowsTheStructure) {
  Analysis analysis("import nn\nkernel k(x: f32[N]) -> f32[N] where N > 1 {\n  let a[i] = -x[i] ** 2 + sum(j) x[j]\n  "
                    "return [i] a[i]\n}\n");
  EXPECT_EQ(ast::dump(analysis.program->main().ast),
            "import nn\nkernel k\n  param x: f32[N]\n  result f32[N]\n  where (> N 1)\n"
            "  let a[i] = (+ (- (** (at x [i]) 2)) (sum [j] (at x [j])))\n  return [i] (at a [i])\n");
}

} // namespace
