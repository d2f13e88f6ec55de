//===- StatementCost.h - What a body costs ----------------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// In units of one add; what decides whether a map is computed again, or where.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/TensorIR/TensorIR.h"

namespace flex::ir {

/// A map above this is computed once and kept if several statements read it.
inline constexpr int kCheap = 6;
/// One above this is never computed more often than written.
inline constexpr int kTrivial = 2;

/// The operations of a map's body, and its reads after the first.
int costOf(MapOp map);

} // namespace flex::ir
