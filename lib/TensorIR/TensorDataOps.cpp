//===- TensorDataOps.cpp - Load, fold, scan, scatter, argsort -------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Assembly and verifiers of the ops of TensorDataOps.td. Invariant: a scan that
// verifies reads only results that it has computed before.
//
//===----------------------------------------------------------------------===//
#include "StatementAssembly.h"

using namespace mlir;
using namespace flex;
using namespace flex::ir;

static DimExpr symbol(StringRef name) {
  return DimExpr::symbol(std::string_view(name.data(), name.size()));
}

static ArrayAttr stringsAttr(OpBuilder &builder, ArrayRef<std::string> strings) {
  SmallVector<Attribute> attrs;
  for (const std::string &string : strings)
    attrs.push_back(builder.getStringAttr(string));
  return builder.getArrayAttr(attrs);
}

SmallVector<StringRef> ir::getVisibleIndices(Operation *op) {
  SmallVector<SmallVector<StringRef>> inner;
  for (Operation *parent = op->getParentOp(); parent; parent = parent->getParentOp()) {
    if (auto fold = dyn_cast<FoldOp>(parent)) {
      inner.push_back(fold.getIndexNames());
      continue;
    }
    SmallVector<StringRef> names;
    if (auto statement = dyn_cast<StatementInterface>(parent))
      names = statement.getIndexNames();
    for (ArrayRef<StringRef> more : llvm::reverse(inner))
      names.append(more.begin(), more.end());
    return names;
  }
  return {};
}

std::optional<unsigned> ir::getValueNumber(StringRef name) {
  unsigned number;
  if (!name.consume_front("$") || name.getAsInteger(10, number))
    return std::nullopt;
  return number;
}

bool ir::isPosition(CombinerKind kind) {
  return kind == CombinerKind::ArgMin || kind == CombinerKind::ArgMax || kind == CombinerKind::UArgMin ||
         kind == CombinerKind::UArgMax;
}

//===----------------------------------------------------------------------===//
// LoadOp
//===----------------------------------------------------------------------===//

SmallVector<DimExpr> LoadOp::getAccessExprs() {
  return toDimExprs(getAccess());
}

bool LoadOp::isSelfLoad() {
  auto argument = cast<BlockArgument>(getTensor());
  auto scan = dyn_cast<ScanOp>(argument.getOwner()->getParentOp());
  return scan && argument == scan.getSelf();
}

ParseResult LoadOp::parse(OpAsmParser &parser, OperationState &state) {
  OpAsmParser::UnresolvedOperand tensor;
  SmallVector<DimExpr> exprs;
  BoundaryAttr boundary;
  SmallVector<OpAsmParser::UnresolvedOperand> values;
  if (parser.parseOperand(tensor) || parseExprList(parser, exprs) || parseBoundary(parser, boundary) ||
      parser.parseOperandList(values, AsmParser::Delimiter::OptionalParen) ||
      parser.parseOptionalAttrDict(state.attributes) || parser.parseColon())
    return failure();
  Type type;
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseType(type))
    return failure();
  auto tensorType = dyn_cast<NamedTensorType>(type);
  if (!tensorType)
    return parser.emitError(loc, "expected a !flex.tensor type, found ") << type;
  state.addAttribute("access", toAttr(parser.getContext(), exprs));
  state.addAttribute("boundary", boundary);
  state.addTypes(tensorType.getScalarType());
  return failure(parser.resolveOperand(tensor, type, state.operands) ||
                 parser.resolveOperands(values, parser.getBuilder().getI64Type(), state.operands));
}

void LoadOp::print(OpAsmPrinter &printer) {
  printer << " " << getTensor();
  printExprList(printer, getAccessExprs());
  printBoundary(printer, getBoundary());
  if (!getIndexValues().empty())
    printer << " (" << getIndexValues() << ")";
  printer.printOptionalAttrDict((*this)->getAttrs(), {"access", "boundary"});
  printer << " : " << getTensor().getType();
}

