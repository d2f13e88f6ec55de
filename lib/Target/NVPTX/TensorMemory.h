//===- TensorMemory.h - What a kernel keeps for its matrix unit -*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Between the pass that makes it (TensorMemory.cpp) and the patterns that use it
// (Tcgen05.cpp): words of 8 bytes in group memory, the first with the address of
// tensor memory, then a barrier per four warps; and each thread's parity of batches.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "GroupOperand.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

#include <optional>

namespace flex::nvptx {

inline constexpr int64_t kTeam = 128;          ///< threads that own 128 rows of sums
inline constexpr int64_t kTensorColumns = 512; ///< of a compute unit
inline constexpr unsigned kTensorSpace = 6;    ///< LLVM's address space

struct TensorMemory {
  mlir::Value parity;    ///< in memory of the thread: 1 after an odd number of batches
  llvm::StringRef words; ///< the group array
  bool isOneBatch;       ///< a pipe says when stages are read: only tile.settle waits for the barrier, once. Threads
                         ///< meet where the pipe begins, not before

  /// Of the kernel that an op is in; nothing if the pass has found no tile.multiply there.
  static std::optional<TensorMemory> of(mlir::Operation *op);

  /// The word with the address, as a pointer.
  mlir::Value slot(Numbers &n) const;
  /// Of the thread's four warps.
  mlir::Value barrier(Numbers &n) const;
  /// The first column that the kernel has, as an address.
  mlir::Value address(Numbers &n) const;
  /// The number of the thread's four warps.
  static mlir::Value team(Numbers &n);
  static mlir::Value pointer(Numbers &n, mlir::Value address);
  /// All threads meet; each knows what the others' tensor instructions have done.
  static void meet(Numbers &n);
};

} // namespace flex::nvptx
