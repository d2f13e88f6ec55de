//===- Executable.h - A payload in this process ----------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// An ELF shared object and the entries of its launches.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "Common/SharedObject.h"
#include "flex/Runtime/Driver.h"

namespace flex::rt::host {

/// The ABI of an entry: flex/Binary/Image.h, ImageLaunch.
using EntryFunction = void (*)(void *const *buffers, const int64_t *dims, int64_t begin, int64_t end, void *workspace);

class HostExecutable : public Executable {
public:
  static StatusOr<std::unique_ptr<HostExecutable>> load(const ImageKernel &kernel, const ImageProgram &program);

  EntryFunction entry(size_t launch) const { return entries[launch]; }
  size_t entryCount() const { return entries.size(); }

private:
  explicit HostExecutable(std::unique_ptr<SharedObject> library) : library(std::move(library)) {}
  std::unique_ptr<SharedObject> library;
  std::vector<EntryFunction> entries; ///< by launch
};

} // namespace flex::rt::host
