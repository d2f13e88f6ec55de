//===- Target.cpp - The SPIRV target --------------------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Takes over at scheduled loops; makes "spirv", a module for OpenCL devices.
//
//===----------------------------------------------------------------------===//
#include "Target.h"
#include "Matrix.h"

#include "flex/ScheduledLoops/TilePasses.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Transforms/Passes.h"

using namespace flex;
using namespace flex::target;

namespace {

class SPIRVChip : public Chip {
public:
  explicit SPIRVChip(const spirv::ChipData &data) : data(data) {}
  std::string spelling() const override { return "spirv:" + data.spelling(); }
  std::string format() const override { return "spirv"; }
  std::vector<std::string> requiredFeatures() const override { return data.features(); }
  tile::DeviceDescription device() const override {
    tile::DeviceDescription description = data.facts->describe();
    llvm::erase_if(description.matrixUnits, [](const auto &unit) { return !spirv::lowersMatrixUnit(unit); });
    return description;
  }
  bool computesIn(mlir::FloatType type) const override {
    return type.isF16() ? data.hasHalf : !type.isF64() || data.hasDouble;
  }
  void buildLowering(mlir::OpPassManager &passes) const override {
    passes.addPass(tile::createTileExpandMath());
    passes.addPass(createSimtLoweringPass(spirv::lowering(data)));
    passes.addPass(mlir::createCanonicalizerPass());
    passes.addPass(mlir::createCSEPass());
  }
  StatusOr<Payload> emit(mlir::ModuleOp module, bool wantAssembly) const override {
    return spirv::emitSpirv(module, data, wantAssembly);
  }
  StatusOr<std::unique_ptr<DeviceIR>> deviceIR(mlir::ModuleOp module) const override {
    return spirv::deviceIR(module, data);
  }
  StatusOr<Card> card(const Payload &payload) const override { return spirv::cardOf(payload, data); }

private:
  spirv::ChipData data;
};

class SPIRVTarget : public Target {
public:
  std::string name() const override { return "spirv"; }
  std::string summary() const override { return "OpenCL devices: SPIR-V"; }
  EntryStage entryStage() const override { return EntryStage::ScheduledLoops; }
  std::vector<std::string> knownChips() const override { return spirv::knownChips(); }
  StatusOr<std::unique_ptr<Chip>> createChip(const std::string &text) const override {
    spirv::ChipData data;
    if (spirv::parseChip(text, data))
      return std::unique_ptr<Chip>(std::make_unique<SPIRVChip>(data));
    std::string known;
    for (const std::string &name : knownChips())
      known += (known.empty() ? "" : ", ") + name;
    return Status(StatusCode::InvalidArgument, "unknown chip 'spirv:" + text + "'; known: " + known);
  }
  void registerDialects(mlir::DialectRegistry &registry) const override {
    registry.insert<mlir::LLVM::LLVMDialect>();
    mlir::registerBuiltinDialectTranslation(registry);
    mlir::registerLLVMDialectTranslation(registry);
  }
};

} // namespace

namespace flex::target {
std::unique_ptr<Target> createSPIRVTarget();
}

std::unique_ptr<Target> flex::target::createSPIRVTarget() {
  return std::make_unique<SPIRVTarget>();
}
