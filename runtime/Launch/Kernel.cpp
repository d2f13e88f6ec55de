//===- Kernel.cpp - From a call to a plan --------------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The hot path is `launch` down to `Plan::run`: shapes into a key, a look-up
// under a shared lock, the plan, two clock readings. Everything else happens on
// the first call with a shape, when a decision expires, or after a failure.
//
//===----------------------------------------------------------------------===//
#include "Kernel.h"

#include "Complete.h"
#include "Tensor.h"

#include <algorithm>
#include <chrono>
#include <cstdio>

namespace flex::rt {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kMaxShapes = 4096;
constexpr uint64_t kRecordAlways = 4;
const DLTensor *const kNoTensors[1] = {nullptr};

std::string shapesText(const ImageKernel &signature, const Match &match) {
  std::string out;
  for (size_t i = 0; i < match.params.size(); ++i)
    out += (i ? ", " : "") + signature.params[i].name + ": " + match.params[i].dtype +
           describeShape(match.params[i].shape);
  out += " -> ";
  for (size_t i = 0; i < match.results.size(); ++i)
    out += (i ? ", " : "") + match.results[i].dtype + describeShape(match.results[i].shape);
  return out;
}

int64_t totalBytes(const std::vector<TensorType> &types) {
  int64_t total = 0;
  for (const TensorType &type : types)
    if (__builtin_add_overflow(total, tensorBytes(type).value_or(0), &total))
      return INT64_MAX;
  return total;
}

void setCost(WorkDescription &work, const ProgramCost &cost) {
  work.flops = cost.flops;
  work.bytesMoved = cost.bytesMoved;
  work.launches = cost.launches;
}

std::string microseconds(double seconds) {
  char buffer[32];
  snprintf(buffer, sizeof buffer, seconds < 1e-4 ? "%.2f us" : "%.0f us", seconds * 1e6);
  return buffer;
}

/// A launch that failed for these reasons may work on another device.
bool mayReplay(StatusCode code) {
  return code == StatusCode::DeviceError || code == StatusCode::Unavailable || code == StatusCode::ResourceExhausted ||
         code == StatusCode::Unimplemented || code == StatusCode::DataLoss || code == StatusCode::Internal;
}

} // namespace

//===----------------------------------------------------------------------===//
// The table of shapes
//===----------------------------------------------------------------------===//

/// Ranks, dtypes and dimensions of a call as numbers.
class KernelImpl::Key {
public:
  /// False for tensors whose rank cannot be read; the matcher says why.
  bool add(const DLTensor *const *tensors, size_t count) {
    push(static_cast<int64_t>(count));
    for (size_t i = 0; i < count; ++i) {
      const DLTensor *tensor = tensors[i];
      if (!tensor || tensor->ndim < 0 || tensor->ndim > kMaxTensorRank || (tensor->ndim > 0 && !tensor->shape))
        return false;
      push(static_cast<int64_t>(tensor->dtype.code) << 32 | static_cast<int64_t>(tensor->dtype.bits) << 24 |
           static_cast<int64_t>(tensor->dtype.lanes) << 8 | tensor->ndim);
      for (int axis = 0; axis < tensor->ndim; ++axis)
        push(tensor->shape[axis]);
    }
    return true;
  }
  uint64_t hash() const { return state; }
  bool equals(const std::vector<int64_t> &other) const {
    return other.size() == size && std::equal(other.begin(), other.end(), data());
  }
  std::vector<int64_t> values() const { return {data(), data() + size}; }

private:
  const int64_t *data() const { return overflow.empty() ? inlineValues : overflow.data(); }
  void push(int64_t value) {
    state = (state ^ static_cast<uint64_t>(value)) * 0x9e3779b97f4a7c15u;
    state ^= state >> 29;
    if (size < kInline) {
      inlineValues[size++] = value;
      return;
    }
    if (overflow.empty())
      overflow.assign(inlineValues, inlineValues + size);
    overflow.push_back(value);
    ++size;
  }
  static constexpr size_t kInline = 64;
  int64_t inlineValues[kInline];
  size_t size = 0;
  std::vector<int64_t> overflow;
  uint64_t state = 0;
};

