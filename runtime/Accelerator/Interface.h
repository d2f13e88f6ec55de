//===- Interface.h - What a vendor's library does for one device -*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Vendors' interfaces differ in names and agree in what they do: memory, streams,
// modules, launches. A driver folder implements these three classes; Device.h
// makes a flex::rt::Device of them, so that checks, staging and error order are
// written once. Errors say which call failed and with which of the vendor's codes.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Binary/Image.h"
#include "flex/Runtime/Driver.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace flex::rt::accelerator {

/// An entry of a module. `handle` belongs to the module.
struct Function {
  void *handle = nullptr;
  int64_t groupLimit = 0;       ///< threads in a group, at most
  int64_t groupMemoryBytes = 0; ///< that its code declares
  int64_t argumentCount = -1;   ///< -1: the vendor's library does not tell
  /// A launch may add group memory: what an image says beyond what the code declares.
  bool takesDynamicGroupMemory = false;
};

/// One launch, one-dimensional.
struct Grid {
  uint32_t groups = 0, groupSize = 0;
  uint32_t dynamicGroupMemory = 0; ///< bytes beyond what the code declares
};

/// What a launch gives a kernel: words of eight bytes each, addresses and i64, then tensor maps. They are copied.
struct Arguments {
  const uint64_t *words = nullptr;
  size_t wordCount = 0;
  const EncodedTensorMap *maps = nullptr;
  size_t mapCount = 0;
};

/// In order. Used by one thread at a time. Destroyed when nothing is left in it.
class Stream {
public:
  virtual ~Stream() = default;
  /// Host memory may be any; it is read, or written, until `wait` returns.
  virtual Status write(void *to, const void *from, size_t bytes) = 0;
  virtual Status read(void *to, const void *from, size_t bytes) = 0;
  virtual Status launch(const Function &function, const Grid &grid, const Arguments &arguments) = 0;
  /// Waits for everything; the first failure of work that was accepted earlier.
  virtual Status wait() = 0;
};

class Module {
public:
  virtual ~Module() = default;
  /// DataLoss if there is no such entry.
  virtual StatusOr<Function> find(const std::string &entry) = 0;
  /// Later launches of it may add that many bytes of group memory.
  virtual Status allowDynamicGroupMemory(const Function &, uint32_t) { return Status::ok(); }
};

/// One device. Thread-safe.
class Interface {
public:
  virtual ~Interface() = default;
  virtual StatusOr<void *> allocate(size_t bytes) = 0;
  virtual void release(void *memory) = 0;
  /// Host memory that the device copies without a detour.
  virtual StatusOr<void *> allocateStaging(size_t bytes) = 0;
  virtual void releaseStaging(void *memory) = 0;
  virtual StatusOr<std::unique_ptr<Stream>> createStream() = 0;
  virtual StatusOr<std::unique_ptr<Module>> loadModule(const ImageProgram &program, bool strict) = 0;
  /// Whether launches may have tensor maps; the message says why not.
  virtual Status takesTensorMaps() const {
    return {StatusCode::Unimplemented, "the device does not copy boxes of tensors (TMA)"};
  }
  /// The argument for a map of the buffer at `address`. Called only if there may be some.
  virtual Status encode(const TensorMap &, uint64_t /*address*/, EncodedTensorMap &) { return takesTensorMaps(); }
};

/// What a launch may ask for.
struct Limits {
  int64_t groupMemoryBytes = 0;
  int64_t groups = 0;  ///< of one launch
  int64_t threads = 0; ///< of one launch: groups x their size
};

} // namespace flex::rt::accelerator
