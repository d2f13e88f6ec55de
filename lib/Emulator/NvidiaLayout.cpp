//===- NvidiaLayout.cpp - Where matrix elements are on NVIDIA -------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Matrix descriptors of shared memory.
//
//===----------------------------------------------------------------------===//
#include "NvidiaLayout.h"

namespace flex::emulator::nvidia {

/// The fields that both kinds have in the same place; each holds bits 4 to 17 of a number of bytes.
static Descriptor commonFields(uint64_t bits) {
  auto field = [&](unsigned at) { return static_cast<uint32_t>(bits >> at & 0x3fff) << 4; };
  Descriptor result;
  result.start = field(0);
  result.leading = field(16);
  result.stride = field(32);
  result.baseOffset = static_cast<unsigned>(bits >> 49 & 7);
  return result;
}

Descriptor wgmmaDescriptor(uint64_t bits) {
  Descriptor result = commonFields(bits);
  constexpr Swizzle kModes[] = {Swizzle::None, Swizzle::Bytes128, Swizzle::Bytes64, Swizzle::Bytes32};
  result.swizzle = kModes[bits >> 62];
  result.isValid = result.baseOffset == 0;
  return result;
}

Descriptor tcgen05Descriptor(uint64_t bits) {
  Descriptor result = commonFields(bits);
  switch (bits >> 61) {
  case 0: result.swizzle = Swizzle::None; break;
  case 2: result.swizzle = Swizzle::Bytes128; break;
  case 4: result.swizzle = Swizzle::Bytes64; break;
  case 6: result.swizzle = Swizzle::Bytes32; break;
  default: result.isValid = false; // 1 is the 32-byte atomicity
  }
  bool hasVersion = (bits >> 46 & 7) == 1, isAbsolute = bits >> 52 & 1;
  result.isValid &= hasVersion && !isAbsolute && result.baseOffset == 0;
  return result;
}

uint32_t descriptorOffset(const Descriptor &descriptor, bool isMnMajor, unsigned mn, unsigned k,
                          unsigned elementBytes) {
  const unsigned width = swizzleBytes(descriptor.swizzle);
  // "along" is the direction of consecutive bytes, "across" the other one, of which 8 lie `width` bytes apart.
  const unsigned along = (isMnMajor ? mn : k) * elementBytes, across = isMnMajor ? k : mn;
  uint32_t nextAlong, nextAcross;
  if (isMnMajor) {
    bool isSwizzled = descriptor.swizzle != Swizzle::None;
    nextAlong = isSwizzled ? descriptor.leading : descriptor.stride;
    nextAcross = isSwizzled ? descriptor.stride : descriptor.leading;
  } else {
    // K-major and swizzled: "leading" is not used, an instruction's k fits into the pattern's width.
    nextAlong = descriptor.swizzle == Swizzle::None ? descriptor.leading : width;
    nextAcross = descriptor.stride;
  }
  return along / width * nextAlong + across / 8 * nextAcross + across % 8 * width + along % width;
}

} // namespace flex::emulator::nvidia
