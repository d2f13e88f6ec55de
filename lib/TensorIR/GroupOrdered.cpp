//===- GroupOrdered.cpp - Maps around scans, scatters and sorts -----------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Epilogues: what reads a scan's or sort's element where it is made, so that nobody needs to store it first.
// Prologues: what a scatter starts from, computed as it is copied. All other maps before one are inlined.
//
//===----------------------------------------------------------------------===//
#include "Group.h"
#include "StatementCost.h"
#include "flex/TensorIR/ScanForms.h"

using namespace mlir;
using namespace flex;
using namespace flex::ir;

std::optional<TypedAttr> ir::getCarriedStart(ScanOp scan, unsigned outer) {
  SmallVector<StringRef> names = StatementInterface(scan).getIndexNames();
  if (names.size() <= outer || names.size() - outer != static_cast<size_t>(scan.getNumOrdered()))
    return std::nullopt;
  std::string last = names.back().str();
  SmallVector<DimExpr> before;
  for (const DimExpr &expr : StatementInterface(scan).getResultExprs())
    before.push_back(expr.substitute({{last, DimExpr::symbol(last) - DimExpr(1)}}));
  std::optional<TypedAttr> start;
  bool good = true;
  scan.getBody().walk([&](LoadOp load) {
    if (!load.isSelfLoad())
      return;
    TypedAttr fill = load.getBoundary().getValue();
    good &= load.getAccessExprs() == before && load.getBoundary().getKind() == BoundaryKind::Fill &&
            (!start || *start == fill);
    start = fill;
  });
  return good ? start : std::nullopt;
}

/// What each axis of a result is called: an index of a scan or sort, or what a map's index will be called.
static SmallVector<std::string> axesOf(const Group &group, StatementInterface producer) {
  if (auto known = group.names.find(producer); known != group.names.end())
    return known->second;
  SmallVector<std::string> axes;
  for (const DimExpr &expr : producer.getResultExprs())
    axes.push_back(expr.str());
  return axes;
}

/// The names of a map's indices that make each read of the group one of the same point; nothing if there are none.
static std::optional<SmallVector<std::string>> namesInGroup(const Group &group, MapOp map) {
  SmallVector<StringRef> indices = map.getIndexNames();
  SmallVector<DimExpr> extents = map.getIndexExtents();
  SmallVector<std::string> names(indices.size());
  for (unsigned operand = 0; operand < map->getNumOperands(); ++operand) {
    Operation *producer = map->getOperand(operand).getDefiningOp();
    if (!producer || !group.contains(producer))
      continue;
    SmallVector<std::string> axes = axesOf(group, cast<StatementInterface>(producer));
    SmallVector<DimExpr> access = map.getAccessExprs(operand);
    SmallVector<DimExpr> dims = cast<NamedTensorType>(map->getOperand(operand).getType()).getDims();
    if (map.isWholeAccess(operand) || map.getAccessBoundary(operand).getKind() != BoundaryKind::None ||
        access.size() != indices.size())
      return std::nullopt;
    for (auto [axis, expr] : llvm::enumerate(access)) {
      auto name = expr.asSymbol();
      size_t index = name ? llvm::find(indices, *name) - indices.begin() : indices.size();
      if (index == indices.size() || extents[index] != dims[axis] ||
          (!names[index].empty() && names[index] != axes[axis]))
        return std::nullopt;
      names[index] = axes[axis];
    }
  }
  // An axis that is read twice, x[i, i], leaves an index without a name, or two with one.
  std::set<std::string> different(names.begin(), names.end());
  return different.size() == names.size() && !different.count("") ? std::optional(names) : std::nullopt;
}

bool ir::tryJoinEpilogue(Group &group, StatementInterface statement) {
  auto map = dyn_cast<MapOp>(statement.getOperation());
  // A scatter makes its elements in no order, and what is expensive is better done by many threads, and in vectors.
  if (!map || !isa_and_nonnull<ScanOp, ArgSortOp>(group.ordered().getOperation()) || costOf(map) > kCheap)
    return false;
  auto names = namesInGroup(group, map);
  if (!names)
    return false;
  group.statements.push_back(statement);
  group.names[map] = *names;
  return true;
}

MapOp ir::findBaseMap(ScatterOp scatter) {
  auto map = scatter.getBase().getDefiningOp<MapOp>();
  bool isOnlyCopied = llvm::count(scatter->getOperands(), scatter.getBase()) == 1 &&
                      scatter.getBody().front().getArgument(0).use_empty();
  return map && map->hasOneUse() && isOnlyCopied && costOf(map) <= kCheap ? map : MapOp();
}

Group ir::withBase(ScatterOp scatter, MapOp base) {
  Group group(scatter);
  group.statements.insert(group.statements.begin(), base);
  StatementInterface statement = scatter;
  SmallVector<StringRef> taken = statement.getIndexNames();
  SmallVector<std::string> names;
  SmallVector<StringRef> indices = base.getIndexNames();
  for (auto [name, expr] : llvm::zip_equal(indices, statement.getResultExprs())) {
    // The scatter's parallel indices are axes of the result; the other axes get names of their own.
    auto parallel = expr.asSymbol();
    bool isOuter = parallel && llvm::is_contained(group.outerNames(), *parallel);
    std::string fresh = isOuter ? std::string(*parallel) : name.str();
    while (!isOuter && (llvm::is_contained(taken, fresh) || llvm::is_contained(names, fresh)))
      fresh += "_base";
    names.push_back(fresh);
  }
  group.names[base] = names;
  return group;
}
