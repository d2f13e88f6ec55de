//===- Context.h - Modules, kernels and launches, in C++ -------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the C ABI (flex-c/flex.h) wraps, for flexc and the tests: a context owns
// devices, cache and scheduler; a module is a source or an image; a kernel
// launches on tensors in host memory. Everything is thread-safe.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Runtime/Cache.h"
#include "flex/Runtime/Driver.h"
#include "flex/Runtime/Scheduler.h"
#include "flex/Runtime/Tuning.h"

#include <dlpack/dlpack.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace flex::rt {

class ContextImpl;
class ModuleImpl;
class KernelImpl;

struct ContextOptions {
  std::string device; ///< empty: FLEX_DEVICE, else the scheduler's choice
  CacheOptions cache;
  DriverOptions drivers;
  Objective objective = Objective::Latency;
  std::string compilerPath; ///< empty: FLEX_COMPILER_LIB, else beside libflexrt.so
  std::vector<std::string> importPaths;
  KeyValues compileOptions;
  std::string tuning; ///< file of tuning records; empty: TuningFile::defaultPath(); "off": none
  LogFunction log;
};

/// What one launch of a kernel's program took.
struct StepTime {
  std::string entry; ///< the launch's name, as `flexc explain` prints it
  double seconds = 0;
};

struct LaunchOptions {
  std::string device;   ///< pins this launch
  bool dynamic = false; ///< compile once with open dimensions
  /// With `dynamic`: compile for a shape as well, beside the launches, when as much time went into it as that may take.
  bool specializeHot = false;
  /// If not null: is filled with the time of each launch, in order; the next one waits for it.
  std::vector<StepTime> *steps = nullptr;
};

enum class CodeOrigin { Memory = 0, Disk = 1, Compiler = 2, Image = 3 };

/// What happened in a launch.
struct LaunchReport {
  std::string device;
  CodeOrigin origin = CodeOrigin::Memory;
  double prepareSeconds = 0, runSeconds = 0, predictedSeconds = 0;
  double flops = 0, bytesMoved = 0; ///< the cost model's figures of the program
  std::string explanation;          ///< the scheduler's words
  std::string tuning;               ///< TuningRecord::summary of the record the schedule is from; empty: none
};

/// Dimensions and type parameters bound by name.
struct Bindings {
  std::map<std::string, int64_t> dims;
  std::map<std::string, std::string> types;
  std::vector<std::string> bound = {}; ///< parameters whose tensors stay, in their order: code is compiled for that
};

/// Shape and dtype of a result.
struct TensorType {
  std::string dtype;
  std::vector<int64_t> shape;
};

/// Where a kernel's record is kept, and the one that is used.
struct TuningMatch {
  TuningKey key;
  std::optional<TuningRecord> record;
};

class FLEX_RT_API Kernel {
public:
  /// The signature without bound parameters; programs are those of a loaded image only.
  const ImageKernel &signature() const;
  /// A kernel of the remaining parameters that holds these tensors, by name: what follows from them alone (packed
  /// weights above all) is done once, at the first launch of a shape, and kept. The data, which is not copied but where
  /// it has strides or an odd address, must stay as it is, and where it is, while a copy of the returned kernel lives.
  /// InvalidArgument: no such parameter, bound already, overwritten by a result, or a tensor that does not fit.
  StatusOr<Kernel> bind(const std::vector<std::string> &names, const DLTensor *const *tensors) const;
  StatusOr<Kernel> specialize(const Bindings &bindings) const;
  /// Result types for these arguments (data pointers are not read).
  StatusOr<std::vector<TensorType>> infer(const std::vector<const DLTensor *> &args) const;
  /// For code that is compiled with these bindings for the device. InvalidArgument for a kernel of an image.
  StatusOr<TuningMatch> tuning(const Bindings &bindings, const std::string &deviceId) const;
  /// Results are preallocated. `report` may be null.
  Status launch(const DLTensor *const *args, size_t argCount, const DLTensor *const *results, size_t resultCount,
                const LaunchOptions &options = {}, LaunchReport *report = nullptr) const;

  /// Looks for a schedule that is faster for these arguments than the cost model's choice, and blocks until the budget
  /// is spent. What it finds is a record from then on: written to the file, if records are on, and used at once by
  /// every kernel of this source in the context that was compiled for these shapes. Nothing is written into the
  /// arguments; results lie in memory of its own. Searches of one process take turns; launches beside one spoil its
  /// measurements. InvalidArgument: an image's kernel, arguments that leave a dimension open, a budget that is none, a
  /// context whose options name a schedule. Unimplemented: a device other than the host, a kernel without schedules.
  StatusOr<TuneOutcome> tune(const DLTensor *const *args, size_t argCount, const TuneOptions &options) const;

  explicit Kernel(std::shared_ptr<KernelImpl> impl) : impl(std::move(impl)) {}
  const std::shared_ptr<KernelImpl> &state() const { return impl; }

private:
  std::shared_ptr<KernelImpl> impl;
};

class FLEX_RT_API Module {
public:
  std::vector<std::string> kernelNames() const;
  /// Empty name: the only kernel.
  StatusOr<Kernel> kernel(const std::string &name) const;
  /// Warnings of the compiler while describing the source.
  const std::string &diagnostics() const;
  /// Where the signature came from: Disk, Compiler or Image.
  CodeOrigin origin() const;

  explicit Module(std::shared_ptr<ModuleImpl> impl) : impl(std::move(impl)) {}

private:
  std::shared_ptr<ModuleImpl> impl;
};

class FLEX_RT_API Context {
public:
  static StatusOr<Context> create(ContextOptions options);

  StatusOr<Module> loadSource(const std::string &source, const std::string &fileName) const;
  StatusOr<Module> loadFile(const std::string &path) const;
  StatusOr<Module> loadImage(const uint8_t *data, size_t size) const;

  /// Opens every driver. Pointers live as long as the context.
  std::vector<const DeviceDescription *> devices() const;
  std::vector<SkippedDevice> skippedDevices() const;
  /// One device by id, opening what is needed.
  StatusOr<Device *> device(const std::string &id) const;
  /// A device's measured rates: kept ones of this machine, else measured now (some 0.4 s) and kept. `again` measures
  /// anyway. Empty: the device has none.
  StatusOr<RateTable> rates(const std::string &deviceId, bool again = false) const;
  Cache &cache() const;
  /// Waits for what is being compiled beside launches; later launches do not start more.
  void finishBackgroundWork() const;

  explicit Context(std::shared_ptr<ContextImpl> impl) : impl(std::move(impl)) {}

private:
  std::shared_ptr<ContextImpl> impl;
};

} // namespace flex::rt
