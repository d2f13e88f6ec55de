//===- EmitSimtRows.cpp - Chains of reductions on groups of threads -------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A work item owns `itemRows` rows, `threads` neighbours each, which combine by
// tile.reduce. A row that fits is held in registers: each thread takes runs of
// `lanes` elements, up to `vectors` of them, and every stage sees the same values.
// Longer rows are read once per stage. Invariant: a thread sees the same elements
// in every stage; no code is divergent but around stores.
//
//===----------------------------------------------------------------------===//
#include "../Runs.h"
#include "../Stages.h"
#include "EmitSimt.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace flex;
using namespace flex::tile;

namespace {

/// A run of a row that a thread holds. `inside` is null if it lies in the row for certain; else the run begins at 0
/// where it does not.
struct Chunk {
  std::string start;
  Value inside;
};

class SimtRowsEmitter : public Emitter {
public:
  explicit SimtRowsEmitter(EmitContext context)
      : Emitter(context), plan(planRows(info, /*scratch=*/false)), threads(schedule.groupSize / rowsPerItem()) {
    if (schedule.lanes > 1)
      alignment = alignRows(info, schedule.lanes);
  }

  DimExpr items() const override { return product(info.outerExtents).ceilDiv(DimExpr(rowsPerItem())); }

  void emit(Value item) override {
    std::string name = loops.freshName("item");
    loops.define(name, item);
    thread = threadNumber(loops);
    outer = delinearize(rowOf(DimExpr::symbol(name)), info.outerExtents);
    values.groupThreads = threads == schedule.groupSize ? 0 : threads;
    int64_t wide = alignment ? schedule.lanes : 1;
    Value aligned = alignment ? areMultiples(loops, alignment->conditions, wide) : Value();
    either(loops, aligned, [&] { emitWide(wide); }, [&] { emitRow(1, false); });
    values.groupThreads = 0;
  }

private:
  int64_t rowsPerItem() const { return info.outerExtents.empty() ? 1 : schedule.itemRows; }

  /// The row of this thread; of threads behind the last one, the last one, which they do not store.
  DimExpr rowOf(const DimExpr &item) {
    if (rowsPerItem() == 1)
      return item;
    DimExpr rows = product(info.outerExtents), count(rowsPerItem());
    DimExpr row = bind("row", item * count + thread.floorDiv(DimExpr(threads)));
    thread = bind("thread", thread.mod(DimExpr(threads)));
    if (rows.mod(count) == DimExpr(0))
      return row;
    isRow = lessThan(loops, row, rows);
    return bind("row", DimExpr::min(row, rows - DimExpr(1)));
  }

  //===--------------------------------------------------------------------===//
  // Which way
  //===--------------------------------------------------------------------===//

  DimExpr held(int64_t lanes) const { return DimExpr(threads * lanes * schedule.vectors); }

  /// i1: all rows fit in registers; null: for certain. Nothing: they do not, or that is not worth while.
  std::optional<Value> fits(int64_t lanes) {
    Value condition;
    for (const RowStage &stage : plan.stages) {
      if (llvm::any_of(stage.statements, [](auto s) { return GroupInfo::hasFolds(s); }) || stage.extents.size() > 1)
        return std::nullopt;
      if (stage.extents.empty())
        continue;
      const DimExpr &extent = stage.extents.back();
      if (auto known = extent.constant()) {
        if (*known > *held(lanes).constant())
          return std::nullopt;
        continue;
      }
      // At least one run: where a thread has none, it reads the first.
      condition = allOf(loops, condition, lessThan(loops, 0, extent));
      condition = allOf(loops, condition, lessThan(loops, extent, held(lanes) + DimExpr(1)));
    }
    return condition;
  }

  void emitWide(int64_t lanes) {
    std::optional<Value> condition = fits(lanes);
    if (!condition)
      return emitRow(lanes, false);
    either(loops, *condition, [&] { emitRow(lanes, true); }, [&] { emitRow(lanes, false); });
  }

