//===- Target.h - What the files of this target share -----------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Lowering.cpp: scheduled loops to calls of OpenCL's builtins. Emit.cpp: that to
// a SPIR-V module. No sub-groups: version 1.2 has none that are portable.
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

StatusOr<target::Payload> emitSpirv(mlir::ModuleOp module, const ChipData &chip, bool wantAssembly);

/// What emitSpirv generates code from.
StatusOr<std::unique_ptr<target::DeviceIR>> deviceIR(mlir::ModuleOp module, const ChipData &chip);

/// Figures of a payload with its assembly.
StatusOr<target::Card> cardOf(const target::Payload &payload, const ChipData &chip);

} // namespace flex::spirv
