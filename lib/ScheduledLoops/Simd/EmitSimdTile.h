//===- EmitSimdTile.h - Register tiles over the outer domain ----*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Lanes run along one outer index, rows of the register tile along another; all
// statements are evaluated for one tile after the other, so a contraction keeps
// rows x vectors accumulators in registers and its epilogue never sees memory.
// A long epilogue is the exception: the tile's values go to a ring, and one body
// of one vector walks over them, whichever way the tile was computed.
// With `pack`, the first row tile of a panel also writes the lane operand to a
// contiguous ring, and the others read it from there (CPU-NOTES 3: packing hides
// under the multiply-adds). With `unit`, it is packed before them (EmitSimdUnit.cpp),
// all columns of an item at once if the unit takes blocks (EmitSimdBlocks.cpp).
//
//===----------------------------------------------------------------------===//
#pragma once

#include "../Emitter.h"
#include "SimdUnit.h"

namespace flex::tile {

class SimdTileEmitter : public Emitter {
public:
  SimdTileEmitter(EmitContext context, const DeviceDescription &device);

  DimExpr items() const override;
  void emit(mlir::Value item) override;

private:
  enum class Packing { None, Write, Read };
  using PointAt = llvm::function_ref<Point(unsigned, llvm::ArrayRef<DimExpr>)>;

  /// The points of a register tile.
  struct Places {
    llvm::SmallVector<llvm::SmallVector<DimExpr>> outer;
    llvm::SmallVector<mlir::Value> valids;
    int64_t vectors = 1; ///< of each row
  };

  // Panels, rows and tiles.
  void createRing();
  /// How row tiles that need not pack read.
  Packing laterMode() const { return contraction ? Packing::Read : Packing::None; }
  bool packsHere() const { return contraction && !panels && !unit && !isPacked; }
  bool sharesPanels() const;
  /// The first and the end of an item's columns, and of its rows.
  std::pair<DimExpr, DimExpr> columnsOf(const DimExpr &laneItem);
  std::pair<DimExpr, DimExpr> rowsOf(const DimExpr &unrollItem);
  void emitPanels(const DimExpr &laneItem, const DimExpr &unrollItem);
  bool emitAligned(const DimExpr &lower, const DimExpr &upper, const DimExpr &unrollItem);
  void emitPanelLoop(const DimExpr &lower, const DimExpr &upper, const DimExpr &unrollItem, int64_t vectors,
                     int64_t step, mlir::Value valid);
  void emitStaticRemainder(const DimExpr &begin, const DimExpr &end, int64_t columns, const DimExpr &unrollItem);
  void emitDynamicRemainder(const DimExpr &begin, const DimExpr &end, const DimExpr &unrollItem);
  void emitRows(const DimExpr &unrollItem, int64_t vectors, mlir::Value valid);
  void emitRowsHere(const DimExpr &unrollItem, int64_t vectors, mlir::Value valid);
  void emitRowTiles(const DimExpr &lower, const DimExpr &upper, int64_t vectors, mlir::Value valid, Packing mode);
  void forFewRows(const DimExpr &lower, const DimExpr &upper,
                  llvm::function_ref<void(const DimExpr &row, int64_t height)> body);
  void emitRowLoop(const DimExpr &lower, const DimExpr &upper, int64_t rows, int64_t vectors, mlir::Value valid,
                   Packing mode);
  llvm::SmallVector<DimExpr> outerAt(const DimExpr &row, const DimExpr &column) const;
  Places placesOf(const DimExpr &row, int64_t rows, int64_t vectors, mlir::Value valid) const;
  Point pointAt(ir::StatementInterface statement, const Places &places, unsigned place,
                llvm::ArrayRef<DimExpr> inner) const;
  void emitTile(const DimExpr &row, int64_t rows, int64_t vectors, mlir::Value valid, Packing mode);
  void emitTileAt(const DimExpr &row, int64_t rows, int64_t vectors, mlir::Value valid, Packing mode);
  void emitMaps(const Places &places);
  llvm::SmallVector<mlir::Value> emitStatement(ir::StatementInterface statement, const Places &places, Packing mode);
  llvm::SmallVector<mlir::Value> emitReduction(ir::StatementInterface statement, unsigned count, PointAt pointAt,
                                               Packing mode);
  void prefetchLane(ir::StatementInterface statement, unsigned count, PointAt pointAt, llvm::ArrayRef<DimExpr> inner);

