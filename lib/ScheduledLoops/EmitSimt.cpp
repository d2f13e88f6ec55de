//===- EmitSimt.cpp - Elementwise and row groups on groups of threads -----===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tile: every thread owns a run of `lanes` outer points. Rows: a work item owns
// one row, its threads stride over the inner index and combine by tile.reduce;
// a thread sees the same elements in every stage. Neither assumes a wave size.
//
//===----------------------------------------------------------------------===//
#include "Emitter.h"
#include "Stages.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace flex;
using namespace flex::tile;

namespace {

DimExpr threadNumber(LoopBuilder &loops) {
  std::string name = loops.freshName("thread");
  loops.define(name, LaneOp::create(loops.get(), loops.getLoc()));
  return DimExpr::symbol(name);
}

Value lessThan(LoopBuilder &loops, const DimExpr &a, const DimExpr &b) {
  return arith::CmpIOp::create(loops.get(), loops.getLoc(), arith::CmpIPredicate::slt, loops.emit(a), loops.emit(b));
}

//===----------------------------------------------------------------------===//
// Tile
//===----------------------------------------------------------------------===//

class SimtTileEmitter : public Emitter {
public:
  explicit SimtTileEmitter(EmitContext context) : Emitter(context) {
    DimExpr laneExtent(1);
    for (auto [name, extent] : llvm::zip_equal(info.outerNames, info.outerExtents))
      if (name == schedule.lane || isCollapsed(name))
        laneExtent = laneExtent * extent;
    for (auto [name, extent] : llvm::zip_equal(info.outerNames, info.outerExtents))
      if (name == schedule.lane)
        runExtents.push_back(laneExtent.ceilDiv(DimExpr(schedule.lanes)));
      else
        runExtents.push_back(isCollapsed(name) ? DimExpr(1) : extent);
  }

  DimExpr items() const override { return product(runExtents).ceilDiv(DimExpr(schedule.groupSize)); }

  void emit(Value item) override {
    std::string name = loops.freshName("item");
    loops.define(name, item);
    DimExpr number = bind("number", DimExpr::symbol(name) * DimExpr(schedule.groupSize) + threadNumber(loops));
    loops.conditional(lessThan(loops, number, product(runExtents)), {}, [&](ValueRange) -> SmallVector<Value> {
      emitRun(delinearize(number, runExtents));
      return {};
    });
  }

private:
  void emitRun(SmallVector<DimExpr> outer) {
    std::string laneName;
    for (auto [coordinate, name] : llvm::zip_equal(outer, info.outerNames))
      if (name == schedule.lane && schedule.lanes > 1) {
        laneName = loops.freshName("l");
        loops.define(laneName, loops.emit(coordinate * DimExpr(schedule.lanes)));
        coordinate = DimExpr::symbol(laneName);
      }
    values.beginBlock();
    for (ir::StatementInterface statement : info.statements) {
      auto pointAt = [&](ArrayRef<DimExpr> inner) {
        Point point = pointOf(statement, outer, inner);
        point.lane = laneName;
        point.lanes = schedule.lanes;
        return point;
      };
      Value result;
      if (info.isReduction(statement)) {
        SmallVector<Value> total =
            reductionLoops(statement, values.startOf(statement, schedule.lanes),
                           [&](ArrayRef<DimExpr> inner, ValueRange carried) -> SmallVector<Value> {
                             return values.accumulate(statement, pointAt(inner), carried);
                           });
        result = values.resultOf(*statement.getCombinerKind(), total, false, false);
      } else {
        result = values.evaluate(statement, pointAt({}));
      }
      finish(statement, pointAt({}), resultAt(statement, outer), result);
    }
  }

  SmallVector<DimExpr> runExtents;
};

//===----------------------------------------------------------------------===//
// Rows
//===----------------------------------------------------------------------===//

class SimtRowsEmitter : public Emitter {
public:
  explicit SimtRowsEmitter(EmitContext context) : Emitter(context), plan(planRows(info, /*scratch=*/false)) {}

  DimExpr items() const override { return product(info.outerExtents); }