void LoadOp::build(OpBuilder &builder, OperationState &state, Value tensor, ArrayRef<DimExpr> access,
                   BoundaryAttr boundary, ValueRange indexValues) {
  state.addOperands(tensor);
  state.addOperands(indexValues);
  state.addAttribute("access", toAttr(builder.getContext(), access));
  state.addAttribute("boundary", boundary);
  state.addTypes(cast<NamedTensorType>(tensor.getType()).getScalarType());
}

LogicalResult LoadOp::verify() {
  auto type = getTensor().getType();
  auto argument = dyn_cast<BlockArgument>(getTensor());
  if (!argument || !isa_and_nonnull<StatementInterface>(argument.getOwner()->getParentOp()))
    return emitOpError("reads a tensor that is no argument of a statement's body: take the operand whole");
  if (getAccess().size() != type.getRank())
    return emitOpError() << "has " << getAccess().size() << " indices, but the rank is " << type.getRank();
  if (failed(verifyExprs(*this, getAccess(), "reads at")))
    return failure();
  if (!isOffsetRepresentable(getAccessExprs(), type))
    return emitOpError("reads so far away that 64 bits do not hold the offset");
  if (getBoundary().getKind() == BoundaryKind::None)
    return emitOpError("needs a boundary rule: clamp, wrap, mirror or fill");
  if (getResult().getType() != type.getScalarType())
    return emitOpError() << "gives " << getResult().getType() << ", expected " << type.getScalarType();
  return verifyBoundary(*this, getBoundary(), type, "");
}

//===----------------------------------------------------------------------===//
// FoldOp
//===----------------------------------------------------------------------===//

SmallVector<StringRef> FoldOp::getIndexNames() {
  return stringsOf(getIndices());
}
SmallVector<DimExpr> FoldOp::getIndexExtents() {
  return toDimExprs(getExtents());
}

ParseResult FoldOp::parse(OpAsmParser &parser, OperationState &state) {
  SmallVector<Attribute> names, extents;
  Type type;
  if (parseCombiner(parser, state, "sum, prod, min, max, umin, umax, any, all, argmin, argmax, uargmin or uargmax",
                    [](CombinerKind kind) { return kind != CombinerKind::Set; }) ||
      parseIndexList(parser, names, extents) || parser.parseArrow() || parser.parseType(type) ||
      parser.parseOptionalAttrDictWithKeyword(state.attributes) || parser.parseRegion(*state.addRegion(), {}))
    return failure();
  state.addAttribute("indices", parser.getBuilder().getArrayAttr(names));
  state.addAttribute("extents", parser.getBuilder().getArrayAttr(extents));
  state.addTypes(type);
  return success();
}

void FoldOp::print(OpAsmPrinter &printer) {
  printer << " " << stringifyCombinerKind(getCombiner()) << " ";
  printIndexList(printer, getIndexNames(), getIndexExtents());
  printer << " -> " << getResult().getType();
  printer.printOptionalAttrDictWithKeyword((*this)->getAttrs(), {"combiner", "indices", "extents"});
  printer << " ";
  printer.printRegion(getBody());
}

void FoldOp::build(OpBuilder &builder, OperationState &state, CombinerKind combiner, Type type,
                   ArrayRef<std::string> indices, ArrayRef<DimExpr> extents) {
  state.addAttribute("combiner", CombinerKindAttr::get(builder.getContext(), combiner));
  state.addAttribute("indices", stringsAttr(builder, indices));
  state.addAttribute("extents", toAttr(builder.getContext(), extents));
  state.addTypes(type);
  state.addRegion()->emplaceBlock();
}

LogicalResult FoldOp::verify() {
  if (getIndices().size() != getExtents().size())
    return emitOpError("needs one extent per index");
  SmallVector<StringRef> names = getVisibleIndices(*this);
  if (names.empty() && !isa_and_nonnull<StatementInterface, FoldOp>((*this)->getParentOp()))
    return emitOpError("is for the bodies of statements");
  names.append(getIndexNames());
  if (getBody().getNumArguments() != 0)
    return emitOpError("has no body arguments");
  return verifyIndices(*this, names, getIndexExtents());
}

