//===- Entry.h - The bytes of one cache entry ------------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A file holds its key's parts beside the payload, so that an entry can be
// explained, and a hash collision or a renamed file is noticed. Private to
// runtime/Cache; the format is in docs/decisions/cache.md.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Runtime/Cache.h"

namespace flex::rt {

struct EntryContent {
  KeyValues parts, attributes;
  std::vector<uint8_t> payload;
};

std::vector<uint8_t> encodeEntry(const KeyValues &parts, const KeyValues &attributes,
                                 const std::vector<uint8_t> &payload);

/// Any bytes give an entry or DataLoss.
StatusOr<EntryContent> decodeEntry(const std::vector<uint8_t> &file);

} // namespace flex::rt
