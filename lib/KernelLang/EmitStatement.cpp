//===- EmitStatement.cpp - Statements and what they read ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Each typed statement is one op; each reduction in it an op of its own before
// it, so that nothing is computed more often than it is written.
//
//===----------------------------------------------------------------------===//
#include "EmitKernel.h"

#include <algorithm>

using namespace mlir;

namespace flex::lang {

//===----------------------------------------------------------------------===//
// Statements
//===----------------------------------------------------------------------===//

Value KernelEmitter::emitStatement(const TStatement &statement) {
  switch (statement.kind) {
  case TStatement::Kind::Map: return emitMap(statement);
  case TStatement::Kind::Scan: return emitScan(statement);
  case TStatement::Kind::Scatter: return emitScatter(statement);
  case TStatement::Kind::ArgSort: return emitArgSort(statement);
  }
  return {};
}

Value KernelEmitter::emitMap(const TStatement &typed) {
  const TExpr &root = *typed.value;
  if (root.kind == TKind::Reduce && root.reduce != ReduceKind::Mean)
    return emitReduce(root, typed.axes);
  prepare(root);
  Statement statement;
  collectReads(root, statement);
  addLoops(typed.axes, statement);
  addOperands(statement);
  auto map =
      ir::MapOp::create(builder, locationOf(context, typed.range), elementTypeOf(context, root.type), statement.inputs,
                        statement.loops, statement.extents, statement.accesses, statement.boundaries);
  emitBody(typed.value, statement, map.getBody().front());
  return map.getResult();
}

Value KernelEmitter::emitReduce(const TExpr &node, const std::vector<IndexVarRef> &axes) {
  prepare(*node.operands[0]);
  Statement statement;
  collectReads(*node.operands[0], statement);
  addLoops(axes, statement);
  addLoops(node.loops, statement);
  addOperands(statement);
  auto reduce = ir::ReduceOp::create(builder, locationOf(context, node.range), combinerOf(node),
                                     elementTypeOf(context, node.type), statement.inputs, statement.loops,
                                     statement.extents, axes.size(), statement.accesses, statement.boundaries);
  emitBody(node.operands[0], statement, reduce.getBody().front());
  return reduce.getResult();
}

/// The axes that every read of the scan's own result leaves alone are independent of one
/// another; of the others, those in order come before those in which a step is a whole.
Value KernelEmitter::emitScan(const TStatement &typed) {
  const TExpr &root = *typed.value;
  std::vector<bool> mixed(typed.axes.size());
  visitNodes(root, [&](const TExpr &node) {
    for (size_t i = 0; node.kind == TKind::Load && node.tensor == typed.tensor && i < mixed.size(); ++i)
      mixed[i] = mixed[i] || !node.indices[i].isSymbol(typed.axes[i]->symbol);
  });
  std::vector<IndexVarRef> parallel, each;
  for (size_t i = 0; i < mixed.size(); ++i)
    if (!llvm::is_contained(typed.ordered, typed.axes[i]))
      (mixed[i] ? each : parallel).push_back(typed.axes[i]);
  Statement statement;
  statement.typed = &typed;
  statement.self = typed.tensor;
  prepare(root, typed.tensor);
  collectReads(root, statement);
  addLoops(parallel, statement);
  addLoops(typed.ordered, statement);
  addLoops(each, statement);
  addOperands(statement);
  SmallVector<std::string> at;
  for (const IndexVarRef &axis : typed.axes)
    at.push_back(statement.names[axis->symbol]);
  auto scan = ir::ScanOp::create(builder, locationOf(context, typed.range), elementTypeOf(context, root.type),
                                 statement.inputs, statement.loops, statement.extents, parallel.size(),
                                 typed.ordered.size(), at, statement.accesses, statement.boundaries);
  emitBody(typed.value, statement, scan.getBody().front());
  return scan.getResult();
}

Value KernelEmitter::emitScatter(const TStatement &typed) {
  using C = ir::CombinerKind;
  bool isUnsignedType = isUnsigned(typed.value->type);
  C combiner = C::Set;
  switch (typed.scatter) {
  case ScatterKind::Add: combiner = C::Sum; break;
  case ScatterKind::Mul: combiner = C::Prod; break;
  case ScatterKind::Max: combiner = isUnsignedType ? C::UMax : C::Max; break;
  case ScatterKind::Min: combiner = isUnsignedType ? C::UMin : C::Min; break;
  case ScatterKind::Set: break;
  }
  Statement statement;
  statement.reads.push_back(
      {tensors[typed.base], {}, ir::BoundaryAttr::get(context, ir::BoundaryKind::None, TypedAttr()), true});
  std::vector<TExprRef> roots{typed.value};
  roots.insert(roots.end(), typed.data.begin(), typed.data.end());
  for (const TExprRef &root : roots)
    prepare(*root);
  for (const TExprRef &root : roots)
    collectReads(*root, statement);
  addLoops(typed.axes, statement);
  addLoops(typed.ordered, statement);
  addOperands(statement);
  auto scatter = ir::ScatterOp::create(builder, locationOf(context, typed.range), combiner, statement.inputs,
                                       statement.loops, statement.extents, typed.axes.size(),
                                       renamed(typed.place, statement.names), statement.accesses, statement.boundaries);
  emitBody(roots, statement, scatter.getBody().front());
  return scatter.getResult();
}

Value KernelEmitter::emitArgSort(const TStatement &typed) {
  const TExpr &root = *typed.value;
  prepare(root);
  Statement statement;
  collectReads(root, statement);
  std::vector<IndexVarRef> parallel;
  for (const IndexVarRef &axis : typed.axes)
    if (axis != typed.ordered[0])
      parallel.push_back(axis);
  addLoops(parallel, statement);
  addLoops(typed.ordered, statement);
  addOperands(statement);
  SmallVector<std::string> at;
  for (const IndexVarRef &axis : typed.axes)
    at.push_back(statement.names[axis->symbol]);
  auto sort = ir::ArgSortOp::create(builder, locationOf(context, typed.range), typed.descending, isUnsigned(root.type),
                                    statement.inputs, statement.loops, statement.extents, at, typed.count,
                                    statement.accesses, statement.boundaries);
  emitBody(typed.value, statement, sort.getBody().front());
  return sort.getResult();
}

ir::CombinerKind KernelEmitter::combinerOf(const TExpr &node) {
  using C = ir::CombinerKind;
  bool isUnsignedType = isUnsigned(node.operands[0]->type);
  switch (node.reduce) {
  case ReduceKind::Sum:
  case ReduceKind::Mean: return C::Sum;
  case ReduceKind::Prod: return C::Prod;
  case ReduceKind::Max: return isUnsignedType ? C::UMax : C::Max;
  case ReduceKind::Min: return isUnsignedType ? C::UMin : C::Min;
  case ReduceKind::Any: return C::Any;
  case ReduceKind::All: return C::All;
  case ReduceKind::ArgMax: return isUnsignedType ? C::UArgMax : C::ArgMax;
  case ReduceKind::ArgMin: return isUnsignedType ? C::UArgMin : C::ArgMin;
  }
  return C::Sum;
}

/// Loop names are the user's, made unique in the op and distinct from dimensions.
void KernelEmitter::addLoops(const std::vector<IndexVarRef> &vars, Statement &statement) {
  auto used = [&](const std::string &name) {
    return llvm::is_contained(kernel.dims, name) ||
           llvm::any_of(statement.names, [&](const auto &entry) { return entry.second == name; });
  };
  for (const IndexVarRef &var : vars) {
    std::string name = var->name;
    for (unsigned n = 1; used(name); ++n)
      name = var->name + std::to_string(n);
    statement.names[var->symbol] = name;
    statement.loops.push_back(name);
    statement.extents.push_back(*var->extent);
  }
}

//===----------------------------------------------------------------------===//
// Reductions inside a statement
//===----------------------------------------------------------------------===//

bool KernelEmitter::readsTensor(const TExpr &expr, int tensor) {
  return findNode(expr, [&](const TExpr &node) { return node.kind == TKind::Load && node.tensor == tensor; });
}

/// Emits each reduction below `root`, outermost ones only: they see to their own. One that
/// reads `self` stays where it is.
void KernelEmitter::prepare(const TExpr &root, int self) {
  std::set<const TExpr *> visited;
  prepare(root, self, visited);
}

void KernelEmitter::prepare(const TExpr &expr, int self, std::set<const TExpr *> &visited) {
  if (!visited.insert(&expr).second)
    return;
  if (expr.kind == TKind::Reduce && (self < 0 || !readsTensor(expr, self))) {
    hoist(expr);
    return;
  }
  for (const TExprRef &operand : expr.operands)
    prepare(*operand, self, visited);
}

void KernelEmitter::hoist(const TExpr &expr) {
  if (hoisted.count(&expr))
    return;
  Hoisted result;
  result.axes = freeIndices(expr);
  result.tensor = emitReduce(expr, result.axes);
  hoisted[&expr] = std::move(result);
}

/// The indices of enclosing statements that a reduction uses, in the order of
/// their declaration.
std::vector<IndexVarRef> KernelEmitter::freeIndices(const TExpr &expr) {
  std::set<std::string> used, bound;
  visitNodes(expr, [&](const TExpr &node) {
    if (node.dim)
      node.dim->collectSymbols(used);
    for (const DimExpr &index : node.indices)
      index.collectSymbols(used);
    for (const IndexVarRef &loop : node.loops)
      bound.insert(loop->symbol);
  });
  std::vector<IndexVarRef> axes;
  for (const IndexVarRef &var : enclosing())
    if (used.count(var->symbol) && !bound.count(var->symbol))
      axes.push_back(var);
  return axes;
}

/// Every index of the kernel, once: statements' axes, then loops as met.
const std::vector<IndexVarRef> &KernelEmitter::enclosing() {
  if (!allIndices.empty())
    return allIndices;
  std::set<const IndexVar *> seen;
  auto add = [&](const std::vector<IndexVarRef> &vars) {
    for (const IndexVarRef &var : vars)
      if (seen.insert(var.get()).second)
        allIndices.push_back(var);
  };
  for (const TStatement &statement : kernel.statements) {
    add(statement.axes);
    add(statement.ordered);
    visitNodes(*statement.value, [&](const TExpr &node) { add(node.loops); });
    for (const TExprRef &data : statement.data)
      visitNodes(*data, [&](const TExpr &node) { add(node.loops); });
  }
  return allIndices;
}

//===----------------------------------------------------------------------===//
// Reads
//===----------------------------------------------------------------------===//

ir::BoundaryAttr KernelEmitter::boundaryOf(const TExpr &access) {
  using B = ir::BoundaryKind;
  switch (access.rule) {
  case BoundaryRule::None: return ir::BoundaryAttr::get(context, B::None, TypedAttr());
  case BoundaryRule::Clamp: return ir::BoundaryAttr::get(context, B::Clamp, TypedAttr());
  case BoundaryRule::Wrap: return ir::BoundaryAttr::get(context, B::Wrap, TypedAttr());
  case BoundaryRule::Mirror: return ir::BoundaryAttr::get(context, B::Mirror, TypedAttr());
  case BoundaryRule::Zero:
  case BoundaryRule::Fill: return ir::BoundaryAttr::get(context, B::Fill, constantAttr(builder, *access.operands[0]));
  }
  return {};
}

/// True if the element depends on a loop inside of the statement's body.
bool KernelEmitter::isInside(const TExpr &expr, const Statement &statement) {
  auto inner = [&](const DimExpr &index) {
    std::set<std::string> names;
    index.collectSymbols(names);
    return llvm::any_of(names, [&](const std::string &name) { return statement.inner.count(name) != 0; });
  };
  if (expr.kind == TKind::Access)
    return llvm::any_of(expr.indices, inner);
  return llvm::any_of(hoisted[&expr].axes,
                      [&](const IndexVarRef &axis) { return statement.inner.count(axis->symbol) != 0; });
}

KernelEmitter::Read KernelEmitter::readOf(const TExpr &expr, const Statement &statement) {
  ir::BoundaryAttr none = ir::BoundaryAttr::get(context, ir::BoundaryKind::None, TypedAttr());
  if (expr.kind == TKind::Load || isInside(expr, statement))
    return {expr.kind == TKind::Reduce ? hoisted[&expr].tensor : tensors[expr.tensor], {}, none, true};
  if (expr.kind == TKind::Access)
    return {tensors[expr.tensor], SmallVector<DimExpr>(expr.indices.begin(), expr.indices.end()), boundaryOf(expr),
            false};
  const Hoisted &reduction = hoisted[&expr];
  Read read{reduction.tensor, {}, none, false};
  for (const IndexVarRef &axis : reduction.axes)
    read.indices.push_back(DimExpr::symbol(axis->symbol));
  return read;
}

bool KernelEmitter::same(const Read &a, const Read &b) {
  return a.tensor == b.tensor && a.boundary == b.boundary && a.whole == b.whole && llvm::equal(a.indices, b.indices);
}

void KernelEmitter::collectReads(const TExpr &root, Statement &statement) {
  visitNodes(root, [&](const TExpr &node) {
    if (node.kind == TKind::Reduce && !hoisted.count(&node))
      for (const IndexVarRef &loop : node.loops)
        statement.inner.insert(loop->symbol);
  });
  std::set<const TExpr *> visited;
  collectReads(root, statement, visited);
}

void KernelEmitter::collectReads(const TExpr &expr, Statement &statement, std::set<const TExpr *> &visited) {
  if (!visited.insert(&expr).second)
    return;
  bool isHoisted = expr.kind == TKind::Reduce && hoisted.count(&expr);
  bool isSelf = expr.kind == TKind::Load && expr.tensor == statement.self;
  if (expr.kind == TKind::Access || (expr.kind == TKind::Load && !isSelf) || isHoisted) {
    Read read = readOf(expr, statement);
    if (llvm::none_of(statement.reads, [&](const Read &other) { return same(read, other); }))
      statement.reads.push_back(std::move(read));
  }
  if (!isHoisted && expr.kind != TKind::Access)
    for (const TExprRef &operand : expr.operands)
      collectReads(*operand, statement, visited);
}

void KernelEmitter::addOperands(Statement &statement) {
  for (const Read &read : statement.reads) {
    statement.inputs.push_back(read.tensor);
    statement.accesses.push_back(read.whole ? ir::wholeAccess() : renamed(read.indices, statement.names));
    statement.boundaries.push_back(read.boundary);
  }
}

} // namespace flex::lang
