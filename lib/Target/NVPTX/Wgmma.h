//===- Wgmma.h - Matrix instructions of four warps --------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// tile.multiply, tile.multiply_held and tile.settle as wgmma, in two steps: LLVM has no intrinsic for
// the instruction, so the target module calls a function of its name, which becomes
// assembly behind LLVM's optimiser. A module from outside cannot bring its own text.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/ScheduledLoops/DeviceDescription.h"
#include "flex/Support/Status.h"

#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/IR/PatternMatch.h"

#include <optional>

namespace llvm {
class Module;
} // namespace llvm

namespace flex::nvptx {

/// One instruction: 64 x n results, k steps.
struct Wgmma {
  unsigned n = 0, k = 0;
  const char *types = ""; ///< of result and operands, as the mnemonic ends
  unsigned elementBytes = 2;
  bool isInteger = false; ///< its sums

  unsigned lanes() const { return n / 2; }
};

/// Registers of operand a, where it is in registers.
inline constexpr int64_t kWordsOfA = 4;

/// The instruction of a unit's name, as in "wgmma.m64n128k16.f16".
std::optional<Wgmma> findWgmma(llvm::StringRef unit);

/// A family's instructions that the lowering makes use of: one for each power of two of columns.
std::vector<tile::MatrixUnit> wgmmaUnits(const tile::MatrixUnit &family);

/// What the functions' names begin with.
inline constexpr const char *kWgmmaPrefix = "flex.wgmma.";

void populateWgmmaPatterns(mlir::LLVMTypeConverter &converter, mlir::RewritePatternSet &patterns);

/// Calls of those functions become assembly.
Status expandWgmma(llvm::Module &module);

} // namespace flex::nvptx
