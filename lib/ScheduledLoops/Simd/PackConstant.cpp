//===- PackConstant.cpp - Fixed operands as the loops read them -----------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Before a group's loops are emitted. Widening to the type of the loops is exact,
// so it is done here, too: of a constant by the compiler, of a bound argument by a
// map in a group of its own, which writes the panels.
//
//===----------------------------------------------------------------------===//
#include "PackConstant.h"
#include "../Evaluator.h"
#include "SimdUnit.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/IRMapping.h"

#include <limits>
#include <set>

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
  mutable ir::StatementInterface statement;
  unsigned operand; ///< that lies in panels
  Value factor;     ///< the same in the statement's body, maybe widened
  Type type;        ///< of the panels' elements
  int64_t columns, width, depth = 1;
  SmallVector<std::string> names = {}; ///< the indices of the reduction
  SmallVector<int64_t> extents = {};   ///< of these
  SmallVector<int64_t> strides = {};   ///< of the lane index and of these; the place of their zeros
  int64_t run = 1;                     ///< steps of the last index that lie side by side
  int64_t steps = 1;                   ///< which the last index ends with a multiple of, in zeros

  Value tensor() const { return statement->getOperand(operand); }
  int64_t paddedExtent() const { return llvm::alignTo(extents.back(), steps); }
  int64_t panelDepth() const { return depth / extents.back() * paddedExtent(); }
  int64_t size() const { return (columns + width - 1) / width * width * panelDepth(); }
  int64_t placeOf(int64_t column, int64_t step) const {
    int64_t padded = step / extents.back() * paddedExtent() + step % extents.back();
    return (column / width * panelDepth() + padded / run * run) * width + column % width * run + padded % run;
  }

  template <typename Number> DenseElementsAttr fill(DenseElementsAttr source, Number zero) const {
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

/// The panels that a group scheduled so reads one of its operands from. Nothing if there are none, if the operand moves
/// with more than the lanes and the reduction, or if they have more than `mostBytes`.
std::optional<Panels> findPanels(const GroupInfo &info, const Schedule &schedule, const DeviceDescription &device,
                                 int64_t mostBytes) {
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
  auto type = cast<ir::NamedTensorType>(statement->getOperand(*operand).getType());
  if (type.getElementBits() < 8 || !readsOnce(info, statement->getOperand(*operand)))
    return std::nullopt;

  Panels panels{statement,
                *operand,
                factor,
                unit ? type.getElementType() : carrierOf(factor.getType()),
                info.outerExtent(schedule.lane).constant().value_or(0),
                schedule.lanes * schedule.vectors};
  if (unit) {
    panels.run = unit->run;
    panels.steps = unit->unit->k;
    panels.width = unit->hasBlocks() ? schedule.lanes : panels.width;
  }
  SmallVector<std::string> names = {schedule.lane};
  for (auto [name, extent] : llvm::zip_equal(info.innerNames(statement), info.innerExtents(statement))) {
    names.push_back(name);
    panels.names.push_back(name);
    panels.extents.push_back(extent.constant().value_or(0));
    if (panels.extents.back() < 1 || panels.extents.back() > mostBytes / panels.depth)
      return std::nullopt;
    panels.depth *= panels.extents.back();
  }
  auto strides = stridesOf(statement, *operand, names);
  int64_t most = mostBytes / std::max<int64_t>(1, panels.type.getIntOrFloatBitWidth() / 8);
  if (!strides || panels.columns < 1 || panels.columns > most ||
      panels.size() / panels.panelDepth() > most / panels.panelDepth())
    return std::nullopt;
  panels.strides = *strides;
  return panels;
}

/// A name for an index of the map that packs: none that the statement knows.
std::string fresh(StringRef stem, std::set<std::string> &used) {
  std::string name = stem.str();
  while (!used.insert(name).second)
    name += "_";
  return name;
}

/// The element as the panels hold it: what the statement's body does to it before it is a factor, and the carrier of
/// that.
Value convert(OpBuilder &b, const Panels &panels, Value element, Type to) {
  IRMapping mapping;
  mapping.map(panels.statement.getStatementBody()->getArgument(panels.operand), element);
  SmallVector<Operation *> widenings;
  for (Operation *op = panels.factor.getDefiningOp(); op && element.getType() != to;
       op = op->getOperand(0).getDefiningOp())
    widenings.push_back(op);
  for (Operation *op : llvm::reverse(widenings))
    element = b.clone(*op, mapping)->getResult(0);
  if (isa<FloatType>(to) && element.getType() != to)
    element = arith::ExtFOp::create(b, panels.statement.getLoc(), to, element);
  return element;
}

/// What lies beyond the lane index's extent, or that of the last reduction, is 0: there the tensor may have elements of
/// other places.
Value orZero(OpBuilder &b, const Panels &panels, Value element, const std::map<std::string, DimExpr> &at,
             const std::string &lane) {
  Location loc = panels.statement.getLoc();
  Value zero = arith::ConstantOp::create(b, loc, b.getZeroAttr(element.getType()));
  auto below = [&](const std::string &name, int64_t extent) {
    auto found = at.find(name);
    DimExpr place = found == at.end() ? DimExpr::symbol(name) : found->second;
    std::set<std::string> symbols;
    place.collectSymbols(symbols);
    Value sum = arith::ConstantOp::create(b, loc, b.getI64IntegerAttr(0));
    for (const std::string &symbol : symbols) {
      int64_t factor = *place.linearIn(symbol)->first.constant();
      Value index = ir::IndexOp::create(b, loc, b.getI64Type(), b.getStringAttr(symbol));
      Value scaled =
          arith::MulIOp::create(b, loc, index, arith::ConstantOp::create(b, loc, b.getI64IntegerAttr(factor)));
      sum = arith::AddIOp::create(b, loc, sum, scaled);
    }
    Value end = arith::ConstantOp::create(b, loc, b.getI64IntegerAttr(extent));
    Value inside = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt, sum, end);
    return arith::SelectOp::create(b, loc, inside, element, zero);
  };
  if (panels.columns % panels.width != 0)
    element = below(lane, panels.columns);
  if (panels.paddedExtent() != panels.extents.back())
    element = below(panels.names.back(), panels.extents.back());
  return element;
}

} // namespace

