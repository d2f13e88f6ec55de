//===- EmitSimdTile.cpp - Panels, rows and tiles of strategy Tile ---------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From a work item to register tiles, and the epilogues behind them.
//
//===----------------------------------------------------------------------===//
#include "EmitSimdTile.h"
#include "flex/ScheduledLoops/Workspace.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace flex;
using namespace flex::tile;

static constexpr int64_t kMaxUnrolledOps = 400; // of an epilogue in a tile

SimdTileEmitter::SimdTileEmitter(EmitContext context, const DeviceDescription &device)
    : Emitter(context), leastPacked(context.least), panels(context.panels) {
  for (auto [name, extent] : llvm::zip_equal(info.outerNames, info.outerExtents)) {
    if (name == schedule.lane || isCollapsed(name))
      laneExtent = laneExtent * extent;
    else if (name == schedule.unroll)
      unrollExtent = extent;
    else
      restExtents.push_back(extent);
  }
  laneItems = schedule.laneTile ? laneExtent.ceilDiv(DimExpr(schedule.laneTile)) : DimExpr(1);
  unrollItems = schedule.unrollTile ? unrollExtent.ceilDiv(DimExpr(schedule.unrollTile)) : DimExpr(1);
  panel = schedule.lanes * schedule.vectors;
  if (schedule.pack || !schedule.unit.empty())
    contraction = info.findTiled(schedule.lane, schedule.unroll);
  if (!schedule.unit.empty())
    unit = planSimdUnit(info, device, schedule);
  if (unit && unit->hasBlocks())
    planBlocks(device);
  if (contraction && !unit && !panels) {
    DimExpr all = product(info.innerExtents(contraction->statement)) * laneExtent * DimExpr(info.widestBits() / 8);
    fetchesLane = all.constant().value_or(0) > device.l2Bytes / 2;
  }
  auto elements = unit ? (panelDepth() * laneExtent).constant() : std::nullopt;
  auto rows = unrollExtent.constant();
  if (panels && elements && rows && *rows <= schedule.rows)
    isStreamed =
        *elements * elementBytes(cast<ir::NamedTensorType>(panels.getType()).getElementType()) > device.l2Bytes;
}

DimExpr SimdTileEmitter::items() const {
  return product(restExtents).ceilDiv(DimExpr(schedule.itemRows)) * unrollItems * laneItems;
}

void SimdTileEmitter::emit(Value item) {
  std::string name = loops.freshName("item");
  loops.define(name, item);
  DimExpr id = DimExpr::symbol(name);
  DimExpr lanePart = bind("lane_item", id.mod(laneItems));
  DimExpr outerId = bind("outer_item", id.floorDiv(laneItems));
  DimExpr unrollPart = bind("unroll_item", outerId.mod(unrollItems));
  DimExpr restPart = bind("rest_item", outerId.floorDiv(unrollItems));
  DimExpr rows = product(restExtents), first = restPart * DimExpr(schedule.itemRows);
  DimExpr last = DimExpr::min(first + DimExpr(schedule.itemRows), rows);
  if (rows == DimExpr(1))
    first = 0, last = 1;
  if (contraction)
    createRing();
  planEpilogue();
  if (sharesPanels()) {
    sharedRest = {first, last};
    emitPanels(lanePart, unrollPart);
    return;
  }
  std::string row = loops.freshName("row");
  loops.loop(row, first, last, 1, {}, [&](ValueRange) -> SmallVector<Value> {
    restCoordinates = delinearize(DimExpr::symbol(row), restExtents);
    if (unit && unit->hasBlocks())
      emitBlocks(lanePart, unrollPart);
    else
      emitPanels(lanePart, unrollPart);
    return {};
  });
}

void SimdTileEmitter::createRing() {
  if (unit)
    return createUnitRings();
  DimExpr depth = product(info.innerExtents(contraction->statement));
  bool rightHasLane = GroupInfo::dependsOn(contraction->statement, contraction->right, schedule.lane);
  packedValue = rightHasLane ? contraction->right : contraction->left;
  if (panels) {
    ring = values.memory.at(panels.getAsOpaquePointer()).buffer;
    return;
  }
  auto type = BufferType::get(packedValue.getContext(), carrierOf(packedValue.getType()), Space::Private);
  ring = RingOp::create(loops.get(), loops.getLoc(), type, (depth * DimExpr(panel)).str());
}

