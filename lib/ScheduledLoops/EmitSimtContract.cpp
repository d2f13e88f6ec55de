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
#include "EmitSimtContractStore.h"
#include "Emitter.h"
#include "flex/ScheduledLoops/Workspace.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace flex;
using namespace flex::tile;

namespace {

class SimtMatrixEmitter : public Emitter {
public:
  SimtMatrixEmitter(EmitContext context, const DeviceDescription &device, MatrixPlan given)
      : Emitter(context), device(device), plan(std::move(given)), b(loops.get()), loc(loops.getLoc()) {
    for (auto [name, extent] : llvm::zip_equal(info.outerNames, info.outerExtents))
      if (name != schedule.lane && name != schedule.unroll)
        restExtents.push_back(extent);
    elementBytes = plan.a.element.getIntOrFloatBitWidth() / 8;
    isAsync = device.asyncCopyBytes >= kChunkBytes;
    setUp(rows, plan.a, plan.rows, schedule.tileM);
    setUp(columns, plan.b, plan.columns, schedule.tileN);
    stageElements = rows.elements() + columns.elements();
  }

  DimExpr items() const override { return product(restExtents) * rows.tiles() * columns.tiles(); }

  void emit(Value item) override {
    locate(item);
    std::string name = loops.freshName("thread");
    loops.define(name, LaneOp::create(b, loc));
    thread = DimExpr::symbol(name);
    Value wave = WaveOp::create(b, loc, b.getIndexType(), b.getI64IntegerAttr(device.waveSize));
    name = loops.freshName("wave");
    loops.define(name, wave);
    waveRow = bind("wave_row", DimExpr::symbol(name).floorDiv(DimExpr(schedule.wavesN)));
    waveColumn = bind("wave_column", DimExpr::symbol(name).mod(DimExpr(schedule.wavesN)));

    auto bytes = BufferType::get(b.getContext(), b.getI8Type(), Space::Group);
    ring = RingOp::create(b, loc, bytes, std::to_string(matrixRingBytes(plan, schedule)));
    auto elements = BufferType::get(b.getContext(), plan.a.element, Space::Group);
    rows.ring = ViewOp::create(b, loc, elements, ring, loops.constant(0));
    columns.ring = ViewOp::create(b, loc, elements, ring, loops.constant(rows.elements() * elementBytes));
    for (Side *side : {&rows, &columns})
      prepare(*side);
    tiles = bind("steps", plan.depth.ceilDiv(DimExpr(schedule.tileK)));
    firstDepth = bind("first_depth", plan.depth - (tiles - DimExpr(1)) * DimExpr(schedule.tileK));
    SmallVector<Value> sums = isAsync ? emitPipeline() : emitThroughRegisters();
    MatrixResults results{plan, schedule, device, ring, rows.first, columns.first, rest, thread, waveRow, waveColumn};
    storeMatrixResults({info, schedule, loops, values}, results, sums);
  }

private:
  /// One operand: its block of the ring and the chunks of it that a thread moves.
  struct Side {
    const MatrixOperand *operand = nullptr;
    DimExpr extent{1}, first;
    int64_t tile = 0; ///< of its outer index
    int64_t ringRows = 0, ringColumns = 0, chunk = 0, shares = 0;
    LayoutAttr layout;
    Value ring;
    DimExpr threadRow, threadColumn; ///< of the thread's first chunk, in the ring
    SmallVector<DimExpr> sources;    ///< where each chunk comes from but for the reduction's part, in elements
    DimExpr stride{1};               ///< from one step of the reduction to the next, in elements
    SmallVector<DimExpr> destinations;
    int64_t elements() const { return ringRows * ringColumns; }
    int64_t rowStep() const { return ringRows / shares; }
    DimExpr tiles() const { return extent.ceilDiv(DimExpr(tile)); }
    bool isChunked() const { return operand->chunks.has_value(); }
  };

  void setUp(Side &side, const MatrixOperand &operand, const DimExpr &extent, int64_t tile) {
    side.operand = &operand;
    side.extent = extent;
    side.tile = tile;
    side.ringRows = operand.across ? schedule.tileK : tile;
    side.ringColumns = operand.across ? tile : schedule.tileK;
    side.chunk = kChunkBytes / elementBytes;
    side.shares = side.elements() / side.chunk / schedule.groupSize;
    side.layout = operandLayout(loops.get().getContext(), side.ringColumns, elementBytes);
  }

