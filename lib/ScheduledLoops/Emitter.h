//===- Emitter.h - From a scheduled group to the body of a work item -*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One class per strategy; each fills the body of a tile.kernel through the
// LoopBuilder and the Evaluator and says how many work items there are.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "Evaluator.h"
#include "GroupInfo.h"
#include "flex/ScheduledLoops/Schedule.h"

namespace flex::tile {

/// What every strategy works with. The evaluator knows the memory of all tensors
/// outside the group and of the group's results.
struct EmitContext {
  const GroupInfo &info;
  const Schedule &schedule;
  LoopBuilder &loops;
  Evaluator &values;
  /// The tensor of a contraction's lane operand in panels, made by the compiler (PackConstant.h); null: packed, if it
  /// is to be, as the loops run.
  mlir::Value panels = nullptr;
  /// The smallest magnitude but 0 in each of them, where a unit asks for that; null: the loops look at the panels.
  mlir::Value least = nullptr;
};

/// Shared by the strategies: points of the outer domain and publishing of results.
class Emitter {
public:
  explicit Emitter(EmitContext context)
      : info(context.info), schedule(context.schedule), loops(context.loops), values(context.values) {}
  virtual ~Emitter() = default;

  /// The number of work items, over the dims.
  virtual DimExpr items() const = 0;
  /// Emits the body; `item` is the work item's number.
  virtual void emit(mlir::Value item) = 0;

protected:
  /// Asked before the loops over the inner indices from `depth` on, with those before: whether all that they read under
  /// a boundary rule lies inside. They are then made twice, for either answer; null: once.
  struct InsideTest {
    unsigned depth = 0;
    std::function<mlir::Value(llvm::ArrayRef<DimExpr>)> ask;
    /// Before the loops from `guardDepth` on, whether the guard of the body holds; without one they are left out.
    unsigned guardDepth = 0;
    std::function<mlir::Value(llvm::ArrayRef<DimExpr>)> guard;
    mlir::Value guarded; ///< the value of the body then
  };

  /// Defines a fresh name for a value of this expression and gives it as an expression.
  DimExpr bind(const std::string &stem, const DimExpr &expr);
  /// Names a linear index over `extents`, and gives each coordinate.
  llvm::SmallVector<DimExpr> delinearize(const DimExpr &linear, llvm::ArrayRef<DimExpr> extents);
  /// A statement's point with its outer indices at `outer` and inner ones at `inner`.
  Point pointOf(ir::StatementInterface statement, llvm::ArrayRef<DimExpr> outer,
                llvm::ArrayRef<DimExpr> inner = {}) const;
  /// The result's index expressions at those coordinates.
  static llvm::SmallVector<DimExpr> resultAt(ir::StatementInterface statement, llvm::ArrayRef<DimExpr> outer,
                                             llvm::ArrayRef<DimExpr> inner = {});
  /// Whether an outer index is walked as part of the lane index: its coordinate stays 0.
  bool isCollapsed(const std::string &name) const;
  /// Operations of a statement's body; a function of math counts as many.
  static int64_t codeSizeOf(ir::StatementInterface statement);
  /// Publishes a computed value and stores it if it leaves the group.
  void finish(ir::StatementInterface statement, const Point &point, llvm::ArrayRef<DimExpr> at, mlir::Value value);
  /// Lanes from `begin` to `end`, `vectors` vectors of them at a time, in blocks of their own; `lane` names the first.
  /// `valid` is null unless some of the last vector's lanes are past the end.
  void vectorLoop(std::string &lane, const DimExpr &begin, const DimExpr &end, int64_t vectors, bool partial,
                  llvm::function_ref<void(int64_t vectors, mlir::Value valid)> body);
  /// Where lanes that run along the last axis of a statement's result from `at` on reach addresses at which vectors can
  /// be stored past the caches, as far as `end` if that is nearer: counted from `at`, as an offset along the axis.
  /// Nothing unless the schedule stores so.
  std::optional<DimExpr> alignedFrom(ir::StatementInterface statement, llvm::ArrayRef<DimExpr> at, const DimExpr &end);
  /// How the innermost loop of a reduction is walked.
  struct Turns {
    int64_t steps = 1; ///< that a turn of the loop takes; what is left over is taken one by one
    int64_t count = 1; ///< of them in a loop of their own, inside one over as many at once
    /// What comes first in a turn: with the coordinates where those began, and the number of the turn among them.
    std::function<void(llvm::ArrayRef<DimExpr>, const DimExpr &)> each;
  };
  /// Nested loops over all of a statement's inner indices.
  llvm::SmallVector<mlir::Value>
  reductionLoops(ir::StatementInterface statement, mlir::ValueRange init,
                 llvm::function_ref<llvm::SmallVector<mlir::Value>(llvm::ArrayRef<DimExpr>, mlir::ValueRange)> body,
                 const InsideTest &test, const Turns &turns);
  llvm::SmallVector<mlir::Value>
  reductionLoops(ir::StatementInterface statement, mlir::ValueRange init,
                 llvm::function_ref<llvm::SmallVector<mlir::Value>(llvm::ArrayRef<DimExpr>, mlir::ValueRange)> body) {
    return reductionLoops(statement, init, body, InsideTest(), Turns());
  }

  const GroupInfo &info;
  const Schedule &schedule;
  LoopBuilder &loops;
  Evaluator &values;
};

std::unique_ptr<Emitter> createSimdTileEmitter(EmitContext context, const DeviceDescription &device);
/// Strategy Tile with a depth.
std::unique_ptr<Emitter> createSimdColumnsEmitter(EmitContext context);
/// The same with an unrolled index.
std::unique_ptr<Emitter> createSimdSkinnyEmitter(EmitContext context);
std::unique_ptr<Emitter> createSimdRowsEmitter(EmitContext context);
/// Strategy Rows with an unrolled index.
std::unique_ptr<Emitter> createSimdDotsEmitter(EmitContext context);
/// Strategy Attention.
std::unique_ptr<Emitter> createSimdAttentionEmitter(EmitContext context);
/// Null if the device has no matrix unit for the group.
std::unique_ptr<Emitter> createSimtAttentionEmitter(EmitContext context, const DeviceDescription &device);
std::unique_ptr<Emitter> createSimtTileEmitter(EmitContext context);
std::unique_ptr<Emitter> createSimtRowsEmitter(EmitContext context);
/// Strategy Tile with an unrolled index.
std::unique_ptr<Emitter> createSimtTransposeEmitter(EmitContext context);
std::unique_ptr<Emitter> createSimtBlockEmitter(EmitContext context);
/// Null if the device has no matrix unit for the group.
std::unique_ptr<Emitter> createSimtMatrixEmitter(EmitContext context, const DeviceDescription &device);
/// Either model: `threads` says whether a work item is a group of them.
std::unique_ptr<Emitter> createPointsEmitter(EmitContext context, bool threads);

} // namespace flex::tile
