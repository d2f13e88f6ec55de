//===- InterpreterReduce.cpp - Reductions with a bound for any order ------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A device may sum n terms in any tree. Whatever the tree, the error is at most (n-1) u sum|x|
// (Jeannerod and Rump, 2013: no restriction on n), beside the terms' own errors.
//
//===----------------------------------------------------------------------===//
#include "InterpreterProgram.h"

using namespace flex;
using namespace flex::ir;
using namespace flex::ir::interp;

static const char *combineOp(CombinerKind kind, bool isFloat) {
  switch (kind) {
  case CombinerKind::Sum: return isFloat ? "arith.addf" : "arith.addi";
  case CombinerKind::Prod: return isFloat ? "arith.mulf" : "arith.muli";
  case CombinerKind::Min: return isFloat ? "arith.minimumf" : "arith.minsi";
  case CombinerKind::Max: return isFloat ? "arith.maximumf" : "arith.maxsi";
  case CombinerKind::UMin: return "arith.minui";
  case CombinerKind::UMax: return "arith.maxui";
  case CombinerKind::Any: return "arith.ori";
  case CombinerKind::All: return "arith.andi";
  case CombinerKind::Set:
  case CombinerKind::ArgMin:
  case CombinerKind::ArgMax:
  case CombinerKind::UArgMin:
  case CombinerKind::UArgMax: break;
  }
  return "";
}

Accumulator::Accumulator(CombinerKind kind, mlir::Type type) : kind(kind), format(getFloatFormat(type)) {
  mlir::TypedAttr value = getIdentity(kind, type);
  if (auto floating = llvm::dyn_cast<mlir::FloatAttr>(value)) {
    identity.f = floating.getValueAsDouble();
  } else {
    width = type.getIntOrFloatBitWidth();
    identity.i = wrap(llvm::cast<mlir::IntegerAttr>(value).getValue().getZExtValue(), width);
  }
  combine.run = lookUpInstr(combineOp(kind, format));
  combine.dst = 0;
  combine.a = 0;
  combine.b = 1;
  combine.width = combine.sourceWidth = width;
  combine.format = format;
  combine.mayContract = true;
  reset();
}

void Accumulator::reset() {
  pair[0] = identity;
  terms = 0;
  sizes = 0;
  largest = smallest = 1;
}

void Accumulator::add(const Reg &value) {
  ++terms;
  if (format && kind == CombinerKind::Sum)
    return addSum(value);
  if (format && kind == CombinerKind::Prod) {
    largest *= std::max(1.0, magnitude(value.f) + value.error);
    smallest *= std::min(1.0, std::max(0.0, magnitude(value.f) - value.error));
  }
  pair[1] = value;
  combine.run(combine, pair);
}

void Accumulator::addSum(const Reg &value) {
  pair[0].f += value.f;
  pair[0].error += value.error;
  if (std::isfinite(value.f))
    sizes += magnitude(value.f) + value.error;
}

Reg Accumulator::finish() const {
  Reg total = pair[0];
  total.nonNegative = false;
  if (!format || terms == 0)
    return total;
  if (kind == CombinerKind::Prod) {
    // In some order a partial product may underflow, and the rest enlarge what was lost; or overflow.
    if (smallest < std::ldexp(1.0, format->minExponent))
      total.error += static_cast<double>(terms) * format->tiny * largest;
    if (!(largest <= format->largest))
      total.error = kInf;
  }
  if (kind != CombinerKind::Sum)
    return total;
  total.error += static_cast<double>(terms - 1) * format->unit * sizes;
  if (!std::isfinite(total.f)) // an infinity or NaN among the terms: certain unless the rest overflows
    total.error = pair[0].error == kInf || std::isnan(pair[0].error) || sizes > format->largest ? kInf : 0;
  else if (!(sizes + total.error <= format->largest))
    total.error = kInf;
  return total;
}
