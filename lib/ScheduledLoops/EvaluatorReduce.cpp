//===- EvaluatorReduce.cpp - Accumulators ---------------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Sums, extrema and positions, in each lane and across lanes and threads.
// Invariant: a lane meets its elements in rising order of position, so within one
// the first of equals stays by itself; positions are compared only across.
//
//===----------------------------------------------------------------------===//
#include "EvaluatorKeys.h"
#include "GroupInfo.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/SaveAndRestore.h"

using namespace mlir;
using namespace flex;
using namespace flex::tile;
using ir::CombinerKind;

/// The position of a lane that has found nothing better than the identity yet: the largest of its type.
static TypedAttr nowhereOf(Type positions) {
  auto scalar = cast<IntegerType>(getElementTypeOrSelf(positions));
  auto largest = IntegerAttr::get(scalar, APInt::getSignedMaxValue(scalar.getWidth()));
  auto vector = dyn_cast<VectorType>(positions);
  return vector ? TypedAttr(DenseElementsAttr::get(vector, Attribute(largest))) : largest;
}

/// The combiner that gives the value a position is of.
static CombinerKind extremumOf(CombinerKind kind, Type compared) {
  bool isFloat = isa<FloatType>(compared);
  switch (kind) {
  case CombinerKind::ArgMin: return CombinerKind::Min;
  case CombinerKind::ArgMax: return CombinerKind::Max;
  case CombinerKind::UArgMin: return isFloat ? CombinerKind::Min : CombinerKind::UMin;
  case CombinerKind::UArgMax: return isFloat ? CombinerKind::Max : CombinerKind::UMax;
  default: return kind;
  }
}

static ir::YieldOp yieldOf(ir::StatementInterface statement) {
  return cast<ir::YieldOp>(statement.getStatementBody()->getTerminator());
}

/// bool is compared as a byte, in which true is the larger one.
Type Evaluator::comparedType(Type body) {
  return body.isInteger(1) ? IntegerType::get(body.getContext(), 8) : carrierOf(body);
}

SmallVector<Value> Evaluator::startOf(CombinerKind kind, Type body, int64_t lanes, ArrayRef<DimExpr> reduced) {
  if (!ir::isPosition(kind))
    return {identity(kind, carrierOf(body), lanes)};
  Type compared = comparedType(body);
  Type positions = b.getIntegerType(positionBits(reduced));
  if (lanes > 1)
    positions = VectorType::get(lanes, positions);
  return {identity(extremumOf(kind, compared), compared, lanes),
          arith::ConstantOp::create(b, loc, nowhereOf(positions))};
}

SmallVector<Value> Evaluator::startOf(ir::StatementInterface statement, int64_t lanes) {
  SmallVector<DimExpr> extents = statement.getIndexExtents();
  return startOf(*statement.getCombinerKind(), yieldOf(statement).getOperand(0).getType(), lanes,
                 ArrayRef(extents).drop_front(statement.getNumParallelIndices()));
}

/// i1: a is what is looked for rather than b; NaN before everything, but not before NaN.
Value Evaluator::isBetter(CombinerKind kind, Value a, Value c) {
  Type scalar = getElementTypeOrSelf(a.getType());
  CombinerKind extremum = extremumOf(kind, scalar);
  bool isMax = extremum == CombinerKind::Max || extremum == CombinerKind::UMax;
  if (isa<FloatType>(scalar)) {
    Value beyond = arith::CmpFOp::create(b, loc, isMax ? arith::CmpFPredicate::UGT : arith::CmpFPredicate::ULT, a, c);
    return arith::AndIOp::create(b, loc, beyond, arith::CmpFOp::create(b, loc, arith::CmpFPredicate::ORD, c, c));
  }
  bool isSigned = extremum == CombinerKind::Max || extremum == CombinerKind::Min;
  auto predicate = isMax ? (isSigned ? arith::CmpIPredicate::sgt : arith::CmpIPredicate::ugt)
                         : (isSigned ? arith::CmpIPredicate::slt : arith::CmpIPredicate::ult);
  return arith::CmpIOp::create(b, loc, predicate, a, c);
}