  // Long epilogues.
  bool loopsEpilogue() const { return firstLooped < info.statements.size(); }
  void planEpilogue();
  std::optional<llvm::SmallVector<size_t>> spilledStatements() const;
  void emitLoopedRows(const DimExpr &lower, const DimExpr &upper, int64_t vectors, mlir::Value valid);
  void emitHeads(const DimExpr &row, const DimExpr &count, const DimExpr &passed, int64_t vectors, mlir::Value valid);
  void emitTileHead(const DimExpr &row, const DimExpr &slot, int64_t rows, int64_t vectors, mlir::Value valid,
                    Packing mode);
  void emitTileHeadAt(const DimExpr &row, const DimExpr &slot, int64_t rows, int64_t vectors, mlir::Value valid,
                      Packing mode);
  void emitEpilogue(const DimExpr &row, const DimExpr &rows, int64_t vectors, mlir::Value valid);
  void emitEpilogueAt(const Places &places, const DimExpr &slot);

  // With a unit.
  using RunBody = llvm::function_ref<llvm::SmallVector<mlir::Value>(
      llvm::ArrayRef<DimExpr> inner, const DimExpr &step, std::optional<DimExpr> left, mlir::ValueRange carried)>;
  DimExpr panelDepth() const;
  int64_t packedSteps() const;
  void createUnitRings();
  llvm::SmallVector<mlir::Value> unitLoops(int64_t run, mlir::ValueRange init, RunBody body);
  mlir::Value readRun(unsigned operand, const Point &point, int64_t count, mlir::Value valid);
  mlir::Value multiplyRuns(mlir::Value row, mlir::Value columns, mlir::Value sum);
  void packPanel(int64_t vectors, mlir::Value valid);
  void packTurned(int64_t vectors, bool isPartial);
  mlir::Value addColumns(mlir::Value group, mlir::Value sum);
  void storeStart(mlir::Value sum, const DimExpr &place);
  int64_t packedWidth() const;
  DimExpr panelPlace() const;
  DimExpr runPlace(const DimExpr &step, int64_t vector) const;
  mlir::Value packedRun(const DimExpr &step, int64_t vector);
  mlir::Value interleaved(llvm::ArrayRef<DimExpr> inner, int64_t vector, std::optional<DimExpr> left,
                          mlir::Value valid);
  llvm::SmallVector<mlir::Value> emitUnitSums(const Places &places);
  void prefetchRows(llvm::ArrayRef<DimExpr> outer, const DimExpr &step, int64_t rows);
  mlir::Value multiplyExactly(mlir::Value row, mlir::Value columns, mlir::Value sum);
  mlir::Value leastOf(mlir::Value run, mlir::Value least);
  mlir::Value isPlain(mlir::Value least);
  mlir::Value arePackedPlain(int64_t count);
  void prefetchPanels(const DimExpr &step, int64_t steps);
  mlir::Value leastOfNothing();
  mlir::Value areRowsPlain(const DimExpr &row, int64_t rows);
  void guarded(const DimExpr &row, int64_t rows, llvm::function_ref<void(const DimExpr &passed, int64_t rows)> emit);
  mlir::Value rowRun(llvm::ArrayRef<DimExpr> outer, llvm::ArrayRef<DimExpr> inner, std::optional<DimExpr> left);