  void emitRow(int64_t lanesOfRun, bool inRegisters) {
    lanes = lanesOfRun;
    isHeld = inRegisters;
    chunks.clear();
    values.beginBlock();
    values.clearPublished();
    if (lanes > 1)
      values.multipleOf = [this](const DimExpr &offset) { return alignment->multipleOf(offset); };
    for (const RowStage &stage : plan.stages) {
      if (readsStoredRow(stage))
        WaitOp::create(loops.get(), loops.getLoc());
      emitStage(stage);
    }
    values.multipleOf = nullptr;
    values.beginBlock();
    values.clearPublished();
  }

  //===--------------------------------------------------------------------===//
  // Stages
  //===--------------------------------------------------------------------===//

  /// Another thread may have written what this stage reads of an earlier one.
  bool readsStoredRow(const RowStage &stage) const {
    return llvm::any_of(stage.statements, [&](ir::StatementInterface s) { return readsStoredRow(s, stage); });
  }
  /// Directly, or through a row that is computed again. What has no inner index is known to every thread;
  /// what is of the same stage is read where this thread computed it.
  bool readsStoredRow(ir::StatementInterface statement, const RowStage &stage) const {
    return llvm::any_of(statement->getOperands(), [&](Value operand) {
      if (!info.contains(operand))
        return false;
      auto producer = cast<ir::StatementInterface>(operand.getDefiningOp());
      if (info.isReduction(producer) || info.innerNames(producer).empty() ||
          llvm::is_contained(stage.statements, producer))
        return false;
      return info.escapes(producer) || readsStoredRow(producer, stage);
    });
  }

  void emitStage(const RowStage &stage) {
    beginPart();
    if (stage.extents.empty()) {
      for (ir::StatementInterface statement : stage.statements)
        finishScalar(statement, values.evaluate(statement, pointOf(statement, outer)));
      return;
    }
    SmallVector<Value> totals;
    for (ir::StatementInterface statement : stage.statements)
      if (info.isReduction(statement)) {
        SmallVector<Value> start = values.startOf(statement, lanes);
        if (isPlainSum(statement, start[0]))
          start[0] = zeroLike(start[0], /*negative=*/true);
        totals.append(start);
      }
    if (isHeld)
      for (const Chunk &chunk : chunksOf(stage.extents.back()))
        totals = emitPoint(stage, chunk.start, {DimExpr::symbol(chunk.start)}, chunk.inside, totals);
    else
      totals = emitLoops(stage, 0, totals);
    beginPart();
    unsigned next = 0;
    for (ir::StatementInterface statement : stage.statements)
      if (info.isReduction(statement)) {
        ir::CombinerKind kind = *statement.getCombinerKind();
        unsigned width = Evaluator::accumulatorWidth(kind);
        Value result = values.resultOf(kind, ArrayRef(totals).slice(next, width), true, threads > 1);
        if (isPlainSum(statement, totals[next]))
          result = arith::AddFOp::create(loops.get(), loops.getLoc(), result, zeroLike(result, /*negative=*/false));
        finishScalar(statement, result);
        next += width;
      }
  }

  /// A sum that straight code can begin with -0, which added to anything is no operation: +0 is added at the end, once.
  bool isPlainSum(ir::StatementInterface statement, Value start) const {
    return isHeld && !values.strict && *statement.getCombinerKind() == ir::CombinerKind::Sum &&
           isa<FloatType>(getElementTypeOrSelf(start.getType()));
  }

  Value zeroLike(Value value, bool negative) {
    auto element = cast<FloatType>(getElementTypeOrSelf(value.getType()));
    TypedAttr zero = FloatAttr::get(element, llvm::APFloat::getZero(element.getFloatSemantics(), negative));
    if (auto vector = dyn_cast<VectorType>(value.getType()))
      zero = DenseElementsAttr::get(vector, zero);
    return arith::ConstantOp::create(loops.get(), loops.getLoc(), zero);
  }

  /// Straight code remembers what it has read and computed; that is what holds a row in registers.
  void beginPart() {
    if (!isHeld)
      values.beginBlock();
  }

  /// A value that all threads of the row know: the first one writes it.
  void finishScalar(ir::StatementInterface statement, Value value) {
    Point point = pointOf(statement, outer);
    SmallVector<DimExpr> at = resultAt(statement, outer);
    values.publish(statement->getResult(0), point, at, value);
    if (!info.escapes(statement))
      return;
    Value isFirst = threads == 1 ? Value() : lessThan(loops, thread, 1);
    when(loops, allOf(loops, isFirst, isRow), [&] { values.store(statement->getResult(0), at, value, point); });
  }

