//===- SharedLibrary.h - A vendor's library, opened at run time -*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Flex links no vendor's library. An open one stays open as long as the process:
// such libraries start threads and do not survive being closed.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Support/Status.h"

#include <string>
#include <vector>

namespace flex::rt::accelerator {

class SharedLibrary {
public:
  /// The first of `names` that can be opened; Unavailable says why each cannot.
  static StatusOr<SharedLibrary> open(const std::vector<std::string> &names);

  /// Null if there is no such symbol.
  void *find(const char *symbol) const;
  /// The same, for a member of a table of functions.
  template <typename Function> void find(Function *&function, const char *symbol) const {
    function = reinterpret_cast<Function *>(find(symbol));
  }
  /// The same, and notes the first that is missing.
  void *need(const char *symbol);
  /// The same, for a member of a table of functions.
  template <typename Function> void need(Function *&function, const char *symbol) {
    function = reinterpret_cast<Function *>(need(symbol));
  }
  /// Unavailable if anything that was needed is missing; `remedy` ends the message.
  Status complete(const std::string &remedy) const;
  const std::string &name() const { return fileName; }

private:
  void *handle = nullptr;
  std::string fileName, missing;
};

} // namespace flex::rt::accelerator
