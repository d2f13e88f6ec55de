//===- SemaOrder.cpp - Semantic analysis: sorting and scattering ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// sort, argsort, top_k: one ArgSort statement and reads at the positions it gives.
// scatter_*: a Scatter statement into a copy of its base.
//
//===----------------------------------------------------------------------===//
#include "SemaImpl.h"

#include <algorithm>

namespace flex::lang {

using namespace ast;

//===----------------------------------------------------------------------===//
// sort, argsort, top_k
//===----------------------------------------------------------------------===//

/// The positions along `axis` of the first `count` values, sorted.
Value Sema::argSort(const Value &value, size_t axis, bool descending, const DimExpr &count, const CallExpr &call) {
  DType type = value.expr->type;
  if (type == DType::Bool || isStorageOnly(type)) {
    report(Diag::OperandType, call.callee.name.range, {call.callee.name.text, dtypeName(type), "numbers"})
        .label(value.range, std::string("this is ") + dtypeName(type))
        .hint(isFloat(type) ? "convert it: f32(…)" : "convert it: i32(…)");
    return Value();
  }
  std::vector<DimExpr> shape = shapeOf(value), here;
  TStatement statement;
  statement.kind = TStatement::Kind::ArgSort;
  statement.axes = axesOf(shape);
  statement.ordered = {statement.axes[axis]};
  statement.descending = descending;
  statement.count = count;
  statement.range = call.range;
  for (const IndexVarRef &var : statement.axes)
    here.push_back(DimExpr::symbol(var->symbol));
  statement.value = at(value, here);
  shape[axis] = count;
  statement.tensor = addTensor("order", DType::I64, shape, false, call.range);
  if (!statement.value)
    return Value();
  kernel.statements.push_back(statement);
  Value result = tensorRef(statement.tensor, call.range);
  result.name = "";
  return result;
}

/// `value` at the positions along `axis` that a tensor of its rank gives.
Value Sema::atPositions(const Value &value, const Value &positions, size_t axis, SourceRange range) {
  std::vector<IndexVarRef> axes = axesOf(shapeOf(positions));
  std::vector<DimExpr> here;
  for (const IndexVarRef &var : axes)
    here.push_back(DimExpr::symbol(var->symbol));
  TExprRef position = at(positions, here);
  here[axis] = DimExpr::symbol("$0");
  return position ? tensor(makeLoad(value, here, {position}, range), axes, range) : Value();
}

/// sort and argsort; top_k also gives the positions.
std::vector<Value> Sema::evalSort(const CallExpr &call) {
  const std::string &name = call.callee.name.text;
  bool isTopK = name == "top_k";
  std::vector<const Expr *> given;
  bool fits = isTopK ? builtinArguments(call, {"x", "k", "axis"}, 2, given)
                     : builtinArguments(call, {"x", "axis", "descending"}, 1, given);
  if (!fits)
    return {};
  Value value = tensorArgument(call, given[0]);
  if (value.isError())
    return {};
  size_t rank = value.axes.size();
  const Expr *axisGiven = given[isTopK ? 2 : 1];
  auto axis = axisGiven ? axisArgument(axisGiven, rank, "'axis'") : std::optional(rank - 1);
  if (!axis)
    return {};
  std::vector<IndexVarRef> outer;
  if (!indicesToLift({&value}, "'" + name + "'", given[0]->range, outer))
    return {};
  value = stored(lift(value, outer, call.range), "'" + name + "'", given[0]->range);
  if (value.isError())
    return {};
  *axis += outer.size();
  value.rule = BoundaryRule::None;
  value.fill = nullptr;
  const DimExpr extent = *value.axes[*axis]->extent;
  std::optional<DimExpr> count = isTopK ? dimensionArgument(given[1]) : extent;
  std::optional<int64_t> descending = isTopK ? 1 : 0;
  if (!isTopK && given[2])
    descending = constantArgument(given[2], "'descending'");
  if (!count || !descending)
    return {};
  unsigned before = reports;
  if (isTopK) {
    requireNonNegative(*count, given[1]->range);
    requireNonNegative(extent - *count, given[1]->range);
  }
  if (reports != before)
    return {};
  Value positions = argSort(value, *axis, *descending != 0, *count, call);
  if (positions.isError())
    return {};
  Value here = unlift(positions, outer, call.range);
  if (name == "argsort")
    return {here};
  Value sorted = unlift(atPositions(value, positions, *axis, call.range), outer, call.range);
  return isTopK ? std::vector<Value>{sorted, here} : std::vector<Value>{sorted};
}

//===----------------------------------------------------------------------===//
// scatter
//===----------------------------------------------------------------------===//

static const struct {
  const char *name;
  ScatterKind kind;
} kScatters[] = {{"scatter_add", ScatterKind::Add},
                 {"scatter_mul", ScatterKind::Mul},
                 {"scatter_max", ScatterKind::Max},
                 {"scatter_min", ScatterKind::Min},
                 {"scatter_set", ScatterKind::Set}};

/// The places a scatter names: one tensor of integers, or a tuple of them of one shape, for as many leading axes.
bool Sema::scatterPlaces(const CallExpr &call, const Expr *expr, size_t rank, std::vector<Value> &places) {
  std::vector<const Expr *> written{expr};
  if (auto *tuple = dyn<TupleExpr>(expr)) {
    written.clear();
    for (const ExprPtr &element : tuple->elements)
      written.push_back(element.get());
  }
  for (const Expr *place : written) {
    Value value = tensorArgument(call, place);
    if (value.isError())
      return false;
    if (!isInteger(value.expr->type) || isLiteral(value.expr->type)) {
      report(Diag::IndexType, place->range, {describe(value)});
      return false;
    }
    if (!places.empty() && !joinable(call, places[0], value, std::nullopt))
      return false;
    places.push_back(std::move(value));
  }
  if (places.size() <= rank)
    return true;
  report(Diag::IndexCount, expr->range, {"the base", axesText(rank), std::to_string(places.size())});
  return false;
}

/// The scattered values over [places…, rest of the base…]; axes of 1 and missing leading ones stretch.
TExprRef Sema::scatterValue(const CallExpr &call, Value value, const Value &base, const TStatement &statement) {
  std::vector<IndexVarRef> axes = statement.ordered;
  axes.insert(axes.end(), statement.axes.begin(), statement.axes.end());
  std::vector<DimExpr> wanted;
  for (const IndexVarRef &axis : axes)
    wanted.push_back(*axis->extent);
  bool ok = value.axes.size() <= axes.size();
  for (size_t i = 0; ok && i < value.axes.size(); ++i) {
    const DimExpr &own = *value.axes[value.axes.size() - 1 - i]->extent;
    ok = own.constant() == 1 || prover.equal(own, wanted[wanted.size() - 1 - i]);
  }
  if (!ok) {
    report(Diag::ScatterShape, value.range, {call.callee.name.text, shapeText(wanted), shapeText(shapeOf(value))})
        .label(base.range, "shape " + shapeText(shapeOf(base)))
        .hint("the values have the axes of the index, then those of the base that the index does not choose");
    return nullptr;
  }
  DType type = base.expr->type;
  if (isLiteral(value.expr->type))
    value.expr = adapt(value.expr, type);
  if (!value.expr || value.expr->type == type)
    return value.expr ? atBroadcast(value, axes) : nullptr;
  report(Diag::TypeMismatch, call.callee.name.range,
         {call.callee.name.text, dtypeName(type), dtypeName(value.expr->type)})
      .label(base.range, std::string("this is ") + dtypeName(type))
      .label(value.range, std::string("this is ") + dtypeName(value.expr->type))
      .hint(std::string("convert the values: ") + dtypeName(type) + "(…)");
  return nullptr;
}

Value Sema::evalScatter(const CallExpr &call) {
  const std::string &name = call.callee.name.text;
  std::vector<const Expr *> given;
  if (!builtinArguments(call, {"base", "index", "values"}, 3, given))
    return Value();
  Value base = tensorArgument(call, given[0]);
  std::vector<Value> places;
  if (base.isError() || !scatterPlaces(call, given[1], base.axes.size(), places))
    return Value();
  Value values = eval(given[2]);
  if (values.isError())
    return Value();
  std::vector<const Value *> operands{&base, &values};
  for (const Value &place : places)
    operands.push_back(&place);
  std::vector<IndexVarRef> outer;
  if (!indicesToLift(operands, "'" + name + "'", call.range, outer))
    return Value();
  base = materialize(lift(base, outer, call.range), "base", given[0]->range);
  if (base.isError())
    return Value();
  TStatement statement;
  statement.kind = TStatement::Kind::Scatter;
  for (const auto &entry : kScatters)
    if (name == entry.name)
      statement.scatter = entry.kind;
  DType type = base.expr->type;
  if (statement.scatter != ScatterKind::Set && (type == DType::Bool || isStorageOnly(type))) {
    report(Diag::OperandType, call.callee.name.range, {name, dtypeName(type), "numbers"})
        .label(base.range, std::string("this is ") + dtypeName(type))
        .hint("convert it: i32(…)");
    return Value();
  }
  statement.range = call.range;
  statement.base = base.expr->tensor;
  statement.ordered = axesOf(shapeOf(places[0]));
  std::vector<DimExpr> shape = shapeOf(base), here;
  statement.axes = axesOf({shape.begin() + static_cast<long>(outer.size() + places.size()), shape.end()});
  for (const IndexVarRef &var : statement.ordered)
    here.push_back(DimExpr::symbol(var->symbol));
  for (const Value &place : places) {
    statement.place.push_back(DimExpr::symbol("$" + std::to_string(statement.data.size())));
    statement.data.push_back(placeOf(at(place, here), place.range));
  }
  for (const IndexVarRef &var : statement.axes)
    statement.place.push_back(DimExpr::symbol(var->symbol));
  statement.value = scatterValue(call, values, base, statement);
  if (!statement.value || std::count(statement.data.begin(), statement.data.end(), nullptr))
    return Value();
  if (!liftScatter(statement, outer))
    return Value();
  statement.tensor = addTensor("scattered", type, shape, false, call.range);
  kernel.statements.push_back(statement);
  Value result = unlift(tensorRef(statement.tensor, call.range), outer, call.range);
  result.name = "";
  return result;
}

} // namespace flex::lang
