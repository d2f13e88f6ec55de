//===- BoundsTest.cpp - Error bounds hold, and are of use -----------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Plays devices: the same kernels in the kernel's own dtype, sums in several orders, with and
// without contraction. None may leave the interpreter's bound; no bound may be so wide that
// it would hide an error.
//
//===----------------------------------------------------------------------===//
#include "Kernels.h"

#include <algorithm>
#include <cmath>

using namespace flex::ir;
using namespace flex::ir::test;

namespace {

/// A float of a narrow dtype, rounded after every operation.
template <int Kind> struct Narrow {
  static const char *dtype() { return Kind == 0 ? "f16" : "bf16"; }
  float value = 0;
  Narrow() = default;
  Narrow(double x) : value(static_cast<float>(valueOfBits(roundToBits(x, dtype()), dtype()))) {}
  friend Narrow operator+(Narrow a, Narrow b) { return double(a.value) + b.value; }
  friend Narrow operator-(Narrow a, Narrow b) { return double(a.value) - b.value; }
  friend Narrow operator*(Narrow a, Narrow b) { return double(a.value) * b.value; }
  friend Narrow operator/(Narrow a, Narrow b) { return double(a.value) / b.value; }
  operator double() const { return value; }
};

/// What a device gives, against the bounds.
struct Check {
  std::vector<double> ratios;
  int64_t compared = 0, skipped = 0;

  void add(const TensorResult &result, size_t i, double device) {
    double bound = result.bounds[i], reference = result.floats[i];
    if (std::isinf(bound)) {
      ++skipped;
      return;
    }
    ++compared;
    if (std::isnan(reference) || std::isinf(reference)) {
      EXPECT_TRUE(std::isnan(reference) ? std::isnan(device) : device == reference) << i;
      return;
    }
    double error = std::fabs(device - reference);
    ASSERT_LE(error, bound) << "element " << i << ": device " << device << ", reference " << reference;
    if (error > 0)
      ratios.push_back(bound / error);
  }

  /// The median of bound / error, over the elements that differ at all.
  void finish(const char *name, double limit = 1000) {
    ASSERT_GT(compared, 100) << name;
    EXPECT_LT(skipped, compared / 20 + 1) << name;
    if (ratios.empty())
      return;
    std::nth_element(ratios.begin(), ratios.begin() + ratios.size() / 2, ratios.end());
    double median = ratios[ratios.size() / 2];
    printf("  %-24s %7ld compared, %ld undecided, median bound/error %.1f\n", name, long(compared), long(skipped),
           median);
    EXPECT_LT(median, limit) << name;
  }
};

enum class Order { Forward, Backward, Lanes, Pairs };
constexpr Order kOrders[] = {Order::Forward, Order::Backward, Order::Lanes, Order::Pairs};

template <typename T> T sumPairs(const T *begin, size_t count) {
  if (count <= 2)
    return count == 0 ? T(0) : count == 1 ? begin[0] : begin[0] + begin[1];
  return sumPairs(begin, count / 2) + sumPairs(begin + count / 2, count - count / 2);
}

template <typename T> T sum(const std::vector<T> &terms, Order order) {
  T total = T(0), lanes[8] = {};
  switch (order) {
  case Order::Forward:
    for (T term : terms)
      total = total + term;
    return total;
  case Order::Backward:
    for (auto term = terms.rbegin(); term != terms.rend(); ++term)
      total = total + *term;
    return total;
  case Order::Lanes:
    for (size_t i = 0; i < terms.size(); ++i)
      lanes[i % 8] = lanes[i % 8] + terms[i];
    for (T lane : lanes)
      total = total + lane;
    return total;
  case Order::Pairs: return sumPairs(terms.data(), terms.size());
  }
  return total;
}

struct BoundsTest : KernelTest {
  std::mt19937_64 random{7};

  static std::string dotKernel(const std::string &type) {
    std::string t = "!flex.tensor<" + type;
    return "flex.kernel @dot(%x: " + t + "[M, K]>, %y: " + t + "[M, K]>) -> " + t +
           "[M]> { %c = flex.reduce sum [i < M] over [k < K] (%a = %x[i, k] : " + t + "[M, K]>, %b = %y[i, k] : " + t +
           "[M, K]>) -> " + type + " { %p = arith.mulf %a, %b : " + type + "\n flex.yield %p : " + type +
           " }\n flex.return %c : " + t + "[M]> }";
  }

