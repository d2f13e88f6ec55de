//===- SemaIndex.cpp - Semantic analysis: index notation ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Indices, their ranges, accesses and reductions. A range follows from the first
// access that has the index alone on an axis; what is read is checked when all
// ranges of the statement are known.
//
//===----------------------------------------------------------------------===//
#include "SemaImpl.h"

#include <algorithm>

namespace flex::lang {

using namespace ast;

IndexVarRef Sema::newVar(const std::string &name, SourceRange range) {
  auto var = std::make_shared<IndexVar>();
  var->name = name;
  var->symbol = name + "$" + std::to_string(nextSymbol++);
  var->range = range;
  symbols[var->symbol] = var;
  return var;
}

IndexVarRef Sema::newAxis(const DimExpr &extent, const std::string &name) {
  IndexVarRef axis = newVar(name, {});
  axis->extent = extent;
  return axis;
}

std::vector<IndexVarRef> Sema::axesOf(const std::vector<DimExpr> &shape) {
  std::vector<IndexVarRef> axes;
  for (const DimExpr &extent : shape)
    axes.push_back(newAxis(extent));
  return axes;
}

//===----------------------------------------------------------------------===//
// Ranges
//===----------------------------------------------------------------------===//

void Sema::pushIndexScope() {
  indexScopes.emplace_back();
  indexScopes.back().reportsBefore = reports;
}

/// Settles the ranges of all indices declared since the push, then checks what
/// was read. A result's declared shape decides before an access with a boundary rule.
void Sema::popIndexScope(const std::vector<IndexVarRef> &free, const ResolvedType *declared) {
  IndexScope scope = std::move(indexScopes.back());
  indexScopes.pop_back();
  if (declared && declared->ok)
    for (size_t i = 0; i < free.size() && i < declared->shape.size(); ++i)
      bindDeclared(*free[i], declared->shape[i]);
  for (const IndexVarRef &var : scope.vars) {
    if (!var->extent && var->weakExtent) {
      var->extent = var->weakExtent;
      var->extentRange = var->weakRange;
    }
    if (var->extent)
      continue;
    if (reports == scope.reportsBefore)
      report(Diag::IndexRangeUnknown, var->range, {var->name})
          .hint("give its range, e.g. '" + var->name + " in 0..N-1'");
    var->extent = DimExpr(1);
  }
  if (reports != scope.reportsBefore)
    return;
  for (const PendingAccess &access : scope.accesses) {
    std::set<std::string> names;
    access.index.collectSymbols(names);
    bool open = std::any_of(names.begin(), names.end(), [&](const std::string &name) {
      auto it = symbols.find(name);
      return it != symbols.end() && !it->second->extent;
    });
    if (open && !indexScopes.empty())
      indexScopes.back().accesses.push_back(access);
    else
      checkAccess(access);
  }
}

/// The declared result's axis is a use of the index like any other.
void Sema::bindDeclared(IndexVar &var, const DimExpr &extent) {
  if (!var.extent) {
    var.extent = extent;
    var.extentFrom = "the declared result";
    return;
  }
  if (var.isExplicit || prover.equal(*var.extent, extent))
    return; // an explicit range that differs is a wrong result shape
  report(Diag::IndexConflict, var.extentRange,
         {var.name, var.extent->str(), var.extentFrom, extent.str(), "the declared result"})
      .label(frame().function->name.range, "the result is declared here")
      .hint("give the index its range, e.g. '" + var.name + " in 0.." + (extent - 1).str() + "'");
}

/// The divisors that change with an open dimension or an index.
static void collectDivisors(const DimExpr &expr, std::vector<DimExpr> &divisors) {
  for (const DimExpr::Term &term : expr.terms())
    for (const auto &atom : term.atoms) {
      for (const DimExpr &operand : atom->operands)
        collectDivisors(operand, divisors);
      bool divides = !atom->isName && atom->op != DimExpr::OpKind::Min && atom->op != DimExpr::OpKind::Max;
      if (divides && !atom->operands[1].isConstant())
        divisors.push_back(atom->operands[1]);
    }
}

/// What is read needs `value` to be at least 1: a divisor, or an axis that a boundary rule
/// moves the index into. If that is not proved, the kernel requires it wherever anything is read.
void Sema::requirePositive(const DimExpr &value, const PendingAccess &access, const std::vector<DimExpr> &facts) {
  if (prover.nonNegative(value - 1, facts))
    return;
  std::set<std::string> names;
  value.collectSymbols(names);
  if (std::any_of(names.begin(), names.end(), [&](const std::string &name) { return symbols.count(name) != 0; })) {
    report(Diag::IndexType, access.range, {"a division by something that may be 0"});
    return;
  }
  DimExpr points(1);
  std::set<const IndexVar *> seen;
  for (const IndexVarRef &var : access.nonEmpty)
    if (var->extent && seen.insert(var.get()).second)
      points = points * *var->extent;
  bool certain = !points.isValid() || prover.nonNegative(points - 1, {});
  Constraint constraint;
  constraint.kind = Constraint::Kind::LessEqual;
  constraint.lhs = certain ? DimExpr(1) : DimExpr::min(points, 1);
  constraint.rhs = value;
  constraint.source = constraint.lhs.str() + " <= " + value.str();
  constraint.range = access.range;
  require(constraint);
}

void Sema::checkAccess(const PendingAccess &access) {
  std::vector<DimExpr> facts, divisors;
  for (const IndexVarRef &var : access.nonEmpty)
    if (var->extent)
      facts.push_back(*var->extent - 1);
  collectDivisors(access.index, divisors);
  for (const DimExpr &divisor : divisors)
    requirePositive(divisor, access, facts);
  if (access.rule != BoundaryRule::None) {
    bool isFill = access.rule == BoundaryRule::Fill || access.rule == BoundaryRule::Zero;
    return isFill ? void() : requirePositive(access.extent, access, facts);
  }
  bool low = prover.nonNegative(access.index, facts);
  bool high = prover.nonNegative(access.extent - 1 - access.index, facts);
  if (!low || !high)
    reportOutOfRange(access);
}

/// The end of an index expression's range, where it is linear with constant factors.
static DimExpr endOf(DimExpr expr, bool last, const std::map<std::string, IndexVarRef> &symbols) {
  std::set<std::string> names;
  expr.collectSymbols(names);
  for (const std::string &name : names) {
    auto it = symbols.find(name);
    auto linear = it == symbols.end() ? std::nullopt : expr.linearIn(name);
    auto slope = linear ? linear->first.constant() : std::nullopt;
    if (!slope || !it->second->extent)
      continue;
    expr = (*slope > 0) == last ? linear->second + linear->first * (*it->second->extent - 1) : linear->second;
  }
  return expr;
}

static std::string readable(const DimExpr &expr) {
  std::string text;
  bool skipping = false;
  for (char c : expr.str()) {
    skipping = c == '$' || (skipping && c >= '0' && c <= '9');
    if (!skipping)
      text += c;
  }
  return text;
}

void Sema::reportOutOfRange(const PendingAccess &access) {
  DimExpr first = endOf(access.index, false, symbols), last = endOf(access.index, true, symbols);
  report(Diag::OutOfRange, access.range,
         {"'" + std::string(access.range.text().substr(0, 40)) + "'", access.tensor, readable(first), readable(last),
          std::to_string(access.axis), access.extent.str()})
      .label(access.tensorRange, "'" + access.tensor + "' is declared here")
      .hint("wrap the tensor in a boundary rule, e.g. 'let p = clamp(" + access.tensor +
            ")', or shrink the range of an index");
}

bool Sema::setExplicitRange(IndexVar &var, const IndexDecl &decl) {
  auto first = evalIndexValue(decl.first.get()), last = first ? evalIndexValue(decl.last.get()) : std::nullopt;
  if (!first || !last)
    return false;
  std::set<std::string> names;
  first->collectSymbols(names);
  last->collectSymbols(names);
  for (const std::string &name : names)
    if (auto it = symbols.find(name); it != symbols.end()) {
      report(Diag::DependentRange, decl.first->range.to(decl.last->range), {var.name, it->second->name})
          .hint("take the whole range and choose with 'if'");
      return false;
    }
  var.first = *first;
  var.extent = *last - *first + 1;
  var.isExplicit = true;
  var.extentFrom = "its range";
  var.extentRange = decl.first->range.to(decl.last->range);
  requireNonNegative(*var.extent, var.extentRange);
  return true;
}

/// Puts indices into the innermost scope of names.
bool Sema::declareIndices(const std::vector<IndexDecl> &decls, bool makesAxes, std::vector<IndexVarRef> &vars) {
  bool ok = true;
  for (const IndexDecl &decl : decls) {
    const std::string &name = decl.name.text;
    IndexVarRef var = newVar(name, decl.name.range);
    if (decl.first)
      ok &= setExplicitRange(*var, decl);
    if (makesAxes && var->first != DimExpr(0)) {
      report(Diag::FreeIndexStart, decl.first->range, {name}).hint("shift the index where it is used");
      ok = false;
    }
    vars.push_back(var);
    indexScopes.back().vars.push_back(var);
    active.push_back(var);
    Binding *old = findBinding(name);
    if (old && old->index && std::find(vars.begin(), vars.end(), old->index) != vars.end()) {
      report(Diag::DuplicateIndex, decl.name.range, {name}).label(old->range, "first here");
      ok = false;
      continue;
    }
    auto dim = frame().dims.find(name);
    if (old || dim != frame().dims.end()) {
      report(Diag::IndexHidesName, decl.name.range, {name, old ? old->what : "dimension"})
          .label(old ? old->range : dim->second.range, "defined here")
          .hint("choose another name for the index");
      ok = false;
      continue;
    }
    Binding binding;
    binding.index = var;
    binding.range = decl.name.range;
    binding.what = "index";
    binding.used = true;
    frame().scopes.back().emplace(name, std::move(binding));
  }
  return ok;
}

void Sema::bindExtent(IndexVar &var, const DimExpr &extent, const Value &base, SourceRange range) {
  if (var.isExplicit)
    return;
  std::string from = base.name.empty() ? "this value" : "'" + base.name + "'";
  if (base.rule != BoundaryRule::None) {
    if (!var.weakExtent) {
      var.weakExtent = extent;
      var.weakRange = range;
    }
    return;
  }
  if (!var.extent) {
    var.extent = extent;
    var.extentFrom = from;
    var.extentRange = range;
    return;
  }
  if (prover.equal(*var.extent, extent))
    return;
  report(Diag::IndexConflict, range, {var.name, var.extent->str(), var.extentFrom, extent.str(), from})
      .label(var.extentRange, "index '" + var.name + "' has " + var.extent->str() + " values here")
      .hint("use one name for dimensions that are equal, or give the index a range");
}

/// `p[i + 1]` where p has a boundary rule: i runs over p, unless something else
/// gives it a range.
void Sema::bindShifted(const DimExpr &index, const DimExpr &extent, const Value &base, SourceRange range) {
  std::set<std::string> names;
  index.collectSymbols(names);
  for (const std::string &name : names) {
    auto it = symbols.find(name);
    auto linear = it == symbols.end() ? std::nullopt : index.linearIn(name);
    if (linear && linear->first == DimExpr(1) && linear->second.isConstant())
      bindExtent(*it->second, extent, base, range);
  }
}

//===----------------------------------------------------------------------===//
// Accesses
//===----------------------------------------------------------------------===//

std::optional<DimExpr> Sema::evalIndexValue(const Expr *expr) {
  Value value = eval(expr);
  if (value.isError())
    return std::nullopt;
  if (value.isScalar() && value.expr->type == DType::LiteralInt && value.expr->dim)
    return value.expr->dim;
  if (isInteger(value.expr->type) && !isLiteral(value.expr->type)) {
    notSupported(expr->range, "an index read from a tensor (gather)");
    return std::nullopt;
  }
  report(Diag::IndexType, expr->range, {describe(value)});
  return std::nullopt;
}

void Sema::addPending(const Value &base, const IndexExpr &expr, const std::string &name,
                      const std::vector<DimExpr> &indices) {
  std::vector<IndexVarRef> nonEmpty(active.begin() + static_cast<long>(std::min(nonEmptyFrom, active.size())),
                                    active.end());
  std::set<std::string> used;
  for (const DimExpr &index : indices)
    index.collectSymbols(used);
  for (const std::string &symbol : used)
    if (auto it = symbols.find(symbol); it != symbols.end())
      nonEmpty.push_back(it->second);
  Binding *declared = findBinding(name);
  for (size_t axis = 0; axis < indices.size(); ++axis)
    indexScopes.back().accesses.push_back({indices[axis], *base.axes[axis]->extent, axis, name,
                                           expr.indices[axis]->range, declared ? declared->range : SourceRange(),
                                           nonEmpty, base.rule});
}

const std::vector<IndexVarRef> *Sema::indexPack() {
  Binding *binding = findBinding("...");
  return binding ? &binding->pack : nullptr;
}

Value Sema::evalSlice(const IndexExpr &expr, Value base) {
  notSupported(expr.range, "a slice");
  return Value();
}

Value Sema::evalScan(const Name &name, const std::vector<IndexDecl> &indices, const ScanExpr &scan) {
  notSupported(scan.keyword.range, "'scan'");
  return Value();
}

Value Sema::evalIndex(const IndexExpr &expr) {
  Value base = eval(expr.base.get());
  if (base.isError())
    return Value();
  for (const ExprPtr &index : expr.indices)
    if (index->kind == ExprKind::Slice || (index->kind == ExprKind::Ellipsis && !indexPack()))
      return evalSlice(expr, std::move(base));
  std::string name = base.name.empty() ? std::string(expr.base->range.text().substr(0, 24)) : base.name;
  if (expr.indices.size() != base.axes.size()) {
    size_t count = expr.indices.size();
    report(Diag::IndexCount, expr.range, {name, axesText(base.axes.size()), std::to_string(count)})
        .hint(count < base.axes.size() && count ? "name every axis; there are no slices yet" : "");
    for (const ExprPtr &index : expr.indices)
      eval(index.get());
    return Value();
  }
  std::vector<DimExpr> indices;
  for (const ExprPtr &index : expr.indices) {
    auto value = evalIndexValue(index.get());
    if (!value)
      return Value();
    indices.push_back(*value);
  }
  for (size_t axis = 0; axis < indices.size(); ++axis) {
    const DimExpr &extent = *base.axes[axis]->extent;
    if (auto *direct = dyn<NameExpr>(expr.indices[axis]))
      if (Binding *binding = findBinding(direct->name.str()); binding && binding->index)
        bindExtent(*binding->index, extent, base, expr.indices[axis]->range);
    if (base.rule != BoundaryRule::None)
      bindShifted(indices[axis], extent, base, expr.indices[axis]->range);
  }
  if (!indexScopes.empty())
    addPending(base, expr, name, indices);
  Value value = scalar(elementOf(base, indices, expr.range), expr.range);
  value.name = name;
  return value;
}

//===----------------------------------------------------------------------===//
// Reductions
//===----------------------------------------------------------------------===//

TExprRef Sema::reduceScalar(ReduceKind kind, TExprRef body, std::vector<IndexVarRef> loops, SourceRange name,
                            SourceRange range) {
  bool logical = kind == ReduceKind::Any || kind == ReduceKind::All;
  bool ok = logical                    ? body->type == DType::Bool
            : kind == ReduceKind::Mean ? isFloat(body->type)
                                       : body->type != DType::Bool;
  if (!ok) {
    const char *takes = logical ? "bool" : kind == ReduceKind::Mean ? "a float type" : "numbers";
    report(Diag::OperandType, name, {reduceName(kind), dtypeName(body->type), takes})
        .label(body->range, std::string("this is ") + dtypeName(body->type))
        .hint(logical                    ? "compare it, e.g. '… != 0'"
              : kind == ReduceKind::Mean ? "convert it: f32(…)"
                                         : "convert it: i32(…)");
    return nullptr;
  }
  return makeReduce(kind, std::move(body), std::move(loops), range);
}

Value Sema::evalReduce(const ReduceExpr &expr) {
  auto kind = reduceKindFromName(expr.reducer.text);
  if (!kind) {
    notSupported(expr.reducer.range, "the reduction '" + expr.reducer.text + "'");
    return Value();
  }
  // Outside of a statement in index form this is a statement's whole expression.
  pushIndexScope();
  frame().scopes.emplace_back();
  size_t activeBefore = active.size();
  std::vector<IndexVarRef> vars;
  bool ok = declareIndices(expr.indices, /*makesAxes=*/false, vars);
  Restore<size_t> inside(nonEmptyFrom, activeBefore);
  Value body = eval(expr.body.get());
  active.resize(activeBefore);
  frame().scopes.pop_back();
  // Ranges of outer indices may still be open: settle with the outer scope.
  IndexScope inner = std::move(indexScopes.back());
  indexScopes.pop_back();
  if (indexScopes.empty())
    pushIndexScope();
  IndexScope &outer = indexScopes.back();
  outer.vars.insert(outer.vars.end(), inner.vars.begin(), inner.vars.end());
  outer.accesses.insert(outer.accesses.end(), inner.accesses.begin(), inner.accesses.end());
  if (!ok || body.isError())
    return Value();
  if (body.isTensor()) {
    report(Diag::NeedsIndex, expr.body->range,
           {body.name.empty() ? std::string("the value") : body.name, axesText(body.axes.size())})
        .hint("index it, or reduce the whole tensor: '" + expr.reducer.text + "(…)'");
    return Value();
  }
  return scalar(reduceScalar(*kind, body.expr, vars, expr.reducer.range, expr.range), expr.range);
}

} // namespace flex::lang
