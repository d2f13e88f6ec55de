//===- AccuracyTest.cpp - ULP bounds of the expansions ---------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Measures every expanded function against the C library one precision up, on
// random arguments (a fresh seed each run, printed; FLEX_SEED repeats one) and
// on all 2^32 with FLEX_EXHAUSTIVE=1. The bounds are those of docs/numerics.md.
//
//===----------------------------------------------------------------------===//
#include "MathJit.h"
#include "Reference.h"
#include "gtest/gtest.h"

#include <cstdlib>
#include <random>
#include <set>
#include <vector>

using namespace flex::test;

namespace {

constexpr int kLanes = MathJit::kLanes;

template <typename T> const char *elementName() {
  return std::is_same_v<T, float> ? "f32" : "f64";
}

template <typename T> struct Function1 {
  const char *op;
  Wider<T> (*reference)(Wider<T>);
  double bound;                                           ///< ulp
  double low, high;                                       ///< where the function is interesting
  double limit = std::numeric_limits<double>::infinity(); ///< |x| beyond it is not measured
};

template <typename T> Wider<T> rsqrtReference(Wider<T> x) {
  return 1 / std::sqrt(x);
}

using D = double;
using L = long double;
const Function1<float> kF32[] = {
    {"math.exp", [](D x) { return std::exp(x); }, 1.1, -105, 90},
    {"math.exp2", [](D x) { return std::exp2(x); }, 1, -152, 130},
    {"math.expm1", [](D x) { return std::expm1(x); }, 1.5, -20, 90},
    {"math.tanh", [](D x) { return std::tanh(x); }, 1, -10, 10},
    {"math.erf", [](D x) { return std::erf(x); }, 1.2, -5, 5},
    {"math.log", [](D x) { return std::log(x); }, 1, 0, 4},
    {"math.log2", [](D x) { return std::log2(x); }, 1.1, 0, 4},
    {"math.log10", [](D x) { return std::log10(x); }, 1.1, 0, 4},
    {"math.log1p", [](D x) { return std::log1p(x); }, 1.1, -1, 4},
    {"math.sin", [](D x) { return std::sin(x); }, 1, -100, 100},
    {"math.cos", [](D x) { return std::cos(x); }, 1, -100, 100},
    {"math.tan", [](D x) { return std::tan(x); }, 2.5, -100, 100},
    {"math.rsqrt", rsqrtReference<float>, 1.5, 0, 4},
    {"math.asin", [](D x) { return std::asin(x); }, 1.7, -1, 1},
    {"math.acos", [](D x) { return std::acos(x); }, 1.2, -1, 1},
    {"math.atan", [](D x) { return std::atan(x); }, 1.3, -6, 6},
    {"math.sinh", [](D x) { return std::sinh(x); }, 0.6, -90, 90},
    {"math.cosh", [](D x) { return std::cosh(x); }, 0.6, -90, 90},
    {"math.asinh", [](D x) { return std::asinh(x); }, 0.6, -9, 9},
    {"math.acosh", [](D x) { return std::acosh(x); }, 0.6, 1, 9},
    {"math.atanh", [](D x) { return std::atanh(x); }, 0.6, -1, 1},
    {"math.cbrt", [](D x) { return std::cbrt(x); }, 0.6, -9, 9},
};
const Function1<double> kF64[] = {
    {"math.exp", [](L x) { return std::exp(x); }, 1.1, -750, 712},
    {"math.exp2", [](L x) { return std::exp2(x); }, 1, -1080, 1030},
    {"math.expm1", [](L x) { return std::expm1(x); }, 1.5, -40, 712},
    {"math.tanh", [](L x) { return std::tanh(x); }, 1.5, -20, 20},
    {"math.erf", [](L x) { return std::erf(x); }, 1.3, -7, 7},
    {"math.log", [](L x) { return std::log(x); }, 1, 0, 4},
    {"math.log2", [](L x) { return std::log2(x); }, 1.1, 0, 4},
    {"math.log10", [](L x) { return std::log10(x); }, 1.2, 0, 4},
    {"math.log1p", [](L x) { return std::log1p(x); }, 1.1, -1, 4},
    {"math.sin", [](L x) { return std::sin(x); }, 1, -100, 100, 0x1p45},
    {"math.cos", [](L x) { return std::cos(x); }, 1, -100, 100, 0x1p45},
    {"math.tan", [](L x) { return std::tan(x); }, 2.5, -100, 100, 0x1p45},
    {"math.rsqrt", rsqrtReference<double>, 1.5, 0, 4},
    {"math.asin", [](L x) { return std::asin(x); }, 1.7, -1, 1},
    {"math.acos", [](L x) { return std::acos(x); }, 1.2, -1, 1},
    {"math.atan", [](L x) { return std::atan(x); }, 1.3, -6, 6},
    {"math.sinh", [](L x) { return std::sinh(x); }, 2.6, -720, 720},
    {"math.cosh", [](L x) { return std::cosh(x); }, 2.6, -720, 720},
    {"math.asinh", [](L x) { return std::asinh(x); }, 1.8, -9, 9},
    {"math.acosh", [](L x) { return std::acosh(x); }, 2.2, 1, 9},
    {"math.atanh", [](L x) { return std::atanh(x); }, 2, -1, 1},
    {"math.cbrt", [](L x) { return std::cbrt(x); }, 0.6, -9, 9},
};

uint64_t seed() {
  static uint64_t value = [] {
    const char *given = std::getenv("FLEX_SEED");
    uint64_t s = given ? std::strtoull(given, nullptr, 0) : std::random_device()();
    printf("[   seed   ] FLEX_SEED=%llu\n", (unsigned long long)s);
    return s;
  }();
  return value;
}

/// Arguments of all kinds: any bits, the interesting range evenly and by magnitude, and near small integers times pi/4.
template <typename T> class Arguments {
public:
  Arguments(double low, double high, uint64_t salt) : rng(seed() * 1000003 + salt), range(low, high) {}
  T next() {
    switch (rng() % 8) {
    case 0: return std::bit_cast<T>(BitsOf<T>(rng()));
    case 1: return step(T(double(int64_t(rng() % 4096) - 2048) * M_PI_4));
    case 2: return T(std::ldexp(range(rng), -int(rng() % (std::numeric_limits<T>::max_exponent + 30))));
    case 3: return step(T(std::ldexp(1.0, int(rng() % 64) - 40)) * (rng() % 2 ? 1 : -1));
    case 4: return step(T(1));
    default: return T(range(rng));
    }
  }
  uint64_t raw() { return rng(); }

private:
  T step(T x) { return std::bit_cast<T>(BitsOf<T>(std::bit_cast<BitsOf<T>>(x) + BitsOf<T>(rng() % 65) - 32)); }
  std::mt19937_64 rng;
  std::uniform_real_distribution<double> range;
};

template <typename T> struct Worst {
  double ulp = 0;
  T x = 0, y = 0, got = 0;
  void see(double error, T argument, T second, T result) {
    if (error > ulp)
      ulp = error, x = argument, y = second, got = result;
  }
};

template <typename T> void report(const char *op, const Worst<T> &worst, double bound, uint64_t count) {
  printf("%-11s %s  max %.4f ulp (bound %.2f) at %a, %a over %llu arguments\n", op, elementName<T>(), worst.ulp, bound,
         double(worst.x), double(worst.y), (unsigned long long)count);
  EXPECT_LE(worst.ulp, bound) << op << " at " << worst.x << ", " << worst.y << " gives " << worst.got;
}

MathJit &jit() {
  static MathJit instance;
  return instance;
}

template <typename T> void measureSampled(const Function1<T> &f, int count) {
  MathJit::Function call = jit().compile(f.op, elementName<T>());
  Arguments<T> arguments(f.low, f.high, std::hash<std::string>()(f.op));
  Worst<T> worst;
  for (int i = 0; i < count; i += kLanes) {
    T x[kLanes], y[kLanes];
    for (T &value : x) {
      do
        value = arguments.next();
      while (std::fabs(value) > f.limit);
    }
    call(x, nullptr, y);
    for (int lane = 0; lane < kLanes; ++lane)
      worst.see(ulpError<T>(y[lane], f.reference(x[lane])), x[lane], 0, y[lane]);
  }
  report(f.op, worst, f.bound, count);
}

bool odd(const std::string &op) {
  static const std::set<std::string> names{"math.sin",  "math.tanh", "math.erf",   "math.tan",   "math.asin",
                                           "math.atan", "math.sinh", "math.asinh", "math.atanh", "math.cbrt"};
  return names.count(op) != 0;
}

/// All 2^32 arguments; of the odd and even functions the negative half only by its symmetry.
void measureAll(const Function1<float> &f) {
  MathJit::Function call = jit().compile(f.op, "f32");
  bool isOdd = odd(f.op), isEven = std::string(f.op) == "math.cos" || std::string(f.op) == "math.cosh";
  Worst<float> worst;
  uint64_t total = isOdd || isEven ? uint64_t(1) << 31 : uint64_t(1) << 32;
  for (uint64_t start = 0; start < total; start += kLanes) {
    float x[kLanes], y[kLanes], minus[kLanes], opposite[kLanes];
    for (int lane = 0; lane < kLanes; ++lane) {
      x[lane] = std::bit_cast<float>(uint32_t(start + lane));
      minus[lane] = -x[lane];
    }
    call(x, nullptr, y);
    call(minus, nullptr, opposite);
    for (int lane = 0; lane < kLanes; ++lane) {
      worst.see(ulpError<float>(y[lane], f.reference(x[lane])), x[lane], 0, y[lane]);
      float mirrored = isOdd ? -opposite[lane] : opposite[lane];
      if ((isOdd || isEven) && mirrored != y[lane] && !std::isnan(y[lane]))
        worst.see(std::numeric_limits<double>::infinity(), minus[lane], 0, opposite[lane]);
    }
  }
  report(f.op, worst, f.bound, total);
}

TEST(Accuracy, SampledF32) {
  for (const auto &f : kF32)
    measureSampled(f, 1 << 19);
}

TEST(Accuracy, SampledF64) {
  for (const auto &f : kF64)
    measureSampled(f, 1 << 18);
}

TEST(Accuracy, ExhaustiveF32) {
  const char *wanted = std::getenv("FLEX_EXHAUSTIVE");
  if (!wanted || !*wanted || std::string(wanted) == "0")
    GTEST_SKIP() << "FLEX_EXHAUSTIVE=1 measures all 2^32 arguments of each function (half an hour), or "
                    "=math.exp,math.log of some";
  for (const auto &f : kF32)
    if (std::string(wanted) == "1" ||
        ("," + std::string(wanted) + ",").find("," + std::string(f.op) + ",") != std::string::npos)
      measureAll(f);
}

/// Pairs whose power is neither 0 nor infinity most of the time.
template <typename T> std::pair<T, T> powArguments(Arguments<T> &a) {
  double limit = std::numeric_limits<T>::max_exponent + 30;
  T x = std::fabs(a.next()), y;
  switch (a.raw() % 4) {
  case 0: // anything
    return {a.next(), a.next()};
  case 1: // small integers and halves, negative bases
    return {T(a.raw() % 2 ? -x : x), T(int(a.raw() % 41) - 20) / T(a.raw() % 2 ? 1 : 2)};
  case 2: // near 1, large exponents
    x = T(1) + T(std::ldexp(double(int64_t(a.raw() % 2001) - 1000), -int(10 + a.raw() % 14)));
    break;
  default: break;
  }
  double log = std::log2(std::fabs(double(x)));
  double target = (double(a.raw() % 2000001) / 1000000 - 1) * limit;
  y = log == 0 || !std::isfinite(log) ? T(target) : T(target / log);
  return {x, y};
}

template <typename T> void measurePow(double bound, int count) {
  MathJit::Function call = jit().compile("math.powf", elementName<T>(), 2);
  Arguments<T> arguments(0, 8, 77);
  Worst<T> worst;
  for (int i = 0; i < count; i += kLanes) {
    T x[kLanes], y[kLanes], r[kLanes];
    for (int lane = 0; lane < kLanes; ++lane)
      std::tie(x[lane], y[lane]) = powArguments(arguments);
    call(x, y, r);
    for (int lane = 0; lane < kLanes; ++lane)
      worst.see(ulpError<T>(r[lane], std::pow(Wider<T>(x[lane]), Wider<T>(y[lane]))), x[lane], y[lane], r[lane]);
  }
  report("math.powf", worst, bound, count);
}

TEST(Accuracy, PowF32) {
  measurePow<float>(0.6, 1 << 19);
}
TEST(Accuracy, PowF64) {
  measurePow<double>(1.2, 1 << 18);
}

template <typename T> void measureAtan2(double bound, int count) {
  MathJit::Function call = jit().compile("math.atan2", elementName<T>(), 2);
  Arguments<T> arguments(-4, 4, 79);
  Worst<T> worst;
  for (int i = 0; i < count; i += kLanes) {
    T y[kLanes], x[kLanes], r[kLanes];
    for (int lane = 0; lane < kLanes; ++lane) {
      y[lane] = arguments.next();
      // Independent, or of nearly the same size.
      x[lane] = arguments.raw() % 2 ? arguments.next() : y[lane] * T(double(arguments.raw() % 8001) / 1000 - 4);
    }
    call(y, x, r);
    for (int lane = 0; lane < kLanes; ++lane)
      worst.see(ulpError<T>(r[lane], std::atan2(Wider<T>(y[lane]), Wider<T>(x[lane]))), y[lane], x[lane], r[lane]);
  }
  report("math.atan2", worst, bound, count);
}

TEST(Accuracy, Atan2F32) {
  measureAtan2<float>(1.7, 1 << 19);
}
TEST(Accuracy, Atan2F64) {
  measureAtan2<double>(1.7, 1 << 18);
}

template <typename T> void measurePowInt(double bound) {
  MathJit::Function call = jit().compile("math.fpowi", elementName<T>(), 2, false, "i32");
  Arguments<T> arguments(-4, 4, 78);
  Worst<T> worst;
  for (int i = 0; i < 1 << 16; i += kLanes) {
    T x[kLanes], r[kLanes];
    int32_t y[kLanes];
    for (int lane = 0; lane < kLanes; ++lane) {
      x[lane] = arguments.next();
      y[lane] = int32_t(arguments.raw()) >> (arguments.raw() % 32);
    }
    call(x, y, r);
    for (int lane = 0; lane < kLanes; ++lane)
      worst.see(ulpError<T>(r[lane], std::pow(Wider<T>(x[lane]), Wider<T>(y[lane]))), x[lane], T(y[lane]), r[lane]);
  }
  report("math.fpowi", worst, bound, 1 << 16);
}

TEST(Accuracy, PowIntF32) {
  measurePowInt<float>(0.6);
}
TEST(Accuracy, PowIntF64) {
  measurePowInt<double>(1.1);
}

/// f16 goes through f32, so only the last rounding is seen; all 2^16 arguments.
TEST(Accuracy, ExpF16IsCorrectlyRounded) {
  MathJit::Function call = jit().compile("math.exp", "f16");
  for (uint32_t start = 0; start < 1 << 16; start += kLanes) {
    _Float16 x[kLanes], y[kLanes];
    for (int lane = 0; lane < kLanes; ++lane)
      x[lane] = std::bit_cast<_Float16>(uint16_t(start + lane));
    call(x, nullptr, y);
    for (int lane = 0; lane < kLanes; ++lane) {
      // Rounding twice may differ from once by the error of f32's exp next to a tie: half an ulp and a little.
      double want = std::exp(double(x[lane])), got = double(y[lane]);
      if (std::isnan(want)) {
        EXPECT_TRUE(std::isnan(got));
        continue;
      }
      if (want >= 65520) {
        EXPECT_TRUE(std::isinf(got));
        continue;
      }
      double ulp = std::ldexp(1.0, std::max(want > 0 ? std::ilogb(want) : -14, -14) - 10);
      EXPECT_LE(std::fabs(got - want), 0.501 * ulp) << double(x[lane]);
    }
  }
}

} // namespace