  template <typename T> void checkDot(const char *type, int64_t length, Check &check) {
    auto x = randomReal<double>(random, {50, length}, -1, 1), y = randomReal<double>(random, {50, length}, -1, 1);
    std::vector<T> a(x.elements.begin(), x.elements.end()), b(y.elements.begin(), y.elements.end());
    auto result = runOn(dotKernel(type), type, x.shape, a, b);
    for (Order order : kOrders)
      for (int i = 0; i < 50; ++i) {
        std::vector<T> terms;
        for (int64_t k = 0; k < length; ++k)
          terms.push_back(a[i * length + k] * b[i * length + k]);
        check.add(result, i, sum(terms, order));
      }
  }

  template <typename T>
  TensorResult runOn(const std::string &text, const char *type, std::vector<int64_t> shape, const std::vector<T> &a,
                     const std::vector<T> &b) {
    auto pack = [&](const std::vector<T> &values) {
      Data<uint8_t> data{shape, {}};
      size_t bytes = std::string(type) == "f64" ? 8 : std::string(type) == "f32" ? 4 : 2;
      for (T value : values) {
        uint64_t bits = roundToBits(double(value), type);
        for (size_t byte = 0; byte < bytes; ++byte)
          data.elements.push_back(uint8_t(bits >> (8 * byte)));
      }
      return data;
    };
    auto first = pack(a), second = pack(b);
    return run(text, {first.view(type), second.view(type)})[0];
  }
};

TEST_F(BoundsTest, DotProductsInAnyOrder) {
  Check f32, f64, f16, bf16;
  for (int64_t length : {1, 2, 17, 100, 300}) {
    checkDot<float>("f32", length, f32);
    checkDot<double>("f64", length, f64);
    checkDot<Narrow<0>>("f16", length, f16);
    checkDot<Narrow<1>>("bf16", length, bf16);
  }
  f32.finish("dot f32");
  f64.finish("dot f64");
  f16.finish("dot f16");
  bf16.finish("dot bf16");
}

TEST_F(BoundsTest, ContractedDotProducts) {
  Check check;
  auto x = randomReal<float>(random, {500, 64}, -3, 3), y = randomReal<float>(random, {500, 64}, -3, 3);
  auto result = run(dotKernel("f32"), {x.view("f32"), y.view("f32")})[0];
  for (int i = 0; i < 500; ++i) {
    float total = 0;
    for (int k = 0; k < 64; ++k)
      total = std::fma(x.elements[64 * i + k], y.elements[64 * i + k], total);
    check.add(result, i, total);
  }
  check.finish("dot f32, contracted");
}

TEST_F(BoundsTest, Softmax) {
  const char *text = R"(
    flex.kernel @softmax(%x: !flex.tensor<f32[M, N]>) -> !flex.tensor<f32[M, N]> {
      %m = flex.reduce max [i < M] over [j < N] (%a = %x[i, j] : !flex.tensor<f32[M, N]>) -> f32 { flex.yield %a : f32 }
      %e = flex.map [i < M, j < N] (%a = %x[i, j] : !flex.tensor<f32[M, N]>, %b = %m[i] : !flex.tensor<f32[M]>) -> f32 {
        %0 = arith.subf %a, %b : f32
        %1 = math.exp %0 : f32
        flex.yield %1 : f32
      }
      %s = flex.reduce sum [i < M] over [j < N] (%a = %e[i, j] : !flex.tensor<f32[M, N]>) -> f32 { flex.yield %a : f32 }
      %r = flex.map [i < M, j < N] (%a = %e[i, j] : !flex.tensor<f32[M, N]>, %b = %s[i] : !flex.tensor<f32[M]>) -> f32 {
        %0 = arith.divf %a, %b : f32
        flex.yield %0 : f32
      }
      flex.return %r : !flex.tensor<f32[M, N]>
    })";
  Check check;
  auto x = randomReal<float>(random, {40, 70}, -30, 30);
  auto result = run(text, {x.view("f32")})[0];
  for (Order order : kOrders)
    for (int i = 0; i < 40; ++i) {
      const float *row = &x.elements[70 * i];
      float most = *std::max_element(row, row + 70);
      std::vector<float> terms;
      for (int j = 0; j < 70; ++j)
        terms.push_back(std::exp(row[j] - most));
      for (int j = 0; j < 70; ++j)
        check.add(result, 70 * i + j, terms[j] / sum(terms, order));
    }
  check.finish("softmax");
}

