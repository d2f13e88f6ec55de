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

/// "flex.wgmma.m64n128k16.f16.01": the last word says whether rows of a, b are steps of k, or 'r': a is in registers;
/// and 'z' behind that: the sums begin at zero.
struct Function {
  Wgmma instruction;
  bool acrossA = false, acrossB = false, isHeld = false, fromZero = false;

  static std::optional<Function> find(llvm::StringRef name) {
    auto [unit, how] = name.drop_front(llvm::StringRef("flex.").size()).rsplit('.');
    std::optional<Wgmma> instruction = findWgmma(unit);
    bool fromZero = how.consume_back("z");
    if (!instruction || how.size() != 2 || how.find_first_not_of("01r") != llvm::StringRef::npos || how[1] == 'r')
      return std::nullopt;
    Function result{*instruction, how[0] == '1', how[1] == '1', how[0] == 'r', fromZero};
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
    llvm::Type *words = llvm::FixedVectorType::get(llvm::Type::getInt32Ty(context), kWordsOfA);
    llvm::SmallVector<llvm::Type *> arguments{isHeld ? words : descriptor, descriptor};
    if (!fromZero)
      arguments.insert(arguments.begin(), sums);
    return llvm::FunctionType::get(sums, arguments, false);
  }

  llvm::InlineAsm *assembly(llvm::LLVMContext &context) const {
    unsigned count = instruction.lanes(), next = fromZero ? count : 2 * count;
    std::string text = std::string("{ .reg .pred p; setp.ne.b32 p, ") + (fromZero ? "0" : "1") +
                       ", 0; wgmma.mma_async.sync.aligned.m64n" + std::to_string(instruction.n) + "k" +
                       std::to_string(instruction.k) + "." + instruction.types + " ";
    std::string constraints, tied;
    auto list = [&](unsigned first, unsigned length) {
      for (unsigned i = 0; i < length; ++i)
        text += (i ? ", $" : "{$") + std::to_string(first + i);
      text += "}, ";
    };
    list(0, count);
    for (unsigned i = 0; i < count; ++i) {
      constraints += instruction.isInteger ? "=r," : "=f,";
      if (!fromZero)
        tied += std::to_string(i) + ",";
    }
    llvm::SmallVector<llvm::Type *> sums(count, sum(context)), arguments;
    if (!fromZero)
      arguments = sums;
    constraints += tied;
    if (isHeld) {
      list(next, kWordsOfA);
      next += kWordsOfA;
      arguments.append(kWordsOfA, llvm::Type::getInt32Ty(context));
      constraints += "r,r,r,r,l";
    } else {
      text += "$" + std::to_string(next++) + ", ";
      arguments.push_back(llvm::Type::getInt64Ty(context));
      constraints += "l,l";
    }
    arguments.push_back(llvm::Type::getInt64Ty(context));
    text += "$" + std::to_string(next) + ", p";
    if (!instruction.isInteger)
      text += ", 1, 1"; // neither operand is negated
    if (instruction.elementBytes == 2)
      text += std::string(isHeld ? "" : acrossA ? ", 1" : ", 0") + (acrossB ? ", 1" : ", 0");
    text += "; }";
    auto *type = llvm::FunctionType::get(llvm::StructType::get(context, sums), arguments, false);
    return llvm::InlineAsm::get(type, text, constraints, /*hasSideEffects=*/true);
  }
};

void replace(llvm::CallInst &call, llvm::InlineAsm *assembly, unsigned count) {
  llvm::IRBuilder<> builder(&call);
  llvm::SmallVector<llvm::Value *> arguments;
  for (llvm::Value *argument : call.args()) {
    auto *vector = llvm::dyn_cast<llvm::FixedVectorType>(argument->getType());
    for (unsigned i = 0; vector && i < vector->getNumElements(); ++i)
      arguments.push_back(builder.CreateExtractElement(argument, uint64_t(i)));
    if (!vector)
      arguments.push_back(argument);
  }
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
