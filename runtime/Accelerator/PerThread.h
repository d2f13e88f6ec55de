//===- PerThread.h - Interfaces whose calls act on the thread's device -*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// In some vendors' libraries a thread has one device at a time, and a stream takes
// copies and launches in order. A driver of such a library says how each call is
// spelled. Our device is the thread's only during our calls, so that a caller's own
// is never disturbed.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "Accelerator/Faults.h"
#include "Accelerator/Interface.h"

namespace flex::rt::accelerator {

/// What a call of a vendor's library gave: 0 is success.
struct Outcome {
  int code;
  const char *function; ///< as messages name it
};

class PerThreadInterface : public Interface {
public:
  StatusOr<void *> allocate(size_t bytes) final;
  void release(void *memory) final;
  StatusOr<void *> allocateStaging(size_t bytes) final;
  void releaseStaging(void *memory) final;
  StatusOr<std::unique_ptr<Stream>> createStream() final;

  /// Ok for 0; else `what` failed.
  Status check(int code, const std::string &what);
  Status check(const Outcome &outcome) { return check(outcome.code, outcome.function); }

  /// The device is the thread's while this lives.
  class Current {
  public:
    explicit Current(PerThreadInterface &owner) : owner(owner), outcome(owner.enter(before)) {}
    ~Current() {
      if (outcome.code == 0)
        owner.leave(before);
    }
    Current(const Current &) = delete;
    Current &operator=(const Current &) = delete;
    Status status() const { return owner.check(outcome); }

  private:
    PerThreadInterface &owner;
    int before = 0;
    Outcome outcome;
  };

protected:
  /// Makes the device the thread's; `before` is kept for `leave`, which is called after success only.
  virtual Outcome enter(int &before) = 0;
  virtual void leave(int before) = 0;

  // One call each, on the thread's device. What gives something back has no outcome: there is nothing left to do.
  virtual Outcome takeMemory(void **memory, size_t bytes) = 0;
  virtual void giveMemory(void *memory) = 0;
  virtual Outcome takeStaging(void **memory, size_t bytes) = 0;
  virtual void giveStaging(void *memory) = 0;
  virtual Outcome makeStream(void **stream) = 0;
  virtual void endStream(void *stream) = 0;
  virtual Outcome copyIn(void *to, const void *from, size_t bytes, void *stream) = 0;
  virtual Outcome copyOut(void *to, const void *from, size_t bytes, void *stream) = 0;
  /// `parameters`: the address of each argument.
  virtual Outcome launch(void *function, const Grid &grid, void **parameters, void *stream) = 0;
  virtual Outcome wait(void *stream) = 0;

  /// The code's name and number.
  virtual std::string nameOf(int code) const = 0;
  virtual Fault faultOf(int code) const = 0;

private:
  friend class PerThreadStream;
  Faults faults;
};

} // namespace flex::rt::accelerator