std::shared_ptr<ShapeEntry> KernelImpl::lookup(const Key &key, const LaunchOptions &options) {
  std::shared_lock lock(tableMutex);
  auto [begin, end] = table.equal_range(key.hash());
  for (auto it = begin; it != end; ++it) {
    const ShapeEntry &entry = *it->second;
    if (entry.dynamic == options.dynamic && entry.specializeHot == options.specializeHot &&
        entry.pin == options.device && key.equals(entry.key))
      return it->second;
  }
  return nullptr;
}

StatusOr<std::shared_ptr<ShapeEntry>> KernelImpl::entryFor(const Key &key, const DLTensor *const *args, size_t argCount,
                                                           const DLTensor *const *results, size_t resultCount,
                                                           const LaunchOptions &options) {
  auto match = matchArguments(kernelSignature, fixed, args, argCount, results, resultCount);
  if (!match)
    return match.status();
  auto entry = std::make_shared<ShapeEntry>();
  entry->key = key.values();
  entry->pin = options.device;
  entry->dynamic = options.dynamic;
  entry->specializeHot = options.specializeHot;
  entry->match = std::move(*match);
  entry->work.kernel = kernelSignature.name;
  entry->work.shapes = shapesText(kernelSignature, entry->match);
  entry->work.inputBytes = totalBytes(entry->match.params);
  entry->work.outputBytes = totalBytes(entry->match.results);
  std::unique_lock lock(tableMutex);
  if (table.size() >= kMaxShapes)
    table.clear(); // those in use are kept by their launches
  table.emplace(key.hash(), entry);
  return entry;
}

//===----------------------------------------------------------------------===//
// Choosing a device and preparing its code
//===----------------------------------------------------------------------===//

/// What is left to give at a launch.
static ImageKernel withoutBound(ImageKernel signature, const BoundArguments *bound) {
  if (!bound)
    return signature;
  std::vector<ImageTensor> params;
  std::vector<int64_t> numbers; // old to new
  for (size_t i = 0; i < signature.params.size(); ++i) {
    numbers.push_back(static_cast<int64_t>(params.size()));
    if (!bound->has(i))
      params.push_back(std::move(signature.params[i]));
  }
  signature.params = std::move(params);
  for (ImageTensor &result : signature.results)
    if (result.alias >= 0)
      result.alias = numbers[static_cast<size_t>(result.alias)];
  return signature;
}

KernelImpl::KernelImpl(std::shared_ptr<ModuleState> module, const ImageKernel &signature, Bindings fixed,
                       std::shared_ptr<BoundArguments> bound)
    : owner(std::move(module)), kernelSignature(signature), bound(std::move(bound)),
      openSignature(withoutBound(signature, this->bound.get())), fixed(std::move(fixed)) {}

std::shared_ptr<KernelImpl> KernelImpl::create(std::shared_ptr<ModuleState> module, const ImageKernel &signature,
                                               Bindings fixed, std::shared_ptr<BoundArguments> bound) {
  ContextImpl &context = module->context();
  if (bound)
    fixed.bound = bound->names(signature);
  auto made = std::make_shared<KernelImpl>(std::move(module), signature, std::move(fixed), std::move(bound));
  context.enroll(made);
  return made;
}

StatusOr<std::shared_ptr<KernelImpl>> KernelImpl::specialize(Bindings all) const {
  auto made = create(owner, kernelSignature, std::move(all), bound);
  FLEX_RETURN_IF_ERROR(made->prepare());
  return made;
}

