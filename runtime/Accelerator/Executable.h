//===- Executable.h - A program loaded on an accelerator -------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Everything that can be wrong with a program is found when it is loaded, not at
// its first launch.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "Accelerator/Device.h"

namespace flex::rt::accelerator {

class AcceleratorExecutable : public Executable {
public:
  /// Loads the module and finds every entry; an assembler's log is in the message of a failure.
  static StatusOr<std::unique_ptr<AcceleratorExecutable>> load(AcceleratorDevice &device, const ImageKernel &kernel,
                                                               const ImageProgram &program);
  /// Checks the arguments against the entry and puts the launch into `stream`.
  Status launch(Stream &stream, const LaunchArguments &arguments) const;

private:
  struct Entry {
    std::string name;
    Function function;
    size_t buffers = 0, dims = 0, maps = 0;
    uint32_t groupSize = 1, dynamicGroupMemory = 0;
  };

  explicit AcceleratorExecutable(AcceleratorDevice &device) : device(device) {}
  Status addEntry(const ImageLaunch &launch);
  StatusOr<Grid> gridFor(const Entry &entry, int64_t items) const;

  AcceleratorDevice &device;
  std::unique_ptr<Module> module;
  std::vector<Entry> entries; ///< in the order of ImageProgram::launches
};

} // namespace flex::rt::accelerator
