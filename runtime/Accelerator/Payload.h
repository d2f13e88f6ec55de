//===- Payload.h - Is a binary payload whole? ------------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Vendors' readers end the process on a binary that is cut, so it is checked
// before they see it. Nothing here reads beyond the bytes given.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Support/Status.h"

#include <cstdint>
#include <string>
#include <vector>

namespace flex::rt::accelerator {

/// A binary of 32-bit words: a header, then instructions whose first word has their length in its high half and their
/// opcode in its low half.
struct WordFormat {
  const char *kind; ///< for messages: "a … module"
  uint32_t magic;   ///< the first word
  size_t headerWords;
  uint32_t lastOpcode; ///< of the instruction that ends a whole binary
};

/// DataLoss unless the instructions end where the bytes end.
Status checkWords(const std::vector<uint8_t> &module, const WordFormat &format);

/// A 64-bit little-endian ELF file of one machine, all of whose sections lie within the bytes.
class ElfFile {
public:
  /// `bytes` must outlive the result. `kind` names it in messages: "a code object".
  static StatusOr<ElfFile> open(const std::vector<uint8_t> &bytes, uint16_t machine, const std::string &kind);
  /// The `size` bytes that a symbol of the symbol tables stands for, or null.
  const uint8_t *symbol(const std::string &name, size_t size) const;

private:
  struct Section {
    uint32_t type, link;
    uint64_t address, offset, size, entrySize;
  };
  explicit ElfFile(const std::vector<uint8_t> &bytes) : bytes(&bytes) {}
  template <typename T> T at(uint64_t offset) const;
  Section sectionAt(uint64_t offset) const;
  bool isInside(uint64_t offset, uint64_t size) const {
    return offset <= bytes->size() && size <= bytes->size() - offset;
  }
  const uint8_t *dataOf(uint64_t section, uint64_t address, size_t size) const;

  const std::vector<uint8_t> *bytes;
  std::vector<Section> sections;
};

} // namespace flex::rt::accelerator
