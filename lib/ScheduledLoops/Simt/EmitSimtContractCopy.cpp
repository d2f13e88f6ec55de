//===- EmitSimtContractCopy.cpp - Operands of matrix units on their way ---===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Chunks where they are whole and aligned, elements where not, asynchronously or
// through registers.
//
//===----------------------------------------------------------------------===//
#include "EmitSimtContractCopy.h"
#include "EmitSimt.h"
#include "EmitSimtContractStore.h"
#include "EmitSimtContractTurn.h"
#include "flex/ScheduledLoops/Workspace.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/UB/IR/UBOps.h"

#include <numeric>

using namespace mlir;
using namespace flex;
using namespace flex::tile;

OperandCopies::OperandCopies(EmitContext context, const DeviceDescription &device, MatrixPlan given)
    : Emitter(context), device(device), plan(std::move(given)), b(loops.get()), loc(loops.getLoc()) {
  elementBytes = plan.a.element.getIntOrFloatBitWidth() / 8;
  readsGroup = readsGroupMemory(*plan.unit);
  setUp(rows, plan.a, plan.axes.rows, schedule.tileM);
  setUp(columns, plan.b, plan.axes.columns, schedule.tileN);
}

void OperandCopies::setUp(Side &side, const MatrixOperand &operand, const IndexAxis &axis, int64_t tile) {
  side.operand = &operand;
  side.axis = &axis;
  side.extent = axis.size();
  side.tile = tile;
  side.ringRows = operand.isRingAcross() ? schedule.tileK : tile;
  side.ringColumns = operand.isRingAcross() ? tile : schedule.tileK;
  side.chunk = kChunkBytes / elementBytes;
  side.shares = side.elements() / side.chunk / schedule.groupSize;
  side.perRow = (operand.across ? tile : schedule.tileK) / side.chunk;
  side.run = operand.turned ? std::min(side.shares, side.chunk) : 1;
  int64_t rowLimit = readsGroup && operand.isRingAcross() ? kPanelBytes / elementBytes : side.ringColumns;
  MLIRContext *context = loops.get().getContext();
  side.layout = operandLayout(context, std::min(side.ringColumns, rowLimit), elementBytes, operand.turned);
  // Waves that read whole tiles of a want panels as wide as these, row behind row.
  bool readsBlocks = &operand == &plan.a && !operand.across && device.blockRowBytes > 0;
  if (readsBlocks && plan.unit->k * elementBytes == device.blockRowBytes && schedule.tileK % plan.unit->k == 0)
    side.layout = LayoutAttr::get(context, plan.unit->k, side.chunk, {});
}

/// Of the outer indices that do not move the side, those of the other one are 0.
SmallVector<DimExpr> OperandCopies::outerAt(const Side &side, const DimExpr &outer) const {
  SmallVector<DimExpr> at = splitNumber(loops, outer, *side.axis);
  const ContractionAxes &axes = plan.axes;
  SmallVector<DimExpr> other((side.axis == &axes.rows ? axes.columns : axes.rows).names.size(), DimExpr(0));
  return side.axis == &axes.rows ? axes.outerAt(info.outerNames, at, other, rest)
                                 : axes.outerAt(info.outerNames, other, at, rest);
}

