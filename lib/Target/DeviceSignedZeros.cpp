//===- DeviceSignedZeros.cpp - Keeps LLVM from mixing up zeros ------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Part of the way from the target module to the binary. What LLVM does wrongly
// is in the header; test/EndToEnd/test_strict.py compares the bits.
//
//===----------------------------------------------------------------------===//
#include "DeviceSignedZeros.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/PatternMatch.h"

using namespace flex;
using namespace llvm;
using namespace llvm::PatternMatch;

static bool isComparedWithZero(Value *value) {
  return any_of(value->users(), [](User *user) {
    auto *compare = dyn_cast<FCmpInst>(user);
    return compare && (match(compare->getOperand(0), m_AnyZeroFP()) || match(compare->getOperand(1), m_AnyZeroFP()));
  });
}

void target::fenceConversions(Module &module) {
  SmallVector<CastInst *> conversions;
  for (Function &function : module)
    for (Instruction &instruction : instructions(function))
      if (isa<FPExtInst, FPTruncInst>(instruction))
        if (isComparedWithZero(&instruction) || isComparedWithZero(instruction.getOperand(0)))
          conversions.push_back(cast<CastInst>(&instruction));
  for (CastInst *conversion : conversions) {
    IRBuilder<> builder(conversion->getNextNode());
    CallInst *fence = builder.CreateIntrinsic(Intrinsic::arithmetic_fence, {conversion->getType()}, {conversion});
    conversion->replaceUsesWithIf(fence, [&](Use &use) { return use.getUser() != fence; });
  }
}

void target::removeFences(Module &module) {
  for (Function &function : module)
    for (Instruction &instruction : make_early_inc_range(instructions(function)))
      if (auto *call = dyn_cast<IntrinsicInst>(&instruction);
          call && call->getIntrinsicID() == Intrinsic::arithmetic_fence) {
        call->replaceAllUsesWith(call->getArgOperand(0));
        call->eraseFromParent();
      }
}

/// Whether a select that a comparison with `zero` decides gives what the minimum or maximum that LLVM takes it for does
/// when the other operand is a zero of either sign: devices order -0 below +0.
static bool agreesWithExtremum(FCmpInst *compare, SelectInst *select, bool zeroIsNegative) {
  CmpInst::Predicate predicate = compare->getPredicate();
  Value *whenEqual = CmpInst::isNonStrictPredicate(predicate) ? select->getTrueValue() : select->getFalseValue();
  bool picksLess = predicate == CmpInst::FCMP_OLT || predicate == CmpInst::FCMP_OLE || predicate == CmpInst::FCMP_ULT ||
                   predicate == CmpInst::FCMP_ULE;
  bool isMaximum = picksLess != (select->getTrueValue() == compare->getOperand(0));
  bool givesConstant = match(whenEqual, m_AnyZeroFP());
  return givesConstant == (isMaximum != zeroIsNegative);
}

static bool isOrder(CmpInst::Predicate predicate) {
  return CmpInst::isStrictPredicate(predicate) || CmpInst::isNonStrictPredicate(predicate);
}

void target::keepSignsOfZeros(Module &module) {
  for (Function &function : module)
    for (Instruction &instruction : instructions(function)) {
      auto *select = dyn_cast<SelectInst>(&instruction);
      auto *compare = select ? dyn_cast<FCmpInst>(select->getCondition()) : nullptr;
      if (!compare || !isOrder(compare->getPredicate()) || !select->getType()->isFPOrFPVectorTy() ||
          select->hasNoSignedZeros())
        continue;
      Value *value = compare->getOperand(0), *zero = compare->getOperand(1);
      unsigned place = 1;
      if (match(value, m_AnyZeroFP())) {
        std::swap(value, zero);
        place = 0;
      }
      bool zeroIsNegative = match(zero, m_NegZeroFP());
      Value *yes = select->getTrueValue(), *no = select->getFalseValue();
      if (!match(zero, m_AnyZeroFP()) || !((yes == value && no == zero) || (no == value && yes == zero)) ||
          agreesWithExtremum(compare, select, zeroIsNegative))
        continue;
      Instruction *other = compare->clone();
      other->setOperand(place, zeroIsNegative ? ConstantFP::getZero(zero->getType())
                                              : ConstantFP::getNegativeZero(zero->getType()));
      other->insertBefore(select->getIterator());
      select->setCondition(other);
    }
}
