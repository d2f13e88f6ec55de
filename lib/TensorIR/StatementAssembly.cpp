//===- StatementAssembly.cpp - The text of a statement --------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reading, printing, building and verifying what flex.map and flex.reduce share.
//
//===----------------------------------------------------------------------===//
#include "StatementAssembly.h"

#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace flex;
using namespace flex::ir;

namespace {

ParseResult parseIndexList(OpAsmParser &parser, SmallVectorImpl<Attribute> &names,
                           SmallVectorImpl<Attribute> &extents) {
  return parser.parseCommaSeparatedList(AsmParser::Delimiter::Square, [&]() -> ParseResult {
    StringRef name;
    DimExpr extent;
    if (parser.parseKeyword(&name) || parser.parseLess() || parseDimExpr(parser, extent))
      return failure();
    names.push_back(parser.getBuilder().getStringAttr(name));
    extents.push_back(toAttr(parser.getContext(), extent));
    return success();
  });
}

ParseResult parseBoundary(OpAsmParser &parser, BoundaryAttr &boundary) {
  BoundaryKind kind = BoundaryKind::None;
  TypedAttr value;
  StringRef keyword;
  if (succeeded(parser.parseOptionalKeyword(&keyword, {"clamp", "wrap", "mirror", "fill"})))
    kind = *symbolizeBoundaryKind(keyword);
  if (kind == BoundaryKind::Fill && (parser.parseLParen() || parser.parseAttribute(value) || parser.parseRParen()))
    return failure();
  boundary = BoundaryAttr::get(parser.getContext(), kind, value);
  return success();
}

/// One read: `%a = %x[i, j - 1] clamp : type`.
struct ParsedAccess {
  OpAsmParser::Argument argument;
  OpAsmParser::UnresolvedOperand operand;
  Type type;
};

ParseResult parseAccess(OpAsmParser &parser, ParsedAccess &access, SmallVectorImpl<Attribute> &accesses,
                        SmallVectorImpl<Attribute> &boundaries) {
  SmallVector<DimExpr> exprs;
  BoundaryAttr boundary;
  if (parser.parseArgument(access.argument) || parser.parseEqual() || parser.parseOperand(access.operand) ||
      parser.parseCommaSeparatedList(AsmParser::Delimiter::Square,
                                     [&] { return parseDimExpr(parser, exprs.emplace_back()); }) ||
      parseBoundary(parser, boundary) || parser.parseColon())
    return failure();
  SMLoc typeLoc = parser.getCurrentLocation();
  if (parser.parseType(access.type))
    return failure();
  auto tensor = dyn_cast<NamedTensorType>(access.type);
  if (!tensor)
    return parser.emitError(typeLoc, "expected a !flex.tensor type, found ") << access.type;
  access.argument.type = tensor.getScalarType();
  accesses.push_back(toAttr(parser.getContext(), exprs));
  boundaries.push_back(boundary);
  return success();
}

} // namespace

ParseResult ir::parseStatement(OpAsmParser &parser, OperationState &state, bool reduces) {
  Builder &builder = parser.getBuilder();
  SmallVector<Attribute> names, extents, accesses, boundaries;
  SmallVector<ParsedAccess> reads;
  Type elementType;
  if (parseIndexList(parser, names, extents))
    return failure();
  unsigned numParallel = names.size();
  if (reduces && (parser.parseKeyword("over") || parseIndexList(parser, names, extents)))
    return failure();
  SMLoc readsLoc = parser.getCurrentLocation();
  if (parser.parseCommaSeparatedList(AsmParser::Delimiter::Paren,
                                     [&] { return parseAccess(parser, reads.emplace_back(), accesses, boundaries); }) ||
      parser.parseArrow() || parser.parseType(elementType) || parser.parseOptionalAttrDictWithKeyword(state.attributes))
    return failure();
  SmallVector<OpAsmParser::Argument> arguments;
  for (ParsedAccess &read : reads) {
    arguments.push_back(read.argument);
    if (parser.resolveOperand(read.operand, read.type, state.operands))
      return failure();
  }
  if (parser.parseRegion(*state.addRegion(), arguments))
    return failure();
  state.addAttribute("indices", builder.getArrayAttr(names));
  state.addAttribute("extents", builder.getArrayAttr(extents));
  state.addAttribute("accesses", builder.getArrayAttr(accesses));
  state.addAttribute("boundaries", builder.getArrayAttr(boundaries));
  if (reduces)
    state.addAttribute("num_parallel", builder.getI64IntegerAttr(numParallel));
  SmallVector<StringAttr> shape;
  for (Attribute extent : ArrayRef(extents).take_front(numParallel))
    shape.push_back(cast<StringAttr>(extent));
  auto type = NamedTensorType::getChecked([&] { return parser.emitError(readsLoc); }, parser.getContext(), elementType,
                                          ArrayRef<StringAttr>(shape));
  if (!type)
    return failure();
  state.addTypes(type);
  return success();
}

