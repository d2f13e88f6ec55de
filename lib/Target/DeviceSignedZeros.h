//===- DeviceSignedZeros.h - Keeps LLVM from mixing up zeros ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Around the optimiser of DeviceCodegen. LLVM 22 takes `x < 0 ? x : 0` for a
// minimum although the two differ in the sign of a zero: InstCombine through a
// conversion (LLVM issue 157254), instruction selection directly (issue 93414).
// No value changes here; both only see code that they leave alone.
//
//===----------------------------------------------------------------------===//
#pragma once

namespace llvm {
class Module;
}

namespace flex::target {

/// Before the optimiser: fences around conversions between floats whose value is compared with zero.
void fenceConversions(llvm::Module &module);

/// Behind the optimiser: takes those fences away.
void removeFences(llvm::Module &module);

/// Behind the optimiser: selects between a value and the zero that it is compared with get a comparison with the zero
/// of the other sign, unless the device's minimum or maximum gives the same bits.
void keepSignsOfZeros(llvm::Module &module);

} // namespace flex::target
