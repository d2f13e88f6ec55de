//===- EmitScan.cpp - Scans point by point --------------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What came before an element lies in memory, in registers, or, for blocks of rows of many columns, in a small buffer.
//
//===----------------------------------------------------------------------===//
#include "PointsEmitter.h"

#include "flex/TensorIR/ScanForms.h"

using namespace mlir;
using namespace flex;
using namespace flex::tile;

namespace {

class ScanEmitter : public PointsEmitter {
public:
  ScanEmitter(EmitContext context, bool threads)
      : PointsEmitter(context, threads), scan(cast<ir::ScanOp>(statement.getOperation())) {
    isCarried = !info.innerExtents(statement).empty() && ir::getCarriedStart(scan, info.outerNames.size()).has_value();
    if (isCarried && hasOuterLanes())
      vectors = schedule.vectors;
    isBlocked = isCarried && hasOuterLanes() && schedule.depth > 0 && schedule.laneTile > 0;
  }

private:
  int64_t columns() const override { return isBlocked ? schedule.laneTile : schedule.lanes * vectors; }

  void createRings() override {
    auto type = cast<ir::NamedTensorType>(statement->getResult(0).getType());
    if (isBlocked)
      states = ring(carrierOf(type.getScalarType()), DimExpr(schedule.laneTile));
  }

  void emitStatement() override {
    SmallVector<DimExpr> domain = info.innerExtents(statement), inner;
    if (isCarried)
      return emitCarried(domain, inner, *ir::getCarriedStart(scan, info.outerNames.size()));
    emitScanLoops(domain, inner);
  }

  /// Blocks say for each vector which of its lanes exist, see forColumns.
  void enterLanes(const DimExpr &lane, const DimExpr &extent) override {
    if (isBlocked)
      return;
    valids.clear();
    for (int64_t vector = 0; vector < vectors; ++vector)
      valids.push_back(validOf(vector, lane, extent));
    proto.valid = valids.front();
  }

  Point atVector(ArrayRef<DimExpr> inner, int64_t vector) const {
    Point point = at(inner);
    if (vector == 0)
      return point;
    point.valid = valids[vector];
    DimExpr &lane = point.coordinates.at(schedule.lane);
    lane = lane + DimExpr(vector * schedule.lanes);
    return point;
  }

  void emitScanLoops(ArrayRef<DimExpr> domain, SmallVector<DimExpr> &inner) {
    unsigned depth = inner.size();
    if (depth == domain.size()) {
      values.beginBlock();
      Point point = at(inner);
      finishPoint(point, values.evaluate(statement, point));
      values.beginBlock();
      return;
    }
    bool lanesHere = schedule.lanes > 1 && !hasOuterLanes() && depth + 1 == domain.size();
    auto run = [&](const DimExpr &lower, const DimExpr &upper, int64_t step, bool partial) {
      std::string name = loops.freshName("s");
      loops.loop(name, lower, upper, DimExpr(step), {}, [&](ValueRange) -> SmallVector<Value> {
        Point before = proto;
        if (lanesHere) {
          proto.lane = name;
          proto.lanes = schedule.lanes;
          proto.valid = partial ? loops.emit(upper - DimExpr::symbol(name)) : Value();
        }
        inner.push_back(DimExpr::symbol(name));
        emitScanLoops(domain, inner);
        inner.pop_back();
        proto = before;
        return {};
      });
    };
    if (!lanesHere)
      return run(0, domain[depth], 1, false);
    DimExpr lanes(schedule.lanes), rest = domain[depth].mod(lanes);
    DimExpr main = bind("main_end", domain[depth] - rest);
    run(0, main, schedule.lanes, false);
    if (rest != DimExpr(0))
      run(main, domain[depth], schedule.lanes, true);
  }

  /// The element before stays in registers.
  void emitCarried(ArrayRef<DimExpr> domain, SmallVector<DimExpr> &inner, TypedAttr start) {
    std::string name = loops.freshName("s");
    if (inner.size() + 1 < domain.size()) {
      loops.loop(name, 0, domain[inner.size()], 1, {}, [&](ValueRange) -> SmallVector<Value> {
        inner.push_back(DimExpr::symbol(name));
        emitCarried(domain, inner, start);
        inner.pop_back();
        return {};
      });
      return;
    }
    if (isBlocked)
      return emitBlocks(domain.back(), inner, start);
    values.beginBlock();
    SmallVector<Value> first(vectors, values.broadcast(values.constantOf(start), proto.lanes));
    loops.loop(name, 0, domain.back(), 1, first, [&](ValueRange state) -> SmallVector<Value> {
      SmallVector<Value> next;
      for (int64_t vector = 0; vector < vectors; ++vector)
        next.push_back(emitStep(inner, DimExpr::symbol(name), vector, state[vector]));
      return next;
    });
    values.beginBlock();
  }

