//===- Evaluator.cpp - A statement's value at a point ---------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Values are hash-consed by what they compute (`memo`), so that unrolled points
// share loads, broadcasts and lane-independent arithmetic by construction.
//
//===----------------------------------------------------------------------===//
#include "Evaluator.h"
#include "EvaluatorKeys.h"
#include "flex/ScheduledLoops/Workspace.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/SaveAndRestore.h"

#include <cmath>

using namespace mlir;
using namespace flex;
using namespace flex::tile;

/// Up to this step, loading everything between and shuffling beats one load per lane.
static constexpr int64_t kMaxShuffledStep = 4;

Type tile::carrierOf(Type scalar) {
  if (scalar.isInteger(4))
    return IntegerType::get(scalar.getContext(), 8);
  bool isNarrow = isa<FloatType>(scalar) && scalar.getIntOrFloatBitWidth() <= 16;
  return isNarrow ? Float32Type::get(scalar.getContext()) : scalar;
}

static Type withLanes(Type scalar, int64_t lanes) {
  return lanes == 1 ? scalar : VectorType::get(lanes, scalar);
}

void Evaluator::beginBlock() {
  memo.clear();
}

Value Evaluator::once(const std::string &key, llvm::function_ref<Value()> make) {
  if (auto it = memo.find(key); it != memo.end())
    return it->second;
  Value value = make();
  memo[key] = value;
  return value;
}

void Evaluator::publish(Value tensor, const Point &point, ArrayRef<DimExpr> at, Value value) {
  published[{tensor.getAsOpaquePointer(), keyOf(at)}] = value;
}

Value Evaluator::broadcast(Value scalar, int64_t lanes) {
  if (lanes == 1 || lanesOf(scalar) == lanes)
    return scalar;
  return once("splat" + keyOf(scalar), [&]() -> Value {
    Attribute constant;
    if (matchPattern(scalar, m_Constant(&constant)))
      return arith::ConstantOp::create(
          b, loc, DenseElementsAttr::get(VectorType::get(lanes, scalar.getType()), cast<TypedAttr>(constant)));
    return vector::BroadcastOp::create(b, loc, VectorType::get(lanes, scalar.getType()), scalar);
  });
}

Value Evaluator::identity(ir::CombinerKind kind, Type scalar, int64_t lanes) {
  TypedAttr value = ir::getIdentity(kind, scalar);
  if (lanes > 1)
    value = DenseElementsAttr::get(VectorType::get(lanes, scalar), value);
  return arith::ConstantOp::create(b, loc, value);
}

Value Evaluator::validMask(const Point &point) {
  return once("mask" + keyOf(point.valid), [&]() -> Value {
    return vector::CreateMaskOp::create(b, loc, VectorType::get(point.lanes, b.getI1Type()), point.valid);
  });
}

//===----------------------------------------------------------------------===//
// Narrow types
//===----------------------------------------------------------------------===//

Value Evaluator::toCarrier(Value value) {
  Type scalar = getElementTypeOrSelf(value.getType()), carrier = carrierOf(scalar);
  return scalar == carrier ? value : arith::ExtFOp::create(b, loc, withLanes(carrier, lanesOf(value)), value);
}

Value Evaluator::fromCarrier(Value value, Type scalar) {
  if (getElementTypeOrSelf(value.getType()) == scalar || scalar.isInteger(4))
    return value;
  if (auto widened = value.getDefiningOp<arith::ExtFOp>(); widened && getElementTypeOrSelf(widened.getIn()) == scalar)
    return widened.getIn();
  return arith::TruncFOp::create(b, loc, withLanes(scalar, lanesOf(value)), value);
}

Value Evaluator::strictly(Value value, Type scalar) {
  return strict && isa<FloatType>(scalar) ? toCarrier(fromCarrier(value, scalar)) : value;
}

//===----------------------------------------------------------------------===//
// Reading operands
//===----------------------------------------------------------------------===//

