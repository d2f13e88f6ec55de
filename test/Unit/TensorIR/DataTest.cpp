//===- DataTest.cpp - Gathers, scans, scatters, sorts against plain loops ---===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What data decides, and what it does to bounds; packed and 8-bit elements; strict kernels.
//
//===----------------------------------------------------------------------===//
#include "Kernels.h"

#include <numeric>

using namespace flex::ir;
using namespace flex::ir::test;

namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN(), kInfinity = std::numeric_limits<double>::infinity();

struct DataTest : KernelTest {
  template <typename T> void checkStrict(const std::string &type);
  std::mt19937_64 random{20261122};
};

/// x[i] gathered at ids[t] under `rule`.
std::string gatherKernel(const std::string &rule, const std::string &index = "$0") {
  return R"(flex.kernel @k(%x: !flex.tensor<i32[N]>, %ids: !flex.tensor<i64[T]>) -> !flex.tensor<i32[T]> {
    %y = flex.map [t < T] (%a = %x whole : !flex.tensor<i32[N]>, %i = %ids[t] : !flex.tensor<i64[T]>) -> i32 {
      %v = flex.load %a[")" +
         index + "\"] " + rule + R"( (%i) : !flex.tensor<i32[N]>
      flex.yield %v : i32
    }
    flex.return %y : !flex.tensor<i32[T]>
  })";
}

TEST_F(DataTest, AGatherReadsByItsRule) {
  Data<int32_t> x{{5}, {10, 11, 12, 13, 14}};
  Data<int64_t> ids{{8}, {0, 4, -1, 5, 7, -6, INT64_MAX, INT64_MIN}};
  auto at = [&](const std::string &rule) { return run(gatherKernel(rule), {x.view("i32"), ids.view("i64")})[0].ints; };
  EXPECT_EQ(at("clamp"), (std::vector<int64_t>{10, 14, 10, 14, 14, 10, 14, 10}));
  EXPECT_EQ(at("fill(-3 : i32)"), (std::vector<int64_t>{10, 14, -3, -3, -3, -3, -3, -3}));
  // 2^63 - 1 is 2 modulo 5, -2^63 is 2.
  EXPECT_EQ(at("wrap"), (std::vector<int64_t>{10, 14, 14, 10, 12, 14, 12, 12}));
  EXPECT_EQ(at("mirror")[2], 11);
  EXPECT_EQ(at("mirror")[3], 13);
  // Arithmetic on data wraps: the index after the largest is the smallest.
  EXPECT_EQ(run(gatherKernel("clamp", "$0 + 1"), {x.view("i32"), ids.view("i64")})[0].ints[6], 10);
}

TEST_F(DataTest, AnIndexThatIsNotDecidedDecidesNothing) {
  const char *text = R"(
    flex.kernel @k(%x: !flex.tensor<f32[N]>, %w: !flex.tensor<f32[T]>) -> !flex.tensor<f32[T]> {
      %y = flex.map [t < T] (%a = %x whole : !flex.tensor<f32[N]>, %b = %w[t] : !flex.tensor<f32[T]>) -> f32 {
        %0 = math.exp %b : f32
        %i = arith.fptosi %0 : f32 to i64
        %v = flex.load %a["$0"] clamp (%i) : !flex.tensor<f32[N]>
        flex.yield %v : f32
      }
      flex.return %y : !flex.tensor<f32[T]>
    })";
  Data<float> x{{4}, {1, 2, 3, 4}}, w{{2}, {0.5, 0}}; // exp(0) is 1, or just below
  auto result = run(text, {x.view("f32"), w.view("f32")})[0];
  EXPECT_EQ(result.floats[0], 2);
  EXPECT_EQ(result.bounds[0], 0);
  EXPECT_EQ(result.bounds[1], kInfinity);
}

