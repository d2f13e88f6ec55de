//===- OnlineSoftmaxFuse.cpp - Attention becomes one group ----------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Finds `softmax(scores of a contraction) @ values` over the groups that
// flex-form-groups made, whatever was inlined where, and writes it anew as OnlineSoftmax.h
// says. The old groups go if the device has a schedule for the new one.
// Invariant: nothing but the statements of the chain is in a group that goes.
//
//===----------------------------------------------------------------------===//
#include "OnlineSoftmax.h"
#include "OnlineSoftmaxChain.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace flex;
using namespace flex::tile;

using Statement = ir::StatementInterface;
using Roles = IndexRoles;

static Value yielded(Statement statement) {
  return cast<ir::YieldOp>(statement.getStatementBody()->getTerminator()).getOperand(0);
}

namespace {

/// Writes a chain as one group.
class Fuser {
public:
  explicit Fuser(SoftmaxChain &chain) : chain(chain), b(chain.group), loc(chain.group.getLoc()) {
    for (StringRef name : chain.outer)
      outer.push_back(name.str());
  }

  ir::GroupOp fuse() {
    SmallVector<Attribute> names;
    for (const std::string &name : outer)
      names.push_back(b.getStringAttr(name));
    SmallVector<Type> types(chain.group.getResultTypes());
    auto first = cast<ir::GroupOp>(chain.scores->getParentOp());
    auto group = ir::GroupOp::create(b, loc, types, first.getNameAttr(), b.getArrayAttr(names), DictionaryAttr());
    b.setInsertionPointToStart(&group.getBody().emplaceBlock());
    std::string depth = "depth";
    SmallVector<std::string> dims = chain.group->getParentOfType<ir::KernelOp>().getDimNames();
    while (llvm::is_contained(outer, depth) || llvm::is_contained(dims, depth) || depth == chain.key ||
           depth == chain.width)
      depth += "_";
    Roles roles = chain.roles.at(chain.scores);
    roles[Statement(chain.scores).getIndexNames().back().str()] = depth;
    Value score = copy(chain.scores, roles, {chain.key.str(), depth}, yielded(chain.scores));
    for (ir::MapOp map : chain.scoreMaps)
      score = copy(map, chain.roles.at(map), {chain.key.str()}, yielded(map));
    if (chain.inlined)
      score = copy(chain.inlined, chain.roles.at(chain.inlined), {chain.key.str()}, chain.inlinedScore, true);
    writeSoftmax(score);
    writeOutput();
    SmallVector<Value> results;
    for (Value result : chain.group.getBody().front().getTerminator()->getOperands())
      results.push_back(made.lookup(result));
    ir::YieldOp::create(b, loc, results);
    return group;
  }

private:
  SmallVector<DimExpr> extentsOf(ArrayRef<std::string> inner, Statement like) {
    SmallVector<DimExpr> extents(chain.extents);
    for (const std::string &name : inner)
      extents.push_back(name == chain.key     ? chain.keyExtent
                        : name == chain.width ? chain.widthExtent
                                              : like.getIndexExtents().back());
    return extents;
  }
  SmallVector<DimExpr> symbols(ArrayRef<std::string> inner) {
    SmallVector<DimExpr> at;
    for (const std::string &name : outer)
      at.push_back(DimExpr::symbol(name));
    for (const std::string &name : inner)
      at.push_back(DimExpr::symbol(name));
    return at;
  }
  /// What a tensor is called in the new group: itself, if the chain does not make it.
  Value renamed(Value tensor) {
    Statement producer = producerOf(tensor);
    Value found = producer ? made.lookup(producer->getResult(0)) : Value();
    return found ? found : tensor;
  }

  /// What a statement of the new group reads.
  struct Reads {
    SmallVector<Value> tensors;
    std::vector<SmallVector<DimExpr>> accesses;
    std::vector<ir::BoundaryAttr> boundaries;
  };
  void addRead(Reads &reads, Statement statement, unsigned operand, const Roles &roles) {
    Value tensor = renamed(statement->getOperand(operand));
    std::map<std::string, DimExpr> names;
    for (const auto &[name, role] : roles)
      names[name] = DimExpr::symbol(role);
    SmallVector<DimExpr> at;
    for (const DimExpr &expr : statement.getAccessExprs(operand))
      at.push_back(expr.substitute(names));
    // What the chain makes has the new group's axes.
    if (Statement producer = producerOf(statement->getOperand(operand));
        producer && tensor.getDefiningOp() && tensor.getParentBlock() == b.getInsertionBlock())
      at = axesOfMade(tensor, at);
    reads.tensors.push_back(tensor);
    reads.accesses.push_back(at);
    reads.boundaries.push_back(statement.getAccessBoundary(operand));
  }
  SmallVector<DimExpr> axesOfMade(Value tensor, ArrayRef<DimExpr> at) {
    SmallVector<DimExpr> sorted;
    auto producer = cast<Statement>(tensor.getDefiningOp());
    SmallVector<StringRef> names = producer.getIndexNames();
    for (unsigned axis = 0; axis < producer.getNumParallelIndices(); ++axis)
      sorted.push_back(DimExpr::symbol(names[axis].str()));
    assert(sorted.size() == at.size() && "a chain's tensors are read at their own points");
    return sorted;
  }

