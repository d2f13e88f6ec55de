//===- InlineMaps.cpp - Producer-into-consumer fusion of maps -------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Replaces a read of a map's result by the map's body, with the reader's index
// expressions substituted for the map's indices. What decides is whether the
// body would be computed more often than before, and what it costs.
//
//===----------------------------------------------------------------------===//
#include "StatementCost.h"
#include "flex/TensorIR/TensorPasses.h"
#include "flex/TensorIR/TypicalExtent.h"

#include "mlir/IR/IRMapping.h"

namespace flex::ir {
#define GEN_PASS_DEF_FLEXINLINEMAPS
#include "flex/TensorIR/TensorPasses.h.inc"
} // namespace flex::ir

using namespace mlir;
using namespace flex;
using namespace flex::ir;

namespace {

// A body that grows past this stays a separate statement: registers are finite.
constexpr unsigned kMaxBodyOps = 256;

/// Whether `user` evaluates each element it reads of `map` at most once.
bool readsEachOnce(MapOp map, StatementInterface user, unsigned operand) {
  return user.getIndexNames().size() <= map.getIndexNames().size() && user->getNumRegions() == 1;
}

/// Whether each element is computed from the elements at its own place, and nothing else.
bool isElementwise(MapOp map) {
  SmallVector<StringRef> names = map.getIndexNames();
  for (unsigned i = 0; i < map->getNumOperands(); ++i) {
    if (map.isWholeAccess(i) || map.getAccessBoundary(i).getKind() != BoundaryKind::None)
      return false;
    SmallVector<DimExpr> access = map.getAccessExprs(i);
    bool isOwnPlace = llvm::equal(access, names, [](const DimExpr &expr, StringRef name) {
      return expr.isSymbol(std::string_view(name.data(), name.size()));
    });
    SmallVector<DimExpr> dims = cast<NamedTensorType>(map->getOperand(i).getType()).getDims();
    if (!access.empty() && (!isOwnPlace || dims != map.getIndexExtents()))
      return false;
  }
  WalkResult walked = map.walk(
      [](Operation *op) { return isa<IndexOp, LoadOp, FoldOp>(op) ? WalkResult::interrupt() : WalkResult::advance(); });
  return !walked.wasInterrupted();
}

/// The boundary rule that the map's own operands are read with when what reads the map under `boundary` computes it
/// itself: f(clamp(x)[i]) is clamp(f(x))[i], and a cast of zero is zero. Nothing if there is none.
BoundaryAttr boundaryInside(MapOp map, BoundaryAttr boundary) {
  if (boundary.getKind() == BoundaryKind::None)
    return boundary;
  if (map.getIndexNames().empty() || !isElementwise(map))
    return {};
  if (boundary.getKind() != BoundaryKind::Fill)
    return boundary;
  Block *body = map.getStatementBody();
  Operation &first = body->front();
  bool isCast = isa<arith::ExtFOp, arith::TruncFOp, arith::SIToFPOp, arith::UIToFPOp, arith::ExtSIOp, arith::ExtUIOp,
                    arith::TruncIOp>(first) &&
                body->getOperations().size() == 2 && map->getNumOperands() == 1 && !map.getAccessExprs(0).empty() &&
                first.getOperand(0) == body->getArgument(0);
  if (!isCast || !boundary.fillsWithZero())
    return {};
  TypedAttr zero = cast<TypedAttr>(OpBuilder(map).getZeroAttr(body->getArgument(0).getType()));
  return BoundaryAttr::get(map.getContext(), BoundaryKind::Fill, zero);
}

/// Whether `user` is a sum of products that takes each element of `map` in so many products that what the map computes
/// costs more in each of them than to write its result and to read that. Open extents count as typical.
bool isFactorOfManyProducts(MapOp map, StatementInterface user, unsigned operand) {
  constexpr int64_t kLeastProducts = 128;
  auto reduce = dyn_cast<ReduceOp>(user.getOperation());
  if (!reduce || reduce.getCombinerKind() != CombinerKind::Sum || user->getNumOperands() < 2)
    return false;
  Operation *summed = user.getStatementBody()->getTerminator()->getOperand(0).getDefiningOp();
  if (!isa_and_nonnull<arith::MulFOp, arith::MulIOp>(summed))
    return false;
  bool isReducedOver =
      llvm::any_of(llvm::drop_begin(user.getIndexNames(), user.getNumParallelIndices()), [&](StringRef name) {
        return llvm::any_of(user.getAccessExprs(operand), [&](const DimExpr &expr) { return expr.uses(name.str()); });
      });
  bool isComputed = llvm::any_of(map.getStatementBody()->without_terminator(), [](Operation &op) {
    return !op.hasTrait<OpTrait::ConstantLike>() && !isa<CastOpInterface>(op);
  });
  auto type = cast<NamedTensorType>(map.getResult().getType());
  bool isWider = llvm::any_of(map->getOperands(), [&](Value value) {
    return cast<NamedTensorType>(value.getType()).getElementBits() < type.getElementBits();
  });
  if (!isReducedOver || !isComputed || isWider)
    return false;
  return typicalProduct(user.getIndexExtents()) >= kLeastProducts * typicalProduct(map.getIndexExtents());
}

bool shouldInline(MapOp map, StatementInterface user, unsigned operand, bool intoWindows) {
  BoundaryAttr boundary = user.isWholeAccess(operand) ? BoundaryAttr() : user.getAccessBoundary(operand);
  if (!boundary || !boundaryInside(map, boundary))
    return false;
  // A window of a convolution reads each element many times.
  if (boundary.getKind() != BoundaryKind::None && isa<ReduceOp>(user) && user->getNumOperands() > 1 && !intoWindows)
    return false;
  if (user.getStatementBody()->getOperations().size() + map.getStatementBody()->getOperations().size() > kMaxBodyOps)
    return false;
  int cost = costOf(map);
  if (cost <= kTrivial) // one operation of one tensor is a small part of a tile of products
    return cost < kTrivial || !isFactorOfManyProducts(map, user, operand);
  // A sort may read each of its keys many times.
  if (!readsEachOnce(map, user, operand) || user.getStatementKind() == StatementKind::ArgSort)
    return false;
  return map->hasOneUse() || cost <= kCheap;
}

/// Emits an index expression as i64 arithmetic inside a statement's body.
class IndexArithmetic {
public:
  IndexArithmetic(OpBuilder &builder, Location loc, StatementInterface statement)
      : builder(builder), loc(loc), indices(statement.getIndexNames()) {}

