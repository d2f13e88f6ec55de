//===- Generate.h - Arrays made from a word ---------------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// zeros, randn and the like: what 'flexc run x=randn(seed=1)[64, 32]' makes. The
// same word, parameter name and shape give the same numbers on every machine.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "Array.h"

#include <map>
#include <string>
#include <vector>

namespace flex::tool {

struct Generator {
  const char *name, *summary;
  std::vector<std::pair<const char *, double>> parameters; ///< with defaults, in positional order
};

const std::vector<Generator> &allGenerators();
const Generator *findGenerator(const std::string &name);

/// Fills `array`; `values` has a value for every parameter; `salt` makes two
/// arrays of one seed differ. InvalidArgument if the dtype cannot hold a value.
Status generate(const Generator &generator, const std::map<std::string, double> &values, const std::string &salt,
                Array &array);

} // namespace flex::tool
