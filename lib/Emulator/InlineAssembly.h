//===- InlineAssembly.h - Operands of inline assembly -----------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which argument or result a `$7` of an assembly's text is, by LLVM's rules:
// results first, then arguments, in the order of the constraints.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Emulator/Intrinsic.h"

#include <optional>

namespace flex::emulator {

struct AssemblyOperand {
  enum Kind { Result, Argument, Literal, Predicate } kind;
  size_t index = 0;  ///< of the result or argument
  int64_t value = 0; ///< of a literal
  std::string name;  ///< of a predicate
};

class InlineAssembly {
public:
  explicit InlineAssembly(const Symbol &symbol);

  /// The operands of the first statement that starts with `mnemonic` (without its own suffixes, which `suffixes` gets:
  /// ".m64n128k16.f32.f16.f16"), a list in braces being one entry; nothing if there is none or it is not understood.
  std::optional<std::vector<std::vector<AssemblyOperand>>> operands(std::string_view mnemonic,
                                                                    std::string *suffixes = nullptr) const;
  /// What `setp.ne.b32 NAME, X, 0` sets the predicate from: X.
  std::optional<AssemblyOperand> predicate(const std::string &name) const;
  /// The argument that is tied to a result, for what an instruction adds to.
  std::optional<size_t> tiedTo(size_t result) const;

private:
  std::optional<AssemblyOperand> parse(std::string_view text) const;

  std::string text;
  size_t results = 0;
  std::vector<std::string> inputs;
};

} // namespace flex::emulator