  //===--------------------------------------------------------------------===//
  // Which tile
  //===--------------------------------------------------------------------===//

  /// Non-negative numbers of less than 2^31, as those of work items are: division in 64 bits costs ten times as much.
  DimExpr divide(const std::string &stem, const DimExpr &dividend, const DimExpr &divisor) {
    if (divisor == DimExpr(1))
      return dividend;
    auto narrow = [&](const DimExpr &expr) -> Value {
      return arith::IndexCastOp::create(b, loc, b.getI32Type(), loops.emit(expr));
    };
    Value quotient = arith::DivUIOp::create(b, loc, narrow(dividend), narrow(divisor));
    std::string name = loops.freshName(stem);
    loops.define(name, arith::IndexCastUIOp::create(b, loc, b.getIndexType(), quotient));
    return DimExpr::symbol(name);
  }

  /// Tiles in bands of `raster` rows, column by column within a band: neighbours share operands in the caches.
  void locate(Value item) {
    std::string name = loops.freshName("item");
    loops.define(name, item);
    DimExpr id = DimExpr::symbol(name), down = bind("tiles_down", rows.tiles()),
            across = bind("tiles_across", columns.tiles());
    DimExpr plane = bind("plane", down * across);
    DimExpr restItem = restExtents.empty() ? DimExpr(0) : divide("rest_item", id, plane);
    DimExpr local = bind("tile", id - restItem * plane);
    DimExpr band = divide("band", local, bind("band_tiles", DimExpr(schedule.raster) * across));
    DimExpr inBand = bind("in_band", local - band * DimExpr(schedule.raster) * across);
    DimExpr height =
        bind("band_height", DimExpr::min(down - band * DimExpr(schedule.raster), DimExpr(schedule.raster)));
    DimExpr column = divide("tile_column", inBand, height);
    DimExpr row = bind("tile_row", band * DimExpr(schedule.raster) + inBand - column * height);
    rows.first = bind("row", row * DimExpr(rows.tile));
    columns.first = bind("column", column * DimExpr(columns.tile));
    rest = delinearize(restItem, restExtents);
  }

  SmallVector<DimExpr> outerAt(const DimExpr &row, const DimExpr &column) const {
    SmallVector<DimExpr> outer;
    unsigned next = 0;
    for (const std::string &name : info.outerNames)
      outer.push_back(name == schedule.lane ? column : name == schedule.unroll ? row : rest[next++]);
    return outer;
  }

  //===--------------------------------------------------------------------===//
  // Moving operands
  //===--------------------------------------------------------------------===//

  /// What a thread's chunks have to do with the thread, once and for all tiles.
  void prepare(Side &side) {
    int64_t perRow = side.ringColumns / side.chunk;
    side.threadRow = bind("copy_row", thread.floorDiv(DimExpr(perRow)));
    DimExpr chunk = bind("copy_chunk", thread.mod(DimExpr(perRow)));
    side.threadColumn = chunk * DimExpr(side.chunk);
    for (int64_t share = 0; share < side.shares; ++share) {
      DimExpr row = side.threadRow + DimExpr(share * side.rowStep());
      side.destinations.push_back(placeInRing(side, row, chunk, share));
      if (side.isChunked())
        side.sources.push_back(sourceOf(side, row));
    }
    if (side.isChunked())
      side.stride = strideOf(side);
  }

  /// layout.offset(row, chunk): the mask comes from bits of the row that further shares do not change.
  DimExpr placeInRing(Side &side, const DimExpr &row, const DimExpr &chunk, int64_t share) {
    int64_t period = int64_t(1) << side.layout.getRowBits().size();
    if (share > 0 && side.rowStep() % period == 0)
      return side.destinations.front() + DimExpr(share * side.rowStep() * side.ringColumns);
    Value mask = emitRowMask(b, loc, side.layout, loops.emit(row));
    std::string name = loops.freshName("ring_chunk");
    loops.define(name, arith::XOrIOp::create(b, loc, loops.emit(chunk), mask));
    return bind("ring_place", row * DimExpr(side.ringColumns) + DimExpr::symbol(name) * DimExpr(side.chunk));
  }

