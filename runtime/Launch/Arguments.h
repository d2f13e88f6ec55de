//===- Arguments.h - Tensors against a kernel's signature ------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Binds named dimensions and type parameters from the tensors of a call, and
// says what is wrong in the user's words. Runs once per shape, not per launch.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Runtime/Context.h"

namespace flex::rt {

/// What a call means.
struct Match {
  Bindings bindings; ///< every dimension and type parameter
  std::vector<TensorType> params, results;
};

/// Checks count, dtype, rank and every dimension, and the kernel's constraints.
/// `fixed` are bindings made by specialisation. With `results` null, result
/// types are inferred instead of checked.
StatusOr<Match> matchArguments(const ImageKernel &signature, const Bindings &fixed, const DLTensor *const *args,
                               size_t argCount, const DLTensor *const *results, size_t resultCount);

/// Checks some of a kernel's arguments alone, as above: null where there is none. What follows from the others is not
/// looked at. Gives every dimension and type that follows.
StatusOr<Bindings> matchBound(const ImageKernel &signature, const Bindings &fixed, const DLTensor *const *args);

/// What can differ between two calls of the same shapes: where the data lies.
/// REQUIRES: the tensors match the signature.
Status checkMemory(const std::vector<ImageTensor> &expected, const DLTensor *const *tensors);

/// Bytes of a dense tensor; nothing if that overflows.
std::optional<int64_t> tensorBytes(const TensorType &type);

} // namespace flex::rt
