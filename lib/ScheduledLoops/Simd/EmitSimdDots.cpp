//===- EmitSimdDots.cpp - Tiles of dot products ---------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Strategy Rows with an unrolled index: both factors of a contraction run along
// the innermost reduced index, so lanes do, too, and `rows` x `vectors` results
// have an accumulator each, which are added across their lanes at the end. The
// lane operand is read once for all rows, in place.
//
//===----------------------------------------------------------------------===//
#include "../Emitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace flex;
using namespace flex::tile;

namespace {

class SimdDotsEmitter : public Emitter {
public:
  explicit SimdDotsEmitter(EmitContext context) : Emitter(context), reduction(info.soleReduction()) {
    for (auto [name, extent] : llvm::zip_equal(info.outerNames, info.outerExtents))
      (name == schedule.lane     ? columnExtent
       : name == schedule.unroll ? rowExtent
                                 : restExtents.emplace_back()) = extent;
    columnItems = columnExtent.ceilDiv(DimExpr(schedule.laneTile));
  }

  DimExpr items() const override { return product(restExtents) * columnItems; }

  void emit(Value item) override {
    std::string name = loops.freshName("item");
    loops.define(name, item);
    DimExpr id = DimExpr::symbol(name), tile(schedule.laneTile);
    DimExpr lower = bind("lower", bind("lane_item", id.mod(columnItems)) * tile);
    bool even = columnExtent.mod(tile) == DimExpr(0);
    DimExpr upper = even ? lower + tile : bind("end", DimExpr::min(lower + tile, columnExtent));
    rest = delinearize(bind("rest_item", id.floorDiv(columnItems)), restExtents);
    // Columns outside: the rows of the lane operand stay near while all rows of results pass.
    forTiles(columnName, columnExtent, lower, upper, schedule.vectors, [&](int64_t columns) {
      forTiles(rowName, rowExtent, 0, rowExtent, schedule.rows, [&](int64_t rows) { emitTile(rows, columns); });
    });
  }

private:
  /// The body for `step` places at once, then for those that are left: together if their number is known.
  void forTiles(std::string &name, const DimExpr &extent, const DimExpr &lower, const DimExpr &upper, int64_t step,
                llvm::function_ref<void(int64_t)> body) {
    auto run = [&](const DimExpr &begin, const DimExpr &end, int64_t count) {
      name = loops.freshName("t");
      loops.loop(name, begin, end, DimExpr(count), {}, [&](ValueRange) -> SmallVector<Value> {
        body(count);
        return {};
      });
    };
    DimExpr left = extent.mod(DimExpr(step));
    if (left == DimExpr(0))
      return run(lower, upper, step);
    DimExpr main = bind("main_end", lower + (upper - lower).floorDiv(DimExpr(step)) * DimExpr(step));
    run(lower, main, step);
    run(main, upper, left.constant().value_or(1));
  }

  void emitTile(int64_t rows, int64_t columns) {
    values.beginBlock();
    values.clearPublished();
    SmallVector<Value> sums;
    for (int64_t place = 0; place < rows * columns; ++place)
      sums.append(values.startOf(reduction, schedule.lanes));
    sums = reduceFrom(rows, columns, sums);
    values.beginBlock();
    for (int64_t row = 0; row < rows; ++row)
      for (int64_t column = 0; column < columns; ++column)
        finishPoint(row, column, sums[row * columns + column]);
    values.beginBlock();
    values.clearPublished();
  }

  void finishPoint(int64_t row, int64_t column, Value sum) {
    for (ir::StatementInterface statement : info.statements) {
      Point point = pointOf(statement, outerAt(row, column));
      Value value = statement == reduction
                        ? values.resultOf(*reduction.getCombinerKind(), sum, schedule.lanes > 1, false)
                        : values.evaluate(statement, point);
      finish(statement, point, resultAt(statement, outerAt(row, column)), value);
    }
  }

  /// Loops over the reduced indices; lanes take the last one.
  SmallVector<Value> reduceFrom(int64_t rows, int64_t columns, ValueRange sums) {
    SmallVector<DimExpr> extents = info.innerExtents(reduction);
    DimExpr extent = extents[inner.size()];
    if (inner.size() + 1 < extents.size()) {
      std::string name = loops.freshName("m");
      inner.push_back(DimExpr::symbol(name));
      SmallVector<Value> result =
          loops.loop(name, 0, extent, 1, sums, [&](ValueRange carried) { return reduceFrom(rows, columns, carried); });
      inner.pop_back();
      return result;
    }
    DimExpr left = extent.mod(DimExpr(schedule.lanes)), main = bind("main_end", extent - left);
    std::string name = loops.freshName("l");
    SmallVector<Value> result = loops.loop(name, 0, main, DimExpr(schedule.lanes), sums, [&](ValueRange carried) {
      return accumulate(name, rows, columns, Value(), carried);
    });
    if (left == DimExpr(0))
      return result;
    std::string tail = loops.freshName("l");
    return loops.loop(tail, main, extent, DimExpr(schedule.lanes), result, [&](ValueRange carried) {
      return accumulate(tail, rows, columns, loops.emit(extent - DimExpr::symbol(tail)), carried);
    });
  }

  SmallVector<Value> accumulate(const std::string &lane, int64_t rows, int64_t columns, Value valid, ValueRange sums) {
    SmallVector<DimExpr> at(inner);
    at.push_back(DimExpr::symbol(lane));
    SmallVector<Value> next;
    values.beginBlock();
    for (int64_t row = 0; row < rows; ++row)
      for (int64_t column = 0; column < columns; ++column) {
        Point point = pointOf(reduction, outerAt(row, column), at);
        point.lane = lane;
        point.lanes = schedule.lanes;
        point.valid = valid;
        next.append(values.accumulate(reduction, point, sums[row * columns + column]));
      }
    values.beginBlock();
    return next;
  }

  SmallVector<DimExpr> outerAt(int64_t row, int64_t column) const {
    SmallVector<DimExpr> outer;
    unsigned next = 0;
    for (const std::string &name : info.outerNames)
      if (name == schedule.lane)
        outer.push_back(DimExpr::symbol(columnName) + DimExpr(column));
      else
        outer.push_back(name == schedule.unroll ? DimExpr::symbol(rowName) + DimExpr(row) : rest[next++]);
    return outer;
  }

  ir::StatementInterface reduction;
  DimExpr columnExtent{1}, rowExtent{1}, columnItems{1};
  SmallVector<DimExpr> restExtents, rest, inner;
  std::string columnName, rowName;
};

} // namespace

std::unique_ptr<Emitter> tile::createSimdDotsEmitter(EmitContext context) {
  return std::make_unique<SimdDotsEmitter>(context);
}
