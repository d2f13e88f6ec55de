//===- RandomKernel.h - Small kernels at random -----------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Input of the equivalence tests: valid tensor IR over i64, whose arithmetic is
// exact, so that two forms of a kernel must give the same bits.
//
//===----------------------------------------------------------------------===//
#pragma once

#include <cstdint>
#include <string>

namespace flex::test {

/// The text of a kernel @k(%x0: i64[M, N], %x1: i64[N], %x2: i64[M]) with a few results. Depends on the seed only.
std::string randomKernel(uint64_t seed);

} // namespace flex::test
