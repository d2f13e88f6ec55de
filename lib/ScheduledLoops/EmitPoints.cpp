//===- EmitPoints.cpp - Scans, scatters and sorts -------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A group of one such statement: a thread owns a point of the plainly parallel
// indices (or a vector of them) and does the rest in order, so that no two
// threads ever touch the same element of the result.
//
//===----------------------------------------------------------------------===//
#include "Emitter.h"
#include "PointSort.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace flex;
using namespace flex::tile;

namespace {

class PointsEmitter : public Emitter {
public:
  PointsEmitter(EmitContext context, bool threads)
      : Emitter(context), threads(threads), statement(info.statements.front()) {
    for (auto [name, extent] : llvm::zip_equal(info.outerNames, info.outerExtents))
      extents.push_back(hasOuterLanes() && name == schedule.lane ? extent.ceilDiv(DimExpr(schedule.lanes)) : extent);
    // A thread without scratch memory finds the place of one element only.
    if (threads && isa<ir::ArgSortOp>(statement.getOperation()))
      extents.push_back(info.innerExtents(statement).front());
  }

  DimExpr items() const override {
    return product(extents).ceilDiv(DimExpr(threads ? schedule.groupSize : schedule.itemRows));
  }

  void emit(Value item) override {
    std::string name = loops.freshName("item");
    loops.define(name, item);
    DimExpr number = DimExpr::symbol(name), total = product(extents);
    if (threads) {
      std::string thread = loops.freshName("thread");
      loops.define(thread, LaneOp::create(loops.get(), loops.getLoc()));
      number = bind("number", number * DimExpr(schedule.groupSize) + DimExpr::symbol(thread));
      loops.conditional(lessThan(number, total), {}, [&](ValueRange) -> SmallVector<Value> {
        emitPoint(number);
        return {};
      });
      return;
    }
    createRings();
    DimExpr step(schedule.itemRows), first = number * step, last = DimExpr::min(first + step, total);
    if (extents.empty())
      first = 0, last = 1;
    std::string point = loops.freshName("point");
    loops.loop(point, first, last, 1, {}, [&](ValueRange) -> SmallVector<Value> {
      emitPoint(DimExpr::symbol(point));
      return {};
    });
  }

private:
  bool hasOuterLanes() const { return schedule.lanes > 1 && llvm::is_contained(info.outerNames, schedule.lane); }

  Value lessThan(const DimExpr &a, const DimExpr &b) {
    return arith::CmpIOp::create(loops.get(), loops.getLoc(), arith::CmpIPredicate::slt, loops.emit(a), loops.emit(b));
  }

  /// How many lanes from `lane` on are inside; null where all are, always.
  Value validFrom(const DimExpr &lane, const DimExpr &extent) {
    bool even = extent.mod(DimExpr(schedule.lanes)) == DimExpr(0);
    return even ? Value() : loops.emit(extent - lane);
  }

  void emitPoint(const DimExpr &number) {
    outer = delinearize(number, extents);
    proto = Point();
    for (auto [position, name] : llvm::enumerate(info.outerNames))
      if (hasOuterLanes() && name == schedule.lane) {
        proto.lane = loops.freshName("l");
        proto.lanes = schedule.lanes;
        loops.define(proto.lane, loops.emit(outer[position] * DimExpr(schedule.lanes)));
        outer[position] = DimExpr::symbol(proto.lane);
        proto.valid = validFrom(outer[position], info.outerExtents[position]);
      }
    values.beginBlock();
    if (auto scan = dyn_cast<ir::ScanOp>(statement.getOperation()))
      emitScan(scan);
    else if (auto scatter = dyn_cast<ir::ScatterOp>(statement.getOperation()))
      emitScatter(scatter);
    else
      emitSort(cast<ir::ArgSortOp>(statement.getOperation()));
    values.beginBlock();
  }

  Point at(ArrayRef<DimExpr> inner) const {
    Point point = pointOf(statement, ArrayRef(outer).take_front(info.outerNames.size()), inner);
    point.lane = proto.lane;
    point.lanes = proto.lanes;
    point.valid = proto.valid;
    return point;
  }

  SmallVector<DimExpr> resultExprs(const std::map<std::string, DimExpr> &names) const {
    SmallVector<DimExpr> exprs;
    for (const DimExpr &expr : statement.getResultExprs())
      exprs.push_back(expr.substitute(names));
    return exprs;
  }

  //===--------------------------------------------------------------------===//
  // Scan
  //===--------------------------------------------------------------------===//

