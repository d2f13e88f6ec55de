//===- Plan.h - The buffers and launches of a kernel ------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What tile-emit-loops decides beside the loops: which memory exists and which
// tile.kernel runs on it, in which order. Lives in the module attribute
// `flex.plan` (one dictionary per kernel), so that a .loops.mlir file is complete;
// the pipeline turns it into an ImageProgram.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Binary/Image.h"
#include "flex/ScheduledLoops/TileDialect.h"
#include "mlir/IR/BuiltinOps.h"

namespace flex::tile {

/// A kernel's signature and plan. Workspace bytes of the launches are left 0: a
/// target knows them (Workspace.h). `constants` holds the bytes of constant buffers.
struct KernelPlan {
  std::string kernel;
  std::string doc;
  std::vector<std::string> dims;
  std::vector<std::string> constraints; ///< as text, see flex.kernel
  std::vector<ImageTensor> params, results;
  std::vector<ImageBuffer> buffers;
  std::vector<ImageLaunch> launches;
  std::vector<uint8_t> constants;
  DimExpr arenaBytes;
  std::vector<int64_t> inPlace, bound; ///< see ImageProgram
  DimExpr keptBytes;
  std::string keptKey; ///< see ImageProgram
  std::vector<std::string> keptDims;
  bool strict = false; ///< see ImageKernel
};

/// Of a flex.kernel: the numbers of the arguments that stay the same from launch to launch (array<i64>). What follows
/// from them alone becomes launches of its own, which a runtime runs once (ImageLaunch::kept).
inline constexpr llvm::StringLiteral kBoundAttr = "flex.bound";

/// Behind the name of a group: its launch for shapes whose rows begin at no multiples of 16 bytes, where the first one,
/// which copies boxes, has no work items.
inline constexpr llvm::StringLiteral kUnalignedSuffix = "_unaligned";

/// A scalar's default as the image spells it; empty for none.
std::string numberText(mlir::TypedAttr value, mlir::Type tensor);

/// Adds (or replaces) the plan of one kernel in the module's attribute.
void writePlan(mlir::ModuleOp module, const KernelPlan &plan);

/// All plans of a module; InvalidArgument if the attribute is malformed.
StatusOr<std::vector<KernelPlan>> readPlans(mlir::ModuleOp module);

} // namespace flex::tile
