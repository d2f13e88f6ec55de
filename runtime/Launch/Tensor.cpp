//===- Tensor.cpp - DLPack tensors as the launch code sees them ----------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Strided copies walk the outer dimensions with a counter and copy the
// innermost run in a loop over a fixed element size.
//
//===----------------------------------------------------------------------===//
#include "Tensor.h"

#include <array>
#include <cstring>

namespace flex::rt {
namespace {

struct TypeRow {
  const char *name;
  uint8_t code, bits;
};

constexpr uint8_t kBool = 6;                            // DLPack's kDLBool, newer than the oldest header we build with
constexpr uint8_t kFloat8E4M3FN = 10, kFloat8E5M2 = 12; // DLPack 1.1
constexpr TypeRow kTypes[] = {
    {"bool", kBool, 8},         {"i8", kDLInt, 8},       {"i16", kDLInt, 16},   {"i32", kDLInt, 32},
    {"i64", kDLInt, 64},        {"u8", kDLUInt, 8},      {"u16", kDLUInt, 16},  {"u32", kDLUInt, 32},
    {"u64", kDLUInt, 64},       {"bf16", kDLBfloat, 16}, {"f16", kDLFloat, 16}, {"f32", kDLFloat, 32},
    {"f64", kDLFloat, 64},      {"i4", kDLInt, 4},       {"u4", kDLUInt, 4},    {"f8e4m3fn", kFloat8E4M3FN, 8},
    {"f8e5m2", kFloat8E5M2, 8},
};

template <typename Range, typename Print> std::string bracketed(const Range &range, Print print) {
  std::string out = "[";
  for (const auto &item : range)
    out += (out.size() > 1 ? ", " : "") + print(item);
  return out + "]";
}

/// Innermost run: `count` elements of `Bytes`, strides in bytes.
using CopyRun = void (*)(char *to, int64_t toStride, const char *from, int64_t fromStride, int64_t count);

template <size_t Bytes> void copyRun(char *to, int64_t toStride, const char *from, int64_t fromStride, int64_t count) {
  for (int64_t i = 0; i < count; ++i)
    std::memcpy(to + i * toStride, from + i * fromStride, Bytes);
}

CopyRun copyRunFor(int64_t elementBytes) {
  return elementBytes == 1 ? copyRun<1> : elementBytes == 2 ? copyRun<2> : elementBytes == 4 ? copyRun<4> : copyRun<8>;
}

/// Calls run(dense offset, strided offset) in bytes for each innermost row.
template <typename Run> void forEachRow(const DLTensor &tensor, int64_t elementBytes, Run run) {
  int outer = tensor.ndim - 1;
  int64_t rowBytes = tensor.shape[outer] * elementBytes;
  std::array<int64_t, kMaxTensorRank> index{};
  for (int64_t dense = 0, strided = 0;; dense += rowBytes) {
    run(dense, strided);
    int dim = outer - 1;
    for (; dim >= 0; --dim) {
      int64_t step = tensor.strides[dim] * elementBytes;
      strided += step;
      if (++index[dim] < tensor.shape[dim])
        break;
      strided -= step * tensor.shape[dim];
      index[dim] = 0;
    }
    if (dim < 0)
      return;
  }
}

int64_t elementCount(const DLTensor &tensor) {
  int64_t count = 1;
  for (int i = 0; i < tensor.ndim; ++i)
    count *= tensor.shape[i];
  return count;
}

bool copyIfDense(const DLTensor &tensor, int64_t elementBytes, char *to, const char *from) {
  if (!isDense(tensor))
    return false;
  if (int64_t count = elementCount(tensor))
    std::memcpy(to, from, static_cast<size_t>(tensor.dtype.bits < 8 ? (count + 1) / 2 : count * elementBytes));
  return true;
}

} // namespace

const char *dtypeName(DLDataType type) {
  for (const TypeRow &row : kTypes)
    if (type.lanes == 1 && row.code == type.code && row.bits == type.bits)
      return row.name;
  return nullptr;
}

std::optional<DLDataType> dlpackType(const std::string &dtype) {
  for (const TypeRow &row : kTypes)
    if (dtype == row.name)
      return DLDataType{row.code, row.bits, 1};
  return std::nullopt;
}

std::string describeType(DLDataType type) {
  if (const char *name = dtypeName(type))
    return name;
  return "DLPack type code " + std::to_string(type.code) + " of " + std::to_string(type.bits) + " bits, " +
         std::to_string(type.lanes) + " lanes";
}

std::string describeShape(const std::vector<int64_t> &shape) {
  return bracketed(shape, [](int64_t dim) { return std::to_string(dim); });
}

std::string describeShape(const std::vector<DimExpr> &shape) {
  return bracketed(shape, [](const DimExpr &dim) { return dim.str(); });
}

std::string describeTensor(const DLTensor &tensor) {
  return describeType(tensor.dtype) + describeShape(std::vector<int64_t>(tensor.shape, tensor.shape + tensor.ndim));
}

void packTensor(const DLTensor &from, int64_t elementBytes, char *dense) {
  if (copyIfDense(from, elementBytes, dense, dataOf(from)))
    return;
  CopyRun copy = copyRunFor(elementBytes);
  int64_t stride = from.strides[from.ndim - 1] * elementBytes, count = from.shape[from.ndim - 1];
  forEachRow(from, elementBytes, [&](int64_t denseAt, int64_t stridedAt) {
    copy(dense + denseAt, elementBytes, dataOf(from) + stridedAt, stride, count);
  });
}

void unpackTensor(const char *dense, int64_t elementBytes, const DLTensor &to) {
  if (copyIfDense(to, elementBytes, dataOf(to), dense))
    return;
  CopyRun copy = copyRunFor(elementBytes);
  int64_t stride = to.strides[to.ndim - 1] * elementBytes, count = to.shape[to.ndim - 1];
  forEachRow(to, elementBytes, [&](int64_t denseAt, int64_t stridedAt) {
    copy(dataOf(to) + stridedAt, stride, dense + denseAt, elementBytes, count);
  });
}

} // namespace flex::rt
