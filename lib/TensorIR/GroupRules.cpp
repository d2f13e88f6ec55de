//===- GroupRules.cpp - Which maps and reduces share a group --------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A statement may join if one work item of the group has all that the statement reads of it;
// it does if it reads the group, or shares work with it.
//
//===----------------------------------------------------------------------===//
#include "Group.h"

using namespace mlir;
using namespace flex;
using namespace flex::ir;

bool Group::contains(Operation *op) const {
  return llvm::any_of(statements, [&](StatementInterface s) { return s.getOperation() == op; });
}

bool Group::readsFrom(StatementInterface statement) const {
  return llvm::any_of(statement->getOperands(),
                      [&](Value operand) { return operand.getDefiningOp() && contains(operand.getDefiningOp()); });
}

StatementInterface Group::ordered() const {
  auto found = llvm::find_if(statements, [](StatementInterface s) { return isa<ScanOp, ScatterOp, ArgSortOp>(s); });
  return found == statements.end() ? StatementInterface() : *found;
}

SmallVector<StringRef> Group::outerNames() const {
  StatementInterface first = ordered() ? ordered() : statements.front();
  SmallVector<StringRef> outerNames = first.getIndexNames();
  outerNames.truncate(outer);
  return outerNames;
}

static bool isName(const DimExpr &expr, StringRef name) {
  return expr.isSymbol(std::string_view(name.data(), name.size()));
}

std::optional<unsigned> ir::sharedOuter(const Group &group, StatementInterface statement) {
  SmallVector<StringRef> names = statement.getIndexNames();
  SmallVector<DimExpr> extents = statement.getIndexExtents();
  StatementInterface first = group.statements.front();
  SmallVector<DimExpr> groupExtents = first.getIndexExtents();
  unsigned shared = std::min(group.outer, statement.getNumParallelIndices());
  for (unsigned axis = 0; axis < shared; ++axis)
    if (extents[axis] != groupExtents[axis])
      shared = axis;
  for (unsigned operand = 0; operand < statement->getNumOperands(); ++operand) {
    Operation *producer = statement->getOperand(operand).getDefiningOp();
    if (!producer || !group.contains(producer))
      continue;
    if (statement.isWholeAccess(operand) || statement.getAccessBoundary(operand).getKind() != BoundaryKind::None)
      return std::nullopt;
    SmallVector<DimExpr> access = statement.getAccessExprs(operand);
    for (unsigned axis = 0; axis < shared; ++axis)
      if (axis >= access.size() || !isName(access[axis], names[axis]))
        shared = axis;
  }
  return shared;
}

/// A reduction keeps its speed only if no parallel index becomes an inner loop.
static bool keepsReductionsWhole(const Group &group, StatementInterface statement, unsigned outer) {
  auto fits = [&](StatementInterface s) { return !s.getCombinerKind() || s.getNumParallelIndices() == outer; };
  return llvm::all_of(group.statements, fits) && fits(statement);
}

//===----------------------------------------------------------------------===//
// Siblings: nothing read of each other, but work to share
//===----------------------------------------------------------------------===//

// More tensors than this in one loop, and the hardware no longer fetches all of them ahead.
static constexpr size_t kMaxTensors = 16;
// A loop's body that grows past this gains nothing from being one.
static constexpr size_t kMaxGroupOps = 2048;
// A last axis shorter than this is no run for the lanes of a vector.
static constexpr int64_t kShortAxis = 64;

static bool hasAxes(Value tensor) {
  return cast<NamedTensorType>(tensor.getType()).getRank() > 0;
}

static bool sharesOperand(StatementInterface a, StatementInterface b) {
  return llvm::any_of(a->getOperands(), [&](Value v) { return llvm::is_contained(b->getOperands(), v); });
}

/// Whether it walks all that it reads as it walks its domain, so that the axes may be taken as one.
static bool isFlat(StatementInterface statement) {
  SmallVector<StringRef> names = statement.getIndexNames();
  for (unsigned operand = 0; operand < statement->getNumOperands(); ++operand) {
    if (statement.isWholeAccess(operand) || statement.getAccessBoundary(operand).getKind() != BoundaryKind::None)
      return false;
    SmallVector<DimExpr> access = statement.getAccessExprs(operand);
    if (!access.empty() && !llvm::equal(access, names, isName))
      return false;
  }
  return !statement.getStatementBody()->walk([](IndexOp) { return WalkResult::interrupt(); }).wasInterrupted();
}

