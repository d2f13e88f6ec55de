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

#include "llvm/ADT/SmallString.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/Target/TargetOptions.h"

#include <mutex>

using namespace llvm;

extern "C" {
void LLVMInitializeX86TargetInfo();
void LLVMInitializeX86Target();
void LLVMInitializeX86TargetMC();
void LLVMInitializeX86AsmPrinter();
}

namespace flex::emulator::retarget {
namespace {

constexpr const char *kTriple = "x86_64-unknown-linux-gnu";
constexpr const char *kProcessor = "x86-64-v3"; // f16 conversions and fma are instructions

StatusOr<std::unique_ptr<TargetMachine>> createMachine() {
  static std::once_flag once;
  std::call_once(once, [] {
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
  });
  std::string error;
  Triple triple(kTriple);
  const Target *target = TargetRegistry::lookupTarget(triple, error);
  if (!target)
    return Status(StatusCode::Internal, "LLVM has no x86 code generator: " + error);
  TargetOptions options;
  options.AllowFPOpFusion = FPOpFusion::Standard;
  std::unique_ptr<TargetMachine> machine(target->createTargetMachine(triple, kProcessor, "", options, Reloc::PIC_,
                                                                     CodeModel::Small, CodeGenOptLevel::Less));
  if (!machine)
    return Status(StatusCode::Internal, "LLVM cannot make a code generator for the host");
  return machine;
}

} // namespace

Status setHost(Module &module) {
  StatusOr<std::unique_ptr<TargetMachine>> machine = createMachine();
  FLEX_RETURN_IF_ERROR(machine.status());
  module.setTargetTriple(Triple(kTriple));
  module.setDataLayout((*machine)->createDataLayout());
  if (NamedMDNode *flags = module.getModuleFlagsMetadata())
    flags->eraseFromParent(); // of the device's own code generator
  module.setPICLevel(PICLevel::SmallPIC);
  return Status::ok();
}

StatusOr<std::string> generateObject(Module &module) {
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
