//===- InterpreterTest.cpp - The interpreter against plain loops ----------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Each kernel once as tensor IR and once as C++ loops, on random data.
//
//===----------------------------------------------------------------------===//
#include "Kernels.h"

using namespace flex::ir;
using namespace flex::ir::test;

namespace {

struct InterpreterTest : KernelTest {
  std::mt19937_64 random{20261122};
};

TEST_F(InterpreterTest, MatmulIsTheTripleLoop) {
  const char *text = R"(
    flex.kernel @matmul(%x: !flex.tensor<f32[M, K]>, %w: !flex.tensor<f32[K, N]>) -> !flex.tensor<f32[M, N]> {
      %c = flex.reduce sum [i < M, j < N] over [k < K] (%l = %x[i, k] : !flex.tensor<f32[M, K]>,
          %r = %w[k, j] : !flex.tensor<f32[K, N]>) -> f32 {
        %p = arith.mulf %l, %r : f32
        flex.yield %p : f32
      }
      flex.return %c : !flex.tensor<f32[M, N]>
    })";
  for (auto [m, k, n] : {std::tuple<int, int, int>{5, 7, 3}, {1, 64, 1}, {8, 0, 4}, {0, 3, 3}}) {
    auto x = randomReal<float>(random, {m, k}, -1, 1), w = randomReal<float>(random, {k, n}, -1, 1);
    auto result = run(text, {x.view("f32"), w.view("f32")})[0];
    ASSERT_EQ(result.shape, (std::vector<int64_t>{m, n}));
    ASSERT_EQ(result.bytes.size(), size_t(4 * m * n));
    for (int i = 0; i < m; ++i)
      for (int j = 0; j < n; ++j) {
        long double sum = 0;
        for (int p = 0; p < k; ++p)
          sum += static_cast<long double>(x.elements[i * k + p]) * w.elements[p * n + j];
        EXPECT_NEAR(result.floats[i * n + j], static_cast<double>(sum), 1e-15);
        float rounded;
        memcpy(&rounded, &result.bytes[4 * (i * n + j)], 4);
        EXPECT_EQ(rounded, static_cast<float>(sum));
      }
  }
}

/// What each boundary rule reads, written with loops instead of modulo.
int64_t boundaryIndex(const std::string &rule, int64_t index, int64_t extent) {
  while (index < 0 || index >= extent) {
    if (rule == "clamp")
      index += index < 0 ? 1 : -1;
    else if (rule == "wrap")
      index += index < 0 ? extent : -extent;
    else if (rule == "mirror")
      index = extent == 1 ? 0 : index < 0 ? -index : 2 * (extent - 1) - index;
    else
      return -1;
  }
  return index;
}

TEST_F(InterpreterTest, BoundaryRulesReachFarOutside) {
  for (std::string rule : {"clamp", "wrap", "mirror", "fill"})
    for (int64_t n : {1, 2, 3, 7})
      for (int64_t shift : {-9, -2, -1, 0, 1, 3, 11}) {
        std::string boundary = rule == "fill" ? "fill(2.5 : f32)" : rule;
        std::string text = "flex.kernel @k(%x: !flex.tensor<f32[N]>) -> !flex.tensor<f32[N]> {\n"
                           "%y = flex.map [i < N] (%a = %x[i + " +
                           std::to_string(shift) + "] " + boundary +
                           " : !flex.tensor<f32[N]>) -> f32 { flex.yield %a : f32 }\n"
                           "flex.return %y : !flex.tensor<f32[N]> }";
        auto x = randomReal<float>(random, {n}, -5, 5);
        auto result = run(text, {x.view("f32")})[0];
        for (int64_t i = 0; i < n; ++i) {
          int64_t at = boundaryIndex(rule, i + shift, n);
          EXPECT_EQ(result.floats[i], at < 0 ? 2.5 : x.elements[at]) << rule << n << " " << shift;
          EXPECT_EQ(result.bounds[i], 0);
        }
      }
}

TEST_F(InterpreterTest, IndexExpressionsWithDivisionAndModulo) {
  const char *text = R"(
    flex.kernel @k(%x: !flex.tensor<i32[H, W]>) -> !flex.tensor<i32[H*W]> {
      %y = flex.map [i < H*W] (%a = %x[floordiv(i, W), mod(i, W)] : !flex.tensor<i32[H, W]>) -> i32 {
        flex.yield %a : i32
      }
      flex.return %y : !flex.tensor<i32[H*W]>
    })";
  auto x = randomBits<int32_t>(random, {5, 6});
  auto result = run(text, {x.view("i32")})[0];
  EXPECT_EQ(result.ints, std::vector<int64_t>(x.elements.begin(), x.elements.end()));
}

