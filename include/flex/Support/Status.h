//===- Status.h - Errors of the environment, as values ---------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What can fail outside the program (a file, a device, a full disk) is a Status
// with a code and a cause. Wrong user input is a diagnostic instead, a broken
// invariant an assert. Libraries throw nothing and print nothing.
//
//===----------------------------------------------------------------------===//
#pragma once

#include <cassert>
#include <optional>
#include <string>
#include <utility>

namespace flex {

/// The codes are part of the C ABI (flex-c/flex.h): append, never renumber.
enum class StatusCode : int {
  Ok = 0,
  InvalidArgument = 1,   ///< the caller's input is wrong; the message says what was expected
  NotFound = 2,          ///< a file, kernel, device or symbol does not exist
  Unavailable = 3,       ///< a driver, library or device is missing here
  Unimplemented = 4,     ///< a documented limit
  DataLoss = 5,          ///< stored bytes are damaged
  ResourceExhausted = 6, ///< memory, disk or a configured limit
  PermissionDenied = 7,
  CompileError = 8, ///< the kernel's source has errors; the message holds the diagnostics
  DeviceError = 9,  ///< the device failed while executing
  Internal = 10,
};

const char *statusCodeName(StatusCode code);

class [[nodiscard]] Status {
public:
  Status() = default;
  Status(StatusCode code, std::string message) : statusCode(code), text(std::move(message)) {}
  static Status ok() { return {}; }

  bool isOk() const { return statusCode == StatusCode::Ok; }
  explicit operator bool() const { return isOk(); }
  StatusCode code() const { return statusCode; }
  const std::string &message() const { return text; }
  /// `code: message`, or `ok`.
  std::string str() const;
  /// The same error with `context: ` before its message.
  Status withContext(const std::string &context) const;

private:
  StatusCode statusCode = StatusCode::Ok;
  std::string text;
};

/// A value or the Status that says why there is none.
template <typename T> class [[nodiscard]] StatusOr {
public:
  StatusOr(Status status) : error(std::move(status)) { assert(!error.isOk() && "an ok StatusOr needs a value"); }
  StatusOr(T value) : stored(std::move(value)) {}

  bool isOk() const { return stored.has_value(); }
  explicit operator bool() const { return isOk(); }
  const Status &status() const { return error; }
  T &operator*() { return *stored; }
  const T &operator*() const { return *stored; }
  T *operator->() { return &*stored; }
  const T *operator->() const { return &*stored; }

private:
  Status error;
  std::optional<T> stored;
};

} // namespace flex

/// Returns the Status of `expr` from the enclosing function unless it is ok.
#define FLEX_RETURN_IF_ERROR(expr)                                                                                     \
  do {                                                                                                                 \
    ::flex::Status flexStatus_ = (expr);                                                                               \
    if (!flexStatus_.isOk())                                                                                           \
      return flexStatus_;                                                                                              \
  } while (false)