std::pair<DimExpr, DimExpr> SimdTileEmitter::columnsOf(const DimExpr &laneItem) {
  DimExpr lower = laneItem * DimExpr(schedule.laneTile);
  if (schedule.laneTile && laneExtent.mod(DimExpr(schedule.laneTile)) != DimExpr(0))
    return {lower, bind("end", DimExpr::min(lower + DimExpr(schedule.laneTile), laneExtent))};
  return {lower, schedule.laneTile ? lower + DimExpr(schedule.laneTile) : laneExtent};
}

std::pair<DimExpr, DimExpr> SimdTileEmitter::rowsOf(const DimExpr &unrollItem) {
  DimExpr tile(schedule.unrollTile), lower = unrollItem * tile;
  return {lower, schedule.unrollTile ? bind("rows_end", DimExpr::min(lower + tile, unrollExtent)) : unrollExtent};
}

void SimdTileEmitter::emitPanels(const DimExpr &laneItem, const DimExpr &unrollItem) {
  auto [lower, upper] = columnsOf(laneItem);
  if (emitAligned(lower, upper, unrollItem))
    return;
  bool even = laneExtent.mod(DimExpr(panel)) == DimExpr(0);
  DimExpr mainEnd = even ? upper : bind("main_end", lower + (upper - lower).floorDiv(DimExpr(panel)) * DimExpr(panel));
  emitPanelLoop(lower, mainEnd, unrollItem, schedule.vectors, panel, Value());
  if (even)
    return;
  if (auto extent = laneExtent.constant())
    emitStaticRemainder(mainEnd, upper, *extent % panel, unrollItem);
  else
    emitDynamicRemainder(mainEnd, upper, unrollItem);
}

/// What is stored past the caches begins with a partial vector, so that the others are aligned.
bool SimdTileEmitter::emitAligned(const DimExpr &lower, const DimExpr &upper, const DimExpr &unrollItem) {
  if (!schedule.unroll.empty() || llvm::any_of(info.statements, [&](auto s) { return info.isReduction(s); }))
    return false;
  laneName = loops.freshName("l");
  loops.define(laneName, loops.emit(lower));
  ir::StatementInterface last = info.statements.back();
  auto aligned = alignedFrom(last, resultAt(last, outerAt(DimExpr(0), DimExpr(0))), upper - lower);
  if (!aligned)
    return false;
  DimExpr begin = bind("aligned", lower + *aligned);
  emitDynamicRemainder(lower, begin, unrollItem);
  DimExpr mainEnd = bind("main_end", begin + (upper - begin).floorDiv(DimExpr(panel)) * DimExpr(panel));
  emitPanelLoop(begin, mainEnd, unrollItem, schedule.vectors, panel, Value());
  emitDynamicRemainder(mainEnd, upper, unrollItem);
  return true;
}

void SimdTileEmitter::emitPanelLoop(const DimExpr &lower, const DimExpr &upper, const DimExpr &unrollItem,
                                    int64_t vectors, int64_t step, Value valid) {
  laneName = loops.freshName("l");
  loops.loop(laneName, lower, upper, DimExpr(step), {}, [&](ValueRange) -> SmallVector<Value> {
    emitRows(unrollItem, vectors, valid);
    return {};
  });
}

/// The same number of columns is left in whichever item has the end: a narrower tile
/// whose last vector may be partial.
void SimdTileEmitter::emitStaticRemainder(const DimExpr &begin, const DimExpr &end, int64_t columns,
                                          const DimExpr &unrollItem) {
  int64_t vectors = (columns + schedule.lanes - 1) / schedule.lanes;
  int64_t partial = columns - (vectors - 1) * schedule.lanes;
  Value valid = partial == schedule.lanes ? Value() : loops.constant(partial);
  emitPanelLoop(begin, end, unrollItem, vectors, panel, valid);
}