std::optional<PackedPanels> tile::packConstant(const GroupInfo &info, const Schedule &schedule,
                                               const DeviceDescription &device) {
  auto panels = findPanels(info, schedule, device, kMaxPackedBytes);
  auto constant = panels ? panels->tensor().getDefiningOp<ir::ConstantOp>() : ir::ConstantOp();
  auto source = constant ? dyn_cast<DenseElementsAttr>(constant.getValue()) : DenseElementsAttr();
  if (!source)
    return std::nullopt;
  if (!schedule.unit.empty())
    panels->type = source.getElementType();
  Type type = panels->type;
  DenseElementsAttr elements;
  if (auto number = dyn_cast<FloatType>(type); number && isa<FloatType>(source.getElementType()))
    elements = panels->fill(source, APFloat::getZero(number.getFloatSemantics()));
  else if (isa<IntegerType>(type) && isa<IntegerType>(source.getElementType()))
    elements = panels->fill(source, APInt::getZero(type.getIntOrFloatBitWidth()));
  return elements ? std::optional(PackedPanels{panels->tensor(), elements}) : std::nullopt;
}

ir::GroupOp tile::packFixed(ir::GroupOp group, const Schedule &schedule, const DeviceDescription &device,
                            llvm::function_ref<bool(Value)> isFixed) {
  GroupInfo info(group);
  auto panels = findPanels(info, schedule, device, INT64_MAX / 64);
  if (!panels || !isFixed(panels->tensor()))
    return nullptr;
  ir::StatementInterface statement = panels->statement;
  std::set<std::string> used;
  for (const DimExpr &expr : statement.getAccessExprs(panels->operand))
    expr.collectSymbols(used);
  // [panel, steps of the outer reductions, runs of the last, column, step of a run]
  std::string panel = fresh("panel", used), column = fresh("column", used), last = panels->names.back();
  std::vector<std::string> names = {panel};
  std::vector<DimExpr> extents = {DimExpr((panels->columns + panels->width - 1) / panels->width)};
  std::map<std::string, DimExpr> at = {
      {schedule.lane, DimExpr::symbol(panel) * DimExpr(panels->width) + DimExpr::symbol(column)}};
  for (auto [name, extent] : llvm::drop_end(llvm::zip_equal(panels->names, panels->extents))) {
    names.push_back(name);
    extents.emplace_back(extent);
  }
  bool hasRuns = panels->run > 1;
  std::string runs = hasRuns ? fresh("runs", used) : last;
  for (const auto &[name, extent] :
       {std::pair(runs, panels->paddedExtent() / panels->run), std::pair(column, panels->width)}) {
    names.push_back(name);
    extents.emplace_back(extent);
  }
  if (hasRuns) {
    names.push_back(last);
    extents.emplace_back(panels->run);
    at[last] = DimExpr::symbol(runs) * DimExpr(panels->run) + DimExpr::symbol(last);
  }
  SmallVector<DimExpr> access;
  for (const DimExpr &expr : statement.getAccessExprs(panels->operand))
    access.push_back(expr.substitute(at));

  OpBuilder b(group);
  Type element = cast<ir::NamedTensorType>(panels->tensor().getType()).getScalarType();
  Type type = schedule.unit.empty() ? panels->type : element;
  bool isEven = panels->columns % panels->width == 0 && panels->paddedExtent() == panels->extents.back();
  auto rule = isEven ? ir::BoundaryAttr::get(b.getContext(), ir::BoundaryKind::None, TypedAttr())
                     : ir::BoundaryAttr::get(b.getContext(), ir::BoundaryKind::Fill, b.getZeroAttr(element));
  auto map = ir::MapOp::create(b, statement.getLoc(), type, panels->tensor(), names, extents, access, rule);
  {
    OpBuilder::InsertionGuard guard(b);
    Block &body = map.getBody().front();
    b.setInsertionPointToEnd(&body);
    Value packed = convert(b, *panels, body.getArgument(0), type);
    if (!isEven)
      packed = orZero(b, *panels, packed, at, schedule.lane);
    ir::YieldOp::create(b, map.getLoc(), packed);
  }
  SmallVector<Attribute> outer;
  for (const std::string &name : names)
    outer.push_back(b.getStringAttr(name));
  group->setAttr(kPackedAttr, b.getUnitAttr());
  return moveToGroup(map, group, "_packed", outer);
}