StatusOr<std::shared_ptr<KernelImpl>> KernelImpl::bind(const std::vector<std::string> &names,
                                                       const DLTensor *const *tensors) const {
  auto made = BoundArguments::create(kernelSignature, fixed, bound.get(), names, tensors);
  if (!made)
    return made.status();
  if ((*made)->count() == 0)
    return create(owner, kernelSignature, fixed);
  Bindings known = (*made)->bindings();
  return create(owner, kernelSignature, std::move(known), std::move(*made));
}

Bindings KernelImpl::compileBindings(const ShapeEntry &entry) const {
  if (!owner->isSource())
    return {}; // one program serves every shape the image allows
  return entry.dynamic ? Bindings{fixed.dims, entry.match.bindings.types, fixed.bound} : entry.match.bindings;
}

std::string KernelImpl::programKey(const Device &device, const Bindings &bindings) {
  std::string key = device.info().id;
  for (const auto &[name, value] : bindings.dims)
    key.append(" ").append(name).append("=").append(std::to_string(value));
  for (const auto &[name, dtype] : bindings.types)
    key.append(" ").append(name).append("=").append(dtype);
  for (const std::string &name : bindings.bound)
    key.append(" ").append(name);
  return key;
}

StatusOr<std::shared_ptr<LoadedProgram>> KernelImpl::load(Device &device, const Bindings &bindings,
                                                          CodeOrigin &origin) {
  std::string key = programKey(device, bindings);
  std::lock_guard lock(programMutex);
  if (auto it = programs.find(key); it != programs.end()) {
    origin = CodeOrigin::Memory;
    return it->second;
  }
  auto compiled = owner->program(kernelSignature.name, bindings, device.info(), /*mayCompile=*/true);
  if (!compiled)
    return compiled.status();
  origin = compiled->origin;
  auto loaded = LoadedProgram::load(device, std::move(*compiled));
  if (!loaded)
    return loaded.status();
  if (programs.size() >= kMaxShapes)
    programs.clear();
  return programs[key] = *loaded;
}

StatusOr<const Plan *> KernelImpl::planFor(ShapeEntry &entry, Device &device, CodeOrigin &origin) {
  std::unique_ptr<Plan> &slot = entry.plans[device.info().id];
  if (slot) {
    origin = CodeOrigin::Memory;
    return slot.get();
  }
  auto program = load(device, compileBindings(entry), origin);
  if (!program)
    return program.status();
  auto plan = Plan::build(*program, entry.match, bound);
  if (!plan)
    return plan.status();
  slot = std::move(*plan);
  setCost(entry.work, slot->cost());
  return slot.get();
}

StatusOr<std::vector<Device *>> KernelImpl::candidates(const ShapeEntry &entry,
                                                       const std::vector<std::string> &failed) {
  ContextImpl &context = owner->context();
  const std::string &pin = entry.pin.empty() ? context.options.device : entry.pin;
  if (!pin.empty()) {
    auto device = context.devices.find(pin);
    if (!device)
      return device.status();
    return std::vector<Device *>{*device};
  }
  std::vector<Device *> out = context.devices.automatic(static_cast<double>(context.workNs.load()) * 1e-9);
  std::erase_if(
      out, [&](Device *device) { return std::find(failed.begin(), failed.end(), device->info().id) != failed.end(); });
  if (out.empty())
    return Status(StatusCode::Unavailable, "no device is left to run kernel '" + kernelSignature.name + "'");
  return out;
}

Candidate KernelImpl::describeCandidate(ShapeEntry &entry, Device &device, double compileGuess, bool alone) {
  Candidate candidate;
  // Alone it is compared with nothing: measuring it can wait.
  ContextImpl &context = owner->context();
  candidate.device = &context.rates.describe(device, alone ? 0 : static_cast<double>(context.workNs.load()) * 1e-9);
  auto plan = entry.plans.find(device.info().id);
  if (plan != entry.plans.end() && plan->second) {
    candidate.measuredLaunches = plan->second->runs.load();
    if (candidate.measuredLaunches)
      candidate.measuredSeconds = static_cast<double>(plan->second->bestNs.load()) * 1e-9;
    return candidate;
  }
  candidate.loadSeconds = device.info().programLoadMs * 1e-3;
  if (alone)
    return candidate; // nothing to compare it with: do not look into the cache twice
  auto ready = owner->program(kernelSignature.name, compileBindings(entry), device.info(), /*mayCompile=*/false);
  candidate.compileSeconds = ready.isOk() ? 0 : compileGuess;
  if (ready && entry.work.flops < 0)
    setCost(entry.work, evaluateCost(*ready->program, entry.match.bindings, bound.get()));
  return candidate;
}

