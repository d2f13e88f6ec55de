//===- ImportLinalg.cpp - Functions of linalg become kernels --------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A linalg op is already an iteration domain with index maps and a scalar body: it becomes one
// statement per result. Operations on whole tensors become maps that read elsewhere.
//
//===----------------------------------------------------------------------===//
#include "flex/TensorIR/ImportLinalg.h"
#include "ImportLinalgShapes.h"
#include "flex/TensorIR/TensorPasses.h"

#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace flex;
using namespace flex::ir;

namespace flex::ir {
#define GEN_PASS_DEF_FLEXIMPORTLINALG
#include "flex/TensorIR/TensorPasses.h.inc"
} // namespace flex::ir

namespace {

/// A tensor value of the function, in the kernel.
struct Imported {
  Value tensor;     ///< null for a fill not yet written out, and for tensor.empty
  Value filledWith; ///< the scalar of a linalg.fill
};

std::vector<std::string> namesOf(StringRef prefix, unsigned count) {
  std::vector<std::string> names;
  for (unsigned i = 0; i < count; ++i)
    names.push_back((prefix + Twine(i)).str());
  return names;
}

/// The combiner that an operation of a linalg body is; min and max only with linalg's NaN rule.
std::optional<CombinerKind> combinerOf(Operation *op) {
  return TypeSwitch<Operation *, std::optional<CombinerKind>>(op)
      .Case<arith::AddFOp>([](auto) { return CombinerKind::Sum; })
      .Case<arith::MulFOp>([](auto) { return CombinerKind::Prod; })
      .Case<arith::MinimumFOp>([](auto) { return CombinerKind::Min; })
      .Case<arith::MaximumFOp>([](auto) { return CombinerKind::Max; })
      .Case<arith::AddIOp, arith::MulIOp, arith::MinSIOp, arith::MaxSIOp, arith::MinUIOp, arith::MaxUIOp, arith::OrIOp,
            arith::AndIOp>([](Operation *integer) -> std::optional<CombinerKind> {
        bool isBool = integer->getResult(0).getType().isInteger(1);
        if (isa<arith::OrIOp, arith::AndIOp>(integer))
          return isBool ? std::optional(isa<arith::OrIOp>(integer) ? CombinerKind::Any : CombinerKind::All)
                        : std::nullopt;
        if (isBool)
          return std::nullopt;
        return isa<arith::AddIOp>(integer)    ? CombinerKind::Sum
               : isa<arith::MulIOp>(integer)  ? CombinerKind::Prod
               : isa<arith::MinSIOp>(integer) ? CombinerKind::Min
               : isa<arith::MaxSIOp>(integer) ? CombinerKind::Max
               : isa<arith::MinUIOp>(integer) ? CombinerKind::UMin
                                              : CombinerKind::UMax;
      })
      .Default(std::nullopt);
}

/// Imports one function. The kernel is built beside it; on failure both stay.
class FunctionImporter {
public:
  FunctionImporter(func::FuncOp function, OpBuilder &builder) : function(function), builder(builder) {}

  LogicalResult run() {
    if (failed(generalize()) || failed(checkSignature()) || failed(shapes.analyze(function)) || failed(createKernel()))
      return failure();
    for (Operation &op : function.getBody().front())
      if (failed(importOp(&op)))
        return failure();
    return success();
  }

private:
  struct ReadList;

  LogicalResult generalize();
  LogicalResult checkSignature();
  LogicalResult createKernel();
  LogicalResult importOp(Operation *op);
  LogicalResult importGeneric(linalg::GenericOp op);
  LogicalResult importResult(linalg::GenericOp op, unsigned number);
  LogicalResult importReduction(linalg::GenericOp op, unsigned number, ArrayRef<std::string> loops,
                                ArrayRef<unsigned> order, unsigned numParallel);
  LogicalResult importPad(tensor::PadOp op);
  LogicalResult importSlice(tensor::ExtractSliceOp op);
  LogicalResult importReshape(Operation *op, Value expanded, Value collapsed, ArrayRef<ReassociationIndices> groups);
  LogicalResult importReturn(func::ReturnOp op);

