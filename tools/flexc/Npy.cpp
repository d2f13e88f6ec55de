//===- Npy.cpp - NumPy's .npy files ---------------------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The header is a Python literal: a dictionary with 'descr', 'fortran_order' and
// 'shape'. Every length is checked against the bytes that are there.
//
//===----------------------------------------------------------------------===//
#include "Npy.h"
#include "Text.h"
#include "Zip.h"
#include "flex/Binary/Image.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace flex::tool {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr size_t kMaxHeader = 1 << 16;
constexpr uint64_t kMaxFile = uint64_t(1) << 40;
constexpr size_t kMaxRank = 16;

struct Header {
  std::string descr;
  bool fortranOrder = false;
  std::vector<int64_t> shape;
};

/// The Python dictionary, field by field. Anything unexpected stops it.
class HeaderParser {
public:
  explicit HeaderParser(std::string_view text) : text(text) {}

  bool parse(Header &header) {
    if (!take('{'))
      return false;
    bool seen[3] = {};
    while (!take('}')) {
      std::string key;
      if (!string(key) || !take(':'))
        return false;
      bool good = key == "descr"           ? descr(header.descr)
                  : key == "fortran_order" ? boolean(header.fortranOrder)
                  : key == "shape"         ? shape(header.shape)
                                           : fail("unknown header field '" + printable(key) + "'");
      if (!good)
        return false;
      seen[0] |= key == "descr", seen[1] |= key == "fortran_order", seen[2] |= key == "shape";
      take(',');
    }
    return (seen[0] && seen[1] && seen[2]) || fail("the header lacks 'descr', 'fortran_order' or 'shape'");
  }

  std::string error = "the header is no Python dictionary as numpy.save writes it";

private:
  bool fail(std::string why) {
    error = std::move(why);
    return false;
  }
  void skip() { text = trim(text).empty() ? std::string_view() : text.substr(text.find_first_not_of(" \t\r\n")); }
  bool take(char c) {
    skip();
    if (text.empty() || text[0] != c)
      return false;
    text.remove_prefix(1);
    return true;
  }
  bool string(std::string &out) {
    skip();
    if (text.empty() || (text[0] != '\'' && text[0] != '"'))
      return false;
    size_t end = text.find(text[0], 1);
    if (end == std::string_view::npos)
      return false;
    out = text.substr(1, end - 1);
    text.remove_prefix(end + 1);
    return true;
  }
  bool descr(std::string &out) {
    skip();
    if (!text.empty() && text[0] == '[')
      return fail("it holds records (a structured dtype), which no Flex type matches");
    return string(out);
  }
  bool boolean(bool &out) {
    skip();
    for (bool value : {true, false}) {
      std::string_view word = value ? "True" : "False";
      if (startsWith(text, word)) {
        text.remove_prefix(word.size());
        out = value;
        return true;
      }
    }
    return false;
  }
  bool shape(std::vector<int64_t> &out) {
    if (!take('('))
      return false;
    while (!take(')')) {
      skip();
      size_t length = text.find_first_not_of("0123456789");
      auto value = parseInteger(text.substr(0, length));
      if (length == 0 || length == std::string_view::npos || !value)
        return fail("the header's shape is no tuple of whole numbers");
      out.push_back(*value);
      text.remove_prefix(length);
      if (out.size() > kMaxRank)
        return fail("the array has more than " + std::to_string(kMaxRank) + " dimensions");
      if (!take(',') && (skip(), text.empty() || text[0] != ')'))
        return false;
    }
    return true;
  }

  std::string_view text;
};

