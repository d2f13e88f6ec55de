//===- TablesTest.cpp - Instructions are found by patterns ----------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Patterns, and names that no table has.
//
//===----------------------------------------------------------------------===//
#include "flex/Emulator/Intrinsic.h"

#include <gtest/gtest.h>

using namespace flex::emulator;

namespace {

TEST(Tables, PatternsMatch) {
  EXPECT_TRUE(matches("llvm.a.b", "llvm.a.b"));
  EXPECT_FALSE(matches("llvm.a.b", "llvm.a.bc"));
  EXPECT_TRUE(matches("llvm.a.*", "llvm.a."));
  EXPECT_TRUE(matches("llvm.*.f32*", "llvm.a.f16.f32.x"));
  EXPECT_FALSE(matches("llvm.*.f32", "llvm.a.f32.x"));
  EXPECT_TRUE(matches("asm *wgmma*k16*", "asm { wgmma.mma_async.m64n8k16.f32; }"));
  EXPECT_FALSE(matches("asm *wgmma*k16*", "asm { k16 wgmma }"));
  EXPECT_FALSE(matches("a*a", "a"));
}

TEST(Tables, UnknownNamesHaveNoBinding) {
  EXPECT_FALSE(bind({"llvm.nothing.of.the.kind", "", {}, 0}).execute);
  EXPECT_TRUE(bind({"llvm.sideeffect", "", {}, 0}).execute);
}

} // namespace
