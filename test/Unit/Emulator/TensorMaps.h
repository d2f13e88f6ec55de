//===- TensorMaps.h - Tensor maps of matrices -------------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What cuTensorMapEncodeTiled makes of a matrix of 16-bit elements.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Emulator/TensorMap.h"

namespace flex::test {

/// rows x columns from `data` on, `stride` elements from row to row; boxes of boxRows x boxColumns.
inline emulator::TensorMap matrixMap(const void *data, uint32_t rows, uint32_t columns, uint32_t stride,
                                     uint16_t boxRows, uint16_t boxColumns, uint8_t swizzle) {
  emulator::TensorMap map;
  map.rank = 2;
  map.elementBytes = 2;
  map.swizzle = swizzle;
  map.base = reinterpret_cast<uint64_t>(data);
  map.strides[0] = stride * 2;
  map.sizes[0] = columns, map.sizes[1] = rows;
  map.box[0] = boxColumns, map.box[1] = boxRows;
  map.elementStrides[0] = map.elementStrides[1] = 1;
  return map;
}

} // namespace flex::test