  /// `tensor` as a value of the kernel; null after a diagnostic at `user`.
  Value tensorFor(Value tensor, Operation *user);
  Value writeOutFill(Value tensor, Value scalar, Operation *user);
  LogicalResult mapCopy(Operation *op, Value source, ArrayRef<SmallVector<DimExpr>> access, BoundaryAttr boundary);
  LogicalResult collectSlice(linalg::GenericOp op, Value root, Value accumulator, ReadList &list);
  LogicalResult collectReads(linalg::GenericOp op, ReadList &list);
  FailureOr<Value> cloneSlice(linalg::GenericOp op, const ReadList &list, Block *body, Value root,
                              ArrayRef<std::string> loops);
  std::pair<std::vector<std::string>, SmallVector<DimExpr>> domainOf(linalg::GenericOp op, ArrayRef<unsigned> order);
  BoundaryAttr noBoundary() { return BoundaryAttr::get(builder.getContext(), BoundaryKind::None, TypedAttr()); }

  func::FuncOp function;
  OpBuilder &builder;
  ImportedShapes shapes;
  KernelOp kernel;
  llvm::DenseMap<Value, Imported> values;
};

/// What the computation of one scalar of a linalg body needs.
struct FunctionImporter::ReadList {
  llvm::SetVector<Value> leaves; ///< body arguments (in their order), then scalars from outside
  llvm::SetVector<Operation *> ops;
  llvm::SetVector<Value> whole; ///< tensors from outside that tensor.extract reads
  // Filled in by readsOf: the operands of the statement.
  SmallVector<Value> inputs;
  SmallVector<SmallVector<DimExpr>> accesses;
  SmallVector<Value> readLeaves; ///< the leaf, or whole tensor, of each input
};

LogicalResult FunctionImporter::generalize() {
  SmallVector<linalg::LinalgOp> named;
  function.walk([&](linalg::LinalgOp op) {
    if (!isa<linalg::GenericOp, linalg::FillOp>(op.getOperation()))
      named.push_back(op);
  });
  IRRewriter rewriter(builder.getContext());
  for (linalg::LinalgOp op : named) {
    rewriter.setInsertionPoint(op);
    if (!op.hasPureTensorSemantics() || failed(linalg::generalizeNamedOp(rewriter, op)))
      return op->emitError() << "'" << op->getName() << "' of this form is not supported by the import";
  }
  return success();
}

LogicalResult FunctionImporter::checkSignature() {
  if (function.isExternal() || !function.getBody().hasOneBlock())
    return function.emitError("only functions with one block can be imported");
  for (auto [number, type] : llvm::enumerate(function.getArgumentTypes())) {
    Type element = getElementTypeOrSelf(type);
    bool isTensor = isa<RankedTensorType>(type), isScalar = type == element;
    if ((!isTensor && !isScalar) || getDTypeName(element).empty())
      return function.emitError()
             << "argument " << number << " of type " << type
             << " is not supported: expected a ranked tensor of i1, i8 … i64, bf16, f16, f32 or f64";
  }
  return success();
}

LogicalResult FunctionImporter::createKernel() {
  SmallVector<Type> types;
  for (Value argument : function.getArguments())
    types.push_back(NamedTensorType::get(getElementTypeOrSelf(argument.getType()), shapes.getDims(argument)));
  builder.setInsertionPoint(function);
  OperationState state(function.getLoc(), KernelOp::getOperationName());
  state.addAttribute("sym_name", function.getSymNameAttr());
  state.addAttribute("function_type", TypeAttr::get(builder.getFunctionType(types, {})));
  state.addRegion()->emplaceBlock().addArguments(
      types,
      SmallVector<Location>(llvm::map_range(function.getArguments(), [](BlockArgument a) { return a.getLoc(); })));
  kernel = cast<KernelOp>(builder.create(state));
  builder.setInsertionPointToStart(&kernel.getBody().front());
  for (auto [argument, value] : llvm::zip_equal(function.getArguments(), kernel.getBody().getArguments()))
    values[argument] = {value, {}};
  return success();
}

LogicalResult FunctionImporter::importOp(Operation *op) {
  for (Value result : op->getResults())
    if (isa<RankedTensorType>(result.getType())) {
      if (getDTypeName(getElementTypeOrSelf(result.getType())).empty())
        return op->emitError() << "element type " << getElementTypeOrSelf(result.getType()) << " is not supported";
      for (const DimExpr &dim : shapes.getDims(result))
        if (!shapes.isKnown(dim))
          return op->emitError("the dimensions of this value do not follow from the arguments");
    }
  if (auto generic = dyn_cast<linalg::GenericOp>(op))
    return importGeneric(generic);
  if (auto fill = dyn_cast<linalg::FillOp>(op); fill && fill->getNumResults() == 1) {
    values[fill->getResult(0)] = {{}, fill.getInputs()[0]};
    return success();
  }
  if (auto pad = dyn_cast<tensor::PadOp>(op))
    return importPad(pad);
  if (auto slice = dyn_cast<tensor::ExtractSliceOp>(op))
    return importSlice(slice);
  if (auto expand = dyn_cast<tensor::ExpandShapeOp>(op))
    return importReshape(op, expand.getResult(), expand.getSrc(), expand.getReassociationIndices());
  if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(op))
    return importReshape(op, collapse.getSrc(), collapse.getResult(), collapse.getReassociationIndices());
  if (auto returns = dyn_cast<func::ReturnOp>(op))
    return importReturn(returns);
  if (isa<tensor::EmptyOp>(op)) {
    values[op->getResult(0)] = {};
    return success();
  }
  if (auto cast = dyn_cast<tensor::CastOp>(op)) {
    values[cast.getResult()] = values.lookup(cast.getSource());
    return success();
  }
  if (auto constant = dyn_cast<arith::ConstantOp>(op); constant && isa<RankedTensorType>(constant.getType())) {
    auto elements = cast<ElementsAttr>(constant.getValue());
    auto type = NamedTensorType::get(getElementTypeOrSelf(constant.getType()), shapes.getDims(constant));
    values[constant.getResult()] = {ConstantOp::create(builder, op->getLoc(), type, elements), {}};
    return success();
  }
  // Sizes and scalars; a body that uses them says so if it cannot.
  if (isa<tensor::DimOp>(op) ||
      (op->getNumRegions() == 0 && isa<arith::ArithDialect, math::MathDialect>(op->getDialect()) &&
       !isa<ShapedType>(op->getResult(0).getType())))
    return success();
  return op->emitError() << "'" << op->getName() << "' is not supported by the import of linalg";
}

