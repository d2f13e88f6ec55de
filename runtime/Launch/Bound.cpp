//===- Bound.cpp - Arguments that stay from launch to launch -------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Checks come first: nothing is copied for a tensor that does not fit.
//
//===----------------------------------------------------------------------===//
#include "Bound.h"

#include "Arguments.h"
#include "Tensor.h"
#include "Text.h"

#include <algorithm>
#include <cstdlib>

namespace flex::rt {
namespace {

constexpr size_t kAlignment = 64;

Status invalid(std::string message) {
  return {StatusCode::InvalidArgument, std::move(message)};
}

std::string listed(const std::vector<ImageTensor> &tensors, const std::function<bool(size_t)> &isWanted) {
  std::string out;
  for (size_t i = 0; i < tensors.size(); ++i)
    if (isWanted(i))
      appendItem(out, tensors[i].name);
  return out;
}

/// The parameter's number, if it may be bound.
StatusOr<size_t> findParam(const ImageKernel &signature, const std::vector<const DLTensor *> &bound,
                           const std::string &name) {
  const std::vector<ImageTensor> &params = signature.params;
  auto found = std::find_if(params.begin(), params.end(), [&](const ImageTensor &param) { return param.name == name; });
  auto index = static_cast<size_t>(found - params.begin());
  auto isFree = [&](size_t i) { return !bound[i]; };
  if (found == params.end())
    return invalid("kernel '" + signature.name + "' has no parameter '" + name +
                   "' to bind; there are: " + listed(params, isFree));
  if (bound[index])
    return invalid("'" + name + "' of kernel '" + signature.name +
                   "' is bound already; for another tensor, bind the kernel that this one came from");
  for (const ImageTensor &result : signature.results)
    if (result.alias == static_cast<int64_t>(index))
      return invalid("'" + name + "' of kernel '" + signature.name + "' cannot be bound: result '" + result.name +
                     "' is stored over it");
  return index;
}

} // namespace

KeptMemory::~KeptMemory() {
  for (const DeviceBuffer &buffer : buffers)
    if (buffer.handle)
      device.release(buffer);
}

StatusOr<std::shared_ptr<BoundArguments>> BoundArguments::create(const ImageKernel &signature, const Bindings &fixed,
                                                                 const BoundArguments *more,
                                                                 const std::vector<std::string> &names,
                                                                 const DLTensor *const *given) {
  auto bound = std::make_shared<BoundArguments>();
  bound->list.resize(signature.params.size());
  if (more) {
    bound->list = more->list;
    bound->owned = more->owned;
  }
  std::vector<size_t> added;
  for (size_t i = 0; i < names.size(); ++i) {
    auto index = findParam(signature, bound->list, names[i]);
    if (!index)
      return index.status();
    if (!given[i])
      return invalid("the tensor to bind to '" + names[i] + "' is a null pointer");
    bound->list[*index] = given[i];
    added.push_back(*index);
  }
  auto known = matchBound(signature, fixed, bound->list.data());
  if (!known)
    return known.status();
  bound->known = std::move(*known);
  for (size_t index : added)
    FLEX_RETURN_IF_ERROR(bound->add(signature.params[index], index, *bound->list[index]));
  return bound;
}

Status BoundArguments::add(const ImageTensor &param, size_t index, const DLTensor &given) {
  const DLTensor *tensor = &given;
  FLEX_RETURN_IF_ERROR(checkMemory({param}, &tensor));
  auto held = std::make_shared<Owned>();
  held->tensor = given;
  held->shape.assign(given.shape, given.shape + given.ndim);
  held->tensor.shape = held->shape.data();
  if (!isDense(given) || reinterpret_cast<uintptr_t>(dataOf(given)) % std::max<uintptr_t>(given.dtype.bits / 8, 1) != 0)
    FLEX_RETURN_IF_ERROR(makeDense(*held).withContext("binding '" + param.name + "'"));
  held->tensor.strides = nullptr;
  list[index] = &held->tensor;
  owned[index] = std::move(held);
  return Status::ok();
}

Status BoundArguments::makeDense(Owned &held) {
  auto bytes = tensorBytes({dtypeName(held.tensor.dtype), held.shape}).value_or(0);
  auto *memory =
      static_cast<char *>(std::aligned_alloc(kAlignment, (static_cast<size_t>(bytes) / kAlignment + 1) * kAlignment));
  if (!memory)
    return {StatusCode::ResourceExhausted, "no " + std::to_string(bytes) + " bytes for a dense copy of the tensor"};
  held.copy = std::shared_ptr<char>(memory, [](char *old) { std::free(old); });
  packTensor(held.tensor, std::max(held.tensor.dtype.bits / 8, 1), memory);
  held.tensor.data = memory;
  held.tensor.byte_offset = 0;
  return Status::ok();
}

std::vector<std::string> BoundArguments::names(const ImageKernel &signature) const {
  std::vector<std::string> out;
  for (const auto &[index, held] : owned)
    out.push_back(signature.params[index].name);
  return out;
}

StatusOr<std::shared_ptr<KeptMemory>>
BoundArguments::obtain(const std::string &key, const std::function<StatusOr<std::shared_ptr<KeptMemory>>()> &make) {
  std::lock_guard lock(mutex);
  if (auto it = kept.find(key); it != kept.end())
    if (auto there = it->second.lock())
      return there;
  std::erase_if(kept, [](const auto &entry) { return entry.second.expired(); });
  auto made = make();
  if (made)
    kept[key] = *made;
  return made;
}

BoundCall::BoundCall(const ImageKernel &signature, const BoundArguments *bound, const DLTensor *const *args,
                     size_t argCount)
    : args(args), argCount(argCount) {
  if (!bound)
    return;
  size_t total = signature.params.size(), next = 0;
  const DLTensor **merged = few;
  if (total > kInline) {
    many.resize(total);
    merged = many.data();
  }
  bool isComplete = true;
  for (size_t i = 0; i < total; ++i) {
    bool isGiven = bound->has(i) || next < argCount;
    merged[i] = bound->has(i) ? bound->tensors()[i] : isGiven ? args[next++] : nullptr;
    isComplete &= isGiven || !signature.params[i].defaultValue.empty();
  }
  if (!isComplete || next < argCount) {
    std::string names = listed(signature.params, [&](size_t i) { return !bound->has(i); });
    size_t wanted = total - bound->count();
    status = invalid("kernel '" + signature.name + "' with " +
                     listed(signature.params, [&](size_t i) { return bound->has(i); }) + " bound has " +
                     std::to_string(wanted) + (wanted == 1 ? " argument" : " arguments") +
                     (names.empty() ? "" : " (" + names + ")") + ", but " + std::to_string(argCount) +
                     (argCount == 1 ? " was given" : " were given"));
  }
  this->args = merged;
  this->argCount = total;
}

} // namespace flex::rt
