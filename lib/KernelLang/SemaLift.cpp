//===- SemaLift.cpp - Semantic analysis: whole-tensor forms inside of index notation ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `[i] sort(x[i, :])[0]`: what works on a tensor in memory, or in an order, is computed once for
// all values of the indices around it, which become leading axes, and read at them. Invariant: a
// lifted value uses no index but those of its axes and reductions.
//
//===----------------------------------------------------------------------===//
#include "SemaImpl.h"

#include <algorithm>

namespace flex::lang {

std::set<std::string> Sema::outerIndices(const Value &value) const {
  std::set<std::string> used, bound;
  for (const IndexVarRef &axis : value.axes)
    bound.insert(axis->symbol);
  visitNodes(*value.expr, [&](const TExpr &node) {
    if (node.dim)
      node.dim->collectSymbols(used);
    for (const DimExpr &index : node.indices)
      index.collectSymbols(used);
    for (const IndexVarRef &loop : node.loops)
      bound.insert(loop->symbol);
  });
  std::set<std::string> outer;
  for (const std::string &name : used)
    if (symbols.count(name) && !bound.count(name))
      outer.insert(name);
  return outer;
}

/// Whether the value is computed from elements of a scan whose body is being read.
const TExpr *Sema::findSelfRead(const Value &value) const {
  return findNode(*value.expr, [&](const TExpr &node) {
    bool reads = node.kind == TKind::Access || node.kind == TKind::Load;
    return reads && std::find(selves.begin(), selves.end(), node.tensor) != selves.end();
  });
}

/// The indices around the values, with their ranges; `what` is applied to the values. Reports a range that is
/// not known yet, and elements of a scan inside of its body.
bool Sema::indicesToLift(const std::vector<const Value *> &values, const std::string &what, SourceRange range,
                         std::vector<IndexVarRef> &outer) {
  std::set<std::string> names;
  for (const Value *value : values) {
    names.merge(outerIndices(*value));
    if (const TExpr *read = findSelfRead(*value)) {
      const TTensor &self = kernel.tensors[read->tensor];
      report(Diag::ScanWhole, range, {what, self.name}).label(self.range, "'" + self.name + "' is computed here");
      return false;
    }
  }
  for (const IndexVarRef &var : active) // in the order of their declaration
    if (names.erase(var->symbol))
      outer.push_back(var);
  for (const std::string &name : names)
    outer.push_back(symbols.at(name));
  for (const IndexVarRef &var : outer) {
    if (!var->extent && var->declaredExtent) { // as when the statement ends, but for what it still reads
      var->extent = var->declaredExtent;
      var->extentFrom = "the declared result";
      var->extentRange = var->range;
    }
    if (var->extent)
      continue;
    if (auto it = dependents.find(var.get()); it != dependents.end())
      reportDependent(*var, it->second);
    else
      report(Diag::LiftRange, range, {what, var->name})
          .label(var->range, "index '" + var->name + "'")
          .hint("give its range: '" + var->name + " in 0..N-1'");
    return false;
  }
  return true;
}

/// The value for all values of `outer`, which are its leading axes.
Value Sema::lift(const Value &value, const std::vector<IndexVarRef> &outer, SourceRange range) {
  if (outer.empty())
    return value;
  std::map<std::string, DimExpr> replacements;
  std::vector<IndexVarRef> axes;
  for (const IndexVarRef &var : outer) {
    axes.push_back(newAxis(*var->extent, var->name));
    replacements.emplace(var->symbol, DimExpr::symbol(axes.back()->symbol));
  }
  axes.insert(axes.end(), value.axes.begin(), value.axes.end());
  if (axes.size() > kMaxRank) {
    report(Diag::RankTooLarge, range, {std::to_string(kMaxRank), std::to_string(axes.size())});
    return Value();
  }
  TExprRef expr = substitute(value.expr, replacements);
  if (!expr)
    return Value();
  Value lifted = value;
  lifted.kind = Value::Kind::Tensor;
  lifted.expr = std::move(expr);
  lifted.axes = std::move(axes);
  return lifted;
}

/// A lifted tensor where the indices are.
Value Sema::unlift(const Value &lifted, const std::vector<IndexVarRef> &outer, SourceRange range) {
  if (lifted.isError() || outer.empty())
    return lifted;
  std::map<std::string, DimExpr> replacements;
  for (size_t i = 0; i < outer.size(); ++i)
    replacements.emplace(lifted.axes[i]->symbol, DimExpr::symbol(outer[i]->symbol));
  std::vector<IndexVarRef> axes(lifted.axes.begin() + static_cast<long>(outer.size()), lifted.axes.end());
  Value value = tensor(substitute(lifted.expr, replacements), std::move(axes), range);
  value.name = lifted.name;
  return value;
}

/// Makes a scatter of values, or to places, that depend on indices around it one of all their values: these are
/// leading axes of its base and result.
bool Sema::liftScatter(TStatement &statement, const std::vector<IndexVarRef> &outer) {
  std::map<std::string, DimExpr> replacements;
  std::vector<IndexVarRef> axes;
  std::vector<DimExpr> places;
  for (const IndexVarRef &var : outer) {
    axes.push_back(newAxis(*var->extent, var->name));
    places.push_back(DimExpr::symbol(axes.back()->symbol));
    replacements.emplace(var->symbol, places.back());
  }
  statement.axes.insert(statement.axes.begin(), axes.begin(), axes.end());
  statement.place.insert(statement.place.begin(), places.begin(), places.end());
  statement.value = substitute(statement.value, replacements);
  bool ok = statement.value != nullptr;
  for (TExprRef &data : statement.data) {
    data = ok ? substitute(data, replacements) : nullptr;
    ok = ok && data;
  }
  return ok;
}

/// Makes a scan that depends on indices around it one of all their values: its result has them as leading axes.
bool Sema::liftScan(TStatement &statement, Value &value, size_t firstStatement, const std::vector<IndexVarRef> &outer) {
  std::vector<DimExpr> leading, extents;
  for (const IndexVarRef &var : outer) {
    leading.push_back(DimExpr::symbol(var->symbol));
    extents.push_back(*var->extent);
  }
  std::map<const TExpr *, TExprRef> done;
  auto widen = [&](auto &self, const TExprRef &expr) -> TExprRef {
    if (auto it = done.find(expr.get()); it != done.end())
      return it->second;
    TExpr node = *expr;
    bool changed = expr->tensor == statement.tensor && (expr->kind == TKind::Access || expr->kind == TKind::Load);
    if (changed)
      node.indices.insert(node.indices.begin(), leading.begin(), leading.end());
    for (TExprRef &operand : node.operands) {
      TExprRef widened = self(self, operand);
      changed |= widened != operand;
      operand = std::move(widened);
    }
    TExprRef result = changed ? make(std::move(node)) : expr;
    done.emplace(expr.get(), result);
    return result;
  };
  for (size_t i = firstStatement; i < kernel.statements.size(); ++i)
    if (!(kernel.statements[i].value = widen(widen, kernel.statements[i].value)))
      return false;
  value.expr = widen(widen, value.expr);
  value = value.expr ? lift(value, outer, statement.range) : Value();
  std::vector<DimExpr> &shape = kernel.tensors[statement.tensor].shape;
  shape.insert(shape.begin(), extents.begin(), extents.end());
  return !value.isError();
}

} // namespace flex::lang
