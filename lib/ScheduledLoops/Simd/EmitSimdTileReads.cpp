//===- EmitSimdTileReads.cpp - What the reductions of a tile read ---------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Panels that are packed, blocks that are turned in registers, reads that boundary
// rules may move: all that is about operands of strategy Tile.
//
//===----------------------------------------------------------------------===//
#include "../EvaluatorKeys.h"
#include "ChooseContraction.h"
#include "EmitSimdTile.h"
#include "TurnVectors.h"
#include "flex/ScheduledLoops/Workspace.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

#include <set>

using namespace mlir;
using namespace flex;
using namespace flex::tile;

static constexpr int64_t kMaxTurnedLanes = 16; // as many vectors are in registers at once
static constexpr size_t kMaxTestedLoops = 3;

/// What lies in runs along the rows and strided along the lanes, as in a transpose, is read by runs and turned in
/// registers.
void SimdTileEmitter::publishTurned(const DimExpr &row, int64_t rows, int64_t vectors) {
  int64_t lanes = schedule.lanes;
  auto rowName = row.asSymbol();
  if (contraction || !rowName || lanes < 2 || lanes > kMaxTurnedLanes || rows % lanes != 0)
    return;
  for (ir::StatementInterface statement : info.statements)
    for (unsigned operand = 0; operand < statement->getNumOperands(); ++operand) {
      if (!isTurned(statement, operand))
        continue;
      Value tensor = statement->getOperand(operand);
      auto placeAt = [&](const Point &point) {
        SmallVector<DimExpr> at = statement.getAccessExprs(operand);
        for (DimExpr &expr : at)
          expr = expr.substitute(point.coordinates);
        return at;
      };
      for (int64_t v = 0; v < vectors; ++v)
        for (int64_t first = 0; first < rows; first += lanes) {
          SmallVector<Value> runs;
          Point run = pointOf(statement, outerAt(row + DimExpr(first), DimExpr(v * lanes)));
          DimExpr lane = run.coordinates.at(schedule.lane);
          run.lane = *rowName;
          run.lanes = lanes;
          for (int64_t l = 0; l < lanes; ++l) {
            run.coordinates.insert_or_assign(schedule.lane, lane + DimExpr(l));
            runs.push_back(values.readTensor(tensor, placeAt(run), run));
          }
          turnVectors(loops.get(), loops.getLoc(), runs);
          for (int64_t u = 0; u < lanes; ++u) {
            Point point = pointOf(statement, outerAt(row + DimExpr(first + u), DimExpr(v * lanes)));
            values.publish(tensor, point, placeAt(point), runs[u]);
          }
        }
    }
}

bool SimdTileEmitter::isTurned(ir::StatementInterface statement, unsigned operand) const {
  Value tensor = statement->getOperand(operand);
  auto type = cast<ir::NamedTensorType>(tensor.getType());
  auto memory = values.memory.find(tensor.getAsOpaquePointer());
  if (info.isReduction(statement) || info.contains(tensor) || statement.isWholeAccess(operand) ||
      memory == values.memory.end() || memory->second.packed || type.getScalarType().isInteger(1) ||
      statement.getAccessBoundary(operand).getKind() != ir::BoundaryKind::None)
    return false;
  DimExpr offset;
  for (auto [expr, stride] : llvm::zip_equal(statement.getAccessExprs(operand), denseStrides(type)))
    offset = offset + expr * stride;
  auto alongLanes = offset.linearIn(schedule.lane), alongRows = offset.linearIn(schedule.unroll);
  return alongLanes && alongRows && alongLanes->first != DimExpr(0) && alongLanes->first != DimExpr(1) &&
         alongRows->first == DimExpr(1);
}

/// Whether the lanes of all points read inside: asked before the innermost loops that make no difference to it, or
/// before all of them, at the ends of their ranges.
Emitter::InsideTest SimdTileEmitter::insideTest(ir::StatementInterface statement, unsigned count, PointAt pointAt) {
  InsideTest test;
  addGuard(test, statement, pointAt);
  SmallVector<BoundedAxis> axes = boundedAxes(statement);
  SmallVector<std::string> names = info.innerNames(statement);
  unsigned depth = names.size();
  auto matters = [&](const std::string &name) {
    return llvm::any_of(axes, [&](const BoundedAxis &axis) { return axis.index.uses(name); });
  };
  while (depth > 0 && !matters(names[depth - 1]))
    --depth;
  if (depth == names.size())
    depth = 0;
  bool isMonotonic = llvm::all_of(axes, [&](const BoundedAxis &axis) {
    return axis.index.linearIn(schedule.lane) && llvm::all_of(ArrayRef(names).drop_front(depth), [&](const auto &name) {
             return axis.index.linearIn(name).has_value();
           });
  });
  if (axes.empty() || !isMonotonic || names.size() - depth > kMaxTestedLoops)
    return test;
  test.depth = depth;
  test.ask = [=, this](ArrayRef<DimExpr> known) { return testCorners(statement, axes, count, pointAt, known); };
  return test;
}

