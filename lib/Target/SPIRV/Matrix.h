//===- Matrix.h - Tile ops for Intel's matrix units -------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Part of the lowering of scheduled loops: fragments, DPAS and results of a
// sub-group.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "Chips.h"
#include "flex/Target/Simt.h"

namespace flex::spirv {

/// Whether the patterns know a function for a matrix unit.
bool lowersMatrixUnit(const tile::MatrixUnit &unit);

/// The mangled names of all functions of sub-groups that the patterns call.
std::vector<std::string> subgroupFunctions();

/// Those of them that read blocks of group memory.
std::vector<std::string> blockReads();

/// Adds the patterns of tile.wave, .frag, .contract, .put and of waits of a wave; they win over the shared ones. `chip`
/// must outlive the patterns.
void populateMatrixPatterns(const mlir::LLVMTypeConverter &converter, const target::ChipFacts &chip,
                            mlir::RewritePatternSet &patterns);

} // namespace flex::spirv
