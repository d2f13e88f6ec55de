//===- Plan.cpp - A launch with every expression evaluated ---------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Everything that an image says about sizes is checked against the tensors here,
// before any device sees it. Inputs are never written: a result that overlaps
// an argument goes through memory of its own.
//
//===----------------------------------------------------------------------===//
#include "Plan.h"

#include "Tensor.h"

#include <algorithm>
#include <cstdlib>

namespace flex::rt {
namespace {

Status inconsistent(const std::string &what) {
  return {StatusCode::DataLoss, "inconsistent kernel image: " + what};
}

bool isAligned(const void *pointer, int64_t bytes) {
  return (reinterpret_cast<uintptr_t>(pointer) & (static_cast<uintptr_t>(bytes) - 1)) == 0;
}

bool overlap(const char *a, int64_t aBytes, const char *b, int64_t bBytes) {
  return a < b + bBytes && b < a + aBytes;
}

} // namespace

//===----------------------------------------------------------------------===//
// LoadedProgram
//===----------------------------------------------------------------------===//

StatusOr<std::shared_ptr<LoadedProgram>> LoadedProgram::load(Device &device, CompiledProgram compiled) {
  std::shared_ptr<LoadedProgram> out(new LoadedProgram(device, std::move(compiled)));
  const ImageKernel &kernel = *out->compiled.kernel;
  auto executable = device.loadProgram(kernel, *out->compiled.program);
  if (!executable)
    return executable.status();
  out->executable = std::move(*executable);
  if (kernel.constants.empty())
    return out;
  auto bytes = static_cast<int64_t>(kernel.constants.size());
  auto buffer = device.allocate(bytes);
  if (!buffer)
    return buffer.status();
  out->constants = *buffer;
  auto queue = device.createQueue();
  if (!queue)
    return queue.status();
  FLEX_RETURN_IF_ERROR((*queue)->write(out->constants, kernel.constants.data(), bytes));
  FLEX_RETURN_IF_ERROR((*queue)->finish());
  return out;
}

LoadedProgram::~LoadedProgram() {
  if (constants.handle)
    device.release(constants);
}

bool keepsFor(const ImageProgram &program, const BoundArguments *bound) {
  return bound && !program.bound.empty() && std::all_of(program.bound.begin(), program.bound.end(), [&](int64_t param) {
           return bound->has(static_cast<size_t>(param));
         });
}

ProgramCost evaluateCost(const ImageProgram &program, const Bindings &bindings, const BoundArguments *bound) {
  ProgramCost cost;
  bool keeps = keepsFor(program, bound);
  for (const ImageLaunch &launch : program.launches) {
    if (keeps && launch.kept)
      continue;
    cost.flops += static_cast<double>(launch.flops.evaluate(bindings.dims).value_or(0));
    cost.bytesMoved += static_cast<double>(launch.bytesMoved.evaluate(bindings.dims).value_or(0));
    ++cost.launches;
  }
  return cost;
}

//===----------------------------------------------------------------------===//
// Building
//===----------------------------------------------------------------------===//

StatusOr<std::unique_ptr<Plan>> Plan::build(std::shared_ptr<LoadedProgram> program, const Match &match,
                                            std::shared_ptr<BoundArguments> bound) {
  std::unique_ptr<Plan> plan(new Plan(std::move(program), std::move(bound)));
  const ImageKernel &kernel = *plan->program->compiled.kernel;
  if (kernel.params.size() != match.params.size() || kernel.results.size() != match.results.size())
    return inconsistent("kernel '" + kernel.name + "' has another signature than its description");
  for (const TensorType &type : match.params)
    plan->params.push_back({dtypeBytes(type.dtype), tensorBytes(type).value_or(0)});
  for (const TensorType &type : match.results)
    plan->results.push_back({dtypeBytes(type.dtype), tensorBytes(type).value_or(0)});
  auto arena = plan->program->compiled.program->arenaBytes.evaluate(match.bindings.dims);
  if (!arena || *arena < 0)
    return inconsistent("the size of the temporaries of '" + kernel.name + "' has no value");
  plan->arenaBytes = *arena;
  const ImageProgram &image = *plan->program->compiled.program;
  auto kept = image.keptBytes.evaluate(match.bindings.dims);
  if (!kept || *kept < 0)
    return inconsistent("the size of what '" + kernel.name + "' keeps has no value");
  plan->keptBytes = *kept;
  plan->keeps = keepsFor(image, plan->bound.get());
  plan->keptKey = image.keptKey;
  for (const std::string &name : image.keptDims)
    plan->keptKey += " " + std::to_string(match.bindings.dims.at(name));
  FLEX_RETURN_IF_ERROR(plan->addBuffers(match));
  FLEX_RETURN_IF_ERROR(plan->addLaunches(match));
  plan->programCost = evaluateCost(image, match.bindings, plan->bound.get());
  return plan;
}

Status Plan::addBuffers(const Match &match) {
  using Kind = ImageBuffer::Kind;
  for (const ImageBuffer &from : program->compiled.program->buffers) {
    auto bytes = from.bytes.evaluate(match.bindings.dims);
    auto offset = from.arenaOffset.evaluate(match.bindings.dims);
    if (!bytes || *bytes < 0)
      return inconsistent("buffer size '" + from.bytes.str() + "' has no value");
    Buffer buffer{from.kind, from.index, 0, *bytes};
    if (from.kind == Kind::Param || from.kind == Kind::Result) {
      const Tensor &tensor = (from.kind == Kind::Param ? params : results)[static_cast<size_t>(from.index)];
      if (*bytes > tensor.bytes)
        return inconsistent("a buffer of " + std::to_string(*bytes) + " bytes over a tensor of " +
                            std::to_string(tensor.bytes));
    } else if (from.kind == Kind::Temp || from.kind == Kind::Kept) {
      int64_t arena = from.kind == Kind::Temp ? arenaBytes : keptBytes;
      if (!offset || *offset < 0 || *offset > arena || *bytes > arena - *offset)
        return inconsistent("a temporary lies outside the arena of " + std::to_string(arena) + " bytes");
      buffer.offset = *offset;
    } else {
      buffer.offset = from.index; // the reader checked it against the constants
    }
    buffers.push_back(buffer);
  }
  return Status::ok();
}

/// A tensor without elements is one of a single one, of which no box is copied either.
Status Plan::addMaps(const ImageLaunch &from, const Match &match, Launch &launch) const {
  constexpr int64_t kMaxSize = int64_t{1} << 32, kMaxPitch = int64_t{1} << 40, kMultiple = 16;
  for (const ImageTensorMap &map : from.maps) {
    std::string what = "a tensor map of '" + from.entry + "'";
    TensorMap made;
    made.buffer = static_cast<size_t>(map.buffer);
    made.elementBytes = static_cast<uint32_t>(map.elementBytes);
    made.rank = static_cast<uint32_t>(map.sizes.size());
    made.swizzle = static_cast<uint32_t>(map.swizzle);
    auto offset = map.offset.evaluate(match.bindings.dims);
    if (!offset || *offset < 0 || *offset % kMultiple)
      return inconsistent(what + " begins at no multiple of 16 bytes");
    made.offset = *offset;
    bool isEmpty = false;
    int64_t bytes = map.elementBytes; // from the first element to the end of the last one
    for (size_t d = 0; d < map.sizes.size(); ++d) {
      auto size = map.sizes[d].evaluate(match.bindings.dims);
      auto pitch = d ? map.pitches[d - 1].evaluate(match.bindings.dims) : std::optional(map.elementBytes);
      if (!size || *size < 0 || *size > kMaxSize || !pitch || *pitch < 0 || *pitch >= kMaxPitch ||
          (d && *pitch % kMultiple))
        return inconsistent(what + " has a size or a pitch that no device takes");
      isEmpty |= *size == 0;
      made.sizes[d] = static_cast<uint64_t>(std::max<int64_t>(*size, 1));
      made.box[d] = static_cast<uint32_t>(map.box[d]);
      if (d)
        made.pitches[d - 1] = static_cast<uint64_t>(*pitch);
      int64_t steps = 0;
      if (__builtin_mul_overflow(std::max<int64_t>(*size, 1) - 1, *pitch, &steps) ||
          __builtin_add_overflow(bytes, steps, &bytes))
        return inconsistent(what + " overflows 64 bits");
    }
    if (!isEmpty && bytes > buffers[launch.buffers.at(made.buffer)].bytes - made.offset)
      return inconsistent(what + " is larger than its buffer");
    launch.maps.push_back(made);
  }
  return Status::ok();
}

Status Plan::addLaunches(const Match &match) {
  const std::vector<ImageLaunch> &from = program->compiled.program->launches;
  for (size_t i = 0; i < from.size(); ++i) {
    auto items = from[i].items.evaluate(match.bindings.dims);
    auto workspace = from[i].workspaceBytes.evaluate(match.bindings.dims);
    if (!items || *items < 0 || !workspace || *workspace < 0)
      return inconsistent("the launch of '" + from[i].entry + "' has no size");
    if (*items == 0)
      continue;
    Launch launch{i, {}, {}, *items, *workspace, 0, 0, {}, from[i].kept};
    for (int64_t buffer : from[i].buffers)
      launch.buffers.push_back(static_cast<uint32_t>(buffer));
    for (const std::string &name : from[i].dims) {
      auto value = match.bindings.dims.find(name);
      if (value == match.bindings.dims.end())
        return inconsistent("the launch of '" + from[i].entry + "' needs the unbound dimension '" + name + "'");
      launch.dims.push_back(value->second);
    }
    launch.flops = static_cast<double>(from[i].flops.evaluate(match.bindings.dims).value_or(0));
    launch.bytesMoved = static_cast<double>(from[i].bytesMoved.evaluate(match.bindings.dims).value_or(0));
    FLEX_RETURN_IF_ERROR(addMaps(from[i], match, launch));
    launches.push_back(std::move(launch));
  }
  return Status::ok();
}

//===----------------------------------------------------------------------===//
// Running
//===----------------------------------------------------------------------===//

/// What one run needs; reused by the next. Tensors are numbered parameters
/// first, then results.
struct Plan::State {
  explicit State(Device &device) : device(device) {}
  ~State() {
    queue.reset();
    for (const DeviceBuffer &buffer : {arena, keptArena})
      if (buffer.handle)
        device.release(buffer);
    for (const DeviceBuffer &buffer : owned)
      if (buffer.handle)
        device.release(buffer);
    for (char *memory : staging)
      std::free(memory);
  }
  State(const State &) = delete;
  State &operator=(const State &) = delete;

