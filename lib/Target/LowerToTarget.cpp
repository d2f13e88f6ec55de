//===- LowerToTarget.cpp - A target's lowering as a pass ------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Scheduled loops -> target module, for flex-opt: the compiler itself asks the
// chip for its passes.
//
//===----------------------------------------------------------------------===//
#include "flex/Target/Target.h"
#include "flex/Target/TargetPasses.h"

#include "mlir/Pass/PassManager.h"

namespace flex::target {
#define GEN_PASS_DEF_LOWERTOTARGET
#include "flex/Target/TargetPasses.h.inc"

namespace {

class LowerToTarget : public impl::LowerToTargetBase<LowerToTarget> {
public:
  using LowerToTargetBase::LowerToTargetBase;

  void getDependentDialects(mlir::DialectRegistry &registry) const override {
    if (StatusOr<std::unique_ptr<Chip>> made = createChip(chip)) {
      mlir::OpPassManager passes(mlir::ModuleOp::getOperationName());
      (*made)->buildLowering(passes);
      passes.getDependentDialects(registry);
    }
  }

  void runOnOperation() override {
    mlir::ModuleOp module = getOperation();
    StatusOr<std::unique_ptr<Chip>> made = createChip(chip);
    if (!made) {
      mlir::emitError(module.getLoc()) << made.status().message();
      return signalPassFailure();
    }
    mlir::OpPassManager passes(mlir::ModuleOp::getOperationName());
    (*made)->buildLowering(passes);
    if (mlir::failed(runPipeline(passes, module)))
      return signalPassFailure();
    if (!emit)
      return;
    StatusOr<Payload> payload = (*made)->emit(module, /*wantAssembly=*/true);
    if (!payload) {
      mlir::emitError(module.getLoc()) << payload.status().message();
      return signalPassFailure();
    }
    module->setAttr("flex.assembly", mlir::StringAttr::get(&getContext(), payload->assembly));
  }
};

} // namespace
} // namespace flex::target
