//===- EmitSimdAttentionReads.cpp - Queries, keys and masks of attention --===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Queries, and what masks and biases read along the keys, are turned block by block, so
// that lanes run along queries. Indices that a boundary rule may move are moved where they are
// first known, outside of the loops.
//
//===----------------------------------------------------------------------===//
#include "EmitSimdAttention.h"
#include "TurnVectors.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace flex;
using namespace flex::tile;

Value SimdAttentionReads::load(Value ring, const DimExpr &offset) {
  return LoadOp::create(b, loc, vector, ring, loops.emit(offset), Value());
}
Value SimdAttentionReads::loadScalar(Value ring, const DimExpr &offset) {
  return LoadOp::create(b, loc, element, ring, loops.emit(offset), Value());
}
void SimdAttentionReads::store(Value value, Value ring, const DimExpr &offset) {
  StoreOp::create(b, loc, value, ring, loops.emit(offset), Value(), false);
}
Value SimdAttentionReads::splat(double number) {
  return arith::ConstantOp::create(b, loc, DenseElementsAttr::get(vector, Attribute(b.getFloatAttr(element, number))));
}
Value SimdAttentionReads::spread(Value scalar) {
  return vector::BroadcastOp::create(b, loc, vector, scalar);
}
Value SimdAttentionReads::lowest() {
  return splat(-std::numeric_limits<double>::infinity());
}

void SimdAttentionReads::loop(const std::string &stem, const DimExpr &from, const DimExpr &to, int64_t step,
                              llvm::function_ref<void(const DimExpr &)> body) {
  carry(stem, from, to, step, {}, [&](const DimExpr &index, ValueRange) -> SmallVector<Value> {
    body(index);
    return {};
  });
}
SmallVector<Value> SimdAttentionReads::carry(const std::string &stem, const DimExpr &from, const DimExpr &to,
                                             int64_t step, ValueRange init,
                                             llvm::function_ref<SmallVector<Value>(const DimExpr &, ValueRange)> body) {
  std::string name = loops.freshName(stem);
  SmallVector<Value> result = loops.loop(name, from, to, DimExpr(step), init, [&](ValueRange carried) {
    forget();
    SmallVector<Value> next = body(DimExpr::symbol(name), carried);
    forget();
    return next;
  });
  forget();
  return result;
}
void SimdAttentionReads::forget() {
  values.beginBlock();
  values.clearPublished();
}

SmallVector<DimExpr> SimdAttentionReads::outerAt(const DimExpr &query) const {
  SmallVector<DimExpr> outer;
  for (const std::string &name : info.outerNames)
    outer.push_back(name == parts.query ? query : batch.at(name));
  return outer;
}

Value SimdAttentionReads::factor(ir::StatementInterface statement, Value value, const Point &point) {
  values.lookupPacked = [&, statement](Value part, const Point &at) mutable -> Value {
    auto argument = dyn_cast<BlockArgument>(part);
    unsigned operand = argument ? argument.getArgNumber() : 0;
    if (!argument || statement.getAccessBoundary(operand).getKind() == ir::BoundaryKind::None)
      return {};
    return values.readTensor(statement->getOperand(operand), insideOf(statement, operand, at), at);
  };
  Value result = values.evaluate(statement, value, point);
  values.lookupPacked = nullptr;
  return result;
}

static DimExpr applyBoundary(ir::BoundaryKind kind, const DimExpr &index, const DimExpr &extent) {
  DimExpr last = extent - DimExpr(1);
  if (kind == ir::BoundaryKind::Wrap)
    return index.mod(extent);
  if (kind == ir::BoundaryKind::Clamp)
    return DimExpr::max(DimExpr::min(index, last), 0);
  DimExpr phase = index.mod(DimExpr::max(last * DimExpr(2), 1));
  return DimExpr::min(phase, last * DimExpr(2) - phase);
}

SmallVector<DimExpr> SimdAttentionReads::insideOf(ir::StatementInterface statement, unsigned operand,
                                                  const Point &point) const {
  auto type = cast<ir::NamedTensorType>(statement->getOperand(operand).getType());
  ir::BoundaryKind kind = statement.getAccessBoundary(operand).getKind();
  SmallVector<StringRef> names = statement.getIndexNames();
  SmallVector<DimExpr> extents = statement.getIndexExtents(), at;
  for (auto [index, extent] : llvm::zip_equal(statement.getAccessExprs(operand), type.getDims())) {
    auto name = index.asSymbol();
    size_t position = name ? llvm::find(names, *name) - names.begin() : names.size();
    bool isInside = position < names.size() && extents[position] == extent;
    DimExpr moved = index.substitute(point.coordinates);
    at.push_back(isInside ? moved : applyBoundary(kind, moved, extent));
  }
  return at;
}

