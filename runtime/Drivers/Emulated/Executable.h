//===- Executable.h - A program for the emulator ---------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The payload's library, bound to the emulator's instructions, and the kernel of
// each launch.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "Common/SharedObject.h"
#include "flex/Emulator/Grid.h"
#include "flex/Runtime/Driver.h"

namespace flex::rt::emulated {

class EmulatedExecutable : public Executable {
public:
  static StatusOr<std::unique_ptr<EmulatedExecutable>> load(const ImageKernel &kernel, const ImageProgram &program);
  /// Runs one launch to its end.
  Status launch(const LaunchArguments &arguments, const emulator::LaunchOptions &options) const;

private:
  struct Entry {
    std::string name;
    size_t kernel = 0; ///< of the loaded program
    unsigned groupSize = 1;
    uint32_t dynamicSharedBytes = 0;
    std::vector<bool> writable; ///< by buffer
    size_t dims = 0, maps = 0;
  };
  EmulatedExecutable() = default;
  Status addEntry(const ImageProgram &program, const ImageLaunch &launch);
  Status check(const Entry &entry, const LaunchArguments &arguments) const;

  std::unique_ptr<SharedObject> library;
  std::unique_ptr<emulator::LoadedProgram> loaded; ///< of the library: goes first
  std::vector<Entry> entries;                      ///< in the order of ImageProgram::launches
};

} // namespace flex::rt::emulated