/// i1: equal, or both NaN.
Value Evaluator::isSame(Value a, Value c) {
  if (!isa<FloatType>(getElementTypeOrSelf(a.getType())))
    return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, a, c);
  Value equal = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OEQ, a, c);
  Value both = arith::AndIOp::create(b, loc, arith::CmpFOp::create(b, loc, arith::CmpFPredicate::UNO, a, a),
                                     arith::CmpFOp::create(b, loc, arith::CmpFPredicate::UNO, c, c));
  return arith::OrIOp::create(b, loc, equal, both);
}

SmallVector<Value> Evaluator::include(CombinerKind kind, ValueRange accumulator, Value value, Value position,
                                      const Point &point) {
  int64_t lanes = lanesOf(accumulator[0]);
  SmallVector<Value> next;
  if (!ir::isPosition(kind)) {
    next.push_back(ir::emitCombine(b, loc, kind, accumulator[0], broadcast(value, lanes)));
  } else {
    if (getElementTypeOrSelf(value.getType()).isInteger(1)) {
      Type byte = b.getI8Type();
      value = arith::ExtUIOp::create(b, loc, lanesOf(value) == 1 ? byte : VectorType::get(lanesOf(value), byte), value);
    }
    value = broadcast(value, lanes);
    Value better = isBetter(kind, value, accumulator[0]);
    next.push_back(arith::SelectOp::create(b, loc, better, value, accumulator[0]));
    next.push_back(arith::SelectOp::create(b, loc, better, broadcast(position, lanes), accumulator[1]));
  }
  if (point.valid && lanes > 1)
    for (auto [value, before] : llvm::zip_equal(next, accumulator))
      value = arith::SelectOp::create(b, loc, validMask(point), value, before);
  return next;
}

/// The number of a point among the reduced ones, row-major.
static DimExpr positionOf(ir::StatementInterface statement, const Point &point) {
  DimExpr position;
  SmallVector<StringRef> names = statement.getIndexNames();
  SmallVector<DimExpr> extents = statement.getIndexExtents();
  for (unsigned index = statement.getNumParallelIndices(); index < names.size(); ++index)
    position = position * extents[index] + point.coordinates.at(names[index].str());
  return position;
}

/// Whether lanes are points of the result: what those past the end add up to is never looked at.
static bool hasSumPerLane(ir::StatementInterface statement, const Point &point) {
  bool isOuter = false;
  for (auto [number, name] : llvm::enumerate(statement.getIndexNames())) {
    bool runs = point.coordinates.at(name.str()).uses(point.lane);
    if (runs && number >= statement.getNumParallelIndices())
      return false;
    isOuter |= runs;
  }
  return isOuter;
}

SmallVector<Value> Evaluator::accumulate(ir::StatementInterface statement, const Point &point, ValueRange accumulator) {
  llvm::SaveAndRestore here(loc, statement.getLoc());
  CombinerKind kind = *statement.getCombinerKind();
  Point kept = point; // the lanes whose sums go on
  if (point.valid && hasSumPerLane(statement, point))
    kept.valid = Value();
  Value yielded = statement.getOperation() == guardedStatement ? guardedValue : yieldOf(statement).getOperand(0);
  auto product = yielded.getDefiningOp<arith::MulFOp>();
  if (kind != CombinerKind::Sum || !product || strict) {
    Value position;
    if (ir::isPosition(kind))
      position = indexValue(positionOf(statement, point), point,
                            cast<IntegerType>(getElementTypeOrSelf(accumulator[1].getType())));
    SmallVector<Value> next = include(kind, accumulator, evaluate(statement, yielded, point), position, kept);
    next[0] = strictly(next[0], yielded.getType());
    return next;
  }
  int64_t lanes = lanesOf(accumulator[0]);
  Value left = broadcast(evaluate(statement, product.getLhs(), point), lanes);
  Value right = broadcast(evaluate(statement, product.getRhs(), point), lanes);
  Value next = math::FmaOp::create(b, loc, left, right, accumulator[0]);
  if (kept.valid && lanes > 1)
    next = arith::SelectOp::create(b, loc, validMask(point), next, accumulator[0]);
  return {next};
}

