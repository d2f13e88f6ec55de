//===- SemaLiteral.cpp - Semantic analysis: literals and casts ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A literal, an index or a dimension has no type until it meets one. An
// expression made of these only is then read in that type as a whole: `x * (1 / 2)`
// halves a float x. Inside a cast, and as an index, it is integer arithmetic.
//
//===----------------------------------------------------------------------===//
#include "SemaImpl.h"

#include <algorithm>
#include <cmath>

namespace flex::lang {

static bool fitsInteger(DType type, bool negative, uint64_t magnitude) {
  unsigned bits = bitWidth(type);
  if (isUnsigned(type))
    return (!negative || magnitude == 0) && (bits == 64 || magnitude < (uint64_t(1) << bits));
  uint64_t limit = uint64_t(1) << (bits - 1);
  return negative ? magnitude <= limit : magnitude < limit;
}

static std::string decimal(bool negative, uint64_t magnitude) {
  return (negative && magnitude ? "-" : "") + std::to_string(magnitude);
}

/// A literal integer, possibly negated, as sign and magnitude.
static bool literalInteger(const TExpr &expr, bool &negative, uint64_t &magnitude) {
  if (expr.kind == TKind::Const && expr.type == DType::LiteralInt) {
    negative = false;
    magnitude = expr.intValue;
    return true;
  }
  auto value = expr.dim ? expr.dim->constant() : std::nullopt;
  if (value) {
    negative = *value < 0;
    magnitude = negative ? 0 - static_cast<uint64_t>(*value) : static_cast<uint64_t>(*value);
    return true;
  }
  bool negated =
      expr.kind == TKind::Apply && expr.op == ScalarOp::Neg && literalInteger(*expr.operands[0], negative, magnitude);
  negative = negated && !negative;
  return negated;
}

/// Whether the user wrote the number; a dimension that is fixed for this compilation is none, and converts like one
/// that is open.
static bool isWritten(const TExpr &expr) {
  return expr.kind == TKind::Const ||
         (expr.kind == TKind::Apply && std::all_of(expr.operands.begin(), expr.operands.end(),
                                                   [](const TExprRef &operand) { return isWritten(*operand); }));
}

TExprRef Sema::adaptConstant(const TExpr &expr, DType type) {
  if (expr.type == DType::LiteralFloat) {
    bool fits = !std::isfinite(expr.floatValue) || std::fabs(expr.floatValue) <= largestFinite(type);
    if (!fits) {
      report(Diag::LiteralRange, expr.range,
             {"'" + std::string(expr.range.text().substr(0, 40)) + "'", dtypeName(type)});
      return nullptr;
    }
    return makeConst(type, 0, expr.floatValue, expr.range);
  }
  bool negative = false;
  uint64_t magnitude = 0;
  literalInteger(expr, negative, magnitude);
  double value = static_cast<double>(magnitude) * (negative ? -1 : 1);
  bool fits = isFloat(type) ? std::fabs(value) <= largestFinite(type) : fitsInteger(type, negative, magnitude);
  if (!fits && isWritten(expr)) {
    report(Diag::LiteralRange, expr.range, {decimal(negative, magnitude), dtypeName(type)});
    return nullptr;
  }
  uint64_t bits = negative ? 0 - magnitude : magnitude;
  if (!fits && !isFloat(type) && bitWidth(type) < 64) // wraps; a signed constant is kept sign-extended
    bits = static_cast<uint64_t>(static_cast<int64_t>(bits << (64 - bitWidth(type))) >> (64 - bitWidth(type))) &
           (isUnsigned(type) ? (uint64_t(1) << bitWidth(type)) - 1 : ~uint64_t(0));
  return makeConst(type, bits, value, expr.range);
}

/// True if no division is inside, so that the integer value is the float one.
static bool isExact(const TExpr &expr) {
  if (expr.kind == TKind::Index)
    return true;
  if (expr.kind != TKind::Apply || !expr.dim)
    return expr.kind == TKind::Const;
  if (expr.op == ScalarOp::Div)
    return false;
  for (const TExprRef &operand : expr.operands)
    if (!isExact(*operand))
      return false;
  return true;
}

TExprRef Sema::adaptNode(const TExprRef &expr, DType type, std::map<const TExpr *, TExprRef> &memo) {
  if (!isLiteral(expr->type))
    return expr;
  auto it = memo.find(expr.get());
  if (it != memo.end())
    return it->second;
  TExprRef result;
  bool negative;
  uint64_t magnitude;
  bool integral = expr->type == DType::LiteralInt;
  if (expr->kind == TKind::Const || (integral && !isFloat(type) && literalInteger(*expr, negative, magnitude))) {
    result = adaptConstant(*expr, type);
  } else if (integral && expr->dim &&
             (expr->kind == TKind::Index || !isFloat(type) || (expr->height < 8 && isExact(*expr)))) {
    TExpr index;
    index.kind = TKind::Index;
    index.type = DType::I64;
    index.range = expr->range;
    index.dim = expr->dim;
    result = make(std::move(index));
    if (result && expr->dim->constant() && isFloat(type))
      result = adaptConstant(*expr, type);
    else if (result && type != DType::I64)
      result = castTo(result, type, expr->range);
  } else {
    TExpr node = *expr;
    node.type = type;
    node.dim.reset();
    for (TExprRef &operand : node.operands) {
      operand = adaptNode(operand, type, memo);
      if (!operand)
        return nullptr;
    }
    result = make(std::move(node));
  }
  memo[expr.get()] = result;
  return result;
}

TExprRef Sema::adapt(const TExprRef &expr, DType type) {
  if (!expr || !isLiteral(expr->type) || expr->type == type)
    return expr;
  if (type == DType::LiteralInt)
    return expr;
  if (type == DType::LiteralFloat) {
    const TExpr &node = *expr;
    bool negative;
    uint64_t magnitude;
    if (node.kind == TKind::Const && literalInteger(*expr, negative, magnitude))
      return makeConst(type, 0, static_cast<double>(magnitude), expr->range);
    return expr; // retyped as a whole when it meets a type
  }
  if (type == DType::Bool) {
    report(Diag::LiteralRange, expr->range, {"'" + std::string(expr->range.text().substr(0, 40)) + "'", "bool"})
        .hint("write true or false");
    return nullptr;
  }
  if (expr->type == DType::LiteralFloat && !isFloat(type)) {
    report(Diag::LiteralFraction, expr->range,
           {"'" + std::string(expr->range.text().substr(0, 40)) + "'", dtypeName(type)})
        .hint(std::string("convert the other operand, e.g. f32(…), or this one: ") + dtypeName(type) + "(…)");
    return nullptr;
  }
  std::map<const TExpr *, TExprRef> memo;
  return adaptNode(expr, type, memo);
}

TExprRef Sema::castTo(const TExprRef &expr, DType type, SourceRange range) {
  if (!expr || expr->type == type)
    return expr;
  TExprRef source = expr;
  if (expr->type == DType::LiteralInt) {
    bool negative;
    uint64_t magnitude;
    if (type != DType::Bool && literalInteger(*expr, negative, magnitude))
      return adaptConstant(*expr, type);
    if (type != DType::Bool && isLiteral(type))
      return expr;
    source = adapt(expr, DType::I64);
  } else if (expr->type == DType::LiteralFloat) {
    source = adapt(expr, isFloat(type) && !isLiteral(type) && !(isStorageOnly(type) && expr->kind != TKind::Const)
                             ? type
                             : DType::F64);
  }
  if (!source || source->type == type || isLiteral(type))
    return source;
  TExpr node;
  node.kind = TKind::Cast;
  node.type = type;
  node.range = range;
  node.operands = {source};
  return make(std::move(node));
}

/// Gives two operands one type: literals adapt, everything else must agree.
bool Sema::unify(TExprRef &a, TExprRef &b, SourceRange opRange, const char *op) {
  if (!a || !b)
    return false;
  if (a->type == b->type)
    return true;
  if (isLiteral(a->type) && isLiteral(b->type)) {
    // A fraction among literals makes all of them fractions.
    TExprRef &integer = a->type == DType::LiteralInt ? a : b;
    integer = adapt(integer, DType::LiteralFloat);
    if (integer && integer->type == DType::LiteralInt) {
      TExpr node = *integer;
      node.type = DType::LiteralFloat;
      if (node.kind == TKind::Index) {
        TExpr wrapped;
        wrapped.kind = TKind::Apply;
        wrapped.op = ScalarOp::Add;
        wrapped.type = DType::LiteralFloat;
        wrapped.range = node.range;
        wrapped.operands = {integer, makeConst(DType::LiteralInt, 0, 0, node.range)};
        node = std::move(wrapped);
      }
      node.dim.reset();
      integer = make(std::move(node));
    }
    return a && b;
  }
  if (isLiteral(a->type) || isLiteral(b->type)) {
    (isLiteral(a->type) ? a : b) = isLiteral(a->type) ? adapt(a, b->type) : adapt(b, a->type);
    return a && b;
  }
  auto rank = [](DType type) { return (isFloat(type) ? 1000u : 0u) + bitWidth(type); };
  const TExprRef &wide = rank(a->type) >= rank(b->type) ? a : b, &narrow = &wide == &a ? b : a;
  std::string text(narrow->range.text().substr(0, 24));
  bool simple = !text.empty() && text.find_first_of(" \n") == std::string::npos;
  report(Diag::TypeMismatch, opRange, {op, dtypeName(a->type), dtypeName(b->type)})
      .label(a->range, std::string("this is ") + dtypeName(a->type))
      .label(b->range, std::string("this is ") + dtypeName(b->type))
      .hint(std::string("convert one: ") + dtypeName(wide->type) + "(" + (simple ? text : "…") + ")");
  return false;
}

} // namespace flex::lang
