//===- EmitSimdAttentionMask.cpp - Which keys queries see -----------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A mask that compares sums of indices (t <= s + start) bounds the keys of a block of
// queries: what none of them sees is left out, and what all of them see is not
// masked. Everything else is decided key by key.
//
//===----------------------------------------------------------------------===//
#include "EmitSimdAttention.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace flex;
using namespace flex::tile;

namespace {

class MaskReader {
public:
  MaskReader(const OnlineSoftmax &parts, LoopBuilder &loops, Evaluator &values, const DimExpr &firstQuery,
             const DimExpr &lastQuery, const std::map<std::string, DimExpr> &batch)
      : parts(parts), loops(loops), values(values), firstQuery(firstQuery), lastQuery(lastQuery), batch(batch),
        mask(parts.lastScore()) {}

  VisibleKeys read() {
    VisibleKeys keys{0, parts.keyExtent, 0, parts.keyExtent};
    if (!parts.condition) {
      return keys;
    }
    collect(parts.condition);
    SmallVector<DimExpr> first{0}, end{parts.keyExtent}, firstFull{0}, endFull{parts.keyExtent};
    for (const Bound &bound : bounds) {
      (bound.isEnd ? end : first).push_back(bound.any);
      (bound.isEnd ? endFull : firstFull).push_back(bound.all);
      keys.hasFirst |= !bound.isEnd;
    }
    keys.end = clamped("keys_end", end, true, isAnalysed(), parts.keyExtent);
    keys.endFull = clamped("full_end", endFull, true, isAnalysed(), DimExpr(0));
    keys.first = keys.hasFirst ? clamped("keys_first", first, false, isAnalysed(), DimExpr(0)) : DimExpr(0);
    keys.firstFull = keys.hasFirst ? clamped("full_first", firstFull, false, isAnalysed(), DimExpr(0)) : DimExpr(0);
    if (!isComplete)
      keys.endFull = 0;
    return keys;
  }

private:
  /// Keys before `any` (from it on, if not `isEnd`) are what some query may see, those before `all` what all see.
  struct Bound {
    bool isEnd;
    DimExpr any, all;
  };

  /// The smallest or largest of them, within the keys; `otherwise` where a number of the data is too large to add to.
  DimExpr clamped(const std::string &stem, ArrayRef<DimExpr> exprs, bool smallest, Value analysed,
                  const DimExpr &otherwise) {
    DimExpr all = exprs.front();
    for (const DimExpr &expr : exprs.drop_front())
      all = smallest ? DimExpr::min(all, expr) : DimExpr::max(all, expr);
    all = DimExpr::min(DimExpr::max(all, 0), parts.keyExtent);
    if (!analysed && all.constant())
      return all;
    Value value = loops.emit(all);
    if (analysed)
      value = arith::SelectOp::create(loops.get(), loops.getLoc(), analysed, value, loops.emit(otherwise));
    std::string name = loops.freshName(stem);
    loops.define(name, value);
    return DimExpr::symbol(name);
  }

  Value isAnalysed() const { return inRange; }

  /// Conditions that must all hold.
  void collect(Value condition) {
    if (auto both = condition.getDefiningOp<arith::AndIOp>()) {
      collect(both.getLhs());
      collect(both.getRhs());
      return;
    }
    auto compare = condition.getDefiningOp<arith::CmpIOp>();
    if (!compare || !addBound(compare))
      isComplete = false;
  }

  bool addBound(arith::CmpIOp compare) {
    auto left = indexOf(compare.getLhs()), right = indexOf(compare.getRhs());
    if (!left || !right)
      return false;
    DimExpr slack; // the condition is slack >= 0
    switch (compare.getPredicate()) {
    case arith::CmpIPredicate::sle: slack = *right - *left; break;
    case arith::CmpIPredicate::slt: slack = *right - *left - DimExpr(1); break;
    case arith::CmpIPredicate::sge: slack = *left - *right; break;
    case arith::CmpIPredicate::sgt: slack = *left - *right - DimExpr(1); break;
    default: return false;
    }
    auto byKey = slack.linearIn(parts.key);
    auto step = byKey ? byKey->first.constant() : std::nullopt;
    if (!step || (*step != 1 && *step != -1))
      return false;
    bool isEnd = *step == -1;
    DimExpr at = isEnd ? byKey->second + DimExpr(1) : DimExpr(0) - byKey->second;
    auto byQuery = parts.query.empty() ? std::nullopt : at.linearIn(parts.query);
    auto slope = byQuery ? byQuery->first.constant() : std::nullopt;
    if (!slope)
      return false;
    DimExpr atFirst = at.substitute({{parts.query, firstQuery}}), atLast = at.substitute({{parts.query, lastQuery}});
    bool rises = *slope >= 0;
    // Before an end: some query sees what the largest end says; from a beginning on, what the smallest says.
    bounds.push_back({isEnd, rises == isEnd ? atLast : atFirst, rises == isEnd ? atFirst : atLast});
    return true;
  }