static void printIndexList(OpAsmPrinter &printer, ArrayRef<StringRef> names, ArrayRef<DimExpr> extents) {
  printer << "[";
  llvm::interleaveComma(llvm::zip(names, extents), printer,
                        [&](auto pair) { printer << std::get<0>(pair) << " < " << std::get<1>(pair).str(); });
  printer << "]";
}

static void printAccess(OpAsmPrinter &printer, StatementInterface op, unsigned operand) {
  printer << op.getStatementBody()->getArgument(operand) << " = " << op->getOperand(operand) << "[";
  llvm::interleaveComma(op.getAccessExprs(operand), printer, [&](const DimExpr &expr) { printer << expr.str(); });
  printer << "]";
  BoundaryAttr boundary = op.getAccessBoundary(operand);
  if (boundary.getKind() != BoundaryKind::None)
    printer << " " << stringifyBoundaryKind(boundary.getKind());
  if (boundary.getValue())
    printer << "(" << boundary.getValue() << ")";
  printer << " : " << op->getOperand(operand).getType();
}

void ir::printStatement(OpAsmPrinter &printer, StatementInterface op, bool reduces) {
  SmallVector<StringRef> names = op.getIndexNames();
  SmallVector<DimExpr> extents = op.getIndexExtents();
  unsigned numParallel = op.getNumParallelIndices();
  printer << " ";
  printIndexList(printer, ArrayRef(names).take_front(numParallel), ArrayRef(extents).take_front(numParallel));
  if (reduces) {
    printer << " over ";
    printIndexList(printer, ArrayRef(names).drop_front(numParallel), ArrayRef(extents).drop_front(numParallel));
  }
  printer << " (";
  llvm::interleaveComma(llvm::seq<unsigned>(0, op->getNumOperands()), printer,
                        [&](unsigned operand) { printAccess(printer, op, operand); });
  printer << ") -> " << cast<NamedTensorType>(op->getResult(0).getType()).getElementType();
  printer.printOptionalAttrDictWithKeyword(
      op->getAttrs(), {"indices", "extents", "accesses", "boundaries", "num_parallel", "combiner"});
  printer << " ";
  printer.printRegion(op->getRegion(0), /*printEntryBlockArgs=*/false);
}

static LogicalResult verifyRead(StatementInterface op, unsigned operand) {
  auto type = cast<NamedTensorType>(op->getOperand(operand).getType());
  SmallVector<DimExpr> exprs = op.getAccessExprs(operand);
  if (exprs.size() != type.getRank())
    return op->emitOpError() << "reads operand " << operand << " at " << exprs.size() << " indices, but its rank is "
                             << type.getRank();
  auto texts = cast<ArrayAttr>(op->getAttrOfType<ArrayAttr>("accesses")[operand]);
  for (auto [expr, text] : llvm::zip_equal(exprs, texts.getAsRange<StringAttr>()))
    if (!expr.isValid() || expr.str() != text.getValue())
      return op->emitOpError() << "reads operand " << operand << " at '" << text.getValue()
                               << "', which is not a canonical expression";
  BlockArgument argument = op.getStatementBody()->getArgument(operand);
  if (argument.getType() != type.getScalarType())
    return op->emitOpError() << "body argument " << operand << " has type " << argument.getType() << ", expected "
                             << type.getScalarType();
  BoundaryAttr boundary = op.getAccessBoundary(operand);
  bool needsValue = boundary.getKind() == BoundaryKind::Fill;
  if (needsValue != static_cast<bool>(boundary.getValue()) ||
      (needsValue && boundary.getValue().getType() != type.getScalarType()))
    return op->emitOpError() << "operand " << operand << ": a fill boundary, and no other, needs a value of type "
                             << type.getScalarType();
  return success();
}

