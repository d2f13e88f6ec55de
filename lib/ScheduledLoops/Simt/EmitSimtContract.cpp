//===- EmitSimtContract.cpp - Contractions on matrix units ----------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A work item computes a tile of results. Its threads move tiles of both
// operands through a ring of stages; waves in a grid read fragments and contract
// them; results go through the ring once more, so that maps behind the
// contraction see runs of columns. The first tile of the reduction is the
// partial one: the loop needs no predicate along it.
//
//===----------------------------------------------------------------------===//
#include "EmitSimtContract.h"
#include "EmitSimt.h"
#include "EmitSimtContractCopy.h"
#include "EmitSimtContractStore.h"
#include "flex/ScheduledLoops/Workspace.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace flex;
using namespace flex::tile;

namespace {

class SimtMatrixEmitter : public OperandCopies {
public:
  SimtMatrixEmitter(EmitContext context, const DeviceDescription &device, MatrixPlan given)
      : OperandCopies(context, device, std::move(given)) {
    stageElements = rows.elements() + columns.elements();
  }

  DimExpr items() const override { return plan.axes.rest.size() * rows.tiles() * columns.tiles(); }

  void emit(Value item) override {
    locate(item);
    std::string name = loops.freshName("thread");
    loops.define(name, LaneOp::create(b, loc));
    thread = DimExpr::symbol(name);
    Value wave = WaveOp::create(b, loc, b.getIndexType(), b.getI64IntegerAttr(plan.unit->threads));
    name = loops.freshName("wave");
    loops.define(name, wave);
    waveRow = bind("wave_row", DimExpr::symbol(name).floorDiv(DimExpr(schedule.wavesN)));
    waveColumn = bind("wave_column", DimExpr::symbol(name).mod(DimExpr(schedule.wavesN)));

    auto bytes = BufferType::get(b.getContext(), b.getI8Type(), Space::Group);
    ring = RingOp::create(b, loc, bytes, std::to_string(matrixRingBytes(plan, schedule)));
    if (readsGroup) // the unit's swizzles are functions of addresses
      ring.getDefiningOp()->setAttr(kAlignmentAttr, b.getI64IntegerAttr(8 * kPanelBytes));
    auto elements = BufferType::get(b.getContext(), plan.a.element, Space::Group);
    rows.ring = ViewOp::create(b, loc, elements, ring, loops.constant(0));
    columns.ring = ViewOp::create(b, loc, elements, ring, loops.constant(rows.elements() * elementBytes));
    tiles = bind("steps", plan.depth.ceilDiv(DimExpr(schedule.tileK)));
    MatrixResults results{plan, schedule, device, ring, rows.first, columns.first, rest, thread, waveRow, waveColumn};
    if (copiesBoxes(schedule))
      return emitApart(results);
    for (Side *side : {&rows, &columns})
      prepare(*side);
    firstDepth = bind("first_depth", plan.depth - (tiles - DimExpr(1)) * DimExpr(schedule.tileK));
    SmallVector<Value> sums = plan.throughRegisters ? emitThroughRegisters() : emitPipeline();
    if (hasStageForResults(plan, schedule)) { // all threads have read it before they were at the last wait
      results.ring = ViewOp::create(b, loc, bytes, ring, loops.constant(stageElements * elementBytes));
      results.isFree = true;
    }
    storeMatrixResults({info, schedule, loops, values}, results, sums);
  }

private:
  //===--------------------------------------------------------------------===//
  // Which tile
  //===--------------------------------------------------------------------===//

