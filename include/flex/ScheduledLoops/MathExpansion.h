//===- MathExpansion.h - Elementary functions as arithmetic ----*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Rewrites exp, log, sin, pow ... into arith plus math.fma and the few math
// operations that every backend has as an instruction, between the scheduled
// loops and a target's lowering. The same polynomials on every target, free of
// branches, tables in memory and library calls. Error bounds: docs/numerics.md.
// Invariant: afterwards no operation of dialect math needs a library.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "mlir/IR/Builders.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Pass/Pass.h"

#include <functional>

namespace flex::tile {

/// What a target may replace by something of its own.
struct MathExpansionOptions {
  /// Gives x * 2^n, rounded once, results below the normal range included; n has the type of x and an integral
  /// value (or is a NaN, and then so is x). AVX-512 has this as one instruction, vscalef. Empty: arith is emitted.
  std::function<mlir::Value(mlir::OpBuilder &, mlir::Location, mlir::Value x, mlir::Value n)> ldexp;

  /// The chip's approximations, of one f32: 2^x, 1 / x and 1 / sqrt(x), the latter two to 2^-20 where argument and
  /// result are normal numbers. Zeros and infinities give what they should; denormals may count as zeros. Empty: there
  /// is none.
  using Approximation = std::function<mlir::Value(mlir::OpBuilder &, mlir::Location, mlir::Value x)>;
  Approximation exp2, reciprocal, reciprocalRoot;
};

/// Adds the rewrites as one pattern, for a pass that drives others, too.
void populateMathExpansionPatterns(mlir::RewritePatternSet &patterns, const MathExpansionOptions &options = {});

/// Expands every elementary function below `root` in one walk. Operands are f16, bf16, f32 or f64, or vectors of
/// them. Fails, with a diagnostic at the operation, where there is no expansion for a function or a type.
///
/// The arithmetic it emits carries no fastmath flags and must not be given any: it relies on the order of operations.
/// Two flags of what it expands count: with `arcp` the chip's reciprocals may be taken, refined to the documented bound
/// (of a division: that of 1 by a number within 2^-64 and 2^64, zero, or infinite); with `afn` its 2^x, as it is.
llvm::LogicalResult expandMath(mlir::Operation *root, const MathExpansionOptions &options = {});

/// The same as a pass.
std::unique_ptr<mlir::Pass> createExpandMathPass(MathExpansionOptions options);

/// Whether `op` is of dialect math and may stay: an instruction, or integer arithmetic, on every target.
bool isMathInstruction(mlir::Operation *op);

} // namespace flex::tile
