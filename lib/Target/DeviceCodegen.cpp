//===- DeviceCodegen.cpp - From an llvm-dialect module to code ------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Target module -> binary, the part that device targets share. No state outlives
// an emission: two of them may run at once.
//
//===----------------------------------------------------------------------===//
#include "flex/Target/DeviceCodegen.h"
#include "DeviceSignedZeros.h"
#include "flex/Codegen/Codegen.h"
#include "flex/Target/CheckModule.h"

#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/Analysis/TargetLibraryInfo.h"
#include "llvm/CodeGen/ExpandReductions.h"
#include "llvm/CodeGen/MachineFunction.h"
#include "llvm/CodeGen/MachineModuleInfo.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Target/TargetOptions.h"
#include "llvm/Transforms/Utils/Cloning.h"

#include <mutex>
#include <set>

using namespace flex;
using namespace flex::target;

DeviceCodegen::DeviceCodegen(DeviceMachine given)
    : machine(std::move(given)), context(std::make_unique<llvm::LLVMContext>()) {
  codegen::collectErrors(*context, errors);
}

Status DeviceCodegen::takeErrors(const std::string &during) {
  if (errors.empty())
    return Status::ok();
  return Status(StatusCode::Unimplemented, during + ": " + codegen::takeErrors(errors));
}

Status DeviceCodegen::createMachine() {
  std::string error;
  llvm::Triple triple(machine.triple);
  const llvm::Target *found = llvm::TargetRegistry::lookupTarget(triple, error);
  if (!found)
    return Status(StatusCode::Unavailable, "this build's LLVM cannot generate " + machine.triple + ": " + error);
  llvm::TargetOptions options;
  options.AllowFPOpFusion = llvm::FPOpFusion::Standard;
  targetMachine.reset(found->createTargetMachine(triple, machine.cpu, machine.features, options, llvm::Reloc::PIC_,
                                                 std::nullopt, llvm::CodeGenOptLevel::Default));
  return targetMachine ? Status::ok() : Status(StatusCode::Internal, "no target machine for " + machine.triple);
}

/// LLVM's default pipeline without what pays on CPUs only, then reductions of vectors into plain operations.
void DeviceCodegen::optimise() {
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager sccs;
  llvm::ModuleAnalysisManager modules;
  llvm::PipelineTuningOptions tuning;
  tuning.LoopVectorization = tuning.SLPVectorization = tuning.LoopInterleaving = false;
  tuning.MergeFunctions = false;
  llvm::PassBuilder builder(targetMachine.get(), tuning);
  functions.registerPass([&] {
    // No library to call: loops stay loops instead of becoming memset.
    llvm::TargetLibraryInfoImpl library(llvm::Triple(machine.triple));
    library.disableAllFunctions();
    return llvm::TargetLibraryAnalysis(library);
  });
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(sccs);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, sccs, modules);
  llvm::ModulePassManager passes;
  passes.addPass(llvm::createModuleToFunctionPassAdaptor(llvm::ExpandReductionsPass()));
  passes.addPass(builder.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O2));
  passes.addPass(llvm::createModuleToFunctionPassAdaptor(llvm::ExpandReductionsPass()));
  fenceConversions(*llvmModule);
  passes.run(*llvmModule, modules);
  removeFences(*llvmModule);
  keepSignsOfZeros(*llvmModule);
}

Status DeviceCodegen::prepare(mlir::ModuleOp source) {
  FLEX_RETURN_IF_ERROR(createMachine());
  llvmModule = mlir::translateModuleToLLVMIR(source, *context, "flex");
  if (!llvmModule)
    return Status(StatusCode::Internal, "the lowered module does not translate to LLVM IR");
  llvmModule->setTargetTriple(llvm::Triple(machine.triple));
  llvmModule->setDataLayout(targetMachine->createDataLayout());
  FLEX_RETURN_IF_ERROR(checkNoAssembly(*llvmModule));
  optimise();
  FLEX_RETURN_IF_ERROR(takeErrors("optimising"));
  if (machine.reshape)
    machine.reshape(*llvmModule);
  return checkSelectable();
}

/// The name of an intrinsic without its types: llvm.fma for llvm.fma.v4f32.
static llvm::StringRef baseName(const llvm::Function &function) {
  return llvm::Intrinsic::getBaseName(function.getIntrinsicID());
}

/// Of those that only tell the optimiser something: what is left of it here.
static bool isHint(llvm::StringRef name) {
  return name.starts_with("llvm.lifetime.") || name == "llvm.assume" || name == "llvm.experimental.noalias.scope.decl";
}