  /// Tiles in bands of `raster` rows, column by column within a band: neighbours share operands in the caches.
  void locate(Value item) {
    std::string name = loops.freshName("item");
    loops.define(name, item);
    DimExpr id = DimExpr::symbol(name), down = bind("tiles_down", rows.tiles()),
            across = bind("tiles_across", columns.tiles());
    DimExpr plane = bind("plane", down * across);
    DimExpr restItem = plan.axes.rest.names.empty() ? DimExpr(0) : divideNumber(loops, "rest_item", id, plane);
    DimExpr local = bind("tile", id - restItem * plane);
    DimExpr band = divideNumber(loops, "band", local, bind("band_tiles", DimExpr(schedule.raster) * across));
    DimExpr inBand = bind("in_band", local - band * DimExpr(schedule.raster) * across);
    DimExpr height =
        bind("band_height", DimExpr::min(down - band * DimExpr(schedule.raster), DimExpr(schedule.raster)));
    DimExpr column = divideNumber(loops, "tile_column", inBand, height);
    DimExpr row = bind("tile_row", band * DimExpr(schedule.raster) + inBand - column * height);
    rows.first = bind("row", row * DimExpr(rows.tile));
    columns.first = bind("column", column * DimExpr(columns.tile));
    rest = delinearize(restItem, plan.axes.rest.extents);
  }

  //===--------------------------------------------------------------------===//
  // The loop
  //===--------------------------------------------------------------------===//

  SmallVector<Value> zeros() {
    Type scalar = plan.unit->accumulator == "i32" ? Type(b.getI32Type()) : Type(b.getF32Type());
    bool isTensor = plan.unit->c == OperandHome::Tensor; // an element says which sum it is: the unit's business
    auto type = VectorType::get(isTensor ? 1 : plan.unit->lanesOfC(), scalar);
    int64_t count =
        (schedule.tileM / schedule.wavesM / plan.unit->m) * (schedule.tileN / schedule.wavesN / plan.unit->n);
    return SmallVector<Value>(count, arith::ConstantOp::create(b, loc, b.getZeroAttr(type)));
  }

  Value firstOf(const Side &side, const DimExpr &wave, int64_t waves) {
    return loops.emit(wave * DimExpr(side.tile / waves));
  }

  /// All products of the stage that begins at element `stage`.
  SmallVector<Value> contractStage(ValueRange sums, Value stage) {
    const MatrixUnit &unit = *plan.unit;
    if (readsGroup)
      return MultiplyOp::create(b, loc, TypeRange(sums), unit.name(), rows.ring,
                                firstOf(rows, waveRow, schedule.wavesM), rows.layout, rows.operand->isRingAcross(),
                                /*a_fixed=*/false, columns.ring, firstOf(columns, waveColumn, schedule.wavesN),
                                columns.layout, columns.operand->isRingAcross(), stage, schedule.tileK, sums)
          .getResults();
    SmallVector<Value> next(sums);
    auto fragments = [&](Side &side, Operand operand, const DimExpr &first, int64_t count, int64_t lanes, int64_t k) {
      SmallVector<Type> types(count, VectorType::get(lanes, signless(plan.a.element)));
      int64_t width = side.layout.getColumns(), panel = k / width * side.ringRows * width; // rows of k in panels
      bool isAcross = side.operand->isRingAcross();
      Value base =
          isAcross || panel == 0 ? stage : arith::AddIOp::create(b, loc, stage, loops.constant(panel)).getResult();
      auto frag = FragOp::create(b, loc, types, operand, unit.name(), side.ring, base, loops.emit(first),
                                 isAcross ? k : k % width, side.layout, isAcross);
      return SmallVector<Value>(frag.getFragments());
    };
    int64_t down = schedule.tileM / schedule.wavesM / unit.m, across = schedule.tileN / schedule.wavesN / unit.n;
    // Fragments that hold elements more than once take many registers: half of the columns' at a time.
    int64_t together = unit.copies > 1 ? std::max<int64_t>(1, across / 2) : across;
    DimExpr firstRow = waveRow * DimExpr(down * unit.m), firstColumn = waveColumn * DimExpr(across * unit.n);
    for (int64_t k = 0; k < schedule.tileK; k += unit.k) {
      SmallVector<Value> left = fragments(rows, Operand::A, firstRow, down, unit.lanesOfA(), k);
      for (int64_t n = 0; n < across; n += together) {
        SmallVector<Value> right =
            fragments(columns, Operand::B, firstColumn + DimExpr(n * unit.n), together, unit.lanesOfB(), k);
        for (auto [i, factor] : llvm::enumerate(right))
          for (auto [m, other] : llvm::enumerate(left)) {
            Value &sum = next[m * across + n + i];
            sum = ContractOp::create(b, loc, unit.name(), other, factor, sum);
          }
      }
    }
    return next;
  }

