//===- Complete.cpp - What a caller left out -----------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What cannot be filled in stays out: the matcher says what is missing.
//
//===----------------------------------------------------------------------===//
#include "Complete.h"

#include "Tensor.h"

#include <algorithm>

namespace flex::rt {

CompleteCall::CompleteCall(const ImageKernel &signature, const Bindings &fixed, const DLTensor *const *args,
                           size_t argCount)
    : args(args), argCount(argCount) {
  bool complete = argCount >= signature.params.size() && std::find(args, args + argCount, nullptr) == args + argCount;
  if (!complete)
    fillArguments(signature, fixed);
}

CompleteCall::CompleteCall(const ImageKernel &signature, const Bindings &fixed, const DLTensor *const *args,
                           size_t argCount, const DLTensor *const *results, size_t resultCount)
    : CompleteCall(signature, fixed, args, argCount) {
  this->results = results;
  this->resultCount = resultCount;
  if (resultCount < signature.results.size() ||
      std::find(results, results + resultCount, nullptr) != results + resultCount)
    fillResults(signature);
}

void CompleteCall::fillArguments(const ImageKernel &signature, const Bindings &fixed) {
  ownArgs.assign(args, args + argCount);
  if (ownArgs.size() < signature.params.size()) {
    // Only what is left out at the end: a list that is too short otherwise is an error.
    size_t last = ownArgs.size();
    while (last < signature.params.size() && !signature.params[last].defaultValue.empty())
      ++last;
    if (last == signature.params.size())
      ownArgs.resize(last, nullptr);
  }
  // The dtype of a generic scalar follows from the other arguments.
  Bindings types = fixed;
  for (size_t i = 0; i < std::min(ownArgs.size(), signature.params.size()); ++i)
    if (const char *name = ownArgs[i] ? dtypeName(ownArgs[i]->dtype) : nullptr)
      types.types.emplace(signature.params[i].dtype, name);
  for (size_t i = 0; i < std::min(ownArgs.size(), signature.params.size()); ++i) {
    const ImageTensor &param = signature.params[i];
    if (ownArgs[i] || param.defaultValue.empty())
      continue;
    bool isOpen = std::any_of(signature.typeParams.begin(), signature.typeParams.end(),
                              [&](const ImageTypeParam &type) { return type.name == param.dtype; });
    auto bound = types.types.find(param.dtype);
    std::string dtype = !isOpen ? param.dtype : bound != types.types.end() ? bound->second : "";
    Scalar &scalar = scalars.emplace_back();
    auto type = dlpackType(dtype);
    if (!type || !storeNumber(dtype, param.defaultValue, &scalar.value))
      continue;
    scalar.tensor.data = &scalar.value;
    scalar.tensor.device = {kDLCPU, 0};
    scalar.tensor.dtype = *type;
    scalar.tensor.shape = scalar.tensor.strides = &scalar.none;
    ownArgs[i] = &scalar.tensor;
  }
  if (!ownArgs.empty())
    args = ownArgs.data();
  argCount = ownArgs.size();
}

void CompleteCall::fillResults(const ImageKernel &signature) {
  ownResults.assign(results, results + resultCount);
  auto overwrites = [&](size_t i) {
    int64_t alias = signature.results[i].alias;
    return alias >= 0 && static_cast<size_t>(alias) < argCount && args[alias];
  };
  size_t last = ownResults.size();
  while (last < signature.results.size() && overwrites(last))
    ++last;
  if (last == signature.results.size())
    ownResults.resize(std::max(last, ownResults.size()), nullptr);
  for (size_t i = 0; i < std::min(ownResults.size(), signature.results.size()); ++i)
    if (!ownResults[i] && overwrites(i))
      ownResults[i] = args[signature.results[i].alias];
  if (!ownResults.empty()) // a null list would mean that results are to be inferred
    results = ownResults.data();
  resultCount = ownResults.size();
}

} // namespace flex::rt
