//===- TurnVectors.h - A square of elements, transposed ---------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Of vectors in registers, for reads that run across what lanes run along.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "mlir/IR/Builders.h"

namespace flex::tile {

/// Element u of vector l becomes element l of vector u: as many vectors as lanes, a power of two.
void turnVectors(mlir::OpBuilder &builder, mlir::Location loc, llvm::MutableArrayRef<mlir::Value> vectors);

} // namespace flex::tile
