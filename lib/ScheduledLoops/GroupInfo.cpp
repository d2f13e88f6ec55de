//===- GroupInfo.cpp - What scheduling and emission ask of a group --------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Counts accesses, bytes and operations of a group as expressions over its dims;
// changes nothing.
//
//===----------------------------------------------------------------------===//
#include "GroupInfo.h"

#include "Evaluator.h"
#include "flex/ScheduledLoops/Plan.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace flex;
using namespace flex::tile;

SmallVector<DimExpr> tile::denseStrides(ir::NamedTensorType type) {
  SmallVector<DimExpr> dims = type.getDims(), strides(dims.size(), DimExpr(1));
  for (unsigned axis = dims.size(); axis-- > 1;)
    strides[axis - 1] = strides[axis] * dims[axis];
  return strides;
}

DimExpr tile::product(ArrayRef<DimExpr> extents) {
  DimExpr total(1);
  for (const DimExpr &extent : extents)
    total = total * extent;
  return total;
}

GroupInfo::GroupInfo(ir::GroupOp op) : group(op) {
  for (Operation &nested : group.getBody().front().without_terminator())
    statements.push_back(cast<ir::StatementInterface>(nested));
  for (Attribute name : group.getOuter())
    outerNames.push_back(cast<StringAttr>(name).getValue().str());
  SmallVector<DimExpr> extents = main().getIndexExtents();
  outerExtents.assign(extents.begin(), extents.begin() + outerNames.size());
}

ir::StatementInterface GroupInfo::main() const {
  auto ordered = llvm::find_if(
      statements, [](ir::StatementInterface s) { return isa<ir::ScanOp, ir::ScatterOp, ir::ArgSortOp>(s); });
  return ordered == statements.end() ? statements.front() : *ordered;
}

SmallVector<std::string> GroupInfo::innerNames(ir::StatementInterface statement) const {
  SmallVector<std::string> names;
  for (auto [position, name] : llvm::enumerate(statement.getIndexNames()))
    if (position >= outerNames.size())
      names.push_back(name.str());
  return names;
}

SmallVector<DimExpr> GroupInfo::innerExtents(ir::StatementInterface statement) const {
  // Not erase(): of an empty range it would move each expression onto itself, which clears its text.
  SmallVector<DimExpr> extents = statement.getIndexExtents();
  return SmallVector<DimExpr>(ArrayRef(extents).drop_front(outerNames.size()));
}

bool GroupInfo::escapes(ir::StatementInterface statement) const {
  auto yield = cast<ir::YieldOp>(group->getRegion(0).front().getTerminator());
  return llvm::is_contained(yield.getOperands(), statement->getResult(0));
}

bool GroupInfo::contains(Value tensor) const {
  Operation *producer = tensor.getDefiningOp();
  return producer && producer->getParentOp() == group.getOperation();
}

bool GroupInfo::isBound(Value tensor) const {
  auto argument = dyn_cast<BlockArgument>(tensor);
  auto kernel = group->getParentOfType<ir::KernelOp>();
  auto bound = kernel ? kernel->getAttrOfType<DenseI64ArrayAttr>(kBoundAttr) : DenseI64ArrayAttr();
  return argument && bound && argument.getOwner()->getParentOp() == kernel &&
         llvm::is_contained(bound.asArrayRef(), argument.getArgNumber());
}

bool GroupInfo::hasOnlyOuterResults() const {
  return llvm::all_of(statements, [&](ir::StatementInterface statement) {
    return statement.getNumParallelIndices() == outerNames.size();
  });
}

GroupInfo::AccessCount GroupInfo::countAccesses(ir::StatementInterface statement, const std::string &index,
                                                bool onlyInFolds) const {
  AccessCount count;
  auto add = [&](Type tensor, ArrayRef<DimExpr> at, bool computed) {
    DimExpr offset;
    for (auto [expr, stride] : llvm::zip_equal(at, denseStrides(cast<ir::NamedTensorType>(tensor))))
      offset = offset + expr * stride;
    auto linear = offset.linearIn(index);
    if (computed || !linear)
      ++count.strided;
    else if (linear->first == DimExpr(0))
      ++count.uniform;
    else if (linear->first == DimExpr(1))
      ++count.unit;
    else
      ++count.strided;
  };
  for (unsigned operand = 0; operand < statement->getNumOperands(); ++operand)
    if (!onlyInFolds && !statement.isWholeAccess(operand))
      add(statement->getOperand(operand).getType(), statement.getAccessExprs(operand), false);
  // A computed place moves with the index if a number in it does.
  statement.getStatementBody()->walk([&](ir::LoadOp load) {
    if (onlyInFolds && !load->getParentOfType<ir::FoldOp>())
      return;
    add(load.getTensor().getType(), load.getAccessExprs(),
        llvm::any_of(load.getIndexValues(), [&](Value number) { return dependsOn(statement, number, index); }));
  });
  return count;
}