  Value emit(const DimExpr &expr) {
    Value total;
    for (const DimExpr::Term &term : expr.terms()) {
      Value product = constant(term.coefficient);
      for (const auto &atom : term.atoms)
        product = arith::MulIOp::create(builder, loc, product, emit(*atom));
      total = total ? arith::AddIOp::create(builder, loc, total, product).getResult() : product;
    }
    return total ? total : constant(0);
  }

private:
  Value constant(int64_t value) { return arith::ConstantIntOp::create(builder, loc, builder.getI64Type(), value); }

  Value emit(const DimExpr::Atom &atom) {
    if (atom.isName) {
      Type i64 = builder.getI64Type();
      if (llvm::is_contained(indices, atom.text))
        return IndexOp::create(builder, loc, i64, builder.getStringAttr(atom.text));
      return DimOp::create(builder, loc, i64, builder.getStringAttr(atom.text));
    }
    Value a = emit(atom.operands[0]), b = emit(atom.operands[1]);
    switch (atom.op) {
    case DimExpr::OpKind::FloorDiv: return arith::FloorDivSIOp::create(builder, loc, a, b);
    case DimExpr::OpKind::CeilDiv: return arith::CeilDivSIOp::create(builder, loc, a, b);
    case DimExpr::OpKind::Min: return arith::MinSIOp::create(builder, loc, a, b);
    case DimExpr::OpKind::Max: return arith::MaxSIOp::create(builder, loc, a, b);
    case DimExpr::OpKind::Mod: {
      Value quotient = arith::FloorDivSIOp::create(builder, loc, a, b);
      Value product = arith::MulIOp::create(builder, loc, quotient, b);
      return arith::SubIOp::create(builder, loc, a, product);
    }
    }
    llvm_unreachable("covered switch");
  }

