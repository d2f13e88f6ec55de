//===- EmitScatter.cpp - Contributions to data-dependent places -----------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// They are combined one after the other, in order; what leads to them, places and values, is computed in lanes.
//
//===----------------------------------------------------------------------===//
#include "PointsEmitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace flex;
using namespace flex::tile;

namespace {

class ScatterEmitter : public PointsEmitter {
public:
  ScatterEmitter(EmitContext context, bool threads)
      : PointsEmitter(context, threads), scatter(cast<ir::ScatterOp>(statement.getOperation())) {}

private:
  void createRings() override {
    if (schedule.lanes == 1 || hasOuterLanes())
      return;
    auto type = cast<ir::NamedTensorType>(statement->getResult(0).getType());
    places = ring(loops.get().getI64Type(), DimExpr(schedule.lanes));
    contributions = ring(carrierOf(type.getScalarType()), DimExpr(schedule.lanes));
  }

  void emitStatement() override {
    copyBase();
    SmallVector<DimExpr> inner;
    std::function<void(unsigned)> nest = [&](unsigned depth) {
      SmallVector<DimExpr> domain = info.innerExtents(statement);
      if (depth == domain.size())
        return contribute(at(inner));
      DimExpr begin(0);
      if (depth + 1 == domain.size() && schedule.lanes > 1 && !hasOuterLanes())
        begin = contributeInLanes(inner, domain[depth]);
      std::string name = loops.freshName("k");
      loops.loop(name, begin, domain[depth], 1, {}, [&](ValueRange) -> SmallVector<Value> {
        inner.push_back(DimExpr::symbol(name));
        nest(depth + 1);
        inner.pop_back();
        return {};
      });
    };
    if (!isBranchless(proto.lanes))
      return nest(0);
    // Then every place can be replaced by one that exists.
    loops.conditional(hasElements(), {}, [&](ValueRange) -> SmallVector<Value> {
      nest(0);
      return {};
    });
  }

  /// Single numbers that go anywhere: whether one lies outside is a branch that no machine foresees, so that one adds
  /// nothing to the nearest element instead.
  bool isBranchless(int64_t lanes) {
    return !threads && lanes == 1 && scatter.getCombiner() != ir::CombinerKind::Set &&
           cast<ir::NamedTensorType>(scatter.getResult().getType()).getElementBits() >= 8;
  }

  Value hasElements() {
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
  void copyBase() {
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
        values.store(scatter.getResult(), place, baseAt(place), proto);
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

  Value baseAt(ArrayRef<DimExpr> place) {
    if (!info.contains(scatter.getBase()))
      return values.readTensor(scatter.getBase(), place, proto);
    auto base = cast<ir::StatementInterface>(scatter.getBase().getDefiningOp());
    Point point = proto;
    point.coordinates.clear();
    for (auto [name, coordinate] : llvm::zip_equal(base.getIndexNames(), place))
      point.coordinates[name.str()] = coordinate;
    return values.evaluate(base, point);
  }

  void contribute(const Point &point) {
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
      return combineInto(point, value, numbers);
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
      combineInto(single, own(value), scalars);
      return {};
    });
    values.beginBlock();
  }

  /// Places and values of `lanes` contributions at once, through a little memory; they are combined one by one, in
  /// order. Returns how many there were.
  DimExpr contributeInLanes(SmallVector<DimExpr> &inner, const DimExpr &extent) {
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
      auto [offset, inside] = offsetsOf(point);
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
        combineAt(Point(), element, LoadOp::create(b, loc, carrier, contributions, at, Value()));
        return {};
      });
      values.beginBlock();
      return {};
    });
    return main;
  }

  /// Where the lanes' contributions go, as offsets in the result, and whether they exist there.
  std::pair<Value, Value> offsetsOf(const Point &point) {
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

  void combineInto(const Point &point, Value value, ArrayRef<Value> numbers) {
    OpBuilder &b = loops.get();
    std::map<std::string, DimExpr> names = point.coordinates;
    for (auto [position, number] : llvm::enumerate(numbers))
      names["$" + std::to_string(position)] =
          DimExpr::symbol(loops.nameOf(arith::IndexCastOp::create(b, loops.getLoc(), b.getIndexType(), number)));
    SmallVector<DimExpr> place = resultExprs(names);
    // Lanes that are not there are masked; the test is the same for all others.
    Value inside = values.isInside(scatter.getResult(), place);
    if (isBranchless(point.lanes)) {
      auto type = cast<ir::NamedTensorType>(scatter.getResult().getType());
      for (auto [index, extent] : llvm::zip_equal(place, type.getDims()))
        index = DimExpr::max(DimExpr::min(index, extent - DimExpr(1)), 0);
      Value nothing = values.constantOf(neutral(scatter.getCombiner(), type.getScalarType()));
      combineAt(point, place, arith::SelectOp::create(b, loops.getLoc(), inside, value, nothing));
    } else {
      loops.conditional(inside, {}, [&](ValueRange) -> SmallVector<Value> {
        combineAt(point, place, value);
        return {};
      });
    }
    values.beginBlock();
  }

  void combineAt(const Point &point, ArrayRef<DimExpr> place, Value value) {
    values.beginBlock();
    Value next = value;
    if (scatter.getCombiner() != ir::CombinerKind::Set) {
      Value before = values.readTensor(scatter.getResult(), place, point);
      next = ir::emitCombine(loops.get(), loops.getLoc(), scatter.getCombiner(), values.broadcast(before, point.lanes),
                             values.broadcast(value, point.lanes));
    }
    values.store(scatter.getResult(), place, next, point);
  }

  ir::ScatterOp scatter;
  Value places, contributions; ///< of a vector of them
};

} // namespace

std::unique_ptr<Emitter> tile::createScatterEmitter(EmitContext context, bool threads) {
  return std::make_unique<ScatterEmitter>(context, threads);
}
