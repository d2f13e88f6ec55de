//===- RequireDims.cpp - What reads and divisions ask of the dimensions ---===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tensor IR may come from anybody as text. What the language proves or requires of
// dimensions (SemaIndex.cpp) becomes constraints of the kernel here, so that the
// interpreter, the launch check and compiled code refuse the same shapes.
//
//===----------------------------------------------------------------------===//
#include "flex/TensorIR/BindDims.h"
#include "flex/TensorIR/TensorPasses.h"

#include "llvm/ADT/SetVector.h"

namespace flex::ir {
#define GEN_PASS_DEF_FLEXREQUIREDIMS
#include "flex/TensorIR/TensorPasses.h.inc"
} // namespace flex::ir

using namespace mlir;
using namespace flex;
using namespace flex::ir;

namespace {

/// Every divisor in `expr` that is not a number.
void collectDivisors(const DimExpr &expr, SmallVectorImpl<DimExpr> &divisors) {
  for (const DimExpr::Term &term : expr.terms())
    for (const auto &atom : term.atoms) {
      for (const DimExpr &operand : atom->operands)
        collectDivisors(operand, divisors);
      bool divides = !atom->isName && atom->op != DimExpr::OpKind::Min && atom->op != DimExpr::OpKind::Max;
      if (divides && !atom->operands[1].isConstant())
        divisors.push_back(atom->operands[1]);
    }
}

/// The indices around an operation.
struct Domain {
  SmallVector<StringRef> names;
  SmallVector<DimExpr> extents;

  void add(ArrayRef<StringRef> moreNames, ArrayRef<DimExpr> moreExtents) {
    names.append(moreNames.begin(), moreNames.end());
    extents.append(moreExtents.begin(), moreExtents.end());
  }

  /// How many points; 1 where no expression of reasonable size says it: then the condition holds for all shapes.
  DimExpr points() const {
    DimExpr product(1);
    for (const DimExpr &extent : extents)
      product = product * extent;
    return product.isValid() ? product : DimExpr(1);
  }

  /// The smallest value of `expr` over the points; nothing if that cannot be said in closed form, or data decides.
  std::optional<DimExpr> lowest(DimExpr expr) const {
    std::set<std::string> symbols;
    expr.collectSymbols(symbols);
    if (llvm::any_of(symbols, [](const std::string &symbol) { return symbol.front() == '$'; }))
      return std::nullopt;
    for (auto [name, extent] : llvm::zip_equal(names, extents)) {
      std::string_view symbol(name.data(), name.size());
      if (!expr.uses(symbol))
        continue;
      auto linear = expr.linearIn(symbol);
      auto slope = linear ? linear->first.constant() : std::nullopt;
      if (!slope)
        return std::nullopt;
      expr = *slope >= 0 ? linear->second : linear->second + linear->first * (extent - 1);
    }
    return expr;
  }
};

class Requirements {
public:
  explicit Requirements(KernelOp kernel) : kernel(kernel) {
    if (auto given = kernel.getConstraints())
      for (StringAttr text : given->getAsRange<StringAttr>())
        constraints.insert(text);
  }

  LogicalResult run() {
    WalkResult walked = kernel.getBody().walk([&](Operation *op) -> WalkResult {
      if (auto dim = dyn_cast<DimOp>(op))
        return requireDivisors(op, toDimExpr(dim.getExprAttr()), Domain());
      if (auto load = dyn_cast<LoadOp>(op))
        return requireOf(load);
      if (auto fold = dyn_cast<FoldOp>(op))
        return requireOf(fold);
      auto statement = dyn_cast<StatementInterface>(op);
      return statement ? requireOf(statement) : success();
    });
    if (walked.wasInterrupted())
      return failure();
    if (!constraints.empty())
      kernel.setConstraintsAttr(ArrayAttr::get(kernel.getContext(), constraints.getArrayRef()));
    return success();
  }

private:
  LogicalResult requireOf(StatementInterface statement) {
    Domain domain;
    domain.add(statement.getIndexNames(), statement.getIndexExtents());
    for (const DimExpr &extent : domain.extents)
      if (failed(requireDivisors(statement, extent, Domain())))
        return failure();
    for (unsigned operand = 0; operand < statement->getNumOperands(); ++operand) {
      for (const DimExpr &index : statement.getAccessExprs(operand))
        if (failed(requireDivisors(statement, index, domain)))
          return failure();
      if (failed(requireAxes(statement, statement->getOperand(operand).getType(), statement.getAccessBoundary(operand),
                             domain)))
        return failure();
    }
    for (const DimExpr &place : statement.getResultExprs())
      if (failed(requireDivisors(statement, place, domain)))
        return failure();
    if (auto sort = dyn_cast<ArgSortOp>(statement.getOperation()))
      return requirePositions(sort);
    if (!statement.getCombinerKind() || !isPosition(*statement.getCombinerKind()))
      return success();
    unsigned parallel = statement.getNumParallelIndices();
    Domain results;
    results.add(ArrayRef(domain.names).take_front(parallel), ArrayRef(domain.extents).take_front(parallel));
    return requireRange(statement, ArrayRef(domain.extents).drop_front(parallel), results);
  }

