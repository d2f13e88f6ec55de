//===- TilePasses.h - Passes around scheduled loops -------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Generated from TilePasses.td: constructors, registration and options.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/ScheduledLoops/TileDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace flex::tile {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "flex/ScheduledLoops/TilePasses.h.inc"
} // namespace flex::tile
