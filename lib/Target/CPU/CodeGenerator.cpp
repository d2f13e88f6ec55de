//===- CodeGenerator.cpp - From the llvm dialect to an ELF image ----------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Target module -> binary. LLVM's module pipeline is left out on purpose: it
// gains nothing on our loops and can lose much (CPU-NOTES §6). Functions that have
// nothing to do with each other are generated at the same time. No state but
// LLVM's table of targets outlives a call.
//
//===----------------------------------------------------------------------===//
#include "Lowering.h"
#include "Relocations.h"
#include "SplitModule.h"

#include "flex/Codegen/Codegen.h"
#include "flex/Support/Threads.h"
#include "flex/Target/CheckModule.h"

#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/Analysis/TargetLibraryInfo.h"
#include "llvm/Analysis/TargetTransformInfo.h"
#include "llvm/CodeGen/CodeGenTargetMachineImpl.h"
#include "llvm/CodeGen/MachineModuleInfo.h"
#include "llvm/CodeGen/TargetPassConfig.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/SmallVectorMemoryBuffer.h"
#include "llvm/Transforms/Scalar.h"
#include "llvm/Transforms/Utils/Cloning.h"

#include <atomic>

using namespace llvm;

namespace flex::target::cpu {
namespace {

constexpr size_t kMaxParts = 32;

/// One generation: an LLVM context and what was reported in it.
class Generation {
public:
  Generation(TargetMachine &machine, unsigned vectorRegisters) : machine(machine), vectorRegisters(vectorRegisters) {
    codegen::collectErrors(context, errors);
  }

  Status translate(mlir::ModuleOp source, const FeatureSet &features);
  /// Code of the given kind. The module is consumed, so a copy is taken if it is needed again.
  StatusOr<SmallString<0>> generate(CodeGenFileType type, bool isLast);
  int64_t spills() const { return spillCount; }

private:
  Status addPasses(legacy::PassManager &passes, raw_pwrite_stream &stream, CodeGenFileType type, bool isCrowded);

  TargetMachine &machine;
  LLVMContext context;
  std::unique_ptr<Module> module;
  std::string errors;
  int64_t spillCount = 0;
  unsigned vectorRegisters;
};

Status Generation::translate(mlir::ModuleOp source, const FeatureSet &features) {
  mlir::DialectRegistry registry;
  mlir::registerBuiltinDialectTranslation(registry);
  mlir::registerLLVMDialectTranslation(registry);
  source.getContext()->appendDialectRegistry(registry);
#ifdef NDEBUG
  constexpr bool kVerify = false;
#else
  constexpr bool kVerify = true;
#endif
  module = mlir::translateModuleToLLVMIR(source, context, source.getName().value_or("kernels"), !kVerify);
  if (!module)
    return Status(StatusCode::Internal, "cpu: the module cannot be translated to LLVM IR");
  module->setTargetTriple(machine.getTargetTriple());
  module->setDataLayout(machine.createDataLayout());
  constexpr unsigned kGranule = 128, kMostGranules = 16;
  if (features.hasSVE()) // the registers' length that vectors of known length may count on
    for (Function &function : *module)
      if (!function.isDeclaration())
        function.addFnAttr(Attribute::getWithVScaleRangeArgs(context, features.vectorBits() / kGranule, kMostGranules));
  return checkNoAssembly(*module).withContext("cpu");
}

Status Generation::addPasses(legacy::PassManager &passes, raw_pwrite_stream &stream, CodeGenFileType type,
                             bool isCrowded) {
  // No function of any library exists: nothing may be turned into a call.
  TargetLibraryInfoImpl library(machine.getTargetTriple());
  library.disableAllFunctions();
  passes.add(new TargetLibraryInfoWrapperPass(library));
  passes.add(createTargetTransformInfoWrapperPass(machine.getTargetIRAnalysis()));
  passes.add(createEarlyCSEPass());
  passes.add(createSingleLaneStores()); // behind EarlyCSE, which folds masks

  auto &generator = static_cast<CodeGenTargetMachineImpl &>(machine);
  auto *info = new MachineModuleInfoWrapperPass(&machine);
  TargetPassConfig *config = generator.createPassConfig(passes);
  config->setDisableVerify(true);
  if (isCrowded) // the pass behind register allocation hoists what there is room for
    config->disablePass(&EarlyMachineLICMID);
  passes.add(config);
  passes.add(info);
  if (config->addISelPasses())
    return Status(StatusCode::Internal, "cpu: LLVM has no instruction selection for this machine");
  config->addMachinePasses();
  config->setInitialized();
  passes.add(createSpillCounter(spillCount));
  if (generator.addAsmPrinter(passes, stream, nullptr, type, info->getMMI().getContext()))
    return Status(StatusCode::Internal, "cpu: LLVM cannot write this kind of file");
  passes.add(createFreeMachineFunctionPass());
  return Status::ok();
}

StatusOr<SmallString<0>> Generation::generate(CodeGenFileType type, bool isLast) {
  std::unique_ptr<Module> copy = isLast ? std::move(module) : CloneModule(*module);
  bool isCrowded = crowdsRegisters(*copy, vectorRegisters);
  SmallString<0> bytes;
  raw_svector_ostream stream(bytes);
  legacy::PassManager passes;
  spillCount = 0;
  FLEX_RETURN_IF_ERROR(addPasses(passes, stream, type, isCrowded));
  passes.run(*copy);
  if (!errors.empty())
    return Status(StatusCode::Internal, "cpu: code generation failed: " + codegen::takeErrors(errors));
  return bytes;
}

/// One part of the module with a code generator of its own, so that parts can be generated at the same time.
class Part {
public:
  Status begin(mlir::ModuleOp source, const FeatureSet &features) {
    StatusOr<std::unique_ptr<TargetMachine>> created =
        codegen::createMachine(features.arch(), features.llvmProcessor(), features.llvmFeatures());
    FLEX_RETURN_IF_ERROR(created.status().withContext("cpu"));
    machine = std::move(*created);
    generation = std::make_unique<Generation>(*machine, features.vectorRegisters());
    return generation->translate(source, features);
  }