std::string positionKernel(const std::string &combiner, const std::string &type, const std::string &body = "") {
  std::string scalar = type[0] == 'u' ? type.substr(1) : type;
  return "flex.kernel @k(%x: !flex.tensor<" + type + "[M, N]>) -> !flex.tensor<i64[]> {\n %y = flex.reduce " +
         combiner + " [] over [i < M, j < N] (%a = %x[i, j] : !flex.tensor<" + type + "[M, N]>) -> i64 {\n" + body +
         "flex.yield " + (body.empty() ? "%a" : "%b") + " : " + scalar +
         "\n }\n flex.return %y : !flex.tensor<i64[]>\n}\n";
}

TEST_F(DataTest, PositionsAreTheFirstOfTheBest) {
  auto find = [&](const std::string &combiner, std::vector<float> values) {
    Data<float> x{{2, 3}, std::move(values)};
    auto result = run(positionKernel(combiner, "f32"), {x.view("f32")})[0];
    EXPECT_EQ(result.bounds[0], 0);
    return result.ints[0];
  };
  const float nan = kNaN, inf = kInfinity;
  EXPECT_EQ(find("argmax", {1, 5, 2, 5, 0, 5}), 1);
  EXPECT_EQ(find("argmin", {1, 5, 2, 5, 0, 0}), 4);
  EXPECT_EQ(find("argmax", {1, nan, 2, nan, inf, 5}), 1);
  EXPECT_EQ(find("argmin", {1, -inf, nan, 5, nan, 0}), 2);
  EXPECT_EQ(find("argmin", {0, -0.0f, 1, 1, 1, 1}), 0);
  EXPECT_EQ(find("argmax", {-inf, -inf, -inf, -inf, -inf, -inf}), 0);
  Data<uint8_t> u{{2, 3}, {1, 200, 3, 255, 4, 255}};
  EXPECT_EQ(run(positionKernel("uargmax", "ui8"), {u.view("u8")})[0].ints[0], 3);
  EXPECT_EQ(run(positionKernel("uargmin", "ui8"), {u.view("u8")})[0].ints[0], 0);
  EXPECT_EQ(run(positionKernel("argmax", "ui8"), {u.view("u8")})[0].ints[0], 4); // as signed
  Data<float> nothing{{0, 3}, {}};
  EXPECT_NE(failure(positionKernel("argmax", "f32"), {nothing.view("f32")}).find("no position in an empty range"),
            std::string::npos);
}

TEST_F(DataTest, APositionWithinBoundsOfTheBestIsAcceptable) {
  // exp is within 4 ulp: the two largest are nearer than that, the third is not.
  Data<float> x{{1, 4}, {1, 0.5, std::nextafter(1.0f, 2.0f), 0}};
  auto result = run(positionKernel("argmax", "f32", "%b = math.exp %a : f32\n"), {x.view("f32")})[0];
  EXPECT_EQ(result.ints[0], 2);
  EXPECT_EQ(result.undecided, 1);
  EXPECT_TRUE(result.acceptsPosition(0, 0));
  EXPECT_TRUE(result.acceptsPosition(0, 2));
  EXPECT_FALSE(result.acceptsPosition(0, 1));
  EXPECT_FALSE(result.acceptsPosition(0, 4));
  // Far apart, the position is decided in spite of the bounds.
  Data<float> apart{{1, 3}, {1, 3, 2}};
  auto decided = run(positionKernel("argmax", "f32", "%b = math.exp %a : f32\n"), {apart.view("f32")})[0];
  EXPECT_EQ(decided.undecided, 0);
  EXPECT_TRUE(decided.acceptsPosition(0, 1));
  EXPECT_FALSE(decided.acceptsPosition(0, 2));
}

