//===- FormatImpl.h - The formatter's tokens and tree ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Private to the formatter: FormatTokens.cpp attaches comments to tokens and decides
// the spaces between them, FormatTree.cpp groups tokens by brackets and operators,
// FormatPrint.cpp chooses line breaks. Invariant: every token is in the tree once,
// in the order of the file, so nothing can be dropped.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/KernelLang/AST.h"
#include "flex/KernelLang/Lexer.h"

#include <string>
#include <vector>

namespace flex::lang::format {

/// A comment on a line of its own, `//` or `///`.
struct Comment {
  std::string text;
  bool blankBefore = false;
};

/// A token of the file with the comments around it and what the layout needs to know of it.
struct Piece {
  TokenKind kind = TokenKind::EndOfFile;
  std::string_view text;
  uint32_t offset = 0;
  std::vector<Comment> leading; ///< lines before it
  std::string trailing;         ///< `// …` behind it
  bool newlineBefore = false;   ///< in the file
  bool blankBefore = false;     ///< in the file, below its leading comments
  bool endsStatement = false;   ///< the language ends a statement behind it
  bool spaceBefore = false;     ///< if it follows the one before on a line
  bool wideBefore = false;      ///< … two spaces: between the entries of a schedule
  bool unary = false;           ///< an operator with no left operand, or the '@' of an attribute
  bool genericBracket = false;  ///< '<' or '>' of a parameter list
};

/// All tokens but newlines, EndOfFile last.
std::vector<Piece> makePieces(const LexResult &lexed, const ast::Module &module);

constexpr size_t kNotFlat = 1u << 30; ///< a width that fits nowhere

/// A part of a statement. Token ranges are inclusive.
struct Node {
  enum class Kind : uint8_t {
    Token,
    Seq,    ///< parts side by side
    Chain,  ///< kids joined by operators of one precedence
    List,   ///< kids separated by commas; a last comma may follow
    Group,  ///< a bracket; at most one kid
    Block,  ///< braces; kids are statements
    If,     ///< condition, block, and block or If
    Header, ///< a kernel's signature, `where` list (may be missing) and block
  };
  Kind kind = Kind::Token;
  uint32_t first = 0, last = 0;
  std::vector<Node> kids;
  std::vector<uint32_t> separators; ///< operators or commas
  size_t flat = 0;                  ///< columns on one line, kNotFlat if it needs several
  bool isAssignment = false;        ///< a Chain of '='
};

/// The statements of the file. The pieces come from a file without syntax errors.
std::vector<Node> makeTree(const std::vector<Piece> &pieces);

/// The file's text.
std::string print(std::vector<Piece> &pieces, const std::vector<Node> &items);

} // namespace flex::lang::format
