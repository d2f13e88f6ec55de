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

#include <algorithm>

namespace flex::lang {

using Atom = DimExpr::Atom;
using OpKind = DimExpr::OpKind;

static DimExpr combine(OpKind op, const DimExpr &a, const DimExpr &b) {
  switch (op) {
  case OpKind::FloorDiv: return a.floorDiv(b);
  case OpKind::CeilDiv: return a.ceilDiv(b);
  case OpKind::Mod: return a.mod(b);
  case OpKind::Min: return DimExpr::min(a, b);
  case OpKind::Max: return DimExpr::max(a, b);
  }
  return DimExpr::invalid();
}

static DimExpr rebuild(const Atom &atom) {
  return atom.isName ? DimExpr::symbol(atom.text) : combine(atom.op, atom.operands[0], atom.operands[1]);
}

struct Prover::Search {
  const Prover &prover;
  const std::vector<DimExpr> &local;
  int budget = 400;

  bool prove(const DimExpr &expr, int depth = 0) {
    if (!expr.isValid() || --budget < 0 || depth > 24)
      return false;
    if (auto value = expr.constant())
      return *value >= 0;
    if (depth == 0 && cancelsWithIndex(expr))
      return true;
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

  /// Whether the last value of an index is all that is asked: what its range says in operations then cancels as it is.
  bool cancelsWithIndex(const DimExpr &expr) {
    std::set<std::string> names;
    expr.collectSymbols(names);
    for (const std::string &name : names) {
      const IndexVar *index = prover.lookup(name);
      auto linear = index && index->extent ? expr.linearIn(name) : std::nullopt;
      if (!linear || linear->first != DimExpr(-1))
        continue;
      DimExpr atLast = linear->second - (prover.simplify(*index->extent) - 1);
      if (atLast.isValid() && atLast.constant().value_or(-1) >= 0)
        return true;
    }
    return false;
  }

  bool eliminateIndex(const DimExpr &expr, const IndexVar &index, int depth) {
    auto linear = expr.linearIn(index.symbol);
    if (!linear)
      return false;
    auto &[slope, rest] = *linear;
    if (prove(slope, depth + 1))
      return prove(rest, depth + 1);
    return index.extent && prove(0 - slope, depth + 1) &&
           prove(rest + slope * (prover.simplify(*index.extent) - 1), depth + 1);
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
    bool allPositive = true; // a dimension is; an operation that a fact brought in need not be
    for (const DimExpr::Term &term : expr.terms())
      allPositive &= term.coefficient >= 0 &&
                     std::all_of(term.atoms.begin(), term.atoms.end(), [](const auto &atom) { return atom->isName; });
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
    addFact(constraint.rhs - constraint.lhs, 2);
  } else if (constraint.kind == Constraint::Kind::Divisible) {
    divisions.push_back(constraint);
  } else {
    auto left = constraint.lhs.asSymbol(), right = constraint.rhs.asSymbol();
    if (!(left && rewrite(*left, constraint.rhs)) && !(right && rewrite(*right, constraint.lhs))) {
      addFact(constraint.lhs - constraint.rhs, 2);
      addFact(constraint.rhs - constraint.lhs, 2);
    }
  }
  // A division is of use once its divisor is known to be positive.
  std::erase_if(divisions, [this](const Constraint &division) { return assumeDivision(division); });
}

bool Prover::rewrite(const std::string &name, const DimExpr &value) {
  if (value.uses(name) || rewrites.count(name) || !value.isValid())
    return false;
  for (auto &[key, old] : rewrites)
    old = old.substitute({{name, value}});
  rewrites.emplace(name, value.substitute(rewrites));
  return true;
}

/// `(rest + name) % b == 0`, and the left side >= 0: name is `b * q - rest` for some q >= 0.
bool Prover::assumeDivision(const Constraint &division) {
  const DimExpr &divisor = division.rhs;
  auto constant = divisor.constant();
  bool isPositive = constant ? *constant > 0 : divisor.asSymbol() && positive.count(*divisor.asSymbol());
  if (!isPositive || !nonNegative(division.lhs))
    return false;
  std::set<std::string> names;
  division.lhs.collectSymbols(names);
  for (const std::string &name : names) {
    auto linear = division.lhs.linearIn(name);
    DimExpr quotient = DimExpr::symbol(name + "." + divisor.str());
    if (linear && linear->first == DimExpr(1) && !divisor.uses(name) && !lookup(name) &&
        rewrite(name, divisor * quotient - linear->second))
      return true;
  }
  return false;
}

/// Notes `fact >= 0`, and what follows from it for the operands of an operation in it.
void Prover::addFact(const DimExpr &fact, int depth) {
  if (!fact.isValid())
    return;
  facts.push_back(fact);
  std::set<std::string> names;
  fact.collectSymbols(names);
  if (names.size() == 1 && (fact - DimExpr::symbol(*names.begin())).constant().value_or(0) < 0)
    positive.insert(*names.begin());
  if (depth == 0)
    return;
  for (const DimExpr::Term &term : fact.terms()) {
    bool up = term.coefficient == 1;
    if (term.atoms.size() != 1 || term.atoms[0]->isName || (!up && term.coefficient != -1))
      continue;
    const Atom &atom = *term.atoms[0];
    const DimExpr &a = atom.operands[0], &b = atom.operands[1];
    DimExpr rest = fact - DimExpr(term.coefficient) * rebuild(atom);
    bool divides = b.constant() ? *b.constant() > 0 : nonNegative(b - 1);
    if (atom.op == OpKind::Min && up) {
      addFact(rest + a, depth - 1);
      addFact(rest + b, depth - 1);
    } else if (atom.op == OpKind::Max && !up) {
      addFact(rest - a, depth - 1);
      addFact(rest - b, depth - 1);
    } else if (atom.op == OpKind::FloorDiv && divides) {
      addFact(up ? a + b * rest : b * rest + b - 1 - a, depth - 1);
    } else if (atom.op == OpKind::CeilDiv && divides) {
      addFact(up ? a + b - 1 + b * rest : b * rest - a, depth - 1);
    }
  }
}

/// `H*q / H` is q, and `H*q % H` 0, for an H that is known to be positive.
DimExpr Prover::cancel(const DimExpr &expr) const {
  DimExpr result;
  for (const DimExpr::Term &term : expr.terms()) {
    DimExpr product(term.coefficient);
    for (const auto &atom : term.atoms) {
      if (atom->isName) {
        product = product * DimExpr::symbol(atom->text);
        continue;
      }
      DimExpr a = cancel(atom->operands[0]), b = cancel(atom->operands[1]);
      auto name = b.asSymbol();
      auto linear = name && positive.count(*name) ? a.linearIn(*name) : std::nullopt;
      bool exact = linear && linear->second == DimExpr(0) && atom->op <= OpKind::Mod;
      product = product * (!exact ? combine(atom->op, a, b) : atom->op == OpKind::Mod ? DimExpr(0) : linear->first);
    }
    result = result + product;
  }
  return expr.isValid() ? result : expr;
}

DimExpr Prover::simplify(const DimExpr &expr) const {
  if (rewrites.empty())
    return expr;
  DimExpr result = expr.substitute(rewrites);
  return positive.empty() ? result : cancel(result);
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
