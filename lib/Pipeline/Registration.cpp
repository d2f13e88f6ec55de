//===- Registration.cpp - Every dialect and pass, in one call -------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The targets come from the generated list: none is named here.
//
//===----------------------------------------------------------------------===//
#include "flex/Pipeline/Registration.h"
#include "flex/ScheduledLoops/TilePasses.h"
#include "flex/Target/Target.h"
#include "flex/Target/TargetPasses.h"
#include "flex/TensorIR/TensorPasses.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/UB/IR/UBOps.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Transforms/Passes.h"

void flex::registerDialects(mlir::DialectRegistry &registry) {
  registry
      .insert<ir::FlexDialect, tile::TileDialect, mlir::arith::ArithDialect, mlir::cf::ControlFlowDialect,
              mlir::func::FuncDialect, mlir::LLVM::LLVMDialect, mlir::linalg::LinalgDialect, mlir::math::MathDialect,
              mlir::scf::SCFDialect, mlir::tensor::TensorDialect, mlir::ub::UBDialect, mlir::vector::VectorDialect>();
  for (const auto &target : target::allTargets())
    target->registerDialects(registry);
}

void flex::registerPasses() {
  mlir::registerCanonicalizer();
  mlir::registerCSE();
  ir::registerFlexTensorPasses();
  tile::registerFlexTilePasses();
  target::registerFlexTargetPasses();
}
