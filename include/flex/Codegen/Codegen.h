//===- Codegen.h - What all who run LLVM's code generators share -*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Beside the chain, below the targets and the emulator's retargeting: code
// generators for processors, the errors that LLVM reports, and the intrinsics
// that need no further thought.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Support/Status.h"

#include "llvm/ADT/StringRef.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/Target/TargetMachine.h"

#include <memory>
#include <string>

namespace flex::codegen {

/// LLVM's code generator for shared objects on Linux, with little optimisation. Kind of processor (x86_64, aarch64,
/// riscv64), processor and features as LLVM spells them.
StatusOr<std::unique_ptr<llvm::TargetMachine>> createMachine(const std::string &arch, const std::string &processor,
                                                             const std::string &features);
/// The same for x86-64, where the compiler itself runs.
StatusOr<std::unique_ptr<llvm::TargetMachine>> createHostMachine(const std::string &processor,
                                                                 const std::string &features);

/// From now on, what LLVM reports as an error in `context` is appended to `errors`, which must stay where it is for as
/// long as the context has this handler.
void collectErrors(llvm::LLVMContext &context, std::string &errors);
/// What was collected, for a message; nothing is left.
std::string takeErrors(std::string &errors);

/// Whether every code generator of LLVM that Flex uses selects or expands the intrinsic, for each float and integer
/// type it has. Its name is without types: llvm.fma for llvm.fma.v4f32.
bool isCommonIntrinsic(llvm::StringRef name);

} // namespace flex::codegen
