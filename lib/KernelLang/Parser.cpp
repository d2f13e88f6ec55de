//===- Parser.cpp - Items and statements ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tokens and recovery, then kernels, functions, imports and the statements in
// them. Invariant: every loop consumes a token per round, so any input ends.
//
//===----------------------------------------------------------------------===//
#include "flex/KernelLang/Parser.h"
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
  if (panic) // Said already: reporting it once more gives a builder that drops everything.
    return diagnostics.report(diagnostics.all().back().kind, diagnostics.all().back().primary);
  panic = true;
  return diagnostics.report(kind, range, arguments);
}

void ParserImpl::notSupported(SourceRange range, const std::string &what, const std::string &hint) {
  if (!panic)
    diagnostics.report(Diag::NotSupportedYet, range, {what}).hint(hint);
}

/// Skips to the end of the statement: a newline or the block's '}'.
void ParserImpl::syncStatement() {
  panic = false;
  unsigned braces = 0;
  while (!is(K::EndOfFile)) {
    if (braces == 0 && (is(K::Newline) || is(K::RBrace) || is(K::KwLet) || is(K::KwReturn)))
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
    take();
    if (misspelt)
      return;
  }
}

void ParserImpl::skipBraces() {
  unsigned braces = 0;
  do {
    if (is(K::LBrace))
      ++braces;
    if (is(K::RBrace))
      --braces;
    take();
  } while (braces != 0 && !is(K::EndOfFile));
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
  return module;
}

