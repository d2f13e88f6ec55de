//===- Sema.cpp - Semantic analysis: types and dimensions ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reads types, dimension expressions and constraints; reports. What is special about
// the kernel itself is SemaRoot.cpp.
//
//===----------------------------------------------------------------------===//
#include "Hints.h"
#include "SemaImpl.h"

#include <algorithm>

namespace flex::lang {

using namespace ast;

std::string ResolvedType::str() const {
  return dtypeName(type) + (shape.empty() ? std::string() : shapeText(shape));
}

std::vector<TypeParam> typeParamsOf(const Function &function, std::vector<Name> &dims, DiagnosticEngine *report) {
  std::vector<TypeParam> params;
  std::set<std::string> seen;
  for (const GenericParam &generic : function.generics) {
    if (!seen.insert(generic.name.text).second && report)
      report->report(Diag::Redefined, generic.name.range, {generic.name.text});
    if (generic.allowed.size() == 1 && generic.allowed[0].text == "dim") {
      dims.push_back(generic.name);
      continue;
    }
    TypeParam param{generic.name.text, {}};
    for (const Name &name : generic.allowed) {
      std::vector<DType> category = dtypeCategory(name.text);
      auto type = dtypeFromName(name.text);
      if (type)
        category.push_back(*type);
      else if (category.empty() && report)
        report->report(Diag::UnknownType, name.range, {name.text})
            .hint(didYouMean(name.text, dtypeNames()))
            .hint(typeHint(name.text));
      for (DType allowed : category)
        if (std::find(param.allowed.begin(), param.allowed.end(), allowed) == param.allowed.end())
          param.allowed.push_back(allowed);
    }
    params.push_back(std::move(param));
  }
  auto addCategory = [&](const TypeExpr &type) {
    std::vector<DType> category = dtypeCategory(type.element.text);
    bool known = std::any_of(params.begin(), params.end(), [&](auto &p) { return p.name == type.element.text; });
    if (!category.empty() && !known)
      params.push_back({type.element.text, category});
  };
  for (const Param &param : function.params)
    addCategory(param.type);
  for (const TypeExpr &result : function.results)
    addCategory(result);
  return params;
}

Sema::Sema(FunctionRef root, const Bindings &bindings, DiagnosticEngine &diagnostics, bool generic)
    : diagnostics(diagnostics), bindings(bindings), generic(generic),
      prover([this](const std::string &symbol) -> const IndexVar * {
        auto it = symbols.find(symbol);
        return it == symbols.end() ? nullptr : it->second.get();
      }) {
  auto rootFrame = std::make_unique<Frame>();
  rootFrame->module = root.module;
  rootFrame->function = root.function;
  rootFrame->scopes.emplace_back();
  frames.push_back(std::move(rootFrame));
  kernel.name = root.function->name.text;
  kernel.doc = root.function->doc;
  kernel.range = root.function->name.range;
}

/// Adds the calls that led here, so that an error inside a library function
/// points at the user's line, too.
DiagnosticBuilder Sema::report(Diag kind, SourceRange range, std::initializer_list<std::string> arguments) {
  if (isFollowUp(kind, arguments)) {
    ++reports;
    return DiagnosticEngine::dropped();
  }
  DiagnosticBuilder builder = (trial ? *trial : diagnostics).report(kind, range, arguments);
  reports += diagSeverity(kind) == Severity::Error;
  size_t shown = 0;
  for (auto it = frames.rbegin(); it != frames.rend() && shown < 4; ++it)
    if ((*it)->call.isValid() && ++shown)
      builder.label((*it)->call, "in this call of '" + (*it)->function->name.text + "'");
  return builder;
}

//===----------------------------------------------------------------------===//
// Types and dimension expressions
//===----------------------------------------------------------------------===//

std::optional<DType> Sema::resolveElement(const Name &name) {
  auto bound = frame().types.find(name.text);
  if (bound != frame().types.end())
    return bound->second;
  if (auto type = dtypeFromName(name.text))
    return type;
  if (name.text.empty()) {
    ++reports; // by the parser
    return std::nullopt;
  }
  std::vector<std::string> candidates = dtypeNames();
  for (const auto &[param, type] : frame().types)
    candidates.push_back(param);
  report(Diag::UnknownType, name.range, {name.text})
      .hint(didYouMean(name.text, candidates))
      .hint(typeHint(name.text))
      .hint(name.text.size() == 1 && isupper(static_cast<unsigned char>(name.text[0]))
                ? "a type parameter is declared before the parameters: '" + frame().function->name.text + "<" +
                      name.text + ": f16 | f32>(…)'"
                : "");
  return std::nullopt;
}

ResolvedType Sema::resolveType(const TypeExpr &written) {
  ResolvedType type;
  auto element = resolveElement(written.element);
  type.ok = element.has_value();
  type.type = element.value_or(DType::F32);
  for (const ExprPtr &expr : written.shape) {
    if (expr->kind == ExprKind::Ellipsis) {
      if (!frame().pack)
        report(Diag::PackUnknown, expr->range);
      type.ok &= frame().pack.has_value();
      if (frame().pack)
        type.shape.insert(type.shape.end(), frame().pack->begin(), frame().pack->end());
      continue;
    }
    auto dim = toDimension(expr.get());
    if (dim && dim->isConstant() && *dim->constant() < 0) {
      report(Diag::NegativeDimension, expr->range, {dim->str()});
      dim.reset();
    }
    type.ok &= dim.has_value();
    type.shape.push_back(dim.value_or(DimExpr(1)));
  }
  if (type.shape.size() > kMaxRank) {
    report(Diag::RankTooLarge, written.range, {std::to_string(kMaxRank), std::to_string(type.shape.size())});
    type.ok = false;
  }
  return type;
}

std::optional<DimExpr> Sema::toDimension(const Expr *expr) {
  if (auto *integer = dyn<IntegerExpr>(expr); integer && integer->value <= INT64_MAX)
    return DimExpr(static_cast<int64_t>(integer->value));
  if (auto *name = dyn<NameExpr>(expr)) {
    auto it = frame().dims.find(name->name.str());
    if (it != frame().dims.end())
      return it->second.value;
    std::vector<std::string> known;
    for (const auto &[dim, binding] : frame().dims)
      known.push_back(dim);
    std::string hint = didYouMean(name->name.str(), known);
    report(Diag::DimensionNotDerivable, name->range, {name->name.str()})
        .hint(findBinding(name->name.str()) ? "'" + name->name.str() + "' is a value; only dimensions can stand here"
              : hint.empty()
                  ? "let a parameter have it alone as an axis, or declare it: '<" + name->name.str() + ": dim>'"
                  : hint);
    return std::nullopt;
  }
  if (expr->kind == ExprKind::Error)
    return std::nullopt;
  auto result = dimensionOperation(expr);
  if (result && !result->isValid()) {
    report(Diag::DimensionOverflow, expr->range);
    return std::nullopt;
  }
  return result;
}

std::optional<DimExpr> Sema::dimensionOperation(const Expr *expr) {
  if (auto *unary = dyn<UnaryExpr>(expr); unary && unary->op == UnaryOp::Negate) {
    auto value = toDimension(unary->operand.get());
    return value ? std::optional(0 - *value) : value;
  }
  if (auto *call = dyn<CallExpr>(expr); call && call->arguments.size() == 2 && !call->callee.module) {
    const std::string &name = call->callee.name.text;
    if (name == "min" || name == "max" || name == "ceildiv") {
      auto a = toDimension(call->arguments[0].value.get()), b = toDimension(call->arguments[1].value.get());
      if (!a || !b)
        return std::nullopt;
      return name == "min" ? DimExpr::min(*a, *b) : name == "max" ? DimExpr::max(*a, *b) : a->ceilDiv(*b);
    }
  }
  auto *binary = dyn<BinaryExpr>(expr);
  bool known = binary && binary->op <= BinaryOp::Modulo;
  if (!known) {
    report(Diag::BadDimension, expr->range, {"'" + std::string(expr->range.text().substr(0, 40)) + "'"});
    return std::nullopt;
  }
  auto a = toDimension(binary->lhs.get()), b = toDimension(binary->rhs.get());
  if (!a || !b)
    return std::nullopt;
  switch (binary->op) {
  case BinaryOp::Add: return *a + *b;
  case BinaryOp::Subtract: return *a - *b;
  case BinaryOp::Multiply: return *a * *b;
  case BinaryOp::Divide: return a->floorDiv(*b);
  default: return a->mod(*b);
  }
}

//===----------------------------------------------------------------------===//
// Constraints
//===----------------------------------------------------------------------===//

bool Sema::toConstraint(const Expr *expr, Constraint &constraint) {
  if (expr->kind == ExprKind::Error)
    return false;
  constraint.range = expr->range;
  constraint.source = std::string(expr->range.text());
  auto *binary = dyn<BinaryExpr>(expr);
  BinaryOp op = binary ? binary->op : BinaryOp::Add;
  bool ordered =
      op == BinaryOp::Less || op == BinaryOp::LessEqual || op == BinaryOp::Greater || op == BinaryOp::GreaterEqual;
  if (!ordered && op != BinaryOp::Equal) {
    report(Diag::BadConstraint, expr->range, {"'" + std::string(expr->range.text().substr(0, 40)) + "'"});
    return false;
  }
  auto *left = dyn<BinaryExpr>(binary->lhs);
  auto *zero = dyn<IntegerExpr>(binary->rhs);
  if (op == BinaryOp::Equal && left && left->op == BinaryOp::Modulo && zero && zero->value == 0) {
    auto a = toDimension(left->lhs.get()), b = toDimension(left->rhs.get());
    if (!a || !b)
      return false;
    constraint.kind = Constraint::Kind::Divisible;
    constraint.lhs = *a;
    constraint.rhs = *b;
    return true;
  }
  auto a = toDimension(binary->lhs.get()), b = toDimension(binary->rhs.get());
  if (!a || !b)
    return false;
  bool swap = op == BinaryOp::Greater || op == BinaryOp::GreaterEqual;
  bool strict = op == BinaryOp::Greater || op == BinaryOp::Less;
  constraint.kind = op == BinaryOp::Equal ? Constraint::Kind::Equal : Constraint::Kind::LessEqual;
  constraint.lhs = (swap ? *b : *a) + (strict ? 1 : 0);
  constraint.rhs = swap ? *a : *b;
  return true;
}

void Sema::addConstraints(const Function &function) {
  for (const ExprPtr &expr : function.constraints)
    addConstraint(expr.get());
}

/// `a && b` is two constraints.
void Sema::addConstraint(const Expr *expr) {
  if (auto *both = dyn<BinaryExpr>(expr); both && both->op == BinaryOp::And) {
    addConstraint(both->lhs.get());
    addConstraint(both->rhs.get());
    return;
  }
  Constraint constraint;
  if (toConstraint(expr, constraint))
    require(constraint);
}

void Sema::require(Constraint constraint) {
  if (prover.holds(constraint))
    return;
  if (prover.contradicts(constraint)) {
    report(Diag::FalseConstraint, constraint.range, {"'" + constraint.source + "'", constraint.str()});
    return;
  }
  prover.assume(constraint);
  kernel.constraints.push_back(std::move(constraint));
}

void Sema::requireNonNegative(const DimExpr &extent, SourceRange range) {
  if (auto value = extent.constant(); value && *value < 0) {
    report(Diag::NegativeDimension, range, {extent.str()});
    return;
  }
  Constraint constraint;
  constraint.kind = Constraint::Kind::LessEqual;
  constraint.lhs = 0;
  constraint.rhs = extent;
  constraint.source = "0 <= " + extent.str();
  constraint.range = range;
  require(constraint);
}

} // namespace flex::lang
