//===- SimtReduce.h - One value from all threads of a group -----*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Private to lib/Target: how the shared lowering reduces over a group.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Target/Simt.h"

namespace flex::target {

/// The combination of `value` over the threads that are combined, the same bits in each of them. In a fixed
/// order: lanes of a wave by exchange, then waves through group memory; through memory alone without waves. Null for
/// threads apart that are not of one wave.
mlir::Value reduceOverGroup(mlir::OpBuilder &builder, mlir::Location loc, const SimtLowering &lowering,
                            const GroupReduce &reduce, mlir::Value value);

} // namespace flex::target
