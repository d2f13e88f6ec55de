//===- SemaIndex.cpp - Semantic analysis: index notation ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Indices, their ranges and reductions; what stands in brackets is SemaAccess.cpp. A range follows from the first
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
    for (size_t i = 0; i < free.size() && i < declared->shape.size() && reports == scope.reportsBefore; ++i)
      bindDeclared(*free[i], declared->shape[i]);
  for (const IndexVarRef &var : scope.vars) {
    if (dependents.count(var.get()))
      continue;
    // The axis of a scan does not follow from the scan itself.
    bool isOpen =
        var->weakExtent && Prover::isOpen(*var->weakExtent) && std::find(free.begin(), free.end(), var) != free.end();
    if (!var->extent && var->weakExtent && !isOpen) {
      var->extent = var->weakExtent;
      var->extentRange = var->weakRange;
    }
    if (var->extent)
      continue;
    if (declared && !declared->ok)
      ++reports; // of the declared result, which might have given the range
    else if (reports == scope.reportsBefore)
      report(Diag::IndexRangeUnknown, var->range, {var->name})
          .hint("give its range, e.g. '" + var->name + " in 0..N-1'");
    var->extent = DimExpr(1);
  }
  if (reports != scope.reportsBefore)
    return;
  for (const IndexVarRef &var : scope.vars)
    if (dependents.count(var.get()) && !var->extent) {
      std::vector<IndexVarRef> outer = indicesOf(dependents.at(var.get()).last);
      bool open = std::any_of(outer.begin(), outer.end(), [](const IndexVarRef &index) { return !index->extent; });
      if (open && !indexScopes.empty())
        indexScopes.back().vars.push_back(var); // with the ranges of the statement around
      else
        settleDependent(*var);
    }
  for (const IndexVarRef &var : scope.vars)
    noteRange(*var);
  std::set<std::string> said; // tensors of which one index too far has been reported: the rule that mends it mends all
  for (const PendingAccess &access : scope.accesses) {
    std::set<std::string> names;
    access.index.collectSymbols(names);
    bool open = std::any_of(names.begin(), names.end(), [&](const std::string &name) {
      auto it = symbols.find(name);
      return it != symbols.end() && !it->second->extent;
    });
    if (open && !indexScopes.empty())
      indexScopes.back().accesses.push_back(access);
    else if (!said.count(access.tensor)) {
      unsigned before = reports;
      checkAccess(access);
      if (reports != before)
        said.insert(access.tensor);
    }
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
      .label(frame().function->results.empty() ? frame().function->name.range : frame().function->results[0].range,
             "the result is declared here")
      .hint(var.extent->asSymbol() && extent.asSymbol()
                ? "the indices before the value are the result's axes in this order; are two of them swapped?"
                : "give the index its range, e.g. '" + var.name + " in 0.." + (extent - 1).str() + "'");
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
  if (access.loop)
    return requirePositive(*access.loop->extent, access, {});
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
  bool low = isInside(access.index, access, facts);
  bool high = isInside(access.extent - 1 - access.index, access, facts);
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
  auto place = access.index.constant();
  std::string runs = !place ? "runs from " + readable(first) + " to " + readable(last)
                     : *place < 0
                         ? "lies before the first element"
                         : "needs at least " + std::to_string(*place + 1) + (*place ? " elements" : " element");
  report(Diag::OutOfRange, access.range,
         {"'" + std::string(access.range.text().substr(0, 40)) + "'", access.tensor, runs, std::to_string(access.axis),
          access.extent.str()})
      .label(access.tensorRange, "'" + access.tensor + "' is declared here")
      .hint(outOfRangeHint(access, last));
}

