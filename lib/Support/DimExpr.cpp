//===- DimExpr.cpp - Integer expressions over named dimensions -----------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Invariant: `sum` is sorted (constant last, positive terms first, then by the
// product's text), holds no zero coefficient and no product twice; `text` is
// its rendering. Every constructor goes through fromMap, which restores this.
//
//===----------------------------------------------------------------------===//
#include "flex/Support/DimExpr.h"

#include <algorithm>
#include <cctype>

namespace flex {
namespace {

constexpr size_t kMaxTerms = 256;
constexpr size_t kMaxDegree = 32;
constexpr int kMaxNesting = 64;

using AtomPtr = std::shared_ptr<const DimExpr::Atom>;

std::string productKey(const std::vector<AtomPtr> &atoms) {
  std::string key;
  for (const AtomPtr &atom : atoms) {
    if (!key.empty())
      key += "*";
    key += atom->text;
  }
  return key;
}

/// Floor semantics for a positive divisor, which is all the operators accept.
std::optional<int64_t> applyOp(DimExpr::OpKind op, int64_t a, int64_t b) {
  using K = DimExpr::OpKind;
  if (op == K::Min)
    return std::min(a, b);
  if (op == K::Max)
    return std::max(a, b);
  if (b <= 0)
    return std::nullopt;
  int64_t quotient = a / b, remainder = a % b;
  if (remainder < 0) {
    quotient -= 1;
    remainder += b;
  }
  if (op == K::FloorDiv)
    return quotient;
  if (op == K::CeilDiv)
    return quotient + (remainder != 0);
  return remainder;
}

const char *opName(DimExpr::OpKind op) {
  switch (op) {
  case DimExpr::OpKind::FloorDiv: return "floordiv";
  case DimExpr::OpKind::CeilDiv: return "ceildiv";
  case DimExpr::OpKind::Mod: return "mod";
  case DimExpr::OpKind::Min: return "min";
  case DimExpr::OpKind::Max: return "max";
  }
  return "";
}

std::optional<DimExpr::OpKind> opFromName(std::string_view name) {
  using K = DimExpr::OpKind;
  for (K op : {K::FloorDiv, K::CeilDiv, K::Mod, K::Min, K::Max})
    if (name == opName(op))
      return op;
  return std::nullopt;
}

} // namespace

DimExpr::DimExpr(int64_t value) {
  std::vector<Term> terms;
  if (value != 0)
    terms.push_back({{}, value});
  sum = std::make_shared<const std::vector<Term>>(std::move(terms));
  text = std::to_string(value);
}

DimExpr DimExpr::invalid() {
  DimExpr expr;
  expr.valid = false;
  expr.text = "<invalid>";
  return expr;
}

DimExpr DimExpr::symbol(std::string_view name) {
  auto atom = std::make_shared<const Atom>(Atom{std::string(name), true, OpKind::FloorDiv, {}});
  return fromMap({{atom->text, Term{{atom}, 1}}});
}

DimExpr DimExpr::fromMap(const TermMap &map) {
  std::vector<Term> terms;
  for (const auto &[key, term] : map)
    if (term.coefficient != 0)
      terms.push_back(term);
  if (terms.size() > kMaxTerms)
    return invalid();
  std::stable_sort(terms.begin(), terms.end(), [](const Term &a, const Term &b) {
    if (a.atoms.empty() != b.atoms.empty())
      return b.atoms.empty();
    return (a.coefficient > 0) > (b.coefficient > 0);
  });
  DimExpr expr;
  expr.sum = std::make_shared<const std::vector<Term>>(std::move(terms));
  expr.text = expr.render();
  return expr;
}

std::string DimExpr::render() const {
  if (sum->empty())
    return "0";
  std::string out;
  for (const Term &term : *sum) {
    bool negative = term.coefficient < 0;
    uint64_t magnitude = negative ? 0 - static_cast<uint64_t>(term.coefficient) : term.coefficient;
    if (out.empty())
      out += negative ? "-" : "";
    else
      out += negative ? " - " : " + ";
    if (term.atoms.empty())
      out += std::to_string(magnitude);
    else
      out += (magnitude == 1 ? "" : std::to_string(magnitude) + "*") + productKey(term.atoms);
  }
  return out;
}

bool DimExpr::isConstant() const {
  return constant().has_value();
}

std::optional<int64_t> DimExpr::constant() const {
  if (!valid || sum->size() > 1)
    return std::nullopt;
  if (sum->empty())
    return 0;
  return sum->front().atoms.empty() ? std::optional(sum->front().coefficient) : std::nullopt;
}

std::optional<std::string> DimExpr::asSymbol() const {
  if (!valid || sum->size() != 1)
    return std::nullopt;
  const Term &term = sum->front();
  if (term.coefficient != 1 || term.atoms.size() != 1 || !term.atoms[0]->isName)
    return std::nullopt;
  return term.atoms[0]->text;
}

bool DimExpr::isSymbol(std::string_view name) const {
  auto symbol = asSymbol();
  return symbol && *symbol == name;
}

/// Adds `sign * b` into a copy of a's terms.
static std::optional<int64_t> addScaled(int64_t a, int64_t b, int64_t sign) {
  int64_t scaled, result;
  if (__builtin_mul_overflow(b, sign, &scaled) || __builtin_add_overflow(a, scaled, &result))
    return std::nullopt;
  return result;
}

DimExpr operator+(const DimExpr &a, const DimExpr &b) {
  if (!a.valid || !b.valid)
    return DimExpr::invalid();
  DimExpr::TermMap map;
  for (const DimExpr *side : {&a, &b})
    for (const DimExpr::Term &term : side->terms()) {
      auto &slot = map.try_emplace(productKey(term.atoms), DimExpr::Term{term.atoms, 0}).first->second;
      auto total = addScaled(slot.coefficient, term.coefficient, 1);
      if (!total)
        return DimExpr::invalid();
      slot.coefficient = *total;
    }
  return DimExpr::fromMap(map);
}

DimExpr operator-(const DimExpr &a, const DimExpr &b) {
  return a + b * DimExpr(-1);
}

DimExpr operator*(const DimExpr &a, const DimExpr &b) {
  if (!a.valid || !b.valid || a.terms().size() * b.terms().size() > kMaxTerms)
    return DimExpr::invalid();
  DimExpr::TermMap map;
  for (const DimExpr::Term &x : a.terms())
    for (const DimExpr::Term &y : b.terms()) {
      DimExpr::Term product{x.atoms, 0};
      product.atoms.insert(product.atoms.end(), y.atoms.begin(), y.atoms.end());
      std::sort(product.atoms.begin(), product.atoms.end(),
                [](const AtomPtr &l, const AtomPtr &r) { return l->text < r->text; });
      int64_t coefficient;
      if (product.atoms.size() > kMaxDegree || __builtin_mul_overflow(x.coefficient, y.coefficient, &coefficient))
        return DimExpr::invalid();
      auto &slot = map.try_emplace(productKey(product.atoms), product).first->second;
      auto total = addScaled(slot.coefficient, coefficient, 1);
      if (!total)
        return DimExpr::invalid();
      slot.coefficient = *total;
    }
  return DimExpr::fromMap(map);
}

DimExpr DimExpr::makeOp(OpKind op, const DimExpr &a, const DimExpr &b) {
  if (!a.valid || !b.valid)
    return invalid();
  auto x = a.constant(), y = b.constant();
  bool divides = op == OpKind::FloorDiv || op == OpKind::CeilDiv || op == OpKind::Mod;
  if (divides && y && *y <= 0)
    return invalid();
  if (x && y) {
    auto folded = applyOp(op, *x, *y);
    return folded ? DimExpr(*folded) : invalid();
  }
  if (divides && b == DimExpr(1))
    return op == OpKind::Mod ? DimExpr(0) : a;
  // Every coefficient divisible by a constant divisor: exact.
  if (divides && y &&
      std::all_of(a.terms().begin(), a.terms().end(), [&](const Term &term) { return term.coefficient % *y == 0; })) {
    if (op == OpKind::Mod)
      return DimExpr(0);
    TermMap map;
    for (const Term &term : a.terms())
      map[productKey(term.atoms)] = Term{term.atoms, term.coefficient / *y};
    return fromMap(map);
  }
  bool commutes = op == OpKind::Min || op == OpKind::Max;
  if (commutes && a == b)
    return a;
  bool swap = commutes && b.str() < a.str();
  const DimExpr &first = swap ? b : a, &second = swap ? a : b;
  std::string name = std::string(opName(op)) + "(" + first.str() + ", " + second.str() + ")";
  if (name.size() > 4096)
    return invalid();
  auto atom = std::make_shared<const Atom>(Atom{name, false, op, {first, second}});
  return fromMap({{name, Term{{atom}, 1}}});
}

DimExpr DimExpr::floorDiv(const DimExpr &divisor) const {
  return makeOp(OpKind::FloorDiv, *this, divisor);
}
DimExpr DimExpr::ceilDiv(const DimExpr &divisor) const {
  return makeOp(OpKind::CeilDiv, *this, divisor);
}
DimExpr DimExpr::mod(const DimExpr &divisor) const {
  return makeOp(OpKind::Mod, *this, divisor);
}
DimExpr DimExpr::min(const DimExpr &a, const DimExpr &b) {
  return makeOp(OpKind::Min, a, b);
}
DimExpr DimExpr::max(const DimExpr &a, const DimExpr &b) {
  return makeOp(OpKind::Max, a, b);
}

std::optional<int64_t> DimExpr::evaluate(const Env &env) const {
  if (!valid)
    return std::nullopt;
  int64_t total = 0;
  for (const Term &term : *sum) {
    int64_t product = term.coefficient;
    for (const AtomPtr &atom : term.atoms) {
      std::optional<int64_t> value;
      if (atom->isName) {
        value = env(atom->text);
      } else {
        auto a = atom->operands[0].evaluate(env), b = atom->operands[1].evaluate(env);
        if (a && b)
          value = applyOp(atom->op, *a, *b);
      }
      if (!value || __builtin_mul_overflow(product, *value, &product))
        return std::nullopt;
    }
    if (__builtin_add_overflow(total, product, &total))
      return std::nullopt;
  }
  return total;
}

std::optional<int64_t> DimExpr::evaluate(const std::map<std::string, int64_t> &env) const {
  return evaluate([&](std::string_view name) -> std::optional<int64_t> {
    auto it = env.find(std::string(name));
    return it == env.end() ? std::nullopt : std::optional(it->second);
  });
}

DimExpr DimExpr::substitute(const std::map<std::string, DimExpr> &replacements) const {
  if (!valid)
    return *this;
  DimExpr total;
  for (const Term &term : *sum) {
    DimExpr product(term.coefficient);
    for (const AtomPtr &atom : term.atoms) {
      if (!atom->isName) {
        product = product * makeOp(atom->op, atom->operands[0].substitute(replacements),
                                   atom->operands[1].substitute(replacements));
        continue;
      }
      auto it = replacements.find(atom->text);
      product = product * (it == replacements.end() ? symbol(atom->text) : it->second);
    }
    total = total + product;
  }
  return total;
}

void DimExpr::collectSymbols(std::set<std::string> &names) const {
  for (const Term &term : *sum)
    for (const AtomPtr &atom : term.atoms) {
      if (atom->isName)
        names.insert(atom->text);
      for (const DimExpr &operand : atom->operands)
        operand.collectSymbols(names);
    }
}

bool DimExpr::uses(std::string_view name) const {
  std::set<std::string> names;
  collectSymbols(names);
  return names.count(std::string(name)) != 0;
}

std::optional<std::pair<DimExpr, DimExpr>> DimExpr::linearIn(std::string_view name) const {
  if (!valid)
    return std::nullopt;
  DimExpr slope, rest;
  for (const Term &term : *sum) {
    DimExpr product(term.coefficient);
    int power = 0;
    for (const AtomPtr &atom : term.atoms) {
      if (atom->isName && atom->text == name) {
        ++power;
        continue;
      }
      for (const DimExpr &operand : atom->operands)
        if (operand.uses(name))
          return std::nullopt;
      product = product * fromMap({{atom->text, Term{{atom}, 1}}});
    }
    if (power > 1)
      return std::nullopt;
    (power ? slope : rest) = (power ? slope : rest) + product;
  }
  return std::make_pair(slope, rest);
}

//===----------------------------------------------------------------------===//
// Parsing
//===----------------------------------------------------------------------===//

namespace {

/// Recursive descent: sum := product (('+'|'-') product)*; product := unary
/// (('*'|'/'|'%') unary)*; unary := '-' unary | number | name | op(sum, sum) | (sum).
class Parser {
public:
  Parser(std::string_view text) : text(text) {}

