//===- ExpandMath.cpp - The pass around the math expansions ---------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The pass tile-expand-math: portable scaling by powers of two; a target with an
// instruction for it runs expandMath itself.
//
//===----------------------------------------------------------------------===//
#include "flex/ScheduledLoops/MathExpansion.h"
#include "flex/ScheduledLoops/TilePasses.h"

namespace flex::tile {
#define GEN_PASS_DEF_TILEEXPANDMATH
#include "flex/ScheduledLoops/TilePasses.h.inc"
} // namespace flex::tile

namespace {
struct ExpandMathPass : flex::tile::impl::TileExpandMathBase<ExpandMathPass> {
  void runOnOperation() override {
    if (failed(flex::tile::expandMath(getOperation())))
      signalPassFailure();
  }
};
} // namespace