bool Sema::setExplicitRange(IndexVar &var, const IndexDecl &decl, bool makesAxis) {
  auto first = evalIndexValue(decl.first.get()), last = first ? evalIndexValue(decl.last.get()) : std::nullopt;
  if (!first || !last)
    return false;
  std::vector<IndexVarRef> outer = indicesOf(*first), atEnd = indicesOf(*last);
  outer.insert(outer.end(), atEnd.begin(), atEnd.end());
  if (!makesAxis && !indicesOf(*last - *first).empty())
    return declareDependent(var, decl, *first, *last);
  if (!makesAxis) // a window of one length: `k in i..i+2`
    outer.clear();
  if (!outer.empty()) {
    report(Diag::DependentRange, decl.first->range.to(decl.last->range), {var.name, outer[0]->name})
        .hint("take the whole range and choose: 'if " + var.name + " <= " + outer[0]->name + " { … } else { 0 }'");
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

/// `...` among indices: one for each axis that `...` of the signature stands for.
bool Sema::declarePack(const IndexDecl &decl, std::vector<IndexVarRef> &vars) {
  if (!frame().pack) {
    report(Diag::PackUnknown, decl.name.range).hint("give a parameter a type like 'float[..., N]'");
    return false;
  }
  if (Binding *old = findBinding("...")) {
    report(Diag::DuplicateIndex, decl.name.range, {"..."}).label(old->range, "first here");
    return false;
  }
  Binding binding;
  binding.range = decl.name.range;
  binding.what = "index";
  binding.used = true;
  for (const DimExpr &extent : *frame().pack) {
    IndexVarRef var = newVar("d", decl.name.range);
    var->extent = extent;
    var->extentFrom = "'...'";
    var->extentRange = decl.name.range;
    indexScopes.back().vars.push_back(var);
    active.push_back(var);
    vars.push_back(var);
    binding.pack.push_back(std::move(var));
  }
  frame().scopes.back().emplace("...", std::move(binding));
  return true;
}

/// Puts indices into the innermost scope of names.
bool Sema::declareIndices(const std::vector<IndexDecl> &decls, bool makesAxes, std::vector<IndexVarRef> &vars) {
  bool ok = true;
  for (const IndexDecl &decl : decls) {
    const std::string &name = decl.name.text;
    if (decl.isEllipsis) {
      ok &= declarePack(decl, vars);
      continue;
    }
    IndexVarRef var = newVar(name, decl.name.range);
    if (decl.first)
      ok &= setExplicitRange(*var, decl, makesAxes);
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
  if (auto it = dependents.find(&var); it != dependents.end() && !Prover::isOpen(extent)) {
    std::vector<DimExpr> &axes = it->second.axes;
    if (axes.size() < kMaxRank && std::find(axes.begin(), axes.end(), extent) == axes.end())
      axes.push_back(extent);
  }
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
      .at((base.name.empty() ? "shape " : "'" + base.name + "' has shape ") + shapeText(shapeOf(base)))
      .hint("are two indices swapped? if both dimensions are equal, give them one name");
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
// Reductions
//===----------------------------------------------------------------------===//

TExprRef Sema::reduceScalar(ReduceKind kind, TExprRef body, std::vector<IndexVarRef> loops, SourceRange name,
                            SourceRange range) {
  bool logical = kind == ReduceKind::Any || kind == ReduceKind::All;
  bool position = kind == ReduceKind::ArgMax || kind == ReduceKind::ArgMin;
  if (position && isLiteral(body->type) && !(body = adapt(body, isFloat(body->type) ? DType::F64 : DType::I64)))
    return nullptr;
  bool ok = logical                    ? body->type == DType::Bool
            : kind == ReduceKind::Mean ? isFloat(body->type)
                                       : body->type != DType::Bool;
  if (!ok) {
    const char *takes = logical ? "bool" : kind == ReduceKind::Mean ? "a float type" : "numbers";
    report(Diag::OperandType, name, {reduceName(kind), dtypeName(body->type), takes})
        .label(body->range, std::string("this is ") + dtypeName(body->type))
        .hint(logical                    ? "compare it, e.g. '" + shortText(body->range) + " != 0'"
              : kind == ReduceKind::Mean ? "convert it: f32(" + shortText(body->range) + ")"
                                         : "convert it: i32(" + shortText(body->range) + ")");
    return nullptr;
  }
  for (const IndexVarRef &loop : loops) {
    if (!position)
      break;
    PendingAccess some; // the position of nothing does not exist
    some.index = DimExpr::symbol(loop->symbol);
    some.range = range;
    some.loop = loop;
    if (indexScopes.empty())
      checkAccess(some);
    else
      indexScopes.back().accesses.push_back(some);
  }
  return makeReduce(kind, std::move(body), std::move(loops), range);
}

Value Sema::evalReduce(const ReduceExpr &expr) {
  auto kind = reduceKindFromName(expr.reducer.text);
  if (!kind)
    return Value(); // the parser reads reducers only
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
    reportNeedsIndex(expr.body.get(), body);
    return Value();
  }
  return scalar(maskedReduce(*kind, body.expr, vars, expr.reducer.range, expr.range), expr.range);
}

} // namespace flex::lang
