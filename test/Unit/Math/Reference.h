//===- Reference.h - What an elementary function should give ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The C library one precision up (f32: double, f64: long double), and the
// distance of a result from it in units of the last place of the result type.
//
//===----------------------------------------------------------------------===//
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace flex::test {

template <typename T> using Wider = std::conditional_t<std::is_same_v<T, float>, double, long double>;
template <typename T> using BitsOf = std::conditional_t<std::is_same_v<T, float>, uint32_t, uint64_t>;

/// |got - want| in ulps of T at `want`; a wrong special value or sign of zero is infinitely far. Infinity counts as
/// the number after the largest finite one.
template <typename T> double ulpError(T got, Wider<T> want) {
  using W = Wider<T>;
  constexpr double kWrong = std::numeric_limits<double>::infinity();
  if (std::isnan(got) || std::isnan(want))
    return std::isnan(got) && std::isnan(want) ? 0 : kWrong;
  if (want == 0)
    return got == 0 && std::signbit(got) == std::signbit(want) ? 0 : kWrong;
  if (std::signbit(got) != std::signbit(want))
    return kWrong;
  const W limit = std::ldexp(W(1), std::numeric_limits<T>::max_exponent);
  W a = std::isinf(got) ? limit : std::fabs(W(got)), b = std::fmin(std::fabs(want), limit);
  int exponent = std::max(std::ilogb(b), std::numeric_limits<T>::min_exponent - 1);
  exponent = std::min(exponent, std::numeric_limits<T>::max_exponent - 1);
  return double(std::fabs(a - b) / std::ldexp(W(1), exponent - (std::numeric_limits<T>::digits - 1)));
}

} // namespace flex::test
