//===- TuneCommand.cpp - flexc tune ---------------------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From a kernel and its sizes to a record: arguments, the runtime's search, what it
// gained. The record is written last and at once: interrupted, nothing is kept.
//
//===----------------------------------------------------------------------===//
#include "Arguments.h"
#include "Command.h"
#include "Kernel.h"
#include "RandomArguments.h"
#include "Text.h"
#include "Tuning.h"

#include <algorithm>
#include <cmath>
#include <unistd.h>

namespace flex::tool {
namespace {

constexpr double kBudget = 20;

class Tune {
public:
  explicit Tune(const Options &options) : options(options) {}

  Status run() {
    FLEX_RETURN_IF_ERROR(readOptions());
    FLEX_RETURN_IF_ERROR(openKernel());
    FLEX_RETURN_IF_ERROR(makeArguments());
    FLEX_RETURN_IF_ERROR(search());
    return showRecord();
  }

private:
  Status readOptions();
  Status openKernel();
  Status makeArguments();
  Status search();
  void printOutcome();
  Status showRecord();

  const Options &options;
  double budget = kBudget;
  KernelPlace place;
  rt::KeyValues compileOptions;
  rt::TuningFile file{rt::TuningFile::defaultPath()};
  std::optional<rt::Context> context;
  std::optional<rt::Module> module;
  std::optional<rt::Kernel> kernel;
  ResolvedArguments arguments;
  rt::TuneOutcome outcome;
};

Status Tune::readOptions() {
  if (auto seconds = parseDouble(options.get("budget", "20")); seconds && *seconds > 0 && *seconds <= 86400)
    budget = *seconds;
  else
    return {StatusCode::InvalidArgument,
            "--budget is '" + printable(options.get("budget")) + "', expected seconds, e.g. --budget=30"};
  if (file.path().empty() && !options.has("no-record"))
    return {StatusCode::InvalidArgument, "there is no file for the record: FLEX_TUNING is 'off', or HOME is unset; "
                                         "--no-record only tells what was measured"};
  place = splitKernel(options.words[0]);
  if (options.has("kernel"))
    place.kernel = options.get("kernel");
  for (const std::string &option : options.all("option")) {
    size_t equals = option.find('=');
    if (equals == std::string::npos)
      return {StatusCode::InvalidArgument, "--option: '" + printable(option) + "' is not of the form KEY=VALUE"};
    if (option.substr(0, equals) == "schedule")
      return {StatusCode::InvalidArgument, "--option schedule: schedules are what is looked for"};
    compileOptions.emplace_back(option.substr(0, equals), option.substr(equals + 1));
  }
  return Status::ok();
}

Status Tune::openKernel() {
  rt::ContextOptions contextOptions;
  contextOptions.device = "host";
  contextOptions.importPaths = options.all("import-path");
  contextOptions.compileOptions = compileOptions;
  contextOptions.tuning = options.has("no-record") ? "off" : file.path();
  contextOptions.drivers.pinThreads = true;
  if (options.has("threads")) {
    auto threads = parseInteger(options.get("threads"));
    if (!threads || *threads < 1 || *threads > 4096)
      return {StatusCode::InvalidArgument,
              "--threads is '" + printable(options.get("threads")) + "', expected a number from 1 to 4096"};
    contextOptions.drivers.threads = static_cast<int>(*threads);
  }
  auto opened = rt::Context::create(std::move(contextOptions));
  if (!opened)
    return opened.status();
  context.emplace(std::move(*opened));
  auto loaded = context->loadFile(place.file);
  if (!loaded)
    return loaded.status();
  module.emplace(std::move(*loaded));
  auto found = kernelOf(*module, place);
  if (!found)
    return found.status();
  kernel.emplace(std::move(*found));
  return Status::ok();
}

Status Tune::makeArguments() {
  std::vector<std::string> words(options.words.begin() + 1, options.words.end());
  auto bound = bindRandom(*kernel, words, options.all("define"));
  if (!bound)
    return bound.status();
  kernel.emplace(std::move(bound->kernel));
  arguments = std::move(bound->arguments);
  return Status::ok();
}

Status Tune::search() {
  std::vector<std::unique_ptr<ArrayTensor>> tensors;
  std::vector<const DLTensor *> args;
  for (const Array &array : arguments.arrays) {
    tensors.push_back(std::make_unique<ArrayTensor>(array));
    args.push_back(&tensors.back()->tensor);
  }
  bool isTerminal = ::isatty(STDERR_FILENO) != 0;
  rt::TuneOptions how;
  how.seconds = budget;
  how.device = options.get("device", "host");
  how.isolate = true; // nothing else runs here
  how.progress = [isTerminal](const std::string &text) {
    if (isTerminal)
      std::fputs(("\r\x1b[K" + text.substr(0, 100)).c_str(), stderr);
  };
  auto found = kernel->tune(args.data(), args.size(), how);
  if (isTerminal)
    std::fputs("\r\x1b[K", stderr);
  if (!found)
    return found.status();
  outcome = std::move(*found);
  printOutcome();
  return Status::ok();
}

void Tune::printOutcome() {
  size_t tried = 0, unfit = 0, wrong = 0;
  const rt::TuningRecord &record = outcome.record;
  print(record.name + (record.key.shape.empty() ? "" : " " + record.key.shape) + " on " + record.device + "\n");
  for (const rt::TunedLaunch &launch : outcome.launches) {
    tried += launch.tried, unfit += launch.unfit, wrong += launch.wrong;
    print("  " + launch.name + ": the cost model's choice: " + gainText(launch.before, launch.after) +
          (launch.keys.empty() ? "" : ": " + launch.keys) + "\n");
  }
  print("  " + std::to_string(tried) + " candidates, " + std::to_string(unfit) + " of them do not fit; results as " +
        (outcome.byReference ? "the reference interpreter's\n" : "those of the cost model's choice\n"));
  if (wrong)
    say("warning: " + std::to_string(wrong) +
        " candidates computed something else and were left out; that is a fault of Flex, please report it");
  print("the cost model's choice: " + gainText(record.modelSeconds, record.bestSeconds) + "\n");
}

Status Tune::showRecord() {
  if (options.has("no-record"))
    return Status::ok();
  FLEX_RETURN_IF_ERROR(outcome.written);
  if (outcome.file.empty()) {
    print("no record: no candidate was tried; give it more time, e.g. --budget=" +
          std::to_string(std::llround(std::ceil(4 * budget))) + "\n");
    return Status::ok();
  }
  if (!outcome.setAside.empty())
    say("warning: '" + outcome.file + "' was damaged; it is now '" + outcome.setAside + "', and a new one is begun");
  print("record " + outcome.record.id() + " in " + outcome.file + "\n");
  return Status::ok();
}

} // namespace

int runTune(const Options &options) {
  if (options.words.empty())
    return fail({StatusCode::InvalidArgument, "which kernel? 'flexc tune FILE[:KERNEL] -D M=512 …' (flexc help tune)"});
  if (isRecordsAction(options.words[0]))
    return runRecordsAction(options);
  Tune tune(options);
  Status status = tune.run();
  return status.isOk() ? kExitOk : fail(status);
}

} // namespace flex::tool
