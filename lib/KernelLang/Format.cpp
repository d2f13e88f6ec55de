//===- Format.cpp - Kernel text in its one form ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Formats, then reads the result again and compares: the tokens, the comments and
// the tree must be those of the file.
//
//===----------------------------------------------------------------------===//
#include "flex/KernelLang/Format.h"
#include "FormatImpl.h"
#include "flex/KernelLang/Parser.h"

namespace flex::lang {

namespace {

std::string_view withoutTrail(std::string_view text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r'))
    text.remove_suffix(1);
  return text;
}

/// Tokens and comments as two lists of texts.
struct Contents {
  std::vector<std::string_view> tokens, comments;
};

Contents contentsOf(const LexResult &lexed) {
  Contents contents;
  size_t comment = 0;
  for (const Token &token : lexed.tokens) {
    while (comment < lexed.comments.size() && lexed.comments[comment].begin < token.range.begin)
      contents.comments.push_back(withoutTrail(lexed.comments[comment++].text()));
    if (token.is(TokenKind::DocComment))
      contents.comments.push_back(withoutTrail(token.text()));
    else if (!token.is(TokenKind::Newline))
      contents.tokens.push_back(token.text());
  }
  while (comment < lexed.comments.size())
    contents.comments.push_back(withoutTrail(lexed.comments[comment++].text()));
  return contents;
}

std::string difference(const Contents &before, const Contents &after) {
  if (before.tokens != after.tokens)
    return "the tokens differ";
  return before.comments == after.comments ? "" : "the comments differ";
}

} // namespace

FormatResult formatFile(const SourceFile &file, DiagnosticEngine &diagnostics) {
  FormatResult result;
  unsigned errorsBefore = diagnostics.errorCount();
  ast::Module module = parse(file, diagnostics);
  if (diagnostics.errorCount() != errorsBefore) {
    result.status = FormatResult::Status::SyntaxErrors;
    return result;
  }
  DiagnosticEngine quiet;
  LexResult lexed = lex(file, quiet);
  std::vector<format::Piece> pieces = format::makePieces(lexed, module);
  result.text = format::print(pieces, format::makeTree(pieces));

  SourceFile formatted(file.name(), result.text);
  result.fault = difference(contentsOf(lexed), contentsOf(lex(formatted, quiet)));
  ast::Module again = parse(formatted, quiet);
  if (quiet.hasErrors())
    result.fault = "the result has syntax errors";
  else if (result.fault.empty() && ast::dump(again) != ast::dump(module))
    result.fault = "the result has another meaning";
  if (!result.fault.empty())
    result.status = FormatResult::Status::Fault;
  return result;
}

} // namespace flex::lang