//===----------------------------------------------------------------------===//
// Whole tensors
//===----------------------------------------------------------------------===//

Value FunctionImporter::tensorFor(Value tensor, Operation *user) {
  auto found = values.find(tensor);
  if (found == values.end()) {
    user->emitError("uses a tensor that the import does not know");
    return {};
  }
  if (found->second.tensor)
    return found->second.tensor;
  if (!found->second.filledWith) {
    user->emitError("reads an uninitialised tensor (tensor.empty)");
    return {};
  }
  Value written = writeOutFill(tensor, found->second.filledWith, user);
  values[tensor].tensor = written;
  return written;
}

Value FunctionImporter::writeOutFill(Value tensor, Value scalar, Operation *user) {
  SmallVector<DimExpr> dims = shapes.getDims(tensor);
  auto names = namesOf("i", dims.size());
  Type element = getElementTypeOrSelf(tensor.getType());
  Attribute constant;
  bool isArgument = values.contains(scalar);
  if (!isArgument && !matchPattern(scalar, m_Constant(&constant))) {
    user->emitError("reads a fill whose value is neither a constant nor an argument");
    return {};
  }
  SmallVector<Value> inputs;
  SmallVector<SmallVector<DimExpr>> accesses;
  SmallVector<BoundaryAttr> boundaries;
  if (isArgument) {
    inputs.push_back(values[scalar].tensor);
    accesses.emplace_back();
    boundaries.push_back(noBoundary());
  }
  auto map = MapOp::create(builder, user->getLoc(), element, inputs, names, dims, accesses, boundaries);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(map.getStatementBody());
  Value value = isArgument ? Value(map.getStatementBody()->getArgument(0))
                           : arith::ConstantOp::create(builder, user->getLoc(), cast<TypedAttr>(constant)).getResult();
  YieldOp::create(builder, user->getLoc(), value);
  return map.getResult();
}