static bool allowed(llvm::StringRef name, const std::vector<std::string> &names) {
  return llvm::any_of(names, [&](const std::string &entry) {
    return name == entry || (llvm::StringRef(entry).ends_with(".") && name.starts_with(entry));
  });
}

Status DeviceCodegen::checkSelectable() const {
  for (const llvm::Function &function : *llvmModule) {
    if (!function.isDeclaration() || function.use_empty())
      continue;
    llvm::StringRef name = function.isIntrinsic() ? baseName(function) : function.getName();
    bool known = function.isIntrinsic()
                     ? codegen::isCommonIntrinsic(name) || isHint(name) || allowed(name, machine.intrinsics)
                     : allowed(name, machine.functions);
    if (!known)
      return Status(StatusCode::Unimplemented, "'" + function.getName().str() + "' has no instruction sequence on " +
                                                   machine.triple +
                                                   (machine.cpu.empty() ? "" : " (" + machine.cpu + ")") +
                                                   "; elementary functions must be expanded before this point");
  }
  for (const llvm::Function &function : *llvmModule)
    for (const llvm::Instruction &instruction : llvm::instructions(function)) {
      llvm::Type *type = instruction.getType()->getScalarType();
      const char *missing = type->isHalfTy() && !machine.allowsHalf       ? "f16"
                            : type->isBFloatTy() && !machine.allowsBFloat ? "bf16"
                            : type->isDoubleTy() && !machine.allowsDouble ? "f64"
                                                                          : nullptr;
      if (missing)
        return Status(StatusCode::Unimplemented,
                      "'" + function.getName().str() + "' computes in " + missing + ", which the chip does not have");
    }
  return Status::ok();
}

namespace {

/// Sees to it that machine functions get addresses that no emission before has used (LLVM issue 160613: block numbers
/// of an earlier module would be taken for those of this one). Locks out other emissions while it lives.
class FreshFunctions {
public:
  FreshFunctions() : lock(mutex()) {}

  /// Creates the machine functions of `module`; candidates at used addresses are kept, to stay in the way.
  llvm::MachineModuleInfoWrapperPass *create(const llvm::TargetMachine &machine, llvm::Module &module) {
    for (;;) {
      auto candidate = std::make_unique<llvm::MachineModuleInfoWrapperPass>(&machine);
      std::set<const void *> taken;
      for (llvm::Function &function : module)
        if (!function.isDeclaration())
          taken.insert(&candidate->getMMI().getOrCreateMachineFunction(function));
      if (llvm::none_of(taken, [](const void *address) { return used().count(address); })) {
        used().insert(taken.begin(), taken.end());
        return candidate.release();
      }
      rejected.push_back(std::move(candidate));
    }
  }

private:
  static std::mutex &mutex() {
    static std::mutex instance;
    return instance;
  }
  static std::set<const void *> &used() {
    static std::set<const void *> instance;
    return instance;
  }

  std::lock_guard<std::mutex> lock;
  std::vector<std::unique_ptr<llvm::MachineModuleInfoWrapperPass>> rejected;
};

} // namespace

std::unique_ptr<DeviceIR> DeviceCodegen::take() {
  context->setDiagnosticHandlerCallBack(nullptr); // it points to this
  return std::make_unique<DeviceIR>(DeviceIR{std::move(context), std::move(llvmModule)});
}

StatusOr<std::string> DeviceCodegen::generate(llvm::CodeGenFileType type) {
  llvm::SmallVector<char, 0> bytes;
  llvm::raw_svector_ostream stream(bytes);
  std::unique_ptr<llvm::Module> copy = llvm::CloneModule(*llvmModule);
  if (machine.hasProcessState)
    FLEX_RETURN_IF_ERROR(createMachine()); // what it remembers of the module before dangles
  std::optional<FreshFunctions> fresh;
  llvm::MachineModuleInfoWrapperPass *functions = nullptr; // owned by the pass manager
  if (machine.hasProcessState)
    functions = fresh.emplace().create(*targetMachine, *copy);
  llvm::legacy::PassManager passes;
  if (targetMachine->addPassesToEmitFile(passes, stream, nullptr, type, /*DisableVerify=*/true, functions))
    return Status(StatusCode::Internal, "LLVM cannot write this kind of file for " + machine.triple);
  passes.run(*copy);
  FLEX_RETURN_IF_ERROR(takeErrors("generating code"));
  return std::string(bytes.begin(), bytes.end());
}
