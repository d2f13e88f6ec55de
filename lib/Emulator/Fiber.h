//===- Fiber.h - A stack that can be left and entered again -----*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One per thread of a group. A switch saves the registers that calls preserve and
// nothing else. Below the stack is a page that may not be touched.
//
//===----------------------------------------------------------------------===//
#pragma once

#include <cstddef>
#include <cstdint>

namespace flex::emulator {

class Fiber {
public:
  static constexpr size_t kStackBytes = 256 << 10; ///< address space; what is not used takes no memory

  /// ok() is false if there is no memory.
  Fiber();
  ~Fiber();
  Fiber(const Fiber &) = delete;
  Fiber &operator=(const Fiber &) = delete;
  bool ok() const { return mapping != nullptr; }

  /// The next resume calls function(data) on this stack, whatever was on it. The function must not return.
  void start(void (*function)(void *), void *data);
  /// Runs it until it suspends.
  void resume();
  /// Back to whoever resumed it; `forGood`: what runs now is not resumed again. REQUIRES: called on this stack.
  void suspend(bool forGood = false);

  /// No function was left in its middle. AddressSanitizer holds marks for the frames of one that was: not to be started
  /// again.
  bool isReusable() const { return ok() && ended; }

  bool contains(const void *address) const {
    return static_cast<const char *>(address) >= stack && static_cast<const char *>(address) < stack + kStackBytes;
  }

private:
  static void enter(void *self);
  void beforeSwitch(bool toFiber, void **fakeStack);
  void afterSwitch(bool toFiber, void *fakeStack);

  char *mapping = nullptr, *stack = nullptr;
  void *own = nullptr, *resumer = nullptr; ///< saved contexts
  void (*function)(void *) = nullptr;
  void *data = nullptr;
  bool ended = true;
  // Of sanitizers, which must know of every switch.
  [[maybe_unused]] const void *resumerStack = nullptr;
  [[maybe_unused]] size_t resumerBytes = 0;
  [[maybe_unused]] void *sanitizerFiber = nullptr, *sanitizerResumer = nullptr;
};

} // namespace flex::emulator
