//===- EmitSimdUnit.cpp - Register tiles on dot instructions --------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What strategy Tile does otherwise with a unit (SimdUnit.h): the lane operand is
// packed before the first row tile of a panel, so that each lane has its run of the
// reduction, and each row's run is read as one number for all lanes.
// Invariant: what a panel has beyond the end of the reduction is 0.
//
//===----------------------------------------------------------------------===//
#include "../EvaluatorKeys.h"
#include "EmitSimdTile.h"
#include "TurnVectors.h"
#include "flex/ScheduledLoops/Workspace.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include <cmath>

using namespace mlir;
using namespace flex;
using namespace flex::tile;

static constexpr int64_t kFarCache = 2;  // the level that is prefetched into
static constexpr int64_t kWordBits = 32; // of a lane's run
static constexpr int64_t kOffset = 128;  // makes signed bytes unsigned
// The bits of 2^-56 in bf16. Numbers from there on have 8 bits, so that their products, and all sums of those, are
// multiples of 2^-126.
static constexpr int64_t kLeastExponent = -56, kLeastPlain = (127 + kLeastExponent) << 7;

static Type elementOf(const SimdUnitPlan &plan) {
  Type type = cast<ir::NamedTensorType>(plan.statement->getOperand(plan.laneOperand).getType()).getScalarType();
  return type.isInteger() ? IntegerType::get(type.getContext(), type.getIntOrFloatBitWidth()) : type;
}

DimExpr SimdTileEmitter::panelDepth() const {
  SmallVector<DimExpr> extents = info.innerExtents(unit->statement);
  DimExpr steps(packedSteps()), last = extents.pop_back_val();
  return product(extents) * last.ceilDiv(steps) * steps;
}

/// Steps of the reduction that packing takes at once.
int64_t SimdTileEmitter::packedSteps() const {
  return unit->turned && !panels ? unit->run * schedule.lanes : unit->unit->k;
}

void SimdTileEmitter::createUnitRings() {
  Type element = elementOf(*unit);
  MLIRContext *context = element.getContext();
  if (panels) {
    ring = values.memory.at(panels.getAsOpaquePointer()).buffer;
  } else {
    auto type = BufferType::get(context, element, Space::Private);
    DimExpr columns = unit->hasBlocks() ? itemColumns() : DimExpr(panel);
    ring = RingOp::create(loops.get(), loops.getLoc(), type, (panelDepth() * columns).str());
  }
  if (unit->offsetsRows) {
    auto type = BufferType::get(context, IntegerType::get(context, kWordBits), Space::Private);
    starts = RingOp::create(loops.get(), loops.getLoc(), type, DimExpr(panel).str());
  }
}

/// Loops over the reduction in runs of `run` steps. The body gets the coordinates, the number of steps before them in
/// the panel, and how many are left where that may be less than a run.
SmallVector<Value> SimdTileEmitter::unitLoops(int64_t run, ValueRange init, RunBody body) {
  SmallVector<DimExpr> extents = info.innerExtents(unit->statement), inner;
  DimExpr depth = extents.back(), left = depth.mod(DimExpr(run));
  DimExpr padded = depth.ceilDiv(DimExpr(packedSteps())) * DimExpr(packedSteps());
  auto runs = [&](const DimExpr &before, const DimExpr &from, const DimExpr &to, bool partial, ValueRange carried) {
    std::string name = loops.freshName("k");
    return loops.loop(name, from, to, DimExpr(run), carried, [&](ValueRange in) {
      values.beginBlock();
      inner.push_back(DimExpr::symbol(name));
      auto rest = partial ? std::optional(depth - inner.back()) : std::nullopt;
      SmallVector<Value> next = body(inner, before + inner.back(), rest, in);
      inner.pop_back();
      values.beginBlock();
      return next;
    });
  };
  std::function<SmallVector<Value>(const DimExpr &, ValueRange)> nest = [&](const DimExpr &before, ValueRange carried) {
    if (unsigned axis = inner.size(); axis + 1 < extents.size()) {
      std::string name = loops.freshName("m");
      return loops.loop(name, 0, extents[axis], 1, carried, [&](ValueRange in) {
        inner.push_back(DimExpr::symbol(name));
        SmallVector<Value> next = nest(before * extents[axis] + inner.back(), in);
        inner.pop_back();
        return next;
      });
    }
    DimExpr main = left == DimExpr(0) ? depth : bind("depth_main", depth - left);
    SmallVector<Value> sums = runs(before * padded, 0, main, false, carried);
    return left == DimExpr(0) ? sums : runs(before * padded, main, depth, true, sums);
  };
  return nest(DimExpr(0), init);
}