Value Evaluator::read(ir::StatementInterface statement, unsigned operand, const Point &point) {
  Value tensor = statement->getOperand(operand);
  SmallVector<DimExpr> at;
  for (const DimExpr &expr : statement.getAccessExprs(operand))
    at.push_back(expr.substitute(point.coordinates));
  ir::BoundaryAttr boundary = statement.getAccessBoundary(operand);
  if (statement.getOperation() == insideStatement)
    boundary = ir::BoundaryAttr::get(b.getContext(), ir::BoundaryKind::None, TypedAttr());
  if (auto it = published.find({tensor.getAsOpaquePointer(), keyOf(at)}); it != published.end())
    return it->second;
  if (auto it = memory.find(tensor.getAsOpaquePointer()); it != memory.end()) {
    Type element = cast<ir::NamedTensorType>(tensor.getType()).getScalarType();
    std::string key = "read" + keyOf(tensor) + keyOf(at) + keyOf(boundary.getAsOpaquePointer()) + keyOf(point.valid);
    return once(key, [&] { return readMemory(it->second, element, at, boundary, point); });
  }
  // Not stored anywhere: compute it where it is needed.
  auto producer = cast<ir::StatementInterface>(tensor.getDefiningOp());
  Point inner = point;
  inner.coordinates.clear();
  for (auto [name, expr] : llvm::zip_equal(producer.getIndexNames(), at))
    inner.coordinates[name.str()] = expr;
  return evaluate(producer, inner);
}

Value Evaluator::readMemory(const Memory &memory, Type element, ArrayRef<DimExpr> at, ir::BoundaryAttr boundary,
                            const Point &point) {
  if (boundary.getKind() != ir::BoundaryKind::None)
    return readBounded(memory, element, at, boundary, point);
  DimExpr offset = linearOffset(memory, at);
  if (memory.packed && offset.uses(point.lane) && point.lanes > 1) {
    auto linear = offset.linearIn(point.lane);
    return linear && linear->first == DimExpr(1) ? loadNibbles(memory, offset, point, true)
                                                 : gather(memory, element, at, boundary, point);
  }
  bool varies = !point.lane.empty() && point.lanes > 1 && offset.uses(point.lane);
  if (!varies)
    return loadRun(memory, element, offset, point, false);
  auto linear = offset.linearIn(point.lane);
  if (linear && linear->first == DimExpr(1))
    return loadRun(memory, element, offset, point, true);
  auto step = linear ? linear->first.constant() : std::nullopt;
  if (step && *step > 1 && *step <= kMaxShuffledStep)
    return loadStrided(memory, element, offset, *step, point);
  return gather(memory, element, at, boundary, point);
}

void Evaluator::prefetch(ir::StatementInterface statement, const Point &point) {
  for (unsigned operand = 0; operand < statement->getNumOperands(); ++operand) {
    auto it = memory.find(statement->getOperand(operand).getAsOpaquePointer());
    if (it == memory.end() || it->second.packed || statement.isWholeAccess(operand) ||
        statement.getAccessBoundary(operand).getKind() != ir::BoundaryKind::None)
      continue;
    SmallVector<DimExpr> at;
    for (const DimExpr &expr : statement.getAccessExprs(operand))
      at.push_back(expr.substitute(point.coordinates));
    DimExpr offset = linearOffset(it->second, at);
    auto linear = offset.linearIn(point.lane);
    if (linear && linear->first == DimExpr(1))
      PrefetchOp::create(b, loc, it->second.buffer, loops.emit(offset), 1);
  }
}

/// Every step-th element: \p step runs, of which only what is needed is touched, and shuffles.
Value Evaluator::loadStrided(const Memory &memory, Type element, const DimExpr &offset, int64_t step,
                             const Point &point) {
  // (lanes - 1) * step + 1 elements lie between the first and the last one read.
  Value needed;
  if (point.valid) {
    Value last = arith::SubIOp::create(b, loc, point.valid, loops.constant(1));
    Value span = arith::MulIOp::create(b, loc, last, loops.constant(step));
    needed = arith::AddIOp::create(b, loc, span, loops.constant(1));
  } else {
    needed = loops.constant((point.lanes - 1) * step + 1);
  }
  Value picked;
  for (int64_t run = 0; run < step; ++run) {
    Point part = point;
    bool whole = !point.valid && run + 1 < step;
    part.valid = whole ? Value() : arith::SubIOp::create(b, loc, needed, loops.constant(run * point.lanes)).getResult();
    Value values = loadRun(memory, element, offset + DimExpr(run * point.lanes), part, true);
    if (!picked) {
      picked = values;
      // Lane l of the first run holds element l; later shuffles replace what lies in their run.
      SmallVector<int64_t> first;
      for (int64_t lane = 0; lane < point.lanes; ++lane)
        first.push_back(lane * step < point.lanes ? lane * step : 0);
      picked = vector::ShuffleOp::create(b, loc, picked, picked, first);
      continue;
    }
    SmallVector<int64_t> mask;
    for (int64_t lane = 0; lane < point.lanes; ++lane) {
      int64_t place = lane * step - run * point.lanes;
      mask.push_back(place >= 0 && place < point.lanes ? point.lanes + place : lane);
    }
    picked = vector::ShuffleOp::create(b, loc, picked, values, mask);
  }
  return picked;
}

