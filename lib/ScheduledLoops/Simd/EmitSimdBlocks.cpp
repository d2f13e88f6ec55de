//===- EmitSimdBlocks.cpp - Tiles on units that take blocks (AMX) ---------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What strategy Tile does with a unit whose registers hold 16 rows of 64 bytes: an
// item packs all its columns of the lane operand, then takes its rows, one or two
// blocks of them, packed, too, against the panels in their order. The sums of a tile
// go to a ring; what follows them is a loop over its vectors (docs/decisions/amx.md).
// Invariant: what a panel has beyond the last step or column is 0 or never stored.
//
//===----------------------------------------------------------------------===//
#include "../EvaluatorKeys.h"
#include "EmitSimdTile.h"
#include "flex/ScheduledLoops/Workspace.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace flex;
using namespace flex::tile;

static constexpr int64_t kFirstOfA = 4, kFirstOfB = 6; // registers

/// The most columns that an item has, in whole panels. Its tile is chosen for a typical depth; where an open one is
/// large, what is packed takes no more than the operand.
DimExpr SimdTileEmitter::itemColumns() const {
  DimExpr width(panel), all = laneExtent.ceilDiv(width) * width;
  return schedule.laneTile ? DimExpr::min(DimExpr(schedule.laneTile), all) : all;
}

/// What the caches keep. Where an extent is open, operands are large.
void SimdTileEmitter::planBlocks(const DeviceDescription &device) {
  constexpr int64_t kOpen = std::numeric_limits<int64_t>::max();
  constexpr int64_t kRunBytes = 4;
  DimExpr depth = panelDepth() * DimExpr(kRunBytes / unit->run);
  DimExpr steps = schedule.depth > 0 ? DimExpr(schedule.depth * kRunBytes / unit->run) : depth;
  passesPanels = (steps * DimExpr(schedule.rows)).constant().value_or(kOpen) > device.l1Bytes / 3 &&
                 (depth * itemColumns()).constant().value_or(kOpen) > device.l1Bytes;
}

void SimdTileEmitter::createBlockRings() {
  auto type = cast<ir::NamedTensorType>(unit->statement->getResult(0).getType());
  auto sums = BufferType::get(type.getContext(), carrierOf(type.getScalarType()), Space::Private);
  DimExpr columns = schedule.depth > 0 ? itemColumns() : DimExpr(panel);
  spills[0] = RingOp::create(loops.get(), loops.getLoc(), sums, (columns * DimExpr(schedule.rows)).str());
  auto rows = BufferType::get(type.getContext(), cast<BufferType>(ring.getType()).getElementType(), Space::Private);
  DimExpr size = panelDepth() * DimExpr(schedule.rows);
  packedRows = RingOp::create(loops.get(), loops.getLoc(), rows, size.str());
}

void SimdTileEmitter::emitBlocks(const DimExpr &laneItem, const DimExpr &unrollItem) {
  OpBuilder &b = loops.get();
  Location loc = loops.getLoc();
  auto [left, right] = columnsOf(laneItem);
  auto [top, bottom] = rowsOf(unrollItem);
  Columns columns{left, right};
  firstPacked = left;
  Value columnsPlain = packBlocks(columns);

  int64_t block = unit->unit->m;
  DimExpr rows(schedule.rows), end = bottom;
  bool isEven = unrollExtent.mod(rows) == DimExpr(0);
  if (!isEven)
    end = bind("rows_main", top + (bottom - top).floorDiv(rows) * rows);
  RegistersOp::create(b, loc, loops.constant(block));
  std::string name = loops.freshName("u");
  loops.loop(name, top, end, rows, {}, [&](ValueRange) -> SmallVector<Value> {
    emitBlockRows(DimExpr::symbol(name), schedule.rows / block, rows, columns, columnsPlain);
    return {};
  });
  if (!isEven) {
    std::string rest = loops.freshName("u");
    loops.loop(rest, end, bottom, DimExpr(block), {}, [&, bottom = bottom](ValueRange) -> SmallVector<Value> {
      DimExpr count = bind("count", DimExpr::min(DimExpr(block), bottom - DimExpr::symbol(rest)));
      RegistersOp::create(b, loc, loops.emit(count));
      emitBlockRows(DimExpr::symbol(rest), 1, count, columns, columnsPlain);
      return {};
    });
  }
  RegistersReleaseOp::create(b, loc);
}