/// What a thread's chunks have to do with the thread, once and for all tiles.
void OperandCopies::prepare(Side &side) {
  // Turned chunks: eight neighbours of a row, then the rows, so that what threads write together lies in few rows.
  int64_t low = side.operand->turned ? std::min<int64_t>(8, side.perRow) : side.perRow;
  int64_t rowThreads = schedule.groupSize / side.perRow;
  DimExpr chunk = thread.mod(DimExpr(low)), row = thread.floorDiv(DimExpr(low));
  if (low < side.perRow) {
    chunk = chunk + row.floorDiv(DimExpr(rowThreads)) * DimExpr(low);
    row = row.mod(DimExpr(rowThreads));
  }
  chunk = bind("copy_chunk", chunk);
  side.threadRow = bind("copy_row", row * DimExpr(side.run));
  side.threadColumn = chunk * DimExpr(side.chunk);
  for (int64_t share = 0; share < side.shares; ++share) {
    if (!side.operand->turned)
      side.destinations.push_back(placeInRing(side, chunk, share));
    if (side.isChunked())
      addSource(side, side.threadRow + DimExpr(side.rowsTo(share)));
  }
  for (int64_t share = 0; side.operand->turned && share < side.shares; share += side.run)
    placeTurned(side, side.threadRow + DimExpr(side.rowsTo(share)));
  // Threads that keep their column of a tile know its indices once and for all.
  int64_t alongRows = side.perRow * side.chunk;
  if (!side.isChunked() && side.operand->across && schedule.groupSize % alongRows == 0)
    side.fixedOuter = outerAt(side, bind("outer", side.first + thread.mod(DimExpr(alongRows))));
  if (side.isChunked())
    side.stride = side.operand->isEven ? side.operand->steps.back() : DimExpr(0);
}

/// layout.offset(row, chunk): the mask comes from bits of the row that further shares do not change.
OperandCopies::Destination OperandCopies::placeInRing(Side &side, const DimExpr &chunk, int64_t share) {
  int64_t period = int64_t(1) << side.layout.getRowBits().size(), further = side.rowsTo(share);
  if (share > 0 && side.rowsTo(1) % period == 0)
    return {side.destinations.front().place, further * side.layout.getColumns()};
  return {bind("ring_place", chunkPlace(side, side.threadRow + DimExpr(further), chunk))};
}

/// A chunk of a row. What does not fit into a row of the layout is in further panels.
DimExpr OperandCopies::chunkPlace(Side &side, const DimExpr &row, const DimExpr &chunk) {
  Value mask = emitRowMask(b, loc, side.layout, loops.emit(row));
  DimExpr start = row * DimExpr(side.layout.getColumns());
  if (side.layout.getColumns() == side.ringColumns)
    return start + masked(chunk, mask) * DimExpr(side.chunk);
  DimExpr perRow(side.layout.getColumns() / side.chunk);
  return chunk.floorDiv(perRow) * DimExpr(side.ringRows * side.layout.getColumns()) + start +
         masked(chunk.mod(perRow), mask) * DimExpr(side.chunk);
}

DimExpr OperandCopies::masked(const DimExpr &chunk, Value mask) {
  return named("ring_chunk", arith::XOrIOp::create(b, loc, loops.emit(chunk), mask));
}

/// Where the rows of turned chunks go, from a step of the reduction on. The mask of a row is that of the first one
/// and that of the rows between, which is a constant: rows with the same one are constants apart.
void OperandCopies::placeTurned(Side &side, const DimExpr &step) {
  DimExpr row = bind("turned_row", side.threadColumn);
  Value mask = emitRowMask(b, loc, side.layout, loops.emit(row));
  DimExpr chunk = masked(step.floorDiv(DimExpr(side.chunk)), mask);
  DimExpr rest = bind("ring_place", row * DimExpr(side.ringColumns) + step.mod(DimExpr(side.chunk)));
  llvm::SmallDenseMap<int64_t, DimExpr> places;
  for (int64_t i = 0; i < side.chunk; ++i) {
    int64_t moved = side.layout.rowMask(i);
    if (!places.count(moved))
      places[moved] = bind("ring_place", rest + masked(chunk, loops.constant(moved)) * DimExpr(side.chunk));
    side.destinations.push_back({places[moved], i * side.ringColumns});
  }
}