/// `count` elements of an operand that lie in a run, from a point on.
Value SimdTileEmitter::readRun(unsigned operand, const Point &point, int64_t count, Value valid) {
  Value tensor = unit->statement->getOperand(operand);
  SmallVector<DimExpr> at;
  for (const DimExpr &expr : unit->statement.getAccessExprs(operand))
    at.push_back(expr.substitute(point.coordinates));
  const Memory &memory = values.memory.at(tensor.getAsOpaquePointer());
  auto type = VectorType::get(count, elementOf(*unit));
  return LoadOp::create(loops.get(), loops.getLoc(), type, memory.buffer, loops.emit(linearOffset(memory, at)), valid);
}

Value SimdTileEmitter::multiplyRuns(Value row, Value columns, Value sum) {
  if (unit->lanesFirst)
    std::swap(row, columns);
  return ContractOp::create(loops.get(), loops.getLoc(), unit->unit->unit, row, columns, sum);
}

//===----------------------------------------------------------------------===//
// Packing
//===----------------------------------------------------------------------===//

/// The panel's part of the ring, and what sums begin with.
void SimdTileEmitter::packPanel(int64_t vectors, Value valid) {
  OpBuilder &b = loops.get();
  Location loc = loops.getLoc();
  if (panels && !unit->offsetsRows && !unit->isGuarded)
    return;
  if (leastPacked) {
    isPanelPlain = arePackedPlain(1);
    return;
  }
  int64_t run = unit->run, lanes = schedule.lanes;
  values.beginBlock();
  if (unit->turned && !panels)
    return packTurned(vectors, valid != nullptr);
  SmallVector<Value> sums;
  for (int64_t v = 0; unit->offsetsRows && v < vectors; ++v)
    sums.append(values.startOf(unit->statement, lanes));
  if (unit->isGuarded)
    sums.push_back(leastOfNothing());
  sums = unitLoops(run, sums,
                   [&](ArrayRef<DimExpr> inner, const DimExpr &step, std::optional<DimExpr> left, ValueRange carried) {
                     SmallVector<Value> next;
                     for (int64_t v = 0; v < vectors; ++v) {
                       Value group;
                       if (panels) {
                         group = packedRun(step, v);
                       } else {
                         group = interleaved(inner, v, left, v == vectors - 1 ? valid : Value());
                         StoreOp::create(b, loc, group, ring, loops.emit(runPlace(step, v)), Value(), false);
                       }
                       if (unit->offsetsRows)
                         next.push_back(addColumns(group, carried[v]));
                       if (unit->isGuarded)
                         next = {leastOf(group, next.empty() ? carried[0] : next[0])};
                     }
                     return next;
                   });
  if (unit->isGuarded)
    isPanelPlain = isPlain(sums[0]);
  for (int64_t v = 0; unit->offsetsRows && v < vectors; ++v)
    storeStart(sums[v], DimExpr(v * lanes));
}

/// 128 times each column's elements.
Value SimdTileEmitter::addColumns(Value group, Value sum) {
  auto type = cast<VectorType>(group.getType());
  auto splat = DenseElementsAttr::get(type, APInt(type.getElementTypeBitWidth(), kOffset));
  return multiplyRuns(arith::ConstantOp::create(loops.get(), loops.getLoc(), splat), group, sum);
}

void SimdTileEmitter::storeStart(Value sum, const DimExpr &place) {
  OpBuilder &b = loops.get();
  Value zero = arith::ConstantOp::create(b, loops.getLoc(), b.getZeroAttr(sum.getType()));
  Value start = arith::SubIOp::create(b, loops.getLoc(), zero, sum);
  StoreOp::create(b, loops.getLoc(), start, starts, loops.emit(place), Value(), false);
}