/// A map whose every element is one element of `source`.
LogicalResult FunctionImporter::mapCopy(Operation *op, Value source, ArrayRef<SmallVector<DimExpr>> access,
                                        BoundaryAttr boundary) {
  Value input = tensorFor(source, op);
  if (!input)
    return failure();
  SmallVector<DimExpr> dims = shapes.getDims(op->getResult(0));
  auto map = MapOp::create(builder, op->getLoc(), getElementTypeOrSelf(source.getType()), input,
                           namesOf("i", dims.size()), dims, access, boundary);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(map.getStatementBody());
  YieldOp::create(builder, op->getLoc(), map.getStatementBody()->getArgument(0));
  values[op->getResult(0)] = {map.getResult(), {}};
  return success();
}

LogicalResult FunctionImporter::importPad(tensor::PadOp op) {
  Value padding = op.getConstantPaddingValue();
  TypedAttr constant;
  if (!padding || !matchPattern(padding, m_Constant(&constant)))
    return op.emitError("only padding with a constant is supported");
  SmallVector<DimExpr> access;
  auto names = namesOf("i", op.getResultType().getRank());
  for (auto [axis, low] : llvm::enumerate(op.getMixedLowPad())) {
    access.push_back(DimExpr::symbol(names[axis]) - shapes.getSize(low));
    if (!shapes.isKnown(access.back()))
      return op.emitError("the amount of padding does not follow from the arguments");
  }
  return mapCopy(op, op.getSource(), {access}, BoundaryAttr::get(builder.getContext(), BoundaryKind::Fill, constant));
}

LogicalResult FunctionImporter::importSlice(tensor::ExtractSliceOp op) {
  llvm::SmallBitVector dropped = op.getDroppedDims();
  SmallVector<DimExpr> access, dims = shapes.getDims(op.getResult()), source = shapes.getDims(op.getSource());
  auto names = namesOf("i", dims.size());
  unsigned axis = 0;
  for (auto [number, offset, stride] : llvm::enumerate(op.getMixedOffsets(), op.getMixedStrides())) {
    DimExpr index = dropped.test(number) ? DimExpr(0) : DimExpr::symbol(names[axis++]);
    access.push_back(shapes.getSize(offset) + shapes.getSize(stride) * index);
    if (failed(shapes.requireInRange(op, access.back(), names, dims, source[number])))
      return failure();
  }
  return mapCopy(op, op.getSource(), {access}, noBoundary());
}

LogicalResult FunctionImporter::importReshape(Operation *op, Value expanded, Value collapsed,
                                              ArrayRef<ReassociationIndices> groups) {
  bool expands = op->getResult(0) == expanded;
  SmallVector<DimExpr> many = shapes.getDims(expanded);
  auto names = namesOf("i", expands ? many.size() : groups.size());
  SmallVector<DimExpr> access(expands ? groups.size() : many.size());
  for (auto [number, group] : llvm::enumerate(groups)) {
    DimExpr inner(1); // the elements that one step of the axis at hand skips
    for (int64_t axis : llvm::reverse(group)) {
      if (expands) {
        access[number] = access[number] + DimExpr::symbol(names[axis]) * inner;
      } else {
        DimExpr rest = DimExpr::symbol(names[number]).floorDiv(inner);
        access[axis] = axis == group.front() ? rest : rest.mod(many[axis]);
      }
      inner = inner * many[axis];
    }
  }
  return mapCopy(op, expands ? collapsed : expanded, {access}, noBoundary());
}

LogicalResult FunctionImporter::importReturn(func::ReturnOp op) {
  SmallVector<Value> results;
  for (Value operand : op.getOperands()) {
    if (!isa<RankedTensorType>(operand.getType()))
      return op.emitError() << "returns a value of type " << operand.getType() << ", expected a tensor";
    results.push_back(tensorFor(operand, op));
    if (!results.back())
      return failure();
  }
  SmallVector<Type> types(ValueRange(results).getTypes());
  kernel.setFunctionType(builder.getFunctionType(kernel.getFunctionType().getInputs(), types));
  if (!shapes.getConstraints().empty()) {
    SmallVector<StringRef> texts(shapes.getConstraints().begin(), shapes.getConstraints().end());
    kernel.setConstraintsAttr(builder.getStrArrayAttr(texts));
  }
  ReturnOp::create(builder, op.getLoc(), results);
  return success();
}