void KernelImpl::adopt(ShapeEntry &entry, const Plan &plan, Decision decision) {
  if (decision.index < decision.predictions.size()) {
    const Prediction &prediction = decision.predictions[decision.index];
    plan.predictedSeconds = prediction.computeSeconds + prediction.transferSeconds;
  }
  entry.explanation = std::move(decision.explanation);
  bool pinned = !entry.pin.empty() || !owner->context().options.device.empty();
  for (const std::string &name : pinned ? std::vector<std::string>() : owner->context().devices.unopened())
    entry.explanation += (entry.explanation.ends_with('\n') ? "" : "\n") + name +
                         ": not opened yet, opening it costs more than the work so far\n";
  entry.launchesLeft = decision.validLaunches;
  entry.current = &plan;
}

Status KernelImpl::choose(ShapeEntry &entry, CodeOrigin &origin, const std::vector<std::string> &alreadyFailed) {
  ContextImpl &context = owner->context();
  std::vector<std::string> failed = alreadyFailed;
  for (Status firstFailure;;) {
    auto devices = candidates(entry, failed);
    if (!devices)
      return firstFailure.isOk() ? devices.status() : firstFailure;
    double compileGuess = context.expectedCompileSeconds();
    std::vector<Candidate> list;
    for (Device *device : *devices)
      list.push_back(describeCandidate(entry, *device, compileGuess, devices->size() == 1));
    Decision decision = context.scheduler->choose(entry.work, list);
    assert(decision.index < list.size() && "the scheduler chose no candidate");
    Device &device = *(*devices)[decision.index];
    auto plan = planFor(entry, device, origin);
    if (plan) {
      adopt(entry, **plan, std::move(decision));
      return Status::ok();
    }
    context.scheduler->recordFailure(entry.work, device.info(), plan.status());
    if (firstFailure.isOk())
      firstFailure = plan.status();
    failed.push_back(device.info().id);
    if (devices->size() == 1)
      return firstFailure;
  }
}

//===----------------------------------------------------------------------===//
// Launching
//===----------------------------------------------------------------------===//

void KernelImpl::noteHeat(const std::shared_ptr<ShapeEntry> &entry, const Plan &plan, int64_t ns) {
  int64_t spent = entry->openNs.load(std::memory_order_relaxed);
  if (spent < 0)
    return;
  // To rent until it has cost what buying would is never worse than twice the best choice.
  double enough = owner->context().expectedCompileSeconds() * 1e9;
  if (static_cast<double>(spent + ns) < enough) {
    entry->openNs.fetch_add(ns, std::memory_order_relaxed);
    return;
  }
  if (entry->openNs.exchange(INT64_MIN) < 0 || owner->context().background.isFinished())
    return; // another thread was first, or the last one came
  auto job = [kernel = weak_from_this(), entry, &device = plan.loadedOn()] {
    if (auto alive = kernel.lock())
      if (Status status = alive->specialize(*entry, device); !status.isOk())
        alive->owner->context().log(LogLevel::Warning, "kernel '" + alive->kernelSignature.name +
                                                           "' stays as it is for " + entry->work.shapes + ": " +
                                                           status.message());
  };
  owner->context().background.post(std::move(job));
}