/// Of a thread's next chunk. Rows and columns outside the result read those at its edge: nobody asks what comes of
/// them.
void OperandCopies::addSource(Side &side, const DimExpr &row) {
  const MatrixOperand &operand = *side.operand;
  DimExpr outer = operand.across ? DimExpr::min(side.first + side.threadColumn, side.extent - DimExpr(side.chunk))
                                 : DimExpr::min(side.first + row, side.extent - DimExpr(1));
  outer = bind("copy_outer", outer);
  DimExpr own = hasOwnSteps(side) ? DimExpr(0) : ownStep(side, row);
  if (isNear(side)) {
    side.start = bind("copy_start", operand.offset.substitute(coordinatesAt(side, side.first)));
    DimExpr apart = (outer - side.first) * operand.offset.linearIn(operand.index)->first;
    side.sources.push_back(bind("copy_from", apart + own * operand.steps.back()));
    side.edges.emplace_back();
    return;
  }
  std::map<std::string, DimExpr> coordinates = coordinatesAt(side, outer);
  side.sources.push_back(bind("copy_from", operand.offset.substitute(coordinates) + own * operand.steps.back()));
  SmallVector<Value> &edges = side.edges.emplace_back();
  for (const MatrixOperand::Edge &edge : operand.edges)
    edges.push_back(narrow(edge.at.substitute(coordinates) + own * edge.steps.back()));
}

/// At the first step of the reduction.
std::map<std::string, DimExpr> OperandCopies::coordinatesAt(const Side &side, const DimExpr &outer) {
  SmallVector<DimExpr> start(plan.axes.reduced.names.size(), DimExpr(0));
  return pointOf(plan.contraction.statement, outerAt(side, outer), start).coordinates;
}

/// Chunks through registers whose places are known to be less than 2 GiB from the tile's first, and the last tile from
/// that.
bool OperandCopies::isNear(const Side &side) const {
  constexpr int64_t kFar = int64_t(1) << 31;
  const MatrixOperand &operand = *side.operand;
  if (device.asyncCopyBytes >= kChunkBytes || !operand.isEven || side.axis->names.size() != 1)
    return false;
  auto outer = operand.offset.linearIn(operand.index)->first.constant(), step = operand.steps.back().constant(),
       depth = plan.depth.constant();
  constexpr int64_t kMost = int64_t(1) << 24; // of each factor, so that products stay in range
  if (!outer || !step || !depth || *outer < 0 || *step < 0 || std::max({*outer, *step, *depth}) > kMost)
    return false;
  return std::max(side.tile * *outer + schedule.tileK * *step, *depth * *step) * elementBytes < kFar;
}

/// Whether each thread's steps are split on their own. Not if they are even, or if the last index has whole tiles: then
/// the thread's place in the tile adds to that one alone.
bool OperandCopies::hasOwnSteps(const Side &side) const {
  auto last = plan.axes.reduced.extents.back().constant();
  return !side.operand->isEven && !(last && *last % schedule.tileK == 0);
}

Value OperandCopies::narrow(const DimExpr &expr) {
  return arith::IndexCastOp::create(b, loc, b.getI32Type(), loops.emit(expr));
}

/// Where steps are even, they are counted as they are made. Otherwise each index that is summed over gets its part of
/// the tile's first step, or of the thread's.
OperandCopies::Step OperandCopies::stepOf(const Side &side, int64_t share, const Progress &from) {
  const MatrixOperand &operand = *side.operand;
  if (operand.isEven)
    return {&side == &rows ? from.rows : from.columns, {}};
  const IndexAxis &axis = plan.axes.reduced;
  DimExpr own = hasOwnSteps(side) ? ownStep(side, side.threadRow + DimExpr(side.rowsTo(share))) : DimExpr(0);
  SmallVector<DimExpr> at = splitNumber(loops, from.depth + own, axis);
  auto sum = [&](ArrayRef<DimExpr> steps) {
    DimExpr total;
    for (auto [step, coordinate] : llvm::zip_equal(steps, at))
      total = total + step * coordinate;
    return total;
  };
  Step step{bind("step_from", sum(operand.steps)), {}};
  for (const MatrixOperand::Edge &edge : operand.edges)
    step.edges.push_back(narrow(sum(edge.steps)));
  return step;
}

