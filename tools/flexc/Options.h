//===- Options.h - A table-driven command line ------------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Each command lists its options once; parsing, help pages and the hints for
// misspelled words come from that list. Both '--name=value' and '--name value'
// work; '--' ends the options.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Support/Status.h"

#include <map>
#include <string>
#include <vector>

namespace flex::tool {

struct OptionSpec {
  const char *name;  ///< without dashes
  char letter;       ///< 0: none
  const char *value; ///< what stands for the value in help; null: a flag
  const char *help;
  bool repeats = false;
  const char *emptyValue = nullptr; ///< not null: `--name` alone means this value
};

/// What was given. Flags have the value "".
class Options {
public:
  bool has(const std::string &name) const { return values.count(name) != 0; }
  /// The value, or `otherwise`.
  std::string get(const std::string &name, const std::string &otherwise = "") const;
  std::vector<std::string> all(const std::string &name) const;
  std::vector<std::string> words; ///< all that is no option

  std::map<std::string, std::vector<std::string>> values;
};

/// InvalidArgument names the word, what is known, and the nearest known one.
StatusOr<Options> parseOptions(const std::vector<std::string> &arguments, const std::vector<OptionSpec> &specs,
                               const std::string &command);

} // namespace flex::tool