Status KernelImpl::specialize(ShapeEntry &entry, Device &device) {
  // Not by load(), which keeps others of this kernel waiting.
  auto compiled = owner->program(kernelSignature.name, entry.match.bindings, device.info(), /*mayCompile=*/true);
  if (!compiled)
    return compiled.status();
  auto program = LoadedProgram::load(device, std::move(*compiled));
  if (!program)
    return program.status();
  auto plan = Plan::build(*program, entry.match, bound);
  if (!plan)
    return plan.status();
  std::lock_guard lock(entry.mutex);
  replacePlan(entry, device, std::move(*plan));
  entry.specialized = true;
  return Status::ok();
}

void KernelImpl::replacePlan(ShapeEntry &entry, Device &device, std::unique_ptr<Plan> plan) {
  std::unique_ptr<Plan> &slot = entry.plans[device.info().id];
  plan->predictedSeconds = slot ? slot->predictedSeconds.load() : 0;
  bool isCurrent = slot.get() == entry.current.load();
  if (slot)
    entry.replaced.push_back(std::move(slot));
  slot = std::move(plan);
  setCost(entry.work, slot->cost());
  if (isCurrent)
    entry.current = slot.get();
}

void KernelImpl::record(const std::shared_ptr<ShapeEntry> &shared, const Plan &plan, int64_t ns) {
  ShapeEntry &entry = *shared;
  if (entry.specializeHot && owner->isSource())
    noteHeat(shared, plan, ns);
  owner->context().workNs.fetch_add(ns, std::memory_order_relaxed);
  uint64_t run = plan.runs.fetch_add(1, std::memory_order_relaxed) + 1;
  int64_t best = plan.bestNs.load(std::memory_order_relaxed);
  while (ns < best && !plan.bestNs.compare_exchange_weak(best, ns, std::memory_order_relaxed))
    ;
  if (run > kRecordAlways && (run & (run - 1)) != 0)
    return;
  std::lock_guard lock(entry.mutex); // `work` gains its flops when a plan is made
  owner->context().scheduler->recordLaunch(entry.work, plan.device(), static_cast<double>(ns) * 1e-9);
}

StatusOr<const Plan *> KernelImpl::currentPlan(ShapeEntry &entry, CodeOrigin &origin,
                                               const std::vector<std::string> &failed) {
  const Plan *plan = entry.current.load(std::memory_order_acquire);
  bool expired = entry.launchesLeft.fetch_sub(1, std::memory_order_relaxed) <= 0;
  if (plan && !expired && failed.empty())
    return plan;
  std::unique_lock lock(entry.mutex, std::defer_lock);
  // While another thread renews an expired decision, the old one serves.
  if (plan && failed.empty() ? lock.try_lock() : (lock.lock(), true)) {
    bool stillWanted = !failed.empty() || !entry.current.load() || entry.launchesLeft.load() < 0;
    if (Status status = stillWanted ? choose(entry, origin, failed) : Status::ok(); !status.isOk())
      return status;
  }
  return entry.current.load(std::memory_order_acquire);
}

