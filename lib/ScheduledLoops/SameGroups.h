//===- SameGroups.h - Groups that one function serves -----------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The layers of a model repeat. Groups that differ only in the tensors they read
// become one function, launched with other buffers.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/TensorIR/TensorIR.h"

#include "llvm/ADT/DenseMap.h"

namespace flex::tile {

class SameGroups {
public:
  /// The group given before that computes the same as `group` of its own tensors, by the same schedule; if there is
  /// none, remembers `group` and returns null.
  ir::GroupOp find(ir::GroupOp group);

  /// Whether `a` becomes `b` by exchanging the tensors it reads from outside, one for one. Constants are equal to
  /// themselves only: code may hold their values.
  static bool areSame(ir::GroupOp a, ir::GroupOp b);

private:
  llvm::DenseMap<unsigned, llvm::SmallVector<ir::GroupOp, 1>> known; ///< by a hash of the statements
};

} // namespace flex::tile
