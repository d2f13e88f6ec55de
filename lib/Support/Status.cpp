//===- Status.cpp - Errors of the environment, as values -----------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The code names printed here are what users grep for in logs: keep them.
//
//===----------------------------------------------------------------------===//
#include "flex/Support/Status.h"

namespace flex {

const char *statusCodeName(StatusCode code) {
  switch (code) {
  case StatusCode::Ok: return "ok";
  case StatusCode::InvalidArgument: return "invalid argument";
  case StatusCode::NotFound: return "not found";
  case StatusCode::Unavailable: return "unavailable";
  case StatusCode::Unimplemented: return "unimplemented";
  case StatusCode::DataLoss: return "data loss";
  case StatusCode::ResourceExhausted: return "resource exhausted";
  case StatusCode::PermissionDenied: return "permission denied";
  case StatusCode::CompileError: return "compile error";
  case StatusCode::DeviceError: return "device error";
  case StatusCode::Internal: return "internal error";
  }
  return "unknown status";
}

std::string Status::str() const {
  return isOk() ? "ok" : std::string(statusCodeName(statusCode)) + ": " + text;
}

Status Status::withContext(const std::string &context) const {
  return isOk() ? *this : Status(statusCode, context + ": " + text);
}

} // namespace flex