//===----------------------------------------------------------------------===//
// linalg.generic
//===----------------------------------------------------------------------===//

LogicalResult FunctionImporter::importGeneric(linalg::GenericOp op) {
  if (!op.hasPureTensorSemantics())
    return op.emitError("only linalg on tensors is supported");
  for (unsigned result = 0; result < op->getNumResults(); ++result)
    if (failed(importResult(op, result)))
      return failure();
  return success();
}

/// Walks back from `root` to what the statement must read.
LogicalResult FunctionImporter::collectSlice(linalg::GenericOp op, Value root, Value accumulator, ReadList &list) {
  llvm::SetVector<Value> used;
  SmallVector<Value> work{root};
  while (!work.empty()) {
    Value value = work.pop_back_val();
    if (isa<RankedTensorType>(value.getType())) {
      list.whole.insert(value);
      continue;
    }
    Operation *producer = value.getDefiningOp();
    if (value == accumulator)
      return op.emitError("the reduction's body uses the accumulator other than by combining with it");
    if (!producer || producer->getBlock() != op.getBody()) {
      Attribute constant;
      bool isArgument = isa<BlockArgument>(value) && cast<BlockArgument>(value).getOwner() == op.getBody();
      if (!isArgument && !values.contains(value) && !matchPattern(value, m_Constant(&constant)))
        return op.emitError("the body uses a scalar from outside that is neither a constant nor an argument");
      used.insert(value);
      continue;
    }
    bool isScalarCode = isa<arith::ArithDialect, math::MathDialect>(producer->getDialect()) ||
                        isa<linalg::IndexOp, tensor::ExtractOp>(producer);
    if (!isScalarCode || producer->getNumRegions() != 0 || producer->getNumResults() != 1)
      return producer->emitError() << "'" << producer->getName() << "' is not supported in a body";
    if (list.ops.insert(producer))
      llvm::append_range(work, producer->getOperands());
  }
  for (BlockArgument argument : op.getBody()->getArguments())
    if (used.contains(argument))
      list.leaves.insert(argument);
  list.leaves.insert(used.begin(), used.end());
  return collectReads(op, list);
}

/// The statement's reads: an operand at its indexing map, or a scalar argument of the function.
LogicalResult FunctionImporter::collectReads(linalg::GenericOp op, ReadList &list) {
  auto maps = op.getIndexingMapsArray();
  auto names = namesOf("l", op.getNumLoops());
  SmallVector<DimExpr> extents = shapes.getLoopExtents(op);
  for (Value leaf : list.leaves) {
    auto argument = dyn_cast<BlockArgument>(leaf);
    bool isOperand = argument && argument.getOwner() == op.getBody();
    Value source = isOperand ? op->getOperand(argument.getArgNumber()) : leaf;
    if (!isa<RankedTensorType>(source.getType()) && !values.contains(source))
      continue; // a constant, cloned into the body
    SmallVector<DimExpr> access;
    if (isa<RankedTensorType>(source.getType()))
      for (auto [expr, size] : llvm::zip_equal(maps[argument.getArgNumber()].getResults(), shapes.getDims(source))) {
        access.push_back(toDimExpr(expr, names));
        if (failed(shapes.requireInRange(op, access.back(), names, extents, size)))
          return failure();
      }
    Value input = tensorFor(source, op);
    if (!input)
      return failure();
    list.inputs.push_back(input);
    list.accesses.push_back(access);
    list.readLeaves.push_back(leaf);
  }
  for (Value table : list.whole) {
    if (!list.inputs.emplace_back(tensorFor(table, op)))
      return failure();
    list.accesses.push_back(wholeAccess());
    list.readLeaves.push_back(table);
  }
  return success();
}