Status KernelImpl::launch(const DLTensor *const *args, size_t argCount, const DLTensor *const *results,
                          size_t resultCount, const LaunchOptions &options, LaunchOutcome &outcome) {
  Clock::time_point start = Clock::now();
  BoundCall whole(kernelSignature, bound.get(), args ? args : kNoTensors, argCount);
  FLEX_RETURN_IF_ERROR(whole.status);
  CompleteCall call(kernelSignature, fixed, whole.args, whole.argCount, results ? results : kNoTensors, resultCount);
  args = call.args, argCount = call.argCount;
  results = call.results, resultCount = call.resultCount;
  Key key;
  bool readable = key.add(args, argCount) && key.add(results, resultCount);
  std::shared_ptr<ShapeEntry> entry = readable ? lookup(key, options) : nullptr;
  if (!entry) {
    auto made = entryFor(key, args, argCount, results, resultCount, options);
    if (!made)
      return made.status();
    entry = std::move(*made);
  }
  FLEX_RETURN_IF_ERROR(checkMemory(kernelSignature.params, args));
  FLEX_RETURN_IF_ERROR(checkMemory(kernelSignature.results, results));
  outcome.origin = CodeOrigin::Memory;
  std::vector<std::string> failed;
  for (;;) {
    auto ready = currentPlan(*entry, outcome.origin, failed);
    if (!ready)
      return ready.status();
    const Plan *plan = *ready;
    Clock::time_point prepared = Clock::now();
    Status status = plan->run(args, results, options.steps);
    Clock::time_point end = Clock::now();
    if (status.isOk()) {
      outcome.prepareNs = (prepared - start) / std::chrono::nanoseconds(1);
      outcome.runNs = (end - prepared) / std::chrono::nanoseconds(1);
      outcome.plan = plan;
      record(entry, *plan, outcome.runNs);
      outcome.entry = std::move(entry);
      return status;
    }
    // Inputs are untouched: try the next device, unless the caller named this one.
    {
      std::lock_guard lock(entry->mutex);
      owner->context().scheduler->recordFailure(entry->work, plan->device(), status);
    }
    bool pinned = !entry->pin.empty() || !owner->context().options.device.empty();
    failed.push_back(plan->device().id);
    if (pinned || !mayReplay(status.code()))
      return status.withContext("kernel '" + kernelSignature.name + "' on device '" + plan->device().id + "'");
    owner->context().log(LogLevel::Warning, "kernel '" + kernelSignature.name + "' failed on device '" +
                                                plan->device().id + "': " + status.message() + "; trying another");
  }
}

StatusOr<std::vector<TensorType>> KernelImpl::infer(const DLTensor *const *args, size_t count) const {
  BoundCall whole(kernelSignature, bound.get(), args ? args : kNoTensors, count);
  FLEX_RETURN_IF_ERROR(whole.status);
  CompleteCall call(kernelSignature, fixed, whole.args, whole.argCount);
  auto match = matchArguments(kernelSignature, fixed, call.args, call.argCount, nullptr, 0);
  if (!match)
    return match.status();
  return std::move(match->results);
}

Status KernelImpl::prepare() {
  bool complete =
      fixed.dims.size() == kernelSignature.dims.size() && fixed.types.size() == kernelSignature.typeParams.size();
  auto devices = candidates(ShapeEntry(), {});
  if (!devices)
    return devices.status();
  if (!complete || devices->size() > 1)
    return Status::ok(); // compiled when the rest is known
  CodeOrigin origin;
  return load(*devices->front(), fixed, origin).status();
}

std::string explainOutcome(const LaunchOutcome &outcome) {
  if (!outcome.plan)
    return "nothing was launched yet\n";
  static constexpr const char *kOrigins[] = {"this process", "the disk cache", "the compiler", "the image"};
  std::string text;
  {
    std::lock_guard lock(outcome.entry->mutex);
    text =
        "kernel " + outcome.entry->work.kernel + "(" + outcome.entry->work.shapes + ")\n" + outcome.entry->explanation;
    if (outcome.entry->specialized)
      text += (text.ends_with('\n') ? "" : "\n") + std::string("compiled for these shapes, beside its launches\n");
  }
  if (!text.ends_with('\n'))
    text += '\n';
  const Plan &plan = *outcome.plan;
  if (!plan.tuning().empty())
    text += "schedule from a record: " + plan.tuning() + "\n";
  text += "ran on " + plan.device().id + " in " + microseconds(static_cast<double>(outcome.runNs) * 1e-9);
  if (plan.predictedSeconds > 0)
    text += " (predicted " + microseconds(plan.predictedSeconds) + ")";
  text += ", best of " + std::to_string(plan.runs.load()) + ": " +
          microseconds(static_cast<double>(plan.bestNs.load()) * 1e-9) + "; code from " +
          kOrigins[static_cast<int>(outcome.origin)] + ", prepared in " +
          microseconds(static_cast<double>(outcome.prepareNs) * 1e-9) + "\n";
  return text;
}

} // namespace flex::rt
