//===- EmitSimtContractStore.cpp - Results of matrix units ----------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a thread holds of an accumulator differs from unit to unit, and is never
// a run of columns. So each wave puts a strip of rows into its own part of the
// ring and reads it back in runs; only the first strip waits for other waves.
//
//===----------------------------------------------------------------------===//
#include "EmitSimtContractStore.h"
#include "EmitSimt.h"

#include "flex/ScheduledLoops/Workspace.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace flex;
using namespace flex::tile;

namespace {

class ResultStore : public Emitter {
public:
  ResultStore(EmitContext context, const MatrixResults &results)
      : Emitter(context), results(results), plan(results.plan), b(loops.get()), loc(loops.getLoc()) {
    strip = matrixStrip(plan, schedule);
    waveRows = schedule.tileM / schedule.wavesM;
    waveColumns = schedule.tileN / schedule.wavesN;
    layout = resultLayout(b.getContext(), strip.columns);
    sumType = plan.unit->accumulator == "i32" ? Type(b.getI32Type()) : Type(b.getF32Type());
  }

  DimExpr items() const override { return DimExpr(1); }
  void emit(Value) override {}

  void run(ArrayRef<Value> sums) {
    auto type = BufferType::get(b.getContext(), sumType, Space::Group);
    memory = ViewOp::create(b, loc, type, results.ring, loops.constant(0));
    lane = bind("lane", results.thread.mod(DimExpr(plan.unit->threads)));
    DimExpr wave = results.waveRow * DimExpr(schedule.wavesN) + results.waveColumn;
    base = bind("wave_results", wave * DimExpr(strip.rows * strip.columns));
    // What the stages held has been read by all waves. With a single stage, each step of attention ends by waiting for
    // that. A unit with sums of its own is one reader, which all threads have waited for.
    bool isOneReader = plan.unit->c == OperandHome::Tensor && schedule.wavesM * schedule.wavesN == 1;
    bool endsInWait = schedule.strategy == Strategy::Attention && results.device.asyncCopyBytes < kChunkBytes;
    if (!endsInWait && !isOneReader && !results.isFree)
      waitForGroup(b.getI64IntegerAttr(0));
    findRunTest();
    for (firstRow = 0; firstRow < waveRows; firstRow += strip.rows)
      for (firstColumn = 0; firstColumn < waveColumns; firstColumn += strip.columns) {
        if (firstRow + firstColumn > 0)
          waitForUnit();
        putStrip(sums);
        waitForUnit();
        storeStrip();
      }
  }

private:
  /// For the threads that hold a tile of results together: a wave, or several.
  void waitForUnit() {
    if (plan.unit->threads == results.device.waveSize)
      WaitOp::create(b, loc, IntegerAttr(), true);
    else
      waitForGroup(IntegerAttr());
  }
  void waitForGroup(IntegerAttr pending) {
    IntegerAttr threads = results.threads ? b.getI64IntegerAttr(*results.threads) : IntegerAttr();
    WaitOp::create(b, loc, results.threads ? IntegerAttr() : pending, false, false, threads);
  }

  /// A tile that is wider than the strip begins left of it.
  void putStrip(ArrayRef<Value> sums) {
    const MatrixUnit &unit = *plan.unit;
    int64_t across = waveColumns / unit.n;
    for (int64_t row = 0; row < strip.rows; row += unit.m)
      for (int64_t n = firstColumn / unit.n; n * unit.n < firstColumn + strip.columns; ++n)
        PutOp::create(b, loc, sums[(firstRow + row) / unit.m * across + n], unit.name(), memory, loops.emit(base), row,
                      n * unit.n - firstColumn, layout);
  }

  /// Runs of columns, shared out so that what threads read together lies in different banks: four runs of a row, the
  /// same four rows below (see resultLayout), then the rows between.
  void storeStrip() {
    int64_t runs = strip.rows * strip.columns / kRunColumns, waveSize = plan.unit->threads;
    std::string turn = loops.freshName("turn");
    loops.loop(turn, 0, DimExpr(llvm::divideCeil(runs, waveSize)), 1, {}, [&](ValueRange) -> SmallVector<Value> {
      DimExpr run = bind("run", DimExpr::symbol(turn) * DimExpr(waveSize) + lane);
      DimExpr block = bind("run_block", run.floorDiv(DimExpr(32)));
      DimExpr rowBlocks(strip.rows / 8);
      DimExpr row = block.mod(rowBlocks) * DimExpr(8) + run.floorDiv(DimExpr(4)).mod(DimExpr(2)) * DimExpr(4) +
                    run.floorDiv(DimExpr(8)).mod(DimExpr(4));
      DimExpr column = block.floorDiv(rowBlocks) * DimExpr(4) + run.mod(DimExpr(4));
      row = bind("run_row", row);
      column = bind("run_column", column * DimExpr(kRunColumns));
      if (runs % waveSize == 0) {
        storeRun(row, column);
        return {};
      }
      loops.conditional(isLess(run, DimExpr(runs)), {}, [&](ValueRange) -> SmallVector<Value> {
        storeRun(row, column);
        return {};
      });
      return {};
    });
  }

