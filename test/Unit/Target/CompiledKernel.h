//===- CompiledKernel.h - A tile kernel compiled and loaded -----*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From the text of a tile.kernel to a function in this process, the way the
// compiler and the host driver do it together. And memory that ends at a page
// which must not be touched.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Target/Target.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"

#include <cstring>
#include <string>
#include <vector>

namespace flex::target::test {

/// The chips whose code can run on this machine: its own, and x86-64-v3 where that is less.
std::vector<std::string> runnableChips();

class CompiledKernel {
public:
  /// Compiles and loads; a failure is a test failure, and isValid() is false.
  CompiledKernel(const std::string &text, const std::string &chip, const std::string &entry = "k");
  ~CompiledKernel();
  CompiledKernel(const CompiledKernel &) = delete;
  CompiledKernel &operator=(const CompiledKernel &) = delete;

  bool isValid() const { return function != nullptr; }
  /// Runs all items, in two calls; the workspace is as large as the kernel's rings say and lies before a guard page.
  void run(const std::vector<void *> &buffers, const std::vector<int64_t> &dims) const;

  Payload payload;

private:
  using Entry = void (*)(void *const *, const int64_t *, int64_t, int64_t, void *);
  void load(const std::string &entry);

  DimExpr items, workspaceBytes;
  std::vector<std::string> dimNames;
  void *library = nullptr;
  Entry function = nullptr;
};

/// Compiles without loading. The module's parse errors are test failures.
StatusOr<Payload> compile(const std::string &text, const std::string &chip, bool wantAssembly = false);

/// Memory whose end touches an inaccessible page; the page before its first is inaccessible, too.
class GuardedMemory {
public:
  explicit GuardedMemory(size_t bytes);
  ~GuardedMemory();
  GuardedMemory(const GuardedMemory &) = delete;
  GuardedMemory &operator=(const GuardedMemory &) = delete;
  void *data() const { return start; }

private:
  void *mapping;
  size_t mappedBytes;
  void *start;
};

/// An array in guarded memory.
template <typename T> class GuardedArray {
public:
  explicit GuardedArray(const std::vector<T> &values) : count(values.size()), memory(count * sizeof(T)) {
    if (count)
      std::memcpy(memory.data(), values.data(), count * sizeof(T));
  }
  explicit GuardedArray(size_t count) : GuardedArray(std::vector<T>(count)) {}
  T *data() { return static_cast<T *>(memory.data()); }
  size_t size() const { return count; }
  T &operator[](size_t i) { return data()[i]; }

private:
  size_t count;
  GuardedMemory memory;
};

} // namespace flex::target::test