ir::StatementInterface GroupInfo::soleReduction() const {
  ir::StatementInterface found;
  for (ir::StatementInterface statement : statements)
    if (isReduction(statement)) {
      if (found)
        return {};
      found = statement;
    }
  bool readsOwn = found && llvm::any_of(found->getOperands(), [&](Value operand) { return contains(operand); });
  return readsOwn ? ir::StatementInterface() : found;
}

bool GroupInfo::hasLoads(ir::StatementInterface statement) {
  return statement.getStatementBody()->walk([](ir::LoadOp) { return WalkResult::interrupt(); }).wasInterrupted();
}

bool GroupInfo::hasFolds(ir::StatementInterface statement) {
  return statement.getStatementBody()->walk([](ir::FoldOp) { return WalkResult::interrupt(); }).wasInterrupted();
}

bool GroupInfo::isStrict() const {
  auto kernel = group->getParentOfType<ir::KernelOp>();
  return kernel && kernel.isStrict();
}

bool GroupInfo::hasOrderedSums() const {
  return llvm::any_of(statements, [](ir::StatementInterface statement) {
    auto kind = statement.getCombinerKind();
    bool isFloat = isa<FloatType>(cast<ir::NamedTensorType>(statement->getResult(0).getType()).getScalarType());
    return isFloat && (kind == ir::CombinerKind::Sum || kind == ir::CombinerKind::Prod);
  });
}

bool GroupInfo::isOrdered() const {
  return llvm::any_of(statements, [](ir::StatementInterface statement) {
    ir::StatementKind kind = statement.getStatementKind();
    return kind != ir::StatementKind::Map && kind != ir::StatementKind::Reduce;
  });
}

SmallVector<std::string> GroupInfo::laneIndices() const {
  SmallVector<std::string> names;
  ir::StatementInterface statement = main();
  if (auto sort = dyn_cast<ir::ArgSortOp>(statement.getOperation())) {
    auto count = ir::toDimExpr(sort.getCountAttr()).constant();
    if (count && *count <= kMaxSelected)
      names.push_back(innerNames(statement).front());
    return names;
  }
  if (auto scan = dyn_cast<ir::ScanOp>(statement.getOperation())) {
    SmallVector<std::string> inner = innerNames(statement);
    if (static_cast<int64_t>(inner.size()) > static_cast<int64_t>(scan.getNumOrdered()))
      names.push_back(inner.back());
  }
  if (!outerNames.empty())
    names.push_back(outerNames.back());
  if (std::string name = scatterLanes(); !name.empty())
    names.push_back(name);
  return names;
}

std::string GroupInfo::scatterLanes() const {
  ir::StatementInterface statement = main();
  auto scatter = dyn_cast<ir::ScatterOp>(statement.getOperation());
  SmallVector<std::string> inner = scatter ? innerNames(statement) : SmallVector<std::string>();
  if (inner.empty() || scatter.getCombiner() == ir::CombinerKind::Set)
    return "";
  auto type = cast<ir::NamedTensorType>(scatter.getResult().getType());
  bool isSimple = type.getElementBits() >= 8 && !type.getScalarType().isInteger(1);
  for (const DimExpr &expr : statement.getResultExprs()) {
    // A number as it is, or nothing that differs between the lanes.
    std::set<std::string> symbols;
    expr.collectSymbols(symbols);
    bool isNumber = expr.asSymbol() && expr.asSymbol()->front() == '$';
    isSimple &= isNumber || llvm::none_of(symbols, [&](const std::string &symbol) {
                  return symbol.front() == '$' || symbol == inner.back();
                });
  }
  return isSimple ? inner.back() : "";
}

ir::GroupOp tile::moveToGroup(Operation *statement, ir::GroupOp group, StringRef suffix, ArrayRef<Attribute> outer) {
  OpBuilder b(group);
  auto made = ir::GroupOp::create(b, group.getLoc(), statement->getResultTypes(),
                                  b.getStringAttr(group.getName() + suffix), b.getArrayAttr(outer), DictionaryAttr());
  Block &body = made.getBody().emplaceBlock();
  statement->moveBefore(&body, body.end());
  b.setInsertionPointToEnd(&body);
  ir::YieldOp::create(b, group.getLoc(), statement->getResults());
  return made;
}