TEST_F(DataTest, AScanReadsWhatItComputed) {
  const char *text = R"(
    flex.kernel @k(%x: !flex.tensor<f32[M, N]>) -> (!flex.tensor<f32[M, N]>, !flex.tensor<i64[M]>) {
      %y = flex.scan [j < N] over [i < M] at [i, j] (%a = %x[i, j] : !flex.tensor<f32[M, N]>) self %s -> f32 {
        %p = flex.load %s[i - 1, j] fill(0.0 : f32) : !flex.tensor<f32[M, N]>
        %0 = arith.addf %p, %a : f32
        flex.yield %0 : f32
      }
      %f = flex.scan [] over [i < M] at [i] () self %s -> i64 {
        %p = flex.load %s[i - 1] fill(1 : i64) : !flex.tensor<i64[M]>
        %q = flex.load %s[i - 2] fill(0 : i64) : !flex.tensor<i64[M]>
        %0 = arith.addi %p, %q : i64
        flex.yield %0 : i64
      }
      flex.return %y, %f : !flex.tensor<f32[M, N]>, !flex.tensor<i64[M]>
    })";
  auto x = randomReal<float>(random, {40, 3}, -1, 1);
  auto results = run(text, {x.view("f32")});
  for (int j = 0; j < 3; ++j) {
    double sum = 0;
    float device = 0;
    for (int i = 0; i < 40; ++i) {
      sum += x.elements[i * 3 + j];
      device += x.elements[i * 3 + j];
      EXPECT_NEAR(results[0].floats[i * 3 + j], sum, 1e-14);
      EXPECT_LE(std::fabs(device - sum), results[0].bounds[i * 3 + j]);
      EXPECT_LE(results[0].bounds[i * 3 + j], 1e-5 * (i + 1));
    }
  }
  EXPECT_EQ(std::vector<int64_t>(results[1].ints.begin(), results[1].ints.begin() + 7),
            (std::vector<int64_t>{1, 1, 2, 3, 5, 8, 13}));
}

TEST_F(DataTest, ViterbiFoldsOverTheStepBefore) {
  const char *text = R"(
    flex.kernel @k(%w: !flex.tensor<f64[S, S]>, %e: !flex.tensor<f64[T, S]>) -> (!flex.tensor<f64[T, S]>, !flex.tensor<i64[T, S]>) {
      %y = flex.scan [] over [t < T] each [s < S] at [t, s] (%b = %w whole : !flex.tensor<f64[S, S]>,
          %a = %e[t, s] : !flex.tensor<f64[T, S]>) self %v -> f64 {
        %m = flex.fold max [r < S] -> f64 {
          %p = flex.load %v[t - 1, r] fill(0.0 : f64) : !flex.tensor<f64[T, S]>
          %q = flex.load %b[r, s] clamp : !flex.tensor<f64[S, S]>
          %0 = arith.addf %p, %q : f64
          flex.yield %0 : f64
        }
        %1 = arith.addf %m, %a : f64
        flex.yield %1 : f64
      }
      %p = flex.map [t < T, s < S] (%v = %y whole : !flex.tensor<f64[T, S]>, %b = %w whole : !flex.tensor<f64[S, S]>) -> i64 {
        %m = flex.fold argmax [r < S] -> i64 {
          %p = flex.load %v[t - 1, r] fill(0.0 : f64) : !flex.tensor<f64[T, S]>
          %q = flex.load %b[r, s] clamp : !flex.tensor<f64[S, S]>
          %0 = arith.addf %p, %q : f64
          flex.yield %0 : f64
        }
        flex.yield %m : i64
      }
      flex.return %y, %p : !flex.tensor<f64[T, S]>, !flex.tensor<i64[T, S]>
    })";
  const int T = 9, S = 4;
  auto w = randomReal<double>(random, {S, S}, -1, 1), e = randomReal<double>(random, {T, S}, -1, 1);
  auto results = run(text, {w.view("f64"), e.view("f64")});
  std::vector<double> score(S, 0), next(S);
  for (int t = 0; t < T; ++t) {
    for (int s = 0; s < S; ++s) {
      int best = 0;
      for (int r = 1; r < S; ++r)
        if (score[r] + w.elements[r * S + s] > score[best] + w.elements[best * S + s])
          best = r;
      next[s] = score[best] + w.elements[best * S + s] + e.elements[t * S + s];
      EXPECT_NEAR(results[0].floats[t * S + s], next[s], 1e-12);
      EXPECT_EQ(results[1].ints[t * S + s], best);
    }
    score = next;
  }
}

