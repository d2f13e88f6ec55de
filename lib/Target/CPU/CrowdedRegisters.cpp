//===- CrowdedRegisters.cpp - Where constants must not be hoisted ---------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Between translation to LLVM IR and code generation. An estimate: what a loop
// body computes in between needs registers, too, so some are set aside.
//
//===----------------------------------------------------------------------===//
#include "Lowering.h"

#include "llvm/ADT/SmallPtrSet.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/Module.h"

using namespace llvm;

static constexpr unsigned kSetAside = 4;

/// Different vector constants, and the most vectors that a loop carries.
static unsigned vectorsAlive(const Function &function) {
  SmallPtrSet<const Value *, 32> constants;
  unsigned carried = 0;
  for (const BasicBlock &block : function) {
    unsigned here = 0;
    for (const PHINode &phi : block.phis())
      here += phi.getType()->isVectorTy();
    carried = std::max(carried, here);
    for (const Instruction &instruction : block)
      for (const Value *operand : instruction.operands())
        if (isa<ConstantData>(operand) && operand->getType()->isVectorTy() &&
            !isa<UndefValue, ConstantAggregateZero>(operand))
          constants.insert(operand);
  }
  return constants.size() + carried;
}

bool flex::target::cpu::crowdsRegisters(const Module &module, unsigned vectorRegisters) {
  return llvm::any_of(module, [&](const Function &f) { return vectorsAlive(f) + kSetAside > vectorRegisters; });
}
