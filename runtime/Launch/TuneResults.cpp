//===- TuneResults.cpp - What a candidate computed -----------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Two schedules may add in another order: floats are compared with a tolerance,
// everything else bit by bit.
//
//===----------------------------------------------------------------------===//
#include "TuneResults.h"

#include "Arguments.h"
#include "Tensor.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <unistd.h>

namespace flex::rt {
namespace {

/// Half of the distance of two numbers near 1.
double roundingOf(const std::string &dtype) {
  static const std::map<std::string, double> kRounding = {
      {"f64", 0x1p-53}, {"f32", 0x1p-24}, {"f16", 0x1p-11}, {"bf16", 0x1p-8}};
  auto it = kRounding.find(dtype);
  return it == kRounding.end() ? 0x1p-3 : it->second; // floats of 8 bits
}

/// loadFloat, without a look at the type's name for the most common one.
double numberAt(const HostTensor &tensor, int64_t index, bool isSingle, int64_t size) {
  const char *element = tensor.data.get() + index * size;
  if (!isSingle)
    return loadFloat(tensor.type.dtype, element);
  float value;
  std::memcpy(&value, element, sizeof value);
  return static_cast<double>(value);
}

double greatest(const HostTensor &tensor, bool isSingle, int64_t size) {
  double most = 0;
  for (int64_t i = 0; i < tensor.count; ++i)
    if (double value = std::fabs(numberAt(tensor, i, isSingle, size)); std::isfinite(value))
      most = std::max(most, value);
  return most;
}

/// `bound`: of f64, or null.
bool differs(const HostTensor &wanted, const HostTensor &found, const HostTensor *bound, double flops) {
  const std::string &dtype = wanted.type.dtype;
  const char *a = wanted.data.get(), *b = found.data.get();
  if (std::memcmp(a, b, static_cast<size_t>(wanted.bytes)) == 0)
    return false;
  if (!isFloatType(dtype))
    return true;
  bool isSingle = dtype == "f32";
  int64_t size = dtypeBytes(dtype);
  double rounding = roundingOf(dtype), narrow = std::min(rounding, 0x1p-24);
  double steps = flops / static_cast<double>(std::max<int64_t>(wanted.count, 1));
  // Two orders of one sum: each is off by at most its steps' roundings.
  double tolerance = bound ? 0 : (4 * rounding + 2 * steps * narrow) * greatest(wanted, isSingle, size);
  for (int64_t i = 0; i < wanted.count; ++i) {
    if (std::memcmp(a + i * size, b + i * size, static_cast<size_t>(size)) == 0)
      continue;
    double x = numberAt(wanted, i, isSingle, size), y = numberAt(found, i, isSingle, size);
    double allowed = bound ? loadFloat("f64", bound->data.get() + i * int64_t(sizeof(double))) : tolerance;
    bool isSame = x == y || (std::isnan(x) && std::isnan(y)) || std::fabs(x - y) <= allowed || std::isnan(allowed);
    if (!isSame)
      return true;
  }
  return false;
}

} // namespace

StatusOr<HostTensor> HostTensor::allocate(const TensorType &type) {
  HostTensor out;
  out.type = type;
  out.bytes = tensorBytes(type).value_or(INT64_MAX);
  double memory = static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE));
  if (static_cast<double>(out.bytes) < memory)
    out.data.reset(static_cast<char *>(std::aligned_alloc(64, (static_cast<size_t>(out.bytes) + 127) / 64 * 64)));
  if (!out.data)
    return Status(StatusCode::ResourceExhausted, "a result: an array of " + type.dtype + describeShape(type.shape) +
                                                     " takes " + std::to_string(out.bytes) +
                                                     " bytes, more than this machine has");
  out.count = 1;
  for (int64_t dim : type.shape)
    out.count *= dim;
  return out;
}

Status TuneResults::allocate(const std::vector<TensorType> &types) {
  for (const TensorType &type : types) {
    auto made = HostTensor::allocate(type);
    if (!made)
      return made.status();
    results.push_back(std::move(*made));
  }
  for (HostTensor &result : results) {
    DLTensor view = {};
    view.data = result.data.get();
    view.device = {kDLCPU, 0};
    view.ndim = static_cast<int32_t>(result.type.shape.size());
    view.dtype = dlpackType(result.type.dtype).value_or(DLDataType{});
    view.shape = result.type.shape.data();
    views.push_back(view);
  }
  for (const DLTensor &view : views)
    pointers.push_back(&view);
  return Status::ok();
}

void TuneResults::scribble() {
  for (const HostTensor &result : results)
    std::memset(result.data.get(), 0xA5, static_cast<size_t>(result.bytes));
}

Status TuneResults::expectThese() {
  for (const HostTensor &result : results) {
    auto copy = HostTensor::allocate(result.type);
    if (!copy)
      return copy.status();
    std::memcpy(copy->data.get(), result.data.get(), static_cast<size_t>(result.bytes));
    expected.push_back(std::move(*copy));
  }
  return Status::ok();
}

Status TuneResults::expectReference(Compiler &compiler, CompileRequest request) {
  std::vector<HostTensor> reference;
  for (const HostTensor &result : results) {
    auto value = HostTensor::allocate(result.type), bound = HostTensor::allocate({"f64", result.type.shape});
    if (!value || !bound)
      return !value ? value.status() : bound.status();
    request.results.push_back(value->view());
    request.bounds.push_back(bound->view());
    reference.push_back(std::move(*value));
    bounds.push_back(std::move(*bound));
  }
  bool isThere = compiler.run(request).isOk();
  std::swap(expected, reference);
  if (!isThere || !areRight(0)) { // as where a tie of two sums decides an index: compared with the model's own code
    std::swap(expected, reference);
    bounds.clear();
  }
  return Status::ok();
}

bool TuneResults::areRight(double flops) const {
  for (size_t i = 0; i < results.size(); ++i)
    if (differs(expected[i], results[i], bounds.empty() ? nullptr : &bounds[i], flops))
      return false;
  return true;
}

} // namespace flex::rt
