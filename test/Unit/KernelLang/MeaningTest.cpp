//===- MeaningTest.cpp - What emitted kernels compute ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Emits kernels and runs them in the reference interpreter: the arithmetic of
// docs/decisions/language-arithmetic.md, exhaustively on 8-bit integers, and one
// value per construct of the language.
//
//===----------------------------------------------------------------------===//
#include "TestSupport.h"
#include "flex/KernelLang/Emit.h"
#include "flex/TensorIR/Interpreter.h"
#include "mlir/IR/MLIRContext.h"

#include <bit>
#include <cmath>

using namespace flex;
using namespace flex::lang;
using namespace flex::lang::test;

namespace {

/// Compiles kernel `k` of `text` and runs it.
std::vector<ir::TensorResult> run(const std::string &text, const std::vector<ir::TensorView> &arguments,
                                  const Bindings &bindings = {}) {
  Analysis analysis(text);
  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  if (!analysis.diagnostics.hasErrors())
    module = emitTensorIR(*analysis.program, "k", bindings, context, analysis.diagnostics);
  EXPECT_TRUE(module) << analysis.diagnostics.renderText();
  if (!module)
    return {};
  auto kernel = *module->getOps<ir::KernelOp>().begin();
  auto results = ir::interpret(kernel, arguments);
  EXPECT_TRUE(results.isOk()) << results.status().str();
  return results.isOk() ? *results : std::vector<ir::TensorResult>{};
}

template <typename T>
ir::TensorView view(const char *dtype, const std::vector<T> &data, std::vector<int64_t> shape = {}) {
  if (shape.empty())
    shape = {static_cast<int64_t>(data.size())};
  return {dtype, shape, data.data()};
}

int8_t floorDivide(int x, int y) {
  if (y == 0)
    return 0;
  return static_cast<int8_t>(static_cast<int>(std::floor(static_cast<double>(x) / y)));
}

/// x ** y as the language means it: modulo 2^8; the reciprocal, rounded towards 0, where y is negative.
int8_t power(int x, int y) {
  if (y < 0)
    return static_cast<int8_t>(x == 1 ? 1 : x != -1 ? 0 : y % 2 ? -1 : 1);
  unsigned result = 1;
  while (y-- > 0)
    result = (result * static_cast<unsigned>(x)) & 0xff;
  return static_cast<int8_t>(result);
}

struct IntegerCase {
  const char *name, *expression;
  std::function<int8_t(int, int)> expected;
};

class SignedBytes : public testing::TestWithParam<IntegerCase> {};

TEST_P(SignedBytes, AllPairs) {
  std::vector<int8_t> x, y;
  for (int a = -128; a < 128; ++a)
    for (int b = -128; b < 128; ++b) {
      x.push_back(static_cast<int8_t>(a));
      y.push_back(static_cast<int8_t>(b));
    }
  std::string text = std::string("kernel k(x: i8[N], y: i8[N]) -> i8[N] { return ") + GetParam().expression + " }";
  auto results = run(text, {view("i8", x), view("i8", y)});
  ASSERT_EQ(results.size(), 1u);
  for (size_t i = 0; i < x.size(); ++i)
    ASSERT_EQ(results[0].ints[i], GetParam().expected(x[i], y[i])) << int(x[i]) << " " << int(y[i]);
}

const IntegerCase kIntegerCases[] = {
    {"Add", "x + y", [](int a, int b) { return static_cast<int8_t>(a + b); }},
    {"Multiply", "x * y", [](int a, int b) { return static_cast<int8_t>(a * b); }},
    {"Divide", "x / y", floorDivide},
    {"Modulo", "x % y", [](int a, int b) { return static_cast<int8_t>(a - floorDivide(a, b) * b); }},
    {"DivideByThree", "x / 3", [](int a, int) { return floorDivide(a, 3); }},
    {"ModuloThree", "x % 3", [](int a, int) { return static_cast<int8_t>(a - 3 * floorDivide(a, 3)); }},
    {"DivideByMinusOne", "x / -1", [](int a, int) { return static_cast<int8_t>(-a); }},
    {"ShiftLeft", "x << y", [](int a, int b) { return static_cast<int8_t>(b < 0 || b > 7 ? 0 : a << b); }},
    {"ShiftRight", "x >> y", [](int a, int b) { return static_cast<int8_t>(a >> (b < 0 || b > 7 ? 7 : b)); }},
    {"Abs", "abs(x)", [](int a, int) { return static_cast<int8_t>(std::abs(a)); }},
    {"Sign", "sign(x)", [](int a, int) { return static_cast<int8_t>((a > 0) - (a < 0)); }},
    {"Negate", "-x", [](int a, int) { return static_cast<int8_t>(-a); }},
    {"BitNot", "~x", [](int a, int) { return static_cast<int8_t>(~a); }},
    {"Bits", "x & y | x ^ 3", [](int a, int b) { return static_cast<int8_t>((a & b) | (a ^ 3)); }},
    {"Power", "x ** 3", [](int a, int) { return static_cast<int8_t>(a * a * a); }},
    {"IntegerPower", "x ** y", power},
    {"UnsignedPower", "i8(u8(x) ** u8(y))",
     [](int a, int b) { return power(static_cast<uint8_t>(a), static_cast<uint8_t>(b)); }},
    {"PowerOfTwo", "2 ** y", [](int, int b) { return power(2, b); }},
    {"PopCount", "popcount(x)", [](int a, int) { return static_cast<int8_t>(std::popcount(static_cast<uint8_t>(a))); }},
    {"LeadingZeros", "clz(x)",
     [](int a, int) { return static_cast<int8_t>(std::countl_zero(static_cast<uint8_t>(a))); }},
    {"TrailingZeros", "ctz(x)",
     [](int a, int) { return static_cast<int8_t>(std::countr_zero(static_cast<uint8_t>(a))); }},
    {"Maximum", "max(x, y)", [](int a, int b) { return static_cast<int8_t>(std::max(a, b)); }},
    {"Compare", "i8(x < y) + i8(x >= y) * 2", [](int a, int b) { return static_cast<int8_t>(a < b ? 1 : 2); }},
    {"Unsigned", "i8(u8(x) / u8(y))",
     [](int a, int b) {
       unsigned x = static_cast<uint8_t>(a), y = static_cast<uint8_t>(b);
       return static_cast<int8_t>(y == 0 ? 0 : x / y);
     }},
    {"UnsignedModulo", "i8(u8(x) % u8(y))",
     [](int a, int b) {
       unsigned x = static_cast<uint8_t>(a), y = static_cast<uint8_t>(b);
       return static_cast<int8_t>(y == 0 ? x : x % y);
     }},
    {"UnsignedShift", "i8(u8(x) >> u8(y))",
     [](int a, int b) {
       unsigned x = static_cast<uint8_t>(a), y = static_cast<uint8_t>(b);
       return static_cast<int8_t>(y > 7 ? 0 : x >> y);
     }},
};
INSTANTIATE_TEST_SUITE_P(All, SignedBytes, testing::ValuesIn(kIntegerCases),
                         [](const auto &info) { return info.param.name; });

TEST(Casts, FloatsSaturateAndNanIsZero) {
  std::vector<float> x{0,      1.9f,     -1.9f,     127, 128, -128, -129,  1e30f,
                       -1e30f, INFINITY, -INFINITY, NAN, 255, 256,  -0.5f, -1};
  std::vector<int64_t> asSigned{0, 1, -1, 127, 127, -128, -128, 127, -128, 127, -128, 0, 127, 127, 0, -1};
  std::vector<uint64_t> asUnsigned{0, 1, 0, 127, 128, 0, 0, 255, 0, 255, 0, 0, 255, 255, 0, 0};
  auto results =
      run("kernel k(x: f32[N]) -> (i8[N], u8[N], bool[N]) { return i8(x), u8(x), bool(x) }", {view("f32", x)});
  ASSERT_EQ(results.size(), 3u);
  EXPECT_EQ(results[0].ints, asSigned);
  EXPECT_EQ(results[1].uints, asUnsigned);
  for (size_t i = 0; i < x.size(); ++i)
    EXPECT_EQ(results[2].uints[i], x[i] != 0 ? 1u : 0u) << x[i];
}

TEST(Casts, BitsOfOtherTypes) {
  std::vector<float> x{1, -2, 0.5f, -0.0f, INFINITY};
  std::vector<uint64_t> bits;
  for (float value : x)
    bits.push_back(std::bit_cast<uint32_t>(value));
  auto results =
      run("kernel k(x: f32[N]) -> (u32[N], f32[N]) { return bitcast(x, u32), bitcast(bitcast(x, i32), f32) }",
          {view("f32", x)});
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(results[0].uints, bits);
  EXPECT_EQ(results[1].floats, (std::vector<double>{1, -2, 0.5, -0.0, INFINITY}));
}

TEST(Casts, WideIntegers) {
  std::vector<double> x{1e300, -1e300, 9223372036854775807.0, -9223372036854775808.0, 18446744073709549568.0, 3.7};
  auto results = run("kernel k(x: f64[N]) -> (i64[N], u64[N]) { return i64(x), u64(x) }", {view("f64", x)});
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(results[0].ints, (std::vector<int64_t>{INT64_MAX, INT64_MIN, INT64_MAX, INT64_MIN, INT64_MAX, 3}));
  EXPECT_EQ(results[1].uints,
            (std::vector<uint64_t>{UINT64_MAX, 0, 9223372036854775808ull, 0, 18446744073709549568ull, 3}));
}

TEST(Floats, ModuloHasTheSignOfTheDivisor) {
  std::vector<float> x{5, -5, 5, -5}, y{3, 3, -3, -3};
  auto results = run("kernel k(x: f32[N], y: f32[N]) -> f32[N] { return x % y }", {view("f32", x), view("f32", y)});
  ASSERT_EQ(results.size(), 1u);
  EXPECT_EQ(results[0].floats, (std::vector<double>{2, 1, -1, -2}));
}

struct FloatCase {
  const char *name, *text;
  std::vector<double> expected;
};

/// x = 1 2 3 4 5 6 as f32[2, 3], v = 1 2 3 as f32[3].
class Values : public testing::TestWithParam<FloatCase> {};

TEST_P(Values, AreAsWritten) {
  std::vector<float> x{1, 2, 3, 4, 5, 6}, v{1, 2, 3};
  auto results = run(std::string("import nn\nimport linalg\nimport image\nkernel k(x: f32[M, N], v: f32[N]) -> ") +
                         GetParam().text,
                     {view("f32", x, {2, 3}), view("f32", v)});
  ASSERT_EQ(results.size(), 1u);
  ASSERT_EQ(results[0].floats.size(), GetParam().expected.size());
  for (size_t i = 0; i < GetParam().expected.size(); ++i)
    EXPECT_NEAR(results[0].floats[i], GetParam().expected[i], 1e-5) << i;
}

const FloatCase kFloatCases[] = {
    {"Broadcast", "f32[M, N] { return x + v }", {2, 4, 6, 5, 7, 9}},
    {"MatVec", "f32[M] { return x @ v }", {14, 32}},
    {"Transposed", "f32[N, M] { return [j, i] x[i, j] }", {1, 4, 2, 5, 3, 6}},
    {"Mean", "f32[M] { return mean(x, axis = 1) }", {2, 5}},
    {"MeanOfAll", "f32 { return mean(i, j) x[i, j] }", {3.5}},
    {"KeepDims", "f32[M, N] { return x / sum(x, axis = 1, keepdims = true) * 15 }", {2.5, 5, 7.5, 4, 5, 6}},
    {"NestedReduction", "f32 { return sum(i) (max(j) x[i, j]) * (min(j) x[i, j]) }", {27}},
    {"ReductionReach", "f32[M] { return [i] sum(j) x[i, j] * v[j] + 1 }", {15, 33}},
    {"Clamp", "f32[N] {\n let p = clamp(v)\n return [i] p[i - 1] + 10 * p[i + 1]\n}", {21, 31, 32}},
    {"Wrap", "f32[N] {\n let p = wrap(v)\n return [i] p[i - 1] + 10 * p[i + 1]\n}", {23, 31, 12}},
    {"Mirror", "f32[N] {\n let p = mirror(v)\n return [i] p[i - 1] + 10 * p[i + 1]\n}", {22, 31, 22}},
    {"Zero", "f32[N] {\n let p = zero(v)\n return [i] p[i - 1] + 10 * p[i + 1]\n}", {20, 31, 2}},
    {"Fill", "f32[N] {\n let p = fill(v, -4)\n return [i] p[i - 1] + 10 * p[i + 1]\n}", {16, 31, -38}},
    {"If", "f32[M, N] { return [i, j] if i == j { x[i, j] } else { 0 } }", {1, 0, 0, 0, 5, 0}},
    {"IndexArithmetic", "f32[N] { return [i] f32(i * i + N / 2) + i / 2 }", {1, 2.5, 6}},
    {"Range", "f32 where N >= 3 { return sum(i in 1..N-2) (v[i - 1] + v[i + 1]) }", {4}},
    {"Any", "f32[N] { return [j] if any(i) (x[i, j] > 5) { 1 } else { 0 } }", {0, 0, 1}},
    {"All", "f32[N] { return [j] if all(i) (x[i, j] > 1) { 1 } else { 0 } }", {0, 1, 1}},
    {"Prod", "f32[M] { return prod(x, axis = 1) }", {6, 120}},
    {"Power", "f32[N] { return 2 ** v + v ** -1 + v ** 0 }", {4, 5.5, 9.3333333}},
    {"Round", "f32[N] { return round(v / 2) }", {0, 1, 2}},
    {"Softmax",
     "f32[M, N] { return nn.softmax(x) }",
     {0.0900306, 0.2447285, 0.6652410, 0.0900306, 0.2447285, 0.6652410}},
    {"LogSoftmax",
     "f32[M, N] { return nn.log_softmax(x) }",
     {-2.4076060, -1.4076060, -0.4076060, -2.4076060, -1.4076060, -0.4076060}},
    {"LayerNorm", "f32[M, N] { return nn.layer_norm(x, v, v) }", {-0.2247357, 2, 6.6742071, -0.2247357, 2, 6.6742071}},
    {"RmsNorm",
     "f32[M, N] { return nn.rms_norm(x, v) }",
     {0.4629100, 1.8516402, 4.1661904, 0.7895420, 1.9738551, 3.5529391}},
    {"Gelu", "f32[N] { return nn.gelu(v) }", {0.8413447, 1.9544997, 2.9959502}},
    {"GeluTanh", "f32[N] { return nn.gelu_tanh(v) }", {0.8411920, 1.9545977, 2.9963627}},
    {"Silu", "f32[N] { return nn.silu(v) }", {0.7310586, 1.7615942, 2.8577224}},
    {"Softplus", "f32[N] { return nn.softplus(v) }", {1.3132617, 2.1269280, 3.0485873}},
    {"Elu", "f32[N] { return nn.elu(-v) }", {-0.6321206, -0.8646647, -0.9502129}},
    {"LeakyRelu", "f32[N] { return nn.leaky_relu(2 - v) }", {1, 0, -0.01}},
    {"Relu", "f32[N] { return nn.relu(2 - v) }", {1, 0, 0}},
    {"Outer", "f32[N, N] { return outer(v, v) }", {1, 2, 3, 2, 4, 6, 3, 6, 9}},
    {"Norm", "f32 { return linalg.norm(v) }", {3.7416574}},
    {"Trace", "f32 { return trace(outer(v, v)) }", {14}},
    {"Attention", "f32[M, N] { return nn.attention(x, x, x) }", {3.9999080, 4.9999080, 5.9999080, 4, 5, 6}},
    {"Blur", "f32[M, N] { return image.blur3(x) }", {2.3333333, 3, 3.6666667, 3.3333333, 4, 4.6666667}},
    {"Sobel",
     "f32[M, N] { return image.sobel(x) }",
     {12.6491106, 14.4222051, 12.6491106, 12.6491106, 14.4222051, 12.6491106}},
    {"DoubleNearest", "f32[2 * M, 2 * N] { return image.double_nearest(x) }", {1, 1, 2, 2, 3, 3, 1, 1, 2, 2, 3, 3,
                                                                               4, 4, 5, 5, 6, 6, 4, 4, 5, 5, 6, 6}},
    {"DoubleBilinear",
     "f32[2 * M, 2 * N] { return image.double_bilinear(x) }",
     {1,    1.25, 1.75, 2.25, 2.75, 3,    1.75, 2,    2.5,  3,    3.5,  3.75,
      3.25, 3.5,  4,    4.5,  5,    5.25, 4,    4.25, 4.75, 5.25, 5.75, 6}},
    {"Halve", "f32[M / 2, N / 2] { return image.halve(x) }", {3}},
    {"Underscore",
     "f32[N] {\n let a, _, _ = two(v)\n return a\n}\nfn two(a: f32[K]) -> (f32[K], f32[K], f32) { return a, a, sum(a) "
     "}",
     {1, 2, 3}},
    {"DimParameter",
     "f32[N - M] where N >= M { return shrink(v, by = M) }\nfn shrink(a: f32[K], by: dim = 1) -> f32[K - by] "
     "where K >= by { return [i in 0..K - by - 1] a[i + by] * by }",
     {6}},
};
INSTANTIATE_TEST_SUITE_P(All, Values, testing::ValuesIn(kFloatCases), [](const auto &info) { return info.param.name; });

} // namespace
