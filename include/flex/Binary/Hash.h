//===- Hash.h - The content hash of everything stored ----------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// XXH3-128: checksums of images and cache entries, cache keys, and the hashes
// of imported files that compiler and runtime exchange. Not cryptographic: the
// cache's directory is private to its user instead.
//
//===----------------------------------------------------------------------===//
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace flex {

/// In canonical (big endian) byte order.
using ContentDigest = std::array<uint8_t, 16>;

ContentDigest contentDigest(const void *data, size_t size);

/// The digest as 32 lower-case hexadecimal digits.
std::string contentHash(const void *data, size_t size);
std::string contentHash(std::string_view text);
std::string digestToHex(const ContentDigest &digest);

} // namespace flex
