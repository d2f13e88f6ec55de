//===- FormGroups.cpp - Statements that become one launch -----------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Grows groups in program order. A statement joins the last group among its
// producers if one work item of that group, which owns one point of the outer
// indices, has all that the statement reads of it.
// Invariant: groups are ordered; a statement reads only from its own or earlier ones.
//
//===----------------------------------------------------------------------===//
#include "flex/TensorIR/TensorPasses.h"

#include "llvm/ADT/MapVector.h"

namespace flex::ir {
#define GEN_PASS_DEF_FLEXFORMGROUPS
#include "flex/TensorIR/TensorPasses.h.inc"
} // namespace flex::ir

using namespace mlir;
using namespace flex;
using namespace flex::ir;

namespace {

bool isName(const DimExpr &expr, StringRef name) {
  return expr.isSymbol(std::string_view(name.data(), name.size()));
}

/// One group in the making.
struct Group {
  SmallVector<StatementInterface> statements;
  unsigned outer = 0; ///< how many leading parallel indices the statements share

  bool contains(Operation *op) const {
    return llvm::any_of(statements, [&](StatementInterface s) { return s.getOperation() == op; });
  }
};

SmallVector<StringRef> outerNames(const Group &group) {
  StatementInterface first = group.statements.front();
  SmallVector<StringRef> names = first.getIndexNames();
  names.truncate(group.outer);
  return names;
}

/// A map or a reduce: what shares a launch with others.
bool isPlain(StatementInterface statement) {
  return statement.getStatementKind() == StatementKind::Map || statement.getStatementKind() == StatementKind::Reduce;
}

/// Renames indices of a statement, and of the folds in its body, everywhere.
void renameIndices(StatementInterface statement, const std::map<std::string, std::string> &names) {
  MLIRContext *context = statement.getContext();
  std::map<std::string, DimExpr> substitution;
  for (const auto &[from, to] : names)
    substitution[from] = DimExpr::symbol(to);
  auto renamed = [&](StringRef name) {
    auto it = names.find(name.str());
    return StringAttr::get(context, it == names.end() ? name.str() : it->second);
  };
  auto renamedAll = [&](ArrayRef<StringRef> list) {
    SmallVector<Attribute> attrs;
    for (StringRef name : list)
      attrs.push_back(renamed(name));
    return ArrayAttr::get(context, attrs);
  };
  auto substituted = [&](ArrayAttr texts) {
    SmallVector<DimExpr> exprs;
    for (const DimExpr &expr : toDimExprs(texts))
      exprs.push_back(expr.substitute(substitution));
    return toAttr(context, exprs);
  };
  SmallVector<Attribute> accesses;
  for (Attribute access : statement->getAttrOfType<ArrayAttr>("accesses"))
    accesses.push_back(isa<ArrayAttr>(access) ? substituted(cast<ArrayAttr>(access)) : access);
  statement->setAttr("indices", renamedAll(statement.getIndexNames()));
  statement->setAttr("accesses", ArrayAttr::get(context, accesses));
  if (auto at = statement->getAttrOfType<ArrayAttr>("at"))
    statement->setAttr("at", substituted(at));
  statement->walk([&](Operation *op) {
    if (auto index = dyn_cast<IndexOp>(op))
      index.setIndexNameAttr(renamed(index.getIndexName()));
    else if (auto load = dyn_cast<LoadOp>(op))
      load.setAccessAttr(substituted(load.getAccess()));
    else if (auto fold = dyn_cast<FoldOp>(op))
      fold.setIndicesAttr(renamedAll(fold.getIndexNames()));
  });
}

/// How many leading outer indices survive if `statement` joins `group`; nothing if it must not.
std::optional<unsigned> sharedOuter(const Group &group, StatementInterface statement) {
  SmallVector<StringRef> names = statement.getIndexNames();
  SmallVector<DimExpr> extents = statement.getIndexExtents();
  StatementInterface first = group.statements.front();
  SmallVector<DimExpr> groupExtents = first.getIndexExtents();
  unsigned shared = std::min(group.outer, statement.getNumParallelIndices());
  for (unsigned axis = 0; axis < shared; ++axis)
    if (extents[axis] != groupExtents[axis])
      shared = axis;
  for (unsigned operand = 0; operand < statement->getNumOperands(); ++operand) {
    Operation *producer = statement->getOperand(operand).getDefiningOp();
    if (!producer || !group.contains(producer))
      continue;
    if (statement.isWholeAccess(operand) || statement.getAccessBoundary(operand).getKind() != BoundaryKind::None)
      return std::nullopt;
    SmallVector<DimExpr> access = statement.getAccessExprs(operand);
    for (unsigned axis = 0; axis < shared; ++axis)
      if (axis >= access.size() || !isName(access[axis], names[axis]))
        shared = axis;
  }
  return shared;
}

/// A reduction keeps its speed only if no parallel index becomes an inner loop.
bool keepsReductionsWhole(const Group &group, StatementInterface statement, unsigned outer) {
  auto fits = [&](StatementInterface s) { return !s.getCombinerKind() || s.getNumParallelIndices() == outer; };
  return llvm::all_of(group.statements, fits) && fits(statement);
}

bool readsFrom(const Group &group, StatementInterface statement) {
  return llvm::any_of(statement->getOperands(), [&](Value operand) {
    return operand.getDefiningOp() && group.contains(operand.getDefiningOp());
  });
}

//===----------------------------------------------------------------------===//
// Siblings: nothing read of each other, but work to share
//===----------------------------------------------------------------------===//

// More tensors than this in one loop, and the hardware no longer fetches all of them ahead.
constexpr size_t kMaxTensors = 16;
// A loop's body that grows past this gains nothing from being one.
constexpr size_t kMaxGroupOps = 2048;
// A last axis shorter than this is no run for the lanes of a vector.
constexpr int64_t kShortAxis = 64;

bool hasAxes(Value tensor) {
  return cast<NamedTensorType>(tensor.getType()).getRank() > 0;
}

bool sharesOperand(StatementInterface a, StatementInterface b) {
  return llvm::any_of(a->getOperands(), [&](Value v) { return llvm::is_contained(b->getOperands(), v); });
}

/// Whether it walks all that it reads as it walks its domain, so that the axes may be taken as one.
bool isFlat(StatementInterface statement) {
  SmallVector<StringRef> names = statement.getIndexNames();
  for (unsigned operand = 0; operand < statement->getNumOperands(); ++operand) {
    if (statement.isWholeAccess(operand) || statement.getAccessBoundary(operand).getKind() != BoundaryKind::None)
      return false;
    SmallVector<DimExpr> access = statement.getAccessExprs(operand);
    if (!access.empty() && !llvm::equal(access, names, isName))
      return false;
  }
  return !statement.getStatementBody()->walk([](IndexOp) { return WalkResult::interrupt(); }).wasInterrupted();
}

/// Maps over one domain that read a tensor in common, or only positions and scalars: sine and cosine of one angle, the
/// words of one random block. Their points come together, and what they compute alike is computed once.
bool areSiblingMaps(StatementInterface a, StatementInterface b) {
  SmallVector<DimExpr> extents = a.getIndexExtents();
  if (!isa<MapOp>(a) || !isa<MapOp>(b) || extents != b.getIndexExtents() || extents.empty())
    return false;
  bool isShort = extents.back().constant().value_or(kShortAxis) < kShortAxis;
  if (isShort && isFlat(a) != isFlat(b))
    return false;
  SmallVector<Value> tensors(llvm::make_filter_range(a->getOperands(), hasAxes));
  if (tensors.empty())
    return llvm::none_of(b->getOperands(), hasAxes);
  return llvm::any_of(tensors, [&](Value v) { return llvm::is_contained(b->getOperands(), v); });
}

/// Two reductions over the same domain of a common input: one pass serves both.
bool areSiblingReductions(StatementInterface a, StatementInterface b) {
  return a.getCombinerKind() && b.getCombinerKind() && a.getIndexExtents() == b.getIndexExtents() &&
         a.getNumParallelIndices() == b.getNumParallelIndices() && sharesOperand(a, b);
}

/// Whether a group of maps, all over its outer indices, stays small enough with more of them.
bool hasRoomFor(const Group &group, ArrayRef<StatementInterface> more) {
  size_t ops = 0;
  llvm::SmallPtrSet<void *, 16> tensors;
  auto count = [&](StatementInterface statement) {
    ops += statement.getStatementBody()->getOperations().size();
    for (Value operand : statement->getOperands())
      if (hasAxes(operand))
        tensors.insert(operand.getAsOpaquePointer());
    tensors.insert(statement->getResult(0).getAsOpaquePointer());
  };
  llvm::for_each(group.statements, count);
  llvm::for_each(more, count);
  return ops <= kMaxGroupOps && tensors.size() <= kMaxTensors;
}

/// Every statement is a map over the group's outer indices and no others.
bool isPointwise(const Group &group) {
  return llvm::all_of(group.statements,
                      [&](StatementInterface s) { return isa<MapOp>(s) && s.getNumParallelIndices() == group.outer; });
}

bool isSibling(const Group &group, StatementInterface statement) {
  if (isPointwise(group) && hasRoomFor(group, statement) &&
      llvm::any_of(group.statements, [&](auto other) { return areSiblingMaps(statement, other); }))
    return true;
  return llvm::any_of(group.statements, [&](auto other) { return areSiblingReductions(statement, other); });
}

bool tryJoin(Group &group, StatementInterface statement) {
  if (!isPlain(statement) || !llvm::all_of(group.statements, isPlain))
    return false;
  auto outer = sharedOuter(group, statement);
  if (!outer || !keepsReductionsWhole(group, statement, *outer))
    return false;
  // Without a common index only a chain of scalars may share a work item.
  bool scalars = group.outer == 0 && statement.getNumParallelIndices() == 0;
  if (*outer == 0 && !scalars)
    return false;
  group.statements.push_back(statement);
  group.outer = *outer;
  return true;
}

struct FormGroupsPass : ir::impl::FlexFormGroupsBase<FormGroupsPass> {
  void runOnOperation() override {
    KernelOp kernel = getOperation();
    if (llvm::any_of(kernel.getBody().front(), llvm::IsaPred<GroupOp>))
      return checkGrouped(kernel);
    eraseDeadStatements(kernel);
    copyReturnedInputs(kernel);
    SmallVector<Group> groups;
    for (Operation &op : kernel.getBody().front())
      if (auto statement = dyn_cast<StatementInterface>(op))
        place(groups, statement);
    for (auto [number, group] : llvm::enumerate(groups))
      materialise(kernel, group, number);
  }