/// "<f4" to "f32"; the reason in `error` where there is no such dtype.
std::string dtypeOf(const std::string &descr, bool &swapped, std::string &error) {
  char order = descr.empty() ? 0 : descr[0];
  bool hasOrder = order == '<' || order == '>' || order == '|' || order == '=';
  std::string code = hasOrder ? descr.substr(1) : descr;
  constexpr bool littleEndian = std::endian::native == std::endian::little;
  swapped = order == (littleEndian ? '>' : '<');
  static const std::pair<const char *, const char *> table[] = {
      {"b1", "bool"}, {"?", "bool"},   {"i1", "i8"},   {"i2", "i16"},  {"i4", "i32"}, {"i8", "i64"},
      {"u1", "u8"},   {"u2", "u16"},   {"u4", "u32"},  {"u8", "u64"},  {"f2", "f16"}, {"f4", "f32"},
      {"f8", "f64"},  {"V2", "raw16"}, {"V1", "raw8"}, {"f1", "raw8"}, {"f1", "raw8"}}; // as ml_dtypes writes
                                                                                        // float8_e5m2
  for (auto [numpy, flex] : table)
    if (code == numpy)
      return flex;
  const char *what = code == "O"                                                               ? "Python objects"
                     : startsWith(code, "c")                                                   ? "complex numbers"
                     : startsWith(code, "U") || startsWith(code, "S") || startsWith(code, "a") ? "text"
                     : startsWith(code, "M") || startsWith(code, "m")                          ? "dates"
                                                                                               : nullptr;
  error = what ? std::string("it holds ") + what + " ('" + printable(descr) + "'), which no Flex type matches"
               : "unknown dtype '" + printable(descr) +
                     "'; Flex reads bool, i1 to i8, u1 to u8, f2, f4, f8, and bf16 and the eight-bit floats as NumPy "
                     "stores them";
  return "";
}

void swapBytes(uint8_t *data, size_t bytes, size_t size) {
  for (size_t i = 0; i + size <= bytes; i += size)
    std::reverse(data + i, data + i + size);
}

} // namespace

StatusOr<Array> parseNpy(std::string_view bytes, const std::string &name) {
  auto bad = [&](const std::string &why) {
    return Status(StatusCode::InvalidArgument, "'" + name + "' is no usable .npy file: " + why);
  };
  if (!startsWith(bytes, kMagic))
    return bad(bytes.empty() ? "it is empty" : "it does not start with NumPy's magic bytes");
  if (bytes.size() < 10)
    return bad("it ends inside the header");
  auto byte = [&](size_t i) { return static_cast<size_t>(static_cast<uint8_t>(bytes[i])); };
  size_t major = byte(6), start = major == 1 ? 10 : 12;
  if (major < 1 || major > 3)
    return bad("format version " + std::to_string(major) + " is unknown; 1, 2 and 3 are read");
  if (bytes.size() < start)
    return bad("it ends inside the header");
  size_t length = byte(8) | byte(9) << 8 | (major == 1 ? 0 : byte(10) << 16 | byte(11) << 24);
  if (length > kMaxHeader || start + length > bytes.size())
    return bad("its header of " + std::to_string(length) + " bytes is not all there, or is too long");
  Header header;
  HeaderParser parser(bytes.substr(start, length));
  if (!parser.parse(header))
    return bad(parser.error);
  bool swapped = false;
  std::string error, dtype = dtypeOf(header.descr, swapped, error);
  if (dtype.empty())
    return bad(error);
  size_t size = dtype == "raw16" ? 2 : dtype == "raw8" ? 1 : static_cast<size_t>(dtypeBytes(dtype));
  uint64_t needed = size, available = bytes.size() - start - length;
  for (int64_t dim : header.shape)
    if (__builtin_mul_overflow(needed, static_cast<uint64_t>(dim), &needed))
      return bad("its shape " + shapeText(header.shape) + " is too large");
  if (needed > available)
    return bad(dtype + shapeText(header.shape) + " needs " + std::to_string(needed) + " bytes, only " +
               std::to_string(available) + " are there");
  auto array = allocateArray("'" + name + "'", dtype, header.shape);
  if (!array)
    return array.status();
  array->fortranOrder = header.fortranOrder && header.shape.size() > 1;
  std::memcpy(array->data.get(), bytes.data() + start + length, needed);
  if (swapped && size > 1)
    swapBytes(array->data.get(), needed, size);
  if (dtype == "bool")
    for (size_t i = 0; i < needed; ++i)
      array->data.get()[i] = array->data.get()[i] != 0;
  return array;
}

