//===- EmitSimtBlock.cpp - Contractions through group memory --------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A work item computes a block of results: its threads stage `depth` steps of
// both factors in two rings, wait, and each multiplies rows x vectors of them.
// Threads form a 16-wide grid; a thread's results lie 16 apart, so that
// neighbours write neighbours. Factors are evaluated when staged, epilogues when
// the accumulators are complete.
//
//===----------------------------------------------------------------------===//
#include "../Emitter.h"
#include "EmitSimt.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace flex;
using namespace flex::tile;

namespace {

class SimtBlockEmitter : public Emitter {
public:
  explicit SimtBlockEmitter(EmitContext context)
      : Emitter(context), contraction(*info.findContraction()),
        axes(info.axesOf(contraction, schedule.lane, schedule.unroll)) {
    columns.extent = axes.columns.size();
    rows.extent = axes.rows.size();
    int64_t threadRows = schedule.groupSize / kThreadColumns;
    rows.block = threadRows * schedule.rows;
    rows.perThread = schedule.rows;
    rows.stride = threadRows;
    columns.block = kThreadColumns * schedule.vectors;
    columns.perThread = schedule.vectors;
    columns.stride = kThreadColumns;
    bool rightHasLane = GroupInfo::dependsOn(contraction.statement, contraction.right, schedule.lane);
    columns.factor = rightHasLane ? contraction.right : contraction.left;
    rows.factor = rightHasLane ? contraction.left : contraction.right;
    depthExtent = axes.reduced.size();
  }

  DimExpr items() const override { return axes.rest.size() * rows.blocks() * columns.blocks(); }

  void emit(Value item) override {
    std::string name = loops.freshName("item");
    loops.define(name, item);
    DimExpr id = DimExpr::symbol(name);
    columns.first = bind("column", id.mod(columns.blocks()) * DimExpr(columns.block));
    DimExpr outerId = bind("outer_item", id.floorDiv(columns.blocks()));
    rows.first = bind("row", outerId.mod(rows.blocks()) * DimExpr(rows.block));
    rest = delinearize(bind("rest_item", outerId.floorDiv(rows.blocks())), axes.rest.extents);

    std::string threadName = loops.freshName("thread");
    loops.define(threadName, LaneOp::create(loops.get(), loops.getLoc()));
    thread = DimExpr::symbol(threadName);
    columns.thread = bind("thread_column", thread.mod(DimExpr(kThreadColumns)));
    rows.thread = bind("thread_row", thread.floorDiv(DimExpr(kThreadColumns)));
    for (Side *side : {&rows, &columns})
      createRing(*side);
    emitEpilogue(emitSteps());
  }

private:
  /// One factor and the outer index that belongs to it.
  struct Side {
    DimExpr extent{1}, first, thread;
    int64_t block = 1, perThread = 1, stride = 1;
    Value factor, ring;
    DimExpr blocks() const { return extent.ceilDiv(DimExpr(block)); }
    /// The u-th result of a thread, within the block.
    DimExpr place(int64_t u) const { return thread + DimExpr(u * stride); }
  };

  void createRing(Side &side) {
    auto type = BufferType::get(side.factor.getContext(), carrierOf(side.factor.getType()), Space::Group);
    side.ring = RingOp::create(loops.get(), loops.getLoc(), type, std::to_string(side.block * schedule.depth));
  }

  SmallVector<DimExpr> outerAt(ArrayRef<DimExpr> row, ArrayRef<DimExpr> column) const {
    return axes.outerAt(info.outerNames, row, column, rest);
  }

  /// Where one side is; the other one's indices, which do not move its factor, are 0.
  SmallVector<DimExpr> outerAt(const Side &side, const DimExpr &at) {
    bool isRows = &side == &rows;
    SmallVector<DimExpr> own = splitNumber(loops, at, isRows ? axes.rows : axes.columns),
                         other((isRows ? axes.columns : axes.rows).names.size(), DimExpr(0));
    return isRows ? outerAt(own, other) : outerAt(other, own);
  }