LogicalResult FoldOp::verifyRegions() {
  auto yield = dyn_cast<YieldOp>(getBody().front().getTerminator());
  bool position = isPosition(getCombiner());
  if (!yield || yield.getNumOperands() != 1 || (!position && yield.getOperand(0).getType() != getResult().getType()) ||
      (position && !getResult().getType().isSignlessInteger(64)))
    return emitOpError() << "must yield one value of type " << getResult().getType();
  if (getCombiner() == CombinerKind::Set)
    return emitOpError("combiner set is for scatters");
  return verifyCombiner(*this, getCombiner(), yield.getOperand(0).getType());
}

//===----------------------------------------------------------------------===//
// ScanOp
//===----------------------------------------------------------------------===//

static constexpr StatementSyntax kScanSyntax{.over = true, .each = true, .at = true, .self = true};

SmallVector<DimExpr> ScanOp::getResultExprs() {
  return toDimExprs(getAt());
}
ParseResult ScanOp::parse(OpAsmParser &parser, OperationState &result) {
  return parseStatement(parser, result, kScanSyntax);
}
void ScanOp::print(OpAsmPrinter &printer) {
  printStatement(printer, *this, kScanSyntax);
}

/// The extents of a statement's indices in the order of its result's axes.
static SmallVector<DimExpr> extentsAt(StatementInterface op) {
  SmallVector<DimExpr> dims, extents = op.getIndexExtents();
  SmallVector<StringRef> names = op.getIndexNames();
  for (StringRef axis : stringsOf(op->getAttrOfType<ArrayAttr>("at"))) {
    size_t number = llvm::find(names, axis) - names.begin();
    dims.push_back(number < extents.size() ? extents[number] : DimExpr::invalid());
  }
  return dims;
}

void ScanOp::build(OpBuilder &builder, OperationState &state, Type elementType, ValueRange inputs,
                   ArrayRef<std::string> indices, ArrayRef<DimExpr> extents, unsigned numParallel, unsigned numOrdered,
                   ArrayRef<std::string> at, ArrayRef<SmallVector<DimExpr>> accesses,
                   ArrayRef<BoundaryAttr> boundaries) {
  SmallVector<DimExpr> dims;
  for (const std::string &axis : at)
    dims.push_back(extents[llvm::find(indices, axis) - indices.begin()]);
  auto type = NamedTensorType::get(elementType, dims);
  state.addAttribute("num_parallel", builder.getI64IntegerAttr(numParallel));
  state.addAttribute("num_ordered", builder.getI64IntegerAttr(numOrdered));
  state.addAttribute("at", stringsAttr(builder, at));
  buildStatement(builder, state, type, inputs, indices, extents, accesses, boundaries);
  state.regions.front()->front().addArgument(type, state.location);
}

LogicalResult ScanOp::verify() {
  if (failed(verifyStatement(*this, [&] { return extentsAt(*this); })))
    return failure();
  return verifyAxes(*this);
}

/// Whether an expression is at least `least` for all indices and dimensions, which are not negative.
static bool isAtLeast(const DimExpr &expr, int64_t least) {
  // `rest - min(a, b)` is at least `rest - a` and at least `rest - b`.
  for (const DimExpr::Term &term : expr.terms())
    if (term.coefficient == -1 && term.atoms.size() == 1 && !term.atoms[0]->isName &&
        term.atoms[0]->op == DimExpr::OpKind::Min) {
      const DimExpr &a = term.atoms[0]->operands[0], &b = term.atoms[0]->operands[1];
      DimExpr rest = expr + DimExpr::min(a, b);
      return isAtLeast(rest - a, least) || isAtLeast(rest - b, least);
    }
  int64_t constant = 0;
  for (const DimExpr::Term &term : expr.terms()) {
    if (term.atoms.empty())
      constant = term.coefficient;
    else if (term.coefficient < 0 ||
             !llvm::all_of(term.atoms, [](const auto &atom) { return atom->isName && atom->text[0] != '$'; }))
      return false;
  }
  return expr.isValid() && constant >= least;
}

