//===- CostScheduler.cpp - The device with the least predicted time -------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The model of CostModel.h, corrected by what was measured: per device the ratio
// of measured to modelled time, and failures, which keep a device out for a while.
// Invariant: every map below is keyed by device id and guarded by `mutex`.
//
//===----------------------------------------------------------------------===//
#include "CostModel.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <mutex>

namespace flex::rt {
namespace {

using Clock = std::chrono::steady_clock;

// A new ratio moves the correction by this share (of its logarithm).
constexpr double kLearningRate = 0.25;
// One odd measurement must not make a device look thousands of times better or worse.
constexpr double kMaxCorrection = 1000;
// A failed device is out for a second, then twice as long at each further failure.
constexpr std::chrono::seconds kFirstQuarantine(1), kLongestQuarantine(64);
// Compile time counts once for a single answer, and is spread over a long run otherwise.
constexpr double kThroughputLaunches = 1000;
// A decision on measured figures holds longer than one on the model alone.
constexpr uint32_t kShortDecision = 16, kLongDecision = 1024;

struct DeviceRecord {
  double correction = 1;
  std::chrono::seconds quarantine{0};
  Clock::time_point outUntil{};
  std::string lastFailure;
};

class CostScheduler : public Scheduler {
public:
  explicit CostScheduler(Objective objective) : objective(objective) {}

  Decision choose(const WorkDescription &work, const std::vector<Candidate> &candidates) override {
    std::lock_guard lock(mutex);
    double amortised = objective == Objective::Throughput ? kThroughputLaunches : 1;
    Decision decision;
    std::vector<std::string> notes;
    bool chosen = false;
    for (size_t i = 0; i < candidates.size(); ++i) {
      const DeviceRecord &record = records[candidates[i].device->id];
      decision.predictions.push_back(predict(work, candidates[i], record.correction, amortised));
      if (isOut(record)) {
        notes.push_back(candidates[i].device->id + " is left out for now: " + record.lastFailure);
        continue;
      }
      if (!chosen || decision.predictions[i].total < decision.predictions[decision.index].total)
        decision.index = i;
      chosen = true;
    }
    // With every device out, the best of them is tried again.
    if (!chosen)
      for (size_t i = 1; i < candidates.size(); ++i)
        if (decision.predictions[i].total < decision.predictions[decision.index].total)
          decision.index = i;
    bool measured = candidates[decision.index].measuredSeconds >= 0;
    decision.validLaunches = candidates.size() == 1 || measured ? kLongDecision : kShortDecision;
    decision.explanation = explainDecision(work, candidates, decision, notes);
    return decision;
  }

  void recordLaunch(const WorkDescription &work, const DeviceDescription &device, double seconds) override {
    double model = modelSeconds(work, device);
    if (!(seconds > 0) || !(model > 0))
      return;
    std::lock_guard lock(mutex);
    DeviceRecord &record = records[device.id];
    double logarithm = std::log(record.correction) * (1 - kLearningRate) + std::log(seconds / model) * kLearningRate;
    record.correction = std::clamp(std::exp(logarithm), 1 / kMaxCorrection, kMaxCorrection);
    record.quarantine = std::chrono::seconds(0);
  }

  void recordFailure(const WorkDescription &work, const DeviceDescription &device, const Status &status) override {
    std::lock_guard lock(mutex);
    DeviceRecord &record = records[device.id];
    record.quarantine = std::clamp(record.quarantine * 2, kFirstQuarantine, kLongestQuarantine);
    record.outUntil = Clock::now() + record.quarantine;
    record.lastFailure = "kernel " + work.kernel + " failed there: " + status.str();
  }

private:
  static bool isOut(const DeviceRecord &record) { return Clock::now() < record.outUntil; }

  const Objective objective;
  std::mutex mutex;
  std::map<std::string, DeviceRecord> records;
};

} // namespace

std::unique_ptr<Scheduler> createScheduler(Objective objective) {
  return std::make_unique<CostScheduler>(objective);
}

} // namespace flex::rt