/// i1: a chunk lies in its tensor; null: it always does. One unsigned comparison covers both ends.
Value OperandCopies::liesInside(const Side &side, int64_t share, const Step &step) {
  Value inside;
  for (auto [edge, start, moved] : llvm::zip_equal(side.operand->edges, side.edges[share], step.edges)) {
    Value at = arith::AddIOp::create(b, loc, start, moved);
    Value test = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult, at, narrow(edge.extent));
    inside = inside ? arith::AndIOp::create(b, loc, inside, test).getResult() : test;
  }
  return inside;
}

/// Lanes of a chunk that lie below the end of the first tile.
Value OperandCopies::validLanes(const Side &side, int64_t share) {
  if (firstDepth == DimExpr(schedule.tileK))
    return Value();
  if (!side.operand->across)
    return loops.emit(firstDepth - side.threadColumn);
  DimExpr row = side.threadRow + DimExpr(side.rowsTo(share));
  return loops.emit((firstDepth - row) * DimExpr(side.chunk));
}

const Memory &OperandCopies::memoryOf(const Side &side) const {
  Value tensor = plan.contraction.statement->getOperand(*side.operand->read);
  return values.memory.at(tensor.getAsOpaquePointer());
}

/// Starts moving chunks.
void OperandCopies::copyChunks(Side &side, const Progress &from, const DimExpr &stage, bool isFirst) {
  Step step;
  for (int64_t share = 0; share < side.shares; ++share) {
    if (share == 0 || (side.operand->across && hasOwnSteps(side)))
      step = stepOf(side, share, from);
    Value valid = isFirst ? validLanes(side, share) : Value();
    if (Value inside = liesInside(side, share, step))
      valid = arith::SelectOp::create(b, loc, inside, valid ? valid : loops.constant(side.chunk), loops.constant(0));
    CopyOp::create(b, loc, memoryOf(side).buffer, loops.emit(side.sources[share] + step.offset), side.ring,
                   loops.emit(side.destinations[share].whole() + stage), side.chunk, valid, true);
  }
}

/// Element by element, whatever the factor is: from step `depth` on; outside the domain it is zero. A side that never
/// moves in chunks has some elements of each thread on their way at once.
void OperandCopies::copyElements(Side &side, const DimExpr &depth, const DimExpr &stage, bool isFirst) {
  constexpr int64_t kTogether = 8;
  int64_t threads = schedule.groupSize, alongRows = side.perRow * side.chunk;
  int64_t together = side.isChunked() ? 1 : std::gcd(kTogether, side.elements() / threads);
  // Where rows of the tile divide the threads, each stays in one column.
  bool staysInColumn = threads % alongRows == 0;
  DimExpr column = bind("element_column", thread.mod(DimExpr(alongRows)));
  SmallVector<DimExpr> steps;
  if (staysInColumn && !side.operand->across)
    steps = splitNumber(loops, depth + column, plan.axes.reduced);
  // From the thread's number on: no constant number of turns, which would be unrolled.
  std::string name = loops.freshName("element");
  DimExpr first = DimExpr::symbol(name);
  loops.loop(name, thread, DimExpr(side.elements()), DimExpr(threads * together), {}, [&](ValueRange) {
    SmallVector<Value> moved;
    SmallVector<DimExpr> places;
    DimExpr firstRow = bind("element_row", first.floorDiv(DimExpr(alongRows)));
    for (int64_t turn = 0; turn < together; ++turn) {
      DimExpr element = first + DimExpr(turn * threads), row = firstRow + DimExpr(turn * threads / alongRows);
      if (!staysInColumn) {
        row = bind("element_row", element.floorDiv(DimExpr(alongRows)));
        column = bind("element_column", element.mod(DimExpr(alongRows)));
      }
      DimExpr step = side.operand->across ? row : column, inTile = side.operand->across ? column : row;
      moved.push_back(loadElement(side, inTile, bind("k", depth + step), steps, isFirst));
      DimExpr ringRow = side.operand->isRingAcross() ? step : inTile;
      DimExpr ringColumn = side.operand->isRingAcross() ? inTile : step;
      places.push_back(chunkPlace(side, ringRow, ringColumn.floorDiv(DimExpr(side.chunk))) +
                       ringColumn.mod(DimExpr(side.chunk)));
    }
    for (auto [value, place] : llvm::zip_equal(moved, places))
      StoreOp::create(b, loc, value, side.ring, loops.emit(place + stage), Value(), false);
    return SmallVector<Value>();
  });
}

