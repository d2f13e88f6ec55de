//===- Matrix.h - Matrix units of NVIDIA chips ------------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// tile.frag, tile.contract and tile.put as ldmatrix, mma.sync and stores.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/IR/PatternMatch.h"

namespace flex::nvptx {

/// The intrinsic that a unit of this name in the tile ops becomes; null if there are no patterns for it.
const char *matrixIntrinsic(llvm::StringRef name);

void populateMatrixPatterns(mlir::LLVMTypeConverter &converter, mlir::RewritePatternSet &patterns);

} // namespace flex::nvptx