std::string scatterKernel(const std::string &combiner) {
  return "flex.kernel @k(%b: !flex.tensor<f32[N, D]>, %v: !flex.tensor<f32[K, D]>, %i: !flex.tensor<i32[K]>) -> "
         "!flex.tensor<f32[N, D]> {\n %r = flex.scatter " +
         combiner + R"( [d < D] over [k < K] at ["$0", d] (%base = %b whole : !flex.tensor<f32[N, D]>,
        %a = %v[k, d] : !flex.tensor<f32[K, D]>, %n = %i[k] : !flex.tensor<i32[K]>) {
      %p = arith.extsi %n : i32 to i64
      flex.yield %a, %p : f32, i64
    }
    flex.return %r : !flex.tensor<f32[N, D]>
  })";
}

TEST_F(DataTest, AScatterCombinesInOrderAndDropsWhatIsOutside) {
  const int N = 5, D = 2, K = 60;
  auto base = randomReal<float>(random, {N, D}, -1, 1), values = randomReal<float>(random, {K, D}, -1e3, 1e3);
  Data<int32_t> places{{K}, {}};
  for (int k = 0; k < K; ++k)
    places.elements.push_back(static_cast<int32_t>(random() % (N + 2)) - 1);
  auto sum = run(scatterKernel("sum"), {base.view("f32"), values.view("f32"), places.view("i32")})[0];
  auto last = run(scatterKernel("set"), {base.view("f32"), values.view("f32"), places.view("i32")})[0];
  auto most = run(scatterKernel("max"), {base.view("f32"), values.view("f32"), places.view("i32")})[0];
  std::vector<float> device = base.elements, final = device, largest = device;
  std::vector<double> exact(device.begin(), device.end());
  for (int k = 0; k < K; ++k)
    for (int d = 0; d < D; ++d) {
      int place = places.elements[k] * D + d;
      if (places.elements[k] < 0 || places.elements[k] >= N)
        continue;
      device[place] += values.elements[k * D + d];
      exact[place] += values.elements[k * D + d];
      final[place] = values.elements[k * D + d];
      largest[place] = std::max(largest[place], values.elements[k * D + d]);
    }
  for (int i = 0; i < N * D; ++i) {
    EXPECT_NEAR(sum.floats[i], exact[i], 1e-9);
    EXPECT_LE(std::fabs(device[i] - sum.floats[i]), sum.bounds[i]);
    EXPECT_LT(sum.bounds[i], 0.1);
    EXPECT_EQ(last.floats[i], final[i]);
    EXPECT_EQ(most.floats[i], largest[i]);
    EXPECT_EQ(last.bounds[i] + most.bounds[i], 0);
  }
}

std::string sortKernel(const std::string &order, const std::string &type, const std::string &count,
                       const std::string &body = "") {
  std::string scalar = type[0] == 'u' ? type.substr(1) : type;
  return "flex.kernel @k(%x: !flex.tensor<" + type + "[N, M]>) -> !flex.tensor<i64[" + count +
         ", M]> {\n %y = flex.argsort " + order + " [j < M] over [i < N] at [i, j] count " + count +
         " (%a = %x[i, j] : !flex.tensor<" + type + "[N, M]>) -> i64 {\n" + body + "flex.yield " +
         (body.empty() ? "%a" : "%b") + " : " + scalar + "\n }\n flex.return %y : !flex.tensor<i64[" + count +
         ", M]>\n}\n";
}