/// Columns whose runs lie side by side: blocks are read from one place on.
int64_t SimdTileEmitter::packedWidth() const {
  return unit->hasBlocks() ? schedule.lanes : panel;
}

/// Where the panel begins.
DimExpr SimdTileEmitter::panelPlace() const {
  if (!panels && !unit->hasBlocks())
    return DimExpr(0);
  return (DimExpr::symbol(laneName) - (panels ? DimExpr(0) : firstPacked)) * panelDepth();
}

DimExpr SimdTileEmitter::runPlace(const DimExpr &step, int64_t vector) const {
  DimExpr width(packedWidth()), column(vector * schedule.lanes);
  return panelPlace() + step * width + (unit->hasBlocks() ? column * panelDepth() : column * DimExpr(unit->run));
}

Value SimdTileEmitter::packedRun(const DimExpr &step, int64_t vector) {
  auto type = VectorType::get(schedule.lanes * unit->run, elementOf(*unit));
  return LoadOp::create(loops.get(), loops.getLoc(), type, ring, loops.emit(runPlace(step, vector)), Value());
}

/// The next steps' rows of the lane operand, element by element of each column: `left` of them, if they are not all
/// there.
Value SimdTileEmitter::interleaved(ArrayRef<DimExpr> inner, int64_t vector, std::optional<DimExpr> left, Value valid) {
  OpBuilder &b = loops.get();
  Location loc = loops.getLoc();
  int64_t run = unit->run, lanes = schedule.lanes;
  SmallVector<Value> rows;
  for (int64_t i = 0; i < run; ++i) {
    SmallVector<DimExpr> at(inner);
    at.back() = at.back() + DimExpr(i);
    Point point = pointOf(unit->statement, outerAt(DimExpr(0), DimExpr(vector * lanes)), at);
    Value inside = valid;
    if (left) {
      DimExpr columns = valid ? DimExpr::symbol(loops.nameOf(valid)) : DimExpr(lanes);
      inside = loops.emit(DimExpr::min(columns, (*left - DimExpr(i)) * DimExpr(lanes)));
    }
    rows.push_back(readRun(unit->laneOperand, point, lanes, inside));
  }
  auto shuffle = [&](Value one, Value other, int64_t count, llvm::function_ref<int64_t(int64_t)> from) -> Value {
    SmallVector<int64_t> mask;
    for (int64_t place = 0; place < count; ++place)
      mask.push_back(from(place));
    return vector::ShuffleOp::create(b, loc, one, other, mask);
  };
  if (run == 2)
    return shuffle(rows[0], rows[1], 2 * lanes, [&](int64_t place) { return place % 2 * lanes + place / 2; });
  auto same = [](int64_t place) { return place; };
  Value low = shuffle(rows[0], rows[1], 2 * lanes, same), high = shuffle(rows[2], rows[3], 2 * lanes, same);
  Value all = shuffle(low, high, 4 * lanes, same);
  // Words of four columns side by side, then bytes within 16: two instructions, or one where there is one.
  auto words = VectorType::get(lanes, b.getI32Type());
  Value near = vector::BitCastOp::create(b, loc, words, all);
  near = shuffle(near, near, lanes, [&](int64_t place) { return place % 4 * (lanes / 4) + place / 4; });
  near = vector::BitCastOp::create(b, loc, all.getType(), near);
  return shuffle(near, near, 4 * lanes, [](int64_t place) { return place / 16 * 16 + place % 4 * 4 + place % 16 / 4; });
}

