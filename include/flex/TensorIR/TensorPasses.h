//===- TensorPasses.h - Passes over the tensor IR ---------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Generated from TensorPasses.td: constructors, registration and options.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/TensorIR/TensorIR.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace flex::ir {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "flex/TensorIR/TensorPasses.h.inc"
} // namespace flex::ir
