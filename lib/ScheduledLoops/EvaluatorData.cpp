//===- EvaluatorData.cpp - Reads at computed places, elements of four bits ===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A flex.load whose index values are the same in all lanes is an access like any
// other: the values get names. Otherwise each lane reads for itself. Elements of
// four bits lie two a byte; in registers they are bytes whose high half is 0.
//
//===----------------------------------------------------------------------===//
#include "EvaluatorKeys.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace flex;
using namespace flex::tile;

Value Evaluator::constantOf(TypedAttr value) {
  Type type = value.getType(), carrier = carrierOf(type);
  if (type == carrier)
    return arith::ConstantOp::create(b, loc, value);
  if (auto integer = dyn_cast<IntegerAttr>(value))
    return arith::ConstantOp::create(b, loc, b.getIntegerAttr(carrier, integer.getValue().zext(8)));
  return arith::ConstantOp::create(b, loc, b.getFloatAttr(carrier, cast<FloatAttr>(value).getValueAsDouble()));
}

Value Evaluator::readTensor(Value tensor, ArrayRef<DimExpr> at, const Point &point) {
  Type element = cast<ir::NamedTensorType>(tensor.getType()).getScalarType();
  auto none = ir::BoundaryAttr::get(b.getContext(), ir::BoundaryKind::None, TypedAttr());
  return readMemory(memory.at(tensor.getAsOpaquePointer()), element, at, none, point);
}

Value Evaluator::rounded(Value tensor, Value value) {
  Type element = cast<ir::NamedTensorType>(tensor.getType()).getScalarType();
  return toCarrier(fromCarrier(value, element));
}

//===----------------------------------------------------------------------===//
// flex.load
//===----------------------------------------------------------------------===//

/// Far outside of any tensor, and far from overflow.
static constexpr int64_t kFarOutside = int64_t(1) << 48;

/// The substitution for `$0`, `$1`, … Where it makes no difference, numbers far outside are brought nearer: an access
/// is computed without a check for overflow.
static void bindNumbers(LoopBuilder &loops, ir::LoadOp op, ArrayRef<Value> numbers,
                        std::map<std::string, DimExpr> &names) {
  OpBuilder &b = loops.get();
  Location loc = loops.getLoc();
  ir::BoundaryKind kind = op.getBoundary().getKind();
  bool takesAll = kind == ir::BoundaryKind::Clamp || kind == ir::BoundaryKind::Fill;
  for (auto [position, number] : llvm::enumerate(numbers)) {
    std::string own = "$" + std::to_string(position);
    Value index = arith::IndexCastOp::create(b, loc, b.getIndexType(), number);
    if (takesAll && llvm::all_of(op.getAccessExprs(), [&](const DimExpr &e) { return e.linearIn(own).has_value(); })) {
      index = arith::MaxSIOp::create(b, loc, index, loops.constant(-kFarOutside));
      index = arith::MinSIOp::create(b, loc, index, loops.constant(kFarOutside));
    }
    names[own] = DimExpr::symbol(loops.nameOf(index));
  }
}

/// Whether each index is one of the statement's or of a fold around, over the tensor's own extent.
static bool staysInside(ir::StatementInterface statement, ir::LoadOp op, ArrayRef<DimExpr> exprs) {
  std::map<std::string, DimExpr> extents;
  for (auto [name, extent] : llvm::zip_equal(statement.getIndexNames(), statement.getIndexExtents()))
    extents.insert_or_assign(name.str(), extent);
  for (Operation *around = op->getParentOp(); around && around != statement.getOperation();
       around = around->getParentOp())
    if (auto fold = dyn_cast<ir::FoldOp>(around))
      for (auto [name, extent] : llvm::zip_equal(fold.getIndexNames(), fold.getIndexExtents()))
        extents.insert_or_assign(name.str(), extent);
  SmallVector<DimExpr> dims = cast<ir::NamedTensorType>(op.getTensor().getType()).getDims();
  return llvm::all_of(llvm::zip_equal(exprs, dims), [&](auto pair) {
    auto name = std::get<0>(pair).asSymbol();
    auto extent = name ? extents.find(*name) : extents.end();
    return extent != extents.end() && extent->second == std::get<1>(pair);
  });
}

