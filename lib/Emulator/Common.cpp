//===- Common.cpp - Functions of no vendor --------------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the host's code generator has no instruction for: LLVM's own intrinsics,
// and the "flex.…" functions that RetargetExpand.cpp calls.
//
//===----------------------------------------------------------------------===//
#include "Tables.h"
#include "Waves.h"

#include <cmath>

namespace flex::emulator {
namespace {

/// x as a float of `mantissa` stored bits whose smallest normal number is 2^minExponent, to nearest, ties to even.
uint16_t roundTo16(double x, int mantissa, int minExponent) {
  auto sign = static_cast<uint16_t>(std::signbit(x) ? 0x8000 : 0);
  auto infinity = static_cast<uint16_t>(0x7fff >> mantissa << mantissa);
  if (std::isnan(x))
    return static_cast<uint16_t>(sign | infinity | 1 << (mantissa - 1));
  if (std::isinf(x))
    return sign | infinity;
  if (x == 0)
    return sign;
  int exponent = std::max(std::ilogb(x), minExponent);
  // In units of the last place, exactly: a power of two apart. A carry makes the next exponent by itself.
  double units = std::nearbyint(std::ldexp(std::fabs(x), mantissa - exponent));
  double bits = std::ldexp(static_cast<double>(exponent - minExponent), mantissa) + units;
  return bits >= infinity ? sign | infinity : static_cast<uint16_t>(sign | static_cast<uint16_t>(bits));
}

Execute narrow(const Symbol &symbol) {
  bool isBFloat = symbol.name.ends_with("bf16");
  return value([=](const Call &call) {
    double x = call.lane().argument<double>(0);
    return isBFloat ? roundTo16(x, 7, -126) : roundTo16(x, 10, -14);
  });
}

Execute remainder(const Symbol &symbol) {
  if (symbol.resultBytes == 8)
    return value(
        [](const Call &call) { return std::fmod(call.lane().argument<double>(0), call.lane().argument<double>(1)); });
  return value(
      [](const Call &call) { return std::fmod(call.lane().argument<float>(0), call.lane().argument<float>(1)); });
}

/// llvm.ldexp of a scalar or a vector: the exponents are i32, one for each element.
template <typename T> Execute scale(const Symbol &symbol) {
  size_t count = symbol.resultBytes / sizeof(T);
  if (symbol.argumentBytes.size() != 2 || symbol.argumentBytes[1] != 4 * count)
    return {};
  return [=](const Call &call) {
    const auto *x = static_cast<const T *>(call.lane().arguments[0]);
    const auto *exponents = static_cast<const int32_t *>(call.lane().arguments[1]);
    for (size_t i = 0; i < count; ++i)
      call.lane().setResult(std::ldexp(x[i], exponents[i]), i);
    return Outcome::Done;
  };
}

/// One operand, element by element.
template <typename T> Execute elementwise(const Symbol &symbol) {
  using Function = T (*)(T);
  static const std::pair<const char *, Function> functions[] = {
      {"llvm.exp.", [](T x) { return std::exp(x); }},     {"llvm.exp2.", [](T x) { return std::exp2(x); }},
      {"llvm.log.", [](T x) { return std::log(x); }},     {"llvm.log2.", [](T x) { return std::log2(x); }},
      {"llvm.log10.", [](T x) { return std::log10(x); }}, {"llvm.sin.", [](T x) { return std::sin(x); }},
      {"llvm.cos.", [](T x) { return std::cos(x); }},     {"llvm.round.", [](T x) { return std::round(x); }},
      {"llvm.tanh.", [](T x) { return std::tanh(x); }},
  };
  for (auto [prefix, function] : functions)
    if (symbol.name.starts_with(prefix))
      return [function = function, count = symbol.resultBytes / sizeof(T)](const Call &call) {
        for (size_t i = 0; i < count; ++i)
          call.lane().setResult(function(static_cast<const T *>(call.lane().arguments[0])[i]), i);
        return Outcome::Done;
      };
  return {};
}

constexpr Entry kEntries[] = {
    {"flex.fptrunc.f64.*", Scope::Thread, narrow},           {"flex.frem.*", Scope::Thread, remainder},
    {"llvm.ldexp.*f32.i32", Scope::Thread, scale<float>},    {"llvm.ldexp.*f64.i32", Scope::Thread, scale<double>},
    {"llvm.ldexp.v*f32.v*i32", Scope::Thread, scale<float>}, {"llvm.ldexp.v*f64.v*i32", Scope::Thread, scale<double>},
    {"llvm.*f32", Scope::Thread, elementwise<float>},        {"llvm.*f64", Scope::Thread, elementwise<double>},
    {"llvm.sideeffect", Scope::Thread, doesNothing},
};

} // namespace

Table commonTable() {
  return kEntries;
}

} // namespace flex::emulator
