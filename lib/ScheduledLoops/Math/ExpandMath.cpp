//===- ExpandMath.cpp - The pass around the math expansions ---------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The pass tile-expand-math: portable scaling by powers of two; a target with an
// instruction for it runs expandMath itself.
//
//===----------------------------------------------------------------------===//
#include "flex/ScheduledLoops/MathExpansion.h"
#include "flex/ScheduledLoops/TilePasses.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

namespace flex::tile {
#define GEN_PASS_DEF_TILEEXPANDMATH
#include "flex/ScheduledLoops/TilePasses.h.inc"
} // namespace flex::tile

namespace {
struct ExpandMathPass : flex::tile::impl::TileExpandMathBase<ExpandMathPass> {
  ExpandMathPass() = default;
  explicit ExpandMathPass(flex::tile::MathExpansionOptions options) : options(std::move(options)) {}

  void getDependentDialects(mlir::DialectRegistry &registry) const override {
    TileExpandMathBase::getDependentDialects(registry);
    registry.insert<mlir::LLVM::LLVMDialect>(); // approximations are intrinsics
  }

  void runOnOperation() override {
    if (failed(flex::tile::expandMath(getOperation(), options)))
      signalPassFailure();
  }

private:
  flex::tile::MathExpansionOptions options;
};
} // namespace

std::unique_ptr<mlir::Pass> flex::tile::createExpandMathPass(MathExpansionOptions options) {
  return std::make_unique<ExpandMathPass>(std::move(options));
}