  /// The runs of this thread in a row of this length.
  ArrayRef<Chunk> chunksOf(const DimExpr &extent) {
    auto [place, isNew] = chunks.try_emplace(extent.str());
    if (!isNew)
      return place->second;
    auto known = extent.constant();
    int64_t all = threads * lanes, count = known ? llvm::divideCeil(*known, all) : schedule.vectors;
    for (int64_t number = 0; number < count; ++number) {
      Chunk chunk;
      DimExpr start = bind("start", thread * DimExpr(lanes) + DimExpr(number * all));
      Value first = loops.emit(start);
      if (!known || *known < (number + 1) * all) {
        chunk.inside = lessThan(loops, start, extent);
        first = arith::SelectOp::create(loops.get(), loops.getLoc(), chunk.inside, first, loops.constant(0));
      }
      chunk.start = loops.freshName("run");
      loops.define(chunk.start, first);
      place->second.push_back(chunk);
    }
    return place->second;
  }

  SmallVector<Value> emitLoops(const RowStage &stage, unsigned depth, ValueRange carried) {
    bool last = depth + 1 == stage.extents.size();
    std::string name = loops.freshName("m");
    inner.push_back(DimExpr::symbol(name));
    DimExpr lower = last ? thread * DimExpr(lanes) : DimExpr(0), step(last ? threads * lanes : 1);
    SmallVector<Value> result = loops.loop(name, lower, stage.extents[depth], step, carried, [&](ValueRange state) {
      if (!last)
        return emitLoops(stage, depth + 1, state);
      values.beginBlock();
      SmallVector<Value> next = emitPoint(stage, name, inner, Value(), state);
      values.beginBlock();
      return next;
    });
    inner.pop_back();
    return result;
  }

  /// The run that begins at `start`, a name; if it is not inside, the accumulators stay and nothing is stored.
  SmallVector<Value> emitPoint(const RowStage &stage, const std::string &start, ArrayRef<DimExpr> at, Value inside,
                               ValueRange carried) {
    if (alignment && lanes > 1)
      alignment->addStart(start);
    SmallVector<Value> next(carried);
    unsigned accumulator = 0;
    for (ir::StatementInterface statement : stage.statements) {
      Point point = pointOf(statement, outer, at);
      if (lanes > 1) {
        point.lane = start;
        point.lanes = lanes;
      }
      if (!info.isReduction(statement)) {
        finishRun(statement, point, resultAt(statement, outer, at), inside);
        continue;
      }
      unsigned width = Evaluator::accumulatorWidth(*statement.getCombinerKind());
      SmallVector<Value> sum = values.accumulate(statement, point, ArrayRef(next).slice(accumulator, width));
      for (Value part : sum) {
        Value &slot = next[accumulator++];
        slot = inside ? arith::SelectOp::create(loops.get(), loops.getLoc(), inside, part, slot).getResult() : part;
      }
    }
    return next;
  }

  void finishRun(ir::StatementInterface statement, const Point &point, ArrayRef<DimExpr> at, Value inside) {
    Value value = values.evaluate(statement, point), tensor = statement->getResult(0);
    values.publish(tensor, point, at, value);
    if (!info.escapes(statement))
      return;
    value = values.broadcast(value, point.lanes); // here: what the branch computes is not known behind it
    when(loops, allOf(loops, inside, isRow), [&] { values.store(tensor, at, value, point); });
  }

  RowPlan plan;
  int64_t threads; ///< of a row
  std::optional<RunAlignment> alignment;
  DimExpr thread; ///< its number among those of its row
  Value isRow;    ///< null: each thread has a row
  SmallVector<DimExpr> outer, inner;
  int64_t lanes = 1;
  bool isHeld = false;
  std::map<std::string, std::vector<Chunk>> chunks; ///< by the row's length
};

} // namespace

std::unique_ptr<Emitter> tile::createSimtRowsEmitter(EmitContext context) {
  return std::make_unique<SimtRowsEmitter>(context);
}
