//===- SemaControl.cpp - Semantic analysis: var, for, if and tuples ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A `var` is a name whose value changes from one statement to the next; a `for`
// is its body once for each value of its counter. Invariant: the statements that
// all loops of a kernel repeat are at most kMaxUnrolled.
//
//===----------------------------------------------------------------------===//
#include "SemaImpl.h"

#include <algorithm>

namespace flex::lang {

using namespace ast;

//===----------------------------------------------------------------------===//
// Several values
//===----------------------------------------------------------------------===//

/// The values of a call, a tuple, an `if` of these, or a name that holds several.
std::vector<Value> Sema::evalMany(const Expr *expr) {
  if (auto *call = dyn<CallExpr>(expr))
    return evalCall(*call);
  if (auto *branch = dyn<IfExpr>(expr))
    return evalBranches(*branch);
  std::vector<Value> values;
  if (auto *name = dyn<NameExpr>(expr))
    if (Binding *binding = findBinding(name->name.str()); binding && !binding->tuple.empty()) {
      binding->used = true;
      return binding->tuple;
    }
  if (auto *tuple = dyn<TupleExpr>(expr)) {
    for (const ExprPtr &element : tuple->elements)
      values.push_back(eval(element.get()));
    return values;
  }
  values.push_back(eval(expr));
  return values;
}

std::vector<Value> Sema::evalBranches(const IfExpr &expr) {
  Value condition = eval(expr.condition.get());
  std::vector<Value> branches[2];
  size_t which = 0;
  for (const Block *block : {&expr.thenBlock, &expr.elseBlock}) {
    Restore<size_t> outside(frame().assignableFrom, frame().scopes.size());
    branches[which++] = evalBlock(*block, nullptr);
  }
  if (branches[0].empty() || branches[1].empty())
    return {};
  if (branches[0].size() != branches[1].size()) {
    report(Diag::BranchCount, expr.range, {std::to_string(branches[0].size()), std::to_string(branches[1].size())});
    return {};
  }
  std::vector<Value> values;
  for (size_t i = 0; i < branches[0].size(); ++i)
    values.push_back(select(condition, branches[0][i], branches[1][i], expr.range));
  return values;
}

//===----------------------------------------------------------------------===//
// Rebinding
//===----------------------------------------------------------------------===//

/// The `var` of this name that a statement here may rebind; reports if there is none.
Binding *Sema::findVar(const Name &name) {
  auto &scopes = frame().scopes;
  for (size_t depth = scopes.size(); depth-- > 0;) {
    auto it = scopes[depth].find(name.text);
    if (it == scopes[depth].end())
      continue;
    Binding &binding = it->second;
    if (!binding.isVar) {
      bool isParam = std::string(binding.what) == "parameter";
      report(Diag::NotVar, name.range, {name.text, binding.what})
          .label(binding.range, "defined here")
          .hint(binding.index                           ? ""
                : isParam && frame().function->isKernel ? "to store into it, declare it '" + name.text + ": inout …'"
                : isParam                               ? "copy it: 'var … = " + name.text + "'"
                                                        : "declare it with 'var' instead of 'let'");
      return nullptr;
    }
    if (depth < frame().assignableFrom) {
      report(Diag::RebindInIf, name.range, {name.text})
          .label(binding.range, "defined here")
          .hint("choose the value: '" + name.text + " = if … { … } else { … }'");
      return nullptr;
    }
    return &binding;
  }
  report(Diag::UnknownName, name.range, {name.text})
      .hint(frame().dims.count(name.text)
                ? ""
                : "declare it: 'let " + name.text + " = …', or 'var " + name.text + " = …' if it changes");
  return nullptr;
}

void Sema::evalAssign(const Stmt &stmt) {
  std::vector<Value> values = evalBound(stmt);
  for (size_t i = 0; i < stmt.names.size(); ++i) {
    const Name &name = stmt.names[i];
    if (name.text == "_" && !findBinding("_"))
      continue;
    Binding *binding = findVar(name);
    if (!binding || binding->value.isError() || values[i].isError())
      continue; // after an error the old value stays
    Value value = rebound(stmt, name, std::move(values[i]), binding->value, binding->range);
    if (!value.isError())
      binding->value = std::move(value);
  }
}

/// True if no division is inside, which a literal does only when it meets a type.
static bool isWhole(const TExpr &expr) {
  if (expr.height > 64 || (expr.kind == TKind::Apply && expr.op == ScalarOp::Div))
    return false;
  return std::all_of(expr.operands.begin(), expr.operands.end(), [](const TExprRef &e) { return isWhole(*e); });
}

/// The new value of a `var`, of the old one's type and shape.
Value Sema::rebound(const Stmt &stmt, const Name &name, Value value, const Value &old, SourceRange declared) {
  if (isLiteral(value.expr->type) && !isLiteral(old.expr->type))
    value.expr = adapt(value.expr, old.expr->type);
  if (!value.expr)
    return Value();
  std::vector<DimExpr> shape = shapeOf(value), wanted = shapeOf(old);
  bool same = value.expr->type == old.expr->type && shape.size() == wanted.size();
  for (size_t i = 0; same && i < shape.size(); ++i)
    same = prover.equal(shape[i], wanted[i]);
  if (!same) {
    bool open = isLiteral(old.expr->type);
    report(Diag::RebindType, stmt.value->range, {name.text, describe(old), describe(value)})
        .label(declared, "declared here")
        .hint(open ? "give it a type: 'var " + name.text + ": " +
                         (isLiteral(value.expr->type) ? "f32" : dtypeName(value.expr->type)) + " = …'"
              : value.isScalar() && old.isTensor() ? "the value of every element: '" + name.text + "[…] = …'"
                                                   : "");
    return Value();
  }
  if (value.expr->type == DType::LiteralInt && value.expr->dim && isWhole(*value.expr))
    value.expr = makeIndex(*value.expr->dim, value.range); // a count stays small
  value = named(std::move(value), name, stmt.range);
  // Axes that are equal but written differently keep the first spelling.
  return value.isError() ? value : respelled(std::move(value), wanted);
}

//===----------------------------------------------------------------------===//
// for
//===----------------------------------------------------------------------===//

std::optional<DimExpr> Sema::evalStatic(const Expr *expr) {
  pushIndexScope();
  Value value = eval(expr);
  popIndexScope();
  if (value.isError())
    return std::nullopt;
  if (value.isScalar() && value.expr->type == DType::LiteralInt && value.expr->dim)
    return value.expr->dim;
  report(Diag::NotConstant, expr->range, {"an end of the range", "an integer of literals and dimensions"});
  return std::nullopt;
}

void Sema::evalFor(const Stmt &stmt) {
  if (stmt.indices.empty() || !stmt.indices[0].last)
    return; // the parser has reported
  const IndexDecl &decl = stmt.indices[0];
  auto first = evalStatic(decl.first.get()), last = evalStatic(decl.last.get());
  if (!first || !last)
    return;
  auto from = first->constant(), to = last->constant();
  if (from && to) {
    for (int64_t counter = *from; counter <= *to; ++counter) {
      unsigned before = reports;
      if (!countRepeated(std::max<size_t>(1, stmt.body->statements.size()), stmt.range))
        return;
      evalForBody(stmt, scalar(makeIndex(DimExpr(counter), decl.name.range), decl.name.range));
      if (reports != before || exhausted || counter == INT64_MAX)
        return; // the same errors would follow
    }
    return;
  }
  if (!generic) {
    const DimExpr &open = from ? *last : *first;
    report(Diag::NotConstant, decl.first->range.to(decl.last->range), {"the range of 'for'", "a range of numbers"})
        .label(decl.first->range.to(decl.last->range), open.str() + " is open here")
        .hint("write the number in the parameter's type, or give the dimension when compiling: --define …=…");
    return;
  }
  // Checked for any value of the open dimensions: the counter is an index.
  IndexVarRef counter = newVar(decl.name.text, decl.name.range);
  counter->first = *first;
  counter->extent = *last - *first + 1;
  active.push_back(counter);
  DimExpr value = DimExpr::symbol(counter->symbol) + *first;
  evalForBody(stmt, scalar(makeIndex(value, decl.name.range), decl.name.range));
  active.pop_back();
}

bool Sema::countRepeated(size_t statements, SourceRange range) {
  repeated += statements;
  if (repeated <= kMaxUnrolled)
    return true;
  report(Diag::TooMuchUnrolling, range, {std::to_string(kMaxUnrolled)}).hint("use index notation over the range");
  exhausted = true;
  return false;
}

void Sema::evalForBody(const Stmt &stmt, Value counter) {
  frame().scopes.emplace_back();
  Binding binding;
  binding.value = std::move(counter);
  binding.what = "loop counter";
  binding.used = true;
  Restore<unsigned> inside(loopDepth, loopDepth + 1);
  if (bind(stmt.indices[0].name, std::move(binding)))
    for (const Stmt &inner : stmt.body->statements) {
      if (exhausted)
        break;
      if (inner.kind != StmtKind::Result) {
        evalStatement(inner);
        continue;
      }
      report(Diag::ResultInFor, inner.range).hint("rebind a 'var' of the block around the loop");
      break;
    }
  warnUnused(frame().scopes.back());
  frame().scopes.pop_back();
}

} // namespace flex::lang
