//===- Zip.cpp - As much of zip as .npz files need ------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Sizes come from the central directory, bytes from zlib's inflate, which is
// given no more room than the directory promises; the checksum must agree.
//
//===----------------------------------------------------------------------===//
#include "Zip.h"
#include "Text.h"

#include <cstring>
#include <zlib.h>

namespace flex::tool {
namespace {

constexpr uint32_t kLocal = 0x04034b50, kCentral = 0x02014b50, kEnd = 0x06054b50, kEnd64 = 0x06064b50,
                   kLocator64 = 0x07064b50;
constexpr uint64_t kMaxMember = uint64_t(1) << 36;
constexpr size_t kMaxMembers = 65536;

/// Little-endian reads that fail softly beyond the end.
class Bytes {
public:
  explicit Bytes(std::string_view bytes) : bytes(bytes) {}
  bool has(uint64_t offset, uint64_t size) const { return offset <= bytes.size() && size <= bytes.size() - offset; }
  uint64_t read(uint64_t offset, unsigned size) const {
    uint64_t value = 0;
    if (has(offset, size))
      for (unsigned i = 0; i < size; ++i)
        value |= static_cast<uint64_t>(static_cast<uint8_t>(bytes[offset + i])) << (8 * i);
    return value;
  }

private:
  std::string_view bytes;
};

/// Sizes that did not fit 32 bits are in an extra field, in this order.
void readZip64(const Bytes &bytes, uint64_t extra, uint64_t end, ZipMember &member) {
  while (extra + 4 <= end) {
    uint64_t id = bytes.read(extra, 2), size = bytes.read(extra + 2, 2), at = extra + 4;
    extra = at + size;
    if (id != 1 || extra > end)
      continue;
    for (uint64_t *field : {&member.size, &member.packedSize, &member.headerOffset})
      if (*field == 0xffffffff && at + 8 <= extra) {
        *field = bytes.read(at, 8);
        at += 8;
      }
  }
}

} // namespace

bool isZip(std::string_view bytes) {
  return startsWith(bytes, std::string_view("PK\3\4", 4)) || startsWith(bytes, std::string_view("PK\5\6", 4));
}

StatusOr<std::vector<ZipMember>> listZip(std::string_view text, const std::string &name) {
  auto bad = [&](const char *why) {
    return Status(StatusCode::InvalidArgument, "'" + name + "' is no usable .npz file: " + why);
  };
  Bytes bytes(text);
  // The end record is the last thing, before a comment of at most 64 KiB.
  uint64_t lowest = text.size() > 22 + 65535 ? text.size() - 22 - 65535 : 0, at = text.size();
  bool found = false;
  for (uint64_t i = text.size() >= 22 ? text.size() - 22 + 1 : 0; i-- > lowest;)
    if (bytes.read(i, 4) == kEnd) {
      at = i;
      found = true;
      break;
    }
  if (!found)
    return bad("the directory at its end is missing (a file cut short?)");
  uint64_t count = bytes.read(at + 10, 2), offset = bytes.read(at + 16, 4);
  if ((count == 0xffff || offset == 0xffffffff) && at >= 20 && bytes.read(at - 20, 4) == kLocator64) {
    uint64_t end64 = bytes.read(at - 12, 8);
    if (!bytes.has(end64, 56) || bytes.read(end64, 4) != kEnd64)
      return bad("its zip64 directory is damaged");
    count = bytes.read(end64 + 32, 8);
    offset = bytes.read(end64 + 48, 8);
  }
  if (count > kMaxMembers)
    return bad("it has more than 65536 members");
  std::vector<ZipMember> members;
  for (uint64_t i = 0; i < count; ++i) {
    if (!bytes.has(offset, 46) || bytes.read(offset, 4) != kCentral)
      return bad("its directory is damaged");
    ZipMember member;
    member.flags = static_cast<uint16_t>(bytes.read(offset + 8, 2));
    member.method = static_cast<uint16_t>(bytes.read(offset + 10, 2));
    member.crc = static_cast<uint32_t>(bytes.read(offset + 16, 4));
    member.packedSize = bytes.read(offset + 20, 4);
    member.size = bytes.read(offset + 24, 4);
    member.headerOffset = bytes.read(offset + 42, 4);
    uint64_t nameSize = bytes.read(offset + 28, 2), extraSize = bytes.read(offset + 30, 2),
             comment = bytes.read(offset + 32, 2);
    if (!bytes.has(offset + 46, nameSize + extraSize + comment))
      return bad("its directory is damaged");
    member.name = text.substr(offset + 46, nameSize);
    readZip64(bytes, offset + 46 + nameSize, offset + 46 + nameSize + extraSize, member);
    offset += 46 + nameSize + extraSize + comment;
    members.push_back(std::move(member));
  }
  return members;
}

StatusOr<std::string> extractZip(std::string_view text, const ZipMember &member, const std::string &name) {
  auto bad = [&](const std::string &why) {
    return Status(StatusCode::InvalidArgument, "'" + name + "': member '" + printable(member.name) + "' " + why);
  };
  Bytes bytes(text);
  if (member.flags & 1)
    return bad("is encrypted");
  if (!bytes.has(member.headerOffset, 30) || bytes.read(member.headerOffset, 4) != kLocal)
    return bad("is damaged: no local header");
  uint64_t data =
      member.headerOffset + 30 + bytes.read(member.headerOffset + 26, 2) + bytes.read(member.headerOffset + 28, 2);
  if (!bytes.has(data, member.packedSize) || member.size > kMaxMember)
    return bad("is damaged: its bytes are not all there");
  std::string_view packed = text.substr(data, member.packedSize);
  std::string out;
  if (member.method == 0) {
    if (member.size != member.packedSize)
      return bad("is damaged: two sizes disagree");
    out = packed;
  } else if (member.method == 8) {
    // Deflate never does better than 1032 to 1: a promise beyond that is a lie, and would only cost memory.
    if (member.size / 1032 > member.packedSize + 1)
      return bad("is damaged: it promises more bytes than it can hold");
    out.resize(member.size);
    z_stream stream = {};
    if (inflateInit2(&stream, -MAX_WBITS) != Z_OK)
      return Status(StatusCode::ResourceExhausted, "zlib cannot start");
    // Input and output are given in pieces: zlib's counters have 32 bits.
    uint64_t in = 0, done = 0;
    int code = Z_OK;
    char spare; // room beyond the end, so that a member that is too long shows itself
    while (code == Z_OK) {
      uInt give = static_cast<uInt>(std::min<uint64_t>(packed.size() - in, 1u << 30));
      uInt room = static_cast<uInt>(std::min<uint64_t>(out.size() - done, 1u << 30));
      stream.next_in = reinterpret_cast<Bytef *>(const_cast<char *>(packed.data() + in));
      stream.avail_in = give;
      stream.next_out = reinterpret_cast<Bytef *>(room ? out.data() + done : &spare);
      stream.avail_out = room ? room : 1;
      uInt offered = stream.avail_out;
      code = inflate(&stream, Z_NO_FLUSH);
      in += give - stream.avail_in;
      done += offered - stream.avail_out;
      if (done > out.size())
        break;
    }
    inflateEnd(&stream);
    if (code != Z_STREAM_END || done != out.size())
      return bad("is damaged: it does not inflate to the size it promises");
  } else {
    return bad("is compressed by method " + std::to_string(member.method) + "; stored and deflated members are read");
  }
  uLong crc = crc32(0, nullptr, 0);
  for (size_t i = 0; i < out.size(); i += 1u << 30)
    crc = crc32(crc, reinterpret_cast<const Bytef *>(out.data() + i),
                static_cast<uInt>(std::min<size_t>(out.size() - i, 1u << 30)));
  if (crc != member.crc)
    return bad("is damaged: the checksum does not agree");
  return out;
}

StatusOr<std::string> formatZip(const std::vector<std::pair<std::string, std::string>> &members) {
  std::string out, directory;
  auto put = [](std::string &to, uint64_t value, unsigned size) {
    for (unsigned i = 0; i < size; ++i)
      to += static_cast<char>(value >> (8 * i));
  };
  for (const auto &[name, data] : members) {
    uint64_t offset = out.size();
    if (offset + data.size() + name.size() + 128 > 0xffffffff)
      return Status(StatusCode::ResourceExhausted, "a .npz file beyond 4 GiB: write several .npy files");
    uLong crc = crc32(0, reinterpret_cast<const Bytef *>(data.data()), static_cast<uInt>(data.size()));
    std::string common; // from "version needed" to "extra length", the same in both headers
    put(common, 20, 2), put(common, 0, 2), put(common, 0, 2), put(common, 0x0021, 4);
    put(common, crc, 4), put(common, data.size(), 4), put(common, data.size(), 4), put(common, name.size(), 2),
        put(common, 0, 2);
    put(out, kLocal, 4);
    out += common + name + data;
    put(directory, kCentral, 4), put(directory, 20, 2);
    directory += common;
    put(directory, 0, 2), put(directory, 0, 2), put(directory, 0, 2), put(directory, 0, 4), put(directory, offset, 4);
    directory += name;
  }
  uint64_t start = out.size();
  out += directory;
  put(out, kEnd, 4), put(out, 0, 4), put(out, members.size(), 2), put(out, members.size(), 2);
  put(out, directory.size(), 4), put(out, start, 4), put(out, 0, 2);
  return out;
}

} // namespace flex::tool
