//===- SimdUnit.cpp - Contractions on dot instructions of CPUs ------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reads only: types and strides decide.
//
//===----------------------------------------------------------------------===//
#include "SimdUnit.h"

#include "ChooseSkinny.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace flex;
using namespace flex::tile;

namespace {

constexpr int64_t kTypicalExtent = 1024;

/// A factor that is an operand's element, widened; or one of bf16, which code computes in f32 anyway.
struct Factor {
  unsigned operand;
  Type element; ///< of the operand, signless
  bool isUnsigned;
};

std::optional<Factor> factorOf(const GroupInfo &info, ir::StatementInterface statement, Value value) {
  Operation *widening = value.getDefiningOp();
  if (widening && !isa<arith::ExtSIOp, arith::ExtUIOp, arith::ExtFOp>(widening))
    return std::nullopt;
  auto argument = dyn_cast<BlockArgument>(widening ? widening->getOperand(0) : value);
  if (!argument || argument.getArgNumber() >= statement->getNumOperands() ||
      (!widening && !argument.getType().isBF16()))
    return std::nullopt;
  unsigned operand = argument.getArgNumber();
  if (statement.isWholeAccess(operand) || info.contains(statement->getOperand(operand)) ||
      statement.getAccessBoundary(operand).getKind() != ir::BoundaryKind::None)
    return std::nullopt;
  return Factor{operand, argument.getType(), isa_and_nonnull<arith::ExtUIOp>(widening)};
}

/// How far an operand's place moves with an index; invalid if not evenly.
DimExpr strideOf(ir::StatementInterface statement, unsigned operand, const std::string &index) {
  auto type = cast<ir::NamedTensorType>(statement->getOperand(operand).getType());
  DimExpr offset;
  for (auto [expr, stride] : llvm::zip_equal(statement.getAccessExprs(operand), denseStrides(type)))
    offset = offset + expr * stride;
  auto linear = offset.linearIn(index);
  return linear ? linear->first : DimExpr(-1);
}

/// As the description spells the types that a unit takes.
std::string spellingOf(Type type) {
  return type.isInteger(8) ? "i8" : type.isBF16() ? "bf16" : "";
}

int64_t extentOf(const GroupInfo &info, const std::string &name) {
  auto found = llvm::find(info.outerNames, name);
  return info.outerExtents[found - info.outerNames.begin()].constant().value_or(kTypicalExtent);
}

} // namespace

std::optional<SimdUnitPlan> tile::planSimdUnit(const GroupInfo &info, const DeviceDescription &device,
                                               const std::string &lane, const std::string &unroll,
                                               const SimdUnitRequest &request) {
  auto contraction = info.findContraction();
  if (device.model != ExecutionModel::Simd || !contraction || lane == unroll)
    return std::nullopt;
  SimdUnitPlan plan;
  plan.statement = contraction->statement;
  SmallVector<std::string> inner = info.innerNames(plan.statement);
  Value columns = GroupInfo::laneFactor(*contraction, lane);
  Value rows = columns == contraction->right ? contraction->left : contraction->right;
  auto row = factorOf(info, plan.statement, rows), column = factorOf(info, plan.statement, columns);
  if (inner.empty() || !row || !column || row->operand == column->operand || row->element != column->element ||
      GroupInfo::dependsOn(plan.statement, rows, lane) || GroupInfo::dependsOn(plan.statement, columns, unroll) ||
      (row->isUnsigned && column->isUnsigned))
    return std::nullopt;
  bool isInteger = rows.getType().isInteger(32), isFloat = rows.getType().isF32() || rows.getType().isBF16();
  std::string operand = spellingOf(row->element), sum = isInteger ? "i32" : "f32";
  if (rows.getType() != columns.getType() || (!isInteger && (!isFloat || info.isStrict())))
    return std::nullopt;
  for (const MatrixUnit &unit : device.matrixUnits)
    if (!plan.unit && unit.operand == operand && unit.accumulator == sum &&
        (request.family.empty() || unit.unit == request.family) && (!request.lanes || unit.n == request.lanes))
      plan.unit = &unit;
  DimExpr along = strideOf(plan.statement, column->operand, lane),
          down = strideOf(plan.statement, column->operand, inner.back());
  plan.turned = along != DimExpr(1);
  if (!plan.unit || along == DimExpr(-1) || down == DimExpr(-1) || (plan.turned && down != DimExpr(1)) ||
      (!request.anyRows && strideOf(plan.statement, row->operand, inner.back()) != DimExpr(1)))
    return std::nullopt;
  plan.rowOperand = row->operand;
  plan.laneOperand = column->operand;
  plan.isGuarded = isFloat;
  plan.rowsFollow =
      inner.size() == 1 && strideOf(plan.statement, row->operand, unroll) == info.innerExtents(plan.statement).back();
  plan.lanesFirst = column->isUnsigned;
  plan.offsetsRows = row->element.isInteger(8) && !row->isUnsigned && !column->isUnsigned;
  return plan;
}