  DimExpr offsetAt(const Side &side, const DimExpr &outer, const DimExpr &depth) const {
    Point point = pointOf(plan.contraction.statement, outerAt(outer, outer), depth);
    return side.operand->offset.substitute(point.coordinates);
  }

  /// Rows and columns outside the result read those at its edge: nobody asks what comes of them.
  DimExpr sourceOf(Side &side, const DimExpr &row) {
    if (!side.operand->across) {
      DimExpr outer = bind("copy_outer", DimExpr::min(side.first + row, side.extent - DimExpr(1)));
      return bind("copy_from", offsetAt(side, outer, DimExpr(0)) + side.threadColumn);
    }
    DimExpr outer = bind("copy_outer", DimExpr::min(side.first + side.threadColumn, side.extent - DimExpr(side.chunk)));
    return bind("copy_from", offsetAt(side, outer, row));
  }

  DimExpr strideOf(const Side &side) {
    auto linear = side.operand->offset.linearIn(info.innerNames(plan.contraction.statement).front());
    return linear->first;
  }

  /// Lanes of a chunk that lie below the end of the first tile.
  Value validLanes(const Side &side, int64_t share) {
    if (firstDepth == DimExpr(schedule.tileK))
      return Value();
    if (!side.operand->across)
      return loops.emit(firstDepth - side.threadColumn);
    DimExpr row = side.threadRow + DimExpr(share * side.rowStep());
    return loops.emit((firstDepth - row) * DimExpr(side.chunk));
  }

  const Memory &memoryOf(const Side &side) const {
    Value tensor = plan.contraction.statement->getOperand(*side.operand->read);
    return values.memory.at(tensor.getAsOpaquePointer());
  }

  /// Starts moving chunks from `depth` on (a value in elements of memory, depth times stride).
  void copyChunks(Side &side, const DimExpr &depth, const DimExpr &stage, bool isFirst) {
    for (int64_t share = 0; share < side.shares; ++share)
      CopyOp::create(b, loc, memoryOf(side).buffer, loops.emit(side.sources[share] + depth), side.ring,
                     loops.emit(side.destinations[share] + stage), side.chunk,
                     isFirst ? validLanes(side, share) : Value(), true);
  }

  /// One element after the other, whatever the factor is: from step `depth` on; outside the domain it is zero.
  void copyElements(Side &side, const DimExpr &depth, const DimExpr &stage, bool isFirst) {
    // From the thread's number on: no constant number of turns, which would be unrolled.
    std::string name = loops.freshName("element");
    DimExpr element = DimExpr::symbol(name);
    loops.loop(
        name, thread, DimExpr(side.elements()), DimExpr(schedule.groupSize), {}, [&](ValueRange) -> SmallVector<Value> {
          DimExpr row = bind("element_row", element.floorDiv(DimExpr(side.ringColumns)));
          DimExpr column = bind("element_column", element.mod(DimExpr(side.ringColumns)));
          DimExpr step = side.operand->across ? row : column;
          DimExpr outer = bind("outer", side.first + (side.operand->across ? column : row));
          DimExpr k = bind("k", depth + step);
          Value inside = isLess(outer, side.extent);
          if (isFirst)
            inside = arith::AndIOp::create(b, loc, inside, isLess(k, firstDepth));
          Type carrier = carrierOf(side.operand->factor.getType());
          Value zero = arith::ConstantOp::create(b, loc, b.getZeroAttr(carrier));
          values.beginBlock();
          Value value = loops.conditional(inside, zero, [&](ValueRange) -> SmallVector<Value> {
            values.beginBlock();
            Point point = pointOf(plan.contraction.statement, outerAt(outer, outer), k);
            return {values.evaluate(plan.contraction.statement, side.operand->factor, point)};
          })[0];
          values.beginBlock();
          if (value.getType() != side.operand->element)
            value = arith::TruncFOp::create(b, loc, side.operand->element, value);
          Value mask = emitRowMask(b, loc, side.layout, loops.emit(row));
          std::string chunk = loops.freshName("ring_chunk");
          loops.define(chunk, arith::XOrIOp::create(b, loc, loops.emit(column.floorDiv(DimExpr(side.chunk))), mask));
          DimExpr place = row * DimExpr(side.ringColumns) + DimExpr::symbol(chunk) * DimExpr(side.chunk) +
                          column.mod(DimExpr(side.chunk));
          StoreOp::create(b, loc, value, side.ring, loops.emit(place + stage), Value(), false);
          return {};
        });
  }

