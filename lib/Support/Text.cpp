//===- Text.cpp - Words and numbers in text -------------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Numbers are parsed strictly: no space before them, nothing behind them.
//
//===----------------------------------------------------------------------===//
#include "flex/Support/Text.h"

#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <string>

namespace flex {

std::optional<int64_t> parseInteger(std::string_view text) {
  std::string copy(text);
  char *end = nullptr;
  errno = 0;
  long long value = std::strtoll(copy.c_str(), &end, 10);
  if (copy.empty() || std::isspace(static_cast<unsigned char>(copy[0])) || *end != '\0' || errno != 0 ||
      end != copy.c_str() + copy.size())
    return std::nullopt;
  return value;
}

std::string_view trim(std::string_view text) {
  size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos)
    return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

std::vector<std::string_view> splitOutside(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  size_t begin = 0;
  int depth = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    depth += c == '(' || c == '[' ? 1 : c == ')' || c == ']' ? -1 : 0;
    if (c == separator && depth == 0) {
      parts.push_back(trim(text.substr(begin, i - begin)));
      begin = i + 1;
    }
  }
  parts.push_back(trim(text.substr(begin)));
  return parts;
}

} // namespace flex
