//===- Emitter.cpp - What the emission strategies share -------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Points and results of a statement inside a work item, and the loops of a
// reduction: the part of the emission that no strategy does its own way.
//
//===----------------------------------------------------------------------===//
#include "Emitter.h"
#include "flex/ScheduledLoops/MathExpansion.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace flex;
using namespace flex::tile;

DimExpr Emitter::bind(const std::string &stem, const DimExpr &expr) {
  if (expr.isConstant() || expr.asSymbol())
    return expr;
  std::string name = loops.freshName(stem);
  loops.define(name, loops.emit(expr));
  return DimExpr::symbol(name);
}

SmallVector<DimExpr> Emitter::delinearize(const DimExpr &linear, ArrayRef<DimExpr> extents) {
  SmallVector<DimExpr> coordinates(extents.size());
  DimExpr rest = linear;
  for (unsigned axis = extents.size(); axis-- > 0;) {
    bool outermost = axis == 0;
    coordinates[axis] = bind("x", outermost ? rest : rest.mod(extents[axis]));
    if (!outermost)
      rest = bind("q", rest.floorDiv(extents[axis]));
  }
  return coordinates;
}

Point Emitter::pointOf(ir::StatementInterface statement, ArrayRef<DimExpr> outer, ArrayRef<DimExpr> inner) const {
  Point point;
  SmallVector<StringRef> names = statement.getIndexNames();
  for (auto [position, expr] : llvm::enumerate(outer))
    point.coordinates[names[position].str()] = expr;
  for (auto [position, expr] : llvm::enumerate(inner))
    point.coordinates[names[outer.size() + position].str()] = expr;
  return point;
}

SmallVector<DimExpr> Emitter::resultAt(ir::StatementInterface statement, ArrayRef<DimExpr> outer,
                                       ArrayRef<DimExpr> inner) {
  SmallVector<DimExpr> at(outer);
  at.append(inner.begin(), inner.end());
  at.truncate(statement.getNumParallelIndices());
  return at;
}

void Emitter::vectorLoop(std::string &lane, const DimExpr &begin, const DimExpr &end, int64_t vectors, bool partial,
                         llvm::function_ref<void(int64_t vectors, Value valid)> body) {
  lane = loops.freshName("l");
  loops.loop(lane, begin, end, DimExpr(vectors * schedule.lanes), {}, [&](ValueRange) -> SmallVector<Value> {
    values.beginBlock();
    body(vectors, partial ? loops.emit(end - DimExpr::symbol(lane)) : Value());
    values.beginBlock();
    return {};
  });
}

std::optional<DimExpr> Emitter::alignedFrom(ir::StatementInterface statement, ArrayRef<DimExpr> at,
                                            const DimExpr &end) {
  if (!schedule.nontemporal || !info.escapes(statement))
    return std::nullopt;
  Value lead = values.leadOf(statement->getResult(0), at, schedule.lanes);
  if (!lead)
    return std::nullopt;
  std::string name = loops.freshName("lead");
  loops.define(name, lead);
  return bind("aligned", DimExpr::min(DimExpr::symbol(name), end));
}

bool Emitter::isCollapsed(const std::string &name) const {
  auto collapsed = ArrayRef(info.outerNames).take_back(schedule.collapse);
  return schedule.collapse > 1 && name != schedule.lane && llvm::is_contained(collapsed, name);
}

int64_t Emitter::codeSizeOf(ir::StatementInterface statement) {
  constexpr int64_t kMathOps = 20;
  int64_t size = 0;
  for (Operation &op : statement.getStatementBody()->without_terminator())
    size += isa<math::MathDialect>(op.getDialect()) && !isMathInstruction(&op) ? kMathOps : 1;
  return size;
}

void Emitter::finish(ir::StatementInterface statement, const Point &point, ArrayRef<DimExpr> at, Value value) {
  values.publish(statement->getResult(0), point, at, value);
  if (info.escapes(statement))
    values.store(statement->getResult(0), at, value, point, schedule.nontemporal);
}

SmallVector<Value> Emitter::reductionLoops(ir::StatementInterface statement, ValueRange init,
                                           llvm::function_ref<SmallVector<Value>(ArrayRef<DimExpr>, ValueRange)> body,
                                           const InsideTest &test, const Turns &turns) {
  SmallVector<DimExpr> extents = info.innerExtents(statement), coordinates;
  std::function<SmallVector<Value>(unsigned, ValueRange)> nest;
  auto loopFrom = [&](unsigned depth, ValueRange carried) -> SmallVector<Value> {
    if (depth == extents.size()) {
      values.beginBlock();
      return body(coordinates, carried);
    }
    auto step = [&](const DimExpr &at, ValueRange in) {
      coordinates.push_back(at);
      SmallVector<Value> sums = nest(depth + 1, in);
      coordinates.pop_back();
      return sums;
    };
    auto single = [&](const DimExpr &from, ValueRange in) {
      std::string name = loops.freshName("k");
      return loops.loop(name, from, extents[depth], 1, in,
                        [&](ValueRange inner) { return step(DimExpr::symbol(name), inner); });
    };
    if (turns.steps == 1 || depth + 1 < extents.size())
      return single(0, carried);
    auto turn = [&](const DimExpr &begin, const DimExpr &number, ValueRange in) {
      if (turns.each) {
        coordinates.push_back(begin);
        turns.each(coordinates, number);
        coordinates.pop_back();
      }
      SmallVector<Value> sums(in);
      for (int64_t passed = 0; passed < turns.steps; ++passed)
        sums = step(begin + number * DimExpr(turns.steps) + DimExpr(passed), sums);
      return sums;
    };
    DimExpr whole(turns.steps * turns.count), end = extents[depth].floorDiv(whole) * whole;
    std::string name = loops.freshName("k"), number = loops.freshName("t");
    SmallVector<Value> sums = loops.loop(name, 0, end, whole, carried, [&](ValueRange in) -> SmallVector<Value> {
      if (turns.count == 1)
        return turn(DimExpr::symbol(name), 0, in);
      return loops.loop(number, 0, DimExpr(turns.count), 1, in,
                        [&](ValueRange inner) { return turn(DimExpr::symbol(name), DimExpr::symbol(number), inner); });
    });
    return extents[depth] == end ? sums : single(end, sums);
  };
  auto testedFrom = [&](unsigned depth, ValueRange carried) -> SmallVector<Value> {
    Value inside = test.ask && depth == test.depth ? test.ask(coordinates) : Value();
    if (!inside)
      return loopFrom(depth, carried);
    values.insideStatement = statement;
    SmallVector<Value> fast = loops.conditional(inside, carried, [&](ValueRange in) { return loopFrom(depth, in); });
    values.insideStatement = nullptr;
    values.beginBlock();
    Value yes = arith::ConstantIntOp::create(loops.get(), loops.getLoc(), loops.get().getI1Type(), 1);
    Value outside = arith::XOrIOp::create(loops.get(), loops.getLoc(), inside, yes);
    return loops.conditional(outside, fast, [&](ValueRange in) { return loopFrom(depth, in); });
  };
  nest = [&](unsigned depth, ValueRange carried) -> SmallVector<Value> {
    if (!test.guard || depth != test.guardDepth)
      return testedFrom(depth, carried);
    values.beginBlock();
    return loops.conditional(test.guard(coordinates), carried, [&](ValueRange in) {
      values.guardedStatement = statement;
      values.guardedValue = test.guarded;
      SmallVector<Value> result = testedFrom(depth, in);
      values.guardedStatement = nullptr;
      return result;
    });
  };
  SmallVector<Value> result = nest(0, init);
  values.beginBlock();
  return result;
}