TEST_F(DataTest, SortsAreStableAndNaNIsTheLargest) {
  const float nan = kNaN, inf = kInfinity;
  Data<float> x{{7, 1}, {3, nan, 1, 3, -inf, nan, inf}};
  auto at = [&](const std::string &order, const std::string &count) {
    auto result = run(sortKernel(order, "f32", count), {x.view("f32")})[0];
    EXPECT_EQ(result.undecided, 0);
    return result.ints;
  };
  EXPECT_EQ(at("ascending", "N"), (std::vector<int64_t>{4, 2, 0, 3, 6, 1, 5}));
  EXPECT_EQ(at("descending", "N"), (std::vector<int64_t>{1, 5, 6, 0, 3, 2, 4}));
  EXPECT_EQ(at("descending", "3"), (std::vector<int64_t>{1, 5, 6}));
  Data<uint8_t> u{{3, 2}, {200, 1, 3, 255, 200, 0}};
  EXPECT_EQ(run(sortKernel("unsigned ascending", "ui8", "N"), {u.view("u8")})[0].ints,
            (std::vector<int64_t>{1, 2, 0, 0, 2, 1}));
  EXPECT_EQ(run(sortKernel("ascending", "ui8", "N"), {u.view("u8")})[0].ints, (std::vector<int64_t>{0, 1, 2, 2, 1, 0}));
  EXPECT_NE(failure(sortKernel("ascending", "ui8", "4"), {u.view("u8")}).find("cannot give 4 of 3 positions"),
            std::string::npos);
}

TEST_F(DataTest, RanksThatBoundsLeaveOpenListTheirPositions) {
  // exp of 0 and of the next number are within bounds of each other; 5 and -5 are not.
  Data<float> x{{4, 1}, {1, 5, std::nextafter(1.0f, 2.0f), -5}};
  auto result = run(sortKernel("ascending", "f32", "N", "%b = math.exp %a : f32\n"), {x.view("f32")})[0];
  EXPECT_EQ(result.ints, (std::vector<int64_t>{3, 0, 2, 1}));
  EXPECT_EQ(result.undecided, 2);
  EXPECT_EQ(result.bounds[0] + result.bounds[3], 0);
  EXPECT_TRUE(result.acceptsPosition(1, 2));
  EXPECT_TRUE(result.acceptsPosition(2, 0));
  EXPECT_FALSE(result.acceptsPosition(1, 1));
  EXPECT_FALSE(result.acceptsPosition(0, 0));
}

TEST_F(DataTest, FourBitElementsLieTwoInAByte) {
  const char *text = R"(
    flex.kernel @k(%x: !flex.tensor<i4[M, N]>, %u: !flex.tensor<ui4[M, N]>) -> (!flex.tensor<i4[N, M]>, !flex.tensor<ui4[M, N]>, !flex.tensor<i32[M, N]>) {
      %t = flex.map [j < N, i < M] (%a = %x[i, j] : !flex.tensor<i4[M, N]>) -> i4 { flex.yield %a : i4 }
      %c = flex.map [i < M, j < N] (%a = %u[i, j] : !flex.tensor<ui4[M, N]>) -> ui4 { flex.yield %a : i4 }
      %s = flex.map [i < M, j < N] (%a = %x[i, j] : !flex.tensor<i4[M, N]>, %b = %u[i, j] : !flex.tensor<ui4[M, N]>) -> i32 {
        %0 = arith.extsi %a : i4 to i32
        %1 = arith.extui %b : i4 to i32
        %2 = arith.addi %0, %1 : i32
        flex.yield %2 : i32
      }
      flex.return %t, %c, %s : !flex.tensor<i4[N, M]>, !flex.tensor<ui4[M, N]>, !flex.tensor<i32[M, N]>
    })";
  // Row-major over the whole tensor: 3 x 3 elements in 5 bytes, the low half first.
  Data<uint8_t> x{{3, 3}, {0x21, 0x43, 0x65, 0x87, 0xf9}}, u{{3, 3}, {0x10, 0x32, 0x54, 0x76, 0x0f}};
  auto results = run(text, {x.view("i4"), u.view("u4")});
  EXPECT_EQ(results[0].ints, (std::vector<int64_t>{1, 4, 7, 2, 5, -8, 3, 6, -7}));
  EXPECT_EQ(results[0].bytes, (std::vector<uint8_t>{0x41, 0x27, 0x85, 0x63, 0x09}));
  EXPECT_EQ(results[1].uints, (std::vector<uint64_t>{0, 1, 2, 3, 4, 5, 6, 7, 15}));
  EXPECT_EQ(results[1].bytes, u.elements);
  EXPECT_EQ(results[2].ints, (std::vector<int64_t>{1, 3, 5, 7, 9, 11, 13, -1, 8}));
}