/// Whether the value itself says `index`, beside its operands.
static bool names(ir::StatementInterface statement, Value value, const std::string &index) {
  auto uses = [&](const DimExpr &expr) { return expr.uses(index); };
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    unsigned operand = argument.getArgNumber();
    if (operand >= statement->getNumOperands() || statement.isWholeAccess(operand))
      return false; // what a flex.load reads of it is said there
    return llvm::any_of(statement.getAccessExprs(operand), uses);
  }
  if (auto indexOp = value.getDefiningOp<ir::IndexOp>())
    return indexOp.getIndexName() == index;
  auto load = value.getDefiningOp<ir::LoadOp>();
  return load && llvm::any_of(load.getAccessExprs(), uses);
}

bool GroupInfo::dependsOn(ir::StatementInterface statement, Value value, const std::string &index) {
  // Each value once: a body is a graph, with more paths than anybody can walk.
  SmallVector<Value> work{value};
  llvm::SmallPtrSet<void *, 16> seen;
  while (!work.empty()) {
    Value next = work.pop_back_val();
    if (!seen.insert(next.getAsOpaquePointer()).second)
      continue;
    if (names(statement, next, index))
      return true;
    Operation *op = next.getDefiningOp();
    if (auto fold = dyn_cast_or_null<ir::FoldOp>(op))
      work.push_back(fold.getBody().front().getTerminator()->getOperand(0));
    else if (op)
      llvm::append_range(work, op->getOperands());
  }
  return false;
}

std::optional<Contraction> GroupInfo::findContraction() const {
  for (ir::StatementInterface statement : statements) {
    if (statement.getCombinerKind() != ir::CombinerKind::Sum || statement.getNumParallelIndices() != outerNames.size())
      continue;
    auto yield = cast<ir::YieldOp>(statement.getStatementBody()->getTerminator());
    Operation *product = yield.getOperand(0).getDefiningOp();
    if (isa_and_nonnull<arith::MulFOp, arith::MulIOp>(product))
      return Contraction{statement, product->getOperand(0), product->getOperand(1)};
  }
  return std::nullopt;
}

/// More copies of a longer body than a register tile has place for.
static constexpr size_t kMaxTiledOps = 4;

std::optional<GroupInfo::Guard> GroupInfo::guardOf(ir::StatementInterface statement) {
  auto yield = cast<ir::YieldOp>(statement.getStatementBody()->getTerminator());
  auto select = yield.getOperand(0).getDefiningOp<arith::SelectOp>();
  auto kind = statement.getCombinerKind();
  if (!select || !kind || ir::isPosition(*kind))
    return std::nullopt;
  auto otherwise = select.getFalseValue().getDefiningOp<arith::ConstantOp>();
  if (!otherwise || otherwise.getValue() != ir::getIdentity(*kind, otherwise.getType()))
    return std::nullopt;
  SmallVector<Value> work{select.getCondition()};
  llvm::SmallPtrSet<void *, 16> seen;
  while (!work.empty()) {
    Value next = work.pop_back_val();
    if (!seen.insert(next.getAsOpaquePointer()).second)
      continue;
    Operation *op = next.getDefiningOp();
    if (!op || isa<ir::LoadOp, ir::FoldOp>(op))
      return std::nullopt;
    llvm::append_range(work, op->getOperands());
  }
  return Guard{select.getCondition(), select.getTrueValue()};
}

std::optional<Contraction> GroupInfo::findPair() const {
  for (ir::StatementInterface statement : statements) {
    auto kind = statement.getCombinerKind();
    bool combines = kind == ir::CombinerKind::Sum || kind == ir::CombinerKind::Prod || kind == ir::CombinerKind::Min ||
                    kind == ir::CombinerKind::Max;
    if (!combines || statement.getNumParallelIndices() != outerNames.size() || statement->getNumOperands() != 2 ||
        statement.isWholeAccess(0) || statement.isWholeAccess(1))
      continue;
    if (auto guard = guardOf(statement)) {
      Operation *product = guard->value.getDefiningOp();
      if (isa_and_nonnull<arith::MulFOp, arith::MulIOp>(product))
        return Contraction{statement, product->getOperand(0), product->getOperand(1)};
    }
    Block *body = statement.getStatementBody();
    bool isShort = llvm::range_size(body->without_terminator()) <= kMaxTiledOps;
    for (Operation &op : body->without_terminator())
      isShort &= isa<arith::AddFOp, arith::SubFOp, arith::MulFOp, arith::AddIOp, arith::SubIOp, arith::MulIOp,
                     arith::MaximumFOp, arith::MinimumFOp, math::AbsFOp, arith::ExtFOp>(op);
    if (isShort)
      return Contraction{statement, body->getArgument(0), body->getArgument(1)};
  }
  return std::nullopt;
}

