//===- ImportLinalg.h - Functions of linalg become kernels ------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The way in for other front ends: func.func of linalg on tensors. The pass
// flex-import-linalg is this function.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/TensorIR/TensorIR.h"
#include "mlir/IR/BuiltinOps.h"

namespace flex::ir {

/// Replaces each func.func of the module by a flex.kernel of the same name and
/// meaning. Dynamic dimensions get names (d0, d1, …), equal where linalg makes
/// them equal. What has no counterpart is an error at the operation; the module is
/// then of no further use.
mlir::LogicalResult importLinalg(mlir::ModuleOp module);

} // namespace flex::ir
