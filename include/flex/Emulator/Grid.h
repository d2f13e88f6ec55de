//===- Grid.h - Runs whole launches -----------------------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A program bound to its instructions, and launches of its kernels: groups are
// spread over host threads, the threads of a group take turns on one of them.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Emulator/Intrinsic.h"
#include "flex/Emulator/Program.h"

#include <functional>

namespace flex::emulator {

/// What the function table of every program points to.
const HostTable &hostTable();

struct LaunchOptions {
  unsigned hostThreads = 0; ///< 0: as many as the machine has
  uint64_t seed = 1;        ///< of the order in which threads take turns; 0: by their numbers
  double timeoutSeconds = 300;

  /// FLEX_EMULATOR_SEED, FLEX_EMULATOR_TIMEOUT, FLEX_NUM_THREADS; what is no number means the default.
  static LaunchOptions fromEnvironment();
};

struct LaunchRequest {
  size_t kernel = 0; ///< of ProgramInfo::kernels
  unsigned groupSize = 1;
  GroupId groups{1, 1, 1};
  uint32_t dynamicSharedBytes = 0;        ///< group memory beside what the program declares
  const void *const *arguments = nullptr; ///< their addresses, one for each of the kernel's
  /// Memory that it may touch. Ranges may overlap; where they do, writable wins.
  std::vector<MachineOptions::Range> memory;
};

/// Immutable after loading; many launches may run at once.
class LoadedProgram {
public:
  /// Finds kernels and constants by `find` (dlsym of the program's library, which outlives this), binds every
  /// instruction, and sets the program's function table. DataLoss for a damaged program, Unimplemented for one with an
  /// instruction that is not executed.
  static StatusOr<std::unique_ptr<LoadedProgram>> load(const std::function<void *(const char *)> &find);

  const ProgramInfo &info() const { return program; }
  /// The number of the kernel, or NotFound.
  StatusOr<size_t> findKernel(const std::string &name) const;
  /// DeviceError with the report if the kernel did something that it must not.
  Status launch(const LaunchRequest &request, const LaunchOptions &options) const;

private:
  friend class Group;
  using Function = void (*)(const void *const *arguments);
  struct BoundCall {
    const Binding *binding = nullptr;
    uint32_t site = 0;
    const char *name = "";
  };

  ProgramInfo program;
  std::vector<Binding> bindings; ///< by symbol
  std::vector<BoundCall> calls;
  std::vector<Function> functions; ///< by kernel
  std::vector<MachineOptions::Range> constants;
  bool usesAsyncProxy = false;
};

} // namespace flex::emulator
