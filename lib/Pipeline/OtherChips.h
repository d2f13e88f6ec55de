//===- OtherChips.h - Chips that can do what one cannot --------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Diagnostics at the kernel's line, with a note that lists the known chips that have
// what is asked for, read from the same data that the compiler works from.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Target/Target.h"

namespace flex {

/// Reports each group whose schedule needs a matrix unit that the chip lacks and another one has, or that none has;
/// false if there is one.
bool checkMatrixUnits(mlir::ModuleOp groups, const target::Chip &chip);

/// Reports the first operation of a module of loops, or lowered, in a type that the chip does not compute in; false if
/// there is none.
bool reportMissingType(mlir::ModuleOp module, const target::Chip &chip);

} // namespace flex
