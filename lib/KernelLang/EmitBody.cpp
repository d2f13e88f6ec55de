//===- EmitBody.cpp - The scalar code inside of a statement ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Walks an expression once; operations are EmitScalar.cpp. Invariant: a value made
// inside of a fold is not used outside of it.
//
//===----------------------------------------------------------------------===//
#include "EmitKernel.h"

using namespace mlir;

namespace flex::lang {

SmallVector<DimExpr> KernelEmitter::renamed(ArrayRef<DimExpr> indices, const Names &names) {
  std::map<std::string, DimExpr> renames;
  for (const auto &[symbol, name] : names)
    renames.emplace(symbol, DimExpr::symbol(name));
  SmallVector<DimExpr> result;
  for (const DimExpr &index : indices)
    result.push_back(index.substitute(renames));
  return result;
}

void KernelEmitter::emitBody(ArrayRef<TExprRef> roots, Statement &statement, Block &block) {
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToEnd(&block);
  statement.block = &block;
  ScalarEmitter scalars(builder, statement.names);
  Done done;
  SmallVector<Value> results;
  for (const TExprRef &root : roots)
    results.push_back(emitScalar(*root, statement, scalars, done));
  ir::YieldOp::create(builder, locationOf(context, roots[0]->range), results);
}

Value KernelEmitter::emitScalar(const TExpr &expr, Statement &statement, ScalarEmitter &scalars, Done &done) {
  auto it = done.find(&expr);
  if (it != done.end())
    return it->second;
  Location loc = locationOf(context, expr.range);
  Value value;
  switch (expr.kind) {
  case TKind::Const: value = scalars.constant(expr); break;
  case TKind::Index: value = scalars.dimension(*expr.dim, loc); break;
  case TKind::Access:
  case TKind::Load: value = emitRead(expr, statement, scalars, done); break;
  case TKind::Reduce:
    value = hoisted.count(&expr) ? emitRead(expr, statement, scalars, done) : emitFold(expr, statement, scalars, done);
    if (expr.reduce == ReduceKind::Mean)
      value = meanOf(value, expr, scalars, loc);
    break;
  case TKind::Apply:
  case TKind::Cast: {
    SmallVector<Value> operands;
    for (const TExprRef &operand : expr.operands)
      operands.push_back(emitScalar(*operand, statement, scalars, done));
    value = expr.kind == TKind::Cast ? scalars.cast(operands[0], expr.operands[0]->type, expr.type, loc)
                                     : scalars.apply(expr, operands);
    break;
  }
  }
  done[&expr] = value;
  return value;
}

/// An operand's element, or a flex.load of one taken whole.
Value KernelEmitter::emitRead(const TExpr &expr, Statement &statement, ScalarEmitter &scalars, Done &done) {
  Value argument;
  bool whole = true;
  if (expr.kind == TKind::Load && expr.tensor == statement.self) {
    argument = statement.block->getArguments().back();
  } else {
    Read read = readOf(expr, statement);
    auto position = llvm::find_if(statement.reads, [&](const Read &other) { return same(read, other); });
    argument = statement.block->getArgument(static_cast<unsigned>(position - statement.reads.begin()));
    whole = read.whole;
  }
  if (!whole)
    return argument;
  // What is proved to be inside needs no rule, but a load has one: clamp changes nothing there.
  ir::BoundaryAttr rule = ir::BoundaryAttr::get(context, ir::BoundaryKind::Clamp, TypedAttr());
  if (expr.kind != TKind::Reduce && expr.rule != BoundaryRule::None)
    rule = boundaryOf(expr);
  SmallVector<DimExpr> indices(expr.indices.begin(), expr.indices.end());
  if (expr.kind == TKind::Reduce)
    for (const IndexVarRef &axis : hoisted[&expr].axes)
      indices.push_back(DimExpr::symbol(axis->symbol));
  SmallVector<Value> data;
  bool hasFill = expr.rule == BoundaryRule::Zero || expr.rule == BoundaryRule::Fill;
  if (expr.kind == TKind::Load)
    for (const TExprRef &operand : llvm::drop_begin(expr.operands, hasFill))
      data.push_back(emitScalar(*operand, statement, scalars, done));
  return ir::LoadOp::create(builder, locationOf(context, expr.range), argument, renamed(indices, statement.names), rule,
                            data);
}

/// A reduction over earlier elements of a scan.
Value KernelEmitter::emitFold(const TExpr &expr, Statement &statement, ScalarEmitter &scalars, const Done &done) {
  Statement own;
  own.names = statement.names;
  addLoops(expr.loops, own);
  auto fold = ir::FoldOp::create(builder, locationOf(context, expr.range), combinerOf(expr),
                                 scalarTypeOf(context, expr.type), own.loops, own.extents);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToEnd(&fold.getBody().front());
  std::swap(statement.names, own.names);
  Done inside = done;
  Value value = emitScalar(*expr.operands[0], statement, scalars, inside);
  ir::YieldOp::create(builder, locationOf(context, expr.range), value);
  std::swap(statement.names, own.names);
  return fold.getResult();
}

Value KernelEmitter::meanOf(Value sum, const TExpr &expr, ScalarEmitter &scalars, Location loc) {
  DimExpr count = 1;
  for (const IndexVarRef &loop : expr.loops)
    count = count * *loop->extent;
  Value number = scalars.cast(scalars.dimension(count, loc), DType::I64, expr.type, loc);
  return scalars.divide(sum, number, expr.type, loc);
}

} // namespace flex::lang
