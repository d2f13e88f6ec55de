//===- EmitCast.cpp - Casts and dimensions as scalar code ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Conversions are total: a float outside of an integer type's range gives the
// nearest end, NaN gives 0; integers wrap into narrower ones.
//
//===----------------------------------------------------------------------===//
#include "EmitScalar.h"

#include "flex/TensorIR/TensorIR.h"
#include <cmath>

using namespace mlir;

namespace flex::lang {

Value ScalarEmitter::cast(Value value, DType from, DType to, Location loc) {
  Type type = scalarTypeOf(builder.getContext(), to), source = value.getType();
  if (from == to)
    return value;
  // Types of storage go by way of one that computes; nothing is rounded twice.
  if (isStorageOnly(from) && !(isFloat(from) && isFloat(to))) {
    DType wide = isFloat(from) ? DType::F32 : isSigned(from) ? DType::I8 : DType::U8;
    Type wideType = scalarTypeOf(builder.getContext(), wide);
    Value widened = isFloat(from)    ? arith::ExtFOp::create(builder, loc, wideType, value).getResult()
                    : isSigned(from) ? arith::ExtSIOp::create(builder, loc, wideType, value).getResult()
                                     : arith::ExtUIOp::create(builder, loc, wideType, value).getResult();
    return cast(widened, wide, to, loc);
  }
  if (isStorageOnly(to) && isFloat(to) && !isFloat(from)) // beyond f32's integers all overflow
    return cast(cast(value, from, DType::F32, loc), DType::F32, to, loc);
  if (to == DType::Bool) {
    if (isFloat(from))
      return arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::UNE, value, real(source, 0, loc));
    return arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ne, value, integer(source, 0, loc));
  }
  if (isFloat(from) && isFloat(to)) {
    unsigned oldWidth = source.getIntOrFloatBitWidth(), newWidth = type.getIntOrFloatBitWidth();
    if (oldWidth == newWidth) { // f16 and bf16: exact into f32, then rounded once
      value = arith::ExtFOp::create(builder, loc, builder.getF32Type(), value);
      return arith::TruncFOp::create(builder, loc, type, value);
    }
    if (newWidth > oldWidth)
      return arith::ExtFOp::create(builder, loc, type, value);
    return arith::TruncFOp::create(builder, loc, type, value);
  }
  if (isFloat(from))
    return floatToInteger(value, to, loc);
  if (isFloat(to)) {
    if (isSigned(from))
      return arith::SIToFPOp::create(builder, loc, type, value);
    return arith::UIToFPOp::create(builder, loc, type, value);
  }
  unsigned oldWidth = source.getIntOrFloatBitWidth(), newWidth = type.getIntOrFloatBitWidth();
  if (newWidth < oldWidth)
    return arith::TruncIOp::create(builder, loc, type, value);
  if (newWidth == oldWidth)
    return value;
  if (isSigned(from))
    return arith::ExtSIOp::create(builder, loc, type, value);
  return arith::ExtUIOp::create(builder, loc, type, value);
}

Value ScalarEmitter::floatToInteger(Value value, DType to, Location loc) {
  using P = arith::CmpFPredicate;
  unsigned width = bitWidth(to);
  if (value.getType().getIntOrFloatBitWidth() < 32)
    value = arith::ExtFOp::create(builder, loc, builder.getF32Type(), value);
  // i4 and u4: converted as 8 bits between the ends of 4.
  DType computed = width >= 8 ? to : isSigned(to) ? DType::I8 : DType::U8;
  Type source = value.getType(), type = scalarTypeOf(builder.getContext(), computed);
  auto cmp = [&](P predicate, double bound) -> Value {
    return arith::CmpFOp::create(builder, loc, predicate, value, real(source, bound, loc));
  };
  bool isSign = isSigned(to);
  Value above = cmp(P::OGE, std::ldexp(1.0, isSign ? width - 1 : width));
  Value below = isSign ? cmp(P::OLT, -std::ldexp(1.0, width - 1)) : cmp(P::OLE, -1.0);
  Value unordered = arith::CmpFOp::create(builder, loc, P::UNO, value, value);
  Value outside =
      arith::OrIOp::create(builder, loc, unordered, Value(arith::OrIOp::create(builder, loc, above, below)));
  Value safe = choose(outside, real(source, 0, loc), value, loc);
  Value result = isSign ? arith::FPToSIOp::create(builder, loc, type, safe).getResult()
                        : arith::FPToUIOp::create(builder, loc, type, safe).getResult();
  APInt highest = isSign ? APInt::getSignedMaxValue(width) : APInt::getMaxValue(width);
  APInt lowest = isSign ? APInt::getSignedMinValue(width) : APInt::getMinValue(width);
  auto end = [&](const APInt &bound) -> Value {
    unsigned bits = bitWidth(computed);
    return arith::ConstantOp::create(builder, loc,
                                     IntegerAttr::get(type, isSign ? bound.sext(bits) : bound.zext(bits)));
  };
  result = choose(above, end(highest), choose(below, end(lowest), result, loc), loc);
  return cast(result, computed, to, loc);
}

//===----------------------------------------------------------------------===//
// Dimension expressions
//===----------------------------------------------------------------------===//

bool ScalarEmitter::usesLoop(const DimExpr &dim) const {
  std::set<std::string> names;
  dim.collectSymbols(names);
  return llvm::any_of(names, [&](const std::string &name) { return loops.count(name); });
}

Value ScalarEmitter::atom(const DimExpr::Atom &atom, Location loc) {
  if (atom.isName) {
    auto loop = loops.find(atom.text);
    if (loop != loops.end())
      return ir::IndexOp::create(builder, loc, builder.getI64Type(), loop->second);
    return ir::DimOp::create(builder, loc, builder.getI64Type(), atom.text);
  }
  Value a = dimension(atom.operands[0], loc), b = dimension(atom.operands[1], loc);
  using K = DimExpr::OpKind;
  switch (atom.op) {
  case K::FloorDiv: return floorDivMod(a, b, true, false, loc);
  case K::Mod: return floorDivMod(a, b, true, true, loc);
  case K::Min: return arith::MinSIOp::create(builder, loc, a, b);
  case K::Max: return arith::MaxSIOp::create(builder, loc, a, b);
  case K::CeilDiv: {
    Value one = integer(builder.getI64Type(), 1, loc);
    Value shifted = arith::SubIOp::create(builder, loc, Value(arith::AddIOp::create(builder, loc, a, b)), one);
    return floorDivMod(shifted, b, true, false, loc);
  }
  }
  return a;
}

Value ScalarEmitter::dimension(const DimExpr &dim, Location loc) {
  Type type = builder.getI64Type();
  if (auto value = dim.constant())
    return integer(type, *value, loc);
  if (!usesLoop(dim))
    return ir::DimOp::create(builder, loc, type, dim.str());
  Value sum;
  for (const DimExpr::Term &term : dim.terms()) {
    Value product;
    for (const auto &factor : term.atoms) {
      Value value = atom(*factor, loc);
      product = product ? arith::MulIOp::create(builder, loc, product, value).getResult() : value;
    }
    if (!product)
      product = integer(type, term.coefficient, loc);
    else if (term.coefficient != 1)
      product = arith::MulIOp::create(builder, loc, product, integer(type, term.coefficient, loc));
    sum = sum ? arith::AddIOp::create(builder, loc, sum, product).getResult() : product;
  }
  return sum;
}

} // namespace flex::lang
