//===- Array.cpp - Tensors of the command line ----------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Narrow floats are encoded from double in one rounding (to nearest even).
//
//===----------------------------------------------------------------------===//
#include "Array.h"
#include "Text.h"
#include "flex-c/flex.h"
#include "flex/Binary/Image.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <unistd.h>

namespace flex::tool {

int64_t Array::elements() const {
  int64_t count = 1;
  for (int64_t dim : shape)
    count *= dim;
  return count;
}

std::vector<int64_t> Array::strides() const {
  std::vector<int64_t> out(shape.size());
  int64_t stride = 1;
  for (size_t k = 0; k < shape.size(); ++k) {
    size_t axis = fortranOrder ? k : shape.size() - 1 - k;
    out[axis] = stride;
    stride *= shape[axis] > 0 ? shape[axis] : 1;
  }
  return out;
}

StatusOr<Array> allocateArray(const std::string &what, const std::string &dtype, const std::vector<int64_t> &shape) {
  int64_t count = 1;
  bool fits = true;
  for (int64_t dim : shape)
    fits &= dim >= 0 && !__builtin_mul_overflow(count, dim, &count);
  std::string stored = dtype == "raw16" ? "u16" : dtype == "raw8" ? "u8" : dtype;
  auto known = fits ? bytesOfElements(stored, count) : std::nullopt;
  if (!known)
    return Status(StatusCode::InvalidArgument, what + ": no array has the shape " + shapeText(shape));
  int64_t bytes = *known;
  double memory = static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE));
  size_t rounded = (static_cast<size_t>(bytes) + 127) / 64 * 64;
  void *pointer = static_cast<double>(bytes) < memory ? std::aligned_alloc(64, rounded) : nullptr;
  if (!pointer)
    return Status(StatusCode::ResourceExhausted, what + ": an array of " + dtype + shapeText(shape) + " takes " +
                                                     std::to_string(bytes) + " bytes, more than this machine has");
  Array array;
  array.dtype = dtype;
  array.shape = shape;
  array.data.reset(static_cast<uint8_t *>(pointer), std::free);
  array.bytes = static_cast<size_t>(bytes);
  return array;
}

StatusOr<Array> toRowMajor(const Array &array) {
  auto copy = allocateArray("a copy in row-major order", array.dtype, array.shape);
  if (!copy)
    return copy.status();
  if (!array.fortranOrder) {
    std::memcpy(copy->data.get(), array.data.get(), array.bytes);
    return copy;
  }
  std::vector<int64_t> strides = array.strides(), position(array.shape.size());
  int64_t count = array.elements(), size = count == 0 ? 0 : static_cast<int64_t>(array.bytes) / count;
  for (int64_t i = 0; i < count; ++i) {
    int64_t from = 0;
    for (size_t axis = 0; axis < position.size(); ++axis)
      from += position[axis] * strides[axis];
    std::memcpy(copy->data.get() + i * size, array.data.get() + from * size, static_cast<size_t>(size));
    for (size_t axis = position.size(); axis-- > 0;) {
      if (++position[axis] < array.shape[axis])
        break;
      position[axis] = 0;
    }
  }
  return copy;
}

//===----------------------------------------------------------------------===//
// Elements
//===----------------------------------------------------------------------===//

