//===- InterpreterSort.cpp - Positions of values that carry bounds --------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A device sorts the values it computed, which may lie anywhere within their bounds. A position
// may have a rank iff no more values are surely before it, and no more surely after it, than fit.
//
//===----------------------------------------------------------------------===//
#include "InterpreterProgram.h"

#include <cfloat>

using namespace flex;
using namespace flex::ir;
using namespace flex::ir::interp;

// More acceptable positions than this are not listed.
static constexpr int64_t kMaxListed = int64_t(1) << 20;

SortKey interp::makeSortKey(const Reg &reg, const FloatFormat *format, unsigned width, bool isUnsigned, bool negated) {
  // Finite values are far below LDBL_MAX: it stands for NaN, its half for infinity.
  long double value;
  if (!format)
    value = isUnsigned ? static_cast<long double>(asUnsigned(reg.i, width)) : static_cast<long double>(reg.i);
  else if (std::isnan(reg.f))
    value = LDBL_MAX;
  else
    value = std::isinf(reg.f) ? std::copysign(LDBL_MAX / 2, reg.f) : reg.f;
  SortKey key{value, value, value};
  if (std::isinf(reg.error) || std::isnan(reg.error))
    key = {value, -LDBL_MAX, LDBL_MAX};
  else if (reg.error != 0)
    key = {value, value - reg.error, value + reg.error};
  if (negated)
    key = {-key.value, -key.high, -key.low};
  return key;
}

SortedKeys interp::sortKeys(llvm::ArrayRef<SortKey> keys, int64_t count) {
  SortedKeys sorted;
  int64_t size = static_cast<int64_t>(keys.size());
  sorted.order.resize(size);
  for (int64_t i = 0; i < size; ++i)
    sorted.order[i] = i;
  std::sort(sorted.order.begin(), sorted.order.end(), [&](int64_t a, int64_t b) {
    return keys[a].value != keys[b].value ? keys[a].value < keys[b].value : a < b;
  });
  sorted.decided.assign(count, true);
  if (llvm::all_of(keys, [](const SortKey &key) { return key.isExact(); }))
    return sorted;
  // i is surely before p iff (high, i) < (low, p), as pairs: that is stability for equals.
  std::vector<std::pair<long double, int64_t>> highs, lows;
  for (int64_t i = 0; i < size; ++i) {
    highs.emplace_back(keys[i].high, i);
    lows.emplace_back(keys[i].low, i);
  }
  std::sort(highs.begin(), highs.end());
  std::sort(lows.begin(), lows.end());
  int64_t listed = 0;
  std::vector<std::vector<int64_t>> candidates(count);
  for (int64_t p = 0; p < size && listed <= kMaxListed; ++p) {
    auto before = std::lower_bound(highs.begin(), highs.end(), std::make_pair(keys[p].low, p)) - highs.begin();
    auto after = lows.end() - std::upper_bound(lows.begin(), lows.end(), std::make_pair(keys[p].high, p));
    for (int64_t rank = before; rank < std::min<int64_t>(count, size - after) && listed <= kMaxListed; ++rank) {
      candidates[rank].push_back(p);
      ++listed;
    }
  }
  for (int64_t rank = 0; rank < count; ++rank) {
    if (listed <= kMaxListed && candidates[rank].size() == 1)
      continue;
    sorted.decided[rank] = false;
    if (listed <= kMaxListed)
      sorted.acceptable[rank] = std::move(candidates[rank]);
  }
  return sorted;
}