TEST_F(DataTest, EightBitFloatsConvertExactly) {
  for (const char *type : {"f8E4M3FN", "f8E5M2"}) {
    std::string t = type, dtype = t == "f8E4M3FN" ? "f8e4m3fn" : "f8e5m2";
    std::string text =
        "flex.kernel @k(%x: !flex.tensor<f32[N]>) -> (!flex.tensor<" + t +
        "[N]>, !flex.tensor<f32[N]>) {\n %y = flex.map [i < N] (%a = %x[i] : !flex.tensor<f32[N]>) -> " + t +
        " {\n %0 = arith.truncf %a : f32 to " + t + "\n flex.yield %0 : " + t +
        "\n }\n %z = flex.map [i < N] (%a = %y[i] : !flex.tensor<" + t + "[N]>) -> f32 {\n %0 = arith.extf %a : " + t +
        " to f32\n flex.yield %0 : f32\n }\n flex.return %y, %z : !flex.tensor<" + t + "[N]>, !flex.tensor<f32[N]>\n}";
    Data<float> x{{10}, {0, -0.0f, 1, 448, 464, 465, 57344, 61440, 1e-3f, static_cast<float>(kInfinity)}};
    auto results = run(text, {x.view("f32")});
    EXPECT_EQ(results[0].bytes.size(), 10u);
    for (int i = 0; i < 10; ++i) {
      EXPECT_EQ(results[0].bytes[i], roundToBits(x.elements[i], dtype)) << i;
      double value = static_cast<double>(valueOfBits(results[0].bytes[i], dtype));
      EXPECT_TRUE(results[1].floats[i] == value || (std::isnan(value) && std::isnan(results[1].floats[i])));
      EXPECT_EQ(results[0].bounds[i] + results[1].bounds[i], 0);
    }
    EXPECT_EQ(results[0].bytes[4], dtype == "f8e4m3fn" ? 0x7e : 0x5f); // 464 goes to even, 448
    EXPECT_EQ(results[0].bytes[5] == 0x7f, dtype == "f8e4m3fn");       // beyond is NaN
    EXPECT_EQ(results[0].bytes[7] == 0x7c, dtype == "f8e5m2");         // and infinity there
  }
}

/// sqrt(a * b + a / b - b), and the sum of the products, in order.
std::string strictKernel(const std::string &type, const std::string &numerics) {
  return "flex.kernel @k(%x: !flex.tensor<" + type + "[N]>, %y: !flex.tensor<" + type + "[N]>) -> (!flex.tensor<" +
         type + "[N]>, !flex.tensor<" + type + "[]>) attributes {numerics = \"" + numerics +
         "\"} {\n %z = flex.map [i < N] (%a = %x[i] : !flex.tensor<" + type + "[N]>, %b = %y[i] : !flex.tensor<" +
         type + "[N]>) -> " + type + " {\n %0 = arith.mulf %a, %b : " + type + "\n %1 = arith.divf %a, %b : " + type +
         "\n %2 = arith.addf %0, %1 : " + type + "\n %3 = arith.subf %2, %b : " + type +
         "\n %4 = math.sqrt %3 : " + type + "\n flex.yield %4 : " + type +
         "\n }\n %s = flex.reduce sum [] over [i < N] (%a = %x[i] : !flex.tensor<" + type +
         "[N]>, %b = %y[i] : !flex.tensor<" + type + "[N]>) -> " + type + " {\n %0 = arith.mulf %a, %b : " + type +
         "\n flex.yield %0 : " + type + "\n }\n flex.return %z, %s : !flex.tensor<" + type + "[N]>, !flex.tensor<" +
         type + "[]>\n}";
}

