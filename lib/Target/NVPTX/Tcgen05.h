//===- Tcgen05.h - Matrix instructions with sums in tensor memory -*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// tile.multiply, tile.settle and tile.put as tcgen05. One thread issues, four warps
// own the sums. A sum is one element in the tile ops: its first column in tensor
// memory plus one, or zero as long as nothing has been added to it.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/ScheduledLoops/DeviceDescription.h"

#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Pass/Pass.h"

#include <optional>

namespace flex::nvptx {

/// One instruction: 128 x n results, k steps.
struct Tcgen05 {
  unsigned n = 0, k = 0;
  unsigned kind = 0;   ///< as LLVM numbers them: f16, tf32, f8f6f4, i8
  unsigned format = 0; ///< of the operands, in the instruction descriptor
  unsigned elementBytes = 2;
  bool isInteger = false; ///< its sums
};

/// The instruction of a unit's name, as in "tcgen05.m128n128k16.f16".
std::optional<Tcgen05> findTcgen05(llvm::StringRef unit);

/// A family's instructions that the lowering makes use of: one for each power of two of columns. Their threads are the
/// four warps that reach the 128 rows of the sums.
std::vector<tile::MatrixUnit> tcgen05Units(const tile::MatrixUnit &family);

/// Names of all that the lowering calls; "x." stands for what begins so.
inline constexpr const char *kTcgen05Intrinsics[] = {
    "llvm.nvvm.tcgen05.", "llvm.nvvm.mbarrier.init.shared", "llvm.nvvm.mbarrier.try.wait.parity.scope.cta.space.cta",
    "llvm.nvvm.fence.mbarrier_init.release.cluster", "llvm.nvvm.fence.proxy.async.shared_cta"};

/// Before tile ops are lowered: kernels with such a tile.multiply get tensor memory and barriers at their beginning,
/// and give it back at their end.
std::unique_ptr<mlir::Pass> createTensorMemoryPass();

void populateTcgen05Patterns(mlir::LLVMTypeConverter &converter, mlir::RewritePatternSet &patterns);

} // namespace flex::nvptx
