//===- Report.cpp - What a command says, and how it exits -----------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Results go to standard output, errors to standard error; "flexc help" lists the exit codes.
//
//===----------------------------------------------------------------------===//
#include "Command.h"

#include <cstdio>
#include <string>

using namespace flex;
using namespace flex::tool;

int tool::exitCode(StatusCode code) {
  switch (code) {
  case StatusCode::Ok: return kExitOk;
  case StatusCode::InvalidArgument:
  case StatusCode::NotFound:
  case StatusCode::Unimplemented:
  case StatusCode::CompileError: return kExitUser;
  case StatusCode::Unavailable:
  case StatusCode::DataLoss:
  case StatusCode::ResourceExhausted:
  case StatusCode::PermissionDenied:
  case StatusCode::DeviceError: return kExitEnvironment;
  case StatusCode::Internal: return kExitInternal;
  }
  return kExitInternal;
}

void tool::say(const std::string &text) {
  std::fputs((text + "\n").c_str(), stderr);
}

void tool::print(const std::string &text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

int tool::fail(const Status &status) {
  // The compiler's diagnostics say "error:" themselves, with a place.
  bool rendered = status.message().find("error: ") != std::string::npos;
  std::string text = status.message();
  while (!text.empty() && text.back() == '\n')
    text.pop_back();
  if (text.empty())
    text = statusCodeName(status.code());
  say(rendered ? text : "error: " + text);
  return exitCode(status.code());
}
