//===- Hash.cpp - The content hash of everything stored ------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// xxHash is inlined here, so that nothing else needs its header or library.
//
//===----------------------------------------------------------------------===//
#include "flex/Binary/Hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>

namespace flex {

ContentDigest contentDigest(const void *data, size_t size) {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits(data, size));
  ContentDigest digest;
  std::copy(std::begin(canonical.digest), std::end(canonical.digest), digest.begin());
  return digest;
}

std::string digestToHex(const ContentDigest &digest) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string hex;
  hex.reserve(digest.size() * 2);
  for (uint8_t byte : digest) {
    hex += digits[byte >> 4];
    hex += digits[byte & 15];
  }
  return hex;
}

std::string contentHash(const void *data, size_t size) {
  return digestToHex(contentDigest(data, size));
}
std::string contentHash(std::string_view text) {
  return contentHash(text.data(), text.size());
}

} // namespace flex
