//===- SemaTensor.cpp - Semantic analysis: tensors put together and taken apart ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// concat, stack, pad, reshape, transpose and flip; what builtins with named
// arguments share. Each is an index expression over its operands, so none of them
// moves data by itself.
//
//===----------------------------------------------------------------------===//
#include "Hints.h"
#include "SemaImpl.h"

#include <algorithm>

namespace flex::lang {

using namespace ast;

//===----------------------------------------------------------------------===//
// Arguments
//===----------------------------------------------------------------------===//

/// Sorts a builtin's arguments to `params`, by position or by name; the first
/// `required` of them must be given. With `variadic`, arguments without a name go to `rest`.
bool Sema::builtinArguments(const CallExpr &call, const std::vector<std::string> &params, size_t required,
                            std::vector<const Expr *> &given, std::vector<const Expr *> *rest) {
  const std::string &callee = call.callee.name.text;
  given.assign(params.size(), nullptr);
  size_t position = 0;
  for (const Argument &argument : call.arguments) {
    size_t index = position;
    if (argument.name) {
      index = static_cast<size_t>(std::find(params.begin(), params.end(), argument.name->text) - params.begin());
      if (index == params.size()) {
        bool hasAxis = std::find(params.begin(), params.end(), "axis") != params.end();
        std::string near = hasAxis ? argumentHint(argument.name->text) : "";
        report(Diag::UnknownArgument, argument.name->range, {callee, argument.name->text})
            .hint(near.empty() ? didYouMean(argument.name->text, params) : near);
        return false;
      }
    } else if (rest) {
      rest->push_back(argument.value.get());
      continue;
    } else if (++position > params.size()) {
      break;
    }
    if (given[index]) {
      report(Diag::DuplicateArgument, argument.value->range, {params[index], callee});
      return false;
    }
    given[index] = argument.value.get();
  }
  bool enough = std::all_of(given.begin(), given.begin() + static_cast<long>(required), [](auto *e) { return e; });
  if (enough && position <= params.size() && !(rest && rest->empty()))
    return true;
  std::string takes = rest ? "tensors" : "";
  for (size_t i = 0; i < params.size(); ++i)
    takes += (takes.empty() ? "" : ", ") + (i < required ? params[i] : "[" + params[i] + "]");
  report(Diag::ArgumentCount, call.range, {callee, takes, std::to_string(call.arguments.size())});
  return false;
}

/// The value of an argument that has axes.
Value Sema::tensorArgument(const CallExpr &call, const Expr *expr) {
  Value value = eval(expr);
  if (!value.isScalar())
    return value;
  report(Diag::NeedsTensor, expr->range, {call.callee.name.text});
  return Value();
}

/// An axis of a tensor of `rank` axes; negative ones count from the end.
std::optional<size_t> Sema::axisArgument(const Expr *expr, size_t rank, const char *what) {
  auto number = constantArgument(expr, what);
  if (!number)
    return std::nullopt;
  int64_t position = *number < 0 ? *number + static_cast<int64_t>(rank) : *number;
  if (position >= 0 && position < static_cast<int64_t>(rank))
    return static_cast<size_t>(position);
  report(Diag::BadAxis, expr->range, {std::to_string(*number), "a tensor of " + axesText(rank)}).hint(axisHint(rank));
  return std::nullopt;
}

/// A number made of dimensions and literals; it must not depend on an index.
std::optional<DimExpr> Sema::dimensionArgument(const Expr *expr) {
  Value value = eval(expr);
  if (value.isError())
    return std::nullopt;
  std::set<std::string> names;
  bool ok = value.isScalar() && value.expr->type == DType::LiteralInt && value.expr->dim;
  if (ok)
    value.expr->dim->collectSymbols(names);
  ok = ok && std::none_of(names.begin(), names.end(), [&](const std::string &name) { return symbols.count(name); });
  if (ok)
    return value.expr->dim;
  report(Diag::BadDimension, expr->range, {ok ? "" : "'" + std::string(expr->range.text().substr(0, 40)) + "'"});
  return std::nullopt;
}

/// Makes sure that `value` reads a tensor in memory, so that it can be read under a
/// boundary rule or at places that data decides.
Value Sema::stored(Value value, const std::string &what, SourceRange range) {
  if (isView(value))
    return value;
  std::vector<IndexVarRef> outer;
  if (value.isError() || !indicesToLift({&value}, what, range, outer))
    return Value();
  std::string name = value.name.empty() ? "operand" : value.name;
  return unlift(materialize(lift(value, outer, range), name, range), outer, range);
}

std::vector<Value> Sema::evalTensorBuiltin(const CallExpr &call) {
  Restore<size_t> elsewhere(nonEmptyFrom, active.size()); // may become a statement of its own
  const std::string &name = call.callee.name.text;
  if (name == "concat" || name == "stack")
    return {evalJoin(call, name == "stack")};
  if (name == "pad")
    return {evalPad(call)};
  if (name == "reshape")
    return {evalReshape(call)};
  if (name == "transpose")
    return {evalTranspose(call)};
  if (name == "flip")
    return {evalFlip(call)};
  if (name.starts_with("cum"))
    return {evalCumulative(call)};
  if (name.starts_with("scatter_"))
    return {evalScatter(call)};
  return evalSort(call);
}

//===----------------------------------------------------------------------===//
// concat, stack
//===----------------------------------------------------------------------===//

/// Whether two tensors have equal shapes; `except` need not agree.
bool Sema::joinable(const CallExpr &call, const Value &a, const Value &b, std::optional<size_t> except) {
  bool same = a.axes.size() == b.axes.size();
  for (size_t i = 0; same && i < a.axes.size(); ++i)
    same = i == except || prover.equal(*a.axes[i]->extent, *b.axes[i]->extent);
  if (same)
    return true;
  report(Diag::JoinShape, call.callee.name.range,
         {call.callee.name.text, shapeText(shapeOf(a)), shapeText(shapeOf(b)),
          except ? "of one shape but for axis " + std::to_string(*except) : "of one shape"})
      .label(a.range, "shape " + shapeText(shapeOf(a)))
      .label(b.range, "shape " + shapeText(shapeOf(b)))
      .hint(joinHint(a, b));
  return false;
}

Value Sema::evalJoin(const CallExpr &call, bool isStack) {
  std::vector<const Expr *> given, operands;
  if (!builtinArguments(call, {"axis"}, 0, given, &operands))
    return Value();
  std::vector<Value> parts;
  for (const Expr *operand : operands) {
    parts.push_back(isStack ? eval(operand) : tensorArgument(call, operand));
    if (parts.back().isError())
      return Value();
    if (!isStack) // read beyond its ends, where another part is taken
      parts.back() = stored(parts.back(), "concat", operand->range);
    if (parts.back().isError())
      return Value();
  }
  size_t rank = parts[0].axes.size() + isStack;
  auto axis = given[0] ? axisArgument(given[0], rank, "'axis'") : std::optional<size_t>(0);
  if (!axis)
    return Value();
  for (size_t i = 1; i < parts.size(); ++i)
    if (!joinable(call, parts[0], parts[i], isStack ? std::nullopt : axis))
      return Value();
  if (rank > kMaxRank) {
    report(Diag::RankTooLarge, call.range, {std::to_string(kMaxRank), std::to_string(rank)});
    return Value();
  }
  std::vector<DimExpr> shape = shapeOf(parts[0]), starts;
  if (isStack)
    shape.insert(shape.begin() + static_cast<long>(*axis), DimExpr(0));
  DimExpr total(0);
  for (const Value &part : parts) {
    starts.push_back(total);
    total = total + (isStack ? DimExpr(1) : *part.axes[*axis]->extent);
  }
  shape[*axis] = total;
  std::vector<IndexVarRef> axes = axesOf(shape);
  DimExpr here = DimExpr::symbol(axes[*axis]->symbol);
  TExprRef result;
  for (size_t n = parts.size(); n-- > 0;) {
    std::vector<DimExpr> indices;
    for (size_t i = 0; i < axes.size(); ++i)
      if (!isStack || i != *axis)
        indices.push_back(i == *axis ? here - starts[n] : DimExpr::symbol(axes[i]->symbol));
    Value part = parts[n];
    if (!isStack && parts.size() > 1)
      // Elsewhere another part is taken, so any element will do; clamp is the cheapest, but needs one.
      setRule(part, prover.nonNegative(*part.axes[*axis]->extent - 1) ? BoundaryRule::Clamp : BoundaryRule::Zero,
              call.range);
    TExprRef element = elementOf(part, indices, part.range);
    if (!element)
      return Value();
    if (!result) {
      result = element;
      continue;
    }
    TExprRef isBefore = applyBinary(BinaryOp::Less, makeIndex(here, call.range), makeIndex(starts[n + 1], call.range),
                                    call.callee.name.range);
    if (!isBefore || !unify(element, result, call.callee.name.range, call.callee.name.text.c_str()))
      return Value();
    DType type = element->type;
    result = makeApply(ScalarOp::Select, type, {isBefore, element, result}, call.range);
    if (!result)
      return Value();
  }
  return tensor(result, axes, call.range);
}

//===----------------------------------------------------------------------===//
// pad, flip
//===----------------------------------------------------------------------===//

/// Which axes an `axis` argument names: a literal or a tuple of them; all if there is none.
bool Sema::axesArgument(const Expr *expr, size_t rank, std::vector<bool> &chosen) {
  chosen.assign(rank, !expr);
  if (!expr)
    return true;
  std::vector<const Expr *> axes{expr};
  if (auto *tuple = dyn<TupleExpr>(expr)) {
    axes.clear();
    for (const ExprPtr &element : tuple->elements)
      axes.push_back(element.get());
  }
  for (const Expr *axis : axes) {
    auto position = axisArgument(axis, rank, "'axis'");
    if (!position)
      return false;
    chosen[*position] = true;
  }
  return true;
}

Value Sema::evalPad(const CallExpr &call) {
  std::vector<const Expr *> given;
  if (!builtinArguments(call, {"x", "axis", "before", "after", "value"}, 1, given))
    return Value();
  Value value = tensorArgument(call, given[0]);
  std::vector<bool> chosen;
  if (value.isError() || !axesArgument(given[1], value.axes.size(), chosen))
    return Value();
  auto before = given[2] ? dimensionArgument(given[2]) : std::optional(DimExpr(0));
  auto after = given[3] ? dimensionArgument(given[3]) : std::optional(DimExpr(0));
  if (!before || !after)
    return Value();
  unsigned errors = reports;
  requireNonNegative(*before, given[2] ? given[2]->range : call.range);
  requireNonNegative(*after, given[3] ? given[3]->range : call.range);
  if (reports != errors)
    return Value();
  value = stored(std::move(value), "pad", given[0]->range);
  if (value.isError())
    return Value();
  if (!given[4])
    setRule(value, BoundaryRule::Zero, call.range);
  else if (!setFill(value, given[4], "the value of 'pad'"))
    return Value();
  std::vector<DimExpr> shape = shapeOf(value), indices;
  for (size_t i = 0; i < shape.size(); ++i)
    if (chosen[i])
      shape[i] = shape[i] + *before + *after;
  std::vector<IndexVarRef> axes = axesOf(shape);
  for (size_t i = 0; i < axes.size(); ++i)
    indices.push_back(DimExpr::symbol(axes[i]->symbol) - (chosen[i] ? *before : DimExpr(0)));
  return tensor(elementOf(value, indices, call.range), axes, call.range);
}

Value Sema::evalFlip(const CallExpr &call) {
  std::vector<const Expr *> given;
  if (!builtinArguments(call, {"x", "axis"}, 1, given))
    return Value();
  Value value = tensorArgument(call, given[0]);
  std::vector<bool> chosen;
  if (value.isError() || !axesArgument(given[1], value.axes.size(), chosen))
    return Value();
  std::vector<IndexVarRef> axes = axesOf(shapeOf(value));
  std::vector<DimExpr> indices;
  for (size_t i = 0; i < axes.size(); ++i) {
    DimExpr index = DimExpr::symbol(axes[i]->symbol);
    indices.push_back(chosen[i] ? *axes[i]->extent - 1 - index : index);
  }
  return tensor(at(value, indices), axes, call.range);
}

//===----------------------------------------------------------------------===//
// transpose, reshape
//===----------------------------------------------------------------------===//

Value Sema::evalTranspose(const CallExpr &call) {
  std::vector<const Expr *> given, operands;
  if (!builtinArguments(call, {}, 0, given, &operands))
    return Value();
  Value value = tensorArgument(call, operands[0]);
  if (value.isError())
    return Value();
  size_t rank = value.axes.size();
  std::vector<size_t> order;
  for (size_t i = 1; i < operands.size(); ++i) {
    auto axis = axisArgument(operands[i], rank, "an axis");
    if (!axis)
      return Value();
    order.push_back(*axis);
  }
  if (operands.size() == 1 && rank >= 2) {
    for (size_t i = 0; i < rank; ++i)
      order.push_back(i < rank - 2 ? i : i == rank - 2 ? rank - 1 : rank - 2);
  }
  std::vector<IndexVarRef> axes;
  std::vector<DimExpr> indices(rank);
  std::vector<bool> seen(rank, false);
  bool ok = order.size() == rank;
  for (size_t i = 0; ok && i < rank; ++i) {
    ok = !seen[order[i]];
    seen[order[i]] = true;
    axes.push_back(newAxis(*value.axes[order[i]]->extent, value.axes[order[i]]->name));
    indices[order[i]] = DimExpr::symbol(axes.back()->symbol);
  }
  if (!ok) {
    report(Diag::TransposeAxes, call.range, {axesText(rank)})
        .label(value.range, "shape " + shapeText(shapeOf(value)))
        .hint("without axes, 'transpose' swaps the last two");
    return Value();
  }
  return tensor(at(value, indices), axes, call.range);
}

static DimExpr product(const std::vector<DimExpr> &shape, size_t first, size_t last) {
  DimExpr result(1);
  for (size_t i = first; i < last; ++i)
    result = result * shape[i];
  return result;
}

/// The shape that `reshape` names; one axis may be -1, for what is left.
bool Sema::reshapedShape(const std::vector<const Expr *> &operands, const Value &value, std::vector<DimExpr> &shape) {
  std::optional<size_t> open;
  for (size_t i = 1; i < operands.size(); ++i) {
    auto dim = dimensionArgument(operands[i]);
    if (!dim)
      return false;
    auto number = dim->constant();
    if (number && *number < 0 && (*number != -1 || open)) {
      report(Diag::NegativeDimension, operands[i]->range, {dim->str()})
          .hint("one axis may be -1: it takes the elements that are left");
      return false;
    }
    if (number == -1)
      open = shape.size();
    shape.push_back(*dim);
  }
  if (shape.size() > kMaxRank) {
    report(Diag::RankTooLarge, operands[0]->range, {std::to_string(kMaxRank), std::to_string(shape.size())});
    return false;
  }
  if (!open)
    return true;
  // Equal dimensions cancel, so that (M, N, K) to (M, -1) has N*K and no division.
  std::vector<DimExpr> rest = shapeOf(value), divisors;
  for (size_t i = 0; i < shape.size(); ++i) {
    auto it = i == *open ? rest.end() : std::find(rest.begin(), rest.end(), shape[i]);
    if (it != rest.end())
      rest.erase(it);
    else if (i != *open)
      divisors.push_back(shape[i]);
  }
  DimExpr divisor = product(divisors, 0, divisors.size());
  shape[*open] = product(rest, 0, rest.size()).floorDiv(divisor);
  if (divisor == DimExpr(0))
    shape[*open] = 0;
  return true;
}

Value Sema::evalReshape(const CallExpr &call) {
  std::vector<const Expr *> given, operands;
  if (!builtinArguments(call, {}, 0, given, &operands))
    return Value();
  Value value = tensorArgument(call, operands[0]);
  std::vector<DimExpr> to;
  if (value.isError() || !reshapedShape(operands, value, to))
    return Value();
  std::vector<DimExpr> from = shapeOf(value);
  // Equal axes at either end stay; only what is between is counted through. An axis known to be empty counts, too:
  // without it the rest need not be equal.
  size_t front = 0, back = 0, most = std::min(from.size(), to.size());
  auto stays = [&](const DimExpr &a, const DimExpr &b) { return a != DimExpr(0) && prover.equal(a, b); };
  while (front < most && stays(from[front], to[front]))
    ++front;
  while (back < most - front && stays(from[from.size() - 1 - back], to[to.size() - 1 - back]))
    ++back;
  size_t fromEnd = from.size() - back, toEnd = to.size() - back;
  Constraint same;
  same.lhs = product(from, front, fromEnd);
  same.rhs = product(to, front, toEnd);
  same.source = same.lhs.str() + " == " + same.rhs.str();
  same.range = call.range;
  if (!same.lhs.isValid() || !same.rhs.isValid()) {
    report(Diag::DimensionOverflow, call.range);
    return Value();
  }
  for (const DimExpr &dim : to)
    requireNonNegative(dim, call.range);
  if (prover.contradicts(same)) {
    report(Diag::ReshapeCount, call.range,
           {shapeText(from), product(from, 0, from.size()).str(), shapeText(to), product(to, 0, to.size()).str()})
        .label(value.range, "shape " + shapeText(from));
    return Value();
  }
  require(same);
  std::vector<IndexVarRef> axes = axesOf(to);
  DimExpr flat(0);
  for (size_t i = front; i < toEnd; ++i)
    flat = flat * to[i] + DimExpr::symbol(axes[i]->symbol);
  std::vector<DimExpr> indices;
  // A divisor is at least 1 wherever the result has an element; elsewhere nothing may depend on it.
  auto positive = [&](const DimExpr &dim) { return prover.nonNegative(dim - 1) ? dim : DimExpr::max(dim, 1); };
  for (size_t i = 0; i < from.size(); ++i) {
    if (i < front || i >= fromEnd) {
      indices.push_back(DimExpr::symbol(axes[i < front ? i : to.size() - (from.size() - i)]->symbol));
      continue;
    }
    DimExpr index = flat, inner = product(from, i + 1, fromEnd);
    if (inner != DimExpr(1))
      index = index.floorDiv(positive(inner));
    if (i > front)
      index = index.mod(positive(from[i]));
    indices.push_back(index);
  }
  for (const DimExpr &index : indices)
    if (!index.isValid()) {
      report(Diag::DimensionOverflow, call.range);
      return Value();
    }
  // A contraction whose index counts through several axes cannot be tiled: it keeps its own axes.
  bool isSplit = std::any_of(indices.begin(), indices.end(), [&](const DimExpr &index) {
    return std::any_of(axes.begin(), axes.end(),
                       [&](const IndexVarRef &axis) { return !index.linearIn(axis->symbol); });
  });
  auto sumsProducts = [](const TExpr &node) {
    return node.kind == TKind::Reduce && node.reduce == ReduceKind::Sum && node.operands[0]->operands.size() >= 2;
  };
  if (isSplit && findNode(*value.expr, sumsProducts))
    value = materialize(value, "operand", value.range);
  return value.isError() ? value : tensor(at(value, indices), axes, call.range);
}

} // namespace flex::lang