std::optional<Contraction> GroupInfo::findTiled(const std::string &lane, const std::string &unroll) const {
  for (const auto &found : {findContraction(), findPair()}) {
    if (!found)
      continue;
    Value columns = laneFactor(*found, lane), rows = columns == found->right ? found->left : found->right;
    if (!dependsOn(found->statement, rows, lane) && !dependsOn(found->statement, columns, unroll) &&
        dependsOn(found->statement, rows, unroll))
      return found;
  }
  return findContraction();
}

const DimExpr &GroupInfo::outerExtent(const std::string &name) const {
  const auto *found = llvm::find(outerNames, name);
  assert(found != outerNames.end() && "not an outer index");
  return outerExtents[found - outerNames.begin()];
}

bool GroupInfo::isLaneFactorShared(const Contraction &contraction, const std::string &lane,
                                   const std::string &unroll) const {
  ir::StatementInterface statement = contraction.statement;
  Value columns = laneFactor(contraction, lane);
  auto guard = guardOf(statement);
  return llvm::none_of(outerNames, [&](const std::string &name) {
    return name != lane && name != unroll &&
           (dependsOn(statement, columns, name) || (guard && dependsOn(statement, guard->condition, name)));
  });
}

Value GroupInfo::laneFactor(const Contraction &contraction, const std::string &lane) {
  return dependsOn(contraction.statement, contraction.right, lane) ? contraction.right : contraction.left;
}

bool GroupInfo::isBlockContraction(const std::string &lane, const std::string &unroll) const {
  auto contraction = findContraction();
  if (!contraction || statements.front() != contraction->statement || innerNames(contraction->statement).empty())
    return false;
  if (llvm::count_if(statements, [&](ir::StatementInterface s) { return isReduction(s); }) != 1)
    return false;
  Value columns = laneFactor(*contraction, lane);
  Value rows = columns == contraction->right ? contraction->left : contraction->right;
  return !dependsOn(contraction->statement, rows, lane) && !dependsOn(contraction->statement, columns, unroll);
}

DimExpr IndexAxis::size() const {
  return product(extents);
}

SmallVector<DimExpr> ContractionAxes::outerAt(ArrayRef<std::string> outerNames, ArrayRef<DimExpr> row,
                                              ArrayRef<DimExpr> column, ArrayRef<DimExpr> restAt) const {
  std::map<StringRef, DimExpr> at;
  auto add = [&](const IndexAxis &axis, ArrayRef<DimExpr> coordinates) {
    for (auto [name, coordinate] : llvm::zip_equal(axis.names, coordinates))
      at[name] = coordinate;
  };
  add(rows, row);
  add(columns, column);
  add(rest, restAt);
  SmallVector<DimExpr> outer;
  for (const std::string &name : outerNames)
    outer.push_back(at.at(name));
  return outer;
}

ContractionAxes GroupInfo::axesOf(const Contraction &contraction, const std::string &lane,
                                  const std::string &unroll) const {
  constexpr int64_t kShort = 64; // of a tile's side, which is 128 where there is work for it
  ir::StatementInterface statement = contraction.statement;
  ContractionAxes axes;
  for (auto [name, extent] : llvm::zip_equal(innerNames(statement), innerExtents(statement)))
    axes.reduced.push(name, extent);
  auto isShort = [&](const std::string &name) { return outerExtent(name).constant().value_or(kShort) < kShort; };
  bool sumsOverSeveral = axes.reduced.names.size() > 1;
  bool joinsRows = sumsOverSeveral || isShort(unroll), joinsColumns = sumsOverSeveral || isShort(lane);
  Value columns = laneFactor(contraction, lane);
  Value rows = columns == contraction.right ? contraction.left : contraction.right;
  for (auto [name, extent] : llvm::zip_equal(outerNames, outerExtents)) {
    if (name == lane || name == unroll)
      continue;
    bool movesRows = dependsOn(statement, rows, name), movesColumns = dependsOn(statement, columns, name);
    bool isRow = movesRows && !movesColumns && joinsRows, isColumn = movesColumns && !movesRows && joinsColumns;
    (isRow ? axes.rows : isColumn ? axes.columns : axes.rest).push(name, extent);
  }
  axes.rows.push(unroll, outerExtent(unroll));
  axes.columns.push(lane, outerExtent(lane));
  return axes;
}