std::optional<SimdUnitPlan> tile::planSimdUnit(const GroupInfo &info, const DeviceDescription &device,
                                               const Schedule &schedule) {
  return planSimdUnit(info, device, schedule.lane, schedule.unroll, {schedule.unit, schedule.lanes, false});
}

std::optional<Schedule> tile::chooseSimdUnit(const GroupInfo &info, const DeviceDescription &device,
                                             const std::string &lane, const std::string &unroll) {
  auto plan = planSimdUnit(info, device, lane, unroll);
  if (!plan)
    return std::nullopt;
  constexpr int64_t kMaxRows = 8;
  Schedule schedule;
  schedule.strategy = Strategy::Tile;
  schedule.lane = lane;
  schedule.unroll = unroll;
  schedule.unit = plan->unit->unit;
  schedule.lanes = plan->unit->n;
  bool manyRegisters = device.vectorRegisters >= 32;
  int64_t columns = extentOf(info, lane), rows = extentOf(info, unroll);
  // One register for a row's run, one for what is added to it.
  int64_t accumulators = manyRegisters ? 24 : 10;
  schedule.vectors = std::clamp<int64_t>(llvm::divideCeil(columns, schedule.lanes), 1, manyRegisters ? 4 : 2);
  schedule.rows = std::clamp<int64_t>(rows, 1, std::min(accumulators / schedule.vectors, kMaxRows));
  // Some rows fewer leave none over, which would be a tile of its own to compile; as fast where panels are near and
  // nothing is looked at before each tile.
  constexpr int64_t kEnoughRows = 4, kRunBytes = 4;
  int64_t depth = product(info.innerExtents(plan->statement)).constant().value_or(kTypicalExtent);
  bool isNear = depth / plan->unit->k * kRunBytes * schedule.lanes * schedule.vectors <= device.l2Bytes / 16;
  if (isNear && !plan->isGuarded && rows % schedule.rows != 0 && schedule.rows > kEnoughRows && rows % kEnoughRows == 0)
    schedule.rows = kEnoughRows;
  schedule.laneTile = schedule.lanes * schedule.vectors;
  splitRows(schedule, info, device, llvm::divideCeil(columns, schedule.laneTile), rows);
  return schedule;
}

std::string tile::checkSimdUnit(const GroupInfo &info, const Schedule &schedule, const DeviceDescription &device) {
  if (llvm::none_of(device.matrixUnits, [&](const MatrixUnit &unit) { return unit.unit == schedule.unit; }))
    return "'unit' names no unit of the device: it has no '" + schedule.unit + "'";
  if (schedule.strategy != Strategy::Tile || schedule.depth > 0 || schedule.collapse > 1)
    return "'unit' goes with strategy 'tile', without 'depth' and 'collapse', on a device without groups of threads";
  if (!planSimdUnit(info, device, schedule.lane, schedule.unroll, {schedule.unit, 0, false}))
    return "'unit' needs one contraction, of tensors in memory whose types the unit takes, of which one factor runs "
           "along the reduction and moves with 'unroll', and the other runs along 'lane' or the reduction";
  if (!planSimdUnit(info, device, schedule))
    return "'unit' " + schedule.unit + " does not go with 'lanes' of " + std::to_string(schedule.lanes);
  return "";
}

void tile::settleSimdUnit(Schedule &schedule, DictionaryAttr asked, const DeviceDescription &device) {
  if (device.model != ExecutionModel::Simd)
    return;
  bool isMoved = llvm::any_of(ArrayRef{"strategy", "lane", "unroll", "lanes", "depth", "collapse", "pack"},
                              [&](const char *key) { return asked.get(key) != nullptr; });
  if (schedule.unit == "none" || (isMoved && !asked.get("unit")))
    schedule.unit.clear();
}