template <typename T>
void checkIntegers(InterpreterTest &, const std::vector<TensorResult> &results, const Data<T> &x, const Data<T> &y,
                   std::function<T(T, T)> expected) {
  for (size_t i = 0; i < x.elements.size(); ++i) {
    T value;
    memcpy(&value, &results[0].bytes[i * sizeof(T)], sizeof(T));
    EXPECT_EQ(value, expected(x.elements[i], y.elements[i])) << i;
    EXPECT_EQ(results[0].bounds[i], 0);
  }
}

TEST_F(InterpreterTest, SignedIntegersWrapAndDivideTowardsZero) {
  auto x = randomBits<int8_t>(random, {4000}), y = randomBits<int8_t>(random, {4000});
  for (int8_t &divisor : y.elements)
    divisor = divisor == 0 || divisor == -1 ? 7 : divisor;
  auto check = [&](const char *op, std::function<int8_t(int8_t, int8_t)> expected) {
    auto results =
        run(mapKernel("i8", "i8", std::string("%r = arith.") + op + " %a, %b : i8"), {x.view("i8"), y.view("i8")});
    checkIntegers<int8_t>(*this, results, x, y, expected);
  };
  check("addi", [](int8_t a, int8_t b) { return int8_t(a + b); });
  check("muli", [](int8_t a, int8_t b) { return int8_t(a * b); });
  check("divsi", [](int8_t a, int8_t b) { return int8_t(a / b); });
  check("remsi", [](int8_t a, int8_t b) { return int8_t(a % b); });
  check("floordivsi", [](int8_t a, int8_t b) { return int8_t(std::floor(double(a) / b)); });
  check("ceildivsi", [](int8_t a, int8_t b) { return int8_t(std::ceil(double(a) / b)); });
  check("minsi", [](int8_t a, int8_t b) { return std::min(a, b); });
  check("xori", [](int8_t a, int8_t b) { return int8_t(a ^ b); });
}

TEST_F(InterpreterTest, UnsignedIntegersUseAllBits) {
  auto x = randomBits<uint16_t>(random, {4000}), y = randomBits<uint16_t>(random, {4000});
  for (uint16_t &divisor : y.elements)
    divisor = std::max<uint16_t>(divisor, 1);
  auto check = [&](const char *op, std::function<uint16_t(uint16_t, uint16_t)> expected) {
    auto results = run(mapKernel("ui16", "ui16", std::string("%r = arith.") + op + " %a, %b : i16"),
                       {x.view("u16"), y.view("u16")});
    checkIntegers<uint16_t>(*this, results, x, y, expected);
    for (size_t i = 0; i < x.elements.size(); ++i)
      EXPECT_EQ(results[0].uints[i], expected(x.elements[i], y.elements[i]));
  };
  check("divui", [](uint16_t a, uint16_t b) { return uint16_t(a / b); });
  check("remui", [](uint16_t a, uint16_t b) { return uint16_t(a % b); });
  check("maxui", [](uint16_t a, uint16_t b) { return std::max(a, b); });
  check("subi", [](uint16_t a, uint16_t b) { return uint16_t(a - b); });
}

/// The product is infinity in f32, whose cosine is NaN, and a number in the interpreter: nothing can be said of it.
TEST_F(InterpreterTest, AnglesThatMayBeInfiniteAreUndecided) {
  Data<float> x{{3}, {1e30f, 0.5f, -1e30f}}, y{{3}, {1e30f, 3, 2}};
  for (const char *function : {"sin", "cos", "tan"}) {
    auto result =
        run(mapKernel("f32", "f32", std::string("%p = arith.mulf %a, %b : f32\n%r = math.") + function + " %p : f32"),
            {x.view("f32"), y.view("f32")})[0];
    EXPECT_EQ(result.undecided, 1) << function;
    EXPECT_TRUE(std::isinf(result.bounds[0])) << function;
  }
}

