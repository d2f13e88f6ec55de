//===- ImportLinalgShapes.cpp - Names for dynamic dimensions --------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Unification over the unknowns `$0`, `$1`, …; those left in an argument's shape become the
// kernel's dimensions. Equations that unification cannot solve become constraints.
//
//===----------------------------------------------------------------------===//
#include "ImportLinalgShapes.h"

using namespace mlir;
using namespace flex;
using namespace flex::ir;

DimExpr ir::toDimExpr(AffineExpr expr, ArrayRef<std::string> loops) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return DimExpr(constant.getValue());
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return DimExpr::symbol(loops[dim.getPosition()]);
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary)
    return DimExpr::invalid();
  DimExpr left = toDimExpr(binary.getLHS(), loops), right = toDimExpr(binary.getRHS(), loops);
  switch (binary.getKind()) {
  case AffineExprKind::Add: return left + right;
  case AffineExprKind::Mul: return left * right;
  case AffineExprKind::Mod: return left.mod(right);
  case AffineExprKind::FloorDiv: return left.floorDiv(right);
  case AffineExprKind::CeilDiv: return left.ceilDiv(right);
  default: return DimExpr::invalid();
  }
}

//===----------------------------------------------------------------------===//
// Unknowns
//===----------------------------------------------------------------------===//

DimExpr ImportedShapes::fresh() {
  return DimExpr::symbol("$" + std::to_string(unknowns++));
}

DimExpr ImportedShapes::resolve(DimExpr expr) const {
  // A binding never leads back to its unknown, so that this ends.
  while (true) {
    DimExpr next = expr.substitute(bindings);
    if (next == expr)
      return expr;
    expr = next;
  }
}

/// The number of an unknown; the lower of two is kept, so that arguments name the dimensions.
static std::optional<unsigned> unknownNumber(const DimExpr &expr) {
  auto symbol = expr.asSymbol();
  unsigned number;
  if (!symbol || symbol->front() != '$' || StringRef(*symbol).drop_front().getAsInteger(10, number))
    return std::nullopt;
  return number;
}

LogicalResult ImportedShapes::unify(Operation *op, const DimExpr &left, const DimExpr &right) {
  DimExpr a = resolve(left), b = resolve(right);
  if (!a.isValid() || !b.isValid())
    return op->emitError("a dimension overflows 64 bits");
  if (a == b)
    return success();
  auto numberA = unknownNumber(a), numberB = unknownNumber(b);
  if (numberA && (!numberB || *numberB < *numberA) && !b.uses(*a.asSymbol())) {
    bindings[*a.asSymbol()] = b;
    return success();
  }
  if (numberB && !a.uses(*b.asSymbol())) {
    bindings[*b.asSymbol()] = a;
    return success();
  }
  if (a.isConstant() && b.isConstant())
    return op->emitError() << "needs two equal dimensions, but one is " << a.str() << " and one is " << b.str();
  equalities.emplace_back(a, b);
  return success();
}

SmallVector<DimExpr> &ImportedShapes::rawDims(Value tensor) {
  auto [slot, isNew] = dims.try_emplace(tensor);
  if (isNew)
    if (auto type = dyn_cast<RankedTensorType>(tensor.getType()))
      for (int64_t size : type.getShape())
        slot->second.push_back(ShapedType::isDynamic(size) ? fresh() : DimExpr(size));
  return slot->second;
}

void ImportedShapes::setDims(Value tensor, ArrayRef<DimExpr> values) {
  dims[tensor].assign(values.begin(), values.end());
}

DimExpr ImportedShapes::rawSize(OpFoldResult size) {
  if (auto attr = dyn_cast<Attribute>(size))
    return DimExpr(cast<IntegerAttr>(attr).getInt());
  return rawIndex(cast<Value>(size));
}