  /// One element after `before`, which is the next one's.
  Value emitStep(SmallVector<DimExpr> &inner, const DimExpr &place, int64_t vector, Value before) {
    values.beginBlock();
    inner.push_back(place);
    Point point = atVector(inner, vector);
    inner.pop_back();
    values.lookupSelf = [&](ir::LoadOp) { return before; };
    Value value = values.broadcast(values.evaluate(statement, point), proto.lanes);
    values.lookupSelf = nullptr;
    finishPoint(point, value, schedule.nontemporal && point.lanes > 1);
    return values.rounded(statement->getResult(0), value);
  }

  /// Some elements at once of one vector of columns after the other; what comes before them lies in memory.
  void emitBlocks(const DimExpr &extent, SmallVector<DimExpr> &inner, TypedAttr start) {
    OpBuilder &b = loops.get();
    Location loc = loops.getLoc();
    DimExpr first = DimExpr::symbol(proto.lane);
    auto slot = [&](int64_t vector) {
      return loops.emit(DimExpr::symbol(proto.lane) - first + DimExpr(vector * schedule.lanes));
    };
    Type type = VectorType::get(schedule.lanes, cast<BufferType>(states.getType()).getElementType());
    forColumns(first, [&](int64_t vectors) {
      Value value = values.broadcast(values.constantOf(start), schedule.lanes);
      for (int64_t vector = 0; vector < vectors; ++vector)
        StoreOp::create(b, loc, value, states, slot(vector), Value(), false);
    });
    auto run = [&](const DimExpr &lower, const DimExpr &upper, int64_t steps) {
      std::string name = loops.freshName("s");
      loops.loop(name, lower, upper, DimExpr(steps), {}, [&](ValueRange) -> SmallVector<Value> {
        forColumns(first, [&](int64_t vectors) {
          for (int64_t vector = 0; vector < vectors; ++vector) {
            Value state = LoadOp::create(b, loc, type, states, slot(vector), Value());
            for (int64_t step = 0; step < steps; ++step)
              state = emitStep(inner, DimExpr::symbol(name) + DimExpr(step), vector, state);
            StoreOp::create(b, loc, state, states, slot(vector), Value(), false);
          }
        });
        return {};
      });
    };
    DimExpr left = extent.mod(DimExpr(schedule.depth)), main = bind("main_end", extent - left);
    run(0, main, schedule.depth);
    if (left != DimExpr(0))
      run(main, extent, left.constant().value_or(1));
  }

  /// The body for all vectors of columns from `first` on, several at once, then one at a time.
  void forColumns(const DimExpr &first, llvm::function_ref<void(int64_t vectors)> body) {
    size_t position = llvm::find(info.outerNames, schedule.lane) - info.outerNames.begin();
    DimExpr extent = info.outerExtents[position], tile(columns()), step(schedule.lanes * vectors);
    DimExpr last = extent.mod(tile) == DimExpr(0) ? first + tile : bind("end", DimExpr::min(first + tile, extent));
    Point before = proto;
    auto run = [&](const DimExpr &lower, const DimExpr &upper, int64_t count, bool partial) {
      proto.lane = loops.freshName("l");
      outer[position] = DimExpr::symbol(proto.lane);
      loops.loop(proto.lane, lower, upper, DimExpr(count * schedule.lanes), {}, [&](ValueRange) -> SmallVector<Value> {
        values.beginBlock();
        proto.valid = partial ? loops.emit(upper - outer[position]) : Value();
        valids.assign(count, proto.valid);
        body(count);
        values.beginBlock();
        return {};
      });
      proto = before;
      outer[position] = DimExpr::symbol(proto.lane);
    };
    if (extent.mod(step) == DimExpr(0))
      return run(first, last, vectors, false);
    DimExpr main = bind("columns_end", first + (last - first).floorDiv(step) * step);
    run(first, main, vectors, false);
    run(main, last, 1, extent.mod(DimExpr(schedule.lanes)) != DimExpr(0));
  }

  ir::ScanOp scan;
  bool isCarried = false;    ///< no element that was stored is read
  bool isBlocked = false;    ///< with a depth: several elements of many columns at once
  Value states;              ///< the elements before, if blocked
  int64_t vectors = 1;       ///< that have the elements before in registers, side by side
  SmallVector<Value> valids; ///< of each vector
};

} // namespace

std::unique_ptr<Emitter> tile::createScanEmitter(EmitContext context, bool threads) {
  return std::make_unique<ScanEmitter>(context, threads);
}
