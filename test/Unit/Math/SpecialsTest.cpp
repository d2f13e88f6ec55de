//===- SpecialsTest.cpp - NaN, infinities, zeros, denormals ----*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Special arguments of every expanded function, on vectors and on scalars,
// beside what the C library (Annex F) gives for the same; pow over all pairs.
//
//===----------------------------------------------------------------------===//
#include "MathJit.h"
#include "Reference.h"
#include "gtest/gtest.h"

#include <random>
#include <vector>

using namespace flex::test;

namespace {

constexpr int kLanes = MathJit::kLanes;

MathJit &jit() {
  static MathJit instance;
  return instance;
}

template <typename T> const char *elementName() {
  return std::is_same_v<T, float> ? "f32" : "f64";
}

template <typename T> std::vector<T> specials() {
  using Limits = std::numeric_limits<T>;
  std::vector<T> positive = {0,
                             Limits::denorm_min(),
                             Limits::min() / 2,
                             std::nextafter(Limits::min(), T(0)),
                             Limits::min(),
                             T(0x1p-30),
                             T(0.25),
                             T(0.5),
                             std::nextafter(T(1), T(0)),
                             1,
                             std::nextafter(T(1), T(2)),
                             T(1.5),
                             2,
                             T(2.5),
                             3,
                             4,
                             5,
                             T(88.7228),
                             T(88.72284),
                             T(103.5),
                             T(104),
                             T(127.5),
                             128,
                             129,
                             149,
                             150,
                             151,
                             T(709.7),
                             T(709.79),
                             710,
                             745,
                             746,
                             1023,
                             1024,
                             1074,
                             1075,
                             1076,
                             T(0x1p23),
                             T(0x1p24) + 2,
                             T(0x1p31),
                             T(0x1.8p40),
                             T(0x1p52),
                             T(0x1p53),
                             T(0x1p62),
                             T(0x1p100),
                             Limits::max() / 2,
                             Limits::max(),
                             Limits::infinity()};
  std::vector<T> all;
  for (T x : positive)
    all.push_back(x), all.push_back(-x);
  all.push_back(Limits::quiet_NaN());
  all.push_back(-Limits::quiet_NaN());
  while (all.size() % kLanes)
    all.push_back(1);
  return all;
}

template <typename T, typename Reference> void checkSpecials(const char *op, double limit, Reference reference) {
  MathJit::Function vector = jit().compile(op, elementName<T>());
  MathJit::Function scalar = jit().compile(op, elementName<T>(), 1, /*scalar=*/true);
  std::vector<T> x = specials<T>();
  for (size_t i = 0; i < x.size(); i += kLanes) {
    T y[kLanes], one;
    vector(&x[i], nullptr, y);
    for (int lane = 0; lane < kLanes; ++lane) {
      T argument = x[i + lane];
      scalar(&argument, nullptr, &one);
      EXPECT_TRUE(std::isnan(one) ? std::isnan(y[lane])
                                  : std::bit_cast<BitsOf<T>>(one) == std::bit_cast<BitsOf<T>>(y[lane]))
          << op << ": scalar and vector differ at " << argument;
      if (std::fabs(argument) > limit && std::isfinite(argument)) {
        EXPECT_TRUE(std::isnan(one)) << op << " beyond its range at " << argument;
        continue;
      }
      EXPECT_LE(ulpError<T>(one, reference(Wider<T>(argument))), 2.2) << op << " at " << argument << " gives " << one;
    }
  }
}

template <typename T> void checkAllSpecials() {
  using W = Wider<T>;
  double infinite = std::numeric_limits<double>::infinity();
  double trig = std::is_same_v<T, float> ? infinite : 0x1p45;
  checkSpecials<T>("math.exp", infinite, [](W x) { return std::exp(x); });
  checkSpecials<T>("math.exp2", infinite, [](W x) { return std::exp2(x); });
  checkSpecials<T>("math.expm1", infinite, [](W x) { return std::expm1(x); });
  checkSpecials<T>("math.tanh", infinite, [](W x) { return std::tanh(x); });
  checkSpecials<T>("math.erf", infinite, [](W x) { return std::erf(x); });
  checkSpecials<T>("math.log", infinite, [](W x) { return std::log(x); });
  checkSpecials<T>("math.log2", infinite, [](W x) { return std::log2(x); });
  checkSpecials<T>("math.log10", infinite, [](W x) { return std::log10(x); });
  checkSpecials<T>("math.log1p", infinite, [](W x) { return std::log1p(x); });
  checkSpecials<T>("math.sin", trig, [](W x) { return std::sin(x); });
  checkSpecials<T>("math.cos", trig, [](W x) { return std::cos(x); });
  checkSpecials<T>("math.tan", trig, [](W x) { return std::tan(x); });
  checkSpecials<T>("math.rsqrt", infinite, [](W x) { return 1 / std::sqrt(x); });
  checkSpecials<T>("math.asin", infinite, [](W x) { return std::asin(x); });
  checkSpecials<T>("math.acos", infinite, [](W x) { return std::acos(x); });
  checkSpecials<T>("math.atan", infinite, [](W x) { return std::atan(x); });
  checkSpecials<T>("math.sinh", infinite, [](W x) { return std::sinh(x); });
  checkSpecials<T>("math.cosh", infinite, [](W x) { return std::cosh(x); });
  checkSpecials<T>("math.asinh", infinite, [](W x) { return std::asinh(x); });
  checkSpecials<T>("math.acosh", infinite, [](W x) { return std::acosh(x); });
  checkSpecials<T>("math.atanh", infinite, [](W x) { return std::atanh(x); });
  checkSpecials<T>("math.cbrt", infinite, [](W x) { return std::cbrt(x); });
}

TEST(Specials, F32) {
  checkAllSpecials<float>();
}
TEST(Specials, F64) {
  checkAllSpecials<double>();
}

template <typename T, typename Reference> void checkPairs(const char *op, double bound, Reference reference) {
  MathJit::Function call = jit().compile(op, elementName<T>(), 2);
  std::vector<T> values = specials<T>();
  for (T base : values)
    for (size_t i = 0; i < values.size(); i += kLanes) {
      T x[kLanes], r[kLanes];
      std::fill(x, x + kLanes, base);
      call(x, &values[i], r);
      for (int lane = 0; lane < kLanes; ++lane) {
        T y = values[i + lane];
        EXPECT_LE(ulpError<T>(r[lane], reference(Wider<T>(base), Wider<T>(y))), bound)
            << op << "(" << base << ", " << y << ") gives " << r[lane];
      }
    }
}

TEST(Specials, PowPairsF32) {
  checkPairs<float>("math.powf", 1.1, [](double x, double y) { return std::pow(x, y); });
}
TEST(Specials, PowPairsF64) {
  checkPairs<double>("math.powf", 1.1, [](long double x, long double y) { return std::pow(x, y); });
}
TEST(Specials, Atan2PairsF32) {
  checkPairs<float>("math.atan2", 1.7, [](double y, double x) { return std::atan2(y, x); });
}
TEST(Specials, Atan2PairsF64) {
  checkPairs<double>("math.atan2", 1.7, [](long double y, long double x) { return std::atan2(y, x); });
}

/// Constant exponents take no logarithm, but have pow's specials all the same.
template <typename T> void checkConstantExponents() {
  std::string element = elementName<T>(), vector = "vector<16x" + element + ">";
  for (double exponent : {0.0, 0.5, 1.5, -0.5, 1.0, 2.0, 3.0, 4.0, -1.0, -2.0, 2.5}) {
    std::string body = "  %k = arith.constant dense<" + std::to_string(exponent) + "> : " + vector +
                       "\n  %r = math.powf %x, %k : " + vector + "\n";
    MathJit::Function call = jit().compileBody(body, element);
    std::vector<T> x = specials<T>();
    std::mt19937_64 rng(std::random_device{}());
    for (int i = 0; i < 1 << 14; ++i)
      x.push_back(i % 2 ? std::bit_cast<T>(BitsOf<T>(rng())) : T(double(rng() % 4000001) / 1000000 - 2));
    for (size_t i = 0; i < x.size(); i += kLanes) {
      T r[kLanes];
      call(&x[i], nullptr, r);
      for (int lane = 0; lane < kLanes; ++lane)
        EXPECT_LE(ulpError<T>(r[lane], std::pow(Wider<T>(x[i + lane]), Wider<T>(exponent))), 2)
            << "pow(" << x[i + lane] << ", " << exponent << ") gives " << r[lane];
    }
  }
}

TEST(Specials, ConstantExponentsF32) {
  checkConstantExponents<float>();
}
TEST(Specials, ConstantExponentsF64) {
  checkConstantExponents<double>();
}

} // namespace