/// The factor at a row or column of the tile and a step of the reduction; `steps`: that step's indices, if they are
/// known.
Value OperandCopies::loadElement(const Side &side, const DimExpr &inTile, const DimExpr &k, ArrayRef<DimExpr> steps,
                                 bool isFirst) {
  DimExpr outer = bind("outer", side.first + inTile);
  Value inside = isLess(outer, side.extent);
  if (isFirst)
    inside = arith::AndIOp::create(b, loc, inside, isLess(k, firstDepth));
  Type carrier = carrierOf(side.operand->factor.getType());
  Value zero = arith::ConstantOp::create(b, loc, b.getZeroAttr(carrier));
  values.beginBlock();
  Value value = loops.conditional(inside, zero, [&](ValueRange) -> SmallVector<Value> {
    values.beginBlock();
    SmallVector<DimExpr> inner = steps.empty() ? splitNumber(loops, k, plan.axes.reduced) : SmallVector<DimExpr>(steps);
    ArrayRef<DimExpr> fixed = side.fixedOuter;
    Point point =
        pointOf(plan.contraction.statement, fixed.empty() ? outerAt(side, outer) : SmallVector<DimExpr>(fixed), inner);
    return {values.evaluate(plan.contraction.statement, side.operand->factor, point)};
  })[0];
  values.beginBlock();
  return value.getType() == side.operand->element
             ? value
             : arith::TruncFOp::create(b, loc, side.operand->element, value).getResult();
}

Value OperandCopies::isLess(const DimExpr &a, const DimExpr &c) {
  return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt, loops.emit(a), loops.emit(c));
}

Value OperandCopies::isNot(Value condition) {
  Value one = arith::ConstantIntOp::create(b, loc, b.getI1Type(), 1);
  return arith::XOrIOp::create(b, loc, condition, one);
}

/// i1: what a side needs to move in chunks holds; null: always.
Value OperandCopies::holds(ArrayRef<DimExpr> multiples, int64_t of) {
  Value all;
  for (const DimExpr &expr : multiples) {
    Value rest = arith::AndIOp::create(b, loc, loops.emit(expr), loops.constant(of - 1));
    Value test = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, rest, loops.constant(0));
    all = all ? arith::AndIOp::create(b, loc, all, test).getResult() : test;
  }
  return all;
}

void OperandCopies::copyTile(const Progress &from, const DimExpr &stage, bool isFirst) {
  for (Side *side : {&rows, &columns}) {
    if (!side->isChunked()) {
      copyElements(*side, from.depth, stage, isFirst);
      continue;
    }
    Value whole = chunkTests[side == &columns];
    if (!whole) {
      copyChunks(*side, from, stage, isFirst);
      continue;
    }
    loops.conditional(whole, {}, [&](ValueRange) -> SmallVector<Value> {
      copyChunks(*side, from, stage, isFirst);
      return {};
    });
    loops.conditional(isNot(whole), {}, [&](ValueRange) -> SmallVector<Value> {
      copyElements(*side, from.depth, stage, isFirst);
      return {};
    });
  }
}

OperandCopies::Progress OperandCopies::advanced(const Progress &from, const DimExpr &by) {
  return {bind("depth", from.depth + by), bind("rows_from", from.rows + by * rows.stride),
          bind("columns_from", from.columns + by * columns.stride)};
}

Type OperandCopies::signless(Type type) const {
  auto integer = dyn_cast<IntegerType>(type);
  return integer ? Type(IntegerType::get(type.getContext(), integer.getWidth())) : type;
}

void OperandCopies::testChunks() {
  for (Side *side : {&rows, &columns})
    if (side->isChunked())
      chunkTests[side == &columns] = holds(*side->operand->chunks, side->chunk);
}

