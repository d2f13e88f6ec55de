//===- NvidiaLayout.h - Where matrix elements are on NVIDIA -----*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Fragments in registers, matrices in shared memory behind a descriptor, tensor
// memory. Written from the PTX ISA 9 manual, whose sections are named; code
// generation has its own reading of them, so that a mistake of either one shows.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "Numerics.h"

#include <cstdint>

namespace flex::emulator::nvidia {

struct Cell {
  unsigned row, column;
  bool operator==(const Cell &) const = default;
};

// -- Fragments in registers: 9.7.14.5 "Matrix Fragments for mma…"
// ------------------------------------------------------ The row and column formulas of all shapes but m8n8k4 f16 are
// these three, with `perRegister` elements in a register (of 32 bits, or 64 for f64). wgmma's are those of 16 rows for
// each warp: 9.7.15.5.1.1.

/// A (M x K, row, column = k): registers alternate between rows g and g + 8, then go on along k.
inline Cell fragmentA(unsigned lane, unsigned element, unsigned perRegister) {
  unsigned reg = element / perRegister;
  return {lane / 4 + reg % 2 * 8, lane % 4 * perRegister + element % perRegister + reg / 2 * 4 * perRegister};
}
/// B (K x N, row = k): registers go on along k.
inline Cell fragmentB(unsigned lane, unsigned element, unsigned perRegister) {
  unsigned reg = element / perRegister;
  return {lane % 4 * perRegister + element % perRegister + reg * 4 * perRegister, lane / 4};
}
/// C and D (M x N): pairs of columns, rows g and g + 8; N > 8 (wgmma) in blocks of 8 columns.
inline Cell fragmentC(unsigned lane, unsigned element) {
  return {lane / 4 + element / 2 % 2 * 8, element / 4 * 8 + lane % 4 * 2 + element % 2};
}

// -- Matrices in shared memory

/// How 16-byte chunks are permuted: chunk ^= row of the pattern. 9.7.15.5.1.2, 5.5.7 "Swizzling Modes".
enum class Swizzle : uint8_t { None, Bytes32, Bytes64, Bytes128 };

/// Bytes of a row of the pattern; 16 without one.
inline unsigned swizzleBytes(Swizzle swizzle) {
  return 16u << static_cast<unsigned>(swizzle);
}
/// Where a pattern may start: 256, 512, 1024; 128 without one (the tensor copies' own rule).
inline unsigned swizzleAlignment(Swizzle swizzle) {
  return swizzle == Swizzle::None ? 128 : 8 * swizzleBytes(swizzle);
}
/// The address that holds what would be at `address` without the permutation.
inline uintptr_t swizzled(uintptr_t address, Swizzle swizzle) {
  uintptr_t rows = (uintptr_t{1} << static_cast<unsigned>(swizzle)) - 1; // 0, 1, 3, 7
  return address ^ (address >> 3 & rows << 4);
}

/// A matrix descriptor: wgmma's (9.7.15.5.1.2.2) and tcgen05's (9.7.16.4.1, which has its own swizzle field).
struct Descriptor {
  uint32_t start = 0;   ///< low 18 bits of the shared address
  uint32_t leading = 0; ///< leading dimension byte offset
  uint32_t stride = 0;  ///< stride dimension byte offset
  unsigned baseOffset = 0;
  Swizzle swizzle = Swizzle::None;
  bool isValid = true; ///< false: a swizzle mode that does not exist or is not executed
};
Descriptor wgmmaDescriptor(uint64_t bits);
Descriptor tcgen05Descriptor(uint64_t bits);

/// The byte offset from the descriptor's start, before swizzling, of element (mn, k), mn being the row of A or the
/// column of B. `isMnMajor`: consecutive bytes run along mn, not k. The canonical layouts of 9.7.15.5.1.2.1
/// and 9.7.16.3:
///   K-major, swizzled:     rows of the pattern's width; 8 rows make an atom, the next 8 rows are `stride` on
///   K-major, unswizzled:   core matrices of 8 rows of 16 bytes; along k `leading`, along mn `stride`
///   MN-major, swizzled:    k rows of the pattern's width along mn; the next width is `leading`, the next 8 k `stride`
///   on MN-major, unswizzled:  core matrices of 8 k rows of 16 bytes along mn; along mn `stride`, along k `leading`
uint32_t descriptorOffset(const Descriptor &descriptor, bool isMnMajor, unsigned mn, unsigned k, unsigned elementBytes);

} // namespace flex::emulator::nvidia
