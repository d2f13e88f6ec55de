//===- Workspace.cpp - Where a CPU kernel's rings lie ---------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Rings are laid out in program order; each starts on a cache line.
//
//===----------------------------------------------------------------------===//
#include "flex/ScheduledLoops/Workspace.h"

using namespace mlir;

namespace flex::tile {

int64_t elementBytes(Type elementType) {
  return (elementType.getIntOrFloatBitWidth() + 7) / 8;
}

/// Lays the rings out; `place` is called with each ring and its offset. Gives the end.
static DimExpr layOut(KernelOp kernel, llvm::function_ref<void(RingOp, const DimExpr &)> place) {
  constexpr int64_t kCacheLine = 64;
  DimExpr offset(0);
  kernel.walk([&](RingOp ring) {
    place(ring, offset);
    DimExpr bytes = ir::toDimExpr(ring.getElementsAttr()) * elementBytes(ring.getResult().getType().getElementType());
    offset = offset + bytes.ceilDiv(kCacheLine) * kCacheLine;
  });
  return offset;
}

llvm::SmallVector<RingPlace> placeRings(KernelOp kernel) {
  llvm::SmallVector<RingPlace> places;
  layOut(kernel, [&](RingOp ring, const DimExpr &offset) { places.push_back({ring, offset}); });
  return places;
}

DimExpr workspaceBytes(KernelOp kernel) {
  return layOut(kernel, [](RingOp, const DimExpr &) {});
}

} // namespace flex::tile
