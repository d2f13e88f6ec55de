//===- Target.cpp - The CPU target ----------------------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Scheduled loops -> ELF shared objects for x86-64, AArch64 and RISC-V. A chip is a set of
// instruction-set features; the machine's name is never asked for.
//
//===----------------------------------------------------------------------===//
#include "flex/Target/Target.h"

#include "Features.h"
#include "HostFacts.h"
#include "Lowering.h"

#include "mlir/Conversion/ReconcileUnrealizedCasts/ReconcileUnrealizedCasts.h"
#include "mlir/Dialect/LLVMIR/Transforms/Passes.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"

namespace flex::target {
namespace cpu {
namespace {

class CPUChip final : public Chip {
public:
  CPUChip(FeatureSet features, tile::DeviceDescription description)
      : features(std::move(features)), description(std::move(description)) {}

  std::string spelling() const override { return "cpu:" + features.spelling(); }
  std::string format() const override { return "elf-" + features.arch(); }
  std::vector<std::string> requiredFeatures() const override { return features.list(); }
  tile::DeviceDescription device() const override { return description; }

  void buildLowering(mlir::OpPassManager &passes) const override {
    passes.addPass(createLowerToCPUPass(features));
    passes.addPass(mlir::createReconcileUnrealizedCastsPass());
    passes.addPass(
        mlir::LLVM::createDIScopeForLLVMFuncOpPass()); // debuggers and profilers show lines of the kernel's text
  }

  StatusOr<Payload> emit(mlir::ModuleOp module, bool wantAssembly) const override {
    return generateCode(module, features, wantAssembly);
  }

private:
  FeatureSet features;
  tile::DeviceDescription description;
};

class CPUTarget final : public Target {
public:
  std::string name() const override { return "cpu"; }
  std::string summary() const override {
    return "x86-64 (AVX2, AVX-512), AArch64 (NEON, SVE) and RISC-V (RVV) processors, through LLVM";
  }
  EntryStage entryStage() const override { return EntryStage::ScheduledLoops; }
  std::vector<std::string> knownChips() const override { return knownChipNames(); }
  /// Each of them computes otherwise than those before: in 256 bits, in 512, with dot products, with tiles; NEON and
  /// SVE; RVV.
  std::vector<std::string> imageChips() const override {
    return {"x86-64-v3", "x86-64-v4", "znver4", "sapphirerapids", "aarch64", "neoverse-v1", "riscv64"};
  }

  StatusOr<std::unique_ptr<Chip>> createChip(const std::string &text) const override {
    bool isHost = text.empty() || text == "native";
    StatusOr<FeatureSet> features = isHost ? FeatureSet::ofHost() : FeatureSet::parse(text);
    FLEX_RETURN_IF_ERROR(features.status());
    tile::DeviceDescription device = isHost ? describeHost(*features) : describeChip(*features);
    return std::unique_ptr<Chip>(new CPUChip(std::move(*features), std::move(device)));
  }

  void registerDialects(mlir::DialectRegistry &registry) const override {
    mlir::registerBuiltinDialectTranslation(registry);
    mlir::registerLLVMDialectTranslation(registry);
  }
};

} // namespace
} // namespace cpu

std::unique_ptr<Target> createCPUTarget() {
  return std::make_unique<cpu::CPUTarget>();
}

} // namespace flex::target
