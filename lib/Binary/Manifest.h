//===- Manifest.h - The image's manifest, to and from JSON -----*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The manifest holds everything of an Image but the large byte strings
// (payloads, constants, tensor IR), which it names by their section's index.
// Private to lib/Binary.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Binary/Image.h"

#include <string>
#include <vector>

namespace flex::binary {

/// A section as the manifest's reader sees it.
struct SectionRef {
  uint32_t kind;
  const uint8_t *data;
  uint64_t size;
};

enum SectionKind : uint32_t { Manifest = 1, Payload = 2, Constants = 3, TensorIR = 4 };

constexpr size_t kMaxManifestBytes = 16u << 20;
constexpr size_t kMaxNesting = 16;
constexpr size_t kMaxExprBytes = 4096;
constexpr size_t kMaxRank = 32;

/// The manifest's text; section indices are assigned in the order of
/// `collectSections`: per kernel its constants, then its payloads; then the IR.
std::string writeManifest(const Image &image);

/// Reads and checks the manifest (sections[0]) and copies the sections it names.
StatusOr<Image> readManifest(const std::vector<SectionRef> &sections);

} // namespace flex::binary