  Value isLess(const DimExpr &a, const DimExpr &c) {
    return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt, loops.emit(a), loops.emit(c));
  }

  Value isNot(Value condition) {
    Value one = arith::ConstantIntOp::create(b, loc, b.getI1Type(), 1);
    return arith::XOrIOp::create(b, loc, condition, one);
  }

  /// i1: what a side needs to move in chunks holds; null: always.
  Value holds(ArrayRef<DimExpr> multiples, int64_t of) {
    Value all;
    for (const DimExpr &expr : multiples) {
      Value rest = arith::AndIOp::create(b, loc, loops.emit(expr), loops.constant(of - 1));
      Value test = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, rest, loops.constant(0));
      all = all ? arith::AndIOp::create(b, loc, all, test).getResult() : test;
    }
    return all;
  }

  /// Steps of the reduction that are already behind, and what that makes in each operand's memory.
  struct Progress {
    DimExpr depth, rows, columns;
  };

  void copyTile(const Progress &from, const DimExpr &stage, bool isFirst) {
    for (Side *side : {&rows, &columns}) {
      const DimExpr &moved = side == &rows ? from.rows : from.columns;
      if (!side->isChunked()) {
        copyElements(*side, from.depth, stage, isFirst);
        continue;
      }
      Value whole = chunkTests[side == &columns];
      if (!whole) {
        copyChunks(*side, moved, stage, isFirst);
        continue;
      }
      loops.conditional(whole, {}, [&](ValueRange) -> SmallVector<Value> {
        copyChunks(*side, moved, stage, isFirst);
        return {};
      });
      loops.conditional(isNot(whole), {}, [&](ValueRange) -> SmallVector<Value> {
        copyElements(*side, from.depth, stage, isFirst);
        return {};
      });
    }
  }

  Progress advanced(const Progress &from, const DimExpr &by) {
    return {bind("depth", from.depth + by), bind("rows_from", from.rows + by * rows.stride),
            bind("columns_from", from.columns + by * columns.stride)};
  }

  //===--------------------------------------------------------------------===//
  // The loop
  //===--------------------------------------------------------------------===//

  SmallVector<Value> zeros() {
    Type scalar = plan.unit->accumulator == "i32" ? Type(b.getI32Type()) : Type(b.getF32Type());
    auto type = VectorType::get(plan.unit->lanesOfC(), scalar);
    int64_t count =
        (schedule.tileM / schedule.wavesM / plan.unit->m) * (schedule.tileN / schedule.wavesN / plan.unit->n);
    return SmallVector<Value>(count, arith::ConstantOp::create(b, loc, b.getZeroAttr(type)));
  }

  /// All products of the stage that begins at element `stage`.
  SmallVector<Value> contractStage(ValueRange sums, Value stage) {
    SmallVector<Value> next(sums);
    const MatrixUnit &unit = *plan.unit;
    auto fragments = [&](Side &side, const DimExpr &wave, int64_t waves, Operand operand, int64_t size, int64_t lanes,
                         int64_t k) {
      int64_t count = side.tile / waves / size;
      SmallVector<Type> types(count, VectorType::get(lanes, signless(plan.a.element)));
      auto frag = FragOp::create(b, loc, types, operand, unit.name(), side.ring, stage,
                                 loops.emit(wave * DimExpr(side.tile / waves)), k, side.layout, side.operand->across);
      return SmallVector<Value>(frag.getFragments());
    };
    for (int64_t k = 0; k < schedule.tileK; k += unit.k) {
      SmallVector<Value> left = fragments(rows, waveRow, schedule.wavesM, Operand::A, unit.m, unit.lanesOfA(), k);
      SmallVector<Value> right =
          fragments(columns, waveColumn, schedule.wavesN, Operand::B, unit.n, unit.lanesOfB(), k);
      for (auto [n, factor] : llvm::enumerate(right))
        for (auto [m, other] : llvm::enumerate(left)) {
          Value &sum = next[m * right.size() + n];
          sum = ContractOp::create(b, loc, unit.name(), other, factor, sum);
        }
    }
    return next;
  }

  Type signless(Type type) const {
    auto integer = dyn_cast<IntegerType>(type);
    return integer ? Type(IntegerType::get(type.getContext(), integer.getWidth())) : type;
  }

  void testChunks() {
    for (Side *side : {&rows, &columns})
      if (side->isChunked())
        chunkTests[side == &columns] = holds(*side->operand->chunks, side->chunk);
  }

  DimExpr named(const std::string &stem, Value value) {
    std::string name = loops.freshName(stem);
    loops.define(name, value);
    return DimExpr::symbol(name);
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

  /// Copies run `stages` - 1 tiles ahead. One wait a step: it ends the reads of the stage that is written next, too.
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
      WaitOp::create(b, loc, b.getI64IntegerAttr(schedule.stages - 2), false);
      Progress from{named("depth", state[count]), named("rows_from", state[count + 1]),
                    named("columns_from", state[count + 2])};
      Value read = state[count + 3], write = state[count + 4];
      DimExpr stage = named("stage", stagePlace(write));
      loops.conditional(isLess(DimExpr::symbol(step) + DimExpr(schedule.stages - 1), tiles), {},
                        [&](ValueRange) -> SmallVector<Value> {
                          copyTile(from, stage, false);
                          return {};
                        });
      CommitOp::create(b, loc);
      SmallVector<Value> next = contractStage(state.take_front(count), stagePlace(read));
      Progress after = advanced(from, DimExpr(schedule.tileK));
      for (const DimExpr &value : {after.depth, after.rows, after.columns})
        next.push_back(loops.emit(value));
      next.push_back(nextStage(read));
      next.push_back(nextStage(write));
      return next;
    });
    done.resize(count);
    return done;
  }

  SmallVector<Value> emitThroughRegisters();
  Value zeroChunk(const Side &side);
  SmallVector<Value> loadTile(const Progress &from, bool isFirst);
  Value loadChunk(Side &side, int64_t share, const DimExpr &depth, bool isFirst);
  void storeTile(ArrayRef<Value> chunks, const Progress &from, const DimExpr &stage, bool isFirst);

  const DeviceDescription &device;
  MatrixPlan plan;
  OpBuilder &b;
  Location loc;
  Side rows, columns;
  SmallVector<DimExpr> restExtents, rest;
  DimExpr thread, waveRow, waveColumn, tiles, firstDepth;
  Value ring, chunkTests[2];
  int64_t elementBytes = 2, stageElements = 0;
  bool isAsync = false;
};

