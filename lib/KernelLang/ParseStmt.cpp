//===- ParseStmt.cpp - Blocks and statements ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `let`, `var`, rebinding, `for` and results. After a statement with an error the
// next line is read as if nothing had been.
//
//===----------------------------------------------------------------------===//
#include "Hints.h"
#include "ParserImpl.h"

#include <algorithm>

namespace flex::lang {

using K = TokenKind;

static uint32_t heightOfRange(const ast::Stmt &loop) {
  uint32_t height = 0;
  for (const ast::IndexDecl &index : loop.indices)
    for (const ast::ExprPtr *end : {&index.first, &index.last})
      height = std::max(height, *end ? (*end)->height : 0);
  return height;
}

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
    auto stmt = parseStatement(height);
    if (panic || !stmt)
      syncStatement();
    else
      finishStatement();
    if (stmt) {
      if (height && stmt->value)
        *height = std::max(*height, stmt->value->height);
      if (height && stmt->kind == ast::StmtKind::For) // its range; its body has been counted
        *height = std::max(*height, heightOfRange(*stmt));
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
  if (is(K::Semicolon) && semicolonSaid)
    panic = true; // a habit, not one mistake a line
  error(Diag::OneStatementPerLine, peek().range, {describe(peek())}).hint(endOfStatementHint());
  semicolonSaid |= is(K::Semicolon);
  bool next = is(K::KwLet) || is(K::KwReturn);
  panic = false;
  if (!next)
    syncStatement();
}

/// `sum[j]` in front of here.
bool ParserImpl::reducesInBrackets() const {
  size_t at = 1;
  while (at < 12 && at < position && !previous(at).is(K::LBracket))
    ++at;
  return previous(at).is(K::LBracket) && isReducerName(previous(at + 1).text());
}

/// What was most likely meant where a statement should have ended.
std::string ParserImpl::endOfStatementHint() const {
  std::string word(lexed.tokens[statementStart].text()), here(peek().text());
  const Token &last = previous();
  bool operand = is(K::Identifier) || is(K::Integer) || is(K::Float) || is(K::LParen);
  if (is(K::Semicolon))
    return "one statement a line, without ';'";
  if (is(K::RParen) || is(K::RBracket))
    return "there is nothing open for '" + here + "' to close";
  if (std::string hint = statementHint(word); !hint.empty())
    return hint;
  if (last.text() == "lambda")
    return statementHint(last.text());
  if (is(K::Identifier) && isReducerName(last.text()))
    return "a reduction lists its indices in parentheses: '" + std::string(last.text()) + "(" + here + ") …'";
  if (is(K::KwIf))
    return "write 'if c { a } else { b }'";
  if (here == "as" && peek(1).is(K::Identifier))
    return "a conversion is written '" + std::string(peek(1).text()) + "(…)'";
  if (is(K::Dot) && last.is(K::Integer))
    return "a number has digits on both sides of its point: '" + std::string(last.text()) + ".0'";
  bool starts = position == statementStart + 1 && last.is(K::Identifier); // `retrun x`, `lett y = x`
  if (std::string near = starts ? didYouMean(word, {"return", "let", "var", "for"}) : ""; !near.empty())
    return near;
  if (is(K::Identifier) && last.is(K::RBracket) && reducesInBrackets())
    return "a reduction lists its indices in parentheses: 'sum(j) …'";
  bool cast = operand && last.is(K::RParen) && previous(2).is(K::Identifier) && previous(3).is(K::LParen);
  if (cast)
    return "a conversion is written '" + std::string(previous(2).text()) + "(" + here + ")'";
  if (operand && !is(K::LParen) && (last.is(K::Integer) || last.is(K::Float) || last.is(K::RParen)))
    return "a product is written with '*'";
  return "one statement a line; a line goes on while a bracket is open or an operator ends it";
}

std::optional<ast::Stmt> ParserImpl::parseStatement(uint32_t *height) {
  statementStart = position;
  if (is(K::DocComment)) {
    diagnostics.report(Diag::DanglingDoc, take().range).hint("inside a block write '//'");
    return std::nullopt;
  }
  if (is(K::KwFor))
    return parseFor(height);
  if (is(K::KwLet) || atWord("var"))
    return parseLet();
  if (!atAssignment())
    return parseResult();
  ast::Stmt stmt;
  stmt.kind = ast::StmtKind::Assign;
  stmt.range = peek().range;
  parseBinding(stmt);
  return stmt;
}

bool ParserImpl::atAssignment() const {
  size_t ahead = 1;
  if (!is(K::Identifier))
    return false;
  while (peek(ahead).is(K::Comma) && peek(ahead + 1).is(K::Identifier) && ahead < 256)
    ahead += 2;
  for (unsigned level = 0; ahead < 256; ++ahead) {
    const Token &token = peek(ahead);
    if (level == 0 && !token.is(K::LBracket))
      return token.is(K::Equal);
    if (token.is(K::Newline) || token.is(K::EndOfFile) || token.is(K::LBrace) || token.is(K::RBrace))
      return false;
    level += token.is(K::LBracket);
    level -= token.is(K::RBracket);
  }
  return false;
}

ast::Stmt ParserImpl::parseLet() {
  ast::Stmt stmt;
  stmt.kind = ast::StmtKind::Let;
  stmt.isVar = !is(K::KwLet);
  stmt.range = take().range;
  parseBinding(stmt);
  return stmt;
}

/// Names, indices, a type and a value.
void ParserImpl::parseBinding(ast::Stmt &stmt) {
  stmt.value = errorExpr();
  do {
    if (is(K::LParen)) {
      error(Diag::Expected, peek().range, {"a name", describe(peek())}).hint("without parentheses: 'let a, b = …'");
      return;
    }
    auto name = parseName("a name");
    if (!name)
      return;
    stmt.names.push_back(*name);
  } while (consume(K::Comma));
  if (is(K::LBracket) && stmt.names.size() > 1) {
    error(Diag::IndexedNames, peek().range, {stmt.names.back().text});
    return;
  }
  if (is(K::LBracket)) {
    stmt.hasIndices = true;
    Token open = take();
    stmt.indices = parseIndexDecls(K::RBracket);
    if (panic || !expectClose(K::RBracket, open))
      return;
  }
  if (stmt.kind == ast::StmtKind::Let && consume(K::Colon))
    stmt.type = parseType();
  if (panic || !expect(K::Equal, "'=' and a value"))
    return;
  stmt.value = parseExpr();
  stmt.range = stmt.range.to(stmt.value->range);
}

/// `for k in first..last { … }`
ast::Stmt ParserImpl::parseFor(uint32_t *height) {
  ast::Stmt stmt;
  stmt.kind = ast::StmtKind::For;
  stmt.range = take().range;
  stmt.body = std::make_shared<ast::Block>();
  auto name = parseName("the name that counts");
  if (!name || !expect(K::KwIn, "'in' and the range, e.g. '0..3'"))
    return stmt;
  ast::IndexDecl index;
  index.name = *name;
  index.first = parseExpr();
  if (panic || !expectRange())
    return stmt;
  index.last = parseExpr();
  stmt.range = stmt.range.to(index.last->range);
  stmt.indices.push_back(std::move(index));
  if (panic || !is(K::LBrace)) {
    if (!panic)
      error(Diag::Expected, peek().range, {"'{' after the range", describe(peek())})
          .hint("the body stands in braces: 'for k in 0..3 { … }'");
    return stmt;
  }
  *stmt.body = parseBlock(height);
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

} // namespace flex::lang
