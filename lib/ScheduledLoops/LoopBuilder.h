//===- LoopBuilder.h - Loops, names and hoisted index arithmetic -*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Emission thinks in names: a loop defines one, and any DimExpr over the names in
// scope can be turned into a value. Each part of an expression is computed in the
// outermost loop where its names are known, so no pass has to hoist it later.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Support/DimExpr.h"
#include "mlir/IR/Builders.h"

#include <map>
#include <string>

namespace flex::tile {

class LoopBuilder {
public:
  using Body = llvm::function_ref<llvm::SmallVector<mlir::Value>(mlir::ValueRange)>;

  LoopBuilder(mlir::OpBuilder &builder, mlir::Location loc) : builder(builder), loc(loc), levels(1) {}

  mlir::OpBuilder &get() { return builder; }
  mlir::Location getLoc() const { return loc; }

  /// Makes `name` stand for an index value computed here.
  void define(const std::string &name, mlir::Value value);

  /// A name in scope that stands for this value, made if there is none; the value may be negative.
  std::string nameOf(mlir::Value value);

  /// The value of an expression over the defined names, as `index`.
  mlir::Value emit(const DimExpr &expr);
  mlir::Value constant(int64_t value);

  /// `for name = lower to upper step s`, with carried values; the body returns the
  /// values for the next iteration. Returns the final ones. A loop that provably runs
  /// once is emitted without a loop.
  llvm::SmallVector<mlir::Value> loop(const std::string &name, const DimExpr &lower, const DimExpr &upper,
                                      const DimExpr &step, mlir::ValueRange init, Body body);

  /// `if condition`, with carried values that pass through unchanged when it is false.
  llvm::SmallVector<mlir::Value> conditional(mlir::Value condition, mlir::ValueRange carried, Body body);

  /// A name that no kernel can use for a dimension or index.
  std::string freshName(const std::string &stem) { return stem + "$" + std::to_string(counter++); }

private:
  struct Level {
    mlir::Operation *nested = nullptr; ///< the op of the next level, once it exists
    std::map<std::string, mlir::Value> names;
    std::map<std::string, mlir::Value> memo; ///< by the expression's text
  };
  unsigned levelOf(const DimExpr::Term &term) const;
  mlir::Value lookup(llvm::StringRef name) const;
  mlir::Value emitAt(unsigned level, const DimExpr &whole, mlir::Value prefix, const DimExpr &part);
  llvm::SmallVector<mlir::Value> nest(mlir::Operation *op, mlir::Block *block, const std::string &name,
                                      mlir::Value index, mlir::ValueRange carried, Body body);

  mlir::OpBuilder &builder;
  mlir::Location loc;
  std::vector<Level> levels;
  std::map<int64_t, mlir::Value> constants;
  unsigned counter = 0;
};

} // namespace flex::tile
