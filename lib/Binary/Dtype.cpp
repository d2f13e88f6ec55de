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

int64_t dtypeBytes(const std::string &dtype) {
  struct Entry {
    std::string_view name;
    int64_t bytes;
  };
  static constexpr Entry table[] = {{"bool", 1}, {"i8", 1},  {"u8", 1},  {"i16", 2}, {"u16", 2},
                                    {"i32", 4},  {"u32", 4}, {"i64", 8}, {"u64", 8}, {"bf16", 2},
                                    {"f16", 2},  {"f32", 4}, {"f64", 8}};
  for (const Entry &entry : table)
    if (entry.name == dtype)
      return entry.bytes;
  return 0;
}

} // namespace flex
