//===- EmitDimExpr.cpp - DimExpr as index arithmetic ----------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Divisions avoid arith.floordivsi and its kin, whose expansions branch on the
// divisor's sign: a DimExpr divides by positive values only.
//
//===----------------------------------------------------------------------===//
#include "flex/ScheduledLoops/EmitDimExpr.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

#include <bit>

using namespace mlir;

namespace flex::tile {
namespace {

bool isNonNegativeAtom(const DimExpr::Atom &atom) {
  if (atom.isName)
    return !atom.text.starts_with(kSignedNames);
  bool first = isNonNegative(atom.operands[0]);
  switch (atom.op) {
  case DimExpr::OpKind::Mod: return true;
  case DimExpr::OpKind::FloorDiv:
  case DimExpr::OpKind::CeilDiv: return first;
  case DimExpr::OpKind::Min: return first && isNonNegative(atom.operands[1]);
  case DimExpr::OpKind::Max: return first || isNonNegative(atom.operands[1]);
  }
  return false;
}

/// Emits one expression; the state that every step needs.
class Emitter {
public:
  Emitter(OpBuilder &builder, Location loc, llvm::function_ref<Value(StringRef)> valueOf)
      : builder(builder), loc(loc), valueOf(valueOf) {}

  Value emit(const DimExpr &expr);

private:
  Value constant(int64_t value) { return arith::ConstantIndexOp::create(builder, loc, value); }
  Value add(Value a, Value b) {
    return builder.createOrFold<arith::AddIOp>(loc, a, b, arith::IntegerOverflowFlags::nsw);
  }
  Value sub(Value a, Value b) {
    return builder.createOrFold<arith::SubIOp>(loc, a, b, arith::IntegerOverflowFlags::nsw);
  }
  Value mul(Value a, Value b) {
    return builder.createOrFold<arith::MulIOp>(loc, a, b, arith::IntegerOverflowFlags::nsw);
  }
  Value less(Value a, Value b) { return builder.createOrFold<arith::CmpIOp>(loc, arith::CmpIPredicate::slt, a, b); }
  Value select(Value condition, Value a, Value b) {
    return builder.createOrFold<arith::SelectOp>(loc, condition, a, b);
  }

  Value emitTerm(const DimExpr::Term &term, int64_t coefficient);
  Value emitAtom(const DimExpr::Atom &atom);
  Value emitDivision(DimExpr::OpKind op, const DimExpr &numerator, const DimExpr &divisor);
  Value emitUnsigned(DimExpr::OpKind op, Value numerator, Value divisor);
  Value emitPowerOfTwo(DimExpr::OpKind op, Value numerator, int64_t divisor);
  Value emitSigned(DimExpr::OpKind op, Value numerator, Value divisor);

  OpBuilder &builder;
  Location loc;
  llvm::function_ref<Value(StringRef)> valueOf;
};

Value Emitter::emit(const DimExpr &expr) {
  assert(expr.isValid() && "an invalid expression has no value");
  // Additions first, then subtractions: `H - R + 1` needs no negation.
  Value result;
  for (const DimExpr::Term &term : expr.terms())
    if (term.coefficient > 0) {
      Value value = emitTerm(term, term.coefficient);
      result = result ? add(result, value) : value;
    }
  for (const DimExpr::Term &term : expr.terms()) {
    if (term.coefficient >= 0)
      continue;
    if (term.atoms.empty() || term.coefficient == INT64_MIN) {
      Value value = emitTerm(term, term.coefficient);
      result = result ? add(result, value) : value;
    } else {
      result = sub(result ? result : constant(0), emitTerm(term, -term.coefficient));
    }
  }
  return result ? result : constant(0);
}

Value Emitter::emitTerm(const DimExpr::Term &term, int64_t coefficient) {
  Value product;
  for (const auto &atom : term.atoms) {
    Value value = emitAtom(*atom);
    product = product ? mul(product, value) : value;
  }
  if (!product)
    return constant(coefficient);
  return coefficient == 1 ? product : mul(product, constant(coefficient));
}

Value Emitter::emitAtom(const DimExpr::Atom &atom) {
  if (atom.isName) {
    Value value = valueOf(atom.text);
    assert(value && value.getType().isIndex() && "a name without a value");
    return value;
  }
  if (atom.op == DimExpr::OpKind::Min || atom.op == DimExpr::OpKind::Max) {
    Value a = emit(atom.operands[0]), b = emit(atom.operands[1]);
    return atom.op == DimExpr::OpKind::Min ? builder.createOrFold<arith::MinSIOp>(loc, a, b)
                                           : builder.createOrFold<arith::MaxSIOp>(loc, a, b);
  }
  return emitDivision(atom.op, atom.operands[0], atom.operands[1]);
}

Value Emitter::emitDivision(DimExpr::OpKind op, const DimExpr &numerator, const DimExpr &divisor) {
  Value value = emit(numerator);
  std::optional<int64_t> constantDivisor = divisor.constant();
  // A ceiling by a power of two needs numerator + divisor - 1, which overflows only at the very top of int64.
  if (constantDivisor && *constantDivisor > 0 && std::has_single_bit(static_cast<uint64_t>(*constantDivisor)))
    return emitPowerOfTwo(op, value, *constantDivisor);
  Value by = emit(divisor);
  return isNonNegative(numerator) ? emitUnsigned(op, value, by) : emitSigned(op, value, by);
}

Value Emitter::emitPowerOfTwo(DimExpr::OpKind op, Value numerator, int64_t divisor) {
  if (op == DimExpr::OpKind::Mod)
    return builder.createOrFold<arith::AndIOp>(loc, numerator, constant(divisor - 1));
  if (op == DimExpr::OpKind::CeilDiv)
    numerator = add(numerator, constant(divisor - 1));
  Value shift = constant(std::countr_zero(static_cast<uint64_t>(divisor)));
  return builder.createOrFold<arith::ShRSIOp>(loc, numerator, shift); // an arithmetic shift is floor
}

Value Emitter::emitUnsigned(DimExpr::OpKind op, Value numerator, Value divisor) {
  if (op == DimExpr::OpKind::Mod)
    return builder.createOrFold<arith::RemUIOp>(loc, numerator, divisor);
  if (op == DimExpr::OpKind::CeilDiv)
    numerator = add(numerator, sub(divisor, constant(1)));
  return builder.createOrFold<arith::DivUIOp>(loc, numerator, divisor);
}

Value Emitter::emitSigned(DimExpr::OpKind op, Value numerator, Value divisor) {
  Value zero = constant(0);
  Value remainder = builder.createOrFold<arith::RemSIOp>(loc, numerator, divisor);
  Value isNegative = less(remainder, zero);
  if (op == DimExpr::OpKind::Mod)
    return select(isNegative, add(remainder, divisor), remainder);
  Value quotient = builder.createOrFold<arith::DivSIOp>(loc, numerator, divisor); // rounds to zero
  if (op == DimExpr::OpKind::FloorDiv)
    return select(isNegative, sub(quotient, constant(1)), quotient);
  return select(less(zero, remainder), add(quotient, constant(1)), quotient);
}

} // namespace

bool isNonNegative(const DimExpr &expr) {
  return llvm::all_of(expr.terms(), [](const DimExpr::Term &term) {
    return term.coefficient >= 0 && llvm::all_of(term.atoms, [](const auto &atom) { return isNonNegativeAtom(*atom); });
  });
}

Value emitDimExpr(OpBuilder &builder, Location loc, const DimExpr &expr, llvm::function_ref<Value(StringRef)> valueOf) {
  return Emitter(builder, loc, valueOf).emit(expr);
}

} // namespace flex::tile
