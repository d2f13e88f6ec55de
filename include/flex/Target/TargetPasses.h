//===- TargetPasses.h - From scheduled loops to a target's module -*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Generated from TargetPasses.td: constructors, registration and options.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace flex::target {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "flex/Target/TargetPasses.h.inc"
} // namespace flex::target