void SimdTileEmitter::emitDynamicRemainder(const DimExpr &begin, const DimExpr &end, const DimExpr &unrollItem) {
  laneName = loops.freshName("l");
  loops.loop(laneName, begin, end, DimExpr(schedule.lanes), {}, [&](ValueRange) -> SmallVector<Value> {
    emitRows(unrollItem, 1, loops.emit(end - DimExpr::symbol(laneName)));
    return {};
  });
}

/// Whether an item's points of the other outer indices read the panels that the first of them packs. That one has a
/// full tile, which must be known.
bool SimdTileEmitter::sharesPanels() const {
  return packsHere() && schedule.itemRows > 1 && unrollExtent.isConstant() && product(restExtents) != DimExpr(1) &&
         info.isLaneFactorShared(*contraction, schedule.lane, schedule.unroll);
}

void SimdTileEmitter::emitRows(const DimExpr &unrollItem, int64_t vectors, Value valid) {
  if (!sharedRest) {
    emitRowsHere(unrollItem, vectors, valid);
    return;
  }
  auto [first, last] = *sharedRest;
  restCoordinates = delinearize(first, restExtents);
  emitRowsHere(unrollItem, vectors, valid);
  std::string row = loops.freshName("row");
  isPacked = true;
  loops.loop(row, first + DimExpr(1), last, 1, {}, [&](ValueRange) -> SmallVector<Value> {
    restCoordinates = delinearize(DimExpr::symbol(row), restExtents);
    emitRowsHere(unrollItem, vectors, valid);
    return {};
  });
  isPacked = false;
}

void SimdTileEmitter::emitRowsHere(const DimExpr &unrollItem, int64_t vectors, Value valid) {
  if (unit)
    packPanel(vectors, valid);
  if (schedule.unroll.empty()) {
    if (loopsEpilogue())
      emitLoopedRows(DimExpr(0), DimExpr(1), vectors, valid);
    else
      emitTile(DimExpr(0), 1, vectors, valid, Packing::None);
    return;
  }
  auto [lower, upper] = rowsOf(unrollItem);
  if (loopsEpilogue()) {
    emitLoopedRows(lower, upper, vectors, valid);
    return;
  }
  DimExpr rows(schedule.rows);
  if (!packsHere()) {
    emitRowTiles(lower, upper, vectors, valid, laterMode());
    return;
  }
  // The first tile writes the panel, so it must be a full one: proved for fixed extents, tested for open ones.
  auto packed = [&, lower = lower, upper = upper](ValueRange) -> SmallVector<Value> {
    emitTile(bind("u", lower), schedule.rows, vectors, valid, Packing::Write);
    emitRowTiles(lower + rows, upper, vectors, valid, Packing::Read);
    return {};
  };
  if (unrollExtent.isConstant()) {
    packed({});
    return;
  }
  OpBuilder &b = loops.get();
  Value space = loops.emit(upper - lower), needed = loops.constant(schedule.rows);
  Value fits = arith::CmpIOp::create(b, loops.getLoc(), arith::CmpIPredicate::sge, space, needed);
  Value tooFew = arith::CmpIOp::create(b, loops.getLoc(), arith::CmpIPredicate::slt, space, needed);
  loops.conditional(fits, {}, packed);
  loops.conditional(tooFew, {}, [&, lower = lower, upper = upper](ValueRange) -> SmallVector<Value> {
    forFewRows(lower, upper,
               [&](const DimExpr &row, int64_t height) { emitTile(row, height, vectors, valid, Packing::None); });
    return {};
  });
}

/// Full tiles, then what is left: a narrower tile if its height is known.
void SimdTileEmitter::emitRowTiles(const DimExpr &lower, const DimExpr &upper, int64_t vectors, Value valid,
                                   Packing mode) {
  DimExpr rows(schedule.rows);
  bool even = unrollExtent.mod(rows) == DimExpr(0);
  DimExpr mainEnd = even ? upper : bind("rows_main", lower + (upper - lower).floorDiv(rows) * rows);
  emitRowLoop(lower, mainEnd, schedule.rows, vectors, valid, mode);
  if (even)
    return;
  if (auto extent = unrollExtent.constant())
    emitRowLoop(mainEnd, upper, *extent % schedule.rows, vectors, valid, mode);
  else
    forFewRows(mainEnd, upper,
               [&](const DimExpr &row, int64_t height) { emitTile(row, height, vectors, valid, mode); });
}