  /// A 64-bit value of the mask's body as an expression over the indices; nothing if it is not a sum of such.
  std::optional<DimExpr> indexOf(Value value) {
    if (auto argument = dyn_cast<BlockArgument>(value))
      return scalarOf(argument);
    Operation *op = value.getDefiningOp();
    if (auto wider = dyn_cast<arith::ExtSIOp>(op))
      if (auto argument = dyn_cast<BlockArgument>(wider.getIn()))
        return scalarOf(argument);
    if (!value.getType().isInteger(64))
      return std::nullopt;
    if (auto index = dyn_cast<ir::IndexOp>(op)) {
      std::string name = index.getIndexName().str();
      auto known = batch.find(name);
      return known == batch.end() ? DimExpr::symbol(name) : known->second;
    }
    if (auto dim = dyn_cast<ir::DimOp>(op))
      return ir::toDimExpr(dim.getExprAttr());
    if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
      int64_t number = cast<IntegerAttr>(constant.getValue()).getInt();
      return number < kFar && number > -kFar ? std::optional(DimExpr(number)) : std::nullopt;
    }
    if (!isa<arith::AddIOp, arith::SubIOp>(op))
      return std::nullopt;
    auto left = indexOf(op->getOperand(0)), right = indexOf(op->getOperand(1));
    if (!left || !right)
      return std::nullopt;
    return isa<arith::AddIOp>(op) ? *left + *right : *left - *right;
  }

  /// A number that the kernel is given, the same for all queries and keys.
  std::optional<DimExpr> scalarOf(BlockArgument argument) {
    unsigned operand = argument.getArgNumber();
    auto type = dyn_cast<IntegerType>(argument.getType());
    if (!type || type.getWidth() < 32 || mask.isWholeAccess(operand) ||
        mask.getAccessBoundary(operand).getKind() != ir::BoundaryKind::None ||
        cast<ir::NamedTensorType>(mask->getOperand(operand).getType()).getElementType().isUnsignedInteger())
      return std::nullopt;
    for (const DimExpr &expr : mask.getAccessExprs(operand))
      if (expr.uses(parts.query) || expr.uses(parts.key))
        return std::nullopt;
    Point point;
    point.coordinates = batch;
    OpBuilder &b = loops.get();
    Location loc = loops.getLoc();
    Value number = values.evaluate(mask, argument, point);
    if (type.getWidth() < 64)
      number = arith::ExtSIOp::create(b, loc, b.getI64Type(), number);
    // Sums of larger numbers might wrap.
    Value far = arith::ConstantOp::create(b, loc, b.getI64IntegerAttr(kFar));
    Value twice = arith::ConstantOp::create(b, loc, b.getI64IntegerAttr(2 * kFar));
    Value moved = arith::AddIOp::create(b, loc, number, far);
    Value isNear = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult, moved, twice);
    inRange = inRange ? arith::AndIOp::create(b, loc, inRange, isNear).getResult() : isNear;
    return DimExpr::symbol(loops.nameOf(arith::IndexCastOp::create(b, loc, b.getIndexType(), number)));
  }

  static constexpr int64_t kFar = int64_t(1) << 40;

  const OnlineSoftmax &parts;
  LoopBuilder &loops;
  Evaluator &values;
  DimExpr firstQuery, lastQuery;
  const std::map<std::string, DimExpr> &batch;
  ir::StatementInterface mask;
  SmallVector<Bound> bounds;
  bool isComplete = true; ///< the bounds say all that the condition says
  Value inRange;          ///< i1: the numbers of the data can be added to; null: there are none
};

} // namespace

VisibleKeys tile::visibleKeys(const OnlineSoftmax &parts, LoopBuilder &loops, Evaluator &values,
                              const DimExpr &firstQuery, const DimExpr &lastQuery,
                              const std::map<std::string, DimExpr> &batch) {
  return MaskReader(parts, loops, values, firstQuery, lastQuery, batch).read();
}
