//===- Pipe.h - Stages that one thread fills --------------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// tile.pipe… and tile.copy_box as mbarriers and TMA. The words of a pipe: of each
// stage the barrier that it is full by, then of each the one it is empty by.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "GroupOperand.h"

namespace flex::nvptx {

/// Waits until the phase of a barrier with that parity (i32) is over.
void waitForPhase(Numbers &n, mlir::Value barrier, mlir::Value parity);

/// A branch of threads whose number has that value.
void whenEqual(Numbers &n, mlir::Value x, int64_t y, llvm::function_ref<void()> body);

/// Names of all that the lowering calls; "x." stands for what begins so.
inline constexpr const char *kPipeIntrinsics[] = {"llvm.nvvm.mbarrier.init.shared",
                                                  "llvm.nvvm.mbarrier.arrive.shared",
                                                  "llvm.nvvm.mbarrier.arrive.expect.tx.scope.cta.space.cta",
                                                  "llvm.nvvm.mbarrier.try.wait.parity.scope.cta.space.cta",
                                                  "llvm.nvvm.fence.mbarrier_init.release.cluster",
                                                  "llvm.nvvm.cp.async.bulk.tensor.g2s.tile."};

void populatePipePatterns(mlir::LLVMTypeConverter &converter, mlir::RewritePatternSet &patterns);

} // namespace flex::nvptx
