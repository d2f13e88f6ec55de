//===- Image.cpp - The container of a kernel image -----------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Header, section table, sections, checksum: docs/reference/image-format.md.
// Invariant of the reader: no byte is used before its range was checked, and
// the checksum is verified before anything but the header is interpreted.
//
//===----------------------------------------------------------------------===//
#include "Manifest.h"
#include "flex/Binary/Hash.h"

#include <cstring>

namespace flex {
namespace {

constexpr char kMagic[8] = {'F', 'L', 'E', 'X', 'I', 'M', 'G', '\n'};
constexpr uint32_t kVersion = 1;
constexpr size_t kHeaderBytes = 24;
constexpr size_t kTableEntryBytes = 24;
constexpr size_t kChecksumBytes = 16;
constexpr size_t kAlignment = 64;
constexpr uint32_t kMaxSections = 1u << 16;

struct OutSection {
  uint32_t kind;
  const uint8_t *data;
  size_t size;
};

template <typename T> void store(std::vector<uint8_t> &out, size_t at, T value) {
  for (size_t i = 0; i < sizeof(T); ++i)
    out[at + i] = static_cast<uint8_t>(value >> (8 * i));
}

template <typename T> T load(const uint8_t *data) {
  T value = 0;
  for (size_t i = 0; i < sizeof(T); ++i)
    value |= static_cast<T>(data[i]) << (8 * i);
  return value;
}

size_t alignUp(size_t value) {
  return (value + kAlignment - 1) / kAlignment * kAlignment;
}

/// In the order that writeManifest numbers them.
std::vector<OutSection> collectSections(const Image &image, const std::string &manifest) {
  std::vector<OutSection> sections;
  sections.push_back({binary::Manifest, reinterpret_cast<const uint8_t *>(manifest.data()), manifest.size()});
  for (const ImageKernel &kernel : image.kernels) {
    if (!kernel.constants.empty())
      sections.push_back({binary::Constants, kernel.constants.data(), kernel.constants.size()});
    for (const ImageProgram &program : kernel.programs)
      sections.push_back({binary::Payload, program.payload.data(), program.payload.size()});
  }
  if (!image.tensorIR.empty())
    sections.push_back({binary::TensorIR, image.tensorIR.data(), image.tensorIR.size()});
  return sections;
}

Status damaged(const std::string &what) {
  return {StatusCode::DataLoss, "damaged kernel image: " + what};
}

/// Sections lie in the table's order, aligned, without overlap, between the
/// table and the checksum.
StatusOr<std::vector<binary::SectionRef>> readTable(const uint8_t *data, size_t size) {
  auto count = load<uint32_t>(data + 12);
  if (count == 0 || count > kMaxSections || count > (size - kHeaderBytes - kChecksumBytes) / kTableEntryBytes)
    return damaged("a section table of " + std::to_string(count) + " entries does not fit the file");
  uint64_t begin = kHeaderBytes + count * kTableEntryBytes, end = size - kChecksumBytes;
  std::vector<binary::SectionRef> sections;
  for (uint32_t i = 0; i < count; ++i) {
    const uint8_t *entry = data + kHeaderBytes + i * kTableEntryBytes;
    auto kind = load<uint32_t>(entry), reserved = load<uint32_t>(entry + 4);
    auto offset = load<uint64_t>(entry + 8), bytes = load<uint64_t>(entry + 16);
    if (reserved != 0 || offset % kAlignment || offset < begin || offset > end || bytes > end - offset)
      return damaged("section " + std::to_string(i) + " lies outside the file");
    begin = offset + bytes;
    sections.push_back({kind, data + offset, bytes});
  }
  return sections;
}

} // namespace

std::vector<uint8_t> writeImage(const Image &image) {
  std::string manifest = binary::writeManifest(image);
  std::vector<OutSection> sections = collectSections(image, manifest);
  assert(sections.size() <= kMaxSections && "an image holds at most 65536 sections");
  std::vector<uint8_t> out(kHeaderBytes + sections.size() * kTableEntryBytes);
  std::memcpy(out.data(), kMagic, sizeof kMagic);
  store<uint32_t>(out, 8, kVersion);
  store<uint32_t>(out, 12, static_cast<uint32_t>(sections.size()));
  for (size_t i = 0; i < sections.size(); ++i) {
    size_t entry = kHeaderBytes + i * kTableEntryBytes, offset = alignUp(out.size());
    store<uint32_t>(out, entry, sections[i].kind);
    store<uint64_t>(out, entry + 8, offset);
    store<uint64_t>(out, entry + 16, sections[i].size);
    out.resize(offset);
    out.insert(out.end(), sections[i].data, sections[i].data + sections[i].size);
  }
  store<uint64_t>(out, 16, out.size() + kChecksumBytes);
  ContentDigest digest = contentDigest(out.data(), out.size());
  out.insert(out.end(), digest.begin(), digest.end());
  return out;
}

StatusOr<Image> readImage(const uint8_t *data, size_t size) {
  if (size < sizeof kMagic || std::memcmp(data, kMagic, sizeof kMagic) != 0)
    return Status(StatusCode::InvalidArgument, "not a kernel image: the file does not start with FLEXIMG");
  if (size < kHeaderBytes + kTableEntryBytes + kChecksumBytes)
    return damaged("the file ends inside the header");
  if (auto version = load<uint32_t>(data + 8); version != kVersion)
    return Status(StatusCode::InvalidArgument, "kernel image of format version " + std::to_string(version) +
                                                   ", this build reads version " + std::to_string(kVersion));
  if (auto stated = load<uint64_t>(data + 16); stated != size)
    return damaged("the file has " + std::to_string(size) + " bytes, its header says " + std::to_string(stated));
  ContentDigest digest = contentDigest(data, size - kChecksumBytes);
  if (std::memcmp(digest.data(), data + size - kChecksumBytes, kChecksumBytes) != 0)
    return damaged("the checksum does not match the content");
  auto sections = readTable(data, size);
  if (!sections)
    return sections.status();
  return binary::readManifest(*sections);
}

} // namespace flex