DimExpr OperandCopies::named(const std::string &stem, Value value) {
  std::string name = loops.freshName(stem);
  loops.define(name, value);
  return DimExpr::symbol(name);
}
Value OperandCopies::zeroChunk(const Side &side) {
  auto type = VectorType::get(side.chunk, signless(plan.a.element));
  return arith::ConstantOp::create(b, loc, b.getZeroAttr(type));
}

/// Of a side whose chunks do not move: nobody looks at it.
Value OperandCopies::noChunk(const Side &side) {
  return ub::PoisonOp::create(b, loc, VectorType::get(side.chunk, signless(plan.a.element)));
}

/// The chunks of both sides that move as such, in registers.
SmallVector<Value> OperandCopies::loadTile(const Progress &from, bool isFirst) {
  SmallVector<Value> chunks;
  for (Side *side : {&rows, &columns}) {
    if (!side->isChunked())
      continue;
    SmallVector<Value> none(side->shares, noChunk(*side));
    auto load = [&](ValueRange) {
      SmallVector<Value> loaded;
      Step step;
      for (int64_t share = 0; share < side->shares; ++share) {
        if (share == 0 || (side->operand->across && hasOwnSteps(*side)))
          step = stepOf(*side, share, from);
        loaded.push_back(loadChunk(*side, share, step, isFirst));
      }
      return loaded;
    };
    Value whole = chunkTests[side == &columns];
    llvm::append_range(chunks, whole ? loops.conditional(whole, none, load) : load({}));
  }
  return chunks;
}

Value OperandCopies::loadChunk(Side &side, int64_t share, const Step &step, bool isFirst) {
  auto load = [&]() -> Value {
    auto type = VectorType::get(side.chunk, signless(plan.a.element));
    Value buffer = memoryOf(side).buffer;
    Operation *op;
    if (side.start)
      op = LoadNearOp::create(b, loc, type, buffer, loops.emit(*side.start), loops.emit(step.offset),
                              loops.emit(side.sources[share]));
    else
      op = LoadOp::create(b, loc, type, buffer, loops.emit(side.sources[share] + step.offset), Value());
    op->setAttr(kAlignmentAttr, b.getI64IntegerAttr(kChunkBytes));
    return op->getResult(0);
  };
  Value inside = liesInside(side, share, step);
  // A chunk is whole, or beyond the end.
  if (Value valid = isFirst ? validLanes(side, share) : Value())
    inside = allOf(loops, inside, arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sgt, valid, loops.constant(0)));
  if (!inside)
    return load();
  return loops.conditional(inside, zeroChunk(side), [&](ValueRange) -> SmallVector<Value> { return {load()}; })[0];
}

void OperandCopies::storeChunks(Side &side, ArrayRef<Value> chunks, const DimExpr &stage) {
  SmallVector<Value> runs(side.operand->turned ? ArrayRef<Value>() : chunks);
  for (int64_t first = 0; side.operand->turned && first < side.shares; first += side.run)
    llvm::append_range(runs, turnChunks(b, loc, chunks.slice(first, side.run)));
  int64_t bytes = side.operand->turned ? side.run * elementBytes : kChunkBytes;
  for (auto [run, destination] : llvm::zip_equal(runs, side.destinations)) {
    Value ring =
        destination.further
            ? ViewOp::create(b, loc, side.ring.getType(), side.ring, loops.constant(destination.further)).getResult()
            : side.ring;
    auto op = StoreOp::create(b, loc, run, ring, loops.emit(destination.place + stage), Value(), false);
    op->setAttr(kAlignmentAttr, b.getI64IntegerAttr(bytes));
  }
}

/// What loadTile gave, and element by element what it could not.
void OperandCopies::storeTile(ArrayRef<Value> chunks, const Progress &from, const DimExpr &stage, bool isFirst) {
  for (Side *side : {&rows, &columns}) {
    if (!side->isChunked()) {
      copyElements(*side, from.depth, stage, isFirst);
      continue;
    }
    auto store = [&](ValueRange) -> SmallVector<Value> {
      storeChunks(*side, chunks.take_front(side->shares), stage);
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
