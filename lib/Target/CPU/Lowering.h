//===- Lowering.h - The CPU target's passes and code generator --*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the files of this folder share: tile.kernel -> llvm dialect -> ELF.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "Features.h"
#include "flex/ScheduledLoops/TileDialect.h"
#include "flex/Target/Target.h"

#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Pass/Pass.h"
#include "llvm/CodeGen/Passes.h"

namespace llvm {
class Module;
}

namespace flex::target::cpu {

/// The pass from tile.kernel ops to the llvm dialect.
std::unique_ptr<mlir::Pass> createLowerToCPUPass(const FeatureSet &features);

/// Replaces a tile.kernel by two functions: NAME.body runs one work item, NAME
/// is the entry of flex/Binary/Image.h. What tile.ring, tile.id and tile.lane
/// gave is then computed from the arguments; other tile ops stay.
void makeKernelFunctions(tile::KernelOp kernel, const FeatureSet &features);

/// x * 2^n by AVX-512's vscalef; x and n scalars or vectors of f32 or f64.
mlir::Value emitScaleByPower(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value x, mlir::Value n);

/// The chip's dot instructions, the widest for a type first. Those of bytes are worth it wherever they are; those of
/// bf16 only if somebody has measured that they are.
std::vector<tile::MatrixUnit> dotUnits(const FeatureSet &features, bool withBf16);
/// Whether this processor, which must have AVX512-BF16, multiplies bf16 clearly faster in pairs than as f32: on some
/// it does so at half of the rate. Measured once, in some 0.1 ms.
bool hasFastBf16Dots();
/// tile.contract in terms of them, and what rounds their sums. `features` must outlive the patterns.
void populateDotPatterns(const mlir::LLVMTypeConverter &converter, const FeatureSet &features,
                         mlir::RewritePatternSet &patterns);

/// The chip's multiplications of blocks (AMX), in each type.
std::vector<tile::MatrixUnit> blockUnits(const FeatureSet &features);
/// The tile.register ops in terms of them. `features` must outlive the patterns.
void populateBlockRegisterPatterns(const mlir::LLVMTypeConverter &converter, const FeatureSet &features,
                                   mlir::RewritePatternSet &patterns);

/// Generates the ELF shared object of a module in the llvm dialect.
StatusOr<Payload> generateCode(mlir::ModuleOp module, const FeatureSet &features, bool wantAssembly);

/// Whether a function has more vector constants and carried vectors than registers. Our loops come with nothing left to
/// hoist but constants. Hoisted before registers are given out, those of an epilogue stay alive through the contraction
/// before it, whose sums then go to memory.
bool crowdsRegisters(const llvm::Module &module, unsigned vectorRegisters);

/// A machine pass that adds up, into `count`, the accesses to vector-sized
/// spill slots inside loops. `count` must outlive the pass.
llvm::FunctionPass *createSpillCounter(int64_t &count);

/// Masked stores of one lane become scalar stores, which LLVM gets right.
llvm::FunctionPass *createSingleLaneStores();

} // namespace flex::target::cpu