/// Whether stepping the outer index by one moves an offset as far as the whole inner one.
static bool walksAsOne(const DimExpr &offset, const std::string &outer, const std::string &inner,
                       const DimExpr &innerExtent) {
  auto outerStep = offset.linearIn(outer), innerStep = offset.linearIn(inner);
  return outerStep && innerStep && outerStep->first == innerStep->first * innerExtent;
}

int64_t GroupInfo::collapsibleIndices(const std::string &unroll) const {
  int64_t count = 1;
  DimExpr extent = outerExtents.empty() ? DimExpr(1) : outerExtents.back();
  for (unsigned axis = outerNames.size(); axis-- > 1;) {
    if (outerNames[axis] == unroll || outerNames[axis - 1] == unroll)
      return count;
    for (ir::StatementInterface statement : statements) {
      bool namesIndex = false;
      statement->walk([&](ir::IndexOp index) {
        namesIndex |= index.getIndexName() == outerNames[axis] || index.getIndexName() == outerNames[axis - 1];
      });
      if ((isReduction(statement) && unroll.empty()) || namesIndex || hasLoads(statement))
        return count;
      for (unsigned operand = 0; operand < statement->getNumOperands(); ++operand) {
        auto type = cast<ir::NamedTensorType>(statement->getOperand(operand).getType());
        DimExpr offset;
        for (auto [expr, stride] : llvm::zip_equal(statement.getAccessExprs(operand), denseStrides(type)))
          offset = offset + expr * stride;
        if (statement.getAccessBoundary(operand).getKind() != ir::BoundaryKind::None ||
            !walksAsOne(offset, outerNames[axis - 1], outerNames[axis], outerExtents[axis]))
          return count;
      }
    }
    ++count;
    extent = extent * outerExtents[axis - 1];
    if (!extent.isValid())
      return count - 1;
  }
  return count;
}

unsigned tile::positionBits(ArrayRef<DimExpr> reduced) {
  auto count = product(reduced).constant();
  return count && *count < INT32_MAX ? 32 : 64;
}

unsigned GroupInfo::widestBits(const std::string &lane) const {
  unsigned bits = 8;
  auto visit = [&](Value tensor) {
    Type scalar = carrierOf(cast<ir::NamedTensorType>(tensor.getType()).getScalarType());
    bits = std::max(bits, scalar.getIntOrFloatBitWidth());
  };
  for (ir::StatementInterface statement : statements) {
    auto kind = statement.getCombinerKind();
    if (kind && ir::isPosition(*kind)) // widened in the end
      bits = std::max(bits, positionBits(innerExtents(statement)));
    else
      visit(statement->getResult(0));
    for (unsigned operand = 0; operand < statement->getNumOperands(); ++operand) {
      bool isUniform =
          !lane.empty() && !statement.isWholeAccess(operand) &&
          llvm::none_of(statement.getAccessExprs(operand), [&](const DimExpr &expr) { return expr.uses(lane); });
      if (!isUniform)
        visit(statement->getOperand(operand));
    }
  }
  return bits;
}

DimExpr GroupInfo::bytesMoved() const {
  DimExpr bytes;
  llvm::SmallPtrSet<void *, 8> seen;
  auto add = [&](Value tensor) {
    auto type = cast<ir::NamedTensorType>(tensor.getType());
    if (seen.insert(tensor.getAsOpaquePointer()).second)
      bytes = bytes + type.getSizeInBytes();
  };
  for (ir::StatementInterface statement : statements) {
    for (Value operand : statement->getOperands())
      if (!contains(operand))
        add(operand);
    if (escapes(statement))
      add(statement->getResult(0));
  }
  return bytes;
}

DimExpr GroupInfo::flops() const {
  DimExpr total;
  for (ir::StatementInterface statement : statements) {
    int64_t ops = isReduction(statement) ? 1 : 0;
    for (Operation &op : statement.getStatementBody()->without_terminator())
      if (auto fold = dyn_cast<ir::FoldOp>(op)) {
        int64_t inner = static_cast<int64_t>(fold.getBody().front().getOperations().size());
        total = total + product(statement.getIndexExtents()) * product(fold.getIndexExtents()) * DimExpr(inner);
      } else
        ops += isa<arith::ConstantOp, ir::IndexOp, ir::DimOp, CastOpInterface>(op) ? 0
               : isa<math::MathDialect>(op.getDialect())                           ? 12
                                                                                   : 1;
    total = total + product(statement.getIndexExtents()) * DimExpr(ops);
  }
  return total;
}
