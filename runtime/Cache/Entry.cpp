//===- Entry.cpp - The bytes of one cache entry --------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Magic, version, counts and sizes, the key's parts, the attributes, the
// payload, and last the checksum of all that comes before it.
//
//===----------------------------------------------------------------------===//
#include "Entry.h"

#include "flex/Binary/Hash.h"

#include <cstring>

namespace flex::rt {
namespace {

constexpr char kMagic[8] = {'F', 'L', 'E', 'X', 'C', 'A', 'C', '1'};
constexpr size_t kChecksumBytes = 16;

void putNumber(std::vector<uint8_t> &out, uint64_t value) {
  for (int i = 0; i < 8; ++i)
    out.push_back(static_cast<uint8_t>(value >> (8 * i)));
}

void putText(std::vector<uint8_t> &out, const std::string &text) {
  putNumber(out, text.size());
  out.insert(out.end(), text.begin(), text.end());
}

void putPairs(std::vector<uint8_t> &out, const KeyValues &pairs) {
  putNumber(out, pairs.size());
  for (const auto &[name, value] : pairs) {
    putText(out, name);
    putText(out, value);
  }
}

/// Reads forward; after a failure everything reads as empty.
class Cursor {
public:
  Cursor(const uint8_t *data, size_t size) : at(data), left(size) {}
  bool good() const { return ok; }
  bool atEnd() const { return ok && left == 0; }

  uint64_t number() {
    const uint8_t *bytes = take(8);
    uint64_t value = 0;
    for (int i = 0; bytes && i < 8; ++i)
      value |= static_cast<uint64_t>(bytes[i]) << (8 * i);
    return value;
  }
  std::string text() {
    uint64_t size = number();
    const uint8_t *bytes = take(size);
    return bytes ? std::string(reinterpret_cast<const char *>(bytes), size) : std::string();
  }
  KeyValues pairs() {
    KeyValues out;
    for (uint64_t i = 0, n = number(); ok && i < n; ++i) {
      std::string name = text();
      out.emplace_back(std::move(name), text());
    }
    return out;
  }
  std::vector<uint8_t> bytes() {
    uint64_t size = number();
    const uint8_t *data = take(size);
    return data ? std::vector<uint8_t>(data, data + size) : std::vector<uint8_t>();
  }

private:
  const uint8_t *take(uint64_t size) {
    if (!ok || size > left) {
      ok = false;
      return nullptr;
    }
    const uint8_t *data = at;
    at += size;
    left -= size;
    return data;
  }
  const uint8_t *at;
  uint64_t left;
  bool ok = true;
};

Status damaged(const char *what) {
  return {StatusCode::DataLoss, std::string("damaged cache entry: ") + what};
}

} // namespace

std::vector<uint8_t> encodeEntry(const KeyValues &parts, const KeyValues &attributes,
                                 const std::vector<uint8_t> &payload) {
  std::vector<uint8_t> out(std::begin(kMagic), std::end(kMagic));
  putPairs(out, parts);
  putPairs(out, attributes);
  putNumber(out, payload.size());
  out.insert(out.end(), payload.begin(), payload.end());
  ContentDigest digest = contentDigest(out.data(), out.size());
  out.insert(out.end(), digest.begin(), digest.end());
  return out;
}

StatusOr<EntryContent> decodeEntry(const std::vector<uint8_t> &file) {
  if (file.size() < sizeof kMagic + kChecksumBytes || std::memcmp(file.data(), kMagic, sizeof kMagic) != 0)
    return damaged("it does not start like one");
  size_t size = file.size() - kChecksumBytes;
  ContentDigest digest = contentDigest(file.data(), size);
  if (std::memcmp(digest.data(), file.data() + size, kChecksumBytes) != 0)
    return damaged("the checksum does not match the content");
  Cursor cursor(file.data() + sizeof kMagic, size - sizeof kMagic);
  EntryContent entry;
  entry.parts = cursor.pairs();
  entry.attributes = cursor.pairs();
  entry.payload = cursor.bytes();
  if (!cursor.atEnd())
    return damaged("its parts do not add up to its size");
  return entry;
}

} // namespace flex::rt
