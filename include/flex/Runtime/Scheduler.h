//===- Scheduler.h - Which device runs a launch ----------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Between the launch code, which knows shapes, images and devices, and the
// policy, which knows only the figures below. The launch code asks once per
// shape and then again when a decision expires, never on the hot path.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Runtime/Driver.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace flex::rt {

enum class Objective { Latency, Throughput };

/// What is to be done, without regard to a device.
struct WorkDescription {
  std::string kernel;
  std::string shapes;     ///< e.g. "x[1024, 512] w[512, 256]", with the dtypes: identifies the work
  double flops = -1;      ///< -1 while no program for it was ever compiled
  double bytesMoved = -1; ///< device memory traffic; -1: unknown, argument bytes are a lower bound
  int64_t inputBytes = 0;
  int64_t outputBytes = 0;
  int64_t launches = 1; ///< of entry points, each with a launch latency
};

/// A device that could do it.
struct Candidate {
  const DeviceDescription *device = nullptr;
  double compileSeconds = 0;   ///< what must still be spent before the first launch: 0 if a program is at hand
  double loadSeconds = 0;      ///< to move it onto the device
  double queuedSeconds = 0;    ///< work already waiting there
  double measuredSeconds = -1; ///< best launch measured so far for this work, transfers included; -1: none
  uint64_t measuredLaunches = 0;
};

struct Prediction {
  double computeSeconds = 0, transferSeconds = 0, compileSeconds = 0, queueSeconds = 0;
  double total = 0;
};

struct Decision {
  size_t index = 0;                    ///< of the chosen candidate
  std::vector<Prediction> predictions; ///< one per candidate
  std::string explanation;             ///< several lines: each candidate's figures, the choice, what would flip it
  uint32_t validLaunches = 1;          ///< how many launches of the same work may go by before asking again
};

/// Thread-safe.
class Scheduler {
public:
  virtual ~Scheduler() = default;
  /// REQUIRES: at least one candidate.
  virtual Decision choose(const WorkDescription &work, const std::vector<Candidate> &candidates) = 0;
  /// A finished launch, to correct the model. `seconds` includes transfers, not compilation.
  virtual void recordLaunch(const WorkDescription &work, const DeviceDescription &device, double seconds) = 0;
  /// A failed launch or load: the device may be left out for a while.
  virtual void recordFailure(const WorkDescription &work, const DeviceDescription &device, const Status &status) = 0;
};

/// Defined in runtime/Scheduler.
std::unique_ptr<Scheduler> createScheduler(Objective objective);

} // namespace flex::rt
