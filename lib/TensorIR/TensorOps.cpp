//===- TensorOps.cpp - Verifiers, assembly and folds of the ops -----------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What each op means is in TensorOps.td; this is its enforcement.
//
//===----------------------------------------------------------------------===//
#include "StatementAssembly.h"
#include "flex/TensorIR/BindDims.h"

#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Interfaces/FunctionImplementation.h"
#include "llvm/ADT/SmallSet.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace flex;
using namespace flex::ir;

#define GET_OP_CLASSES
#include "flex/TensorIR/TensorOps.cpp.inc"

//===----------------------------------------------------------------------===//
// KernelOp
//===----------------------------------------------------------------------===//

ParseResult KernelOp::parse(OpAsmParser &parser, OperationState &result) {
  auto buildType = [](Builder &builder, ArrayRef<Type> inputs, ArrayRef<Type> results,
                      function_interface_impl::VariadicFlag,
                      std::string &) { return builder.getFunctionType(inputs, results); };
  return function_interface_impl::parseFunctionOp(parser, result, /*allowVariadic=*/false,
                                                  getFunctionTypeAttrName(result.name), buildType,
                                                  getArgAttrsAttrName(result.name), getResAttrsAttrName(result.name));
}

void KernelOp::print(OpAsmPrinter &printer) {
  function_interface_impl::printFunctionOp(printer, *this, /*isVariadic=*/false, getFunctionTypeAttrName(),
                                           getArgAttrsAttrName(), getResAttrsAttrName());
}

static LogicalResult verifyAliases(KernelOp kernel) {
  auto aliases = kernel.getResultAliases();
  if (!aliases)
    return success();
  FunctionType type = kernel.getFunctionType();
  if (aliases->size() != type.getNumResults())
    return kernel.emitOpError("result_aliases must have one number per result");
  llvm::SmallSet<int64_t, 8> seen;
  for (auto [result, argument] : llvm::enumerate(*aliases)) {
    if (argument == -1)
      continue;
    if (argument < 0 || argument >= type.getNumInputs() || !seen.insert(argument).second)
      return kernel.emitOpError() << "result_aliases: " << argument << " is no argument, or named twice";
    if (type.getInput(argument) != type.getResult(result))
      return kernel.emitOpError() << "result " << result << " cannot overwrite argument " << argument << " of type "
                                  << type.getInput(argument);
  }
  return success();
}

static LogicalResult verifyDefaults(KernelOp kernel) {
  auto defaults = kernel.getArgDefaults();
  if (!defaults)
    return success();
  FunctionType type = kernel.getFunctionType();
  if (defaults->size() != type.getNumInputs())
    return kernel.emitOpError("arg_defaults must have one entry per argument");
  for (auto [number, value] : llvm::enumerate(*defaults)) {
    if (isa<UnitAttr>(value))
      continue;
    auto tensor = cast<NamedTensorType>(type.getInput(number));
    auto typed = dyn_cast<TypedAttr>(value);
    if (tensor.getRank() != 0 || !isa<FloatAttr, IntegerAttr>(value) || typed.getType() != tensor.getScalarType())
      return kernel.emitOpError() << "arg_defaults: argument " << number << " of type " << tensor
                                  << " cannot have the default " << value;
  }
  return success();
}

LogicalResult KernelOp::verify() {
  for (Type type : llvm::concat<const Type>(getFunctionType().getInputs(), getFunctionType().getResults()))
    if (!isa<NamedTensorType>(type))
      return emitOpError() << "argument or result type " << type << " is not a !flex.tensor";
  if (getBody().empty())
    return emitOpError("needs a body");
  if (getArgNames() && getArgNames()->size() != getFunctionType().getNumInputs())
    return emitOpError("arg_names must name each argument");
  if (getResultNames() && getResultNames()->size() != getFunctionType().getNumResults())
    return emitOpError("result_names must name each result");
  if (getConstraints())
    for (StringAttr text : getConstraints()->getAsRange<StringAttr>())
      if (!DimConstraint::parse(text.getValue()))
        return emitOpError() << "constraint '" << text.getValue() << "' is not a comparison of two expressions";
  if (getNumerics() && *getNumerics() != "strict" && *getNumerics() != "default" && *getNumerics() != "fast")
    return emitOpError() << "numerics must be strict, default or fast, not '" << *getNumerics() << "'";
  if (failed(verifyAliases(*this)) || failed(verifyDefaults(*this)))
    return failure();
  if (ArrayAttr schedules = getSchedulesAttr())
    for (Attribute schedule : schedules)
      if (!isa_and_nonnull<StringAttr>(cast<DictionaryAttr>(schedule).get("target")))
        return emitOpError("each of schedules needs the name of its target");
  return success();
}