  /// Groups that are there already stay as they are, but nothing may lie between them.
  void checkGrouped(KernelOp kernel) {
    for (Operation &op : kernel.getBody().front())
      if (isa<StatementInterface>(op)) {
        op.emitError("is outside the groups that the kernel has already: put every statement in a flex.group, or none");
        return signalPassFailure();
      }
  }

  static void eraseDeadStatements(KernelOp kernel) {
    for (Operation &op : llvm::make_early_inc_range(llvm::reverse(kernel.getBody().front())))
      if (isa<StatementInterface, ConstantOp>(op) && op.use_empty())
        op.erase();
  }

  /// Every returned value gets a statement of its own to write it.
  static void copyReturnedInputs(KernelOp kernel) {
    auto ret = cast<ReturnOp>(kernel.getBody().front().getTerminator());
    llvm::SmallPtrSet<Operation *, 8> written;
    for (OpOperand &operand : ret->getOpOperands()) {
      Operation *producer = operand.get().getDefiningOp();
      if (isa_and_nonnull<StatementInterface>(producer) && written.insert(producer).second)
        continue;
      operand.set(copyOf(operand.get(), ret));
    }
  }

  static Value copyOf(Value value, ReturnOp ret) {
    auto type = cast<NamedTensorType>(value.getType());
    SmallVector<std::string> indices;
    SmallVector<DimExpr> access;
    for (unsigned axis = 0; axis < type.getRank(); ++axis) {
      indices.push_back("i" + std::to_string(axis));
      access.push_back(DimExpr::symbol(indices.back()));
    }
    OpBuilder builder(ret);
    auto none = BoundaryAttr::get(builder.getContext(), BoundaryKind::None, TypedAttr());
    auto copy = MapOp::create(builder, ret.getLoc(), type.getElementType(), ValueRange(value), indices, type.getDims(),
                              SmallVector<DimExpr>(access), none);
    builder.setInsertionPointToEnd(copy.getStatementBody());
    YieldOp::create(builder, ret.getLoc(), copy.getStatementBody()->getArgument(0));
    return copy;
  }

