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

std::optional<int64_t> bytesOfElements(const std::string &dtype, int64_t count) {
  int64_t bits = dtypeBits(dtype), bytes;
  if (bits < 8)
    return count / 2 + count % 2; // two a byte
  if (__builtin_mul_overflow(bits / 8, count, &bytes))
    return std::nullopt;
  return bytes;
}

} // namespace flex