/// A guard that is the same for all points of a tile and for the innermost indices leaves out their loops.
void SimdTileEmitter::addGuard(InsideTest &test, ir::StatementInterface statement, PointAt pointAt) {
  auto guard = GroupInfo::guardOf(statement);
  auto uses = [&](const std::string &name) { return GroupInfo::dependsOn(statement, guard->condition, name); };
  if (!guard || uses(schedule.lane) || (!schedule.unroll.empty() && uses(schedule.unroll)))
    return;
  SmallVector<std::string> names = info.innerNames(statement);
  test.guardDepth = names.size();
  while (test.guardDepth > 0 && !uses(names[test.guardDepth - 1]))
    --test.guardDepth;
  if (test.guardDepth == names.size())
    return; // it would be asked for each product
  test.guarded = guard->value;
  test.guard = [=, this, condition = guard->condition](ArrayRef<DimExpr> known) {
    SmallVector<DimExpr> inner(known);
    inner.resize(names.size());
    return values.evaluate(statement, condition, pointAt(0, inner));
  };
}

SmallVector<SimdTileEmitter::BoundedAxis> SimdTileEmitter::boundedAxes(ir::StatementInterface statement) const {
  SmallVector<BoundedAxis> axes;
  std::map<std::string, DimExpr> extents;
  for (auto [name, extent] : llvm::zip_equal(statement.getIndexNames(), statement.getIndexExtents()))
    extents.insert_or_assign(name.str(), extent);
  for (unsigned operand = 0; operand < statement->getNumOperands(); ++operand) {
    if (statement.isWholeAccess(operand) || statement.getAccessBoundary(operand).getKind() == ir::BoundaryKind::None)
      continue;
    auto type = cast<ir::NamedTensorType>(statement->getOperand(operand).getType());
    for (auto [index, extent] : llvm::zip_equal(statement.getAccessExprs(operand), type.getDims())) {
      auto name = index.asSymbol();
      auto range = name ? extents.find(*name) : extents.end();
      if (range == extents.end() || range->second != extent)
        axes.push_back({index, extent});
    }
  }
  return axes;
}

Value SimdTileEmitter::testCorners(ir::StatementInterface statement, ArrayRef<BoundedAxis> axes, unsigned count,
                                   PointAt pointAt, ArrayRef<DimExpr> known) {
  OpBuilder &b = loops.get();
  SmallVector<DimExpr> extents = info.innerExtents(statement);
  Value all;
  std::set<std::string> done;
  for (unsigned corner = 0; corner < 1U << (extents.size() - known.size()); ++corner)
    for (unsigned place = 0; place < count; ++place) {
      SmallVector<DimExpr> inner(known);
      for (unsigned axis = known.size(); axis < extents.size(); ++axis)
        inner.push_back((corner >> (axis - known.size())) & 1 ? extents[axis] - DimExpr(1) : DimExpr(0));
      Point point = pointAt(place, inner);
      if (point.valid)
        return {};
      std::map<std::string, DimExpr> last = {{point.lane, DimExpr::symbol(point.lane) + DimExpr(point.lanes - 1)}};
      for (const BoundedAxis &axis : axes)
        for (const DimExpr &index :
             {axis.index.substitute(point.coordinates), axis.index.substitute(point.coordinates).substitute(last)}) {
          if (!done.insert(index.str() + " < " + axis.extent.str()).second)
            continue;
          // One unsigned comparison covers both ends.
          Value test = arith::CmpIOp::create(b, loops.getLoc(), arith::CmpIPredicate::ult, loops.emit(index),
                                             loops.emit(axis.extent));
          all = all ? arith::AndIOp::create(b, loops.getLoc(), all, test).getResult() : test;
        }
    }
  return all;
}

