//===- TuneSearch.h - Candidates against the clock --------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Compiles schedules of one kernel at one shape, checks what each computes, and times
// them in turns, so that what else the machine does hits all of them. Touches no record.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "Array.h"
#include "CompilerLibrary.h"
#include "TuneCandidates.h"
#include "flex/Runtime/Context.h"

#include <chrono>
#include <functional>
#include <optional>
#include <set>

namespace flex::tool {

/// What came out for one launch. Times are of the whole kernel, with what was found for the launches before in place.
struct TunedLaunch {
  std::string name;
  ScheduleKeys keys; ///< empty: the cost model's choice stays
  size_t tried = 0, unfit = 0, wrong = 0;
  double before = 0, after = 0;
};

struct TuneOutcome {
  std::string schedule; ///< for the option `schedule`; empty: nothing is better
  double modelSeconds = 0, bestSeconds = 0;
  bool byReference = false; ///< results were checked against the interpreter's, else against the cost model's code
  std::vector<TunedLaunch> launches;
};

class TuneSearch {
public:
  using Clock = std::chrono::steady_clock;

  /// `request`: the kernel with all types and dimensions bound and one target. `args`: as Kernel::launch wants them.
  TuneSearch(const rt::Context &context, CompilerRequest request, const std::vector<Array> &args,
             std::function<void(const std::string &)> progress)
      : context(context), request(std::move(request)), arrays(args), progress(std::move(progress)) {}

  StatusOr<TuneOutcome> run(double seconds);

private:
  /// One schedule's code and its times.
  struct Code {
    std::string option, image;
    std::optional<rt::Module> module;
    std::optional<rt::Kernel> kernel;
    std::vector<double> times;
    double best() const;
  };

  StatusOr<Code> compile(const std::string &option) const;
  Status prepare();
  Status orderLaunches(const std::string &groups, const std::string &imageBytes);
  Status askReference();
  bool isRight() const;
  bool differs(const Array &expected, const Array &found, const Array *bounds) const;
  Status launch(Code &code);
  bool survives(const Code &code) const;
  Status time(Code &code);
  Status duel(Code &champion, std::vector<Code *> others, double seconds);
  static bool beats(const Code &code, const Code &champion);
  Status improve(TunedLaunch &tuned, const ScheduleKeys &model, Clock::time_point end);
  StatusOr<std::optional<Code>> tryOne(const std::string &option, TunedLaunch &tuned);

  const rt::Context &context;
  CompilerRequest request;
  const std::vector<Array> &arrays;
  std::function<void(const std::string &)> progress;

  std::vector<std::unique_ptr<ArrayTensor>> tensors;
  std::vector<const DLTensor *> args, outs;
  std::vector<Array> results, expected, bounds; ///< bounds: empty without the interpreter
  struct Part {
    std::string name;
    ScheduleKeys schedule;
    double weight = 0; ///< of the kernel's time, estimated
  };
  std::vector<Part> parts; ///< the heaviest first
  double flops = 0;
  int64_t batch = 1; ///< launches that are timed together
  Code champion, model;
  std::map<std::string, ScheduleKeys> chosen;
  std::set<std::string> seen;
};

} // namespace flex::tool
