//===- PassTimes.h - Seconds of each pass ----------------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// For `--timing`: one row per pass and stage, runs over several operations
// added up.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Pipeline/Pipeline.h"

#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassInstrumentation.h"

#include <chrono>

namespace flex {

class PassTimes : public mlir::PassInstrumentation {
public:
  PassTimes(std::vector<StageTime> &times, std::string_view stage, std::string target, std::string kernel)
      : times(times), stage(stage), target(std::move(target)), kernel(std::move(kernel)), first(times.size()) {}

  void runBeforePass(mlir::Pass *, mlir::Operation *) override { begins.push_back(std::chrono::steady_clock::now()); }
  void runAfterPass(mlir::Pass *pass, mlir::Operation *) override { end(pass); }
  void runAfterPassFailed(mlir::Pass *pass, mlir::Operation *) override { end(pass); }

private:
  void end(mlir::Pass *pass) {
    double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begins.back()).count();
    begins.pop_back();
    // The adaptor that runs nested passes shows the sum of what is inside it.
    std::string name = pass->getArgument().str();
    if (name.empty())
      return;
    for (size_t i = first; i < times.size(); ++i)
      if (times[i].pass == name) {
        times[i].seconds += seconds;
        return;
      }
    times.push_back({stage, target, kernel, name, seconds});
  }

  std::vector<StageTime> &times;
  std::string stage, target, kernel;
  size_t first;
  std::vector<std::chrono::steady_clock::time_point> begins;
};

} // namespace flex
