//===- CopyOperand.cpp - Factors that are copied before they are read -----===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A copy is a map of its own, which the cost model walks by cache lines.
//
//===----------------------------------------------------------------------===//
#include "CopyOperand.h"

#include "../Evaluator.h"
#include "SimdUnit.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/IRMapping.h"

#include <set>

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

/// Names for the indices of a copy: no index or dimension that the statement's accesses know is among them.
std::vector<std::string> namesBeside(ir::StatementInterface statement, unsigned operand, size_t count) {
  std::set<std::string> used;
  for (const DimExpr &expr : statement.getAccessExprs(operand))
    expr.collectSymbols(used);
  for (const DimExpr &extent : statement.getIndexExtents())
    extent.collectSymbols(used);
  for (const DimExpr &extent : cast<ir::NamedTensorType>(statement->getOperand(operand).getType()).getDims())
    extent.collectSymbols(used);
  std::vector<std::string> names;
  for (size_t axis = 0; axis < count; ++axis) {
    std::string name = "axis" + std::to_string(axis);
    while (used.count(name))
      name += "_";
    names.push_back(name);
  }
  return names;
}

/// What a copy of an operand is, and how it is read.
struct OperandCopy {
  std::vector<std::string> names; ///< the indices of the copy
  std::vector<DimExpr> extents;
  SmallVector<DimExpr> at; ///< where it reads the operand
  ir::BoundaryAttr boundary;
  SmallVector<DimExpr> read; ///< where the statement reads it
  StringRef suffix;
  ir::BoundaryAttr readBoundary = {}; ///< and under which rule; none by default
};

/// The conversion to a wider type that is all the statement does with what it reads of an operand, and more than a
/// load by itself; null if there is none.
Operation *wideningOf(ir::StatementInterface statement, unsigned operand) {
  BlockArgument argument = statement.getStatementBody()->getArgument(operand);
  if (!argument.hasOneUse())
    return nullptr;
  Operation *user = *argument.user_begin();
  return isa<arith::ExtFOp, arith::ExtSIOp, arith::ExtUIOp>(user) ? user : nullptr;
}

/// Makes the copy in a group of its own before this one, whose statement then reads it. Loops without a unit compute in
/// the wider type: their copy is of it.
ir::GroupOp copyOperand(ir::GroupOp group, ir::StatementInterface statement, unsigned operand, const Schedule &schedule,
                        const OperandCopy &copy) {
  Operation *widening = schedule.unit.empty() ? wideningOf(statement, operand) : nullptr;
  OpBuilder b(group);
  Value tensor = statement->getOperand(operand);
  auto type = cast<ir::NamedTensorType>(tensor.getType());
  SmallVector<Attribute> outer, read;
  for (const std::string &name : copy.names)
    outer.push_back(b.getStringAttr(name));
  for (const DimExpr &expr : copy.read)
    read.push_back(ir::toAttr(b.getContext(), expr));
  auto map =
      ir::MapOp::create(b, statement.getLoc(), widening ? widening->getResult(0).getType() : type.getScalarType(),
                        tensor, copy.names, copy.extents, copy.at, copy.boundary);
  {
    OpBuilder::InsertionGuard guard(b);
    Block &body = map.getBody().front();
    b.setInsertionPointToEnd(&body);
    Value element = body.getArgument(0);
    if (widening) {
      IRMapping mapping;
      mapping.map(widening->getOperand(0), element);
      element = b.clone(*widening, mapping)->getResult(0);
    }
    ir::YieldOp::create(b, map.getLoc(), element);
  }
  if (widening) {
    auto argument = cast<BlockArgument>(widening->getOperand(0));
    argument.setType(widening->getResult(0).getType());
    widening->getResult(0).replaceAllUsesWith(argument);
    widening->erase();
  }
  ir::GroupOp made = moveToGroup(map, group, copy.suffix, outer);

  SmallVector<Attribute> accesses(statement->getAttrOfType<ArrayAttr>("accesses").getValue());
  SmallVector<Attribute> boundaries(statement->getAttrOfType<ArrayAttr>("boundaries").getValue());
  accesses[operand] = b.getArrayAttr(read);
  boundaries[operand] = copy.readBoundary ? copy.readBoundary
                                          : ir::BoundaryAttr::get(b.getContext(), ir::BoundaryKind::None, TypedAttr());
  statement->setAttr("accesses", b.getArrayAttr(accesses));
  statement->setAttr("boundaries", b.getArrayAttr(boundaries));
  statement->setOperand(operand, made.getResult(0));
  return made;
}

} // namespace

