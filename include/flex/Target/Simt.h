//===- Simt.h - What targets with groups of threads share -------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One lowering of tile.kernel to a device function in the llvm dialect; a target
// describes its ids, barrier and lane exchange as data and hooks. Invariant: an
// entry has one pointer per buffer and one i64 per dim (flex/Binary/Image.h).
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/ScheduledLoops/MathExpansion.h"
#include "flex/Target/TileToLLVM.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

#include <optional>

namespace flex::target {

/// Pointers given to an entry are aligned to this many bytes: drivers see to it, code relies on it.
inline constexpr int64_t kSimtPointerAlignment = 16;

/// An approximation that is one intrinsic of the target.
tile::MathExpansionOptions::Approximation approximationBy(const char *intrinsic);

/// Gives every thread the value of the thread whose number in the wave differs by `mask` (an i32 comes in and goes
/// out). The masks come in rising powers of two, so that all threads below the step already agree.
using LaneExchange = std::function<mlir::Value(mlir::OpBuilder &, mlir::Location, mlir::Value word, int64_t mask)>;

/// One target's part of the lowering. The pass fills in `hooks.ring` and `hooks.groupReduce`.
struct SimtLowering {
  std::string name; ///< of the pass, e.g. "flex-lower-to-x"
  TileHooks hooks;
  mlir::LLVM::CConv convention = mlir::LLVM::CConv::C;
  std::string triple, dataLayout;
  int64_t maxGroupSize = 1024;
  int64_t groupMemoryBytes = 48 << 10;       ///< that a kernel may have
  std::optional<int64_t> declaredGroupBytes; ///< that code may declare, if a launch can ask for more
  int64_t waveSize = 1;                      ///< 1: threads cannot exchange values but through memory
  LaneExchange exchange;                     ///< needed if waveSize > 1
  unsigned privateSpace = 0;                 ///< address space of a thread's own variables
  /// The dialect that the hooks emit, beside llvm: its namespace, and how to register it.
  std::string dialect;
  void (*registerDialect)(mlir::DialectRegistry &) = nullptr;
  /// Adds what the kernel's convention wants: function attributes.
  std::function<void(mlir::LLVM::LLVMFuncOp kernel, int64_t groupSize)> finishKernel;
  /// Adds type conversions and patterns that win over the shared ones.
  std::function<void(mlir::LLVMTypeConverter &, mlir::RewritePatternSet &)> extend;
};

/// The module pass from tile.kernel ops to llvm.func ops. Reports what exceeds the limits as diagnostics.
std::unique_ptr<mlir::Pass> createSimtLoweringPass(SimtLowering lowering);

inline constexpr unsigned kGroupArrayAlignment = 128;

/// On a lowered module with a kernel that needs more group memory than code may declare: the bytes (i64) of each of its
/// kernels that has any, by name. Their launches ask for them.
inline constexpr llvm::StringLiteral kGroupMemoryAttr = "flex.group_memory";

/// Of a tile.copy_box: the number of its map among its kernel's (i64). Of a kernel: its maps, dictionaries with what
/// ImageTensorMap has, each an argument of kTensorMapBytes behind the dims. Of a lowered module: the same by kernel.
inline constexpr llvm::StringLiteral kMapAttr = "flex.map";
inline constexpr llvm::StringLiteral kTensorMapsAttr = "flex.tensor_maps";
inline constexpr int64_t kTensorMapBytes = 128;

/// The argument of a map, in a function that is lowered from a tile.kernel; null if it has none of that number.
mlir::Value tensorMapArgument(mlir::Operation *inside, int64_t number);

/// A private array in group memory, uninitialised, as a pointer.
mlir::Value makeGroupArray(mlir::OpBuilder &builder, mlir::Location loc, const std::string &name, mlir::Type element,
                           int64_t count, unsigned space, unsigned alignment = kGroupArrayAlignment);

/// The threads of the function that the builder is in.
int64_t groupSizeAt(mlir::OpBuilder &builder);

} // namespace flex::target
