//===- EmitSimdRows.cpp - Chains of reductions, one row at a time ---------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A work item owns some rows; for each it runs the group's stages, every stage a
// loop whose lanes run along the innermost index with several independent
// accumulators. What later stages need stays in registers (a row's scalars) or
// in a scratch row that fits the nearest cache (CPU-NOTES 5).
//
//===----------------------------------------------------------------------===//
#include "../Emitter.h"
#include "../Stages.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace flex;
using namespace flex::tile;

namespace {

class SimdRowsEmitter : public Emitter {
public:
  explicit SimdRowsEmitter(EmitContext context) : Emitter(context), plan(planRows(info, /*scratch=*/true)) {}

  DimExpr items() const override { return product(info.outerExtents).ceilDiv(DimExpr(schedule.itemRows)); }

  void emit(Value item) override {
    createScratch();
    std::string name = loops.freshName("item");
    loops.define(name, item);
    DimExpr rows = product(info.outerExtents), step(schedule.itemRows);
    DimExpr first = DimExpr::symbol(name) * step, last = DimExpr::min(first + step, rows);
    if (info.outerExtents.empty())
      first = 0, last = 1;
    std::string row = loops.freshName("row");
    loops.loop(row, first, last, 1, {}, [&](ValueRange) -> SmallVector<Value> {
      values.beginBlock();
      values.clearPublished();
      outer = delinearize(DimExpr::symbol(row), info.outerExtents);
      for (const RowStage &stage : plan.stages)
        emitStage(stage);
      return {};
    });
  }

private:
  /// A row of scratch for each map that keeps one: outer indices do not move in it.
  void createScratch() {
    for (ir::StatementInterface statement : info.statements) {
      if (plan.keep.at(statement) != Keep::Scratch)
        continue;
      auto type = cast<ir::NamedTensorType>(statement->getResult(0).getType());
      SmallVector<DimExpr> inner = info.innerExtents(statement);
      auto bufferType = BufferType::get(type.getContext(), carrierOf(type.getScalarType()), Space::Private);
      Memory memory;
      memory.buffer = RingOp::create(loops.get(), loops.getLoc(), bufferType, product(inner).str());
      memory.strides.assign(info.outerNames.size(), DimExpr(0));
      for (unsigned axis = 0; axis < inner.size(); ++axis)
        memory.strides.push_back(product(ArrayRef(inner).drop_front(axis + 1)));
      memory.extents = type.getDims();
      values.memory[statement->getResult(0).getAsOpaquePointer()] = memory;
    }
  }

  void emitStage(const RowStage &stage) {
    values.beginBlock();
    if (stage.extents.empty()) {
      for (ir::StatementInterface statement : stage.statements) {
        Point point = pointOf(statement, outer);
        Value value = info.isReduction(statement) ? single(statement, point) : values.evaluate(statement, point);
        finish(statement, point, resultAt(statement, outer), value);
      }
      return;
    }
    SmallVector<Value> accumulators;
    for (ir::StatementInterface statement : stage.statements)
      if (info.isReduction(statement))
        for (int64_t v = 0; v < schedule.vectors; ++v)
          accumulators.append(values.startOf(statement, schedule.lanes));
    SmallVector<Value> totals = emitInnerLoops(stage, 0, accumulators);
    values.beginBlock();
    unsigned next = 0;
    for (ir::StatementInterface statement : stage.statements)
      if (info.isReduction(statement)) {
        unsigned count = schedule.vectors * widthOf(statement);
        Value total = combineAcross(statement, ArrayRef(totals).slice(next, count));
        next += count;
        Point point = pointOf(statement, outer);
        finish(statement, point, resultAt(statement, outer), total);
      }
  }

  static unsigned widthOf(ir::StatementInterface statement) {
    return Evaluator::accumulatorWidth(*statement.getCombinerKind());
  }
  /// A reduction over one point.
  Value single(ir::StatementInterface statement, const Point &point) {
    SmallVector<Value> total = values.accumulate(statement, point, values.startOf(statement, 1));
    return values.resultOf(*statement.getCombinerKind(), total, false, false);
  }

  /// Scalar loops over all inner indices but the last, which the lanes take.
  SmallVector<Value> emitInnerLoops(const RowStage &stage, unsigned depth, ValueRange carried) {
    if (depth + 1 == stage.extents.size())
      return emitLaneLoops(stage, carried);
    std::string name = loops.freshName("m");
    inner.push_back(DimExpr::symbol(name));
    SmallVector<Value> result = loops.loop(name, 0, stage.extents[depth], 1, carried,
                                           [&](ValueRange values) { return emitInnerLoops(stage, depth + 1, values); });
    inner.pop_back();
    return result;
  }

  /// What is stored past the caches begins with a partial vector, so that the others are aligned. A sum begins at the
  /// row's first element: its order does not depend on addresses.
  DimExpr emitLead(const RowStage &stage) {
    if (llvm::any_of(stage.statements, [&](ir::StatementInterface s) { return info.isReduction(s); }))
      return 0;
    SmallVector<DimExpr> at(inner);
    at.push_back(0);
    for (ir::StatementInterface statement : stage.statements)
      if (auto aligned = alignedFrom(statement, resultAt(statement, outer, at), stage.extents.back())) {
        emitPartial(stage, 0, *aligned, {});
        return *aligned;
      }
    return 0;
  }

