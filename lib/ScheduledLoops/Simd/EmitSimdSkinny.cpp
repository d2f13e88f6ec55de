//===- EmitSimdSkinny.cpp - Contractions of few rows ----------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Strategy Tile with a depth and an unrolled index: the sums of a work item's
// rows and columns lie in scratch memory near the core, and the reduction takes
// `depth` steps at once past all of them. The lane operand, which is most of what
// is read, then comes in long runs, with the next steps on their way. Each sum is
// taken in order.
//
//===----------------------------------------------------------------------===//
#include "../Emitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace flex;
using namespace flex::tile;

namespace {

class SimdSkinnyEmitter : public Emitter {
public:
  explicit SimdSkinnyEmitter(EmitContext context) : Emitter(context), reduction(info.soleReduction()) {
    for (auto [name, extent] : llvm::zip_equal(info.outerNames, info.outerExtents))
      (name == schedule.lane ? laneExtent : name == schedule.unroll ? rowExtent : restExtents.emplace_back()) = extent;
    laneItems = laneExtent.ceilDiv(DimExpr(schedule.laneTile));
  }

  DimExpr items() const override { return product(restExtents) * laneItems; }

  void emit(Value item) override {
    Type element = getElementTypeOrSelf(values.startOf(reduction, schedule.lanes)[0].getType());
    auto type = BufferType::get(element.getContext(), element, Space::Private);
    ring = RingOp::create(loops.get(), loops.getLoc(), type, (rowExtent * DimExpr(schedule.laneTile)).str());
    std::string name = loops.freshName("item");
    loops.define(name, item);
    DimExpr id = DimExpr::symbol(name), tile(schedule.laneTile);
    lower = bind("lower", bind("lane_item", id.mod(laneItems)) * tile);
    upper = laneExtent.mod(tile) == DimExpr(0) ? lower + tile : bind("end", DimExpr::min(lower + tile, laneExtent));
    rest = delinearize(bind("rest_item", id.floorDiv(laneItems)), restExtents);
    forRows(1, [&](int64_t) {
      forColumns(1, [&](int64_t, Value) { keep(0, 0, values.startOf(reduction, schedule.lanes)[0]); });
    });
    DimExpr depth = info.innerExtents(reduction).front(), step(schedule.depth);
    std::string begin = loops.freshName("part");
    loops.loop(begin, 0, depth, step, {}, [&](ValueRange) -> SmallVector<Value> {
      DimExpr from = DimExpr::symbol(begin), to = from + step;
      emitPart(from, depth.mod(step) == DimExpr(0) ? to : bind("part_end", DimExpr::min(to, depth)));
      return {};
    });
    forRows(1, [&](int64_t) { forColumns(1, [&](int64_t, Value valid) { finishVector(valid); }); });
  }

private:
  /// Columns outside, so that what is read of the lane operand is near for the rows after the first.
  void emitPart(const DimExpr &from, const DimExpr &to) {
    forColumns(schedule.vectors, [&](int64_t vectors, Value valid) {
      forRows(schedule.rows, [&](int64_t rows) {
        SmallVector<Value> sums;
        for (int64_t row = 0; row < rows; ++row)
          for (int64_t vector = 0; vector < vectors; ++vector)
            sums.push_back(kept(row, vector));
        std::string name = loops.freshName("k");
        sums = loops.loop(name, from, to, 1, sums, [&](ValueRange carried) {
          return accumulate(DimExpr::symbol(name), rows, vectors, valid, carried);
        });
        for (int64_t row = 0; row < rows; ++row)
          for (int64_t vector = 0; vector < vectors; ++vector)
            keep(row, vector, sums[row * vectors + vector]);
      });
    });
  }

  SmallVector<Value> accumulate(const DimExpr &step, int64_t rows, int64_t vectors, Value valid, ValueRange sums) {
    SmallVector<Value> next;
    values.beginBlock();
    for (int64_t vector = 0; schedule.prefetch && vector < vectors; ++vector)
      values.prefetch(reduction, pointAt(reduction, 0, vector, valid, {step + DimExpr(schedule.depth)}));
    for (int64_t row = 0; row < rows; ++row)
      for (int64_t vector = 0; vector < vectors; ++vector) {
        Value partial = vector + 1 == vectors ? valid : Value();
        Point point = pointAt(reduction, row, vector, partial, {step});
        next.append(values.accumulate(reduction, point, sums[row * vectors + vector]));
      }
    values.beginBlock();
    return next;
  }

