//===- SpillCounter.cpp - Vector spills inside loops ----------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A register tile that spills in its inner loop loses most of its speed, and
// only the register allocator knows. This counts in the final machine code.
//
//===----------------------------------------------------------------------===//
#include "Lowering.h"

#include "llvm/CodeGen/MachineFrameInfo.h"
#include "llvm/CodeGen/MachineFunctionPass.h"
#include "llvm/CodeGen/MachineLoopInfo.h"
#include "llvm/CodeGen/PseudoSourceValue.h"

using namespace llvm;

namespace flex::target::cpu {
namespace {

class SpillCounter : public MachineFunctionPass {
public:
  static char ID;
  explicit SpillCounter(int64_t &count) : MachineFunctionPass(ID), count(count) {}
  StringRef getPassName() const override { return "count vector spills in loops"; }

  void getAnalysisUsage(AnalysisUsage &usage) const override {
    usage.setPreservesAll();
    usage.addRequired<MachineLoopInfoWrapperPass>();
    MachineFunctionPass::getAnalysisUsage(usage);
  }

  bool runOnMachineFunction(MachineFunction &function) override {
    const MachineFrameInfo &frame = function.getFrameInfo();
    const MachineLoopInfo &loops = getAnalysis<MachineLoopInfoWrapperPass>().getLI();
    for (const MachineBasicBlock &block : function)
      if (loops.getLoopFor(&block))
        for (const MachineInstr &instruction : block)
          count += llvm::any_of(instruction.memoperands(),
                                [&](const MachineMemOperand *operand) { return isVectorSpill(frame, *operand); });
    return false;
  }

private:
  static bool isVectorSpill(const MachineFrameInfo &frame, const MachineMemOperand &operand) {
    auto *slot = dyn_cast_or_null<FixedStackPseudoSourceValue>(operand.getPseudoValue());
    constexpr int64_t kSmallestVector = 16;
    if (!slot || !frame.isSpillSlotObjectIndex(slot->getFrameIndex()))
      return false;
    bool isScalable = frame.getStackID(slot->getFrameIndex()) == TargetStackID::ScalableVector;
    return isScalable || frame.getObjectSize(slot->getFrameIndex()) >= kSmallestVector;
  }

  int64_t &count;
};

char SpillCounter::ID = 0;

} // namespace

FunctionPass *createSpillCounter(int64_t &count) {
  return new SpillCounter(count);
}

} // namespace flex::target::cpu