  static void place(SmallVectorImpl<Group> &groups, StatementInterface statement) {
    // Only the last group it depends on can take it: earlier ones run before its other producers.
    size_t first = 0;
    for (auto [number, group] : llvm::enumerate(groups))
      if (readsFrom(group, statement))
        first = number;
    if (first < groups.size() && readsFrom(groups[first], statement) && tryJoin(groups[first], statement))
      return mergeProducers(groups, first);
    for (size_t number = groups.size(); number-- > first;)
      if (isSibling(groups[number], statement) && tryJoin(groups[number], statement))
        return;
    Group fresh;
    fresh.statements.push_back(statement);
    fresh.outer = statement.getNumParallelIndices();
    groups.push_back(std::move(fresh));
  }

  /// The last statement of a group may read earlier groups, too, each point its own: they need not go through memory.
  static void mergeProducers(SmallVectorImpl<Group> &groups, size_t last) {
    StatementInterface reader = groups[last].statements.back();
    for (size_t number = last; number-- > 0;) {
      Group &producer = groups[number], &group = groups[last];
      if (!readsFrom(producer, reader) || !isPointwise(producer) || !isPointwise(group) ||
          !hasRoomFor(group, producer.statements))
        continue;
      auto sharesAll = [&](StatementInterface s) { return sharedOuter(producer, s) == producer.outer; };
      auto isApart = [&](const Group &between) {
        return llvm::none_of(between.statements, [&](auto s) { return readsFrom(producer, s); });
      };
      if (producer.outer != group.outer || !llvm::all_of(group.statements, sharesAll) ||
          !llvm::all_of(ArrayRef(groups).slice(number + 1, last - number - 1), isApart))
        continue;
      group.statements.insert(group.statements.begin(), producer.statements.begin(), producer.statements.end());
      groups.erase(groups.begin() + number);
      --last;
    }
  }