  void emit(Value item) override {
    std::string name = loops.freshName("item");
    loops.define(name, item);
    thread = threadNumber(loops);
    outer = delinearize(DimExpr::symbol(name), info.outerExtents);
    for (const RowStage &stage : plan.stages) {
      if (readsStoredRow(stage))
        WaitOp::create(loops.get(), loops.getLoc());
      emitStage(stage);
    }
  }

private:
  /// Another thread may have written what this stage reads of an earlier one.
  bool readsStoredRow(const RowStage &stage) const {
    return llvm::any_of(stage.statements, [&](ir::StatementInterface s) { return readsStoredRow(s, stage); });
  }
  /// Directly, or through a row that is computed again. What has no inner index is known to every thread;
  /// what is of the same stage is read where this thread computed it.
  bool readsStoredRow(ir::StatementInterface statement, const RowStage &stage) const {
    return llvm::any_of(statement->getOperands(), [&](Value operand) {
      if (!info.contains(operand))
        return false;
      auto producer = cast<ir::StatementInterface>(operand.getDefiningOp());
      if (info.isReduction(producer) || info.innerNames(producer).empty() ||
          llvm::is_contained(stage.statements, producer))
        return false;
      return info.escapes(producer) || readsStoredRow(producer, stage);
    });
  }

  void emitStage(const RowStage &stage) {
    values.beginBlock();
    if (stage.extents.empty()) {
      for (ir::StatementInterface statement : stage.statements)
        finishScalar(statement, values.evaluate(statement, pointOf(statement, outer)));
      return;
    }
    SmallVector<Value> accumulators;
    for (ir::StatementInterface statement : stage.statements)
      if (info.isReduction(statement))
        accumulators.append(values.startOf(statement, 1));
    SmallVector<Value> totals = emitLoops(stage, 0, accumulators);
    values.beginBlock();
    unsigned next = 0;
    for (ir::StatementInterface statement : stage.statements)
      if (info.isReduction(statement)) {
        ir::CombinerKind kind = *statement.getCombinerKind();
        unsigned width = Evaluator::accumulatorWidth(kind);
        finishScalar(statement, values.resultOf(kind, ArrayRef(totals).slice(next, width), true, true));
        next += width;
      }
  }

  /// A value that all threads know: the first one writes it.
  void finishScalar(ir::StatementInterface statement, Value value) {
    Point point = pointOf(statement, outer);
    SmallVector<DimExpr> at = resultAt(statement, outer);
    values.publish(statement->getResult(0), point, at, value);
    if (!info.escapes(statement))
      return;
    loops.conditional(lessThan(loops, thread, 1), {}, [&](ValueRange) -> SmallVector<Value> {
      values.store(statement->getResult(0), at, value, point);
      return {};
    });
  }

  SmallVector<Value> emitLoops(const RowStage &stage, unsigned depth, ValueRange carried) {
    bool last = depth + 1 == stage.extents.size();
    std::string name = loops.freshName("m");
    inner.push_back(DimExpr::symbol(name));
    DimExpr lower = last ? thread : DimExpr(0), step = last ? DimExpr(schedule.groupSize) : DimExpr(1);
    SmallVector<Value> result = loops.loop(name, lower, stage.extents[depth], step, carried, [&](ValueRange state) {
      return last ? emitPoint(stage, state) : emitLoops(stage, depth + 1, state);
    });
    inner.pop_back();
    return result;
  }

  SmallVector<Value> emitPoint(const RowStage &stage, ValueRange carried) {
    SmallVector<Value> next(carried);
    values.beginBlock();
    unsigned accumulator = 0;
    for (ir::StatementInterface statement : stage.statements) {
      Point point = pointOf(statement, outer, inner);
      if (info.isReduction(statement)) {
        unsigned width = Evaluator::accumulatorWidth(*statement.getCombinerKind());
        SmallVector<Value> sum = values.accumulate(statement, point, ArrayRef(next).slice(accumulator, width));
        llvm::copy(sum, next.begin() + accumulator);
        accumulator += width;
      } else {
        finish(statement, point, resultAt(statement, outer, inner), values.evaluate(statement, point));
      }
    }
    values.beginBlock();
    return next;
  }

  RowPlan plan;
  DimExpr thread;
  SmallVector<DimExpr> outer, inner;
};

} // namespace

std::unique_ptr<Emitter> tile::createSimtTileEmitter(EmitContext context) {
  return std::make_unique<SimtTileEmitter>(context);
}
std::unique_ptr<Emitter> tile::createSimtRowsEmitter(EmitContext context) {
  return std::make_unique<SimtRowsEmitter>(context);
}
