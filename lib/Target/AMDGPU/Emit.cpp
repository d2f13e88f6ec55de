//===- Emit.cpp - The rocdl dialect to a code object ----------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Target module -> binary. The notes (arguments, registers, LDS) come from LLVM;
// they are read back here so that an image never holds a damaged one.
//
//===----------------------------------------------------------------------===//
#include "Target.h"

#include "flex/Target/DeviceCodegen.h"
#include "flex/Target/LinkElf.h"

#include "llvm/BinaryFormat/ELF.h"

#include <mutex>

extern "C" {
void LLVMInitializeAMDGPUTargetInfo();
void LLVMInitializeAMDGPUTarget();
void LLVMInitializeAMDGPUTargetMC();
void LLVMInitializeAMDGPUAsmPrinter();
}

using namespace flex;
using namespace flex::amdgpu;

static constexpr target::ElfRelocation kRelocations[] = {
    {llvm::ELF::R_AMDGPU_REL64, 8},
    {llvm::ELF::R_AMDGPU_REL32, 4},
    {llvm::ELF::R_AMDGPU_REL32_LO, 4, 0, /*truncates=*/true},
    {llvm::ELF::R_AMDGPU_REL32_HI, 4, 32},
};

static void initializeBackend() {
  static std::once_flag once;
  std::call_once(once, [] {
    LLVMInitializeAMDGPUTargetInfo();
    LLVMInitializeAMDGPUTarget();
    LLVMInitializeAMDGPUTargetMC();
    LLVMInitializeAMDGPUAsmPrinter();
  });
}

static target::DeviceMachine machineOf(const ChipData &chip) {
  initializeBackend();
  target::DeviceMachine machine;
  machine.triple = kTriple;
  machine.cpu = chip.name;
  machine.intrinsics = {"llvm.amdgcn.workitem.id.",
                        "llvm.amdgcn.workgroup.id.",
                        "llvm.amdgcn.s.barrier",
                        "llvm.amdgcn.update.dpp",
                        "llvm.amdgcn.ds.swizzle",
                        "llvm.amdgcn.ds.bpermute",
                        "llvm.amdgcn.readfirstlane",
                        "llvm.amdgcn.wave.barrier",
                        "llvm.amdgcn.mfma.",
                        "llvm.amdgcn.perm",
                        "llvm.amdgcn.wmma.",
                        "llvm.ldexp",
                        "llvm.bitreverse",
                        "llvm.canonicalize",
                        "llvm.maximumnum",
                        "llvm.minimumnum",
                        "llvm.sadd.with.overflow",
                        "llvm.smul.with.overflow",
                        "llvm.ssub.with.overflow",
                        "llvm.amdgcn.exp2",
                        "llvm.amdgcn.rcp",
                        "llvm.amdgcn.rsq",
                        "llvm.amdgcn.sched.barrier",
                        "llvm.amdgcn.make.buffer.rsrc",
                        "llvm.amdgcn.raw.ptr.buffer.load"};
  return machine;
}

StatusOr<std::unique_ptr<target::DeviceIR>> amdgpu::deviceIR(mlir::ModuleOp module, const ChipData &chip) {
  target::DeviceCodegen codegen(machineOf(chip));
  FLEX_RETURN_IF_ERROR(codegen.prepare(module).withContext(chip.name));
  return codegen.take();
}

StatusOr<target::Payload> amdgpu::emitCodeObject(mlir::ModuleOp module, const ChipData &chip, bool wantAssembly) {
  target::DeviceCodegen codegen(machineOf(chip));
  FLEX_RETURN_IF_ERROR(codegen.prepare(module).withContext(chip.name));
  StatusOr<std::string> object = codegen.generate(llvm::CodeGenFileType::ObjectFile);
  if (!object)
    return object.status().withContext(chip.name);
  StatusOr<std::vector<uint8_t>> linked = target::linkElf(llvm::StringRef(*object), kRelocations);
  if (!linked)
    return linked.status().withContext(chip.name);
  StatusOr<std::vector<KernelResources>> resources =
      readResources({reinterpret_cast<const char *>(linked->data()), linked->size()});
  if (!resources)
    return resources.status().withContext(chip.name);
  target::Payload payload;
  payload.bytes = std::move(*linked);
  for (const KernelResources &kernel : *resources)
    if (kernel.vectorSpills > 0) // scalar ones go to lanes of vector registers
      payload.spills[kernel.name] = kernel.vectorSpills;
  if (!wantAssembly)
    return payload;
  StatusOr<std::string> assembly = codegen.generate(llvm::CodeGenFileType::AssemblyFile);
  if (!assembly)
    return assembly.status().withContext(chip.name);
  payload.assembly = std::move(*assembly);
  return payload;
}
