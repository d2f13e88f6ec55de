//===- CheckModule.h - What code generation would die of --------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A target module may come from anybody as text. LLVM's back ends end the process
// where they find what they cannot read; this looks first.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Support/Status.h"

namespace llvm {
class Module;
} // namespace llvm

namespace flex::target {

/// Unimplemented if the module holds assembly text: no target's assembler is part of the compiler.
Status checkNoAssembly(const llvm::Module &module);

} // namespace flex::target
