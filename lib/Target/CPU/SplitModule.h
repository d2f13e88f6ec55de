//===- SplitModule.h - Parts of a module that code is made of apart -------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A model has a hundred functions: what does not refer to each other is generated
// at the same time.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

namespace flex::target::cpu {

/// Modules of copies, at most `maxParts`, whose operations refer to nothing in another part; about equally large.
/// None if the module cannot be split. Depends on the module alone.
std::vector<mlir::OwningOpRef<mlir::ModuleOp>> splitModule(mlir::ModuleOp module, size_t maxParts);

} // namespace flex::target::cpu