Value Evaluator::loadRun(const Memory &memory, Type element, const DimExpr &offset, const Point &point, bool vector) {
  if (memory.packed)
    return loadNibbles(memory, offset, point, vector && point.lanes > 1);
  Type scalar = cast<BufferType>(memory.buffer.getType()).getElementType();
  if (auto integer = dyn_cast<IntegerType>(scalar))
    scalar = b.getIntegerType(integer.getWidth());
  Type type = withLanes(scalar, vector ? point.lanes : 1);
  auto load = LoadOp::create(b, loc, type, memory.buffer, loops.emit(offset), vector ? point.valid : Value());
  if (vector && !point.valid)
    noteAlignment(load, offset, scalar);
  return toCarrier(load);
}

/// Buffers begin at multiples of 16 bytes.
void Evaluator::noteAlignment(Operation *access, const DimExpr &offset, Type element) {
  constexpr int64_t kBufferAlignment = 16;
  if (!multipleOf)
    return;
  int64_t size = elementBytes(element), known = std::min(multipleOf(offset) * size, kBufferAlignment);
  if (known > size)
    access->setAttr(kAlignmentAttr, b.getI64IntegerAttr(known));
}

/// One scalar read per lane, in a loop: right for every index expression.
Value Evaluator::gather(const Memory &memory, Type element, ArrayRef<DimExpr> at, ir::BoundaryAttr boundary,
                        const Point &point) {
  Type carrier = carrierOf(element);
  Value start = arith::ConstantOp::create(b, loc, b.getZeroAttr(VectorType::get(point.lanes, carrier)));
  std::string laneName = loops.freshName("lane");
  if (point.valid) {
    std::string bound = loops.freshName("valid");
    loops.define(bound, point.valid);
    DimExpr upper = DimExpr::min(DimExpr::symbol(bound), DimExpr(point.lanes));
    // A min with a symbol never folds to a constant, so this is a real loop.
    return gatherLoop(memory, element, at, boundary, point, laneName, upper, start);
  }
  return gatherLoop(memory, element, at, boundary, point, laneName, DimExpr(point.lanes), start);
}

Value Evaluator::gatherLoop(const Memory &memory, Type element, ArrayRef<DimExpr> at, ir::BoundaryAttr boundary,
                            const Point &point, const std::string &laneName, const DimExpr &upper, Value start) {
  return loops.loop(laneName, 0, upper, 1, start, [&](ValueRange carried) -> SmallVector<Value> {
    std::map<std::string, DimExpr> shift = {{point.lane, DimExpr::symbol(point.lane) + DimExpr::symbol(laneName)}};
    SmallVector<DimExpr> shifted;
    for (const DimExpr &expr : at)
      shifted.push_back(expr.substitute(shift));
    Point scalar;
    Value read = readMemory(memory, element, shifted, boundary, scalar);
    Value lane = loops.emit(DimExpr::symbol(laneName));
    return {vector::InsertOp::create(b, loc, read, carried[0], OpFoldResult(lane))};
  })[0];
}

/// The index that a boundary rule other than fill reads.
static DimExpr applyRule(ir::BoundaryKind kind, const DimExpr &index, const DimExpr &extent) {
  switch (kind) {
  case ir::BoundaryKind::Clamp: return DimExpr::max(DimExpr::min(index, extent - DimExpr(1)), 0);
  case ir::BoundaryKind::Wrap: return index.mod(extent);
  case ir::BoundaryKind::Mirror: {
    // Period 2(n-1), of which the second half runs backwards; n == 1 has period 1.
    DimExpr last = extent - DimExpr(1);
    DimExpr phase = index.mod(DimExpr::max(last * DimExpr(2), 1));
    return DimExpr::min(phase, last * DimExpr(2) - phase);
  }
  default: return index;
  }
}

