//===- Emit.cpp - The nvvm dialect to PTX ---------------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Target module -> binary. Invariant: PTX that leaves here names no undefined
// function, so that a driver's assembler takes it.
//
//===----------------------------------------------------------------------===//
#include "Matrix.h"
#include "Pipe.h"
#include "Target.h"
#include "Tcgen05.h"
#include "Wgmma.h"

#include "flex/Target/DeviceCodegen.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Transforms/Scalar/Scalarizer.h"

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

/// LLVM selects instructions on f8 from PTX 8.4 on only, later than the version it writes for some chips that have
/// them.
static bool usesF8(mlir::ModuleOp module) {
  auto found = module.walk([](mlir::LLVM::CallIntrinsicOp call) {
    bool isF8 = call.getIntrin().contains(".e4m3") || call.getIntrin().contains(".e5m2");
    return isF8 ? mlir::WalkResult::interrupt() : mlir::WalkResult::advance();
  });
  return found.wasInterrupted();
}

static target::DeviceMachine machineOf(const ChipData &chip, mlir::ModuleOp module) {
  initializeBackend();
  target::DeviceMachine machine;
  machine.triple = kTriple;
  machine.cpu = chip.name;
  if (usesF8(module))
    machine.features = chip.word("f8-features");
  machine.intrinsics = {"llvm.nvvm.read.ptx.sreg.", "llvm.nvvm.shfl.sync.",    "llvm.nvvm.barrier.",
                        "llvm.nvvm.bar.warp.sync",  "llvm.nvvm.ldmatrix.",     "llvm.bitreverse",
                        "llvm.canonicalize",        "llvm.maximumnum",         "llvm.minimumnum",
                        "llvm.sadd.with.overflow",  "llvm.smul.with.overflow", "llvm.ssub.with.overflow",
                        "llvm.nvvm.ex2.approx.ftz", "llvm.nvvm.rcp.approx.",   "llvm.nvvm.rsqrt.approx."};
  if (roundsToBF16(chip))
    machine.intrinsics.insert(machine.intrinsics.end(), std::begin(kRoundIntrinsics), std::end(kRoundIntrinsics));
  if (chip.asyncCopyBytes > 0)
    machine.intrinsics.push_back("llvm.nvvm.cp.async.");
  for (const target::MatrixFact &fact : chip.matrix)
    if (const char *name = matrixIntrinsic(fact.unit.name()))
      machine.intrinsics.push_back(name);
  if (!unitsOf(chip, "wgmma").empty()) {
    machine.intrinsics.insert(machine.intrinsics.end(), {"llvm.nvvm.wgmma.", "llvm.nvvm.fence.proxy.async.shared_cta"});
    machine.functions.push_back(kWgmmaPrefix);
  }
  if (chip.bulkCopy != 0)
    machine.intrinsics.insert(machine.intrinsics.end(), std::begin(kPipeIntrinsics), std::end(kPipeIntrinsics));
  if (!unitsOf(chip, "tcgen05").empty())
    machine.intrinsics.insert(machine.intrinsics.end(), std::begin(kTcgen05Intrinsics), std::end(kTcgen05Intrinsics));
  return machine;
}

static bool usesMatrixUnits(const llvm::Function &function) {
  return llvm::any_of(llvm::instructions(function), [](const llvm::Instruction &instruction) {
    auto *call = llvm::dyn_cast<llvm::CallInst>(&instruction);
    return call && (call->isInlineAsm() ||
                    (call->getCalledFunction() && call->getCalledFunction()->getName().starts_with("llvm.nvvm.mma.")));
  });
}

/// Sums that a loop carries as scalars: as vectors they would be pairs of registers on chips with arithmetic on pairs,
/// taken apart and put together around every matrix instruction.
static void scalariseMatrixLoops(llvm::Module &module) {
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager sccs;
  llvm::ModuleAnalysisManager modules;
  llvm::PassBuilder builder;
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(sccs);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, sccs, modules);
  for (llvm::Function &function : module)
    if (!function.isDeclaration() && usesMatrixUnits(function))
      llvm::ScalarizerPass().run(function, functions);
}

/// What comes behind LLVM's optimiser.
static Status finish(llvm::Module &code, mlir::ModuleOp source) {
  FLEX_RETURN_IF_ERROR(expandWgmma(code));
  allowRegisters(code, usesMatrixUnits);
  if (source->hasAttr(target::kGroupMemoryAttr))
    FLEX_RETURN_IF_ERROR(askForGroupMemory(code));
  scalariseMatrixLoops(code);
  return Status::ok();
}

StatusOr<std::unique_ptr<target::DeviceIR>> nvptx::deviceIR(mlir::ModuleOp module, const ChipData &chip) {
  target::DeviceCodegen codegen(machineOf(chip, module));
  FLEX_RETURN_IF_ERROR(codegen.prepare(module).withContext(chip.name));
  FLEX_RETURN_IF_ERROR(finish(codegen.module(), module).withContext(chip.name));
  return codegen.take();
}

StatusOr<target::Payload> nvptx::emitPtx(mlir::ModuleOp module, const ChipData &chip) {
  target::DeviceCodegen codegen(machineOf(chip, module));
  FLEX_RETURN_IF_ERROR(codegen.prepare(module).withContext(chip.name));
  FLEX_RETURN_IF_ERROR(finish(codegen.module(), module).withContext(chip.name));
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
