//===- PlanLayouts.cpp - The order of a temporary's axes ------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Between inlining and grouping: a contraction's result that nobody outside sees
// gets its axes in the order in which its readers walk them. Then a transposing map
// is an epilogue and its temporary is gone; a contraction reads rows.
// Invariant: what a kernel returns, and a reduction that shares its producers'
// launch, stay as they are.
//
//===----------------------------------------------------------------------===//
#include "Group.h"
#include "flex/TensorIR/TensorPasses.h"

namespace flex::ir {
#define GEN_PASS_DEF_FLEXPLANLAYOUTS
#include "flex/TensorIR/TensorPasses.h.inc"
} // namespace flex::ir

using namespace mlir;
using namespace flex;
using namespace flex::ir;

namespace {

// A last axis shorter than this fills no register tile: it does not become the one that lanes walk.
constexpr int64_t kShortAxis = 64;

/// axes[n]: which axis of the tensor comes n-th.
using Order = SmallVector<unsigned>;

Order identity(unsigned rank) {
  return llvm::to_vector(llvm::seq(rank));
}

/// The order in which a reader's indices, the outermost first, walk the axes of operand n; nothing if an axis is not
/// walked by one index of its own, from end to end.
std::optional<Order> orderOf(StatementInterface reader, unsigned operand) {
  if (reader.isWholeAccess(operand))
    return std::nullopt;
  SmallVector<StringRef> names = reader.getIndexNames();
  SmallVector<DimExpr> extents = reader.getIndexExtents();
  SmallVector<DimExpr> dims = cast<NamedTensorType>(reader->getOperand(operand).getType()).getDims();
  SmallVector<std::pair<size_t, unsigned>> places;
  for (auto [axis, expr] : llvm::enumerate(reader.getAccessExprs(operand))) {
    auto name = expr.asSymbol();
    size_t index = name ? llvm::find(names, *name) - names.begin() : names.size();
    if (index == names.size() || extents[index] != dims[axis])
      return std::nullopt;
    places.emplace_back(index, axis);
  }
  llvm::sort(places);
  Order order;
  for (auto [number, place] : llvm::enumerate(places)) {
    if (number && places[number - 1].first == place.first)
      return std::nullopt; // a diagonal
    order.push_back(place.second);
  }
  return order;
}

/// Whether the reduction runs in a launch of its own producers, whose outer indices it must keep.
bool sharesProducersLaunch(ReduceOp reduce) {
  StatementInterface statement = reduce;
  return llvm::any_of(reduce->getOperands(), [&](Value operand) {
    auto producer = dyn_cast_or_null<StatementInterface>(operand.getDefiningOp());
    return producer && sharedOuter(Group(producer), statement) == statement.getNumParallelIndices();
  });
}

/// The order that all readers of a reduction's result have in common and that is worth taking.
std::optional<Order> chooseOrder(ReduceOp reduce) {
  SmallVector<DimExpr> dims = cast<NamedTensorType>(reduce.getType()).getDims();
  std::optional<Order> chosen;
  for (OpOperand &use : reduce->getUses()) {
    if (!isa<MapOp, ReduceOp>(use.getOwner()))
      return std::nullopt;
    auto order = orderOf(cast<StatementInterface>(use.getOwner()), use.getOperandNumber());
    if (!order || order->size() != dims.size() || (chosen && chosen != order))
      return std::nullopt;
    // What contracts it packs it as it comes, but for the axis that is contiguous.
    bool keepsLast = order->empty() || order->back() == dims.size() - 1;
    if (!keepsLast && (isa<ReduceOp>(use.getOwner()) || dims[order->back()].constant().value_or(0) < kShortAxis))
      return std::nullopt;
    chosen = order;
  }
  bool isWorthIt = chosen && *chosen != identity(dims.size()) && !sharesProducersLaunch(reduce);
  return isWorthIt ? chosen : std::nullopt;
}

template <typename T> SmallVector<T> inOrder(ArrayRef<T> list, const Order &order) {
  SmallVector<T> out;
  for (unsigned axis : order)
    out.push_back(list[axis]);
  return out;
}

ArrayAttr inOrder(ArrayAttr list, const Order &order) {
  SmallVector<Attribute> out = inOrder<Attribute>(list.getValue(), order);
  llvm::append_range(out, list.getValue().drop_front(order.size()));
  return ArrayAttr::get(list.getContext(), out);
}

void apply(ReduceOp reduce, const Order &order) {
  auto type = cast<NamedTensorType>(reduce.getType());
  reduce.setIndicesAttr(inOrder(reduce.getIndicesAttr(), order));
  reduce.setExtentsAttr(inOrder(reduce.getExtentsAttr(), order));
  reduce->getResult(0).setType(NamedTensorType::get(type.getElementType(), inOrder<DimExpr>(type.getDims(), order)));
  for (OpOperand &use : reduce->getUses()) {
    auto all = use.getOwner()->getAttrOfType<ArrayAttr>("accesses");
    SmallVector<Attribute> accesses(all.begin(), all.end());
    Attribute &access = accesses[use.getOperandNumber()];
    access = inOrder(cast<ArrayAttr>(access), order);
    use.getOwner()->setAttr("accesses", ArrayAttr::get(reduce.getContext(), accesses));
  }
}

struct PlanLayoutsPass : ir::impl::FlexPlanLayoutsBase<PlanLayoutsPass> {
  void runOnOperation() override {
    // Readers first: what one of them reads follows the order that it has then.
    for (Operation &op : llvm::reverse(getOperation().getBody().front()))
      if (auto reduce = dyn_cast<ReduceOp>(op))
        if (auto order = chooseOrder(reduce))
          apply(reduce, *order);
  }
};

} // namespace
