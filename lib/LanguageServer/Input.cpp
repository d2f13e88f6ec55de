//===- Input.cpp - Messages from the client ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A header without a usable length is skipped up to its end, after which the next
// one is looked for. Sizes are bounded.
//
//===----------------------------------------------------------------------===//
#include "Input.h"

#include <cerrno>
#include <poll.h>
#include <unistd.h>

namespace flex::lsp {

namespace {
constexpr size_t kMaxMessage = 64u << 20, kMaxHeader = 4096;
constexpr unsigned kMaxNesting = 256; // LLVM's reader recurses
constexpr int kParseError = -32700, kInvalidRequest = -32600;

bool isTooDeep(llvm::StringRef json) {
  unsigned depth = 0;
  bool inString = false;
  for (size_t i = 0; i < json.size(); ++i) {
    char c = json[i];
    if (inString && c == '\\')
      ++i;
    else if (c == '"')
      inString = !inString;
    else if (!inString && (c == '[' || c == '{') && ++depth > kMaxNesting)
      return true;
    else if (!inString && (c == ']' || c == '}') && depth)
      --depth;
  }
  return false;
}
} // namespace

bool Input::fill() {
  // Work while nothing is there to read.
  for (;;) {
    pollfd waiting = {descriptor, POLLIN, 0};
    int ready = ::poll(&waiting, 1, 0);
    if (ready != 0 || !idle())
      break;
  }
  char bytes[65536];
  ssize_t count;
  do
    count = ::read(descriptor, bytes, sizeof bytes);
  while (count < 0 && errno == EINTR);
  failed |= count < 0;
  ended |= count == 0;
  if (count <= 0)
    return false;
  buffer.append(bytes, static_cast<size_t>(count));
  return true;
}

std::optional<size_t> Input::readHeader() {
  size_t end, gap;
  for (;;) {
    size_t strict = buffer.find("\r\n\r\n"), loose = buffer.find("\n\n");
    end = std::min(strict, loose);
    gap = end == strict ? 4 : 2;
    if (end != std::string::npos)
      break;
    if (buffer.size() > kMaxHeader)
      buffer.erase(0, buffer.size() - 4); // no header: look on
    if (!fill())
      return std::nullopt;
  }
  llvm::StringRef headers(buffer.data(), end);
  size_t length = 0;
  llvm::SmallVector<llvm::StringRef, 4> lines;
  headers.split(lines, '\n');
  for (llvm::StringRef line : lines)
    if (line.trim().consume_front_insensitive("content-length:")) {
      llvm::StringRef value = line.trim().drop_front(sizeof("content-length:") - 1).trim();
      if (value.getAsInteger(10, length) || length > kMaxMessage)
        length = 0;
    }
  buffer.erase(0, end + gap);
  return length;
}

bool Input::isMessage(llvm::StringRef json) {
  if (isTooDeep(json)) {
    reject(kParseError, "nested too deep");
    return false;
  }
  auto value = llvm::json::parse(json);
  if (!value) {
    reject(kParseError, llvm::toString(value.takeError()));
    return false;
  }
  auto *object = value->getAsObject();
  bool good = object && object->getString("jsonrpc") == std::optional<llvm::StringRef>("2.0");
  auto *id = good ? object->get("id") : nullptr;
  auto *method = good ? object->get("method") : nullptr;
  good &= !method || method->getAsString().has_value();
  good &= method || id; // a reply to nothing is passed on and ignored
  good &= !id || id->kind() == llvm::json::Value::Number || id->kind() == llvm::json::Value::String;
  if (!good)
    reject(kInvalidRequest, "not a JSON-RPC 2.0 message");
  return good;
}

llvm::LogicalResult Input::readStandardMessage(std::string &json) {
  for (;;) {
    std::optional<size_t> length = readHeader();
    if (!length)
      return llvm::failure();
    if (*length == 0) {
      reject(kParseError, "a message begins with 'Content-Length: N'");
      continue;
    }
    while (buffer.size() < *length)
      if (!fill())
        return llvm::failure();
    json = buffer.substr(0, *length);
    buffer.erase(0, *length);
    if (isMessage(json))
      return llvm::success();
  }
}

} // namespace flex::lsp
