//===- FirstScheduler.cpp - The least a scheduler can do -----------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Used where the build has no runtime/Scheduler: the candidate whose compute,
// transfer and compile times add up to the least by the drivers' estimates.
//
//===----------------------------------------------------------------------===//
#include "flex/Runtime/Scheduler.h"

#include <algorithm>

namespace flex::rt {
namespace {

Prediction predict(const WorkDescription &work, const Candidate &candidate) {
  const DeviceDescription &device = *candidate.device;
  auto over = [](double amount, double rate) { return rate > 0 ? amount / (rate * 1e9) : 0; };
  double argumentBytes = static_cast<double>(work.inputBytes) + static_cast<double>(work.outputBytes);
  Prediction out;
  out.computeSeconds = std::max(over(std::max(work.flops, 0.0), device.gflops),
                                over(std::max(work.bytesMoved, argumentBytes), device.memoryGBs)) +
                       device.launchLatencyUs * 1e-6 * static_cast<double>(work.launches);
  if (!device.sharesHostMemory)
    out.transferSeconds = over(argumentBytes, device.transferGBs) + 2e-6 * device.transferLatencyUs;
  out.compileSeconds = candidate.compileSeconds + candidate.loadSeconds;
  out.queueSeconds = candidate.queuedSeconds;
  double run = candidate.measuredSeconds >= 0 ? candidate.measuredSeconds : out.computeSeconds + out.transferSeconds;
  out.total = run + out.compileSeconds + out.queueSeconds;
  return out;
}

class FirstScheduler : public Scheduler {
public:
  Decision choose(const WorkDescription &work, const std::vector<Candidate> &candidates) override {
    Decision decision;
    for (const Candidate &candidate : candidates) {
      decision.predictions.push_back(predict(work, candidate));
      decision.explanation +=
          candidate.device->id + ": predicted " + std::to_string(decision.predictions.back().total * 1e6) + " us\n";
      if (decision.predictions.back().total < decision.predictions[decision.index].total)
        decision.index = decision.predictions.size() - 1;
    }
    decision.explanation += "chosen: " + candidates[decision.index].device->id + "\n";
    decision.validLaunches = 1000;
    return decision;
  }
  void recordLaunch(const WorkDescription &, const DeviceDescription &, double) override {}
  void recordFailure(const WorkDescription &, const DeviceDescription &, const Status &) override {}
};

} // namespace

std::unique_ptr<Scheduler> createScheduler(Objective) {
  return std::make_unique<FirstScheduler>();
}

} // namespace flex::rt