  // With a unit of blocks. `valid` of a panel counts its columns; null: all are there.
  using PanelBody = llvm::function_ref<llvm::SmallVector<mlir::Value>(mlir::Value valid, mlir::ValueRange carried)>;
  struct Columns {
    DimExpr first, end;
  };
  void planBlocks(const DeviceDescription &device);
  DimExpr itemColumns() const;
  void createBlockRings();
  void emitBlocks(const DimExpr &laneItem, const DimExpr &unrollItem);
  llvm::SmallVector<mlir::Value> eachPanel(const Columns &columns, mlir::ValueRange init, PanelBody body);
  mlir::Value validOf(mlir::Value valid, int64_t vector);
  mlir::Value packBlocks(const Columns &columns);
  mlir::Value packBlockRows(const DimExpr &row, const DimExpr &count);
  void emitBlockRows(const DimExpr &row, int64_t blocks, const DimExpr &count, const Columns &columns,
                     mlir::Value columnsPlain);
  DimExpr sumsPlace() const;
  void emitBlockTile(int64_t blocks, const DimExpr &from, const DimExpr &end, bool isFirst);
  void emitExactRow(const DimExpr &row);
  llvm::SmallVector<mlir::Value> emitBlockEpilogue(const DimExpr &row, const DimExpr &count, mlir::Value valid);
  void markPlain(llvm::ArrayRef<mlir::Value> sums);

  Turns turnsOf(ir::StatementInterface statement, unsigned count, PointAt pointAt, Packing mode);

  // What reductions read: packed panels, turned blocks, what may lie outside.
  void installPacking(ir::StatementInterface statement, llvm::ArrayRef<DimExpr> inner, Packing mode);
  DimExpr packedOffset(ir::StatementInterface statement, llvm::ArrayRef<DimExpr> inner, const Point &point) const;
  void publishTurned(const DimExpr &row, int64_t rows, int64_t vectors);
  bool isTurned(ir::StatementInterface statement, unsigned operand) const;
  /// An index that a boundary rule may move.
  struct BoundedAxis {
    DimExpr index, extent;
  };
  InsideTest insideTest(ir::StatementInterface statement, unsigned count, PointAt pointAt);
  void addGuard(InsideTest &test, ir::StatementInterface statement, PointAt pointAt);
  llvm::SmallVector<BoundedAxis> boundedAxes(ir::StatementInterface statement) const;
  mlir::Value testCorners(ir::StatementInterface statement, llvm::ArrayRef<BoundedAxis> axes, unsigned count,
                          PointAt pointAt, llvm::ArrayRef<DimExpr> known);

  DimExpr laneExtent{1}, unrollExtent{1}, laneItems{1}, unrollItems{1};
  llvm::SmallVector<DimExpr> restExtents, restCoordinates;
  int64_t panel = 1;
  std::string laneName;
  std::optional<Contraction> contraction;                ///< set if packed
  std::optional<SimdUnitPlan> unit;                      ///< set if a unit computes it
  std::optional<std::pair<DimExpr, DimExpr>> sharedRest; ///< other outer points of an item, which share its panels
  bool isPacked = false;                                 ///< what is emitted is for those after the first
  mlir::Value packedValue, ring;
  mlir::Value packedRows;                   ///< with blocks: those of a tile
  DimExpr firstPacked{0};                   ///< with blocks: the column that the ring begins with
  mlir::Value starts;                       ///< with a unit whose sums do not begin at 0: where a panel's begin
  mlir::Value isPanelPlain;                 ///< with a guarded unit: no element of the panel is too small for it
  bool isExact = false;                     ///< what is emitted is for elements that are
  llvm::SmallVector<mlir::Value> plainSums; ///< of the tile at hand: none is denormal
  bool fetchesLane = false;                 ///< what the first tile packs comes from beyond L2
  bool isStreamed = false;                  ///< these panels come from far, each once
  bool passesPanels = false;                ///< with blocks: an item's are more than L1 keeps beside rows
  mlir::Value leastPacked;                  ///< the smallest magnitude but 0 of each of these panels; null: not known
  mlir::Value panels;                   ///< the tensor that is packed already; null: the first tile of a panel packs
  size_t firstLooped = 0;               ///< the statement from which on an epilogue is looped over the tile
  std::map<size_t, mlir::Value> spills; ///< of statements before it: their values in a tile
};

} // namespace flex::tile
