//===- SingleLaneStores.cpp - Masked stores of one known lane -------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// LLVM 22 merges a truncation into a masked store, and then makes one whose mask
// is a constant with a single lane a scalar store of the wide element: it writes
// behind the lane. Making the scalar store here leaves it nothing to merge.
//
//===----------------------------------------------------------------------===//
#include "Lowering.h"

#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/Pass.h"

using namespace llvm;

namespace flex::target::cpu {
namespace {

/// The lane that a mask has, if it is a constant with exactly one.
std::optional<unsigned> singleLane(const Value *mask) {
  auto *constant = dyn_cast<Constant>(mask);
  auto *type = dyn_cast<FixedVectorType>(mask->getType());
  if (!constant || !type)
    return std::nullopt;
  std::optional<unsigned> found;
  for (unsigned lane = 0; lane < type->getNumElements(); ++lane) {
    const Constant *bit = constant->getAggregateElement(lane);
    if (!bit || !isa<ConstantInt>(bit))
      return std::nullopt;
    if (bit->isNullValue())
      continue;
    if (found)
      return std::nullopt;
    found = lane;
  }
  return found;
}

class SingleLaneStores : public FunctionPass {
public:
  static char ID;
  SingleLaneStores() : FunctionPass(ID) {}
  StringRef getPassName() const override { return "masked stores of one lane"; }

  bool runOnFunction(Function &function) override {
    SmallVector<std::pair<IntrinsicInst *, unsigned>> stores;
    for (BasicBlock &block : function)
      for (Instruction &instruction : block)
        if (auto *call = dyn_cast<IntrinsicInst>(&instruction);
            call && call->getIntrinsicID() == Intrinsic::masked_store)
          if (auto lane = singleLane(call->getArgOperand(2)))
            stores.emplace_back(call, *lane);
    for (auto [call, lane] : stores)
      replace(*call, lane);
    return !stores.empty();
  }

private:
  static void replace(IntrinsicInst &call, unsigned lane) {
    IRBuilder<> builder(&call);
    Value *element = builder.CreateExtractElement(call.getArgOperand(0), lane);
    uint64_t bytes = element->getType()->getScalarSizeInBits() / 8 * lane;
    Value *place = builder.CreateConstGEP1_64(builder.getInt8Ty(), call.getArgOperand(1), bytes);
    builder.CreateAlignedStore(element, place, commonAlignment(call.getParamAlign(1).valueOrOne(), bytes));
    call.eraseFromParent();
  }
};

char SingleLaneStores::ID = 0;

} // namespace

FunctionPass *createSingleLaneStores() {
  return new SingleLaneStores();
}

} // namespace flex::target::cpu
