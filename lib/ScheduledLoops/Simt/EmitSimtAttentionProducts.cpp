//===- EmitSimtAttentionProducts.cpp - Attention's two products -----------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Fragments and one instruction for each pair of them; or, of units that read group
// memory, a batch for each panel of the depth and one for the values, whose other operand, the
// weights, is in registers.
//
//===----------------------------------------------------------------------===//
#include "EmitSimtAttentionProducts.h"
#include "EmitSimtContractStore.h"
#include "flex/ScheduledLoops/Workspace.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace flex;
using namespace flex::tile;

AttentionProducts::AttentionProducts(LoopBuilder &loops, const AttentionPlan &plan, const Schedule &schedule,
                                     const BlockCopies &queries, const BlockCopies &keys, const BlockCopies &values,
                                     const Place &place)
    : loops(loops), b(loops.get()), loc(loops.getLoc()), plan(plan), schedule(schedule), unit(*plan.unit),
      queries(queries), keys(keys), values(values), place(place), rowTiles(schedule.tileM / schedule.wavesM / unit.m),
      keyTiles(schedule.tileN / plan.scoreUnit->n), widthTiles(plan.values.width / unit.n) {}

void AttentionProducts::readQueries() {
  constexpr int64_t kFewRegisters = 16;
  bool isKept = (plan.parts.keyExtent.isConstant() && !plan.parts.condition) || !plan.layout.isOperand ||
                rowTiles * unit.m * plan.queries.width / unit.threads / 2 <= kFewRegisters;
  for (int64_t k = 0; isKept && !plan.readsGroup() && k < plan.queries.width; k += unit.k)
    queryFragments.push_back(queriesAt(k));
}

AttentionProducts::Values AttentionProducts::queriesAt(int64_t k) {
  return fragments(Operand::A, queries.buffer(), loops.constant(0), loops.emit(place.waveRow), k, queries.layout(),
                   false, rowTiles);
}

AttentionProducts::Values AttentionProducts::fragments(Operand operand, Value from, Value base, Value outer, int64_t k,
                                                       LayoutAttr placing, bool across, int64_t count) {
  int64_t lanes = operand == Operand::A ? unit.lanesOfA() : unit.lanesOfB();
  SmallVector<Type> types(count, VectorType::get(lanes, plan.element));
  auto frag = FragOp::create(b, loc, types, operand, unit.name(), from, base, outer, k, placing, across);
  return Values(frag.getFragments());
}

SmallVector<AttentionProducts::Values> AttentionProducts::scores(Value stage) {
  if (plan.readsGroup())
    return multiplyPanels(stage);
  Value zeros = arith::ConstantOp::create(b, loc, b.getZeroAttr(VectorType::get(unit.lanesOfC(), b.getF32Type())));
  SmallVector<Values> scores(rowTiles, Values(keyTiles, zeros));
  for (int64_t k = 0; k < plan.queries.width; k += unit.k) {
    Values left = queryFragments.empty() ? queriesAt(k) : queryFragments[k / unit.k];
    Values right = fragments(Operand::B, keys.buffer(), stage, loops.constant(0), k, keys.layout(), false, keyTiles);
    for (auto [n, factor] : llvm::enumerate(right))
      for (auto [m, other] : llvm::enumerate(left))
        scores[m][n] = ContractOp::create(b, loc, unit.name(), other, factor, scores[m][n]);
  }
  return scores;
}

SmallVector<AttentionProducts::Values> AttentionProducts::multiplyPanels(Value stage) {
  const MatrixUnit &wide = *plan.scoreUnit;
  SmallVector<Type> types(rowTiles, VectorType::get(wide.lanesOfC(), b.getF32Type()));
  Values sums;
  for (int64_t panel = 0; panel < plan.queries.width / plan.queries.panel; ++panel) {
    auto multiply = MultiplyOp::create(b, loc, types, wide.name(), queries.panel(panel), loops.emit(place.waveRow),
                                       queries.layout(), false, /*a_fixed=*/true, keys.panel(panel), loops.constant(0),
                                       keys.layout(), false, stage, plan.queries.panel, sums);
    sums.assign(multiply.getResults().begin(), multiply.getResults().end());
  }
  SmallVector<Values> scores;
  for (Value sum : sums)
    scores.push_back({sum});
  return scores;
}

void AttentionProducts::addValues(Values &sums, Value stage, llvm::function_ref<Values(int64_t k)> weights) {
  if (plan.readsGroup()) {
    Values held;
    for (int64_t k = 0; k < schedule.tileN; k += unit.k)
      held.append(weights(k));
    ValueRange added(ArrayRef(sums).take_front(rowTiles));
    auto multiply = MultiplyHeldOp::create(b, loc, added.getTypes(), unit.name(), held, values.buffer(),
                                           loops.constant(0), values.layout(), true, stage, added);
    llvm::copy(multiply.getResults(), sums.begin());
    return;
  }
  for (int64_t k = 0; k < schedule.tileN; k += unit.k) {
    Values left = weights(k);
    Values right = fragments(Operand::B, values.buffer(), stage, loops.constant(0), k, values.layout(),
                             !plan.values.turned, widthTiles);
    for (auto [n, factor] : llvm::enumerate(right))
      for (auto [m, other] : llvm::enumerate(left)) {
        Value &sum = sums[m * widthTiles + n];
        sum = ContractOp::create(b, loc, unit.name(), other, factor, sum);
      }
  }
}

/// The mask of a row comes from its low bits, which are the thread's.
void AttentionProducts::putWeights(Value run, int64_t row, int64_t column) {
  LayoutAttr placing = weightLayout();
  int64_t chunk = placing.getChunk(), length = cast<VectorType>(run.getType()).getNumElements();
  if (!weightMask)
    weightMask = emitRowMask(b, loc, placing, loops.emit(place.laneRow));
  auto bind = [&](Value value) {
    std::string name = loops.freshName("weight_chunk");
    loops.define(name, value);
    return DimExpr::symbol(name);
  };
  DimExpr first = place.laneColumn + DimExpr(column);
  DimExpr number = bind(loops.emit(first.floorDiv(DimExpr(chunk))));
  DimExpr moved = bind(arith::XOrIOp::create(b, loc, loops.emit(number), weightMask));
  DimExpr at = (place.waveRow + place.laneRow + DimExpr(row)) * DimExpr(schedule.tileN) + moved * DimExpr(chunk) +
               first.mod(DimExpr(chunk));
  auto op = StoreOp::create(b, loc, run, queries.buffer(), loops.emit(at), Value(), false);
  op->setAttr(kAlignmentAttr, b.getI64IntegerAttr(length * elementBytes(plan.element)));
}

AttentionProducts::Values AttentionProducts::weightsFromRing(int64_t k) {
  return fragments(Operand::A, queries.buffer(), loops.constant(0), loops.emit(place.waveRow), k, weightLayout(), false,
                   rowTiles);
}

LayoutAttr AttentionProducts::weightLayout() const {
  return operandLayout(b.getContext(), schedule.tileN, elementBytes(plan.element));
}