/// Fewer rows than a tile's, how many is not known: tiles of half the rows, of a quarter, …, of one.
void SimdTileEmitter::forFewRows(const DimExpr &lower, const DimExpr &upper,
                                 llvm::function_ref<void(const DimExpr &row, int64_t height)> body) {
  DimExpr begin = lower;
  for (int64_t height = llvm::bit_floor<uint64_t>(std::max<int64_t>(1, schedule.rows - 1)); height > 0; height /= 2) {
    DimExpr step(height), end = upper;
    if (height > 1)
      end = bind("rows_end", begin + (upper - begin).floorDiv(step) * step);
    std::string name = loops.freshName("u");
    loops.loop(name, begin, end, step, {}, [&](ValueRange) -> SmallVector<Value> {
      body(DimExpr::symbol(name), height);
      return {};
    });
    begin = end;
  }
}

void SimdTileEmitter::emitRowLoop(const DimExpr &lower, const DimExpr &upper, int64_t rows, int64_t vectors,
                                  Value valid, Packing mode) {
  std::string name = loops.freshName("u");
  loops.loop(name, lower, upper, DimExpr(rows), {}, [&](ValueRange) -> SmallVector<Value> {
    emitTile(DimExpr::symbol(name), rows, vectors, valid, mode);
    return {};
  });
}

SmallVector<DimExpr> SimdTileEmitter::outerAt(const DimExpr &row, const DimExpr &column) const {
  SmallVector<DimExpr> outer;
  unsigned rest = 0;
  for (const std::string &name : info.outerNames) {
    if (name == schedule.lane)
      outer.push_back(DimExpr::symbol(laneName) + column);
    else if (name == schedule.unroll)
      outer.push_back(row);
    else
      outer.push_back(isCollapsed(name) ? DimExpr(0) : restCoordinates[rest++]);
  }
  return outer;
}

SimdTileEmitter::Places SimdTileEmitter::placesOf(const DimExpr &row, int64_t rows, int64_t vectors,
                                                  Value valid) const {
  Places places;
  places.vectors = vectors;
  for (int64_t u = 0; u < rows; ++u)
    for (int64_t v = 0; v < vectors; ++v) {
      places.outer.push_back(outerAt(row + DimExpr(u), DimExpr(v * schedule.lanes)));
      places.valids.push_back(v == vectors - 1 ? valid : Value());
    }
  return places;
}

Point SimdTileEmitter::pointAt(ir::StatementInterface statement, const Places &places, unsigned place,
                               ArrayRef<DimExpr> inner) const {
  Point point = pointOf(statement, places.outer[place], inner);
  point.lane = laneName;
  point.lanes = schedule.lanes;
  point.valid = places.valids[place];
  return point;
}

/// One register tile: every statement at rows x vectors points.
void SimdTileEmitter::emitTile(const DimExpr &row, int64_t rows, int64_t vectors, Value valid, Packing mode) {
  guarded(row, rows,
          [&](const DimExpr &passed, int64_t count) { emitTileAt(row + passed, count, vectors, valid, mode); });
}

void SimdTileEmitter::emitTileAt(const DimExpr &row, int64_t rows, int64_t vectors, Value valid, Packing mode) {
  values.beginBlock();
  values.clearPublished();
  Places places = placesOf(row, rows, vectors, valid);
  publishTurned(row, rows, valid ? vectors - 1 : vectors);
  if (info.statements.size() > 1 && llvm::all_of(info.statements, llvm::IsaPred<ir::MapOp>))
    return emitMaps(places);
  for (ir::StatementInterface statement : info.statements)
    emitStatement(statement, places, mode);
  values.beginBlock();
  values.clearPublished();
}

