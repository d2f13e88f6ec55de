//===- Tensor.h - DLPack tensors as the launch code sees them --*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Between DLPack and the dense, row-major tensors that kernels take. Private to
// runtime/.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Support/DimExpr.h"

#include <dlpack/dlpack.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace flex::rt {

constexpr int kMaxTensorRank = 32;

/// The language's name of a DLPack type; null if it has none.
const char *dtypeName(DLDataType type);
std::optional<DLDataType> dlpackType(const std::string &dtype);
/// For messages: also types that the language does not have.
std::string describeType(DLDataType type);

/// "f32[2, 3]"
std::string describeTensor(const DLTensor &tensor);
std::string describeShape(const std::vector<int64_t> &shape);
std::string describeShape(const std::vector<DimExpr> &shape);

/// Elements lie one after the other, last dimension fastest. True if there are none.
inline bool isDense(const DLTensor &tensor) {
  if (!tensor.strides)
    return true;
  bool dense = true;
  int64_t expected = 1;
  for (int i = tensor.ndim - 1; i >= 0; --i) {
    if (tensor.shape[i] == 0)
      return true;
    dense &= tensor.shape[i] == 1 || tensor.strides[i] == expected;
    expected *= tensor.shape[i];
  }
  return dense;
}

inline char *dataOf(const DLTensor &tensor) {
  return static_cast<char *>(tensor.data) + tensor.byte_offset;
}

/// Copies between a strided tensor and dense memory of the same shape.
void packTensor(const DLTensor &from, int64_t elementBytes, char *dense);
void unpackTensor(const char *dense, int64_t elementBytes, const DLTensor &to);

} // namespace flex::rt