  /// Fewer elements than a step of the main loop: side by side if their number is known, else a vector at a time. The
  /// last vector is perhaps not whole.
  SmallVector<Value> emitPartial(const RowStage &stage, const DimExpr &begin, const DimExpr &end, ValueRange carried) {
    std::string name = loops.freshName("t");
    if (auto left = (end - begin).constant()) {
      int64_t vectors = llvm::divideCeil(*left, schedule.lanes), partial = *left - (vectors - 1) * schedule.lanes;
      Value valid = partial == schedule.lanes ? Value() : loops.constant(partial);
      return loops.loop(name, begin, end, DimExpr(*left), carried, [&](ValueRange accumulators) {
        return emitVectors(stage, name, vectors, valid, accumulators);
      });
    }
    return loops.loop(name, begin, end, DimExpr(schedule.lanes), carried, [&](ValueRange accumulators) {
      return emitVectors(stage, name, 1, loops.emit(end - DimExpr::symbol(name)), accumulators);
    });
  }

  SmallVector<Value> emitLaneLoops(const RowStage &stage, ValueRange carried) {
    DimExpr extent = stage.extents.back(), step(schedule.lanes * schedule.vectors), begin = emitLead(stage);
    DimExpr mainEnd = bind("main_end", extent - (extent - begin).mod(step));
    std::string name = loops.freshName("l");
    SmallVector<Value> state = loops.loop(name, begin, mainEnd, step, carried, [&](ValueRange accumulators) {
      return emitVectors(stage, name, schedule.vectors, Value(), accumulators);
    });
    return mainEnd == extent ? state : emitPartial(stage, mainEnd, extent, state);
  }

  /// `vectors` vectors from the lane name on, of the last of which `valid` lanes count; accumulators of the others pass
  /// through.
  SmallVector<Value> emitVectors(const RowStage &stage, const std::string &lane, int64_t vectors, Value valid,
                                 ValueRange accumulators) {
    SmallVector<Value> next(accumulators);
    values.beginBlock();
    for (int64_t v = 0; v < vectors; ++v) {
      unsigned accumulator = 0; // of the statement's first vector
      SmallVector<DimExpr> at(inner);
      at.push_back(DimExpr::symbol(lane) + DimExpr(v * schedule.lanes));
      if (&stage == &plan.stages.back() && schedule.prefetch)
        prefetchNextRow(lane, at);
      for (ir::StatementInterface statement : stage.statements) {
        Point point = pointOf(statement, outer, at);
        point.lane = lane;
        point.lanes = schedule.lanes;
        point.valid = v + 1 == vectors ? valid : Value();
        if (info.isReduction(statement)) {
          unsigned width = widthOf(statement), mine = accumulator + v * width;
          SmallVector<Value> sum = values.accumulate(statement, point, ArrayRef(next).slice(mine, width));
          llvm::copy(sum, next.begin() + mine);
          accumulator += schedule.vectors * width;
          continue;
        }
        Value value = values.evaluate(statement, point);
        SmallVector<DimExpr> place = resultAt(statement, outer, at);
        finish(statement, point, place, value);
        if (plan.keep.at(statement) == Keep::Scratch)
          values.store(statement->getResult(0), place, values.broadcast(value, schedule.lanes), point);
      }
    }
    values.beginBlock();
    return next;
  }

  /// Rows often begin on a page of their own, where hardware prefetching starts anew.
  void prefetchNextRow(const std::string &lane, ArrayRef<DimExpr> at) {
    SmallVector<DimExpr> next(outer);
    next.back() = next.back() + DimExpr(1);
    for (ir::StatementInterface statement : plan.stages.front().statements) {
      if (statement.getIndexNames().size() != next.size() + at.size())
        continue; // one value for each row
      Point point = pointOf(statement, next, at);
      point.lane = lane;
      values.prefetch(statement, point);
    }
  }

  Value combineAcross(ir::StatementInterface statement, ArrayRef<Value> accumulators) {
    ir::CombinerKind kind = *statement.getCombinerKind();
    SmallVector<SmallVector<Value>> tree;
    for (unsigned width = widthOf(statement), i = 0; i < accumulators.size(); i += width)
      tree.emplace_back(accumulators.slice(i, width));
    while (tree.size() > 1) {
      SmallVector<SmallVector<Value>> half;
      for (unsigned i = 0; i + 1 < tree.size(); i += 2)
        half.push_back(values.combine(kind, tree[i], tree[i + 1]));
      if (tree.size() % 2)
        half.push_back(tree.back());
      tree = half;
    }
    return values.resultOf(kind, tree[0], true, false);
  }

  RowPlan plan;
  SmallVector<DimExpr> outer, inner;
};

} // namespace

std::unique_ptr<Emitter> tile::createSimdRowsEmitter(EmitContext context) {
  return std::make_unique<SimdRowsEmitter>(context);
}
