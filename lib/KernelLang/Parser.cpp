//===- Parser.cpp - Tokens and items ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tokens and recovery, then kernels, functions, imports and schedules. Invariant:
// every loop consumes a token per round, so any input ends.
//
//===----------------------------------------------------------------------===//
#include "flex/KernelLang/Parser.h"
#include "Hints.h"
#include "ParserImpl.h"

#include <algorithm>

namespace flex::lang {

using K = TokenKind;

ParserImpl::ParserImpl(const SourceFile &file, DiagnosticEngine &diagnostics)
    : file(file), diagnostics(diagnostics), lexed(lex(file, diagnostics)) {}

//===----------------------------------------------------------------------===//
// Tokens and recovery
//===----------------------------------------------------------------------===//

const Token &ParserImpl::peek(size_t ahead) const {
  return lexed.tokens[std::min(position + ahead, lexed.tokens.size() - 1)];
}

Token ParserImpl::take() {
  Token token = peek();
  if (position + 1 < lexed.tokens.size())
    ++position;
  return token;
}

bool ParserImpl::consume(K k) {
  if (!is(k))
    return false;
  take();
  return true;
}

std::string ParserImpl::describe(const Token &token) const {
  switch (token.kind) {
  case K::Identifier:
  case K::Integer:
  case K::Float: return "'" + std::string(token.text().substr(0, 64)) + "'";
  default: return tokenText(token.kind);
  }
}

bool ParserImpl::expect(K k, const char *what) {
  if (consume(k))
    return true;
  error(Diag::Expected, peek().range, {what ? what : tokenText(k), describe(peek())});
  return false;
}

/// The '..' of a range.
bool ParserImpl::expectRange() {
  if (consume(K::DotDot))
    return true;
  error(Diag::Expected, peek().range, {"'..' and the last value", describe(peek())})
      .hint("a range is written '0..N-1', both ends included");
  return false;
}

bool ParserImpl::expectClose(K close, const Token &open) {
  if (consume(close))
    return true;
  std::string closing(tokenText(close));
  error(Diag::Unclosed, peek().range,
        {closing.substr(1, closing.size() - 2), std::string(open.text()), describe(peek())})
      .label(open.range, "opened here");
  return false;
}

void ParserImpl::skipNewlines() {
  while (is(K::Newline))
    take();
}

DiagnosticBuilder ParserImpl::error(Diag kind, SourceRange range, std::initializer_list<std::string> arguments) {
  ++broken;
  bool said = panic || is(K::Unknown); // the lexer has spoken of an unknown character
  if (said && !diagnostics.all().empty()) {
    panic = true; // reporting it once more gives a builder that drops everything
    return diagnostics.report(diagnostics.all().back().kind, diagnostics.all().back().primary);
  }
  panic = true;
  if (is(K::EndOfFile) && range == peek().range && position > 0) // where the text ended, not on the empty line below
    range = {&file, previous().range.end, previous().range.end};
  return diagnostics.report(kind, range, arguments);
}

/// Skips to the end of the statement: a newline or the block's '}'.
void ParserImpl::syncStatement() {
  panic = false;
  unsigned braces = 0;
  while (!is(K::EndOfFile)) {
    if (braces == 0 && (is(K::Newline) || is(K::RBrace) || is(K::KwLet) || is(K::KwReturn) || is(K::KwFor)))
      return;
    if (is(K::KwKernel) || is(K::KwFn) || is(K::KwImport))
      return;
    if (is(K::LBrace))
      ++braces;
    if (is(K::RBrace))
      --braces;
    take();
  }
}

void ParserImpl::syncItem() {
  panic = false;
  while (!is(K::EndOfFile) && !is(K::KwKernel) && !is(K::KwFn) && !is(K::KwImport) && !is(K::KwSchedule) &&
         !is(K::DocComment) &&
         !(is(K::At) && peek(1).is(K::Identifier) && position > 0 && lexed.tokens[position - 1].is(K::Newline))) {
    bool misspelt = is(K::Newline) && peek(1).is(K::Identifier) && peek(2).is(K::Identifier) &&
                    !nearestName(peek(1).text(), {"kernel", "fn", "import"}).empty();
    if (Token token = take(); token.is(K::Identifier))
      lost.emplace(token.text());
    if (misspelt)
      return;
  }
}

ParserImpl::Nest::Nest(ParserImpl &parser) : parser(parser), ok(++parser.depth <= ast::kMaxNesting) {
  if (!ok)
    parser.error(Diag::NestedTooDeep, parser.peek().range, {std::to_string(ast::kMaxNesting)});
}

//===----------------------------------------------------------------------===//
// Items
//===----------------------------------------------------------------------===//

ast::Module ParserImpl::run() {
  ast::Module module;
  module.file = &file;
  module.comments = std::move(lexed.comments);
  skipNewlines();
  while (!is(K::EndOfFile) && !diagnostics.limitReached()) {
    size_t before = position;
    parseItem(module);
    if (panic)
      syncItem();
    if (position == before && !is(K::EndOfFile))
      take();
    skipNewlines();
  }
  module.lost = std::move(lost);
  return module;
}

void ParserImpl::parseItem(ast::Module &module) {
  Token first = peek();
  std::string doc = parseDoc();
  bool attributed = is(K::At);
  std::optional<ast::Name> numerics;
  if (!parseAttributes(numerics))
    return;
  if (is(K::KwKernel) || is(K::KwFn)) {
    if (numerics && is(K::KwFn))
      diagnostics.report(Diag::NumericsOnFunction, numerics->range).hint("write it before the kernel");
    module.functions.push_back(parseFunction(std::move(doc)));
    module.functions.back().numerics = std::move(numerics);
    return;
  }
  if (attributed) {
    error(Diag::AttributeNeedsKernel, peek().range, {describe(peek())});
    return;
  }
  if (is(K::KwImport)) {
    bool isFirst = module.imports.empty() && module.functions.empty();
    if (!doc.empty() && isFirst)
      module.doc = doc;
    else if (!doc.empty())
      diagnostics.report(Diag::DanglingDoc, first.range).hint("a doc comment stands before a kernel or fn");
    return parseImport(module);
  }
  if (is(K::KwSchedule))
    return parseSchedule(module);
  if (first.is(K::DocComment)) {
    diagnostics.report(Diag::DanglingDoc, first.range).hint("a doc comment stands before a kernel or fn");
    if (is(K::EndOfFile))
      return;
  }
  DiagnosticBuilder report = error(Diag::ExpectedItem, peek().range, {describe(peek())});
  if (is(K::KwLet) || is(K::KwReturn))
    report.hint("statements stand inside a kernel or fn");
  else if (is(K::Identifier))
    report.hint(itemHint(peek().text())).hint(didYouMean(peek().text(), {"kernel", "fn", "import"}));
  bool isFrom = peek().text() == "from"; // `from nn import f` is one mistake
  take();
  while (isFrom && !is(K::Newline) && !is(K::EndOfFile))
    take();
}

std::string ParserImpl::parseDoc() {
  std::string doc;
  while (is(K::DocComment) || (is(K::Newline) && !doc.empty())) {
    Token token = take();
    if (!token.is(K::DocComment))
      continue;
    std::string_view line = token.text().substr(3);
    if (!line.empty() && line.front() == ' ')
      line.remove_prefix(1);
    while (!line.empty() && (line.back() == '\r' || line.back() == ' '))
      line.remove_suffix(1);
    doc += (doc.empty() ? "" : "\n") + std::string(line);
  }
  return doc;
}

/// `@numerics(default)`; false after a syntax error.
bool ParserImpl::parseAttributes(std::optional<ast::Name> &numerics) {
  while (is(K::At)) {
    Token at = take();
    auto name = parseName("an attribute's name");
    if (!name)
      return false;
    while (consume(K::Dot) && is(K::Identifier)) // a decorator of Python
      name->range = name->range.to(take().range);
    std::vector<Token> words;
    if (is(K::LParen)) {
      Token open = take();
      while (is(K::Identifier) || is(K::Comma))
        words.push_back(take());
      if (!expectClose(K::RParen, open))
        return false;
    }
    SourceRange whole = at.range.to(name->range);
    if (name->text != "numerics") {
      std::string written(name->range.text()), near = didYouMean(written, {"numerics"});
      diagnostics.report(Diag::UnknownAttribute, whole, {written})
          .hint(written == "fast" || written == "strict" ? "write '@numerics(" + written + ")'"
                : near.empty()                           ? "leave it out: a kernel is compiled without a decorator"
                                                         : near);
    } else if (words.size() != 1) {
      diagnostics.report(Diag::UnknownNumerics, whole, {words.empty() ? "" : "several"});
    } else if (std::string policy(words[0].text()); policy == "strict" || policy == "fast" || policy == "default") {
      numerics = {policy, words[0].range};
    } else {
      diagnostics.report(Diag::UnknownNumerics, words[0].range, {policy})
          .hint(didYouMean(policy, {"default", "strict", "fast"}));
    }
    skipNewlines();
  }
  return true;
}

void ParserImpl::parseImport(ast::Module &module) {
  Token keyword = take();
  ast::Import import;
  do {
    auto name = parseName("a module's name");
    if (!name)
      return;
    import.path.push_back(*name);
  } while (consume(K::Dot));
  if (atWord("as")) {
    take();
    import.alias = parseName("the name the module has here");
    if (!import.alias)
      return;
  }
  import.range = keyword.range.to(import.alias ? import.alias->range : import.path.back().range);
  module.imports.push_back(std::move(import));
  finishStatement();
}

/// An identifier with the given spelling and a name behind it: a word that is no keyword elsewhere.
bool ParserImpl::atWord(const char *word) const {
  return is(K::Identifier) && peek().text() == word && peek(1).is(K::Identifier);
}

void ParserImpl::parseSchedule(ast::Module &module) {
  ast::Schedule schedule;
  Token keyword = take();
  auto kernel = parseName("a kernel's name");
  if (!kernel || !expect(K::KwFor))
    return;
  auto target = parseName("a target's name");
  if (!target)
    return;
  schedule.kernel = *kernel;
  schedule.target = *target;
  schedule.range = keyword.range.to(target->range);
  skipNewlines();
  Token open = peek();
  if (!expect(K::LBrace))
    return;
  skipNewlines();
  while (!is(K::RBrace) && !is(K::EndOfFile)) {
    if (!parseScheduleEntry(schedule))
      return;
    skipNewlines();
  }
  if (expectClose(K::RBrace, open))
    module.schedules.push_back(std::move(schedule));
}

/// `key value`; a key may be spelt with '-' between its words.
bool ParserImpl::parseScheduleEntry(ast::Schedule &schedule) {
  ast::ScheduleEntry entry;
  auto key = parseName("a key or '}'");
  if (!key)
    return false;
  entry.key = *key;
  while (is(K::Minus) && peek(1).is(K::Identifier)) {
    take();
    Token word = take();
    entry.key.text += "_" + std::string(word.text());
    entry.key.range = entry.key.range.to(word.range);
  }
  Token value = peek();
  entry.value = {std::string(value.text()), value.range};
  if (is(K::Integer)) {
    ast::ExprPtr number = parseNumber();
    auto *integer = ast::dyn<ast::IntegerExpr>(number);
    if (!integer)
      return false;
    entry.number = static_cast<int64_t>(std::min<uint64_t>(integer->value, INT64_MAX));
  } else if (is(K::Identifier) || is(K::KwTrue) || is(K::KwFalse)) {
    take();
    while (is(K::Dot) && peek(1).is(K::Identifier)) { // the name of a unit: mma.m16n8k16.f16
      take();
      Token part = take();
      entry.value.text += "." + std::string(part.text());
      entry.value.range = entry.value.range.to(part.range);
    }
  } else {
    error(Diag::Expected, value.range, {"the value of '" + entry.key.text + "'", describe(value)})
        .hint(is(K::Equal) ? "leave out the '=': 'key value'" : "a value is an integer, a name, true or false");
    return false;
  }
  schedule.entries.push_back(std::move(entry));
  return true;
}

ast::Function ParserImpl::parseFunction(std::string doc) {
  ast::Function function;
  function.doc = std::move(doc);
  Token keyword = take();
  function.isKernel = keyword.is(K::KwKernel);
  function.range = keyword.range;
  unsigned errorsBefore = diagnostics.errorCount(), brokenBefore = broken;
  auto name = parseName(function.isKernel ? "the kernel's name" : "the function's name");
  function.headerBroken = true;
  if (!name)
    return function;
  function.name = *name;
  if (is(K::Less))
    parseGenerics(function);
  if (!panic)
    parseParams(function);
  if (!panic)
    parseResults(function);
  if (!panic)
    parseConstraints(function);
  if (panic) // Go on with the body: its errors are worth reporting, too.
    while (!is(K::LBrace) && !is(K::EndOfFile) && !is(K::KwKernel) && !is(K::KwFn) && !is(K::KwImport))
      take();
  panic = false;
  skipNewlines();
  function.headerBroken = diagnostics.errorCount() != errorsBefore || broken != brokenBefore;
  if (is(K::LBrace))
    function.body = parseBlock();
  else
    missingBody(function.headerBroken);
  function.bodyBroken = diagnostics.errorCount() != errorsBefore || broken != brokenBefore;
  function.range = function.range.to(function.body.range.isValid() ? function.body.range : function.name.range);
  return function;
}

void ParserImpl::missingBody(bool said) {
  if (said)
    return;
  error(Diag::Expected, peek().range, {"'{'", describe(peek())})
      .hint(is(K::Comma)   ? "several results stand in parentheses: '-> (f32[M], f32)'"
            : is(K::Colon) ? "the body stands in braces: '{ … }'"
            : is(K::Equal) ? "the body stands in braces, without '='"
                           : "the body stands in braces: '{ … }'");
}

void ParserImpl::parseGenerics(ast::Function &function) {
  take();
  do {
    ast::GenericParam generic;
    auto name = parseName("a type parameter's name");
    if (!name)
      return;
    if (!consume(K::Colon)) {
      error(Diag::Expected, peek().range, {"':'", describe(peek())})
          .hint("say what it may be: '<" + name->text + ": f16 | f32>', '<" + name->text + ": float>', or '<" +
                name->text + ": dim>' for a dimension that no parameter has");
      return;
    }
    generic.name = *name;
    do {
      auto allowed = parseName("a type");
      if (!allowed)
        return;
      generic.allowed.push_back(*allowed);
    } while (consume(K::Pipe));
    function.generics.push_back(std::move(generic));
  } while (consume(K::Comma));
  expect(K::Greater, "'|', ',' or '>'");
}

void ParserImpl::parseParams(ast::Function &function) {
  Token open = peek();
  if (!expect(K::LParen))
    return;
  while (!is(K::RParen) && !panic) {
    ast::Param param;
    auto name = parseName("a parameter's name");
    if (!name)
      return;
    if (!consume(K::Colon)) {
      std::string after = is(K::Identifier) ? std::string(peek().text()) : name->text;
      error(Diag::Expected, peek().range, {"':' and the parameter's type", describe(peek())})
          .hint("the type follows the name: '" + after + (name->text == "inout" ? ": inout" : ":") + " f32[N]'");
      return;
    }
    param.name = *name;
    param.isInout = atWord("inout");
    if (param.isInout)
      take();
    param.type = parseType();
    if (consume(K::Equal))
      param.defaultValue = parseExpr();
    function.params.push_back(std::move(param));
    if (!consume(K::Comma))
      break;
  }
  if (!panic && is(K::Identifier))
    error(Diag::Expected, peek().range, {"',' or ')'", describe(peek())}).hint("a ',' stands between two parameters");
  if (!panic)
    expectClose(K::RParen, open);
}

void ParserImpl::parseResults(ast::Function &function) {
  skipNewlines();
  bool stores = std::any_of(function.params.begin(), function.params.end(), [](auto &param) { return param.isInout; });
  if (stores && !is(K::Arrow))
    return;
  if (!is(K::Arrow))
    error(Diag::Expected, peek().range, {"'->' and the result's type", describe(peek())})
        .hint(is(K::Equal) && peek(1).is(K::Greater)
                  ? "write '->'"
                  : "every kernel and fn declares its result, e.g. '-> f32[N]', or stores into an 'inout' parameter");
  if (!consume(K::Arrow))
    return;
  if (!is(K::LParen)) {
    function.results.push_back(parseType());
    return;
  }
  Token open = take();
  do
    function.results.push_back(parseType());
  while (!panic && consume(K::Comma));
  if (!panic)
    expectClose(K::RParen, open);
}

void ParserImpl::parseConstraints(ast::Function &function) {
  skipNewlines();
  if (!consume(K::KwWhere))
    return;
  do
    function.constraints.push_back(parseExpr());
  while (!panic && consume(K::Comma));
}

ast::Module parse(const SourceFile &file, DiagnosticEngine &diagnostics) {
  return ParserImpl(file, diagnostics).run();
}

} // namespace flex::lang