  Value both(const DimExpr &a, const DimExpr &aEnd, const DimExpr &b, const DimExpr &bEnd) {
    OpBuilder &builder = loops.get();
    Location loc = loops.getLoc();
    Value first = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::slt, loops.emit(a), loops.emit(aEnd));
    Value second = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::slt, loops.emit(b), loops.emit(bEnd));
    return arith::AndIOp::create(builder, loc, first, second);
  }

  /// Each thread evaluates its share of a factor's block; outside the domain it is zero.
  void stage(Side &side, const DimExpr &step) {
    bool isRows = &side == &rows;
    for (int64_t share = 0; share * schedule.groupSize < side.block * schedule.depth; ++share) {
      DimExpr element = bind("element", thread + DimExpr(share * schedule.groupSize));
      // Neighbouring threads read neighbouring memory: along the step for the rows' factor, along the columns
      // otherwise.
      DimExpr inner(isRows ? schedule.depth : side.block);
      DimExpr fast = bind("fast", element.mod(inner)), slow = bind("slow", element.floorDiv(inner));
      DimExpr place = isRows ? slow : fast, depth = isRows ? fast : slow;
      DimExpr at = bind("at", side.first + place), k = bind("k", step + depth);
      Value inside = both(at, side.extent, k, depthExtent);
      Value zero = arith::ConstantOp::create(loops.get(), loops.getLoc(),
                                             loops.get().getZeroAttr(carrierOf(side.factor.getType())));
      values.beginBlock();
      Value value = loops.conditional(inside, zero, [&](ValueRange) -> SmallVector<Value> {
        values.beginBlock();
        Point point = pointOf(contraction.statement, outerAt(side, at), splitNumber(loops, k, axes.reduced));
        return {values.evaluate(contraction.statement, side.factor, point)};
      })[0];
      values.beginBlock();
      StoreOp::create(loops.get(), loops.getLoc(), value, side.ring, loops.emit(depth * DimExpr(side.block) + place),
                      Value(), false);
    }
  }

  Value load(const Side &side, const DimExpr &depth, int64_t u) {
    Type type = cast<BufferType>(side.ring.getType()).getElementType();
    return LoadOp::create(loops.get(), loops.getLoc(), type, side.ring,
                          loops.emit(depth * DimExpr(side.block) + side.place(u)), Value());
  }

  SmallVector<Value> emitSteps() {
    Type scalar = carrierOf(cast<ir::NamedTensorType>(contraction.statement->getResult(0).getType()).getScalarType());
    SmallVector<Value> init(rows.perThread * columns.perThread, values.identity(ir::CombinerKind::Sum, scalar, 1));
    std::string step = loops.freshName("step");
    DimExpr depth(schedule.depth);
    return loops.loop(step, 0, depthExtent, depth, init, [&](ValueRange carried) {
      for (Side *side : {&rows, &columns})
        stage(*side, DimExpr::symbol(step));
      WaitOp::create(loops.get(), loops.getLoc());
      std::string k = loops.freshName("k");
      SmallVector<Value> next =
          loops.loop(k, 0, depth, 1, carried, [&](ValueRange state) { return multiply(DimExpr::symbol(k), state); });
      WaitOp::create(loops.get(), loops.getLoc());
      return next;
    });
  }

  SmallVector<Value> multiply(const DimExpr &k, ValueRange state) {
    OpBuilder &b = loops.get();
    Location loc = loops.getLoc();
    SmallVector<Value> left, right, next;
    for (int64_t u = 0; u < rows.perThread; ++u)
      left.push_back(load(rows, k, u));
    for (int64_t v = 0; v < columns.perThread; ++v)
      right.push_back(load(columns, k, v));
    for (Value l : left)
      for (Value r : right) {
        Value accumulator = state[next.size()];
        if (isa<FloatType>(accumulator.getType()))
          next.push_back(math::FmaOp::create(b, loc, l, r, accumulator));
        else
          next.push_back(arith::AddIOp::create(b, loc, accumulator, arith::MulIOp::create(b, loc, l, r)));
      }
    return next;
  }

  void emitEpilogue(ArrayRef<Value> accumulators) {
    for (int64_t u = 0; u < rows.perThread; ++u)
      for (int64_t v = 0; v < columns.perThread; ++v) {
        DimExpr row = bind("out_row", rows.first + rows.place(u));
        DimExpr column = bind("out_column", columns.first + columns.place(v));
        Value inside = both(row, rows.extent, column, columns.extent);
        loops.conditional(inside, {}, [&](ValueRange) -> SmallVector<Value> {
          values.beginBlock();
          SmallVector<DimExpr> outer =
              outerAt(splitNumber(loops, row, axes.rows), splitNumber(loops, column, axes.columns));
          for (ir::StatementInterface statement : info.statements) {
            Point point = pointOf(statement, outer);
            Value value = statement == contraction.statement ? accumulators[u * columns.perThread + v]
                                                             : values.evaluate(statement, point);
            finish(statement, point, resultAt(statement, outer), value);
          }
          return {};
        });
        values.beginBlock();
      }
  }

  Contraction contraction;
  ContractionAxes axes;
  Side rows, columns;
  DimExpr depthExtent, thread;
  SmallVector<DimExpr> rest;
};

} // namespace

std::unique_ptr<Emitter> tile::createSimtBlockEmitter(EmitContext context) {
  return std::make_unique<SimtBlockEmitter>(context);
}
