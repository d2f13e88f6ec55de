//===- SemaStmt.cpp - Semantic analysis: statements and results ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Blocks, `let`, results and the scopes of names. A `let` that computes becomes
// a statement; one that only names a tensor or a scalar does not.
//
//===----------------------------------------------------------------------===//
#include "SemaImpl.h"

namespace flex::lang {

using namespace ast;

Binding *Sema::findBinding(const std::string &name) {
  for (auto scope = frame().scopes.rbegin(); scope != frame().scopes.rend(); ++scope)
    if (auto it = scope->find(name); it != scope->end())
      return &it->second;
  return nullptr;
}

bool Sema::bind(const Name &name, Binding binding) {
  if (name.text == "_") // what nobody reads, any number of times
    return true;
  if (Binding *old = findBinding(name.text)) {
    report(Diag::Redefined, name.range, {name.text}).label(old->range, "defined here").hint("choose another name");
    return false;
  }
  binding.range = name.range;
  note(name.range, binding.value);
  frame().scopes.back().emplace(name.text, std::move(binding));
  return true;
}

void Sema::warnUnused(const std::map<std::string, Binding> &scope) {
  if (frames.size() > 1 || reports)
    return;
  for (const auto &[name, binding] : scope)
    if (!binding.used && name[0] != '_' && binding.range.isValid())
      (trial ? *trial : diagnostics).report(Diag::UnusedLet, binding.range, {name});
}

std::vector<Value> Sema::evalBlock(const Block &block, const std::vector<ResolvedType> *declared) {
  frame().scopes.emplace_back();
  std::vector<Value> results;
  bool done = false, mustReturn = !declared || !declared->empty(); // else it stores into `inout` parameters
  for (const Stmt &stmt : block.statements) {
    if (done) {
      report(Diag::AfterReturn, stmt.range)
          .hint(stmt.range.text().substr(0, 1) == "-" ? "a line goes on when an operator ends it: write the '-' there"
                                                      : "a block ends with its result");
      break;
    }
    if (stmt.kind != StmtKind::Result) {
      evalStatement(stmt);
      continue;
    }
    results = evalResults(stmt, declared);
    done = true;
  }
  if (frame().function->bodyBroken)
    ++reports; // by the parser
  else if (!done && mustReturn && block.range.isValid())
    report(Diag::NoReturn,
           SourceRange{block.range.file, block.range.end - (block.range.end > block.range.begin), block.range.end},
           {frame().function->name.text})
        .hint(!block.statements.empty() && block.statements.back().names.size() == 1
                  ? "end with 'return " + block.statements.back().names[0].text + "'"
                  : "");
  warnUnused(frame().scopes.back());
  frame().scopes.pop_back();
  return results;
}

void Sema::evalStatement(const Stmt &stmt) {
  if (stmt.kind == StmtKind::For)
    evalFor(stmt);
  else if (stmt.kind == StmtKind::Assign)
    evalAssign(stmt);
  else
    evalLet(stmt);
}

//===----------------------------------------------------------------------===//
// let
//===----------------------------------------------------------------------===//

/// One value for each name of the statement; errors where the value is wrong.
std::vector<Value> Sema::evalBound(const Stmt &stmt) {
  std::vector<Value> values;
  auto *scan = dyn<ScanExpr>(stmt.value);
  if (scan && stmt.hasIndices) {
    values.push_back(evalScan(stmt, *scan));
  } else if (stmt.hasIndices) {
    values.push_back(evalIndexed(stmt.indices, stmt.value.get(), nullptr));
  } else {
    pushIndexScope();
    Restore<size_t> anywhere(nonEmptyFrom, active.size()); // the value may be used in a reduction
    values = evalMany(stmt.value.get());
    popIndexScope();
  }
  bool failed = values.empty() || (values.size() == 1 && values[0].isError());
  bool tuple = stmt.names.size() == 1 && stmt.kind == StmtKind::Let && !stmt.isVar && !stmt.type;
  if (values.size() == stmt.names.size() || (tuple && values.size() > 1))
    return values;
  if (!failed)
    report(Diag::LetCount, stmt.range,
           {std::to_string(stmt.names.size()),
            std::to_string(values.size()) + (values.size() == 1 ? " result" : " results")});
  return std::vector<Value>(stmt.names.size());
}

void Sema::evalLet(const Stmt &stmt) {
  std::vector<Value> values = evalBound(stmt);
  if (values.size() > stmt.names.size())
    return bindTuple(stmt, std::move(values));
  for (size_t i = 0; i < stmt.names.size(); ++i)
    bindLet(stmt, stmt.names[i], std::move(values[i]));
}

void Sema::bindTuple(const Stmt &stmt, std::vector<Value> values) {
  Binding binding;
  for (Value &value : values) {
    if (!value.isError())
      value = named(std::move(value), stmt.names[0], stmt.range);
    binding.used |= value.isError();
  }
  binding.tuple = std::move(values);
  bind(stmt.names[0], std::move(binding));
}

void Sema::bindLet(const Stmt &stmt, const Name &name, Value value) {
  if (stmt.type && !value.isError()) {
    ResolvedType declared = resolveType(*stmt.type);
    if (declared.ok && isLiteral(value.expr->type))
      value.expr = adapt(value.expr, declared.type);
    if (!value.expr)
      value = Value();
    std::vector<DimExpr> shape = shapeOf(value);
    bool same =
        value.isError() || !declared.ok || (value.expr->type == declared.type && shape.size() == declared.shape.size());
    for (size_t i = 0; same && !value.isError() && declared.ok && i < shape.size(); ++i)
      same = prover.equal(shape[i], declared.shape[i]);
    if (!same) {
      report(Diag::LetType, stmt.value->range, {name.text, declared.str(), describe(value)})
          .label(stmt.type->range, "declared here");
      value = Value();
    }
  }
  if (!value.isError())
    value = named(std::move(value), name, stmt.range);
  value.name = name.text;
  if (frame().dims.count(name.text)) {
    report(Diag::Redefined, name.range, {name.text}).label(frame().dims[name.text].range, "a dimension of this name");
    return;
  }
  Binding binding;
  binding.value = std::move(value);
  binding.used = binding.value.isError();
  binding.isVar = stmt.isVar;
  if (stmt.isVar)
    binding.what = "var";
  bind(name, std::move(binding));
}

/// What a name holds: computed once if it computes.
Value Sema::named(Value value, const Name &name, SourceRange range) {
  bool literal = isLiteral(value.expr->type);
  if (literal && value.isTensor()) {
    report(Diag::OpenType, name.range, {name.text}).hint("name a type, e.g. 'f32(…)'");
    return Value();
  }
  auto isReduce = [](const TExpr &node) { return node.kind == TKind::Reduce; };
  bool once = value.isTensor() ||
              (value.isScalar() && !literal && (value.expr->height > 64 || findNode(*value.expr, isReduce)));
  if (once && value.rule == BoundaryRule::None)
    value = materialize(std::move(value), name.text, range);
  value.name = name.text;
  return value;
}

/// `[i, j] expr`: a tensor over the indices.
Value Sema::evalIndexed(const std::vector<IndexDecl> &indices, const Expr *expr, const ResolvedType *declared) {
  pushIndexScope();
  frame().scopes.emplace_back();
  size_t activeBefore = active.size();
  std::vector<IndexVarRef> vars;
  bool ok = declareIndices(indices, /*makesAxes=*/true, vars);
  if (declared && declared->ok)
    for (size_t i = 0; i < vars.size() && i < declared->shape.size(); ++i)
      vars[i]->declaredExtent = declared->shape[i];
  Restore<size_t> inside(nonEmptyFrom, activeBefore);
  Value value = ok ? eval(expr) : Value();
  frame().scopes.pop_back();
  active.resize(activeBefore);
  if (ok && vars.size() > kMaxRank) {
    report(Diag::RankTooLarge, expr->range, {std::to_string(kMaxRank), std::to_string(vars.size())});
    ok = false;
  }
  if (value.isTensor()) {
    reportNeedsIndex(expr, value);
    value = Value();
  }
  popIndexScope(vars, declared);
  if (!ok || value.isError())
    return Value();
  for (const IndexVarRef &var : vars)
    if (!var->extent)
      return Value();
  return vars.empty() ? value : tensor(value.expr, vars, expr->range);
}

//===----------------------------------------------------------------------===//
// Results
//===----------------------------------------------------------------------===//

std::vector<Value> Sema::evalResults(const Stmt &stmt, const std::vector<ResolvedType> *declared) {
  std::vector<Value> values;
  if (stmt.results.size() == 1 && !stmt.results[0].hasIndices) { // may be several: `return f(x)`
    pushIndexScope();
    values = evalMany(stmt.results[0].value.get());
    popIndexScope();
    return values;
  }
  for (size_t i = 0; i < stmt.results.size(); ++i) {
    const ResultItem &item = stmt.results[i];
    if (item.hasIndices) {
      const ResolvedType *type = declared && i < declared->size() ? &(*declared)[i] : nullptr;
      size_t count = 0;
      for (const IndexDecl &index : item.indices)
        count += index.isEllipsis && frame().pack ? frame().pack->size() : 1;
      if (type && type->ok && type->shape.size() != count) {
        report(Diag::IndexResultRank, item.range,
               {std::to_string(count) + (count == 1 ? " index" : " indices"), axesText(type->shape.size())})
            .label(frame().function->results[i].range, "declared here")
            .hint(count < type->shape.size() ? "one index for each axis, and one element: '[i, j] …[j]'" : "");
        values.push_back(Value());
        continue;
      }
      values.push_back(evalIndexed(item.indices, item.value.get(), type));
      continue;
    }
    pushIndexScope();
    values.push_back(eval(item.value.get()));
    popIndexScope();
  }
  return values;
}

std::vector<Value> Sema::evalBody(const std::vector<ResolvedType> &declared) {
  const Function &function = *frame().function;
  const Block &body = function.body;
  unsigned before = reports;
  std::vector<Value> values = evalBlock(body, &declared);
  if (reports != before || exhausted)
    return {};
  for (const Value &value : values)
    if (value.isError())
      return {};
  SourceRange range = body.statements.empty() ? function.name.range : body.statements.back().range;
  if (values.size() != declared.size()) {
    report(Diag::ResultCount, range,
           {std::to_string(values.size()), function.name.text, std::to_string(declared.size())})
        .label(function.name.range, "declared here");
    return {};
  }
  for (size_t i = 0; i < values.size(); ++i) {
    const Stmt &last = body.statements.back();
    SourceRange at = i < last.results.size() ? last.results[i].range : range;
    values[i] = checkResult(std::move(values[i]), declared[i], function.results[i], at);
    if (values[i].isError())
      return {};
  }
  return values;
}

Value Sema::checkResult(Value value, const ResolvedType &declared, const TypeExpr &written, SourceRange range) {
  const std::string &function = frame().function->name.text;
  if (value.isError() || !declared.ok)
    return Value();
  if (isLiteral(value.expr->type) && !isLiteral(declared.type))
    value.expr = adapt(value.expr, declared.type);
  if (!value.expr)
    return Value();
  if (value.expr->type != declared.type) {
    report(Diag::ResultType, range, {describe(value), function, declared.str()})
        .label(written.range, "declared here")
        .hint(std::string("convert it: ") + dtypeName(declared.type) + "(" + shortText(range) + ")");
    return Value();
  }
  std::vector<DimExpr> shape = shapeOf(value);
  bool same = shape.size() == declared.shape.size();
  for (size_t i = 0; same && i < shape.size(); ++i)
    same = prover.equal(shape[i], declared.shape[i]);
  if (!same) {
    auto text = [](const std::vector<DimExpr> &dims) { return dims.empty() ? "[] (a scalar)" : shapeText(dims); };
    report(Diag::ResultShape, range, {text(shape), function, text(declared.shape)})
        .label(written.range, "declared here");
    return Value();
  }
  value.rule = BoundaryRule::None;
  return respelled(std::move(value), declared.shape); // the declared spelling is the one that goes on
}

/// The value with axes of these extents, which are equal to its own.
Value Sema::respelled(Value value, const std::vector<DimExpr> &shape) {
  bool same = true;
  for (size_t i = 0; i < value.axes.size(); ++i)
    same &= *value.axes[i]->extent == shape[i];
  if (same)
    return value;
  std::vector<DimExpr> indices;
  std::vector<IndexVarRef> axes;
  for (size_t i = 0; i < value.axes.size(); ++i) {
    axes.push_back(newAxis(shape[i], value.axes[i]->name));
    indices.push_back(DimExpr::symbol(axes[i]->symbol));
  }
  value.expr = at(value, indices);
  value.axes = std::move(axes);
  return value.expr ? value : Value();
}

} // namespace flex::lang
