//===- Handles.h - What the C ABI's handles are ----------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Private to runtime/CAPI. Strings that functions return live in the handles.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "Launch/Worker.h"
#include "flex-c/flex.h"
#include "flex/Runtime/Context.h"

#include <cstring>
#include <mutex>

struct flex_context {
  explicit flex_context(flex::rt::Context context);
  ~flex_context();
  flex::rt::Context context;
  const uint64_t number; ///< never used again, unlike the address
  std::once_flag devicesListed;
  std::vector<const flex::rt::DeviceDescription *> devices;
  std::vector<flex::rt::SkippedDevice> skipped;
  flex::rt::Worker worker;
};

struct flex_module {
  flex_context *context;
  flex::rt::Module module;
  std::vector<std::string> names;
};

struct flex_kernel {
  flex_kernel(flex_context *context, flex::rt::Kernel kernel);
  flex_context *context;
  flex::rt::Kernel kernel;
  std::vector<std::vector<std::string>> shapeTexts; ///< parameters, then results
  std::vector<std::vector<const char *>> shapes;
  std::vector<std::string> typeParams;
};

namespace flex::rt::capi {

/// Remembers the message of a failure for flex_last_error; gives its code.
flex_status report(const flex_context *context, const Status &status);

/// A copy of a caller's struct, which may be of an older and shorter version;
/// what it lacks is zero. False if it has no size.
template <typename T> bool readStruct(const T *from, T &to) {
  std::memset(&to, 0, sizeof to);
  if (!from)
    return true;
  if (from->struct_size < sizeof(size_t))
    return false;
  std::memcpy(&to, from, from->struct_size < sizeof to ? from->struct_size : sizeof to);
  return true;
}

/// The other way; keeps the caller's size.
template <typename T> bool writeStruct(T from, T *to) {
  if (!to || to->struct_size < sizeof(size_t))
    return false;
  from.struct_size = to->struct_size;
  std::memcpy(to, &from, from.struct_size < sizeof from ? from.struct_size : sizeof from);
  return true;
}

inline Status badStruct(const char *name) {
  return {StatusCode::InvalidArgument, std::string(name) + ".struct_size is not set"};
}

} // namespace flex::rt::capi
