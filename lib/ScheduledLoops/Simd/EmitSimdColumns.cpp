//===- EmitSimdColumns.cpp - Reductions over rows that lie far apart ------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Strategy Tile with a depth: the accumulators of a work item's columns lie in
// scratch memory near the core, and the reduction takes `depth` rows at once past
// all of them, so that memory is read in long runs. Each column is summed in order.
//
//===----------------------------------------------------------------------===//
#include "EmitSimdColumns.h"

#include "../Emitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace flex;
using namespace flex::tile;

void tile::walkWholeRows(Schedule &schedule, const GroupInfo &info, const DeviceDescription &device,
                         ir::StatementInterface statement, int64_t extent, int64_t typical) {
  // Few items per core, so that they are wide; blocks of rows that store each element need not be as high.
  constexpr int64_t kRowsOfReduction = 8, kRowsOfScan = 4, kVectors = 2, kItemsPerCore = 2;
  SmallVector<DimExpr> inner = info.innerExtents(statement);
  // Windows of open extents are small.
  if (inner.empty() || (inner.size() > 1 && !product(inner).isConstant()))
    return;
  int64_t rows = info.isReduction(statement) ? kRowsOfReduction : kRowsOfScan;
  int64_t held = schedule.lanes * schedule.vectors, bytes = info.widestBits(schedule.lane) / 8;
  int64_t length = inner.back().constant().value_or(typical), reduced = product(inner).constant().value_or(typical);
  if (extent <= held || length < rows || bytes * reduced * extent < device.l2Bytes / 2)
    return;
  int64_t rest = 1; // points of the other outer indices
  for (const DimExpr &other : ArrayRef(info.outerExtents).drop_back(schedule.collapse))
    rest *= other.constant().value_or(typical);
  int64_t near = device.l1Bytes / 2 / bytes, share = extent * rest / (kItemsPerCore * device.cores);
  int64_t step = schedule.lanes * kVectors;
  schedule.laneTile = llvm::divideCeil(std::min(std::max(held, std::min(near, share)), extent), step) * step;
  schedule.vectors = kVectors;
  schedule.depth = rows;
}

ir::StatementInterface tile::findPlainReduction(const GroupInfo &info, const std::string &lane) {
  ir::StatementInterface reduction = info.soleReduction();
  if (!reduction || GroupInfo::hasLoads(reduction) || GroupInfo::hasFolds(reduction) ||
      info.countAccesses(reduction, lane).strided > 0)
    return {};
  for (unsigned operand = 0; operand < reduction->getNumOperands(); ++operand)
    if (reduction.getAccessBoundary(operand).getKind() != ir::BoundaryKind::None)
      return {};
  return reduction;
}

namespace {

class SimdColumnsEmitter : public Emitter {
public:
  explicit SimdColumnsEmitter(EmitContext context) : Emitter(context), reduction(info.soleReduction()) {
    for (auto [name, extent] : llvm::zip_equal(info.outerNames, info.outerExtents))
      if (name == schedule.lane || isCollapsed(name))
        laneExtent = laneExtent * extent;
      else
        restExtents.push_back(extent);
    laneItems = laneExtent.ceilDiv(DimExpr(schedule.laneTile));
  }

  DimExpr items() const override { return product(restExtents).ceilDiv(DimExpr(schedule.itemRows)) * laneItems; }

  void emit(Value item) override {
    for (Value start : values.startOf(reduction, schedule.lanes)) {
      Type element = getElementTypeOrSelf(start.getType());
      auto type = BufferType::get(element.getContext(), element, Space::Private);
      rings.push_back(RingOp::create(loops.get(), loops.getLoc(), type, DimExpr(schedule.laneTile).str()));
    }
    std::string name = loops.freshName("item");
    loops.define(name, item);
    DimExpr id = DimExpr::symbol(name), rows = product(restExtents), tile(schedule.laneTile);
    lower = bind("lower", bind("lane_item", id.mod(laneItems)) * tile);
    upper = laneExtent.mod(tile) == DimExpr(0) ? lower + tile : bind("end", DimExpr::min(lower + tile, laneExtent));
    DimExpr first = bind("rest_item", id.floorDiv(laneItems)) * DimExpr(schedule.itemRows);
    DimExpr last = DimExpr::min(first + DimExpr(schedule.itemRows), rows);
    if (rows == DimExpr(1))
      first = 0, last = 1;
    std::string row = loops.freshName("row");
    loops.loop(row, first, last, 1, {}, [&](ValueRange) -> SmallVector<Value> {
      rest = delinearize(DimExpr::symbol(row), restExtents);
      emitColumns();
      return {};
    });
  }

private:
  void emitColumns() {
    forColumns([&](int64_t vectors, Value) {
      for (int64_t vector = 0; vector < vectors; ++vector)
        keep(vector, values.startOf(reduction, schedule.lanes));
    });
    SmallVector<DimExpr> inner;
    reduceFrom(inner);
    forColumns([&](int64_t vectors, Value valid) {
      for (int64_t vector = 0; vector < vectors; ++vector)
        finishColumns(vector, valid);
    });
  }

