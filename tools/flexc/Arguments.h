//===- Arguments.h - What 'flexc run' was told to pass ----------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From the words 'x=@x.npy n=3 b=zeros[128]' and a kernel's signature to one array
// per parameter. Every mistake names what was expected and what was found.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "Array.h"
#include "flex/Binary/Image.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace flex::tool {

/// Dimensions and type parameters by name, from `--define` and from words that name no parameter.
struct Defines {
  std::map<std::string, int64_t> dims;
  std::map<std::string, std::string> types;

  /// "N=1024" or "T=f16".
  Status add(const std::string &text);
};

/// One `name=value` word, taken apart.
struct ArgumentSpec {
  enum class Kind { File, Number, Generator, List };
  std::string name, text; ///< text: the value as written
  Kind kind = Kind::Number;
  std::string path, key;                     ///< File
  std::string generator;                     ///< Generator
  std::map<std::string, std::string> values; ///< Generator: its parameters
  std::optional<std::vector<std::string>> shape;
};

StatusOr<ArgumentSpec> parseArgument(const std::string &word);

struct ResolvedArguments {
  std::vector<Array> arrays; ///< in the order of the parameters
  Defines defines;
  std::vector<std::string> notes; ///< for the user, e.g. u16 read as bf16
};

/// `defines` are those of the options; numbers that name a dimension are added to them.
StatusOr<ResolvedArguments> resolveArguments(const ImageKernel &kernel, const std::vector<std::string> &words,
                                             Defines defines);

/// "softmax(x: f32[M, N]) -> f32[M, N]"
std::string signatureText(const ImageKernel &kernel);
std::string tensorText(const ImageTensor &tensor);

/// The generators, for help: name, parameters, meaning.
std::string generatorHelp();

} // namespace flex::tool
