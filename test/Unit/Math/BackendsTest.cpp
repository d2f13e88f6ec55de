//===- BackendsTest.cpp - Every backend takes what is left -----*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Prints assembly of every expanded function by each of LLVM's backends that
// the chain uses: none aborts, and none leaves a call to a library.
//
//===----------------------------------------------------------------------===//
#include "MathJit.h"
#include "gtest/gtest.h"

#include "llvm/IR/LegacyPassManager.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"

using namespace flex::test;

namespace {

struct Backend {
  const char *triple, *cpu, *features;
  const char *callMark; ///< occurs in a line of assembly that calls
  bool vectors;
};
const Backend kBackends[] = {
    {"x86_64-unknown-linux-gnu", "x86-64", "+avx2,+fma", "\tcall", true},
    {"nvptx64-nvidia-cuda", "sm_80", "", "\tcall", false},
    {"amdgcn-amd-amdhsa", "gfx942", "", "s_swappc", false},
    {"amdgcn-amd-amdhsa", "gfx1100", "", "s_swappc", false},
    {"spirv64", "", "", "OpFunctionCall", false},
};

const char *kOperations[] = {"math.exp", "math.exp2", "math.expm1", "math.tanh",  "math.erf",
                             "math.log", "math.log2", "math.log10", "math.log1p", "math.sin",
                             "math.cos", "math.tan",  "math.rsqrt", "math.powf"};

void initialize() {
  LLVMInitializeX86TargetInfo(), LLVMInitializeX86Target(), LLVMInitializeX86TargetMC(), LLVMInitializeX86AsmPrinter();
  LLVMInitializeNVPTXTargetInfo(), LLVMInitializeNVPTXTarget(), LLVMInitializeNVPTXTargetMC();
  LLVMInitializeNVPTXAsmPrinter();
  LLVMInitializeAMDGPUTargetInfo(), LLVMInitializeAMDGPUTarget(), LLVMInitializeAMDGPUTargetMC();
  LLVMInitializeAMDGPUAsmPrinter();
  LLVMInitializeSPIRVTargetInfo(), LLVMInitializeSPIRVTarget(), LLVMInitializeSPIRVTargetMC();
  LLVMInitializeSPIRVAsmPrinter();
}

std::string assembly(const Backend &backend, llvm::Module &module) {
  std::string error;
  llvm::Triple triple(backend.triple);
  const llvm::Target *target = llvm::TargetRegistry::lookupTarget(triple, error);
  if (!target) {
    ADD_FAILURE() << error;
    return {};
  }
  std::unique_ptr<llvm::TargetMachine> machine(
      target->createTargetMachine(triple, backend.cpu, backend.features, llvm::TargetOptions(), llvm::Reloc::PIC_));
  module.setTargetTriple(triple);
  module.setDataLayout(machine->createDataLayout());
  llvm::SmallString<0> text;
  llvm::raw_svector_ostream stream(text);
  llvm::legacy::PassManager passes;
  EXPECT_FALSE(machine->addPassesToEmitFile(passes, stream, nullptr, llvm::CodeGenFileType::AssemblyFile));
  passes.run(module);
  return std::string(text);
}

TEST(Backends, TakeEveryExpansion) {
  initialize();
  MathJit jit;
  for (const Backend &backend : kBackends)
    for (const char *op : kOperations)
      for (const char *element : {"f32", "f64"})
        for (bool scalar : {true, false}) {
          if (!scalar && !backend.vectors)
            continue;
          SCOPED_TRACE(std::string(backend.triple) + " " + op + " " + element);
          llvm::LLVMContext context;
          std::string body = MathJit::operation(op, element, op == std::string("math.powf") ? 2 : 1, scalar);
          auto module = jit.lower(context, "f", body, element, scalar);
          std::string text = assembly(backend, *module);
          EXPECT_GT(text.size(), 100u);
          EXPECT_EQ(text.find(backend.callMark), std::string::npos) << text;
          EXPECT_EQ(text.find(".extern"), std::string::npos) << text;
        }
}

} // namespace