/// Every name in a shape, extent or access is an index of its statement or a dimension of the signature.
LogicalResult KernelOp::verifyRegions() {
  llvm::StringSet<> dims;
  for (const std::string &name : getDimNames())
    dims.insert(name);
  auto checkNames = [&](Operation *op, const DimExpr &expr, ArrayRef<StringRef> indices,
                        unsigned values = 0) -> LogicalResult {
    std::set<std::string> symbols;
    expr.collectSymbols(symbols);
    for (const std::string &name : symbols) {
      auto value = getValueNumber(name);
      if (value && *value >= values)
        return op->emitOpError() << "uses '" << name << "', but there are " << values << " index values";
      if (!value && !dims.contains(name) && !llvm::is_contained(indices, name))
        return op->emitOpError() << "uses '" << name
                                 << "', which is neither an index nor a dimension of the arguments of '" << getName()
                                 << "'";
    }
    return success();
  };
  auto checkAll = [&](Operation *op, ArrayRef<DimExpr> exprs, ArrayRef<StringRef> indices,
                      unsigned values) -> LogicalResult {
    for (const DimExpr &expr : exprs)
      if (failed(checkNames(op, expr, indices, values)))
        return failure();
    return success();
  };
  WalkResult walked = getBody().walk([&](Operation *op) -> WalkResult {
    if (auto dim = dyn_cast<DimOp>(op))
      return checkNames(op, toDimExpr(dim.getExprAttr()), {});
    if (auto load = dyn_cast<LoadOp>(op))
      return checkAll(op, load.getAccessExprs(), getVisibleIndices(op), load.getIndexValues().size());
    if (auto fold = dyn_cast<FoldOp>(op))
      return checkAll(op, fold.getIndexExtents(), {}, 0);
    auto statement = dyn_cast<StatementInterface>(op);
    if (!statement)
      return success();
    SmallVector<StringRef> indices = statement.getIndexNames();
    if (failed(checkAll(op, statement.getIndexExtents(), {}, 0)))
      return failure();
    for (unsigned operand = 0; operand < op->getNumOperands(); ++operand)
      if (failed(checkAll(op, statement.getAccessExprs(operand), indices, 0)))
        return failure();
    if (auto sort = dyn_cast<ArgSortOp>(op))
      return checkNames(op, toDimExpr(sort.getCountAttr()), {});
    unsigned yielded = statement.getStatementBody()->getTerminator()->getNumOperands();
    return checkAll(op, statement.getResultExprs(), indices, yielded - 1);
  });
  return failure(walked.wasInterrupted());
}

SmallVector<std::string> KernelOp::getDimNames() {
  SmallVector<std::string> names;
  for (Type type : getFunctionType().getInputs())
    for (const DimExpr &dim : cast<NamedTensorType>(type).getDims()) {
      std::set<std::string> symbols;
      dim.collectSymbols(symbols);
      for (const std::string &symbol : symbols)
        if (!llvm::is_contained(names, symbol))
          names.push_back(symbol);
    }
  return names;
}

static std::string nameOr(std::optional<ArrayAttr> names, unsigned index, StringRef fallback) {
  if (names && index < names->size())
    return cast<StringAttr>((*names)[index]).getValue().str();
  return (fallback + Twine(index)).str();
}
std::string KernelOp::getArgName(unsigned index) {
  return nameOr(getArgNames(), index, "arg");
}
std::string KernelOp::getResultName(unsigned index) {
  return nameOr(getResultNames(), index, "result");
}
int64_t KernelOp::getResultAlias(unsigned index) {
  return getResultAliases() ? (*getResultAliases())[index] : -1;
}
TypedAttr KernelOp::getArgDefault(unsigned index) {
  return getArgDefaults() ? dyn_cast<TypedAttr>((*getArgDefaults())[index]) : TypedAttr();
}

