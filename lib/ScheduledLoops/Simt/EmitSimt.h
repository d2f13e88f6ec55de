//===- EmitSimt.h - What strategies with groups of threads share -*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Small pieces of code: the thread's number, conditions, branches on them.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "../Emitter.h"

namespace flex::tile {

/// Threads of a block of strategy Block beside each other.
inline constexpr int64_t kThreadColumns = 16;

/// A name for the number of the thread in its group.
DimExpr threadNumber(LoopBuilder &loops);
mlir::Value lessThan(LoopBuilder &loops, const DimExpr &a, const DimExpr &b);
/// i1; either may be null, which is always true.
mlir::Value allOf(LoopBuilder &loops, mlir::Value a, mlir::Value b);
/// i1: each number is a multiple; null without numbers.
mlir::Value areMultiples(LoopBuilder &loops, llvm::ArrayRef<DimExpr> numbers, int64_t divisor);
/// A branch without results; a null condition is always true.
void when(LoopBuilder &loops, mlir::Value condition, llvm::function_ref<void()> body);
void either(LoopBuilder &loops, mlir::Value condition, llvm::function_ref<void()> yes, llvm::function_ref<void()> no);
/// Numbers of less than 2^32, as those of work items are: division in 64 bits costs ten times as much.
DimExpr divideNumber(LoopBuilder &loops, const std::string &stem, const DimExpr &dividend, const DimExpr &divisor);
/// The coordinates of such a number along an axis of several indices.
llvm::SmallVector<DimExpr> splitNumber(LoopBuilder &loops, const DimExpr &number, const IndexAxis &axis);
/// The loop that is being filled is not to be unrolled: a path that is rarely taken.
void keepRolled(LoopBuilder &loops);

} // namespace flex::tile
