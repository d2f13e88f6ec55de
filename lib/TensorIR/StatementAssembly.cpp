//===- StatementAssembly.cpp - The text of a statement --------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reading, printing, building and verifying what all statements share.
//
//===----------------------------------------------------------------------===//
#include "StatementAssembly.h"

#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace flex;
using namespace flex::ir;

//===----------------------------------------------------------------------===//
// Pieces
//===----------------------------------------------------------------------===//

ParseResult ir::parseIndexList(OpAsmParser &parser, SmallVectorImpl<Attribute> &names,
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

void ir::printIndexList(OpAsmPrinter &printer, ArrayRef<StringRef> names, ArrayRef<DimExpr> extents) {
  printer << "[";
  llvm::interleaveComma(llvm::zip(names, extents), printer,
                        [&](auto pair) { printer << std::get<0>(pair) << " < " << std::get<1>(pair).str(); });
  printer << "]";
}

/// An expression, in quotes if it names values: MLIR's text has no word that begins with `$`.
static ParseResult parseExpr(OpAsmParser &parser, DimExpr &expr) {
  std::string text;
  SMLoc loc = parser.getCurrentLocation();
  if (failed(parser.parseOptionalString(&text)))
    return parseDimExpr(parser, expr);
  std::string error;
  auto parsed = DimExpr::parse(text, &error);
  if (!parsed || !parsed->isValid())
    return parser.emitError(loc, "'") << text << "' is not an expression: "
                                      << (parsed ? "it overflows 64 bits or divides by a number below 1" : error);
  expr = *parsed;
  return success();
}

ParseResult ir::parseExprList(OpAsmParser &parser, SmallVectorImpl<DimExpr> &exprs) {
  return parser.parseCommaSeparatedList(AsmParser::Delimiter::Square,
                                        [&] { return parseExpr(parser, exprs.emplace_back()); });
}

static void printExpr(OpAsmPrinter &printer, const DimExpr &expr) {
  bool quoted = StringRef(expr.str()).contains('$');
  printer << (quoted ? "\"" : "") << expr.str() << (quoted ? "\"" : "");
}

void ir::printExprList(OpAsmPrinter &printer, ArrayRef<DimExpr> exprs) {
  printer << "[";
  llvm::interleaveComma(exprs, printer, [&](const DimExpr &expr) { printExpr(printer, expr); });
  printer << "]";
}

ParseResult ir::parseBoundary(OpAsmParser &parser, BoundaryAttr &boundary) {
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

void ir::printBoundary(OpAsmPrinter &printer, BoundaryAttr boundary) {
  if (boundary.getKind() != BoundaryKind::None)
    printer << " " << stringifyBoundaryKind(boundary.getKind());
  if (boundary.getValue())
    printer << "(" << boundary.getValue() << ")";
}

ParseResult ir::parseCombiner(OpAsmParser &parser, OperationState &state, StringRef allowed,
                              function_ref<bool(CombinerKind)> isAllowed) {
  StringRef keyword;
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseKeyword(&keyword))
    return failure();
  auto kind = symbolizeCombinerKind(keyword);
  if (!kind || !isAllowed(*kind))
    return parser.emitError(loc, "expected ") << allowed << ", found '" << keyword << "'";
  state.addAttribute("combiner", CombinerKindAttr::get(parser.getContext(), *kind));
  return success();
}

SmallVector<StringRef> ir::stringsOf(ArrayAttr attr) {
  SmallVector<StringRef> strings;
  for (Attribute element : attr)
    strings.push_back(cast<StringAttr>(element).getValue());
  return strings;
}

//===----------------------------------------------------------------------===//
// Whole statements
//===----------------------------------------------------------------------===//

namespace {

/// One read: `%a = %x[i, j - 1] clamp : type`, or `%t = %table whole : type`.
struct ParsedAccess {
  OpAsmParser::Argument argument;
  OpAsmParser::UnresolvedOperand operand;
  Type type;
};

ParseResult parseAccess(OpAsmParser &parser, ParsedAccess &access, SmallVectorImpl<Attribute> &accesses,
                        SmallVectorImpl<Attribute> &boundaries) {
  SmallVector<DimExpr> exprs;
  if (parser.parseArgument(access.argument) || parser.parseEqual() || parser.parseOperand(access.operand))
    return failure();
  bool whole = succeeded(parser.parseOptionalKeyword("whole"));
  auto boundary = BoundaryAttr::get(parser.getContext(), BoundaryKind::None, TypedAttr());
  if (!whole && (parseExprList(parser, exprs) || parseBoundary(parser, boundary)))
    return failure();
  if (parser.parseColon())
    return failure();
  SMLoc typeLoc = parser.getCurrentLocation();
  if (parser.parseType(access.type))
    return failure();
  auto tensor = dyn_cast<NamedTensorType>(access.type);
  if (!tensor)
    return parser.emitError(typeLoc, "expected a !flex.tensor type, found ") << access.type;
  access.argument.type = whole ? access.type : tensor.getScalarType();
  accesses.push_back(whole ? Attribute(parser.getBuilder().getUnitAttr()) : toAttr(parser.getContext(), exprs));
  boundaries.push_back(boundary);
  return success();
}

/// Reads a statement's text into attributes, operands and body.
class StatementParser {
public:
  StatementParser(OpAsmParser &parser, OperationState &state, StatementSyntax syntax)
      : parser(parser), builder(parser.getBuilder()), state(state), syntax(syntax) {}

  ParseResult run() {
    if (parseDomain() || parsePlaces())
      return failure();
    readsLoc = parser.getCurrentLocation();
    if (parser.parseCommaSeparatedList(AsmParser::Delimiter::Paren,
                                       [&] { return parseAccess(parser, reads.emplace_back(), accesses, boundaries); }))
      return failure();
    OpAsmParser::Argument self;
    if (syntax.self && (parser.parseKeyword("self") || parser.parseArgument(self)))
      return failure();
    if (syntax.result && (parser.parseArrow() || parser.parseType(elementType)))
      return failure();
    if (parser.parseOptionalAttrDictWithKeyword(state.attributes))
      return failure();
    Type result = resultType();
    if (!result)
      return failure();
    state.addTypes(result);
    SmallVector<OpAsmParser::Argument> arguments;
    for (ParsedAccess &read : reads) {
      arguments.push_back(read.argument);
      if (parser.resolveOperand(read.operand, read.type, state.operands))
        return failure();
    }
    if (syntax.self) {
      self.type = result;
      arguments.push_back(self);
    }
    if (parser.parseRegion(*state.addRegion(), arguments))
      return failure();
    state.addAttribute("indices", builder.getArrayAttr(names));
    state.addAttribute("extents", builder.getArrayAttr(extents));
    state.addAttribute("accesses", builder.getArrayAttr(accesses));
    state.addAttribute("boundaries", builder.getArrayAttr(boundaries));
    return success();
  }

private:
  ParseResult parseDomain() {
    if (parseIndexList(parser, names, extents))
      return failure();
    numParallel = names.size();
    if (!syntax.over)
      return success();
    if (parser.parseKeyword("over") || parseIndexList(parser, names, extents))
      return failure();
    state.addAttribute("num_parallel", builder.getI64IntegerAttr(numParallel));
    if (!syntax.each)
      return success();
    state.addAttribute("num_ordered", builder.getI64IntegerAttr(names.size() - numParallel));
    return succeeded(parser.parseOptionalKeyword("each")) ? parseIndexList(parser, names, extents) : success();
  }

  ParseResult parsePlaces() {
    if (syntax.at) {
      SMLoc loc = parser.getCurrentLocation();
      if (parser.parseKeyword("at") || parseExprList(parser, at))
        return failure();
      if (at.size() > names.size() && syntax.result)
        return parser.emitError(loc, "has more axes than indices");
      state.addAttribute("at", toAttr(parser.getContext(), at));
    }
    if (syntax.count) {
      if (parser.parseKeyword("count") || parseExpr(parser, count))
        return failure();
      state.addAttribute("count", toAttr(parser.getContext(), count));
    }
    return success();
  }

  Type resultType() {
    if (!syntax.result) {
      if (reads.empty())
        parser.emitError(readsLoc, "needs the tensor it starts from as its first operand");
      return reads.empty() ? Type() : reads.front().type;
    }
    SmallVector<StringAttr> shape;
    for (Attribute extent : ArrayRef(extents).take_front(numParallel))
      shape.push_back(cast<StringAttr>(extent));
    if (syntax.at) {
      shape.clear();
      for (const DimExpr &axis : at) {
        auto found = llvm::find(names, Attribute(toAttr(parser.getContext(), axis)));
        size_t number = found - names.begin();
        if (found == names.end())
          return parser.emitError(readsLoc, "'") << axis.str() << "' of 'at' is not an index", Type();
        bool counted = syntax.count && number >= numParallel;
        shape.push_back(counted ? toAttr(parser.getContext(), count) : cast<StringAttr>(extents[number]));
      }
    }
    return NamedTensorType::getChecked([&] { return parser.emitError(readsLoc); }, parser.getContext(), elementType,
                                       ArrayRef<StringAttr>(shape));
  }

  OpAsmParser &parser;
  Builder &builder;
  OperationState &state;
  StatementSyntax syntax;
  SmallVector<Attribute> names, extents, accesses, boundaries;
  SmallVector<DimExpr> at;
  DimExpr count;
  SmallVector<ParsedAccess> reads;
  unsigned numParallel = 0;
  SMLoc readsLoc;
  Type elementType;
};

} // namespace

ParseResult ir::parseStatement(OpAsmParser &parser, OperationState &state, StatementSyntax syntax) {
  return StatementParser(parser, state, syntax).run();
}

static void printAccess(OpAsmPrinter &printer, StatementInterface op, unsigned operand) {
  printer << op.getStatementBody()->getArgument(operand) << " = " << op->getOperand(operand);
  if (op.isWholeAccess(operand)) {
    printer << " whole";
  } else {
    printExprList(printer, op.getAccessExprs(operand));
    printBoundary(printer, op.getAccessBoundary(operand));
  }
  printer << " : " << op->getOperand(operand).getType();
}

void ir::printStatement(OpAsmPrinter &printer, StatementInterface op, StatementSyntax syntax) {
  SmallVector<StringRef> allNames = op.getIndexNames();
  SmallVector<DimExpr> allExtents = op.getIndexExtents();
  ArrayRef<StringRef> names = allNames;
  ArrayRef<DimExpr> extents = allExtents;
  auto printNext = [&](unsigned count) {
    printer << " ";
    printIndexList(printer, names.take_front(count), extents.take_front(count));
    names = names.drop_front(count);
    extents = extents.drop_front(count);
  };
  printNext(op.getNumParallelIndices());
  if (syntax.over) {
    printer << " over";
    printNext(syntax.each ? op->getAttrOfType<IntegerAttr>("num_ordered").getInt() : names.size());
  }
  if (syntax.each && !names.empty()) {
    printer << " each";
    printNext(names.size());
  }
  if (syntax.at) {
    printer << " at ";
    printExprList(printer, op.getResultExprs());
  }
  if (syntax.count) {
    printer << " count ";
    printExpr(printer, toDimExpr(op->getAttrOfType<StringAttr>("count")));
  }
  printer << " (";
  llvm::interleaveComma(llvm::seq<unsigned>(0, op->getNumOperands()), printer,
                        [&](unsigned operand) { printAccess(printer, op, operand); });
  printer << ")";
  if (syntax.self)
    printer << " self " << op.getStatementBody()->getArguments().back();
  if (syntax.result)
    printer << " -> " << cast<NamedTensorType>(op->getResult(0).getType()).getElementType();
  printer.printOptionalAttrDictWithKeyword(op->getAttrs(),
                                           {"indices", "extents", "accesses", "boundaries", "num_parallel",
                                            "num_ordered", "combiner", "at", "count", "descending", "unsigned_keys"});
  printer << " ";
  printer.printRegion(op->getRegion(0), /*printEntryBlockArgs=*/false);
}

//===----------------------------------------------------------------------===//
// Verification
//===----------------------------------------------------------------------===//

LogicalResult ir::verifyExprs(Operation *op, ArrayAttr exprs, const Twine &what) {
  for (Attribute attr : exprs) {
    auto text = dyn_cast<StringAttr>(attr);
    DimExpr expr = text ? toDimExpr(text) : DimExpr::invalid();
    if (!expr.isValid() || expr.str() != text.getValue())
      return op->emitOpError() << what << " '" << (text ? text.getValue() : "")
                               << "', which is not a canonical expression";
  }
  return success();
}

bool ir::isOffsetRepresentable(ArrayRef<DimExpr> exprs, NamedTensorType type) {
  DimExpr offset, stride(1);
  for (unsigned axis = type.getRank(); axis-- > 0;) {
    offset = offset + exprs[axis] * stride;
    stride = stride * type.getDim(axis);
  }
  return offset.isValid();
}

LogicalResult ir::verifyBoundary(Operation *op, BoundaryAttr boundary, NamedTensorType type, const Twine &what) {
  bool needsValue = boundary.getKind() == BoundaryKind::Fill;
  if (needsValue != static_cast<bool>(boundary.getValue()) ||
      (needsValue && boundary.getValue().getType() != type.getScalarType()))
    return op->emitOpError() << what << "a fill boundary, and no other, needs a value of type " << type.getScalarType();
  return success();
}

/// Of a tensor in a body there are reads, and nothing else.
static LogicalResult verifyTensorArgument(StatementInterface op, BlockArgument argument) {
  for (OpOperand &use : argument.getUses())
    if (!isa<LoadOp>(use.getOwner()) || use.getOperandNumber() != 0)
      return op->emitOpError() << "body argument " << argument.getArgNumber()
                               << " is a whole tensor: only flex.load may use it";
  return success();
}

static LogicalResult verifyRead(StatementInterface op, unsigned operand) {
  auto type = cast<NamedTensorType>(op->getOperand(operand).getType());
  BlockArgument argument = op.getStatementBody()->getArgument(operand);
  bool whole = op.isWholeAccess(operand);
  Type expected = whole ? Type(type) : type.getScalarType();
  if (argument.getType() != expected)
    return op->emitOpError() << "body argument " << operand << " has type " << argument.getType() << ", expected "
                             << expected;
  if (whole) {
    if (op.getAccessBoundary(operand).getKind() != BoundaryKind::None)
      return op->emitOpError() << "operand " << operand << " is taken whole: its flex.load has the boundary rule";
    return verifyTensorArgument(op, argument);
  }
  SmallVector<DimExpr> exprs = op.getAccessExprs(operand);
  if (exprs.size() != type.getRank())
    return op->emitOpError() << "reads operand " << operand << " at " << exprs.size() << " indices, but its rank is "
                             << type.getRank();
  if (failed(verifyExprs(op, cast<ArrayAttr>(op->getAttrOfType<ArrayAttr>("accesses")[operand]),
                         "reads operand " + Twine(operand) + " at")))
    return failure();
  if (!isOffsetRepresentable(exprs, type))
    return op->emitOpError() << "reads operand " << operand << " so far away that 64 bits do not hold the offset";
  return verifyBoundary(op, op.getAccessBoundary(operand), type, "operand " + Twine(operand) + ": ");
}

static LogicalResult verifyAttributes(StatementInterface op) {
  unsigned operands = op->getNumOperands();
  auto accesses = op->getAttrOfType<ArrayAttr>("accesses"), boundaries = op->getAttrOfType<ArrayAttr>("boundaries");
  auto indices = op->getAttrOfType<ArrayAttr>("indices"), extents = op->getAttrOfType<ArrayAttr>("extents");
  if (accesses.size() != operands || boundaries.size() != operands || indices.size() != extents.size())
    return op->emitOpError("needs one access and boundary per operand and one extent per index");
  for (Attribute access : accesses)
    if (!isa<UnitAttr>(access) &&
        (!isa<ArrayAttr>(access) || !llvm::all_of(cast<ArrayAttr>(access), llvm::IsaPred<StringAttr>)))
      return op->emitOpError("accesses must be arrays of strings, or unit for a whole operand");
  if (!llvm::all_of(boundaries, llvm::IsaPred<BoundaryAttr>))
    return op->emitOpError("boundaries must be #flex.boundary attributes");
  int64_t left = indices.size();
  for (StringRef name : {"num_parallel", "num_ordered"})
    if (auto number = op->getAttrOfType<IntegerAttr>(name)) {
      if (number.getInt() < 0 || number.getInt() > left)
        return op->emitOpError() << name << " exceeds the number of indices";
      left -= number.getInt();
    }
  return success();
}

LogicalResult ir::verifyIndices(Operation *op, ArrayRef<StringRef> names, ArrayRef<DimExpr> extents) {
  llvm::StringSet<> seen;
  for (StringRef name : names) {
    auto parsed = DimExpr::parse(std::string_view(name.data(), name.size()));
    if (!parsed || !parsed->isSymbol(std::string_view(name.data(), name.size())) || name.starts_with("$"))
      return op->emitOpError() << "index '" << name << "' is not a name";
    if (!seen.insert(name).second)
      return op->emitOpError() << "declares index '" << name << "' twice";
  }
  for (const DimExpr &extent : extents) {
    std::set<std::string> symbols;
    extent.collectSymbols(symbols);
    if (!extent.isValid() || llvm::any_of(symbols, [&](const std::string &s) { return seen.contains(s); }))
      return op->emitOpError() << "extent '" << extent.str() << "' is malformed or uses an index";
  }
  return success();
}

LogicalResult ir::verifyAxes(StatementInterface op) {
  SmallVector<StringRef> names = op.getIndexNames(), axes = stringsOf(op->getAttrOfType<ArrayAttr>("at"));
  llvm::sort(names);
  llvm::sort(axes);
  if (names != axes)
    return op->emitOpError("'at' must list each index once");
  return success();
}

SmallVector<DimExpr> ir::parallelExtents(StatementInterface op) {
  SmallVector<DimExpr> extents = op.getIndexExtents();
  extents.resize(op.getNumParallelIndices());
  return extents;
}

LogicalResult ir::verifyStatement(StatementInterface op, function_ref<SmallVector<DimExpr>()> resultDims) {
  if (failed(verifyAttributes(op)))
    return failure();
  if (failed(verifyIndices(op, op.getIndexNames(), op.getIndexExtents())))
    return failure();
  auto result = cast<NamedTensorType>(op->getResult(0).getType());
  if (!llvm::equal(result.getDims(), resultDims()))
    return op->emitOpError() << "result type " << result << " does not have the parallel indices' extents";
  Block *body = op.getStatementBody();
  bool self = op.getStatementKind() == StatementKind::Scan;
  if (body->getNumArguments() != op->getNumOperands() + self)
    return op->emitOpError("needs one body argument per operand");
  for (unsigned operand = 0; operand < op->getNumOperands(); ++operand)
    if (failed(verifyRead(op, operand)))
      return failure();
  if (self && body->getArguments().back().getType() != result)
    return op->emitOpError() << "the last body argument must be the result, of type " << result;
  if (self && failed(verifyTensorArgument(op, body->getArguments().back())))
    return failure();
  // Of what decides a position, any scalar will do.
  bool position =
      op.getStatementKind() == StatementKind::ArgSort || (op.getCombinerKind() && isPosition(*op.getCombinerKind()));
  if (position && !result.getElementType().isSignlessInteger(64))
    return op->emitOpError() << "gives positions: its element type must be i64, not " << result.getElementType();
  auto yield = dyn_cast<YieldOp>(body->getTerminator());
  unsigned values =
      op.getStatementKind() == StatementKind::Scatter && yield ? std::max(1u, yield->getNumOperands()) : 1;
  if (!yield || yield.getNumOperands() != values ||
      (!position && yield.getOperand(0).getType() != result.getScalarType()))
    return op->emitOpError() << "body must yield one value of type " << result.getScalarType();
  return success();
}

LogicalResult ir::verifyCombiner(Operation *op, CombinerKind kind, Type scalar) {
  if (kind == CombinerKind::Set)
    return success();
  bool logical = kind == CombinerKind::Any || kind == CombinerKind::All;
  bool isNumber = !scalar.isInteger(1) && (isa<FloatType>(scalar) || scalar.isSignlessInteger());
  if (getDTypeName(scalar).empty() ||
      !(logical ? scalar.isInteger(1) : isNumber || (isPosition(kind) && scalar.isInteger(1))))
    return op->emitOpError() << "combiner " << stringifyCombinerKind(kind) << " does not fit element type " << scalar;
  if (scalar.getIntOrFloatBitWidth() < 8 && !scalar.isInteger(1))
    return op->emitOpError() << "there is no arithmetic on " << scalar << ": combine in a wider type";
  if (isa<FloatType>(scalar) && scalar.getIntOrFloatBitWidth() == 8)
    return op->emitOpError() << "there is no arithmetic on " << scalar << ": combine in a wider type";
  bool isUnsigned = kind == CombinerKind::UMin || kind == CombinerKind::UMax || kind == CombinerKind::UArgMin ||
                    kind == CombinerKind::UArgMax;
  if (isUnsigned && !isa<IntegerType>(scalar))
    return op->emitOpError("umin and umax are for integers");
  return success();
}

//===----------------------------------------------------------------------===//
// Building
//===----------------------------------------------------------------------===//

static constexpr const char *kWholeName = "$whole";

SmallVector<DimExpr> ir::wholeAccess() {
  return {DimExpr::symbol(kWholeName)};
}

void ir::buildStatement(OpBuilder &builder, OperationState &state, Type resultType, ValueRange inputs,
                        ArrayRef<std::string> indices, ArrayRef<DimExpr> extents,
                        ArrayRef<SmallVector<DimExpr>> accesses, ArrayRef<BoundaryAttr> boundaries) {
  MLIRContext *context = builder.getContext();
  SmallVector<Attribute> names, accessAttrs, boundaryAttrs(boundaries.begin(), boundaries.end());
  for (const std::string &index : indices)
    names.push_back(builder.getStringAttr(index));
  state.addOperands(inputs);
  state.addTypes(resultType);
  Block &body = state.addRegion()->emplaceBlock();
  for (auto [input, access] : llvm::zip_equal(inputs, accesses)) {
    bool whole = access.size() == 1 && access[0].isSymbol(kWholeName);
    accessAttrs.push_back(whole ? Attribute(builder.getUnitAttr()) : toAttr(context, access));
    auto type = cast<NamedTensorType>(input.getType());
    body.addArgument(whole ? Type(type) : type.getScalarType(), state.location);
  }
  state.addAttribute("indices", builder.getArrayAttr(names));
  state.addAttribute("extents", toAttr(context, extents));
  state.addAttribute("accesses", builder.getArrayAttr(accessAttrs));
  state.addAttribute("boundaries", builder.getArrayAttr(boundaryAttrs));
}