  /// The operations that a value of a body needs, at the insertion point.
  Value clone(Statement from, Value value, IRMapping &map, const Roles &roles) {
    if (Value known = map.lookupOrNull(value))
      return known;
    Operation *op = value.getDefiningOp();
    for (Value operand : op->getOperands())
      clone(from, operand, map, roles);
    Operation *copied = b.clone(*op, map);
    if (auto index = dyn_cast<ir::IndexOp>(copied))
      index.setIndexName(roles.at(index.getIndexName().str()));
    return map.lookup(value);
  }

  /// The same statement in the new group; a map of `value` if `asMap`.
  Value copy(Statement statement, const Roles &roles, ArrayRef<std::string> inner, Value value, bool asMap = false) {
    Reads reads;
    for (unsigned operand = 0; operand < statement->getNumOperands(); ++operand)
      addRead(reads, statement, operand, roles);
    Type element =
        asMap ? value.getType() : cast<ir::NamedTensorType>(statement->getResult(0).getType()).getElementType();
    std::vector<std::string> names(outer.begin(), outer.end());
    names.insert(names.end(), inner.begin(), inner.end());
    SmallVector<DimExpr> extents = extentsOf(inner, statement);
    OpBuilder::InsertionGuard guard(b);
    Operation *op;
    if (auto reduce = dyn_cast<ir::ReduceOp>(statement.getOperation()); reduce && !asMap)
      op = ir::ReduceOp::create(b, statement.getLoc(), reduce.getCombiner(), element, reads.tensors, names, extents,
                                names.size() - 1, reads.accesses, reads.boundaries);
    else
      op = ir::MapOp::create(b, statement.getLoc(), element, reads.tensors, names, extents, reads.accesses,
                             reads.boundaries);
    Block *body = cast<Statement>(op).getStatementBody();
    IRMapping map;
    map.map(statement.getStatementBody()->getArguments(), body->getArguments());
    b.setInsertionPointToEnd(body);
    ir::YieldOp::create(b, statement.getLoc(), clone(statement, value, map, roles));
    if (!asMap)
      made[statement->getResult(0)] = op->getResult(0);
    return op->getResult(0);
  }

  ir::BoundaryAttr none() { return ir::BoundaryAttr::get(b.getContext(), ir::BoundaryKind::None, TypedAttr()); }
  static Type elementOf(Operation *op) {
    return cast<ir::NamedTensorType>(op->getResult(0).getType()).getElementType();
  }

  Value reduce(ir::ReduceOp like, Value tensor) {
    std::vector<std::string> names(outer.begin(), outer.end());
    names.push_back(chain.key.str());
    std::string key = chain.key.str();
    auto op = ir::ReduceOp::create(b, like.getLoc(), like.getCombiner(), elementOf(like), tensor, names,
                                   extentsOf(key, like), outer.size(), symbols(key), none());
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToEnd(&op.getBody().front());
    ir::YieldOp::create(b, like.getLoc(), op.getBody().front().getArgument(0));
    made[like->getResult(0)] = op;
    return op;
  }

  void writeSoftmax(Value score) {
    std::string key = chain.key.str();
    Value max = reduce(chain.max, score);
    std::vector<std::string> names(outer.begin(), outer.end());
    names.push_back(key);
    auto exp = ir::MapOp::create(b, chain.exp.getLoc(), elementOf(chain.exp), ValueRange{score, max}, names,
                                 extentsOf(key, chain.exp), {symbols(key), symbols(ArrayRef<std::string>())},
                                 {none(), none()});
    {
      OpBuilder::InsertionGuard guard(b);
      Block &body = exp.getBody().front();
      b.setInsertionPointToEnd(&body);
      Value difference = arith::SubFOp::create(b, exp.getLoc(), body.getArgument(0), body.getArgument(1));
      ir::YieldOp::create(b, exp.getLoc(), math::ExpOp::create(b, exp.getLoc(), difference).getResult());
    }
    made[chain.exp->getResult(0)] = exp;
    weights = exp;
    sum = reduce(chain.sum, exp);
  }

