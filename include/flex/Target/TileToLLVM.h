//===- TileToLLVM.h - What targets that go through LLVM share ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Patterns from the tile dialect (and scf, arith, math, vector below it) to the
// llvm dialect. A target gives the few things that differ through TileHooks.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/ScheduledLoops/TileDialect.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Transforms/DialectConversion.h"

namespace flex::target {

/// What differs between targets. All functions emit at the builder's insertion point.
struct TileHooks {
  unsigned globalAddressSpace = 0;
  unsigned groupAddressSpace = 0;
  std::function<mlir::Value(mlir::OpBuilder &, mlir::Location)> itemId;      ///< i64
  std::function<mlir::Value(mlir::OpBuilder &, mlir::Location)> laneId;      ///< i64
  std::function<void(mlir::OpBuilder &, mlir::Location)> barrier;            ///< group-wide, memory included
  /// Sum, max … of a scalar over the group's threads, known to all; `groupSize` threads.
  std::function<mlir::Value(mlir::OpBuilder &, mlir::Location, ir::CombinerKind, mlir::Value, int64_t groupSize)> groupReduce;
  /// The llvm pointer of a ring.
  std::function<mlir::Value(mlir::OpBuilder &, tile::RingOp)> ring;
  bool hasMaskedMemory = false; ///< masked vector loads are native; else clamped addresses and selects, or a branch
  bool hasPrefetch = false;
};

/// Adds the patterns of every tile op but tile.kernel and tile.return.
void populateTileToLLVMPatterns(const mlir::LLVMTypeConverter &converter, const TileHooks &hooks,
                                mlir::RewritePatternSet &patterns);

/// Adds upstream's patterns for scf, cf, arith, math (what tile-expand-math leaves), vector.
void populateScalarToLLVMPatterns(const mlir::LLVMTypeConverter &converter, mlir::RewritePatternSet &patterns);

} // namespace flex::target
