//===- GroupOperand.h - Operands that a unit reads itself -------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Target module stage: descriptors of blocks in group memory, as wgmma and tcgen05
// take them. A ring's layout of rows of 32, 64 or 128 bytes is the hardware's swizzle
// of that width, since rings begin at multiples of 1024.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/ScheduledLoops/DeviceDescription.h"
#include "flex/ScheduledLoops/TileDialect.h"

#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/IR/PatternMatch.h"

#include <optional>

namespace flex::nvptx {

/// i32 arithmetic.
struct Numbers {
  mlir::OpBuilder &b;
  mlir::Location loc;

  mlir::Value constant(int64_t value);
  mlir::Value narrow(mlir::Value index);
  mlir::Value add(mlir::Value x, mlir::Value y);
  mlir::Value scaled(mlir::Value x, int64_t by);
  mlir::Value both(mlir::Value x, int64_t mask);
  mlir::Value differ(mlir::Value x, mlir::Value y);
  mlir::Value right(mlir::Value x, int64_t by);
  mlir::Value thread();
  /// The chunk number that chunks of a row of the layout are xored with.
  mlir::Value rowMask(tile::LayoutAttr layout, mlir::Value row);
  /// `element` of 4 bytes of a ring.
  mlir::Value pointer(mlir::Value ring, mlir::Value element);
  void call(llvm::StringRef intrinsic, mlir::ValueRange arguments = {});
};

/// One operand of a tile.multiply.
struct GroupOperand {
  tile::LayoutAttr layout;
  bool across;
  unsigned bytes; ///< of an element
  int64_t steps;

  int64_t rowBytes() const { return layout.getColumns() * bytes; }
  int64_t panelBytes() const { return steps * rowBytes(); }
  /// From the block's beginning to outer index `outer`, which is a multiple of 8.
  int64_t bytesTo(int64_t outer) const;
  int64_t bytesToStep(int64_t step) const { return across ? step * rowBytes() : step * bytes; }
  /// Whether the unit reads the layout: it is the swizzle that the hardware has for rows of its length, and rows are
  /// steps of k for 16 bits only.
  bool isReadable() const;

  /// The low word of the descriptor of outer index `outer` of the block at `stage` (in units of 16 bytes) of a ring:
  /// its start and, from bit 16 on, the way from one panel to the next one.
  mlir::Value start(Numbers &n, mlir::Value ring, mlir::Value outer, mlir::Value stage) const;
};

/// What a unit's name says, as in "wgmma.m64n128k16.f16".
struct UnitName {
  unsigned n = 0, k = 0;
  llvm::StringRef operand;
};
/// `shape` is what stands before the columns: "wgmma.m64". Only powers of two from 32 to 256 columns.
std::optional<UnitName> parseUnitName(llvm::StringRef unit, llvm::StringRef shape);

/// One of a family's instructions for each power of two of columns, if `isKnown` takes its name.
std::vector<tile::MatrixUnit> unitsByColumns(const tile::MatrixUnit &family,
                                             llvm::function_ref<bool(llvm::StringRef)> isKnown);

/// Numbers in descriptors count 16 bytes.
inline int64_t descriptorUnits(int64_t bytes) {
  return bytes / 16;
}

/// Made of two words: only the low one changes, by `bytes`.
mlir::Value makeDescriptor(Numbers &n, mlir::Value low, int64_t high, int64_t bytes);

/// tile.wait … units.
void populateWaitForUnitsPattern(mlir::LLVMTypeConverter &converter, mlir::RewritePatternSet &patterns);

} // namespace flex::nvptx
