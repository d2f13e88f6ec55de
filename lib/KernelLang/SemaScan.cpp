//===- SemaScan.cpp - Semantic analysis: carried loops ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `let a[t, s] = scan(t) body` and cumsum & co. The body reads `a` itself, so its
// type and shape are found first by a trial run whose errors and statements are
// taken back. Invariant: each element is read only after the step that computes it.
//
//===----------------------------------------------------------------------===//
#include "SemaImpl.h"

#include <algorithm>
#include <cmath>

namespace flex::lang {

using namespace ast;

bool Sema::readsSelf(const Value &value) const {
  return isPlain(value) && std::find(selves.begin(), selves.end(), value.expr->tensor) != selves.end();
}

//===----------------------------------------------------------------------===//
// scan
//===----------------------------------------------------------------------===//

Value Sema::evalScan(const Stmt &stmt, const ScanExpr &scan) {
  if (stmt.names.size() != 1 || scan.indices.empty()) {
    ++reports; // by the parser
    return Value();
  }
  for (const IndexDecl &decl : scan.indices) {
    bool known = !decl.isEllipsis && std::any_of(stmt.indices.begin(), stmt.indices.end(), [&](const IndexDecl &index) {
      return index.name.text == decl.name.text;
    });
    if (known && !decl.first)
      continue;
    report(Diag::ScanIndex, decl.name.range, {decl.name.text, stmt.names[0].text})
        .hint(known ? "give its range in 'let " + stmt.names[0].text + "[…]'" : "");
    return Value();
  }
  std::optional<ResolvedType> type;
  if (stmt.type)
    type = resolveType(*stmt.type);
  else
    type = trialScan(stmt, scan);
  return type && type->ok ? runScan(stmt, scan, *type) : Value();
}

/// The body's value with `a` bound to a tensor of this type.
Value Sema::evalScanBody(const Stmt &stmt, const ScanExpr &scan, const ResolvedType &type, bool isTrial, int &tensor) {
  const Name &name = stmt.names[0];
  tensor = addTensor(name.text, type.type, type.shape, false, name.range);
  frame().scopes.emplace_back();
  Binding self;
  self.value = tensorRef(tensor, name.range);
  self.value.name = name.text;
  self.range = name.range;
  self.used = true;
  frame().scopes.back().emplace(name.text, std::move(self));
  selves.push_back(tensor);
  Value value = evalIndexed(stmt.indices, scan.body.get(), isTrial ? nullptr : &type);
  selves.pop_back();
  frame().scopes.pop_back();
  return value;
}

/// The body's value with `a` of this type; errors and statements are taken back.
Value Sema::tryScan(const Stmt &stmt, const ScanExpr &scan, const ResolvedType &type) {
  DiagnosticEngine unseen;
  Restore<DiagnosticEngine *> quiet(trial, &unseen);
  Restore<unsigned> errors(reports, reports);
  Restore<bool> limit(exhausted, exhausted);
  auto constraints = kernel.constraints;
  auto names = usedTensorNames;
  Prover facts = prover;
  size_t tensors = kernel.tensors.size(), statements = kernel.statements.size();
  int tensor = -1;
  Value value = evalScanBody(stmt, scan, type, /*isTrial=*/true, tensor);
  kernel.tensors.resize(tensors);
  kernel.statements.resize(statements);
  kernel.constraints = std::move(constraints);
  usedTensorNames = std::move(names);
  prover = std::move(facts);
  return unseen.hasErrors() ? Value() : value;
}

/// What `a` is: the body's type if `a` takes the type of whatever it meets; if that
/// says nothing, the type among those of the kernel's tensors that the body then has, too.
std::optional<ResolvedType> Sema::trialScan(const Stmt &stmt, const ScanExpr &scan) {
  ResolvedType open;
  open.type = DType::LiteralInt;
  open.ok = true;
  for (const IndexDecl &decl : stmt.indices)
    for (size_t i = decl.isEllipsis ? (frame().pack ? frame().pack->size() : 0) : 1; i > 0; --i)
      open.shape.push_back(DimExpr::symbol("?" + std::to_string(open.shape.size())));
  Value value = tryScan(stmt, scan, open);
  std::vector<DType> types;
  for (const TTensor &tensor : kernel.tensors)
    if (std::find(types.begin(), types.end(), tensor.type) == types.end())
      types.push_back(tensor.type);
  size_t fitting = value.isError() ? 0 : 1;
  for (DType type : value.isError() ? types : std::vector<DType>()) {
    open.type = type;
    Value candidate = tryScan(stmt, scan, open);
    if (candidate.isError() || candidate.expr->type != type)
      continue;
    value = candidate;
    ++fitting;
  }
  if (fitting == 0) { // once more, to be heard
    open.type = types.empty() ? DType::LiteralInt : types[0];
    unsigned before = reports;
    int tensor = -1;
    Value heard = evalScanBody(stmt, scan, open, /*isTrial=*/true, tensor);
    if (reports != before || heard.isError())
      return std::nullopt;
  }
  if (fitting != 1) {
    report(Diag::ScanType, stmt.names[0].range, {stmt.names[0].text})
        .hint("declare it: 'let " + stmt.names[0].text + "[…]: f32[…] = scan(…) …'");
    return std::nullopt;
  }
  ResolvedType type;
  type.type = value.expr->type;
  type.shape = shapeOf(value);
  type.ok = true;
  if (isLiteral(type.type)) {
    report(Diag::ScanType, stmt.names[0].range, {stmt.names[0].text})
        .hint("declare it: 'let " + stmt.names[0].text + "[…]: f32[…] = scan(…) …'");
    return std::nullopt;
  }
  for (size_t i = 0; i < type.shape.size(); ++i) {
    if (!Prover::isOpen(type.shape[i]))
      continue;
    const std::string &index = value.axes[i]->name;
    report(Diag::IndexRangeUnknown, value.axes[i]->range, {index})
        .hint("give its range, e.g. '" + index + " in 0..N-1'");
    return std::nullopt;
  }
  return type;
}

Value Sema::runScan(const Stmt &stmt, const ScanExpr &scan, const ResolvedType &type) {
  const std::string &name = stmt.names[0].text;
  size_t before = kernel.statements.size();
  TStatement statement;
  Value value = evalScanBody(stmt, scan, type, /*isTrial=*/false, statement.tensor);
  if (value.isError())
    return Value();
  if (isLiteral(value.expr->type))
    value.expr = adapt(value.expr, type.type);
  if (!value.expr)
    return Value();
  std::vector<DimExpr> shape = shapeOf(value);
  bool same = value.expr->type == type.type && shape.size() == type.shape.size();
  for (size_t i = 0; same && i < shape.size(); ++i)
    same = prover.equal(shape[i], type.shape[i]);
  if (!same) {
    report(Diag::LetType, scan.body->range, {name, type.str(), describe(value)})
        .label(stmt.names[0].range, "read here");
    return Value();
  }
  std::vector<IndexVarRef> outer;
  if (!indicesToLift({&value}, "'scan'", scan.keyword.range, outer))
    return Value();
  statement.range = stmt.range;
  statement.kind = TStatement::Kind::Scan;
  for (const IndexDecl &decl : scan.indices)
    for (const IndexVarRef &axis : value.axes)
      if (axis->name == decl.name.text)
        statement.ordered.push_back(axis);
  if (!outer.empty() && !liftScan(statement, value, before, outer))
    return Value();
  statement.axes = value.axes;
  statement.value = value.expr;
  std::map<const TExpr *, TExprRef> done;
  for (size_t i = before; i < kernel.statements.size(); ++i)
    if (!orderSelf(statement, kernel.statements[i].value, name, done))
      return Value();
  statement.value = orderSelf(statement, statement.value, name, done);
  if (!statement.value)
    return Value();
  for (const DimExpr &extent : shape)
    requireNonNegative(extent, stmt.range);
  kernel.statements.push_back(statement);
  return unlift(tensorRef(statement.tensor, stmt.range), outer, stmt.range);
}

/// The body with each read of the scan's own result put in its final form: of an earlier step, under a
/// rule for the first ones. Reports the first read that is not; `name` is what the scan gives.
TExprRef Sema::orderSelf(const TStatement &statement, const TExprRef &expr, const std::string &name,
                         std::map<const TExpr *, TExprRef> &done) {
  if (auto it = done.find(expr.get()); it != done.end())
    return it->second;
  TExpr node = *expr;
  bool changed = false, ok = true;
  for (TExprRef &operand : node.operands) {
    TExprRef ordered = orderSelf(statement, operand, name, done);
    ok = ok && ordered;
    changed |= ordered != operand;
    operand = ordered;
  }
  bool isSelf = (expr->kind == TKind::Access || expr->kind == TKind::Load) && expr->tensor == statement.tensor;
  if (ok && isSelf) {
    ok = orderRead(statement, node, name);
    changed = true;
  }
  TExprRef result = !ok ? nullptr : changed ? make(std::move(node)) : expr;
  done.emplace(expr.get(), result);
  return result;
}

bool Sema::orderRead(const TStatement &statement, TExpr &node, const std::string &name) {
  std::vector<DimExpr> written = node.indices;
  if (node.kind == TKind::Access || !isEarlier(statement, node)) {
    std::string order;
    for (const IndexVarRef &var : statement.ordered)
      order += (order.empty() ? "" : ", ") + var->name;
    report(Diag::ScanOrder, node.range, {name, order})
        .label(kernel.tensors[statement.tensor].range, "'" + name + "' is computed here")
        .hint("read an earlier one, e.g. at '" + statement.ordered[0]->name + " - 1'");
    return false;
  }
  if (node.rule == BoundaryRule::Zero || node.rule == BoundaryRule::Fill)
    return true;
  bool inside = true;
  for (size_t i = 0; i < statement.axes.size(); ++i) {
    const DimExpr &index = written[i];
    inside = inside && prover.nonNegative(lowestIn(index)) &&
             prover.nonNegative(lowestIn(*statement.axes[i]->extent - 1 - index));
  }
  if (!inside) {
    report(Diag::ScanStart, node.range, {name})
        .hint("say what is there: 'zero(" + name + ")[…]' or 'fill(" + name + ", v)[…]'");
    return false;
  }
  node.rule = BoundaryRule::Zero;
  node.operands.insert(node.operands.begin(), makeConst(node.type, 0, 0, node.range));
  return node.operands[0] != nullptr;
}

/// The smallest value of an expression over the dependent ranges of its indices.
DimExpr Sema::lowestIn(DimExpr expr) const {
  for (const IndexVarRef &var : indicesOf(expr)) {
    auto dependent = dependents.find(var.get());
    auto linear = expr.linearIn(var->symbol);
    auto slope = linear ? linear->first.constant() : std::nullopt;
    if (dependent == dependents.end() || !slope)
      continue;
    const DimExpr &end = *slope > 0 ? dependent->second.first : dependent->second.last;
    expr = linear->second + linear->first * (end - var->first);
  }
  return expr;
}

/// Positive whatever the names are, without a proof: what tensor IR asks of a read.
static bool isPlainlyPositive(const DimExpr &expr) {
  int64_t constant = 0;
  for (const DimExpr::Term &term : expr.terms()) {
    constant += term.atoms.empty() ? term.coefficient : 0;
    bool names = std::all_of(term.atoms.begin(), term.atoms.end(), [](const auto &atom) { return atom->isName; });
    if (!term.atoms.empty() && (term.coefficient < 0 || !names))
      return false;
  }
  return expr.isValid() && constant >= 1;
}

/// Lexicographically before the point being computed, whatever the indices are. A proof that needs more than
/// the indices' signs is written into the index: the earlier of it and the step before.
bool Sema::isEarlier(const TStatement &statement, TExpr &load) {
  for (const IndexVarRef &var : statement.ordered) {
    size_t axis =
        static_cast<size_t>(std::find(statement.axes.begin(), statement.axes.end(), var) - statement.axes.begin());
    DimExpr here = DimExpr::symbol(var->symbol);
    DimExpr &index = load.indices[axis];
    std::set<std::string> names;
    index.collectSymbols(names);
    bool data = std::any_of(names.begin(), names.end(), [](const std::string &name) { return name[0] == '$'; });
    if (!data && prover.nonNegative(lowestIn(here - 1 - index))) {
      if (!isPlainlyPositive(here - index))
        index = DimExpr::min(index, here - 1);
      return true;
    }
    if (index != here)
      return false;
  }
  return false;
}

//===----------------------------------------------------------------------===//
// cumsum, cumprod, cummax, cummin
//===----------------------------------------------------------------------===//

/// What leaves every number as it is.
TExprRef Sema::identityOf(ScalarOp op, DType type, SourceRange range) {
  if (op == ScalarOp::Add || op == ScalarOp::Mul)
    return makeConst(type, op == ScalarOp::Mul, op == ScalarOp::Mul, range);
  bool lowest = op == ScalarOp::Max;
  unsigned bits = bitWidth(type);
  uint64_t top = uint64_t(1) << (bits - 1); // of signed: the lowest
  uint64_t integer = isUnsigned(type) ? (lowest ? 0 : (top - 1) * 2 + 1) : (lowest ? 0 - top : top - 1);
  return makeConst(type, integer, lowest ? -INFINITY : INFINITY, range);
}

Value Sema::evalCumulative(const CallExpr &call) {
  const std::string &name = call.callee.name.text;
  std::vector<const Expr *> given;
  if (!builtinArguments(call, {"x", "axis"}, 1, given))
    return Value();
  Value value = tensorArgument(call, given[0]);
  if (value.isError())
    return Value();
  size_t rank = value.axes.size();
  auto axis = given[1] ? axisArgument(given[1], rank, "'axis'") : std::optional(rank - 1);
  if (!axis)
    return Value();
  DType type = value.expr->type;
  if (type == DType::Bool || isLiteral(type)) {
    report(Diag::OperandType, call.callee.name.range, {name, dtypeName(type), "numbers"})
        .label(value.range, std::string("this is ") + dtypeName(type))
        .hint("convert it: i32(…)");
    return Value();
  }
  std::vector<IndexVarRef> outer;
  if (!indicesToLift({&value}, "'" + name + "'", call.range, outer))
    return Value();
  value = lift(value, outer, call.range);
  if (value.isError())
    return Value();
  *axis += outer.size();
  ScalarOp op = name == "cumsum"    ? ScalarOp::Add
                : name == "cumprod" ? ScalarOp::Mul
                : name == "cummax"  ? ScalarOp::Max
                                    : ScalarOp::Min;
  TStatement statement;
  statement.kind = TStatement::Kind::Scan;
  statement.axes = axesOf(shapeOf(value));
  statement.ordered = {statement.axes[*axis]};
  statement.range = call.range;
  statement.tensor =
      addTensor(value.name.empty() ? name : value.name + "_" + name, type, shapeOf(value), false, call.range);
  std::vector<DimExpr> here;
  for (const IndexVarRef &var : statement.axes)
    here.push_back(DimExpr::symbol(var->symbol));
  TExpr earlier;
  earlier.kind = TKind::Load;
  earlier.type = type;
  earlier.range = call.range;
  earlier.tensor = statement.tensor;
  earlier.indices = here;
  earlier.indices[*axis] = here[*axis] - 1;
  earlier.rule = BoundaryRule::Fill;
  earlier.operands = {identityOf(op, type, call.range)};
  statement.value = makeApply(op, type, {make(std::move(earlier)), at(value, here)}, call.range);
  if (!statement.value)
    return Value();
  kernel.statements.push_back(statement);
  return unlift(tensorRef(statement.tensor, call.range), outer, call.range);
}

} // namespace flex::lang