template <typename T> void DataTest::checkStrict(const std::string &type) {
  auto x = randomReal<T>(random, {2000}, 1, 9), y = randomReal<T>(random, {2000}, 0.001, 1);
  auto results = run(strictKernel(type, "strict"), {x.view(type.c_str()), y.view(type.c_str())});
  volatile T sum = 0; // each operation on its own: no contraction
  for (int i = 0; i < 2000; ++i) {
    volatile T a = x.elements[i], b = y.elements[i], product = a * b, quotient = a / b;
    volatile T total = product + quotient, rest = total - b, root = std::sqrt(T(rest));
    sum = sum + product;
    T found;
    memcpy(&found, &results[0].bytes[i * sizeof(T)], sizeof(T));
    ASSERT_EQ(found, T(root)) << i;
    ASSERT_EQ(results[0].bounds[i], 0);
  }
  T found;
  memcpy(&found, results[1].bytes.data(), sizeof(T));
  EXPECT_EQ(found, T(sum));
  EXPECT_EQ(results[1].bounds[0], 0);
}

TEST_F(DataTest, StrictKernelsHaveOneResult) {
  checkStrict<float>("f32");
  checkStrict<double>("f64");
  Data<float> x{{1}, {3}}, y{{1}, {0.3f}};
  EXPECT_GT(run(strictKernel("f32", "default"), {x.view("f32"), y.view("f32")})[0].bounds[0], 0);
}

TEST_F(DataTest, ExtremesTellZerosApart) {
  Data<float> x{{4}, {0, -0.0f, -0.0f, 0}}, y{{4}, {-0.0f, 0, -0.0f, 0}};
  auto signs = [&](const char *op) {
    auto result = run(mapKernel("f32", "f32", std::string("%r = arith.") + op + " %a, %b : f32"),
                      {x.view("f32"), y.view("f32")})[0];
    std::vector<bool> negative;
    for (double value : result.floats)
      negative.push_back(std::signbit(value));
    return negative;
  };
  EXPECT_EQ(signs("maximumf"), (std::vector<bool>{false, false, true, false}));
  EXPECT_EQ(signs("minimumf"), (std::vector<bool>{true, true, true, false}));
}

TEST_F(DataTest, AResultSaysWhichArgumentItOverwrites) {
  const char *text = R"(
    flex.kernel @k(%g: !flex.tensor<i32[N]>, %p: !flex.tensor<i32[N]>) -> (!flex.tensor<i32[N]>, !flex.tensor<i32[N]>)
        attributes {result_aliases = array<i64: -1, 1>} {
      %r = flex.map [i < N] (%a = %p[i] : !flex.tensor<i32[N]>, %b = %g[i] : !flex.tensor<i32[N]>) -> i32 {
        %0 = arith.subi %a, %b : i32
        flex.yield %0 : i32
      }
      %s = flex.map [i < N] (%a = %p[i] : !flex.tensor<i32[N]>) -> i32 { flex.yield %a : i32 }
      flex.return %s, %r : !flex.tensor<i32[N]>, !flex.tensor<i32[N]>
    })";
  Data<int32_t> g{{2}, {1, 2}}, p{{2}, {10, 20}};
  auto results = run(text, {g.view("i32"), p.view("i32")});
  EXPECT_EQ(results[0].aliasOf, -1);
  EXPECT_EQ(results[1].aliasOf, 1);
  EXPECT_EQ(results[0].ints, (std::vector<int64_t>{10, 20})); // as it was at the start
  EXPECT_EQ(results[1].ints, (std::vector<int64_t>{9, 18}));
}

} // namespace
