//===- SemaCall.cpp - Semantic analysis: calls are inlined ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A call binds types and dimensions from its arguments and evaluates the
// callee's body in a frame of its own. A function of scalars called with tensors
// applies to each element. Bounded by call depth and by the statements made.
//
//===----------------------------------------------------------------------===//
#include "SemaImpl.h"

#include <algorithm>

namespace flex::lang {

using namespace ast;

std::vector<Value> Sema::evalCall(const CallExpr &expr) {
  if (exhausted)
    return {};
  const std::string &name = expr.callee.name.text;
  if (!expr.callee.module && !frame().module->functions.count(name)) {
    auto type = frame().types.find(name);
    if (type != frame().types.end())
      return {evalCast(expr, type->second)};
    if (auto dtype = dtypeFromName(name))
      return {evalCast(expr, *dtype)};
    if (isBuiltinFunction(name))
      return evalBuiltin(expr);
  }
  std::vector<FunctionRef> candidates = lookupFunctions(expr.callee);
  Restore<size_t> anywhere(nonEmptyFrom, active.size()); // an argument may be used in a reduction
  std::vector<CallArgument> given;
  bool ok = true;
  for (const Argument &argument : expr.arguments) { // even of an unknown function: what is wrong there counts, too
    given.push_back({eval(argument.value.get()), argument.value->range});
    ok &= !given.back().value.isError();
  }
  if (candidates.empty() || exhausted)
    return {};
  if (candidates.size() == 1)
    return inlineCall(expr, candidates[0], given);
  auto callee = ok ? chooseOverload(expr, candidates, given) : std::nullopt;
  return callee ? inlineCall(expr, *callee, given) : std::vector<Value>();
}

bool isDimTypeParam(const Function &function, const std::string &name) {
  std::vector<Name> dims;
  typeParamsOf(function, dims, nullptr);
  return std::any_of(dims.begin(), dims.end(), [&](const Name &dim) { return dim.text == name; });
}

/// Positional arguments, then named ones, then defaults, in the order of the parameters.
bool Sema::matchArguments(const CallExpr &call, FunctionRef callee, const std::vector<CallArgument> &values,
                          std::vector<CallArgument> &arguments) {
  const Function &function = *callee.function;
  std::vector<const CallArgument *> given(function.params.size());
  bool ok = true;
  size_t position = 0;
  for (size_t number = 0; number < call.arguments.size(); ++number) {
    const Argument &argument = call.arguments[number];
    size_t index = position;
    if (argument.name && isDimTypeParam(function, argument.name->text))
      continue; // see bindDimTypeArguments
    if (argument.name) {
      auto it = std::find_if(function.params.begin(), function.params.end(),
                             [&](const Param &param) { return param.name.text == argument.name->text; });
      index = static_cast<size_t>(it - function.params.begin());
      if (it == function.params.end()) {
        std::vector<std::string> known;
        known.reserve(function.params.size());
        for (const Param &param : function.params)
          known.push_back(param.name.text);
        report(Diag::UnknownArgument, argument.name->range, {function.name.text, argument.name->text})
            .label(function.name.range, "declared here")
            .hint(didYouMean(argument.name->text, known));
        ok = false;
        continue;
      }
    } else if (++position > function.params.size()) {
      break;
    }
    if (given[index]) {
      report(Diag::DuplicateArgument, argument.value->range, {function.params[index].name.text, function.name.text});
      ok = false;
    }
    given[index] = &values[number];
  }
  size_t missing = 0;
  std::string without;
  for (size_t i = 0; i < given.size(); ++i)
    if (!given[i] && !function.params[i].defaultValue) {
      without += (missing ? ", '" : "'") + function.params[i].name.text + "'";
      ++missing;
    }
  if (ok && (missing || position > given.size())) {
    report(Diag::ArgumentCount, call.range,
           {function.name.text, std::to_string(given.size()) + (given.size() == 1 ? " argument" : " arguments"),
            std::to_string(call.arguments.size())})
        .label(function.name.range, "declared here")
        .hint(missing ? "there is no value for " + without : "");
    return false;
  }
  if (!ok)
    return false;
  for (size_t i = 0; i < given.size(); ++i) {
    if (given[i])
      arguments.push_back(*given[i]);
    else
      arguments.push_back({evalDefault(callee, function.params[i]), function.params[i].defaultValue->range});
    ok &= !arguments.back().value.isError();
  }
  return ok;
}

/// In the callee's file, not among the caller's names.
Value Sema::evalDefault(FunctionRef callee, const Param &param) {
  auto owned = std::make_unique<Frame>();
  owned->module = callee.module;
  owned->function = callee.function;
  owned->scopes.emplace_back();
  frames.push_back(std::move(owned));
  Value value = eval(param.defaultValue.get());
  frames.pop_back();
  return value;
}

std::vector<Value> Sema::inlineCall(const CallExpr &call, FunctionRef callee, const std::vector<CallArgument> &given) {
  for (const Param &param : callee.function->params)
    if (param.isInout) {
      report(Diag::CallStores, call.range, {callee.function->name.text, param.name.text})
          .label(param.name.range, "declared here");
      return {};
    }
  for (const auto &caller : frames)
    if (caller->function == callee.function) {
      report(Diag::Recursion, call.range, {callee.function->name.text})
          .label(callee.function->name.range, "declared here");
      return {};
    }
  if (frames.size() >= kMaxCallDepth) {
    report(Diag::CallsTooDeep, call.range, {std::to_string(kMaxCallDepth)});
    exhausted = true;
    return {};
  }
  std::vector<CallArgument> arguments;
  if (!matchArguments(call, callee, given, arguments))
    return {};
  const std::vector<Param> &params = callee.function->params;
  bool shaped = std::any_of(params.begin(), params.end(), [](const Param &p) { return p.type.hasShape; });
  bool tensors = false;
  for (size_t i = 0; i < params.size(); ++i)
    tensors |= !params[i].type.hasShape && arguments[i].value.isTensor();
  if (tensors && !shaped)
    return inlineElementwise(call, callee, arguments);
  for (size_t i = 0; i < params.size(); ++i) {
    size_t rank = params[i].type.shape.size(), got = arguments[i].value.axes.size();
    if (acceptsRank(params[i].type, got))
      continue;
    bool open = packPosition(params[i].type).has_value();
    report(Diag::ArgumentRank, arguments[i].range,
           {params[i].name.text, callee.function->name.text, axesText(got),
            open ? "at least " + axesText(rank - 1) : axesText(rank)})
        .at("this is " + describe(arguments[i].value))
        .label(params[i].type.range, "declared here");
    return {};
  }
  return inlineFrame(call, callee, std::move(arguments));
}

/// A function of scalars at each point of its tensor arguments.
std::vector<Value> Sema::inlineElementwise(const CallExpr &call, FunctionRef callee,
                                           const std::vector<CallArgument> &arguments) {
  std::vector<Value> operands;
  operands.reserve(arguments.size());
  for (const CallArgument &argument : arguments)
    operands.push_back(argument.value);
  std::vector<IndexVarRef> axes;
  if (!broadcast(operands, call.range, axes))
    return {};
  std::vector<CallArgument> elements;
  for (const CallArgument &argument : arguments) {
    TExprRef element = argument.value.isTensor() ? atBroadcast(argument.value, axes) : argument.value.expr;
    Value value = scalar(element, argument.range);
    if (value.isError())
      return {};
    elements.push_back({value, argument.range});
  }
  std::vector<Value> results = inlineFrame(call, callee, std::move(elements));
  for (Value &result : results) {
    if (result.isTensor()) {
      report(Diag::NeedsIndex, call.range,
             {"the result of '" + callee.function->name.text + "'", axesText(result.axes.size())});
      return {};
    }
    result = tensor(result.expr, axes, call.range);
  }
  return results;
}

std::vector<Value> Sema::inlineFrame(const CallExpr &call, FunctionRef callee, std::vector<CallArgument> arguments) {
  const Function &function = *callee.function;
  auto owned = std::make_unique<Frame>();
  owned->module = callee.module;
  owned->function = callee.function;
  owned->call = call.range;
  owned->scopes.emplace_back();
  Frame &inner = *owned;
  if (!bindCallTypes(inner, call, arguments) || !bindDimTypeArguments(inner, call))
    return {};
  frames.push_back(std::move(owned));
  std::vector<IndexVarRef> outerActive = active;
  std::vector<Value> results;
  if (bindCallDims(arguments)) {
    for (size_t i = 0; i < arguments.size(); ++i) {
      if (isDimParam(function.params[i]))
        continue;
      Value value = arguments[i].value;
      bool cheap =
          value.expr->kind == TKind::Access || value.expr->kind == TKind::Const || value.expr->kind == TKind::Cast;
      if (value.isTensor() && !cheap)
        value = materialize(value, function.params[i].name.text, arguments[i].range);
      Binding binding;
      binding.value = value;
      binding.value.name = function.params[i].name.text;
      binding.what = "parameter";
      binding.used = true;
      bind(function.params[i].name, std::move(binding));
    }
    addConstraints(function);
    std::vector<ResolvedType> declared;
    declared.reserve(function.results.size());
    for (const TypeExpr &result : function.results)
      declared.push_back(resolveType(result));
    results = evalBody(declared);
  }
  active = outerActive;
  frames.pop_back();
  for (Value &result : results)
    result.range = call.range;
  return results;
}

//===----------------------------------------------------------------------===//
// Types of a call
//===----------------------------------------------------------------------===//

bool Sema::bindTypeParam(Frame &callee, const TypeParam &param, DType type, SourceRange range,
                         std::map<std::string, SourceRange> &origins) {
  auto bound = callee.types.find(param.name);
  if (bound != callee.types.end()) {
    if (bound->second == type)
      return true;
    report(Diag::TypeParameterConflict, range, {param.name, dtypeName(type), dtypeName(bound->second)})
        .label(origins[param.name], std::string("this is ") + dtypeName(bound->second))
        .label(callee.function->name.range, "declared here");
    return false;
  }
  bool literalFits = isLiteral(type) && std::any_of(param.allowed.begin(), param.allowed.end(), [&](DType allowed) {
                       return isFloat(allowed) || type == DType::LiteralInt;
                     });
  if (!literalFits && std::find(param.allowed.begin(), param.allowed.end(), type) == param.allowed.end()) {
    std::string allowed;
    for (DType candidate : param.allowed)
      allowed += (allowed.empty() ? "" : " | ") + std::string(dtypeName(candidate));
    report(Diag::TypeNotAllowed, range, {param.name, dtypeName(type), allowed})
        .label(callee.function->name.range, "declared here");
    return false;
  }
  // An integer literal where only floats are allowed is one of them.
  bool onlyFloats = std::all_of(param.allowed.begin(), param.allowed.end(), [](DType t) { return isFloat(t); });
  callee.types[param.name] = type == DType::LiteralInt && onlyFloats ? DType::LiteralFloat : type;
  origins[param.name] = range;
  return true;
}

bool Sema::bindCallTypes(Frame &callee, const CallExpr &call, std::vector<CallArgument> &arguments) {
  const Function &function = *callee.function;
  std::vector<Name> dimParams;
  std::vector<TypeParam> params = typeParamsOf(function, dimParams, nullptr);
  std::map<std::string, SourceRange> origins;
  auto find = [&](const std::string &name) -> const TypeParam * {
    for (const TypeParam &param : params)
      if (param.name == name)
        return &param;
    return nullptr;
  };
  // Typed arguments bind first; literals then take what is bound.
  for (bool literals : {false, true})
    for (size_t i = 0; i < arguments.size(); ++i) {
      Value &value = arguments[i].value;
      const TypeExpr &written = function.params[i].type;
      if (isLiteral(value.expr->type) != literals || isDimParam(function.params[i]))
        continue;
      if (const TypeParam *param = find(written.element.text)) {
        bool bound = callee.types.count(param->name);
        if (!(literals && bound) && !bindTypeParam(callee, *param, value.expr->type, arguments[i].range, origins))
          return false;
      }
      auto bound = callee.types.find(written.element.text);
      auto wanted = bound != callee.types.end() ? std::optional(bound->second) : dtypeFromName(written.element.text);
      if (!wanted) { // the callee's own declaration is wrong: say so there
        frames.push_back(std::make_unique<Frame>(callee));
        resolveElement(written.element);
        frames.pop_back();
        return false;
      }
      if (literals)
        value.expr = adapt(value.expr, *wanted);
      if (!value.expr)
        return false;
      if (value.expr->type == *wanted || isLiteral(*wanted))
        continue;
      std::string declared = dtypeName(*wanted);
      report(Diag::ArgumentType, arguments[i].range,
             {function.params[i].name.text, function.name.text, describe(value), declared})
          .label(written.range, "declared here")
          .hint("convert it: " + declared + "(…)");
      return false;
    }
  for (const TypeParam &param : params) {
    if (callee.types.count(param.name))
      continue;
    if (param.allowed.size() != 1) {
      report(Diag::UnboundTypeParameter, call.range, {param.name, function.name.text})
          .label(function.name.range, "declared here");
      return false;
    }
    callee.types[param.name] = param.allowed[0];
  }
  return true;
}

//===----------------------------------------------------------------------===//
// Dimensions of a call
//===----------------------------------------------------------------------===//

bool Sema::bindCallDim(const Expr *dim, const DimExpr &extent, const std::string &param, SourceRange range,
                       bool first) {
  auto *name = dyn<NameExpr>(dim);
  if (first) {
    if (name && !name->name.module && !frame().dims.count(name->name.name.text))
      frame().dims[name->name.name.text] = {extent, param, range};
    return true;
  }
  auto declared = toDimension(dim);
  if (!declared)
    return false;
  if (prover.equal(*declared, extent))
    return true;
  bool names = declared->asSymbol() && extent.asSymbol();
  if (names || prover.different(*declared, extent)) {
    std::string text(dim->range.text().substr(0, 40));
    auto origin = name ? frame().dims.find(name->name.name.text) : frame().dims.end();
    bool known = origin != frame().dims.end();
    DiagnosticBuilder builder =
        report(Diag::DimensionConflict, range,
               {text, known ? origin->second.value.str() : declared->str(),
                known ? origin->second.origin : frame().function->name.text, extent.str(), param});
    if (known)
      builder.label(origin->second.range, text + " is " + origin->second.value.str() + " here");
    builder.label(dim->range, "declared here");
    return false;
  }
  Constraint constraint;
  constraint.kind = Constraint::Kind::Equal;
  constraint.lhs = extent;
  constraint.rhs = *declared;
  constraint.source = extent.str() + " == " + declared->str();
  constraint.range = range;
  require(constraint);
  return true;
}

bool Sema::bindCallDims(const std::vector<CallArgument> &arguments) {
  const Function &function = *frame().function;
  if (!bindDimArguments(arguments))
    return false;
  std::string packOrigin;
  for (size_t i = 0; i < arguments.size(); ++i)
    if (packPosition(function.params[i].type) && !bindCallPack(function.params[i], arguments[i], packOrigin))
      return false;
  for (bool first : {true, false})
    for (size_t i = 0; i < arguments.size(); ++i) {
      const std::vector<ExprPtr> &shape = function.params[i].type.shape;
      const std::vector<IndexVarRef> &axes = arguments[i].value.axes;
      for (size_t axis = 0; axis < shape.size(); ++axis) {
        if (shape[axis]->kind == ExprKind::Ellipsis)
          continue;
        bool behind = axis > packPosition(function.params[i].type).value_or(shape.size());
        const IndexVar &own = *axes[behind ? axes.size() - shape.size() + axis : axis];
        if (!bindCallDim(shape[axis].get(), *own.extent, function.params[i].name.text, arguments[i].range, first))
          return false;
      }
    }
  std::vector<Name> dimParams;
  typeParamsOf(function, dimParams, nullptr);
  for (const Name &name : dimParams)
    if (!frame().dims.count(name.text)) {
      report(Diag::DimensionNotGiven, frame().call, {name.text, function.name.text})
          .label(name.range, "declared here")
          .hint("give it by name: '" + function.name.text + "(…, " + name.text + " = …)'");
      return false;
    }
  return true;
}

/// `resize(x, W = 2 * N)`: what the caller gives for `<W: dim>`.
bool Sema::bindDimTypeArguments(Frame &callee, const CallExpr &call) {
  for (const Argument &argument : call.arguments) {
    if (!argument.name || !isDimTypeParam(*callee.function, argument.name->text))
      continue;
    const std::string &name = argument.name->text;
    if (callee.dims.count(name)) {
      report(Diag::DuplicateArgument, argument.value->range, {name, callee.function->name.text});
      return false;
    }
    auto dim = dimensionArgument(argument.value.get());
    unsigned before = reports;
    if (dim)
      requireNonNegative(*dim, argument.value->range);
    if (!dim || reports != before)
      return false;
    callee.dims[name] = {*dim, name, argument.value->range};
  }
  return true;
}

/// `stride: dim` is what the caller gives: a number made of dimensions, and not negative.
bool Sema::bindDimArguments(const std::vector<CallArgument> &arguments) {
  const Function &function = *frame().function;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const Param &param = function.params[i];
    if (!isDimParam(param))
      continue;
    const Value &value = arguments[i].value;
    std::set<std::string> names;
    bool isDim = value.isScalar() && value.expr->dim && isLiteral(value.expr->type);
    if (isDim)
      value.expr->dim->collectSymbols(names);
    if (!isDim ||
        std::any_of(names.begin(), names.end(), [&](const std::string &name) { return symbols.count(name); })) {
      report(Diag::ArgumentType, arguments[i].range, {param.name.text, function.name.text, describe(value), "dim"})
          .label(param.type.range, "declared here")
          .hint("give a number made of literals and dimensions");
      return false;
    }
    unsigned before = reports;
    requireNonNegative(*value.expr->dim, arguments[i].range);
    if (reports != before)
      return false;
    frame().dims[param.name.text] = {*value.expr->dim, param.name.text, arguments[i].range};
  }
  return true;
}

/// The axes that `...` stands for; the same ones in all parameters.
bool Sema::bindCallPack(const Param &param, const CallArgument &argument, std::string &origin) {
  size_t begin = *packPosition(param.type), behind = param.type.shape.size() - begin - 1;
  std::vector<DimExpr> shape = shapeOf(argument.value);
  std::vector<DimExpr> own(shape.begin() + static_cast<long>(begin), shape.end() - static_cast<long>(behind));
  std::optional<std::vector<DimExpr>> &pack = frame().pack;
  if (!pack) {
    pack = own;
    origin = param.name.text;
    return true;
  }
  if (std::equal(own.begin(), own.end(), pack->begin(), pack->end(),
                 [&](const DimExpr &a, const DimExpr &b) { return prover.equal(a, b); }))
    return true;
  report(Diag::PackConflict, argument.range, {shapeText(*pack), origin, shapeText(own), param.name.text})
      .label(param.type.range, "declared here");
  return false;
}

} // namespace flex::lang