LogicalResult ReturnOp::verify() {
  auto kernel = cast<KernelOp>((*this)->getParentOp());
  if (!llvm::equal(getOperandTypes(), kernel.getFunctionType().getResults()))
    return emitOpError() << "operand types differ from the results of '" << kernel.getName() << "'";
  return success();
}

//===----------------------------------------------------------------------===//
// ConstantOp, IndexOp, DimOp
//===----------------------------------------------------------------------===//

LogicalResult ConstantOp::verify() {
  auto type = getResult().getType();
  auto value = cast<ShapedType>(getValue().getType());
  SmallVector<DimExpr> shape;
  for (int64_t size : value.getShape())
    shape.push_back(DimExpr(size));
  if (value.getElementType() != type.getElementType() || !llvm::equal(shape, type.getDims()))
    return emitOpError() << "value of type " << value << " does not match result type " << type;
  return success();
}

OpFoldResult ConstantOp::fold(FoldAdaptor) {
  return getValueAttr();
}

LogicalResult IndexOp::verify() {
  if (!llvm::is_contained(getVisibleIndices(*this), getIndexName()))
    return emitOpError() << "names '" << getIndexName() << "', which is not an index of the enclosing statement";
  return success();
}

LogicalResult DimOp::verify() {
  DimExpr expr = toDimExpr(getExprAttr());
  if (!expr.isValid() || expr.str() != getExpr())
    return emitOpError() << "'" << getExpr() << "' is not a canonical expression";
  return success();
}

OpFoldResult DimOp::fold(FoldAdaptor) {
  auto value = toDimExpr(getExprAttr()).constant();
  return value ? OpFoldResult(IntegerAttr::get(getType(), *value)) : OpFoldResult();
}

Operation *FlexDialect::materializeConstant(OpBuilder &builder, Attribute value, Type type, Location loc) {
  if (auto elements = dyn_cast<ElementsAttr>(value); elements && isa<NamedTensorType>(type))
    return ConstantOp::create(builder, loc, cast<NamedTensorType>(type), elements);
  return arith::ConstantOp::materialize(builder, value, type, loc);
}

//===----------------------------------------------------------------------===//
// Statements
//===----------------------------------------------------------------------===//

#define FLEX_STATEMENT_METHODS(OP, NUM_PARALLEL, COMBINER)                                                             \
  SmallVector<StringRef> OP::getIndexNames() {                                                                         \
    return stringsOf(getIndices());                                                                                    \
  }                                                                                                                    \
  SmallVector<DimExpr> OP::getIndexExtents() {                                                                         \
    return toDimExprs(getExtents());                                                                                   \
  }                                                                                                                    \
  unsigned OP::getNumParallelIndices() {                                                                               \
    return NUM_PARALLEL;                                                                                               \
  }                                                                                                                    \
  bool OP::isWholeAccess(unsigned operand) {                                                                           \
    return isa<UnitAttr>(getAccesses()[operand]);                                                                      \
  }                                                                                                                    \
  SmallVector<DimExpr> OP::getAccessExprs(unsigned operand) {                                                          \
    auto exprs = dyn_cast<ArrayAttr>(getAccesses()[operand]);                                                          \
    return exprs ? toDimExprs(exprs) : SmallVector<DimExpr>();                                                         \
  }                                                                                                                    \
  BoundaryAttr OP::getAccessBoundary(unsigned operand) {                                                               \
    return cast<BoundaryAttr>(getBoundaries()[operand]);                                                               \
  }                                                                                                                    \
  Block *OP::getStatementBody() {                                                                                      \
    return &getBody().front();                                                                                         \
  }                                                                                                                    \
  std::optional<CombinerKind> OP::getCombinerKind() {                                                                  \
    return COMBINER;                                                                                                   \
  }                                                                                                                    \
  StatementKind OP::getStatementKind() {                                                                               \
    return *symbolizeStatementKind(getOperationName().drop_front(StringRef("flex.").size()));                          \
  }

