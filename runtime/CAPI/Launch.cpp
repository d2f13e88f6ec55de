//===- Launch.cpp - Launches and events in C -----------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The hot path of the ABI: nothing here allocates unless something is wrong or
// an event was asked for.
//
//===----------------------------------------------------------------------===//
#include "Handles.h"

#include "../Launch/Kernel.h"

#include <condition_variable>

using namespace flex;
using namespace flex::rt;

namespace {

/// The calling thread's last launch. Holds nothing that belongs to a context.
struct LastLaunch {
  uint64_t context = 0;
  std::weak_ptr<ShapeEntry> entry;
  LaunchOutcome outcome; ///< without its entry; the plan lives as long as the entry
  std::string device, explanation;
};
thread_local LastLaunch lastLaunch;

void remember(const flex_context *context, LaunchOutcome outcome) {
  lastLaunch.context = context->number;
  lastLaunch.device = outcome.plan->device().id;
  lastLaunch.entry = outcome.entry;
  lastLaunch.outcome = std::move(outcome);
  lastLaunch.outcome.entry.reset();
}

/// The caller's tensors, so that the structs (not the data) may go away.
struct OwnedTensors {
  OwnedTensors(DLTensor *const *from, size_t count) : tensors(count), shapes(count), strides(count) {
    for (size_t i = 0; i < count; ++i) {
      if (!from[i]) {
        pointers.push_back(nullptr);
        continue;
      }
      tensors[i] = *from[i];
      int rank = tensors[i].ndim > 0 && tensors[i].ndim <= kMaxRank ? tensors[i].ndim : 0;
      if (tensors[i].shape) {
        shapes[i].assign(tensors[i].shape, tensors[i].shape + rank);
        tensors[i].shape = shapes[i].data();
      }
      if (tensors[i].strides) {
        strides[i].assign(tensors[i].strides, tensors[i].strides + rank);
        tensors[i].strides = strides[i].data();
      }
      pointers.push_back(&tensors[i]);
    }
  }
  static constexpr int kMaxRank = 32;
  std::vector<DLTensor> tensors;
  std::vector<std::vector<int64_t>> shapes, strides;
  std::vector<const DLTensor *> pointers;
};

} // namespace

struct flex_event {
  flex_event(const flex_kernel &kernel, DLTensor *const *args, size_t argCount, DLTensor *const *results,
             size_t resultCount, LaunchOptions options)
      : context(kernel.context), kernel(kernel.kernel), args(args, argCount), results(results, resultCount),
        options(std::move(options)) {}

  void run() {
    LaunchOutcome launched;
    Status launchStatus = kernel.state()->launch(args.pointers.data(), args.pointers.size(), results.pointers.data(),
                                                 results.pointers.size(), options, launched);
    std::lock_guard lock(mutex);
    status = std::move(launchStatus);
    outcome = std::move(launched);
    done = true;
    changed.notify_all();
  }

  flex_context *context;
  const Kernel kernel;
  OwnedTensors args, results;
  const LaunchOptions options;
  mutable std::mutex mutex; // guards all below
  std::condition_variable changed;
  bool done = false;
  Status status;
  LaunchOutcome outcome;
};

flex_status flex_launch(flex_kernel *kernel, DLTensor *const *args, size_t arg_count, DLTensor *const *results,
                        size_t result_count, const flex_launch_options *given) {
  if (!kernel || (!args && arg_count) || (!results && result_count))
    return capi::report(
        kernel ? kernel->context : nullptr,
        {StatusCode::InvalidArgument, kernel ? "a list of tensors is a null pointer" : "the kernel is a null pointer"});
  flex_launch_options raw;
  if (!capi::readStruct(given, raw))
    return capi::report(kernel->context, capi::badStruct("flex_launch_options"));
  LaunchOptions options;
  if (raw.device)
    options.device = raw.device;
  options.dynamic = raw.specialize == FLEX_SPECIALIZE_DYNAMIC || raw.specialize == FLEX_SPECIALIZE_HOT;
  options.specializeHot = raw.specialize == FLEX_SPECIALIZE_HOT;
  if (raw.event) {
    auto *event = new flex_event(*kernel, args, arg_count, results, result_count, std::move(options));
    *raw.event = event;
    kernel->context->worker.post([event] { event->run(); });
    return FLEX_OK;
  }
  LaunchOutcome outcome;
  Status status = kernel->kernel.state()->launch(args, arg_count, results, result_count, options, outcome);
  if (!status.isOk())
    return capi::report(kernel->context, status);
  remember(kernel->context, std::move(outcome));
  return FLEX_OK;
}

flex_status flex_wait(flex_event *event) {
  if (!event)
    return capi::report(nullptr, {StatusCode::InvalidArgument, "the event is a null pointer"});
  {
    std::unique_lock lock(event->mutex);
    event->changed.wait(lock, [event] { return event->done; });
  }
  flex_status code = capi::report(event->context, event->status);
  if (event->status.isOk())
    remember(event->context, std::move(event->outcome));
  delete event;
  return code;
}

int flex_event_done(const flex_event *event) {
  if (!event)
    return 1;
  std::lock_guard lock(event->mutex);
  return event->done;
}

flex_status flex_last_launch_info(const flex_context *context, flex_launch_info *info) {
  if (!context || lastLaunch.context != context->number)
    return capi::report(context, {StatusCode::NotFound, "this thread has launched nothing in this context"});
  flex_launch_info out{};
  out.device = lastLaunch.device.c_str();
  out.origin = static_cast<flex_code_origin>(lastLaunch.outcome.origin);
  out.prepare_seconds = static_cast<double>(lastLaunch.outcome.prepareNs) * 1e-9;
  out.run_seconds = static_cast<double>(lastLaunch.outcome.runNs) * 1e-9;
  if (auto entry = lastLaunch.entry.lock())
    out.predicted_seconds = lastLaunch.outcome.plan->predictedSeconds;
  if (!capi::writeStruct(out, info))
    return capi::report(context, capi::badStruct("flex_launch_info"));
  return FLEX_OK;
}

const char *flex_explain_last_launch(const flex_context *context) {
  if (!context || lastLaunch.context != context->number)
    return "this thread has launched nothing in this context\n";
  LaunchOutcome outcome = lastLaunch.outcome;
  outcome.entry = lastLaunch.entry.lock();
  lastLaunch.explanation = outcome.entry ? explainOutcome(outcome) : "the kernel was destroyed\n";
  return lastLaunch.explanation.c_str();
}