SmallVector<Value> Evaluator::combine(CombinerKind kind, ValueRange a, ValueRange c) {
  if (!ir::isPosition(kind))
    return {ir::emitCombine(b, loc, kind, a[0], c[0])};
  Value earlier = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt, c[1], a[1]);
  Value tie = arith::AndIOp::create(b, loc, isSame(c[0], a[0]), earlier);
  Value takes = arith::OrIOp::create(b, loc, isBetter(kind, c[0], a[0]), tie);
  return {arith::SelectOp::create(b, loc, takes, c[0], a[0]), arith::SelectOp::create(b, loc, takes, c[1], a[1])};
}

Value Evaluator::resultOf(CombinerKind kind, ValueRange accumulator, bool acrossLanes, bool acrossGroup) {
  bool reduces = (acrossLanes && lanesOf(accumulator[0]) > 1) || acrossGroup;
  auto reduce = [&](CombinerKind by, Value value) -> Value {
    auto threads = acrossGroup && groupThreads ? b.getI64IntegerAttr(groupThreads) : IntegerAttr();
    return ReduceOp::create(b, loc, getElementTypeOrSelf(value.getType()), by, value, acrossGroup, threads,
                            IntegerAttr());
  };
  if (!ir::isPosition(kind))
    return reduces ? reduce(kind, accumulator[0]) : accumulator[0];
  Value position = accumulator[1];
  if (reduces) {
    // The best value first; then the first place among those that have it.
    Value best = reduce(extremumOf(kind, getElementTypeOrSelf(accumulator[0].getType())), accumulator[0]);
    Value nowhere = arith::ConstantOp::create(b, loc, nowhereOf(position.getType()));
    Value mine = isSame(accumulator[0], broadcast(best, lanesOf(position)));
    Value candidate = arith::SelectOp::create(b, loc, mine, position, nowhere);
    position = reduce(CombinerKind::Min, candidate);
  }
  // Nothing was better than the identity: all elements are that value, and the first is as good as any.
  Type type = position.getType();
  Value nowhere = arith::ConstantOp::create(b, loc, nowhereOf(type));
  Value zero = arith::ConstantOp::create(b, loc, b.getZeroAttr(type));
  Value found = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ne, position, nowhere);
  position = arith::SelectOp::create(b, loc, found, position, zero);
  if (getElementTypeOrSelf(type).isInteger(64))
    return position;
  Type wide = b.getI64Type();
  if (auto vector = dyn_cast<VectorType>(type))
    wide = VectorType::get(vector.getShape(), wide);
  return arith::ExtUIOp::create(b, loc, wide, position);
}

//===----------------------------------------------------------------------===//
// Folds
//===----------------------------------------------------------------------===//

/// An i64 of a body as an expression over the indices' names; nothing if it is not made of those and dimensions.
static std::optional<DimExpr> asDimExpr(Value value) {
  Operation *op = value.getDefiningOp();
  if (auto index = dyn_cast_or_null<ir::IndexOp>(op))
    return DimExpr::symbol(index.getIndexName().str());
  if (auto dim = dyn_cast_or_null<ir::DimOp>(op))
    return ir::toDimExpr(dim.getExprAttr());
  if (auto constant = dyn_cast_or_null<arith::ConstantOp>(op))
    if (auto integer = dyn_cast<IntegerAttr>(constant.getValue()); integer && value.getType().isInteger(64))
      return DimExpr(integer.getInt());
  if (!isa_and_nonnull<arith::AddIOp, arith::SubIOp>(op))
    return std::nullopt;
  auto left = asDimExpr(op->getOperand(0)), right = asDimExpr(op->getOperand(1));
  if (!left || !right)
    return std::nullopt;
  DimExpr result = isa<arith::AddIOp>(op) ? *left + *right : *left - *right;
  return result.isValid() ? std::optional(result) : std::nullopt;
}

/// `if index <= last { value } else { nothing }` as the body of a fold.
struct Evaluator::Guard {
  DimExpr last;
  Value value;
};

