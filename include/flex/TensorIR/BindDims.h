//===- BindDims.h - Named dimensions become numbers -------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The pass flex-bind-dims as a function, and the constraints of a kernel as
// values: the interpreter checks them against the shapes it is given.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/TensorIR/TensorIR.h"
#include "mlir/IR/BuiltinOps.h"

#include <map>
#include <optional>
#include <string>

namespace flex::ir {

/// One entry of a kernel's `constraints`: two expressions and a comparison.
struct DimConstraint {
  enum class Relation { LessEqual, GreaterEqual, Equal, NotEqual, Less, Greater };
  DimExpr lhs, rhs;
  Relation relation;

  /// Reads `M <= 4096`, `D % 8 == 0`; nothing when the text is no comparison.
  static std::optional<DimConstraint> parse(llvm::StringRef text);
  std::string str() const;
  DimConstraint substitute(const std::map<std::string, DimExpr> &dims) const;
  /// Whether it holds, once both sides are numbers.
  std::optional<bool> holds() const;
  bool isValid() const { return lhs.isValid() && rhs.isValid(); }
};

/// Substitutes `dims` in every kernel of the module: types, extents, accesses,
/// flex.dim, constraints. A constraint that becomes false, a negative dimension
/// or an expression that overflows is an error at the kernel or op.
mlir::LogicalResult bindDims(mlir::ModuleOp module, const std::map<std::string, int64_t> &dims);

} // namespace flex::ir
