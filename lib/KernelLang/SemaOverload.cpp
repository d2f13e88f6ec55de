//===- SemaOverload.cpp - Semantic analysis: which function a call means ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Finds the functions of a name, then the one whose number of parameters, axes and
// types fit. An exact number of axes goes before elementwise application; beyond that
// nothing is preferred: two that fit are an error.
//
//===----------------------------------------------------------------------===//
#include "SemaImpl.h"

#include <algorithm>

namespace flex::lang {

using namespace ast;

std::optional<size_t> packPosition(const TypeExpr &type) {
  for (size_t i = 0; i < type.shape.size(); ++i)
    if (type.shape[i]->kind == ExprKind::Ellipsis)
      return i;
  return std::nullopt;
}

bool isDimParam(const Param &param) {
  return !param.type.hasShape && param.type.element.text == "dim";
}

bool acceptsRank(const TypeExpr &type, size_t rank) {
  return packPosition(type) ? rank + 1 >= type.shape.size() : rank == type.shape.size();
}

static std::vector<FunctionRef> overloads(const LoadedModule *module, const std::vector<const Function *> &functions) {
  std::vector<FunctionRef> refs;
  refs.reserve(functions.size());
  for (const Function *function : functions)
    refs.push_back({module, function});
  return refs;
}

std::vector<FunctionRef> Sema::lookupFunctions(const QualifiedName &name) {
  const LoadedModule &here = *frame().module;
  if (name.module) {
    auto module = here.imports.find(name.module->text);
    if (module == here.imports.end() && here.importsMissing) {
      ++reports; // at the import
      return {};
    }
    if (module == here.imports.end()) {
      std::vector<std::string> known;
      known.reserve(here.imports.size());
      for (const auto &[alias, loaded] : here.imports)
        known.push_back(alias);
      std::string hint = unknownModuleHint(name, known);
      bool isValue = findBinding(name.module->text) != nullptr;
      report(Diag::UnknownName, isValue ? name.range() : name.module->range, {isValue ? name.str() : name.module->text})
          .hint(hint);
      return {};
    }
    auto it = module->second->functions.find(name.name.text);
    if (it != module->second->functions.end())
      return overloads(module->second, it->second);
    std::vector<std::string> known;
    for (const auto &[function, ast] : module->second->functions)
      known.push_back(function);
    report(Diag::UnknownMember, name.name.range, {name.module->text, name.name.text})
        .hint(didYouMean(name.name.text, known));
    return {};
  }
  auto local = here.functions.find(name.name.text);
  if (local != here.functions.end())
    return overloads(&here, local->second);
  std::vector<FunctionRef> found;
  for (const auto &[alias, module] : here.imports) {
    auto it = module->functions.find(name.name.text);
    if (it == module->functions.end())
      continue;
    if (!found.empty() && found[0].function != it->second[0]) {
      report(Diag::AmbiguousName, name.name.range, {name.name.text})
          .label(found[0].function->name.range, "defined here")
          .label(it->second[0]->name.range, "and here")
          .hint("write '" + alias + "." + name.name.text + "'");
      return {};
    }
    found = overloads(module, it->second);
  }
  if (!found.empty())
    return found;
  if (here.importsMissing) {
    ++reports; // at the import
    return {};
  }
  std::vector<std::string> known = builtinFunctionNames();
  for (const auto &[function, ast] : here.functions)
    known.push_back(function);
  for (const auto &[alias, module] : here.imports)
    for (const auto &[function, ast] : module->functions)
      known.push_back(function);
  for (const std::string &type : dtypeNames())
    known.push_back(type);
  report(Diag::UnknownFunction, name.name.range, {name.name.text}).hint(unknownFunctionHint(name.name.text, known));
  return {};
}

//===----------------------------------------------------------------------===//
// The candidate that fits
//===----------------------------------------------------------------------===//

namespace {

/// How well one function fits the arguments of a call.
struct Fit {
  std::string misfit; ///< why not; empty if it does
  bool elementwise = false;
};

/// The parameter of each argument, or their number for a `<D: dim>`; false if there is none, or one is missing.
bool placeArguments(const CallExpr &call, const Function &function, std::vector<size_t> &places) {
  std::vector<bool> given(function.params.size());
  size_t position = 0;
  for (const Argument &argument : call.arguments) {
    size_t place = position;
    if (argument.name && isDimTypeParam(function, argument.name->text)) {
      places.push_back(function.params.size());
      continue;
    }
    if (argument.name)
      place =
          static_cast<size_t>(std::find_if(function.params.begin(), function.params.end(),
                                           [&](const Param &param) { return param.name.text == argument.name->text; }) -
                              function.params.begin());
    else
      ++position;
    if (place >= given.size() || given[place])
      return false;
    given[place] = true;
    places.push_back(place);
  }
  for (size_t i = 0; i < given.size(); ++i)
    if (!given[i] && !function.params[i].defaultValue)
      return false;
  return true;
}

bool fitsType(DType type, DType wanted) {
  return type == wanted || (type == DType::LiteralInt && wanted != DType::Bool) ||
         (type == DType::LiteralFloat && isFloat(wanted));
}

bool fitsElement(const Name &element, DType type, const std::vector<TypeParam> &params,
                 std::map<std::string, DType> &bound) {
  for (const TypeParam &param : params) {
    if (param.name != element.text)
      continue;
    if (!isLiteral(type)) {
      auto [it, isNew] = bound.emplace(param.name, type);
      if (!isNew && it->second != type)
        return false;
    }
    return std::any_of(param.allowed.begin(), param.allowed.end(),
                       [&](DType allowed) { return fitsType(type, allowed); });
  }
  auto wanted = dtypeFromName(element.text);
  return wanted && fitsType(type, *wanted);
}

std::string candidateText(const Function &function) {
  std::string text = function.name.text + "(";
  for (const Param &param : function.params)
    text += (&param == &function.params.front() ? "" : ", ") + param.name.text + ": " +
            std::string(param.type.range.text());
  return text + ")";
}

Fit fit(const CallExpr &call, const Function &function, const std::vector<Value> &values) {
  std::vector<size_t> places;
  Fit result;
  if (!placeArguments(call, function, places)) {
    result.misfit = "other parameters";
    return result;
  }
  bool shaped = std::any_of(function.params.begin(), function.params.end(),
                            [](const Param &param) { return param.type.hasShape; });
  std::vector<Name> dims;
  std::vector<TypeParam> params = typeParamsOf(function, dims, nullptr);
  std::map<std::string, DType> bound;
  for (size_t i = 0; i < values.size(); ++i) {
    if (places[i] == function.params.size())
      continue;
    const Param &param = function.params[places[i]];
    if (!acceptsRank(param.type, values[i].axes.size())) {
      result.elementwise = !shaped;
      if (shaped)
        result.misfit = "'" + param.name.text + "' has another number of axes";
    }
    if (isDimParam(param)) {
      if (!values[i].isScalar() || !values[i].expr->dim)
        result.misfit = "'" + param.name.text + "' is a dimension";
    } else if (!fitsElement(param.type.element, values[i].expr->type, params, bound))
      result.misfit = "'" + param.name.text + "' has another type";
    if (!result.misfit.empty())
      return result;
  }
  return result;
}

} // namespace

std::optional<FunctionRef> Sema::chooseOverload(const CallExpr &call, const std::vector<FunctionRef> &candidates,
                                                const std::vector<CallArgument> &given) {
  std::vector<Value> values;
  std::string types;
  for (const CallArgument &argument : given) {
    values.push_back(argument.value);
    types += (types.empty() ? "" : ", ") + describe(argument.value);
  }
  std::vector<Fit> fits;
  size_t exact = 0, loose = 0;
  for (const FunctionRef &candidate : candidates) {
    fits.push_back(fit(call, *candidate.function, values));
    if (fits.back().misfit.empty())
      ++(fits.back().elementwise ? loose : exact);
  }
  bool elementwise = exact == 0;
  if (exact == 1 || (elementwise && loose == 1))
    for (size_t i = 0; i < fits.size(); ++i)
      if (fits[i].misfit.empty() && fits[i].elementwise == elementwise)
        return candidates[i];
  bool none = exact + loose == 0;
  DiagnosticBuilder builder =
      report(none ? Diag::NoOverload : Diag::AmbiguousCall, call.range, {call.callee.str(), "(" + types + ")"});
  for (size_t i = 0; i < fits.size(); ++i)
    if (none || (fits[i].misfit.empty() && fits[i].elementwise == elementwise))
      builder.label(candidates[i].function->name.range,
                    candidateText(*candidates[i].function) + (none ? ": " + fits[i].misfit : ""));
  if (!none && std::any_of(values.begin(), values.end(), [](const Value &v) { return isLiteral(v.expr->type); }))
    builder.hint("give a literal its type, e.g. 'f32(1)'");
  return std::nullopt;
}

} // namespace flex::lang
