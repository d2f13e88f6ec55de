//===- TurnVectors.cpp - A square of elements, transposed -----------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Blocks change places, of half the lanes, a quarter, …: log2(lanes) rounds of shuffles.
//
//===----------------------------------------------------------------------===//
#include "TurnVectors.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace flex;

void tile::turnVectors(OpBuilder &b, Location loc, MutableArrayRef<Value> vectors) {
  int64_t lanes = static_cast<int64_t>(vectors.size());
  for (int64_t block = lanes / 2; block >= 1; block /= 2)
    for (int64_t l = 0; l < lanes; ++l) {
      if (l & block)
        continue;
      SmallVector<int64_t> low, high;
      for (int64_t at = 0; at < lanes; ++at) {
        low.push_back(at & block ? lanes + at - block : at);
        high.push_back(at & block ? lanes + at : at + block);
      }
      Value first = vectors[l], second = vectors[l + block];
      vectors[l] = vector::ShuffleOp::create(b, loc, first, second, low);
      vectors[l + block] = vector::ShuffleOp::create(b, loc, first, second, high);
    }
}
