//===- EmitPoints.cpp - Scans, scatters and sorts -------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A group of one such statement and maps around it: a thread owns a point of the plainly parallel indices (or a vector
// of them) and does the rest in order, so that no two threads ever touch the same element of the result.
//
//===----------------------------------------------------------------------===//
#include "Emitter.h"
#include "PointSort.h"
#include "flex/TensorIR/ScanForms.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace flex;
using namespace flex::tile;

namespace {

class PointsEmitter : public Emitter {
public:
  PointsEmitter(EmitContext context, bool threads) : Emitter(context), threads(threads), statement(info.main()) {
    auto scan = dyn_cast<ir::ScanOp>(statement.getOperation());
    isCarried =
        scan && !info.innerExtents(statement).empty() && ir::getCarriedStart(scan, info.outerNames.size()).has_value();
    if (isCarried && hasOuterLanes())
      vectors = schedule.vectors;
    isBlocked = isCarried && hasOuterLanes() && schedule.depth > 0 && schedule.laneTile > 0;
    for (auto [name, extent] : llvm::zip_equal(info.outerNames, info.outerExtents))
      extents.push_back(hasOuterLanes() && name == schedule.lane ? extent.ceilDiv(DimExpr(columns())) : extent);
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

  /// Of a point whose lanes run along an outer index.
  int64_t columns() const { return isBlocked ? schedule.laneTile : schedule.lanes * vectors; }

  Value lessThan(const DimExpr &a, const DimExpr &b) {
    return arith::CmpIOp::create(loops.get(), loops.getLoc(), arith::CmpIPredicate::slt, loops.emit(a), loops.emit(b));
  }

  /// How many lanes of a vector are inside; null where all are, always.
  Value validOf(int64_t vector, const DimExpr &lane, const DimExpr &extent) {
    if (extent.mod(DimExpr(schedule.lanes * vectors)) == DimExpr(0))
      return Value();
    DimExpr rest = extent - lane - DimExpr(vector * schedule.lanes);
    return loops.emit(vector == 0 ? rest : DimExpr::max(rest, 0));
  }

  void emitPoint(const DimExpr &number) {
    outer = delinearize(number, extents);
    proto = Point();
    for (auto [position, name] : llvm::enumerate(info.outerNames))
      if (hasOuterLanes() && name == schedule.lane) {
        proto.lane = loops.freshName("l");
        proto.lanes = schedule.lanes;
        loops.define(proto.lane, loops.emit(outer[position] * DimExpr(columns())));
        outer[position] = DimExpr::symbol(proto.lane);
        if (isBlocked)
          continue; // see forColumns
        valids.clear();
        for (int64_t vector = 0; vector < vectors; ++vector)
          valids.push_back(validOf(vector, outer[position], info.outerExtents[position]));
        proto.valid = valids.front();
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

  Point at(ArrayRef<DimExpr> inner, int64_t vector = 0) const {
    Point point = pointOf(statement, ArrayRef(outer).take_front(info.outerNames.size()), inner);
    point.lane = proto.lane;
    point.lanes = proto.lanes;
    point.valid = vector == 0 ? proto.valid : valids[vector];
    if (vector != 0) {
      DimExpr &lane = point.coordinates.at(schedule.lane);
      lane = lane + DimExpr(vector * schedule.lanes);
    }
    return point;
  }

  SmallVector<DimExpr> resultExprs(const std::map<std::string, DimExpr> &names) const {
    SmallVector<DimExpr> exprs;
    for (const DimExpr &expr : statement.getResultExprs())
      exprs.push_back(expr.substitute(names));
    return exprs;
  }

  /// Stores an element of a scan or sort, and computes what the group's maps make of it. They call their indices as
  /// the statement does.
  void finishPoint(const Point &point, Value value) {
    Value result = statement->getResult(0);
    SmallVector<DimExpr> place = resultExprs(point.coordinates);
    if (info.escapes(statement))
      values.store(result, place, value, point, schedule.nontemporal && isCarried && point.lanes > 1);
    values.publish(result, point, place, values.rounded(result, value));
    for (ir::StatementInterface map : info.statements) {
      if (map == statement)
        continue;
      SmallVector<DimExpr> mapPlace;
      for (StringRef name : map.getIndexNames())
        mapPlace.push_back(point.coordinates.at(name.str()));
      finish(map, point, mapPlace, values.evaluate(map, point));
    }
    values.clearPublished();
  }

  //===--------------------------------------------------------------------===//
  // Scan
  //===--------------------------------------------------------------------===//

  void emitScan(ir::ScanOp scan) {
    SmallVector<DimExpr> domain = info.innerExtents(statement), inner;
    if (isCarried)
      return emitCarried(domain, inner, *ir::getCarriedStart(scan, info.outerNames.size()));
    emitScanLoops(domain, inner);
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
    Point point = at(inner, vector);
    inner.pop_back();
    values.lookupSelf = [&](ir::LoadOp) { return before; };
    Value value = values.broadcast(values.evaluate(statement, point), proto.lanes);
    values.lookupSelf = nullptr;
    finishPoint(point, value);
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
      DimExpr begin(0);
      if (depth + 1 == domain.size() && schedule.lanes > 1 && !hasOuterLanes())
        begin = contributeInLanes(scatter, inner, domain[depth]);
      std::string name = loops.freshName("k");
      loops.loop(name, begin, domain[depth], 1, {}, [&](ValueRange) -> SmallVector<Value> {
        inner.push_back(DimExpr::symbol(name));
        nest(depth + 1);
        inner.pop_back();
        return {};
      });
    };
    if (!isBranchless(scatter, proto.lanes))
      return nest(0);
    // Then every place can be replaced by one that exists.
    loops.conditional(hasElements(scatter), {}, [&](ValueRange) -> SmallVector<Value> {
      nest(0);
      return {};
    });
  }

  /// Single numbers that go anywhere: whether one lies outside is a branch that no machine foresees, so that one adds
  /// nothing to the nearest element instead.
  bool isBranchless(ir::ScatterOp scatter, int64_t lanes) const {
    return !threads && lanes == 1 && scatter.getCombiner() != ir::CombinerKind::Set &&
           cast<ir::NamedTensorType>(scatter.getResult().getType()).getElementBits() >= 8;
  }

  Value hasElements(ir::ScatterOp scatter) {
    Value all = arith::ConstantIntOp::create(loops.get(), loops.getLoc(), loops.get().getI1Type(), 1);
    for (const DimExpr &extent : cast<ir::NamedTensorType>(scatter.getResult().getType()).getDims())
      if (extent.constant().value_or(0) < 1)
        all = arith::AndIOp::create(loops.get(), loops.getLoc(), all, lessThan(0, extent));
    return all;
  }

  /// What leaves an element as it is, to the last bit: a sum takes -0 for that.
  TypedAttr neutral(ir::CombinerKind kind, Type type) {
    bool isFloatSum = kind == ir::CombinerKind::Sum && isa<FloatType>(type);
    return isFloatSum ? loops.get().getFloatAttr(type, -0.0) : ir::getIdentity(kind, type);
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
        values.store(scatter.getResult(), place, baseAt(scatter, place), proto);
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

  Value baseAt(ir::ScatterOp scatter, ArrayRef<DimExpr> place) {
    if (!info.contains(scatter.getBase()))
      return values.readTensor(scatter.getBase(), place, proto);
    auto base = cast<ir::StatementInterface>(scatter.getBase().getDefiningOp());
    Point point = proto;
    point.coordinates.clear();
    for (auto [name, coordinate] : llvm::zip_equal(base.getIndexNames(), place))
      point.coordinates[name.str()] = coordinate;
    return values.evaluate(base, point);
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

  /// Places and values of `lanes` contributions at once, through a little memory; they are combined one by one, in
  /// order. Returns how many there were.
  DimExpr contributeInLanes(ir::ScatterOp scatter, SmallVector<DimExpr> &inner, const DimExpr &extent) {
    OpBuilder &b = loops.get();
    Location loc = loops.getLoc();
    auto type = cast<ir::NamedTensorType>(scatter.getResult().getType());
    DimExpr main = bind("main_end", extent - extent.mod(DimExpr(schedule.lanes)));
    std::string name = loops.freshName("k");
    loops.loop(name, 0, main, DimExpr(schedule.lanes), {}, [&](ValueRange) -> SmallVector<Value> {
      values.beginBlock();
      proto.lane = name;
      proto.lanes = schedule.lanes;
      inner.push_back(DimExpr::symbol(name));
      Point point = at(inner);
      inner.pop_back();
      proto = Point();
      auto [offset, inside] = offsetsOf(scatter, point);
      Value value = values.evaluate(statement, point),
            nothing = values.constantOf(neutral(scatter.getCombiner(), type.getScalarType()));
      Value zero = arith::ConstantIntOp::create(b, loc, b.getI64Type(), 0);
      auto keep = [&](Value ready, Value otherwise, Value ring) {
        ready = arith::SelectOp::create(b, loc, inside, values.broadcast(ready, point.lanes),
                                        values.broadcast(otherwise, point.lanes));
        StoreOp::create(b, loc, ready, ring, loops.constant(0), Value(), false);
      };
      keep(offset, zero, places);
      keep(value, nothing, contributions);
      std::string lane = loops.freshName("lane");
      loops.loop(lane, 0, DimExpr(schedule.lanes), 1, {}, [&](ValueRange) -> SmallVector<Value> {
        Value at = loops.emit(DimExpr::symbol(lane));
        Value place = LoadOp::create(b, loc, b.getI64Type(), places, at, Value());
        SmallVector<DimExpr> element(type.getDims().size(), DimExpr(0));
        element.back() = DimExpr::symbol(loops.nameOf(arith::IndexCastOp::create(b, loc, b.getIndexType(), place)));
        Type carrier = carrierOf(type.getScalarType());
        combineAt(scatter, Point(), element, LoadOp::create(b, loc, carrier, contributions, at, Value()));
        return {};
      });
      values.beginBlock();
      return {};
    });
    return main;
  }

  /// Where the lanes' contributions go, as offsets in the result, and whether they exist there.
  std::pair<Value, Value> offsetsOf(ir::ScatterOp scatter, const Point &point) {
    OpBuilder &b = loops.get();
    Location loc = loops.getLoc();
    auto type = cast<ir::NamedTensorType>(scatter.getResult().getType());
    auto yield = cast<ir::YieldOp>(statement.getStatementBody()->getTerminator());
    auto number = [&](const DimExpr &expr) -> Value {
      return arith::IndexCastOp::create(b, loc, b.getI64Type(), loops.emit(expr));
    };
    Value offset, inside;
    auto add = [&](Value &sum, Value term, auto combine) { sum = sum ? combine(sum, term) : term; };
    for (auto [expr, extent, stride] :
         llvm::zip_equal(statement.getResultExprs(), type.getDims(), denseStrides(type))) {
      Value index;
      if (auto name = expr.asSymbol(); name && name->front() == '$')
        index = values.evaluate(statement, yield.getOperand(1 + std::stoul(name->substr(1))), point);
      else
        index = number(expr.substitute(point.coordinates));
      index = values.broadcast(index, point.lanes);
      Value limit = values.broadcast(number(extent), point.lanes), step = values.broadcast(number(stride), point.lanes);
      add(inside, arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult, index, limit),
          [&](Value x, Value y) -> Value { return arith::AndIOp::create(b, loc, x, y); });
      if (stride != DimExpr(1))
        index = arith::MulIOp::create(b, loc, index, step);
      add(offset, index, [&](Value x, Value y) -> Value { return arith::AddIOp::create(b, loc, x, y); });
    }
    return {offset, inside};
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
    if (isBranchless(scatter, point.lanes)) {
      auto type = cast<ir::NamedTensorType>(scatter.getResult().getType());
      for (auto [index, extent] : llvm::zip_equal(place, type.getDims()))
        index = DimExpr::max(DimExpr::min(index, extent - DimExpr(1)), 0);
      Value nothing = values.constantOf(neutral(scatter.getCombiner(), type.getScalarType()));
      combineAt(scatter, point, place, arith::SelectOp::create(b, loops.getLoc(), inside, value, nothing));
    } else {
      loops.conditional(inside, {}, [&](ValueRange) -> SmallVector<Value> {
        combineAt(scatter, point, place, value);
        return {};
      });
    }
    values.beginBlock();
  }

  void combineAt(ir::ScatterOp scatter, const Point &point, ArrayRef<DimExpr> place, Value value) {
    values.beginBlock();
    Value next = value;
    if (scatter.getCombiner() != ir::CombinerKind::Set) {
      Value before = values.readTensor(scatter.getResult(), place, point);
      next = ir::emitCombine(loops.get(), loops.getLoc(), scatter.getCombiner(), values.broadcast(before, point.lanes),
                             values.broadcast(value, point.lanes));
    }
    values.store(scatter.getResult(), place, next, point);
  }

  //===--------------------------------------------------------------------===//
  // Sort
  //===--------------------------------------------------------------------===//

  IntegerType keyType() const {
    auto yield = cast<ir::YieldOp>(statement.getStatementBody()->getTerminator());
    return sortKeyType(carrierOf(yield.getOperand(0).getType()));
  }

  void createRings() {
    auto ring = [&](Type element, const DimExpr &elements) -> Value {
      auto type = BufferType::get(element.getContext(), element, Space::Private);
      return RingOp::create(loops.get(), loops.getLoc(), type, elements.str());
    };
    if (isBlocked) {
      auto type = cast<ir::NamedTensorType>(statement->getResult(0).getType());
      states = ring(carrierOf(type.getScalarType()), DimExpr(schedule.laneTile));
    } else if (isa<ir::ArgSortOp>(statement.getOperation())) {
      DimExpr extent = info.innerExtents(statement).front();
      keys = ring(keyType(), extent * DimExpr(2));
      places = ring(loops.get().getI64Type(), extent * DimExpr(2));
      counts = ring(loops.get().getI64Type(), DimExpr(radixCounts(keyType())));
    } else if (isa<ir::ScatterOp>(statement.getOperation()) && schedule.lanes > 1 && !hasOuterLanes()) {
      auto type = cast<ir::NamedTensorType>(statement->getResult(0).getType());
      places = ring(loops.get().getI64Type(), DimExpr(schedule.lanes));
      contributions = ring(carrierOf(type.getScalarType()), DimExpr(schedule.lanes));
    }
  }

  void emitSort(ir::ArgSortOp sort) {
    SortTask task{loops, info.innerExtents(statement).front(), ir::toDimExpr(sort.getCountAttr()), {}, {}};
    task.keyAt = [&](const DimExpr &place) {
      values.beginBlock();
      Value value = values.evaluate(statement, at(place));
      values.beginBlock();
      return makeSortKey(loops.get(), loops.getLoc(), value, sort.getUnsignedKeys(), sort.getDescending());
    };
    task.store = [&](const DimExpr &rank, Value place) {
      values.beginBlock();
      finishPoint(at(rank), place);
      values.beginBlock();
    };
    if (threads)
      emitRankOf(task, outer.back());
    else
      emitSortInMemory(task, {keys, places, counts});
  }

  bool threads;
  mutable ir::StatementInterface statement;
  SmallVector<DimExpr> extents; ///< of the points that are counted
  SmallVector<DimExpr> outer;
  Point proto;                ///< the lanes of the current point
  bool isBlocked = false;     ///< a scan with a depth: several elements of many columns at once
  bool isCarried = false;     ///< no element that was stored is read
  Value states;               ///< the elements before, if blocked
  int64_t vectors = 1;        ///< of a scan that has the elements before in registers, side by side
  SmallVector<Value> valids;  ///< of each vector
  Value keys, places, counts; ///< scratch of a sort
  Value contributions;        ///< and, with places, of a scatter
};

} // namespace

std::unique_ptr<Emitter> tile::createPointsEmitter(EmitContext context, bool threads) {
  return std::make_unique<PointsEmitter>(context, threads);
}
