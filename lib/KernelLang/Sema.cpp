//===- Sema.cpp - Semantic analysis: entry, types and dimensions ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Binds the root kernel's types and dimensions, reads dimension expressions and
// constraints, and runs the body.
//
//===----------------------------------------------------------------------===//
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
      else if (category.empty() && report && isFutureDType(name.text))
        report->report(Diag::NotSupportedYet, name.range, {"the type '" + name.text + "'"});
      else if (category.empty() && report)
        report->report(Diag::UnknownType, name.range, {name.text}).hint(didYouMean(name.text, dtypeNames()));
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

Sema::Sema(FunctionRef root, const Bindings &bindings, DiagnosticEngine &diagnostics)
    : diagnostics(diagnostics), bindings(bindings), prover([this](const std::string &symbol) -> const IndexVar * {
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

std::optional<TypedKernel> Sema::run() {
  const Function &function = *frame().function;
  if (!bindRootTypes())
    return std::nullopt;
  bindRootDims();
  bindRootParams();
  addConstraints(function, /*isRoot=*/true);
  std::vector<ResolvedType> declared;
  for (const TypeExpr &result : function.results) {
    declared.push_back(resolveType(result));
    for (const DimExpr &dim : declared.back().shape)
      requireNonNegative(dim, result.range);
  }
  std::vector<Value> results = evalBody(declared);
  if (reports != 0 || exhausted)
    return std::nullopt;
  for (size_t i = 0; i < results.size(); ++i) {
    Value value = results[i];
    int id = isPlain(value) ? value.expr->tensor : -1;
    bool again = std::find(kernel.results.begin(), kernel.results.end(), id) != kernel.results.end();
    if (id < 0 || kernel.tensors[id].isParam || again) {
      id = addTensor(function.results.size() == 1 ? "result" : "result" + std::to_string(i), value.expr->type,
                     shapeOf(value), false, value.range);
      kernel.statements.push_back({id, value.axes, value.expr, value.range});
    }
    kernel.results.push_back(id);
    kernel.resultNames.push_back(results.size() == 1 ? "result" : "result" + std::to_string(i));
    kernel.resultAliases.push_back(-1);
  }
  kernel.argDefaults.resize(kernel.paramCount);
  if (function.numerics)
    kernel.numerics = function.numerics->text;
  return kernel;
}

/// Adds the calls that led here, so that an error inside a library function
/// points at the user's line, too.
DiagnosticBuilder Sema::report(Diag kind, SourceRange range, std::initializer_list<std::string> arguments) {
  DiagnosticBuilder builder = diagnostics.report(kind, range, arguments);
  reports += diagSeverity(kind) == Severity::Error;
  size_t shown = 0;
  for (auto it = frames.rbegin(); it != frames.rend() && shown < 4; ++it)
    if ((*it)->call.isValid() && ++shown)
      builder.label((*it)->call, "in this call of '" + (*it)->function->name.text + "'");
  return builder;
}

void Sema::notSupported(SourceRange range, const std::string &what, const std::string &hint) {
  report(Diag::NotSupportedYet, range, {what}).hint(hint);
}

//===----------------------------------------------------------------------===//
// The root's types and dimensions
//===----------------------------------------------------------------------===//

bool Sema::bindRootTypes() {
  std::vector<Name> dimParams;
  const Function &function = *frame().function;
  for (const TypeParam &param : typeParamsOf(function, dimParams, &diagnostics)) {
    auto bound = bindings.types.find(param.name);
    if (param.allowed.empty())
      return false; // reported: no type of the list exists
    if (bound == bindings.types.end() && param.allowed.size() > 1) {
      report(Diag::UnboundParameter, function.name.range, {param.name, function.name.text})
          .hint("give its type, e.g. " + param.name + "=" + dtypeName(param.allowed[0]));
      return false;
    }
    DType type = bound == bindings.types.end() ? param.allowed[0] : bound->second;
    if (std::find(param.allowed.begin(), param.allowed.end(), type) == param.allowed.end()) {
      std::string allowed;
      for (DType candidate : param.allowed)
        allowed += (allowed.empty() ? "" : " | ") + std::string(dtypeName(candidate));
      report(Diag::TypeNotAllowed, function.name.range, {param.name, dtypeName(type), allowed});
      return false;
    }
    frame().types[param.name] = type;
  }
  return true;
}

void Sema::declareRootDim(const std::string &name, const std::string &origin, SourceRange range) {
  if (frame().dims.count(name))
    return;
  if (frame().types.count(name))
    report(Diag::Redefined, range, {name})
        .label(frame().function->name.range, "a type parameter of this name is declared here");
  auto bound = bindings.dims.find(name);
  DimExpr value = bound == bindings.dims.end() ? DimExpr::symbol(name) : DimExpr(bound->second);
  if (bound == bindings.dims.end())
    kernel.dims.push_back(name);
  frame().dims[name] = {value, origin, range};
}

static void collectNames(const Expr *expr, std::vector<const NameExpr *> &names) {
  if (auto *name = dyn<NameExpr>(expr))
    names.push_back(name);
  if (auto *binary = dyn<BinaryExpr>(expr)) {
    collectNames(binary->lhs.get(), names);
    collectNames(binary->rhs.get(), names);
  }
  if (auto *unary = dyn<UnaryExpr>(expr))
    collectNames(unary->operand.get(), names);
  if (auto *call = dyn<CallExpr>(expr))
    for (const Argument &argument : call->arguments)
      collectNames(argument.value.get(), names);
}

/// A name that is the whole of some parameter's axis is a dimension.
void Sema::bindRootDims() {
  const Function &function = *frame().function;
  for (const Param &param : function.params)
    for (const ExprPtr &dim : param.type.shape)
      if (auto *name = dyn<NameExpr>(dim); name && !name->name.module)
        declareRootDim(name->name.name.text, param.name.text, name->range);
  std::vector<Name> dimParams;
  typeParamsOf(function, dimParams, nullptr);
  for (const Name &name : dimParams)
    declareRootDim(name.text, "<" + name.text + ": dim>", name.range);
  for (const Param &param : function.params)
    for (const ExprPtr &dim : param.type.shape) {
      std::vector<const NameExpr *> names;
      collectNames(dim.get(), names);
      for (const NameExpr *name : names) {
        std::string text = name->name.str();
        if (frame().dims.count(text))
          continue;
        report(Diag::DimensionNotDerivable, name->range, {text})
            .hint("let some parameter have it alone as an axis, or declare it in '<…: dim>'");
        declareRootDim(text, param.name.text, name->range);
      }
    }
}

void Sema::bindRootParams() {
  const Function &function = *frame().function;
  for (const Param &param : function.params) {
    ResolvedType type = resolveType(param.type);
    if (param.defaultValue && function.isKernel)
      notSupported(param.defaultValue->range, "a default value of a kernel's parameter");
    Binding binding;
    binding.what = "parameter";
    binding.range = param.name.range;
    binding.used = true;
    for (const DimExpr &dim : type.shape)
      if (!dim.asSymbol())
        requireNonNegative(dim, param.type.range);
    if (type.ok) {
      int id = addTensor(param.name.text, type.type, type.shape, true, param.name.range);
      binding.value = tensorRef(id, param.name.range);
    }
    if (auto dim = frame().dims.find(param.name.text); dim != frame().dims.end())
      report(Diag::Redefined, param.name.range, {param.name.text}).label(dim->second.range, "a dimension of this name");
    bind(param.name, std::move(binding));
  }
  kernel.paramCount = kernel.tensors.size();
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
  if (name.text.empty())
    return std::nullopt; // a syntax error has been reported
  if (isFutureDType(name.text)) {
    notSupported(name.range, "the type '" + name.text + "'");
    return std::nullopt;
  }
  std::vector<std::string> candidates = dtypeNames();
  for (const auto &[param, type] : frame().types)
    candidates.push_back(param);
  report(Diag::UnknownType, name.range, {name.text}).hint(didYouMean(name.text, candidates));
  return std::nullopt;
}

ResolvedType Sema::resolveType(const TypeExpr &written) {
  ResolvedType type;
  auto element = resolveElement(written.element);
  type.ok = element.has_value();
  type.type = element.value_or(DType::F32);
  if (written.shape.size() > kMaxRank) {
    report(Diag::RankTooLarge, written.range, {std::to_string(kMaxRank), std::to_string(written.shape.size())});
    type.ok = false;
    return type;
  }
  for (const ExprPtr &expr : written.shape) {
    auto dim = toDimension(expr.get());
    if (dim && dim->isConstant() && *dim->constant() < 0) {
      report(Diag::NegativeDimension, expr->range, {dim->str()});
      dim.reset();
    }
    type.ok &= dim.has_value();
    type.shape.push_back(dim.value_or(DimExpr(1)));
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
        .hint(hint.empty() ? "a dimension is declared by being an axis of a parameter" : hint);
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
    report(Diag::BadConstraint, expr->range, {"'" + std::string(expr->range.text().substr(0, 40)) + "'"})
        .hint(op == BinaryOp::And ? "separate two constraints with ','" : "");
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

void Sema::addConstraints(const Function &function, bool isRoot) {
  for (const ExprPtr &expr : function.constraints) {
    Constraint constraint;
    if (!toConstraint(expr.get(), constraint))
      continue;
    require(constraint);
  }
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
