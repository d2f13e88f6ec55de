//===- EmitSimtTranspose.cpp - Tiles turned in group memory ---------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A work item owns `unrollTile` x `laneTile` points. Operands that run along the
// unrolled index are read along it into group memory; all threads wait; then runs
// of points along the lanes' index find their values there.
//
//===----------------------------------------------------------------------===//
#include "EmitSimtTranspose.h"
#include "EmitSimt.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace flex;
using namespace flex::tile;

static DimExpr offsetOf(ir::NamedTensorType type, ArrayRef<DimExpr> at) {
  DimExpr offset;
  for (auto [expr, stride] : llvm::zip_equal(at, denseStrides(type)))
    offset = offset + expr * stride;
  return offset;
}

static DimExpr offsetOf(ir::StatementInterface statement, unsigned operand) {
  return offsetOf(cast<ir::NamedTensorType>(statement->getOperand(operand).getType()),
                  statement.getAccessExprs(operand));
}

/// Whether an access moves by `step` elements with an index; nothing if by something open or not evenly.
static std::optional<int64_t> stepOf(const DimExpr &offset, const std::string &index) {
  auto linear = offset.linearIn(index);
  if (!linear)
    return std::nullopt;
  constexpr int64_t kOpen = -1; // neither 0 nor 1, which is all that matters
  return linear->first.constant().value_or(kOpen);
}

SmallVector<TurnedAccess> tile::findTurned(const GroupInfo &info, const std::string &lane, const std::string &unroll) {
  SmallVector<TurnedAccess> turned;
  for (ir::StatementInterface statement : info.statements) {
    if (!isa<ir::MapOp>(statement) || GroupInfo::hasLoads(statement) || GroupInfo::hasFolds(statement))
      return {};
    for (unsigned operand = 0; operand < statement->getNumOperands(); ++operand) {
      if (statement.isWholeAccess(operand) || statement.getAccessBoundary(operand).getKind() != ir::BoundaryKind::None)
        return {};
      DimExpr offset = offsetOf(statement, operand);
      auto step = stepOf(offset, lane);
      if (step == 0 || step == 1)
        continue;
      Value tensor = statement->getOperand(operand);
      auto type = cast<ir::NamedTensorType>(tensor.getType());
      if (!step || stepOf(offset, unroll) != 1 || info.contains(tensor) || type.getElementBits() < 8)
        return {};
      turned.push_back({statement, operand});
    }
  }
  return turned;
}

bool tile::areTurnedRunsAligned(const GroupInfo &info, const std::string &lane, const std::string &unroll,
                                int64_t lanes) {
  for (auto [name, extent] : llvm::zip_equal(info.outerNames, info.outerExtents))
    if ((name == lane || name == unroll) && extent.mod(DimExpr(lanes)) != DimExpr(0))
      return false;
  auto isAligned = [&](const DimExpr &offset) {
    auto step = stepOf(offset, lane);
    if (step == 0)
      return true;
    RunAlignment runs;
    runs.lanes = lanes;
    runs.addStart(step == 1 ? lane : unroll);
    return runs.multipleOf(offset) >= lanes;
  };
  return llvm::all_of(info.statements, [&](ir::StatementInterface statement) {
    for (unsigned operand = 0; operand < statement->getNumOperands(); ++operand)
      if (!isAligned(offsetOf(statement, operand)))
        return false;
    auto type = cast<ir::NamedTensorType>(statement->getResult(0).getType());
    return !info.escapes(statement) || isAligned(offsetOf(type, statement.getResultExprs()));
  });
}

namespace {

class SimtTransposeEmitter : public Emitter {
public:
  explicit SimtTransposeEmitter(EmitContext context)
      : Emitter(context), accesses(findTurned(info, schedule.lane, schedule.unroll)) {
    runs.lanes = schedule.lanes;
    for (auto [position, name] : llvm::enumerate(info.outerNames)) {
      if (name == schedule.unroll)
        rows = {position, info.outerExtents[position], schedule.unrollTile, {}};
      else if (name == schedule.lane)
        columns = {position, info.outerExtents[position], schedule.laneTile, {}};
      else
        rest.push_back(info.outerExtents[position]);
    }
  }

