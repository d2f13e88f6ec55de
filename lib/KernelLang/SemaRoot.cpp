//===- SemaRoot.cpp - Semantic analysis: the kernel itself ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Binds the kernel's types, dimensions and parameters, runs its body, and makes
// the results of it: the returned values, then what `inout` parameters hold at the end.
//
//===----------------------------------------------------------------------===//
#include "SemaImpl.h"

#include <algorithm>

namespace flex::lang {

using namespace ast;

std::optional<TypedKernel> Sema::run() {
  const Function &function = *frame().function;
  if (!bindRootTypes())
    return std::nullopt;
  bindRootPack();
  bindRootDims();
  bindRootParams();
  addConstraints(function);
  std::vector<ResolvedType> declared;
  for (const TypeExpr &result : function.results) {
    declared.push_back(resolveType(result));
    for (const DimExpr &dim : declared.back().shape)
      requireNonNegative(dim, result.range);
  }
  std::vector<Value> results = evalBody(declared);
  if (reports != 0 || exhausted || results.size() != declared.size())
    return std::nullopt;
  for (size_t i = 0; i < results.size(); ++i)
    addResult(results[i], results.size() == 1 ? "result" : "result" + std::to_string(i), -1);
  for (size_t i = 0; i < function.params.size(); ++i)
    if (function.params[i].isInout)
      addResult(findBinding(function.params[i].name.text)->value, function.params[i].name.text, static_cast<int>(i));
  if (function.numerics)
    kernel.numerics = function.numerics->text;
  addSchedules();
  if (generic) // what must hold for a counter of `for` is known when its range is
    std::erase_if(kernel.constraints, [&](const Constraint &constraint) {
      std::set<std::string> names;
      constraint.lhs.collectSymbols(names);
      constraint.rhs.collectSymbols(names);
      return std::any_of(names.begin(), names.end(), [&](const std::string &name) { return symbols.count(name); });
    });
  return reports ? std::nullopt : std::optional(std::move(kernel));
}

/// Each result is a tensor of its own, made by a statement.
void Sema::addResult(const Value &value, const std::string &name, int alias) {
  int id = isPlain(value) ? value.expr->tensor : -1;
  bool again = std::find(kernel.results.begin(), kernel.results.end(), id) != kernel.results.end();
  if (id < 0 || kernel.tensors[id].isParam || again) {
    id = addTensor(name, value.expr->type, shapeOf(value), false, value.range);
    kernel.statements.push_back({id, value.axes, value.expr, value.range});
  }
  kernel.results.push_back(id);
  kernel.resultNames.push_back(name);
  kernel.resultAliases.push_back(alias);
}

//===----------------------------------------------------------------------===//
// Schedules
//===----------------------------------------------------------------------===//

namespace {

enum class Takes : uint8_t { Strategy, Index, Name, Flag, Number };

/// What a schedule may set; the meaning and the limits are lib/ScheduledLoops/Schedule.cpp's.
struct ScheduleKey {
  const char *name; ///< with '_' between words; '-' in the attribute
  Takes takes;
  int64_t low = 0, high = 0;
};
constexpr int64_t kAny = int64_t(1) << 40;
const ScheduleKey kScheduleKeys[] = {
    {"strategy", Takes::Strategy},
    {"lane", Takes::Index},
    {"unroll", Takes::Index},
    {"lanes", Takes::Number, 1, 64},
    {"vectors", Takes::Number, 1, 16},
    {"rows", Takes::Number, 1, 32},
    {"lane_tile", Takes::Number, 0, kAny},
    {"unroll_tile", Takes::Number, 0, kAny},
    {"item_rows", Takes::Number, 1, kAny},
    {"collapse", Takes::Number, 1, 16},
    {"group_size", Takes::Number, 1, 1024},
    {"depth", Takes::Number, 0, 1024},
    {"parts", Takes::Number, 1, 64},
    {"steps", Takes::Number, 1, 16},
    {"tile_m", Takes::Number, 0, 512},
    {"tile_n", Takes::Number, 0, 512},
    {"tile_k", Takes::Number, 0, 512},
    {"waves_m", Takes::Number, 1, 32},
    {"waves_n", Takes::Number, 1, 32},
    {"stages", Takes::Number, 1, 8},
    {"raster", Takes::Number, 1, 64},
    {"unit", Takes::Name},
    {"copies", Takes::Name},
    {"prefetch", Takes::Flag},
    {"pack", Takes::Flag},
    {"nontemporal", Takes::Flag},
    {"stream_from", Takes::Number, 0, kAny},
};
const std::vector<std::string> kStrategies{"tile", "rows", "block", "points", "matrix", "attention"};

} // namespace

/// The indices of the kernel's loops, by the names the user wrote. Of several of one name in a statement, as whole
/// tensors have, the later ones are numbered: d, d1, ….
std::vector<std::string> Sema::loopNames() const {
  std::set<std::string> names;
  for (const TStatement &statement : kernel.statements) {
    std::map<std::string, unsigned> count;
    auto add = [&](const IndexVarRef &index) {
      unsigned earlier = count[index->name]++;
      names.insert(earlier == 0 ? index->name : index->name + std::to_string(earlier));
    };
    std::for_each(statement.axes.begin(), statement.axes.end(), add);
    visitNodes(*statement.value, [&](const TExpr &node) { std::for_each(node.loops.begin(), node.loops.end(), add); });
  }
  return {names.begin(), names.end()};
}

void Sema::addSchedules() {
  std::map<std::string, SourceRange> targets;
  for (const Schedule &schedule : frame().module->ast.schedules) {
    if (schedule.kernel.text != kernel.name)
      continue;
    auto [it, inserted] = targets.emplace(schedule.target.text, schedule.target.range);
    if (!inserted) {
      report(Diag::Redefined, schedule.range, {"schedule " + kernel.name + " for " + schedule.target.text})
          .label(it->second, "first defined here");
      continue;
    }
    KernelSchedule settings{schedule.target.text, {}};
    std::map<std::string, SourceRange> given;
    for (const ScheduleEntry &entry : schedule.entries) {
      auto [earlier, isNew] = given.emplace(entry.key.text, entry.key.range);
      if (!isNew)
        report(Diag::Redefined, entry.key.range, {entry.key.text}).label(earlier->second, "first set here");
      else if (auto setting = scheduleSetting(entry))
        settings.settings.push_back(std::move(*setting));
    }
    kernel.schedules.push_back(std::move(settings));
  }
}

std::optional<ScheduleSetting> Sema::scheduleSetting(const ScheduleEntry &entry) {
  std::vector<std::string> known;
  const ScheduleKey *key = nullptr;
  for (const ScheduleKey &candidate : kScheduleKeys) {
    known.push_back(candidate.name);
    if (entry.key.text == candidate.name)
      key = &candidate;
  }
  if (!key) {
    std::string all;
    for (const std::string &name : known)
      all += (all.empty() ? "keys are " : ", ") + name;
    std::string hint = didYouMean(entry.key.text, known);
    report(Diag::UnknownScheduleKey, entry.key.range, {entry.key.text}).hint(hint.empty() ? all : hint);
    return std::nullopt;
  }
  ScheduleSetting setting{entry.key.text, entry.value.text};
  std::replace(setting.key.begin(), setting.key.end(), '_', '-');
  const std::string &value = entry.value.text;
  auto wrong = [&](const std::string &wanted, const std::string &hint = "") {
    report(Diag::ScheduleValue, entry.value.range, {entry.key.text, wanted, value}).hint(hint);
    return std::nullopt;
  };
  switch (key->takes) {
  case Takes::Strategy:
    if (entry.number || std::find(kStrategies.begin(), kStrategies.end(), value) == kStrategies.end())
      return wrong("tile, rows, block, points, matrix or attention", didYouMean(value, kStrategies));
    break;
  case Takes::Index: {
    std::vector<std::string> loops = loopNames();
    if (entry.number || std::find(loops.begin(), loops.end(), value) == loops.end())
      return wrong("an index of '" + kernel.name + "'", didYouMean(value, loops));
    break;
  }
  case Takes::Name:
    if (entry.number)
      return wrong("a name");
    break;
  case Takes::Flag:
    if (value != "true" && value != "false")
      return wrong("true or false");
    setting.value = value == "true";
    break;
  case Takes::Number:
    if (!entry.number || *entry.number < key->low || *entry.number > key->high)
      return wrong("a number from " + std::to_string(key->low) +
                   (key->high == kAny ? "" : " to " + std::to_string(key->high)));
    setting.value = *entry.number;
    break;
  }
  return setting;
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

/// A function checked on its own has two axes for `...`.
void Sema::bindRootPack() {
  const Function &function = *frame().function;
  for (const Param &param : function.params) {
    auto position = packPosition(param.type);
    if (!position || frame().pack)
      continue;
    const Expr &written = *param.type.shape[*position];
    if (function.isKernel)
      report(Diag::KernelPack, written.range).hint("write a function, and a kernel for each number of axes");
    frame().pack.emplace();
    for (const char *name : {"_0", "_1"}) {
      declareRootDim(name, param.name.text, written.range);
      frame().pack->push_back(frame().dims[name].value);
    }
  }
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
    if (isDimParam(param) && !function.isKernel)
      declareRootDim(param.name.text, param.name.text, param.name.range);
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
    if (isDimParam(param) && !function.isKernel)
      continue;
    ResolvedType type = resolveType(param.type);
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
      binding.isVar = param.isInout;
      bindRootDefault(param, type);
    }
    if (param.isInout && (!function.isKernel || !param.type.hasShape))
      report(Diag::InoutPlace, param.name.range, {param.name.text})
          .hint(function.isKernel ? "a tensor of one element: '" + param.type.element.text + "[1]'"
                                  : "return the new value");
    if (auto dim = frame().dims.find(param.name.text); dim != frame().dims.end())
      report(Diag::Redefined, param.name.range, {param.name.text})
          .label(dim->second.range, "a dimension of this name")
          .hint("leave the parameter out: the size follows from the arrays, and its name is a number");
    bind(param.name, std::move(binding));
  }
  kernel.paramCount = kernel.tensors.size();
}

/// A kernel's default value is a constant that the kernel image carries.
void Sema::bindRootDefault(const Param &param, const ResolvedType &type) {
  const Function &function = *frame().function;
  TExprRef constant;
  if (function.isKernel && param.defaultValue) {
    if (param.type.hasShape || param.isInout) {
      report(Diag::DefaultPlace, param.defaultValue->range, {param.name.text});
    } else {
      Value value = eval(param.defaultValue.get());
      if (!value.isError())
        constant = isLiteral(value.expr->type) ? adapt(value.expr, type.type) : value.expr;
      if (constant && (constant->kind != TKind::Const || constant->type != type.type)) {
        report(Diag::NotConstant, param.defaultValue->range,
               {"the default of '" + param.name.text + "'", std::string("a literal of type ") + dtypeName(type.type)});
        constant = nullptr;
      }
    }
  } else if (function.isKernel && std::any_of(kernel.argDefaults.begin(), kernel.argDefaults.end(),
                                              [](const TExprRef &earlier) { return earlier != nullptr; })) {
    report(Diag::DefaultOrder, param.name.range, {param.name.text}).hint("parameters with a default come last");
  }
  kernel.argDefaults.push_back(std::move(constant));
}

} // namespace flex::lang
