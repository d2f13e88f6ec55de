//===- Executable.cpp - A program on the null device ---------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the launch code owes a driver, checked.
//
//===----------------------------------------------------------------------===//
#include "Executable.h"

namespace flex::rt::null {

Status NullExecutable::check(const LaunchArguments &arguments) const {
  if (arguments.index >= launches.size())
    return {StatusCode::InvalidArgument,
            "launch " + std::to_string(arguments.index) + " of a program of " + std::to_string(launches.size())};
  const ImageLaunch &launch = launches[arguments.index];
  if (arguments.bufferCount != launch.buffers.size() || arguments.dimCount != launch.dims.size())
    return {StatusCode::InvalidArgument, "entry '" + launch.entry + "' takes " + std::to_string(launch.buffers.size()) +
                                             " buffers and " + std::to_string(launch.dims.size()) + " dims, got " +
                                             std::to_string(arguments.bufferCount) + " and " +
                                             std::to_string(arguments.dimCount)};
  if (arguments.items <= 0 || arguments.workspaceBytes < 0)
    return {StatusCode::InvalidArgument,
            "entry '" + launch.entry + "' was launched over " + std::to_string(arguments.items) + " items"};
  return Status::ok();
}

} // namespace flex::rt::null
