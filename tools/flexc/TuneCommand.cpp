//===- TuneCommand.cpp - flexc tune ---------------------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From a kernel and its sizes to a record: arguments, the search, what it gained. The
// record is written last and at once: interrupted, nothing is kept.
//
//===----------------------------------------------------------------------===//
#include "Arguments.h"
#include "Command.h"
#include "Kernel.h"
#include "Text.h"
#include "TuneSearch.h"
#include "Tuning.h"

#include <algorithm>
#include <ctime>
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
    return keepRecord();
  }

private:
  Status readOptions();
  Status openKernel();
  Status checkDevice();
  Status makeArguments();
  Status bind();
  Status search();
  Status keepRecord();
  void printOutcome();
  const ImageKernel &signature() const { return kernel->signature(); }

  const Options &options;
  double budget = kBudget;
  KernelPlace place;
  rt::KeyValues compileOptions;
  rt::TuningFile file{rt::TuningFile::defaultPath()};
  std::optional<rt::Context> context;
  std::optional<rt::Module> module;
  std::optional<rt::Kernel> kernel;
  const rt::DeviceDescription *device = nullptr;
  ResolvedArguments arguments;
  rt::Bindings bindings;
  TuneOutcome outcome;
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

/// Others cannot be timed, or their schedules are of another kind.
Status Tune::checkDevice() {
  std::string id = options.get("device", "host");
  auto found = context->device(id);
  if (!found)
    return found.status();
  device = &(*found)->info();
  if (id == "host")
    return Status::ok();
  bool isReal = device->kind != "simulator" && !device->onlyWhenPinned;
  return {StatusCode::Unimplemented,
          "only 'host' can be tuned: " +
              (isReal ? "the candidates for '" + printable(id) + "' would be those of groups of threads"
                      : "'" + printable(id) + "' is " + device->name + ", whose time says nothing about a device's")};
}

Status Tune::openKernel() {
  rt::ContextOptions contextOptions;
  contextOptions.device = "host";
  contextOptions.importPaths = options.all("import-path");
  contextOptions.compileOptions = compileOptions;
  contextOptions.tuning = "off";
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
  FLEX_RETURN_IF_ERROR(checkDevice());
  auto loaded = context->loadFile(place.file);
  if (!loaded)
    return loaded.status();
  module.emplace(std::move(*loaded));
  std::vector<std::string> names = module->kernelNames();
  if (place.kernel.empty() && names.size() > 1)
    return {StatusCode::InvalidArgument, "'" + printable(place.file) + "' has several kernels (" + join(names) +
                                             "): name one, e.g. " + printable(place.file) + ":" + names.front()};
  if (!place.kernel.empty() && std::find(names.begin(), names.end(), place.kernel) == names.end())
    return {StatusCode::NotFound, "'" + printable(place.file) + "' has no kernel '" + printable(place.kernel) +
                                      "'; it has: " + join(names) + didYouMean(place.kernel, names)};
  auto found = module->kernel(place.kernel);
  if (!found)
    return found.status();
  kernel.emplace(std::move(*found));
  return Status::ok();
}

/// What is not given is random: times and the choice among schedules hardly depend on values.
Status Tune::makeArguments() {
  Defines defines;
  for (const std::string &text : options.all("define"))
    FLEX_RETURN_IF_ERROR(defines.add(text));
  std::vector<std::string> words(options.words.begin() + 1, options.words.end());
  for (const ImageTensor &param : signature().params) {
    auto names = [&](const std::string &word) { return word.rfind(param.name + "=", 0) == 0; };
    if (std::any_of(words.begin(), words.end(), names) || !param.defaultValue.empty())
      continue;
    auto type = defines.types.find(param.dtype);
    bool isReal = isFloat(type == defines.types.end() ? param.dtype : type->second);
    std::string value = param.dtype == "bool" ? "randint(0, 2)" : isReal ? "randn" : "randint(0, 7)";
    words.push_back(param.name + "=" + (param.shape.empty() ? "1" : value));
  }
  auto resolved = resolveArguments(signature(), words, std::move(defines));
  if (!resolved)
    return resolved.status();
  arguments = std::move(*resolved);
  return bind();
}