void SimdAttentionReads::turnQueries() {
  turnInto(turned, parts.depthExtent, [&](const DimExpr &query, const DimExpr &step, Value valid) {
    Point point = pointOf(parts.scores, outerAt(query), {DimExpr(0), step});
    point.lane = *step.asSymbol();
    point.lanes = lanes;
    point.valid = valid;
    return values.broadcast(factor(parts.scores, parts.queryFactor, point), lanes);
  });
}

void SimdAttentionReads::turnInto(
    Value ring, const DimExpr &extent,
    llvm::function_ref<Value(const DimExpr &query, const DimExpr &step, Value valid)> read) {
  DimExpr first = DimExpr::symbol(queryName);
  bool even = extent.mod(DimExpr(lanes)) == DimExpr(0);
  loop("turned", 0, DimExpr(queries), lanes, [&](const DimExpr &column) {
    loop("step", 0, extent, lanes, [&](const DimExpr &step) {
      SmallVector<Value> block;
      for (int64_t lane = 0; lane < lanes; ++lane) {
        DimExpr query = first + column + DimExpr(lane);
        if (!isWhole)
          query = DimExpr::min(query, parts.queryExtent - DimExpr(1));
        block.push_back(read(query, step, even ? Value() : loops.emit(extent - step)));
      }
      turnVectors(b, loc, block);
      for (int64_t row = 0; row < lanes; ++row)
        store(block[row], ring, (step + DimExpr(row)) * DimExpr(queries) + column);
    });
  });
}

bool SimdAttentionReads::runsAlongKeys(ir::StatementInterface map, unsigned operand) const {
  Value tensor = map->getOperand(operand);
  auto memory = values.memory.find(tensor.getAsOpaquePointer());
  if (info.contains(tensor) || map.isWholeAccess(operand) || memory == values.memory.end() || memory->second.packed ||
      map.getAccessBoundary(operand).getKind() != ir::BoundaryKind::None)
    return false;
  DimExpr offset;
  auto type = cast<ir::NamedTensorType>(tensor.getType());
  for (auto [expr, stride] : llvm::zip_equal(map.getAccessExprs(operand), denseStrides(type)))
    offset = offset + expr * stride;
  auto byQuery = offset.linearIn(parts.query), byKey = offset.linearIn(parts.key);
  return byQuery && byKey && byKey->first == DimExpr(1) && byQuery->first != DimExpr(0) && byQuery->first != DimExpr(1);
}
Type SimdAttentionReads::ringTypeOf(Value tensor) {
  Type scalar = carrierOf(cast<ir::NamedTensorType>(tensor.getType()).getScalarType());
  return scalar.isInteger(1) ? b.getI8Type() : scalar;
}

void SimdAttentionReads::turnReads(const DimExpr &key, const DimExpr &part) {
  for (const TurnedRead &read : turnedReads)
    turnInto(read.ring, part, [&](const DimExpr &query, const DimExpr &row, Value valid) {
      ir::StatementInterface map = read.statement;
      Point point = pointOf(map, outerAt(query), {key + row});
      point.lane = *row.asSymbol();
      point.lanes = lanes;
      point.valid = valid;
      Value value =
          values.broadcast(values.evaluate(map, map.getStatementBody()->getArgument(read.operand), point), lanes);
      if (getElementTypeOrSelf(value.getType()).isInteger(1))
        value = arith::ExtUIOp::create(b, loc, VectorType::get(lanes, b.getI8Type()), value);
      return value;
    });
}

void SimdAttentionReads::publishReads(const DimExpr &key, const DimExpr &row, int64_t v) {
  for (const TurnedRead &read : turnedReads) {
    ir::StatementInterface map = read.statement;
    Value tensor = map->getOperand(read.operand);
    Point point = pointOf(map, outerAt(DimExpr::symbol(queryName) + DimExpr(v * lanes)), {key + row});
    SmallVector<DimExpr> at;
    for (const DimExpr &expr : map.getAccessExprs(read.operand))
      at.push_back(expr.substitute(point.coordinates));
    auto type = VectorType::get(lanes, cast<BufferType>(read.ring.getType()).getElementType());
    Value value =
        LoadOp::create(b, loc, type, read.ring, loops.emit(row * DimExpr(queries) + DimExpr(v * lanes)), Value());
    if (cast<ir::NamedTensorType>(tensor.getType()).getScalarType().isInteger(1)) {
      Value zero = arith::ConstantOp::create(b, loc, b.getZeroAttr(type));
      value = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ne, value, zero);
    }
    values.publish(tensor, point, at, value);
  }
}