TEST_F(BoundsTest, LayerNorm) {
  const char *text = R"(
    flex.kernel @norm(%x: !flex.tensor<f32[M, N]>) -> !flex.tensor<f32[M, N]> {
      %s = flex.reduce sum [i < M] over [j < N] (%a = %x[i, j] : !flex.tensor<f32[M, N]>) -> f32 { flex.yield %a : f32 }
      %m = flex.map [i < M] (%a = %s[i] : !flex.tensor<f32[M]>) -> f32 {
        %d = flex.dim "N" : i64
        %n = arith.sitofp %d : i64 to f32
        %0 = arith.divf %a, %n : f32
        flex.yield %0 : f32
      }
      %v = flex.reduce sum [i < M] over [j < N] (%a = %x[i, j] : !flex.tensor<f32[M, N]>, %b = %m[i] : !flex.tensor<f32[M]>) -> f32 {
        %0 = arith.subf %a, %b : f32
        %1 = arith.mulf %0, %0 : f32
        flex.yield %1 : f32
      }
      %r = flex.map [i < M, j < N] (%a = %x[i, j] : !flex.tensor<f32[M, N]>, %b = %m[i] : !flex.tensor<f32[M]>,
          %c = %v[i] : !flex.tensor<f32[M]>) -> f32 {
        %d = flex.dim "N" : i64
        %n = arith.sitofp %d : i64 to f32
        %e = arith.constant 1.0e-5 : f32
        %0 = arith.subf %a, %b : f32
        %1 = arith.divf %c, %n : f32
        %2 = arith.addf %1, %e : f32
        %3 = math.sqrt %2 : f32
        %4 = arith.divf %0, %3 : f32
        flex.yield %4 : f32
      }
      flex.return %r : !flex.tensor<f32[M, N]>
    })";
  Check check;
  auto x = randomReal<float>(random, {30, 100}, -2, 3);
  auto result = run(text, {x.view("f32")})[0];
  for (Order order : kOrders)
    for (int i = 0; i < 30; ++i) {
      std::vector<float> row(&x.elements[100 * i], &x.elements[100 * i] + 100), squares;
      float mean = sum(row, order) / 100;
      for (float value : row)
        squares.push_back((value - mean) * (value - mean));
      float deviation = std::sqrt(sum(squares, order) / 100 + 1e-5f);
      for (int j = 0; j < 100; ++j)
        check.add(result, 100 * i + j, (row[j] - mean) / deviation);
    }
  check.finish("layer norm");
}

/// A body over %a and %b, and the same in floats.
struct Scalar {
  const char *name, *body;
  float (*device)(float a, float b);
  double low, high;
};

