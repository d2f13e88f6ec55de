//===- EmitSort.cpp - The order of the values of a point ------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A thread with scratch memory sorts; one without finds the place of a single element.
//
//===----------------------------------------------------------------------===//
#include "PointSort.h"
#include "PointsEmitter.h"

using namespace mlir;
using namespace flex;
using namespace flex::tile;

namespace {

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

  IntegerType keyType() const {
    auto yield = cast<ir::YieldOp>(statement.getStatementBody()->getTerminator());
    return sortKeyType(carrierOf(yield.getOperand(0).getType()));
  }

  void createRings() override {
    DimExpr extent = info.innerExtents(statement).front();
    memory.keys = ring(keyType(), extent * DimExpr(2));
    memory.places = ring(loops.get().getI64Type(), extent * DimExpr(2));
    memory.counts = ring(loops.get().getI64Type(), DimExpr(radixCounts(keyType())));
  }

  void emitStatement() override {
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
      emitSortInMemory(task, memory);
  }

  ir::ArgSortOp sort;
  SortMemory memory;
};

} // namespace

std::unique_ptr<Emitter> tile::createSortEmitter(EmitContext context, bool threads) {
  return std::make_unique<SortEmitter>(context, threads);
}