/// Writes the collected operations into a statement's body and gives the scalar that is `root` there.
FailureOr<Value> FunctionImporter::cloneSlice(linalg::GenericOp op, const ReadList &list, Block *body, Value root,
                                              ArrayRef<std::string> loops) {
  IRMapping mapping;
  for (auto [leaf, argument] : llvm::zip_equal(list.readLeaves, body->getArguments()))
    mapping.map(leaf, argument);
  builder.setInsertionPointToStart(body);
  for (Value leaf : list.leaves) {
    if (mapping.contains(leaf))
      continue;
    auto argument = dyn_cast<BlockArgument>(leaf);
    Value source = argument && argument.getOwner() == op.getBody() ? op->getOperand(argument.getArgNumber()) : leaf;
    TypedAttr constant;
    if (!matchPattern(source, m_Constant(&constant)))
      return op.emitError("reads a scalar that is neither a constant nor an argument");
    mapping.map(leaf, arith::ConstantOp::create(builder, op.getLoc(), constant).getResult());
  }
  for (Operation &producer : *op.getBody()) {
    if (!list.ops.contains(&producer))
      continue;
    if (auto index = dyn_cast<linalg::IndexOp>(producer)) {
      Value number = IndexOp::create(builder, index.getLoc(), builder.getI64Type(), loops[index.getDim()]);
      mapping.map(index.getResult(),
                  arith::IndexCastOp::create(builder, index.getLoc(), builder.getIndexType(), number).getResult());
    } else if (auto extract = dyn_cast<tensor::ExtractOp>(producer)) {
      // linalg leaves a place outside of the tensor undefined; here it is the nearest element.
      SmallVector<Value> places;
      SmallVector<DimExpr> access;
      for (Value index : extract.getIndices()) {
        access.push_back(DimExpr::symbol("$" + std::to_string(places.size())));
        places.push_back(arith::IndexCastOp::create(builder, op.getLoc(), builder.getI64Type(), mapping.lookup(index)));
      }
      auto clamp = BoundaryAttr::get(builder.getContext(), BoundaryKind::Clamp, TypedAttr());
      mapping.map(
          extract.getResult(),
          LoadOp::create(builder, op.getLoc(), mapping.lookup(extract.getTensor()), access, clamp, places).getResult());
    } else {
      builder.clone(producer, mapping);
    }
  }
  return mapping.lookup(root);
}

/// The names and extents of the loops, in an order.
std::pair<std::vector<std::string>, SmallVector<DimExpr>> FunctionImporter::domainOf(linalg::GenericOp op,
                                                                                     ArrayRef<unsigned> order) {
  std::vector<std::string> loops = namesOf("l", op.getNumLoops()), names;
  SmallVector<DimExpr> extents = shapes.getLoopExtents(op), ordered;
  for (unsigned loop : order) {
    names.push_back(loops[loop]);
    ordered.push_back(extents[loop]);
  }
  return {names, ordered};
}

LogicalResult FunctionImporter::importResult(linalg::GenericOp op, unsigned number) {
  // Statement indices: the result's axes in order, then the reduced loops.
  AffineMap map = op.getMatchingIndexingMap(op.getDpsInitOperand(number));
  SmallVector<unsigned> order;
  for (AffineExpr expr : map.getResults()) {
    auto loop = dyn_cast<AffineDimExpr>(expr);
    if (!loop || llvm::is_contained(order, loop.getPosition()))
      return op.emitError("a result must be indexed by distinct loops");
    order.push_back(loop.getPosition());
  }
  unsigned numParallel = order.size();
  for (auto [loop, type] : llvm::enumerate(op.getIteratorTypesArray())) {
    bool isResultAxis = llvm::is_contained(order, loop);
    if (isResultAxis == (type == utils::IteratorType::reduction))
      return op.emitError() << "loop " << loop << " must index the result if it is parallel, and only then";
    if (!isResultAxis)
      order.push_back(loop);
  }
  auto loops = namesOf("l", op.getNumLoops());
  if (order.size() != numParallel)
    return importReduction(op, number, loops, order, numParallel);

  Value root = op.getBody()->getTerminator()->getOperand(number);
  ReadList list;
  if (failed(collectSlice(op, root, {}, list)))
    return failure();
  auto [names, ordered] = domainOf(op, order);
  SmallVector<BoundaryAttr> boundaries(list.inputs.size(), noBoundary());
  auto statement =
      MapOp::create(builder, op.getLoc(), root.getType(), list.inputs, names, ordered, list.accesses, boundaries);
  OpBuilder::InsertionGuard guard(builder);
  FailureOr<Value> value = cloneSlice(op, list, statement.getStatementBody(), root, loops);
  if (failed(value))
    return failure();
  YieldOp::create(builder, op.getLoc(), *value);
  values[op->getResult(number)] = {statement.getResult(), {}};
  return success();
}

