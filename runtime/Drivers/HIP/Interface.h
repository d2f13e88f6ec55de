//===- Interface.h - The HIP runtime as the runtime's interface -*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The calling thread's own device is set back after each of our calls.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "Accelerator/Interface.h"
#include "Library.h"

#include <mutex>

namespace flex::rt::hip {

class HipInterface : public accelerator::Interface {
public:
  HipInterface(std::shared_ptr<const Library> library, int device) : library(std::move(library)), device(device) {}
  StatusOr<void *> allocate(size_t bytes) override;
  void release(void *memory) override;
  StatusOr<void *> allocateStaging(size_t bytes) override;
  void releaseStaging(void *memory) override;
  StatusOr<std::unique_ptr<accelerator::Stream>> createStream() override;
  StatusOr<std::unique_ptr<accelerator::Module>> loadModule(const ImageProgram &program, bool strict) override;

  const Library &hip() const { return *library; }
  /// `what` failed. The first error that makes the device useless is kept: later messages repeat it.
  Status check(Result result, const std::string &what);

  /// The device is the thread's while this lives.
  class Current {
  public:
    explicit Current(HipInterface &owner);
    ~Current();
    Current(const Current &) = delete;
    Current &operator=(const Current &) = delete;
    Status status() const { return owner.check(result, "hipSetDevice"); }

  private:
    HipInterface &owner;
    int before = 0;
    Result result;
  };

private:
  std::shared_ptr<const Library> library;
  int device;
  std::mutex mutex;        ///< guards lostBecause
  std::string lostBecause; ///< empty while the device works
};

} // namespace flex::rt::hip