std::optional<Evaluator::Guard> Evaluator::guardOf(ir::FoldOp op, Value yielded, const Point &point) {
  auto select = yielded.getDefiningOp<arith::SelectOp>();
  auto compare = select ? select.getCondition().getDefiningOp<arith::CmpIOp>() : arith::CmpIOp();
  if (!compare || compare.getPredicate() != arith::CmpIPredicate::sle || ir::isPosition(op.getCombiner()))
    return std::nullopt;
  auto index = compare.getLhs().getDefiningOp<ir::IndexOp>();
  auto last = asDimExpr(compare.getRhs());
  auto otherwise = select.getFalseValue().getDefiningOp<arith::ConstantOp>();
  if (!index || index.getIndexName() != op.getIndexNames().back() || !last || last->uses(index.getIndexName()) ||
      !otherwise || otherwise.getValue() != ir::getIdentity(op.getCombiner(), yielded.getType()))
    return std::nullopt;
  if (point.lanes > 1 && last->substitute(point.coordinates).uses(point.lane))
    return std::nullopt;
  return Guard{*last, select.getTrueValue()};
}

/// One more value of a fold; a product is fused into a sum unless the numerics are strict.
SmallVector<Value> Evaluator::foldStep(ir::StatementInterface statement, CombinerKind kind, Value yielded,
                                       ValueRange carried, Value place, const Point &point) {
  auto product = yielded.getDefiningOp<arith::MulFOp>();
  if (kind == CombinerKind::Sum && product && !strict) {
    Value left = broadcast(evaluate(statement, product.getLhs(), point), point.lanes);
    Value right = broadcast(evaluate(statement, product.getRhs(), point), point.lanes);
    return {math::FmaOp::create(b, loc, left, right, carried[0])};
  }
  SmallVector<Value> next = include(kind, carried, evaluate(statement, yielded, point), place, Point());
  next[0] = strictly(next[0], yielded.getType());
  return next;
}

/// Loops over the fold's own indices. What is computed inside is not known outside.
Value Evaluator::foldBody(ir::StatementInterface statement, ir::FoldOp op, const Point &point) {
  CombinerKind kind = op.getCombiner();
  Value yielded = cast<ir::YieldOp>(op.getBody().front().getTerminator()).getOperand(0);
  SmallVector<StringRef> names = op.getIndexNames();
  SmallVector<DimExpr> extents;
  for (const DimExpr &extent : op.getIndexExtents())
    extents.push_back(extent.substitute(point.coordinates));
  Type type = yielded.getType();
  std::map<std::string, DimExpr> outsideKnown = knownAccess;
  if (auto guard = guardOf(op, yielded, point)) {
    yielded = guard->value;
    extents.back() = DimExpr::min(extents.back(), guard->last.substitute(point.coordinates) + DimExpr(1));
    DimExpr index = DimExpr::symbol(names.back().str());
    knownAccess.insert_or_assign(DimExpr::min(guard->last, index).str(), index);
  }
  std::map<std::string, Value> outside = memo;
  Point inner = point;
  DimExpr position;
  std::function<SmallVector<Value>(unsigned, ValueRange)> nest = [&](unsigned depth, ValueRange carried) {
    if (depth == names.size()) {
      memo = outside;
      Value place = ir::isPosition(kind)
                        ? indexValue(position, inner, cast<IntegerType>(getElementTypeOrSelf(carried[1].getType())))
                        : Value();
      return foldStep(statement, kind, yielded, carried, place, inner);
    }
    std::string loop = loops.freshName("f");
    inner.coordinates[names[depth].str()] = DimExpr::symbol(loop);
    DimExpr before = position;
    position = position * extents[depth] + DimExpr::symbol(loop);
    SmallVector<Value> result =
        loops.loop(loop, 0, extents[depth], 1, carried, [&](ValueRange state) { return nest(depth + 1, state); });
    position = before;
    return result;
  };
  SmallVector<Value> total = nest(0, startOf(kind, type, point.lanes, extents));
  memo = outside;
  knownAccess = outsideKnown;
  return resultOf(kind, total, false, false);
}
