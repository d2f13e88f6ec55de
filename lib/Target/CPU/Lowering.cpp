//===- Lowering.cpp - tile.kernel to the llvm dialect ---------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Scheduled loops -> target module, for CPUs: one pass, one conversion. What
// decides the speed is in the loops already (CPU-NOTES), so nothing is optimised here.
//
//===----------------------------------------------------------------------===//
#include "Lowering.h"

#include "flex/ScheduledLoops/MathExpansion.h"
#include "flex/Target/TileToLLVM.h"

#include "mlir/Conversion/LLVMCommon/ConversionTarget.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

using namespace mlir;

namespace flex::target::cpu {
namespace {

TileHooks makeHooks(const FeatureSet &features) {
  TileHooks hooks;
  bool isX86 = features.isa() == Isa::X86_64;
  hooks.hasMaskedMemory = isX86 || features.hasSVE() || features.isa() == Isa::RiscV64; // NEON has none
  hooks.minMaskedBits = isX86 && !features.hasAVX512() ? 32 : 8; // AVX2 has vmaskmov for 32 and 64 bits
  hooks.hasPrefetch = features.isa() != Isa::RiscV64;
  hooks.hasNontemporal = isX86;
  hooks.copyBytes = features.vectorBits() / 8;
  return hooks;
}

class LowerToCPU : public PassWrapper<LowerToCPU, OperationPass<ModuleOp>> {
public:
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(LowerToCPU)

  explicit LowerToCPU(const FeatureSet &features) : features(features) {}
  StringRef getArgument() const final { return "cpu-lower-tile"; }
  StringRef getDescription() const final { return "tile.kernel ops become functions in the llvm dialect"; }

  void getDependentDialects(DialectRegistry &registry) const final {
    registry.insert<arith::ArithDialect, cf::ControlFlowDialect, LLVM::LLVMDialect, math::MathDialect, scf::SCFDialect,
                    vector::VectorDialect>();
  }

  void runOnOperation() final {
    tile::MathExpansionOptions options;
    if (features.hasAVX512())
      options.ldexp = emitScaleByPower;
    if (failed(tile::expandMath(getOperation(), options)))
      return signalPassFailure();
    for (tile::KernelOp kernel : llvm::make_early_inc_range(getOperation().getOps<tile::KernelOp>()))
      makeKernelFunctions(kernel, features);
    if (failed(convert()))
      signalPassFailure();
  }

private:
  LogicalResult convert() {
    MLIRContext *context = &getContext();
    TileHooks hooks = makeHooks(features);
    LLVMTypeConverter converter(context);
    populateTileTypeConversions(converter, hooks);
    RewritePatternSet patterns(context);
    populateTileToLLVMPatterns(converter, hooks, patterns);
    populateDotPatterns(converter, features, patterns);
    populateBlockRegisterPatterns(converter, features, patterns);
    populateNarrowFloatPatterns(patterns, /*hasHalf=*/features.isa() != Isa::RiscV64);
    populateWidenFloatPatterns(patterns);
    populateScalarToLLVMPatterns(converter, patterns);
    LLVMConversionTarget target(*context);
    target.addLegalOp<ModuleOp, UnrealizedConversionCastOp>();
    ConversionConfig config;
    config.foldingMode = DialectConversionFoldingMode::Never; // LLVM's own form is folded as it is built
    return applyFullConversion(getOperation(), target, std::move(patterns), config);
  }

  FeatureSet features;
};

} // namespace

std::unique_ptr<Pass> createLowerToCPUPass(const FeatureSet &features) {
  return std::make_unique<LowerToCPU>(features);
}

} // namespace flex::target::cpu