Value Evaluator::loadWhole(ir::StatementInterface statement, ir::LoadOp op, const Point &point) {
  if (lookupSelf && op.isSelfLoad())
    if (Value value = lookupSelf(op))
      return value;
  unsigned operand = cast<BlockArgument>(op.getTensor()).getArgNumber();
  Value tensor = operand < statement->getNumOperands() ? statement->getOperand(operand) : statement->getResult(0);
  const Memory &place = memory.at(tensor.getAsOpaquePointer());
  SmallVector<Value> numbers;
  std::string key = "load" + keyOf(tensor) + keyOf(op.getBoundary().getAsOpaquePointer()) + keyOf(point.valid);
  for (Value number : op.getIndexValues()) {
    numbers.push_back(evaluate(statement, number, point));
    key += "," + keyOf(numbers.back());
  }
  SmallVector<DimExpr> exprs = op.getAccessExprs();
  for (DimExpr &expr : exprs) {
    if (auto known = knownAccess.find(expr.str()); known != knownAccess.end())
      expr = known->second;
    key += ";" + expr.substitute(point.coordinates).str();
  }
  ir::BoundaryAttr boundary = op.getBoundary();
  if (numbers.empty() && staysInside(statement, op, exprs))
    boundary = ir::BoundaryAttr::get(b.getContext(), ir::BoundaryKind::None, TypedAttr());
  return once(key, [&]() -> Value {
    if (llvm::any_of(numbers, [](Value number) { return lanesOf(number) > 1; })) {
      Value gathered = gatherVector(place, op, numbers, point);
      return gathered ? gathered : loadPerLane(place, op, numbers, point);
    }
    std::map<std::string, DimExpr> names = point.coordinates;
    bindNumbers(loops, op, numbers, names);
    SmallVector<DimExpr> at;
    for (const DimExpr &expr : exprs)
      at.push_back(expr.substitute(names));
    Type element = cast<ir::NamedTensorType>(tensor.getType()).getScalarType();
    return readMemory(place, element, at, boundary, point);
  });
}

/// An index in each lane, as i64; nothing if a number in it is divided or multiplied by something open.
std::optional<Value> Evaluator::vectorIndex(const DimExpr &expr, ArrayRef<Value> numbers, const Point &point) {
  DimExpr rest = expr;
  Value sum;
  for (auto [position, number] : llvm::enumerate(numbers)) {
    auto linear = rest.linearIn("$" + std::to_string(position));
    auto factor = linear ? linear->first.constant() : std::nullopt;
    if (!factor)
      return std::nullopt;
    rest = linear->second;
    if (*factor == 0)
      continue;
    // Brought nearer from far outside, as in bindNumbers.
    Value near = broadcast(number, point.lanes);
    auto limit = [&](int64_t value) {
      return broadcast(arith::ConstantIntOp::create(b, loc, b.getI64Type(), value), point.lanes);
    };
    near =
        arith::MinSIOp::create(b, loc, arith::MaxSIOp::create(b, loc, near, limit(-kFarOutside)), limit(kFarOutside));
    if (*factor != 1)
      near = arith::MulIOp::create(b, loc, near, limit(*factor));
    sum = sum ? arith::AddIOp::create(b, loc, sum, near).getResult() : near;
  }
  rest = rest.substitute(point.coordinates);
  if (sum && rest == DimExpr(0))
    return sum;
  if (auto linear = rest.linearIn(point.lane); rest.uses(point.lane) && (!linear || !linear->first.isConstant()))
    return std::nullopt;
  Value uniform = broadcast(indexValue(rest, point), point.lanes);
  return sum ? arith::AddIOp::create(b, loc, sum, uniform).getResult() : uniform;
}

