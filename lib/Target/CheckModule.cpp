//===- CheckModule.cpp - What code generation would die of ----------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Runs on LLVM IR, right after the translation.
//
//===----------------------------------------------------------------------===//
#include "flex/Target/CheckModule.h"

#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/Module.h"

flex::Status flex::target::checkNoAssembly(const llvm::Module &module) {
  auto refuse = [](const std::string &where) {
    return Status(StatusCode::Unimplemented, where + " holds inline assembly; the compiler has no assembler");
  };
  if (!module.getModuleInlineAsm().empty())
    return refuse("the module");
  for (const llvm::Function &function : module)
    for (const llvm::Instruction &instruction : llvm::instructions(function))
      if (const auto *call = llvm::dyn_cast<llvm::CallBase>(&instruction); call && call->isInlineAsm())
        return refuse("'" + function.getName().str() + "'");
  return Status::ok();
}
