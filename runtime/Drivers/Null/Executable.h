//===- Executable.h - A program on the null device -------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A real driver holds its module and functions here.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Runtime/Driver.h"

namespace flex::rt::null {

class NullExecutable : public Executable {
public:
  explicit NullExecutable(std::vector<ImageLaunch> launches) : launches(std::move(launches)) {}
  /// Whether the arguments are what the image's launch says.
  Status check(const LaunchArguments &arguments) const;

private:
  std::vector<ImageLaunch> launches;
};

} // namespace flex::rt::null