/// Maps only, all of them at one place after the other: what they share need not stay in registers for longer.
void SimdTileEmitter::emitMaps(const Places &places) {
  for (unsigned place = 0; place < places.outer.size(); ++place)
    for (ir::StatementInterface statement : info.statements) {
      Point point = pointAt(statement, places, place, {});
      finish(statement, point, resultAt(statement, places.outer[place]), values.evaluate(statement, point));
    }
  values.beginBlock();
  values.clearPublished();
}

SmallVector<Value> SimdTileEmitter::emitStatement(ir::StatementInterface statement, const Places &places,
                                                  Packing mode) {
  auto point = [&](unsigned place, ArrayRef<DimExpr> inner) { return pointAt(statement, places, place, inner); };
  SmallVector<Value> results;
  if (unit && statement == unit->statement)
    results = emitUnitSums(places);
  else if (info.isReduction(statement))
    results = emitReduction(statement, places.outer.size(), point, mode);
  else
    for (unsigned place = 0; place < places.outer.size(); ++place)
      results.push_back(values.evaluate(statement, point(place, {})));
  for (auto [place, result] : llvm::enumerate(results))
    finish(statement, point(place, {}), resultAt(statement, places.outer[place]), result);
  return results;
}

SmallVector<Value> SimdTileEmitter::emitReduction(ir::StatementInterface statement, unsigned count, PointAt pointAt,
                                                  Packing mode) {
  ir::CombinerKind kind = *statement.getCombinerKind();
  unsigned width = Evaluator::accumulatorWidth(kind);
  SmallVector<Value> start = values.startOf(statement, schedule.lanes), init;
  for (unsigned place = 0; place < count; ++place)
    init.append(start);
  bool packs = mode != Packing::None && contraction->statement == statement;
  SmallVector<Value> total = reductionLoops(
      statement, init,
      [&](ArrayRef<DimExpr> inner, ValueRange carried) {
        if (packs)
          installPacking(statement, inner, mode);
        if (mode == Packing::Write && fetchesLane)
          prefetchLane(statement, count, pointAt, inner);
        SmallVector<Value> next;
        for (unsigned place = 0; place < count; ++place)
          next.append(values.accumulate(statement, pointAt(place, inner), carried.slice(place * width, width)));
        values.lookupPacked = nullptr;
        values.notePacked = nullptr;
        return next;
      },
      insideTest(statement, count, pointAt), turnsOf(statement, count, pointAt, mode));
  SmallVector<Value> results;
  for (unsigned place = 0; place < count; ++place)
    results.push_back(values.resultOf(kind, ArrayRef(total).slice(place * width, width), false, false));
  return results;
}

/// What is packed some steps later: a few hundred bytes of each row, on a page of its own often, are too short for a
/// machine to see where they come from. Behind the last step lies the next line of the reduction, mostly.
void SimdTileEmitter::prefetchLane(ir::StatementInterface statement, unsigned count, PointAt pointAt,
                                   ArrayRef<DimExpr> inner) {
  constexpr int64_t kStepsAhead = 8;
  SmallVector<DimExpr> later(inner);
  later.back() = later.back() + DimExpr(kStepsAhead);
  int64_t vectors = std::min<int64_t>(count, schedule.vectors);
  for (int64_t v = 0; v < vectors; ++v)
    values.prefetch(statement, pointAt(v, later));
}

//===----------------------------------------------------------------------===//
// Long epilogues
//===----------------------------------------------------------------------===//

/// A long epilogue (an erf, a tanh) at every point of a tile would be most of the code: it is emitted for one vector
/// and looped over the tile. Decides, and makes the memory that holds the tile meanwhile.
void SimdTileEmitter::planEpilogue() {
  if (unit && unit->hasBlocks()) {
    firstLooped = 1;
    return createBlockRings();
  }
  firstLooped = info.statements.size();
  while (firstLooped > 0 && !info.isReduction(info.statements[firstLooped - 1]))
    --firstLooped;
  int64_t cost = 0;
  for (ir::StatementInterface statement : ArrayRef(info.statements).drop_front(firstLooped))
    cost += codeSizeOf(statement);
  auto needed = spilledStatements();
  if (firstLooped == 0 || !needed || cost * schedule.rows * schedule.vectors <= kMaxUnrolledOps) {
    firstLooped = info.statements.size();
    return;
  }
  for (size_t number : *needed) {
    auto type = cast<ir::NamedTensorType>(info.statements[number]->getResult(0).getType());
    auto buffer = BufferType::get(type.getContext(), carrierOf(type.getScalarType()), Space::Private);
    DimExpr size(schedule.rows * schedule.vectors * schedule.lanes);
    spills[number] = RingOp::create(loops.get(), loops.getLoc(), buffer, size.str());
  }
}

