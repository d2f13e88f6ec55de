//===- Tables.cpp - All instructions, and one by its name -----------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The list of the tables is here; what the instructions do is in the tables' own
// files.
//
//===----------------------------------------------------------------------===//
#include "Tables.h"

namespace flex::emulator {

bool matches(std::string_view pattern, std::string_view text) {
  size_t star = pattern.find('*');
  if (star == std::string_view::npos)
    return pattern == text;
  if (text.substr(0, star) != pattern.substr(0, star))
    return false;
  std::string_view rest = pattern.substr(star + 1);
  text.remove_prefix(star);
  // What stands between two stars is best taken at its first place: the rest then has the most text left.
  for (size_t next = rest.find('*'); next != std::string_view::npos; next = rest.find('*')) {
    size_t at = text.find(rest.substr(0, next));
    if (at == std::string_view::npos)
      return false;
    text.remove_prefix(at + next);
    rest.remove_prefix(next + 1);
  }
  return text.size() >= rest.size() && text.substr(text.size() - rest.size()) == rest;
}

Binding bind(const Symbol &symbol) {
  for (Table table : {
#define FLEX_EMULATOR_TABLE(name) name(),
#include "Tables.def"
       })
    for (const Entry &entry : table)
      if (matches(entry.pattern, symbol.name))
        if (Execute execute = entry.bind(symbol))
          return {entry.scope, std::move(execute)};
  return {};
}

} // namespace flex::emulator
