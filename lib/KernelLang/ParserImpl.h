//===- ParserImpl.h - The parser's state and steps ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Private to the parser: Parser.cpp reads items, ParseStmt.cpp statements,
// ParseExpr.cpp expressions and types. Invariant: after an error `panic` holds until the next
// statement or item, and nothing more is reported in between.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/KernelLang/AST.h"
#include "flex/KernelLang/Lexer.h"

namespace flex::lang {

/// `sum` and the others that have a form with indices.
bool isReducerName(std::string_view name);

class ParserImpl {
public:
  ParserImpl(const SourceFile &file, DiagnosticEngine &diagnostics);
  ast::Module run();

private:
  // Tokens.
  const Token &peek(size_t ahead = 0) const;
  TokenKind kind() const { return peek().kind; }
  bool is(TokenKind k) const { return peek().is(k); }
  Token take();
  bool consume(TokenKind k);
  /// Consumes `k` or reports what was expected.
  bool expect(TokenKind k, const char *what = nullptr);
  bool expectRange();
  bool expectClose(TokenKind close, const Token &open);
  void skipNewlines();
  std::string describe(const Token &token) const;
  std::string_view text(const Token &token) const { return token.text(); }

  // Errors.
  DiagnosticBuilder error(Diag kind, SourceRange range, std::initializer_list<std::string> arguments = {});
  void syncStatement();
  std::string endOfStatementHint() const;
  bool reducesInBrackets() const;
  std::string indexListAhead() const;
  std::string missingValueHint() const;
  const Token &previous(size_t back = 1) const { return lexed.tokens[position >= back ? position - back : 0]; }
  void syncItem();
  void skipBraces();

  // Items.
  void parseItem(ast::Module &module);
  std::string parseDoc();
  bool parseAttributes(std::optional<ast::Name> &numerics);
  void parseImport(ast::Module &module);
  void parseSchedule(ast::Module &module);
  bool parseScheduleEntry(ast::Schedule &schedule);
  ast::Function parseFunction(std::string doc);
  void missingBody(bool said);
  void parseGenerics(ast::Function &function);
  void parseParams(ast::Function &function);
  void parseResults(ast::Function &function);
  void parseConstraints(ast::Function &function);

  // Statements.
  ast::Block parseBlock(uint32_t *height = nullptr);
  std::optional<ast::Stmt> parseStatement(uint32_t *height);
  void finishStatement();
  /// `a =`, `a, b =` or `a[…] =` follows.
  bool atAssignment() const;
  bool atWord(const char *word) const;
  ast::Stmt parseLet();
  void parseBinding(ast::Stmt &stmt);
  ast::Stmt parseFor(uint32_t *height);
  ast::Stmt parseResult();
  ast::ResultItem parseResultItem();

  // Expressions.
  ast::ExprPtr parseExpr() { return parseBinary(0); }
  ast::ExprPtr parseBinary(int minPrecedence);
  ast::ExprPtr parseUnary();
  ast::ExprPtr parsePower();
  ast::ExprPtr parsePostfix();
  ast::ExprPtr parsePrimary();
  ast::ExprPtr parseNumber();
  ast::ExprPtr parseNameOrCall();
  ast::ExprPtr parseReduce();
  ast::ExprPtr parseSlice();
  bool parseEllipsis(std::vector<ast::ExprPtr> &list);
  ast::ExprPtr parseIf();
  ast::ExprPtr parseParenthesized();
  bool atReduction() const;
  bool beginsOperand(const Token &token) const;
  void parseArguments(std::vector<ast::Argument> &arguments);
  std::vector<ast::ExprPtr> parseIndexList();
  std::vector<ast::IndexDecl> parseIndexDecls(TokenKind close);
  ast::TypeExpr parseType();
  std::optional<ast::Name> parseName(const char *what);
  ast::ExprPtr errorExpr();
  /// Replaces a tree that is too high by an error.
  ast::ExprPtr bounded(ast::ExprPtr expr);

  /// Counts nesting; `ok` is false, and an error reported, beyond the limit.
  struct Nest {
    explicit Nest(ParserImpl &parser);
    ~Nest() { --parser.depth; }
    ParserImpl &parser;
    bool ok;
  };

  const SourceFile &file;
  DiagnosticEngine &diagnostics;
  LexResult lexed;
  size_t position = 0;
  unsigned depth = 0;
  bool panic = false;
  unsigned broken = 0;       ///< syntax errors so far, those dropped included
  size_t statementStart = 0; ///< the position of the statement's first token
  bool semicolonSaid = false;
  std::set<std::string> lost; ///< the names in what was skipped
};

} // namespace flex::lang
