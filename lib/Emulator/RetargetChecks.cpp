//===- RetargetChecks.cpp - What only the device IR shows -----------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A wgmma's sums are values of the IR, which are there at once; in the hardware's
// registers they are there after the wait. So a use before it does not show in a run:
// it is found here, by the order of instructions.
//
//===----------------------------------------------------------------------===//
#include "RetargetImpl.h"

#include "llvm/ADT/SmallPtrSet.h"
#include "llvm/IR/CFG.h"
#include "llvm/IR/DebugInfoMetadata.h"
#include "llvm/IR/InlineAsm.h"
#include "llvm/IR/InstIterator.h"

using namespace llvm;

namespace flex::emulator::retarget {
namespace {

bool isWgmma(const Instruction &instruction) {
  const auto *call = dyn_cast<CallInst>(&instruction);
  return call && call->isInlineAsm() &&
         cast<InlineAsm>(call->getCalledOperand())->getAsmString().find("wgmma.mma_async") != StringRef::npos;
}

bool calls(const Instruction &instruction, StringRef name) {
  const auto *call = dyn_cast<CallInst>(&instruction);
  const Function *callee = call ? call->getCalledFunction() : nullptr;
  return callee && callee->getName().starts_with(name);
}

/// Whether a path from `wgmma` to `use` has no wait on it for the group that wgmma is in. A wait leaves the last so
/// many groups out: of those that are committed between the two there must be one more.
bool isUnwaited(const Instruction &wgmma, const Instruction &use) {
  constexpr uint64_t kNoWait = ~uint64_t{0};
  enum class Found { Nothing, Wait, Wgmma };
  auto scan = [&](BasicBlock::const_reverse_iterator from, BasicBlock::const_reverse_iterator end, uint64_t &commits) {
    for (; from != end; ++from) {
      if (calls(*from, "llvm.nvvm.wgmma.wait_group"))
        commits = std::min(commits, cast<ConstantInt>(from->getOperand(0))->getZExtValue() + 1);
      if (calls(*from, "llvm.nvvm.wgmma.commit_group") && commits != kNoWait)
        --commits;
      if (commits == 0)
        return Found::Wait;
      if (&*from == &wgmma)
        return Found::Wgmma;
    }
    return Found::Nothing;
  };
  DenseMap<const BasicBlock *, uint64_t> seen; // with how many commits to come at most
  SmallVector<std::pair<const BasicBlock *, uint64_t>> work;
  auto goOn = [&](const BasicBlock *block, BasicBlock::const_reverse_iterator from, uint64_t commits) {
    Found found = scan(from, block->rend(), commits);
    if (found == Found::Nothing)
      for (const BasicBlock *before : predecessors(block))
        if (auto [at, isNew] = seen.try_emplace(before, commits); isNew || at->second < commits) {
          at->second = commits;
          work.push_back({before, commits});
        }
    return found == Found::Wgmma;
  };
  if (goOn(use.getParent(), std::next(use.getReverseIterator()), kNoWait))
    return true;
  while (!work.empty()) {
    auto [block, commits] = work.pop_back_val();
    if (goOn(block, block->rbegin(), commits))
      return true;
  }
  return false;
}

/// The uses of the sums that need them: not what hands them on, nor the next wgmma that adds to them.
SmallVector<const Instruction *> usesOf(const Instruction &wgmma) {
  SmallVector<const Instruction *> uses, work = {&wgmma};
  SmallPtrSet<const Instruction *, 32> seen;
  while (!work.empty())
    for (const User *user : work.pop_back_val()->users()) {
      const auto *instruction = cast<Instruction>(user);
      if (!seen.insert(instruction).second || isWgmma(*instruction))
        continue;
      if (isa<PHINode, ExtractValueInst, InsertValueInst, FreezeInst>(instruction))
        work.push_back(instruction);
      else
        uses.push_back(instruction);
    }
  return uses;
}

} // namespace

Status checkWaits(Module &module) {
  for (Function &function : module)
    for (Instruction &wgmma : instructions(function)) {
      if (!isWgmma(wgmma))
        continue;
      for (const Instruction *use : usesOf(wgmma)) {
        if (!isUnwaited(wgmma, *use))
          continue;
        std::string place;
        if (const DebugLoc &location = use->getDebugLoc())
          place = " at line " + std::to_string(location.getLine());
        return Status(StatusCode::CompileError, "in '" + function.getName().str() + "' the sums of a wgmma are used" +
                                                    place + " where no wgmma.wait_group for them is before");
      }
    }
  return Status::ok();
}

} // namespace flex::emulator::retarget
