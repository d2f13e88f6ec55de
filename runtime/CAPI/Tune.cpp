//===- Tune.cpp - Tuning in C --------------------------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The schedule's text is the calling thread's, so that the caller frees nothing.
//
//===----------------------------------------------------------------------===//
#include "Handles.h"

using namespace flex;
using namespace flex::rt;

namespace {
thread_local std::string lastSchedule;
} // namespace

flex_status flex_kernel_tune(flex_kernel *kernel, DLTensor *const *args, size_t arg_count, double seconds,
                             const flex_tune_options *given, flex_tune_info *info) {
  if (!kernel || (!args && arg_count))
    return capi::report(kernel ? kernel->context : nullptr,
                        {StatusCode::InvalidArgument,
                         kernel ? "the list of arguments is a null pointer" : "the kernel is a null pointer"});
  flex_tune_options raw;
  if (!capi::readStruct(given, raw))
    return capi::report(kernel->context, capi::badStruct("flex_tune_options"));
  if (info && info->struct_size < sizeof(size_t)) // before all the work
    return capi::report(kernel->context, capi::badStruct("flex_tune_info"));
  TuneOptions options;
  options.seconds = seconds;
  if (raw.device)
    options.device = raw.device;
  if (raw.progress)
    options.progress = [&raw](const std::string &text) { raw.progress(raw.progress_user, text.c_str()); };
  auto outcome = kernel->kernel.tune(args, arg_count, options);
  if (!outcome)
    return capi::report(kernel->context, outcome.status());
  if (!info)
    return FLEX_OK;
  const TuningRecord &record = outcome->record;
  lastSchedule = record.schedule;
  flex_tune_info out{};
  out.model_seconds = record.modelSeconds;
  out.best_seconds = record.bestSeconds;
  out.gain = record.bestSeconds > 0 ? record.modelSeconds / record.bestSeconds - 1 : 0;
  out.schedule = lastSchedule.c_str();
  for (const TunedLaunch &launch : outcome->launches) {
    out.tried += static_cast<int64_t>(launch.tried);
    out.unfit += static_cast<int64_t>(launch.unfit);
    out.wrong += static_cast<int64_t>(launch.wrong);
  }
  out.is_recorded = !outcome->file.empty();
  capi::writeStruct(out, info);
  return FLEX_OK;
}