  /// The loops over the reduced indices; the last one in steps of `depth`.
  void reduceFrom(SmallVector<DimExpr> &inner) {
    SmallVector<DimExpr> extents = info.innerExtents(reduction);
    const DimExpr &extent = extents[inner.size()];
    bool isLast = inner.size() + 1 == extents.size();
    auto run = [&](const DimExpr &begin, const DimExpr &end, int64_t step) {
      std::string name = loops.freshName("k");
      loops.loop(name, begin, end, DimExpr(step), {}, [&](ValueRange) -> SmallVector<Value> {
        inner.push_back(DimExpr::symbol(name));
        if (isLast)
          forColumns([&](int64_t vectors, Value valid) { accumulate(inner, step, vectors, valid); });
        else
          reduceFrom(inner);
        inner.pop_back();
        return {};
      });
    };
    if (!isLast)
      return run(0, extent, 1);
    DimExpr left = extent.mod(DimExpr(schedule.depth)), main = bind("main_end", extent - left);
    run(0, main, schedule.depth);
    if (left != DimExpr(0))
      run(main, extent, left.constant().value_or(1));
  }

  /// `steps` steps of the reduction for some vectors of columns.
  void accumulate(ArrayRef<DimExpr> inner, int64_t steps, int64_t vectors, Value valid) {
    for (int64_t vector = 0; vector < vectors; ++vector) {
      SmallVector<Value> state = kept(vector);
      for (int64_t step = 0; step < steps; ++step) {
        SmallVector<DimExpr> at(inner);
        at.back() = at.back() + DimExpr(step);
        state = values.accumulate(reduction, pointAt(reduction, vector, valid, at), state);
      }
      keep(vector, state);
    }
  }

  void finishColumns(int64_t vector, Value valid) {
    values.beginBlock();
    values.clearPublished();
    for (ir::StatementInterface statement : info.statements) {
      Point point = pointAt(statement, vector, valid, {});
      Value value = statement == reduction ? values.resultOf(*reduction.getCombinerKind(), kept(vector), false, false)
                                           : values.evaluate(statement, point);
      finish(statement, point, resultAt(statement, outerAt(vector)), value);
    }
    values.beginBlock();
    values.clearPublished();
  }

  /// The body for `vectors` vectors at once, then for what is left one at a time.
  void forColumns(llvm::function_ref<void(int64_t vectors, Value valid)> body) {
    auto run = [&](const DimExpr &begin, const DimExpr &end, int64_t vectors, bool partial) {
      vectorLoop(laneName, begin, end, vectors, partial, body);
    };
    DimExpr step(schedule.lanes * schedule.vectors);
    if (laneExtent.mod(step) == DimExpr(0))
      return run(lower, upper, schedule.vectors, false);
    DimExpr main = bind("main_end", lower + (upper - lower).floorDiv(step) * step);
    run(lower, main, schedule.vectors, false);
    run(main, upper, 1, laneExtent.mod(DimExpr(schedule.lanes)) != DimExpr(0));
  }

  SmallVector<DimExpr> outerAt(int64_t vector) const {
    SmallVector<DimExpr> outer;
    unsigned next = 0;
    for (const std::string &name : info.outerNames)
      if (name == schedule.lane)
        outer.push_back(DimExpr::symbol(laneName) + DimExpr(vector * schedule.lanes));
      else
        outer.push_back(isCollapsed(name) ? DimExpr(0) : rest[next++]);
    return outer;
  }

  Point pointAt(ir::StatementInterface statement, int64_t vector, Value valid, ArrayRef<DimExpr> inner) const {
    Point point = pointOf(statement, outerAt(vector), inner);
    point.lane = laneName;
    point.lanes = schedule.lanes;
    point.valid = valid;
    return point;
  }

  Value slot(int64_t vector) {
    return loops.emit(DimExpr::symbol(laneName) - lower + DimExpr(vector * schedule.lanes));
  }
  void keep(int64_t vector, ValueRange state) {
    for (auto [ring, value] : llvm::zip_equal(rings, state))
      StoreOp::create(loops.get(), loops.getLoc(), values.broadcast(value, schedule.lanes), ring, slot(vector), Value(),
                      false);
  }
  SmallVector<Value> kept(int64_t vector) {
    SmallVector<Value> state;
    for (Value ring : rings) {
      Type type = cast<BufferType>(ring.getType()).getElementType();
      if (schedule.lanes > 1)
        type = VectorType::get(schedule.lanes, type);
      state.push_back(LoadOp::create(loops.get(), loops.getLoc(), type, ring, slot(vector), Value()));
    }
    return state;
  }

  ir::StatementInterface reduction;
  DimExpr laneExtent{1}, laneItems{1}, lower, upper;
  SmallVector<DimExpr> restExtents, rest;
  SmallVector<Value> rings; ///< the accumulators of a work item's columns
  std::string laneName;
};

} // namespace

std::unique_ptr<Emitter> tile::createSimdColumnsEmitter(EmitContext context) {
  return std::make_unique<SimdColumnsEmitter>(context);
}
