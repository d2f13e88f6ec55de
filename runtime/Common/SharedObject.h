//===- SharedObject.h - A payload in this process --------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// An ELF shared object without dependencies, mapped by the system's loader from
// a memory file: gdb and perf see it like any library. For the drivers whose
// payloads are this machine's own code.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Support/Status.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace flex::rt {

class SharedObject {
public:
  /// Any bytes give a library or a Status. `kernel` is for messages. Where the environment's FLEX_CODE_DIR names a
  /// folder, the code is loaded from a file there, `KERNEL-HASH.so`, in which debuggers and profilers find its symbols
  /// and source lines; else from memory.
  static StatusOr<std::unique_ptr<SharedObject>> open(const std::vector<uint8_t> &payload, const std::string &kernel);
  ~SharedObject();
  SharedObject(const SharedObject &) = delete;
  SharedObject &operator=(const SharedObject &) = delete;

  /// The address of a symbol, or null.
  void *find(const char *name) const;

private:
  explicit SharedObject(void *library) : library(library) {}
  void *library;
};

} // namespace flex::rt