  /// Stages are counted in i32 where a loop carries them: address arithmetic in 64 bits takes two instructions a step.
  Value stageNumber(int64_t stage) {
    return arith::ConstantOp::create(b, loc, b.getI32IntegerAttr(static_cast<int32_t>(stage * stageElements)));
  }
  Value stagePlace(Value stage) { return arith::IndexCastUIOp::create(b, loc, b.getIndexType(), stage); }

  /// The stage after one, as its first element.
  Value nextStage(Value stage) {
    Value next = arith::AddIOp::create(b, loc, stage, stageNumber(1));
    Value last = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, next, stageNumber(schedule.stages));
    return arith::SelectOp::create(b, loc, last, stageNumber(0), next);
  }

  /// Copies run `stages` - 1 tiles ahead. One wait a step: it ends the reads of the stage that is written next, too. A
  /// unit that reads the ring itself has done so by then, and is at work while copies are started.
  SmallVector<Value> emitPipeline() {
    testChunks();
    Progress progress{0, 0, 0};
    for (int64_t stage = 0; stage + 1 < schedule.stages; ++stage) {
      loops.conditional(isLess(DimExpr(stage), tiles), {}, [&](ValueRange) -> SmallVector<Value> {
        copyTile(progress, DimExpr(stage * stageElements), stage == 0);
        return {};
      });
      CommitOp::create(b, loc);
      progress = advanced(progress, stage == 0 ? firstDepth : DimExpr(schedule.tileK));
    }
    SmallVector<Value> carried = zeros();
    size_t count = carried.size();
    for (const DimExpr &start : {progress.depth, progress.rows, progress.columns})
      carried.push_back(loops.emit(start));
    carried.push_back(stageNumber(0));
    carried.push_back(stageNumber(schedule.stages - 1));
    std::string step = loops.freshName("step");
    SmallVector<Value> done = loops.loop(step, 0, tiles, 1, carried, [&](ValueRange state) {
      if (readsGroup)
        SettleOp::create(b, loc, 0);
      WaitOp::create(b, loc, b.getI64IntegerAttr(schedule.stages - 2), false, readsGroup);
      Progress from{named("depth", state[count]), named("rows_from", state[count + 1]),
                    named("columns_from", state[count + 2])};
      Value read = state[count + 3], write = state[count + 4];
      SmallVector<Value> next;
      if (readsGroup)
        next = contractStage(state.take_front(count), stagePlace(read));
      DimExpr stage = named("stage", stagePlace(write));
      loops.conditional(isLess(DimExpr::symbol(step) + DimExpr(schedule.stages - 1), tiles), {},
                        [&](ValueRange) -> SmallVector<Value> {
                          copyTile(from, stage, false);
                          return {};
                        });
      CommitOp::create(b, loc);
      if (!readsGroup)
        next = contractStage(state.take_front(count), stagePlace(read));
      Progress after = advanced(from, DimExpr(schedule.tileK));
      for (const DimExpr &value : {after.depth, after.rows, after.columns})
        next.push_back(loops.emit(value));
      next.push_back(nextStage(read));
      next.push_back(nextStage(write));
      return next;
    });
    if (readsGroup)
      SettleOp::create(b, loc, 0);
    done.resize(count);
    return done;
  }

  SmallVector<Value> emitThroughRegisters();
  SmallVector<Value> multiplyAndCopy(ValueRange state, int64_t read);
  void shareStage() { WaitOp::create(b, loc, b.getI64IntegerAttr(0), false); }

