//===- TensorDialect.cpp - Types, attributes and registration -------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The tensor type, its assembly, and the helpers around index expressions.
// Invariant: every expression string held by the IR parses and is canonical.
//
//===----------------------------------------------------------------------===//
#include "flex/TensorIR/TensorIR.h"

#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace flex;
using namespace flex::ir;

#include "flex/TensorIR/TensorDialect.cpp.inc"
#include "flex/TensorIR/TensorEnums.cpp.inc"
#include "flex/TensorIR/TensorInterfaces.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "flex/TensorIR/TensorAttrs.cpp.inc"
#define GET_TYPEDEF_CLASSES
#include "flex/TensorIR/TensorTypes.cpp.inc"

void FlexDialect::initialize() {
  addTypes<
#define GET_TYPEDEF_LIST
#include "flex/TensorIR/TensorTypes.cpp.inc"
      >();
  addAttributes<
#define GET_ATTRDEF_LIST
#include "flex/TensorIR/TensorAttrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "flex/TensorIR/TensorOps.cpp.inc"
      >();
}

bool BoundaryAttr::fillsWithZero() const {
  if (getKind() != BoundaryKind::Fill)
    return false;
  auto number = dyn_cast<FloatAttr>(getValue());
  auto integer = dyn_cast<IntegerAttr>(getValue());
  return number ? number.getValue().isPosZero() : integer && integer.getValue().isZero();
}

//===----------------------------------------------------------------------===//
// Expressions
//===----------------------------------------------------------------------===//

DimExpr ir::toDimExpr(StringAttr attr) {
  auto expr = DimExpr::parse(std::string_view(attr.data(), attr.size()));
  return expr ? *expr : DimExpr::invalid();
}

SmallVector<DimExpr> ir::toDimExprs(ArrayAttr attr) {
  SmallVector<DimExpr> exprs;
  for (Attribute element : attr) {
    auto string = dyn_cast<StringAttr>(element);
    exprs.push_back(string ? toDimExpr(string) : DimExpr::invalid());
  }
  return exprs;
}

StringAttr ir::toAttr(MLIRContext *context, const DimExpr &expr) {
  return StringAttr::get(context, expr.str());
}

ArrayAttr ir::toAttr(MLIRContext *context, ArrayRef<DimExpr> exprs) {
  SmallVector<Attribute> attrs;
  for (const DimExpr &expr : exprs)
    attrs.push_back(toAttr(context, expr));
  return ArrayAttr::get(context, attrs);
}

namespace {

constexpr int kMaxExprNesting = 64;

/// The grammar of DimExpr::parse over MLIR's tokens.
class ExprParser {
public:
  explicit ExprParser(AsmParser &parser) : parser(parser) {}

  ParseResult parseSum(DimExpr &expr, int depth = 0) {
    if (depth > kMaxExprNesting)
      return parser.emitError(parser.getCurrentLocation(), "index expression nested too deeply");
    if (parseProduct(expr, depth))
      return failure();
    while (true) {
      bool plus = succeeded(parser.parseOptionalPlus());
      if (!plus && failed(parser.parseOptionalMinus()))
        return success();
      DimExpr right;
      if (parseProduct(right, depth))
        return failure();
      expr = plus ? expr + right : expr - right;
    }
  }

private:
  ParseResult parseProduct(DimExpr &expr, int depth) {
    if (parseUnary(expr, depth))
      return failure();
    while (succeeded(parser.parseOptionalStar())) {
      DimExpr right;
      if (parseUnary(right, depth))
        return failure();
      expr = expr * right;
    }
    return success();
  }

  ParseResult parseUnary(DimExpr &expr, int depth) {
    if (succeeded(parser.parseOptionalMinus())) {
      if (depth > kMaxExprNesting)
        return parser.emitError(parser.getCurrentLocation(), "index expression nested too deeply");
      if (parseUnary(expr, depth + 1))
        return failure();
      expr = DimExpr(0) - expr;
      return success();
    }
    if (succeeded(parser.parseOptionalLParen()))
      return failure(parseSum(expr, depth + 1) || parser.parseRParen());
    int64_t number;
    auto parsed = parser.parseOptionalInteger(number);
    if (parsed.has_value()) {
      expr = DimExpr(number);
      return *parsed;
    }
    return parseName(expr, depth);
  }

