//===- Lexer.h - Text to tokens ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// First step of the chain: bytes -> tokens. A newline is a token only where it
// ends a statement: not inside ( ) and [ ], and not after an operator or comma.
// A line that begins with a statement keyword always starts anew, so an unclosed
// bracket costs one statement, not the file.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/KernelLang/Diagnostics.h"
#include "flex/KernelLang/Source.h"

#include <vector>

namespace flex::lang {

enum class TokenKind : uint8_t {
#define TOKEN(NAME, TEXT) NAME,
#include "flex/KernelLang/Tokens.def"
};

/// How a message names a token, e.g. "'->'" or "a name".
const char *tokenText(TokenKind kind);

struct Token {
  TokenKind kind = TokenKind::EndOfFile;
  SourceRange range;
  bool is(TokenKind other) const { return kind == other; }
  std::string_view text() const { return range.text(); }
};

/// Defaults of the documented limits (docs/language/limits.md).
constexpr size_t kMaxFileBytes = 16u << 20;
constexpr size_t kMaxTokens = 2'000'000;

struct LexResult {
  std::vector<Token> tokens;         ///< ends with EndOfFile
  std::vector<SourceRange> comments; ///< `//` comments that are not doc comments, for the formatter
};

/// Lexes the whole file; errors go to `diagnostics` and leave Unknown tokens.
LexResult lex(const SourceFile &file, DiagnosticEngine &diagnostics);

} // namespace flex::lang
