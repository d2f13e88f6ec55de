//===- TuneSearch.h - Candidates against the clock --------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Compiles schedules of one kernel at one shape, checks what each computes, and times
// them in turns, so that what else the machine does hits all of them. Touches no record,
// no table of a kernel and nothing of the scheduler's.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "Plan.h"
#include "TuneResults.h"
#include "Tuning/Candidates.h"

#include <chrono>
#include <set>

namespace flex::rt {

class TuneSearch {
public:
  using Clock = std::chrono::steady_clock;

  /// One kernel of a source for one shape on one device. `args`: complete, and matched.
  struct Subject {
    const ModuleState &module;
    Device &device;
    const std::string &kernel;
    const Match &match;
    const DLTensor *const *args;
  };
  /// Keeps references.
  TuneSearch(const Subject &subject, const TuneOptions &options) : subject(subject), options(options) {}

  /// All of the outcome but who the record is about.
  StatusOr<TuneOutcome> run();

private:
  /// One schedule's code and its times.
  struct Code {
    std::string option;
    std::vector<uint8_t> image; ///< of a candidate
    std::unique_ptr<Plan> plan;
    std::vector<double> times;
    double best() const;
  };
  struct Part {
    std::string name;
    ScheduleKeys schedule;
    double weight = 0; ///< of the kernel's time, estimated
  };
  /// A launch while it is searched.
  struct Found {
    TunedLaunch launch;
    ScheduleKeys keys; ///< empty: the cost model's choice stays
  };

  void say(const std::string &text) const;
  StatusOr<Code> load(const CompiledProgram &program) const;
  StatusOr<Code> compile(const std::string &option) const;
  Status prepare();
  Status orderLaunches(const std::string &groups, const ImageProgram &program);
  Status askReference();
  Status launch(const Code &code) const;
  bool survives(const Code &code) const;
  Status time(Code &code) const;
  Status duel(Code &champion, std::vector<Code *> others, double seconds) const;
  static bool beats(const Code &code, const Code &champion);
  Status improve(Found &found, const ScheduleKeys &model, Clock::time_point end);
  StatusOr<std::optional<Code>> tryOne(const std::string &option, TunedLaunch &tuned);
  Status searchParts(Clock::time_point end, std::vector<TunedLaunch> &out);

  const Subject subject;
  const TuneOptions &options;
  TuneResults results;
  std::vector<Part> parts; ///< the heaviest first
  double flops = 0;
  int64_t batch = 1; ///< launches that are timed together
  Code champion, model;
  std::map<std::string, ScheduleKeys> chosen;
  std::set<std::string> seen;
};

} // namespace flex::rt