/// Without asynchronous copies: the next tile is on its way into registers while this one is multiplied, and goes to
/// the ring afterwards (into the other stage, if there are two).
SmallVector<Value> SimtMatrixEmitter::emitThroughRegisters() {
  testChunks();
  Progress progress{0, 0, 0};
  loops.conditional(isLess(0, tiles), {}, [&](ValueRange) -> SmallVector<Value> {
    storeTile(loadTile(progress, true), progress, 0, true);
    return {};
  });
  progress = advanced(progress, firstDepth);
  SmallVector<Value> carried = zeros();
  size_t count = carried.size();
  for (const DimExpr &start : {progress.depth, progress.rows, progress.columns})
    carried.push_back(loops.emit(start));
  carried.push_back(stageNumber(0));
  std::string step = loops.freshName("step");
  SmallVector<Value> done = loops.loop(step, 0, tiles, 1, carried, [&](ValueRange state) {
    WaitOp::create(b, loc);
    Progress from{named("depth", state[count]), named("rows_from", state[count + 1]),
                  named("columns_from", state[count + 2])};
    Value read = state[count + 3], write = nextStage(read);
    Value more = isLess(DimExpr::symbol(step) + DimExpr(1), tiles);
    SmallVector<Value> none;
    for (Side *side : {&rows, &columns})
      if (side->isChunked())
        none.append(side->shares, zeroChunk(*side));
    SmallVector<Value> chunks = loops.conditional(more, none, [&](ValueRange) { return loadTile(from, false); });
    SmallVector<Value> next = contractStage(state.take_front(count), stagePlace(read));
    if (schedule.stages == 1)
      WaitOp::create(b, loc);
    DimExpr stage = named("stage", stagePlace(write));
    loops.conditional(more, {}, [&](ValueRange) -> SmallVector<Value> {
      storeTile(chunks, from, stage, false);
      return {};
    });
    Progress after = advanced(from, DimExpr(schedule.tileK));
    for (const DimExpr &value : {after.depth, after.rows, after.columns})
      next.push_back(loops.emit(value));
    next.push_back(write);
    return next;
  });
  done.resize(count);
  return done;
}

