//===- PackConstant.cpp - Constant operands as the loops read them --------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Before a group's loops are emitted. Widening to the type of the loops is exact,
// so it is done here, too.
//
//===----------------------------------------------------------------------===//
#include "PackConstant.h"
#include "../Evaluator.h"
#include "SimdUnit.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace flex;
using namespace flex::tile;

namespace {

/// The operand that a factor is, widened or not.
std::optional<unsigned> operandOf(ir::StatementInterface statement, Value factor) {
  while (Operation *op = factor.getDefiningOp()) {
    if (!isa<arith::ExtFOp, arith::ExtSIOp, arith::ExtUIOp>(op))
      return std::nullopt;
    factor = op->getOperand(0);
  }
  unsigned number = cast<BlockArgument>(factor).getArgNumber();
  return number < statement->getNumOperands() ? std::optional(number) : std::nullopt;
}

/// How far an operand's place in its tensor moves with each of some indices, and where it is when all are 0. Nothing if
/// it moves otherwise, or with an index that is not among them.
std::optional<SmallVector<int64_t>> stridesOf(ir::StatementInterface statement, unsigned operand,
                                              ArrayRef<std::string> names) {
  auto type = cast<ir::NamedTensorType>(statement->getOperand(operand).getType());
  DimExpr place, size(1);
  SmallVector<DimExpr> access = statement.getAccessExprs(operand);
  for (unsigned axis = access.size(); axis-- > 0;) {
    place = place + access[axis] * size;
    size = size * type.getDims()[axis];
  }
  SmallVector<int64_t> strides;
  for (const std::string &name : names) {
    auto split = place.linearIn(name);
    if (!split || !split->first.isConstant())
      return std::nullopt;
    strides.push_back(*split->first.constant());
    place = split->second;
  }
  if (!place.isConstant())
    return std::nullopt;
  strides.push_back(*place.constant());
  return strides;
}

/// An element in the type that the loops compute in; nothing if that would change it.
std::optional<APFloat> widened(APFloat value, Value factor, Type type) {
  bool loses = true;
  if (auto target = dyn_cast<FloatType>(type))
    value.convert(target.getFloatSemantics(), APFloat::rmNearestTiesToEven, &loses);
  return loses ? std::nullopt : std::optional(value);
}
std::optional<APInt> widened(const APInt &value, Value factor, Type type) {
  if (!isa<IntegerType>(type) || type.getIntOrFloatBitWidth() < value.getBitWidth())
    return std::nullopt;
  unsigned width = type.getIntOrFloatBitWidth();
  return factor.getDefiningOp<arith::ExtUIOp>() ? value.zext(width) : value.sext(width);
}

/// Where the elements of panels come from.
struct Panels {
  int64_t columns, width, depth;
  SmallVector<int64_t> extents; ///< of the indices of the reduction
  SmallVector<int64_t> strides; ///< of the lane index and of these; the place of their zeros
  int64_t run = 1;              ///< steps of the last index that lie side by side
  int64_t steps = 1;            ///< which the last index ends with a multiple of, in zeros

  int64_t panelDepth() const { return depth / extents.back() * llvm::alignTo(extents.back(), steps); }
  int64_t size() const { return (columns + width - 1) / width * width * panelDepth(); }
  int64_t placeOf(int64_t column, int64_t step) const {
    int64_t padded = step / extents.back() * llvm::alignTo(extents.back(), steps) + step % extents.back();
    return (column / width * panelDepth() + padded / run * run) * width + column % width * run + padded % run;
  }

  template <typename Number>
  DenseElementsAttr fill(DenseElementsAttr source, Value factor, Type type, Number zero) const {
    std::vector<Number> packed(size(), zero);
    auto values = source.getValues<Number>();
    for (int64_t column = 0; column < columns; ++column)
      for (int64_t step = 0; step < depth; ++step) {
        int64_t place = strides.back() + column * strides.front();
        for (int64_t axis = extents.size(), rest = step; axis-- > 0; rest /= extents[axis])
          place += rest % extents[axis] * strides[axis + 1];
        if (place < 0 || place >= source.getNumElements())
          return {};
        auto element = widened(values[place], factor, type);
        if (!element)
          return {};
        packed[placeOf(column, step)] = *element;
      }
    return DenseElementsAttr::get(RankedTensorType::get({size()}, type), packed);
  }
};

bool readsOnce(const GroupInfo &info, Value tensor) {
  int64_t reads = 0;
  for (ir::StatementInterface statement : info.statements)
    reads += llvm::count(statement->getOperands(), tensor);
  return reads == 1;
}

} // namespace

std::optional<PackedPanels> tile::packConstant(const GroupInfo &info, const Schedule &schedule,
                                               const DeviceDescription &device) {
  if (schedule.strategy != Strategy::Tile || (!schedule.pack && schedule.unit.empty()))
    return std::nullopt;
  std::optional<SimdUnitPlan> unit;
  if (!schedule.unit.empty())
    unit = planSimdUnit(info, device, schedule);
  auto contraction = info.findTiled(schedule.lane, schedule.unroll);
  if (!contraction)
    return std::nullopt;
  ir::StatementInterface statement = contraction->statement;
  Value factor = GroupInfo::laneFactor(*contraction, schedule.lane);
  auto operand = operandOf(statement, factor);
  if (!operand || statement.isWholeAccess(*operand) ||
      statement.getAccessBoundary(*operand).getKind() != ir::BoundaryKind::None)
    return std::nullopt;
  Value tensor = statement->getOperand(*operand);
  auto constant = tensor.getDefiningOp<ir::ConstantOp>();
  auto source = constant ? dyn_cast<DenseElementsAttr>(constant.getValue()) : DenseElementsAttr();
  if (!source || source.getElementType().getIntOrFloatBitWidth() < 8 || !readsOnce(info, tensor))
    return std::nullopt;

  auto lane = llvm::find(info.outerNames, schedule.lane) - info.outerNames.begin();
  auto columns = info.outerExtents[lane].constant();
  SmallVector<std::string> names = {schedule.lane};
  Panels panels{columns.value_or(0), schedule.lanes * schedule.vectors, 1, {}, {}};
  if (unit) {
    panels.run = unit->run;
    panels.steps = unit->unit->k;
    panels.width = unit->hasBlocks() ? schedule.lanes : panels.width;
  }
  for (auto [name, extent] : llvm::zip_equal(info.innerNames(statement), info.innerExtents(statement))) {
    names.push_back(name);
    panels.extents.push_back(extent.constant().value_or(0));
    if (panels.extents.back() < 1 || panels.extents.back() > kMaxPackedBytes / panels.depth)
      return std::nullopt;
    panels.depth *= panels.extents.back();
  }
  auto strides = stridesOf(statement, *operand, names);
  Type type = unit ? source.getElementType() : carrierOf(factor.getType());
  int64_t most = kMaxPackedBytes / (type.getIntOrFloatBitWidth() / 8);
  if (!strides || panels.columns < 1 || panels.columns > most ||
      panels.size() / panels.panelDepth() > most / panels.panelDepth())
    return std::nullopt;
  panels.strides = *strides;
  DenseElementsAttr elements;
  if (auto number = dyn_cast<FloatType>(type); number && isa<FloatType>(source.getElementType()))
    elements = panels.fill(source, factor, type, APFloat::getZero(number.getFloatSemantics()));
  else if (isa<IntegerType>(type) && isa<IntegerType>(source.getElementType()))
    elements = panels.fill(source, factor, type, APInt::getZero(type.getIntOrFloatBitWidth()));
  return elements ? std::optional(PackedPanels{tensor, elements}) : std::nullopt;
}
