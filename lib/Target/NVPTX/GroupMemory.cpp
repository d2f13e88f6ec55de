//===- GroupMemory.cpp - Group memory that a launch asks for --------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// On LLVM IR, behind the optimiser. Code may declare 48 KiB; what a launch asks for
// is an array without a size, the same one for all kernels. Each kernel's arrays
// become parts of it, from its beginning on. And what the assembler is told of
// registers, which it cannot weigh against group memory.
//
//===----------------------------------------------------------------------===//
#include "Target.h"

#include "llvm/IR/Constants.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/Module.h"

#include <map>
#include <set>

using namespace flex;
using namespace flex::nvptx;

static constexpr unsigned kGroupSpace = 3;

static void collectFunctions(llvm::User *user, std::set<llvm::Function *> &functions) {
  if (auto *instruction = llvm::dyn_cast<llvm::Instruction>(user))
    functions.insert(instruction->getFunction());
  else
    for (llvm::User *next : user->users())
      collectFunctions(next, functions);
}

void nvptx::allowRegisters(llvm::Module &module, llvm::function_ref<bool(const llvm::Function &)> isBigger) {
  // Groups that stage tiles for the registers of their threads: 80 each where a unit runs 768 of them. Left alone, the
  // assembler aims at so many groups beside each other that it spills.
  constexpr uint64_t kTileBytes = 4096, kThreads = 768;
  std::map<llvm::Function *, uint64_t> bytes;
  for (llvm::GlobalVariable &global : module.globals()) {
    if (global.getAddressSpace() != kGroupSpace || global.isDeclaration())
      continue;
    std::set<llvm::Function *> functions;
    for (llvm::User *user : global.users())
      collectFunctions(user, functions);
    for (llvm::Function *function : functions)
      bytes[function] += module.getDataLayout().getTypeAllocSize(global.getValueType()).getFixedValue();
  }
  for (const auto &[function, count] : bytes) {
    uint64_t threads = 0;
    if (count < kTileBytes || isBigger(*function) ||
        function->getFnAttribute("nvvm.reqntid").getValueAsString().getAsInteger(10, threads) || threads == 0)
      continue;
    function->addFnAttr("nvvm.minctasm", std::to_string(std::max<uint64_t>(1, kThreads / threads)));
  }
}

Status nvptx::askForGroupMemory(llvm::Module &module) {
  const llvm::DataLayout &layout = module.getDataLayout();
  llvm::LLVMContext &context = module.getContext();
  std::vector<llvm::GlobalVariable *> arrays;
  for (llvm::GlobalVariable &global : module.globals())
    if (global.getAddressSpace() == kGroupSpace && !global.isDeclaration())
      arrays.push_back(&global);
  // The most aligned first: nothing is lost between them.
  llvm::stable_sort(arrays, [](auto *a, auto *b) { return a->getAlign().valueOrOne() > b->getAlign().valueOrOne(); });
  auto *bytes = llvm::ArrayType::get(llvm::Type::getInt8Ty(context), 0);
  auto *all = new llvm::GlobalVariable(module, bytes, /*isConstant=*/false, llvm::GlobalValue::ExternalLinkage, nullptr,
                                       "group_memory", nullptr, llvm::GlobalValue::NotThreadLocal, kGroupSpace);
  std::map<llvm::Function *, uint64_t> used;
  for (llvm::GlobalVariable *array : arrays) {
    llvm::Align alignment = array->getAlign().valueOrOne();
    all->setAlignment(std::max(alignment, all->getAlign().valueOrOne()));
    std::set<llvm::Function *> functions;
    for (llvm::User *user : array->users())
      collectFunctions(user, functions);
    if (functions.size() > 1)
      return Status(StatusCode::Unimplemented, "'" + array->getName().str() + "' is group memory of several kernels");
    if (!functions.empty()) {
      uint64_t &end = used[*functions.begin()], offset = llvm::alignTo(end, alignment);
      end = offset + layout.getTypeAllocSize(array->getValueType()).getFixedValue();
      llvm::Constant *index = llvm::ConstantInt::get(llvm::Type::getInt64Ty(context), offset);
      array->replaceAllUsesWith(
          llvm::ConstantExpr::getInBoundsGetElementPtr(llvm::Type::getInt8Ty(context), all, index));
    }
    array->eraseFromParent();
  }
  // The assembler cannot know how few groups fit beside each other: it would spill to make room for many.
  for (const auto &[function, end] : used)
    function->addFnAttr("nvvm.minctasm", "1");
  return Status::ok();
}