/// x * y - x * y is NaN where the product is infinity in f32: that a function is bounded says nothing then.
TEST_F(InterpreterTest, BoundedFunctionsOfWhatMayBeNoNumberAreUndecided) {
  Data<float> x{{2}, {1e30f, 0.5f}}, y{{2}, {1e30f, 3}};
  for (const char *function : {"math.tanh %d", "math.erf %d", "math.atan2 %d, %a"}) {
    auto result =
        run(mapKernel("f32", "f32",
                      "%p = arith.mulf %a, %b : f32\n%d = arith.subf %p, %p : f32\n%r = " + std::string(function) +
                          " : f32"),
            {x.view("f32"), y.view("f32")})[0];
    EXPECT_TRUE(std::isinf(result.bounds[0])) << function;
    EXPECT_FALSE(std::isinf(result.bounds[1])) << function;
  }
}

TEST_F(InterpreterTest, UndefinedIntegerResultsAreMarked) {
  Data<int32_t> x{{4}, {5, INT32_MIN, 6, -7}}, y{{4}, {0, -1, 3, -1}};
  auto result = run(mapKernel("i32", "i32", "%r = arith.divsi %a, %b : i32"), {x.view("i32"), y.view("i32")})[0];
  EXPECT_TRUE(std::isinf(result.bounds[0]) && std::isinf(result.bounds[1]));
  EXPECT_EQ(result.undecided, 2);
  EXPECT_EQ(result.ints[2], 2);
  EXPECT_EQ(result.ints[3], 7);
}

TEST_F(InterpreterTest, CastsBetweenAllWidths) {
  auto x = randomBits<int64_t>(random, {3000}), y = x;
  auto run1 = [&](const char *result, const char *body) {
    return run(mapKernel("i64", result, body), {x.view("i64"), y.view("i64")})[0];
  };
  auto truncated = run1("i8", "%r = arith.trunci %a : i64 to i8");
  auto toDouble = run1("f64", "%r = arith.sitofp %a : i64 to f64");
  auto unsignedToFloat = run1("f32", "%r = arith.uitofp %a : i64 to f32");
  auto toBool = run1("i1", "%r = arith.trunci %a : i64 to i1");
  auto extended = run1("i32", "%s = arith.trunci %a : i64 to i1\n%r = arith.extsi %s : i1 to i32");
  for (size_t i = 0; i < x.elements.size(); ++i) {
    int64_t value = x.elements[i];
    EXPECT_EQ(truncated.ints[i], int8_t(value));
    EXPECT_EQ(toDouble.floats[i], double(value));
    float f;
    memcpy(&f, &unsignedToFloat.bytes[4 * i], 4);
    EXPECT_EQ(f, float(uint64_t(value)));
    EXPECT_EQ(toBool.uints[i], uint64_t(value & 1));
    EXPECT_EQ(extended.ints[i], -(value & 1));
  }
}

TEST_F(InterpreterTest, FloatToIntegerTruncates) {
  auto x = randomReal<float>(random, {3000}, -300, 300), y = x;
  auto result = run(mapKernel("f32", "i8", "%r = arith.fptosi %a : f32 to i8"), {x.view("f32"), y.view("f32")})[0];
  for (size_t i = 0; i < x.elements.size(); ++i) {
    bool inRange = std::trunc(x.elements[i]) >= -128 && std::trunc(x.elements[i]) <= 127;
    EXPECT_EQ(std::isinf(result.bounds[i]), !inRange) << x.elements[i];
    if (inRange)
      EXPECT_EQ(result.ints[i], int8_t(x.elements[i]));
  }
}