/// A lane operand that runs along the reduction: as many columns as lanes, each with a run for each of as many words,
/// change places with those. Columns beyond the last one repeat it: their sums are not stored.
void SimdTileEmitter::packTurned(int64_t vectors, bool isPartial) {
  OpBuilder &b = loops.get();
  Location loc = loops.getLoc();
  int64_t lanes = schedule.lanes, run = unit->run, steps = packedSteps();
  auto words = VectorType::get(lanes, b.getI32Type()), elements = VectorType::get(steps, elementOf(*unit));
  std::string name = loops.freshName("v");
  SmallVector<Value> least;
  if (unit->isGuarded)
    least.push_back(leastOfNothing());
  least = loops.loop(name, 0, DimExpr(vectors * lanes), DimExpr(lanes), least, [&](ValueRange before) {
    DimExpr first = DimExpr::symbol(name);
    SmallVector<Value> sums(before);
    if (unit->offsetsRows)
      sums = values.startOf(unit->statement, lanes);
    auto turnRuns = [&](ArrayRef<DimExpr> inner, const DimExpr &step, std::optional<DimExpr> left, ValueRange carried) {
      SmallVector<Value> columns, next(carried);
      for (int64_t lane = 0; lane < lanes; ++lane) {
        Point point = pointOf(unit->statement, outerAt(DimExpr(0), first + DimExpr(lane)), inner);
        if (DimExpr &column = point.coordinates.at(schedule.lane); isPartial)
          column = DimExpr::min(column, laneExtent - DimExpr(1));
        Value part = readRun(unit->laneOperand, point, steps, left ? loops.emit(*left) : Value());
        columns.push_back(vector::BitCastOp::create(b, loc, words, part));
      }
      turnVectors(b, loc, columns);
      for (auto [word, column] : llvm::enumerate(columns)) {
        Value group = vector::BitCastOp::create(b, loc, elements, column);
        DimExpr place = panelPlace() + (step + DimExpr(static_cast<int64_t>(word) * run)) * DimExpr(packedWidth());
        place = place + first * (unit->hasBlocks() ? panelDepth() : DimExpr(run));
        StoreOp::create(b, loc, group, ring, loops.emit(place), Value(), false);
        if (unit->offsetsRows)
          next[0] = addColumns(group, next[0]);
        if (unit->isGuarded)
          next[0] = leastOf(group, next[0]);
      }
      return next;
    };
    sums = unitLoops(steps, sums, turnRuns);
    if (unit->offsetsRows)
      storeStart(sums[0], first);
    return unit->isGuarded ? sums : SmallVector<Value>();
  });
  if (unit->isGuarded)
    isPanelPlain = isPlain(least[0]);
}

//===----------------------------------------------------------------------===//
// Elements that are too small for the unit
//===----------------------------------------------------------------------===//

/// The smaller magnitudes of a run and those before, as bits less 1, so that 0 is the largest.
Value SimdTileEmitter::leastOf(Value run, Value least) {
  OpBuilder &b = loops.get();
  Location loc = loops.getLoc();
  auto type = cast<VectorType>(least.getType());
  auto splat = [&](int64_t value) -> Value {
    return arith::ConstantOp::create(b, loc, DenseElementsAttr::get(type, APInt(16, value, false, true)));
  };
  Value bits = vector::BitCastOp::create(b, loc, type, run);
  bits = arith::AndIOp::create(b, loc, bits, splat(0x7fff));
  return arith::MinUIOp::create(b, loc, least, arith::SubIOp::create(b, loc, bits, splat(1)));
}

Value SimdTileEmitter::leastOfNothing() {
  OpBuilder &b = loops.get();
  auto type = VectorType::get(schedule.lanes * unit->run, b.getI16Type());
  return arith::ConstantOp::create(b, loops.getLoc(), DenseElementsAttr::get(type, APInt::getAllOnes(16)));
}

/// i1: no element of so many panels, from the column at hand on, is too small for the unit, as was found out when they
/// were packed. The last columns may have fewer.
Value SimdTileEmitter::arePackedPlain(int64_t count) {
  OpBuilder &b = loops.get();
  Location loc = loops.getLoc();
  Value buffer = values.memory.at(leastPacked.getAsOpaquePointer()).buffer, all;
  DimExpr last = laneExtent.ceilDiv(DimExpr(packedWidth())) - DimExpr(1);
  for (int64_t number = 0; number < count; ++number) {
    DimExpr place = DimExpr::symbol(laneName).floorDiv(DimExpr(packedWidth())) + DimExpr(number);
    Value least = LoadOp::create(b, loc, b.getF32Type(), buffer, loops.emit(DimExpr::min(place, last)), Value());
    Value bound = arith::ConstantOp::create(b, loc, b.getF32FloatAttr(std::ldexp(1.0, kLeastExponent)));
    Value plain = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OGE, least, bound);
    all = all ? arith::AndIOp::create(b, loc, all, plain) : plain;
  }
  return all;
}

