//===- WgmmaAssembly.cpp - Calls of wgmma functions to assembly -----------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Runs behind LLVM's optimiser, on LLVM IR. The text follows from the function's
// name alone: PTX ISA 9.7.15.5, wgmma.mma_async.
//
//===----------------------------------------------------------------------===//
#include "Wgmma.h"

#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InlineAsm.h"
#include "llvm/IR/Module.h"

using namespace flex;
using namespace flex::nvptx;

namespace {

/// "flex.wgmma.m64n128k16.f16.01": the last word says whether rows of a, b are steps of k.
struct Function {
  Wgmma instruction;
  bool acrossA = false, acrossB = false;

  static std::optional<Function> find(llvm::StringRef name) {
    auto [unit, across] = name.drop_front(llvm::StringRef("flex.").size()).rsplit('.');
    std::optional<Wgmma> instruction = findWgmma(unit);
    if (!instruction || across.size() != 2 || across.find_first_not_of("01") != llvm::StringRef::npos)
      return std::nullopt;
    Function result{*instruction, across[0] == '1', across[1] == '1'};
    if (instruction->elementBytes != 2 && (result.acrossA || result.acrossB))
      return std::nullopt;
    return result;
  }

  llvm::Type *sum(llvm::LLVMContext &context) const {
    return instruction.isInteger ? llvm::Type::getInt32Ty(context) : llvm::Type::getFloatTy(context);
  }

  llvm::FunctionType *type(llvm::LLVMContext &context) const {
    llvm::Type *sums = llvm::FixedVectorType::get(sum(context), instruction.lanes());
    llvm::Type *descriptor = llvm::Type::getInt64Ty(context);
    return llvm::FunctionType::get(sums, {sums, descriptor, descriptor}, false);
  }

  llvm::InlineAsm *assembly(llvm::LLVMContext &context) const {
    unsigned count = instruction.lanes();
    std::string text = "{ .reg .pred p; setp.ne.b32 p, 1, 0; wgmma.mma_async.sync.aligned.m64n" +
                       std::to_string(instruction.n) + "k" + std::to_string(instruction.k) + "." + instruction.types +
                       " {";
    std::string constraints, tied;
    for (unsigned i = 0; i < count; ++i) {
      text += (i ? ", $" : "$") + std::to_string(i);
      constraints += instruction.isInteger ? "=r," : "=f,";
      tied += std::to_string(i) + ",";
    }
    text += "}, $" + std::to_string(2 * count) + ", $" + std::to_string(2 * count + 1) + ", p";
    if (!instruction.isInteger)
      text += ", 1, 1"; // neither operand is negated
    if (instruction.elementBytes == 2)
      text += std::string(acrossA ? ", 1" : ", 0") + (acrossB ? ", 1" : ", 0");
    text += "; }";
    llvm::SmallVector<llvm::Type *> sums(count, sum(context)), arguments(sums);
    arguments.append(2, llvm::Type::getInt64Ty(context));
    auto *type = llvm::FunctionType::get(llvm::StructType::get(context, sums), arguments, false);
    return llvm::InlineAsm::get(type, text, constraints + tied + "l,l", /*hasSideEffects=*/true);
  }
};

void replace(llvm::CallInst &call, llvm::InlineAsm *assembly, unsigned count) {
  llvm::IRBuilder<> builder(&call);
  llvm::SmallVector<llvm::Value *> arguments;
  for (unsigned i = 0; i < count; ++i)
    arguments.push_back(builder.CreateExtractElement(call.getArgOperand(0), uint64_t(i)));
  arguments.append({call.getArgOperand(1), call.getArgOperand(2)});
  llvm::CallInst *made = builder.CreateCall(assembly->getFunctionType(), assembly, arguments);
  made->setConvergent();
  llvm::Value *sums = llvm::PoisonValue::get(call.getType());
  for (unsigned i = 0; i < count; ++i)
    sums = builder.CreateInsertElement(sums, builder.CreateExtractValue(made, i), uint64_t(i));
  call.replaceAllUsesWith(sums);
  call.eraseFromParent();
}

} // namespace

Status nvptx::expandWgmma(llvm::Module &module) {
  for (llvm::Function &function : llvm::make_early_inc_range(module)) {
    if (!function.isDeclaration() || !function.getName().starts_with(kWgmmaPrefix))
      continue;
    std::optional<Function> found = Function::find(function.getName());
    if (!found || function.getFunctionType() != found->type(module.getContext()))
      return Status(StatusCode::Unimplemented, "'" + function.getName().str() + "' is no instruction");
    llvm::InlineAsm *assembly = found->assembly(module.getContext());
    for (llvm::User *user : llvm::make_early_inc_range(function.users())) {
      auto *call = llvm::dyn_cast<llvm::CallInst>(user);
      if (!call || call->getCalledFunction() != &function)
        return Status(StatusCode::Unimplemented, "'" + function.getName().str() + "' is used but not called");
      replace(*call, assembly, found->instruction.lanes());
    }
    function.eraseFromParent();
  }
  return Status::ok();
}