/// Clamp and fill of elements that the machine gathers; null for others.
Value Evaluator::gatherVector(const Memory &place, ir::LoadOp op, ArrayRef<Value> numbers, const Point &point) {
  Type element = op.getResult().getType();
  ir::BoundaryKind kind = op.getBoundary().getKind();
  unsigned bits = element.getIntOrFloatBitWidth();
  if (place.packed || (bits != 32 && bits != 64) || (kind != ir::BoundaryKind::Clamp && kind != ir::BoundaryKind::Fill))
    return {};
  SmallVector<Value> indices;
  for (const DimExpr &expr : op.getAccessExprs()) {
    auto index = vectorIndex(expr, numbers, point);
    if (!index)
      return {};
    indices.push_back(*index);
  }
  auto lanes = [&](const DimExpr &expr) { return broadcast(indexValue(expr, Point()), point.lanes); };
  Value zero = lanes(0), offset, inside;
  if (point.valid)
    inside = validMask(point);
  for (auto [axis, index] : llvm::enumerate(indices)) {
    if (kind == ir::BoundaryKind::Clamp) {
      Value last = lanes(place.extents[axis] - DimExpr(1));
      index = arith::MaxSIOp::create(b, loc, arith::MinSIOp::create(b, loc, index, last), zero);
    } else {
      Value test = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult, index, lanes(place.extents[axis]));
      inside = inside ? arith::AndIOp::create(b, loc, inside, test).getResult() : test;
    }
    Value step = index;
    if (place.strides[axis] != DimExpr(1))
      step = arith::MulIOp::create(b, loc, index, lanes(place.strides[axis]));
    offset = offset ? arith::AddIOp::create(b, loc, offset, step).getResult() : step;
  }
  if (!inside) {
    auto type = VectorType::get(point.lanes, b.getI1Type());
    inside = arith::ConstantOp::create(b, loc, DenseElementsAttr::get(type, true));
  }
  Value otherwise = kind == ir::BoundaryKind::Fill
                        ? constantOf(op.getBoundary().getValue())
                        : arith::ConstantOp::create(b, loc, b.getZeroAttr(element)).getResult();
  otherwise = broadcast(otherwise, point.lanes);
  return GatherOp::create(b, loc, otherwise.getType(), place.buffer, offset, inside, otherwise);
}

Value Evaluator::loadPerLane(const Memory &place, ir::LoadOp op, ArrayRef<Value> numbers, const Point &point) {
  Type element = op.getResult().getType();
  auto type = VectorType::get(point.lanes, carrierOf(element));
  Value start = arith::ConstantOp::create(b, loc, b.getZeroAttr(type));
  std::string laneName = loops.freshName("lane");
  DimExpr upper(point.lanes);
  if (point.valid)
    upper = DimExpr::min(DimExpr::symbol(loops.nameOf(point.valid)), upper);
  return loops.loop(laneName, 0, upper, 1, start, [&](ValueRange carried) -> SmallVector<Value> {
    Value lane = loops.emit(DimExpr::symbol(laneName));
    SmallVector<Value> own;
    for (Value number : numbers)
      own.push_back(lanesOf(number) == 1 ? number
                                         : vector::ExtractOp::create(b, loc, number, OpFoldResult(lane)).getResult());
    std::map<std::string, DimExpr> names;
    std::map<std::string, DimExpr> shift = {{point.lane, DimExpr::symbol(point.lane) + DimExpr::symbol(laneName)}};
    for (const auto &[name, expr] : point.coordinates)
      names[name] = expr.substitute(shift);
    bindNumbers(loops, op, own, names);
    SmallVector<DimExpr> at;
    for (const DimExpr &expr : op.getAccessExprs())
      at.push_back(expr.substitute(names));
    Value read = readMemory(place, element, at, op.getBoundary(), Point());
    return {vector::InsertOp::create(b, loc, read, carried[0], OpFoldResult(lane))};
  })[0];
}

//===----------------------------------------------------------------------===//
// Elements of four bits
//===----------------------------------------------------------------------===//

static Value byteConstant(OpBuilder &b, Location loc, Type type, int64_t value) {
  TypedAttr attr = b.getI8IntegerAttr(value);
  if (auto vector = dyn_cast<VectorType>(type))
    attr = DenseElementsAttr::get(vector, Attribute(attr));
  return arith::ConstantOp::create(b, loc, attr);
}

Value Evaluator::loadNibble(const Memory &memory, const DimExpr &offset) {
  Value byte = LoadOp::create(b, loc, b.getI8Type(), memory.buffer, loops.emit(offset.floorDiv(DimExpr(2))), Value());
  Value odd = arith::IndexCastOp::create(b, loc, b.getI8Type(), loops.emit(offset.mod(DimExpr(2))));
  Value shift = arith::ShLIOp::create(b, loc, odd, byteConstant(b, loc, odd.getType(), 2));
  Value moved = arith::ShRUIOp::create(b, loc, byte, shift);
  return arith::AndIOp::create(b, loc, moved, byteConstant(b, loc, moved.getType(), 0xf));
}

