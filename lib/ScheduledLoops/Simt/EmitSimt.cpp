//===- EmitSimt.cpp - Elementwise groups on groups of threads -------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tile: every thread owns a run of `lanes` outer points, aligned to 16 bytes where
// that can be had. What the other strategies with threads share is here, too.
//
//===----------------------------------------------------------------------===//
#include "EmitSimt.h"
#include "../Runs.h"

#include "flex/ScheduledLoops/Workspace.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace flex;
using namespace flex::tile;

DimExpr tile::threadNumber(LoopBuilder &loops) {
  std::string name = loops.freshName("thread");
  loops.define(name, LaneOp::create(loops.get(), loops.getLoc()));
  return DimExpr::symbol(name);
}

Value tile::lessThan(LoopBuilder &loops, const DimExpr &a, const DimExpr &b) {
  return arith::CmpIOp::create(loops.get(), loops.getLoc(), arith::CmpIPredicate::slt, loops.emit(a), loops.emit(b));
}

Value tile::allOf(LoopBuilder &loops, Value a, Value b) {
  return a && b ? arith::AndIOp::create(loops.get(), loops.getLoc(), a, b).getResult() : a ? a : b;
}

Value tile::areMultiples(LoopBuilder &loops, ArrayRef<DimExpr> numbers, int64_t divisor) {
  Value all;
  for (const DimExpr &number : numbers) {
    Value is = arith::CmpIOp::create(loops.get(), loops.getLoc(), arith::CmpIPredicate::eq,
                                     loops.emit(number.mod(DimExpr(divisor))), loops.constant(0));
    all = allOf(loops, all, is);
  }
  return all;
}

void tile::when(LoopBuilder &loops, Value condition, llvm::function_ref<void()> body) {
  if (!condition)
    return body();
  loops.conditional(condition, {}, [&](ValueRange) -> SmallVector<Value> {
    body();
    return {};
  });
}

void tile::either(LoopBuilder &loops, Value condition, llvm::function_ref<void()> yes, llvm::function_ref<void()> no) {
  when(loops, condition, yes);
  if (!condition)
    return;
  Value one = arith::ConstantIntOp::create(loops.get(), loops.getLoc(), loops.get().getI1Type(), 1);
  when(loops, arith::XOrIOp::create(loops.get(), loops.getLoc(), condition, one), no);
}

DimExpr tile::divideNumber(LoopBuilder &loops, const std::string &stem, const DimExpr &dividend,
                           const DimExpr &divisor) {
  if (divisor == DimExpr(1))
    return dividend;
  OpBuilder &b = loops.get();
  auto narrow = [&](const DimExpr &expr) -> Value {
    return arith::IndexCastOp::create(b, loops.getLoc(), b.getI32Type(), loops.emit(expr));
  };
  Value quotient = arith::DivUIOp::create(b, loops.getLoc(), narrow(dividend), narrow(divisor));
  std::string name = loops.freshName(stem);
  loops.define(name, arith::IndexCastUIOp::create(b, loops.getLoc(), b.getIndexType(), quotient));
  return DimExpr::symbol(name);
}

SmallVector<DimExpr> tile::splitNumber(LoopBuilder &loops, const DimExpr &number, const IndexAxis &axis) {
  SmallVector<DimExpr> at(axis.extents.size(), DimExpr(0));
  unsigned first = 0; // what comes before is always 0
  while (first + 1 < axis.extents.size() && axis.extents[first] == DimExpr(1))
    ++first;
  auto named = [&](const DimExpr &expr) {
    if (expr.isConstant() || expr.asSymbol())
      return expr;
    std::string name = loops.freshName("at");
    loops.define(name, loops.emit(expr));
    return DimExpr::symbol(name);
  };
  DimExpr rest = named(number);
  for (unsigned i = axis.extents.size(); i-- > first + 1;) {
    DimExpr quotient = divideNumber(loops, "part", rest, axis.extents[i]);
    at[i] = named(rest - quotient * axis.extents[i]);
    rest = quotient;
  }
  at[first] = rest;
  return at;
}

void tile::keepRolled(LoopBuilder &loops) {
  Operation *around = loops.get().getInsertionBlock()->getParentOp();
  if (isa<scf::ForOp>(around))
    around->setAttr(kRolledAttr, loops.get().getUnitAttr());
}

namespace {

//===----------------------------------------------------------------------===//
// Tile
//===----------------------------------------------------------------------===//

/// The outer domain is cut into runs of `lanes` points along the lanes' index, which is that of all outer ones where
/// every access walks them as one. Then only the last run may be a part of one. Elsewhere runs must fit in rows, and
/// where dimensions are open the kernel asks whether they do: if not, the same work items go point by point.
class SimtTileEmitter : public Emitter {
public:
  explicit SimtTileEmitter(EmitContext context) : Emitter(context), extent(1) {
    for (auto [name, outerExtent] : llvm::zip_equal(info.outerNames, info.outerExtents))
      if (isWalked(name))
        extent = extent * outerExtent;
    isOneLine = extent == product(info.outerExtents);
    if (schedule.lanes > 1)
      alignment = alignOuterRuns(info, schedule, isOneLine);
  }

  DimExpr items() const override {
    return product(info.outerExtents).ceilDiv(DimExpr(schedule.lanes * schedule.groupSize));
  }

