//===- EmitSimdTile.cpp - Register tiles over the outer domain ------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Lanes run along one outer index, rows of the register tile along another; all
// statements are evaluated for one tile after the other, so a contraction keeps
// rows x vectors accumulators in registers and its epilogue never sees memory.
// A long epilogue is the exception: it loops over the rows of the tile.
// With `pack`, the first row tile of a panel also writes the lane operand to a
// contiguous ring, and the others read it from there (CPU-NOTES 3: packing hides
// under the multiply-adds).
//
//===----------------------------------------------------------------------===//
#include "Emitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

#include <set>

using namespace mlir;
using namespace flex;
using namespace flex::tile;

namespace {

class SimdTileEmitter : public Emitter {
public:
  explicit SimdTileEmitter(EmitContext context) : Emitter(context) {
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
    if (schedule.pack)
      contraction = info.findTiled(schedule.lane, schedule.unroll);
  }

  DimExpr items() const override {
    return product(restExtents).ceilDiv(DimExpr(schedule.itemRows)) * unrollItems * laneItems;
  }

  void emit(Value item) override {
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
    std::string row = loops.freshName("row");
    loops.loop(row, first, last, 1, {}, [&](ValueRange) -> SmallVector<Value> {
      restCoordinates = delinearize(DimExpr::symbol(row), restExtents);
      emitPanels(lanePart, unrollPart);
      return {};
    });
  }

private:
  enum class Packing { None, Write, Read };

  void createRing() {
    DimExpr depth = product(info.innerExtents(contraction->statement));
    bool rightHasLane = GroupInfo::dependsOn(contraction->statement, contraction->right, schedule.lane);
    packedValue = rightHasLane ? contraction->right : contraction->left;
    auto type = BufferType::get(packedValue.getContext(), carrierOf(packedValue.getType()), Space::Private);
    ring = RingOp::create(loops.get(), loops.getLoc(), type, (depth * DimExpr(panel)).str());
  }

  void emitPanels(const DimExpr &laneItem, const DimExpr &unrollItem) {
    DimExpr lower = laneItem * DimExpr(schedule.laneTile), upper = laneExtent;
    if (schedule.laneTile && laneExtent.mod(DimExpr(schedule.laneTile)) != DimExpr(0))
      upper = bind("end", DimExpr::min(lower + DimExpr(schedule.laneTile), laneExtent));
    else if (schedule.laneTile)
      upper = lower + DimExpr(schedule.laneTile);
    bool even = laneExtent.mod(DimExpr(panel)) == DimExpr(0);
    DimExpr mainEnd =
        even ? upper : bind("main_end", lower + (upper - lower).floorDiv(DimExpr(panel)) * DimExpr(panel));
    emitPanelLoop(lower, mainEnd, unrollItem, schedule.vectors, panel, Value());
    if (even)
      return;
    if (auto extent = laneExtent.constant())
      emitStaticRemainder(mainEnd, upper, *extent % panel, unrollItem);
    else
      emitDynamicRemainder(mainEnd, upper, unrollItem);
  }

  void emitPanelLoop(const DimExpr &lower, const DimExpr &upper, const DimExpr &unrollItem, int64_t vectors,
                     int64_t step, Value valid) {
    laneName = loops.freshName("l");
    loops.loop(laneName, lower, upper, DimExpr(step), {}, [&](ValueRange) -> SmallVector<Value> {
      emitRows(unrollItem, vectors, valid);
      return {};
    });
  }

  /// The same number of columns is left in whichever item has the end: a narrower tile
  /// whose last vector may be partial.
  void emitStaticRemainder(const DimExpr &begin, const DimExpr &end, int64_t columns, const DimExpr &unrollItem) {
    int64_t vectors = (columns + schedule.lanes - 1) / schedule.lanes;
    int64_t partial = columns - (vectors - 1) * schedule.lanes;
    Value valid = partial == schedule.lanes ? Value() : loops.constant(partial);
    emitPanelLoop(begin, end, unrollItem, vectors, panel, valid);
  }

