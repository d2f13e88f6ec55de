//===- EmitSimtContractTurn.h - Operands turned in registers ----*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Part of strategy Matrix: an operand whose memory runs along the outer index is
// turned by the threads that carry it, so that fragments are read in whole chunks.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "mlir/IR/Builders.h"

namespace flex::tile {

/// Element i of run j is element j of chunk i. Elements of 8 or 16 bits; all chunks have one type.
llvm::SmallVector<mlir::Value> turnChunks(mlir::OpBuilder &builder, mlir::Location loc,
                                          llvm::ArrayRef<mlir::Value> chunks);

} // namespace flex::tile