/// i1: every index lies in its extent. Indices that a rule cannot move are skipped.
Value Evaluator::insideTest(const Memory &memory, ArrayRef<DimExpr> at) {
  Value inside;
  for (auto [index, extent] : llvm::zip_equal(at, memory.extents)) {
    Value value = loops.emit(index);
    // One unsigned comparison covers both ends.
    Value test = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult, value, loops.emit(extent));
    inside = inside ? arith::AndIOp::create(b, loc, inside, test).getResult() : test;
  }
  return inside ? inside : arith::ConstantIntOp::create(b, loc, b.getI1Type(), 1).getResult();
}

Value Evaluator::readBounded(const Memory &memory, Type element, ArrayRef<DimExpr> at, ir::BoundaryAttr boundary,
                             const Point &point) {
  bool varies = point.lanes > 1 && llvm::any_of(at, [&](const DimExpr &e) { return e.uses(point.lane); });
  ir::BoundaryKind kind = boundary.getKind();
  if (!varies) {
    Point scalar;
    if (kind != ir::BoundaryKind::Fill) {
      SmallVector<DimExpr> moved;
      for (auto [index, extent] : llvm::zip_equal(at, memory.extents))
        moved.push_back(applyRule(kind, index, extent));
      return loadRun(memory, element, linearOffset(memory, moved), scalar, false);
    }
    Value fill = constantOf(boundary.getValue());
    return loops.conditional(insideTest(memory, at), fill, [&](ValueRange) -> SmallVector<Value> {
      return {loadRun(memory, element, linearOffset(memory, at), scalar, false)};
    })[0];
  }
  // Lanes run along one axis with step one: a whole run inside is one load; the rest lane by lane.
  SmallVector<DimExpr> moved(at), first(at), last(at);
  bool contiguous = true;
  for (auto [axis, index] : llvm::enumerate(at)) {
    if (!index.uses(point.lane)) {
      if (kind != ir::BoundaryKind::Fill)
        moved[axis] = first[axis] = last[axis] = applyRule(kind, index, memory.extents[axis]);
      continue;
    }
    auto linear = (index * memory.strides[axis]).linearIn(point.lane);
    contiguous &= linear && linear->first == DimExpr(1);
    last[axis] = index + DimExpr(point.lanes - 1);
  }
  if (!contiguous)
    return gather(memory, element, at, boundary, point);
  auto readLanes = [&](ValueRange) -> SmallVector<Value> {
    return {readBoundedRun(memory, element, at, boundary, point, moved, first, last)};
  };
  auto uniform = [&](const DimExpr &index) { return !index.uses(point.lane); };
  if (kind != ir::BoundaryKind::Fill || llvm::none_of(at, uniform))
    return readLanes({})[0];
  // All lanes are outside if another axis is.
  Value fill = broadcast(constantOf(boundary.getValue()), point.lanes);
  Memory others = memory;
  SmallVector<DimExpr> indices(at);
  for (unsigned axis = at.size(); axis-- > 0;)
    if (!uniform(at[axis])) {
      indices.erase(indices.begin() + axis);
      others.extents.erase(others.extents.begin() + axis);
    }
  return loops.conditional(insideTest(others, indices), fill, readLanes)[0];
}

/// A run that may leave its axis at either end; `first` and `last` are where the first and the last lane read.
Value Evaluator::readBoundedRun(const Memory &memory, Type element, ArrayRef<DimExpr> at, ir::BoundaryAttr boundary,
                                const Point &point, ArrayRef<DimExpr> moved, ArrayRef<DimExpr> first,
                                ArrayRef<DimExpr> last) {
  Value none = arith::ConstantOp::create(b, loc, b.getZeroAttr(VectorType::get(point.lanes, carrierOf(element))));
  Value inside = arith::AndIOp::create(b, loc, insideTest(memory, first), insideTest(memory, last));
  Point whole = point;
  whole.valid = Value();
  Value fast = loops.conditional(inside, none, [&](ValueRange) -> SmallVector<Value> {
    return {loadRun(memory, element, linearOffset(memory, moved), whole, true)};
  })[0];
  Value outside = arith::XOrIOp::create(b, loc, inside, arith::ConstantIntOp::create(b, loc, b.getI1Type(), 1));
  return loops.conditional(outside, fast, [&](ValueRange) -> SmallVector<Value> {
    if (Value window = readWindow(memory, element, at, boundary, point))
      return {window};
    return {gather(memory, element, at, boundary, point)};
  })[0];
}