/// The panels of an item in order, of which the last may be partial.
SmallVector<Value> SimdTileEmitter::eachPanel(const Columns &columns, ValueRange init, PanelBody body) {
  DimExpr width(panel);
  bool isEven = laneExtent.mod(width) == DimExpr(0);
  DimExpr end = columns.end;
  if (!isEven)
    end = bind("main_end", columns.first + (columns.end - columns.first).floorDiv(width) * width);
  auto walk = [&](const DimExpr &from, const DimExpr &to, bool isPartial, ValueRange carried) {
    laneName = loops.freshName("l");
    return loops.loop(laneName, from, to, width, carried, [&](ValueRange in) {
      values.beginBlock();
      Value valid = isPartial ? loops.emit(columns.end - DimExpr::symbol(laneName)) : Value();
      SmallVector<Value> next = body(valid, in);
      values.beginBlock();
      return next;
    });
  };
  SmallVector<Value> results = walk(columns.first, end, false, init);
  return isEven ? results : walk(end, columns.end, true, results);
}

/// How many lanes a vector of a panel has; null: all.
Value SimdTileEmitter::validOf(Value valid, int64_t vector) {
  if (!valid || vector == 0)
    return valid;
  return loops.emit(DimExpr::symbol(loops.nameOf(valid)) - DimExpr(vector * schedule.lanes));
}

/// Fills the ring. i1: no element is too small for the unit; null if none can be.
Value SimdTileEmitter::packBlocks(const Columns &columns) {
  OpBuilder &b = loops.get();
  Location loc = loops.getLoc();
  if (panels && !unit->isGuarded)
    return {};
  if (leastPacked) {
    Value all = arith::ConstantIntOp::create(b, loc, b.getI1Type(), 1);
    return eachPanel(columns, all, [&](Value, ValueRange carried) -> SmallVector<Value> {
      return {arith::AndIOp::create(b, loc, carried[0], arePackedPlain(schedule.vectors))};
    })[0];
  }
  if (unit->turned && !panels) {
    SmallVector<Value> plain;
    if (unit->isGuarded)
      plain.push_back(arith::ConstantIntOp::create(b, loc, b.getI1Type(), 1));
    plain = eachPanel(columns, plain, [&](Value valid, ValueRange carried) -> SmallVector<Value> {
      packTurned(schedule.vectors, valid != nullptr);
      if (!unit->isGuarded)
        return {};
      return {arith::AndIOp::create(b, loc, carried[0], isPanelPlain)};
    });
    return unit->isGuarded ? plain[0] : Value();
  }
  SmallVector<Value> least;
  if (unit->isGuarded)
    least.push_back(leastOfNothing());
  auto packSteps = [&](ArrayRef<DimExpr> inner, const DimExpr &step, std::optional<DimExpr> left, ValueRange carried) {
    std::string name = loops.freshName("q");
    DimExpr passed = DimExpr::symbol(name);
    return loops.loop(name, 0, DimExpr(unit->unit->k), DimExpr(unit->run), carried, [&](ValueRange in) {
      SmallVector<DimExpr> at(inner);
      at.back() = at.back() + passed;
      auto rest = left ? std::optional(*left - passed) : std::nullopt;
      return eachPanel(columns, in, [&](Value valid, ValueRange before) {
        SmallVector<Value> next(before);
        for (int64_t v = 0; v < schedule.vectors; ++v) {
          Value group = panels ? packedRun(step + passed, v) : interleaved(at, v, rest, validOf(valid, v));
          if (!panels)
            StoreOp::create(b, loc, group, ring, loops.emit(runPlace(step + passed, v)), Value(), false);
          if (unit->isGuarded)
            next[0] = leastOf(group, next[0]);
        }
        return next;
      });
    });
  };
  least = unitLoops(unit->unit->k, least, packSteps);
  return unit->isGuarded ? isPlain(least[0]) : Value();
}

