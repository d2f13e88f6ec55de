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
#include "Group.h"
#include "flex/TensorIR/ScanForms.h"
#include "flex/TensorIR/TensorPasses.h"

namespace flex::ir {
#define GEN_PASS_DEF_FLEXFORMGROUPS
#include "flex/TensorIR/TensorPasses.h.inc"
} // namespace flex::ir

using namespace mlir;
using namespace flex;
using namespace flex::ir;

namespace {

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
      if (group.readsFrom(statement))
        first = number;
    if (first < groups.size() && groups[first].readsFrom(statement)) {
      if (tryJoinEpilogue(groups[first], statement))
        return;
      if (tryJoin(groups[first], statement))
        return mergeProducers(groups, first);
    }
    for (size_t number = groups.size(); number-- > first;)
      if (isSibling(groups[number], statement) && tryJoin(groups[number], statement))
        return;
    auto scatter = dyn_cast<ScatterOp>(statement.getOperation());
    MapOp base = scatter ? findBaseMap(scatter) : MapOp();
    auto alone = llvm::find_if(
        groups, [&](const Group &group) { return base && group.statements.size() == 1 && group.contains(base); });
    if (alone == groups.end()) {
      groups.emplace_back(statement);
      return;
    }
    groups.erase(alone);
    groups.push_back(withBase(scatter, base));
  }

  /// The last statement of a group may read earlier groups, too, each point its own: they need not go through memory.
  static void mergeProducers(SmallVectorImpl<Group> &groups, size_t last) {
    StatementInterface reader = groups[last].statements.back();
    for (size_t number = last; number-- > 0;) {
      Group &producer = groups[number], &group = groups[last];
      if (!producer.readsFrom(reader) || !isPointwise(producer) || !isPointwise(group) ||
          !hasRoomFor(group, producer.statements))
        continue;
      auto sharesAll = [&](StatementInterface s) { return sharedOuter(producer, s) == producer.outer; };
      auto isApart = [&](const Group &between) {
        return llvm::none_of(between.statements, [&](auto s) { return producer.readsFrom(s); });
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
    SmallVector<StringRef> outer = group.outerNames();
    SmallVector<std::string> common(outer.begin(), outer.end());
    for (StatementInterface statement : group.statements) {
      if (statement == group.ordered())
        continue; // the others take its names
      SmallVector<std::string> chosen = common;
      if (auto known = group.names.find(statement); known != group.names.end())
        chosen = known->second;
      rename(statement, chosen);
    }
  }

  /// Names the first indices.
  static void rename(StatementInterface statement, ArrayRef<std::string> chosen) {
    std::map<std::string, std::string> names;
    SmallVector<StringRef> indices = statement.getIndexNames();
    // Those of folds come last; two folds side by side may share a name.
    statement->walk([&](FoldOp fold) {
      for (StringRef name : fold.getIndexNames())
        if (!llvm::is_contained(indices, name))
          indices.push_back(name);
    });
    for (auto [axis, name] : llvm::enumerate(indices))
      if (axis < chosen.size())
        names[name.str()] = chosen[axis];
      else if (llvm::is_contained(chosen, name)) {
        std::string fresh = name.str() + "_inner" + std::to_string(axis);
        while (llvm::is_contained(indices, fresh) || llvm::is_contained(chosen, fresh))
          fresh += "_";
        names[name.str()] = fresh;
      }
    renameIndices(statement, names);
  }

  /// Whether others read a statement's result in memory.
  static bool isNeeded(const Group &group, StatementInterface statement) {
    if (llvm::any_of(statement->getUsers(), [&](Operation *user) { return !group.contains(user); }))
      return true;
    auto scan = dyn_cast<ScanOp>(statement.getOperation());
    return scan && !getCarriedStart(scan, group.outer);
  }

  static void materialise(KernelOp kernel, const Group &group, unsigned number) {
    unifyNames(group);
    // In group order, behind everything: a group reads only what comes before it.
    OpBuilder builder(kernel.getBody().front().getTerminator());
    SmallVector<Attribute> outer;
    for (StringRef name : group.outerNames())
      outer.push_back(builder.getStringAttr(name));
    SmallVector<Value> escaping;
    for (StatementInterface statement : group.statements)
      if (isNeeded(group, statement))
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