  OpBuilder &builder;
  Location loc;
  SmallVector<StringRef> indices;
};

using Substitution = std::map<std::string, DimExpr>;

ArrayAttr substituted(ArrayAttr texts, const Substitution &substitution) {
  SmallVector<DimExpr> exprs;
  for (const DimExpr &expr : toDimExprs(texts))
    exprs.push_back(expr.substitute(substitution));
  return toAttr(texts.getContext(), exprs);
}

/// Renames the folds' indices of `map` that would hide a name of `user`'s.
void avoidCapture(MapOp map, StatementInterface user, const Substitution &substitution) {
  std::set<std::string> taken;
  for (const auto &[name, expr] : substitution)
    expr.collectSymbols(taken);
  for (StringRef name : user.getIndexNames())
    taken.insert(name.str());
  for (const std::string &name : map->getParentOfType<KernelOp>().getDimNames())
    taken.insert(name);
  map.walk([&](FoldOp fold) {
    Substitution renaming;
    SmallVector<Attribute> names;
    for (StringRef name : fold.getIndexNames()) {
      std::string fresh = name.str();
      while (taken.count(fresh) || (fresh != name && llvm::is_contained(getVisibleIndices(fold), fresh)))
        fresh += "_fold";
      if (fresh != name)
        renaming[name.str()] = DimExpr::symbol(fresh);
      taken.insert(fresh);
      names.push_back(StringAttr::get(map.getContext(), fresh));
    }
    fold.setIndicesAttr(ArrayAttr::get(map.getContext(), names));
    fold.walk([&](Operation *op) {
      if (auto load = dyn_cast<LoadOp>(op))
        load.setAccessAttr(substituted(load.getAccess(), renaming));
      else if (auto index = dyn_cast<IndexOp>(op))
        if (auto found = renaming.find(index.getIndexName().str()); found != renaming.end())
          index.setIndexName(found->second.str());
    });
  });
}

/// Replaces the map's indices in what was cloned from its body.
void substituteInside(Operation *clone, StatementInterface user, const Substitution &substitution) {
  clone->walk([&](Operation *op) {
    if (auto load = dyn_cast<LoadOp>(op)) {
      load.setAccessAttr(substituted(load.getAccess(), substitution));
    } else if (auto index = dyn_cast<IndexOp>(op)) {
      auto found = substitution.find(index.getIndexName().str());
      if (found == substitution.end())
        return;
      OpBuilder builder(index);
      index.replaceAllUsesWith(IndexArithmetic(builder, index.getLoc(), user).emit(found->second));
      index.erase();
    }
  });
}

/// Moves `map`'s body into `user` in place of the operand that reads it.
void inlineInto(MapOp map, StatementInterface user, unsigned operand) {
  MLIRContext *context = map.getContext();
  Block *body = user.getStatementBody();
  std::map<std::string, DimExpr> substitution;
  for (auto [name, expr] : llvm::zip_equal(map.getIndexNames(), user.getAccessExprs(operand)))
    substitution[name.str()] = expr;

  SmallVector<Attribute> accesses(user->getAttrOfType<ArrayAttr>("accesses").getValue());
  SmallVector<Attribute> boundaries(user->getAttrOfType<ArrayAttr>("boundaries").getValue());
  SmallVector<Value> operands(user->getOperands());
  BoundaryAttr outer = user.getAccessBoundary(operand), inner = boundaryInside(map, outer);
  IRMapping mapping;
  for (unsigned i = 0; i < map->getNumOperands(); ++i) {
    operands.push_back(map->getOperand(i));
    accesses.push_back(map.isWholeAccess(i) ? map.getAccesses()[i]
                                            : substituted(cast<ArrayAttr>(map.getAccesses()[i]), substitution));
    bool isScalar = !map.isWholeAccess(i) && map.getAccessExprs(i).empty();
    boundaries.push_back(outer.getKind() == BoundaryKind::None || isScalar ? map.getAccessBoundary(i) : inner);
    // Behind the operands' arguments, before a scan's own result.
    BlockArgument argument = map.getStatementBody()->getArgument(i);
    mapping.map(argument, body->insertArgument(operands.size() - 1, argument.getType(), map.getLoc()));
  }
  avoidCapture(map, user, substitution);
  OpBuilder builder = OpBuilder::atBlockBegin(body);
  for (Operation &op : map.getStatementBody()->without_terminator()) {
    if (auto index = dyn_cast<IndexOp>(op)) {
      const DimExpr &expr = substitution.at(index.getIndexName().str());
      mapping.map(index.getResult(), IndexArithmetic(builder, index.getLoc(), user).emit(expr));
      continue;
    }
    substituteInside(builder.clone(op, mapping), user, substitution);
  }
  Value yielded = cast<YieldOp>(map.getStatementBody()->getTerminator()).getOperand(0);
  body->getArgument(operand).replaceAllUsesWith(mapping.lookup(yielded));
  body->eraseArgument(operand);
  operands.erase(operands.begin() + operand);
  accesses.erase(accesses.begin() + operand);
  boundaries.erase(boundaries.begin() + operand);
  user->setOperands(operands);
  user->setAttr("accesses", ArrayAttr::get(context, accesses));
  user->setAttr("boundaries", ArrayAttr::get(context, boundaries));
}

/// Index expressions must stay valid after the substitution: it may overflow.
bool substitutionIsValid(MapOp map, StatementInterface user, unsigned operand) {
  Substitution substitution;
  for (auto [name, expr] : llvm::zip_equal(map.getIndexNames(), user.getAccessExprs(operand)))
    substitution[name.str()] = expr;
  SmallVector<StringRef> users = user.getIndexNames();
  // Not valid: what overflows, and a dimension that an index of the user would hide.
  auto allValid = [&](ArrayRef<DimExpr> exprs, ArrayRef<StringRef> indices) {
    return llvm::all_of(exprs, [&](const DimExpr &expr) {
      std::set<std::string> symbols;
      expr.collectSymbols(symbols);
      bool hidden = llvm::any_of(symbols, [&](const std::string &symbol) {
        return !llvm::is_contained(indices, symbol) && llvm::is_contained(users, symbol);
      });
      return !hidden && expr.substitute(substitution).isValid();
    });
  };
  for (unsigned i = 0; i < map->getNumOperands(); ++i)
    if (!allValid(map.getAccessExprs(i), map.getIndexNames()))
      return false;
  WalkResult walked = map.walk([&](LoadOp load) {
    bool valid = allValid(load.getAccessExprs(), getVisibleIndices(load));
    return valid ? WalkResult::advance() : WalkResult::interrupt();
  });
  return !walked.wasInterrupted();
}

struct InlineMapsPass : ir::impl::FlexInlineMapsBase<InlineMapsPass> {
  using FlexInlineMapsBase::FlexInlineMapsBase;

  void runOnOperation() override {
    KernelOp kernel = getOperation();
    // Program order: a map has taken in its own producers before its users see it.
    for (Operation &op : llvm::make_early_inc_range(kernel.getBody().front()))
      if (auto map = dyn_cast<MapOp>(op))
        tryInline(map);
  }

  void tryInline(MapOp map) {
    SmallVector<OpOperand *> uses;
    for (OpOperand &use : map->getUses())
      uses.push_back(&use);
    for (OpOperand *use : uses) {
      auto user = dyn_cast<StatementInterface>(use->getOwner());
      if (!user)
        return; // returned: it is computed anyway, and its readers may share its group
    }
    // Each inlining renumbers the user's operands, so uses are found anew.
    bool changed = true;
    while (changed) {
      changed = false;
      for (OpOperand &use : map->getUses()) {
        auto user = cast<StatementInterface>(use.getOwner());
        unsigned operand = use.getOperandNumber();
        if (!shouldInline(map, user, operand, intoWindows) || !substitutionIsValid(map, user, operand))
          continue;
        inlineInto(map, user, operand);
        changed = true;
        break;
      }
    }
    if (map->use_empty())
      map->erase();
  }
};

} // namespace
