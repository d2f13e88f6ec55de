//===- Zip.h - As much of zip as .npz files need ----------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Members that are stored or deflated, with zip64 sizes. No encryption, no
// splitting: both are named when met.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Support/Status.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace flex::tool {

struct ZipMember {
  std::string name;
  uint64_t headerOffset = 0, packedSize = 0, size = 0;
  uint32_t crc = 0;
  uint16_t method = 0, flags = 0;
};

bool isZip(std::string_view bytes);
/// The central directory. Any bytes give a list or a Status.
StatusOr<std::vector<ZipMember>> listZip(std::string_view bytes, const std::string &name);
StatusOr<std::string> extractZip(std::string_view bytes, const ZipMember &member, const std::string &name);
/// Stored members; ResourceExhausted beyond 4 GiB.
StatusOr<std::string> formatZip(const std::vector<std::pair<std::string, std::string>> &members);

} // namespace flex::tool