  std::optional<DimExpr> run(std::string *error) {
    auto expr = parseSum(0);
    skipSpace();
    if (expr && pos != text.size())
      expr = fail("unexpected '" + std::string(1, text[pos]) + "'");
    if (!expr && error)
      *error = message + " at offset " + std::to_string(pos);
    return expr;
  }

private:
  std::optional<DimExpr> fail(std::string why) {
    if (message.empty())
      message = std::move(why);
    return std::nullopt;
  }
  void skipSpace() {
    while (pos < text.size() && std::isspace(static_cast<unsigned char>(text[pos])))
      ++pos;
  }
  bool consume(char c) {
    skipSpace();
    if (pos >= text.size() || text[pos] != c)
      return false;
    ++pos;
    return true;
  }

  std::optional<DimExpr> parseSum(int depth) {
    if (depth > kMaxNesting)
      return fail("expression nested too deeply");
    auto left = parseProduct(depth);
    while (left) {
      bool plus = consume('+');
      if (!plus && !consume('-'))
        break;
      auto right = parseProduct(depth);
      if (!right)
        return right;
      left = plus ? *left + *right : *left - *right;
    }
    return left;
  }

  std::optional<DimExpr> parseProduct(int depth) {
    auto left = parseUnary(depth);
    while (left) {
      char op = consume('*') ? '*' : consume('/') ? '/' : consume('%') ? '%' : 0;
      if (!op)
        break;
      auto right = parseUnary(depth);
      if (!right)
        return right;
      left = op == '*' ? *left * *right : op == '/' ? left->floorDiv(*right) : left->mod(*right);
    }
    return left;
  }