  void emitApart(MatrixResults &results);
  void fillStages(Value pipe);
  SmallVector<Value> readStages(Value pipe);
  Value word(int64_t value) { return arith::ConstantOp::create(b, loc, b.getI32IntegerAttr(value)); }
  /// Behind a stage's number and round, those of the next one.
  void pushNext(SmallVectorImpl<Value> &values, Value stage, Value round);
  DimExpr stageBegin(Value stage) { return named("stage", stagePlace(stage)) * DimExpr(stageElements); }

  DimExpr waveRow, waveColumn, tiles;
  Value ring;
  int64_t stageElements = 0;
};

/// Without asynchronous copies: the next tile is on its way into registers while this one is multiplied, and goes to
/// the ring afterwards (into the other stage, if there are two). The last tile is multiplied behind the loop, which so
/// has no branch: what has to wait for a copy would be waited for at the end of each block. A turn of the loop goes
/// over all stages, so that where they begin is part of instructions; a step that is left over comes before it, and the
/// last tile is always in the first stage.
SmallVector<Value> SimtMatrixEmitter::emitThroughRegisters() {
  testChunks();
  DimExpr behind = tiles - DimExpr(1), over = 0;
  if (schedule.stages > 1) {
    behind = bind("steps_behind", DimExpr::max(behind, DimExpr(0)));
    over = bind("steps_over", behind.mod(DimExpr(schedule.stages)));
  }
  Progress progress{0, 0, 0};
  loops.conditional(isLess(0, tiles), {}, [&](ValueRange) -> SmallVector<Value> {
    storeTile(loadTile(progress, true), progress, over * DimExpr(stageElements), true);
    return {};
  });
  progress = advanced(progress, firstDepth);
  SmallVector<Value> state = zeros();
  size_t count = state.size();
  for (const DimExpr &start : {progress.depth, progress.rows, progress.columns})
    state.push_back(loops.emit(start));
  if (over == DimExpr(1))
    state = multiplyAndCopy(state, 1);
  else if (!over.isConstant())
    state = loops.conditional(isLess(0, over), state, [&](ValueRange from) { return multiplyAndCopy(from, 1); });
  DimExpr turns = behind.floorDiv(DimExpr(schedule.stages));
  state = loops.loop(loops.freshName("step"), 0, turns, 1, state, [&](ValueRange from) {
    SmallVector<Value> next(from);
    for (int64_t stage = 0; stage < schedule.stages; ++stage)
      next = multiplyAndCopy(next, stage);
    return next;
  });
  shareStage();
  state.resize(count);
  Value last = loops.constant(0);
  if (tiles.isConstant())
    return contractStage(state, last);
  return loops.conditional(isLess(0, tiles), state, [&](ValueRange sums) { return contractStage(sums, last); });
}

/// One step of that loop: the sums and the progress behind it. `read`: the stage that is multiplied.
SmallVector<Value> SimtMatrixEmitter::multiplyAndCopy(ValueRange state, int64_t read) {
  size_t count = state.size() - 3;
  shareStage();
  Progress from{named("depth", state[count]), named("rows_from", state[count + 1]),
                named("columns_from", state[count + 2])};
  SmallVector<Value> chunks = loadTile(from, false);
  ApartOp::create(b, loc, /*copies=*/true);
  SmallVector<Value> next = contractStage(state.take_front(count), loops.constant(read * stageElements));
  if (schedule.stages == 1)
    shareStage();
  ApartOp::create(b, loc, /*copies=*/true);
  storeTile(chunks, from, DimExpr((read + 1) % schedule.stages * stageElements), false);
  Progress after = advanced(from, DimExpr(schedule.tileK));
  for (const DimExpr &value : {after.depth, after.rows, after.columns})
    next.push_back(loops.emit(value));
  return next;
}

