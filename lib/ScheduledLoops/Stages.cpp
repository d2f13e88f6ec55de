//===- Stages.cpp - The passes over a row ---------------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Invariant: a stage's statements have equal inner extents, and read one another
// only at the same inner point.
//
//===----------------------------------------------------------------------===//
#include "Stages.h"

using namespace mlir;
using namespace flex;
using namespace flex::tile;

namespace {

/// Whether `statement` reads `producer` only at its own inner point.
bool readsAtOwnPoint(const GroupInfo &info, ir::StatementInterface statement, ir::StatementInterface producer) {
  SmallVector<std::string> inner = info.innerNames(statement);
  for (unsigned operand = 0; operand < statement->getNumOperands(); ++operand) {
    if (statement->getOperand(operand) != producer->getResult(0))
      continue;
    SmallVector<DimExpr> access = statement.getAccessExprs(operand);
    if (access.size() != info.outerNames.size() + inner.size())
      return false;
    for (auto [axis, name] : llvm::enumerate(inner))
      if (!access[info.outerNames.size() + axis].isSymbol(name))
        return false;
  }
  return true;
}

bool isExpensive(ir::StatementInterface statement) {
  int cost = 0;
  for (Operation &op : *statement.getStatementBody())
    cost += isa<math::MathDialect>(op.getDialect()) || isa<arith::DivFOp>(op) ? 8 : 1;
  return cost >= 8;
}

bool fitsStage(const GroupInfo &info, const RowStage &stage, ir::StatementInterface statement) {
  if (stage.extents != info.innerExtents(statement))
    return false;
  return llvm::all_of(stage.statements, [&](ir::StatementInterface other) {
    bool reads = llvm::is_contained(statement->getOperands(), other->getResult(0));
    return !reads || (!info.isReduction(other) && readsAtOwnPoint(info, statement, other));
  });
}

} // namespace

RowPlan tile::planRows(const GroupInfo &info, bool scratch) {
  RowPlan plan;
  std::map<Operation *, unsigned> stageOf;
  for (ir::StatementInterface statement : info.statements) {
    if (plan.stages.empty() || !fitsStage(info, plan.stages.back(), statement))
      plan.stages.push_back({{}, info.innerExtents(statement)});
    plan.stages.back().statements.push_back(statement);
    stageOf[statement] = plan.stages.size() - 1;
  }
  for (ir::StatementInterface statement : info.statements) {
    Keep &keep = plan.keep[statement];
    keep = Keep::Nothing;
    if (info.isReduction(statement))
      continue;
    bool readLater = llvm::any_of(statement->getUsers(), [&](Operation *user) {
      auto it = stageOf.find(user);
      return it != stageOf.end() && it->second != stageOf[statement];
    });
    if (!readLater || info.innerNames(statement).empty())
      continue;
    if (info.escapes(statement) && scratch)
      keep = Keep::Result;
    else if (isExpensive(statement) && scratch)
      keep = Keep::Scratch;
  }
  return plan;
}
