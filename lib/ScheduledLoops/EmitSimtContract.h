//===- EmitSimtContract.h - A contraction for a matrix unit -----*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What strategy Matrix makes of a group before it emits anything: which value
// each operand stages, how it lies in the ring, and what must be a multiple of a
// chunk so that chunks can be moved whole. Shared by the cost model, the check of
// schedules and the emitter.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "GroupInfo.h"
#include "flex/ScheduledLoops/Schedule.h"
#include "flex/ScheduledLoops/TileDialect.h"

namespace flex::tile {

/// Bytes that a thread moves at once.
inline constexpr int64_t kChunkBytes = 16;
/// Columns of results that a thread stores together.
inline constexpr int64_t kRunColumns = 8;

/// Expressions over the dims, each of which must be a multiple of a number; none: it can never be shown.
using Multiples = std::optional<llvm::SmallVector<DimExpr>>;

/// One factor of the contraction as operand of a matrix unit.
struct MatrixOperand {
  mlir::Value factor;           ///< the body value that is staged, of the operand type (or what rounds to it)
  mlir::Type element;           ///< in the ring
  std::string index;            ///< the outer index that it moves with
  std::optional<unsigned> read; ///< the statement's operand if the factor is just that, in memory
  bool across = false;          ///< a row of the ring is a step of the reduction
  DimExpr offset;               ///< of a read: its place in memory over the indices, in elements
  Multiples chunks =
      std::nullopt; ///< of a read: what must be multiples of a chunk, so that chunks are whole and aligned
};

struct MatrixPlan {
  Contraction contraction;
  const MatrixUnit *unit = nullptr;
  MatrixOperand a, b;
  DimExpr rows{1}, columns{1}, depth{1}; ///< extents of the results and of the reduction
  Multiples runs = std::nullopt; ///< what must be multiples of kRunColumns, so that maps behind it work on whole runs
};

/// The plan for a contraction of `unroll` and `lane` on one of the device's units: the one of that name, or the first
/// that takes the factors' types if the name is empty. Nothing if there is none, or the group is not one contraction
/// and maps behind it.
std::optional<MatrixPlan> planMatrix(const GroupInfo &info, const DeviceDescription &device, const std::string &lane,
                                     const std::string &unroll, const std::string &unitName);

/// How an operand's block lies in the ring: rows that threads walk down lie in different banks.
LayoutAttr operandLayout(mlir::MLIRContext *context, int64_t columns, int64_t elementBytes);
/// How a wave's results lie in the ring before they are stored.
LayoutAttr resultLayout(mlir::MLIRContext *context, int64_t columns);

/// Bytes of group memory of a schedule of strategy Matrix.
int64_t matrixRingBytes(const MatrixPlan &plan, const Schedule &schedule);
/// Rows of its results that a wave puts into the ring at once.
int64_t matrixStripRows(const MatrixPlan &plan, const Schedule &schedule);

/// Why a schedule of strategy Matrix cannot be emitted; empty: it can.
std::string checkMatrix(const MatrixPlan &plan, const Schedule &schedule, const DeviceDescription &device);

} // namespace flex::tile