FLEX_STATEMENT_METHODS(MapOp, getIndices().size(), std::nullopt)
FLEX_STATEMENT_METHODS(ReduceOp, getNumParallel(), getCombiner())
FLEX_STATEMENT_METHODS(ScanOp, getNumParallel(), std::nullopt)
FLEX_STATEMENT_METHODS(ScatterOp, getNumParallel(), getCombiner())
FLEX_STATEMENT_METHODS(ArgSortOp, getNumParallel(), std::nullopt)
#undef FLEX_STATEMENT_METHODS

static SmallVector<DimExpr> parallelIndices(StatementInterface op) {
  SmallVector<DimExpr> exprs;
  SmallVector<StringRef> names = op.getIndexNames();
  for (StringRef name : ArrayRef(names).take_front(op.getNumParallelIndices()))
    exprs.push_back(DimExpr::symbol(std::string_view(name.data(), name.size())));
  return exprs;
}
SmallVector<DimExpr> MapOp::getResultExprs() {
  return parallelIndices(*this);
}
SmallVector<DimExpr> ReduceOp::getResultExprs() {
  return parallelIndices(*this);
}

ParseResult MapOp::parse(OpAsmParser &parser, OperationState &result) {
  return parseStatement(parser, result, {});
}
void MapOp::print(OpAsmPrinter &printer) {
  printStatement(printer, *this, {});
}
LogicalResult MapOp::verify() {
  return verifyStatement(*this, [&] { return parallelExtents(*this); });
}

void MapOp::build(OpBuilder &builder, OperationState &state, Type elementType, ValueRange inputs,
                  ArrayRef<std::string> indices, ArrayRef<DimExpr> extents, ArrayRef<SmallVector<DimExpr>> accesses,
                  ArrayRef<BoundaryAttr> boundaries) {
  buildStatement(builder, state, NamedTensorType::get(elementType, extents), inputs, indices, extents, accesses,
                 boundaries);
}

/// A map that copies an operand element by element, in place, is that operand.
OpFoldResult MapOp::fold(FoldAdaptor) {
  Value yielded = cast<YieldOp>(getStatementBody()->getTerminator()).getOperand(0);
  auto argument = dyn_cast<BlockArgument>(yielded);
  if (!argument || argument.getOwner() != getStatementBody())
    return {};
  Value source = getInputs()[argument.getArgNumber()];
  if (source.getType() != getResult().getType() || isWholeAccess(argument.getArgNumber()))
    return {};
  SmallVector<DimExpr> access = getAccessExprs(argument.getArgNumber());
  for (auto [expr, name] : llvm::zip_equal(access, getIndexNames()))
    if (!expr.isSymbol(std::string_view(name.data(), name.size())))
      return {};
  return source;
}

static constexpr StatementSyntax kReduceSyntax{.over = true};

ParseResult ReduceOp::parse(OpAsmParser &parser, OperationState &result) {
  if (parseCombiner(parser, result, "sum, prod, min, max, umin, umax, any, all, argmin, argmax, uargmin or uargmax",
                    [](CombinerKind kind) { return kind != CombinerKind::Set; }))
    return failure();
  return parseStatement(parser, result, kReduceSyntax);
}

void ReduceOp::print(OpAsmPrinter &printer) {
  printer << " " << stringifyCombinerKind(getCombiner());
  printStatement(printer, *this, kReduceSyntax);
}

LogicalResult ReduceOp::verify() {
  if (failed(verifyStatement(*this, [&] { return parallelExtents(*this); })))
    return failure();
  if (getCombiner() == CombinerKind::Set)
    return emitOpError("combiner set is for scatters");
  return verifyCombiner(*this, getCombiner(), getStatementBody()->getTerminator()->getOperand(0).getType());
}

void ReduceOp::build(OpBuilder &builder, OperationState &state, CombinerKind combiner, Type elementType,
                     ValueRange inputs, ArrayRef<std::string> indices, ArrayRef<DimExpr> extents, unsigned numParallel,
                     ArrayRef<SmallVector<DimExpr>> accesses, ArrayRef<BoundaryAttr> boundaries) {
  state.addAttribute("combiner", CombinerKindAttr::get(builder.getContext(), combiner));
  state.addAttribute("num_parallel", builder.getI64IntegerAttr(numParallel));
  buildStatement(builder, state, NamedTensorType::get(elementType, extents.take_front(numParallel)), inputs, indices,
                 extents, accesses, boundaries);
}