LogicalResult ScanOp::verifyRegions() {
  SmallVector<StringRef> names = getIndexNames(), axes = stringsOf(getAt());
  unsigned parallel = getNumParallel(), ordered = getNumOrdered();
  for (Operation *user : getSelf().getUsers()) {
    auto load = cast<LoadOp>(user);
    if (load.getBoundary().getKind() != BoundaryKind::Fill)
      return load.emitOpError("reads the scan around it: its boundary rule must be fill");
    SmallVector<DimExpr> exprs = load.getAccessExprs();
    auto distance = [&](unsigned index) {
      return symbol(names[index]) - exprs[llvm::find(axes, names[index]) - axes.begin()];
    };
    for (unsigned index = 0; index < parallel; ++index)
      if (distance(index) != DimExpr(0))
        return load.emitOpError() << "reads the scan around it at another '" << names[index]
                                  << "': only an index after 'over' may differ";
    unsigned index = parallel;
    while (index < parallel + ordered && distance(index) == DimExpr(0))
      ++index;
    if (index == parallel + ordered || !isAtLeast(distance(index), 1))
      return load.emitOpError("reads the scan around it, but not surely an earlier point");
  }
  return success();
}

//===----------------------------------------------------------------------===//
// ScatterOp
//===----------------------------------------------------------------------===//

static constexpr StatementSyntax kScatterSyntax{.over = true, .at = true, .result = false};

static bool canScatter(CombinerKind kind) {
  return !isPosition(kind);
}

SmallVector<DimExpr> ScatterOp::getResultExprs() {
  return toDimExprs(getAt());
}
ParseResult ScatterOp::parse(OpAsmParser &parser, OperationState &result) {
  if (parseCombiner(parser, result, "sum, prod, min, max, umin, umax, any, all or set", canScatter))
    return failure();
  return parseStatement(parser, result, kScatterSyntax);
}
void ScatterOp::print(OpAsmPrinter &printer) {
  printer << " " << stringifyCombinerKind(getCombiner());
  printStatement(printer, *this, kScatterSyntax);
}

void ScatterOp::build(OpBuilder &builder, OperationState &state, CombinerKind combiner, ValueRange inputs,
                      ArrayRef<std::string> indices, ArrayRef<DimExpr> extents, unsigned numParallel,
                      ArrayRef<DimExpr> at, ArrayRef<SmallVector<DimExpr>> accesses,
                      ArrayRef<BoundaryAttr> boundaries) {
  state.addAttribute("combiner", CombinerKindAttr::get(builder.getContext(), combiner));
  state.addAttribute("num_parallel", builder.getI64IntegerAttr(numParallel));
  state.addAttribute("at", toAttr(builder.getContext(), at));
  buildStatement(builder, state, inputs.front().getType(), inputs, indices, extents, accesses, boundaries);
}

LogicalResult ScatterOp::verify() {
  if (getInputs().empty())
    return emitOpError("needs the tensor it starts from as its first operand");
  if (getBase().getType() != getResult().getType())
    return emitOpError() << "has result type " << getResult().getType() << ", expected that of its base, "
                         << getBase().getType();
  auto type = getResult().getType();
  if (failed(verifyStatement(*this, [&] { return type.getDims(); })))
    return failure();
  if (!isWholeAccess(0))
    return emitOpError("takes its base, the first operand, whole");
  if (getAt().size() != type.getRank())
    return emitOpError() << "has " << getAt().size() << " indices after 'at', but its base has rank " << type.getRank();
  if (failed(verifyExprs(*this, getAt(), "scatters to")))
    return failure();
  SmallVector<DimExpr> at = getResultExprs(), extents = getIndexExtents();
  SmallVector<StringRef> names = getIndexNames();
  for (auto [number, name] : llvm::enumerate(ArrayRef(names).take_front(getNumParallel()))) {
    size_t axis = llvm::find(at, symbol(name)) - at.begin();
    if (axis == at.size() || type.getDim(axis) != extents[number])
      return emitOpError() << "parallel index '" << name << "' must be an axis of the result, over its whole extent";
  }
  auto yield = cast<YieldOp>(getStatementBody()->getTerminator());
  for (Value place : yield.getOperands().drop_front())
    if (!place.getType().isSignlessInteger(64))
      return emitOpError("body must yield i64 values after the first");
  if (!canScatter(getCombiner()))
    return emitOpError("cannot scatter positions");
  return verifyCombiner(*this, getCombiner(), yield.getOperand(0).getType());
}

