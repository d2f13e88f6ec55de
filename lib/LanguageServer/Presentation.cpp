//===- Presentation.cpp - Tokens, hints, formatting, diagnostics ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What an editor draws without being asked for a place.
//
//===----------------------------------------------------------------------===//
#include "Queries.h"
#include "flex/KernelLang/Format.h"
#include "flex/KernelLang/Lexer.h"

#include <algorithm>

namespace flex::lsp {

using lang::Reference;
using lang::Symbol;
using lang::SymbolKind;
using llvm::json::Array;
using llvm::json::Object;

//===----------------------------------------------------------------------===//
// Semantic tokens
//===----------------------------------------------------------------------===//

namespace {

enum TokenType : uint8_t {
  Namespace,
  Type,
  TypeParameter,
  Parameter,
  Variable,
  Function,
  EnumMember,
  Keyword,
  Number,
  Comment
};
const char *const kTokenTypes[] = {"namespace", "type",       "typeParameter", "parameter", "variable",
                                   "function",  "enumMember", "keyword",       "number",    "comment"};
enum TokenModifier : uint8_t { Declaration = 1, ReadOnly = 2, DefaultLibrary = 4, Documentation = 8 };
const char *const kTokenModifiers[] = {"declaration", "readonly", "defaultLibrary", "documentation"};

struct Colored {
  uint32_t begin, end;
  uint8_t type, modifiers;
};

Colored colored(const Reference &reference, const Symbol &symbol) {
  uint8_t modifiers = reference.isDefinition ? Declaration : 0, type = Variable;
  switch (symbol.kind) {
  case SymbolKind::Module: type = Namespace; break;
  case SymbolKind::Kernel:
  case SymbolKind::Function: type = Function; break;
  case SymbolKind::Builtin: type = Function, modifiers |= DefaultLibrary; break;
  case SymbolKind::Parameter: type = Parameter; break;
  case SymbolKind::Variable: modifiers |= symbol.isVar ? 0 : ReadOnly; break;
  case SymbolKind::Index: modifiers |= ReadOnly; break;
  case SymbolKind::Dimension: type = EnumMember; break;
  case SymbolKind::TypeParameter: type = TypeParameter; break;
  case SymbolKind::Type: type = Type, modifiers |= DefaultLibrary; break;
  case SymbolKind::Constant: type = EnumMember, modifiers |= DefaultLibrary; break;
  }
  return {reference.begin, reference.end, type, modifiers};
}

bool isKeyword(std::string_view word) {
  static const std::vector<std::string> keywords = lang::keywordNames(), contextual = lang::contextualKeywordNames();
  return std::find(keywords.begin(), keywords.end(), word) != keywords.end() ||
         std::find(contextual.begin(), contextual.end(), word) != contextual.end();
}

/// Keywords, numbers and comments of the text; names come from the index.
std::vector<Colored> lexical(const Document &document) {
  std::vector<Colored> tokens;
  lang::DiagnosticEngine quiet;
  lang::LexResult lexed = lang::lex(*document.program().main().file, quiet);
  for (const lang::SourceRange &comment : lexed.comments)
    tokens.push_back({comment.begin, comment.end, Comment, 0});
  for (const lang::Token &token : lexed.tokens) {
    uint32_t begin = token.range.begin, end = token.range.end;
    if (token.is(lang::TokenKind::DocComment))
      tokens.push_back({begin, end, Comment, Documentation});
    else if (token.is(lang::TokenKind::Integer) || token.is(lang::TokenKind::Float))
      tokens.push_back({begin, end, Number, 0});
    else if (isKeyword(token.text()))
      tokens.push_back({begin, end, Keyword, 0});
  }
  return tokens;
}

} // namespace

Value semanticTokensLegend() {
  Array types, modifiers;
  for (const char *type : kTokenTypes)
    types.push_back(type);
  for (const char *modifier : kTokenModifiers)
    modifiers.push_back(modifier);
  return Object{{"tokenTypes", std::move(types)}, {"tokenModifiers", std::move(modifiers)}};
}

Value semanticTokens(Document &document, std::optional<Range> range) {
  const lang::SemanticIndex &index = document.index();
  std::vector<Colored> tokens;
  for (const Reference &reference : index.references)
    tokens.push_back(colored(reference, index.symbols[reference.symbol]));
  std::vector<Colored> others = lexical(document);
  tokens.insert(tokens.end(), others.begin(), others.end()); // a name wins over a keyword of its spelling
  auto order = [](const Colored &token) { return std::pair(token.begin, token.type == Keyword); };
  std::sort(tokens.begin(), tokens.end(), [&](auto &a, auto &b) { return order(a) < order(b); });

  const LineTable &lines = document.lines();
  uint32_t from = range ? lines.offset(range->start) : 0;
  uint32_t to = range ? lines.offset(range->end) : static_cast<uint32_t>(document.text().size());
  Array data;
  Position last{0, 0};
  uint32_t covered = 0;
  for (const Colored &token : tokens) {
    if (token.begin < covered || token.begin < from || token.begin >= to)
      continue;
    covered = token.end;
    Position begin = lines.position(token.begin), end = lines.position(token.end);
    int length = end.line == begin.line ? end.character - begin.character : 1;
    data.push_back(begin.line - last.line);
    data.push_back(begin.line == last.line ? begin.character - last.character : begin.character);
    data.push_back(length);
    data.push_back(static_cast<int>(token.type));
    data.push_back(static_cast<int>(token.modifiers));
    last = begin;
  }
  return Object{{"data", std::move(data)}};
}

//===----------------------------------------------------------------------===//
// Inlay hints
//===----------------------------------------------------------------------===//

Value inlayHints(Document &document, Range range) {
  const LineTable &lines = document.lines();
  uint32_t from = lines.offset(range.start), to = lines.offset(range.end);
  document.analyze(from, to);
  Array hints;
  for (const Symbol &symbol : document.index().symbols) {
    bool isIndex = symbol.kind == SymbolKind::Index, isVariable = symbol.kind == SymbolKind::Variable;
    bool inside = symbol.hintAt >= from && symbol.hintAt <= to;
    if (!inside || !symbol.type.empty() || (!isIndex && !isVariable))
      continue;
    std::string type = lang::inferredType(document.program(), symbol);
    if (type.empty())
      continue;
    hints.push_back(Object{{"position", lines.position(symbol.hintAt)},
                           {"label", (isIndex ? " in " : ": ") + type},
                           {"kind", static_cast<int>(llvm::lsp::InlayHintKind::Type)}});
  }
  return hints;
}

//===----------------------------------------------------------------------===//
// Formatting
//===----------------------------------------------------------------------===//

Value formatting(Document &document) {
  const std::string &text = document.text();
  lang::SourceFile file(document.path, text);
  lang::DiagnosticEngine quiet;
  lang::FormatResult result = lang::formatFile(file, quiet);
  if (result.status != lang::FormatResult::Status::Ok || result.text == text)
    return Array();
  // One edit of the lines that differ, so that the cursor stays where it is.
  size_t same = std::mismatch(text.begin(), text.end(), result.text.begin(), result.text.end()).first - text.begin();
  size_t newline = text.rfind('\n', same ? same - 1 : 0),
         begin = newline == std::string::npos || !same ? 0 : newline + 1;
  size_t oldEnd = text.size(), newEnd = result.text.size();
  while (oldEnd > begin && newEnd > begin && text[oldEnd - 1] == result.text[newEnd - 1])
    --oldEnd, --newEnd;
  Range range = document.lines().range(static_cast<uint32_t>(begin), static_cast<uint32_t>(oldEnd));
  std::string replacement = result.text.substr(begin, newEnd - begin);
  return Array{Object{{"range", range}, {"newText", llvm::json::fixUTF8(replacement)}}};
}

//===----------------------------------------------------------------------===//
// Diagnostics
//===----------------------------------------------------------------------===//

namespace {

/// The uri and range of a place; nothing for a file that no editor can open.
std::optional<Object> location(Document &document, lang::SourceRange range) {
  if (range.file == document.program().main().file.get())
    return Object{{"uri", document.uri}, {"range", document.lines().range(range.begin, range.end)}};
  auto uri = range.file ? uriOfFile(*range.file) : std::nullopt;
  if (!uri)
    return std::nullopt;
  LineTable lines(range.file->text());
  return Object{{"uri", *uri}, {"range", lines.range(range.begin, range.end)}};
}

/// The place in this file: the error's own, else the first related one, else the import of its file, else the top.
lang::SourceRange placeHere(const Document &document, const lang::Diagnostic &diagnostic) {
  const lang::SourceFile *here = document.program().main().file.get();
  if (diagnostic.primary.file == here)
    return diagnostic.primary;
  for (const lang::Label &label : diagnostic.labels)
    if (label.range.file == here)
      return label.range;
  const lang::LoadedModule &main = document.program().main();
  for (const lang::ast::Import &import : main.ast.imports)
    if (auto it = main.imports.find(import.localName()); it != main.imports.end())
      if (it->second->file.get() == diagnostic.primary.file)
        return import.range;
  return {here, 0, 0};
}

} // namespace

Value diagnosticsOf(Document &document) {
  Array list;
  for (const lang::Diagnostic &diagnostic : document.diagnostics().all()) {
    lang::SourceRange place = placeHere(document, diagnostic);
    Array related;
    auto relate = [&](lang::SourceRange range, const std::string &text) {
      if (auto at = location(document, range))
        related.push_back(Object{{"location", std::move(*at)}, {"message", llvm::json::fixUTF8(text)}});
    };
    if (!(place == diagnostic.primary))
      relate(diagnostic.primary, diagnostic.primaryText.empty() ? "the error is here" : diagnostic.primaryText);
    for (const lang::Label &label : diagnostic.labels)
      relate(label.range, label.text);
    std::string message = diagnostic.message;
    if (!diagnostic.hint.empty())
      message += "\nhint: " + diagnostic.hint;
    bool error = lang::diagSeverity(diagnostic.kind) == lang::Severity::Error;
    Object item{{"range", document.lines().range(place.begin, place.end)},
                {"severity", error ? 1 : 2},
                {"code", lang::diagCode(diagnostic.kind)},
                {"source", "flex"},
                {"message", llvm::json::fixUTF8(message)}};
    if (diagnostic.kind == lang::Diag::UnusedLet)
      item["tags"] = Array{1};
    if (!related.empty())
      item["relatedInformation"] = std::move(related);
    list.push_back(std::move(item));
  }
  return Object{{"uri", document.uri}, {"version", document.version}, {"diagnostics", std::move(list)}};
}

} // namespace flex::lsp
