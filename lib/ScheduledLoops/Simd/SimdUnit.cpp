//===- SimdUnit.cpp - Contractions on dot instructions of CPUs ------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reads only: types and strides decide.
//
//===----------------------------------------------------------------------===//
#include "SimdUnit.h"

#include "ChooseContraction.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace flex;
using namespace flex::tile;

namespace {

constexpr int64_t kRunBits = 32; // of what each lane has

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

/// Its sums are all that the other statements need: those are looped over a tile that lies in memory.
bool isSoleReduction(const GroupInfo &info, ir::StatementInterface statement) {
  return info.statements.front() == statement &&
         llvm::count_if(info.statements, [&](ir::StatementInterface each) { return info.isReduction(each); }) == 1;
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
      GroupInfo::dependsOn(plan.statement, rows, lane) || GroupInfo::dependsOn(plan.statement, columns, unroll))
    return std::nullopt;
  bool isInteger = rows.getType().isInteger(32), isFloat = rows.getType().isF32() || rows.getType().isBF16();
  std::string operand = spellingOf(row->element), sum = isInteger ? "i32" : "f32";
  if (rows.getType() != columns.getType() || (!isInteger && (!isFloat || info.isStrict())))
    return std::nullopt;
  bool areUnsigned = row->isUnsigned && column->isUnsigned;
  bool takesBlocks = request.blocks && isSoleReduction(info, plan.statement);
  for (const MatrixUnit &unit : device.matrixUnits)
    if (!plan.unit && unit.operand == operand && unit.accumulator == sum &&
        (request.family.empty() || unit.unit == request.family) && (!request.lanes || unit.n == request.lanes) &&
        (unit.m > 1 ? takesBlocks : !areUnsigned))
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
  plan.run = kRunBits / static_cast<int64_t>(row->element.getIntOrFloatBitWidth());
  plan.lanesFirst = column->isUnsigned;
  plan.unsignedRows = row->isUnsigned;
  plan.offsetsRows = !plan.hasBlocks() && row->element.isInteger(8) && !row->isUnsigned && !column->isUnsigned;
  return plan;
}

std::optional<SimdUnitPlan> tile::planSimdUnit(const GroupInfo &info, const DeviceDescription &device,
                                               const Schedule &schedule) {
  return planSimdUnit(info, device, schedule.lane, schedule.unroll, {.family = schedule.unit, .lanes = schedule.lanes});
}

/// Tiles of two by two blocks, whose 16 columns are lanes. An item packs its columns of the lane operand once, into
/// half of L2, and takes its rows one tile after the other (CPU-NOTES 10 and 13).
static std::optional<Schedule> chooseBlocks(const SimdUnitPlan &plan, const GroupInfo &info,
                                            const DeviceDescription &device, const std::string &lane,
                                            const std::string &unroll) {
  int64_t columns = orTypical(info.outerExtent(lane)), rows = orTypical(info.outerExtent(unroll)), block = plan.unit->m;
  int64_t depth = orTypical(product(info.innerExtents(plan.statement)));
  if (rows < block || columns < block || depth < plan.unit->k)
    return std::nullopt;
  Schedule schedule;
  schedule.strategy = Strategy::Tile;
  schedule.lane = lane;
  schedule.unroll = unroll;
  schedule.unit = plan.unit->unit;
  schedule.lanes = plan.unit->n;
  schedule.vectors = columns > block ? 2 : 1;
  schedule.rows = rows > block ? 2 * block : block;
  int64_t panel = schedule.lanes * schedule.vectors, rest = 1;
  for (auto [name, extent] : llvm::zip_equal(info.outerNames, info.outerExtents))
    rest *= name == lane || name == unroll ? 1 : extent.constant().value_or(1);
  // Columns of a row tile are reckoned before it, and its rows looked at once for all of them: many at a time.
  constexpr int64_t kManyPanels = 4, kItemsPerCore = 1;
  int64_t near = device.l2Bytes / 2 / (depth * kRunBits / 8 / plan.run) / panel * panel;
  int64_t shared = llvm::divideCeil(columns * rest, kItemsPerCore * device.cores);
  schedule.laneTile = std::clamp(near, panel, static_cast<int64_t>(llvm::alignTo(columns, panel)));
  // Nobody packs bound columns again for each item: then items share columns and have rows of their own, if there are
  // enough of them.
  int64_t shares = llvm::divideCeil(columns, schedule.laneTile) * rest, wanted = kItemsPerCore * device.cores;
  if (info.isBound(plan.statement->getOperand(plan.laneOperand)) && rows * shares >= 2 * wanted * schedule.rows) {
    if (shares < wanted)
      schedule.unrollTile = llvm::alignTo(llvm::divideCeil(rows * shares, wanted), schedule.rows);
  } else {
    schedule.laneTile =
        std::min<int64_t>(schedule.laneTile, llvm::alignTo(std::max(shared, kManyPanels * panel), panel));
  }
  // The rows' part of so many steps stays in L1, beside the panels that pass; the sums wait in memory meanwhile. Panels
  // that come from far, once, are prefetched through L1.
  int64_t share = rows > schedule.rows ? device.l1Bytes / 3 * 2 : device.l1Bytes / 3;
  int64_t steps = share / (schedule.rows * kRunBits / 8 / plan.run) / plan.unit->k * plan.unit->k;
  if (steps > 0 && depth > steps)
    schedule.depth = llvm::alignTo(llvm::divideCeil(depth, llvm::divideCeil(depth, steps)), plan.unit->k);
  if (int64_t items = llvm::divideCeil(columns, schedule.laneTile) * rest; items < device.cores && !schedule.unrollTile)
    schedule.unrollTile = llvm::alignTo(llvm::divideCeil(rows * items, device.cores), schedule.rows);
  return schedule;
}

