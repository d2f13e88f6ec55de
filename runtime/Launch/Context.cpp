//===- Context.cpp - Modules, kernels and launches, in C++ ---------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The classes of flex/Runtime/Context.h over their implementations. Creating a
// context opens no library, starts no thread and reads no file.
//
//===----------------------------------------------------------------------===//
#include "Kernel.h"

#include "Text.h"
#include "flex/Support/ModulePath.h"

#include <algorithm>
#include <cstdlib>

namespace flex::rt {
namespace {

constexpr uint64_t kMaxFileBytes = 4ull << 30;

ContextOptions withDefaults(ContextOptions options) {
  if (options.device.empty())
    if (const char *device = std::getenv("FLEX_DEVICE"))
      options.device = device;
  if (!options.cache.log)
    options.cache.log = options.log;
  if (!options.drivers.log)
    options.drivers.log = options.log;
  options.importPaths = modulePath(std::move(options.importPaths));
  std::sort(options.compileOptions.begin(), options.compileOptions.end());
  return options;
}

Status checkType(const ImageKernel &signature, const std::string &name, const std::string &dtype) {
  auto param = std::find_if(signature.typeParams.begin(), signature.typeParams.end(),
                            [&](const ImageTypeParam &p) { return p.name == name; });
  if (param == signature.typeParams.end())
    return {StatusCode::InvalidArgument, "kernel '" + signature.name + "' has no type parameter '" + name + "'"};
  if (std::find(param->allowed.begin(), param->allowed.end(), dtype) == param->allowed.end())
    return {StatusCode::InvalidArgument, "type " + name + " of kernel '" + signature.name + "' cannot be " + dtype};
  return Status::ok();
}

Status checkBindings(const ImageKernel &signature, const Bindings &bindings) {
  for (const auto &[name, value] : bindings.dims) {
    if (std::find(signature.dims.begin(), signature.dims.end(), name) == signature.dims.end()) {
      std::string known;
      for (const std::string &dim : signature.dims)
        appendItem(known, dim);
      return {StatusCode::InvalidArgument, "kernel '" + signature.name + "' has no dimension '" + name +
                                               "'; there are: " + (known.empty() ? "none" : known)};
    }
    if (value < 0)
      return {StatusCode::InvalidArgument, "dimension " + name + " cannot be " + std::to_string(value)};
  }
  for (const auto &[name, dtype] : bindings.types) {
    FLEX_RETURN_IF_ERROR(checkType(signature, name, dtype));
  }
  return Status::ok();
}

} // namespace

ContextImpl::ContextImpl(ContextOptions given)
    : options(std::move(given)), devices(options.drivers), cache(options.cache), compiler(options.compilerPath),
      tuned(options), scheduler(createScheduler(options.objective)) {}

void ContextImpl::enroll(const std::shared_ptr<KernelImpl> &kernel) {
  std::lock_guard lock(kernelsMutex);
  if (kernels.size() >= kernelsLimit) {
    std::erase_if(kernels, [](const std::weak_ptr<KernelImpl> &one) { return one.expired(); });
    kernelsLimit = std::max<size_t>(2 * kernels.size(), kernelsLimit);
  }
  kernels.push_back(kernel);
}

std::vector<std::shared_ptr<KernelImpl>> ContextImpl::enrolled() {
  std::lock_guard lock(kernelsMutex);
  std::vector<std::shared_ptr<KernelImpl>> out;
  for (const std::weak_ptr<KernelImpl> &kernel : kernels)
    if (auto alive = kernel.lock())
      out.push_back(std::move(alive));
  return out;
}

//===----------------------------------------------------------------------===//
// Context
//===----------------------------------------------------------------------===//

StatusOr<Context> Context::create(ContextOptions options) {
  return Context(std::make_shared<ContextImpl>(withDefaults(std::move(options))));
}

StatusOr<Module> Context::loadSource(const std::string &source, const std::string &fileName) const {
  auto state = ModuleState::fromSource(impl, source, fileName);
  if (!state)
    return state.status();
  return Module(std::make_shared<ModuleImpl>(std::move(*state)));
}

StatusOr<Module> Context::loadImage(const uint8_t *data, size_t size) const {
  auto state = ModuleState::fromImage(impl, data, size);
  if (!state)
    return state.status();
  return Module(std::make_shared<ModuleImpl>(std::move(*state)));
}

StatusOr<Module> Context::loadFile(const std::string &path) const {
  // The user's own file may be a link; the cache's may not.
  char *resolved = ::realpath(path.c_str(), nullptr);
  std::string real = resolved ? resolved : path;
  std::free(resolved);
  auto bytes = Env::posix().readFile(real, kMaxFileBytes);
  if (!bytes)
    return bytes.status();
  static constexpr std::string_view kImageMagic = "FLEXIMG";
  std::string_view text(reinterpret_cast<const char *>(bytes->data()), bytes->size());
  if (text.starts_with(kImageMagic)) {
    auto module = loadImage(bytes->data(), bytes->size());
    return module ? std::move(module) : StatusOr<Module>(module.status().withContext("'" + path + "'"));
  }
  return loadSource(std::string(text), path);
}

std::vector<const DeviceDescription *> Context::devices() const {
  std::vector<const DeviceDescription *> out;
  for (Device *device : impl->devices.all())
    out.push_back(&device->info());
  return out;
}

std::vector<SkippedDevice> Context::skippedDevices() const {
  (void)impl->devices.all();
  return impl->devices.skipped();
}

StatusOr<Device *> Context::device(const std::string &id) const {
  return impl->devices.find(id);
}

StatusOr<RateTable> Context::rates(const std::string &deviceId, bool again) const {
  auto device = impl->devices.find(deviceId);
  if (!device)
    return device.status();
  return impl->rates.calibrate(**device, again);
}

void Context::finishBackgroundWork() const {
  impl->background.finish();
}

Cache &Context::cache() const {
  return impl->cache;
}

//===----------------------------------------------------------------------===//
// Module
//===----------------------------------------------------------------------===//

std::vector<std::string> Module::kernelNames() const {
  std::vector<std::string> out;
  for (const ImageKernel &kernel : impl->state->signatures().kernels)
    out.push_back(kernel.name);
  return out;
}

StatusOr<Kernel> Module::kernel(const std::string &name) const {
  const std::vector<ImageKernel> &all = impl->state->signatures().kernels;
  std::string names;
  for (const ImageKernel &kernel : all) {
    appendItem(names, kernel.name);
    if (kernel.name != name && !(name.empty() && all.size() == 1))
      continue;
    std::lock_guard lock(impl->mutex);
    std::shared_ptr<KernelImpl> &slot = impl->kernels[kernel.name];
    if (!slot)
      slot = KernelImpl::create(impl->state, kernel, Bindings());
    return Kernel(slot);
  }
  std::string there = names.empty() ? "the module has no kernels" : "there are: " + names;
  if (name.empty())
    return Status(StatusCode::InvalidArgument, "expected a kernel's name; " + there);
  return Status(StatusCode::NotFound, "no kernel '" + name + "'; " + there);
}

const std::string &Module::diagnostics() const {
  return impl->state->diagnostics();
}
CodeOrigin Module::origin() const {
  return impl->state->origin();
}

//===----------------------------------------------------------------------===//
// Kernel
//===----------------------------------------------------------------------===//

const ImageKernel &Kernel::signature() const {
  return impl->signature();
}

StatusOr<Kernel> Kernel::specialize(const Bindings &bindings) const {
  FLEX_RETURN_IF_ERROR(checkBindings(impl->signature(), bindings));
  Bindings all = impl->bindings();
  for (const auto &[name, value] : bindings.dims)
    all.dims[name] = value;
  for (const auto &[name, dtype] : bindings.types)
    all.types[name] = dtype;
  auto made = impl->specialize(std::move(all));
  if (!made)
    return made.status();
  return Kernel(std::move(*made));
}

StatusOr<Kernel> Kernel::bind(const std::vector<std::string> &names, const DLTensor *const *tensors) const {
  auto made = impl->bind(names, tensors);
  if (!made)
    return made.status();
  return Kernel(std::move(*made));
}

StatusOr<std::vector<TensorType>> Kernel::infer(const std::vector<const DLTensor *> &args) const {
  return impl->infer(args.data(), args.size());
}

StatusOr<TuningMatch> Kernel::tuning(const Bindings &bindings, const std::string &deviceId) const {
  const ModuleState &module = *impl->module();
  if (!module.isSource())
    return Status(StatusCode::InvalidArgument, "the code of an image is what it is");
  auto device = module.context().devices.find(deviceId);
  if (!device)
    return device.status();
  TuningMatch match{module.tuningKey(impl->signature().name, bindings, (*device)->info()), std::nullopt};
  match.record = module.context().tuned.find(match.key);
  return match;
}

StatusOr<TuneOutcome> Kernel::tune(const DLTensor *const *args, size_t argCount, const TuneOptions &options) const {
  return impl->tune(args, argCount, options);
}

Status Kernel::launch(const DLTensor *const *args, size_t argCount, const DLTensor *const *results, size_t resultCount,
                      const LaunchOptions &options, LaunchReport *report) const {
  LaunchOutcome outcome;
  FLEX_RETURN_IF_ERROR(impl->launch(args, argCount, results, resultCount, options, outcome));
  if (!report)
    return Status::ok();
  report->device = outcome.plan->device().id;
  report->origin = outcome.origin;
  report->prepareSeconds = static_cast<double>(outcome.prepareNs) * 1e-9;
  report->runSeconds = static_cast<double>(outcome.runNs) * 1e-9;
  report->predictedSeconds = outcome.plan->predictedSeconds;
  report->flops = outcome.plan->cost().flops;
  report->bytesMoved = outcome.plan->cost().bytesMoved;
  report->explanation = explainOutcome(outcome);
  report->tuning = outcome.plan->tuning();
  return Status::ok();
}

} // namespace flex::rt