  void emit(Value item) override {
    std::string name = loops.freshName("item");
    loops.define(name, item);
    DimExpr first = DimExpr::symbol(name) * DimExpr(schedule.groupSize), thread = threadNumber(loops);
    if (schedule.lanes == 1 || !alignment)
      return emitSpread(first * DimExpr(schedule.lanes) + thread);
    DimExpr number = bind("number", first + thread);
    either(
        loops, areMultiples(loops, alignment->conditions, alignment->lanes), [&] { emitRuns(number); },
        [&] { emitSpread(first * DimExpr(schedule.lanes) + thread); });
  }

private:
  bool isWalked(const std::string &name) const { return name == schedule.lane || isCollapsed(name); }

  /// `lanes` points per thread, as far apart as the group has threads.
  void emitSpread(const DimExpr &first) {
    SmallVector<DimExpr> extents;
    for (auto [name, outerExtent] : llvm::zip_equal(info.outerNames, info.outerExtents))
      extents.push_back(name == schedule.lane ? extent : isCollapsed(name) ? DimExpr(1) : outerExtent);
    std::string step = loops.freshName("step");
    loops.loop(step, 0, DimExpr(schedule.lanes), 1, {}, [&](ValueRange) -> SmallVector<Value> {
      keepRolled(loops);
      DimExpr number = bind("number", first + DimExpr::symbol(step) * DimExpr(schedule.groupSize));
      when(loops, lessThan(loops, number, product(extents)), [&] { emitPoints(delinearize(number, extents), "", 1); });
      return {};
    });
  }

  void emitRuns(const DimExpr &number) {
    if (isOneLine)
      return emitLine(number);
    // At least one: what is divided by it is computed ahead, whatever the dimensions are.
    DimExpr ofLane = DimExpr::max(extent.floorDiv(DimExpr(schedule.lanes)), 1);
    SmallVector<DimExpr> runs;
    for (auto [name, outerExtent] : llvm::zip_equal(info.outerNames, info.outerExtents))
      runs.push_back(name == schedule.lane ? ofLane : isCollapsed(name) ? DimExpr(1) : outerExtent);
    when(loops, lessThan(loops, number, product(runs)), [&] { emitRun(delinearize(number, runs)); });
  }

  /// The last elements, fewer than a run has, are taken by the first threads, one each; by the thread that the run
  /// would be of in groups that have fewer threads. (A vendor's compiler of device code for CPUs runs a loop that one
  /// thread of many enters beyond its end.)
  void emitLine(const DimExpr &number) {
    DimExpr lanes(schedule.lanes), runs = extent.floorDiv(lanes);
    SmallVector<DimExpr> outer(info.outerNames.size(), DimExpr(0));
    DimExpr &place = outer[llvm::find(info.outerNames, schedule.lane) - info.outerNames.begin()];
    place = number;
    if (runs != DimExpr(0))
      when(loops, lessThan(loops, number, runs), [&] { emitRun(outer); });
    if (extent.mod(lanes) == DimExpr(0))
      return;
    if (schedule.groupSize >= schedule.lanes) {
      place = runs * lanes + number;
      return when(loops, lessThan(loops, number, extent.mod(lanes)), [&] { emitPoints(outer, "", 1); });
    }
    Value isLast = arith::CmpIOp::create(loops.get(), loops.getLoc(), arith::CmpIPredicate::eq, loops.emit(number),
                                         loops.emit(runs));
    when(loops, isLast, [&] {
      std::string rest = loops.freshName("rest");
      loops.loop(rest, runs * lanes, extent, 1, {}, [&](ValueRange) -> SmallVector<Value> {
        keepRolled(loops);
        place = DimExpr::symbol(rest);
        emitPoints(outer, "", 1);
        return {};
      });
    });
  }

  void emitRun(SmallVector<DimExpr> outer) {
    std::string lane = loops.freshName("l");
    DimExpr &coordinate = outer[llvm::find(info.outerNames, schedule.lane) - info.outerNames.begin()];
    loops.define(lane, loops.emit(coordinate * DimExpr(schedule.lanes)));
    coordinate = DimExpr::symbol(lane);
    alignment->addStart(lane);
    values.multipleOf = [this](const DimExpr &offset) { return alignment->multipleOf(offset); };
    emitPoints(outer, lane, schedule.lanes);
    values.multipleOf = nullptr;
  }

  void emitPoints(ArrayRef<DimExpr> outer, const std::string &lane, int64_t lanes) {
    values.beginBlock();
    for (ir::StatementInterface statement : info.statements) {
      auto pointAt = [&](ArrayRef<DimExpr> inner) {
        Point point = pointOf(statement, outer, inner);
        point.lane = lane;
        point.lanes = lanes;
        return point;
      };
      Value result;
      if (info.isReduction(statement)) {
        SmallVector<Value> total =
            reductionLoops(statement, values.startOf(statement, lanes),
                           [&](ArrayRef<DimExpr> inner, ValueRange carried) -> SmallVector<Value> {
                             return values.accumulate(statement, pointAt(inner), carried);
                           });
        result = values.resultOf(*statement.getCombinerKind(), total, false, false);
      } else {
        result = values.evaluate(statement, pointAt({}));
      }
      finish(statement, pointAt({}), resultAt(statement, outer), result);
    }
    values.beginBlock();
  }

  DimExpr extent; ///< of the lanes' index
  bool isOneLine; ///< it is all of the domain
  std::optional<RunAlignment> alignment;
};

} // namespace

std::unique_ptr<Emitter> tile::createSimtTileEmitter(EmitContext context) {
  return std::make_unique<SimtTileEmitter>(context);
}
