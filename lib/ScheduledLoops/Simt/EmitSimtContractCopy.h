//===- EmitSimtContractCopy.h - Operands of matrix units on their way -*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Part of strategy Matrix: which chunks of each operand a thread moves, where they
// come from and where they go in the ring. The loop around it is in EmitSimtContract.cpp.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "../Emitter.h"
#include "EmitSimtContract.h"

namespace flex::tile {

/// Moves tiles of both operands into the ring.
class OperandCopies : public Emitter {
protected:
  OperandCopies(EmitContext context, const DeviceDescription &device, MatrixPlan given);

  /// Where in a stage something goes: a constant by itself becomes part of instructions.
  struct Destination {
    DimExpr place;
    int64_t further = 0;
    DimExpr whole() const { return place + DimExpr(further); }
  };
  /// One operand: its block of the ring and the chunks of it that a thread moves.
  struct Side {
    const MatrixOperand *operand = nullptr;
    const IndexAxis *axis = nullptr; ///< its outer indices
    DimExpr extent{1}, first;
    int64_t tile = 0; ///< of its outer index
    int64_t ringRows = 0, ringColumns = 0, chunk = 0, shares = 0;
    int64_t perRow = 0; ///< chunks of a row of the tile as it lies in memory
    int64_t run = 1;    ///< chunks that a thread turns together: of so many neighbouring steps
    LayoutAttr layout;
    mlir::Value ring;
    DimExpr threadRow, threadColumn;    ///< of the thread's first chunk, in the tile as it lies in memory
    llvm::SmallVector<DimExpr> sources; ///< where each chunk comes from but for the reduction's part, in elements
    std::optional<DimExpr> start; ///< what all threads share of that, not in `sources`; none: it is not kept apart
    /// Likewise, of each chunk, where it is from each edge of its tensor; in 32 bits.
    llvm::SmallVector<llvm::SmallVector<mlir::Value>> edges;
    llvm::SmallVector<DimExpr> fixedOuter; ///< outer coordinates of all elements of a thread, if they are the same
    DimExpr stride{1}; ///< from one step of the reduction to the next, in elements; 0: they are not even
    llvm::SmallVector<Destination> destinations; ///< of each chunk, or each run of turned ones
    int64_t elements() const { return ringRows * ringColumns; }
    int64_t memoryRows() const { return elements() / chunk / perRow; }
    /// From the thread's first chunk to another one.
    int64_t rowsTo(int64_t share) const { return share % run + share / run * (memoryRows() / (shares / run)); }
    DimExpr tiles() const { return extent.ceilDiv(DimExpr(tile)); }
    bool isChunked() const { return operand->chunks.has_value(); }
  };
  /// What a step of the reduction adds to the places of chunks, in memory and from the edges of the tensor.
  struct Step {
    DimExpr offset;
    llvm::SmallVector<mlir::Value> edges;
  };
  /// Steps of the reduction that are already behind, and what that makes in each operand's memory.
  struct Progress {
    DimExpr depth, rows, columns;
  };

  /// What a thread's chunks have to do with the thread, once and for all tiles.
  void prepare(Side &side);
  /// Tests once what chunks need to be moved whole.
  void testChunks();
  Progress advanced(const Progress &from, const DimExpr &by);
  /// Starts moving the tiles from `from` on into the stage that begins at element `stage`.
  void copyTile(const Progress &from, const DimExpr &stage, bool isFirst);
  /// Starts copies of a side's tile from step `depth` on, by this thread, to element `place` of its ring.
  void copyBoxes(const Side &side, const DimExpr &depth, mlir::Value pipe, mlir::Value stage, const DimExpr &place);
  /// The chunks of both sides that move as such, in registers; zero where they do not.
  llvm::SmallVector<mlir::Value> loadTile(const Progress &from, bool isFirst);
  /// What loadTile gave, and element by element what it could not.
  void storeTile(llvm::ArrayRef<mlir::Value> chunks, const Progress &from, const DimExpr &stage, bool isFirst);
  mlir::Value noChunk(const Side &side);

  llvm::SmallVector<DimExpr> outerAt(const Side &side, const DimExpr &outer) const;
  mlir::Value isLess(const DimExpr &a, const DimExpr &c);
  mlir::Type signless(mlir::Type type) const;
  DimExpr named(const std::string &stem, mlir::Value value);

  const DeviceDescription &device;
  MatrixPlan plan;
  mlir::OpBuilder &b;
  mlir::Location loc;
  Side rows, columns;
  llvm::SmallVector<DimExpr> rest; ///< outer coordinates but for the tile's
  DimExpr thread, firstDepth;
  int64_t elementBytes = 2;
  bool readsGroup = false; ///< the unit reads the ring itself

private:
  void setUp(Side &side, const MatrixOperand &operand, const IndexAxis &axis, int64_t tile);
  Destination placeInRing(Side &side, const DimExpr &chunk, int64_t share);
  DimExpr chunkPlace(Side &side, const DimExpr &row, const DimExpr &chunk);
  void placeTurned(Side &side, const DimExpr &step);
  DimExpr masked(const DimExpr &chunk, mlir::Value mask);
  void addSource(Side &side, const DimExpr &row);
  bool isNear(const Side &side) const;
  std::map<std::string, DimExpr> coordinatesAt(const Side &side, const DimExpr &outer);
  Step stepOf(const Side &side, int64_t share, const Progress &from);
  bool hasOwnSteps(const Side &side) const;
  DimExpr ownStep(const Side &side, const DimExpr &row) const { return side.operand->across ? row : side.threadColumn; }
  mlir::Value narrow(const DimExpr &expr);
  mlir::Value liesInside(const Side &side, int64_t share, const Step &step);
  mlir::Value validLanes(const Side &side, int64_t share);
  const Memory &memoryOf(const Side &side) const;
  void copyChunks(Side &side, const Progress &from, const DimExpr &stage, bool isFirst);
  void copyElements(Side &side, const DimExpr &depth, const DimExpr &stage, bool isFirst);
  mlir::Value loadElement(const Side &side, const DimExpr &inTile, const DimExpr &k, llvm::ArrayRef<DimExpr> steps,
                          bool isFirst);
  mlir::Value isNot(mlir::Value condition);
  mlir::Value holds(llvm::ArrayRef<DimExpr> multiples, int64_t of);
  mlir::Value zeroChunk(const Side &side);
  mlir::Value loadChunk(Side &side, int64_t share, const Step &step, bool isFirst);
  void storeChunks(Side &side, llvm::ArrayRef<mlir::Value> chunks, const DimExpr &stage);

  mlir::Value chunkTests[2];
};

} // namespace flex::tile