  /// There is no position in an empty range.
  LogicalResult requireRange(Operation *op, ArrayRef<DimExpr> extents, const Domain &domain) {
    for (const DimExpr &extent : extents)
      if (failed(requirePositive(op, extent, domain, "finds a position in a range of extent ")))
        return failure();
    return success();
  }

  /// A sort has as many positions as it gives.
  LogicalResult requirePositions(ArgSortOp sort) {
    DimConstraint constraint{toDimExpr(sort.getCountAttr()), sort.getIndexExtents().back(),
                             DimConstraint::Relation::LessEqual};
    bool known = constraint.lhs == constraint.rhs || constraint.holds();
    if (!known)
      constraints.insert(StringAttr::get(sort.getContext(), constraint.str()));
    return success();
  }

  LogicalResult requireOf(FoldOp fold) {
    for (const DimExpr &extent : fold.getIndexExtents())
      if (failed(requireDivisors(fold, extent, Domain())))
        return failure();
    return isPosition(fold.getCombiner()) ? requireRange(fold, fold.getIndexExtents(), domainAround(fold)) : success();
  }

  /// All points at which an operation of a body runs.
  static Domain domainAround(Operation *op) {
    Domain domain;
    for (Operation *around = op->getParentOp(); around && !isa<KernelOp>(around); around = around->getParentOp()) {
      if (auto fold = dyn_cast<FoldOp>(around))
        domain.add(fold.getIndexNames(), fold.getIndexExtents());
      if (auto statement = dyn_cast<StatementInterface>(around))
        domain.add(statement.getIndexNames(), statement.getIndexExtents());
    }
    return domain;
  }

  LogicalResult requireOf(LoadOp load) {
    Domain domain = domainAround(load);
    for (const DimExpr &index : load.getAccessExprs())
      if (failed(requireDivisors(load, index, domain)))
        return failure();
    return requireAxes(load, load.getTensor().getType(), load.getBoundary(), domain);
  }

  /// What a rule moves an index into has an element.
  LogicalResult requireAxes(Operation *op, Type tensor, BoundaryAttr boundary, const Domain &domain) {
    if (boundary.getKind() == BoundaryKind::None || boundary.getKind() == BoundaryKind::Fill)
      return success();
    for (const DimExpr &extent : cast<NamedTensorType>(tensor).getDims())
      if (failed(requirePositive(op, extent, domain, "reads by a boundary rule an axis of extent ")))
        return failure();
    return success();
  }

  LogicalResult requireDivisors(Operation *op, const DimExpr &expr, const Domain &domain) {
    SmallVector<DimExpr> divisors;
    collectDivisors(expr, divisors);
    for (const DimExpr &divisor : divisors) {
      std::optional<DimExpr> lowest = domain.lowest(divisor);
      if (!lowest)
        return op->emitOpError() << "divides by '" << divisor.str()
                                 << "', which must be linear in each index, and not data, to be proved positive";
      if (failed(requirePositive(op, *lowest, domain, "divides by ")))
        return failure();
    }
    return success();
  }

  /// At each point of `domain`, `value` is at least 1.
  LogicalResult requirePositive(Operation *op, const DimExpr &value, const Domain &domain, StringRef what) {
    if (value.constant().value_or(0) >= 1 || llvm::is_contained(domain.extents, value))
      return success(); // an index that runs below `value` has a point only if it is positive
    DimExpr needed = DimExpr::min(domain.points(), 1);
    DimConstraint constraint{needed, value, DimConstraint::Relation::LessEqual};
    auto holds = constraint.holds();
    if (holds && !*holds)
      return op->emitOpError() << what << value.str();
    if (!holds && constraint.isValid())
      constraints.insert(StringAttr::get(op->getContext(), constraint.str()));
    return success();
  }

  KernelOp kernel;
  llvm::SetVector<Attribute> constraints;
};

struct RequireDimsPass : ir::impl::FlexRequireDimsBase<RequireDimsPass> {
  void runOnOperation() override {
    if (failed(Requirements(getOperation()).run()))
      signalPassFailure();
  }
};

} // namespace
