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

std::optional<FunctionRef> Sema::lookupFunction(const QualifiedName &name) {
  const LoadedModule &here = *frame().module;
  if (name.module) {
    auto module = here.imports.find(name.module->text);
    if (module == here.imports.end() && here.importsMissing) {
      ++reports; // at the import
      return std::nullopt;
    }
    if (module == here.imports.end()) {
      std::vector<std::string> known;
      known.reserve(here.imports.size());
      for (const auto &[alias, loaded] : here.imports)
        known.push_back(alias);
      std::string hint = didYouMean(name.module->text, known);
      report(Diag::UnknownName, name.module->range, {name.module->text})
          .hint(hint.empty() ? "import it: 'import " + name.module->text + "'" : hint);
      return std::nullopt;
    }
    auto it = module->second->functions.find(name.name.text);
    if (it != module->second->functions.end())
      return FunctionRef{module->second, it->second};
    std::vector<std::string> known;
    for (const auto &[function, ast] : module->second->functions)
      known.push_back(function);
    report(Diag::UnknownMember, name.name.range, {name.module->text, name.name.text})
        .hint(didYouMean(name.name.text, known));
    return std::nullopt;
  }
  auto local = here.functions.find(name.name.text);
  if (local != here.functions.end())
    return FunctionRef{&here, local->second};
  std::optional<FunctionRef> found;
  for (const auto &[alias, module] : here.imports) {
    auto it = module->functions.find(name.name.text);
    if (it == module->functions.end())
      continue;
    if (found && found->function != it->second) {
      report(Diag::AmbiguousName, name.name.range, {name.name.text})
          .label(found->function->name.range, "defined here")
          .label(it->second->name.range, "and here")
          .hint("write '" + alias + "." + name.name.text + "'");
      return std::nullopt;
    }
    found = FunctionRef{module, it->second};
  }
  if (found)
    return found;
  if (here.importsMissing) {
    ++reports; // at the import
    return std::nullopt;
  }
  std::vector<std::string> known = builtinFunctionNames();
  for (const auto &[function, ast] : here.functions)
    known.push_back(function);
  for (const auto &[alias, module] : here.imports)
    for (const auto &[function, ast] : module->functions)
      known.push_back(function);
  for (const std::string &type : dtypeNames())
    known.push_back(type);
  report(Diag::UnknownFunction, name.name.range, {name.name.text}).hint(didYouMean(name.name.text, known));
  return std::nullopt;
}

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
    if (isFutureDType(name)) {
      notSupported(expr.callee.name.range, "the type '" + name + "'");
      return {};
    }
    if (isBuiltinFunction(name))
      return {evalBuiltin(expr)};
  }
  auto callee = lookupFunction(expr.callee);
  if (!callee) {
    bool future = !expr.callee.module && isFutureFunction(name);
    (void)future;
    for (const Argument &argument : expr.arguments)
      eval(argument.value.get()); // report what is wrong there, too
    return {};
  }
  return inlineCall(expr, *callee);
}

/// Positional arguments, then named ones, then defaults, in the order of the parameters.
bool Sema::matchArguments(const CallExpr &call, FunctionRef callee, std::vector<CallArgument> &arguments) {
  const Function &function = *callee.function;
  std::vector<const Expr *> given(function.params.size());
  bool ok = true;
  size_t position = 0;
  for (const Argument &argument : call.arguments) {
    size_t index = position;
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
    given[index] = argument.value.get();
  }
  size_t missing = 0;
  for (size_t i = 0; i < given.size(); ++i)
    missing += !given[i] && !function.params[i].defaultValue;
  if (ok && (missing || position > given.size())) {
    report(Diag::ArgumentCount, call.range,
           {function.name.text, std::to_string(given.size()) + (given.size() == 1 ? " argument" : " arguments"),
            std::to_string(call.arguments.size())})
        .label(function.name.range, "declared here");
    return false;
  }
  if (!ok)
    return false;
  Restore<size_t> anywhere(nonEmptyFrom, active.size()); // an argument may be used in a reduction
  for (size_t i = 0; i < given.size(); ++i) {
    const Expr *expr = given[i] ? given[i] : function.params[i].defaultValue.get();
    arguments.push_back({eval(expr), expr->range});
    ok &= !arguments.back().value.isError();
  }
  return ok;
}

std::vector<Value> Sema::inlineCall(const CallExpr &call, FunctionRef callee) {
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
  if (!matchArguments(call, callee, arguments))
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
    if (rank == got)
      continue;
    report(Diag::ArgumentRank, arguments[i].range,
           {params[i].name.text, callee.function->name.text, axesText(got), axesText(rank)})
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
  if (!bindCallTypes(inner, call, arguments))
    return {};
  frames.push_back(std::move(owned));
  std::vector<IndexVarRef> outerActive = active;
  std::vector<Value> results;
  if (bindCallDims(arguments)) {
    for (size_t i = 0; i < arguments.size(); ++i) {
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
    addConstraints(function, /*isRoot=*/false);
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
      if (isLiteral(value.expr->type) != literals)
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
  std::vector<Name> dimParams;
  typeParamsOf(function, dimParams, nullptr);
  if (!dimParams.empty()) {
    notSupported(frame().call, "calling a function with a dimension parameter ('<" + dimParams[0].text + ": dim>')");
    return false;
  }
  for (bool first : {true, false})
    for (size_t i = 0; i < arguments.size(); ++i)
      for (size_t axis = 0; axis < function.params[i].type.shape.size(); ++axis)
        if (!bindCallDim(function.params[i].type.shape[axis].get(), *arguments[i].value.axes[axis]->extent,
                         function.params[i].name.text, arguments[i].range, first))
          return false;
  return true;
}

} // namespace flex::lang
