//===- EmitSimtContractBoxes.cpp - Operands of matrix units as boxes ------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which tiles are boxes of a tensor, and copies of them by one thread. What a box has
// beyond the factor's extents is zero, along the reduction too: no tile is a partial
// one here.
//
//===----------------------------------------------------------------------===//
#include "EmitSimtContractCopy.h"

#include "flex/Binary/Image.h"
#include "flex/ScheduledLoops/EmitDimExpr.h"
#include "flex/ScheduledLoops/Workspace.h"

using namespace mlir;
using namespace flex;
using namespace flex::tile;

namespace {

/// The way from one point of an axis to the next, if all are as long; takes the axis' part out of `place`.
std::optional<DimExpr> takeEvenStep(DimExpr &place, const IndexAxis &axis) {
  std::optional<DimExpr> step;
  DimExpr inside(1);
  for (size_t i = axis.names.size(); i-- > 0;) {
    auto linear = place.linearIn(axis.names[i]);
    if (!linear)
      return std::nullopt;
    place = linear->second;
    if (axis.extents[i] == DimExpr(1) && i > 0)
      continue;
    if (step && axis.extents[i] != DimExpr(1) && linear->first != *step * inside)
      return std::nullopt;
    if (!step)
      step = linear->first;
    inside = inside * axis.extents[i];
  }
  return step;
}

bool usesAny(const DimExpr &expr, ArrayRef<StringRef> names) {
  return llvm::any_of(names, [&](StringRef name) { return expr.uses(name.str()); });
}

} // namespace

std::optional<OperandBoxes> tile::findBoxes(const MatrixPlan &plan, const MatrixOperand &side) {
  const IndexAxis &outer = &side == &plan.a ? plan.axes.rows : plan.axes.columns;
  if (!side.read || side.turned || !side.edges.empty() || !side.chunks)
    return std::nullopt;
  OperandBoxes boxes;
  DimExpr place = side.offset;
  auto depthStep = takeEvenStep(place, plan.axes.reduced), outerStep = takeEvenStep(place, outer);
  if (!depthStep || !outerStep)
    return std::nullopt;
  boxes.step = side.across ? *depthStep : *outerStep;
  size_t rank = 2;
  for (const std::string &name : plan.axes.rest.names) {
    auto linear = place.linearIn(name);
    if (!linear || !isNonNegative(linear->first))
      return std::nullopt;
    boxes.restSteps.push_back(linear->first);
    rank += linear->first != DimExpr(0);
    place = linear->second;
  }
  boxes.offset = place;
  SmallVector<StringRef> names(ir::StatementInterface(plan.contraction.statement).getIndexNames());
  bool isPlain = !usesAny(boxes.step, names) && !usesAny(boxes.offset, names) &&
                 llvm::none_of(boxes.restSteps, [&](const DimExpr &step) { return usesAny(step, names); });
  DimExpr innerStep = side.across ? *outerStep : *depthStep, inner = side.across ? outer.size() : plan.depth;
  // Rows that overlap are no dimensions of a tensor.
  if (!isPlain || innerStep != DimExpr(1) || rank > kMaxMapRank || !isNonNegative(boxes.step - inner) ||
      !isNonNegative(boxes.offset))
    return std::nullopt;
  return boxes;
}

DimExpr tile::boxesAreAligned(const MatrixPlan &plan) {
  DimExpr rest = 0, chunk(kChunkBytes / elementBytes(plan.a.element));
  for (const MatrixOperand *side : {&plan.a, &plan.b})
    for (const DimExpr &expr : *side->chunks)
      rest = rest + expr.mod(chunk);
  return DimExpr(1) - DimExpr::min(rest, DimExpr(1));
}

std::optional<UnalignedBoxes> tile::findUnaligned(const GroupInfo &info, const Schedule &schedule,
                                                  const DeviceDescription &device) {
  if (schedule.strategy != Strategy::Matrix || !copiesBoxes(schedule))
    return std::nullopt;
  auto plan = planMatrix(info, device, schedule.lane, schedule.unroll, schedule.unit);
  if (!plan || !plan->a.boxes || !plan->b.boxes)
    return std::nullopt;
  DimExpr aligned = boxesAreAligned(*plan);
  if (aligned == DimExpr(1))
    return std::nullopt;
  return UnalignedBoxes{aligned, copiedByThreads(*plan, schedule, device)};
}

/// A tile that is wider than a row of the layout comes in panels.
void OperandCopies::copyBoxes(const Side &side, const DimExpr &depth, Value pipe, Value stage, const DimExpr &place) {
  const MatrixOperand &operand = *side.operand;
  const OperandBoxes &boxes = *operand.boxes;
  int64_t columns = side.layout.getColumns();
  SmallVector<DimExpr> at, sizes, pitches;
  SmallVector<int64_t> box;
  auto push = [&](const DimExpr &coordinate, const DimExpr &size, int64_t extent) {
    at.push_back(coordinate);
    sizes.push_back(size);
    box.push_back(extent);
  };
  DimExpr bytes(elementBytes);
  if (operand.across) {
    push(side.first, side.extent, columns);
    push(depth, plan.depth, schedule.tileK);
  } else {
    push(depth, plan.depth, schedule.tileK);
    push(side.first, side.extent, side.tile);
  }
  pitches.push_back(boxes.step * bytes);
  for (size_t i = boxes.restSteps.size(); i-- > 0;)
    if (boxes.restSteps[i] != DimExpr(0)) {
      push(rest[i], plan.axes.rest.extents[i], 1);
      pitches.push_back(boxes.restSteps[i] * bytes);
    }
  MLIRContext *context = b.getContext();
  auto offset = ir::toAttr(context, boxes.offset * bytes);
  for (int64_t panel = 0; panel * columns < side.ringColumns; ++panel) {
    SmallVector<Value> places;
    for (auto [d, coordinate] : llvm::enumerate(at))
      places.push_back(loops.emit(d == 0 ? coordinate + DimExpr(panel * columns) : coordinate));
    Value to = loops.emit(place + DimExpr(panel * columns * side.ringRows));
    CopyBoxOp::create(b, loc, memoryOf(side).buffer, places, ir::toAttr(context, ArrayRef(sizes)),
                      ir::toAttr(context, ArrayRef(pitches)), offset, b.getDenseI64ArrayAttr(box),
                      b.getI64IntegerAttr(columns * elementBytes), side.ring, to, pipe, stage);
  }
}
