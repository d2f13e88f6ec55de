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

Instr interp::makeCombine(CombinerKind kind, mlir::Type type, bool strict) {
  Instr combine;
  combine.format = getFloatFormat(type);
  combine.run = lookUpInstr(combineOp(kind, combine.format));
  combine.dst = 0;
  combine.a = 0;
  combine.b = 1;
  combine.width = combine.sourceWidth = combine.format ? 64 : type.getIntOrFloatBitWidth();
  combine.mayContract = !strict;
  combine.strict = strict;
  return combine;
}

Accumulator::Accumulator(CombinerKind kind, mlir::Type type, bool strict)
    : kind(kind), format(getFloatFormat(type)), strict(strict) {
  if (!format)
    width = type.getIntOrFloatBitWidth();
  if (isPosition(kind))
    return;
  mlir::TypedAttr value = getIdentity(kind, type);
  if (auto floating = llvm::dyn_cast<mlir::FloatAttr>(value))
    identity.f = floating.getValueAsDouble();
  else
    identity.i = wrap(llvm::cast<mlir::IntegerAttr>(value).getValue().getZExtValue(), width);
  combine = makeCombine(kind, type, strict);
  reset();
}

void Accumulator::reset() {
  keys.clear();
  pair[0] = identity;
  terms = 0;
  sizes = 0;
  largest = smallest = 1;
}

void Accumulator::add(const Reg &value) {
  ++terms;
  if (findsPosition()) {
    bool isUnsigned = kind == CombinerKind::UArgMin || kind == CombinerKind::UArgMax;
    bool smallest = kind == CombinerKind::ArgMin || kind == CombinerKind::UArgMin;
    // The first NaN wins either way, so only numbers change their order.
    keys.push_back(makeSortKey(value, format, width, isUnsigned, smallest && !(format && std::isnan(value.f))));
    return;
  }
  if (format && kind == CombinerKind::Sum && !strict)
    return addSum(value);
  if (format && kind == CombinerKind::Prod && !strict) {
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

std::vector<int64_t> Accumulator::acceptable() const {
  // A position is out if an earlier one is surely at least as large, or a later one larger.
  std::vector<long double> lowAfter(keys.size() + 1, -std::numeric_limits<long double>::infinity());
  for (size_t at = keys.size(); at-- > 0;)
    lowAfter[at] = std::max(lowAfter[at + 1], keys[at].low);
  std::vector<int64_t> positions;
  long double lowBefore = -std::numeric_limits<long double>::infinity();
  for (size_t at = 0; at < keys.size(); ++at) {
    if (lowBefore < keys[at].high && lowAfter[at + 1] <= keys[at].high)
      positions.push_back(static_cast<int64_t>(at));
    lowBefore = std::max(lowBefore, keys[at].low);
  }
  return positions;
}

Reg Accumulator::finish() const {
  if (findsPosition()) {
    Reg found;
    auto best = std::max_element(keys.begin(), keys.end(),
                                 [](const SortKey &a, const SortKey &b) { return a.value < b.value; });
    found.i = best - keys.begin();
    bool exact = llvm::all_of(keys, [](const SortKey &key) { return key.isExact(); });
    found.error = exact || acceptable().size() == 1 ? 0 : kInf;
    return found;
  }
  Reg total = pair[0];
  total.nonNegative = false;
  if (!format || terms == 0 || strict)
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