  void storeRun(const DimExpr &row, const DimExpr &column) {
    DimExpr outRow = bind("out_row", results.firstRow + results.waveRow * DimExpr(waveRows) + row + DimExpr(firstRow));
    DimExpr outColumn = bind("out_column", results.firstColumn + results.waveColumn * DimExpr(waveColumns) + column +
                                               DimExpr(firstColumn));
    Value inside = arith::AndIOp::create(b, loc, isLess(outRow, plan.rows), isLess(outColumn, plan.columns));
    loops.conditional(inside, {}, [&](ValueRange) -> SmallVector<Value> {
      if (!plan.runs) {
        storeElements(row, column, outRow, outColumn);
      } else if (!isWhole) {
        storeWholeRun(row, column, outRow, outColumn);
      } else {
        loops.conditional(isWhole, {}, [&](ValueRange) -> SmallVector<Value> {
          storeWholeRun(row, column, outRow, outColumn);
          return {};
        });
        Value one = arith::ConstantIntOp::create(b, loc, b.getI1Type(), 1);
        loops.conditional(arith::XOrIOp::create(b, loc, isWhole, one), {}, [&](ValueRange) -> SmallVector<Value> {
          storeElements(row, column, outRow, outColumn);
          return {};
        });
      }
      return {};
    });
  }

  ArrayRef<std::string> names() const { return results.names.empty() ? ArrayRef(info.outerNames) : results.names; }
  SmallVector<DimExpr> outerAt(const DimExpr &row, const DimExpr &column) const {
    return plan.axes.outerAt(names(), splitNumber(loops, row, plan.axes.rows),
                             splitNumber(loops, column, plan.axes.columns), results.rest);
  }

  /// The place of a chunk of a row in the ring; chunks 2n and 2n + 1 differ in one bit, whatever the row.
  Value placeOf(const DimExpr &row, Value chunk) {
    Value mask = emitRowMask(b, loc, layout, loops.emit(row));
    Value moved = arith::XOrIOp::create(b, loc, chunk, mask);
    Value elements = arith::ShLIOp::create(b, loc, moved, loops.constant(2));
    return arith::AddIOp::create(b, loc, loops.emit(base + row * DimExpr(strip.columns)), elements);
  }

  /// All statements at eight columns of a row, as vectors.
  void storeWholeRun(const DimExpr &row, const DimExpr &column, const DimExpr &outRow, const DimExpr &outColumn) {
    auto half = VectorType::get(4, sumType);
    Value first = loops.emit(column.floorDiv(DimExpr(4)));
    Value halves[2];
    for (int64_t part : {0, 1}) {
      Value chunk = part ? arith::XOrIOp::create(b, loc, first, loops.constant(1)).getResult() : first;
      auto load = LoadOp::create(b, loc, half, memory, placeOf(row, chunk), Value());
      load->setAttr(kAlignmentAttr, b.getI64IntegerAttr(16));
      halves[part] = load;
    }
    Value sum = vector::ShuffleOp::create(b, loc, halves[0], halves[1], ArrayRef<int64_t>{0, 1, 2, 3, 4, 5, 6, 7});
    Operation *before = sum.getDefiningOp();
    SmallVector<DimExpr> outer = outerAt(outRow, outColumn);
    std::string laneName = *outer[llvm::find(names(), schedule.lane) - names().begin()].asSymbol();
    emitStatements(sum, outer, laneName, kRunColumns);
    // Whole runs begin at multiples of their length.
    for (Operation *op = before->getNextNode(); op; op = op->getNextNode())
      op->walk([&](Operation *access) { markAligned(access); });
  }

