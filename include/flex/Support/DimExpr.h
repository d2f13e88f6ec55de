//===- DimExpr.h - Integer expressions over named dimensions ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One expression type for every integer the chain reasons about: a tensor's
// dimensions (`H - R + 1`), an access into it (`y + r`), a launch grid
// (`ceildiv(M, 64)`), the bytes of a buffer. Free of LLVM, because the runtime
// evaluates the same expressions that the compiler proves equal.
// Why not AffineMap: docs/decisions/dim-expr.md.
//
//===----------------------------------------------------------------------===//
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace flex {

/// An immutable integer expression in canonical form: a sum of products of
/// atoms, where an atom is a name or one of floordiv, ceildiv, mod, min, max of
/// two expressions. Two expressions are equal iff their `str()` are equal;
/// equality is proved for polynomials, and assumed false otherwise.
///
/// Arithmetic that overflows int64, or a polynomial of more than 256 terms,
/// gives an expression for which `isValid()` is false; it stays invalid under
/// every operation and evaluates to nothing. Thread-safe: values never change.
class DimExpr {
public:
  using Env = std::function<std::optional<int64_t>(std::string_view)>;

  DimExpr() : DimExpr(0) {}
  DimExpr(int64_t value); // NOLINT: a constant reads as a number
  static DimExpr symbol(std::string_view name);
  static DimExpr invalid();

  /// Parses what `str()` prints, and `/`, `%` with integer semantics of floor.
  /// On failure returns nothing and says why in `error` (if not null). Nesting
  /// is bounded to 64 levels.
  static std::optional<DimExpr> parse(std::string_view text, std::string *error = nullptr);

  bool isValid() const { return valid; }
  bool isConstant() const;
  std::optional<int64_t> constant() const;
  /// The name, if this is exactly one name.
  std::optional<std::string> asSymbol() const;
  bool isSymbol(std::string_view name) const;

  friend DimExpr operator+(const DimExpr &a, const DimExpr &b);
  friend DimExpr operator-(const DimExpr &a, const DimExpr &b);
  friend DimExpr operator*(const DimExpr &a, const DimExpr &b);
  DimExpr floorDiv(const DimExpr &divisor) const;
  DimExpr ceilDiv(const DimExpr &divisor) const;
  DimExpr mod(const DimExpr &divisor) const;
  static DimExpr min(const DimExpr &a, const DimExpr &b);
  static DimExpr max(const DimExpr &a, const DimExpr &b);

  friend bool operator==(const DimExpr &a, const DimExpr &b) { return a.str() == b.str(); }
  friend bool operator!=(const DimExpr &a, const DimExpr &b) { return !(a == b); }
  friend bool operator<(const DimExpr &a, const DimExpr &b) { return a.str() < b.str(); }

  /// Evaluates with the names' values from `env`; nothing if a name is
  /// unknown, a divisor is not positive, or int64 overflows.
  std::optional<int64_t> evaluate(const Env &env) const;
  std::optional<int64_t> evaluate(const std::map<std::string, int64_t> &env) const;

  /// Replaces names by expressions, all at once.
  DimExpr substitute(const std::map<std::string, DimExpr> &replacements) const;
  void collectSymbols(std::set<std::string> &names) const;
  bool uses(std::string_view name) const;

  /// If this is `c * name + rest` where neither c nor rest uses `name`, gives
  /// (c, rest). Nothing if `name` occurs in a product with itself or inside a
  /// division, mod, min or max.
  std::optional<std::pair<DimExpr, DimExpr>> linearIn(std::string_view name) const;

  /// The canonical text, e.g. `H - R + 1`, `2*i + r`, `ceildiv(M, 64)`.
  const std::string &str() const { return text; }

  enum class OpKind { FloorDiv, CeilDiv, Mod, Min, Max };
  struct Atom;
  /// One product: atoms sorted by their text, repeated for powers.
  struct Term {
    std::vector<std::shared_ptr<const Atom>> atoms;
    int64_t coefficient;
  };
  /// The sum, for code that lowers an expression: visit the terms, and each
  /// atom's name or operands.
  const std::vector<Term> &terms() const { return *sum; }
  struct Atom {
    std::string text; ///< canonical; the name itself for a name
    bool isName;
    OpKind op = OpKind::FloorDiv;  ///< for an operation
    std::vector<DimExpr> operands; ///< two for an operation, none for a name
  };

private:
  using TermMap = std::map<std::string, Term>; // key: the product's text
  static DimExpr fromMap(const TermMap &map);
  static DimExpr makeOp(OpKind op, const DimExpr &a, const DimExpr &b);
  std::string render() const;

  std::shared_ptr<const std::vector<Term>> sum;
  std::string text;
  bool valid = true;
};

} // namespace flex
