//===- Target.cpp - The AMDGPU target --------------------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Takes over at scheduled loops; makes "hsaco", an ELF shared object.
//
//===----------------------------------------------------------------------===//
#include "Target.h"
#include "Matrix.h"

#include "flex/ScheduledLoops/TilePasses.h"

#include "mlir/Dialect/LLVMIR/ROCDLDialect.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/ROCDL/ROCDLToLLVMIRTranslation.h"
#include "mlir/Transforms/Passes.h"

using namespace flex;
using namespace flex::target;

namespace {

class AMDGPUChip : public Chip {
public:
  explicit AMDGPUChip(const amdgpu::ChipData &data) : data(data) {}
  std::string spelling() const override { return "amdgpu:" + data.name; }
  std::string format() const override { return "hsaco"; }
  std::vector<std::string> requiredFeatures() const override { return {data.name}; }
  tile::DeviceDescription device() const override {
    tile::DeviceDescription description = data.describe();
    // The file lists what the chip has; a schedule may name what the lowering knows.
    llvm::erase_if(description.matrixUnits, [](const auto &unit) { return !amdgpu::lowersMatrixUnit(unit.name()); });
    return description;
  }
  void buildLowering(mlir::OpPassManager &passes) const override {
    passes.addPass(tile::createExpandMathPass(amdgpu::mathOptions()));
    passes.addPass(createSimtLoweringPass(amdgpu::lowering(data)));
    passes.addPass(amdgpu::createKeepOutOfAccumulatorsPass());
    passes.addPass(amdgpu::createPermuteBytesPass());
    passes.addPass(mlir::createCanonicalizerPass());
    passes.addPass(mlir::createCSEPass());
  }
  StatusOr<Payload> emit(mlir::ModuleOp module, bool wantAssembly) const override {
    return amdgpu::emitCodeObject(module, data, wantAssembly);
  }
  StatusOr<std::unique_ptr<DeviceIR>> deviceIR(mlir::ModuleOp module) const override {
    return amdgpu::deviceIR(module, data);
  }
  StatusOr<Card> card(const Payload &payload) const override { return amdgpu::cardOf(payload, data); }

private:
  const amdgpu::ChipData &data;
};

class AMDGPUTarget : public Target {
public:
  std::string name() const override { return "amdgpu"; }
  std::string summary() const override { return "AMD GPUs: HSACO code objects"; }
  EntryStage entryStage() const override { return EntryStage::ScheduledLoops; }
  std::vector<std::string> knownChips() const override { return amdgpu::chips().names(); }
  StatusOr<std::unique_ptr<Chip>> createChip(const std::string &text) const override {
    if (const amdgpu::ChipData *chip = amdgpu::chips().find(text.empty() ? "gfx942" : text))
      return std::unique_ptr<Chip>(std::make_unique<AMDGPUChip>(*chip));
    return amdgpu::chips().unknown(name(), text);
  }
  void registerDialects(mlir::DialectRegistry &registry) const override {
    registry.insert<mlir::ROCDL::ROCDLDialect>();
    mlir::registerBuiltinDialectTranslation(registry);
    mlir::registerLLVMDialectTranslation(registry);
    mlir::registerROCDLDialectTranslation(registry);
  }
};

} // namespace

namespace flex::target {
std::unique_ptr<Target> createAMDGPUTarget();
}

std::unique_ptr<Target> flex::target::createAMDGPUTarget() {
  return std::make_unique<AMDGPUTarget>();
}
