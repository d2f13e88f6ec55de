//===- StatementCost.cpp - What a body costs ------------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Rough numbers of the machines that exist: an elementary function is a dozen
// operations, a division four.
//
//===----------------------------------------------------------------------===//
#include "StatementCost.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace flex;
using namespace flex::ir;

static int costOfOp(Operation &op) {
  if (isa<arith::ConstantOp, YieldOp, IndexOp, DimOp>(op))
    return 0;
  if (isa<FoldOp>(op))
    return 1000; // a loop: never computed twice
  if (isa<LoadOp>(op))
    return 3;
  if (isa<arith::DivFOp, arith::DivSIOp, arith::DivUIOp, arith::RemSIOp, arith::RemUIOp, arith::RemFOp,
          arith::FloorDivSIOp>(op))
    return 4;
  if (isa<math::AbsFOp, math::FmaOp, math::FloorOp, math::CeilOp, math::RoundEvenOp, math::AbsIOp, math::CopySignOp>(
          op))
    return 1;
  if (isa<math::SqrtOp, math::RsqrtOp>(op))
    return 4;
  return isa<math::MathDialect>(op.getDialect()) ? 12 : 1;
}

int ir::costOf(MapOp map) {
  int cost = map->getNumOperands() > 0 ? map->getNumOperands() - 1 : 0;
  for (Operation &op : *map.getStatementBody())
    cost += costOfOp(op);
  return cost;
}