StatusOr<Array> readNumpyFile(const std::string &path, const std::string &key, const std::string &preferred) {
  auto bytes = readFile(path, kMaxFile);
  if (!bytes)
    return bytes.status();
  std::string shown = printable(path);
  if (!isZip(*bytes)) {
    if (!key.empty())
      return Status(StatusCode::InvalidArgument,
                    "'" + shown + "' is no .npz file, so it has no array '" + printable(key) + "'");
    return parseNpy(*bytes, shown);
  }
  auto members = listZip(*bytes, shown);
  if (!members)
    return members.status();
  std::vector<std::string> names;
  const ZipMember *chosen = nullptr, *fallback = nullptr;
  for (const ZipMember &member : *members) {
    std::string name = endsWith(member.name, ".npy") ? member.name.substr(0, member.name.size() - 4) : member.name;
    names.push_back(printable(name));
    if (!key.empty() ? name == key : name == preferred)
      chosen = &member;
    fallback = &member;
  }
  if (!chosen && key.empty() && names.size() == 1)
    chosen = fallback;
  if (!chosen)
    return Status(StatusCode::NotFound, "'" + shown + "' has no array '" + printable(key.empty() ? preferred : key) +
                                            "'; it has: " + (names.empty() ? "none" : join(names)) +
                                            didYouMean(key.empty() ? preferred : key, names));
  auto member = extractZip(*bytes, *chosen, shown);
  if (!member)
    return member.status();
  return parseNpy(*member, shown + ":" + printable(chosen->name));
}

std::string formatNpy(const Array &array) {
  static const std::pair<const char *, const char *> table[] = {
      {"bool", "|b1"}, {"i8", "|i1"},  {"i16", "<i2"},  {"i32", "<i4"},      {"i64", "<i8"},
      {"u8", "|u1"},   {"u16", "<u2"}, {"u32", "<u4"},  {"u64", "<u8"},      {"f16", "<f2"},
      {"f32", "<f4"},  {"f64", "<f8"}, {"bf16", "<V2"}, {"f8e4m3fn", "|V1"}, {"f8e5m2", "|V1"}};
  if (dtypeBits(array.dtype) < 8)
    return formatNpy(unpackNibbles(array));
  std::string descr = "|V2";
  for (auto [flex, numpy] : table)
    if (array.dtype == flex)
      descr = numpy;
  std::string shape;
  for (int64_t dim : array.shape)
    shape += std::to_string(dim) + (array.shape.size() == 1 ? "," : &dim == &array.shape.back() ? "" : ", ");
  std::string header = "{'descr': '" + descr + "', 'fortran_order': " + (array.fortranOrder ? "True" : "False") +
                       ", 'shape': (" + shape + "), }";
  header.append(63 - (10 + header.size()) % 64, ' ');
  header += '\n';
  std::string out(kMagic);
  out += '\x01';
  out += '\0';
  out += static_cast<char>(header.size() & 0xff);
  out += static_cast<char>(header.size() >> 8);
  out += header;
  out.append(reinterpret_cast<const char *>(array.data.get()), array.bytes);
  return out;
}

Status writeNumpyFile(const std::string &path, const std::vector<std::pair<std::string, const Array *>> &arrays) {
  if (!endsWith(path, ".npz")) {
    std::string bytes = formatNpy(*arrays.front().second);
    return writeFile(path, bytes.data(), bytes.size());
  }
  std::vector<std::pair<std::string, std::string>> members;
  for (const auto &[name, array] : arrays)
    members.emplace_back(name + ".npy", formatNpy(*array));
  auto bytes = formatZip(members);
  if (!bytes)
    return bytes.status();
  return writeFile(path, bytes->data(), bytes->size());
}

} // namespace flex::tool