TEST_F(InterpreterTest, ReductionsOfEveryKind) {
  auto kernel = [](const char *combiner, const char *type, const char *scalar) {
    std::string t = type, s = scalar;
    return "flex.kernel @k(%x: !flex.tensor<" + t + "[N, M]>) -> !flex.tensor<" + t + "[N]> { %y = flex.reduce " +
           combiner + " [i < N] over [j < M] (%a = %x[i, j] : !flex.tensor<" + t + "[N, M]>) -> " + t +
           " { flex.yield %a : " + s + " }\n flex.return %y : !flex.tensor<" + t + "[N]> }";
  };
  auto x = randomBits<int32_t>(random, {6, 9});
  auto u = randomBits<uint8_t>(random, {6, 9});
  auto f = randomReal<double>(random, {6, 9}, 0.5, 2);
  Data<uint8_t> b{{6, 9}, std::vector<uint8_t>(54)};
  for (uint8_t &bit : b.elements)
    bit = random() % 5 == 0;
  auto sum = run(kernel("sum", "i32", "i32"), {x.view("i32")})[0],
       low = run(kernel("min", "i32", "i32"), {x.view("i32")})[0];
  auto high = run(kernel("umax", "ui8", "i8"), {u.view("u8")})[0],
       any = run(kernel("any", "i1", "i1"), {b.view("bool")})[0];
  auto product = run(kernel("prod", "f64", "f64"), {f.view("f64")})[0];
  for (int i = 0; i < 6; ++i) {
    int32_t total = 0, least = INT32_MAX;
    uint8_t most = 0, some = 0;
    long double p = 1;
    for (int j = 0; j < 9; ++j) {
      total = int32_t(uint32_t(total) + uint32_t(x.elements[9 * i + j]));
      least = std::min(least, x.elements[9 * i + j]);
      most = std::max(most, u.elements[9 * i + j]);
      some |= b.elements[9 * i + j];
      p *= f.elements[9 * i + j];
    }
    EXPECT_EQ(sum.ints[i], total);
    EXPECT_EQ(low.ints[i], least);
    EXPECT_EQ(high.uints[i], most);
    EXPECT_EQ(any.uints[i], some);
    EXPECT_EQ(product.floats[i], double(p));
    EXPECT_GT(product.bounds[i], 0);
  }
}

TEST_F(InterpreterTest, EmptyReductionsGiveTheIdentity) {
  auto kernel = [](const char *combiner, const char *type) {
    std::string t = type;
    return "flex.kernel @k(%x: !flex.tensor<" + t + "[N, M]>) -> !flex.tensor<" + t + "[N]> { %y = flex.reduce " +
           combiner + " [i < N] over [j < M] (%a = %x[i, j] : !flex.tensor<" + t + "[N, M]>) -> " + t +
           " { flex.yield %a : " + t + " }\n flex.return %y : !flex.tensor<" + t + "[N]> }";
  };
  Data<float> f{{2, 0}, {}};
  EXPECT_EQ(run(kernel("sum", "f32"), {f.view("f32")})[0].floats, (std::vector<double>{0, 0}));
  EXPECT_EQ(run(kernel("prod", "f32"), {f.view("f32")})[0].floats, (std::vector<double>{1, 1}));
  EXPECT_EQ(run(kernel("max", "f32"), {f.view("f32")})[0].floats, (std::vector<double>{-INFINITY, -INFINITY}));
  Data<int16_t> i{{2, 0}, {}};
  EXPECT_EQ(run(kernel("min", "i16"), {i.view("i16")})[0].ints, (std::vector<int64_t>{INT16_MAX, INT16_MAX}));
}

TEST_F(InterpreterTest, MaximumOfNaNIsNaN) {
  Data<float> x{{3}, {1, NAN, -INFINITY}}, y{{3}, {2, 3, 4}};
  auto result = run(mapKernel("f32", "f32", "%r = arith.maximumf %a, %b : f32"), {x.view("f32"), y.view("f32")})[0];
  EXPECT_EQ(result.floats[0], 2);
  EXPECT_TRUE(std::isnan(result.floats[1]));
  EXPECT_EQ(result.floats[2], 4);
  EXPECT_EQ(result.bounds, (std::vector<double>{0, 0, 0}));
}