  /// Dense host memory for tensor `index`; null if there is none.
  char *stage(size_t index, int64_t bytes) {
    if (!staging[index])
      staging[index] = static_cast<char *>(
          std::aligned_alloc(kStageAlignment, (static_cast<size_t>(bytes) / kStageAlignment + 1) * kStageAlignment));
    return staging[index];
  }
  static constexpr size_t kStageAlignment = 64;

  Device &device;
  std::unique_ptr<Queue> queue;
  DeviceBuffer arena;
  DeviceBuffer keptArena;            ///< of a program whose kept launches run each time
  std::vector<DeviceBuffer> owned;   ///< one per tensor, if the device has memory of its own
  std::vector<char *> staging;       ///< null until a tensor needs it
  std::vector<char *> host;          ///< dense host memory of each tensor in this run
  std::vector<DeviceBuffer> tensors; ///< the same on the device
  std::vector<DeviceBuffer> bound;   ///< arguments of one launch
};

Plan::Plan(std::shared_ptr<LoadedProgram> program, std::shared_ptr<BoundArguments> bound)
    : program(std::move(program)), bound(std::move(bound)) {}

Plan::~Plan() = default;

StatusOr<std::unique_ptr<Plan::State>> Plan::acquire() const {
  {
    std::lock_guard lock(mutex);
    if (!idle.empty()) {
      std::unique_ptr<State> state = std::move(idle.back());
      idle.pop_back();
      return state;
    }
  }
  Device &device = program->device;
  auto state = std::make_unique<State>(device);
  auto queue = device.createQueue();
  if (!queue)
    return queue.status();
  state->queue = std::move(*queue);
  auto arena = device.allocate(arenaBytes);
  if (!arena)
    return arena.status();
  state->arena = *arena;
  if (keptBytes > 0 && !keeps) {
    auto kept = device.allocate(keptBytes);
    if (!kept)
      return kept.status();
    state->keptArena = *kept;
  }
  size_t count = params.size() + results.size();
  for (size_t i = 0; i < count && !device.info().sharesHostMemory; ++i) {
    if (isBound(i)) {
      state->owned.emplace_back();
      continue;
    }
    auto buffer = device.allocate(i < params.size() ? params[i].bytes : results[i - params.size()].bytes);
    if (!buffer)
      return buffer.status();
    state->owned.push_back(*buffer);
  }
  state->staging.resize(count);
  state->host.resize(count);
  state->tensors = state->owned;
  state->tensors.resize(count);
  return state;
}

/// Whether a result lies exactly on the parameter it is stored over, and the program can do with that.
bool Plan::isSame(size_t result, size_t tensor, const char *data, const char *other) const {
  const ImageProgram &image = *program->compiled.program;
  int64_t alias = program->compiled.kernel->results[result].alias;
  return data == other && static_cast<int64_t>(tensor) == alias && results[result].bytes == params[tensor].bytes &&
         std::find(image.inPlace.begin(), image.inPlace.end(), static_cast<int64_t>(result)) != image.inPlace.end();
}

/// Whether a result can be written where the caller wants it: not over an argument, which must stay as it is, or
/// another result.
Status Plan::checkResult(const State &state, size_t index, char *data, bool &direct) const {
  size_t result = index - params.size();
  for (size_t j = 0; j < index; ++j) {
    bool isParam = j < params.size();
    int64_t bytes = isParam ? params[j].bytes : results[j - params.size()].bytes;
    if (isParam && isSame(result, j, data, state.host[j]))
      continue;
    bool isOver = overlap(data, results[result].bytes, state.host[j], bytes);
    if (isOver && isBound(j))
      return {StatusCode::InvalidArgument,
              "result '" + program->compiled.kernel->results[result].name + "' lies over the bound argument '" +
                  program->compiled.kernel->params[j].name + "', which must stay as it is"};
    direct &= !isOver;
  }
  return Status::ok();
}

Status Plan::bindTensor(State &state, size_t i, const DLTensor &tensor) const {
  bool isParam = i < params.size(), shared = program->device.info().sharesHostMemory;
  const Tensor &plan = isParam ? params[i] : results[i - params.size()];
  char *data = dataOf(tensor);
  bool direct = plan.bytes == 0 || (isDense(tensor) && isAligned(data, plan.elementBytes));
  if (!isParam && plan.bytes > 0 && isDense(tensor))
    FLEX_RETURN_IF_ERROR(checkResult(state, i, data, direct));
  if (!direct) {
    data = state.stage(i, plan.bytes);
    if (!data)
      return {StatusCode::ResourceExhausted,
              "no " + std::to_string(plan.bytes) + " bytes for a dense copy of a tensor"};
    if (isParam)
      packTensor(tensor, plan.elementBytes, data);
  }
  state.host[i] = data;
  if (shared)
    state.tensors[i] = {data, 0, plan.bytes};
  else if (isBound(i))
    state.tensors[i] = uploaded->buffers[i];
  else if (isParam)
    FLEX_RETURN_IF_ERROR(state.queue->write(state.owned[i], data, plan.bytes));
  return Status::ok();
}

Status Plan::bindTensors(State &state, const DLTensor *const *args, const DLTensor *const *outs) const {
  for (size_t i = 0; i < params.size() + results.size(); ++i)
    FLEX_RETURN_IF_ERROR(bindTensor(state, i, i < params.size() ? *args[i] : *outs[i - params.size()]));
  return Status::ok();
}

/// In order: the kept launches alone, or all that must run each time.
Status Plan::launchAll(State &state, bool onlyKept, std::vector<StepTime> *steps) const {
  using Kind = ImageBuffer::Kind;
  using Clock = std::chrono::steady_clock;
  const DeviceBuffer none;
  if (steps)
    steps->clear();
  for (const Launch &launch : launches) {
    if (onlyKept ? !launch.kept : launch.kept && keeps)
      continue;
    state.bound.clear();
    for (uint32_t index : launch.buffers) {
      const Buffer &buffer = buffers[index];
      const DeviceBuffer *base = &none;
      switch (buffer.kind) {
      case Kind::Param: base = &state.tensors[static_cast<size_t>(buffer.index)]; break;
      case Kind::Result: base = &state.tensors[params.size() + static_cast<size_t>(buffer.index)]; break;
      case Kind::Temp: base = &state.arena; break;
      case Kind::Kept: base = keeps ? &made->buffers.front() : &state.keptArena; break;
      case Kind::Constant: base = &program->constants; break;
      }
      state.bound.push_back({base->handle, base->offset + buffer.offset, buffer.bytes});
    }
    LaunchArguments arguments;
    arguments.index = launch.index;
    arguments.buffers = state.bound.data();
    arguments.bufferCount = state.bound.size();
    arguments.dims = launch.dims.data();
    arguments.dimCount = launch.dims.size();
    arguments.maps = launch.maps.data();
    arguments.mapCount = launch.maps.size();
    arguments.items = launch.items;
    arguments.workspaceBytes = launch.workspaceBytes;
    arguments.flops = launch.flops;
    arguments.bytesMoved = launch.bytesMoved;
    Clock::time_point begin = steps ? Clock::now() : Clock::time_point();
    FLEX_RETURN_IF_ERROR(state.queue->launch(*program->executable, arguments));
    if (!steps)
      continue;
    FLEX_RETURN_IF_ERROR(state.queue->finish());
    double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    steps->push_back({program->compiled.program->launches[launch.index].entry, seconds});
  }
  return Status::ok();
}

//===----------------------------------------------------------------------===//
// What is kept of bound arguments
//===----------------------------------------------------------------------===//

/// Bound arguments in the memory of a device that has its own.
StatusOr<std::shared_ptr<KeptMemory>> Plan::upload() const {
  Device &device = program->device;
  auto memory = std::make_shared<KeptMemory>(device);
  auto queue = device.createQueue();
  if (!queue)
    return queue.status();
  memory->buffers.resize(params.size());
  for (size_t i = 0; i < params.size(); ++i) {
    if (!isBound(i))
      continue;
    auto buffer = device.allocate(params[i].bytes);
    if (!buffer)
      return buffer.status();
    memory->buffers[i] = *buffer;
    FLEX_RETURN_IF_ERROR((*queue)->write(*buffer, dataOf(*bound->tensors()[i]), params[i].bytes));
  }
  FLEX_RETURN_IF_ERROR((*queue)->finish());
  return memory;
}

StatusOr<std::shared_ptr<KeptMemory>> Plan::runKept() const {
  auto memory = std::make_shared<KeptMemory>(program->device);
  auto buffer = program->device.allocate(keptBytes);
  if (!buffer)
    return buffer.status();
  memory->buffers.push_back(*buffer);
  auto state = acquire();
  if (!state)
    return state.status();
  made = memory;
  for (size_t i = 0; i < params.size(); ++i)
    if (isBound(i))
      FLEX_RETURN_IF_ERROR(bindTensor(**state, i, *bound->tensors()[i]));
  FLEX_RETURN_IF_ERROR(launchAll(**state, /*onlyKept=*/true, nullptr));
  FLEX_RETURN_IF_ERROR((*state)->queue->finish());
  std::lock_guard lock(mutex);
  idle.push_back(std::move(*state));
  return memory;
}

Status Plan::ensureKept() const {
  std::lock_guard lock(keptMutex);
  if (isReady.load(std::memory_order_relaxed))
    return Status::ok();
  const std::string &id = device().id;
  if (!device().sharesHostMemory) {
    auto there = bound->obtain(id, [this] { return upload(); });
    if (!there)
      return there.status().withContext("copying bound arguments to the device");
    uploaded = std::move(*there);
  }
  if (keeps) { // also where nothing is kept: empty buffers have a place, too
    auto there = bound->obtain(id + " " + keptKey, [this] { return runKept(); });
    if (!there)
      return there.status().withContext("preparing what follows from bound arguments");
    made = std::move(*there);
  }
  isReady.store(true, std::memory_order_release);
  return Status::ok();
}

Status Plan::fetchResults(State &state, const DLTensor *const *outs) const {
  bool shared = program->device.info().sharesHostMemory;
  for (size_t i = 0; i < results.size() && !shared; ++i)
    FLEX_RETURN_IF_ERROR(
        state.queue->read(state.host[params.size() + i], state.owned[params.size() + i], results[i].bytes));
  FLEX_RETURN_IF_ERROR(state.queue->finish());
  for (size_t i = 0; i < results.size(); ++i)
    if (results[i].bytes > 0 && state.host[params.size() + i] != dataOf(*outs[i]))
      unpackTensor(state.host[params.size() + i], results[i].elementBytes, *outs[i]);
  return Status::ok();
}

Status Plan::run(const DLTensor *const *args, const DLTensor *const *outs, std::vector<StepTime> *steps) const {
  if (bound && !isReady.load(std::memory_order_acquire))
    FLEX_RETURN_IF_ERROR(ensureKept());
  auto state = acquire();
  if (!state)
    return state.status();
  // After a failure the state is dropped with its queue: what is still in there is unknown.
  FLEX_RETURN_IF_ERROR(bindTensors(**state, args, outs));
  FLEX_RETURN_IF_ERROR(launchAll(**state, /*onlyKept=*/false, steps));
  FLEX_RETURN_IF_ERROR(fetchResults(**state, outs));
  std::lock_guard lock(mutex);
  idle.push_back(std::move(*state));
  return Status::ok();
}

} // namespace flex::rt
