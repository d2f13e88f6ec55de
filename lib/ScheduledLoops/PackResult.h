//===- PackResult.h - Memory forms of tensors -------------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Elements of four bits lie packed at the kernel's boundary and a byte each
// inside, so that two threads never write one byte; and which results may be
// written over the argument they replace. Used by tile-emit-loops.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/ScheduledLoops/DeviceDescription.h"
#include "flex/ScheduledLoops/TileDialect.h"

namespace flex::tile {

/// The buffer of a tensor: bytes for elements of four bits.
BufferType bufferTypeOf(mlir::Type tensor, Space space);

/// The launch that packs a result; arguments: the bytes, the packed memory.
KernelOp emitPackResult(mlir::OpBuilder &builder, ir::KernelOp kernel, const std::string &name, mlir::Value result,
                        const DeviceDescription &device);

/// The results stored over an argument of which every element is read, for the last time, before the same element of
/// the result is written.
std::vector<int64_t> resultsInPlace(ir::KernelOp kernel);

/// Whether a group's result may lie where `input`, an argument or another group's result, lies: each element of it is
/// read, for the last time, before the same element of the result is written.
bool isInPlace(ir::KernelOp kernel, mlir::Value result, mlir::Value input);

} // namespace flex::tile
