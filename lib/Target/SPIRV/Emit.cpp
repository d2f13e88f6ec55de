//===- Emit.cpp - To a SPIR-V module --------------------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Target module -> binary. Invariant: every module passes spirv-val for OpenCL.
//
//===----------------------------------------------------------------------===//
#include "Matrix.h"
#include "Target.h"

#include "flex/Target/DeviceCodegen.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"

#include <mutex>

extern "C" {
void LLVMInitializeSPIRVTargetInfo();
void LLVMInitializeSPIRVTarget();
void LLVMInitializeSPIRVTargetMC();
void LLVMInitializeSPIRVAsmPrinter();
}

using namespace flex;
using namespace flex::spirv;

static void initializeBackend() {
  static std::once_flag once;
  std::call_once(once, [] {
    LLVMInitializeSPIRVTargetInfo();
    LLVMInitializeSPIRVTarget();
    LLVMInitializeSPIRVTargetMC();
    LLVMInitializeSPIRVAsmPrinter();
  });
}

/// Whether a function counts on sub-groups of the chip's size.
static bool usesSubgroups(const llvm::Function &function) {
  std::vector<std::string> names = subgroupFunctions();
  return llvm::any_of(llvm::instructions(function), [&](const llvm::Instruction &instruction) {
    auto *call = llvm::dyn_cast<llvm::CallBase>(&instruction);
    llvm::Function *called = call ? call->getCalledFunction() : nullptr;
    return called && llvm::is_contained(names, called->getName());
  });
}

/// Sizes of groups and sub-groups as the backend takes them: execution modes of the entry point.
static void annotateKernels(mlir::ModuleOp source, llvm::Module &module, const ChipData &chip) {
  llvm::Type *i32 = llvm::Type::getInt32Ty(module.getContext());
  auto node = [&](int64_t value) { return llvm::ConstantAsMetadata::get(llvm::ConstantInt::get(i32, value)); };
  for (auto kernel : source.getOps<mlir::LLVM::LLVMFuncOp>()) {
    auto size = kernel->getAttrOfType<mlir::IntegerAttr>(target::kGroupSizeAttr);
    llvm::Function *function = module.getFunction(kernel.getSymName());
    if (size && function)
      function->setMetadata("reqd_work_group_size",
                            llvm::MDNode::get(module.getContext(), {node(size.getInt()), node(1), node(1)}));
    if (function && usesSubgroups(*function))
      function->setMetadata("intel_reqd_sub_group_size",
                            llvm::MDNode::get(module.getContext(), node(chip.facts->waveSize)));
  }
}

/// Before version 1.4, SPIR-V selects between vectors lane by lane only: a condition for all lanes becomes one for
/// each.
static void widenConditions(llvm::Module &module) {
  for (llvm::Function &function : module)
    for (llvm::Instruction &instruction : llvm::instructions(function)) {
      auto *select = llvm::dyn_cast<llvm::SelectInst>(&instruction);
      auto *type = select ? llvm::dyn_cast<llvm::FixedVectorType>(select->getType()) : nullptr;
      if (!type || select->getCondition()->getType()->isVectorTy())
        continue;
      llvm::IRBuilder<> builder(select);
      select->setCondition(builder.CreateVectorSplat(type->getNumElements(), select->getCondition()));
    }
}

/// LLVM's backend makes an instruction of SPV_INTEL_subgroups of a function that reads blocks, or ends the process
/// where that extension is not allowed, which is an option of the whole process (llvm/lib/Target/SPIRV:
/// SPIRVBuiltins.cpp, SPIRVSubtarget.cpp). As functions to import, like those of DPAS, it knows them by no other name
/// than their own: so they have one of the same length while it is at work.
static constexpr llvm::StringLiteral kMangled = "_Z", kHidden = "zZ";

static void hideBlockReads(llvm::Module &module) {
  for (const std::string &name : blockReads())
    if (llvm::Function *function = module.getFunction(name))
      function->setName(kHidden + llvm::StringRef(name).drop_front(kMangled.size()));
}

static void showBlockReads(std::string &text) {
  for (const std::string &name : blockReads()) {
    std::string hidden = (kHidden + llvm::StringRef(name).drop_front(kMangled.size())).str();
    for (size_t at = text.find(hidden); at != std::string::npos; at = text.find(hidden, at))
      text.replace(at, name.size(), name);
  }
}

static target::DeviceMachine machineOf(const ChipData &chip) {
  initializeBackend();
  target::DeviceMachine machine;
  machine.triple = chip.triple();
  machine.functions = subgroupFunctions();
  llvm::append_range(machine.functions,
                     std::initializer_list<const char *>{"_Z12get_group_idj", "_Z12get_local_idj", "_Z7barrierj"});
  machine.allowsHalf = chip.hasHalf;
  machine.allowsDouble = chip.hasDouble;
  machine.allowsBFloat = false;
  machine.hasProcessState = true;
  machine.reshape = [](llvm::Module &module) {
    passOnBFloatsAsBits(module);
    widenConditions(module);
  };
  return machine;
}

StatusOr<std::unique_ptr<target::DeviceIR>> spirv::deviceIR(mlir::ModuleOp module, const ChipData &chip) {
  target::DeviceCodegen codegen(machineOf(chip));
  FLEX_RETURN_IF_ERROR(codegen.prepare(module).withContext(chip.spelling()));
  return codegen.take();
}

StatusOr<target::Payload> spirv::emitSpirv(mlir::ModuleOp source, const ChipData &chip, bool wantAssembly) {
  target::DeviceCodegen codegen(machineOf(chip));
  FLEX_RETURN_IF_ERROR(codegen.prepare(source).withContext(chip.spelling()));
  annotateKernels(source, codegen.module(), chip);
  hideBlockReads(codegen.module());
  StatusOr<std::string> binary = codegen.generate(llvm::CodeGenFileType::ObjectFile);
  if (!binary)
    return binary.status().withContext(chip.spelling());
  showBlockReads(*binary);
  target::Payload payload;
  payload.bytes.assign(binary->begin(), binary->end());
  if (!wantAssembly)
    return payload;
  StatusOr<std::string> assembly = codegen.generate(llvm::CodeGenFileType::AssemblyFile);
  if (!assembly)
    return assembly.status().withContext(chip.spelling());
  showBlockReads(*assembly);
  payload.assembly = std::move(*assembly);
  return payload;
}
