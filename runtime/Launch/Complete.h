//===- Complete.h - What a caller left out ---------------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Fills in the scalars that have a default, and the results that are stored over
// a parameter. The first step of a launch; a complete call passes through as it is.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Runtime/Context.h"

#include <list>

namespace flex::rt {

/// Owns what it filled in: must live until the launch is over. A null pointer, or a tensor beyond the end of the
/// list, was left out.
class CompleteCall {
public:
  CompleteCall(const ImageKernel &signature, const Bindings &fixed, const DLTensor *const *args, size_t argCount);
  /// The results, too.
  CompleteCall(const ImageKernel &signature, const Bindings &fixed, const DLTensor *const *args, size_t argCount,
               const DLTensor *const *results, size_t resultCount);
  CompleteCall(const CompleteCall &) = delete;

  const DLTensor *const *args, *const *results = nullptr;
  size_t argCount, resultCount = 0;

private:
  void fillArguments(const ImageKernel &signature, const Bindings &fixed);
  void fillResults(const ImageKernel &signature);

  struct Scalar {
    DLTensor tensor = {};
    uint64_t value = 0;
    int64_t none = 0; ///< for the shape of rank 0
  };
  std::list<Scalar> scalars;
  std::vector<const DLTensor *> ownArgs, ownResults;
};

} // namespace flex::rt
