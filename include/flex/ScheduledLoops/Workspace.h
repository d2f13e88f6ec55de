//===- Workspace.h - Where a CPU kernel's rings lie -------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// On a target without on-chip memory of its own, the tile.ring ops of a work
// item lie one behind the other in the workspace that the runtime gives each
// thread. The target that lowers the rings and the pipeline that fills in
// ImageLaunch::workspaceBytes both ask here, so they cannot disagree.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/ScheduledLoops/TileDialect.h"

namespace flex::tile {

/// A unit attribute on a tile.kernel: its buffers may be the same memory, element for element.
inline constexpr llvm::StringLiteral kMayAliasAttr = "flex.may_alias";

/// An i64 on a tile.load or tile.store: what its address is a multiple of, in bytes.
inline constexpr llvm::StringLiteral kAlignmentAttr = "tile.alignment";

/// A unit attribute on an arith.maxnumf: a NaN may as well win over a number, where the chip does that for less.
inline constexpr llvm::StringLiteral kEitherNanAttr = "tile.either_nan";

/// A unit attribute on an arith.truncf: none of the numbers is denormal, so that an instruction that takes those for 0
/// will do.
inline constexpr llvm::StringLiteral kNoDenormalsAttr = "tile.no_denormals";

/// A unit attribute on an scf.for: unrolled, it would only be more code.
inline constexpr llvm::StringLiteral kRolledAttr = "tile.rolled";

/// A ring and its place: a byte offset into the workspace, a multiple of 64.
struct RingPlace {
  RingOp ring;
  DimExpr offset;
};

/// Every ring of the kernel in program order, with its place.
llvm::SmallVector<RingPlace> placeRings(KernelOp kernel);

/// The bytes that all rings take together, over the kernel's dims; 0 without rings.
DimExpr workspaceBytes(KernelOp kernel);

/// Bytes of one element in memory (i1 takes one).
int64_t elementBytes(mlir::Type elementType);

} // namespace flex::tile
