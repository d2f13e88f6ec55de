//===- RetargetExpand.cpp - What the host has no instruction for ----------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Invariant: every result is rounded once, as the device does. f16 and bf16 sums
// and products are exact in f32 or rounded there without harm; multiply-adds go
// through f64.
//
//===----------------------------------------------------------------------===//
#include "RetargetImpl.h"

#include "llvm/Analysis/TargetTransformInfo.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/Transforms/Utils/LowerMemIntrinsics.h"

using namespace llvm;

namespace flex::emulator::retarget {
namespace {

bool isNarrow(Type *type) {
  return type->getScalarType()->isBFloatTy() || type->getScalarType()->isHalfTy();
}

Type *withScalar(Type *like, Type *scalar) {
  auto *vector = dyn_cast<FixedVectorType>(like);
  return vector ? FixedVectorType::get(scalar, vector->getNumElements()) : scalar;
}

const char *nameOf(Type *scalar) {
  return scalar->isHalfTy() ? "f16" : scalar->isBFloatTy() ? "bf16" : scalar->isFloatTy() ? "f32" : "f64";
}

/// Calls the emulator's function `name` for each element: T(T…) or To(From).
Value *callByElement(IRBuilder<> &builder, const std::string &name, ArrayRef<Value *> operands, Type *resultType) {
  Module *module = builder.GetInsertBlock()->getModule();
  SmallVector<Type *> types;
  for (Value *operand : operands)
    types.push_back(operand->getType()->getScalarType());
  FunctionCallee function =
      module->getOrInsertFunction(name, FunctionType::get(resultType->getScalarType(), types, false));
  auto *vector = dyn_cast<FixedVectorType>(resultType);
  if (!vector)
    return builder.CreateCall(function, operands);
  Value *out = PoisonValue::get(vector);
  for (unsigned i = 0; i < vector->getNumElements(); ++i) {
    SmallVector<Value *> elements;
    for (Value *operand : operands)
      elements.push_back(builder.CreateExtractElement(operand, i));
    out = builder.CreateInsertElement(out, builder.CreateCall(function, elements), i);
  }
  return out;
}

/// f32 to bf16 by integers: to nearest, ties to even, NaN stays one.
Value *truncateToBFloat(IRBuilder<> &builder, Value *value) {
  Type *i32 = withScalar(value->getType(), builder.getInt32Ty()),
       *i16 = withScalar(value->getType(), builder.getInt16Ty());
  auto constant = [&](uint32_t bits) { return ConstantInt::get(i32, bits); };
  Value *bits = builder.CreateBitCast(value, i32);
  Value *high = builder.CreateLShr(bits, constant(16));
  Value *odd = builder.CreateAnd(high, constant(1));
  Value *rounded = builder.CreateLShr(builder.CreateAdd(bits, builder.CreateAdd(odd, constant(0x7fff))), constant(16));
  Value *isNan = builder.CreateICmpUGT(builder.CreateAnd(bits, constant(0x7fffffff)), constant(0x7f800000));
  Value *result = builder.CreateSelect(isNan, builder.CreateOr(high, constant(0x40)), rounded);
  return builder.CreateBitCast(builder.CreateTrunc(result, i16), withScalar(value->getType(), builder.getBFloatTy()));
}

Value *narrow(IRBuilder<> &builder, Value *value, Type *type) {
  Type *from = value->getType()->getScalarType(), *to = type->getScalarType();
  if (from == to)
    return value;
  if (from->isFloatTy() && to->isBFloatTy())
    return truncateToBFloat(builder, value);
  if (from->isDoubleTy() && isNarrow(type))
    return callByElement(builder, std::string("flex.fptrunc.f64.") + nameOf(to), value, type);
  return builder.CreateFPTrunc(value, type);
}

/// bf16 to f32 is a shift.
Value *widen(IRBuilder<> &builder, Value *value, Type *scalar) {
  if (value->getType()->getScalarType()->isBFloatTy()) {
    Type *i32 = withScalar(value->getType(), builder.getInt32Ty());
    Value *bits = builder.CreateBitCast(value, withScalar(value->getType(), builder.getInt16Ty()));
    bits = builder.CreateShl(builder.CreateZExt(bits, i32), ConstantInt::get(i32, 16));
    value = builder.CreateBitCast(bits, withScalar(value->getType(), builder.getFloatTy()));
  }
  Type *type = withScalar(value->getType(), scalar);
  return value->getType() == type ? value : builder.CreateFPExt(value, type);
}

void replace(Instruction &instruction, Value *with) {
  instruction.replaceAllUsesWith(with);
  instruction.eraseFromParent();
}

void expandCast(CastInst &cast) {
  IRBuilder<> builder(&cast);
  Type *from = cast.getSrcTy()->getScalarType(), *to = cast.getDestTy()->getScalarType();
  bool toNarrow = to->isBFloatTy() || (to->isHalfTy() && from->isDoubleTy());
  switch (cast.getOpcode()) {
  case Instruction::FPTrunc:
    if (toNarrow)
      replace(cast, narrow(builder, cast.getOperand(0), cast.getType()));
    return;
  case Instruction::FPExt:
    if (from->isBFloatTy())
      replace(cast, widen(builder, cast.getOperand(0), to));
    return;
  case Instruction::SIToFP:
  case Instruction::UIToFP:
    if (isNarrow(cast.getDestTy())) { // exact in f64 up to 53 bits
      Value *wide =
          builder.CreateCast(cast.getOpcode(), cast.getOperand(0), withScalar(cast.getDestTy(), builder.getDoubleTy()));
      replace(cast, narrow(builder, wide, cast.getType()));
    }
    return;
  case Instruction::FPToSI:
  case Instruction::FPToUI:
    if (from->isBFloatTy())
      replace(cast, builder.CreateCast(cast.getOpcode(), widen(builder, cast.getOperand(0), builder.getFloatTy()),
                                       cast.getType()));
    return;
  default: return;
  }
}

void expandArithmetic(Instruction &instruction) {
  IRBuilder<> builder(&instruction);
  builder.setFastMathFlags(instruction.getFastMathFlags());
  Type *type = instruction.getType();
  if (instruction.getOpcode() == Instruction::FRem) {
    Value *operands[] = {instruction.getOperand(0), instruction.getOperand(1)};
    bool small = isNarrow(type);
    if (small)
      for (Value *&operand : operands)
        operand = widen(builder, operand, builder.getFloatTy());
    Type *wide = operands[0]->getType();
    Value *result = callByElement(builder, std::string("flex.frem.") + nameOf(wide->getScalarType()), operands, wide);
    replace(instruction, narrow(builder, result, type));
    return;
  }
  if (!type->getScalarType()->isBFloatTy() || instruction.getOpcode() == Instruction::FNeg)
    return;
  Instruction *wide = instruction.clone();
  for (Use &operand : wide->operands())
    operand.set(widen(builder, operand, builder.getFloatTy()));
  wide->mutateType(withScalar(type, builder.getFloatTy()));
  builder.Insert(wide);
  replace(instruction, narrow(builder, wide, type));
}

void expandIntrinsic(IntrinsicInst &call) {
  Type *type = call.getType();
  bool isFma = call.getIntrinsicID() == Intrinsic::fma || call.getIntrinsicID() == Intrinsic::fmuladd;
  bool isBFloat = type->getScalarType()->isBFloatTy();
  if (!(isFma && isNarrow(type)) && !isBFloat)
    return;
  switch (call.getIntrinsicID()) {
  case Intrinsic::fabs:
  case Intrinsic::copysign: return; // of bits
  case Intrinsic::fma:
  case Intrinsic::fmuladd:
  case Intrinsic::sqrt:
  case Intrinsic::maxnum:
  case Intrinsic::minnum:
  case Intrinsic::maximum:
  case Intrinsic::minimum:
  case Intrinsic::maximumnum:
  case Intrinsic::minimumnum:
  case Intrinsic::floor:
  case Intrinsic::ceil:
  case Intrinsic::trunc:
  case Intrinsic::rint:
  case Intrinsic::nearbyint:
  case Intrinsic::roundeven: break;
  default: return;
  }
  IRBuilder<> builder(&call);
  Type *scalar = isFma ? builder.getDoubleTy() : builder.getFloatTy();
  SmallVector<Value *> operands;
  for (Value *operand : call.args())
    operands.push_back(widen(builder, operand, scalar));
  Value *wide =
      builder.CreateIntrinsic(isFma ? Intrinsic::fma : call.getIntrinsicID(), withScalar(type, scalar), operands);
  replace(call, narrow(builder, wide, type));
}

void expandCompare(FCmpInst &compare) {
  if (!compare.getOperand(0)->getType()->getScalarType()->isBFloatTy())
    return;
  IRBuilder<> builder(&compare);
  Value *a = widen(builder, compare.getOperand(0), builder.getFloatTy());
  Value *b = widen(builder, compare.getOperand(1), builder.getFloatTy());
  replace(compare, builder.CreateFCmp(compare.getPredicate(), a, b));
}

} // namespace

void expandForHost(Module &module) {
  SmallVector<Instruction *> work;
  for (Function &function : module)
    for (Instruction &instruction : instructions(function))
      work.push_back(&instruction);
  for (Instruction *instruction : work) {
    if (auto *cast = dyn_cast<CastInst>(instruction))
      expandCast(*cast);
    else if (auto *compare = dyn_cast<FCmpInst>(instruction))
      expandCompare(*compare);
    else if (auto *call = dyn_cast<IntrinsicInst>(instruction))
      expandIntrinsic(*call);
    else if (isa<BinaryOperator>(instruction) && instruction->getType()->isFPOrFPVectorTy())
      expandArithmetic(*instruction);
  }
}

void expandMemoryIntrinsics(Function &function) {
  SmallVector<MemIntrinsic *> work;
  for (Instruction &instruction : instructions(function))
    if (auto *memory = dyn_cast<MemIntrinsic>(&instruction))
      work.push_back(memory);
  TargetTransformInfo facts(function.getParent()->getDataLayout());
  for (MemIntrinsic *memory : work) {
    if (auto *copy = dyn_cast<MemCpyInst>(memory))
      expandMemCpyAsLoop(copy, facts);
    else if (auto *move = dyn_cast<MemMoveInst>(memory); move && !expandMemMoveAsLoop(move, facts))
      continue;
    else if (auto *set = dyn_cast<MemSetInst>(memory))
      expandMemSetAsLoop(set);
    memory->eraseFromParent();
  }
}

} // namespace flex::emulator::retarget
