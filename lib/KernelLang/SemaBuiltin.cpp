//===- SemaBuiltin.cpp - Semantic analysis: what the language has built in ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Casts, scalar functions, boundary rules and reductions of whole tensors. A new
// scalar function is one line of the table and a case in emission.
//
//===----------------------------------------------------------------------===//
#include "Hints.h"
#include "SemaImpl.h"

#include <algorithm>
#include <cmath>

namespace flex::lang {

using namespace ast;

namespace {

enum class Takes : uint8_t { Floats, Numbers, Integers };

struct ScalarFunction {
  const char *name;
  ScalarOp op;
  unsigned arity;
  Takes takes;
};

const ScalarFunction kScalarFunctions[] = {
    {"exp", ScalarOp::Exp, 1, Takes::Floats},
    {"exp2", ScalarOp::Exp2, 1, Takes::Floats},
    {"expm1", ScalarOp::Expm1, 1, Takes::Floats},
    {"log", ScalarOp::Log, 1, Takes::Floats},
    {"log2", ScalarOp::Log2, 1, Takes::Floats},
    {"log10", ScalarOp::Log10, 1, Takes::Floats},
    {"log1p", ScalarOp::Log1p, 1, Takes::Floats},
    {"sin", ScalarOp::Sin, 1, Takes::Floats},
    {"cos", ScalarOp::Cos, 1, Takes::Floats},
    {"tan", ScalarOp::Tan, 1, Takes::Floats},
    {"tanh", ScalarOp::Tanh, 1, Takes::Floats},
    {"erf", ScalarOp::Erf, 1, Takes::Floats},
    {"asin", ScalarOp::Asin, 1, Takes::Floats},
    {"acos", ScalarOp::Acos, 1, Takes::Floats},
    {"atan", ScalarOp::Atan, 1, Takes::Floats},
    {"atan2", ScalarOp::Atan2, 2, Takes::Floats},
    {"sinh", ScalarOp::Sinh, 1, Takes::Floats},
    {"cosh", ScalarOp::Cosh, 1, Takes::Floats},
    {"asinh", ScalarOp::Asinh, 1, Takes::Floats},
    {"acosh", ScalarOp::Acosh, 1, Takes::Floats},
    {"atanh", ScalarOp::Atanh, 1, Takes::Floats},
    {"cbrt", ScalarOp::Cbrt, 1, Takes::Floats},
    {"fma", ScalarOp::Fma, 3, Takes::Floats},
    {"copysign", ScalarOp::CopySign, 2, Takes::Floats},
    {"isfinite", ScalarOp::IsFinite, 1, Takes::Floats},
    {"popcount", ScalarOp::PopCount, 1, Takes::Integers},
    {"clz", ScalarOp::LeadingZeros, 1, Takes::Integers},
    {"ctz", ScalarOp::TrailingZeros, 1, Takes::Integers},
    {"sqrt", ScalarOp::Sqrt, 1, Takes::Floats},
    {"rsqrt", ScalarOp::Rsqrt, 1, Takes::Floats},
    {"floor", ScalarOp::Floor, 1, Takes::Floats},
    {"ceil", ScalarOp::Ceil, 1, Takes::Floats},
    {"round", ScalarOp::Round, 1, Takes::Floats},
    {"trunc", ScalarOp::Trunc, 1, Takes::Floats},
    {"isnan", ScalarOp::IsNan, 1, Takes::Floats},
    {"isinf", ScalarOp::IsInf, 1, Takes::Floats},
    {"abs", ScalarOp::Abs, 1, Takes::Numbers},
    {"sign", ScalarOp::Sign, 1, Takes::Numbers},
    {"pow", ScalarOp::Pow, 2, Takes::Floats},
    {"min", ScalarOp::Min, 2, Takes::Numbers},
    {"max", ScalarOp::Max, 2, Takes::Numbers},
};

const ScalarFunction *findScalarFunction(std::string_view name) {
  for (const ScalarFunction &candidate : kScalarFunctions)
    if (name == candidate.name)
      return &candidate;
  return nullptr;
}

const char *const kReducers[] = {"sum", "prod", "max", "min", "any", "all", "mean", "argmax", "argmin"};
const char *const kOthers[] = {"select", "ceildiv", "hypot", "bitcast"};
const char *const kBoundaries[] = {"clamp", "wrap", "mirror", "zero", "fill"};
const char *const kTensorBuiltins[] = {
    "concat", "stack", "pad",     "reshape", "transpose",   "flip",        "cumsum",      "cumprod",     "cummax",
    "cummin", "sort",  "argsort", "top_k",   "scatter_add", "scatter_mul", "scatter_max", "scatter_min", "scatter_set"};

bool contains(const auto &list, std::string_view name) {
  return std::any_of(std::begin(list), std::end(list), [&](const char *entry) { return name == entry; });
}

} // namespace

bool isTensorBuiltin(std::string_view name) {
  return contains(kTensorBuiltins, name);
}

bool isBuiltinFunction(std::string_view name) {
  return findScalarFunction(name) || contains(kReducers, name) || contains(kBoundaries, name) ||
         contains(kTensorBuiltins, name) || contains(kOthers, name);
}

std::vector<std::string> builtinFunctionNames() {
  std::vector<std::string> names(std::begin(kOthers), std::end(kOthers));
  for (const ScalarFunction &function : kScalarFunctions)
    names.push_back(function.name);
  names.insert(names.end(), std::begin(kReducers), std::end(kReducers));
  names.insert(names.end(), std::begin(kBoundaries), std::end(kBoundaries));
  names.insert(names.end(), std::begin(kTensorBuiltins), std::end(kTensorBuiltins));
  return names;
}

std::optional<ReduceKind> reduceKindFromName(std::string_view name) {
  for (size_t i = 0; i < std::size(kReducers); ++i)
    if (name == reduceName(static_cast<ReduceKind>(i)))
      return static_cast<ReduceKind>(i);
  return std::nullopt;
}

bool Sema::expectArguments(const CallExpr &call, size_t count) {
  for (const Argument &argument : call.arguments)
    if (argument.name) {
      report(Diag::UnknownArgument, argument.name->range, {call.callee.name.text, argument.name->text});
      return false;
    }
  if (call.arguments.size() == count)
    return true;
  report(Diag::ArgumentCount, call.range,
         {call.callee.name.text, std::to_string(count) + (count == 1 ? " argument" : " arguments"),
          std::to_string(call.arguments.size())});
  return false;
}

std::vector<Value> Sema::evalBuiltin(const CallExpr &call) {
  const std::string &name = call.callee.name.text;
  if (contains(kTensorBuiltins, name))
    return evalTensorBuiltin(call);
  size_t positional = 0;
  for (const Argument &argument : call.arguments)
    positional += !argument.name;
  auto kind = reduceKindFromName(name);
  bool elementwiseForm = findScalarFunction(name) && positional == 2;
  if (kind && !elementwiseForm)
    return {evalWholeReduce(call, *kind)};
  if (contains(kBoundaries, name) && !(name == "clamp" && call.arguments.size() == 3))
    return {evalBoundary(call)};
  return {evalScalarFunction(call)};
}

Value Sema::evalCast(const CallExpr &call, DType type) {
  if (!expectArguments(call, 1))
    return Value();
  Value operand = eval(call.arguments[0].value.get());
  return elementwise({operand}, call.range,
                     [&](const std::vector<TExprRef> &e) { return castTo(e[0], type, call.range); });
}

/// min and max of dimensions are dimensions; of indices they are numbers, which index nothing.
std::optional<DimExpr> Sema::ofDimensions(const std::string &name, const std::vector<TExprRef> &operands) const {
  if (operands.size() != 2 || (name != "min" && name != "max"))
    return std::nullopt;
  std::set<std::string> names;
  for (const TExprRef &operand : operands) {
    if (operand->type != DType::LiteralInt || !operand->dim)
      return std::nullopt;
    operand->dim->collectSymbols(names);
  }
  if (std::any_of(names.begin(), names.end(), [&](const auto &name) { return symbols.count(name); }))
    return std::nullopt;
  const DimExpr &a = *operands[0]->dim, &b = *operands[1]->dim;
  DimExpr value = name == "min" ? DimExpr::min(a, b) : DimExpr::max(a, b);
  return value.isValid() ? std::optional(value) : std::nullopt;
}

Value Sema::evalScalarFunction(const CallExpr &call) {
  const std::string &name = call.callee.name.text;
  const ScalarFunction *function = findScalarFunction(name);
  if (name == "bitcast")
    return evalBitcast(call);
  size_t arity = function ? function->arity : name == "ceildiv" || name == "hypot" ? 2 : 3;
  if (!expectArguments(call, arity))
    return Value();
  std::vector<Value> operands;
  operands.reserve(call.arguments.size());
  for (const Argument &argument : call.arguments)
    operands.push_back(eval(argument.value.get()));
  if (name == "select")
    return select(operands[0], operands[1], operands[2], call.range);
  return elementwise(operands, call.range, [&](const std::vector<TExprRef> &given) -> TExprRef {
    std::vector<TExprRef> e = given;
    if (name == "ceildiv") {
      DimExpr value = e[0]->dim && e[1]->dim ? e[0]->dim->ceilDiv(*e[1]->dim) : DimExpr::invalid();
      if (value.isValid())
        return makeIndex(value, call.range);
      report(Diag::IndexType, call.range, {dtypeName(e[0]->type)});
      return nullptr;
    }
    if (name == "pow")
      return applyPower(e[0], e[1], call.range);
    for (size_t i = 1; i < e.size(); ++i)
      if (!unify(e[0], e[i], call.callee.name.range, name.c_str()))
        return nullptr;
    if (e.size() == 3 && !unify(e[0], e[1], call.callee.name.range, name.c_str()))
      return nullptr;
    if (auto dim = ofDimensions(name, e))
      return makeIndex(*dim, call.range);
    Takes takes = function ? function->takes : name == "hypot" ? Takes::Floats : Takes::Numbers;
    bool floats = takes == Takes::Floats, narrow = isFloat(e[0]->type) && bitWidth(e[0]->type) < 32;
    bool isFma = function && function->op == ScalarOp::Fma; // of narrow floats f32's would round twice
    bool ok = floats                     ? (isFloat(e[0]->type) || isLiteral(e[0]->type)) && !(isFma && narrow)
              : takes == Takes::Integers ? isInteger(e[0]->type)
                                         : e[0]->type != DType::Bool;
    if (!ok) {
      report(Diag::OperandType, call.callee.name.range,
             {name, dtypeName(e[0]->type),
              isFma                      ? "f32 and f64"
              : floats                   ? "a float type"
              : takes == Takes::Integers ? "integers"
                                         : "numbers"})
          .label(e[0]->range, std::string("this is ") + dtypeName(e[0]->type))
          .hint((floats ? "convert it: f32(" : "convert it: i32(") + shortText(e[0]->range) + ")");
      return nullptr;
    }
    DType type = e[0]->type == DType::LiteralInt && floats ? DType::LiteralFloat : e[0]->type;
    if (takes == Takes::Integers && isLiteral(type)) {
      e[0] = adapt(e[0], DType::I64);
      type = DType::I64;
    }
    if (name == "hypot")
      return hypotenuse(e[0], e[1], type, call.range);
    if (!function) // clamp(x, lo, hi)
      return makeApply(ScalarOp::Min, type, {makeApply(ScalarOp::Max, type, {e[0], e[1]}, call.range), e[2]},
                       call.range);
    bool tests = function->op >= ScalarOp::IsNan && function->op <= ScalarOp::IsFinite;
    if (tests && isLiteral(type))
      e[0] = adapt(e[0], DType::F64);
    return e[0] ? makeApply(function->op, tests ? DType::Bool : type, e, call.range) : nullptr;
  });
}

/// sqrt(x^2 + y^2) as large * sqrt(1 + (small / large)^2), which overflows only where the result does.
TExprRef Sema::hypotenuse(TExprRef x, TExprRef y, DType type, SourceRange range) {
  auto apply = [&](ScalarOp op, std::vector<TExprRef> operands) {
    return makeApply(op, op == ScalarOp::Eq ? DType::Bool : type, std::move(operands), range);
  };
  if (isLiteral(type)) { // the comparisons need a type
    x = adapt(x, DType::F64), y = adapt(y, DType::F64);
    type = DType::F64;
  }
  TExprRef a = apply(ScalarOp::Abs, {x}), b = apply(ScalarOp::Abs, {y});
  TExprRef large = apply(ScalarOp::Max, {a, b}), small = apply(ScalarOp::Min, {a, b});
  TExprRef zero = makeConst(type, 0, 0, range), one = makeConst(type, 1, 1, range);
  TExprRef infinity = makeConst(type, 0, INFINITY, range);
  TExprRef ratio = apply(ScalarOp::Div, {small, large});
  TExprRef root = apply(ScalarOp::Sqrt, {apply(ScalarOp::Add, {apply(ScalarOp::Mul, {ratio, ratio}), one})});
  TExprRef isPlain = makeApply(ScalarOp::Or, DType::Bool,
                               {apply(ScalarOp::Eq, {large, zero}), apply(ScalarOp::Eq, {large, infinity})}, range);
  return apply(ScalarOp::Select, {isPlain, large, apply(ScalarOp::Mul, {large, root})});
}

/// `bitcast(x, u32)`: the same bits as another type of the same width.
Value Sema::evalBitcast(const CallExpr &call) {
  if (!expectArguments(call, 2))
    return Value();
  const Expr *named = call.arguments[1].value.get();
  auto *name = dyn<NameExpr>(named);
  std::optional<DType> type;
  if (name && !name->name.module) {
    auto bound = frame().types.find(name->name.name.text);
    type = bound != frame().types.end() ? std::optional(bound->second) : dtypeFromName(name->name.name.text);
  }
  if (!type) {
    report(Diag::NotAType, named->range, {shortText(named->range)}).hint("name the type: 'bitcast(x, u32)'");
    return Value();
  }
  Value operand = eval(call.arguments[0].value.get());
  return elementwise({operand}, call.range, [&](const std::vector<TExprRef> &e) -> TExprRef {
    DType from = e[0]->type;
    bool fits = !isLiteral(from) && bitWidth(from) == bitWidth(*type) && bitWidth(from) >= 8;
    if (fits && from != DType::Bool && *type != DType::Bool)
      return from == *type ? e[0] : makeApply(ScalarOp::Bitcast, *type, {e[0]}, call.range);
    report(Diag::BitcastWidth, call.range, {dtypeName(from), dtypeName(*type)})
        .label(e[0]->range, std::string("this is ") + dtypeName(from))
        .hint(isLiteral(from) ? "give the literal its type, e.g. 'f32(1)'" : "");
    return nullptr;
  });
}

//===----------------------------------------------------------------------===//
// Boundary rules
//===----------------------------------------------------------------------===//

Value Sema::evalBoundary(const CallExpr &call) {
  const std::string &name = call.callee.name.text;
  bool isFill = name == "fill";
  if (!expectArguments(call, isFill ? 2 : 1))
    return Value();
  Restore<size_t> elsewhere(nonEmptyFrom, active.size()); // may become a statement of its own
  Value value = eval(call.arguments[0].value.get());
  if (value.isError())
    return Value();
  if (!value.isTensor()) {
    report(Diag::BoundaryOperand, call.range, {name}).label(value.range, "a scalar");
    return Value();
  }
  std::string called = value.name.empty() ? "padded" : value.name;
  value.name = called;
  value = stored(std::move(value), "a boundary rule", call.range);
  if (value.isError())
    return Value();
  for (BoundaryRule rule : {BoundaryRule::Clamp, BoundaryRule::Wrap, BoundaryRule::Mirror, BoundaryRule::Zero})
    if (name == boundaryName(rule))
      setRule(value, rule, call.range);
  if (isFill && !setFill(value, call.arguments[1].value.get(), "the value of 'fill'"))
    return Value();
  value.name = called;
  value.range = call.range;
  return value;
}

void Sema::setRule(Value &value, BoundaryRule rule, SourceRange range) {
  value.rule = rule;
  value.fill = rule == BoundaryRule::Zero ? makeConst(value.expr->type, 0, 0, range) : nullptr;
}

/// Reads `value` as a literal outside of its shape; `what` says whose value that is.
bool Sema::setFill(Value &value, const Expr *expr, const char *what) {
  Value fill = eval(expr);
  if (fill.isError())
    return false;
  DType type = value.expr->type;
  value.rule = BoundaryRule::Fill;
  value.fill = isLiteral(fill.expr->type) ? adapt(fill.expr, type) : fill.expr;
  if (!value.fill)
    return false;
  bool fits = value.fill->type == type || type == DType::LiteralInt; // the type of a scan, not known yet
  if (value.fill->kind == TKind::Const && fits && fill.isScalar())
    return true;
  report(Diag::NotConstant, expr->range, {what, std::string("a literal of type ") + dtypeName(type)});
  return false;
}

//===----------------------------------------------------------------------===//
// Reductions of whole tensors
//===----------------------------------------------------------------------===//

std::optional<int64_t> Sema::constantArgument(const Expr *expr, const char *what) {
  Value value = eval(expr);
  if (value.isError())
    return std::nullopt;
  auto constant = value.isScalar() && value.expr->dim ? value.expr->dim->constant() : std::nullopt;
  if (value.isScalar() && value.expr->kind == TKind::Const && value.expr->type == DType::Bool)
    constant = static_cast<int64_t>(value.expr->intValue);
  if (!constant)
    report(Diag::NotConstant, expr->range, {what, "a literal"});
  return constant;
}

bool Sema::reductionAxes(const CallExpr &call, size_t rank, std::vector<bool> &reduced, bool &keepDims) {
  reduced.assign(rank, true);
  for (const Argument &argument : call.arguments) {
    if (!argument.name)
      continue;
    if (argument.name->text == "keepdims") {
      auto value = constantArgument(argument.value.get(), "'keepdims'");
      if (!value)
        return false;
      keepDims = *value != 0;
      continue;
    }
    if (argument.name->text != "axis") {
      report(Diag::UnknownArgument, argument.name->range, {call.callee.name.text, argument.name->text})
          .hint(didYouMean(argument.name->text, {"axis", "keepdims"}))
          .hint(argumentHint(argument.name->text));
      return false;
    }
    reduced.assign(rank, false);
    std::vector<const Expr *> axes;
    if (auto *tuple = dyn<TupleExpr>(argument.value))
      for (const ExprPtr &element : tuple->elements)
        axes.push_back(element.get());
    else
      axes.push_back(argument.value.get());
    for (const Expr *axis : axes) {
      auto number = constantArgument(axis, "'axis'");
      if (!number)
        return false;
      int64_t position = *number < 0 ? *number + static_cast<int64_t>(rank) : *number;
      if (position < 0 || position >= static_cast<int64_t>(rank)) {
        report(Diag::BadAxis, axis->range, {std::to_string(*number), "a tensor of " + axesText(rank)})
            .hint(axisHint(rank));
        return false;
      }
      reduced[static_cast<size_t>(position)] = true;
    }
  }
  return true;
}

Value Sema::evalWholeReduce(const CallExpr &call, ReduceKind kind) {
  const Expr *operand = nullptr;
  size_t positional = 0;
  for (const Argument &argument : call.arguments)
    if (!argument.name && ++positional)
      operand = operand ? operand : argument.value.get();
  if (positional != 1) {
    report(Diag::ArgumentCount, call.range,
           {call.callee.name.text, "1 tensor, 'axis' and 'keepdims'", std::to_string(call.arguments.size())})
        .hint(findScalarFunction(call.callee.name.text) && positional > 2
                  ? "of more than two values: '" + call.callee.name.text + "(a, " + call.callee.name.text + "(b, c))'"
                  : "");
    return Value();
  }
  auto *name = dyn<NameExpr>(operand);
  if (name && !findBinding(name->name.str()) && !frame().dims.count(name->name.str())) {
    report(Diag::UnknownName, name->range, {name->name.str()})
        .hint("a reduction in index notation has a body: '" + call.callee.name.text + "(" + name->name.str() +
              ") x[…]'");
    return Value();
  }
  Restore<size_t> elsewhere(nonEmptyFrom, active.size()); // not computed inside of the loops around it
  Value value = eval(operand);
  if (value.isError())
    return Value();
  std::vector<bool> reduced;
  bool keepDims = false;
  if (!reductionAxes(call, value.axes.size(), reduced, keepDims))
    return Value();
  if (value.isScalar()) {
    report(Diag::BoundaryOperand, call.range, {call.callee.name.text}).label(value.range, "a scalar");
    return Value();
  }
  std::vector<IndexVarRef> axes, loops;
  std::vector<DimExpr> indices;
  for (size_t i = 0; i < reduced.size(); ++i) {
    IndexVarRef var = newAxis(*value.axes[i]->extent, value.axes[i]->name);
    indices.push_back(DimExpr::symbol(var->symbol));
    (reduced[i] ? loops : axes).push_back(var);
    if (reduced[i] && keepDims)
      axes.push_back(newAxis(1));
  }
  TExprRef body = at(value, indices);
  TExprRef result =
      body ? (loops.empty() ? body : reduceScalar(kind, body, loops, call.callee.name.range, call.range)) : nullptr;
  return result ? tensor(result, axes, call.range) : Value();
}

} // namespace flex::lang