const Scalar kScalars[] = {
    {"polynomial", "%0 = arith.mulf %a, %b : f32\n%1 = arith.subf %0, %a : f32\n%r = arith.mulf %1, %1 : f32",
     [](float a, float b) {
       float t = a * b;
       t = t - a;
       return t * t;
     },
     -10, 10},
    {"sigmoid",
     "%c = arith.constant 1.0 : f32\n%0 = arith.negf %a : f32\n%1 = math.exp %0 : f32\n"
     "%2 = arith.addf %1, %c : f32\n%r = arith.divf %c, %2 : f32",
     [](float a, float) { return 1 / (1 + std::exp(-a)); }, -110, 110},
    {"erf gelu",
     "%h = arith.constant 0.5 : f32\n%o = arith.constant 1.0 : f32\n%s = arith.constant 0.70710678 : f32\n"
     "%0 = arith.mulf %a, %s : f32\n%1 = math.erf %0 : f32\n%2 = arith.addf %1, %o : f32\n"
     "%3 = arith.mulf %a, %h : f32\n%r = arith.mulf %3, %2 : f32",
     [](float a, float) {
       float t = std::erf(a * 0.70710678f) + 1;
       return (a * 0.5f) * t;
     },
     -6, 6},
    {"tanh of a product", "%0 = arith.mulf %a, %b : f32\n%r = math.tanh %0 : f32",
     [](float a, float b) { return std::tanh(a * b); }, -3, 3},
    {"log of a sum", "%0 = arith.addf %a, %b : f32\n%r = math.log %0 : f32",
     [](float a, float b) { return std::log(a + b); }, 0.01, 100},
    {"hypotenuse",
     "%0 = arith.mulf %a, %a : f32\n%1 = arith.mulf %b, %b : f32\n%2 = arith.addf %0, %1 : f32\n%r = math.sqrt %2 : "
     "f32",
     [](float a, float b) { return std::sqrt(a * a + b * b); }, -1, 1},
    {"power", "%0 = arith.addf %a, %b : f32\n%r = math.powf %0, %b : f32",
     [](float a, float b) { return std::pow(a + b, b); }, 0.1, 5},
    {"sine of a product", "%0 = arith.mulf %a, %b : f32\n%r = math.sin %0 : f32",
     [](float a, float b) { return std::sin(a * b); }, -20, 20},
    {"rsqrt", "%0 = arith.mulf %a, %b : f32\n%r = math.rsqrt %0 : f32",
     [](float a, float b) { return 1 / std::sqrt(a * b); }, 0.01, 10},
    {"exp2 expm1 log1p",
     "%0 = arith.mulf %a, %b : f32\n%1 = math.exp2 %0 : f32\n%2 = math.log1p %1 : f32\n%r = math.expm1 %2 : f32",
     [](float a, float b) { return std::expm1(std::log1p(std::exp2(a * b))); }, -4, 4},
    {"select by a comparison",
     "%0 = arith.mulf %a, %b : f32\n%c = arith.cmpf olt, %0, %a : f32\n%r = arith.select %c, %0, %a : f32",
     [](float a, float b) {
       float t = a * b;
       return t < a ? t : a;
     },
     -2, 2},
    {"floor of a product", "%0 = arith.mulf %a, %b : f32\n%1 = math.floor %0 : f32\n%r = arith.subf %0, %1 : f32",
     [](float a, float b) {
       float t = a * b;
       return t - std::floor(t);
     },
     -20, 20},
    {"through f16",
     "%0 = arith.mulf %a, %b : f32\n%1 = arith.truncf %0 : f32 to f16\n%2 = arith.extf %1 : f16 to f32\n%r = "
     "arith.addf %2, %b : f32",
     [](float a, float b) { return float(valueOfBits(roundToBits(a * b, "f16"), "f16")) + b; }, -200, 200},
};

TEST_F(BoundsTest, ScalarChains) {
  for (const Scalar &scalar : kScalars) {
    Check check;
    auto x = randomReal<float>(random, {4000}, scalar.low, scalar.high);
    auto y = randomReal<float>(random, {4000}, scalar.low, scalar.high);
    auto result = run(mapKernel("f32", "f32", scalar.body), {x.view("f32"), y.view("f32")})[0];
    for (size_t i = 0; i < x.elements.size(); ++i)
      check.add(result, i, scalar.device(x.elements[i], y.elements[i]));
    check.finish(scalar.name);
  }
}

TEST_F(BoundsTest, OverflowOfTheTypeIsInfinityOrUndecided) {
  Data<float> x{{3}, {90, 3e38f, 1}}, y{{3}, {0, 3e38f, 1}};
  auto exp = run(mapKernel("f32", "f32", "%r = math.exp %a : f32"), {x.view("f32"), y.view("f32")})[0];
  EXPECT_TRUE(std::isinf(exp.floats[0]) && exp.bounds[0] == 0);
  auto sum = run(mapKernel("f32", "f32", "%r = arith.addf %a, %b : f32"), {x.view("f32"), y.view("f32")})[0];
  EXPECT_TRUE(std::isinf(sum.floats[1]) && sum.bounds[1] == 0);
  auto product = run(mapKernel("f32", "f32", "%r = arith.mulf %a, %b : f32"), {x.view("f32"), y.view("f32")})[0];
  EXPECT_TRUE(std::isinf(product.bounds[1]));
  EXPECT_EQ(product.bounds[2], 0) << "1 * 1 is exact everywhere";
}

TEST_F(BoundsTest, UndecidedChoicesAreMarked) {
  // 0.1 + 0.2 against 0.3: within rounding of equal, so no test may rely on either answer.
  Data<float> x{{2}, {0.1f, 5}}, y{{2}, {0.2f, 7}};
  auto compared = run(mapKernel("f32", "i1",
                                "%0 = arith.addf %a, %b : f32\n%c = arith.constant 0.3 : f32\n"
                                "%r = arith.cmpf ogt, %0, %c : f32"),
                      {x.view("f32"), y.view("f32")})[0];
  EXPECT_TRUE(std::isinf(compared.bounds[0]));
  EXPECT_EQ(compared.bounds[1], 0);
  EXPECT_EQ(compared.uints[1], 1u);
  EXPECT_EQ(compared.undecided, 1);
}

} // namespace