/// Full tiles of the contraction, which most of the time goes into, take several steps of the reduction in a turn of
/// its loop. With `prefetch`, the lines of the next tile's rows are asked for at the steps that they will be read at, a
/// few in each turn. The tile that packs a panel is there once for it.
Emitter::Turns SimdTileEmitter::turnsOf(ir::StatementInterface statement, unsigned count, PointAt pointAt,
                                        Packing mode) {
  constexpr int64_t kLineBytes = 64, kFarCache = 2;
  bool isFull = count == schedule.rows * schedule.vectors && mode != Packing::Write && !schedule.unroll.empty();
  bool isLong = info.innerExtents(statement).back().constant().value_or(schedule.steps) >= schedule.steps;
  if (!isFull || !isLong || schedule.steps == 1)
    return {};
  auto tiled = info.findTiled(schedule.lane, schedule.unroll);
  if (!tiled || tiled->statement != statement)
    return {};
  Turns turns;
  turns.steps = schedule.steps;
  auto operand = schedule.prefetch ? findRowsAlong(info, statement, schedule) : std::nullopt;
  if (!operand)
    return turns;
  Value tensor = statement->getOperand(*operand);
  auto found = values.memory.find(tensor.getAsOpaquePointer());
  int64_t line = kLineBytes / elementBytes(cast<ir::NamedTensorType>(tensor.getType()).getElementType());
  if (found == values.memory.end() || found->second.packed)
    return turns;
  turns.count = std::max<int64_t>(1, line / turns.steps);
  int64_t share = (schedule.rows + turns.count - 1) / turns.count;
  turns.each = [=, this](ArrayRef<DimExpr> inner, const DimExpr &number) mutable {
    for (int64_t row = 0; row < share; ++row) {
      Point point = pointAt(0, inner);
      DimExpr &place = point.coordinates.at(schedule.unroll);
      place = place + DimExpr(schedule.rows + row) + number * DimExpr(share);
      SmallVector<DimExpr> at = statement.getAccessExprs(*operand);
      for (DimExpr &expr : at)
        expr = expr.substitute(point.coordinates);
      PrefetchOp::create(loops.get(), loops.getLoc(), found->second.buffer, loops.emit(linearOffset(found->second, at)),
                         kFarCache);
    }
  };
  return turns;
}

/// Where the packed value of a point lies: panel rows of `panel` elements, one per reduction step.
DimExpr SimdTileEmitter::packedOffset(ir::StatementInterface statement, ArrayRef<DimExpr> inner,
                                      const Point &point) const {
  DimExpr step, depth(1);
  for (auto [index, extent] : llvm::zip_equal(inner, info.innerExtents(statement)))
    step = step * extent + index, depth = depth * extent;
  DimExpr column = point.coordinates.at(schedule.lane) - DimExpr::symbol(laneName);
  DimExpr first = panels ? DimExpr::symbol(laneName) * depth : DimExpr(0); // where the panel begins
  return first + step * DimExpr(panel) + column;
}

void SimdTileEmitter::installPacking(ir::StatementInterface statement, ArrayRef<DimExpr> inner, Packing mode) {
  OpBuilder &b = loops.get();
  Location loc = loops.getLoc();
  SmallVector<DimExpr> coordinates(inner);
  Type type = cast<BufferType>(ring.getType()).getElementType();
  if (schedule.lanes > 1)
    type = VectorType::get(schedule.lanes, type);
  // Rows of the tile share a packed vector: one load or store per place in the panel.
  auto done = std::make_shared<std::map<std::string, Value>>();
  if (mode == Packing::Read) {
    values.lookupPacked = [=, this, &b](Value value, const Point &point) -> Value {
      if (value != packedValue)
        return {};
      DimExpr offset = packedOffset(statement, coordinates, point);
      Value &slot = (*done)[offset.str()];
      if (!slot)
        slot = LoadOp::create(b, loc, type, ring, loops.emit(offset), Value());
      return slot;
    };
    return;
  }
  values.notePacked = [=, this, &b](Value value, const Point &point, Value computed) {
    if (value != packedValue)
      return;
    DimExpr offset = packedOffset(statement, coordinates, point);
    if (done->try_emplace(offset.str(), computed).second)
      StoreOp::create(b, loc, values.broadcast(computed, schedule.lanes), ring, loops.emit(offset), Value(), false);
  };
}
