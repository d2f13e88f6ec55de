//===- Tune.cpp - A search, and what it changes --------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Explicit and blocking, so that the caches and cores are the search's. Code for the
// shape that is loaded already is replaced by the tuned code, in every kernel of the
// context that has it: launches that are under way end in the old one.
//
//===----------------------------------------------------------------------===//
#include "Kernel.h"

#include "Complete.h"
#include "TuneSearch.h"

#include <algorithm>
#include <cstdio>
#include <ctime>

namespace flex::rt {

/// Bad for all arguments.
Status KernelImpl::checkTuning(const TuneOptions &options) const {
  constexpr double kDay = 86400;
  if (!owner->isSource())
    return {StatusCode::InvalidArgument,
            "kernel '" + kernelSignature.name + "' is an image's, whose code is what it is; tune its source"};
  if (bound)
    return {StatusCode::InvalidArgument, "kernel '" + kernelSignature.name +
                                             "' has bound arguments; tune the kernel that it was bound from, whose "
                                             "schedule it takes, too"};
  if (!(options.seconds > 0 && options.seconds <= kDay)) {
    char text[32];
    std::snprintf(text, sizeof text, "%g", options.seconds);
    return {StatusCode::InvalidArgument,
            "the budget is " + std::string(text) + " seconds, expected more than 0 and at most a day, e.g. 5"};
  }
  if (hasSchedule(owner->context().options.compileOptions))
    return {StatusCode::InvalidArgument,
            "the context's compile options name a schedule; schedules are what is looked for"};
  return Status::ok();
}

/// Others cannot be timed, or their schedules are of another kind.
StatusOr<Device *> KernelImpl::tunedDevice(const std::string &asked) const {
  ContextImpl &context = owner->context();
  auto host = context.devices.find("host");
  std::string id = !asked.empty() ? asked : context.options.device;
  if (id.empty() || !host)
    return host;
  auto found = context.devices.find(id);
  if (!found || *found == *host)
    return found;
  const DeviceDescription &device = (*found)->info();
  bool isReal = device.kind != "simulator" && !device.onlyWhenPinned;
  return Status(StatusCode::Unimplemented,
                "only 'host' can be tuned: " +
                    (isReal ? "the candidates for '" + id + "' would be those of groups of threads"
                            : "'" + id + "' is " + device.name + ", whose time says nothing about a device's"));
}

StatusOr<TuneOutcome> KernelImpl::tune(const DLTensor *const *args, size_t argCount, const TuneOptions &options) {
  static const DLTensor *const kNoTensors[1] = {nullptr};
  FLEX_RETURN_IF_ERROR(checkTuning(options));
  auto device = tunedDevice(options.device);
  if (!device)
    return device.status();
  CompleteCall call(kernelSignature, fixed, args ? args : kNoTensors, argCount);
  auto match = matchArguments(kernelSignature, fixed, call.args, call.argCount, nullptr, 0);
  if (!match)
    return match.status();
  FLEX_RETURN_IF_ERROR(checkMemory(kernelSignature.params, call.args));
  static std::mutex turns; // two searches would time each other
  std::lock_guard lock(turns);
  auto outcome = TuneSearch({*owner, **device, kernelSignature.name, *match, call.args}, options).run();
  if (!outcome)
    return outcome.status();
  TuningRecord &record = outcome->record;
  record.key = owner->tuningKey(kernelSignature.name, match->bindings, (*device)->info());
  record.name = kernelSignature.name;
  record.file = owner->file();
  record.device = (*device)->info().name;
  record.compiler = FLEX_VERSION;
  record.made = static_cast<int64_t>(std::time(nullptr));
  bool isMeasured = std::any_of(outcome->launches.begin(), outcome->launches.end(),
                                [](const TunedLaunch &launch) { return launch.tried > 0; });
  if (!isMeasured)
    return outcome; // nothing is known that was not before
  keep(*outcome);
  for (const std::shared_ptr<KernelImpl> &kernel : owner->context().enrolled()) {
    bool isMeant = kernel->owner->isSource() && kernel->owner->tuningKey(kernel->kernelSignature.name, match->bindings,
                                                                         (*device)->info()) == record.key;
    Bindings bindings = match->bindings;
    bindings.bound = kernel->fixed.bound;
    if (Status status = isMeant ? kernel->reload(bindings, **device) : Status::ok(); !status.isOk())
      return status;
  }
  return outcome;
}

/// What cannot be written is used all the same.
void KernelImpl::keep(TuneOutcome &outcome) {
  ContextImpl &context = owner->context();
  auto change = context.tuned.keep(outcome.record);
  outcome.written = change.status();
  if (!change) {
    context.log(LogLevel::Warning, "the schedule found for kernel '" + kernelSignature.name +
                                       "' is for this context alone: " + change.status().message());
    return;
  }
  outcome.file = context.tuned.path();
  outcome.setAside = change->setAside;
  if (!change->setAside.empty())
    context.log(LogLevel::Warning,
                "'" + outcome.file + "' was damaged; it is now '" + change->setAside + "', and a new one is begun");
}

Status KernelImpl::reload(const Bindings &bindings, Device &device) {
  bool isLoaded;
  {
    std::lock_guard lock(programMutex); // waits for what is being compiled without the record
    isLoaded = programs.erase(programKey(device, bindings)) != 0;
  }
  auto isFor = [&](const Bindings &other) { return other.dims == bindings.dims && other.types == bindings.types; };
  std::vector<std::shared_ptr<ShapeEntry>> entries;
  {
    std::shared_lock lock(tableMutex);
    for (const auto &[hash, entry] : table)
      if (isFor(entry->match.bindings))
        entries.push_back(entry);
  }
  std::shared_ptr<LoadedProgram> program;
  for (const std::shared_ptr<ShapeEntry> &entry : entries) {
    std::lock_guard lock(entry->mutex);
    auto plan = entry->plans.find(device.info().id);
    bool hasPlan = plan != entry->plans.end() && plan->second;
    if (!hasPlan || !(entry->specialized || isFor(compileBindings(*entry))))
      continue; // compiled when it is launched, or code for all shapes
    if (!program) {
      CodeOrigin origin;
      auto loaded = load(device, bindings, origin);
      if (!loaded)
        return loaded.status();
      program = std::move(*loaded);
    }
    auto made = Plan::build(program, entry->match, bound);
    if (!made)
      return made.status();
    replacePlan(*entry, device, std::move(*made));
  }
  if (program || !isLoaded)
    return Status::ok();
  CodeOrigin origin;
  return load(device, bindings, origin).status();
}

} // namespace flex::rt
