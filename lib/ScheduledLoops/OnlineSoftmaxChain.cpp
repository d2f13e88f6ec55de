//===- OnlineSoftmaxChain.cpp - Attention over several groups -------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Follows what a contraction adds up back to another contraction: over weights that
// are divided before or after, exp of a difference, and scores that are computed apart or in the bodies
// that read them.
//
//===----------------------------------------------------------------------===//
#include "OnlineSoftmaxChain.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace flex;
using namespace flex::tile;

using Statement = ir::StatementInterface;
using Roles = IndexRoles;

Statement tile::producerOf(Value tensor) {
  if (auto group = tensor.getDefiningOp<ir::GroupOp>()) {
    auto yield = cast<ir::YieldOp>(group.getBody().front().getTerminator());
    tensor = yield.getOperand(cast<OpResult>(tensor).getResultNumber());
  }
  return dyn_cast_or_null<Statement>(tensor.getDefiningOp());
}

namespace {

Value yielded(Statement statement) {
  return cast<ir::YieldOp>(statement.getStatementBody()->getTerminator()).getOperand(0);
}

/// Everything that uses a statement's result, seen through its group: statements, and the kernel's return.
SmallVector<Operation *> readersOf(Statement statement) {
  SmallVector<Operation *> readers;
  for (OpOperand &use : statement->getResult(0).getUses()) {
    if (!isa<ir::YieldOp>(use.getOwner())) {
      readers.push_back(use.getOwner());
      continue;
    }
    Operation *group = statement->getParentOp();
    llvm::append_range(readers, group->getResult(use.getOperandNumber()).getUsers());
  }
  return readers;
}

Value withoutWidening(Value value) {
  while (auto wider = value.getDefiningOp<arith::ExtFOp>())
    value = wider.getIn();
  return value;
}

/// The operand that a body's value is; nothing if it is computed.
std::optional<unsigned> operandOf(Statement statement, Value value) {
  auto argument = dyn_cast<BlockArgument>(value);
  if (!argument || argument.getArgNumber() >= statement->getNumOperands() ||
      statement.isWholeAccess(argument.getArgNumber()))
    return std::nullopt;
  return argument.getArgNumber();
}

/// The names of the new group for the axes of a tensor, as a statement reads it; nothing unless each axis is one of its
/// indices, as it is.
std::optional<SmallVector<std::string>> axesAt(Statement statement, unsigned operand, const Roles &roles) {
  if (statement.isWholeAccess(operand) || statement.getAccessBoundary(operand).getKind() != ir::BoundaryKind::None)
    return std::nullopt;
  SmallVector<std::string> axes;
  for (const DimExpr &expr : statement.getAccessExprs(operand)) {
    auto name = expr.asSymbol();
    auto role = name ? roles.find(*name) : roles.end();
    if (role == roles.end() || llvm::is_contained(axes, role->second))
      return std::nullopt;
    axes.push_back(role->second);
  }
  return axes;
}

/// Finds one chain, from its last contraction back.
class ChainFinder : public SoftmaxChain {
public:
  explicit ChainFinder(ir::ReduceOp last) { output = last; }

  bool find() {
    Statement last = output;
    auto product = yielded(output).getDefiningOp<arith::MulFOp>();
    group = dyn_cast<ir::GroupOp>(output->getParentOp());
    if (output.getCombiner() != ir::CombinerKind::Sum || !product || !group || last.getNumParallelIndices() < 1 ||
        last.getIndexNames().size() != last.getNumParallelIndices() + 1)
      return false;
    // Other statements will call their indices like these; in their expressions the names may stand for dimensions.
    SmallVector<std::string> dims = group->getParentOfType<ir::KernelOp>().getDimNames();
    for (StringRef name : last.getIndexNames()) {
      if (llvm::is_contained(dims, name))
        return false;
      roles[output][name.str()] = name.str();
    }
    outer = last.getIndexNames();
    key = outer.pop_back_val();
    width = outer.pop_back_val();
    extents = last.getIndexExtents();
    keyExtent = extents.pop_back_val();
    widthExtent = extents.pop_back_val();
    auto usesWidth = [&](Value value) { return GroupInfo::dependsOn(last, value, width.str()); };
    value = usesWidth(product.getLhs()) ? product.getLhs() : product.getRhs();
    weight = usesWidth(product.getLhs()) ? product.getRhs() : product.getLhs();
    if (usesWidth(weight) || !usesWidth(value))
      return false;
    statements.insert(output);
    return findWeights() && findScores() && findEpilogue() && isClosed();
  }

private:
  /// Notes what a tensor's producer calls its axes; false if it is known otherwise, or is of another shape.
  bool enter(Statement producer, ArrayRef<std::string> axes) {
    SmallVector<StringRef> names = producer.getIndexNames();
    SmallVector<DimExpr> all = producer.getIndexExtents();
    if (axes.size() != producer.getNumParallelIndices() || GroupInfo::hasLoads(producer) ||
        GroupInfo::hasFolds(producer))
      return false;
    Roles mine;
    for (auto [position, axis] : llvm::enumerate(axes)) {
      auto extent = extentOf(axis);
      if (!extent || *extent != all[position])
        return false;
      mine[names[position].str()] = axis;
    }
    // The reduction of a max or sum runs along all keys; that of the scores is their own.
    for (unsigned reduced = axes.size(); reduced < names.size() && !llvm::is_contained(axes, key.str()); ++reduced) {
      mine[names[reduced].str()] = key.str();
      if (all[reduced] != keyExtent)
        return false;
    }
    statements.insert(producer);
    auto known = roles.find(producer);
    if (known != roles.end())
      return known->second == mine;
    roles[producer] = mine;
    return true;
  }