namespace {

template <typename T> T get(const Array &array, int64_t index) {
  T value;
  std::memcpy(&value, array.data.get() + index * static_cast<int64_t>(sizeof(T)), sizeof(T));
  return value;
}

template <typename T> bool put(Array &array, int64_t index, T value) {
  std::memcpy(array.data.get() + index * static_cast<int64_t>(sizeof(T)), &value, sizeof(T));
  return true;
}

/// A binary float of 8 or 16 bits. One without infinities has a single NaN, all ones.
struct NarrowFormat {
  int width, mantissa;
  bool hasInfinity = true;
  int exponentBits() const { return width - 1 - mantissa; }
  int bias() const { return (1 << (exponentBits() - 1)) - 1; }
  int sign() const { return 1 << (width - 1); }
};
constexpr NarrowFormat kHalf{16, 10}, kBrain{16, 7}, kE5M2{8, 2}, kE4M3{8, 3, false};

int encode(double value, NarrowFormat format) {
  int mantissa = format.mantissa, bias = format.bias();
  int sign = std::signbit(value) ? format.sign() : 0;
  // What is beyond the largest number: infinity, or NaN where there is none.
  int top = format.hasInfinity ? ((1 << format.exponentBits()) - 1) << mantissa : format.sign() - 1;
  if (std::isnan(value))
    return sign | top | 1 << (mantissa - 1);
  double magnitude = std::fabs(value);
  if (std::isinf(value) || value == 0)
    return sign | (value == 0 ? 0 : top);
  int exponent = 0;
  std::frexp(magnitude, &exponent);
  int lowest = std::max(exponent - 1, 1 - bias) - mantissa; // the exponent of the last place
  double scaled = std::nearbyint(std::ldexp(magnitude, -lowest));
  // A carry into the next power of two moves on into the exponent by itself.
  double biased = scaled + std::ldexp(static_cast<double>(lowest + mantissa + bias - 1), mantissa);
  return sign | (biased >= top ? top : static_cast<int>(biased));
}

template <typename T> bool putChecked(Array &array, int64_t index, double value) {
  // The upper bound as a double may be rounded up to a value that does not fit.
  double low = static_cast<double>(std::numeric_limits<T>::min());
  double high = std::ldexp(1.0, std::numeric_limits<T>::digits);
  if (!(value >= low && value < high) || value != std::floor(value))
    return false;
  return put<T>(array, index, static_cast<T>(value));
}

struct DtypeInfo {
  const char *name;
  uint8_t code, bits;
  bool isFloat;
  double (*load)(const Array &, int64_t);
  bool (*store)(Array &, int64_t, double);
};

template <typename T> double loadAs(const Array &array, int64_t index) {
  return static_cast<double>(get<T>(array, index));
}

template <typename Bits> double loadNarrow(const Array &array, int64_t index) {
  return loadFloat(array.dtype, array.data.get() + index * static_cast<int64_t>(sizeof(Bits)));
}
template <typename Bits, NarrowFormat Format> bool storeNarrow(Array &array, int64_t index, double value) {
  return put<Bits>(array, index, static_cast<Bits>(encode(value, Format)));
}

int nibble(const Array &array, int64_t index) {
  return array.data.get()[index / 2] >> (index % 2 ? 4 : 0) & 0xf;
}
template <int Low, int High> bool putNibble(Array &array, int64_t index, double value) {
  if (!(value >= Low && value <= High) || value != std::floor(value))
    return false;
  uint8_t &byte = array.data.get()[index / 2];
  int bits = static_cast<int>(value) & 0xf;
  byte = static_cast<uint8_t>(index % 2 ? (byte & 0xf) | bits << 4 : (byte & 0xf0) | bits);
  return true;
}

constexpr DtypeInfo kDtypes[] = {
    {"i4", kDLInt, 4, false, [](const Array &a, int64_t i) { return static_cast<double>((nibble(a, i) ^ 8) - 8); },
     putNibble<-8, 7>},
    {"u4", kDLUInt, 4, false, [](const Array &a, int64_t i) { return static_cast<double>(nibble(a, i)); },
     putNibble<0, 15>},
    {"bool", FLEX_DL_BOOL, 8, false, loadAs<uint8_t>,
     [](Array &a, int64_t i, double v) { return (v == 0 || v == 1) && put<uint8_t>(a, i, v != 0); }},
    {"i8", kDLInt, 8, false, loadAs<int8_t>, putChecked<int8_t>},
    {"i16", kDLInt, 16, false, loadAs<int16_t>, putChecked<int16_t>},
    {"i32", kDLInt, 32, false, loadAs<int32_t>, putChecked<int32_t>},
    {"i64", kDLInt, 64, false, loadAs<int64_t>, putChecked<int64_t>},
    {"u8", kDLUInt, 8, false, loadAs<uint8_t>, putChecked<uint8_t>},
    {"u16", kDLUInt, 16, false, loadAs<uint16_t>, putChecked<uint16_t>},
    {"u32", kDLUInt, 32, false, loadAs<uint32_t>, putChecked<uint32_t>},
    {"u64", kDLUInt, 64, false, loadAs<uint64_t>, putChecked<uint64_t>},
    {"bf16", kDLBfloat, 16, true, loadNarrow<uint16_t>, storeNarrow<uint16_t, kBrain>},
    {"f16", kDLFloat, 16, true, loadNarrow<uint16_t>, storeNarrow<uint16_t, kHalf>},
    {"f8e4m3fn", FLEX_DL_FLOAT8_E4M3FN, 8, true, loadNarrow<uint8_t>, storeNarrow<uint8_t, kE4M3>},
    {"f8e5m2", FLEX_DL_FLOAT8_E5M2, 8, true, loadNarrow<uint8_t>, storeNarrow<uint8_t, kE5M2>},
    {"f32", kDLFloat, 32, true, loadAs<float>,
     [](Array &a, int64_t i, double v) { return put<float>(a, i, static_cast<float>(v)); }},
    {"f64", kDLFloat, 64, true, loadAs<double>, [](Array &a, int64_t i, double v) { return put<double>(a, i, v); }},
};

const DtypeInfo *findDtype(const std::string &name) {
  for (const DtypeInfo &info : kDtypes)
    if (name == info.name)
      return &info;
  return nullptr;
}

} // namespace

