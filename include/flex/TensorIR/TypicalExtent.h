//===- TypicalExtent.h - What cost models take open extents for -*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A schedule for an open extent is chosen as if it had this value.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Support/DimExpr.h"

#include "llvm/ADT/ArrayRef.h"

#include <algorithm>

namespace flex {

inline constexpr int64_t kTypicalExtent = 1024;

inline int64_t orTypical(const DimExpr &extent) {
  return extent.constant().value_or(kTypicalExtent);
}

/// The product of extents, none of them empty, with each open dimension in them typical.
inline double typicalProduct(llvm::ArrayRef<DimExpr> extents) {
  double all = 1;
  for (const DimExpr &extent : extents)
    all *= static_cast<double>(std::max<int64_t>(
        1, extent.evaluate([](std::string_view) { return kTypicalExtent; }).value_or(kTypicalExtent)));
  return all;
}

} // namespace flex
