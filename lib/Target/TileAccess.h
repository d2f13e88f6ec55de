//===- TileAccess.h - One access to memory, emitted -------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The shared half of the patterns of tile.load, store and copy.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Target/TileToLLVM.h"

namespace flex::target {

/// The type an element, scalar or vector has in memory: i1 is a byte; f16 and bf16 are their bits, because few
/// backends move those types in every width; an unsigned integer is signless.
mlir::Type memoryType(mlir::Type type);

/// Emits accesses on behalf of `op`. Offsets are i64, in elements; `valid` is an `index` value or null.
class TileAccess {
public:
  TileAccess(mlir::OpBuilder &builder, mlir::Operation *op, const TileHooks &hooks)
      : builder(builder), op(op), loc(op->getLoc()), hooks(hooks) {}

  mlir::Value address(mlir::Type element, mlir::Value pointer, mlir::Value offset, bool inBounds);
  /// offset + elements.
  mlir::Value advance(mlir::Value offset, int64_t elements);
  /// `type` as memoryType gives it; lanes at or beyond `valid` are zero.
  mlir::Value load(mlir::Type type, mlir::Value pointer, mlir::Value offset, mlir::Value valid);
  /// The same of lanes before `first` or at or beyond `end`.
  mlir::Value loadWindow(mlir::Type type, mlir::Value pointer, mlir::Value offset, mlir::Value first, mlir::Value end);
  void store(mlir::Value value, mlir::Value pointer, mlir::Value offset, mlir::Value valid);
  /// Bypasses the caches if the address turns out to be aligned.
  void storeNontemporal(mlir::Value value, mlir::Value pointer, mlir::Value offset);

  mlir::Value fromMemory(mlir::Value value, mlir::Type type);
  mlir::Value toMemory(mlir::Value value);

private:
  mlir::Value zero(mlir::Type type);
  mlir::Value constantIndex(int64_t value);
  bool isMaskable(mlir::VectorType type) const;
  unsigned alignmentOf(mlir::Type type) const;
  mlir::Value laneMask(mlir::VectorType type, mlir::Value valid);
  mlir::Value isAtLeast(mlir::Value valid, int64_t lanes);
  void emitIf(mlir::Value condition, llvm::function_ref<void()> then, llvm::function_ref<void()> otherwise);
  mlir::Value loadTail(mlir::VectorType type, mlir::Value pointer, mlir::Value offset, mlir::Value valid);
  void storeTail(mlir::Value value, mlir::Value pointer, mlir::Value offset, mlir::Value valid);

  mlir::OpBuilder &builder;
  mlir::Operation *op;
  mlir::Location loc;
  const TileHooks &hooks;
};

} // namespace flex::target