  void generate(bool wantAssembly) {
    if (wantAssembly) {
      StatusOr<SmallString<0>> text = generation->generate(CodeGenFileType::AssemblyFile, /*isLast=*/false);
      status = text.status();
      if (!status)
        return;
      assembly = text->str().str();
    }
    StatusOr<SmallString<0>> bytes = generation->generate(CodeGenFileType::ObjectFile, /*isLast=*/true);
    status = bytes.status();
    if (status)
      object = std::move(*bytes);
    spills = generation->spills();
    generation = nullptr;
  }

  Status status;
  std::string assembly;
  SmallString<0> object;
  int64_t spills = 0;

private:
  std::unique_ptr<TargetMachine> machine;
  std::unique_ptr<Generation> generation;
};

/// Generates all parts, as many at a time as the machine has cores.
void generateParts(std::vector<Part> &parts, bool wantAssembly) {
  std::atomic<size_t> next = 0;
  auto work = [&] {
    for (size_t i = next++; i < parts.size(); i = next++)
      parts[i].generate(wantAssembly);
  };
  runOnThreads(threadsFor(parts.size()), work);
}

} // namespace

StatusOr<Payload> generateCode(mlir::ModuleOp module, const FeatureSet &features, bool wantAssembly) {
  std::vector<mlir::OwningOpRef<mlir::ModuleOp>> split = splitModule(module, kMaxParts);
  std::vector<Part> parts(std::max<size_t>(1, split.size()));
  for (size_t i = 0; i < parts.size(); ++i) // one after the other: they share the MLIR context
    FLEX_RETURN_IF_ERROR(parts[i].begin(split.empty() ? module : *split[i], features));
  generateParts(parts, wantAssembly);

  Payload payload;
  SmallVector<StringRef> objects;
  std::string assembly;
  for (const Part &part : parts) {
    FLEX_RETURN_IF_ERROR(part.status);
    objects.push_back(part.object.str());
    payload.vectorSpills += part.spills;
    assembly += part.assembly;
  }
  if (wantAssembly)
    payload.assembly = "# " + features.spelling() +
                       "\n# vector spills in loops: " + std::to_string(payload.vectorSpills) + "\n" + assembly;
  StatusOr<std::vector<uint8_t>> image = linkElf(objects, relocationsOf(features.isa()), pageBytesOf(features.isa()));
  FLEX_RETURN_IF_ERROR(image.status().withContext("cpu"));
  payload.bytes = std::move(*image);
  return payload;
}

} // namespace flex::target::cpu