  std::optional<DimExpr> extentOf(StringRef role) {
    if (role == key)
      return keyExtent;
    if (role == width)
      return widthExtent;
    auto *found = llvm::find(outer, role);
    return found == outer.end() ? std::nullopt : std::optional(extents[found - outer.begin()]);
  }

  /// The producer of what a body's value reads, if it is a statement over exactly these roles.
  template <typename Op> Op read(Statement reader, Value value, bool withKey) {
    auto operand = operandOf(reader, withoutWidening(value));
    auto producer = operand ? producerOf(reader->getOperand(*operand)) : Statement();
    auto op = producer ? dyn_cast<Op>(producer.getOperation()) : Op();
    auto axes = op ? axesAt(reader, *operand, roles.at(reader)) : std::nullopt;
    if (!axes || axes->size() != outer.size() + withKey || llvm::is_contained(*axes, width.str()) ||
        llvm::is_contained(*axes, key.str()) != withKey || !enter(op, *axes))
      return {};
    return op;
  }

  bool findWeights() {
    Statement reader = output;
    Value numerator = withoutWidening(weight);
    auto map = numerator.getDefiningOp() ? ir::MapOp() : read<ir::MapOp>(reader, numerator, true);
    if (map && yielded(map).getDefiningOp<arith::DivFOp>()) {
      reader = map;
      numerator = yielded(map);
    }
    auto divide = numerator.getDefiningOp<arith::DivFOp>();
    dividesBefore = divide != nullptr;
    exp = divide ? read<ir::MapOp>(reader, divide.getLhs(), true) : map;
    if (!exp)
      return false;
    if (divide)
      sum = read<ir::ReduceOp>(reader, divide.getRhs(), false);
    else
      for (Operation *user : readersOf(exp))
        if (auto reduce = dyn_cast<ir::ReduceOp>(user); reduce && reduce != output)
          sum = reduce;
    return sum && sum.getCombiner() == ir::CombinerKind::Sum && sum.getNumParallel() == outer.size() &&
           Statement(sum).getIndexNames().size() == outer.size() + 1 && findSum();
  }

  bool findSum() {
    // Of undivided weights nobody has read the sum yet: its indices are called as those of exp where it reads that.
    if (!roles.count(sum)) {
      auto operand = operandOf(sum, yielded(sum));
      if (!operand)
        return false;
      Roles mine;
      SmallVector<StringRef> names = Statement(exp).getIndexNames();
      for (auto [axis, expr] : llvm::enumerate(Statement(sum).getAccessExprs(*operand)))
        if (auto name = expr.asSymbol(); name && axis < names.size())
          mine[*name] = roles[exp][names[axis].str()];
      roles[sum] = mine;
      statements.insert(sum);
      SmallVector<StringRef> own = Statement(sum).getIndexNames();
      SmallVector<DimExpr> all = Statement(sum).getIndexExtents();
      if (mine.size() != outer.size() + 1 || own.size() != mine.size() || mine[own.back().str()] != key ||
          all.back() != keyExtent)
        return false;
    }
    return operandOf(sum, yielded(sum)) && read<ir::MapOp>(sum, yielded(sum), true) == exp;
  }

  bool findScores() {
    auto call = yielded(exp).getDefiningOp<math::ExpOp>();
    auto difference = call ? call.getOperand().getDefiningOp<arith::SubFOp>() : arith::SubFOp();
    max = difference ? read<ir::ReduceOp>(exp, difference.getRhs(), false) : ir::ReduceOp();
    if (!max || max.getCombiner() != ir::CombinerKind::Max || max.getNumParallel() != outer.size() ||
        Statement(max).getIndexNames().size() != outer.size() + 1)
      return false;
    Value score = difference.getLhs(), same = yielded(max);
    if (!isSame(exp, score, max, same))
      return false;
    if (!isa<BlockArgument>(same)) {
      inlined = max;
      inlinedScore = same;
    }
    return findProduct(max, same);
  }