DimExpr ImportedShapes::rawIndex(Value index) {
  if (auto found = indices.find(index); found != indices.end())
    return found->second;
  Operation *op = index.getDefiningOp();
  std::optional<DimExpr> expr;
  auto operand = [&](unsigned n) { return rawIndex(op->getOperand(n)); };
  if (auto constant = dyn_cast_or_null<arith::ConstantOp>(op)) {
    if (auto integer = dyn_cast<IntegerAttr>(constant.getValue()))
      expr = DimExpr(integer.getInt());
  } else if (auto dim = dyn_cast_or_null<tensor::DimOp>(op)) {
    auto axis = dim.getConstantIndex();
    SmallVector<DimExpr> &shape = rawDims(dim.getSource());
    if (axis && *axis >= 0 && *axis < static_cast<int64_t>(shape.size()))
      expr = shape[*axis];
  } else if (isa_and_nonnull<arith::AddIOp>(op)) {
    expr = operand(0) + operand(1);
  } else if (isa_and_nonnull<arith::SubIOp>(op)) {
    expr = operand(0) - operand(1);
  } else if (isa_and_nonnull<arith::MulIOp>(op)) {
    expr = operand(0) * operand(1);
  } else if (isa_and_nonnull<arith::FloorDivSIOp>(op)) {
    expr = operand(0).floorDiv(operand(1));
  } else if (isa_and_nonnull<arith::CeilDivSIOp>(op)) {
    expr = operand(0).ceilDiv(operand(1));
  } else if (isa_and_nonnull<arith::IndexCastOp>(op)) {
    expr = operand(0);
  }
  DimExpr result = expr ? *expr : fresh();
  indices.try_emplace(index, result);
  return result;
}

//===----------------------------------------------------------------------===//
// Operations
//===----------------------------------------------------------------------===//

LogicalResult ImportedShapes::analyzeGeneric(linalg::GenericOp op) {
  SmallVector<std::optional<DimExpr>> extents(op.getNumLoops());
  auto maps = op.getIndexingMapsArray();
  for (auto [operand, map] : llvm::zip_equal(op->getOperands(), maps)) {
    if (!isa<RankedTensorType>(operand.getType()))
      continue;
    SmallVector<DimExpr> shape = rawDims(operand);
    for (auto [size, expr] : llvm::zip_equal(shape, map.getResults())) {
      auto loop = dyn_cast<AffineDimExpr>(expr);
      if (!loop)
        continue;
      std::optional<DimExpr> &extent = extents[loop.getPosition()];
      if (!extent)
        extent = size;
      else if (failed(unify(op, *extent, size)))
        return failure();
    }
  }
  for (auto [number, extent] : llvm::enumerate(extents)) {
    if (!extent)
      return op->emitError() << "loop " << number << " has no extent: no operand is indexed by it alone";
    loops[op].push_back(*extent);
  }
  for (auto [init, result] : llvm::zip(op.getDpsInits(), op->getResults()))
    setDims(result, SmallVector<DimExpr>(rawDims(init)));
  return success();
}

LogicalResult ImportedShapes::analyzeReshape(Operation *op, Value expanded, Value collapsed,
                                             ArrayRef<ReassociationIndices> groups) {
  SmallVector<DimExpr> many = rawDims(expanded), few = rawDims(collapsed);
  for (auto [size, group] : llvm::zip_equal(few, groups)) {
    DimExpr product(1);
    for (int64_t axis : group)
      product = product * many[axis];
    if (failed(unify(op, size, product)))
      return failure();
  }
  return success();
}

LogicalResult ImportedShapes::analyzeOp(Operation *op) {
  if (auto generic = dyn_cast<linalg::GenericOp>(op))
    return analyzeGeneric(generic);
  if (auto fill = dyn_cast<linalg::FillOp>(op)) {
    if (fill->getNumResults() == 1)
      setDims(fill->getResult(0), SmallVector<DimExpr>(rawDims(fill.getDpsInits()[0])));
    return success();
  }
  SmallVector<DimExpr> shape;
  if (auto empty = dyn_cast<tensor::EmptyOp>(op)) {
    for (OpFoldResult size : empty.getMixedSizes())
      shape.push_back(rawSize(size));
    setDims(empty, shape);
  } else if (auto pad = dyn_cast<tensor::PadOp>(op)) {
    SmallVector<DimExpr> source = rawDims(pad.getSource());
    auto low = pad.getMixedLowPad(), high = pad.getMixedHighPad();
    for (unsigned axis = 0; axis < source.size(); ++axis) {
      shape.push_back(source[axis] + rawSize(low[axis]) + rawSize(high[axis]));
      if (int64_t size = pad.getResultType().getDimSize(axis); !ShapedType::isDynamic(size))
        if (failed(unify(op, shape.back(), DimExpr(size))))
          return failure();
    }
    setDims(pad, shape);
  } else if (auto slice = dyn_cast<tensor::ExtractSliceOp>(op)) {
    llvm::SmallBitVector dropped = slice.getDroppedDims();
    for (auto [axis, size] : llvm::enumerate(slice.getMixedSizes()))
      if (!dropped.test(axis))
        shape.push_back(rawSize(size));
    setDims(slice, shape);
  } else if (auto expand = dyn_cast<tensor::ExpandShapeOp>(op)) {
    for (OpFoldResult size : expand.getMixedOutputShape())
      shape.push_back(rawSize(size));
    setDims(expand, shape);
    return analyzeReshape(op, expand.getResult(), expand.getSrc(), expand.getReassociationIndices());
  } else if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(op)) {
    return analyzeReshape(op, collapse.getSrc(), collapse.getResult(), collapse.getReassociationIndices());
  } else if (auto cast = dyn_cast<tensor::CastOp>(op)) {
    if (!isa<RankedTensorType>(cast.getSource().getType()) || !isa<RankedTensorType>(cast.getType()))
      return op->emitError("unranked tensors are not supported");
    SmallVector<DimExpr> source = rawDims(cast.getSource()), result = rawDims(cast.getResult());
    for (auto [a, b] : llvm::zip_equal(source, result))
      if (failed(unify(op, a, b)))
        return failure();
  }
  return success();
}

