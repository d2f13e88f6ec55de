//===- SimtTensorMaps.h - Tensors that kernels copy boxes of ----*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Equal maps are one argument of the kernel, behind the dims.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Target/Simt.h"

namespace flex::target {

/// Before tile ops are lowered: each tile.copy_box learns the number of its map (kMapAttr), each tile.kernel its maps
/// (kTensorMapsAttr). Diagnoses a source that is no argument of the kernel.
mlir::LogicalResult numberTensorMaps(mlir::ModuleOp module);

} // namespace flex::target
