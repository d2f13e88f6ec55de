//===- Format.h - Kernel text in its one form ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What `flexc fmt` and the language server call. Changes white space and line breaks
// only: the tokens, the comments and the AST stay, which is checked before anything
// is given out. Formatting what was formatted changes nothing.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/KernelLang/Diagnostics.h"

#include <string>

namespace flex::lang {

struct FormatResult {
  enum class Status : uint8_t {
    Ok,
    SyntaxErrors, ///< reported to the engine
    Fault         ///< the formatter would have changed more than white space: a bug, said in `fault`
  };
  Status status = Status::Ok;
  std::string text; ///< Ok: the formatted file
  std::string fault;
};

constexpr unsigned kFormatWidth = 120; ///< columns; a line that cannot be broken may be longer

/// The file as `flexc fmt` writes it. Needs a file free of syntax errors; types
/// and names may be wrong.
FormatResult formatFile(const SourceFile &file, DiagnosticEngine &diagnostics);

} // namespace flex::lang