  void markAligned(Operation *op) {
    auto mark = [&](Type type, BufferType buffer) {
      auto vector = dyn_cast<VectorType>(type);
      if (!vector || buffer.getSpace() != Space::Global || vector.getNumElements() != kRunColumns)
        return;
      int64_t bytes = std::max<int64_t>(vector.getElementTypeBitWidth() / 8, 1) * kRunColumns;
      op->setAttr(kAlignmentAttr, b.getI64IntegerAttr(std::min<int64_t>(bytes, 16)));
    };
    if (auto load = dyn_cast<LoadOp>(op))
      mark(load.getResult().getType(), load.getBuffer().getType());
    if (auto store = dyn_cast<StoreOp>(op))
      mark(store.getValue().getType(), store.getBuffer().getType());
  }

  /// The same for the columns of a run that exist, one by one.
  void storeElements(const DimExpr &row, const DimExpr &column, const DimExpr &outRow, const DimExpr &outColumn) {
    std::string name = loops.freshName("e");
    DimExpr end = bind("run_end", DimExpr::min(plan.columns - outColumn, DimExpr(kRunColumns)));
    loops.loop(name, 0, end, 1, {}, [&](ValueRange) -> SmallVector<Value> {
      DimExpr place = bind("place", column + DimExpr::symbol(name));
      Value at = placeOf(row, loops.emit(place.floorDiv(DimExpr(4))));
      at = arith::AddIOp::create(b, loc, at, loops.emit(place.mod(DimExpr(4))));
      Value sum = LoadOp::create(b, loc, sumType, memory, at, Value());
      DimExpr element = bind("element", outColumn + DimExpr::symbol(name));
      emitStatements(sum, outerAt(outRow, element), "", 1);
      return {};
    });
  }

  void emitStatements(Value sum, ArrayRef<DimExpr> outer, const std::string &laneName, int64_t lanes) {
    values.beginBlock();
    ArrayRef<ir::StatementInterface> all(info.statements);
    for (ir::StatementInterface statement : results.statements.empty() ? all : results.statements) {
      Point point = pointOf(statement, outer);
      point.lane = laneName;
      point.lanes = lanes;
      if (results.prepare)
        results.prepare(point, outer);
      Value value = statement == plan.contraction.statement ? sum : values.evaluate(statement, point);
      finish(statement, point, resultAt(statement, outer), value);
    }
    values.beginBlock();
  }

  void findRunTest() {
    if (!plan.runs)
      return;
    for (const DimExpr &expr : *plan.runs) {
      Value rest = arith::AndIOp::create(b, loc, loops.emit(expr), loops.constant(kRunColumns - 1));
      Value test = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, rest, loops.constant(0));
      isWhole = isWhole ? arith::AndIOp::create(b, loc, isWhole, test).getResult() : test;
    }
  }

  Value isLess(const DimExpr &x, const DimExpr &y) {
    return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt, loops.emit(x), loops.emit(y));
  }

  const MatrixResults &results;
  const MatrixPlan &plan;
  OpBuilder &b;
  Location loc;
  LayoutAttr layout;
  Type sumType;
  Value memory, isWhole;
  DimExpr lane, base;
  MatrixStrip strip{0, 0};
  int64_t waveRows = 0, waveColumns = 0, firstRow = 0, firstColumn = 0;
};

} // namespace

void tile::storeMatrixResults(EmitContext context, const MatrixResults &results, ArrayRef<Value> sums) {
  ResultStore(context, results).run(sums);
}

/// Entries that double from bit to bit are one shift and one mask.
Value tile::emitRowMask(OpBuilder &builder, Location loc, LayoutAttr layout, Value row) {
  ArrayRef<int64_t> bits = layout.getRowBits();
  auto constant = [&](int64_t value) { return arith::ConstantIndexOp::create(builder, loc, value).getResult(); };
  Value mask;
  for (size_t first = 0; first < bits.size();) {
    size_t last = first + 1;
    while (bits[first] != 0 && last < bits.size() && bits[last] == bits[last - 1] * 2)
      ++last;
    if (bits[first] == 0) {
      first = last;
      continue;
    }
    assert(llvm::isPowerOf2_64(bits[first]) && "entries of one bit each");
    int64_t to = llvm::Log2_64(bits[first]);
    Value part = row;
    if (first > 0)
      part = arith::ShRUIOp::create(builder, loc, part, constant(first));
    part = arith::AndIOp::create(builder, loc, part, constant((int64_t(1) << (last - first)) - 1));
    if (to > 0)
      part = arith::ShLIOp::create(builder, loc, part, constant(to));
    mask = mask ? arith::XOrIOp::create(builder, loc, mask, part).getResult() : part;
    first = last;
  }
  return mask ? mask : constant(0);
}