Value SimtMatrixEmitter::zeroChunk(const Side &side) {
  auto type = VectorType::get(side.chunk, signless(plan.a.element));
  return arith::ConstantOp::create(b, loc, b.getZeroAttr(type));
}

/// The chunks of both sides that move as such, in registers; zero where they do not.
SmallVector<Value> SimtMatrixEmitter::loadTile(const Progress &from, bool isFirst) {
  SmallVector<Value> chunks;
  for (Side *side : {&rows, &columns}) {
    if (!side->isChunked())
      continue;
    SmallVector<Value> none(side->shares, zeroChunk(*side));
    auto load = [&](ValueRange) {
      SmallVector<Value> loaded;
      for (int64_t share = 0; share < side->shares; ++share)
        loaded.push_back(loadChunk(*side, share, side == &rows ? from.rows : from.columns, isFirst));
      return loaded;
    };
    Value whole = chunkTests[side == &columns];
    llvm::append_range(chunks, whole ? loops.conditional(whole, none, load) : load({}));
  }
  return chunks;
}

Value SimtMatrixEmitter::loadChunk(Side &side, int64_t share, const DimExpr &depth, bool isFirst) {
  auto load = [&]() -> Value {
    auto type = VectorType::get(side.chunk, signless(plan.a.element));
    auto op = LoadOp::create(b, loc, type, memoryOf(side).buffer, loops.emit(side.sources[share] + depth), Value());
    op->setAttr(kAlignmentAttr, b.getI64IntegerAttr(kChunkBytes));
    return op;
  };
  Value valid = isFirst ? validLanes(side, share) : Value();
  if (!valid)
    return load();
  // A chunk is whole, or beyond the end.
  Value inside = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sgt, valid, loops.constant(0));
  return loops.conditional(inside, zeroChunk(side), [&](ValueRange) -> SmallVector<Value> { return {load()}; })[0];
}

/// What loadTile gave, and element by element what it could not.
void SimtMatrixEmitter::storeTile(ArrayRef<Value> chunks, const Progress &from, const DimExpr &stage, bool isFirst) {
  for (Side *side : {&rows, &columns}) {
    if (!side->isChunked()) {
      copyElements(*side, from.depth, stage, isFirst);
      continue;
    }
    auto store = [&](ValueRange) -> SmallVector<Value> {
      for (int64_t share = 0; share < side->shares; ++share) {
        auto op = StoreOp::create(b, loc, chunks[share], side->ring, loops.emit(side->destinations[share] + stage),
                                  Value(), false);
        op->setAttr(kAlignmentAttr, b.getI64IntegerAttr(kChunkBytes));
      }
      return {};
    };
    Value whole = chunkTests[side == &columns];
    if (whole)
      loops.conditional(whole, {}, store);
    else
      store({});
    chunks = chunks.drop_front(side->shares);
    if (!whole)
      continue;
    loops.conditional(isNot(whole), {}, [&](ValueRange) -> SmallVector<Value> {
      copyElements(*side, from.depth, stage, isFirst);
      return {};
    });
  }
}

} // namespace

std::unique_ptr<Emitter> tile::createSimtMatrixEmitter(EmitContext context, const DeviceDescription &device) {
  auto plan = planMatrix(context.info, device, context.schedule.lane, context.schedule.unroll, context.schedule.unit);
  if (!plan)
    return nullptr;
  return std::make_unique<SimtMatrixEmitter>(context, device, std::move(*plan));
}
