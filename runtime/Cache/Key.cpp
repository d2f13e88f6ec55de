//===- Key.cpp - What a cache entry depends on ---------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Names and values are hashed with their lengths, so that no two keys run
// together to the same bytes.
//
//===----------------------------------------------------------------------===//
#include "flex/Binary/Hash.h"
#include "flex/Runtime/Cache.h"

namespace flex::rt {

CacheKey &CacheKey::add(std::string_view name, std::string_view value) {
  keyParts.emplace_back(name, value);
  return *this;
}

std::string CacheKey::hash() const {
  std::string bytes;
  auto put = [&](const std::string &text) {
    uint64_t size = text.size();
    for (int i = 0; i < 8; ++i)
      bytes += static_cast<char>(size >> (8 * i));
    bytes += text;
  };
  for (const auto &[name, value] : keyParts) {
    put(name);
    put(value);
  }
  return contentHash(bytes);
}

} // namespace flex::rt
