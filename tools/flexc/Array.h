//===- Array.h - Tensors of the command line --------------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// An array in host memory with one of the language's dtypes, and its elements as
// numbers. Element access is for filling and printing, not for computing.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Support/Status.h"

#include <dlpack/dlpack.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

namespace flex::tool {

struct Array {
  std::string dtype; ///< "f32", …; "raw8", "raw16": elements of no known type (how NumPy stores f8 and bf16)
  std::vector<int64_t> shape;
  bool fortranOrder = false; ///< the first axis is the fastest
  std::shared_ptr<uint8_t> data;
  size_t bytes = 0;

  int64_t elements() const;
  /// Element strides of the memory.
  std::vector<int64_t> strides() const;
};

/// Memory aligned to 64 bytes, uninitialised. ResourceExhausted with the size
/// that was wanted; `what` names the array in the message.
StatusOr<Array> allocateArray(const std::string &what, const std::string &dtype, const std::vector<int64_t> &shape);

/// The same values in row-major order.
StatusOr<Array> toRowMajor(const Array &array);

/// Element `index` in memory order. Floats of any width; integers and bools exactly.
double loadDouble(const Array &array, int64_t index);
/// Integer and bool dtypes, as text.
std::string loadInteger(const Array &array, int64_t index);
bool isFloat(const std::string &dtype);
bool isKnownDtype(const std::string &dtype);

/// Rounds to the dtype; false if an integer dtype cannot hold the value.
bool storeDouble(Array &array, int64_t index, double value);
/// Exact for 64-bit integers; false if the dtype cannot hold the value.
bool storeInteger(Array &array, int64_t index, int64_t value);

/// The elements of an i8, u8 or raw8 array as i4 or u4, packed; InvalidArgument with the first that does not fit.
StatusOr<Array> packNibbles(const Array &array, const std::string &dtype);
/// The elements of an i4 or u4 array, a byte each.
Array unpackNibbles(const Array &array);

/// A DLTensor over the array's memory, which must outlive it.
struct ArrayTensor {
  explicit ArrayTensor(const Array &array);
  ArrayTensor(const ArrayTensor &) = delete;
  std::vector<int64_t> shape, strides;
  DLTensor tensor;
};

} // namespace flex::tool