void ParserImpl::parseItem(ast::Module &module) {
  Token first = peek();
  std::string doc = parseDoc();
  bool attributed = is(K::At);
  if (!parseAttributes())
    return;
  if (is(K::KwKernel) || is(K::KwFn)) {
    module.functions.push_back(parseFunction(std::move(doc)));
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
    return parseSchedule();
  if (first.is(K::DocComment)) {
    diagnostics.report(Diag::DanglingDoc, first.range).hint("a doc comment stands before a kernel or fn");
    if (is(K::EndOfFile))
      return;
  }
  DiagnosticBuilder report = error(Diag::ExpectedItem, peek().range, {describe(peek())});
  if (is(K::KwLet) || is(K::KwReturn))
    report.hint("statements stand inside a kernel or fn");
  else if (is(K::Identifier))
    report.hint(didYouMean(peek().text(), {"kernel", "fn", "import"}));
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
bool ParserImpl::parseAttributes() {
  while (is(K::At)) {
    Token at = take();
    auto name = parseName("an attribute's name");
    if (!name)
      return false;
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
      diagnostics.report(Diag::UnknownAttribute, whole, {name->text}).hint(didYouMean(name->text, {"numerics"}));
    } else if (words.size() != 1) {
      diagnostics.report(Diag::UnknownNumerics, whole, {words.empty() ? "" : "several"});
    } else if (std::string policy(words[0].text()); policy == "strict" || policy == "fast") {
      notSupported(words[0].range, "the numerics policy '" + policy + "'", "leave it out: the policy is 'default'");
    } else if (policy != "default") {
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
  import.range = keyword.range.to(import.path.back().range);
  module.imports.push_back(std::move(import));
  finishStatement();
}

void ParserImpl::parseSchedule() {
  Token keyword = take();
  if (!parseName("a kernel's name") || !expect(K::KwFor) || !parseName("a target's name"))
    return;
  skipNewlines();
  if (!is(K::LBrace)) {
    expect(K::LBrace);
    return;
  }
  skipBraces();
  notSupported(keyword.range, "a 'schedule' block", "leave it out: the compiler chooses the schedule");
}

ast::Function ParserImpl::parseFunction(std::string doc) {
  ast::Function function;
  function.doc = std::move(doc);
  Token keyword = take();
  function.isKernel = keyword.is(K::KwKernel);
  function.range = keyword.range;
  unsigned errorsBefore = diagnostics.errorCount();
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
  function.headerBroken = diagnostics.errorCount() != errorsBefore;
  if (is(K::LBrace))
    function.body = parseBlock();
  else
    expect(K::LBrace, "'{'");
  function.bodyBroken = diagnostics.errorCount() != errorsBefore;
  function.range = function.range.to(function.body.range.isValid() ? function.body.range : function.name.range);
  return function;
}

void ParserImpl::parseGenerics(ast::Function &function) {
  take();
  do {
    ast::GenericParam generic;
    auto name = parseName("a type parameter's name");
    if (!name || !expect(K::Colon))
      return;
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
    if (!name || !expect(K::Colon, "':' and the parameter's type"))
      return;
    param.name = *name;
    param.type = parseType();
    if (consume(K::Equal))
      param.defaultValue = parseExpr();
    function.params.push_back(std::move(param));
    if (!consume(K::Comma))
      break;
  }
  if (!panic)
    expectClose(K::RParen, open);
}

void ParserImpl::parseResults(ast::Function &function) {
  skipNewlines();
  if (!expect(K::Arrow, "'->' and the result's type"))
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

//===----------------------------------------------------------------------===//
// Statements
//===----------------------------------------------------------------------===//

ast::Block ParserImpl::parseBlock(uint32_t *height) {
  ast::Block block;
  Token open = take();
  block.range = open.range;
  Nest nest(*this);
  if (!nest.ok)
    return block;
  skipNewlines();
  while (!is(K::RBrace) && !is(K::EndOfFile) && !is(K::KwKernel) && !is(K::KwFn) && !is(K::KwImport)) {
    size_t before = position;
    auto stmt = parseStatement();
    if (panic || !stmt)
      syncStatement();
    else
      finishStatement();
    if (stmt) {
      if (height && stmt->value)
        *height = std::max(*height, stmt->value->height);
      for (const ast::ResultItem &item : stmt->results)
        if (height && item.value)
          *height = std::max(*height, item.value->height);
      block.statements.push_back(std::move(*stmt));
    }
    if (position == before)
      take();
    skipNewlines();
    if (diagnostics.limitReached())
      return block;
  }
  block.range = block.range.to(peek().range);
  expectClose(K::RBrace, open);
  return block;
}

void ParserImpl::finishStatement() {
  if (is(K::Newline) || is(K::RBrace) || is(K::EndOfFile))
    return;
  DiagnosticBuilder report = error(Diag::OneStatementPerLine, peek().range, {describe(peek())});
  if (is(K::Semicolon))
    report.hint("one statement a line, without ';'");
  else
    report.hint("one statement a line; a line goes on while a bracket is open or an operator ends it");
  bool next = is(K::KwLet) || is(K::KwReturn);
  panic = false;
  if (!next)
    syncStatement();
}

std::optional<ast::Stmt> ParserImpl::parseStatement() {
  if (is(K::DocComment)) {
    diagnostics.report(Diag::DanglingDoc, take().range).hint("inside a block write '//'");
    return std::nullopt;
  }
  if (is(K::KwFor)) {
    notSupported(take().range, "'for'");
    return std::nullopt;
  }
  if (is(K::KwLet))
    return parseLet();
  return parseResult();
}

ast::Stmt ParserImpl::parseLet() {
  ast::Stmt stmt;
  stmt.kind = ast::StmtKind::Let;
  stmt.range = take().range;
  stmt.value = errorExpr();
  do {
    auto name = parseName("a name");
    if (!name)
      return stmt;
    stmt.names.push_back(*name);
  } while (consume(K::Comma));
  if (is(K::LBracket) && stmt.names.size() == 1) {
    stmt.hasIndices = true;
    Token open = take();
    stmt.indices = parseIndexDecls(K::RBracket);
    if (panic || !expectClose(K::RBracket, open))
      return stmt;
  }
  if (consume(K::Colon))
    stmt.type = parseType();
  if (panic || !expect(K::Equal, "'=' and a value"))
    return stmt;
  stmt.value = parseExpr();
  stmt.range = stmt.range.to(stmt.value->range);
  return stmt;
}

ast::Stmt ParserImpl::parseResult() {
  ast::Stmt stmt;
  stmt.kind = ast::StmtKind::Result;
  stmt.range = peek().range;
  consume(K::KwReturn);
  do
    stmt.results.push_back(parseResultItem());
  while (!panic && consume(K::Comma));
  stmt.range = stmt.range.to(stmt.results.back().range);
  return stmt;
}

ast::ResultItem ParserImpl::parseResultItem() {
  ast::ResultItem item;
  item.range = peek().range;
  if (is(K::LBracket)) {
    item.hasIndices = true;
    Token open = take();
    item.indices = parseIndexDecls(K::RBracket);
    if (!panic)
      expectClose(K::RBracket, open);
  }
  item.value = panic ? errorExpr() : parseExpr();
  item.range = item.range.to(item.value->range);
  return item;
}

ast::Module parse(const SourceFile &file, DiagnosticEngine &diagnostics) {
  return ParserImpl(file, diagnostics).run();
}

} // namespace flex::lang