  ParseResult parseName(DimExpr &expr, int depth) {
    StringRef name;
    if (parser.parseKeyword(&name))
      return failure();
    bool isOp = name == "floordiv" || name == "ceildiv" || name == "mod" || name == "min" || name == "max";
    if (!isOp || failed(parser.parseOptionalLParen())) {
      expr = DimExpr::symbol(std::string_view(name.data(), name.size()));
      return success();
    }
    DimExpr a, b;
    if (parseSum(a, depth + 1) || parser.parseComma() || parseSum(b, depth + 1) || parser.parseRParen())
      return failure();
    expr = name == "floordiv"  ? a.floorDiv(b)
           : name == "ceildiv" ? a.ceilDiv(b)
           : name == "mod"     ? a.mod(b)
           : name == "min"     ? DimExpr::min(a, b)
                               : DimExpr::max(a, b);
    return success();
  }

  AsmParser &parser;
};

} // namespace

ParseResult ir::parseDimExpr(AsmParser &parser, DimExpr &expr) {
  SMLoc loc = parser.getCurrentLocation();
  if (ExprParser(parser).parseSum(expr))
    return failure();
  if (!expr.isValid())
    return parser.emitError(loc, "index expression overflows 64 bits or divides by a number below 1");
  return success();
}

//===----------------------------------------------------------------------===//
// The tensor type
//===----------------------------------------------------------------------===//

NamedTensorType NamedTensorType::get(Type elementType, ArrayRef<DimExpr> dims) {
  SmallVector<StringAttr> shape;
  for (const DimExpr &dim : dims)
    shape.push_back(toAttr(elementType.getContext(), dim));
  return get(elementType.getContext(), elementType, shape);
}

SmallVector<DimExpr> NamedTensorType::getDims() const {
  SmallVector<DimExpr> dims;
  for (StringAttr dim : getShape())
    dims.push_back(toDimExpr(dim));
  return dims;
}

DimExpr NamedTensorType::getDim(unsigned axis) const {
  return toDimExpr(getShape()[axis]);
}

Type NamedTensorType::getScalarType() const {
  if (auto integer = dyn_cast<IntegerType>(getElementType()))
    return IntegerType::get(getContext(), integer.getWidth());
  return getElementType();
}

int64_t NamedTensorType::getElementBits() const {
  return getElementType().isInteger(1) ? 8 : getElementType().getIntOrFloatBitWidth();
}

int64_t NamedTensorType::getElementBytes() const {
  return std::max<int64_t>(1, getElementBits() / 8);
}

DimExpr NamedTensorType::getSizeInBytes() const {
  DimExpr size(getElementBytes());
  for (const DimExpr &dim : getDims())
    size = size * dim;
  return getElementBits() == 4 ? size.ceilDiv(DimExpr(2)) : size;
}

Type NamedTensorType::parse(AsmParser &parser) {
  Type elementType;
  SmallVector<DimExpr> dims;
  auto parseDim = [&] { return parseDimExpr(parser, dims.emplace_back()); };
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseLess() || parser.parseType(elementType) ||
      parser.parseCommaSeparatedList(AsmParser::Delimiter::Square, parseDim) || parser.parseGreater())
    return {};
  SmallVector<StringAttr> shape;
  for (const DimExpr &dim : dims)
    shape.push_back(toAttr(parser.getContext(), dim));
  return getChecked([&] { return parser.emitError(loc); }, parser.getContext(), elementType, shape);
}

void NamedTensorType::print(AsmPrinter &printer) const {
  printer << "<" << getElementType() << "[";
  llvm::interleaveComma(getShape(), printer, [&](StringAttr dim) { printer << dim.getValue(); });
  printer << "]>";
}

LogicalResult NamedTensorType::verify(function_ref<InFlightDiagnostic()> emitError, Type elementType,
                                      ArrayRef<StringAttr> shape) {
  if (getDTypeName(elementType).empty())
    return emitError() << "element type " << elementType
                       << " is not one of i1, i4 … i64, ui4 … ui64, f8E4M3FN, f8E5M2, bf16, f16, f32, f64";
  constexpr size_t kMaxRank = 16;
  if (shape.size() > kMaxRank)
    return emitError() << "rank " << shape.size() << " exceeds the limit of " << kMaxRank;
  for (StringAttr dim : shape) {
    DimExpr expr = toDimExpr(dim);
    if (!expr.isValid() || expr.str() != dim.getValue())
      return emitError() << "dimension '" << dim.getValue() << "' is not a canonical expression";
    if (auto value = expr.constant(); value && *value < 0)
      return emitError() << "dimension " << *value << " is negative";
  }
  return success();
}