std::optional<unsigned> tile::findTurnedOperand(const GroupInfo &info, const Schedule &schedule,
                                                const DeviceDescription &device) {
  constexpr int64_t kLeastPanels = 2, kManyPanels = 4;
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
  // The copy is read and written once, by lines; each panel reads it all.
  int64_t columns = orTypical(info.outerExtent(schedule.lane)), depth = orTypical(info.innerExtents(statement).back());
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
    int64_t step = orTypical(info.outerExtent(schedule.unroll)) * type.getElementBits() / 8;
    bool isFar = step * depth > device.l1Bytes;
    // L2 gives the lines again fast enough for few panels.
    if (columns < kManyPanels * schedule.lanes * schedule.vectors)
      isFar = step * depth > device.l2Bytes / 2;
    if (type.getElementBits() >= 8 && (forUnit || isFar))
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
  SmallVector<DimExpr> read;
  for (const std::string &name : names)
    read.push_back(DimExpr::symbol(name));
  return copyOperand(group, statement, operand, schedule, {names, extents, at, none, read, "_turned"});
}

//===----------------------------------------------------------------------===//
// Operands with something around them
//===----------------------------------------------------------------------===//

/// The least and the greatest value of an access expression over the statement's indices; nothing if it is not a sum of
/// constant multiples of them.
static std::optional<std::pair<DimExpr, DimExpr>> rangeOf(ir::StatementInterface statement, DimExpr expr) {
  DimExpr least, most;
  for (auto [name, extent] : llvm::zip_equal(statement.getIndexNames(), statement.getIndexExtents())) {
    auto linear = expr.linearIn(name.str());
    if (!linear || !linear->first.isConstant())
      return std::nullopt;
    DimExpr reach = linear->first * (extent - DimExpr(1));
    (*linear->first.constant() < 0 ? least : most) = (*linear->first.constant() < 0 ? least : most) + reach;
    expr = linear->second;
  }
  return std::pair(least + expr, most + expr);
}

/// Products for each element of a copy of an operand over all that it is read at; open extents count as typical.
static int64_t readsOfCopy(ir::StatementInterface statement, unsigned operand) {
  SmallVector<DimExpr> extents;
  for (const DimExpr &expr : statement.getAccessExprs(operand))
    if (auto range = rangeOf(statement, expr))
      extents.push_back(range->second - range->first + DimExpr(1));
  return static_cast<int64_t>(typicalProduct(statement.getIndexExtents()) / typicalProduct(extents));
}

std::optional<unsigned> tile::findPaddedOperand(const GroupInfo &info, const Schedule &schedule,
                                                const DeviceDescription &device) {
  constexpr int64_t kManyTiles = 8, kLeastReads = 48;
  if (device.model != ExecutionModel::Simd || schedule.strategy != Strategy::Tile || schedule.unroll.empty())
    return std::nullopt;
  auto extentOf = [&](const std::string &name) -> std::optional<int64_t> {
    const auto *found = llvm::find(info.outerNames, name);
    return found == info.outerNames.end() ? std::nullopt
                                          : info.outerExtents[found - info.outerNames.begin()].constant();
  };
  auto contraction = info.findTiled(schedule.lane, schedule.unroll);
  auto rows = extentOf(schedule.unroll);
  if (!contraction)
    return std::nullopt;
  ir::StatementInterface statement = contraction->statement;
  for (unsigned operand = 0; operand < statement->getNumOperands(); ++operand) {
    auto type = cast<ir::NamedTensorType>(statement->getOperand(operand).getType());
    if (statement.isWholeAccess(operand) || info.contains(statement->getOperand(operand)) ||
        type.getElementBits() < 8 || statement.getAccessBoundary(operand).getKind() == ir::BoundaryKind::None)
      continue;
    // An empty axis has nothing that could be around it, but where a value fills that.
    bool isFilled = statement.getAccessBoundary(operand).getKind() == ir::BoundaryKind::Fill;
    if (!isFilled && llvm::any_of(type.getDims(), [](const DimExpr &dim) { return dim.constant().value_or(0) < 1; }))
      continue;
    // Lanes along a bounded axis are masked one by one; rows are tested tile by tile, and fail where the axis ends.
    bool isAlongLanes = false, isAlongRows = false, isEven = true;
    for (auto [expr, extent] : llvm::zip_equal(statement.getAccessExprs(operand), type.getDims())) {
      auto range = rangeOf(statement, expr);
      isEven &= range.has_value();
      bool isBounded = range && (range->first != DimExpr(0) || range->second != extent - DimExpr(1));
      isAlongLanes |= isBounded && expr.uses(schedule.lane);
      isAlongRows |= isBounded && expr.uses(schedule.unroll);
    }
    // Beside packed columns a tile at the end costs as much as several others.
    bool isCostly = schedule.pack || (rows && *rows <= kManyTiles * schedule.rows);
    if (isEven && (isAlongLanes || (isAlongRows && isCostly)) && readsOfCopy(statement, operand) >= kLeastReads)
      return operand;
  }
  return std::nullopt;
}