Value SimdTileEmitter::isPlain(Value least) {
  OpBuilder &b = loops.get();
  Location loc = loops.getLoc();
  Value one = values.resultOf(ir::CombinerKind::UMin, least, /*acrossLanes=*/true, /*acrossGroup=*/false);
  Value bound = arith::ConstantIntOp::create(b, loc, b.getI16Type(), kLeastPlain - 1);
  return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::uge, one, bound);
}

/// i1: no element of the panel and of these rows is too small.
Value SimdTileEmitter::areRowsPlain(const DimExpr &row, int64_t rows) {
  int64_t count = schedule.lanes * unit->run;
  auto read = [&](ArrayRef<DimExpr> inner, const DimExpr &, std::optional<DimExpr> left, ValueRange carried) {
    SmallVector<Value> least(carried);
    Value valid = left ? loops.emit(*left) : Value();
    for (int64_t u = 0; u < rows; ++u) {
      Point point = pointOf(unit->statement, outerAt(row + DimExpr(u), DimExpr(0)), inner);
      least[0] = leastOf(readRun(unit->rowOperand, point, count, valid), least[0]);
    }
    return least;
  };
  Value plain = isPlain(unitLoops(count, leastOfNothing(), read)[0]);
  return arith::AndIOp::create(loops.get(), loops.getLoc(), plain, isPanelPlain);
}

/// A tile on the unit where it may be, else row by row.
void SimdTileEmitter::guarded(const DimExpr &row, int64_t rows,
                              llvm::function_ref<void(const DimExpr &passed, int64_t rows)> emit) {
  if (!unit || !unit->isGuarded)
    return emit(DimExpr(0), rows);
  OpBuilder &b = loops.get();
  Location loc = loops.getLoc();
  Value plain = areRowsPlain(row, rows);
  Value exact = arith::XOrIOp::create(b, loc, plain, arith::ConstantIntOp::create(b, loc, b.getI1Type(), 1));
  loops.conditional(plain, {}, [&](ValueRange) -> SmallVector<Value> {
    emit(DimExpr(0), rows);
    for (Value sum : plainSums)
      for (Operation *user : sum.getUsers())
        if (isa<arith::TruncFOp>(user))
          user->setAttr(kNoDenormalsAttr, b.getUnitAttr());
    plainSums.clear();
    return {};
  });
  loops.conditional(exact, {}, [&](ValueRange) -> SmallVector<Value> {
    isExact = true;
    std::string name = loops.freshName("r");
    loops.loop(name, 0, DimExpr(rows), 1, {}, [&](ValueRange) -> SmallVector<Value> {
      emit(DimExpr::symbol(name), 1);
      return {};
    });
    isExact = false;
    return {};
  });
}

/// The two products of each lane as multiply-adds of f32.
Value SimdTileEmitter::multiplyExactly(Value row, Value columns, Value sum) {
  OpBuilder &b = loops.get();
  Location loc = loops.getLoc();
  auto words = VectorType::get(schedule.lanes, b.getI32Type());
  auto splat = [&](int64_t value) -> Value {
    return arith::ConstantOp::create(b, loc, DenseElementsAttr::get(words, APInt(kWordBits, value)));
  };
  auto half = [&](Value run, bool isHigh) -> Value {
    Value word = vector::BitCastOp::create(b, loc, words, run);
    Value bits = isHigh ? arith::AndIOp::create(b, loc, word, splat(0xffff0000)).getResult()
                        : arith::ShLIOp::create(b, loc, word, splat(16)).getResult();
    return vector::BitCastOp::create(b, loc, sum.getType(), bits);
  };
  for (bool isHigh : {false, true})
    sum = math::FmaOp::create(b, loc, half(row, isHigh), half(columns, isHigh), sum);
  return sum;
}

//===----------------------------------------------------------------------===//
// The sums of a tile
//===----------------------------------------------------------------------===//

