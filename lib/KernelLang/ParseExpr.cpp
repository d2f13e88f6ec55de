//===- ParseExpr.cpp - Expressions and types ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Precedence climbing over the table below; docs/language/reference.md prints
// the same table. A reduction's body is parsed at the level of a product.
//
//===----------------------------------------------------------------------===//
#include "Hints.h"
#include "ParserImpl.h"
#include "flex/KernelLang/Types.h"

#include <cstdlib>

namespace flex::lang {

using namespace ast;
using K = TokenKind;

namespace {

struct Operator {
  K token;
  BinaryOp op;
  int precedence;
};

constexpr int kComparison = 3, kProduct = 9;

const Operator kOperators[] = {
    {K::PipePipe, BinaryOp::Or, 1},
    {K::AmpAmp, BinaryOp::And, 2},
    {K::EqualEqual, BinaryOp::Equal, 3},
    {K::BangEqual, BinaryOp::NotEqual, 3},
    {K::Less, BinaryOp::Less, 3},
    {K::LessEqual, BinaryOp::LessEqual, 3},
    {K::Greater, BinaryOp::Greater, 3},
    {K::GreaterEqual, BinaryOp::GreaterEqual, 3},
    {K::Pipe, BinaryOp::BitOr, 4},
    {K::Caret, BinaryOp::BitXor, 5},
    {K::Amp, BinaryOp::BitAnd, 6},
    {K::LessLess, BinaryOp::ShiftLeft, 7},
    {K::GreaterGreater, BinaryOp::ShiftRight, 7},
    {K::Plus, BinaryOp::Add, 8},
    {K::Minus, BinaryOp::Subtract, 8},
    {K::Star, BinaryOp::Multiply, 9},
    {K::Slash, BinaryOp::Divide, 9},
    {K::Percent, BinaryOp::Modulo, 9},
    {K::At, BinaryOp::MatMul, 9},
};

const Operator *findOperator(K token) {
  for (const Operator &candidate : kOperators)
    if (candidate.token == token)
      return &candidate;
  return nullptr;
}

} // namespace

bool isReducerName(std::string_view name) {
  for (const char *reducer : {"sum", "prod", "max", "min", "mean", "any", "all", "argmax", "argmin", "cumsum",
                              "cumprod", "cummax", "cummin", "scan"})
    if (name == reducer)
      return true;
  return false;
}

ExprPtr ParserImpl::errorExpr() {
  return std::make_unique<ErrorExpr>(peek().range);
}

ExprPtr ParserImpl::bounded(ExprPtr expr) {
  if (expr->height <= kMaxHeight)
    return expr;
  error(Diag::ExpressionTooLarge, peek().range, {std::to_string(kMaxHeight), "operations inside one another"})
      .hint("split it with 'let'");
  return std::make_unique<ErrorExpr>(expr->range);
}

std::optional<Name> ParserImpl::parseName(const char *what) {
  if (!is(K::Identifier)) {
    error(Diag::Expected, peek().range, {what, describe(peek())});
    return std::nullopt;
  }
  Token token = take();
  return Name{std::string(token.text()), token.range};
}

ExprPtr ParserImpl::parseBinary(int minPrecedence) {
  ExprPtr left = parseUnary();
  bool compared = false;
  while (!panic) {
    const Operator *op = findOperator(kind());
    bool isAnd = is(K::Identifier) && peek().text() == "and", isOr = is(K::Identifier) && peek().text() == "or";
    if (isAnd || isOr) {
      error(Diag::WordOperator, peek().range, {isAnd ? "and" : "or"}).hint(isAnd ? "write '&&'" : "write '||'");
      break;
    }
    if (!op || op->precedence < minPrecedence)
      break;
    if (op->precedence == kComparison && compared) {
      auto *first = dyn<BinaryExpr>(left);
      auto *middle = first ? dyn<BinaryExpr>(first->rhs) : nullptr;
      bool bits = middle && (middle->op == BinaryOp::BitAnd || middle->op == BinaryOp::BitOr);
      error(Diag::ChainedComparison, peek().range)
          .hint(bits ? "'" + std::string(spelling(middle->op)) + "' binds tighter than a comparison: write '" +
                           spelling(middle->op) + spelling(middle->op) + "'"
                     : "join two comparisons with '&&'");
      break;
    }
    compared = op->precedence == kComparison;
    Token token = take();
    ExprPtr right = parseBinary(op->precedence + 1);
    left = bounded(std::make_unique<BinaryExpr>(op->op, token.range, std::move(left), std::move(right)));
  }
  return left;
}

ExprPtr ParserImpl::parseUnary() {
  bool negate = is(K::Minus), bang = is(K::Bang), tilde = is(K::Tilde);
  if (is(K::Identifier) && peek().text() == "not" && beginsOperand(peek(1))) {
    error(Diag::WordOperator, peek().range, {"not"}).hint("write '!'");
    return errorExpr();
  }
  if (is(K::Plus)) {
    error(Diag::Expected, peek().range, {"a value", describe(peek())}).hint(missingValueHint());
    return errorExpr();
  }
  if (!negate && !bang && !tilde)
    return parsePower();
  Nest nest(*this);
  if (!nest.ok)
    return errorExpr();
  Token token = take();
  ExprPtr operand = parseUnary();
  SourceRange range = token.range.to(operand->range);
  UnaryOp op = negate ? UnaryOp::Negate : bang ? UnaryOp::Not : UnaryOp::BitNot;
  return bounded(std::make_unique<UnaryExpr>(range, op, std::move(operand)));
}

/// `a ** b`, to the right, above unary minus: `-x ** 2` is `-(x ** 2)`.
ExprPtr ParserImpl::parsePower() {
  ExprPtr base = parsePostfix();
  if (panic || !is(K::StarStar))
    return base;
  Nest nest(*this);
  if (!nest.ok)
    return base;
  Token token = take();
  ExprPtr exponent = parseUnary();
  return bounded(std::make_unique<BinaryExpr>(BinaryOp::Power, token.range, std::move(base), std::move(exponent)));
}

ExprPtr ParserImpl::parsePostfix() {
  ExprPtr expr = parsePrimary();
  while (!panic && is(K::LBracket)) {
    Nest nest(*this);
    if (!nest.ok)
      return expr;
    Token open = take();
    std::vector<ExprPtr> indices = parseIndexList();
    if (panic)
      return expr;
    SourceRange range = expr->range.to(peek().range);
    if (!expectClose(K::RBracket, open))
      return expr;
    expr = bounded(std::make_unique<IndexExpr>(range, std::move(expr), std::move(indices)));
  }
  return expr;
}

/// Takes `...`, which stands once in a list.
bool ParserImpl::parseEllipsis(std::vector<ExprPtr> &list) {
  if (!is(K::Ellipsis))
    return false;
  for (const ExprPtr &element : list)
    if (element->kind == ExprKind::Ellipsis)
      error(Diag::SecondEllipsis, peek().range).label(element->range, "the first is here");
  list.push_back(std::make_unique<EllipsisExpr>(take().range));
  return true;
}

std::vector<ExprPtr> ParserImpl::parseIndexList() {
  std::vector<ExprPtr> indices;
  if (is(K::RBracket))
    return indices;
  do {
    if (!parseEllipsis(indices))
      indices.push_back(parseSlice());
  } while (!panic && consume(K::Comma) && !is(K::RBracket));
  return indices;
}

/// An index, or `first:last:step` with any part missing.
ExprPtr ParserImpl::parseSlice() {
  SourceRange begin = peek().range;
  ExprPtr parts[3];
  if (!is(K::Colon)) {
    parts[0] = parseExpr();
    if (panic || !is(K::Colon))
      return std::move(parts[0]);
  }
  SourceRange range = begin;
  for (int part = 1; part < 3 && is(K::Colon); ++part) {
    range = begin.to(take().range);
    if (is(K::Colon) || is(K::Comma) || is(K::RBracket))
      continue;
    parts[part] = parseExpr();
    if (panic)
      return errorExpr();
    range = begin.to(parts[part]->range);
  }
  return bounded(std::make_unique<SliceExpr>(range, std::move(parts[0]), std::move(parts[1]), std::move(parts[2])));
}

/// What can begin a reduction's body after `sum(k)`, on the same line. A minus is
/// not among them: `sum(x) - 1` is a difference.
bool ParserImpl::beginsOperand(const Token &token) const {
  switch (token.kind) {
  case K::Identifier:
  case K::Integer:
  case K::Float:
  case K::LParen:
  case K::KwIf:
  case K::KwTrue:
  case K::KwFalse:
  case K::Bang:
  case K::Tilde: return token.text() != "and" && token.text() != "or";
  default: return false;
  }
}

/// Tells `sum(i, j) x[i, j]` from the call `sum(x)`.
bool ParserImpl::atReduction() const {
  if (!is(K::Identifier) || !peek(1).is(K::LParen) || !isReducerName(peek().text()))
    return false;
  unsigned level = 1;
  bool nameNext = true;
  for (size_t ahead = 2; ahead < 256; ++ahead) {
    const Token &token = peek(ahead);
    if (token.is(K::EndOfFile) || token.is(K::Newline) || token.is(K::LBrace) || token.is(K::RBrace))
      return false;
    if (level == 1 && nameNext) {
      if (!token.is(K::Identifier) && !token.is(K::Ellipsis))
        return false;
      const Token &after = peek(ahead + 1);
      if (after.is(K::KwIn))
        return true;
      if (!after.is(K::Comma) && !after.is(K::RParen))
        return false;
      nameNext = false;
      continue;
    }
    if (token.is(K::RParen) && --level == 0)
      return beginsOperand(peek(ahead + 1));
    if (token.is(K::LParen))
      ++level;
    if (token.is(K::Comma) && level == 1)
      nameNext = true;
  }
  return false;
}

/// The text of '[i, j]' that stands here before a value; nothing if it is something else.
std::string ParserImpl::indexListAhead() const {
  std::string text = "[";
  for (unsigned ahead = 1; peek(ahead).is(K::Identifier); ahead += 2) {
    text += peek(ahead).text();
    if (peek(ahead + 1).is(K::RBracket))
      return beginsOperand(peek(ahead + 2)) ? text + "]" : "";
    if (!peek(ahead + 1).is(K::Comma))
      break;
    text += ", ";
  }
  return "";
}

/// What was most likely meant where a value is missing.
std::string ParserImpl::missingValueHint() const {
  const Token &last = previous();
  bool joined = position > 0 && last.range.end == peek().range.begin;
  std::string sign(last.text());
  if (is(K::KwWhere))
    return functionHint("where");
  if (is(K::LBracket) && last.is(K::Equal) && previous(3).is(K::KwLet)) {
    std::string indices = indexListAhead();
    if (!indices.empty())
      return "the indices stand behind the name: 'let " + std::string(previous(2).text()) + indices + " = …'";
  }
  if (std::string indices = is(K::LBracket) ? indexListAhead() : ""; !indices.empty())
    return "a tensor given by its elements has a line of its own: 'let t" + indices + " = …' before this one";
  if (is(K::LBracket))
    return "there are no lists: leave out the brackets";
  if (last.is(K::Newline) && findOperator(kind()))
    return "a line goes on when an operator ends it: write this '" + std::string(peek().text()) +
           "' before the line's end";
  if (is(K::Equal) && joined && last.is(K::Plus) && previous(2).is(K::RBracket))
    return "to add at places: 'y = scatter_add(y, places, …)'";
  if (is(K::Equal) && joined && findOperator(last.kind))
    return last.is(K::EqualEqual) ? "write '=='" : "there is no '" + sign + "='; write 'y = y " + sign + " …'";
  if (is(K::Greater) && joined && last.is(K::Less))
    return "write '!='";
  if (is(K::Less) && joined && last.is(K::DotDot))
    return "both ends are included: '0..N-1'";
  if (is(K::Pipe))
    return "a magnitude is written 'abs(x)'";
  if (is(K::Dot) && peek(1).is(K::Integer))
    return "write '0." + std::string(peek(1).text()) + "'";
  bool shape = last.is(K::LBracket) && dtypeFromName(previous(2).text());
  if (is(K::Colon) && shape)
    return "an open dimension has a name: '" + std::string(previous(2).text()) + "[N]'";
  return is(K::Plus) ? "leave out the '+'" : "";
}

ExprPtr ParserImpl::parsePrimary() {
  switch (kind()) {
  case K::Integer:
  case K::Float: return parseNumber();
  case K::KwTrue:
  case K::KwFalse: {
    Token token = take();
    return std::make_unique<BoolExpr>(token.range, token.is(K::KwTrue));
  }
  case K::Identifier: return atReduction() ? parseReduce() : parseNameOrCall();
  case K::LParen: return parseParenthesized();
  case K::KwIf: return parseIf();
  case K::String: {
    bool einsum = peek().text().find("->") != std::string_view::npos;
    error(Diag::UnexpectedString, peek().range).hint(einsum ? functionHint("einsum") : "");
    return errorExpr();
  }
  default:
    error(Diag::Expected, peek().range, {"a value", describe(peek())}).hint(missingValueHint());
    return errorExpr();
  }
}

ExprPtr ParserImpl::parseNumber() {
  Token token = take();
  std::string digits;
  for (char c : token.text())
    if (c != '_')
      digits += c;
  auto bad = [&](const char *why) -> ExprPtr {
    error(Diag::BadNumber, token.range, {std::string(token.text().substr(0, 40)), why});
    return std::make_unique<ErrorExpr>(token.range);
  };
  char *end = nullptr;
  if (token.is(K::Float)) {
    double value = std::strtod(digits.c_str(), &end);
    if (*end)
      return bad("unexpected letters; a type is written around a number, e.g. f32(1.5)");
    if (value > 1.7976931348623157e308)
      return bad("it does not fit f64");
    return std::make_unique<FloatExpr>(token.range, value);
  }
  bool hex = digits.size() > 1 && (digits[1] == 'x' || digits[1] == 'X');
  bool binary = digits.size() > 1 && (digits[1] == 'b' || digits[1] == 'B');
  unsigned base = hex ? 16 : binary ? 2 : 10;
  uint64_t value = 0;
  size_t first = base == 10 ? 0 : 2;
  if (first == digits.size())
    return bad("digits are missing");
  for (size_t i = first; i < digits.size(); ++i) {
    char c = digits[i];
    unsigned digit = c >= '0' && c <= '9'   ? c - '0'
                     : c >= 'a' && c <= 'f' ? c - 'a' + 10
                     : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                            : 99;
    if (digit >= base)
      return bad("unexpected letters; a type is written around a number, e.g. i32(7)");
    if (__builtin_mul_overflow(value, base, &value) || __builtin_add_overflow(value, digit, &value))
      return bad("it does not fit 64 bits");
  }
  return std::make_unique<IntegerExpr>(token.range, value);
}

ExprPtr ParserImpl::parseNameOrCall() {
  QualifiedName name;
  Token token = take();
  name.name = {std::string(token.text()), token.range};
  if (is(K::Dot)) {
    take();
    auto member = parseName("a name of the module");
    if (!member)
      return errorExpr();
    name.module = name.name;
    name.name = *member;
  }
  if (!is(K::LParen))
    return std::make_unique<NameExpr>(std::move(name));
  Nest nest(*this);
  if (!nest.ok)
    return errorExpr();
  Token open = take();
  std::vector<Argument> arguments;
  parseArguments(arguments);
  SourceRange range = name.range().to(peek().range);
  if (panic || !expectClose(K::RParen, open))
    return errorExpr();
  return bounded(std::make_unique<CallExpr>(range, std::move(name), std::move(arguments)));
}

void ParserImpl::parseArguments(std::vector<Argument> &arguments) {
  while (!is(K::RParen) && !panic) {
    Argument argument;
    if (is(K::Identifier) && peek(1).is(K::Equal)) {
      argument.name = parseName("a name");
      take();
    }
    argument.value = parseExpr();
    arguments.push_back(std::move(argument));
    if (!consume(K::Comma))
      return;
  }
}

std::vector<IndexDecl> ParserImpl::parseIndexDecls(K close) {
  std::vector<IndexDecl> indices;
  while (!is(close) && !panic) {
    IndexDecl index;
    if (is(K::Ellipsis)) {
      index.isEllipsis = true;
      index.name = {"...", take().range};
    } else if (is(K::Integer) && close == K::RBracket) {
      error(Diag::Expected, peek().range, {"an index", describe(peek())})
          .hint("an element cannot be assigned: say what all are, e.g. 'let z[i] = if i == 0 { … } else { y[i] }'");
      break;
    } else if (auto name = parseName("an index")) {
      index.name = *name;
      if (is(K::Colon)) {
        error(Diag::Expected, peek().range, {"',' or 'in'", describe(peek())})
            .hint("a range is written '" + name->text + " in 0..N-1'");
        break;
      }
    } else {
      break;
    }
    if (!index.isEllipsis && consume(K::KwIn)) {
      index.first = parseExpr();
      if (panic || !expectRange())
        break;
      index.last = parseExpr();
    }
    indices.push_back(std::move(index));
    if (!consume(K::Comma))
      break;
  }
  return indices;
}

ExprPtr ParserImpl::parseReduce() {
  Nest nest(*this);
  if (!nest.ok)
    return errorExpr();
  Token token = take(), open = take();
  Name reducer{std::string(token.text()), token.range};
  std::vector<IndexDecl> indices = parseIndexDecls(K::RParen);
  if (panic || !expectClose(K::RParen, open))
    return errorExpr();
  // A reduction is a factor of a formula; a scan is all that its `let` computes.
  bool isScan = reducer.text == "scan";
  ExprPtr body = isScan ? parseExpr() : parseBinary(kProduct);
  SourceRange range = token.range.to(body->range);
  if (isScan)
    return bounded(std::make_unique<ScanExpr>(range, std::move(reducer), std::move(indices), std::move(body)));
  return bounded(std::make_unique<ReduceExpr>(range, std::move(reducer), std::move(indices), std::move(body)));
}

ExprPtr ParserImpl::parseIf() {
  Nest nest(*this);
  if (!nest.ok)
    return errorExpr();
  Token keyword = take();
  ExprPtr condition = parseExpr();
  uint32_t height = 0;
  if (panic || !is(K::LBrace)) {
    error(Diag::Expected, peek().range, {"'{' after the condition", describe(peek())})
        .hint(is(K::Equal) ? "two values are compared with '=='" : "write 'if c { a } else { b }'");
    return errorExpr();
  }
  Block thenBlock = parseBlock(&height), elseBlock;
  size_t before = position;
  skipNewlines();
  if (!is(K::KwElse)) {
    position = before;
    error(Diag::MissingElse, keyword.range)
        .hint(is(K::Identifier) && statementHint(peek().text()) == statementHint("elif")
                  ? statementHint("elif")
                  : "say what the value is otherwise: 'if … { … } else { … }'");
    return errorExpr();
  }
  take();
  if (is(K::KwIf)) {
    Stmt stmt;
    stmt.kind = StmtKind::Result;
    stmt.range = elseBlock.range = peek().range;
    stmt.results.push_back(parseResultItem());
    height = std::max(height, stmt.results[0].value->height);
    elseBlock.statements.push_back(std::move(stmt));
  } else if (is(K::LBrace)) {
    elseBlock = parseBlock(&height);
  } else {
    expect(K::LBrace, "'{' or 'if' after 'else'");
    return errorExpr();
  }
  SourceRange range = keyword.range.to(elseBlock.range);
  return bounded(
      std::make_unique<IfExpr>(range, std::move(condition), std::move(thenBlock), std::move(elseBlock), height));
}

ExprPtr ParserImpl::parseParenthesized() {
  Nest nest(*this);
  if (!nest.ok)
    return errorExpr();
  Token open = take();
  std::vector<ExprPtr> elements;
  bool tuple = is(K::RParen);
  while (!is(K::RParen) && !panic) {
    elements.push_back(parseExpr());
    if (panic || !consume(K::Comma))
      break;
    tuple = true;
  }
  SourceRange range = open.range.to(peek().range);
  if (panic || !expectClose(K::RParen, open))
    return errorExpr();
  if (tuple)
    return bounded(std::make_unique<TupleExpr>(range, std::move(elements)));
  elements[0]->range = range;
  return std::move(elements[0]);
}

TypeExpr ParserImpl::parseType() {
  TypeExpr type;
  auto name = parseName("a type");
  if (!name)
    return type;
  type.element = *name;
  type.range = name->range;
  if (!is(K::LBracket))
    return type;
  Token open = take();
  type.hasShape = true;
  while (!is(K::RBracket) && !panic) {
    if (!parseEllipsis(type.shape))
      type.shape.push_back(parseExpr());
    if (!consume(K::Comma))
      break;
  }
  type.range = type.range.to(peek().range);
  if (!panic)
    expectClose(K::RBracket, open);
  return type;
}

} // namespace flex::lang
