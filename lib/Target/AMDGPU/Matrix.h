//===- Matrix.h - Tile ops for matrix units ---------------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Part of the lowering of scheduled loops: fragments, matrix instructions and
// results of a wave.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "Chips.h"
#include "flex/Target/Simt.h"

namespace flex::amdgpu {

/// Whether the patterns know an instruction for a matrix unit of that name.
bool lowersMatrixUnit(const std::string &name);

/// Adds the patterns of tile.wave, .frag, .contract, .put and of waits for group memory only; they win over the shared
/// ones. `chip` must outlive the patterns.
void populateMatrixPatterns(const mlir::LLVMTypeConverter &converter, const ChipData &chip,
                            mlir::RewritePatternSet &patterns);

/// Keeps results of matrix instructions in the ordinary registers: LLVM would copy them to and from the accumulators.
/// Runs on the lowered module.
std::unique_ptr<mlir::Pass> createKeepOutOfAccumulatorsPass();

/// Words that masks, shifts and an `or` put together from bytes of two words become one instruction, in kernels of
/// matrix units. Runs on the lowered module.
std::unique_ptr<mlir::Pass> createPermuteBytesPass();

} // namespace flex::amdgpu
