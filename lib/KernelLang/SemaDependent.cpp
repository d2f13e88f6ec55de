//===- SemaDependent.cpp - Semantic analysis: ranges that follow another index ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `sum(k in 0..j) x[k]` runs over every value that k has for any j, and what is
// outside of the range counts as the reduction's identity. Invariant: loops of the typed
// form are rectangular, so an access is inside for the whole of them, or reads 0 elsewhere.
//
//===----------------------------------------------------------------------===//
#include "SemaImpl.h"

#include <algorithm>
#include <cmath>

namespace flex::lang {

using namespace ast;

/// The indices an expression uses.
std::vector<IndexVarRef> Sema::indicesOf(const DimExpr &expr) const {
  std::set<std::string> names;
  expr.collectSymbols(names);
  std::vector<IndexVarRef> vars;
  for (const std::string &name : names)
    if (auto it = symbols.find(name); it != symbols.end())
      vars.push_back(it->second);
  return vars;
}

/// The smallest or largest value of an expression over its indices, each of which must occur with a
/// constant factor and, where it matters, have its range.
std::optional<DimExpr> Sema::extremeOf(DimExpr expr, bool largest) const {
  for (const IndexVarRef &var : indicesOf(expr)) {
    auto linear = expr.linearIn(var->symbol);
    auto slope = linear ? linear->first.constant() : std::nullopt;
    if (!slope)
      return std::nullopt;
    bool atEnd = (*slope > 0) == largest;
    if (atEnd && !var->extent)
      return std::nullopt;
    expr = atEnd ? linear->second + linear->first * (*var->extent - 1) : linear->second;
  }
  return expr;
}

/// Notes the range; its extent follows when the indices around have theirs.
bool Sema::declareDependent(IndexVar &var, const IndexDecl &decl, const DimExpr &first, const DimExpr &last) {
  SourceRange range = decl.first->range.to(decl.last->range);
  std::vector<IndexVarRef> outer = indicesOf(first);
  DependentRange dependent{first, last, !outer.empty(), !indicesOf(last).empty(), range, {}};
  auto lowest = extremeOf(first, /*largest=*/false);
  if (!lowest && prover.nonNegative(first)) // e.g. `i / 2`
    lowest = DimExpr(0);
  if (!lowest) {
    reportDependent(var, dependent);
    return false;
  }
  var.first = *lowest;
  var.isExplicit = true;
  var.extentFrom = "its range";
  var.extentRange = range;
  DimExpr extent = last - *lowest + 1;
  if (!dependent.maskLast)
    var.extent = prover.nonNegative(extent) ? extent : DimExpr::max(extent, 0);
  dependents.emplace(&var, std::move(dependent));
  return true;
}

void Sema::reportDependent(const IndexVar &var, const DependentRange &dependent) {
  std::vector<IndexVarRef> outer = indicesOf(dependent.maskLast ? dependent.last : dependent.first);
  report(Diag::DependentRange, dependent.range, {var.name, outer.empty() ? "" : outer[0]->name})
      .hint("take the whole range and choose: 'if … { … } else { 0 }'");
}

/// Gives the index the axis it stands alone on, if the range never leaves that, else the largest range.
void Sema::settleDependent(IndexVar &var) {
  const DependentRange &dependent = dependents.at(&var);
  for (const DimExpr &axis : dependent.axes)
    if (!var.extent && var.first == DimExpr(0) && prover.nonNegative(axis - 1 - dependent.last))
      var.extent = axis;
  if (var.extent)
    return;
  auto largest = extremeOf(dependent.last, /*largest=*/true);
  if (!largest) {
    reportDependent(var, dependent);
    var.extent = DimExpr(1);
    return;
  }
  DimExpr extent = *largest - var.first + 1;
  var.extent = prover.nonNegative(extent) ? extent : DimExpr::max(extent, 0);
}

/// True for a place like `i - k` that may be inside for the values of k that count only.
bool Sema::isMasked(const DimExpr &index) const {
  for (const IndexVarRef &var : indicesOf(index))
    if (dependents.count(var.get()) && !(index - DimExpr::symbol(var->symbol)).isConstant())
      return true;
  return false;
}

/// Proves `value` >= 0 for all values of the indices, or for those that dependent ranges let count.
bool Sema::isInside(const DimExpr &value, const PendingAccess &access, const std::vector<DimExpr> &facts) const {
  if (prover.nonNegative(value, facts))
    return true;
  std::vector<DimExpr> masks;
  for (const IndexVarRef &var : access.guarded ? indicesOf(access.index) : std::vector<IndexVarRef>()) {
    auto it = dependents.find(var.get());
    if (it == dependents.end())
      continue;
    DimExpr index = DimExpr::symbol(var->symbol) + var->first;
    masks.push_back(it->second.last - index);
    masks.push_back(index - it->second.first);
  }
  return std::any_of(masks.begin(), masks.end(), [&](const DimExpr &a) {
    return prover.nonNegative(value - a, facts) || std::any_of(masks.begin(), masks.end(), [&](const DimExpr &b) {
             return prover.nonNegative(value - a - b, facts);
           });
  });
}

/// The value that a reduction starts from.
TExprRef Sema::identityOf(ReduceKind kind, DType type, SourceRange range) {
  if (kind != ReduceKind::Max && kind != ReduceKind::Min) {
    uint64_t one = kind == ReduceKind::Prod || kind == ReduceKind::All;
    return makeConst(type, one, static_cast<double>(one), range);
  }
  bool lowest = kind == ReduceKind::Max;
  unsigned bits = bitWidth(type);
  uint64_t highest = bits == 64 ? UINT64_MAX : (uint64_t(1) << bits) - 1;
  if (isUnsigned(type))
    return makeConst(type, lowest ? 0 : highest, 0, range);
  if (isFloat(type))
    return makeConst(type, 0, lowest ? -INFINITY : INFINITY, range);
  uint64_t smallest = uint64_t(0) - (uint64_t(1) << (bits - 1));
  return makeConst(type, lowest ? smallest : highest >> 1, 0, range);
}

/// The reduction of a body whose loops include dependent ranges; as given if none does.
TExprRef Sema::maskedReduce(ReduceKind kind, TExprRef body, const std::vector<IndexVarRef> &loops, SourceRange name,
                            SourceRange range) {
  TExprRef mask;
  DimExpr count = 1;
  for (const IndexVarRef &loop : loops) {
    auto it = dependents.find(loop.get());
    if (it == dependents.end()) {
      count = loop->extent ? count * *loop->extent : DimExpr::invalid();
      continue;
    }
    const DependentRange &dependent = it->second;
    TExprRef value = makeIndex(DimExpr::symbol(loop->symbol) + loop->first, range);
    auto both = [&](BinaryOp op, const DimExpr &end) {
      TExprRef test = applyBinary(op, value, makeIndex(end, range), range);
      mask = mask && test ? makeApply(ScalarOp::And, DType::Bool, {mask, test}, range) : test;
    };
    if (dependent.maskFirst)
      both(BinaryOp::GreaterEqual, dependent.first);
    if (dependent.maskLast)
      both(BinaryOp::LessEqual, dependent.last);
    count = count * DimExpr::max(dependent.last - dependent.first + 1, 0);
  }
  if (!mask)
    return reduceScalar(kind, std::move(body), loops, name, range);
  bool position = kind == ReduceKind::ArgMax || kind == ReduceKind::ArgMin;
  bool mean = kind == ReduceKind::Mean;
  if (position || (mean && !count.isValid())) {
    auto it = std::find_if(loops.begin(), loops.end(), [&](auto &loop) { return dependents.count(loop.get()); });
    reportDependent(**it, dependents.at(it->get()));
    return nullptr;
  }
  if (isLiteral(body->type))
    body = adapt(body, isFloat(body->type) ? DType::F64 : DType::I64);
  TExprRef identity = body ? identityOf(mean ? ReduceKind::Sum : kind, body->type, range) : nullptr;
  if (!identity)
    return nullptr;
  DType type = body->type;
  body = makeApply(ScalarOp::Select, type, {mask, std::move(body), std::move(identity)}, range);
  TExprRef result = body ? reduceScalar(mean ? ReduceKind::Sum : kind, body, loops, name, range) : nullptr;
  if (!mean || !result)
    return result;
  return applyBinary(BinaryOp::Divide, result, castTo(makeIndex(count, range), type, range), range);
}

} // namespace flex::lang
