//===- Kernel.h - From a call to a plan ------------------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Keeps, per shape, the plan that runs it; a call with known shapes is a table
// look-up. Thread-safe. Design: docs/decisions/threads.md, "The launch path".
//
//===----------------------------------------------------------------------===//
#pragma once

#include "Bound.h"
#include "Plan.h"

#include <shared_mutex>
#include <unordered_map>

namespace flex::rt {

/// Everything known of one combination of shapes, dtypes and options.
struct ShapeEntry {
  std::vector<int64_t> key;
  std::string pin; ///< device asked for; empty: the scheduler's choice
  bool dynamic = false, specializeHot = false;
  Match match;

  std::atomic<const Plan *> current = nullptr;
  std::atomic<int64_t> launchesLeft = 0; ///< until the scheduler is asked again
  std::atomic<int64_t> openNs = 0;       ///< spent in code with open dimensions; less than 0: specialized, or tried

  std::mutex mutex; ///< guards all below; held while choosing
  WorkDescription work;
  std::map<std::string, std::unique_ptr<Plan>> plans; ///< by device
  std::vector<std::unique_ptr<Plan>> replaced;        ///< launches may still be in them
  std::string explanation;
  bool specialized = false; ///< the plan of some device is for these shapes alone
};

/// What a launch did, without any text.
struct LaunchOutcome {
  std::shared_ptr<ShapeEntry> entry;
  const Plan *plan = nullptr;
  CodeOrigin origin = CodeOrigin::Memory;
  int64_t prepareNs = 0, runNs = 0;
};
/// In words: the scheduler's explanation and what was measured.
std::string explainOutcome(const LaunchOutcome &outcome);

class KernelImpl : public std::enable_shared_from_this<KernelImpl> {
public:
  /// `bound` is null for a kernel without bound arguments.
  KernelImpl(std::shared_ptr<ModuleState> module, const ImageKernel &signature, Bindings fixed,
             std::shared_ptr<BoundArguments> bound);
  /// One that the context knows of.
  static std::shared_ptr<KernelImpl> create(std::shared_ptr<ModuleState> module, const ImageKernel &signature,
                                            Bindings fixed, std::shared_ptr<BoundArguments> bound = nullptr);

  /// As callers see it, without bound parameters.
  const ImageKernel &signature() const { return openSignature; }
  const std::shared_ptr<ModuleState> &module() const { return owner; }
  const Bindings &bindings() const { return fixed; }
  /// The same kernel with other dimensions and types fixed.
  StatusOr<std::shared_ptr<KernelImpl>> specialize(Bindings all) const;
  StatusOr<std::shared_ptr<KernelImpl>> bind(const std::vector<std::string> &names,
                                             const DLTensor *const *tensors) const;

  StatusOr<std::vector<TensorType>> infer(const DLTensor *const *args, size_t count) const;
  /// Compiles for the bindings alone, if they bind every dimension and type.
  Status prepare();
  Status launch(const DLTensor *const *args, size_t argCount, const DLTensor *const *results, size_t resultCount,
                const LaunchOptions &options, LaunchOutcome &outcome);
  StatusOr<TuneOutcome> tune(const DLTensor *const *args, size_t argCount, const TuneOptions &options);

private:
  class Key;
  StatusOr<std::shared_ptr<ShapeEntry>> entryFor(const Key &key, const DLTensor *const *args, size_t argCount,
                                                 const DLTensor *const *results, size_t resultCount,
                                                 const LaunchOptions &options);
  std::shared_ptr<ShapeEntry> lookup(const Key &key, const LaunchOptions &options);
  Status choose(ShapeEntry &entry, CodeOrigin &origin, const std::vector<std::string> &failed);
  StatusOr<const Plan *> currentPlan(ShapeEntry &entry, CodeOrigin &origin, const std::vector<std::string> &failed);
  Candidate describeCandidate(ShapeEntry &entry, Device &device, double compileGuess, bool alone);
  void adopt(ShapeEntry &entry, const Plan &plan, Decision decision);
  StatusOr<std::vector<Device *>> candidates(const ShapeEntry &entry, const std::vector<std::string> &failed);
  StatusOr<const Plan *> planFor(ShapeEntry &entry, Device &device, CodeOrigin &origin);
  StatusOr<std::shared_ptr<LoadedProgram>> load(Device &device, const Bindings &bindings, CodeOrigin &origin);
  Bindings compileBindings(const ShapeEntry &entry) const;
  void record(const std::shared_ptr<ShapeEntry> &entry, const Plan &plan, int64_t ns);
  /// Compiles for the entry's shapes in the background once its open code has run as long as that may take.
  void noteHeat(const std::shared_ptr<ShapeEntry> &entry, const Plan &plan, int64_t ns);
  Status specialize(ShapeEntry &entry, Device &device);
  /// Later launches of the shape take this plan. REQUIRES: entry.mutex is held.
  static void replacePlan(ShapeEntry &entry, Device &device, std::unique_ptr<Plan> plan);

  Status checkTuning(const TuneOptions &options) const;
  StatusOr<Device *> tunedDevice(const std::string &asked) const;
  void keep(TuneOutcome &outcome);
  /// Code of this kernel for these bindings is compiled again where there is some, and taken by later launches.
  Status reload(const Bindings &bindings, Device &device);

  static std::string programKey(const Device &device, const Bindings &bindings);

  const std::shared_ptr<ModuleState> owner;
  const ImageKernel kernelSignature; ///< whole
  const std::shared_ptr<BoundArguments> bound;
  const ImageKernel openSignature;
  const Bindings fixed;
  std::shared_mutex tableMutex; // guards table
  std::unordered_multimap<uint64_t, std::shared_ptr<ShapeEntry>> table;
  std::mutex programMutex;                                        // guards programs; held while compiling
  std::map<std::string, std::shared_ptr<LoadedProgram>> programs; // by device and bindings
};

} // namespace flex::rt