LogicalResult ImportedShapes::analyze(func::FuncOp function) {
  for (Value argument : function.getArguments())
    rawDims(argument);
  for (Operation &op : function.getBody().front())
    if (failed(analyzeOp(&op)))
      return failure();
  unsigned count = 0;
  for (Value argument : function.getArguments())
    for (const DimExpr &dim : SmallVector<DimExpr>(rawDims(argument))) {
      std::set<std::string> symbols;
      resolve(dim).collectSymbols(symbols);
      for (const std::string &symbol : symbols)
        if (!names.contains(symbol))
          names.emplace(symbol, DimExpr::symbol("d" + std::to_string(count++)));
    }
  for (const auto &[left, right] : equalities) {
    DimExpr a = resolve(left).substitute(names), b = resolve(right).substitute(names);
    if (a == b)
      continue;
    if (!isKnown(a) || !isKnown(b))
      return function.emitError() << "cannot tell whether the dimensions " << a.str() << " and " << b.str()
                                  << " are equal: they do not follow from the arguments";
    constraints.push_back(a.str() + " == " + b.str());
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Results
//===----------------------------------------------------------------------===//

SmallVector<DimExpr> ImportedShapes::getDims(Value tensor) {
  SmallVector<DimExpr> result;
  for (const DimExpr &dim : SmallVector<DimExpr>(rawDims(tensor)))
    result.push_back(resolve(dim).substitute(names));
  return result;
}

SmallVector<DimExpr> ImportedShapes::getLoopExtents(linalg::GenericOp op) {
  SmallVector<DimExpr> result;
  for (const DimExpr &extent : loops[op])
    result.push_back(resolve(extent).substitute(names));
  return result;
}

DimExpr ImportedShapes::getSize(OpFoldResult size) {
  return resolve(rawSize(size)).substitute(names);
}

bool ImportedShapes::isKnown(const DimExpr &expr) const {
  std::set<std::string> symbols;
  expr.collectSymbols(symbols);
  return expr.isValid() && llvm::none_of(symbols, [](const std::string &name) { return name.front() == '$'; });
}

LogicalResult ImportedShapes::requireInRange(Operation *op, const DimExpr &expr, ArrayRef<std::string> loopNames,
                                             ArrayRef<DimExpr> extents, const DimExpr &extent) {
  // The lowest and the highest index, at the ends of each loop.
  std::map<std::string, DimExpr> lowest, highest;
  for (auto [name, loop] : llvm::zip_equal(loopNames, extents)) {
    auto linear = expr.linearIn(name);
    auto slope = linear ? linear->first.constant() : std::nullopt;
    if (!slope)
      return op->emitError() << "cannot bound the index " << expr.str() << ": only affine accesses are supported";
    lowest.emplace(name, *slope < 0 ? loop - DimExpr(1) : DimExpr(0));
    highest.emplace(name, *slope < 0 ? DimExpr(0) : loop - DimExpr(1));
  }
  DimExpr low = expr.substitute(lowest), room = extent - expr.substitute(highest);
  for (const auto &[value, least] : {std::pair(low, 0), std::pair(room, 1)}) {
    auto known = value.constant();
    if (known && *known < least && llvm::none_of(extents, [](const DimExpr &e) { return e == DimExpr(0); }))
      return op->emitError() << "reads outside of its operand: index " << expr.str() << ", extent " << extent.str();
    if (!isKnown(value))
      return op->emitError() << "cannot bound the index " << expr.str()
                             << ": its dimensions do not follow from the arguments";
    std::string text = value.str() + " >= " + std::to_string(least);
    if (!known && !llvm::is_contained(constraints, text))
      constraints.push_back(text);
  }
  return success();
}
