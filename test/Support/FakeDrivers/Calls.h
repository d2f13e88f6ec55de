//===- Calls.h - What the functions of a fake are written with --*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// For a file that has its vendor's `Result` in scope, an integer or enumeration
// with 0 for success. How a vendor names and numbers things stays in that file.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "Engine.h"

#include <cstdlib>

/// Begins a function: counts the call, and returns what the test has ordered.
#define ENTER()                                                                                                        \
  do {                                                                                                                 \
    if (int code_ = fake::enter(__func__))                                                                             \
      return static_cast<Result>(code_);                                                                               \
  } while (false)

/// A release that fails has released all the same: its error may be one of earlier work.
#define ENTER_RELEASE() const int code_ = fake::enter(__func__)
#define RELEASED(result) (code_ ? static_cast<Result>(code_) : (result))

namespace fake {

/// A number of the environment.
inline int setting(const char *variable, int otherwise) {
  const char *text = std::getenv(variable);
  return text ? std::atoi(text) : otherwise;
}

/// Handles are the addresses of objects, which are counted from `make` to `destroy`.
template <typename T, typename Handle> T *as(Handle handle) {
  return reinterpret_cast<T *>(handle);
}

template <typename Handle, typename T> void make(Handle *handle, T *object) {
  *handle = reinterpret_cast<Handle>(object);
  born(object);
}

template <typename T, typename Handle> void destroy(Handle handle) {
  died(as<T>(handle));
  delete as<T>(handle);
}

} // namespace fake
