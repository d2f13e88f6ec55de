//===- TuneResults.h - What a candidate computed ---------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Results of one kernel in memory of the search's own, and whether they are what
// they should be: a search writes into nothing of the caller's.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "Compiler.h"

#include <dlpack/dlpack.h>

#include <cstdlib>
#include <memory>

namespace flex::rt {

/// Dense, row-major host memory, aligned to 64 bytes. Moving it keeps its address.
struct HostTensor {
  /// ResourceExhausted with the size that was wanted.
  static StatusOr<HostTensor> allocate(const TensorType &type);
  CompileTensor view() const { return {type.dtype, type.shape, data.get()}; }

  struct Free {
    void operator()(char *memory) const { std::free(memory); }
  };
  TensorType type;
  int64_t count = 0, bytes = 0; ///< elements, and what they take
  std::unique_ptr<char, Free> data;
};

class TuneResults {
public:
  Status allocate(const std::vector<TensorType> &types);
  /// For a launch; as long as this object is neither moved nor allocated again.
  const DLTensor *const *tensors() const { return pointers.data(); }
  size_t size() const { return pointers.size(); }

  /// So that what is not written is found.
  void scribble();
  /// What is there now is what is expected, within what another order of the same sums may change.
  Status expectThese();
  /// Runs the interpreter and expects what it finds, within its bounds, if what is there now is within them; else, or
  /// without an interpreter, what was expected stays. `request`: of kind FLEX_COMPILER_INTERPRET, but for the results.
  Status expectReference(Compiler &compiler, CompileRequest request);
  bool isByReference() const { return !bounds.empty(); }
  /// `flops`: of the whole kernel, for how far two orders of its sums may be apart.
  bool areRight(double flops) const;

private:
  std::vector<HostTensor> results, expected, bounds; ///< bounds: empty without the interpreter
  std::vector<DLTensor> views;
  std::vector<const DLTensor *> pointers;
};

} // namespace flex::rt