  DimExpr items() const override { return product(itemExtents()); }

  void emit(Value item) override {
    std::string name = loops.freshName("item");
    loops.define(name, item);
    thread = threadNumber(loops);
    place = delinearize(DimExpr::symbol(name), itemExtents());
    columns.first = bind("column", place.pop_back_val() * DimExpr(columns.tile));
    rows.first = bind("row", place.pop_back_val() * DimExpr(rows.tile));
    values.multipleOf = [this](const DimExpr &offset) { return runs.multipleOf(offset); };
    SmallVector<Value> rings;
    for (TurnedAccess access : accesses)
      rings.push_back(fill(access));
    WaitOp::create(loops.get(), loops.getLoc());
    overRuns(columns, rows, [&](const std::string &start, const DimExpr &column, const DimExpr &row) {
      emitRun(rings, start, column, row);
    });
    values.multipleOf = nullptr;
  }

private:
  struct Side {
    size_t position; ///< among the outer indices
    DimExpr extent;
    int64_t tile;
    DimExpr first; ///< of the work item
  };

  SmallVector<DimExpr> itemExtents() const {
    SmallVector<DimExpr> extents(rest);
    extents.push_back(rows.extent.ceilDiv(DimExpr(rows.tile)));
    extents.push_back(columns.extent.ceilDiv(DimExpr(columns.tile)));
    return extents;
  }

  /// The outer point; `along` has the index of a run, which begins at the name `start`.
  SmallVector<DimExpr> outerAt(const Side &along, const DimExpr &start, const Side &across, const DimExpr &at) const {
    SmallVector<DimExpr> outer(info.outerNames.size());
    unsigned next = 0;
    for (auto [position, coordinate] : llvm::enumerate(outer))
      coordinate = position == along.position ? start : position == across.position ? at : place[next++];
    return outer;
  }

  /// Each thread's share of the tile's runs along one side: the name of where a run begins, and the offsets within the
  /// tile along and across.
  void overRuns(const Side &along, const Side &across,
                llvm::function_ref<void(const std::string &, const DimExpr &, const DimExpr &)> body) {
    DimExpr lanes(schedule.lanes), perLine(along.tile / schedule.lanes);
    std::string number = loops.freshName("run");
    DimExpr all = perLine * DimExpr(across.tile);
    loops.loop(number, thread, all, DimExpr(schedule.groupSize), {}, [&](ValueRange) -> SmallVector<Value> {
      DimExpr offset = bind("along", DimExpr::symbol(number).mod(perLine) * lanes);
      DimExpr line = bind("across", DimExpr::symbol(number).floorDiv(perLine));
      std::string start = loops.freshName("start");
      loops.define(start, loops.emit(along.first + offset));
      runs.addStart(start);
      Value inside;
      if (along.extent.mod(DimExpr(along.tile)) != DimExpr(0))
        inside = lessThan(loops, DimExpr::symbol(start), along.extent);
      if (across.extent.mod(DimExpr(across.tile)) != DimExpr(0))
        inside = allOf(loops, inside, lessThan(loops, across.first + line, across.extent));
      when(loops, inside, [&] {
        values.beginBlock();
        body(start, offset, line);
        values.beginBlock();
      });
      return {};
    });
  }

  Point pointAt(ir::StatementInterface statement, ArrayRef<DimExpr> outer, const std::string &start) const {
    Point point = pointOf(statement, outer);
    if (schedule.lanes > 1) {
      point.lane = start;
      point.lanes = schedule.lanes;
    }
    return point;
  }

  static SmallVector<DimExpr> readAt(TurnedAccess access, const Point &point) {
    SmallVector<DimExpr> at = access.statement.getAccessExprs(access.operand);
    for (DimExpr &expr : at)
      expr = expr.substitute(point.coordinates);
    return at;
  }