ir::GroupOp tile::leastOfPanels(ir::GroupOp made, ir::GroupOp group) {
  auto map = cast<ir::MapOp>(made.getBody().front().front());
  auto statement = cast<ir::StatementInterface>(map.getOperation());
  OpBuilder b(group);
  Location loc = map.getLoc();
  std::vector<std::string> names;
  std::vector<DimExpr> extents;
  SmallVector<DimExpr> access;
  for (auto [name, extent] : llvm::zip_equal(statement.getIndexNames(), statement.getIndexExtents())) {
    names.push_back(name.str());
    extents.push_back(extent);
    access.push_back(DimExpr::symbol(name.str()));
  }
  auto none = ir::BoundaryAttr::get(b.getContext(), ir::BoundaryKind::None, TypedAttr());
  auto reduce = ir::ReduceOp::create(b, loc, ir::CombinerKind::Min, b.getF32Type(), made.getResult(0), names, extents,
                                     1, access, none);
  {
    OpBuilder::InsertionGuard guard(b);
    Block &body = reduce.getBody().front();
    b.setInsertionPointToEnd(&body);
    auto number = [&](double value) -> Value { return arith::ConstantOp::create(b, loc, b.getF32FloatAttr(value)); };
    Value wide = arith::ExtFOp::create(b, loc, b.getF32Type(), body.getArgument(0));
    Value size = math::AbsFOp::create(b, loc, wide);
    Value counts = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OGT, size, number(0));
    Value least = arith::SelectOp::create(b, loc, counts, size, number(std::numeric_limits<double>::infinity()));
    ir::YieldOp::create(b, loc, least);
  }
  return moveToGroup(reduce, group, "_least", b.getStringAttr(names.front()));
}
