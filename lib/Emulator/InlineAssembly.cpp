//===- InlineAssembly.cpp - Operands of inline assembly -------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A reader of the few forms that PTX statements have.
//
//===----------------------------------------------------------------------===//
#include "InlineAssembly.h"

#include <charconv>

namespace flex::emulator {

static std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '['))
    text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == ']'))
    text.remove_suffix(1);
  return text;
}

template <typename T> static bool toNumber(std::string_view text, T &value) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

InlineAssembly::InlineAssembly(const Symbol &symbol) : text(symbol.name) {
  std::string_view rest = symbol.constraints;
  while (!rest.empty()) {
    size_t comma = std::min(rest.find(','), rest.size());
    std::string_view one = rest.substr(0, comma);
    rest.remove_prefix(std::min(comma + 1, rest.size()));
    if (one.starts_with('='))
      ++results;
    else if (!one.starts_with('~')) // a clobber
      inputs.emplace_back(one);
  }
}

std::optional<size_t> InlineAssembly::tiedTo(size_t result) const {
  for (size_t i = 0; i < inputs.size(); ++i) {
    size_t number;
    if (toNumber(inputs[i], number) && number == result)
      return i;
  }
  return std::nullopt;
}

std::optional<AssemblyOperand> InlineAssembly::parse(std::string_view operand) const {
  operand = trimmed(operand);
  if (operand.empty())
    return std::nullopt;
  if (operand.front() == '$') {
    size_t number;
    if (!toNumber(operand.substr(1), number))
      return std::nullopt;
    if (number < results)
      return AssemblyOperand{AssemblyOperand::Result, number, 0, {}};
    return AssemblyOperand{AssemblyOperand::Argument, number - results, 0, {}};
  }
  int64_t value;
  if (toNumber(operand, value))
    return AssemblyOperand{AssemblyOperand::Literal, 0, value, {}};
  return AssemblyOperand{AssemblyOperand::Predicate, 0, 0, std::string(operand)};
}

std::optional<std::vector<std::vector<AssemblyOperand>>> InlineAssembly::operands(std::string_view mnemonic,
                                                                                  std::string *suffixes) const {
  size_t at = text.find(mnemonic);
  if (at == std::string::npos)
    return std::nullopt;
  std::string_view rest = std::string_view(text).substr(at + mnemonic.size());
  rest = rest.substr(0, rest.find(';'));
  size_t blank = std::min(rest.find(' '), rest.size());
  if (suffixes)
    *suffixes = rest.substr(0, blank);
  rest.remove_prefix(blank);

  std::vector<std::vector<AssemblyOperand>> result;
  while (!(rest = trimmed(rest)).empty()) {
    bool isList = rest.front() == '{';
    size_t end = std::min(rest.find(isList ? '}' : ','), rest.size());
    std::string_view one = rest.substr(isList, end - isList);
    rest.remove_prefix(end);
    while (!rest.empty() && (rest.front() == '}' || rest.front() == ',' || rest.front() == ' '))
      rest.remove_prefix(1);
    result.emplace_back();
    while (!one.empty()) {
      size_t comma = std::min(one.find(','), one.size());
      std::optional<AssemblyOperand> operand = parse(one.substr(0, comma));
      if (!operand)
        return std::nullopt;
      result.back().push_back(*operand);
      one.remove_prefix(std::min(comma + 1, one.size()));
    }
  }
  return result;
}

std::optional<AssemblyOperand> InlineAssembly::predicate(const std::string &name) const {
  std::string pattern = "setp.ne.b32 " + name + ",";
  size_t at = text.find(pattern);
  if (at == std::string::npos)
    return std::nullopt;
  std::string_view rest = std::string_view(text).substr(at + pattern.size());
  return parse(rest.substr(0, rest.find(',')));
}

} // namespace flex::emulator