  /// Gives the outer indices common names; other names step aside.
  static void unifyNames(const Group &group) {
    SmallVector<std::string> outer;
    for (StringRef name : outerNames(group))
      outer.push_back(name.str());
    for (StatementInterface statement : group.statements) {
      std::map<std::string, std::string> names;
      SmallVector<StringRef> indices = statement.getIndexNames();
      // Those of folds come last; two folds side by side may share a name.
      statement->walk([&](FoldOp fold) {
        for (StringRef name : fold.getIndexNames())
          if (!llvm::is_contained(indices, name))
            indices.push_back(name);
      });
      for (auto [axis, name] : llvm::enumerate(indices))
        if (axis < group.outer)
          names[name.str()] = outer[axis];
        else if (llvm::is_contained(outer, name)) {
          std::string fresh = name.str() + "_inner" + std::to_string(axis);
          while (llvm::is_contained(indices, fresh) || llvm::is_contained(outer, fresh))
            fresh += "_";
          names[name.str()] = fresh;
        }
      renameIndices(statement, names);
    }
  }

  static void materialise(KernelOp kernel, const Group &group, unsigned number) {
    unifyNames(group);
    // In group order, behind everything: a group reads only what comes before it.
    OpBuilder builder(kernel.getBody().front().getTerminator());
    SmallVector<Attribute> outer;
    for (StringRef name : outerNames(group))
      outer.push_back(builder.getStringAttr(name));
    SmallVector<Value> escaping;
    for (StatementInterface statement : group.statements)
      if (llvm::any_of(statement->getUsers(), [&](Operation *user) { return !group.contains(user); }))
        escaping.push_back(statement->getResult(0));
    std::string name = kernel.getName().str() + "_" + std::to_string(number);
    StatementInterface first = group.statements.front();
    auto op = GroupOp::create(builder, first.getLoc(), ValueRange(escaping).getTypes(), builder.getStringAttr(name),
                              builder.getArrayAttr(outer), DictionaryAttr());
    Block &body = op.getBody().emplaceBlock();
    for (StatementInterface statement : group.statements)
      statement->moveBefore(&body, body.end());
    builder.setInsertionPointToEnd(&body);
    YieldOp::create(builder, op.getLoc(), escaping);
    for (auto [value, result] : llvm::zip_equal(escaping, op.getResults()))
      value.replaceUsesWithIf(result, [&](OpOperand &use) { return use.getOwner()->getBlock() != &body; });
  }
};

} // namespace
