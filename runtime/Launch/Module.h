//===- Module.h - Where a kernel's code comes from -------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A module is an image, or a source whose signature and programs come from the
// cache or the compiler. Immutable after loading; thread-safe.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "ContextState.h"

namespace flex::rt {

/// A program that a device can load, and the image that holds it.
struct CompiledProgram {
  std::shared_ptr<const Image> image;
  const ImageKernel *kernel = nullptr;
  const ImageProgram *program = nullptr;
  CodeOrigin origin = CodeOrigin::Image;
  std::string tuning; ///< of the record that its schedule is from; empty: none
};

class ModuleState {
public:
  static StatusOr<std::shared_ptr<ModuleState>> fromSource(std::shared_ptr<ContextImpl> context,
                                                           const std::string &source, const std::string &fileName);
  static StatusOr<std::shared_ptr<ModuleState>> fromImage(std::shared_ptr<ContextImpl> context, const uint8_t *data,
                                                          size_t size);

  ContextImpl &context() const { return *owner; }
  const std::shared_ptr<ContextImpl> &sharedContext() const { return owner; }
  const Image &signatures() const { return *image; }
  /// Programs are made for the shapes asked for; those of an image are what they are.
  bool isSource() const { return hasSource; }
  const std::string &diagnostics() const { return warnings; }
  /// As it was given when the source was loaded.
  const std::string &file() const { return fileName; }
  CodeOrigin origin() const { return codeOrigin; }

  /// A program of `kernel` for the device with these bindings. Without
  /// `mayCompile`, NotFound if it is neither in the image nor in the cache.
  StatusOr<CompiledProgram> program(const std::string &kernel, const Bindings &bindings,
                                    const DeviceDescription &device, bool mayCompile) const;
  /// The same by the cost model's choice, whatever records say. REQUIRES: isSource().
  StatusOr<CompiledProgram> plainProgram(const std::string &kernel, const Bindings &bindings,
                                         const DeviceDescription &device) const;
  /// What the compiler is asked for such a program, with `options` in addition. REQUIRES: isSource().
  CompileRequest request(FlexCompilerRequestKind kind, const std::string &kernel, const Bindings &bindings,
                         const std::string &target, const KeyValues &options = {}) const;
  /// REQUIRES: isSource().
  TuningKey tuningKey(const std::string &kernel, const Bindings &bindings, const DeviceDescription &device) const;

private:
  explicit ModuleState(std::shared_ptr<ContextImpl> context) : owner(std::move(context)) {}
  Status describe();
  CacheKey describeKey() const;
  CacheKey compileKey(const std::string &kernel, const Bindings &bindings, const DeviceDescription &device,
                      const KeyValues &options) const;
  StatusOr<CompiledProgram> programWith(const std::string &kernel, const Bindings &bindings,
                                        const DeviceDescription &device, bool mayCompile, KeyValues options) const;
  void setDependencies(KeyValues dependencies);

  std::shared_ptr<ContextImpl> owner;
  std::shared_ptr<const Image> image; ///< the loaded one, or one that describes the source
  bool hasSource = false;
  std::string source, fileName, warnings;
  std::string contentKey; ///< hash of the source and everything it imports
  KeyValues imports;      ///< the files it imports, as cache attributes
  CodeOrigin codeOrigin = CodeOrigin::Image;
};

class ModuleImpl {
public:
  explicit ModuleImpl(std::shared_ptr<ModuleState> state) : state(std::move(state)) {}
  const std::shared_ptr<ModuleState> state;
  std::mutex mutex; // guards kernels
  std::map<std::string, std::shared_ptr<KernelImpl>> kernels;
};

} // namespace flex::rt