LogicalResult FunctionImporter::importReduction(linalg::GenericOp op, unsigned number, ArrayRef<std::string> loops,
                                                ArrayRef<unsigned> order, unsigned numParallel) {
  Value accumulator = op.getRegionOutputArgs()[number];
  Operation *combine = op.getBody()->getTerminator()->getOperand(number).getDefiningOp();
  auto kind = combine ? combinerOf(combine) : std::nullopt;
  if (!kind || (combine->getOperand(0) == accumulator) == (combine->getOperand(1) == accumulator))
    return op.emitError(
        "the reduction's body must combine the accumulator with a value by one of addf, mulf, minimumf, "
        "maximumf, addi, muli, minsi, maxsi, minui, maxui, or (of i1) ori, andi");
  Value root = combine->getOperand(combine->getOperand(0) == accumulator ? 1 : 0);
  ReadList list;
  if (failed(collectSlice(op, root, accumulator, list)))
    return failure();
  auto [names, ordered] = domainOf(op, order);
  SmallVector<BoundaryAttr> boundaries(list.inputs.size(), noBoundary());
  auto statement = ReduceOp::create(builder, op.getLoc(), *kind, root.getType(), list.inputs, names, ordered,
                                    numParallel, list.accesses, boundaries);
  {
    OpBuilder::InsertionGuard guard(builder);
    FailureOr<Value> value = cloneSlice(op, list, statement.getStatementBody(), root, loops);
    if (failed(value))
      return failure();
    YieldOp::create(builder, op.getLoc(), *value);
  }
  values[op->getResult(number)] = {statement.getResult(), {}};

  // The initial value, unless it changes nothing.
  Value init = op.getDpsInits()[number];
  TypedAttr constant;
  Imported initial = values.lookup(init);
  if (initial.filledWith && matchPattern(initial.filledWith, m_Constant(&constant)) &&
      constant == getIdentity(*kind, root.getType()))
    return success();
  Value first = tensorFor(init, op);
  if (!first)
    return failure();
  SmallVector<DimExpr> inPlace = statement.getResultExprs();
  auto map = MapOp::create(builder, op.getLoc(), root.getType(), ValueRange{first, statement.getResult()},
                           ArrayRef(names).take_front(numParallel), ArrayRef(ordered).take_front(numParallel),
                           ArrayRef<SmallVector<DimExpr>>{inPlace, inPlace},
                           ArrayRef<BoundaryAttr>{noBoundary(), noBoundary()});
  OpBuilder::InsertionGuard guard(builder);
  Block *body = map.getStatementBody();
  builder.setInsertionPointToStart(body);
  YieldOp::create(builder, op.getLoc(),
                  emitCombine(builder, op.getLoc(), *kind, body->getArgument(0), body->getArgument(1)));
  values[op->getResult(number)] = {map.getResult(), {}};
  return success();
}

struct ImportLinalgPass : flex::ir::impl::FlexImportLinalgBase<ImportLinalgPass> {
  void runOnOperation() override {
    if (failed(importLinalg(getOperation())))
      signalPassFailure();
  }
};

} // namespace

LogicalResult ir::importLinalg(ModuleOp module) {
  SmallVector<func::FuncOp> functions(module.getOps<func::FuncOp>());
  OpBuilder builder(module.getContext());
  module.getContext()->loadDialect<FlexDialect>();
  for (func::FuncOp function : functions) {
    if (failed(FunctionImporter(function, builder).run()))
      return failure();
    function.erase();
  }
  return success();
}
