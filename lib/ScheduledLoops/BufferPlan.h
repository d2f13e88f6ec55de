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

namespace flex::tile {

class BufferPlan {
public:
  explicit BufferPlan(ir::KernelOp kernel);

  /// `tensors` are the values behind the function's buffer arguments.
  void addLaunch(KernelOp function, llvm::ArrayRef<mlir::Value> tensors);
  /// Places the temporaries and gives the plan.
  KernelPlan finish();

private:
  int64_t bufferOf(mlir::Value tensor);
  void addConstant(ir::ConstantOp constant, ImageBuffer &buffer);

  ir::KernelOp kernel;
  KernelPlan plan;
  std::map<void *, int64_t> numbers;
};

} // namespace flex::tile
