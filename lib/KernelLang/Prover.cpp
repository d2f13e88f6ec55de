//===- Prover.cpp - Facts about dimensions and indices ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Eliminates one atom after the other: an index by the end of its range that
// makes the expression smallest, a division by the interval it lies in. What is
// left is a polynomial in dimensions, compared with the known facts.
//
//===----------------------------------------------------------------------===//
#include "Prover.h"

namespace flex::lang {

using Atom = DimExpr::Atom;
using OpKind = DimExpr::OpKind;

struct Prover::Search {
  const Prover &prover;
  const std::vector<DimExpr> &local;
  int budget = 400;

  bool prove(const DimExpr &expr, int depth = 0) {
    if (!expr.isValid() || --budget < 0 || depth > 24)
      return false;
    if (auto value = expr.constant())
      return *value >= 0;
    if (const Atom *operation = findOperation(expr))
      return eliminateOperation(expr, *operation, depth);
    if (const IndexVar *index = findIndex(expr))
      return eliminateIndex(expr, *index, depth);
    return provePolynomial(expr, 3);
  }

  static const Atom *findOperation(const DimExpr &expr) {
    for (const DimExpr::Term &term : expr.terms())
      for (const auto &atom : term.atoms)
        if (!atom->isName)
          return atom.get();
    return nullptr;
  }

  const IndexVar *findIndex(const DimExpr &expr) {
    std::set<std::string> names;
    expr.collectSymbols(names);
    for (const std::string &name : names)
      if (const IndexVar *index = prover.lookup(name))
        return index;
    return nullptr;
  }

  bool eliminateIndex(const DimExpr &expr, const IndexVar &index, int depth) {
    auto linear = expr.linearIn(index.symbol);
    if (!linear)
      return false;
    auto &[slope, rest] = *linear;
    if (prove(slope, depth + 1))
      return prove(rest, depth + 1);
    return index.extent && prove(0 - slope, depth + 1) && prove(rest + slope * (prover.simplify(*index.extent) - 1), depth + 1);
  }

  /// expr = slope * atom + rest, if the atom occurs only so.
  static std::optional<std::pair<DimExpr, DimExpr>> split(const DimExpr &expr, const Atom &atom) {
    DimExpr slope, rest;
    for (const DimExpr::Term &term : expr.terms()) {
      DimExpr product(term.coefficient);
      int power = 0;
      for (const auto &factor : term.atoms) {
        if (factor->text == atom.text) {
          ++power;
          continue;
        }
        product = product * rebuild(*factor);
      }
      if (power > 1)
        return std::nullopt;
      (power ? slope : rest) = (power ? slope : rest) + product;
    }
    return std::make_pair(slope, rest);
  }

  static DimExpr rebuild(const Atom &atom) {
    if (atom.isName)
      return DimExpr::symbol(atom.text);
    const DimExpr &a = atom.operands[0], &b = atom.operands[1];
    switch (atom.op) {
    case OpKind::FloorDiv: return a.floorDiv(b);
    case OpKind::CeilDiv: return a.ceilDiv(b);
    case OpKind::Mod: return a.mod(b);
    case OpKind::Min: return DimExpr::min(a, b);
    case OpKind::Max: return DimExpr::max(a, b);
    }
    return DimExpr::invalid();
  }

  bool eliminateOperation(const DimExpr &expr, const Atom &atom, int depth) {
    auto parts = split(expr, atom);
    if (!parts)
      return false;
    auto &[slope, rest] = *parts;
    const DimExpr &a = atom.operands[0], &b = atom.operands[1];
    bool up = prove(slope, depth + 1);
    if (!up && !prove(0 - slope, depth + 1))
      return false;
    auto with = [&](const DimExpr &value) { return prove(rest + slope * value, depth + 1); };
    switch (atom.op) {
    case OpKind::Min: return up ? with(a) && with(b) : with(a) || with(b);
    case OpKind::Max: return up ? with(a) || with(b) : with(a) && with(b);
    case OpKind::Mod: // 0 <= a mod b <= b - 1, and <= a for a >= 0
      return up ? prove(rest, depth + 1) : with(b - 1) || (prove(a, depth + 1) && with(a));
    case OpKind::FloorDiv:
    case OpKind::CeilDiv: break;
    }
    if (!prove(b - 1, depth + 1))
      return false;
    if (up && prove(a, depth + 1) && prove(rest, depth + 1))
      return true;
    // b * floordiv(a, b) lies in [a - b + 1, a], b * ceildiv(a, b) in [a, a + b - 1];
    // an integer e is >= 0 iff b * e >= -(b - 1).
    bool floorOp = atom.op == OpKind::FloorDiv;
    DimExpr bound = up ? (floorOp ? a - b + 1 : a) : (floorOp ? a : a + b - 1);
    return prove(slope * bound + b * rest + b - 1, depth + 1);
  }