/// The bindings that a launch on these arguments has.
Status Tune::bind() {
  bindings = {arguments.defines.dims, arguments.defines.types};
  for (size_t i = 0; i < arguments.arrays.size(); ++i) {
    const ImageTensor &param = signature().params[i];
    const Array &array = arguments.arrays[i];
    for (const ImageTypeParam &type : signature().typeParams)
      if (type.name == param.dtype)
        bindings.types[type.name] = array.dtype;
    for (size_t axis = 0; axis < std::min(param.shape.size(), array.shape.size()); ++axis)
      if (auto name = param.shape[axis].asSymbol())
        bindings.dims[*name] = array.shape[axis];
  }
  for (const std::string &dim : signature().dims)
    if (!bindings.dims.count(dim))
      return {StatusCode::InvalidArgument, "dimension '" + dim + "' is open; give it, e.g. -D " + dim + "=512"};
  return Status::ok();
}

Status Tune::search() {
  auto source = readFile(place.file, uint64_t(1) << 30);
  if (!source)
    return source.status();
  CompilerRequest request;
  request.source = std::move(*source);
  request.fileName = place.file;
  request.kernel = signature().name;
  request.targets = {device->target};
  request.importPaths = options.all("import-path");
  request.dims = bindings.dims;
  request.types = bindings.types;
  request.options.assign(compileOptions.begin(), compileOptions.end());
  bool isTerminal = ::isatty(STDERR_FILENO) != 0;
  auto progress = [isTerminal](const std::string &text) {
    if (isTerminal)
      std::fputs(("\r\x1b[K" + text.substr(0, 100)).c_str(), stderr);
  };
  TuneSearch search(*context, std::move(request), arguments.arrays, progress);
  auto found = search.run(budget);
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
  std::string shape = rt::shapeOf(bindings.dims, bindings.types);
  print(signature().name + (shape.empty() ? "" : " " + shape) + " on " + device->name + "\n");
  for (const TunedLaunch &launch : outcome.launches) {
    tried += launch.tried, unfit += launch.unfit, wrong += launch.wrong;
    print("  " + launch.name + ": the cost model's choice: " + gainText(launch.before, launch.after) +
          (launch.keys.empty() ? "" : ": " + keysText(launch.keys)) + "\n");
  }
  print("  " + std::to_string(tried) + " candidates, " + std::to_string(unfit) + " of them do not fit; results as " +
        (outcome.byReference ? "the reference interpreter's\n" : "those of the cost model's choice\n"));
  if (wrong)
    say("warning: " + std::to_string(wrong) +
        " candidates computed something else and were left out; that is a fault of Flex, please report it");
  print("the cost model's choice: " + gainText(outcome.modelSeconds, outcome.bestSeconds) + "\n");
}

Status Tune::keepRecord() {
  if (options.has("no-record"))
    return Status::ok();
  auto match = kernel->tuning(bindings, "host");
  if (!match)
    return match.status();
  rt::TuningRecord record;
  record.key = match->key;
  record.name = signature().name;
  record.file = place.file;
  record.device = device->name;
  record.compiler = FLEX_VERSION;
  record.schedule = outcome.schedule;
  record.modelSeconds = outcome.modelSeconds;
  record.bestSeconds = outcome.bestSeconds;
  record.made = static_cast<int64_t>(std::time(nullptr));
  auto change = file.merge({record});
  if (!change)
    return change.status();
  if (!change->setAside.empty())
    say("warning: '" + file.path() + "' was damaged; it is now '" + change->setAside + "', and a new one is begun");
  print("record " + record.id() + " in " + file.path() + "\n");
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