/// Maps over one domain that read a tensor in common, or only positions and scalars: sine and cosine of one angle, the
/// words of one random block. Their points come together, and what they compute alike is computed once.
static bool areSiblingMaps(StatementInterface a, StatementInterface b) {
  SmallVector<DimExpr> extents = a.getIndexExtents();
  if (!isa<MapOp>(a) || !isa<MapOp>(b) || extents != b.getIndexExtents() || extents.empty())
    return false;
  bool isShort = extents.back().constant().value_or(kShortAxis) < kShortAxis;
  if (isShort && isFlat(a) != isFlat(b))
    return false;
  SmallVector<Value> tensors(llvm::make_filter_range(a->getOperands(), hasAxes));
  if (tensors.empty())
    return llvm::none_of(b->getOperands(), hasAxes);
  return llvm::any_of(tensors, [&](Value v) { return llvm::is_contained(b->getOperands(), v); });
}

/// Whether it multiplies matrices, and is known to be long enough that a launch of its own is nothing beside it: each
/// of two operands moves with a parallel index that the other does not move with.
static bool isLongContraction(StatementInterface statement) {
  constexpr double kLeastProducts = 1 << 22;
  double products = 1;
  for (const DimExpr &extent : statement.getIndexExtents())
    products *= static_cast<double>(extent.constant().value_or(0));
  if (products < kLeastProducts)
    return false;
  auto moves = [&](unsigned operand, StringRef name) {
    return !statement.isWholeAccess(operand) &&
           llvm::any_of(statement.getAccessExprs(operand), [&](const DimExpr &expr) { return expr.uses(name.str()); });
  };
  SmallVector<StringRef> names = statement.getIndexNames();
  names.truncate(statement.getNumParallelIndices());
  auto movesAlone = [&](unsigned a, unsigned b) {
    return llvm::any_of(names, [&](StringRef name) { return moves(a, name) && !moves(b, name); });
  };
  for (unsigned a = 0; a < statement->getNumOperands(); ++a)
    for (unsigned b = 0; b < a; ++b)
      if (movesAlone(a, b) && movesAlone(b, a))
        return true;
  return false;
}

/// Two reductions over the same domain of a common input: one pass serves both. Products of matrices have tiles, panels
/// and units of their own, and share nothing in them.
static bool areSiblingReductions(StatementInterface a, StatementInterface b) {
  return a.getCombinerKind() && b.getCombinerKind() && a.getIndexExtents() == b.getIndexExtents() &&
         a.getNumParallelIndices() == b.getNumParallelIndices() && sharesOperand(a, b) && !isLongContraction(a) &&
         !isLongContraction(b);
}

bool ir::hasRoomFor(const Group &group, ArrayRef<StatementInterface> more) {
  size_t ops = 0;
  llvm::SmallPtrSet<void *, 16> tensors;
  auto count = [&](StatementInterface statement) {
    ops += statement.getStatementBody()->getOperations().size();
    for (Value operand : statement->getOperands())
      if (hasAxes(operand))
        tensors.insert(operand.getAsOpaquePointer());
    tensors.insert(statement->getResult(0).getAsOpaquePointer());
  };
  llvm::for_each(group.statements, count);
  llvm::for_each(more, count);
  return ops <= kMaxGroupOps && tensors.size() <= kMaxTensors;
}

bool ir::isPointwise(const Group &group) {
  return llvm::all_of(group.statements,
                      [&](StatementInterface s) { return isa<MapOp>(s) && s.getNumParallelIndices() == group.outer; });
}

bool ir::isSibling(const Group &group, StatementInterface statement) {
  if (isPointwise(group) && hasRoomFor(group, statement) &&
      llvm::any_of(group.statements, [&](auto other) { return areSiblingMaps(statement, other); }))
    return true;
  return llvm::any_of(group.statements, [&](auto other) { return areSiblingReductions(statement, other); });
}

bool ir::tryJoin(Group &group, StatementInterface statement) {
  if (!isa<MapOp, ReduceOp>(statement) || !llvm::all_of(group.statements, llvm::IsaPred<MapOp, ReduceOp>))
    return false;
  auto outer = sharedOuter(group, statement);
  if (!outer || !keepsReductionsWhole(group, statement, *outer))
    return false;
  // Without a common index only a chain of scalars may share a work item.
  bool scalars = group.outer == 0 && statement.getNumParallelIndices() == 0;
  if (*outer == 0 && !scalars)
    return false;
  group.statements.push_back(statement);
  group.outer = *outer;
  return true;
}
