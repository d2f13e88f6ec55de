//===- NvidiaOperand.cpp - Matrices behind descriptors --------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Memory is read in chunks of 16 bytes: no layout tears one apart.
//
//===----------------------------------------------------------------------===//
#include "NvidiaOperand.h"

#include <algorithm>

namespace flex::emulator::nvidia {

bool readOperand(const Call &call, int thread, const Descriptor &descriptor, bool isMnMajor, Element element, bool isB,
                 Matrix &matrix, Extent &extent) {
  Machine &machine = call.machine;
  if (!descriptor.isValid) {
    machine.fail(thread, call.site, "a matrix descriptor that is malformed, or of a kind that is not executed");
    return false;
  }
  const unsigned bytes = bitsOf(element) / 8, chunk = 16 / bytes;
  const unsigned mnCount = isB ? matrix.columns : matrix.rows, kCount = isB ? matrix.rows : matrix.columns;
  const unsigned alongCount = isMnMajor ? mnCount : kCount, acrossCount = isMnMajor ? kCount : mnCount;
  auto base = reinterpret_cast<uintptr_t>(machine.shared()) + descriptor.start;
  char data[16];
  for (unsigned across = 0; across < acrossCount; ++across)
    for (unsigned along = 0; along < alongCount; along += chunk) {
      unsigned mn = isMnMajor ? along : across, k = isMnMajor ? across : along;
      uintptr_t address = swizzled(base + descriptorOffset(descriptor, isMnMajor, mn, k, bytes), descriptor.swizzle);
      char *from = memoryAt(address);
      if (!machine.read(thread, call.site, data, from, 16, 16, Access::AsyncRead))
        return false;
      extent.begin = extent.begin ? std::min(extent.begin, from) : from;
      extent.end = std::max(extent.end, from + 16);
      for (unsigned i = 0; i < std::min(chunk, alongCount - along); ++i) {
        unsigned elementMn = mn + (isMnMajor ? i : 0), elementK = k + (isMnMajor ? 0 : i);
        matrix.at(isB ? elementK : elementMn, isB ? elementMn : elementK) = load(element, data, i);
      }
    }
  return true;
}

} // namespace flex::emulator::nvidia