/// The statements before `firstLooped` that later ones read; nothing if one's values do not go into memory.
std::optional<SmallVector<size_t>> SimdTileEmitter::spilledStatements() const {
  SmallVector<size_t> needed;
  for (size_t number = 0; number < firstLooped; ++number) {
    Value result = info.statements[number]->getResult(0);
    bool isRead = llvm::any_of(ArrayRef(info.statements).drop_front(firstLooped), [&](ir::StatementInterface later) {
      return llvm::is_contained(later->getOperands(), result);
    });
    if (isRead && cast<ir::NamedTensorType>(result.getType()).getElementBits() < 8)
      return std::nullopt;
    if (isRead)
      needed.push_back(number);
  }
  return needed;
}

/// Row tiles whose epilogue loops: every kind of tile, full or not, writing the panel or reading it, leaves its values
/// in the rings, so that the code behind it is there once.
void SimdTileEmitter::emitLoopedRows(const DimExpr &lower, const DimExpr &upper, int64_t vectors, Value valid) {
  std::string name = loops.freshName("u");
  DimExpr rows(schedule.rows), row = DimExpr::symbol(name);
  bool even = schedule.unroll.empty() || unrollExtent.mod(rows) == DimExpr(0);
  loops.loop(name, lower, upper, rows, {}, [&](ValueRange) -> SmallVector<Value> {
    DimExpr count = even ? rows : bind("count", DimExpr::min(rows, upper - row));
    if (firstLooped > 0)
      emitHeads(row, count, row - lower, vectors, valid);
    emitEpilogue(row, count, vectors, valid);
    return {};
  });
}

/// What the epilogue reads, for `count` rows. `passed` rows of the panel come before these.
void SimdTileEmitter::emitHeads(const DimExpr &row, const DimExpr &count, const DimExpr &passed, int64_t vectors,
                                Value valid) {
  OpBuilder &b = loops.get();
  bool isFull = count.isConstant(), packs = packsHere();
  auto is = [&](const DimExpr &left, arith::CmpIPredicate relation, int64_t right) -> Value {
    return arith::CmpIOp::create(b, loops.getLoc(), relation, loops.emit(left), loops.constant(right));
  };
  auto both = [&](Value one, Value other) -> Value {
    return one && other ? arith::AndIOp::create(b, loops.getLoc(), one, other).getResult() : one ? one : other;
  };
  auto when = [&](Value condition, llvm::function_ref<void()> body) {
    if (!condition)
      return body();
    loops.conditional(condition, {}, [&](ValueRange) -> SmallVector<Value> {
      body();
      return {};
    });
  };
  Value full = isFull ? Value() : is(count, arith::CmpIPredicate::eq, schedule.rows);
  Value first = packs ? is(passed, arith::CmpIPredicate::eq, 0) : Value();
  Value later = packs ? is(passed, arith::CmpIPredicate::ne, 0) : Value();
  auto fullTile = [&](Packing mode) { emitTileHead(row, DimExpr(0), schedule.rows, vectors, valid, mode); };
  if (packs)
    when(both(full, first), [&] { fullTile(Packing::Write); });
  when(both(full, later), [&] { fullTile(laterMode()); });
  if (isFull)
    return;
  // The first tile writes the panel, so it must be a full one: proved for fixed extents, tested for open ones.
  Value partial = is(count, arith::CmpIPredicate::ne, schedule.rows);
  if (auto extent = unrollExtent.constant()) {
    when(partial, [&] { emitTileHead(row, DimExpr(0), *extent % schedule.rows, vectors, valid, laterMode()); });
    return;
  }
  auto fewRows = [&](Packing mode) {
    forFewRows(0, count, [&](const DimExpr &slot, int64_t height) {
      emitTileHead(row + slot, slot, height, vectors, valid, mode);
    });
  };
  if (packs)
    when(both(partial, first), [&] { fewRows(Packing::None); });
  when(both(partial, later), [&] { fewRows(laterMode()); });
}

