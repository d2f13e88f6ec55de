//===- Target.h - What the files of this target share -----------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Lowering.cpp, Matrix.cpp: scheduled loops to calls of OpenCL's builtins. Emit.cpp:
// that to a SPIR-V module. Sub-groups only in kernels of Intel's matrix units: version
// 1.2 has none that are portable.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "Chips.h"
#include "flex/Target/DeviceCodegen.h"
#include "flex/Target/Simt.h"
#include "flex/Target/Target.h"

namespace flex::spirv {

/// Ids, barrier and the convention of kernels; exact minimum and maximum.
target::SimtLowering lowering(const ChipData &chip);

/// Calls a mangled builtin, declared on first use.
mlir::LLVM::CallOp callBuiltin(mlir::OpBuilder &builder, mlir::Location loc, llvm::StringRef name, mlir::Type result,
                               mlir::ValueRange arguments, llvm::ArrayRef<llvm::StringRef> attributes,
                               bool hasNoEffects = false);

StatusOr<target::Payload> emitSpirv(mlir::ModuleOp module, const ChipData &chip, bool wantAssembly);

/// What emitSpirv generates code from.
StatusOr<std::unique_ptr<target::DeviceIR>> deviceIR(mlir::ModuleOp module, const ChipData &chip);

/// Values of bf16 that are loaded as bits and used as bits become integers, loops and branches between included.
void passOnBFloatsAsBits(llvm::Module &module);

/// Figures of a payload with its assembly.
StatusOr<target::Card> cardOf(const target::Payload &payload, const ChipData &chip);

} // namespace flex::spirv
