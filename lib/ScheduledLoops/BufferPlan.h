//===- BufferPlan.h - Which memory a kernel's launches use ------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Collects launches in order and places temporaries in one arena, sharing space
// between those that are never live together.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/ScheduledLoops/Plan.h"

#include <set>

namespace flex::tile {

/// A temporary in the arena, in use from one launch to another.
struct Span {
  size_t first, last;
  int64_t bytes, offset; ///< bytes: -1 if they are not known yet
};

class BufferPlan {
public:
  explicit BufferPlan(ir::KernelOp kernel);

  /// `inputs` and `outputs` are the values behind the function's buffer arguments. What follows from bound arguments
  /// alone is a kept launch.
  void addLaunch(KernelOp function, llvm::ArrayRef<mlir::Value> inputs, llvm::ArrayRef<mlir::Value> outputs);
  /// Whether memory is the same in each run where the bound arguments are: theirs, a constant's, or what launches so
  /// far made of such alone. False where nothing is bound.
  bool isFixed(mlir::Value tensor);
  /// The results of four bits: computed a byte each, packed at the end by a launch of their own.
  struct PackedResult {
    mlir::Value value;
    int64_t buffer;
  };
  llvm::ArrayRef<PackedResult> packedResults() const { return packed; }
  void addPackLaunch(KernelOp function, const PackedResult &result);
  /// Results whose memory may be that of the parameter they overwrite.
  void setInPlace(std::vector<int64_t> results) { plan.inPlace = std::move(results); }
  /// Lays temporaries over others that end with the launch which writes them, where `mayOverwrite` says so. Gives the
  /// entries of these launches: their buffers may alias.
  std::set<std::string> reuseInPlace(llvm::function_ref<bool(mlir::Value result, mlir::Value input)> mayOverwrite);
  /// Places the temporaries and gives the plan.
  KernelPlan finish();

private:
  std::map<int64_t, Span> spans() const;
  int64_t bottomOf(int64_t number) const;
  std::optional<int64_t> placeKnownSizes();
  /// The last launch that uses each buffer.
  std::map<int64_t, size_t> lastUses() const;
  int64_t bufferOf(mlir::Value tensor);
  void push(KernelOp function, std::vector<int64_t> buffers);
  void keep();
  void addConstant(ir::ConstantOp constant, ImageBuffer &buffer);

  ir::KernelOp kernel;
  KernelPlan plan;
  std::map<void *, int64_t> numbers;
  std::map<int64_t, int64_t> overwritten; ///< temporary -> the one whose memory it takes over
  std::set<int64_t> fixed;                ///< temporaries that kept launches write
  llvm::SmallVector<PackedResult> packed;
};

} // namespace flex::tile