/// The statements before the epilogue at the rows from `row` on, into the rings from their row `slot` on.
void SimdTileEmitter::emitTileHead(const DimExpr &row, const DimExpr &slot, int64_t rows, int64_t vectors, Value valid,
                                   Packing mode) {
  guarded(row, rows, [&](const DimExpr &passed, int64_t count) {
    emitTileHeadAt(row + passed, slot + passed, count, vectors, valid, mode);
  });
}

void SimdTileEmitter::emitTileHeadAt(const DimExpr &row, const DimExpr &slot, int64_t rows, int64_t vectors,
                                     Value valid, Packing mode) {
  values.beginBlock();
  values.clearPublished();
  Places places = placesOf(row, rows, vectors, valid);
  publishTurned(row, rows, valid ? vectors - 1 : vectors);
  for (size_t number = 0; number < firstLooped; ++number) {
    SmallVector<Value> results = emitStatement(info.statements[number], places, mode);
    if (auto spilled = spills.find(number); spilled != spills.end())
      for (auto [place, result] : llvm::enumerate(results)) {
        DimExpr offset = (slot * DimExpr(vectors) + DimExpr(static_cast<int64_t>(place))) * DimExpr(schedule.lanes);
        StoreOp::create(loops.get(), loops.getLoc(), values.broadcast(result, schedule.lanes), spilled->second,
                        loops.emit(offset), Value(), false);
      }
  }
  values.beginBlock();
  values.clearPublished();
}

/// What follows a tile's head, one vector at a time.
void SimdTileEmitter::emitEpilogue(const DimExpr &row, const DimExpr &rows, int64_t vectors, Value valid) {
  std::string rowName = loops.freshName("e"), columnName = loops.freshName("v");
  DimExpr width(vectors * schedule.lanes), column = DimExpr::symbol(columnName);
  DimExpr slot = DimExpr::symbol(rowName) * width + column;
  loops.loop(rowName, 0, rows, 1, {}, [&](ValueRange) -> SmallVector<Value> {
    loops.loop(columnName, 0, width, DimExpr(schedule.lanes), {}, [&](ValueRange) -> SmallVector<Value> {
      Places places;
      places.outer.push_back(outerAt(row + DimExpr::symbol(rowName), column));
      Value left = valid;
      if (valid && vectors > 1)
        left = loops.emit(DimExpr::symbol(loops.nameOf(valid)) + width - DimExpr(schedule.lanes) - column);
      places.valids.push_back(left);
      emitEpilogueAt(places, slot);
      return {};
    });
    return {};
  });
}

void SimdTileEmitter::emitEpilogueAt(const Places &places, const DimExpr &slot) {
  values.beginBlock();
  values.clearPublished();
  for (const auto &[number, ring] : spills) {
    ir::StatementInterface statement = info.statements[number];
    Type type = cast<BufferType>(ring.getType()).getElementType();
    if (schedule.lanes > 1)
      type = VectorType::get(schedule.lanes, type);
    Value loaded = LoadOp::create(loops.get(), loops.getLoc(), type, ring, loops.emit(slot), Value());
    values.publish(statement->getResult(0), pointAt(statement, places, 0, {}), resultAt(statement, places.outer[0]),
                   loaded);
  }
  for (size_t number = firstLooped; number < info.statements.size(); ++number)
    emitStatement(info.statements[number], places, Packing::None);
  values.beginBlock();
  values.clearPublished();
}

std::unique_ptr<Emitter> tile::createSimdTileEmitter(EmitContext context, const DeviceDescription &device) {
  return std::make_unique<SimdTileEmitter>(context, device);
}
