//===- PointSelect.cpp - The first few of one point -----------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The best so far stay in registers, in order. Vectors of keys are compared with the last of them; a key that is better
// goes to its place by one comparison with all of them and with their neighbours.
//
//===----------------------------------------------------------------------===//
#include "PointSort.h"

#include "flex/ScheduledLoops/TileDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace flex;
using namespace flex::tile;

namespace {

class Selection {
public:
  Selection(const SelectTask &task, Value places)
      : task(task), loops(task.loops), b(loops.get()), loc(loops.getLoc()), places(places) {
    keysType = VectorType::get(task.width, task.keyType);
    placesType = VectorType::get(task.width, b.getI64Type());
    indexType = VectorType::get(task.width, b.getI64Type());
  }

  void emit() {
    DimExpr first = DimExpr::min(task.extent, DimExpr(task.width));
    SmallVector<Value> best = {zeros(keysType), zeros(placesType)};
    std::string name = loops.freshName("first");
    best = loops.loop(name, 0, first, 1, best, [&](ValueRange state) -> SmallVector<Value> {
      DimExpr place = DimExpr::symbol(name);
      return insert(state, task.keyAt(place), asI64(place), asI64(place));
    });
    if (auto extent = task.extent.constant(); !extent || *extent > task.width)
      best = emitRest(first, best);
    StoreOp::create(b, loc, best[1], places, loops.constant(0), Value(), false);
    std::string rank = loops.freshName("rank");
    loops.loop(rank, 0, task.count, 1, {}, [&](ValueRange) -> SmallVector<Value> {
      DimExpr at = DimExpr::symbol(rank);
      task.store(at, LoadOp::create(b, loc, b.getI64Type(), places, loops.emit(at), Value()));
      return {};
    });
  }

private:
  Value zeros(Type type) { return arith::ConstantOp::create(b, loc, b.getZeroAttr(type)); }
  Value asI64(const DimExpr &place) { return arith::IndexCastOp::create(b, loc, b.getI64Type(), loops.emit(place)); }
  Value splat(Value scalar, VectorType type) { return vector::BroadcastOp::create(b, loc, type, scalar); }
  Value last(Value keys) { return vector::ExtractOp::create(b, loc, keys, task.width - 1); }
  Value compare(arith::CmpIPredicate predicate, Value x, Value y) {
    return arith::CmpIOp::create(b, loc, predicate, x, y);
  }
  DimExpr name(const DimExpr &expr) {
    std::string fresh = loops.freshName("m");
    loops.define(fresh, loops.emit(expr));
    return DimExpr::symbol(fresh);
  }

  /// What lies one place earlier; the first has nothing before it and stays.
  Value moveUp(Value value) {
    SmallVector<int64_t> from = {0};
    for (int64_t i = 0; i + 1 < task.width; ++i)
      from.push_back(i);
    return vector::ShuffleOp::create(b, loc, value, value, from);
  }

  /// The keys and places with one more after its equals; the last falls off. Null `filled`: all are there.
  SmallVector<Value> insert(ValueRange best, Value key, Value place, Value filled) {
    Value stays = compare(arith::CmpIPredicate::sle, best[0], splat(key, keysType));
    if (filled) {
      SmallVector<int64_t> numbers(task.width);
      std::iota(numbers.begin(), numbers.end(), 0);
      Value at = arith::ConstantOp::create(b, loc, DenseElementsAttr::get(indexType, ArrayRef(numbers)));
      Value isThere = compare(arith::CmpIPredicate::slt, at, splat(filled, indexType));
      stays = arith::AndIOp::create(b, loc, stays, isThere);
    }
    // Before the first lies what always stays.
    SmallVector<int64_t> from = {task.width};
    for (int64_t i = 0; i + 1 < task.width; ++i)
      from.push_back(i);
    Value always = arith::ConstantOp::create(b, loc, DenseElementsAttr::get(cast<VectorType>(stays.getType()), true));
    Value beforeStays = vector::ShuffleOp::create(b, loc, stays, always, from);
    auto step = [&](Value old, Value fresh, VectorType type) -> Value {
      Value moved = arith::SelectOp::create(b, loc, beforeStays, splat(fresh, type), moveUp(old));
      return arith::SelectOp::create(b, loc, stays, old, moved);
    };
    return {step(best[0], key, keysType), step(best[1], place, placesType)};
  }