  std::optional<DimExpr> parseUnary(int depth) {
    if (depth > kMaxNesting)
      return fail("expression nested too deeply");
    if (consume('-')) {
      auto operand = parseUnary(depth + 1);
      return operand ? std::optional(DimExpr(0) - *operand) : operand;
    }
    if (consume('(')) {
      auto inner = parseSum(depth + 1);
      if (inner && !consume(')'))
        return fail("expected ')'");
      return inner;
    }
    skipSpace();
    if (pos < text.size() && std::isdigit(static_cast<unsigned char>(text[pos])))
      return parseNumber();
    return parseNameOrCall(depth);
  }

  std::optional<DimExpr> parseNumber() {
    int64_t value = 0;
    for (; pos < text.size() && std::isdigit(static_cast<unsigned char>(text[pos])); ++pos)
      if (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, text[pos] - '0', &value))
        return fail("number does not fit 64 bits");
    return DimExpr(value);
  }

  std::optional<DimExpr> parseNameOrCall(int depth) {
    size_t begin = pos;
    auto isWord = [](char c) {
      return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.' || c == '$';
    };
    while (pos < text.size() && isWord(text[pos]))
      ++pos;
    std::string_view name = text.substr(begin, pos - begin);
    if (name.empty())
      return fail("expected a number, a name or '('");
    auto op = opFromName(name);
    if (!op || !consume('('))
      return DimExpr::symbol(name);
    auto a = parseSum(depth + 1);
    if (a && !consume(','))
      return fail("expected ','");
    auto b = a ? parseSum(depth + 1) : a;
    if (b && !consume(')'))
      return fail("expected ')'");
    if (!b)
      return b;
    switch (*op) {
    case DimExpr::OpKind::FloorDiv: return a->floorDiv(*b);
    case DimExpr::OpKind::CeilDiv: return a->ceilDiv(*b);
    case DimExpr::OpKind::Mod: return a->mod(*b);
    case DimExpr::OpKind::Min: return DimExpr::min(*a, *b);
    case DimExpr::OpKind::Max: return DimExpr::max(*a, *b);
    }
    return fail("unknown operation");
  }

  std::string_view text;
  size_t pos = 0;
  std::string message;
};

} // namespace

std::optional<DimExpr> DimExpr::parse(std::string_view text, std::string *error) {
  auto expr = Parser(text).run(error);
  if (expr && !expr->isValid()) {
    if (error)
      *error = "expression overflows 64 bits or divides by a number below 1";
    return std::nullopt;
  }
  return expr;
}

} // namespace flex