/// Copies rows to where those of a block and its steps lie together, with zeros behind the last step: wherever they
/// come from, and however far apart, they are then read by whole lines. i1: no element is too small for the unit; null
/// if none can be.
Value SimdTileEmitter::packBlockRows(const DimExpr &row, const DimExpr &count) {
  OpBuilder &b = loops.get();
  int64_t steps = unit->unit->k;
  std::string name = loops.freshName("r");
  DimExpr passed = DimExpr::symbol(name);
  SmallVector<Value> least;
  if (unit->isGuarded)
    least.push_back(leastOfNothing());
  auto copy = [&](ArrayRef<DimExpr> inner, const DimExpr &step, std::optional<DimExpr> left, ValueRange carried) {
    Point point = pointOf(unit->statement, outerAt(row + passed, DimExpr(0)), inner);
    Value run = readRun(unit->rowOperand, point, steps, left ? loops.emit(*left) : Value());
    DimExpr place = step * DimExpr(schedule.rows) + passed * DimExpr(steps);
    StoreOp::create(b, loops.getLoc(), run, packedRows, loops.emit(place), Value(), false);
    SmallVector<Value> next;
    if (unit->isGuarded)
      next.push_back(leastOf(run, carried[0]));
    return next;
  };
  least = loops.loop(name, 0, count, 1, least, [&](ValueRange carried) {
    values.beginBlock();
    return unitLoops(steps, carried, copy);
  });
  return unit->isGuarded ? isPlain(least[0]) : Value();
}

/// `count` rows, in one or two blocks, against all panels of the item.
void SimdTileEmitter::emitBlockRows(const DimExpr &row, int64_t blocks, const DimExpr &count, const Columns &columns,
                                    Value columnsPlain) {
  OpBuilder &b = loops.get();
  Location loc = loops.getLoc();
  laneName = loops.freshName("l"); // rows are looked at before there is a column
  loops.define(laneName, loops.constant(0));
  Value plain = packBlockRows(row, count), exact;
  if (unit->isGuarded) {
    plain = arith::AndIOp::create(b, loc, columnsPlain, plain);
    exact = arith::XOrIOp::create(b, loc, plain, arith::ConstantIntOp::create(b, loc, b.getI1Type(), 1));
  }
  auto onUnit = [&](ValueRange) -> SmallVector<Value> {
    DimExpr depth = panelDepth(), step(schedule.depth);
    if (schedule.depth > 0) {
      auto part = [&](const DimExpr &from, bool isFirst) {
        DimExpr end = bind("steps_end", DimExpr::min(from + step, depth));
        eachPanel(columns, {}, [&](Value, ValueRange) -> SmallVector<Value> {
          emitBlockTile(blocks, from, end, isFirst);
          return {};
        });
      };
      part(DimExpr(0), true);
      std::string name = loops.freshName("s");
      loops.loop(name, step, depth, step, {}, [&](ValueRange) -> SmallVector<Value> {
        part(DimExpr::symbol(name), false);
        return {};
      });
    }
    return eachPanel(columns, {}, [&](Value valid, ValueRange) -> SmallVector<Value> {
      if (schedule.depth == 0)
        emitBlockTile(blocks, DimExpr(0), depth, true);
      markPlain(emitBlockEpilogue(row, count, valid));
      return {};
    });
  };
  if (!unit->isGuarded) {
    onUnit({});
    return;
  }
  loops.conditional(plain, {}, onUnit);
  loops.conditional(exact, {}, [&](ValueRange) -> SmallVector<Value> {
    std::string name = loops.freshName("r");
    return loops.loop(name, 0, count, 1, {}, [&](ValueRange) -> SmallVector<Value> {
      return eachPanel(columns, {}, [&](Value valid, ValueRange) -> SmallVector<Value> {
        emitExactRow(row + DimExpr::symbol(name));
        emitBlockEpilogue(row + DimExpr::symbol(name), DimExpr(1), valid);
        return {};
      });
    });
  });
}

/// Where the ring has the sums of the tile at hand: of all panels of an item, if they wait there.
DimExpr SimdTileEmitter::sumsPlace() const {
  if (schedule.depth == 0)
    return DimExpr(0);
  return (DimExpr::symbol(laneName) - firstPacked) * DimExpr(schedule.rows);
}