std::string ir::getDTypeName(Type type) {
  if (type.isF16())
    return "f16";
  if (type.isBF16())
    return "bf16";
  if (type.isF32())
    return "f32";
  if (type.isF64())
    return "f64";
  if (isa<Float8E4M3FNType>(type))
    return "f8e4m3fn";
  if (isa<Float8E5M2Type>(type))
    return "f8e5m2";
  auto integer = dyn_cast<IntegerType>(type);
  if (!integer || integer.isSigned())
    return "";
  unsigned width = integer.getWidth();
  if (width == 1 && integer.isSignless())
    return "bool";
  if (width != 4 && width != 8 && width != 16 && width != 32 && width != 64)
    return "";
  return (integer.isUnsigned() ? "u" : "i") + std::to_string(width);
}

Type ir::getTypeFromDTypeName(MLIRContext *context, StringRef name) {
  Builder builder(context);
  if (name == "f16")
    return builder.getF16Type();
  if (name == "bf16")
    return builder.getBF16Type();
  if (name == "f32")
    return builder.getF32Type();
  if (name == "f64")
    return builder.getF64Type();
  if (name == "f8e4m3fn")
    return Float8E4M3FNType::get(context);
  if (name == "f8e5m2")
    return Float8E5M2Type::get(context);
  if (name == "bool")
    return builder.getI1Type();
  unsigned width;
  bool isUnsigned = name.consume_front("u");
  if ((!isUnsigned && !name.consume_front("i")) || name.getAsInteger(10, width))
    return {};
  if (width != 4 && width != 8 && width != 16 && width != 32 && width != 64)
    return {};
  return isUnsigned ? builder.getIntegerType(width, false) : builder.getIntegerType(width);
}

//===----------------------------------------------------------------------===//
// Combiners
//===----------------------------------------------------------------------===//

TypedAttr ir::getIdentity(CombinerKind kind, Type type) {
  Builder builder(type.getContext());
  if (auto floating = dyn_cast<FloatType>(type)) {
    const llvm::fltSemantics &semantics = floating.getFloatSemantics();
    switch (kind) {
    case CombinerKind::Sum: return builder.getFloatAttr(type, 0.0);
    case CombinerKind::Prod: return builder.getFloatAttr(type, 1.0);
    case CombinerKind::Min: return builder.getFloatAttr(type, APFloat::getInf(semantics));
    default: return builder.getFloatAttr(type, APFloat::getInf(semantics, /*Negative=*/true));
    }
  }
  unsigned width = type.getIntOrFloatBitWidth();
  switch (kind) {
  case CombinerKind::Prod: return builder.getIntegerAttr(type, APInt(width, 1));
  case CombinerKind::Min: return builder.getIntegerAttr(type, APInt::getSignedMaxValue(width));
  case CombinerKind::Max: return builder.getIntegerAttr(type, APInt::getSignedMinValue(width));
  case CombinerKind::UMin:
  case CombinerKind::All: return builder.getIntegerAttr(type, APInt::getAllOnes(width));
  default: return builder.getIntegerAttr(type, APInt::getZero(width));
  }
}

Value ir::emitCombine(OpBuilder &b, Location loc, CombinerKind kind, Value x, Value y) {
  bool isFloat = isa<FloatType>(getElementTypeOrSelf(x.getType()));
  switch (kind) {
  case CombinerKind::Sum:
    return isFloat ? arith::AddFOp::create(b, loc, x, y).getResult() : arith::AddIOp::create(b, loc, x, y).getResult();
  case CombinerKind::Prod:
    return isFloat ? arith::MulFOp::create(b, loc, x, y).getResult() : arith::MulIOp::create(b, loc, x, y).getResult();
  case CombinerKind::Min:
    return isFloat ? arith::MinimumFOp::create(b, loc, x, y).getResult()
                   : arith::MinSIOp::create(b, loc, x, y).getResult();
  case CombinerKind::Max:
    return isFloat ? arith::MaximumFOp::create(b, loc, x, y).getResult()
                   : arith::MaxSIOp::create(b, loc, x, y).getResult();
  case CombinerKind::UMin: return arith::MinUIOp::create(b, loc, x, y);
  case CombinerKind::UMax: return arith::MaxUIOp::create(b, loc, x, y);
  case CombinerKind::Any: return arith::OrIOp::create(b, loc, x, y);
  case CombinerKind::All: return arith::AndIOp::create(b, loc, x, y);
  case CombinerKind::Set: return y;
  case CombinerKind::ArgMin:
  case CombinerKind::ArgMax:
  case CombinerKind::UArgMin:
  case CombinerKind::UArgMax: break;
  }
  llvm_unreachable("covered switch");
}