/// A run with zeros around its axis: the lanes inside of it are read at once. Null if that is not what is read.
Value Evaluator::readWindow(const Memory &memory, Type element, ArrayRef<DimExpr> at, ir::BoundaryAttr boundary,
                            const Point &point) {
  unsigned bits = element.getIntOrFloatBitWidth();
  SmallVector<unsigned> along;
  for (auto [axis, index] : llvm::enumerate(at))
    if (index.uses(point.lane))
      along.push_back(axis);
  if (!hasWindows || memory.packed || (bits != 32 && bits != 64) || carrierOf(element) != element ||
      !boundary.fillsWithZero() || along.size() != 1)
    return {};
  DimExpr index = at[along[0]];
  Value first = loops.emit(DimExpr(0) - index), end = loops.emit(memory.extents[along[0]] - index);
  if (point.valid)
    end = arith::MinSIOp::create(b, loc, end, point.valid);
  Type type = VectorType::get(point.lanes, element);
  return LoadWindowOp::create(b, loc, type, memory.buffer, loops.emit(linearOffset(memory, at)), first, end);
}

//===----------------------------------------------------------------------===//
// Computing
//===----------------------------------------------------------------------===//

Value Evaluator::indexValue(const DimExpr &expr, const Point &point, IntegerType type) {
  type = type ? type : b.getI64Type();
  Value base = arith::IndexCastOp::create(b, loc, type, loops.emit(expr));
  if (point.lanes == 1 || !expr.uses(point.lane))
    return base;
  auto linear = expr.linearIn(point.lane);
  if (!linear || !linear->first.isConstant())
    return indexValuePerLane(expr, point, type);
  SmallVector<Attribute> steps;
  for (int64_t lane = 0; lane < point.lanes; ++lane)
    steps.push_back(b.getIntegerAttr(type, lane * *linear->first.constant()));
  Value iota = arith::ConstantOp::create(b, loc, DenseElementsAttr::get(VectorType::get(point.lanes, type), steps));
  return arith::AddIOp::create(b, loc, broadcast(base, point.lanes), iota);
}

/// x / s with s the same in all lanes: one division, then products (docs/numerics.md).
Value Evaluator::indexValuePerLane(const DimExpr &expr, const Point &point, IntegerType type) {
  Value start = arith::ConstantOp::create(b, loc, b.getZeroAttr(VectorType::get(point.lanes, type)));
  std::string laneName = loops.freshName("lane");
  return loops.loop(laneName, 0, DimExpr(point.lanes), 1, start, [&](ValueRange carried) -> SmallVector<Value> {
    DimExpr shifted = expr.substitute({{point.lane, DimExpr::symbol(point.lane) + DimExpr::symbol(laneName)}});
    Value value = arith::IndexCastOp::create(b, loc, type, loops.emit(shifted));
    return {vector::InsertOp::create(b, loc, value, carried[0], OpFoldResult(loops.emit(DimExpr::symbol(laneName))))};
  })[0];
}

bool Evaluator::isDivisionByUniform(Operation *op, ArrayRef<Value> operands) {
  return isa<arith::DivFOp>(op) && lanesOf(operands[0]) > 1 && lanesOf(operands[1]) == 1;
}