  /// Whether two bodies compute the same value of the same elements.
  bool isSame(Statement a, Value left, Statement b, Value right) {
    auto first = operandOf(a, left), second = operandOf(b, right);
    if (first || second) {
      if (!first || !second || producerOf(a->getOperand(*first)) != producerOf(b->getOperand(*second)) ||
          (!producerOf(a->getOperand(*first)) && a->getOperand(*first) != b->getOperand(*second)) ||
          a.getAccessBoundary(*first) != b.getAccessBoundary(*second))
        return false;
      return accessOf(a, *first) == accessOf(b, *second);
    }
    Operation *one = left.getDefiningOp(), *other = right.getDefiningOp();
    if (!one || !other || one->getName() != other->getName() || one->getNumOperands() != other->getNumOperands())
      return false;
    if (auto index = dyn_cast<ir::IndexOp>(one)) {
      auto known = [&](Statement s, Operation *op) {
        return roles.at(s).at(cast<ir::IndexOp>(op).getIndexName().str());
      };
      return known(a, one) == known(b, other);
    }
    if (one->getAttrDictionary() != other->getAttrDictionary() || one->getNumRegions() > 0)
      return false;
    return llvm::all_of(llvm::zip_equal(one->getOperands(), other->getOperands()),
                        [&](auto pair) { return isSame(a, std::get<0>(pair), b, std::get<1>(pair)); });
  }

  SmallVector<DimExpr> accessOf(Statement statement, unsigned operand) {
    std::map<std::string, DimExpr> names;
    for (const auto &[name, role] : roles.at(statement))
      names[name] = DimExpr::symbol(role);
    SmallVector<DimExpr> at;
    for (const DimExpr &expr : statement.getAccessExprs(operand))
      at.push_back(expr.substitute(names));
    return at;
  }

  /// Follows the operand that is a score of the same point up to the contraction.
  bool findProduct(Statement reader, Value from) {
    SmallVector<Value> work{from};
    llvm::SmallPtrSet<void *, 16> seen;
    SmallVector<unsigned> candidates;
    while (!work.empty()) {
      Value next = work.pop_back_val();
      if (!seen.insert(next.getAsOpaquePointer()).second)
        continue;
      if (auto operand = operandOf(reader, next); operand && isScore(reader, *operand))
        candidates.push_back(*operand);
      else if (Operation *op = next.getDefiningOp())
        llvm::append_range(work, op->getOperands());
    }
    if (candidates.size() != 1)
      return false;
    Statement producer = producerOf(reader->getOperand(candidates[0]));
    if (!enter(producer, *axesAt(reader, candidates[0], roles.at(reader))))
      return false;
    if (auto reduce = dyn_cast<ir::ReduceOp>(producer.getOperation())) {
      scores = reduce;
      return true;
    }
    scoreMaps.insert(scoreMaps.begin(), cast<ir::MapOp>(producer.getOperation()));
    return findProduct(producer, yielded(producer));
  }

  /// Whether an operand is a sum of products over one index for each query and key, or made of one.
  bool isScore(Statement reader, unsigned operand) {
    auto axes = axesAt(reader, operand, roles.at(reader));
    Statement producer = producerOf(reader->getOperand(operand));
    if (!axes || !producer || axes->size() != outer.size() + 1)
      return false;
    if (isa<ir::MapOp>(producer))
      return true;
    auto reduce = dyn_cast<ir::ReduceOp>(producer.getOperation());
    return reduce && reduce.getCombiner() == ir::CombinerKind::Sum && yielded(reduce).getDefiningOp<arith::MulFOp>() &&
           producer.getIndexNames().size() == producer.getNumParallelIndices() + 1;
  }

  /// The maps behind the output in its group.
  bool findEpilogue() {
    SmallVector<StringRef> domain = Statement(output).getIndexNames();
    domain.pop_back();
    for (Operation &op : group.getBody().front().without_terminator()) {
      auto map = dyn_cast<ir::MapOp>(op);
      if (!map || statements.contains(map))
        continue;
      if (!llvm::equal(Statement(map).getIndexNames(), domain) || GroupInfo::hasLoads(map) || GroupInfo::hasFolds(map))
        return false;
      for (StringRef name : domain)
        roles[map][name.str()] = name.str();
      statements.insert(map);
      epilogue.push_back(map);
    }
    return true;
  }

  /// No other statement is in a group of the chain, and nobody else reads what it makes on the way.
  bool isClosed() {
    for (Operation *op : statements) {
      auto parent = dyn_cast<ir::GroupOp>(op->getParentOp());
      if (!parent || parent.getSchedule())
        return false;
      for (Operation &other : parent.getBody().front().without_terminator())
        if (!statements.contains(&other))
          return false;
      bool mayEscape = op == output || llvm::is_contained(epilogue, dyn_cast<ir::MapOp>(op));
      if (!mayEscape &&
          llvm::any_of(readersOf(cast<Statement>(op)), [&](Operation *reader) { return !statements.contains(reader); }))
        return false;
    }
    return true;
  }
};

} // namespace

std::optional<SoftmaxChain> tile::findSoftmaxChain(ir::ReduceOp output) {
  ChainFinder finder(output);
  return finder.find() ? std::optional<SoftmaxChain>(finder) : std::nullopt;
}