TEST_F(InterpreterTest, GroupsConstantsIndicesAndDims) {
  const char *text = R"(
    flex.kernel @k(%x: !flex.tensor<f32[M, N]>) -> (!flex.tensor<f32[M, N]>, !flex.tensor<f32[M]>) {
      %w = flex.constant dense<[1.5, -2.0, 0.25]> : tensor<3xf32> : !flex.tensor<f32[3]>
      %r:2 = flex.group "softmax" outer ["i"] -> !flex.tensor<f32[M, N]>, !flex.tensor<f32[M]> {
        %s = flex.reduce sum [i < M] over [j < N] (%a = %x[i, j] : !flex.tensor<f32[M, N]>,
            %c = %w[mod(j, 3)] : !flex.tensor<f32[3]>) -> f32 {
          %n = flex.dim "N - 1" : i64
          %i = flex.index "i" : i64
          %t = arith.addi %n, %i : i64
          %f = arith.sitofp %t : i64 to f32
          %p = arith.mulf %a, %c : f32
          %q = arith.addf %p, %f : f32
          flex.yield %q : f32
        }
        %d = flex.map [i < M, j < N] (%a = %x[i, j] : !flex.tensor<f32[M, N]>, %b = %s[i] : !flex.tensor<f32[M]>) -> f32 {
          %q = arith.subf %a, %b : f32
          flex.yield %q : f32
        }
        flex.yield %d, %s : !flex.tensor<f32[M, N]>, !flex.tensor<f32[M]>
      }
      flex.return %r#0, %r#1 : !flex.tensor<f32[M, N]>, !flex.tensor<f32[M]>
    })";
  auto x = randomReal<float>(random, {4, 5}, -1, 1);
  auto results = run(text, {x.view("f32")});
  const double weights[] = {1.5, -2.0, 0.25};
  for (int i = 0; i < 4; ++i) {
    double sum = 0;
    for (int j = 0; j < 5; ++j)
      sum += double(x.elements[5 * i + j]) * weights[j % 3] + (5 - 1 + i);
    EXPECT_NEAR(results[1].floats[i], sum, 1e-13);
    for (int j = 0; j < 5; ++j)
      EXPECT_NEAR(results[0].floats[5 * i + j], x.elements[5 * i + j] - sum, 1e-13);
  }
}

TEST_F(InterpreterTest, WrongArgumentsNameBothPlaces) {
  std::string text = mapKernel("f32", "f32", "%r = arith.addf %a, %b : f32");
  Data<float> x{{3}, {1, 2, 3}}, y{{2}, {1, 2}}, z{{3, 1}, {1, 2, 3}};
  EXPECT_EQ(failure(text, {x.view("f32"), y.view("f32")}),
            "invalid argument: dimension N is 3 in 'arg0' but 2 in 'arg1'");
  EXPECT_EQ(failure(text, {x.view("f32"), z.view("f32")}),
            "invalid argument: argument 'arg1' must have 1 dimensions, found 2");
  EXPECT_EQ(failure(text, {x.view("i32"), x.view("f32")}),
            "invalid argument: argument 'arg0' must be of type f32, found i32");
  EXPECT_EQ(failure(text, {x.view("f32")}), "invalid argument: kernel 'k' takes 2 arguments, given 1");
}

TEST_F(InterpreterTest, ShapesSolveForNames) {
  const char *text = R"(
    flex.kernel @k(%x: !flex.tensor<f32[2*N + 1]>, %y: !flex.tensor<f32[N]>) -> !flex.tensor<f32[N]>
        attributes {constraints = ["N % 2 == 0", "N <= 8"]} {
      flex.return %y : !flex.tensor<f32[N]>
    })";
  auto x = [](int64_t n) { return Data<float>{{n}, std::vector<float>(n, 1.5f)}; };
  EXPECT_EQ(run(text, {x(9).view("f32"), x(4).view("f32")})[0].floats, (std::vector<double>(4, 1.5)));
  EXPECT_NE(failure(text, {x(8).view("f32"), x(4).view("f32")}).find("axis 0 of 'arg0' must be 2*N + 1 = 9"),
            std::string::npos);
  EXPECT_NE(failure(text, {x(7).view("f32"), x(3).view("f32")}).find("constraint 'N % 2 == 0'"), std::string::npos);
  EXPECT_NE(failure(text, {x(21).view("f32"), x(10).view("f32")}).find("10 <= 8"), std::string::npos);
}

TEST_F(InterpreterTest, ReadsOutsideAndLimitsAreErrors) {
  const char *text = R"(
    flex.kernel @k(%x: !flex.tensor<f32[N]>) -> !flex.tensor<f32[N]> {
      %y = flex.map [i < N] (%a = %x[i + 1] : !flex.tensor<f32[N]>) -> f32 { flex.yield %a : f32 }
      flex.return %y : !flex.tensor<f32[N]>
    })";
  Data<float> x{{3}, {1, 2, 3}};
  EXPECT_NE(failure(text, {x.view("f32")}).find("index 3 of axis 0 lies outside its extent 3"), std::string::npos);
  InterpreterOptions few;
  few.maxSteps = 5;
  EXPECT_NE(failure(text, {x.view("f32")}, few).find("limit of 5 steps"), std::string::npos);
  InterpreterOptions small;
  small.maxBytes = 10;
  EXPECT_NE(failure(text, {x.view("f32")}, small).find("limit of 10 bytes"), std::string::npos);
}

} // namespace