/// (x * c) * (1 / (s * c)): c is a power of two, and not 1 only where 1 / s itself would overflow or lose bits.
Value Evaluator::divideByUniform(Value x, Value s) {
  Type type = s.getType();
  int64_t lanes = lanesOf(x);
  auto power = [&](int exponent) -> Value {
    return arith::ConstantOp::create(b, loc, b.getFloatAttr(type, std::ldexp(1.0, exponent)));
  };
  Value scale = once("scale" + keyOf(s), [&]() -> Value {
    int far = type.isF64() ? 512 : 64;
    Value magnitude = math::AbsFOp::create(b, loc, s);
    Value small = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OLT, magnitude, power(-far));
    Value large = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OGT, magnitude, power(far));
    Value down = arith::SelectOp::create(b, loc, large, power(-far), power(0));
    return arith::SelectOp::create(b, loc, small, power(far), down);
  });
  Value reciprocal = once("recip" + keyOf(s), [&]() -> Value {
    Value scaled = arith::MulFOp::create(b, loc, s, scale);
    return arith::DivFOp::create(b, loc, power(0), scaled, approximations);
  });
  Value scaled = arith::MulFOp::create(b, loc, x, broadcast(scale, lanes));
  return arith::MulFOp::create(b, loc, scaled, broadcast(reciprocal, lanes));
}

Value Evaluator::cloneOp(Operation *op, ArrayRef<Value> operands, int64_t lanes) {
  OperationState state(loc, op->getName());
  SmallVector<Value> lifted;
  for (auto [original, operand] : llvm::zip_equal(op->getOperands(), operands)) {
    Value value = operand;
    if (original.getType().isInteger(4))
      value = nibbleOperand(op, value);
    // Reinterpreting bits needs the real type, not its carrier.
    if (isa<arith::BitcastOp>(op))
      value = fromCarrier(value, original.getType());
    bool keepScalar = isa<arith::SelectOp>(op) && lifted.empty() && lanesOf(operand) == 1;
    lifted.push_back(keepScalar ? value : broadcast(value, lanes));
  }
  Type result = op->getResult(0).getType();
  if (result.isInteger(4) ||
      (result.isInteger(8) && op->getNumOperands() == 1 && op->getOperand(0).getType().isInteger(4)))
    return finishNibble(op, lifted, lanes);
  state.addOperands(lifted);
  bool rounds = isa<arith::TruncFOp, arith::SIToFPOp, arith::UIToFPOp, arith::BitcastOp>(op);
  state.addTypes(withLanes(rounds ? result : carrierOf(result), lanes));
  state.addAttributes(op->getAttrs());
  if (!strict && isa<arith::AddFOp, arith::SubFOp, arith::MulFOp>(op))
    state.attributes.set("fastmath", arith::FastMathFlagsAttr::get(b.getContext(), arith::FastMathFlags::contract));
  bool isCoarse = arith::bitEnumContainsAll(approximations, arith::FastMathFlags::afn);
  if (approximations != arith::FastMathFlags::none &&
      (isa<math::RsqrtOp>(op) || (isCoarse && isa<math::ExpOp, math::Exp2Op>(op))))
    state.attributes.set("fastmath", arith::FastMathFlagsAttr::get(b.getContext(), approximations));
  Value value = toCarrier(b.create(state)->getResult(0));
  bool isArithmetic = isa<arith::AddFOp, arith::SubFOp, arith::MulFOp, arith::DivFOp, arith::RemFOp>(op) ||
                      isa<math::MathDialect>(op->getDialect());
  return isArithmetic ? strictly(value, result) : value;
}

Value Evaluator::computeOp(ir::StatementInterface statement, Operation *op, const Point &point) {
  llvm::SaveAndRestore here(loc, op->getLoc());
  if (auto index = dyn_cast<ir::IndexOp>(op))
    return indexValue(point.coordinates.at(index.getIndexName().str()), point);
  if (auto dim = dyn_cast<ir::DimOp>(op))
    return indexValue(ir::toDimExpr(dim.getExprAttr()), Point());
  if (auto constant = dyn_cast<arith::ConstantOp>(op))
    return constantOf(constant.getValue());
  if (auto load = dyn_cast<ir::LoadOp>(op))
    return loadWhole(statement, load, point);
  if (auto fold = dyn_cast<ir::FoldOp>(op))
    return foldBody(statement, fold, point);
  SmallVector<Value> operands;
  int64_t lanes = 1;
  for (Value operand : op->getOperands()) {
    operands.push_back(evaluate(statement, operand, point));
    lanes = std::max(lanes, lanesOf(operands.back()));
  }
  if (!strict && isDivisionByUniform(op, operands))
    return divideByUniform(operands[0], operands[1]);
  // Widening from a carrier that already has the wide type changes nothing.
  if (isa<arith::ExtFOp>(op) && getElementTypeOrSelf(operands[0].getType()) == carrierOf(op->getResult(0).getType()))
    return operands[0];
  std::string key = op->getName().getStringRef().str() + keyOf(op->getAttrDictionary().getAsOpaquePointer()) +
                    keyOf(op->getResult(0).getType().getAsOpaquePointer());
  for (Value operand : operands)
    key += "," + keyOf(operand);
  return once(key, [&] { return cloneOp(op, operands, lanes); });
}

