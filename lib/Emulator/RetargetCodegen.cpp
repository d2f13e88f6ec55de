//===- RetargetCodegen.cpp - Host code of a retargeted module -------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A plain run of LLVM's x86-64 back end with little optimisation: the code was
// optimised for its device and has to stay that.
//
//===----------------------------------------------------------------------===//
#include "RetargetImpl.h"

#include "flex/Codegen/Codegen.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/LegacyPassManager.h"

using namespace llvm;

namespace flex::emulator::retarget {

static StatusOr<std::unique_ptr<TargetMachine>> createMachine() {
  return codegen::createHostMachine("x86-64-v3", ""); // f16 conversions and fma are instructions
}

Status setHost(Module &module) {
  StatusOr<std::unique_ptr<TargetMachine>> machine = createMachine();
  FLEX_RETURN_IF_ERROR(machine.status());
  module.setTargetTriple((*machine)->getTargetTriple());
  module.setDataLayout((*machine)->createDataLayout());
  if (NamedMDNode *flags = module.getModuleFlagsMetadata())
    flags->eraseFromParent(); // of the device's own code generator
  module.setPICLevel(PICLevel::SmallPIC);
  return Status::ok();
}

/// __truncsfbf2, a float rounded to bf16: x86's code generator calls it where elements of bf16 vectors move.
static void defineNarrowing(Module &module) {
  LLVMContext &context = module.getContext();
  auto *type = FunctionType::get(Type::getBFloatTy(context), {Type::getFloatTy(context)}, /*isVarArg=*/false);
  auto *function = Function::Create(type, GlobalValue::ExternalLinkage, "__truncsfbf2", module);
  function->setVisibility(GlobalValue::HiddenVisibility);
  IRBuilder<> b(BasicBlock::Create(context, "", function));
  Value *bits = b.CreateBitCast(function->getArg(0), b.getInt32Ty()), *high = b.CreateLShr(bits, 16);
  Value *even = b.CreateAdd(b.CreateAdd(bits, b.getInt32(0x7fff)), b.CreateAnd(high, 1)); // to nearest, ties to even
  Value *isNan = b.CreateFCmpUNO(function->getArg(0), function->getArg(0));
  Value *rounded = b.CreateSelect(isNan, b.CreateOr(high, 0x40), b.CreateLShr(even, 16));
  b.CreateRet(b.CreateBitCast(b.CreateTrunc(rounded, b.getInt16Ty()), b.getBFloatTy()));
}

StatusOr<std::string> generateObject(Module &module) {
  defineNarrowing(module);
  StatusOr<std::unique_ptr<TargetMachine>> machine = createMachine();
  FLEX_RETURN_IF_ERROR(machine.status());
  SmallString<0> bytes;
  raw_svector_ostream stream(bytes);
  legacy::PassManager passes;
  if ((*machine)->addPassesToEmitFile(passes, stream, nullptr, CodeGenFileType::ObjectFile))
    return Status(StatusCode::Internal, "LLVM cannot write an object file for the host");
  passes.run(module);
  return std::string(bytes.begin(), bytes.end());
}

} // namespace flex::emulator::retarget