  void finishVector(Value valid) {
    values.beginBlock();
    values.clearPublished();
    for (ir::StatementInterface statement : info.statements) {
      Point point = pointAt(statement, 0, 0, valid, {});
      Value value = statement == reduction ? values.resultOf(*reduction.getCombinerKind(), kept(0, 0), false, false)
                                           : values.evaluate(statement, point);
      finish(statement, point, resultAt(statement, outerAt(0, 0)), value);
    }
    values.beginBlock();
    values.clearPublished();
  }

  /// The body for `rows` rows at once, then for those that are left: together if their number is known.
  void forRows(int64_t rows, llvm::function_ref<void(int64_t rows)> body) {
    auto run = [&](const DimExpr &begin, const DimExpr &end, int64_t count) {
      rowName = loops.freshName("u");
      loops.loop(rowName, begin, end, DimExpr(count), {}, [&](ValueRange) -> SmallVector<Value> {
        values.beginBlock();
        body(count);
        values.beginBlock();
        return {};
      });
    };
    DimExpr left = rowExtent.mod(DimExpr(rows)), main = bind("rows_main", rowExtent - left);
    run(0, main, rows);
    if (left != DimExpr(0))
      run(main, rowExtent, left.constant().value_or(1));
  }

  /// The same with vectors of columns, one at a time where some are left.
  void forColumns(int64_t most, llvm::function_ref<void(int64_t vectors, Value valid)> body) {
    auto run = [&](const DimExpr &begin, const DimExpr &end, int64_t vectors, bool partial) {
      vectorLoop(laneName, begin, end, vectors, partial, body);
    };
    auto mainEnd = [&](const DimExpr &step) {
      return laneExtent.mod(step) == DimExpr(0) ? upper
                                                : bind("main_end", lower + (upper - lower).floorDiv(step) * step);
    };
    DimExpr wide = mainEnd(DimExpr(schedule.lanes * most)), full = mainEnd(DimExpr(schedule.lanes));
    run(lower, wide, most, false);
    if (most > 1 && wide != upper)
      run(wide, full, 1, false);
    if (full != upper)
      run(full, upper, 1, true);
  }

  SmallVector<DimExpr> outerAt(int64_t row, int64_t vector) const {
    SmallVector<DimExpr> outer;
    unsigned next = 0;
    for (const std::string &name : info.outerNames)
      if (name == schedule.lane)
        outer.push_back(DimExpr::symbol(laneName) + DimExpr(vector * schedule.lanes));
      else
        outer.push_back(name == schedule.unroll ? DimExpr::symbol(rowName) + DimExpr(row) : rest[next++]);
    return outer;
  }

  Point pointAt(ir::StatementInterface statement, int64_t row, int64_t vector, Value valid,
                ArrayRef<DimExpr> inner) const {
    Point point = pointOf(statement, outerAt(row, vector), inner);
    point.lane = laneName;
    point.lanes = schedule.lanes;
    point.valid = valid;
    return point;
  }

  Value slot(int64_t row, int64_t vector) {
    DimExpr line = (DimExpr::symbol(rowName) + DimExpr(row)) * DimExpr(schedule.laneTile);
    return loops.emit(line + DimExpr::symbol(laneName) - lower + DimExpr(vector * schedule.lanes));
  }
  void keep(int64_t row, int64_t vector, Value value) {
    StoreOp::create(loops.get(), loops.getLoc(), values.broadcast(value, schedule.lanes), ring, slot(row, vector),
                    Value(), false);
  }
  Value kept(int64_t row, int64_t vector) {
    Type type = cast<BufferType>(ring.getType()).getElementType();
    if (schedule.lanes > 1)
      type = VectorType::get(schedule.lanes, type);
    return LoadOp::create(loops.get(), loops.getLoc(), type, ring, slot(row, vector), Value());
  }

  ir::StatementInterface reduction;
  DimExpr laneExtent{1}, rowExtent{1}, laneItems{1}, lower, upper;
  SmallVector<DimExpr> restExtents, rest;
  Value ring; ///< the sums of a work item, row by row
  std::string laneName, rowName;
};

} // namespace

std::unique_ptr<Emitter> tile::createSimdSkinnyEmitter(EmitContext context) {
  return std::make_unique<SimdSkinnyEmitter>(context);
}
