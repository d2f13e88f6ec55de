//===- AmdLayout.h - Where matrix elements are on AMD -----------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Registers of MFMA ("AMD Instinct MI300" CDNA3 ISA §7.1, the CDNA4 ISA's §7.1 for
// gfx950) and WMMA (RDNA3 ISA §7.9, RDNA4 ISA §7.12). Code generation has its own
// reading of them.
//
//===----------------------------------------------------------------------===//
#pragma once

namespace flex::emulator::amd {

// -- MFMA: one block of m x m x k in a wave of 64. The row of A or the column of B is lane % m; the lanes' groups of m
// go on along k, `perLane` = m * k / 64 elements each.

inline unsigned mfmaOuter(unsigned lane, unsigned m) {
  return lane % m;
}
inline unsigned mfmaK(unsigned lane, unsigned element, unsigned m, unsigned perLane) {
  return lane / m * perLane + element;
}
/// The row of element `element` of C and D, whose column is lane % m: 4 rows a group of lanes, then the next groups,
/// then again (32 x 32).
inline unsigned mfmaRow(unsigned lane, unsigned element, unsigned m) {
  return element / 4 * (4 * 64 / m) + lane / m * 4 + element % 4;
}
/// v_mfma_f64_16x16x4_f64: an element takes two registers, a group of lanes has every fourth row.
inline unsigned mfmaRowF64(unsigned lane, unsigned element) {
  return element * 4 + lane / 16;
}

// -- WMMA: 16 x 16 x k. The row of A or the column of B is lane % 16.

/// RDNA3: each lane has all of k, lanes 16 and up repeat lanes 0 to 15; the column of C and D is lane % 16, rows
/// alternate between the groups of 16 lanes.
inline unsigned wmma3Row(unsigned lane, unsigned element, unsigned wave) {
  return element * (wave / 16) + lane / 16;
}
/// RDNA4, wave 32: lanes 0 to 15 have the lower half of k, the others the upper; rows of C and D likewise.
inline unsigned wmma4K(unsigned lane, unsigned element, unsigned perLane) {
  return lane / 16 * perLane + element;
}
inline unsigned wmma4Row(unsigned lane, unsigned element) {
  return lane / 16 * 8 + element;
}

} // namespace flex::emulator::amd