  /// All behind the first ones. State: keys, places, the last key.
  SmallVector<Value> emitRest(const DimExpr &begin, ArrayRef<Value> best) {
    SmallVector<Value> state(best);
    state.push_back(last(best[0]));
    DimExpr from = name(begin), lanes(task.lanes), main = task.extent;
    auto run = [&](const DimExpr &lower, const DimExpr &upper, bool partial) {
      std::string lane = loops.freshName("l");
      state = loops.loop(lane, lower, upper, lanes, state, [&](ValueRange carried) {
        Value valid = partial ? loops.emit(task.extent - DimExpr::symbol(lane)) : Value();
        return task.lanes == 1 ? considerOne(lane, carried) : considerVector(lane, valid, carried);
      });
    };
    if (task.lanes > 1)
      main = name(task.extent - (task.extent - from).mod(lanes));
    run(from, main, false);
    if (task.lanes > 1)
      run(main, task.extent, true);
    return {state[0], state[1]};
  }

  SmallVector<Value> considerOne(const std::string &place, ValueRange state) {
    Value key = task.keyAt(DimExpr::symbol(place));
    return loops.conditional(compare(arith::CmpIPredicate::slt, key, state[2]), state,
                             [&](ValueRange carried) { return take(carried, key, asI64(DimExpr::symbol(place))); });
  }

  SmallVector<Value> take(ValueRange state, Value key, Value place) {
    SmallVector<Value> next = insert(state, key, place, Value());
    next.push_back(last(next[0]));
    return next;
  }

  SmallVector<Value> considerVector(const std::string &first, Value valid, ValueRange state) {
    Value keys = task.keysInLanes(first, valid);
    Value limit = splat(state[2], cast<VectorType>(keys.getType()));
    Value better = compare(arith::CmpIPredicate::slt, keys, limit);
    auto bitsType = b.getIntegerType(task.lanes);
    Value bits =
        vector::ExtractOp::create(b, loc, vector::BitCastOp::create(b, loc, VectorType::get(1, bitsType), better), 0);
    Value none = arith::ConstantOp::create(b, loc, b.getIntegerAttr(bitsType, 0));
    return loops.conditional(compare(arith::CmpIPredicate::ne, bits, none), state, [&](ValueRange carried) {
      Value wide = arith::ExtUIOp::create(b, loc, b.getI64Type(), bits);
      Value count = arith::IndexCastOp::create(b, loc, b.getIndexType(), math::CtPopOp::create(b, loc, wide));
      SmallVector<Value> inner(carried);
      inner.push_back(wide);
      std::string hit = loops.freshName("hit");
      SmallVector<Value> after =
          loops.loop(hit, 0, DimExpr::symbol(loops.nameOf(count)), 1, inner, [&](ValueRange carried) {
            Value rest = carried[3], one = arith::ConstantIntOp::create(b, loc, b.getI64Type(), 1);
            Value lane = math::CountTrailingZerosOp::create(b, loc, rest);
            Value at = arith::IndexCastOp::create(b, loc, b.getIndexType(), lane);
            Value key = vector::ExtractOp::create(b, loc, keys, OpFoldResult(at));
            Value place = arith::AddIOp::create(b, loc, asI64(DimExpr::symbol(first)), lane);
            SmallVector<Value> next = take(carried.take_front(3), key, place);
            next.push_back(arith::AndIOp::create(b, loc, rest, arith::SubIOp::create(b, loc, rest, one)));
            return next;
          });
      after.pop_back();
      return after;
    });
  }

  const SelectTask &task;
  LoopBuilder &loops;
  OpBuilder &b;
  Location loc;
  Value places;
  VectorType keysType, placesType, indexType;
};

} // namespace

int64_t tile::selectionWidth(int64_t count) {
  return std::max<int64_t>(2, llvm::PowerOf2Ceil(count));
}

void tile::emitSelection(const SelectTask &task, Value places) {
  Selection(task, places).emit();
}
