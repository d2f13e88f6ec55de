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

#include <functional>

namespace flex::target {

/// A tile.reduce over threads.
struct GroupReduce {
  ir::CombinerKind kind;
  int64_t groupSize = 1; ///< threads of the group
  int64_t threads = 1;   ///< neighbours that are combined, and know the result
  bool repeats = true;   ///< the code may run more than once in a group
  int64_t apart = 1;     ///< a power of two; beyond 1, all of `threads` are of one wave
};

/// What differs between targets. All functions emit at the builder's insertion point; one that a target's
/// kernels never need may be empty.
struct TileHooks {
  unsigned globalAddressSpace = 0;
  unsigned groupAddressSpace = 0;
  std::function<mlir::Value(mlir::OpBuilder &, mlir::Location)> itemId; ///< i64
  std::function<mlir::Value(mlir::OpBuilder &, mlir::Location)> laneId; ///< i64; empty: always 0
  std::function<void(mlir::OpBuilder &, mlir::Location)> barrier;       ///< group-wide, memory included; empty: none
  /// Sum, max … of a scalar over threads of the group; null for what the target cannot combine. Not called for one
  /// thread.
  std::function<mlir::Value(mlir::OpBuilder &, mlir::Location, const GroupReduce &, mlir::Value)> groupReduce;
  /// Starts copying `bytes` of global memory (4, 8 or 16, both addresses multiples of it), of which only the first
  /// `validBytes` (an i32; null: all) are read and the others are zero. Empty: tile.copy loads and stores.
  std::function<void(mlir::OpBuilder &, mlir::Location, mlir::Value destination, mlir::Value source, int64_t bytes,
                     mlir::Value validBytes)>
      asyncCopy;
  std::function<void(mlir::OpBuilder &, mlir::Location)> commitCopies;                ///< with asyncCopy
  std::function<void(mlir::OpBuilder &, mlir::Location, int64_t pending)> waitCopies; ///< with asyncCopy
  std::function<void(mlir::OpBuilder &, mlir::Location)> waveBarrier; ///< memory included; empty: as `barrier`
  /// A value that is the same in all threads of a wave, known to the code generator as such; empty: itself.
  std::function<mlir::Value(mlir::OpBuilder &, mlir::Location, mlir::Value)> uniform;
  /// The llvm pointer of a ring.
  std::function<mlir::Value(mlir::OpBuilder &, tile::RingOp)> ring;
  /// The alignment in bytes that a tile.load, store or copy (or a part of one, `accessBytes` long) may assume; empty
  /// or a smaller answer: that of the element.
  std::function<unsigned(mlir::Operation *, unsigned elementBytes, unsigned accessBytes)> alignment;
  bool hasMaskedMemory = false; ///< masked vector loads are native; else a branch, and lane by lane in the tail
  unsigned minMaskedBits = 8;   ///< with hasMaskedMemory: the narrowest element that they take
  bool hasPrefetch = false;
  bool hasNontemporal = false; ///< a nontemporal store is worth a test of its address
  unsigned copyBytes = 16;     ///< tile.copy moves at most this much at once
};

/// The attribute with the number of threads per work item, an i64, that a target's lowering of tile.kernel puts on
/// the function it makes: tile.reduce reads it there.
inline constexpr llvm::StringLiteral kGroupSizeAttr = "flex.group_size";

/// A unit attribute on a tile.reduce: it is in no loop.
inline constexpr llvm::StringLiteral kRunsOnceAttr = "flex.runs_once";

/// Makes the converter turn `!tile.buffer` into an llvm pointer. Private buffers are in address space 0.
void populateTileTypeConversions(mlir::LLVMTypeConverter &converter, const TileHooks &hooks);

/// Adds the patterns of every tile op but tile.kernel and tile.return. They leave scf, arith and vector ops behind:
/// use them together with populateScalarToLLVMPatterns. `hooks` must outlive the patterns.
void populateTileToLLVMPatterns(const mlir::LLVMTypeConverter &converter, const TileHooks &hooks,
                                mlir::RewritePatternSet &patterns);

/// Adds upstream's patterns for scf, cf, arith, math (what tile-expand-math leaves), vector.
void populateScalarToLLVMPatterns(const mlir::LLVMTypeConverter &converter, mlir::RewritePatternSet &patterns);

/// Adds patterns, preferred to upstream's, that make conversions between f8, bf16, f16 and other types exact (rounded
/// once) and free of library calls. f16 from and to f32 stays where `hasHalf` says that the chip has an instruction.
void populateNarrowFloatPatterns(mlir::RewritePatternSet &patterns, bool hasHalf = true);

/// Adds patterns that compute arith and math on bf16 and f16 in f32, for targets without such arithmetic.
void populateWidenFloatPatterns(mlir::RewritePatternSet &patterns);

} // namespace flex::target
