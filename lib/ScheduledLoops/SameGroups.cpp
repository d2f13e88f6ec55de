//===- SameGroups.cpp - Groups that one function serves -------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Structural comparison; names and places in the text do not matter.
//
//===----------------------------------------------------------------------===//
#include "SameGroups.h"

#include "Simd/PackConstant.h"

using namespace mlir;
using namespace flex;
using namespace flex::tile;

bool SameGroups::areSame(ir::GroupOp a, ir::GroupOp b) {
  if (a.getOuterAttr() != b.getOuterAttr() || a.getScheduleAttr() != b.getScheduleAttr() ||
      a->hasAttr(kPackedAttr) != b->hasAttr(kPackedAttr))
    return false;
  llvm::DenseMap<Value, Value> forward, backward;
  auto mark = [&](Value left, Value right) {
    forward[left] = right;
    backward[right] = left;
  };
  auto check = [&](Value left, Value right) -> LogicalResult {
    auto there = forward.find(left), back = backward.find(right);
    if (there != forward.end() || back != backward.end())
      return success(there != forward.end() && there->second == right && back != backward.end());
    // Both are from outside, met for the first time.
    auto leftConstant = left.getDefiningOp<ir::ConstantOp>(), rightConstant = right.getDefiningOp<ir::ConstantOp>();
    if (left.getType() != right.getType() || static_cast<bool>(leftConstant) != static_cast<bool>(rightConstant) ||
        (leftConstant && leftConstant.getValue() != rightConstant.getValue()))
      return failure();
    // Elements of four bits lie packed where no group has written them.
    bool isPacked = cast<ir::NamedTensorType>(left.getType()).getElementBits() < 8;
    if (isPacked && !left.getDefiningOp<ir::GroupOp>() != !right.getDefiningOp<ir::GroupOp>())
      return failure();
    mark(left, right);
    return success();
  };
  if (!OperationEquivalence::isRegionEquivalentTo(&a.getBody(), &b.getBody(), check, mark,
                                                  OperationEquivalence::IgnoreLocations))
    return false;
  // MLIR does not ask about an operand that both sides share, so (x, x) and (y, x) have passed: check those pairs now.
  for (auto [left, right] : llvm::zip_equal(a.getBody().front(), b.getBody().front()))
    for (auto [from, to] : llvm::zip_equal(left.getOperands(), right.getOperands()))
      if (failed(check(from, to)))
        return false;
  return true;
}

ir::GroupOp SameGroups::find(ir::GroupOp group) {
  llvm::hash_code hash = llvm::hash_value(group.getOuterAttr().getAsOpaquePointer());
  for (Operation &statement : group.getBody().front())
    hash = llvm::hash_combine(hash, OperationEquivalence::computeHash(&statement, OperationEquivalence::ignoreHashValue,
                                                                      OperationEquivalence::ignoreHashValue,
                                                                      OperationEquivalence::IgnoreLocations));
  llvm::SmallVector<ir::GroupOp, 1> &candidates = known[static_cast<unsigned>(static_cast<size_t>(hash))];
  for (ir::GroupOp candidate : candidates)
    if (areSame(candidate, group))
      return candidate;
  candidates.push_back(group);
  return nullptr;
}