/// A run from an even place: half as many bytes, taken apart.
Value Evaluator::unpackRun(const Memory &memory, const DimExpr &offset, const Point &point) {
  Value valid;
  if (point.valid) {
    Value up = arith::AddIOp::create(b, loc, point.valid, loops.constant(1));
    valid = arith::ShRSIOp::create(b, loc, up, loops.constant(1));
  }
  auto half = VectorType::get(point.lanes / 2, b.getI8Type());
  Type type = point.lanes == 2 ? Type(b.getI8Type()) : half;
  Value bytes = LoadOp::create(b, loc, type, memory.buffer, loops.emit(offset.floorDiv(DimExpr(2))), valid);
  if (point.lanes == 2)
    bytes = vector::BroadcastOp::create(b, loc, half, bytes);
  Value low = arith::AndIOp::create(b, loc, bytes, byteConstant(b, loc, half, 0xf));
  Value high = arith::ShRUIOp::create(b, loc, bytes, byteConstant(b, loc, half, 4));
  SmallVector<int64_t> mask;
  for (int64_t lane = 0; lane < point.lanes; ++lane)
    mask.push_back(lane / 2 + (lane % 2 ? point.lanes / 2 : 0));
  return vector::ShuffleOp::create(b, loc, low, high, mask);
}

Value Evaluator::loadNibbles(const Memory &memory, const DimExpr &offset, const Point &point, bool vector) {
  if (!vector)
    return loadNibble(memory, offset);
  Value none = arith::ConstantOp::create(b, loc, b.getZeroAttr(VectorType::get(point.lanes, b.getI8Type())));
  Value odd = loops.emit(offset.mod(DimExpr(2)));
  auto is = [&](arith::CmpIPredicate predicate) -> Value {
    return arith::CmpIOp::create(b, loc, predicate, odd, loops.constant(0));
  };
  bool even = point.lanes % 2 == 0;
  Value fast = none;
  if (even)
    fast = loops.conditional(is(arith::CmpIPredicate::eq), none,
                             [&](ValueRange) -> SmallVector<Value> { return {unpackRun(memory, offset, point)}; })[0];
  auto slow = [&](ValueRange) -> SmallVector<Value> {
    std::string laneName = loops.freshName("lane");
    DimExpr upper(point.lanes);
    if (point.valid)
      upper = DimExpr::min(DimExpr::symbol(loops.nameOf(point.valid)), upper);
    return loops.loop(laneName, 0, upper, 1, none, [&](ValueRange carried) -> SmallVector<Value> {
      Value one = loadNibble(memory, offset + DimExpr::symbol(laneName));
      Value lane = loops.emit(DimExpr::symbol(laneName));
      return {vector::InsertOp::create(b, loc, one, carried[0], OpFoldResult(lane))};
    });
  };
  return even ? loops.conditional(is(arith::CmpIPredicate::ne), fast, slow)[0] : slow({})[0];
}

/// The operand of an operation on i4 as a byte of the same value, signed where the operation sees a sign.
Value Evaluator::nibbleOperand(Operation *op, Value value) {
  bool isSigned = isa<arith::ExtSIOp, arith::SIToFPOp, arith::MinSIOp, arith::MaxSIOp, arith::ShRSIOp>(op);
  if (auto compare = dyn_cast<arith::CmpIOp>(op))
    isSigned =
        compare.getPredicate() == arith::CmpIPredicate::slt || compare.getPredicate() == arith::CmpIPredicate::sle ||
        compare.getPredicate() == arith::CmpIPredicate::sgt || compare.getPredicate() == arith::CmpIPredicate::sge;
  if (!isSigned)
    return value;
  Value four = byteConstant(b, loc, value.getType(), 4);
  Value top = arith::ShLIOp::create(b, loc, value, four);
  return arith::ShRSIOp::create(b, loc, top, four);
}

/// Operations that give an i4, and those from i4 to i8, which has its carrier's width already.
Value Evaluator::finishNibble(Operation *op, ValueRange operands, int64_t lanes) {
  Type byte = b.getI8Type(), type = lanes == 1 ? byte : VectorType::get(lanes, byte);
  Value result;
  bool isByte = getElementTypeOrSelf(operands[0].getType()).isInteger(8); // else a bool, or something wider
  if (isa<arith::ExtSIOp, arith::ExtUIOp, arith::TruncIOp>(op) && isByte) {
    result = operands[0];
  } else {
    OperationState state(loc, op->getName());
    state.addOperands(operands);
    state.addTypes(type);
    state.addAttributes(op->getAttrs());
    result = b.create(state)->getResult(0);
  }
  if (!op->getResult(0).getType().isInteger(4))
    return result;
  return arith::AndIOp::create(b, loc, result, byteConstant(b, loc, type, 0xf));
}
