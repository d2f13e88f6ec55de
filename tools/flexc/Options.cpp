//===- Options.cpp - A table-driven command line --------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One pass over the words, in order.
//
//===----------------------------------------------------------------------===//
#include "Options.h"
#include "Text.h"

#include <algorithm>

namespace flex::tool {

std::string Options::get(const std::string &name, const std::string &otherwise) const {
  auto found = values.find(name);
  return found == values.end() ? otherwise : found->second.back();
}

std::vector<std::string> Options::all(const std::string &name) const {
  auto found = values.find(name);
  return found == values.end() ? std::vector<std::string>() : found->second;
}

namespace {

Status unknown(const std::string &word, const std::vector<OptionSpec> &specs, const std::string &command) {
  std::vector<std::string> names;
  for (const OptionSpec &spec : specs)
    names.push_back(std::string("--") + spec.name);
  return {StatusCode::InvalidArgument, "unknown option '" + printable(word) + "' of 'flexc " + command + "'" +
                                           didYouMean(word, names) + " ('flexc help " + command + "' lists all)"};
}

std::string spelled(const OptionSpec &spec) {
  return std::string("--") + spec.name;
}

} // namespace

StatusOr<Options> parseOptions(const std::vector<std::string> &arguments, const std::vector<OptionSpec> &specs,
                               const std::string &command) {
  Options out;
  bool ended = false;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string &word = arguments[i];
    if (ended || word.size() < 2 || word[0] != '-') {
      out.words.push_back(word);
      continue;
    }
    if (word == "--") {
      ended = true;
      continue;
    }
    bool isLong = word[1] == '-';
    size_t equals = isLong ? word.find('=') : std::string::npos;
    std::string name = isLong ? word.substr(2, equals == std::string::npos ? equals : equals - 2) : "";
    auto spec = std::find_if(specs.begin(), specs.end(), [&](const OptionSpec &spec) {
      return isLong ? name == spec.name : spec.letter != 0 && word[1] == spec.letter;
    });
    if (spec == specs.end())
      return unknown(isLong ? "--" + name : word.substr(0, 2), specs, command);
    std::string value;
    bool attached = isLong ? equals != std::string::npos : word.size() > 2;
    if (attached)
      value = isLong ? word.substr(equals + 1) : word.substr(2);
    if (!spec->value && attached)
      return Status(StatusCode::InvalidArgument,
                    "option '" + spelled(*spec) + "' takes no value, found '" + printable(value) + "'");
    if (spec->value && !attached) {
      if (spec->emptyValue)
        value = spec->emptyValue;
      else if (i + 1 == arguments.size())
        return Status(StatusCode::InvalidArgument,
                      "option '" + spelled(*spec) + "' needs a value: " + spelled(*spec) + "=" + spec->value);
      else
        value = arguments[++i];
    }
    std::vector<std::string> &values = out.values[spec->name];
    if (!values.empty() && !spec->repeats && spec->value && values.back() != value)
      return Status(StatusCode::InvalidArgument, "option '" + spelled(*spec) + "' is given twice: '" +
                                                     printable(values.back()) + "' and '" + printable(value) + "'");
    values.push_back(std::move(value));
  }
  return out;
}

} // namespace flex::tool
