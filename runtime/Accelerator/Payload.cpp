//===- Payload.cpp - Is a binary payload whole? --------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Offsets are those of Elf64_Ehdr, Elf64_Shdr and Elf64_Sym (System V ABI).
//
//===----------------------------------------------------------------------===//
#include "Accelerator/Payload.h"

#include <cstring>

namespace flex::rt::accelerator {

Status checkWords(const std::vector<uint8_t> &module, const WordFormat &format) {
  std::vector<uint32_t> words(module.size() / sizeof(uint32_t));
  if (!words.empty())
    std::memcpy(words.data(), module.data(), words.size() * sizeof(uint32_t));
  if (module.size() % sizeof(uint32_t) != 0 || words.size() <= format.headerWords || words[0] != format.magic)
    return {StatusCode::DataLoss, std::string("the payload is not ") + format.kind};
  uint32_t opcode = 0;
  for (size_t at = format.headerWords; at < words.size();) {
    size_t count = words[at] >> 16;
    opcode = words[at] & 0xffff;
    if (count == 0 || count > words.size() - at)
      return {StatusCode::DataLoss,
              "the payload, " + std::string(format.kind) + ", is damaged at word " + std::to_string(at)};
    at += count;
  }
  if (opcode != format.lastOpcode)
    return {StatusCode::DataLoss, "the payload, " + std::string(format.kind) + ", ends before its last function does"};
  return Status::ok();
}

namespace {

constexpr uint64_t kHeaderBytes = 64, kSectionBytes = 64, kSymbolBytes = 24;
constexpr uint32_t kSymbolTable = 2, kNoBits = 8, kDynamicSymbols = 11;

} // namespace

template <typename T> T ElfFile::at(uint64_t offset) const {
  T value;
  std::memcpy(&value, bytes->data() + offset, sizeof value);
  return value;
}

ElfFile::Section ElfFile::sectionAt(uint64_t offset) const {
  return {at<uint32_t>(offset + 4),  at<uint32_t>(offset + 40), at<uint64_t>(offset + 16),
          at<uint64_t>(offset + 24), at<uint64_t>(offset + 32), at<uint64_t>(offset + 56)};
}

StatusOr<ElfFile> ElfFile::open(const std::vector<uint8_t> &bytes, uint16_t machine, const std::string &kind) {
  constexpr uint8_t kIdentity[] = {0x7f, 'E', 'L', 'F', 2 /*64 bits*/, 1 /*little endian*/, 1 /*version*/};
  ElfFile file(bytes);
  if (bytes.size() < kHeaderBytes || std::memcmp(bytes.data(), kIdentity, sizeof kIdentity) != 0)
    return Status(StatusCode::DataLoss, "the payload is not " + kind + ": it is no ELF file");
  if (file.at<uint16_t>(18) != machine)
    return Status(StatusCode::DataLoss,
                  "the payload is not " + kind + ": it is for ELF machine " + std::to_string(file.at<uint16_t>(18)));
  auto first = file.at<uint64_t>(40);
  auto entryBytes = file.at<uint16_t>(58), count = file.at<uint16_t>(60);
  Status damaged(StatusCode::DataLoss, "the payload, " + kind + ", is damaged: it is shorter than its headers say");
  if (count == 0 || entryBytes != kSectionBytes || !file.isInside(first, uint64_t{count} * kSectionBytes))
    return damaged;
  for (uint64_t i = 0; i < count; ++i) {
    Section section = file.sectionAt(first + i * kSectionBytes);
    if (section.type != 0 && section.type != kNoBits && !file.isInside(section.offset, section.size))
      return damaged;
    file.sections.push_back(section);
  }
  return file;
}

const uint8_t *ElfFile::dataOf(uint64_t index, uint64_t address, size_t size) const {
  if (index == 0 || index >= sections.size())
    return nullptr;
  const Section &section = sections[index];
  uint64_t offset = address - section.address;
  if (section.type == kNoBits || address < section.address || offset > section.size || size > section.size - offset)
    return nullptr;
  return bytes->data() + section.offset + offset;
}

const uint8_t *ElfFile::symbol(const std::string &name, size_t size) const {
  for (const Section &table : sections) {
    if ((table.type != kSymbolTable && table.type != kDynamicSymbols) || table.entrySize != kSymbolBytes ||
        table.link >= sections.size())
      continue;
    const Section &names = sections[table.link];
    for (uint64_t at = 0; at + kSymbolBytes <= table.size; at += kSymbolBytes) {
      uint64_t place = table.offset + at, nameAt = this->at<uint32_t>(place);
      if (names.type == kNoBits || nameAt >= names.size || names.size - nameAt <= name.size() ||
          std::memcmp(bytes->data() + names.offset + nameAt, name.c_str(), name.size() + 1) != 0)
        continue;
      if (const uint8_t *data = dataOf(this->at<uint16_t>(place + 6), this->at<uint64_t>(place + 8), size))
        return data;
    }
  }
  return nullptr;
}

} // namespace flex::rt::accelerator
