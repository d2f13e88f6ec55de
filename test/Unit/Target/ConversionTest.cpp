//===- ConversionTest.cpp - Conversions are rounded once ------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Against LLVM's software floats: ties, subnormals, overflow, NaN, and values
// that a rounding in two steps gets wrong.
//
//===----------------------------------------------------------------------===//
#include "CompiledKernel.h"

#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/APSInt.h"
#include "llvm/ADT/bit.h"

#include <cmath>
#include <gtest/gtest.h>
#include <random>

namespace flex::target::test {
namespace {

using llvm::APFloat;

/// A kernel that applies one cast to N elements, 16 at a time and one at a time.
std::string castKernel(const std::string &op, const std::string &from, const std::string &to, bool isVector) {
  std::string lanes = isVector ? "16" : "1", in = isVector ? "vector<16x" + from + ">" : from,
              out = isVector ? "vector<16x" + to + ">" : to;
  std::string a = "!tile.buffer<" + from + ", global>", b = "!tile.buffer<" + to + ", global>";
  return "tile.kernel @k(%a: " + a + ", %b: " + b + ", %n: index) attributes {dims = [\"N\"], items = \"ceildiv(N, " +
         lanes + ")\", group_size = 1 : i64} {\n%id = tile.id\n%lanes = arith.constant " + lanes +
         " : index\n%at = arith.muli %id, %lanes : index\n%left = arith.subi %n, %at : index\n" +
         "%x = tile.load %a[%at] valid(%left) : " + a + " -> " + in + "\n%y = " + op + " %x : " + in + " to " + out +
         "\ntile.store %y, %b[%at] valid(%left) : " + out + ", " + b + "\ntile.return\n}";
}

template <typename In, typename Out>
void checkCast(const std::string &op, const std::string &from, const std::string &to, std::vector<In> inputs,
               llvm::function_ref<Out(In)> expected, llvm::function_ref<bool(Out, Out)> same) {
  inputs.resize(inputs.size() / 16 * 16 + 5);
  for (const std::string &chip : runnableChips())
    for (bool isVector : {false, true}) {
      SCOPED_TRACE(chip + " " + op + " " + from + " to " + to + (isVector ? " x16" : ""));
      CompiledKernel kernel(castKernel(op, from, to, isVector), chip);
      ASSERT_TRUE(kernel.isValid());
      GuardedArray<In> a(inputs);
      GuardedArray<Out> b(inputs.size());
      kernel.run({a.data(), b.data()}, {static_cast<int64_t>(inputs.size())});
      for (size_t i = 0; i < inputs.size(); ++i)
        ASSERT_TRUE(same(b[i], expected(inputs[i])))
            << "input " << +inputs[i] << " gives " << +b[i] << ", expected " << +expected(inputs[i]);
    }
}

const llvm::fltSemantics &semanticsOf(const std::string &name) {
  return name == "bf16" ? APFloat::BFloat() : name == "f16" ? APFloat::IEEEhalf() : APFloat::IEEEsingle();
}

/// The bits of a float in a narrow format.
uint16_t narrowBits(APFloat value, const std::string &format) {
  bool losesInfo;
  value.convert(semanticsOf(format), APFloat::rmNearestTiesToEven, &losesInfo);
  return value.bitcastToAPInt().getZExtValue();
}

bool isNarrowNaN(uint16_t bits, const std::string &format) {
  return APFloat(semanticsOf(format), llvm::APInt(16, bits)).isNaN();
}

/// Doubles around everything that is hard in bf16, f16 and f32.
std::vector<double> hardDoubles() {
  std::vector<double> values;
  std::mt19937_64 random(3);
  auto add = [&](double value) {
    for (double x : {value, -value})
      for (double y : {x, std::nextafter(x, INFINITY), std::nextafter(x, -INFINITY)})
        values.push_back(y);
  };
  for (uint32_t bits = 0; bits < 0x10000; bits += 7)
    for (const char *format : {"bf16", "f16"}) {
      double low = APFloat(semanticsOf(format), llvm::APInt(16, bits)).convertToDouble();
      double high = APFloat(semanticsOf(format), llvm::APInt(16, (bits + 1) & 0xffff)).convertToDouble();
      add(low);
      if (std::isfinite(low + high))
        add(low / 2 + high / 2); // a tie
    }
  for (double value : {65519.999, 65520.0, 65536.0, 3.4e38, 3.3961775292304957e38, 1e39, 1e308, 1e-45, 5e-324})
    add(value);
  values.insert(values.end(), {std::nan(""), HUGE_VAL, -HUGE_VAL});
  for (int i = 0; i < 20000; ++i)
    values.push_back(llvm::bit_cast<double>(random()));
  return values;
}

TEST(Conversion, F64ToNarrow) {
  for (const char *format : {"bf16", "f16"})
    checkCast<double, uint16_t>(
        "arith.truncf", "f64", format, hardDoubles(), [&](double x) { return narrowBits(APFloat(x), format); },
        [&](uint16_t a, uint16_t b) { return a == b || (isNarrowNaN(a, format) && isNarrowNaN(b, format)); });
}

TEST(Conversion, F32ToNarrow) {
  std::vector<float> inputs;
  for (double value : hardDoubles())
    inputs.push_back(value);
  for (uint32_t bits : {0x7f800001u, 0x7fffffffu, 0xff800001u, 0x00000001u, 0x00008000u, 0x00018000u, 0x807fffffu})
    inputs.push_back(llvm::bit_cast<float>(bits));
  for (const char *format : {"bf16", "f16"})
    checkCast<float, uint16_t>(
        "arith.truncf", "f32", format, inputs, [&](float x) { return narrowBits(APFloat(x), format); },
        [&](uint16_t a, uint16_t b) { return a == b || (isNarrowNaN(a, format) && isNarrowNaN(b, format)); });
}

TEST(Conversion, NarrowToWideIsExactForEveryValue) {
  std::vector<uint16_t> inputs(0x10000);
  for (size_t i = 0; i < inputs.size(); ++i)
    inputs[i] = i;
  for (std::string format : {"bf16", "f16"}) {
    auto value = [&](uint16_t bits) { return APFloat(semanticsOf(format), llvm::APInt(16, bits)).convertToDouble(); };
    checkCast<uint16_t, float>(
        "arith.extf", format, "f32", inputs, [&](uint16_t bits) { return static_cast<float>(value(bits)); },
        [](float a, float b) {
          return llvm::bit_cast<uint32_t>(a) == llvm::bit_cast<uint32_t>(b) || (a != a && b != b);
        });
    checkCast<uint16_t, double>(
        "arith.extf", format, "f64", inputs, [&](uint16_t bits) { return value(bits); },
        [](double a, double b) {
          return llvm::bit_cast<uint64_t>(a) == llvm::bit_cast<uint64_t>(b) || (a != a && b != b);
        });
  }
}

template <typename Int> std::vector<Int> hardIntegers() {
  std::vector<Int> values;
  std::mt19937_64 random(5);
  for (unsigned shift = 0; shift < 8 * sizeof(Int); ++shift)
    for (int64_t step = -2; step <= 2; ++step)
      for (uint64_t high : {1ull, 257ull, 0x101ull << 1, 0x403ull})
        for (uint64_t sign : {uint64_t(1), ~uint64_t(0)}) // unsigned: 1 and -1 without overflow
          values.push_back(static_cast<Int>(sign * ((high << shift) + static_cast<uint64_t>(step))));
  for (int i = 0; i < 4000; ++i)
    values.push_back(static_cast<Int>(random() >> (random() % 60)));
  return values;
}

template <typename Int> void checkIntegers(const std::string &type) {
  bool isSigned = std::is_signed_v<Int>;
  for (std::string format : {"bf16", "f16"})
    checkCast<Int, uint16_t>(
        isSigned ? "arith.sitofp" : "arith.uitofp", type, format, hardIntegers<Int>(),
        [&](Int x) {
          APFloat value(semanticsOf(format));
          llvm::APInt bits(8 * sizeof(Int), static_cast<uint64_t>(x), isSigned, /*implicitTrunc=*/true);
          value.convertFromAPInt(bits, isSigned, APFloat::rmNearestTiesToEven);
          return static_cast<uint16_t>(value.bitcastToAPInt().getZExtValue());
        },
        [](uint16_t a, uint16_t b) { return a == b; });
}

TEST(Conversion, IntegersToNarrow) {
  checkIntegers<int8_t>("i8");
  checkIntegers<int16_t>("i16");
  checkIntegers<int32_t>("i32");
  checkIntegers<int64_t>("i64");
  checkIntegers<uint8_t>("i8");
  checkIntegers<uint32_t>("i32");
  checkIntegers<uint64_t>("i64");
}

TEST(Conversion, NarrowToIntegers) {
  std::vector<uint16_t> inputs;
  for (float x : {0.0f, -0.0f, 1.5f, -1.5f, 2.5f, 100.75f, -127.9f})
    inputs.push_back(narrowBits(APFloat(x), "bf16"));
  inputs.resize(32);
  checkCast<uint16_t, int32_t>(
      "arith.fptosi", "bf16", "i32", inputs,
      [](uint16_t bits) {
        return static_cast<int32_t>(APFloat(APFloat::BFloat(), llvm::APInt(16, bits)).convertToDouble());
      },
      [](int32_t a, int32_t b) { return a == b; });
}

//===----------------------------------------------------------------------===//
// Floats of eight bits
//===----------------------------------------------------------------------===//

struct F8 {
  const char *name;
  const llvm::fltSemantics &semantics;
  double valueOf(uint8_t bits) const { return APFloat(semantics, llvm::APInt(8, bits)).convertToDouble(); }
  bool isNaN(uint8_t bits) const { return APFloat(semantics, llvm::APInt(8, bits)).isNaN(); }
  uint8_t round(APFloat value) const {
    bool losesInfo;
    value.convert(semantics, APFloat::rmNearestTiesToEven, &losesInfo);
    return value.bitcastToAPInt().getZExtValue();
  }
  bool same(uint8_t a, uint8_t b) const { return a == b || (isNaN(a) && isNaN(b)); }
};
const F8 kF8[] = {{"f8E4M3FN", APFloat::Float8E4M3FN()}, {"f8E5M2", APFloat::Float8E5M2()}};

template <typename T> std::vector<T> allBits() {
  std::vector<T> bits(size_t(1) << (8 * sizeof(T)));
  for (size_t i = 0; i < bits.size(); ++i)
    bits[i] = static_cast<T>(i);
  return bits;
}

TEST(Conversion, EveryF8ToWider) {
  for (const F8 &f8 : kF8) {
    checkCast<uint8_t, float>(
        "arith.extf", f8.name, "f32", allBits<uint8_t>(), [&](uint8_t x) { return static_cast<float>(f8.valueOf(x)); },
        [](float a, float b) {
          return llvm::bit_cast<uint32_t>(a) == llvm::bit_cast<uint32_t>(b) || (a != a && b != b);
        });
    checkCast<uint8_t, double>(
        "arith.extf", f8.name, "f64", allBits<uint8_t>(), [&](uint8_t x) { return f8.valueOf(x); },
        [](double a, double b) {
          return llvm::bit_cast<uint64_t>(a) == llvm::bit_cast<uint64_t>(b) || (a != a && b != b);
        });
    for (const char *format : {"f16", "bf16"})
      checkCast<uint8_t, uint16_t>(
          "arith.extf", f8.name, format, allBits<uint8_t>(),
          [&](uint8_t x) { return narrowBits(APFloat(f8.valueOf(x)), format); },
          [&](uint16_t a, uint16_t b) { return a == b || (isNarrowNaN(a, format) && isNarrowNaN(b, format)); });
  }
}

TEST(Conversion, Every16BitFloatToF8) {
  for (const F8 &f8 : kF8)
    for (const char *format : {"f16", "bf16"})
      checkCast<uint16_t, uint8_t>(
          "arith.truncf", format, f8.name, allBits<uint16_t>(),
          [&](uint16_t x) { return f8.round(APFloat(semanticsOf(format), llvm::APInt(16, x))); },
          [&](uint8_t a, uint8_t b) { return f8.same(a, b); });
}

/// Around every value of a format and every tie between two.
std::vector<double> hardForF8(const F8 &f8) {
  std::vector<double> values = {464, 480, 61440, 65536, 1e30, 1e300, 1e-30, 5e-324};
  for (int bits = 0; bits < 0x7f; ++bits) {
    double low = f8.valueOf(bits), high = f8.valueOf(bits + 1);
    if (std::isfinite(low + high))
      values.insert(values.end(), {low, low / 2 + high / 2});
  }
  std::vector<double> all = {std::nan(""), HUGE_VAL, -HUGE_VAL};
  for (double value : values)
    for (double x : {value, -value})
      for (double y : {x, std::nextafter(x, INFINITY), std::nextafter(x, -INFINITY),
                       double(std::nextafterf(x, INFINITY)), double(std::nextafterf(x, -INFINITY))})
        all.push_back(y);
  return all;
}

TEST(Conversion, WideToF8) {
  for (const F8 &f8 : kF8) {
    std::vector<double> doubles = hardForF8(f8);
    checkCast<double, uint8_t>(
        "arith.truncf", "f64", f8.name, doubles, [&](double x) { return f8.round(APFloat(x)); },
        [&](uint8_t a, uint8_t b) { return f8.same(a, b); });
    checkCast<float, uint8_t>(
        "arith.truncf", "f32", f8.name, std::vector<float>(doubles.begin(), doubles.end()),
        [&](float x) { return f8.round(APFloat(x)); }, [&](uint8_t a, uint8_t b) { return f8.same(a, b); });
    checkCast<int16_t, uint8_t>(
        "arith.sitofp", "i16", f8.name, allBits<int16_t>(), [&](int16_t x) { return f8.round(APFloat(double(x))); },
        [&](uint8_t a, uint8_t b) { return f8.same(a, b); });
  }
}

// Arithmetic on narrow floats is done in f32 and rounded once.
TEST(Conversion, ArithmeticOnBF16) {
  const char *text = R"(
    tile.kernel @k(%a: !tile.buffer<bf16, global>, %b: !tile.buffer<bf16, global>)
        attributes {dims = [], items = "1", group_size = 1 : i64} {
      %zero = arith.constant 0 : index
      %x = tile.load %a[%zero] : !tile.buffer<bf16, global> -> vector<16xbf16>
      %c = arith.constant dense<3.0> : vector<16xbf16>
      %p = arith.mulf %x, %c : vector<16xbf16>
      %big = arith.cmpf ogt, %p, %c : vector<16xbf16>
      %y = arith.select %big, %p, %x : vector<16xi1>, vector<16xbf16>
      %s = tile.reduce max %y : vector<16xbf16> -> bf16
      %v = vector.broadcast %s : bf16 to vector<16xbf16>
      %z = arith.addf %y, %v : vector<16xbf16>
      tile.store %z, %b[%zero] : vector<16xbf16>, !tile.buffer<bf16, global>
      tile.return
    })";
  auto round = [](double x) { return APFloat(APFloat::BFloat(), llvm::APInt(16, narrowBits(APFloat(x), "bf16"))); };
  for (const std::string &chip : runnableChips()) {
    CompiledKernel kernel(text, chip);
    ASSERT_TRUE(kernel.isValid());
    GuardedArray<uint16_t> a(16), b(16);
    for (int i = 0; i < 16; ++i)
      a[i] = narrowBits(APFloat(0.37 * i), "bf16");
    kernel.run({a.data(), b.data()}, {});
    double largest = -INFINITY;
    std::vector<double> selected;
    for (int i = 0; i < 16; ++i) {
      double x = APFloat(APFloat::BFloat(), llvm::APInt(16, a[i])).convertToDouble();
      double product = round(x * 3).convertToDouble();
      selected.push_back(product > 3 ? product : x);
      largest = std::max(largest, selected.back());
    }
    for (int i = 0; i < 16; ++i)
      EXPECT_EQ(b[i], narrowBits(APFloat(selected[i] + largest), "bf16")) << chip << " " << i;
  }
}

} // namespace
} // namespace flex::target::test
