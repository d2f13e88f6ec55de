//===- SemaExpr.cpp - Semantic analysis: names and operators ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Expressions without index notation and calls. Operators work on scalars; for
// tensors `elementwise` applies them at each point of the broadcast shape.
//
//===----------------------------------------------------------------------===//
#include "SemaImpl.h"

#include <cmath>
#include <numbers>

namespace flex::lang {

using namespace ast;

Value Sema::eval(const Expr *expr) {
  if (exhausted || !expr)
    return Value();
  switch (expr->kind) {
  case ExprKind::Error:
    ++reports; // by the parser
    return Value();
  case ExprKind::Integer:
    return scalar(makeConst(DType::LiteralInt, static_cast<const IntegerExpr *>(expr)->value, 0, expr->range),
                  expr->range);
  case ExprKind::Float:
    return scalar(makeConst(DType::LiteralFloat, 0, static_cast<const FloatExpr *>(expr)->value, expr->range),
                  expr->range);
  case ExprKind::Bool:
    return scalar(makeConst(DType::Bool, static_cast<const BoolExpr *>(expr)->value, 0, expr->range), expr->range);
  case ExprKind::Name: return evalName(*static_cast<const NameExpr *>(expr));
  case ExprKind::Unary: return evalUnary(*static_cast<const UnaryExpr *>(expr));
  case ExprKind::Binary: return evalBinary(*static_cast<const BinaryExpr *>(expr));
  case ExprKind::Index: return evalIndex(*static_cast<const IndexExpr *>(expr));
  case ExprKind::Reduce: return evalReduce(*static_cast<const ReduceExpr *>(expr));
  case ExprKind::If:
  case ExprKind::Call: {
    std::vector<Value> values = evalMany(expr);
    if (values.size() > 1)
      report(Diag::TupleValue, expr->range, {std::to_string(values.size())}).hint("take them apart: 'let a, b = …'");
    return values.size() == 1 ? values[0] : Value();
  }
  case ExprKind::Slice:
  case ExprKind::Ellipsis: return Value(); // only in index lists, which see to them
  case ExprKind::Scan:
    report(Diag::ScanPlace, static_cast<const ScanExpr *>(expr)->keyword.range)
        .hint("write 'let a[t] = scan(t) …', with the value as a whole");
    return Value();
  case ExprKind::Tuple:
    report(Diag::TupleValue, expr->range, {std::to_string(static_cast<const TupleExpr *>(expr)->elements.size())});
    return Value();
  }
  return Value();
}

std::vector<std::string> Sema::visibleNames() {
  std::vector<std::string> names;
  for (const auto &scope : frame().scopes)
    for (const auto &[name, binding] : scope)
      names.push_back(name);
  for (const auto &[name, binding] : frame().dims)
    names.push_back(name);
  return names;
}

Value Sema::evalName(const NameExpr &expr) {
  const std::string name = expr.name.str();
  if (Binding *binding = findBinding(name)) {
    binding->used = true;
    if (binding->index)
      return scalar(makeIndex(DimExpr::symbol(binding->index->symbol) + binding->index->first, expr.range), expr.range);
    if (!binding->tuple.empty()) {
      report(Diag::TupleValue, expr.range, {std::to_string(binding->tuple.size())})
          .label(binding->range, "defined here")
          .hint("take them apart: 'let a, b = " + name + "'");
      return Value();
    }
    Value value = binding->value;
    if (value.isError())
      ++reports; // where it was bound
    value.name = name;
    value.range = expr.range;
    return value;
  }
  auto dim = frame().dims.find(name);
  if (dim != frame().dims.end())
    return scalar(makeIndex(dim->second.value, expr.range), expr.range);
  double constant = name == "inf" ? INFINITY : name == "nan" ? std::nan("") : name == "pi" ? std::numbers::pi : 0;
  if (constant != 0)
    return scalar(makeConst(DType::LiteralFloat, 0, constant, expr.range), expr.range);
  auto notAValue = [&](const char *what) {
    report(Diag::NotAValue, expr.range, {name, what})
        .hint(std::string(what) == "type" ? "" : "call it: " + name + "(…)");
    return Value();
  };
  if (frame().types.count(name) || dtypeFromName(name) || !dtypeCategory(name).empty())
    return notAValue("type");
  if (frame().module->functions.count(name) || isBuiltinFunction(name))
    return notAValue("function");
  reportUnknownName(expr);
  return Value();
}

//===----------------------------------------------------------------------===//
// Operators
//===----------------------------------------------------------------------===//

Value Sema::evalUnary(const UnaryExpr &expr) {
  Value operand = eval(expr.operand.get());
  return elementwise({operand}, expr.range,
                     [&](const std::vector<TExprRef> &e) { return applyUnary(expr.op, e[0], expr.range); });
}

TExprRef Sema::applyUnary(UnaryOp op, const TExprRef &a, SourceRange range) {
  bool isBool = a->type == DType::Bool, isInt = isInteger(a->type);
  bool ok = op == UnaryOp::Negate ? !isBool : op == UnaryOp::Not ? isBool : isBool || isInt;
  if (!ok) {
    const char *takes = op == UnaryOp::Negate ? "numbers" : op == UnaryOp::Not ? "bool" : "integers and bool";
    report(Diag::OperandType, range, {spelling(op), dtypeName(a->type), takes});
    return nullptr;
  }
  if (op == UnaryOp::Negate && a->kind == TKind::Const && a->type == DType::LiteralFloat)
    return makeConst(a->type, 0, -a->floatValue, range);
  TExpr node;
  node.kind = TKind::Apply;
  node.type = a->type;
  node.range = range;
  node.op = op == UnaryOp::Negate ? ScalarOp::Neg : ScalarOp::Not;
  node.operands = {a};
  if (op == UnaryOp::Negate && a->dim)
    node.dim = 0 - *a->dim;
  return make(std::move(node));
}

Value Sema::evalBinary(const BinaryExpr &expr) {
  if (expr.op == BinaryOp::MatMul)
    return evalMatMul(expr);
  Value a = eval(expr.lhs.get()), b = eval(expr.rhs.get());
  return elementwise({a, b}, expr.opRange,
                     [&](const std::vector<TExprRef> &e) { return applyBinary(expr.op, e[0], e[1], expr.opRange); });
}

static ScalarOp scalarOp(BinaryOp op) {
  switch (op) {
  case BinaryOp::Add: return ScalarOp::Add;
  case BinaryOp::Subtract: return ScalarOp::Sub;
  case BinaryOp::Multiply:
  case BinaryOp::MatMul: return ScalarOp::Mul;
  case BinaryOp::Divide: return ScalarOp::Div;
  case BinaryOp::Modulo: return ScalarOp::Mod;
  case BinaryOp::Power: return ScalarOp::Pow;
  case BinaryOp::BitAnd:
  case BinaryOp::And: return ScalarOp::And;
  case BinaryOp::BitOr:
  case BinaryOp::Or: return ScalarOp::Or;
  case BinaryOp::BitXor: return ScalarOp::Xor;
  case BinaryOp::ShiftLeft: return ScalarOp::Shl;
  case BinaryOp::ShiftRight: return ScalarOp::Shr;
  case BinaryOp::Equal: return ScalarOp::Eq;
  case BinaryOp::NotEqual: return ScalarOp::Ne;
  case BinaryOp::Less: return ScalarOp::Lt;
  case BinaryOp::LessEqual: return ScalarOp::Le;
  case BinaryOp::Greater: return ScalarOp::Gt;
  case BinaryOp::GreaterEqual: return ScalarOp::Ge;
  }
  return ScalarOp::Add;
}

/// What an operator takes, and whether it takes `type`.
static const char *takes(BinaryOp op, DType type, bool &ok) {
  bool isBool = type == DType::Bool;
  if (op <= BinaryOp::Power)
    return ok = !isBool, "numbers";
  if (op <= BinaryOp::BitXor)
    return ok = isBool || isInteger(type), "integers and bool";
  if (op <= BinaryOp::ShiftRight)
    return ok = isInteger(type), "integers";
  if (op == BinaryOp::Equal || op == BinaryOp::NotEqual)
    return ok = true, "";
  if (op <= BinaryOp::GreaterEqual)
    return ok = !isBool, "numbers";
  return ok = isBool, "bool";
}

static std::optional<DimExpr> dimResult(BinaryOp op, const DimExpr &a, const DimExpr &b) {
  DimExpr value = DimExpr::invalid();
  bool byZero = b == DimExpr(0); // as everywhere: x / 0 is 0, x % 0 is x
  if (byZero && (op == BinaryOp::Divide || op == BinaryOp::Modulo))
    value = op == BinaryOp::Divide ? b : a;
  else if (op == BinaryOp::Add)
    value = a + b;
  else if (op == BinaryOp::Subtract)
    value = a - b;
  else if (op == BinaryOp::Multiply)
    value = a * b;
  else if (op == BinaryOp::Divide)
    value = a.floorDiv(b);
  else if (op == BinaryOp::Modulo)
    value = a.mod(b);
  return value.isValid() ? std::optional(value) : std::nullopt;
}

TExprRef Sema::applyBinary(BinaryOp op, TExprRef a, TExprRef b, SourceRange opRange) {
  if (op == BinaryOp::Power)
    return applyPower(a, b, opRange);
  bool isComparison = op >= BinaryOp::Equal && op <= BinaryOp::GreaterEqual;
  if (isComparison && isLiteral(a->type) && isLiteral(b->type)) {
    DType type = isFloat(a->type) || isFloat(b->type) ? DType::F64 : DType::I64;
    a = adapt(a, type);
    b = a ? adapt(b, type) : nullptr;
  } else if (!unify(a, b, opRange, spelling(op))) {
    return nullptr;
  }
  if (!a || !b)
    return nullptr;
  bool ok = true;
  const char *what = takes(op, a->type, ok);
  if (!ok) {
    DiagnosticBuilder builder = report(Diag::OperandType, opRange, {spelling(op), dtypeName(a->type), what})
                                    .label(a->range, std::string("this is ") + dtypeName(a->type));
    if (op == BinaryOp::BitXor)
      builder.hint("a power is written '**'");
    else if (op == BinaryOp::BitAnd || op == BinaryOp::BitOr)
      builder.hint(std::string("conditions are joined with '") + spelling(op) + spelling(op) + "'");
    else if (a->type == DType::Bool)
      builder.hint("convert it, e.g. i32(…)");
    return nullptr;
  }
  TExpr node;
  node.kind = TKind::Apply;
  node.type = isComparison ? DType::Bool : a->type;
  node.range = a->range.to(b->range);
  node.op = scalarOp(op);
  if (a->type == DType::LiteralInt && a->dim && b->dim)
    node.dim = dimResult(op, *a->dim, *b->dim);
  node.operands = {std::move(a), std::move(b)};
  return make(std::move(node));
}

/// An exponent that is an integer literal means a product; anything else is the
/// function pow, of floats.
TExprRef Sema::applyPower(TExprRef base, TExprRef exponent, SourceRange range) {
  auto literal = exponent->dim ? exponent->dim->constant() : std::nullopt;
  if (base->type == DType::Bool || exponent->type == DType::Bool) {
    report(Diag::OperandType, range, {"**", "bool", "numbers"});
    return nullptr;
  }
  bool product = literal && *literal >= (isFloat(base->type) ? -64 : 0) && *literal <= 64;
  if (!product) {
    if (literal && *literal < 0 && isInteger(base->type) && !isLiteral(base->type)) {
      report(Diag::NegativePower, exponent->range, {dtypeName(base->type)})
          .label(base->range, std::string("this is ") + dtypeName(base->type))
          .hint("convert it: f32(" + shortText(base->range) + ")");
      return nullptr;
    }
    if (!unify(base, exponent, range, "**"))
      return nullptr;
    return makeApply(ScalarOp::Pow, base->type, {base, exponent}, base->range.to(exponent->range));
  }
  uint64_t count = static_cast<uint64_t>(std::abs(*literal));
  TExprRef result, square = base;
  for (; count && square; count >>= 1) {
    if (count & 1)
      result = result ? applyBinary(BinaryOp::Multiply, result, square, range) : square;
    if (!result && (count & 1))
      return nullptr;
    if (count > 1)
      square = applyBinary(BinaryOp::Multiply, square, square, range);
  }
  TExprRef one = makeConst(DType::LiteralInt, 1, 0, range);
  if (!result)
    return one && !isLiteral(base->type) ? adapt(one, base->type) : one;
  return *literal < 0 && one ? applyBinary(BinaryOp::Divide, one, result, range) : result;
}

//===----------------------------------------------------------------------===//
// @ and select
//===----------------------------------------------------------------------===//

Value Sema::evalMatMul(const BinaryExpr &expr) {
  Restore<size_t> elsewhere(nonEmptyFrom, active.size()); // a reduction: not inside of the loops around it
  Value a = eval(expr.lhs.get()), b = eval(expr.rhs.get());
  if (a.isError() || b.isError())
    return Value();
  for (const Value *side : {&a, &b})
    if (side->isScalar()) {
      report(Diag::ContractionRank, expr.opRange).label(side->range, "a scalar").hint("scale with '*'");
      return Value();
    }
  // An operand that computes is computed once, not once per element of the result.
  auto once = [&](Value &side) {
    bool cheap = side.expr->kind == TKind::Access ||
                 (side.expr->kind == TKind::Cast && side.expr->operands[0]->kind == TKind::Access);
    if (!cheap && !isLiteral(side.expr->type))
      side = materialize(side, "operand", side.range);
  };
  once(a);
  once(b);
  bool aVector = a.axes.size() == 1, bVector = b.axes.size() == 1;
  const DimExpr &left = *a.axes.back()->extent, &right = *b.axes[bVector ? 0 : b.axes.size() - 2]->extent;
  if (!prover.equal(left, right)) {
    report(Diag::ContractionMismatch, expr.opRange, {left.str(), right.str()})
        .label(a.range, "shape " + shapeText(shapeOf(a)))
        .label(b.range, "shape " + shapeText(shapeOf(b)))
        .hint(contractionHint(a, b));
    return Value();
  }
  // Leading axes broadcast as in NumPy.
  auto batchOf = [&](const Value &side) {
    Value batch = side;
    batch.axes.resize(side.axes.size() < 2 ? 0 : side.axes.size() - 2);
    return batch;
  };
  std::vector<IndexVarRef> axes;
  if (!broadcast({batchOf(a), batchOf(b)}, expr.opRange, axes))
    return Value();
  size_t batch = axes.size();
  IndexVarRef k = newAxis(left, "k");
  auto element = [&](const Value &side, bool isLeft) {
    std::vector<DimExpr> indices;
    size_t own = side.axes.size() < 2 ? 0 : side.axes.size() - 2;
    for (size_t i = 0; i < own; ++i) {
      bool one = side.axes[i]->extent->constant() == 1 && axes[batch - own + i]->extent->constant() != 1;
      indices.push_back(one ? DimExpr(0) : DimExpr::symbol(axes[batch - own + i]->symbol));
    }
    DimExpr sum = DimExpr::symbol(k->symbol);
    if (side.axes.size() == 1)
      return at(side, {sum});
    axes.push_back(newAxis(*side.axes[isLeft ? own : own + 1]->extent, isLeft ? "i" : "j"));
    DimExpr kept = DimExpr::symbol(axes.back()->symbol);
    indices.push_back(isLeft ? kept : sum);
    indices.push_back(isLeft ? sum : kept);
    return at(side, indices);
  };
  TExprRef l = element(a, true), r = l ? element(b, false) : nullptr;
  TExprRef body = r ? applyBinary(BinaryOp::MatMul, l, r, expr.opRange) : nullptr;
  TExprRef sum = body ? makeReduce(ReduceKind::Sum, body, {k}, expr.range) : nullptr;
  if (!sum)
    return Value();
  return aVector && bVector ? scalar(sum, expr.range) : tensor(sum, axes, expr.range);
}

Value Sema::select(const Value &condition, const Value &a, const Value &b, SourceRange range) {
  if (condition.isError() || a.isError() || b.isError())
    return Value();
  if (condition.expr->type != DType::Bool) {
    report(Diag::ConditionType, condition.range, {describe(condition)})
        .hint("compare it, e.g. '" + shortText(condition.range) + " != 0'");
    return Value();
  }
  if (a.isTensor() && b.isTensor() && a.axes.size() != b.axes.size()) {
    report(Diag::BranchShape, range, {shapeText(shapeOf(a)), shapeText(shapeOf(b))})
        .label(a.range, "this branch")
        .label(b.range, "this branch");
    return Value();
  }
  return elementwise({condition, a, b}, range, [&](const std::vector<TExprRef> &e) -> TExprRef {
    TExprRef x = e[1], y = e[2];
    if (!unify(x, y, range, "if"))
      return nullptr;
    DType type = x->type;
    return makeApply(ScalarOp::Select, type, {e[0], std::move(x), std::move(y)}, range);
  });
}

} // namespace flex::lang
