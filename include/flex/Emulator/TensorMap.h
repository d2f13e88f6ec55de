//===- TensorMap.h - The emulator's tensor maps -----------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The 128 opaque bytes that a driver's cuTensorMapEncodeTiled makes, in an encoding
// of our own: NVIDIA's is not documented. Who launches a kernel writes it, the
// emulator's tensor copies read it.
//
//===----------------------------------------------------------------------===//
#pragma once

#include <cstdint>
#include <string>

namespace flex::emulator {

/// A tensor of at most 5 dimensions, the innermost first, and the box that one copy moves.
struct alignas(64) TensorMap {
  static constexpr uint32_t kMagic = 0x314d5446; // "FTM1"

  uint32_t magic = kMagic;
  uint8_t rank = 0;
  uint8_t elementBytes = 0; ///< 1, 2, 4 or 8
  uint8_t swizzle = 0;      ///< 0: none, 1: 32 bytes, 2: 64, 3: 128
  uint8_t reserved0 = 0;
  uint64_t base = 0;              ///< address of element (0, 0, …)
  uint64_t strides[4] = {};       ///< bytes from one element of dimension 1, 2, … to the next; dimension 0 is dense
  uint32_t sizes[5] = {};         ///< elements
  uint16_t box[5] = {};           ///< elements
  uint8_t elementStrides[5] = {}; ///< of the traversal; only 1 is executed
  uint8_t reserved[45] = {};

  /// What cuTensorMapEncodeTiled would refuse, or the emulator does not execute; empty if all is well.
  std::string problem() const;
  /// Bytes that a copy moves and counts on its barrier, with those outside of the tensor.
  uint32_t boxBytes() const;
};

static_assert(sizeof(TensorMap) == 128);

} // namespace flex::emulator
