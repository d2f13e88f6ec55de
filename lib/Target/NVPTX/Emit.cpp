//===- Emit.cpp - The nvvm dialect to PTX ---------------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Target module -> binary. Invariant: PTX that leaves here names no undefined
// function, so that a driver's assembler takes it.
//
//===----------------------------------------------------------------------===//
#include "Target.h"

#include "flex/Target/DeviceCodegen.h"
#include "llvm/Support/TargetSelect.h"

#include <mutex>

extern "C" {
void LLVMInitializeNVPTXTargetInfo();
void LLVMInitializeNVPTXTarget();
void LLVMInitializeNVPTXTargetMC();
void LLVMInitializeNVPTXAsmPrinter();
}

using namespace flex;
using namespace flex::nvptx;

static void initializeBackend() {
  static std::once_flag once;
  std::call_once(once, [] {
    LLVMInitializeNVPTXTargetInfo();
    LLVMInitializeNVPTXTarget();
    LLVMInitializeNVPTXTargetMC();
    LLVMInitializeNVPTXAsmPrinter();
  });
}

static target::DeviceMachine machineOf(const ChipData &chip) {
  initializeBackend();
  target::DeviceMachine machine;
  machine.triple = kTriple;
  machine.cpu = chip.name;
  machine.intrinsics = {"llvm.nvvm.read.ptx.sreg.", "llvm.nvvm.shfl.sync.",   "llvm.nvvm.barrier.",
                        "llvm.nvvm.cp.async.",      "llvm.nvvm.ldmatrix.",    "llvm.nvvm.mma.",
                        "llvm.nvvm.bar.warp.sync",  "llvm.bitreverse",        "llvm.canonicalize",
                        "llvm.maximumnum",          "llvm.minimumnum",        "llvm.sadd.with.overflow",
                        "llvm.smul.with.overflow",  "llvm.ssub.with.overflow"};
  return machine;
}

StatusOr<std::unique_ptr<target::DeviceIR>> nvptx::deviceIR(mlir::ModuleOp module, const ChipData &chip) {
  target::DeviceCodegen codegen(machineOf(chip));
  FLEX_RETURN_IF_ERROR(codegen.prepare(module).withContext(chip.name));
  return codegen.take();
}

StatusOr<target::Payload> nvptx::emitPtx(mlir::ModuleOp module, const ChipData &chip) {
  target::DeviceCodegen codegen(machineOf(chip));
  FLEX_RETURN_IF_ERROR(codegen.prepare(module).withContext(chip.name));
  StatusOr<std::string> text = codegen.generate(llvm::CodeGenFileType::AssemblyFile);
  if (!text)
    return text.status().withContext(chip.name);
  llvm::StringRef ptx = *text;
  if (size_t at = ptx.find("\n.extern .func"); at != llvm::StringRef::npos)
    return Status(StatusCode::Unimplemented,
                  chip.name + ": the kernel calls an unknown function: " +
                      ptx.drop_front(at + 1).take_until([](char c) { return c == ';' || c == '\0'; }).str());
  target::Payload payload;
  payload.bytes.assign(ptx.begin(), ptx.end());
  payload.assembly = std::move(*text);
  return payload;
}
