//===- ScanForms.h - What a scan looks back at ------------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Asked by fusion and by emission, which must agree: a scan that needs only the element before keeps it in a
// register, any other one reads its result from memory.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/TensorIR/TensorIR.h"

namespace flex::ir {

/// What a scan that reads only the element just before starts with; nothing for others. The first `outer` indices
/// stand still.
std::optional<mlir::TypedAttr> getCarriedStart(ScanOp scan, unsigned outer);

} // namespace flex::ir
