//===- flex-opt.cpp - Runs passes over IR, for tests ----------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A shell around MLIR's opt main: every pass and dialect of Flex is registered by
// the Pipeline library, nothing lives here.
//
//===----------------------------------------------------------------------===//
#include "flex/Pipeline/Registration.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  flex::registerDialects(registry);
  flex::registerPasses();
  return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, "Flex pass driver\n", registry));
}
