//===- NvidiaOperand.h - Matrices behind descriptors ------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What wgmma and tcgen05.mma read of group memory.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Emulator/Intrinsic.h"

#include "NvidiaLayout.h"

namespace flex::emulator::nvidia {

/// The bytes that reading a matrix touched.
struct Extent {
  char *begin = nullptr, *end = nullptr;
};

/// Reads A (rows x columns, mn = row) or B (rows = k, mn = column) as `isB` says. False: the launch has failed.
bool readOperand(const Call &call, int thread, const Descriptor &descriptor, bool isMnMajor, Element element, bool isB,
                 Matrix &matrix, Extent &extent);

} // namespace flex::emulator::nvidia
