//===- Plan.h - A launch with every expression evaluated -------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Made once per shape and device; running it again evaluates nothing and
// allocates nothing. Thread-safe: each run takes its own state from a free list.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "Arguments.h"
#include "Bound.h"
#include "Module.h"

#include <array>

namespace flex::rt {

/// A program on its device, shared by the plans of all shapes it serves.
class LoadedProgram {
public:
  static StatusOr<std::shared_ptr<LoadedProgram>> load(Device &device, CompiledProgram compiled);
  ~LoadedProgram();
  LoadedProgram(const LoadedProgram &) = delete;
  LoadedProgram &operator=(const LoadedProgram &) = delete;

  Device &device;
  const CompiledProgram compiled;
  std::unique_ptr<Executable> executable;
  DeviceBuffer constants; ///< the kernel's constant section; empty if it has none

private:
  LoadedProgram(Device &device, CompiledProgram compiled) : device(device), compiled(std::move(compiled)) {}
};

/// Whether all that the program was compiled to hold is bound: then its kept launches run once.
bool keepsFor(const ImageProgram &program, const BoundArguments *bound);

/// Figures of a program for one shape, from its launches, without those that run once. `bound` may be null.
struct ProgramCost {
  double flops = 0, bytesMoved = 0;
  int64_t launches = 0;
};
ProgramCost evaluateCost(const ImageProgram &program, const Bindings &bindings, const BoundArguments *bound);

class Plan {
public:
  /// `bound` is null for a kernel without bound arguments.
  static StatusOr<std::unique_ptr<Plan>> build(std::shared_ptr<LoadedProgram> program, const Match &match,
                                               std::shared_ptr<BoundArguments> bound);
  ~Plan();

  /// The first run makes what is kept of bound arguments. `steps`: as LaunchOptions::steps.
  Status run(const DLTensor *const *args, const DLTensor *const *results, std::vector<StepTime> *steps = nullptr) const;

  const DeviceDescription &device() const { return program->device.info(); }
  Device &loadedOn() const { return program->device; }
  const ProgramCost &cost() const { return programCost; }
  const std::string &tuning() const { return program->compiled.tuning; }

  mutable std::atomic<double> predictedSeconds = 0; ///< by the last decision for this plan
  /// Measured runs; the best in nanoseconds.
  mutable std::atomic<int64_t> bestNs = INT64_MAX;
  mutable std::atomic<uint64_t> runs = 0;

private:
  struct Tensor {
    int64_t elementBytes, bytes;
  };
  struct Launch {
    size_t index;
    std::vector<uint32_t> buffers; ///< into Plan::buffers
    std::vector<int64_t> dims;
    int64_t items, workspaceBytes;
    double flops, bytesMoved;
    std::vector<TensorMap> maps;
    bool kept;
  };
  struct Buffer {
    ImageBuffer::Kind kind;
    int64_t index;  ///< of the param or result
    int64_t offset; ///< in the arena or the constants
    int64_t bytes;
  };
  struct State;

  Plan(std::shared_ptr<LoadedProgram> program, std::shared_ptr<BoundArguments> bound);
  Status addBuffers(const Match &match);
  Status addLaunches(const Match &match);
  Status addMaps(const ImageLaunch &from, const Match &match, Launch &launch) const;
  StatusOr<std::unique_ptr<State>> acquire() const;
  Status bindTensors(State &state, const DLTensor *const *args, const DLTensor *const *results) const;
  Status bindTensor(State &state, size_t index, const DLTensor &tensor) const;
  Status checkResult(const State &state, size_t index, char *data, bool &direct) const;
  bool isSame(size_t result, size_t tensor, const char *data, const char *other) const;
  bool isBound(size_t tensor) const { return bound && tensor < params.size() && bound->has(tensor); }
  Status launchAll(State &state, bool onlyKept, std::vector<StepTime> *steps) const;
  Status ensureKept() const;
  StatusOr<std::shared_ptr<KeptMemory>> upload() const;
  StatusOr<std::shared_ptr<KeptMemory>> runKept() const;
  Status fetchResults(State &state, const DLTensor *const *results) const;

  std::shared_ptr<LoadedProgram> program;
  std::vector<Tensor> params, results;
  std::vector<Buffer> buffers;
  std::vector<Launch> launches;
  int64_t arenaBytes = 0, keptBytes = 0;
  const std::shared_ptr<BoundArguments> bound;
  bool keeps = false;  ///< kept launches run once
  std::string keptKey; ///< of what they make
  ProgramCost programCost;
  mutable std::mutex mutex; // guards idle
  mutable std::vector<std::unique_ptr<State>> idle;
  mutable std::mutex keptMutex;                       // guards the making of these
  mutable std::shared_ptr<KeptMemory> uploaded, made; ///< bound arguments by parameter; what kept launches write
  mutable std::atomic<bool> isReady = false;          ///< both are there, as far as they are needed
};

} // namespace flex::rt
