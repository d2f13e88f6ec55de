//===- SemaValue.cpp - Semantic analysis: typed nodes and tensors ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Building typed nodes under the size limits, tensors as scalars over axes,
// broadcasting, and statements. Literals are SemaLiteral.cpp.
//
//===----------------------------------------------------------------------===//
#include "SemaImpl.h"

#include <algorithm>
#include <unordered_map>

namespace flex::lang {

//===----------------------------------------------------------------------===//
// Nodes
//===----------------------------------------------------------------------===//

TExprRef Sema::make(TExpr node) {
  if (exhausted)
    return nullptr;
  for (const TExprRef &operand : node.operands) {
    if (!operand)
      return nullptr;
    node.height = std::max(node.height, operand->height + 1);
  }
  bool computes = (node.kind == TKind::Apply && node.op != ScalarOp::Select && node.op != ScalarOp::Bitcast) ||
                  node.kind == TKind::Reduce;
  if (computes && isStorageOnly(node.operands[0]->type)) {
    DType type = node.operands[0]->type;
    report(Diag::StorageType, node.range,
           {dtypeName(type), node.kind == TKind::Reduce ? reduceName(node.reduce) : scalarOpName(node.op)})
        .label(node.operands[0]->range, std::string("this is ") + dtypeName(type))
        .hint(isFloat(type) ? "convert it first: f32(…)" : "convert it first: i32(…)");
    return nullptr;
  }
  bool tooHigh = node.height > kMaxTypedHeight, tooMany = ++nodes > kMaxNodes;
  if (tooHigh || tooMany) {
    report(Diag::ExpressionTooLarge, node.range,
           {std::to_string(tooHigh ? kMaxTypedHeight : kMaxNodes),
            tooHigh ? "operations inside one another" : "operations"})
        .hint("split it with 'let'");
    exhausted = true;
    return nullptr;
  }
  return std::make_shared<const TExpr>(std::move(node));
}

TExprRef Sema::makeApply(ScalarOp op, DType type, std::vector<TExprRef> operands, SourceRange range) {
  TExpr node;
  node.kind = TKind::Apply;
  node.op = op;
  node.type = type;
  node.range = range;
  node.operands = std::move(operands);
  return make(std::move(node));
}

TExprRef Sema::makeIndex(const DimExpr &dim, SourceRange range) {
  TExpr node;
  node.kind = TKind::Index;
  node.type = DType::LiteralInt;
  node.range = range;
  node.dim = dim;
  return make(std::move(node));
}

TExprRef Sema::makeConst(DType type, uint64_t bits, double value, SourceRange range) {
  TExpr node;
  node.kind = TKind::Const;
  node.type = type;
  node.range = range;
  node.intValue = bits;
  node.floatValue = value;
  if (type == DType::LiteralInt && bits <= INT64_MAX)
    node.dim = DimExpr(static_cast<int64_t>(bits));
  return make(std::move(node));
}

TExprRef Sema::makeReduce(ReduceKind kind, TExprRef body, std::vector<IndexVarRef> loops, SourceRange range) {
  TExpr node;
  node.kind = TKind::Reduce;
  node.type = kind == ReduceKind::ArgMax || kind == ReduceKind::ArgMin ? DType::I64 : body->type;
  node.range = range;
  node.reduce = kind;
  node.loops = std::move(loops);
  node.operands = {std::move(body)};
  return make(std::move(node));
}

namespace {

/// Rewrites the indices of a DAG, each shared node once.
class Substitution {
public:
  Substitution(const std::map<std::string, DimExpr> &replacements, std::function<TExprRef(TExpr)> make)
      : replacements(replacements), make(std::move(make)) {}

  TExprRef run(const TExprRef &expr) {
    auto it = memo.find(expr.get());
    if (it != memo.end())
      return it->second;
    TExprRef result = rewrite(expr);
    memo.emplace(expr.get(), result);
    return result;
  }

private:
  bool touches(const DimExpr &dim) const {
    std::set<std::string> names;
    dim.collectSymbols(names);
    return std::any_of(names.begin(), names.end(), [&](const std::string &name) { return replacements.count(name); });
  }

  TExprRef rewrite(const TExprRef &expr) {
    bool changed = expr->dim && touches(*expr->dim);
    for (const DimExpr &index : expr->indices)
      changed |= touches(index);
    std::vector<TExprRef> operands;
    for (const TExprRef &operand : expr->operands) {
      operands.push_back(run(operand));
      if (!operands.back())
        return nullptr;
      changed |= operands.back() != operand;
    }
    if (!changed)
      return expr;
    TExpr node = *expr;
    node.operands = std::move(operands);
    if (node.dim)
      node.dim = node.dim->substitute(replacements);
    for (DimExpr &index : node.indices)
      index = index.substitute(replacements);
    return make(std::move(node));
  }

