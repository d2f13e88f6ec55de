//===- EmitSimtAttentionRow.cpp - One row's softmax as it grows -----------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Weights are 2 to the power of scores times log2(e), by the chip's approximate
// instruction: they are rounded to 16 bits. A maximum of -infinity, of keys that are all masked so far,
// counts as 0: their weights are 0, not NaN.
//
//===----------------------------------------------------------------------===//
#include "EmitSimtAttentionRow.h"
#include "flex/ScheduledLoops/Workspace.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace flex;
using namespace flex::tile;

static constexpr double kLog2E = 1.44269504088896340736;

namespace {

class RowBuilder {
public:
  RowBuilder(OpBuilder &b, Location loc, double scale = 1) : b(b), loc(loc), factor(scale * kLog2E) {}

  Value constant(double value, Type like) {
    Attribute scalar = b.getF32FloatAttr(static_cast<float>(value));
    auto vector = dyn_cast<VectorType>(like);
    return arith::ConstantOp::create(
        b, loc, vector ? cast<TypedAttr>(DenseElementsAttr::get(vector, scalar)) : cast<TypedAttr>(scalar));
  }
  Value spread(Value scalar, Type like) {
    return isa<VectorType>(like) ? vector::BroadcastOp::create(b, loc, like, scalar).getResult() : scalar;
  }
  /// 2^(score * scale * log2(e) + shift).
  Value weight(Value score, Value shift) {
    Type type = score.getType();
    Value power = math::FmaOp::create(b, loc, score, constant(factor, type), spread(shift, type));
    return math::Exp2Op::create(b, loc, power, arith::FastMathFlags::afn);
  }
  /// The shift by which a score of `base` gets weight 1.
  Value shiftOf(Value base) { return mul(base, constant(-factor, base.getType())); }
  /// A NaN among the scores makes its row NaN whatever the maximum is.
  Value larger(Value x, Value y) {
    auto op = arith::MaxNumFOp::create(b, loc, x, y);
    op->setAttr(kEitherNanAttr, b.getUnitAttr());
    return op;
  }
  /// In threes, which some chips do at once.
  Value largest(SmallVector<Value> parts) {
    while (parts.size() > 1) {
      SmallVector<Value> next;
      for (size_t i = 0; i < parts.size(); i += 3) {
        Value all = parts[i];
        for (size_t j = i + 1; j < std::min(i + 3, parts.size()); ++j)
          all = larger(all, parts[j]);
        next.push_back(all);
      }
      parts = next;
    }
    return parts.front();
  }
  Value add(Value x, Value y) { return arith::AddFOp::create(b, loc, x, y); }
  Value mul(Value x, Value y) { return arith::MulFOp::create(b, loc, x, y); }
  /// In pairs, so that few wait for each other.
  Value tree(SmallVector<Value> parts, llvm::function_ref<Value(Value, Value)> combine) {
    while (parts.size() > 1) {
      SmallVector<Value> next;
      for (size_t i = 0; i + 1 < parts.size(); i += 2)
        next.push_back(combine(parts[i], parts[i + 1]));
      if (parts.size() % 2)
        next.push_back(parts.back());
      parts = next;
    }
    return parts.front();
  }
  SmallVector<Value> elements(Value vector) {
    SmallVector<Value> result;
    for (int64_t i = 0, count = cast<VectorType>(vector.getType()).getNumElements(); i < count; ++i)
      result.push_back(vector::ExtractOp::create(b, loc, vector, i));
    return result;
  }
  Value overRow(const AccumulatorLayout &layout, ir::CombinerKind kind, Value value) {
    int64_t apart = layout.apart();
    return ReduceOp::create(b, loc, b.getF32Type(), kind, value, true, b.getI64IntegerAttr(layout.sharing()),
                            apart > 1 ? b.getI64IntegerAttr(apart) : IntegerAttr());
  }

private:
  OpBuilder &b;
  Location loc;
  double factor;
};

} // namespace

RowStep tile::emitRowStep(LoopBuilder &loops, const AccumulatorLayout &layout, ArrayRef<Value> runs, Value maximum,
                          Value sum, double scale) {
  OpBuilder &b = loops.get();
  Location loc = loops.getLoc();
  RowBuilder row(b, loc, scale);
  Type scalar = maximum.getType();
  RowStep step;
  SmallVector<Value> scores;
  for (Value run : runs)
    llvm::append_range(scores, row.elements(run));
  Value largest = row.largest(scores);
  step.maximum = row.larger(maximum, row.overRow(layout, ir::CombinerKind::Max, largest));
  Value isNone = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OEQ, step.maximum, lowestScores(b, loc, scalar));
  Value base = arith::SelectOp::create(b, loc, isNone, row.constant(0, scalar), step.maximum);
  Value shift = row.shiftOf(base);
  step.rescale = row.weight(maximum, shift);
  for (Value run : runs)
    step.weights.push_back(row.weight(run, shift));
  Value added = row.tree(step.weights, [&](Value x, Value y) { return row.add(x, y); });
  step.sum = math::FmaOp::create(b, loc, sum, row.spread(step.rescale, sum.getType()), added);
  return step;
}

Value tile::emitTotal(LoopBuilder &loops, const AccumulatorLayout &layout, Value sum) {
  return RowBuilder(loops.get(), loops.getLoc()).overRow(layout, ir::CombinerKind::Sum, sum);
}

Value tile::emitReciprocal(LoopBuilder &loops, const AccumulatorLayout &layout, Value sum, Value isEmpty) {
  OpBuilder &b = loops.get();
  RowBuilder row(b, loops.getLoc());
  Value total = emitTotal(loops, layout, sum);
  Value inverse = arith::DivFOp::create(b, loops.getLoc(), row.constant(1, total.getType()), total);
  return isEmpty ? arith::SelectOp::create(b, loops.getLoc(), isEmpty, row.constant(0, total.getType()), inverse)
                       .getResult()
                 : inverse;
}

Value tile::perElement(OpBuilder &b, Location loc, const AccumulatorLayout &layout, ArrayRef<Value> rows) {
  SmallVector<int64_t> places = layout.rows();
  auto type = VectorType::get(int64_t(1) << layout.element.size(), b.getF32Type());
  Value all = vector::BroadcastOp::create(b, loc, type, rows.front());
  auto run = VectorType::get(layout.run(), b.getF32Type());
  for (size_t i = 1; i < rows.size(); ++i) {
    Value part = vector::BroadcastOp::create(b, loc, run, rows[i]);
    for (int64_t place : layout.runs())
      all = vector::InsertStridedSliceOp::create(b, loc, part, all, layout.elementOf(places[i], place), 1);
  }
  return all;
}

Value tile::lowestScores(OpBuilder &b, Location loc, Type type) {
  return RowBuilder(b, loc).constant(-std::numeric_limits<double>::infinity(), type);
}

Value tile::hideBeyond(OpBuilder &b, Location loc, Value run, Value count) {
  auto type = cast<VectorType>(run.getType());
  Value mask = vector::CreateMaskOp::create(b, loc, VectorType::get(type.getShape(), b.getI1Type()), count);
  return arith::SelectOp::create(b, loc, mask, run, lowestScores(b, loc, type));
}
