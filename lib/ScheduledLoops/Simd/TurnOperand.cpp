//===- TurnOperand.cpp - A transposed factor, turned before ---------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The copy is a map of its own, which the cost model walks by cache lines.
//
//===----------------------------------------------------------------------===//
#include "TurnOperand.h"

#include "../Evaluator.h"
#include "SimdUnit.h"

using namespace mlir;
using namespace flex;
using namespace flex::tile;

namespace {

/// The indices that an operand is read at, one per axis and each over all of it; nothing if it is read otherwise.
std::optional<SmallVector<std::string>> plainIndices(ir::StatementInterface statement, unsigned operand) {
  if (statement.isWholeAccess(operand) || statement.getAccessBoundary(operand).getKind() != ir::BoundaryKind::None)
    return std::nullopt;
  SmallVector<std::string> indices;
  auto type = cast<ir::NamedTensorType>(statement->getOperand(operand).getType());
  for (auto [expr, extent] : llvm::zip_equal(statement.getAccessExprs(operand), type.getDims())) {
    auto name = expr.asSymbol();
    auto names = statement.getIndexNames();
    auto *found = name ? llvm::find(names, StringRef(*name)) : names.end();
    if (found == names.end() || llvm::is_contained(indices, *name) ||
        statement.getIndexExtents()[found - names.begin()] != extent)
      return std::nullopt;
    indices.push_back(*name);
  }
  return indices;
}

} // namespace

std::optional<unsigned> tile::findTurnedOperand(const GroupInfo &info, const Schedule &schedule,
                                                const DeviceDescription &device) {
  constexpr int64_t kTypicalExtent = 1024, kLeastPanels = 4;
  if (device.model != ExecutionModel::Simd || schedule.strategy != Strategy::Tile || schedule.unroll.empty() ||
      (schedule.depth > 0 && schedule.unit.empty()))
    return std::nullopt;
  auto isOuter = [&](const std::string &name) { return llvm::is_contained(info.outerNames, name); };
  if (!isOuter(schedule.lane) || !isOuter(schedule.unroll)) // what a user wrote is judged where loops are made of it
    return std::nullopt;
  auto contraction = info.findTiled(schedule.lane, schedule.unroll);
  if (!contraction)
    return std::nullopt;
  ir::StatementInterface statement = contraction->statement;
  SmallVector<std::string> inner = info.innerNames(statement);
  if (inner.empty())
    return std::nullopt;
  auto extentOf = [&](const std::string &name) {
    return info.outerExtents[llvm::find(info.outerNames, name) - info.outerNames.begin()].constant().value_or(
        kTypicalExtent);
  };
  // The copy is read and written once, by lines; each panel reads it all.
  int64_t columns = extentOf(schedule.lane),
          depth = info.innerExtents(statement).back().constant().value_or(kTypicalExtent);
  bool forUnit = planSimdUnit(info, device, schedule.lane, schedule.unroll, {.family = schedule.unit, .anyRows = true})
                     .has_value();
  if (columns < (forUnit ? 1 : kLeastPanels) * schedule.lanes * schedule.vectors)
    return std::nullopt;
  for (unsigned operand = 0; operand < statement->getNumOperands(); ++operand) {
    auto indices = plainIndices(statement, operand);
    if (!indices || indices->empty() || indices->back() != schedule.unroll ||
        !llvm::is_contained(*indices, inner.back()) || llvm::is_contained(*indices, schedule.lane))
      continue;
    auto type = cast<ir::NamedTensorType>(statement->getOperand(operand).getType());
    // A step is as far as a row of the operand: near ones stay in L1, whatever their order.
    int64_t step = extentOf(schedule.unroll) * type.getElementBits() / 8;
    if (type.getElementBits() >= 8 && (forUnit || step * depth > device.l1Bytes))
      return operand;
  }
  return std::nullopt;
}

ir::GroupOp tile::turnOperand(ir::GroupOp group, unsigned operand, const Schedule &schedule) {
  GroupInfo info(group);
  ir::StatementInterface statement = info.findTiled(schedule.lane, schedule.unroll)->statement;
  std::string last = info.innerNames(statement).back();
  Value tensor = statement->getOperand(operand);
  auto type = cast<ir::NamedTensorType>(tensor.getType());
  SmallVector<std::string> indices = *plainIndices(statement, operand);
  unsigned from = llvm::find(indices, last) - indices.begin();

  // The axes in their order, but the reduced one last.
  std::vector<std::string> names(indices.begin(), indices.end());
  SmallVector<DimExpr> dims = type.getDims(), at;
  std::vector<DimExpr> extents(dims.begin(), dims.end());
  std::rotate(names.begin() + from, names.begin() + from + 1, names.end());
  std::rotate(extents.begin() + from, extents.begin() + from + 1, extents.end());
  for (const std::string &index : indices)
    at.push_back(DimExpr::symbol(index));
  OpBuilder b(group);
  ir::BoundaryAttr none = ir::BoundaryAttr::get(b.getContext(), ir::BoundaryKind::None, TypedAttr());
  SmallVector<Attribute> outer;
  for (const std::string &name : names)
    outer.push_back(b.getStringAttr(name));
  auto map = ir::MapOp::create(b, statement.getLoc(), type.getScalarType(), tensor, names, extents, at, none);
  {
    OpBuilder::InsertionGuard guard(b);
    Block &body = map.getBody().front();
    b.setInsertionPointToEnd(&body);
    ir::YieldOp::create(b, map.getLoc(), body.getArgument(0));
  }
  ir::GroupOp turned = moveToGroup(map, group, "_turned", outer);

  SmallVector<Attribute> accesses(statement->getAttrOfType<ArrayAttr>("accesses").getValue()), read;
  for (const std::string &name : names)
    read.push_back(ir::toAttr(b.getContext(), DimExpr::symbol(name)));
  accesses[operand] = b.getArrayAttr(read);
  statement->setAttr("accesses", b.getArrayAttr(accesses));
  statement->setOperand(operand, turned.getResult(0));
  return turned;
}