ir::GroupOp tile::padOperand(ir::GroupOp group, unsigned operand, const Schedule &schedule) {
  GroupInfo info(group);
  ir::StatementInterface statement = info.findTiled(schedule.lane, schedule.unroll)->statement;
  SmallVector<DimExpr> exprs = statement.getAccessExprs(operand);
  OperandCopy copy;
  copy.names = namesBeside(statement, operand, exprs.size());
  for (auto [name, expr] : llvm::zip_equal(copy.names, exprs)) {
    auto [least, most] = *rangeOf(statement, expr);
    DimExpr extent = most - least + DimExpr(1);
    copy.extents.push_back(extent.isConstant() ? extent : DimExpr::max(0, extent));
    copy.at.push_back(DimExpr::symbol(name) + least);
    copy.read.push_back(expr - least);
  }
  copy.boundary = statement.getAccessBoundary(operand);
  copy.suffix = "_padded";
  return copyOperand(group, statement, operand, schedule, copy);
}

//===----------------------------------------------------------------------===//
// Narrow operands
//===----------------------------------------------------------------------===//

std::optional<unsigned> tile::findWidenedOperand(const GroupInfo &info, const Schedule &schedule,
                                                 const DeviceDescription &device) {
  // Each element is converted once for each panel of columns, by itself: some four panels are worth a copy.
  constexpr int64_t kLeastReads = 192;
  if (device.model != ExecutionModel::Simd || schedule.strategy != Strategy::Tile || schedule.unroll.empty() ||
      !schedule.unit.empty())
    return std::nullopt;
  auto contraction = info.findTiled(schedule.lane, schedule.unroll);
  if (!contraction)
    return std::nullopt;
  ir::StatementInterface statement = contraction->statement;
  for (unsigned operand = 0; operand < statement->getNumOperands(); ++operand) {
    Value tensor = statement->getOperand(operand);
    auto type = cast<ir::NamedTensorType>(tensor.getType());
    if (statement.isWholeAccess(operand) || info.contains(tensor) || type.getElementBits() < 8 ||
        !wideningOf(statement, operand) || statement.getAccessBoundary(operand).getKind() == ir::BoundaryKind::Fill ||
        isa_and_nonnull<ir::ConstantOp>(tensor.getDefiningOp()))
      continue;
    SmallVector<DimExpr> exprs = statement.getAccessExprs(operand), dims = type.getDims();
    bool isRows = llvm::any_of(exprs, [&](const DimExpr &expr) { return expr.uses(schedule.unroll); }) &&
                  llvm::none_of(exprs, [&](const DimExpr &expr) { return expr.uses(schedule.lane); });
    if (isRows && typicalProduct(statement.getIndexExtents()) >= kLeastReads * typicalProduct(dims))
      return operand;
  }
  return std::nullopt;
}

ir::GroupOp tile::widenOperand(ir::GroupOp group, unsigned operand, const Schedule &schedule) {
  GroupInfo info(group);
  ir::StatementInterface statement = info.findTiled(schedule.lane, schedule.unroll)->statement;
  auto type = cast<ir::NamedTensorType>(statement->getOperand(operand).getType());
  SmallVector<DimExpr> dims = type.getDims();
  OperandCopy copy;
  copy.names = namesBeside(statement, operand, dims.size());
  copy.extents.assign(dims.begin(), dims.end());
  for (const std::string &name : copy.names)
    copy.at.push_back(DimExpr::symbol(name));
  copy.boundary = ir::BoundaryAttr::get(group.getContext(), ir::BoundaryKind::None, TypedAttr());
  copy.read = statement.getAccessExprs(operand);
  copy.readBoundary = statement.getAccessBoundary(operand);
  copy.suffix = "_widened";
  return copyOperand(group, statement, operand, schedule, copy);
}
