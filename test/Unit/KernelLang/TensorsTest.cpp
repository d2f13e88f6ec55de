//===- TensorsTest.cpp - Slices, data as indices and carried loops ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a kernel `k` becomes as typed statements, with the conditions it puts on its caller.
//
//===----------------------------------------------------------------------===//
#include "TestSupport.h"

using namespace flex::lang;
using namespace flex::lang::test;

namespace {

struct Sample {
  const char *name, *text, *typed;
};

class Tensors : public testing::TestWithParam<Sample> {};

TEST_P(Tensors, Become) {
  Analysis analysis(GetParam().text);
  ASSERT_TRUE(analysis.diagnostics.all().empty()) << analysis.diagnostics.renderText();
  std::string text = analysis.typed("k");
  EXPECT_NE(text.find(GetParam().typed), std::string::npos) << text;
}

const Sample kSamples[] = {
    {"Concat", "kernel k(a: f32[M], b: f32[N]) -> f32[M + N] { return concat(a, b) }",
     "[d < M + N] = select(<((d), (M)), a[d] zero, b[d - M] zero)"},
    {"ConcatOfWhatIsNotEmpty", "kernel k(a: f32[M], b: f32[2]) -> f32[M + 2] where M >= 1 { return concat(a, b) }",
     "a[d] clamp, b[d - M] clamp)"},
    {"ConcatOfOne", "kernel k(a: f32[M]) -> f32[M] { return concat(a) }", "[d < M] = a[d]\n"},
    {"Stack", "kernel k(a: f32[N], b: f32[N]) -> f32[N, 2] { return stack(a, b, axis = 1) }", "a[d], b[d])"},
    {"Pad", "kernel k(x: f32[N], y: f32[K]) -> f32[N + K + 1] { return pad(x, before = K, after = 1) }",
     "[d < K + N + 1] = x[d - K] zero"},
    {"ReshapeKeepsEqualEnds", "kernel k(x: f32[B, 6, N]) -> f32[B, 2, 3, N] { return reshape(x, B, 2, 3, N) }",
     "= x[d, 3*d + d, d]"},
    {"ReshapeDividesByWhatMayBeEmpty", "kernel k(x: f32[M, N]) -> f32[M * N] { return reshape(x, M * N) }",
     "x[floordiv(d, max(1, N)), mod(d, max(1, N))]"},
    {"ReshapeIsACondition", "kernel k(x: f32[N], y: f32[M]) -> f32[M, 2] { return reshape(x, M, 2) }",
     "where N == 2*M\n"},
    {"ReshapeOfWhatIsLeft", "kernel k(x: f32[N, 4, M]) -> f32[M, 4*N] { return reshape(x, M, -1) }",
     "[d < M, d < 4*N]"},
    {"Transpose", "kernel k(x: f32[A, B, C]) -> f32[A, C, B] { return transpose(x) }", "= x[d, d, d]"},
    {"SliceIsACondition", "kernel k(x: f32[N]) -> f32[N - 1] { return x[1:] }", "where 0 <= N - 1\n"},
    {"SliceUpToADimension", "kernel k(x: f32[N], y: f32[K]) -> f32[K] { return x[:K] }", "where 0 <= N - K\n"},
    {"SliceWithAStep", "kernel k(x: f32[N]) -> f32[ceildiv(N, 3)] { return x[::-3] }",
     "[d < ceildiv(N, 3)] = x[N - 3*d - 1]"},
    {"FromTheEnd", "kernel k(x: f32[M, N]) -> f32[M] { return x[:, -2] }", "= x[d, N - 2]"},
    {"WholeRest", "kernel k(x: f32[M, N, 3]) -> f32[N, 3] { return x[-1, ...] }", "= x[M - 1, d, d]"},
    {"MovingWindow", "kernel k(x: f32[N], w: f32[3]) -> f32[N - 2] { return [i] sum(x[i:i+3] * w) }",
     "sum[d < 3](*(x[d + i], w[d]))"},
    {"Gather", "kernel k(t: f32[V, D], i: i32[N]) -> f32[N, D] { return [n, d] t[i[n], d] }",
     "where min(1, D*N) <= V\n  result: f32[N, D] [n < N, d < D] = t[$0, d] clamp(i64(i[n]))"},
    {"GatherUnderARule", "kernel k(t: f32[V], i: i64[N]) -> f32[N] { return [n] fill(t, 3)[i[n]] }",
     "[n < N] = t[$0] fill(i[n])"},
    {"GatherByATensor", "kernel k(t: f32[V, D], i: i64[N, M]) -> f32[N, M, D] { return t[i] }",
     "= t[$0, d] clamp(i[d, d])"},
    {"ArgMax", "kernel k(x: f32[M, N]) -> i64[M] { return argmax(x, axis = 1) }",
     "where 1 <= N\n  result: i64[M] [d < M] = argmax[d < N](x[d, d])"},
    {"Scan", "kernel k(x: f32[N]) -> f32[N] {\n let y[n] = scan(n) x[n] + fill(y, 2)[n - 1]\n return y\n}",
     "y: f32[N] [n < N] = scan[n < N] +(x[n], y[n - 1] fill)\n"},
    {"ScanFindsItsType",
     "kernel k(x: f64[N], i: i32[N]) -> f64[N] {\n let y[n] = scan(n) if n == 0 { x[n] } else { sqrt(zero(y)[n - 1]) "
     "}\n "
     "return y\n}",
     "y: f64[N] [n < N] = scan[n < N]"},
    {"ScanByItsOwnTypeOnly",
     "kernel k(x: i32[N], z: f32[N]) -> f32[N] {\n let y[n in 0..N-1] = scan(n) f32(x[n]) + (mean(r in 0..0) "
     "zero(y)[n - 1 - r])\n return y + z\n}",
     "y: f32[N]"},
    {"ScanInTwoDirections",
     "kernel k(x: i32[M, N]) -> i32[M, N] {\n let y[i, j] = scan(i, j) x[i, j] + max(zero(y)[i - 1, N - 1 - j], "
     "zero(y)[i, j - 1])\n return y\n}",
     "scan[i < M, j < N]"},
    {"ScanWithADependentRange",
     "kernel k(l: f32[N, N], b: f32[N]) -> f32[N] {\n let x[i] = scan(i) b[i] - (sum(k in 0..i - 1) l[i, k] * x[k])\n "
     "return x\n}",
     "l[i, k], x[min(i - 1, k)] zero)"},
    {"ScanByALagThatIsProved",
     "kernel k(x: f32[N], y: f32[D]) -> f32[N] where D >= 1 {\n let a[t] = scan(t) x[t] + zero(a)[t - D]\n return a\n}",
     "scan[t < N] +(x[t], a[min(t - 1, t - D)] zero)"},
    {"CumMin", "kernel k(x: u8[M, N]) -> u8[M, N] { return cummin(x, axis = 0) }",
     "x_cummin: u8[M, N] [d < M, d < N] = scan[d < M] min(x_cummin[d - 1, d] fill, x[d, d])"},
    {"Sort", "kernel k(x: f32[M, N]) -> f32[M, N] { return sort(x, axis = 0, descending = true) }",
     "order: i64[M, N] [d < M, d < N] = descending[d < M] count M x[d, d]\n  result: f32[M, N] [d < M, d < N] = "
     "x[$0, d] clamp(order[d, d])"},
    {"TopK", "kernel k(x: f32[N]) -> (f32[4], i64[4]) { return top_k(x, 4) }", "where 0 <= N - 4\n"},
    {"Scatter", "kernel k(b: f32[N, D], i: u8[K], v: f32[D]) -> f32[N, D] { return scatter_max(b, i, v * 2) }",
     "= b scatter max[d < K] at [$0, d](i64(i[d])) *(v[d], 2:f32)"},
    {"StoredTypes", "kernel k(x: i4[N]) -> f8e5m2[N] { return f8e5m2(i32(x) * 2) }", "= f8e5m2(*(i32(x[d]), 2:i32))"},
    {"OwnFunctionHidesABuiltin",
     "fn flip(x: f32[N]) -> f32[N] { x * 2 }\nkernel k(x: f32[N]) -> f32[N] { return flip(x) }", "= *(x[d], 2:f32)"},
};
INSTANTIATE_TEST_SUITE_P(All, Tensors, testing::ValuesIn(kSamples), [](const auto &info) { return info.param.name; });

/// A scan's trial leaves nothing behind: no condition, no statement, no second report.
TEST(Scan, TrialLeavesNothingBehind) {
  Analysis analysis("kernel k(x: f32[N]) -> f32[N] {\n let y[n] = scan(n) x[n] + zero(y)[n - 1] + f(x)\n return y\n}\n"
                    "fn f(x: f32[K]) -> f32 where K >= 3 {\n let s = sum(x)\n return s * s\n}");
  ASSERT_TRUE(analysis.diagnostics.all().empty()) << analysis.diagnostics.renderText();
  std::string text = analysis.typed("k");
  EXPECT_EQ(text.find("3 <= N"), text.rfind("3 <= N")) << text;
  EXPECT_EQ(text.find("s: f32[]"), text.rfind("s: f32[]")) << text;
  EXPECT_EQ(text.find("s_1"), std::string::npos) << text;

  Analysis wrong("kernel k(x: f32[N]) -> f32[N] {\n let y[n] = scan(n) x[n] + zero(y)[n - 1] + z\n return y\n}");
  EXPECT_EQ(wrong.diagnostics.all().size(), 1u) << wrong.diagnostics.renderText();
  EXPECT_TRUE(wrong.has("E0201", "'z'"));
}

} // namespace