  Value fill(TurnedAccess access) {
    Value tensor = access.statement->getOperand(access.operand);
    Type scalar = cast<ir::NamedTensorType>(tensor.getType()).getScalarType();
    auto type = BufferType::get(scalar.getContext(), movedType(scalar), Space::Group);
    DimExpr pitch(turnedPitch(schedule));
    Value ring = RingOp::create(loops.get(), loops.getLoc(), type, (pitch * DimExpr(columns.tile)).str());
    overRuns(rows, columns, [&](const std::string &start, const DimExpr &row, const DimExpr &column) {
      Point point =
          pointAt(access.statement, outerAt(rows, DimExpr::symbol(start), columns, columns.first + column), start);
      Value value = values.readTensor(tensor, readAt(access, point), point);
      StoreOp::create(loops.get(), loops.getLoc(), toMoved(value, scalar), ring, loops.emit(column * pitch + row),
                      Value(), false);
    });
    return ring;
  }

  /// What is moved: the bits of a narrow float, else the value.
  static Type movedType(Type scalar) {
    if (auto integer = dyn_cast<IntegerType>(scalar))
      return IntegerType::get(scalar.getContext(), integer.getWidth());
    unsigned bits = scalar.getIntOrFloatBitWidth();
    return bits <= 16 ? Type(IntegerType::get(scalar.getContext(), bits)) : scalar;
  }

  Type asRun(Type scalar) const { return schedule.lanes > 1 ? Type(VectorType::get(schedule.lanes, scalar)) : scalar; }

  Value toMoved(Value value, Type scalar) {
    if (movedType(scalar) == scalar || !isa<FloatType>(scalar))
      return value;
    Value narrow = loops.get().createOrFold<arith::TruncFOp>(loops.getLoc(), asRun(scalar), value);
    return arith::BitcastOp::create(loops.get(), loops.getLoc(), asRun(movedType(scalar)), narrow);
  }

  Value fromMoved(Value value, Type scalar) {
    if (movedType(scalar) == scalar || !isa<FloatType>(scalar))
      return value;
    Value narrow = arith::BitcastOp::create(loops.get(), loops.getLoc(), asRun(scalar), value);
    return arith::ExtFOp::create(loops.get(), loops.getLoc(), asRun(carrierOf(scalar)), narrow);
  }

  /// The values of a run of columns: each lies in a row of its own of the ring.
  Value collect(Value ring, Type element, const DimExpr &column, const DimExpr &row) {
    OpBuilder &b = loops.get();
    Location loc = loops.getLoc();
    Type scalar = cast<BufferType>(ring.getType()).getElementType();
    auto one = [&](int64_t lane) -> Value {
      DimExpr offset = (column + DimExpr(lane)) * DimExpr(turnedPitch(schedule)) + row;
      return LoadOp::create(b, loc, scalar, ring, loops.emit(offset), Value());
    };
    Value run;
    if (schedule.lanes == 1) {
      run = one(0);
    } else {
      run = arith::ConstantOp::create(b, loc, b.getZeroAttr(VectorType::get(schedule.lanes, scalar)));
      for (int64_t lane = 0; lane < schedule.lanes; ++lane)
        run = vector::InsertOp::create(b, loc, one(lane), run, lane);
    }
    return fromMoved(run, element);
  }

  void emitRun(ArrayRef<Value> rings, const std::string &start, const DimExpr &column, const DimExpr &row) {
    SmallVector<DimExpr> outer = outerAt(columns, DimExpr::symbol(start), rows, bind("at", rows.first + row));
    for (auto [access, ring] : llvm::zip_equal(accesses, rings)) {
      Point point = pointAt(access.statement, outer, start);
      Value tensor = access.statement->getOperand(access.operand);
      Type element = cast<ir::NamedTensorType>(tensor.getType()).getScalarType();
      values.publish(tensor, point, readAt(access, point), collect(ring, element, column, row));
    }
    for (ir::StatementInterface statement : info.statements) {
      Point point = pointAt(statement, outer, start);
      finish(statement, point, resultAt(statement, outer), values.evaluate(statement, point));
    }
    values.clearPublished();
  }

  SmallVector<TurnedAccess> accesses;
  Side rows, columns;
  SmallVector<DimExpr> rest, place; ///< the other outer indices: extents and where the work item is
  RunAlignment runs;
  DimExpr thread;
};

} // namespace

std::unique_ptr<Emitter> tile::createSimtTransposeEmitter(EmitContext context) {
  return std::make_unique<SimtTransposeEmitter>(context);
}
