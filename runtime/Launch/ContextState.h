//===- ContextState.h - What a context owns --------------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Kept alive by every module, kernel and event made from it. Thread-safe.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "Compiler.h"
#include "Devices.h"
#include "Rates.h"
#include "Tuned.h"
#include "Worker.h"
#include "flex/Runtime/Context.h"

#include <atomic>
#include <mutex>

namespace flex::rt {

class ContextImpl {
  std::mutex kernelsMutex; // guards both below
  std::vector<std::weak_ptr<KernelImpl>> kernels;
  size_t kernelsLimit = 64; ///< when there are so many, those that are gone are left out

public:
  explicit ContextImpl(ContextOptions options);

  const ContextOptions options;
  DeviceSet devices;
  Cache cache;
  Rates rates{cache};
  Compiler compiler;
  Tuned tuned;
  const std::unique_ptr<Scheduler> scheduler;
  /// Time spent in launches: what opening another driver is weighed against.
  std::atomic<int64_t> workNs = 0;
  /// Measured, to predict the next compilation.
  std::atomic<int64_t> compileNs = 0, compilations = 0;
  double expectedCompileSeconds() const {
    constexpr double kGuess = 0.03;
    int64_t count = compilations.load();
    return count ? static_cast<double>(compileNs.load()) * 1e-9 / static_cast<double>(count) : kGuess;
  }
  /// What tuning has to tell that there is other code; kernels are alive without it.
  void enroll(const std::shared_ptr<KernelImpl> &kernel);
  std::vector<std::shared_ptr<KernelImpl>> enrolled();
  /// Compiles what is hot. Last: its jobs use all of the above.
  Worker background;

  void log(LogLevel level, const std::string &message) const {
    if (options.log)
      options.log(level, message);
  }
};

} // namespace flex::rt
