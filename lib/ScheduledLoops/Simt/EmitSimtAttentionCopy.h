//===- EmitSimtAttentionCopy.h - Blocks of rows on their way ----*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Part of strategy Attention: blocks of queries, keys or values go from memory into
// a ring, in whole chunks where they are aligned, else element by element. What lies outside the
// matrix is zero there.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "../Emitter.h"
#include "EmitSimtAttention.h"

namespace flex::tile {

class BlockCopies {
public:
  /// `height`: rows of a block. `ring`: bytes, from `begin` on. `at`: the coordinates of the group's outer indices, by
  /// name.
  BlockCopies(EmitContext context, const BlockSource &source, int64_t height, mlir::Value ring, int64_t begin,
              const std::map<std::string, DimExpr> &at, const DimExpr &thread);

  LayoutAttr layout() const { return placing; }
  int64_t elements() const { return height * source.width; }
  mlir::Value buffer() const { return ring; }
  /// The part of the ring from that panel on.
  mlir::Value panel(int64_t number) const;
  /// Starts moving the block that begins at row `first` into the ring, from element `stage` on.
  void copy(const DimExpr &first, const DimExpr &stage);

private:
  void copyChunks(const DimExpr &first, const DimExpr &stage, bool isWhole);
  void copyTurned(const DimExpr &first, const DimExpr &stage, bool isWhole);
  void copyElements(const DimExpr &first, const DimExpr &stage);
  mlir::Value isInside(const DimExpr &first, int64_t share, bool isWhole);
  /// From the thread's first chunk to another one, in rows.
  int64_t rowsTo(int64_t share) const { return share % run + share / run * run * rowsTogether; }
  mlir::Value loadElement(const DimExpr &row, const DimExpr &column);
  DimExpr chunkPlace(const DimExpr &row, const DimExpr &chunk);
  DimExpr ringRow(const DimExpr &row);
  DimExpr bind(const std::string &stem, const DimExpr &expr);
  mlir::Value tensor() const { return source.statement->getOperand(*source.operand.read); }
  Point pointAt(const DimExpr &row, const DimExpr &column) const;

  EmitContext context;
  LoopBuilder &loops;
  mlir::OpBuilder &b;
  mlir::Location loc;
  const BlockSource &source;
  int64_t height, chunk, perRow, rowsTogether, shares;
  int64_t run = 1;     ///< rows that a thread turns together
  int64_t ringColumns; ///< of a row of the ring
  int64_t begin;
  mlir::Value bytes, ring, areChunks;
  LayoutAttr placing;
  std::map<std::string, DimExpr> at;
  DimExpr thread, threadRow, threadChunk, start, stride;
  llvm::SmallVector<DimExpr> destinations;
};

} // namespace flex::tile