  void emitScan(ir::ScanOp scan) {
    SmallVector<DimExpr> domain = info.innerExtents(statement);
    auto carried = carriedStart(scan);
    if (carried && !domain.empty()) {
      SmallVector<DimExpr> inner;
      return emitCarried(domain, inner, *carried);
    }
    SmallVector<DimExpr> inner;
    emitScanLoops(domain, inner);
  }

  void emitScanLoops(ArrayRef<DimExpr> domain, SmallVector<DimExpr> &inner) {
    unsigned depth = inner.size();
    if (depth == domain.size()) {
      values.beginBlock();
      Point point = at(inner);
      values.store(statement->getResult(0), resultExprs(point.coordinates), values.evaluate(statement, point), point);
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

  /// What a scan that reads only the element just before starts with; nothing for others.
  std::optional<TypedAttr> carriedStart(ir::ScanOp scan) const {
    SmallVector<std::string> names = info.innerNames(statement);
    if (names.empty() || static_cast<int64_t>(names.size()) != static_cast<int64_t>(scan.getNumOrdered()))
      return std::nullopt;
    std::map<std::string, DimExpr> back = {{names.back(), DimExpr::symbol(names.back()) - DimExpr(1)}};
    SmallVector<DimExpr> before = resultExprs(back);
    std::optional<TypedAttr> start;
    bool good = true;
    statement.getStatementBody()->walk([&](ir::LoadOp load) {
      if (!load.isSelfLoad())
        return;
      TypedAttr fill = load.getBoundary().getValue();
      good &= load.getAccessExprs() == before && load.getBoundary().getKind() == ir::BoundaryKind::Fill &&
              (!start || *start == fill);
      start = fill;
    });
    return good ? start : std::nullopt;
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
    values.beginBlock();
    Value first = values.broadcast(values.constantOf(start), proto.lanes);
    Value result = statement->getResult(0);
    loops.loop(name, 0, domain.back(), 1, first, [&](ValueRange state) -> SmallVector<Value> {
      values.beginBlock();
      inner.push_back(DimExpr::symbol(name));
      Point point = at(inner);
      inner.pop_back();
      values.lookupSelf = [&](ir::LoadOp) { return state[0]; };
      Value value = values.broadcast(values.evaluate(statement, point), proto.lanes);
      values.lookupSelf = nullptr;
      values.store(result, resultExprs(point.coordinates), value, point);
      return {values.rounded(result, value)};
    });
    values.beginBlock();
  }

  //===--------------------------------------------------------------------===//
  // Scatter
  //===--------------------------------------------------------------------===//

  void emitScatter(ir::ScatterOp scatter) {
    copyBase(scatter);
    SmallVector<DimExpr> inner;
    std::function<void(unsigned)> nest = [&](unsigned depth) {
      SmallVector<DimExpr> domain = info.innerExtents(statement);
      if (depth == domain.size())
        return contribute(scatter, at(inner));
      std::string name = loops.freshName("k");
      loops.loop(name, 0, domain[depth], 1, {}, [&](ValueRange) -> SmallVector<Value> {
        inner.push_back(DimExpr::symbol(name));
        nest(depth + 1);
        inner.pop_back();
        return {};
      });
    };
    nest(0);
  }

  /// This point's part of the result begins as the base.
  void copyBase(ir::ScatterOp scatter) {
    SmallVector<DimExpr> exprs = statement.getResultExprs();
    SmallVector<DimExpr> dims = cast<ir::NamedTensorType>(statement->getResult(0).getType()).getDims();
    SmallVector<DimExpr> place(exprs.size());
    SmallVector<unsigned> open; // axes that are no parallel index
    for (unsigned axis = 0; axis < exprs.size(); ++axis) {
      auto name = exprs[axis].asSymbol();
      auto known = name ? llvm::find(info.outerNames, *name) : info.outerNames.end();
      if (known == info.outerNames.end())
        open.push_back(axis);
      else
        place[axis] = outer[known - info.outerNames.begin()];
    }
    std::function<void(unsigned)> nest = [&](unsigned depth) {
      if (depth == open.size()) {
        values.beginBlock();
        values.store(scatter.getResult(), place, values.readTensor(scatter.getBase(), place, proto), proto);
        values.beginBlock();
        return;
      }
      std::string name = loops.freshName("n");
      loops.loop(name, 0, dims[open[depth]], 1, {}, [&](ValueRange) -> SmallVector<Value> {
        place[open[depth]] = DimExpr::symbol(name);
        nest(depth + 1);
        return {};
      });
    };
    nest(0);
  }

  void contribute(ir::ScatterOp scatter, const Point &point) {
    OpBuilder &b = loops.get();
    Location loc = loops.getLoc();
    values.beginBlock();
    auto yield = cast<ir::YieldOp>(statement.getStatementBody()->getTerminator());
    Value value = values.evaluate(statement, yield.getOperand(0), point);
    SmallVector<Value> numbers;
    bool perLane = false;
    for (Value number : yield.getOperands().drop_front()) {
      numbers.push_back(values.evaluate(statement, number, point));
      perLane |= isa<VectorType>(numbers.back().getType());
    }
    if (!perLane)
      return combineInto(scatter, point, value, numbers);
    // Each lane has a destination of its own.
    std::string laneName = loops.freshName("lane");
    DimExpr upper(point.lanes);
    if (point.valid)
      upper = DimExpr::min(DimExpr::symbol(loops.nameOf(point.valid)), upper);
    loops.loop(laneName, 0, upper, 1, {}, [&](ValueRange) -> SmallVector<Value> {
      Value lane = loops.emit(DimExpr::symbol(laneName));
      auto own = [&](Value from) -> Value {
        return isa<VectorType>(from.getType()) ? vector::ExtractOp::create(b, loc, from, OpFoldResult(lane)).getResult()
                                               : from;
      };
      Point single;
      std::map<std::string, DimExpr> shift = {{point.lane, DimExpr::symbol(point.lane) + DimExpr::symbol(laneName)}};
      for (const auto &[name, expr] : point.coordinates)
        single.coordinates[name] = expr.substitute(shift);
      SmallVector<Value> scalars;
      for (Value number : numbers)
        scalars.push_back(own(number));
      combineInto(scatter, single, own(value), scalars);
      return {};
    });
    values.beginBlock();
  }

  void combineInto(ir::ScatterOp scatter, const Point &point, Value value, ArrayRef<Value> numbers) {
    OpBuilder &b = loops.get();
    std::map<std::string, DimExpr> names = point.coordinates;
    for (auto [position, number] : llvm::enumerate(numbers))
      names["$" + std::to_string(position)] =
          DimExpr::symbol(loops.nameOf(arith::IndexCastOp::create(b, loops.getLoc(), b.getIndexType(), number)));
    SmallVector<DimExpr> place = resultExprs(names);
    // Lanes that are not there are masked; the test is the same for all others.
    Value inside = values.isInside(scatter.getResult(), place);
    loops.conditional(inside, {}, [&](ValueRange) -> SmallVector<Value> {
      values.beginBlock();
      Value next = value;
      if (scatter.getCombiner() != ir::CombinerKind::Set) {
        Value before = values.readTensor(scatter.getResult(), place, point);
        next = ir::emitCombine(b, loops.getLoc(), scatter.getCombiner(), values.broadcast(before, point.lanes),
                               values.broadcast(value, point.lanes));
      }
      values.store(scatter.getResult(), place, next, point);
      return {};
    });
    values.beginBlock();
  }

  //===--------------------------------------------------------------------===//
  // Sort
  //===--------------------------------------------------------------------===//

  Type keyType() const {
    auto yield = cast<ir::YieldOp>(statement.getStatementBody()->getTerminator());
    return sortKeyType(carrierOf(yield.getOperand(0).getType()));
  }

  void createRings() {
    if (!isa<ir::ArgSortOp>(statement.getOperation()))
      return;
    std::string elements = (info.innerExtents(statement).front() * DimExpr(2)).str();
    auto ring = [&](Type element) -> Value {
      auto type = BufferType::get(element.getContext(), element, Space::Private);
      return RingOp::create(loops.get(), loops.getLoc(), type, elements);
    };
    keys = ring(keyType());
    places = ring(loops.get().getI64Type());
  }

  void emitSort(ir::ArgSortOp sort) {
    std::string sorted = info.innerNames(statement).front();
    SortTask task{loops, info.innerExtents(statement).front(), ir::toDimExpr(sort.getCountAttr()), {}, {}};
    task.keyAt = [&](const DimExpr &place) {
      values.beginBlock();
      Value value = values.evaluate(statement, at(place));
      values.beginBlock();
      return makeSortKey(loops.get(), loops.getLoc(), value, sort.getUnsignedKeys(), sort.getDescending());
    };
    task.store = [&](const DimExpr &rank, Value place) {
      values.store(sort.getResult(), resultExprs(at(rank).coordinates), place, Point());
    };
    if (threads)
      emitRankOf(task, outer.back());
    else
      emitMergeSort(task, keys, places);
  }

  bool threads;
  mutable ir::StatementInterface statement;
  SmallVector<DimExpr> extents; ///< of the points that are counted
  SmallVector<DimExpr> outer;
  Point proto; ///< the lanes of the current point
  Value keys, places;
};

} // namespace

std::unique_ptr<Emitter> tile::createPointsEmitter(EmitContext context, bool threads) {
  return std::make_unique<PointsEmitter>(context, threads);
}