namespace {

/// Drops reads whose value the body does not use, and reads the same place once.
template <typename Op> struct SimplifyReads : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;
  LogicalResult matchAndRewrite(Op op, PatternRewriter &rewriter) const override {
    Block *body = op.getStatementBody();
    SmallVector<unsigned> keep;
    llvm::BitVector drop(op->getNumOperands());
    for (unsigned i = 0; i < op->getNumOperands(); ++i) {
      BlockArgument argument = body->getArgument(i);
      // The base of a scatter is used even if nothing reads it.
      if (i == 0 && isa<ScatterOp>(op)) {
        keep.push_back(i);
        continue;
      }
      for (unsigned j : keep)
        if (!argument.use_empty() && op->getOperand(i) == op->getOperand(j) &&
            op.getAccesses()[i] == op.getAccesses()[j] && op.getBoundaries()[i] == op.getBoundaries()[j])
          rewriter.replaceAllUsesWith(argument, body->getArgument(j));
      if (argument.use_empty())
        drop.set(i);
      else
        keep.push_back(i);
    }
    if (drop.none())
      return failure();
    SmallVector<Attribute> accesses, boundaries;
    for (unsigned i : keep) {
      accesses.push_back(op.getAccesses()[i]);
      boundaries.push_back(op.getBoundaries()[i]);
    }
    rewriter.modifyOpInPlace(op, [&] {
      body->eraseArguments(drop);
      op->eraseOperands(drop);
      op.setAccessesAttr(rewriter.getArrayAttr(accesses));
      op.setBoundariesAttr(rewriter.getArrayAttr(boundaries));
    });
    return success();
  }
};

/// A reduction over no index is a map.
struct ReduceOverNothing : OpRewritePattern<ReduceOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ReduceOp op, PatternRewriter &rewriter) const override {
    if (op.getNumParallel() != op.getIndices().size() || isPosition(op.getCombiner()))
      return failure();
    auto map = MapOp::create(rewriter, op.getLoc(), op.getResult().getType(), op.getInputs(), op.getIndices(),
                             op.getExtents(), op.getAccesses(), op.getBoundaries());
    rewriter.inlineRegionBefore(op.getBody(), map.getBody(), map.getBody().end());
    rewriter.replaceOp(op, map);
    return success();
  }
};

} // namespace

void MapOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<SimplifyReads<MapOp>>(context);
  populateDataPatterns(patterns);
}
void ReduceOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<SimplifyReads<ReduceOp>, ReduceOverNothing>(context);
}
void ScanOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<SimplifyReads<ScanOp>>(context);
}
void ScatterOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<SimplifyReads<ScatterOp>>(context);
}
void ArgSortOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<SimplifyReads<ArgSortOp>>(context);
}

//===----------------------------------------------------------------------===//
// GroupOp
//===----------------------------------------------------------------------===//

LogicalResult GroupOp::verify() {
  SmallVector<StringRef> outer = stringsOf(getOuter());
  Block &body = getBody().front();
  if (body.getNumArguments() != 0)
    return emitOpError("has no body arguments: its statements read the values around it");
  bool isOrdered = llvm::any_of(body, llvm::IsaPred<ScanOp, ScatterOp, ArgSortOp>);
  for (Operation &op : body.without_terminator()) {
    auto statement = dyn_cast<StatementInterface>(op);
    if (!statement)
      return op.emitOpError("is not a statement: a flex.group holds nothing else");
    SmallVector<StringRef> names = statement.getIndexNames();
    auto parallel = ArrayRef(names).take_front(statement.getNumParallelIndices());
    // Around a scan, scatter or sort, whose axes may be in any order, a map need not begin with them.
    bool hasAll = isa<MapOp>(op) && isOrdered &&
                  llvm::all_of(outer, [&](StringRef name) { return llvm::is_contained(parallel, name); });
    if (!hasAll && (parallel.size() < outer.size() || !llvm::equal(parallel.take_front(outer.size()), outer)))
      return op.emitOpError() << "does not begin with the group's outer indices";
  }
  auto yield = dyn_cast<YieldOp>(body.getTerminator());
  if (!yield || !llvm::equal(yield.getOperandTypes(), getResultTypes()))
    return emitOpError("must yield values of its result types");
  return success();
}
