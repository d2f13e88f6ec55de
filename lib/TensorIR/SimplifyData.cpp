//===- SimplifyData.cpp - Canonical forms of loads and scans --------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A load at places that no data decides becomes an ordinary read, which all of
// scheduling understands; an index of a scan that nothing couples becomes parallel.
//
//===----------------------------------------------------------------------===//
#include "StatementAssembly.h"

#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace flex;
using namespace flex::ir;

namespace {

constexpr int kMaxDepth = 8;

/// An index value as an expression over indices and dimensions.
std::optional<DimExpr> asExpr(Value value, int depth = 0) {
  Operation *op = value.getDefiningOp();
  if (!op || depth > kMaxDepth)
    return std::nullopt;
  APInt constant;
  if (matchPattern(value, m_ConstantInt(&constant)))
    return DimExpr(constant.getSExtValue());
  if (auto index = dyn_cast<IndexOp>(op))
    return DimExpr::symbol(index.getIndexName().str());
  if (auto dim = dyn_cast<DimOp>(op))
    return toDimExpr(dim.getExprAttr());
  if (!isa<arith::AddIOp, arith::SubIOp>(op))
    return std::nullopt;
  auto a = asExpr(op->getOperand(0), depth + 1), b = asExpr(op->getOperand(1), depth + 1);
  if (!a || !b)
    return std::nullopt;
  return isa<arith::AddIOp>(op) ? *a + *b : *a - *b;
}

/// A dimension that an index hides cannot be named at the load.
bool isVisible(LoadOp load, Value value, const DimExpr &expr) {
  SmallVector<StringRef> indices = getVisibleIndices(load);
  SmallVector<Value> work{value};
  for (size_t at = 0; at < work.size(); ++at) {
    Operation *op = work[at].getDefiningOp();
    auto dim = dyn_cast<DimOp>(op);
    if (dim && llvm::any_of(indices, [&](StringRef name) {
          return toDimExpr(dim.getExprAttr()).uses(std::string_view(name.data(), name.size()));
        }))
      return false;
    work.append(op->operand_begin(), op->operand_end());
  }
  return expr.isValid();
}

/// Index values that are indices, dimensions or constants move into the expressions; equal ones are named once.
struct FoldIndexValues : OpRewritePattern<LoadOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(LoadOp load, PatternRewriter &rewriter) const override {
    std::map<std::string, DimExpr> substitution;
    SmallVector<Value> kept;
    for (auto [number, value] : llvm::enumerate(load.getIndexValues())) {
      std::string name = "$" + std::to_string(number);
      if (auto expr = asExpr(value); expr && isVisible(load, value, *expr)) {
        substitution[name] = *expr;
        continue;
      }
      size_t place = llvm::find(kept, value) - kept.begin();
      if (place == kept.size())
        kept.push_back(value);
      substitution[name] = DimExpr::symbol("$" + std::to_string(place));
    }
    if (kept.size() == load.getIndexValues().size())
      return failure();
    SmallVector<DimExpr> exprs;
    for (const DimExpr &expr : load.getAccessExprs())
      exprs.push_back(expr.substitute(substitution));
    if (!isOffsetRepresentable(exprs, load.getTensor().getType()))
      return failure(); // read outside, at a distance that the lowering computes with care
    rewriter.modifyOpInPlace(load, [&] {
      load.setAccessAttr(toAttr(load.getContext(), exprs));
      load.getIndexValuesMutable().assign(kept);
    });
    return success();
  }
};

/// A load without index values, outside of folds, is a read of the statement.
struct LoadBecomesRead : OpInterfaceRewritePattern<StatementInterface> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;
  LogicalResult matchAndRewrite(StatementInterface op, PatternRewriter &rewriter) const override {
    for (LoadOp load : op.getStatementBody()->getOps<LoadOp>())
      if (load.getIndexValues().empty() && !load.isSelfLoad()) {
        BlockArgument argument;
        rewriter.modifyOpInPlace(op, [&] { argument = addRead(op, load); });
        rewriter.replaceOp(load, argument);
        return success();
      }
    return failure();
  }

private:
  static BlockArgument addRead(StatementInterface op, LoadOp load) {
    MLIRContext *context = op.getContext();
    Block *body = op.getStatementBody();
    unsigned number = op->getNumOperands();
    auto append = [&](StringRef name, Attribute attr) {
      SmallVector<Attribute> attrs(op->getAttrOfType<ArrayAttr>(name).getValue());
      attrs.push_back(attr);
      op->setAttr(name, ArrayAttr::get(context, attrs));
    };
    append("accesses", load.getAccess());
    append("boundaries", load.getBoundary());
    Value tensor = op->getOperand(cast<BlockArgument>(load.getTensor()).getArgNumber());
    op->insertOperands(number, tensor);
    return body->insertArgument(number, load.getResult().getType(), load.getLoc());
  }
};

/// An index of `each` that every load of the result reads at itself is parallel.
struct PromoteEach : OpRewritePattern<ScanOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ScanOp op, PatternRewriter &rewriter) const override {
    SmallVector<StringRef> names = op.getIndexNames(), axes = stringsOf(op.getAt());
    unsigned parallel = op.getNumParallel(), first = parallel + op.getNumOrdered();
    for (unsigned index = first; index < names.size(); ++index) {
      size_t axis = llvm::find(axes, names[index]) - axes.begin();
      DimExpr itself = DimExpr::symbol(std::string_view(names[index].data(), names[index].size()));
      bool coupled = llvm::any_of(op.getSelf().getUsers(),
                                  [&](Operation *user) { return cast<LoadOp>(user).getAccessExprs()[axis] != itself; });
      if (coupled)
        continue;
      rewriter.modifyOpInPlace(op, [&] {
        op.setIndicesAttr(moved(op.getIndices(), index, parallel));
        op.setExtentsAttr(moved(op.getExtents(), index, parallel));
        op.setNumParallel(parallel + 1);
      });
      return success();
    }
    return failure();
  }

private:
  static ArrayAttr moved(ArrayAttr list, unsigned from, unsigned to) {
    SmallVector<Attribute> attrs(list.getValue());
    std::rotate(attrs.begin() + to, attrs.begin() + from, attrs.begin() + from + 1);
    return ArrayAttr::get(list.getContext(), attrs);
  }
};

} // namespace

void ir::populateDataPatterns(RewritePatternSet &patterns) {
  patterns.add<FoldIndexValues, LoadBecomesRead, PromoteEach>(patterns.getContext());
}