bool isFloat(const std::string &dtype) {
  const DtypeInfo *info = findDtype(dtype);
  return info && info->isFloat;
}

bool isKnownDtype(const std::string &dtype) {
  return findDtype(dtype) != nullptr;
}

double loadDouble(const Array &array, int64_t index) {
  const DtypeInfo *info = findDtype(array.dtype);
  return info ? info->load(array, index) : 0;
}

std::string loadInteger(const Array &array, int64_t index) {
  if (array.dtype == "bool")
    return get<uint8_t>(array, index) ? "True" : "False";
  if (array.dtype == "i64")
    return std::to_string(get<int64_t>(array, index));
  if (array.dtype == "u64")
    return std::to_string(get<uint64_t>(array, index));
  return std::to_string(static_cast<int64_t>(loadDouble(array, index)));
}

bool storeDouble(Array &array, int64_t index, double value) {
  const DtypeInfo *info = findDtype(array.dtype);
  return info && info->store(array, index, value);
}

bool storeInteger(Array &array, int64_t index, int64_t value) {
  if (array.dtype == "i64")
    return put<int64_t>(array, index, value);
  if (array.dtype == "u64")
    return value >= 0 && put<uint64_t>(array, index, static_cast<uint64_t>(value));
  return storeDouble(array, index, static_cast<double>(value));
}

StatusOr<Array> packNibbles(const Array &array, const std::string &dtype) {
  Array from = array;
  if (array.fortranOrder) {
    auto copy = toRowMajor(array);
    if (!copy)
      return copy.status();
    from = std::move(*copy);
  }
  auto packed = allocateArray("a packed copy", dtype, from.shape);
  if (!packed)
    return packed.status();
  std::memset(packed->data.get(), 0, packed->bytes);
  for (int64_t i = 0; i < from.elements(); ++i) {
    // An element of no type is how NumPy stores the i4 and u4 of ml_dtypes.
    int value = array.dtype == "u8" ? get<uint8_t>(from, i) : get<int8_t>(from, i);
    value = array.dtype == "raw8" && dtype == "u4" ? value & 0xf : value;
    if (!storeDouble(*packed, i, value))
      return Status(StatusCode::InvalidArgument, "element " + std::to_string(i) + " is " + std::to_string(value) +
                                                     ", which " + dtype + " cannot hold");
  }
  return packed;
}

Array unpackNibbles(const Array &array) {
  Array bytes = *allocateArray("a copy", array.dtype == "i4" ? "i8" : "u8", array.shape);
  for (int64_t i = 0; i < array.elements(); ++i)
    storeDouble(bytes, i, loadDouble(array, i));
  return bytes;
}

ArrayTensor::ArrayTensor(const Array &array) : shape(array.shape), strides(array.strides()) {
  const DtypeInfo *info = findDtype(array.dtype);
  tensor = {};
  tensor.data = array.data.get();
  tensor.device = {kDLCPU, 0};
  tensor.ndim = static_cast<int32_t>(shape.size());
  if (info)
    tensor.dtype = {info->code, info->bits, 1};
  tensor.shape = shape.data();
  tensor.strides = strides.data();
}

} // namespace flex::tool