  void emitDynamicRemainder(const DimExpr &begin, const DimExpr &end, const DimExpr &unrollItem) {
    laneName = loops.freshName("l");
    loops.loop(laneName, begin, end, DimExpr(schedule.lanes), {}, [&](ValueRange) -> SmallVector<Value> {
      emitRows(unrollItem, 1, loops.emit(end - DimExpr::symbol(laneName)));
      return {};
    });
  }

  void emitRows(const DimExpr &unrollItem, int64_t vectors, Value valid) {
    if (schedule.unroll.empty()) {
      emitTile(DimExpr(0), 1, vectors, valid, Packing::None);
      return;
    }
    DimExpr tile(schedule.unrollTile), lower = unrollItem * tile, upper = unrollExtent;
    if (schedule.unrollTile)
      upper = bind("rows_end", DimExpr::min(lower + tile, unrollExtent));
    DimExpr rows(schedule.rows);
    if (!contraction) {
      emitRowTiles(lower, upper, vectors, valid, Packing::None);
      return;
    }
    // The first tile writes the panel, so it must be a full one: proved for fixed extents, tested for open ones.
    auto packed = [&](ValueRange) -> SmallVector<Value> {
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
    loops.conditional(tooFew, {}, [&](ValueRange) -> SmallVector<Value> {
      emitRowLoop(lower, upper, 1, vectors, valid, Packing::None);
      return {};
    });
  }

  /// Full tiles, then what is left: a narrower tile if its height is known, else row by row.
  void emitRowTiles(const DimExpr &lower, const DimExpr &upper, int64_t vectors, Value valid, Packing mode) {
    DimExpr rows(schedule.rows);
    bool even = unrollExtent.mod(rows) == DimExpr(0);
    DimExpr mainEnd = even ? upper : bind("rows_main", lower + (upper - lower).floorDiv(rows) * rows);
    emitRowLoop(lower, mainEnd, schedule.rows, vectors, valid, mode);
    if (even)
      return;
    auto extent = unrollExtent.constant();
    emitRowLoop(mainEnd, upper, extent ? *extent % schedule.rows : 1, vectors, valid, mode);
  }

  void emitRowLoop(const DimExpr &lower, const DimExpr &upper, int64_t rows, int64_t vectors, Value valid,
                   Packing mode) {
    std::string name = loops.freshName("u");
    loops.loop(name, lower, upper, DimExpr(rows), {}, [&](ValueRange) -> SmallVector<Value> {
      emitTile(DimExpr::symbol(name), rows, vectors, valid, mode);
      return {};
    });
  }

  SmallVector<DimExpr> outerAt(const DimExpr &row, int64_t vector) const {
    SmallVector<DimExpr> outer;
    unsigned rest = 0;
    for (const std::string &name : info.outerNames) {
      if (name == schedule.lane)
        outer.push_back(DimExpr::symbol(laneName) + DimExpr(vector * schedule.lanes));
      else if (name == schedule.unroll)
        outer.push_back(row);
      else
        outer.push_back(isCollapsed(name) ? DimExpr(0) : restCoordinates[rest++]);
    }
    return outer;
  }

  /// The points of a register tile.
  struct Places {
    SmallVector<SmallVector<DimExpr>> outer;
    SmallVector<Value> valids;
  };

  Places placesOf(const DimExpr &row, int64_t rows, int64_t vectors, Value valid) const {
    Places places;
    for (int64_t u = 0; u < rows; ++u)
      for (int64_t v = 0; v < vectors; ++v) {
        places.outer.push_back(outerAt(row + DimExpr(u), v));
        places.valids.push_back(v == vectors - 1 ? valid : Value());
      }
    return places;
  }

  Point pointAt(ir::StatementInterface statement, const Places &places, unsigned place, ArrayRef<DimExpr> inner) const {
    Point point = pointOf(statement, places.outer[place], inner);
    point.lane = laneName;
    point.lanes = schedule.lanes;
    point.valid = places.valids[place];
    return point;
  }

  /// One register tile: every statement at rows x vectors points.
  void emitTile(const DimExpr &row, int64_t rows, int64_t vectors, Value valid, Packing mode) {
    values.beginBlock();
    values.clearPublished();
    Places places = placesOf(row, rows, vectors, valid);
    publishTurned(row, rows, valid ? vectors - 1 : vectors);
    size_t unrolled = rows > 1 ? firstLooped : info.statements.size();
    if (info.statements.size() > 1 && llvm::all_of(info.statements, llvm::IsaPred<ir::MapOp>))
      return emitMaps(places);
    for (size_t number = 0; number < unrolled; ++number) {
      SmallVector<Value> results = emitStatement(info.statements[number], places, mode);
      if (auto spilled = spills.find(number); unrolled == firstLooped && spilled != spills.end())
        for (auto [place, result] : llvm::enumerate(results))
          StoreOp::create(loops.get(), loops.getLoc(), values.broadcast(result, schedule.lanes), spilled->second,
                          loops.emit(DimExpr(static_cast<int64_t>(place) * schedule.lanes)), Value(), false);
    }
    if (unrolled < info.statements.size()) {
      std::string name = loops.freshName("e");
      loops.loop(name, 0, DimExpr(rows), 1, {}, [&](ValueRange) -> SmallVector<Value> {
        emitLoopedRow(placesOf(row + DimExpr::symbol(name), 1, vectors, valid), DimExpr::symbol(name) * vectors);
        return {};
      });
    }
    values.beginBlock();
    values.clearPublished();
  }

  /// What lies in runs along the rows and strided along the lanes, as in a transpose, is read by runs and turned in
  /// registers.
  void publishTurned(const DimExpr &row, int64_t rows, int64_t vectors) {
    int64_t lanes = schedule.lanes;
    auto rowName = row.asSymbol();
    if (contraction || !rowName || lanes < 2 || lanes > kMaxTurnedLanes || rows % lanes != 0)
      return;
    for (ir::StatementInterface statement : info.statements)
      for (unsigned operand = 0; operand < statement->getNumOperands(); ++operand) {
        if (!isTurned(statement, operand))
          continue;
        Value tensor = statement->getOperand(operand);
        auto placeAt = [&](const Point &point) {
          SmallVector<DimExpr> at = statement.getAccessExprs(operand);
          for (DimExpr &expr : at)
            expr = expr.substitute(point.coordinates);
          return at;
        };
        for (int64_t v = 0; v < vectors; ++v)
          for (int64_t first = 0; first < rows; first += lanes) {
            SmallVector<Value> runs;
            Point run = pointOf(statement, outerAt(row + DimExpr(first), v));
            DimExpr lane = run.coordinates.at(schedule.lane);
            run.lane = *rowName;
            run.lanes = lanes;
            for (int64_t l = 0; l < lanes; ++l) {
              run.coordinates.insert_or_assign(schedule.lane, lane + DimExpr(l));
              runs.push_back(values.readTensor(tensor, placeAt(run), run));
            }
            turn(runs);
            for (int64_t u = 0; u < lanes; ++u) {
              Point point = pointOf(statement, outerAt(row + DimExpr(first + u), v));
              values.publish(tensor, point, placeAt(point), runs[u]);
            }
          }
      }
  }

  bool isTurned(ir::StatementInterface statement, unsigned operand) const {
    Value tensor = statement->getOperand(operand);
    auto type = cast<ir::NamedTensorType>(tensor.getType());
    auto memory = values.memory.find(tensor.getAsOpaquePointer());
    if (info.isReduction(statement) || info.contains(tensor) || statement.isWholeAccess(operand) ||
        memory == values.memory.end() || memory->second.packed || type.getScalarType().isInteger(1) ||
        statement.getAccessBoundary(operand).getKind() != ir::BoundaryKind::None)
      return false;
    DimExpr offset;
    for (auto [expr, stride] : llvm::zip_equal(statement.getAccessExprs(operand), denseStrides(type)))
      offset = offset + expr * stride;
    auto alongLanes = offset.linearIn(schedule.lane), alongRows = offset.linearIn(schedule.unroll);
    return alongLanes && alongRows && alongLanes->first != DimExpr(0) && alongLanes->first != DimExpr(1) &&
           alongRows->first == DimExpr(1);
  }

  /// Element u of vector l becomes element l of vector u: blocks change places, of half the lanes, a quarter, ….
  void turn(SmallVector<Value> &vectors) {
    OpBuilder &b = loops.get();
    int64_t lanes = vectors.size();
    for (int64_t block = lanes / 2; block >= 1; block /= 2)
      for (int64_t l = 0; l < lanes; ++l) {
        if (l & block)
          continue;
        SmallVector<int64_t> low, high;
        for (int64_t at = 0; at < lanes; ++at) {
          low.push_back(at & block ? lanes + at - block : at);
          high.push_back(at & block ? lanes + at : at + block);
        }
        Value first = vectors[l], second = vectors[l + block];
        vectors[l] = vector::ShuffleOp::create(b, loops.getLoc(), first, second, low);
        vectors[l + block] = vector::ShuffleOp::create(b, loops.getLoc(), first, second, high);
      }
  }

  /// Maps only, all of them at one place after the other: what they share need not stay in registers for longer.
  void emitMaps(const Places &places) {
    for (unsigned place = 0; place < places.outer.size(); ++place)
      for (ir::StatementInterface statement : info.statements) {
        Point point = pointAt(statement, places, place, {});
        finish(statement, point, resultAt(statement, places.outer[place]), values.evaluate(statement, point));
      }
    values.beginBlock();
    values.clearPublished();
  }

  /// What follows a contraction, for one row of a tile whose values lie in `spills` from `first` on.
  void emitLoopedRow(const Places &places, const DimExpr &first) {
    values.beginBlock();
    values.clearPublished();
    for (const auto &[number, ring] : spills) {
      ir::StatementInterface statement = info.statements[number];
      Type type = cast<BufferType>(ring.getType()).getElementType();
      if (schedule.lanes > 1)
        type = VectorType::get(schedule.lanes, type);
      for (unsigned place = 0; place < places.outer.size(); ++place) {
        Value offset = loops.emit((first + DimExpr(place)) * DimExpr(schedule.lanes));
        Value loaded = LoadOp::create(loops.get(), loops.getLoc(), type, ring, offset, Value());
        values.publish(statement->getResult(0), pointAt(statement, places, place, {}),
                       resultAt(statement, places.outer[place]), loaded);
      }
    }
    for (size_t number = firstLooped; number < info.statements.size(); ++number)
      emitStatement(info.statements[number], places, Packing::None);
  }

  SmallVector<Value> emitStatement(ir::StatementInterface statement, const Places &places, Packing mode) {
    auto point = [&](unsigned place, ArrayRef<DimExpr> inner) { return pointAt(statement, places, place, inner); };
    SmallVector<Value> results;
    if (info.isReduction(statement))
      results = emitReduction(statement, places.outer.size(), point, mode);
    else
      for (unsigned place = 0; place < places.outer.size(); ++place)
        results.push_back(values.evaluate(statement, point(place, {})));
    for (auto [place, result] : llvm::enumerate(results))
      finish(statement, point(place, {}), resultAt(statement, places.outer[place]), result);
    return results;
  }

  /// A long epilogue (an erf, a tanh) at every point of a tile would be most of the code: it is emitted for one row
  /// and looped over the rows. Decides, and makes the memory that holds the tile meanwhile.
  void planEpilogue() {
    firstLooped = info.statements.size();
    while (firstLooped > 0 && !info.isReduction(info.statements[firstLooped - 1]))
      --firstLooped;
    int64_t cost = 0;
    for (ir::StatementInterface statement : ArrayRef(info.statements).drop_front(firstLooped))
      for (Operation &op : statement.getStatementBody()->without_terminator())
        cost += isa<math::MathDialect>(op.getDialect()) ? kMathOps : 1;
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
  std::optional<SmallVector<size_t>> spilledStatements() const {
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

  SmallVector<Value> emitReduction(ir::StatementInterface statement, unsigned count,
                                   llvm::function_ref<Point(unsigned, ArrayRef<DimExpr>)> pointAt, Packing mode) {
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
          SmallVector<Value> next;
          for (unsigned place = 0; place < count; ++place)
            next.append(values.accumulate(statement, pointAt(place, inner), carried.slice(place * width, width)));
          values.lookupPacked = nullptr;
          values.notePacked = nullptr;
          return next;
        },
        insideTest(statement, count, pointAt));
    SmallVector<Value> results;
    for (unsigned place = 0; place < count; ++place)
      results.push_back(values.resultOf(kind, ArrayRef(total).slice(place * width, width), false, false));
    return results;
  }

  /// Whether the lanes of all points read inside: asked before the innermost loops that make no difference to it, or
  /// before all of them, at the ends of their ranges.
  InsideTest insideTest(ir::StatementInterface statement, unsigned count,
                        llvm::function_ref<Point(unsigned, ArrayRef<DimExpr>)> pointAt) {
    InsideTest test;
    addGuard(test, statement, pointAt);
    SmallVector<BoundedAxis> axes = boundedAxes(statement);
    SmallVector<std::string> names = info.innerNames(statement);
    unsigned depth = names.size();
    auto matters = [&](const std::string &name) {
      return llvm::any_of(axes, [&](const BoundedAxis &axis) { return axis.index.uses(name); });
    };
    while (depth > 0 && !matters(names[depth - 1]))
      --depth;
    if (depth == names.size())
      depth = 0;
    bool isMonotonic = llvm::all_of(axes, [&](const BoundedAxis &axis) {
      return axis.index.linearIn(schedule.lane) &&
             llvm::all_of(ArrayRef(names).drop_front(depth),
                          [&](const auto &name) { return axis.index.linearIn(name).has_value(); });
    });
    if (axes.empty() || !isMonotonic || names.size() - depth > kMaxTestedLoops)
      return test;
    test.depth = depth;
    test.ask = [=, this](ArrayRef<DimExpr> known) { return testCorners(statement, axes, count, pointAt, known); };
    return test;
  }

  /// A guard that is the same for all points of a tile and for the innermost indices leaves out their loops.
  void addGuard(InsideTest &test, ir::StatementInterface statement,
                llvm::function_ref<Point(unsigned, ArrayRef<DimExpr>)> pointAt) {
    auto guard = GroupInfo::guardOf(statement);
    auto uses = [&](const std::string &name) { return GroupInfo::dependsOn(statement, guard->condition, name); };
    if (!guard || uses(schedule.lane) || (!schedule.unroll.empty() && uses(schedule.unroll)))
      return;
    SmallVector<std::string> names = info.innerNames(statement);
    test.guardDepth = names.size();
    while (test.guardDepth > 0 && !uses(names[test.guardDepth - 1]))
      --test.guardDepth;
    if (test.guardDepth == names.size())
      return; // it would be asked for each product
    test.guarded = guard->value;
    test.guard = [=, this, condition = guard->condition](ArrayRef<DimExpr> known) {
      SmallVector<DimExpr> inner(known);
      inner.resize(names.size());
      return values.evaluate(statement, condition, pointAt(0, inner));
    };
  }

  /// An index that a boundary rule may move.
  struct BoundedAxis {
    DimExpr index, extent;
  };

  SmallVector<BoundedAxis> boundedAxes(ir::StatementInterface statement) const {
    SmallVector<BoundedAxis> axes;
    std::map<std::string, DimExpr> extents;
    for (auto [name, extent] : llvm::zip_equal(statement.getIndexNames(), statement.getIndexExtents()))
      extents.insert_or_assign(name.str(), extent);
    for (unsigned operand = 0; operand < statement->getNumOperands(); ++operand) {
      if (statement.isWholeAccess(operand) || statement.getAccessBoundary(operand).getKind() == ir::BoundaryKind::None)
        continue;
      auto type = cast<ir::NamedTensorType>(statement->getOperand(operand).getType());
      for (auto [index, extent] : llvm::zip_equal(statement.getAccessExprs(operand), type.getDims())) {
        auto name = index.asSymbol();
        auto range = name ? extents.find(*name) : extents.end();
        if (range == extents.end() || range->second != extent)
          axes.push_back({index, extent});
      }
    }
    return axes;
  }

  Value testCorners(ir::StatementInterface statement, ArrayRef<BoundedAxis> axes, unsigned count,
                    llvm::function_ref<Point(unsigned, ArrayRef<DimExpr>)> pointAt, ArrayRef<DimExpr> known) {
    OpBuilder &b = loops.get();
    SmallVector<DimExpr> extents = info.innerExtents(statement);
    Value all;
    std::set<std::string> done;
    for (unsigned corner = 0; corner < 1U << (extents.size() - known.size()); ++corner)
      for (unsigned place = 0; place < count; ++place) {
        SmallVector<DimExpr> inner(known);
        for (unsigned axis = known.size(); axis < extents.size(); ++axis)
          inner.push_back((corner >> (axis - known.size())) & 1 ? extents[axis] - DimExpr(1) : DimExpr(0));
        Point point = pointAt(place, inner);
        if (point.valid)
          return {};
        std::map<std::string, DimExpr> last = {{point.lane, DimExpr::symbol(point.lane) + DimExpr(point.lanes - 1)}};
        for (const BoundedAxis &axis : axes)
          for (const DimExpr &index :
               {axis.index.substitute(point.coordinates), axis.index.substitute(point.coordinates).substitute(last)}) {
            if (!done.insert(index.str() + " < " + axis.extent.str()).second)
              continue;
            // One unsigned comparison covers both ends.
            Value test = arith::CmpIOp::create(b, loops.getLoc(), arith::CmpIPredicate::ult, loops.emit(index),
                                               loops.emit(axis.extent));
            all = all ? arith::AndIOp::create(b, loops.getLoc(), all, test).getResult() : test;
          }
      }
    return all;
  }

  /// Where the packed value of a point lies: panel rows of `panel` elements, one per reduction step.
  DimExpr packedOffset(ir::StatementInterface statement, ArrayRef<DimExpr> inner, const Point &point) const {
    DimExpr step;
    for (auto [index, extent] : llvm::zip_equal(inner, info.innerExtents(statement)))
      step = step * extent + index;
    DimExpr column = point.coordinates.at(schedule.lane) - DimExpr::symbol(laneName);
    return step * DimExpr(panel) + column;
  }

  void installPacking(ir::StatementInterface statement, ArrayRef<DimExpr> inner, Packing mode) {
    OpBuilder &b = loops.get();
    Location loc = loops.getLoc();
    SmallVector<DimExpr> coordinates(inner);
    Type type = cast<BufferType>(ring.getType()).getElementType();
    if (schedule.lanes > 1)
      type = VectorType::get(schedule.lanes, type);
    // Rows of the tile share a packed vector: one load or store per place in the panel.
    auto done = std::make_shared<std::map<std::string, Value>>();
    if (mode == Packing::Read) {
      values.lookupPacked = [=, this, &b](Value value, const Point &point) -> Value {
        if (value != packedValue)
          return {};
        DimExpr offset = packedOffset(statement, coordinates, point);
        Value &slot = (*done)[offset.str()];
        if (!slot)
          slot = LoadOp::create(b, loc, type, ring, loops.emit(offset), Value());
        return slot;
      };
      return;
    }
    values.notePacked = [=, this, &b](Value value, const Point &point, Value computed) {
      if (value != packedValue)
        return;
      DimExpr offset = packedOffset(statement, coordinates, point);
      if (done->try_emplace(offset.str(), computed).second)
        StoreOp::create(b, loc, values.broadcast(computed, schedule.lanes), ring, loops.emit(offset), Value(), false);
    };
  }

  DimExpr laneExtent{1}, unrollExtent{1}, laneItems{1}, unrollItems{1};
  SmallVector<DimExpr> restExtents, restCoordinates;
  int64_t panel = 1;
  std::string laneName;
  std::optional<Contraction> contraction; ///< set if packed
  Value packedValue, ring;
  static constexpr int64_t kMaxTurnedLanes = 16; // as many vectors are in registers at once
  static constexpr size_t kMaxTestedLoops = 3;
  static constexpr int64_t kMathOps = 20, kMaxUnrolledOps = 400; // what a function of math expands to; in a tile
  size_t firstLooped = 0;         ///< the statement from which on the rows of a tile are looped over
  std::map<size_t, Value> spills; ///< of statements before it: their values in a tile
};

} // namespace

std::unique_ptr<Emitter> tile::createSimdTileEmitter(EmitContext context) {
  return std::make_unique<SimdTileEmitter>(context);
}
