//===- Target.cpp - The NVPTX target --------------------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Takes over at scheduled loops; makes "ptx", which a CUDA driver assembles.
//
//===----------------------------------------------------------------------===//
#include "Target.h"
#include "Matrix.h"
#include "Tcgen05.h"
#include "Wgmma.h"

#include "flex/ScheduledLoops/TilePasses.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/NVVM/NVVMToLLVMIRTranslation.h"
#include "mlir/Transforms/Passes.h"

using namespace flex;
using namespace flex::target;

namespace {

class NVPTXChip : public Chip {
public:
  explicit NVPTXChip(const nvptx::ChipData &data) : data(data) {}
  std::string spelling() const override { return "nvptx:" + data.name; }
  std::string format() const override { return "ptx"; }
  std::vector<std::string> requiredFeatures() const override { return {data.name}; }
  tile::DeviceDescription device() const override {
    tile::DeviceDescription description = data.describe();
    // The file lists what the chip has; a schedule may name what the lowering knows.
    description.matrixUnits.clear();
    for (const char *family : {"tcgen05", "wgmma", "mma"})
      llvm::append_range(description.matrixUnits, nvptx::unitsOf(data, family));
    return description;
  }
  void buildLowering(mlir::OpPassManager &passes) const override {
    passes.addPass(tile::createExpandMathPass(nvptx::mathOptions()));
    if (!nvptx::unitsOf(data, "tcgen05").empty())
      passes.addPass(nvptx::createTensorMemoryPass());
    passes.addPass(createSimtLoweringPass(nvptx::lowering(data)));
    passes.addPass(mlir::createCanonicalizerPass());
    passes.addPass(mlir::createCSEPass());
  }
  StatusOr<Payload> emit(mlir::ModuleOp module, bool wantAssembly) const override {
    StatusOr<Payload> payload = nvptx::emitPtx(module, data);
    if (payload && !wantAssembly)
      payload->assembly.clear();
    return payload;
  }
  StatusOr<std::unique_ptr<DeviceIR>> deviceIR(mlir::ModuleOp module) const override {
    return nvptx::deviceIR(module, data);
  }
  StatusOr<Card> card(const Payload &payload) const override { return nvptx::cardOf(payload, data); }

private:
  const nvptx::ChipData &data;
};

class NVPTXTarget : public Target {
public:
  std::string name() const override { return "nvptx"; }
  std::string summary() const override { return "NVIDIA GPUs: PTX, assembled by the driver"; }
  EntryStage entryStage() const override { return EntryStage::ScheduledLoops; }
  std::vector<std::string> knownChips() const override { return nvptx::chips().names(); }
  StatusOr<std::unique_ptr<Chip>> createChip(const std::string &text) const override {
    if (const nvptx::ChipData *chip = nvptx::chips().find(text.empty() ? "sm_80" : text))
      return std::unique_ptr<Chip>(std::make_unique<NVPTXChip>(*chip));
    return nvptx::chips().unknown(name(), text);
  }
  void registerDialects(mlir::DialectRegistry &registry) const override {
    registry.insert<mlir::NVVM::NVVMDialect>();
    mlir::registerBuiltinDialectTranslation(registry);
    mlir::registerLLVMDialectTranslation(registry);
    mlir::registerNVVMDialectTranslation(registry);
  }
};

} // namespace

std::vector<tile::MatrixUnit> nvptx::unitsOf(const ChipData &chip, llvm::StringRef family) {
  std::vector<tile::MatrixUnit> units;
  for (const target::MatrixFact &fact : chip.matrix) {
    if (fact.unit.unit != family)
      continue;
    if (family == "wgmma")
      llvm::append_range(units, wgmmaUnits(fact.unit));
    else if (family == "tcgen05")
      llvm::append_range(units, tcgen05Units(fact.unit));
    else if (matrixIntrinsic(fact.unit.name()))
      units.push_back(fact.unit);
  }
  return units;
}

namespace flex::target {
std::unique_ptr<Target> createNVPTXTarget();
}

std::unique_ptr<Target> flex::target::createNVPTXTarget() {
  return std::make_unique<NVPTXTarget>();
}
