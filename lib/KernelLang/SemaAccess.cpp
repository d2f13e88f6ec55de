//===- SemaAccess.cpp - Semantic analysis: what stands in brackets ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `x[i, 2*j]` is an element, `x[1:, ..., 0]` a tensor, `table[ids[t], d]` an element
// whose place data decides. Invariant: a place made of indices and dimensions is
// proved to be inside or read under a rule; one that data decides is always read under a rule.
//
//===----------------------------------------------------------------------===//
#include "SemaImpl.h"

#include <algorithm>

namespace flex::lang {

using namespace ast;

/// One axis of the tensor in front of the brackets.
struct Sema::IndexItem {
  const Expr *expr = nullptr; ///< null for an axis of `...`
  SourceRange range;
  IndexVarRef bound; ///< the index that stands alone here
  Value value;       ///< of a point: a number made of indices, or an integer of data; a tensor of them
  bool isSlice = false;
};

static bool isNumber(const Value &value) {
  return value.isScalar() && value.expr->type == DType::LiteralInt && value.expr->dim;
}

std::optional<DimExpr> Sema::evalIndexValue(const Expr *expr) {
  Value value = eval(expr);
  if (value.isError())
    return std::nullopt;
  if (isNumber(value))
    return value.expr->dim;
  report(Diag::IndexType, expr->range, {describe(value)}).hint(indexTypeHint(value.expr->type, shortText(expr->range)));
  return std::nullopt;
}

const std::vector<IndexVarRef> *Sema::indexPack() {
  Binding *binding = findBinding("...");
  return binding ? &binding->pack : nullptr;
}

/// One item per axis of `base`: `...` becomes as many as are missing. With a slice or a
/// tensor among them, missing ones at the end are whole axes.
bool Sema::indexItems(const IndexExpr &expr, const Value &base, const std::string &name,
                      std::vector<IndexItem> &items) {
  size_t rank = base.axes.size(), written = 0;
  bool ok = true, hasEllipsis = false, isView = false;
  for (const ExprPtr &index : expr.indices)
    written += index->kind != ExprKind::Ellipsis;
  for (const ExprPtr &index : expr.indices) {
    IndexItem item;
    item.expr = index.get();
    item.range = index->range;
    if (index->kind == ExprKind::Ellipsis) {
      hasEllipsis = true;
      const std::vector<IndexVarRef> *pack = indexPack();
      item.expr = nullptr;
      item.isSlice = !pack;
      isView |= !pack;
      for (size_t i = 0; pack ? i < pack->size() : i + written < rank; ++i) {
        if (pack) {
          item.bound = (*pack)[i];
          item.value = scalar(makeIndex(DimExpr::symbol(item.bound->symbol), item.range), item.range);
        }
        items.push_back(item);
      }
      continue;
    }
    item.isSlice = index->kind == ExprKind::Slice;
    if (!item.isSlice) {
      item.value = reportUnlistedIndex(index.get()) ? Value() : eval(index.get());
      bool isData = !item.value.isError() && isInteger(item.value.expr->type) && !isLiteral(item.value.expr->type);
      if (!item.value.isError() && !isNumber(item.value) && !isData) {
        report(Diag::IndexType, item.range, {describe(item.value)})
            .hint(indexTypeHint(item.value.expr->type, shortText(item.range)));
        ok = false;
      }
      ok &= !item.value.isError();
      if (auto *direct = dyn<NameExpr>(index))
        if (Binding *binding = findBinding(direct->name.str()))
          item.bound = binding->index;
    }
    isView |= item.isSlice || item.value.isTensor();
    items.push_back(std::move(item));
  }
  while (isView && !hasEllipsis && items.size() < rank) {
    items.emplace_back();
    items.back().range = expr.range;
    items.back().isSlice = true;
  }
  if (items.size() == rank || !ok)
    return ok;
  bool few = items.size() < rank && !items.empty();
  report(Diag::IndexCount, expr.range, {name, axesText(rank), std::to_string(items.size())})
      .hint(expr.range.file->text().substr(expr.range.end, 1) == "["
                ? "all indices stand in one bracket: '" + name + "[i, j]'"
            : few ? "name every axis, or write '...' for the whole of the others"
                  : "");
  return false;
}

/// `first:last:step` on one axis: the index over a new axis that is added to `axes`.
std::optional<DimExpr> Sema::evalSlice(const SliceExpr *slice, const Value &base, size_t axis, const std::string &name,
                                       std::vector<IndexVarRef> &axes) {
  const DimExpr extent = *base.axes[axis]->extent;
  std::optional<DimExpr> parts[2];
  int64_t step = 1;
  if (slice && slice->step) {
    auto value = constantArgument(slice->step.get(), "the step of a slice");
    if (!value || *value == 0) {
      if (value)
        report(Diag::SliceStep, slice->step->range);
      return std::nullopt;
    }
    step = *value;
  }
  const Expr *written[2] = {slice ? slice->first.get() : nullptr, slice ? slice->last.get() : nullptr};
  DimExpr defaults[2] = {step > 0 ? DimExpr(0) : extent - 1, step > 0 ? extent : DimExpr(-1)};
  for (int end = 0; end < 2; ++end) {
    parts[end] = written[end] ? evalIndexValue(written[end]) : defaults[end];
    if (!parts[end])
      return std::nullopt;
    auto constant = parts[end]->constant();
    if (written[end] && constant && *constant < 0)
      parts[end] = extent + *constant;
  }
  DimExpr first = *parts[0], last = *parts[1];
  DimExpr length = step > 0 ? last - first : first - last;
  DimExpr count = step == 1 || step == -1 ? length : length.ceilDiv(step > 0 ? step : 0 - step);
  std::set<std::string> names;
  count.collectSymbols(names);
  SourceRange range = slice ? slice->range : base.range;
  for (const std::string &symbol : names)
    if (auto it = symbols.find(symbol); it != symbols.end()) {
      report(Diag::SliceLength, range, {it->second->name}).hint("the length of a slice is the same everywhere");
      return std::nullopt;
    }
  axes.push_back(newAxis(count, base.axes[axis]->name));
  DimExpr index = first + DimExpr::symbol(axes.back()->symbol) * step;
  if (!index.isValid() || !count.isValid()) {
    report(Diag::DimensionOverflow, range);
    return std::nullopt;
  }
  if (!slice)
    return index;
  first.collectSymbols(names);
  bool moves = std::any_of(names.begin(), names.end(), [&](const std::string &n) { return symbols.count(n) != 0; });
  DimExpr low = step > 0 ? first : last + 1, high = step > 0 ? last : first + 1;
  PendingAccess access{*parts[0], extent, axis, name, range, {}, {}, BoundaryRule::None, nullptr};
  requireInside(length, access, &*parts[1]);
  if (moves) { // proved with the ranges of the indices
    addPending(base, name, axis, index, range, base.rule);
    return index;
  }
  if (written[step > 0 ? 0 : 1])
    requireInside(low, access, &*parts[1]);
  if (written[step > 0 ? 1 : 0])
    requireInside(extent - high, access, &*parts[1]);
  return index;
}

/// Requires of the dimensions what makes a point, or a slice up to `last`, lie inside: `value` >= 0.
void Sema::requireInside(const DimExpr &value, const PendingAccess &access, const DimExpr *last) {
  Constraint constraint;
  constraint.kind = Constraint::Kind::LessEqual;
  constraint.lhs = 0;
  constraint.rhs = value;
  constraint.source = "0 <= " + value.str();
  constraint.range = access.range;
  if (!prover.contradicts(constraint))
    require(constraint);
  else if (last)
    report(Diag::SliceRange, access.range,
           {access.tensor, access.index.str(), last->str(), std::to_string(access.axis), access.extent.str()});
  else
    reportOutOfRange(access);
}

void Sema::addPending(const Value &base, const std::string &name, size_t axis, const DimExpr &index, SourceRange range,
                      BoundaryRule rule, std::vector<IndexVarRef> nonEmpty, bool guarded) {
  if (indexScopes.empty())
    return;
  nonEmpty.insert(nonEmpty.end(), active.begin() + static_cast<long>(std::min(nonEmptyFrom, active.size())),
                  active.end());
  std::set<std::string> used;
  index.collectSymbols(used);
  for (const std::string &symbol : used)
    if (auto it = symbols.find(symbol); it != symbols.end())
      nonEmpty.push_back(it->second);
  Binding *declared = findBinding(name);
  indexScopes.back().accesses.push_back({index, *base.axes[axis]->extent, axis, name, range,
                                         declared ? declared->range : SourceRange(), std::move(nonEmpty), rule, nullptr,
                                         guarded});
}

/// An index read from data, as i64; what does not fit stays beyond every end.
TExprRef Sema::placeOf(TExprRef value, SourceRange range) {
  if (value && value->type == DType::U64)
    value = makeApply(ScalarOp::Min, DType::U64, {value, makeConst(DType::U64, INT64_MAX, 0, range)}, range);
  return castTo(value, DType::I64, range);
}

/// The place of a point on one axis. It is added to `points`, to be proved inside, unless it is made of dimensions
/// and literals and stands in a slice or counts from the end.
DimExpr Sema::pointIndex(const IndexItem &item, const Value &base, size_t axis, const std::string &name, bool isView,
                         bool fromEnd, std::vector<std::pair<size_t, DimExpr>> &points) {
  const DimExpr &extent = *base.axes[axis]->extent;
  DimExpr index = *item.value.expr->dim;
  bool moves = !indicesOf(index).empty(), negative = index.constant().value_or(0) < 0;
  if (negative && fromEnd)
    index = extent + index;
  if (base.rule == BoundaryRule::None && !moves && (isView || (negative && fromEnd))) {
    // As the ends of a slice: what the dimensions must be is the caller's duty.
    PendingAccess access{index, extent, axis, name, item.range, {}, {}, BoundaryRule::None, nullptr};
    requireInside(index, access);
    requireInside(extent - 1 - index, access);
    return index;
  }
  if (item.bound)
    bindExtent(*item.bound, extent, base, item.range);
  if (base.rule != BoundaryRule::None)
    bindShifted(index, extent, base, item.range);
  points.emplace_back(axis, index);
  return index;
}

Value Sema::evalIndex(const IndexExpr &expr) {
  Value base = eval(expr.base.get());
  std::vector<IndexItem> items;
  std::string name = base.name.empty() ? std::string(expr.base->range.text().substr(0, 24)) : base.name;
  if (base.isError() || !indexItems(expr, base, name, items))
    return Value();
  // In a slice, and where all is literal, a negative literal counts from the end, as in NumPy.
  bool fromEnd = base.rule == BoundaryRule::None;
  bool isView =
      std::any_of(items.begin(), items.end(), [](auto &item) { return item.isSlice || item.value.isTensor(); });
  fromEnd &= isView || std::all_of(items.begin(), items.end(),
                                   [](auto &item) { return isNumber(item.value) && item.value.expr->dim->constant(); });
  bool isSelf = readsSelf(base);
  std::vector<IndexVarRef> axes;
  std::vector<DimExpr> indices;
  std::vector<TExprRef> data;
  std::vector<std::pair<size_t, DimExpr>> points;
  std::vector<size_t> chosen; // axes whose place data decides
  size_t tensors = 0;
  for (size_t axis = 0; axis < items.size(); ++axis) {
    IndexItem &item = items[axis];
    if (item.isSlice) {
      auto index = evalSlice(dyn<SliceExpr>(item.expr), base, axis, name, axes);
      if (!index)
        return Value();
      indices.push_back(*index);
      continue;
    }
    if (isNumber(item.value)) {
      indices.push_back(pointIndex(item, base, axis, name, isView, fromEnd, points));
      continue;
    }
    if (item.value.isTensor() && ++tensors > 1) {
      report(Diag::IndexTensors, item.range).hint("use index notation, e.g. 'let y[t] = " + name + "[a[t], b[t]]'");
      return Value();
    }
    std::vector<IndexVarRef> own = axesOf(shapeOf(item.value));
    std::vector<DimExpr> places;
    for (const IndexVarRef &var : own)
      places.push_back(DimExpr::symbol(var->symbol));
    axes.insert(axes.end(), own.begin(), own.end());
    indices.push_back(DimExpr::symbol("$" + std::to_string(data.size())));
    data.push_back(placeOf(at(item.value, places), item.range));
    if (!data.back())
      return Value();
    chosen.push_back(axis);
  }
  // Clamp needs an element to read; the rules that give a value do not.
  for (size_t axis : chosen)
    if (!isSelf)
      addPending(base, name, axis, 0, items[axis].range,
                 base.rule == BoundaryRule::None ? BoundaryRule::Clamp : base.rule, axes);
  // What is read outside of a dependent range is not used, but read it is: as 0.
  bool guarded = base.rule == BoundaryRule::None && data.empty() && !isSelf && isPlain(base) &&
                 std::any_of(points.begin(), points.end(), [&](const auto &point) { return isMasked(point.second); });
  for (const auto &[axis, index] : points)
    if (!isSelf)
      addPending(base, name, axis, index, items[axis].range, base.rule, {}, guarded);
  if (guarded)
    setRule(base, BoundaryRule::Zero, expr.range);
  if (axes.size() > kMaxRank) {
    report(Diag::RankTooLarge, expr.range, {std::to_string(kMaxRank), std::to_string(axes.size())});
    return Value();
  }
  TExprRef element = data.empty() && !isSelf ? elementOf(base, indices, expr.range)
                                             : makeLoad(base, indices, std::move(data), expr.range);
  Value value = tensor(element, axes, expr.range);
  value.name = name;
  return value;
}

/// A read whose place data decides: of a tensor in memory, under a rule.
TExprRef Sema::makeLoad(const Value &base, const std::vector<DimExpr> &indices, std::vector<TExprRef> data,
                        SourceRange range) {
  Restore<size_t> elsewhere(nonEmptyFrom, active.size()); // the base may become a statement of its own
  Value whole = stored(base, "an index read from data", range);
  if (whole.isError())
    return nullptr;
  TExprRef element = at(whole, indices);
  if (!element)
    return nullptr;
  TExpr node = *element;
  node.kind = TKind::Load;
  node.range = range;
  node.operands.clear();
  node.rule = base.rule == BoundaryRule::None ? BoundaryRule::Clamp : base.rule;
  if (base.fill)
    node.operands.push_back(base.fill);
  node.operands.insert(node.operands.end(), data.begin(), data.end());
  return make(std::move(node));
}

} // namespace flex::lang
