//===- EmitPoints.cpp - Scans, scatters and sorts -------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What they share: which points a work item or a thread owns, and the maps around the statement.
//
//===----------------------------------------------------------------------===//
#include "PointsEmitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace flex;
using namespace flex::tile;

PointsEmitter::PointsEmitter(EmitContext context, bool threads)
    : Emitter(context), threads(threads), statement(info.main()) {}

SmallVector<DimExpr> PointsEmitter::pointExtents() const {
  SmallVector<DimExpr> points;
  for (auto [name, extent] : llvm::zip_equal(info.outerNames, info.outerExtents))
    points.push_back(hasOuterLanes() && name == schedule.lane ? extent.ceilDiv(DimExpr(columns())) : extent);
  return points;
}

DimExpr PointsEmitter::items() const {
  return product(pointExtents()).ceilDiv(DimExpr(threads ? schedule.groupSize : schedule.itemRows));
}

void PointsEmitter::emit(Value item) {
  extents = pointExtents();
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

void PointsEmitter::emitPoint(const DimExpr &number) {
  outer = delinearize(number, extents);
  proto = Point();
  for (auto [position, name] : llvm::enumerate(info.outerNames))
    if (hasOuterLanes() && name == schedule.lane) {
      proto.lane = loops.freshName("l");
      proto.lanes = schedule.lanes;
      loops.define(proto.lane, loops.emit(outer[position] * DimExpr(columns())));
      outer[position] = DimExpr::symbol(proto.lane);
      enterLanes(outer[position], info.outerExtents[position]);
    }
  values.beginBlock();
  emitStatement();
  values.beginBlock();
}

Value PointsEmitter::lessThan(const DimExpr &a, const DimExpr &b) {
  return arith::CmpIOp::create(loops.get(), loops.getLoc(), arith::CmpIPredicate::slt, loops.emit(a), loops.emit(b));
}

Value PointsEmitter::validOf(int64_t vector, const DimExpr &lane, const DimExpr &extent) {
  if (extent.mod(DimExpr(columns())) == DimExpr(0))
    return Value();
  DimExpr rest = extent - lane - DimExpr(vector * schedule.lanes);
  return loops.emit(vector == 0 ? rest : DimExpr::max(rest, 0));
}

Value PointsEmitter::ring(Type element, const DimExpr &elements) {
  auto type = BufferType::get(element.getContext(), element, Space::Private);
  return RingOp::create(loops.get(), loops.getLoc(), type, elements.str());
}

Point PointsEmitter::at(ArrayRef<DimExpr> inner) const {
  Point point = pointOf(statement, ArrayRef(outer).take_front(info.outerNames.size()), inner);
  point.lane = proto.lane;
  point.lanes = proto.lanes;
  point.valid = proto.valid;
  return point;
}

SmallVector<DimExpr> PointsEmitter::resultExprs(const std::map<std::string, DimExpr> &names) const {
  SmallVector<DimExpr> exprs;
  for (const DimExpr &expr : statement.getResultExprs())
    exprs.push_back(expr.substitute(names));
  return exprs;
}

void PointsEmitter::finishPoint(const Point &point, Value value, bool nontemporal) {
  Value result = statement->getResult(0);
  SmallVector<DimExpr> place = resultExprs(point.coordinates);
  if (info.escapes(statement))
    values.store(result, place, value, point, nontemporal);
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

std::unique_ptr<Emitter> tile::createPointsEmitter(EmitContext context, bool threads) {
  switch (context.info.main().getStatementKind()) {
  case ir::StatementKind::Scan: return createScanEmitter(context, threads);
  case ir::StatementKind::Scatter: return createScatterEmitter(context, threads);
  default: return createSortEmitter(context, threads);
  }
}
