//===- Target.h - What the files of this target share -----------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Lowering.cpp: scheduled loops to the nvvm dialect. Emit.cpp: that to PTX text.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "Chips.h"
#include "flex/ScheduledLoops/MathExpansion.h"
#include "flex/Target/DeviceCodegen.h"
#include "flex/Target/Simt.h"
#include "flex/Target/Target.h"

namespace flex::nvptx {

inline constexpr const char *kTriple = "nvptx64-nvidia-cuda";

/// Ids, barrier, shuffles and the convention of kernels.
target::SimtLowering lowering(const ChipData &chip);

/// The units for special functions, which know ten times as many exponents as they are asked for here.
tile::MathExpansionOptions mathOptions();

/// The matrix units of a family ("mma", "wgmma", "tcgen05") that the lowering makes use of on the chip, in its order.
std::vector<tile::MatrixUnit> unitsOf(const ChipData &chip, llvm::StringRef family);

/// Whether the chip has an instruction for f32 to bf16: those that multiply bf16 do. One number, and two.
bool roundsToBF16(const ChipData &chip);
inline constexpr const char *kRoundIntrinsics[] = {"llvm.nvvm.f2bf16.rn", "llvm.nvvm.ff2bf16x2.rn"};
void populateRoundingPatterns(mlir::LLVMTypeConverter &converter, mlir::RewritePatternSet &patterns);

/// PTX of the lowest version that the chip allows. Fails rather than hands out a symbol nobody defines.
StatusOr<target::Payload> emitPtx(mlir::ModuleOp module, const ChipData &chip);

/// What emitPtx generates code from.
StatusOr<std::unique_ptr<target::DeviceIR>> deviceIR(mlir::ModuleOp module, const ChipData &chip);

/// What kernels declare of group memory becomes part of what their launches ask for.
Status askForGroupMemory(llvm::Module &module);

/// Kernels that stage tiles in group memory may have the registers that their work takes, but for those that are
/// bigger.
void allowRegisters(llvm::Module &module, llvm::function_ref<bool(const llvm::Function &)> isBigger);

/// Figures of a payload with its assembly.
StatusOr<target::Card> cardOf(const target::Payload &payload, const ChipData &chip);

} // namespace flex::nvptx
