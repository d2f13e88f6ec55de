//===- EmitSort.cpp - The order of the values of a point ------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A thread with scratch memory sorts, or goes once along the index `lane` if only the first few are wanted; one without
// finds the place of a single element.
//
//===----------------------------------------------------------------------===//
#include "PointSort.h"
#include "PointsEmitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace flex;
using namespace flex::tile;

namespace {

IntegerType keyTypeOf(ir::StatementInterface sort) {
  auto yield = cast<ir::YieldOp>(sort.getStatementBody()->getTerminator());
  return sortKeyType(carrierOf(yield.getOperand(0).getType()));
}

class SortEmitter : public PointsEmitter {
public:
  SortEmitter(EmitContext context, bool threads)
      : PointsEmitter(context, threads), sort(cast<ir::ArgSortOp>(statement.getOperation())) {}

private:
  SmallVector<DimExpr> pointExtents() const override {
    SmallVector<DimExpr> points = PointsEmitter::pointExtents();
    if (threads)
      points.push_back(info.innerExtents(statement).front());
    return points;
  }

  bool selects() const { return schedule.lane == info.innerNames(statement).front(); }

  void createRings() override {
    if (selects()) {
      width = selectionWidth(*ir::toDimExpr(sort.getCountAttr()).constant());
      memory.places = ring(loops.get().getI64Type(), DimExpr(width));
      return;
    }
    DimExpr extent = info.innerExtents(statement).front();
    memory.keys = ring(keyTypeOf(statement), extent * DimExpr(2));
    memory.places = ring(loops.get().getI64Type(), extent * DimExpr(2));
    memory.counts = ring(loops.get().getI64Type(), DimExpr(radixCounts(keyTypeOf(statement))));
  }

  Value keyOf(const Point &point) {
    values.beginBlock();
    Value value = values.broadcast(values.evaluate(statement, point), point.lanes);
    Value key = makeSortKey(loops.get(), loops.getLoc(), value, sort.getUnsignedKeys(), sort.getDescending());
    if (point.valid) {
      auto type = cast<VectorType>(key.getType());
      APInt largest = APInt::getSignedMaxValue(type.getElementTypeBitWidth());
      Value rest = arith::ConstantOp::create(loops.get(), loops.getLoc(), DenseElementsAttr::get(type, largest));
      key = arith::SelectOp::create(loops.get(), loops.getLoc(), values.validMask(point), key, rest);
    }
    values.beginBlock();
    return key;
  }

  void emitStatement() override {
    SelectTask task{{loops, info.innerExtents(statement).front(), ir::toDimExpr(sort.getCountAttr()), {}, {}},
                    keyTypeOf(statement),
                    width,
                    schedule.lanes,
                    {}};
    task.keyAt = [&](const DimExpr &place) { return keyOf(at(place)); };
    task.keysInLanes = [&](const std::string &first, Value valid) {
      Point point = at(DimExpr::symbol(first));
      point.lane = first;
      point.lanes = schedule.lanes;
      point.valid = valid;
      return keyOf(point);
    };
    task.store = [&](const DimExpr &rank, Value place) {
      values.beginBlock();
      finishPoint(at(rank), place);
      values.beginBlock();
    };
    if (threads)
      emitRankOf(task, outer.back());
    else if (selects())
      emitSelection(task, memory.places);
    else
      emitSortInMemory(task, memory);
  }

  ir::ArgSortOp sort;
  SortMemory memory;
  int64_t width = 2; ///< of a selection
};

} // namespace

void tile::selectFew(Schedule &schedule, const GroupInfo &info, const DeviceDescription &device) {
  ir::StatementInterface statement = info.main();
  if (info.laneIndices().empty())
    return;
  // Keys and places of those that are kept in half of the registers: a comparison needs as many again.
  auto count = ir::toDimExpr(cast<ir::ArgSortOp>(statement.getOperation()).getCountAttr()).constant();
  int64_t keyBits = keyTypeOf(statement).getWidth(), placeBits = 64;
  if (selectionWidth(*count) * (keyBits + placeBits) * 2 > device.vectorBits * device.vectorRegisters)
    return;
  schedule.lane = info.laneIndices().front();
  if (info.countAccesses(statement, schedule.lane).strided == 0)
    schedule.lanes = std::max<int64_t>(1, device.vectorBits / keyBits);
}

std::unique_ptr<Emitter> tile::createSortEmitter(EmitContext context, bool threads) {
  return std::make_unique<SortEmitter>(context, threads);
}
