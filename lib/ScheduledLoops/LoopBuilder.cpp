//===- LoopBuilder.cpp - Loops, names and hoisted index arithmetic --------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Invariant: levels[0] is the function's body, levels.back() the block being
// filled; a level's memo holds values that dominate the current insertion point.
//
//===----------------------------------------------------------------------===//
#include "LoopBuilder.h"

#include "flex/ScheduledLoops/EmitDimExpr.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace flex;
using namespace flex::tile;

void LoopBuilder::define(const std::string &name, Value value) {
  levels.back().names[name] = value;
}

std::string LoopBuilder::nameOf(Value value) {
  for (const Level &level : llvm::reverse(levels))
    for (const auto &[name, known] : level.names)
      if (known == value)
        return name;
  std::string name = freshName("signed");
  define(name, value);
  return name;
}

Value LoopBuilder::lookup(StringRef name) const {
  for (const Level &level : llvm::reverse(levels))
    if (auto it = level.names.find(name.str()); it != level.names.end())
      return it->second;
  llvm::report_fatal_error("loop emission: no value for the name '" + name + "'");
}

Value LoopBuilder::constant(int64_t value) {
  Value &slot = constants[value];
  if (!slot) {
    OpBuilder::InsertionGuard guard(builder);
    Operation *nested = levels.front().nested;
    Block *entry = nested ? nested->getBlock() : builder.getInsertionBlock();
    builder.setInsertionPointToStart(entry);
    slot = arith::ConstantIndexOp::create(builder, loc, value);
  }
  return slot;
}

/// The innermost level among the names of a product; 0 for a constant.
unsigned LoopBuilder::levelOf(const DimExpr::Term &term) const {
  std::set<std::string> names;
  for (const auto &atom : term.atoms) {
    if (atom->isName)
      names.insert(atom->text);
    for (const DimExpr &operand : atom->operands)
      operand.collectSymbols(names);
  }
  unsigned level = 0;
  for (const std::string &name : names)
    for (unsigned l = levels.size(); l-- > level + 1;)
      if (levels[l].names.count(name)) {
        level = l;
        break;
      }
  return level;
}

Value LoopBuilder::emitAt(unsigned level, const DimExpr &whole, Value prefix, const DimExpr &part) {
  Value &slot = levels[level].memo[whole.str()];
  if (slot)
    return slot;
  OpBuilder::InsertionGuard guard(builder);
  if (levels[level].nested)
    builder.setInsertionPoint(levels[level].nested);
  Value value = emitDimExpr(builder, loc, part, [&](StringRef name) { return lookup(name); });
  if (prefix)
    value = arith::AddIOp::create(builder, loc, prefix, value, arith::IntegerOverflowFlags::nsw);
  return slot = value;
}

Value LoopBuilder::emit(const DimExpr &expr) {
  assert(expr.isValid() && "an invalid expression must be refused before emission");
  if (auto value = expr.constant())
    return constant(*value);
  // Outer parts first; the plain constant last, where it folds into an address.
  std::map<unsigned, DimExpr> parts;
  DimExpr displacement;
  for (const DimExpr::Term &term : expr.terms()) {
    DimExpr product(term.coefficient);
    for (const auto &atom : term.atoms)
      product = product * (atom->isName ? DimExpr::symbol(atom->text) : *DimExpr::parse(atom->text));
    DimExpr &slot = term.atoms.empty() ? displacement : parts[levelOf(term)];
    slot = slot + product;
  }
  Value total;
  DimExpr sum;
  for (const auto &[level, part] : parts) {
    sum = sum + part;
    total = emitAt(level, sum, total, part);
  }
  if (displacement == DimExpr(0))
    return total;
  Value &slot = levels.back().memo[expr.str()];
  if (!slot)
    slot = arith::AddIOp::create(builder, loc, total, constant(*displacement.constant()),
                                 arith::IntegerOverflowFlags::nsw);
  return slot;
}

SmallVector<Value> LoopBuilder::nest(Operation *op, Block *block, const std::string &name, Value index,
                                     ValueRange carried, Body body) {
  levels.back().nested = op;
  levels.emplace_back();
  if (!name.empty())
    levels.back().names[name] = index;
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToEnd(block);
  SmallVector<Value> next = body(carried);
  scf::YieldOp::create(builder, loc, next);
  levels.pop_back();
  levels.back().nested = nullptr;
  return SmallVector<Value>(op->getResults());
}

SmallVector<Value> LoopBuilder::loop(const std::string &name, const DimExpr &lower, const DimExpr &upper,
                                     const DimExpr &step, ValueRange init, Body body) {
  if (auto trip = (upper - lower).constant(), width = step.constant(); trip && width) {
    if (*trip <= 0)
      return SmallVector<Value>(init);
    if (*trip <= *width) {
      // A block of its own keeps the name local without a loop.
      levels.back().names[name] = emit(lower);
      SmallVector<Value> result = body(init);
      levels.back().names.erase(name);
      // What was memoised under the name is now meaningless.
      std::erase_if(levels.back().memo, [&](const auto &entry) {
        auto expr = DimExpr::parse(entry.first);
        return expr && expr->uses(name);
      });
      return result;
    }
  }
  auto loop = scf::ForOp::create(builder, loc, emit(lower), emit(upper), emit(step), init);
  // With no carried value the builder adds a terminator of its own.
  if (init.empty())
    loop.getBody()->getTerminator()->erase();
  return nest(loop, loop.getBody(), name, loop.getInductionVar(), loop.getRegionIterArgs(), body);
}

SmallVector<Value> LoopBuilder::conditional(Value condition, ValueRange carried, Body body) {
  auto branch = scf::IfOp::create(builder, loc, carried.getTypes(), condition, /*addThenBlock=*/true,
                                  /*addElseBlock=*/!carried.empty());
  if (!carried.empty()) {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToEnd(&branch.getElseRegion().front());
    scf::YieldOp::create(builder, loc, carried);
  }
  Block &block = branch.getThenRegion().front();
  if (!block.empty())
    block.back().erase();
  return nest(branch, &block, "", Value(), carried, body);
}