SmallVector<Value> SimdTileEmitter::emitUnitSums(const Places &places) {
  OpBuilder &b = loops.get();
  Location loc = loops.getLoc();
  int64_t vectors = places.vectors, rows = static_cast<int64_t>(places.outer.size()) / vectors;
  SmallVector<Value> start = values.startOf(unit->statement, schedule.lanes), init;
  for (int64_t v = 0; v < vectors; ++v) {
    if (unit->offsetsRows)
      start.push_back(LoadOp::create(b, loc, start[0].getType(), starts, loops.constant(v * schedule.lanes), Value()));
    else
      start.push_back(start[0]);
  }
  for (int64_t place = 0; place < rows * vectors; ++place)
    init.push_back(start[1 + place % vectors]);
  auto multiply = isExact ? &SimdTileEmitter::multiplyExactly : &SimdTileEmitter::multiplyRuns;
  auto add = [&](ArrayRef<DimExpr> inner, const DimExpr &step, std::optional<DimExpr> left, ValueRange carried) {
    SmallVector<Value> columns, next;
    for (int64_t v = 0; v < vectors; ++v)
      columns.push_back(packedRun(step, v));
    prefetchPanels(step, unit->run);
    if (unit->rowsFollow && !isExact)
      prefetchRows(places.outer[0], step, rows);
    for (int64_t u = 0; u < rows; ++u) {
      Value row = rowRun(places.outer[u * vectors], inner, left);
      for (int64_t v = 0; v < vectors; ++v)
        next.push_back((this->*multiply)(row, columns[v], carried[u * vectors + v]));
    }
    return next;
  };
  SmallVector<Value> sums = unitLoops(unit->run, init, add);
  if (unit->isGuarded && !isExact)
    plainSums = sums;
  return sums;
}

/// The next tile's rows, a piece in each step: they are looked at before any work hides where they come from.
void SimdTileEmitter::prefetchRows(ArrayRef<DimExpr> outer, const DimExpr &step, int64_t rows) {
  Value tensor = unit->statement->getOperand(unit->rowOperand);
  Point point = pointOf(unit->statement, outer, {DimExpr(0)});
  SmallVector<DimExpr> at;
  for (const DimExpr &expr : unit->statement.getAccessExprs(unit->rowOperand))
    at.push_back(expr.substitute(point.coordinates));
  const Memory &memory = values.memory.at(tensor.getAsOpaquePointer());
  DimExpr next = linearOffset(memory, at) + info.innerExtents(unit->statement).back() * DimExpr(rows);
  PrefetchOp::create(loops.get(), loops.getLoc(), memory.buffer, loops.emit(next + step * DimExpr(rows)), kFarCache);
}

/// What so many steps will read of panels that come from far and are read once: a machine that fetches ahead by itself
/// begins anew with each page.
void SimdTileEmitter::prefetchPanels(const DimExpr &step, int64_t steps) {
  constexpr int64_t kAheadBytes = 8192, kLineBytes = 64;
  if (!isStreamed || isExact)
    return;
  int64_t bytes = elementBytes(cast<BufferType>(ring.getType()).getElementType());
  for (int64_t v = 0; v < schedule.vectors; ++v)
    for (int64_t byte = 0; byte < steps * schedule.lanes * bytes; byte += kLineBytes) {
      DimExpr place = runPlace(step, v) + DimExpr((kAheadBytes + byte) / bytes);
      PrefetchOp::create(loops.get(), loops.getLoc(), ring, loops.emit(place), kFarCache);
    }
}

/// A row's run in every lane.
Value SimdTileEmitter::rowRun(ArrayRef<DimExpr> outer, ArrayRef<DimExpr> inner, std::optional<DimExpr> left) {
  OpBuilder &b = loops.get();
  Location loc = loops.getLoc();
  Value run =
      readRun(unit->rowOperand, pointOf(unit->statement, outer, inner), unit->run, left ? loops.emit(*left) : Value());
  auto words = VectorType::get(schedule.lanes, b.getI32Type());
  Value word = vector::BitCastOp::create(b, loc, VectorType::get(1, b.getI32Type()), run);
  word = vector::ExtractOp::create(b, loc, word, 0);
  Value all = vector::BroadcastOp::create(b, loc, words, word);
  if (unit->offsetsRows) {
    auto splat = DenseElementsAttr::get(words, APInt::getSplat(kWordBits, APInt(8, kOffset)));
    all = arith::XOrIOp::create(b, loc, all, arith::ConstantOp::create(b, loc, splat));
  }
  return vector::BitCastOp::create(b, loc, VectorType::get(schedule.lanes * unit->run, elementOf(*unit)), all);
}