Value Evaluator::evaluate(ir::StatementInterface statement, Value value, const Point &point) {
  auto argument = dyn_cast<BlockArgument>(value);
  if (argument && !lookupPacked && !notePacked)
    return read(statement, argument.getArgNumber(), point);
  // By what is computed at which point, so that a shared value is visited once per point.
  std::string key = "body" + keyOf(value) + keyOf(point.valid);
  for (const auto &[name, expr] : point.coordinates)
    key += expr.str() + ";";
  return once(key, [&]() -> Value {
    if (lookupPacked)
      if (Value packed = lookupPacked(value, point))
        return packed;
    Value computed =
        argument ? read(statement, argument.getArgNumber(), point) : computeOp(statement, value.getDefiningOp(), point);
    if (notePacked)
      notePacked(value, point, computed);
    return computed;
  });
}

Value Evaluator::evaluate(ir::StatementInterface statement, const Point &point) {
  llvm::SaveAndRestore here(loc, statement.getLoc());
  auto yield = cast<ir::YieldOp>(statement.getStatementBody()->getTerminator());
  return evaluate(statement, yield.getOperand(0), point);
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

Value Evaluator::leadOf(Value tensor, ArrayRef<DimExpr> at, int64_t lanes) {
  constexpr int64_t kLineBytes = 64;
  const Memory &target = memory.at(tensor.getAsOpaquePointer());
  int64_t bytes = lanes * elementBytes(cast<ir::NamedTensorType>(tensor.getType()).getScalarType());
  if (target.packed || target.strides.empty() || target.strides.back() != DimExpr(1) || lanes < 2 ||
      !llvm::isPowerOf2_64(bytes))
    return Value();
  return LeadOp::create(b, loc, target.buffer, loops.emit(linearOffset(target, at)), std::min(bytes, kLineBytes));
}

void Evaluator::store(Value tensor, ArrayRef<DimExpr> at, Value value, const Point &point, bool nontemporal) {
  const Memory &target = memory.at(tensor.getAsOpaquePointer());
  Type element = cast<BufferType>(target.buffer.getType()).getElementType();
  if (auto integer = dyn_cast<IntegerType>(element))
    element = b.getIntegerType(integer.getWidth());
  DimExpr offset = linearOffset(target, at);
  bool varies = point.lanes > 1 && offset.uses(point.lane);
  if (!varies) {
    StoreOp::create(b, loc, fromCarrier(value, element), target.buffer, loops.emit(offset), Value(), false);
    return;
  }
  value = fromCarrier(broadcast(value, point.lanes), element);
  auto linear = offset.linearIn(point.lane);
  if (linear && linear->first == DimExpr(1)) {
    auto store = StoreOp::create(b, loc, value, target.buffer, loops.emit(offset), point.valid, nontemporal);
    if (!point.valid)
      noteAlignment(store, offset, element);
    return;
  }
  // A strided result: one scalar store per lane.
  std::string laneName = loops.freshName("lane");
  DimExpr upper(point.lanes);
  if (point.valid) {
    std::string bound = loops.freshName("valid");
    loops.define(bound, point.valid);
    upper = DimExpr::min(DimExpr::symbol(bound), upper);
  }
  loops.loop(laneName, 0, upper, 1, {}, [&](ValueRange) -> SmallVector<Value> {
    DimExpr shifted = offset.substitute({{point.lane, DimExpr::symbol(point.lane) + DimExpr::symbol(laneName)}});
    Value lane = vector::ExtractOp::create(b, loc, value, OpFoldResult(loops.emit(DimExpr::symbol(laneName))));
    StoreOp::create(b, loc, lane, target.buffer, loops.emit(shifted), Value(), false);
    return {};
  });
}