  const std::map<std::string, DimExpr> &replacements;
  std::function<TExprRef(TExpr)> make;
  std::unordered_map<const TExpr *, TExprRef> memo;
};

} // namespace

TExprRef Sema::substitute(const TExprRef &expr, const std::map<std::string, DimExpr> &replacements) {
  return Substitution(replacements, [this](TExpr node) { return make(std::move(node)); }).run(expr);
}

TExprRef Sema::at(const Value &value, const std::vector<DimExpr> &indices) {
  if (!value.isTensor())
    return value.expr;
  std::map<std::string, DimExpr> replacements;
  for (size_t i = 0; i < indices.size(); ++i)
    replacements.emplace(value.axes[i]->symbol, indices[i]);
  return substitute(value.expr, replacements);
}

TExprRef Sema::elementOf(const Value &value, const std::vector<DimExpr> &indices, SourceRange range) {
  TExprRef element = at(value, indices);
  if (!element)
    return nullptr;
  TExpr node = *element;
  node.range = range;
  if (value.rule != BoundaryRule::None) {
    node.rule = value.rule;
    if (value.fill)
      node.operands = {value.fill};
  }
  return make(std::move(node));
}

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

Value Sema::scalar(TExprRef expr, SourceRange range) {
  Value value;
  if (!expr)
    return value;
  value.kind = Value::Kind::Scalar;
  value.expr = std::move(expr);
  value.range = range;
  return value;
}

Value Sema::tensor(TExprRef expr, std::vector<IndexVarRef> axes, SourceRange range) {
  Value value = scalar(std::move(expr), range);
  if (value.isError())
    return value;
  if (!axes.empty())
    value.kind = Value::Kind::Tensor;
  value.axes = std::move(axes);
  return value;
}

std::vector<DimExpr> Sema::shapeOf(const Value &value) {
  std::vector<DimExpr> shape;
  for (const IndexVarRef &axis : value.axes)
    shape.push_back(axis->extent.value_or(DimExpr(1)));
  return shape;
}

std::string Sema::describe(const Value &value) const {
  if (value.isError())
    return "an error";
  std::string type = dtypeName(value.expr->type);
  return value.isTensor() ? type + shapeText(shapeOf(value)) : type;
}

std::string Sema::axesText(size_t count) const {
  return count == 0 ? "no axes" : count == 1 ? "1 axis" : std::to_string(count) + " axes";
}

/// Fresh axes for the shape all operands broadcast to, aligned at the last.
bool Sema::broadcast(const std::vector<Value> &operands, SourceRange range, std::vector<IndexVarRef> &axes) {
  size_t rank = 0;
  for (const Value &operand : operands)
    rank = std::max(rank, operand.axes.size());
  for (size_t axis = 0; axis < rank; ++axis) {
    const Value *from = nullptr;
    DimExpr extent;
    std::string name = "d";
    for (const Value &operand : operands) {
      size_t skipped = rank - operand.axes.size();
      if (axis < skipped)
        continue;
      const IndexVar &own = *operand.axes[axis - skipped];
      bool ownIsOne = own.extent->constant() == 1, isOne = extent.constant() == 1;
      if (from && !ownIsOne && !isOne && !prover.equal(*own.extent, extent)) {
        report(Diag::ShapeMismatch, range,
               {shapeText(shapeOf(*from)), shapeText(shapeOf(operand)), std::to_string(axis), extent.str(),
                own.extent->str()})
            .label(from->range, "shape " + shapeText(shapeOf(*from)))
            .label(operand.range, "shape " + shapeText(shapeOf(operand)))
            .hint(broadcastHint(*from, operand, extent, *own.extent));
        return false;
      }
      if (from && !isOne)
        continue;
      if (from && ownIsOne)
        continue;
      from = &operand;
      extent = *own.extent;
      name = own.name;
    }
    axes.push_back(newAxis(extent, name));
  }
  if (rank > kMaxRank) {
    report(Diag::RankTooLarge, range, {std::to_string(kMaxRank), std::to_string(rank)});
    return false;
  }
  return true;
}

TExprRef Sema::atBroadcast(const Value &value, const std::vector<IndexVarRef> &axes) {
  std::vector<DimExpr> indices;
  size_t skipped = axes.size() - value.axes.size();
  for (size_t i = 0; i < value.axes.size(); ++i) {
    const IndexVarRef &axis = axes[skipped + i];
    bool stretched = value.axes[i]->extent->constant() == 1 && axis->extent->constant() != 1;
    indices.push_back(stretched ? DimExpr(0) : DimExpr::symbol(axis->symbol));
  }
  return at(value, indices);
}

Value Sema::elementwise(const std::vector<Value> &operands, SourceRange range, const Combine &combine) {
  SourceRange whole = range;
  bool anyTensor = false;
  for (const Value &operand : operands) {
    if (operand.isError())
      return Value();
    anyTensor |= operand.isTensor();
    whole = whole.to(operand.range);
  }
  std::vector<IndexVarRef> axes;
  if (anyTensor && !broadcast(operands, range, axes))
    return Value();
  std::vector<TExprRef> elements;
  for (const Value &operand : operands) {
    TExprRef element = operand.isTensor() ? atBroadcast(operand, axes) : operand.expr;
    if (element && element->range.begin != operand.range.begin && element->kind == TKind::Access) {
      TExpr placed = *element; // messages point at this use, not at the declaration
      placed.range = operand.range;
      element = make(std::move(placed));
    }
    if (!element)
      return Value();
    elements.push_back(std::move(element));
  }
  TExprRef result = combine(elements);
  return result ? tensor(std::move(result), std::move(axes), whole) : Value();
}

//===----------------------------------------------------------------------===//
// Tensors and statements
//===----------------------------------------------------------------------===//

bool Sema::isPlain(const Value &value) const {
  if (value.isError() || value.expr->kind != TKind::Access || value.expr->rule != BoundaryRule::None)
    return false;
  if (value.expr->indices.size() != value.axes.size())
    return false;
  for (size_t i = 0; i < value.axes.size(); ++i)
    if (!value.expr->indices[i].isSymbol(value.axes[i]->symbol))
      return false;
  return shapeOf(value) == kernel.tensors[value.expr->tensor].shape; // else it is the beginning of the tensor
}

/// True if the value is a tensor in memory with its axes in some order, some of them perhaps
/// fixed by an index: then a rule for reads outside of the value is one for the tensor.
bool Sema::isView(const Value &value) const {
  if (value.isError() || value.expr->kind != TKind::Access || value.expr->rule != BoundaryRule::None)
    return false;
  const std::vector<DimExpr> &shape = kernel.tensors[value.expr->tensor].shape;
  for (const IndexVarRef &axis : value.axes) {
    size_t uses = 0, whole = 0;
    for (size_t i = 0; i < shape.size(); ++i) {
      uses += value.expr->indices[i].uses(axis->symbol);
      whole += value.expr->indices[i].isSymbol(axis->symbol) && prover.equal(shape[i], *axis->extent);
    }
    if (uses != 1 || whole != 1)
      return false;
  }
  return true;
}

int Sema::addTensor(const std::string &name, DType type, std::vector<DimExpr> shape, bool isParam, SourceRange range) {
  std::string unique = name;
  while (!usedTensorNames.emplace(unique, 0).second)
    unique = name + "_" + std::to_string(++usedTensorNames[name]);
  kernel.tensors.push_back({unique, type, std::move(shape), isParam, range});
  return static_cast<int>(kernel.tensors.size()) - 1;
}

Value Sema::tensorRef(int id, SourceRange range) {
  const TTensor &info = kernel.tensors[id];
  TExpr node;
  node.kind = TKind::Access;
  node.type = info.type;
  node.range = range;
  node.tensor = id;
  std::vector<IndexVarRef> axes;
  for (const DimExpr &extent : info.shape) {
    axes.push_back(newAxis(extent));
    node.indices.push_back(DimExpr::symbol(axes.back()->symbol));
  }
  Value value = tensor(make(std::move(node)), axes, range);
  value.name = info.name;
  return value;
}

Value Sema::materialize(Value value, const std::string &name, SourceRange range) {
  if (value.isError() || isPlain(value) || dependsOnOuter(value))
    return value;
  if (kernel.statements.size() >= kMaxStatements) {
    report(Diag::TooMuchInlining, range, {frame().function->name.text, std::to_string(kMaxStatements)});
    exhausted = true;
    return Value();
  }
  for (const DimExpr &extent : shapeOf(value))
    requireNonNegative(extent, range);
  int id = addTensor(name, value.expr->type, shapeOf(value), false, range);
  kernel.statements.push_back({id, value.axes, value.expr, range});
  Value result = tensorRef(id, range);
  result.name = value.name;
  return result;
}

} // namespace flex::lang