static LogicalResult verifyAttributes(StatementInterface op) {
  unsigned operands = op->getNumOperands();
  auto accesses = op->getAttrOfType<ArrayAttr>("accesses"), boundaries = op->getAttrOfType<ArrayAttr>("boundaries");
  auto indices = op->getAttrOfType<ArrayAttr>("indices"), extents = op->getAttrOfType<ArrayAttr>("extents");
  if (accesses.size() != operands || boundaries.size() != operands || indices.size() != extents.size())
    return op->emitOpError("needs one access and boundary per operand and one extent per index");
  for (Attribute access : accesses)
    if (!isa<ArrayAttr>(access) || !llvm::all_of(cast<ArrayAttr>(access), llvm::IsaPred<StringAttr>))
      return op->emitOpError("accesses must be arrays of strings");
  if (!llvm::all_of(boundaries, llvm::IsaPred<BoundaryAttr>))
    return op->emitOpError("boundaries must be #flex.boundary attributes");
  auto numParallel = op->getAttrOfType<IntegerAttr>("num_parallel");
  if (numParallel && (numParallel.getInt() < 0 || numParallel.getInt() > static_cast<int64_t>(indices.size())))
    return op->emitOpError("num_parallel exceeds the number of indices");
  return success();
}

LogicalResult ir::verifyStatement(StatementInterface op) {
  if (failed(verifyAttributes(op)))
    return failure();
  llvm::StringSet<> seen;
  for (StringRef name : op.getIndexNames()) {
    auto parsed = DimExpr::parse(std::string_view(name.data(), name.size()));
    if (!parsed || !parsed->isSymbol(std::string_view(name.data(), name.size())))
      return op->emitOpError() << "index '" << name << "' is not a name";
    if (!seen.insert(name).second)
      return op->emitOpError() << "declares index '" << name << "' twice";
  }
  SmallVector<DimExpr> extents = op.getIndexExtents();
  for (const DimExpr &extent : extents) {
    std::set<std::string> symbols;
    extent.collectSymbols(symbols);
    if (!extent.isValid() || llvm::any_of(symbols, [&](const std::string &s) { return seen.contains(s); }))
      return op->emitOpError() << "extent '" << extent.str() << "' is malformed or uses an index";
  }
  auto result = cast<NamedTensorType>(op->getResult(0).getType());
  auto parallel = ArrayRef(extents).take_front(op.getNumParallelIndices());
  if (!llvm::equal(result.getDims(), parallel))
    return op->emitOpError() << "result type " << result << " does not have the parallel indices' extents";
  Block *body = op.getStatementBody();
  if (body->getNumArguments() != op->getNumOperands())
    return op->emitOpError("needs one body argument per operand");
  for (unsigned operand = 0; operand < op->getNumOperands(); ++operand)
    if (failed(verifyRead(op, operand)))
      return failure();
  auto yield = dyn_cast<YieldOp>(body->getTerminator());
  if (!yield || yield.getNumOperands() != 1 || yield.getOperand(0).getType() != result.getScalarType())
    return op->emitOpError() << "body must yield one value of type " << result.getScalarType();
  return success();
}

void ir::buildStatement(OpBuilder &builder, OperationState &state, Type elementType, ValueRange inputs,
                        ArrayRef<std::string> indices, ArrayRef<DimExpr> extents, unsigned numParallel,
                        ArrayRef<SmallVector<DimExpr>> accesses, ArrayRef<BoundaryAttr> boundaries) {
  MLIRContext *context = builder.getContext();
  SmallVector<Attribute> names, accessAttrs, boundaryAttrs(boundaries.begin(), boundaries.end());
  for (const std::string &index : indices)
    names.push_back(builder.getStringAttr(index));
  for (ArrayRef<DimExpr> access : accesses)
    accessAttrs.push_back(toAttr(context, access));
  state.addOperands(inputs);
  state.addAttribute("indices", builder.getArrayAttr(names));
  state.addAttribute("extents", toAttr(context, extents));
  state.addAttribute("accesses", builder.getArrayAttr(accessAttrs));
  state.addAttribute("boundaries", builder.getArrayAttr(boundaryAttrs));
  state.addTypes(NamedTensorType::get(elementType, extents.take_front(numParallel)));
  Block &body = state.addRegion()->emplaceBlock();
  for (Value input : inputs)
    body.addArgument(cast<NamedTensorType>(input.getType()).getScalarType(), state.location);
}