//===----------------------------------------------------------------------===//
// Copies apart: one thread of a wave of its own fills the stages, the others read them
//===----------------------------------------------------------------------===//

void SimtMatrixEmitter::emitApart(MatrixResults &results) {
  int64_t readers = schedule.groupSize - device.waveSize;
  auto words = BufferType::get(b.getContext(), b.getI64Type(), Space::Group);
  int64_t releases =
      plan.unit->c == OperandHome::Tensor ? schedule.wavesM * schedule.wavesN : readers / device.waveSize;
  Value pipe = PipeOp::create(b, loc, words, schedule.stages, stageElements * elementBytes, releases);
  results.threads = readers;
  when(loops, isLess(thread, DimExpr(readers)), [&] {
    SmallVector<Value> sums = readStages(pipe);
    storeMatrixResults({info, schedule, loops, values}, results, sums);
  });
  Value isCopier = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, loops.emit(thread), loops.constant(readers));
  when(loops, isCopier, [&] { fillStages(pipe); });
}

void SimtMatrixEmitter::pushNext(SmallVectorImpl<Value> &values, Value stage, Value round) {
  Value next = arith::AddIOp::create(b, loc, stage, word(1));
  Value isLast = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, next, word(schedule.stages));
  values.push_back(arith::SelectOp::create(b, loc, isLast, word(0), next));
  Value turned = arith::XOrIOp::create(b, loc, round, word(1));
  values.push_back(arith::SelectOp::create(b, loc, isLast, turned, round));
}

void SimtMatrixEmitter::fillStages(Value pipe) {
  std::string step = loops.freshName("step");
  loops.loop(step, 0, tiles, 1, {word(0), word(0)}, [&](ValueRange state) {
    keepRolled(loops);
    PipeFillOp::create(b, loc, pipe, state[0], state[1]);
    DimExpr depth = DimExpr::symbol(step) * DimExpr(schedule.tileK), begin = stageBegin(state[0]);
    copyBoxes(rows, depth, pipe, state[0], begin);
    copyBoxes(columns, depth, pipe, state[0], begin);
    SmallVector<Value> next;
    pushNext(next, state[0], state[1]);
    return next;
  });
}

/// The unit is at work on a stage while the next one is waited for: a stage is released one step late. One with sums of
/// its own takes all that there is, and releases by itself.
SmallVector<Value> SimtMatrixEmitter::readStages(Value pipe) {
  bool isTensor = plan.unit->c == OperandHome::Tensor;
  SmallVector<Value> carried = zeros();
  size_t count = carried.size();
  carried.append({word(0), word(0), word(schedule.stages - 1)});
  std::string step = loops.freshName("step");
  SmallVector<Value> done = loops.loop(step, 0, tiles, 1, carried, [&](ValueRange state) {
    Value stage = state[count], round = state[count + 1], before = state[count + 2];
    PipeAwaitOp::create(b, loc, pipe, stage, round, isTensor);
    SmallVector<Value> next = contractStage(state.take_front(count), loops.emit(stageBegin(stage)));
    if (isTensor) {
      PipeReleaseOp::create(b, loc, pipe, stage, true);
    } else {
      SettleOp::create(b, loc, 1);
      when(loops, isLess(DimExpr(0), DimExpr::symbol(step)),
           [&] { PipeReleaseOp::create(b, loc, pipe, before, false); });
    }
    pushNext(next, stage, round);
    next.push_back(stage);
    return next;
  });
  SettleOp::create(b, loc, 0);
  done.resize(count);
  return done;
}

} // namespace

std::unique_ptr<Emitter> tile::createSimtMatrixEmitter(EmitContext context, const DeviceDescription &device) {
  auto plan = planMatrix(context.info, device, context.schedule.lane, context.schedule.unroll, context.schedule.unit);
  if (!plan)
    return nullptr;
  return std::make_unique<SimtMatrixEmitter>(context, device, std::move(*plan));
}