/// The sums of a tile over some steps, into the ring; `isFirst`: from 0, else from what is there.
void SimdTileEmitter::emitBlockTile(int64_t blocks, const DimExpr &from, const DimExpr &end, bool isFirst) {
  OpBuilder &b = loops.get();
  Location loc = loops.getLoc();
  int64_t vectors = schedule.vectors, block = unit->unit->m, steps = unit->unit->k;
  Type element = cast<BufferType>(ring.getType()).getElementType();
  auto eachSum = [&](llvm::function_ref<void(int64_t number, Value place, Value pitch)> body) {
    for (int64_t i = 0; i < blocks; ++i)
      for (int64_t v = 0; v < vectors; ++v)
        body(i * vectors + v, loops.emit(sumsPlace() + DimExpr(i * block * panel + v * schedule.lanes)),
             loops.constant(panel));
  };
  eachSum([&](int64_t number, Value place, Value pitch) {
    if (isFirst)
      RegisterZeroOp::create(b, loc, number);
    else
      RegisterLoadOp::create(b, loc, spills[0], place, pitch, number, /*streamed=*/true);
  });
  std::string name = loops.freshName("k");
  DimExpr step = DimExpr::symbol(name);
  loops.loop(name, from, end, DimExpr(steps), {}, [&](ValueRange) -> SmallVector<Value> {
    prefetchPanels(step, steps);
    for (int64_t i = 0; i < blocks; ++i) {
      Value rows = loops.emit(step * DimExpr(schedule.rows) + DimExpr(i * block * steps));
      RegisterLoadOp::create(b, loc, packedRows, rows, loops.constant(steps), kFirstOfA + i,
                             /*streamed=*/false);
      for (int64_t v = 0; v < vectors; ++v) {
        if (i == 0)
          RegisterLoadOp::create(b, loc, ring, loops.emit(runPlace(step, v)), loops.constant(packedWidth() * unit->run),
                                 kFirstOfB + v, /*streamed=*/passesPanels);
        RegisterMultiplyOp::create(b, loc, i * vectors + v, kFirstOfA + i, kFirstOfB + v, element, unit->unsignedRows,
                                   unit->lanesFirst);
      }
    }
    return {};
  });
  eachSum([&](int64_t number, Value place, Value pitch) {
    RegisterStoreOp::create(b, loc, number, spills[0], place, pitch);
  });
}

/// The sums of one row in plain multiply-adds, as the ring's first.
void SimdTileEmitter::emitExactRow(const DimExpr &row) {
  isExact = true;
  SmallVector<Value> sums = emitUnitSums(placesOf(row, 1, schedule.vectors, Value()));
  isExact = false;
  for (auto [v, sum] : llvm::enumerate(sums))
    StoreOp::create(loops.get(), loops.getLoc(), sum, spills[0],
                    loops.emit(sumsPlace() + DimExpr(static_cast<int64_t>(v) * schedule.lanes)), Value(), false);
}

/// What follows the sums of `count` rows in the ring. Gives what it read from there.
SmallVector<Value> SimdTileEmitter::emitBlockEpilogue(const DimExpr &row, const DimExpr &count, Value valid) {
  SmallVector<Value> loaded;
  ir::StatementInterface sum = unit->statement;
  auto type = VectorType::get(schedule.lanes, cast<BufferType>(spills[0].getType()).getElementType());
  std::string name = loops.freshName("e");
  loops.loop(name, 0, count, 1, {}, [&](ValueRange) -> SmallVector<Value> {
    DimExpr passed = DimExpr::symbol(name);
    for (int64_t v = 0; v < schedule.vectors; ++v) {
      values.beginBlock();
      values.clearPublished();
      Places places;
      places.outer.push_back(outerAt(row + passed, DimExpr(v * schedule.lanes)));
      places.valids.push_back(validOf(valid, v));
      Value place = loops.emit(sumsPlace() + passed * DimExpr(panel) + DimExpr(v * schedule.lanes));
      loaded.push_back(LoadOp::create(loops.get(), loops.getLoc(), type, spills[0], place, Value()));
      finish(sum, pointAt(sum, places, 0, {}), resultAt(sum, places.outer[0]), loaded.back());
      for (ir::StatementInterface statement : ArrayRef(info.statements).drop_front())
        emitStatement(statement, places, Packing::None);
    }
    values.beginBlock();
    values.clearPublished();
    return {};
  });
  return loaded;
}

/// Sums of numbers that are not too small are not denormal.
void SimdTileEmitter::markPlain(ArrayRef<Value> sums) {
  for (Value sum : sums)
    for (Operation *user : sum.getUsers())
      if (unit->isGuarded && isa<arith::TruncFOp>(user))
        user->setAttr(kNoDenormalsAttr, loops.get().getUnitAttr());
}