  bool provePolynomial(const DimExpr &expr, int depth) {
    bool allPositive = true;
    for (const DimExpr::Term &term : expr.terms())
      allPositive &= term.coefficient >= 0;
    if (allPositive)
      return true;
    if (depth == 0 || --budget < 0)
      return false;
    for (const std::vector<DimExpr> *known : {&local, &prover.facts})
      for (const DimExpr &fact : *known) {
        DimExpr smaller = expr - prover.simplify(fact);
        if (smaller.isValid() && smaller.terms().size() <= expr.terms().size() && provePolynomial(smaller, depth - 1))
          return true;
      }
    return false;
  }
};

void Prover::assume(const Constraint &constraint) {
  if (constraint.kind == Constraint::Kind::LessEqual) {
    facts.push_back(constraint.rhs - constraint.lhs);
    return;
  }
  auto rewrite = [&](const std::string &name, const DimExpr &value) {
    if (value.uses(name) || rewrites.count(name))
      return false;
    for (auto &[key, old] : rewrites)
      old = old.substitute({{name, value}});
    rewrites.emplace(name, value.substitute(rewrites));
    return true;
  };
  if (constraint.kind == Constraint::Kind::Divisible) {
    auto name = constraint.lhs.asSymbol();
    if (name && constraint.rhs.constant())
      rewrite(*name, constraint.rhs * DimExpr::symbol(*name + "." + constraint.rhs.str()));
    return;
  }
  auto left = constraint.lhs.asSymbol(), right = constraint.rhs.asSymbol();
  if ((left && rewrite(*left, constraint.rhs)) || (right && rewrite(*right, constraint.lhs)))
    return;
  facts.push_back(constraint.lhs - constraint.rhs);
  facts.push_back(constraint.rhs - constraint.lhs);
}

DimExpr Prover::simplify(const DimExpr &expr) const {
  return rewrites.empty() ? expr : expr.substitute(rewrites);
}

bool Prover::nonNegative(const DimExpr &expr, const std::vector<DimExpr> &local) const {
  std::vector<DimExpr> simplified;
  simplified.reserve(local.size());
  for (const DimExpr &fact : local)
    simplified.push_back(simplify(fact));
  Search search{*this, simplified};
  return search.prove(simplify(expr));
}

bool Prover::equal(const DimExpr &a, const DimExpr &b) const {
  if (a == b)
    return a.isValid();
  if (isOpen(a) || isOpen(b))
    return true;
  DimExpr difference = simplify(a) - simplify(b);
  if (auto value = difference.constant())
    return *value == 0;
  return nonNegative(difference) && nonNegative(0 - difference);
}

bool Prover::different(const DimExpr &a, const DimExpr &b) const {
  DimExpr difference = simplify(a) - simplify(b);
  return nonNegative(difference - 1) || nonNegative(0 - difference - 1);
}

bool Prover::holds(const Constraint &constraint) const {
  switch (constraint.kind) {
  case Constraint::Kind::LessEqual: return nonNegative(constraint.rhs - constraint.lhs);
  case Constraint::Kind::Equal: return equal(constraint.lhs, constraint.rhs);
  case Constraint::Kind::Divisible: {
    DimExpr remainder = simplify(constraint.lhs).mod(simplify(constraint.rhs));
    return remainder.isValid() && equal(remainder, 0);
  }
  }
  return false;
}

bool Prover::contradicts(const Constraint &constraint) const {
  switch (constraint.kind) {
  case Constraint::Kind::LessEqual: return nonNegative(constraint.lhs - constraint.rhs - 1);
  case Constraint::Kind::Equal: return different(constraint.lhs, constraint.rhs);
  case Constraint::Kind::Divisible: {
    auto a = constraint.lhs.constant(), b = constraint.rhs.constant();
    return (a && b && *b > 0 && *a % *b != 0) || (b && *b <= 0);
  }
  }
  return false;
}

} // namespace flex::lang
