//===- Target.h - What the files of this target share -----------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Lowering.cpp: scheduled loops to the rocdl dialect. Emit.cpp: that to a code
// object (HSACO). Resources.cpp: what one uses of the chip.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "Chips.h"
#include "flex/ScheduledLoops/MathExpansion.h"
#include "flex/Target/DeviceCodegen.h"
#include "flex/Target/Simt.h"
#include "flex/Target/Target.h"

namespace flex::amdgpu {

/// v_exp_f32, v_rcp_f32 and v_rsq_f32: one ulp, each.
tile::MathExpansionOptions mathOptions();

inline constexpr const char *kTriple = "amdgcn-amd-amdhsa";

/// Ids, barrier, lane exchange for the chip's wave size and the convention of kernels.
target::SimtLowering lowering(const ChipData &chip);

StatusOr<target::Payload> emitCodeObject(mlir::ModuleOp module, const ChipData &chip, bool wantAssembly);

/// What emitCodeObject generates code from.
StatusOr<std::unique_ptr<target::DeviceIR>> deviceIR(mlir::ModuleOp module, const ChipData &chip);

/// What a kernel takes of the chip, as its metadata notes say.
struct KernelResources {
  std::string name;
  int64_t groupSize = 0, ldsBytes = 0, scratchBytes = 0;
  int64_t vectorRegisters = 0, vectorSpills = 0, scalarSpills = 0;
  int64_t argumentBytes = 0, waveSize = 0;
};

/// Reads the notes of a linked code object; DataLoss if they are not there or not whole.
StatusOr<std::vector<KernelResources>> readResources(llvm::StringRef codeObject);

/// Figures of a payload with its assembly.
StatusOr<target::Card> cardOf(const target::Payload &payload, const ChipData &chip);

} // namespace flex::amdgpu
