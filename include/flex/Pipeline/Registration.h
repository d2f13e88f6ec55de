//===- Registration.h - Every dialect and pass, in one call -----*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What flex-opt and the compiler register. Process-wide and idempotent.
//
//===----------------------------------------------------------------------===//
#pragma once

namespace mlir {
class DialectRegistry;
}

namespace flex {

/// Adds the dialects of Flex, those its stages produce, and linalg for import.
void registerDialects(mlir::DialectRegistry &registry);

/// Registers Flex's passes, the targets' passes, and canonicalize/cse.
void registerPasses();

} // namespace flex
