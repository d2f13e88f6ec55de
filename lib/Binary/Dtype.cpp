//===- Dtype.cpp - Element types by name ---------------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The dtypes an image may name. A new one is a line here, one in the runtime's
// DLPack table, and the compiler's work.
//
//===----------------------------------------------------------------------===//
#include "flex/Binary/Image.h"

#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <string_view>

namespace flex {

int64_t dtypeBits(const std::string &dtype) {
  struct Entry {
    std::string_view name;
    int64_t bits;
  };
  static constexpr Entry table[] = {{"bool", 8}, {"i4", 4},   {"u4", 4},   {"i8", 8},     {"u8", 8},      {"i16", 16},
                                    {"u16", 16}, {"i32", 32}, {"u32", 32}, {"i64", 64},   {"u64", 64},    {"bf16", 16},
                                    {"f16", 16}, {"f32", 32}, {"f64", 64}, {"f8e5m2", 8}, {"f8e4m3fn", 8}};
  for (const Entry &entry : table)
    if (entry.name == dtype)
      return entry.bits;
  return 0;
}

int64_t dtypeBytes(const std::string &dtype) {
  return (dtypeBits(dtype) + 7) / 8;
}

namespace {

/// A float of 8 or 16 bits, from double in one rounding.
uint32_t encodeNarrow(double value, int width, int mantissa, bool hasInfinity) {
  int exponentBits = width - 1 - mantissa, bias = (1 << (exponentBits - 1)) - 1;
  uint32_t sign = std::signbit(value) ? 1u << (width - 1) : 0;
  uint32_t top = hasInfinity ? ((1u << exponentBits) - 1) << mantissa : (1u << (width - 1)) - 1;
  if (std::isnan(value))
    return sign | top | 1u << (mantissa - 1);
  if (std::isinf(value) || value == 0)
    return sign | (value == 0 ? 0 : top);
  int exponent = 0;
  std::frexp(value, &exponent);
  int lowest = std::max(exponent - 1, 1 - bias) - mantissa; // the exponent of the last place
  double scaled = std::nearbyint(std::ldexp(std::fabs(value), -lowest));
  double bits = scaled + std::ldexp(static_cast<double>(lowest + mantissa + bias - 1), mantissa);
  return sign | (bits >= top ? top : static_cast<uint32_t>(bits));
}

/// The other way. A type without infinities has a single NaN, all ones.
double decodeNarrow(int bits, int width, int mantissa, bool hasInfinity) {
  int exponentBits = width - 1 - mantissa, bias = (1 << (exponentBits - 1)) - 1, sign = 1 << (width - 1);
  int exponent = (bits >> mantissa) & ((1 << exponentBits) - 1), fraction = bits & ((1 << mantissa) - 1);
  double magnitude;
  if (!hasInfinity && (bits & (sign - 1)) == sign - 1)
    magnitude = std::numeric_limits<double>::quiet_NaN();
  else if (hasInfinity && exponent == (1 << exponentBits) - 1)
    magnitude = fraction ? std::numeric_limits<double>::quiet_NaN() : std::numeric_limits<double>::infinity();
  else if (exponent == 0)
    magnitude = std::ldexp(fraction, 1 - bias - mantissa);
  else
    magnitude = std::ldexp(fraction + (1 << mantissa), exponent - bias - mantissa);
  return bits & sign ? -magnitude : magnitude;
}

template <typename T> T get(const void *from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

template <typename T> bool put(void *out, T value) {
  std::memcpy(out, &value, sizeof value);
  return true;
}

bool storeFloat(const std::string &dtype, double value, void *out) {
  if (dtype == "f64")
    return put(out, value);
  if (dtype == "f32")
    return put(out, static_cast<float>(value));
  if (dtype == "f16")
    return put(out, static_cast<uint16_t>(encodeNarrow(value, 16, 10, true)));
  if (dtype == "bf16")
    return put(out, static_cast<uint16_t>(encodeNarrow(value, 16, 7, true)));
  if (dtype == "f8e5m2")
    return put(out, static_cast<uint8_t>(encodeNarrow(value, 8, 2, true)));
  return put(out, static_cast<uint8_t>(encodeNarrow(value, 8, 3, false)));
}

} // namespace

bool storeNumber(const std::string &dtype, const std::string &number, void *out) {
  bool isTrue = number == "true", isWord = isTrue || number == "false";
  if (dtype == "bool" && isWord)
    return put(out, static_cast<uint8_t>(isTrue));
  char *end = nullptr;
  if (dtype[0] == 'f' || dtype == "bf16") {
    double value = std::strtod(number.c_str(), &end);
    return !number.empty() && *end == '\0' && storeFloat(dtype, value, out);
  }
  auto bits = static_cast<int>(dtype == "bool" ? 1 : dtypeBits(dtype));
  bool isSigned = dtype[0] == 'i';
  errno = 0;
  uint64_t value = isSigned ? static_cast<uint64_t>(std::strtoll(number.c_str(), &end, 10))
                            : std::strtoull(number.c_str(), &end, 10);
  if (number.empty() || *end != '\0' || errno || bits == 0 || (!isSigned && number[0] == '-'))
    return false;
  if (isSigned && bits < 64 && static_cast<uint64_t>(static_cast<int64_t>(value) + (int64_t(1) << (bits - 1))) >> bits)
    return false;
  if (!isSigned && bits < 64 && value >> bits)
    return false;
  switch (dtypeBytes(dtype)) {
  case 1: return put(out, static_cast<uint8_t>(bits == 4 ? value & 0xf : value));
  case 2: return put(out, static_cast<uint16_t>(value));
  case 4: return put(out, static_cast<uint32_t>(value));
  default: return put(out, value);
  }
}

double loadFloat(const std::string &dtype, const void *element) {
  if (dtype == "f64")
    return get<double>(element);
  if (dtype == "f32")
    return static_cast<double>(get<float>(element));
  if (dtype == "f16")
    return decodeNarrow(get<uint16_t>(element), 16, 10, true);
  if (dtype == "bf16")
    return decodeNarrow(get<uint16_t>(element), 16, 7, true);
  if (dtype == "f8e5m2")
    return decodeNarrow(get<uint8_t>(element), 8, 2, true);
  return decodeNarrow(get<uint8_t>(element), 8, 3, false);
}

bool isFloatType(const std::string &dtype) {
  return dtypeBits(dtype) && (dtype[0] == 'f' || dtype == "bf16");
}

std::optional<int64_t> bytesOfElements(const std::string &dtype, int64_t count) {
  int64_t bits = dtypeBits(dtype), bytes;
  if (bits < 8)
    return count / 2 + count % 2; // two a byte
  if (__builtin_mul_overflow(bits / 8, count, &bytes))
    return std::nullopt;
  return bytes;
}

} // namespace flex