std::optional<Schedule> tile::chooseSimdUnit(const GroupInfo &info, const DeviceDescription &device,
                                             const std::string &lane, const std::string &unroll) {
  auto plan = planSimdUnit(info, device, lane, unroll);
  if (plan && plan->hasBlocks()) {
    if (auto schedule = chooseBlocks(*plan, info, device, lane, unroll))
      return schedule;
    plan = planSimdUnit(info, device, lane, unroll, {.family = "", .blocks = false});
  }
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
  int64_t columns = orTypical(info.outerExtent(lane)), rows = orTypical(info.outerExtent(unroll));
  // One register for a row's run, one for what is added to it.
  int64_t accumulators = manyRegisters ? 24 : 10;
  schedule.vectors = std::clamp<int64_t>(llvm::divideCeil(columns, schedule.lanes), 1, manyRegisters ? 4 : 2);
  schedule.rows = std::clamp<int64_t>(rows, 1, std::min(accumulators / schedule.vectors, kMaxRows));
  // Some rows fewer leave none over, which would be a tile of its own to compile; as fast where panels are near and
  // nothing is looked at before each tile.
  constexpr int64_t kEnoughRows = 4, kRunBytes = 4;
  int64_t depth = orTypical(product(info.innerExtents(plan->statement)));
  bool isNear = depth / plan->run * kRunBytes * schedule.lanes * schedule.vectors <= device.l2Bytes / 16;
  if (isNear && !plan->isGuarded && rows % schedule.rows != 0 && schedule.rows > kEnoughRows && rows % kEnoughRows == 0)
    schedule.rows = kEnoughRows;
  schedule.laneTile = schedule.lanes * schedule.vectors;
  splitRows(schedule, info, device, llvm::divideCeil(columns, schedule.laneTile), rows);
  return schedule;
}

std::string tile::checkSimdUnit(const GroupInfo &info, const Schedule &schedule, const DeviceDescription &device) {
  if (llvm::none_of(device.matrixUnits, [&](const MatrixUnit &unit) { return unit.unit == schedule.unit; }))
    return "'unit' names no unit of the device: it has no '" + schedule.unit + "'";
  if (schedule.strategy != Strategy::Tile || schedule.collapse > 1)
    return "'unit' goes with strategy 'tile', without 'collapse', on a device without groups of threads";
  if (!planSimdUnit(info, device, schedule.lane, schedule.unroll, {.family = schedule.unit}))
    return "'unit' needs one contraction, of tensors in memory whose types the unit takes, of which one factor runs "
           "along the reduction and moves with 'unroll', and the other runs along 'lane' or the reduction";
  auto plan = planSimdUnit(info, device, schedule);
  if (!plan)
    return "'unit' " + schedule.unit + " does not go with 'lanes' of " + std::to_string(schedule.lanes);
  if (schedule.depth > 0 && (!plan->hasBlocks() || schedule.depth % plan->unit->k != 0))
    return "'depth' with 'unit' " + schedule.unit +
           (plan->hasBlocks() ? " must be a multiple of " + std::to_string(plan->unit->k) : " does not go");
  if (int64_t block = plan->unit->m;
      plan->hasBlocks() && (schedule.vectors > 2 || (schedule.rows != block && schedule.rows != 2 * block)))
    return "'unit' " + schedule.unit + " needs 'rows' of " + std::to_string(block) + " or " +
           std::to_string(2 * block) + " and 'vectors' of 1 or 2";
  return "";
}

DeviceDescription tile::withAskedUnits(DeviceDescription device, std::optional<ArrayAttr> schedules, StringRef target) {
  for (Attribute entry : schedules ? schedules->getValue() : ArrayRef<Attribute>()) {
    auto asked = cast<DictionaryAttr>(entry);
    auto name = asked.getAs<StringAttr>("target"), unit = asked.getAs<StringAttr>("unit");
    bool isMoved = llvm::any_of(ArrayRef{"strategy", "lane", "unroll", "lanes", "depth", "collapse", "pack"},
                                [&](const char *key) { return asked.get(key) != nullptr; });
    if (device.model == ExecutionModel::Simd && name && name.getValue() == target && (unit || isMoved))
      llvm::erase_if(device.matrixUnits, [&](const MatrixUnit &each) { return !unit || each.unit != unit.getValue(); });
  }
  return device;
}

void tile::settleSimdUnit(Schedule &schedule, DictionaryAttr asked, const DeviceDescription &device) {
  if (device.model != ExecutionModel::Simd)
    return;
  if (schedule.unit == "none")
    schedule.unit.clear();
  auto unit = llvm::find_if(device.matrixUnits, [&](const MatrixUnit &each) { return each.unit == schedule.unit; });
  if (unit == device.matrixUnits.end() || !asked.get("unit"))
    return;
  auto settle = [&](const char *key, auto &value, auto otherwise) {
    if (!asked.get(key))
      value = otherwise;
  };
  settle("strategy", schedule.strategy, Strategy::Tile);
  settle("depth", schedule.depth, 0);
  settle("collapse", schedule.collapse, 1);
  settle("pack", schedule.pack, false);
  settle("prefetch", schedule.prefetch, false);
  settle("steps", schedule.steps, 1);
  if (unit->m == 1)
    return;
  settle("lanes", schedule.lanes, unit->n);
  settle("rows", schedule.rows, schedule.rows > unit->m ? 2 * unit->m : unit->m);
  settle("vectors", schedule.vectors, std::min<int64_t>(schedule.vectors, 2));
}