  void writeOutput() {
    Statement old = chain.output;
    const Roles &roles = chain.roles.at(old);
    std::string key = chain.key.str(), width = chain.width.str();
    Reads reads{{weights}, {symbols(key)}, {none()}};
    SmallVector<unsigned> kept;
    for (unsigned operand = 0; operand < old->getNumOperands(); ++operand)
      if (isUsedBy(old, operand, chain.value)) {
        kept.push_back(operand);
        addRead(reads, old, operand, roles);
      }
    std::vector<std::string> names(outer.begin(), outer.end());
    names.insert(names.end(), {width, key});
    auto op = ir::ReduceOp::create(b, old.getLoc(), ir::CombinerKind::Sum, elementOf(old), reads.tensors, names,
                                   extentsOf({width, key}, old), outer.size() + 1, reads.accesses, reads.boundaries);
    {
      OpBuilder::InsertionGuard guard(b);
      Block &body = op.getBody().front();
      b.setInsertionPointToEnd(&body);
      IRMapping map;
      for (auto [position, operand] : llvm::enumerate(kept))
        map.map(old.getStatementBody()->getArgument(operand), body.getArgument(position + 1));
      Value factor = clone(old, chain.value, map, roles), weight = body.getArgument(0);
      if (weight.getType() != factor.getType())
        weight = arith::ExtFOp::create(b, old.getLoc(), factor.getType(), weight);
      ir::YieldOp::create(b, old.getLoc(), arith::MulFOp::create(b, old.getLoc(), weight, factor).getResult());
    }
    made[old->getResult(0)] = chain.dividesBefore ? divided(op) : op.getResult();
    for (ir::MapOp map : chain.epilogue)
      copy(map, chain.roles.at(map), width, yielded(map));
  }

  static bool isUsedBy(Statement statement, unsigned operand, Value value) {
    SmallVector<Value> work{value};
    while (!work.empty()) {
      Value next = work.pop_back_val();
      if (next == statement.getStatementBody()->getArgument(operand))
        return true;
      if (Operation *op = next.getDefiningOp())
        llvm::append_range(work, op->getOperands());
    }
    return false;
  }

  /// The output over the sum of its weights; over no keys at all both are 0, and so is the result.
  Value divided(ir::ReduceOp output) {
    std::string width = chain.width.str();
    std::vector<std::string> names(outer.begin(), outer.end());
    names.push_back(width);
    auto map = ir::MapOp::create(b, output.getLoc(), elementOf(output), ValueRange{output, sum}, names,
                                 extentsOf(width, output), {symbols(width), symbols(ArrayRef<std::string>())},
                                 {none(), none()});
    OpBuilder::InsertionGuard guard(b);
    Block &body = map.getBody().front();
    b.setInsertionPointToEnd(&body);
    Value total = body.getArgument(0), weight = body.getArgument(1);
    Type type = total.getType();
    if (weight.getType() != type)
      weight = arith::ExtFOp::create(b, loc, type, weight);
    Value result = arith::DivFOp::create(b, loc, total, weight);
    if (!chain.keyExtent.constant()) {
      Value keys = ir::DimOp::create(b, loc, b.getI64Type(), chain.keyExtent.str());
      Value zero = arith::ConstantOp::create(b, loc, b.getI64IntegerAttr(0));
      Value isEmpty = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, keys, zero);
      result = arith::SelectOp::create(b, loc, isEmpty, total, result);
    }
    ir::YieldOp::create(b, loc, result);
    return map;
  }

  SoftmaxChain &chain;
  OpBuilder b;
  Location loc;
  SmallVector<std::string> outer;
  DenseMap<Value, Value> made; ///< by the chain's own results
  Value weights, sum;
};

/// The new group instead of the old ones.
void replace(SoftmaxChain &chain, ir::GroupOp fused) {
  llvm::SetVector<Operation *> groups;
  for (Operation *op : chain.statements)
    groups.insert(op->getParentOp());
  chain.group.replaceAllUsesWith(fused);
  SmallVector<Operation *> order(groups.begin(), groups.end());
  llvm::sort(order, [](Operation *a, Operation *b) { return b->isBeforeInBlock(a); });
  for (Operation *group : order)
    group->erase();
}

/// One chain that the device has a schedule for becomes a group; false if there is none.
bool fuseOne(ir::KernelOp kernel, FuseChoice choose) {
  SmallVector<ir::ReduceOp> contractions;
  kernel.walk([&](ir::ReduceOp reduce) {
    auto group = dyn_cast<ir::GroupOp>(reduce->getParentOp());
    if (group && !group.getSchedule())
      contractions.push_back(reduce);
  });
  for (ir::ReduceOp contraction : contractions) {
    auto chain = findSoftmaxChain(contraction);
    if (!chain || chain->keyExtent == DimExpr(0))
      continue;
    ir::GroupOp fused = Fuser(*chain).fuse();
    auto parts = findOnlineSoftmax(fused);
    if (auto schedule = parts ? choose(fused, *parts) : std::nullopt) {
      schedule->setOn(fused);
      replace(*chain, fused);
      return true;
    }
    fused.erase();
  }
  return false;
}

} // namespace

void tile::fuseOnlineSoftmax(ir::KernelOp kernel, FuseChoice choose) {
  while (!kernel.isStrict() && fuseOne(kernel, choose)) {
  }
}
