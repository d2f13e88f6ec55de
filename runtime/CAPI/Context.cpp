//===- Context.cpp - Contexts, errors and devices in C -------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Every function checks its pointers, so that a mistake in a caller is a status.
//
//===----------------------------------------------------------------------===//
#include "Handles.h"

#include <atomic>

using namespace flex;
using namespace flex::rt;

namespace {

struct LastError {
  uint64_t context = 0; // 0: no context
  std::string message;
};
thread_local LastError lastError;

uint64_t nextNumber() {
  static std::atomic<uint64_t> counter = 0;
  return ++counter;
}

LogFunction wrapLog(const flex_context_options &from) {
  if (!from.log)
    return {};
  return [log = from.log, user = from.log_user](LogLevel level, const std::string &message) {
    log(user, static_cast<flex_log_level>(level), message.c_str());
  };
}

ContextOptions convert(const flex_context_options &from) {
  ContextOptions to;
  to.device = from.device ? from.device : "";
  to.cache.disk = !from.cache_dir || *from.cache_dir;
  to.cache.directory = from.cache_dir ? from.cache_dir : "";
  to.cache.maxBytes = from.cache_max_bytes;
  to.drivers.threads = from.threads;
  to.drivers.pinThreads = from.pin_threads != 0;
  to.drivers.parallelFor = {from.parallel_for, from.parallel_for_user};
  to.compilerPath = from.compiler_path ? from.compiler_path : "";
  for (size_t i = 0; i < from.import_path_count; ++i)
    to.importPaths.emplace_back(from.import_paths[i]);
  for (size_t i = 0; i < from.compile_option_count; ++i)
    to.compileOptions.emplace_back(from.compile_options[i].key, from.compile_options[i].value);
  to.log = wrapLog(from);
  return to;
}

void listDevices(flex_context *context) {
  std::call_once(context->devicesListed, [context] {
    context->devices = context->context.devices();
    context->skipped = context->context.skippedDevices();
  });
}

} // namespace

flex_context::flex_context(Context context) : context(std::move(context)), number(nextNumber()) {}

flex_context::~flex_context() {
  worker.finish(); // its launches may start work in the background
  context.finishBackgroundWork();
}

flex_status flex::rt::capi::report(const flex_context *context, const Status &status) {
  if (!status.isOk()) {
    lastError.context = context ? context->number : 0;
    lastError.message = status.message();
  }
  return static_cast<flex_status>(status.code());
}

const char *flex_version(void) {
  return FLEX_VERSION;
}

const char *flex_status_name(flex_status status) {
  return statusCodeName(static_cast<StatusCode>(status));
}

const char *flex_last_error(const flex_context *context) {
  return lastError.context == (context ? context->number : 0) ? lastError.message.c_str() : "";
}

flex_status flex_context_create(const flex_context_options *options, flex_context **out) {
  if (!out)
    return capi::report(nullptr, {StatusCode::InvalidArgument, "the context to create is a null pointer"});
  *out = nullptr;
  flex_context_options copy;
  if (!capi::readStruct(options, copy))
    return capi::report(nullptr, capi::badStruct("flex_context_options"));
  auto context = Context::create(convert(copy));
  if (!context)
    return capi::report(nullptr, context.status());
  *out = new flex_context(std::move(*context));
  return FLEX_OK;
}

void flex_context_destroy(flex_context *context) {
  delete context;
}

size_t flex_device_count(flex_context *context) {
  if (!context)
    return 0;
  listDevices(context);
  return context->devices.size() + context->skipped.size();
}

flex_status flex_device_get(flex_context *context, size_t index, flex_device_info *info) {
  size_t count = flex_device_count(context);
  if (index >= count)
    return capi::report(
        context, {StatusCode::InvalidArgument, "device " + std::to_string(index) + " of " + std::to_string(count)});
  flex_device_info out{};
  if (index < context->devices.size()) {
    const DeviceDescription &device = *context->devices[index];
    out.id = device.id.c_str();
    out.name = device.name.c_str();
    out.kind = device.kind.c_str();
    out.target = device.target.c_str();
    out.gflops = device.gflops;
    out.memory_gbs = device.memoryGBs;
    out.transfer_gbs = device.transferGBs;
    out.transfer_latency_us = device.transferLatencyUs;
    out.memory_bytes = device.memoryBytes;
    out.compute_units = device.computeUnits;
  } else {
    const SkippedDevice &skipped = context->skipped[index - context->devices.size()];
    out.id = skipped.id.c_str();
    out.name = out.kind = out.target = "";
    out.unavailable = skipped.reason.c_str();
  }
  if (!capi::writeStruct(out, info))
    return capi::report(context, capi::badStruct("flex_device_info"));
  return FLEX_OK;
}
