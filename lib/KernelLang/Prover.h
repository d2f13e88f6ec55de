//===- Prover.h - Facts about dimensions and indices ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Proves `a >= 0` and `a == b` for expressions over dimensions (each >= 0) and
// loop indices (each 0 .. extent - 1). Sound, not complete: false means "not
// proved". Bounded work per question.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/KernelLang/Typed.h"

#include <functional>

namespace flex::lang {

class Prover {
public:
  using Lookup = std::function<const IndexVar *(const std::string &symbol)>;

  /// `lookup` gives the index of a symbol, or null for a dimension.
  explicit Prover(Lookup lookup) : lookup(std::move(lookup)) {}

  /// From here on `constraint` holds.
  void assume(const Constraint &constraint);

  /// `local`: further expressions known to be >= 0 here.
  bool nonNegative(const DimExpr &expr, const std::vector<DimExpr> &local = {}) const;
  bool equal(const DimExpr &a, const DimExpr &b) const;
  /// Made of a length that is still to be found, `?0`, …: it agrees with any other.
  static bool isOpen(const DimExpr &expr) { return expr.str().find('?') != std::string::npos; }
  /// True if a and b differ whatever the dimensions are.
  bool different(const DimExpr &a, const DimExpr &b) const;
  bool holds(const Constraint &constraint) const;
  /// True if no dimensions can meet it.
  bool contradicts(const Constraint &constraint) const;

private:
  struct Search;
  DimExpr simplify(const DimExpr &expr) const;
  DimExpr cancel(const DimExpr &expr) const;
  void addFact(const DimExpr &fact, int depth);
  bool rewrite(const std::string &name, const DimExpr &value);
  bool assumeDivision(const Constraint &division);

  Lookup lookup;
  std::map<std::string, DimExpr> rewrites; ///< name -> equal expression
  std::vector<DimExpr> facts;              ///< each >= 0
  std::vector<Constraint> divisions;       ///< not of use yet
  std::set<std::string> positive;          ///< dimensions known to be at least 1
};

} // namespace flex::lang
