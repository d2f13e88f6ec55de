//===- PrintArray.h - Arrays as NumPy prints them ---------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// For people: eight digits, the middle of large arrays left out.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "Array.h"

namespace flex::tool {

/// Brackets by axis, columns aligned; beyond 1000 elements three at each end of an axis.
std::string printArray(const Array &array);

} // namespace flex::tool