//===----------------------------------------------------------------------===//
// ArgSortOp
//===----------------------------------------------------------------------===//

static constexpr StatementSyntax kSortSyntax{.over = true, .at = true, .count = true};

SmallVector<DimExpr> ArgSortOp::getResultExprs() {
  return toDimExprs(getAt());
}

ParseResult ArgSortOp::parse(OpAsmParser &parser, OperationState &result) {
  StringRef order;
  if (succeeded(parser.parseOptionalKeyword("unsigned")))
    result.addAttribute("unsigned_keys", parser.getBuilder().getUnitAttr());
  SMLoc loc = parser.getCurrentLocation();
  if (failed(parser.parseOptionalKeyword(&order, {"ascending", "descending"})))
    return parser.emitError(loc, "expected ascending or descending");
  if (order == "descending")
    result.addAttribute("descending", parser.getBuilder().getUnitAttr());
  return parseStatement(parser, result, kSortSyntax);
}

void ArgSortOp::print(OpAsmPrinter &printer) {
  printer << (getUnsignedKeys() ? " unsigned" : "") << (getDescending() ? " descending" : " ascending");
  printStatement(printer, *this, kSortSyntax);
}

void ArgSortOp::build(OpBuilder &builder, OperationState &state, bool descending, bool unsignedKeys, ValueRange inputs,
                      ArrayRef<std::string> indices, ArrayRef<DimExpr> extents, ArrayRef<std::string> at,
                      const DimExpr &count, ArrayRef<SmallVector<DimExpr>> accesses,
                      ArrayRef<BoundaryAttr> boundaries) {
  SmallVector<DimExpr> dims;
  for (const std::string &axis : at)
    dims.push_back(axis == indices.back() ? count : extents[llvm::find(indices, axis) - indices.begin()]);
  if (descending)
    state.addAttribute("descending", builder.getUnitAttr());
  if (unsignedKeys)
    state.addAttribute("unsigned_keys", builder.getUnitAttr());
  state.addAttribute("num_parallel", builder.getI64IntegerAttr(indices.size() - 1));
  state.addAttribute("at", stringsAttr(builder, at));
  state.addAttribute("count", toAttr(builder.getContext(), count));
  buildStatement(builder, state, NamedTensorType::get(builder.getI64Type(), dims), inputs, indices, extents, accesses,
                 boundaries);
}

LogicalResult ArgSortOp::verify() {
  auto resultDims = [&] {
    SmallVector<DimExpr> dims = extentsAt(*this);
    for (auto [axis, name] : llvm::enumerate(stringsOf(getAt())))
      if (!getIndexNames().empty() && name == getIndexNames().back())
        dims[axis] = toDimExpr(getCountAttr());
    return dims;
  };
  if (failed(verifyStatement(*this, resultDims)))
    return failure();
  if (getNumParallel() + 1 != getIndices().size())
    return emitOpError("sorts along one index");
  DimExpr count = toDimExpr(getCountAttr()), extent = getIndexExtents().back();
  if (!count.isValid() || count.str() != getCount())
    return emitOpError() << "count '" << getCount() << "' is not a canonical expression";
  if (auto spare = (extent - count).constant(); spare && *spare < 0)
    return emitOpError() << "cannot give " << count.str() << " of " << extent.str() << " positions";
  Type key = getStatementBody()->getTerminator()->getOperand(0).getType();
  if (getDTypeName(key).empty() || (!isa<FloatType>(key) && !key.isSignlessInteger()))
    return emitOpError() << "cannot sort values of type " << key;
  if (getUnsignedKeys() && isa<FloatType>(key))
    return emitOpError("unsigned is for integers");
  return verifyAxes(*this);
}
