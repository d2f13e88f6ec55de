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

#include "../GroupInfo.h"
#include "flex/ScheduledLoops/Schedule.h"
#include "flex/ScheduledLoops/TileDialect.h"

namespace flex::tile {

/// Bytes that a thread moves at once.
inline constexpr int64_t kChunkBytes = 16;
/// Bytes of a row that a unit that reads group memory takes for one; longer rows are cut into panels.
inline constexpr int64_t kPanelBytes = 128;
/// Columns of results that a thread stores together.
inline constexpr int64_t kRunColumns = 8;
/// Columns of a sum in tensor memory that a thread reads together.
inline constexpr int64_t kTensorColumns = 32;

/// Expressions over the dims, each of which must be a multiple of a number; none: it can never be shown.
using Multiples = std::optional<llvm::SmallVector<DimExpr>>;

/// How tiles of a read are boxes of a tensor: in elements, from one row of its memory to the next, along each index of
/// ContractionAxes::rest (0: it does not move with it), and where it begins.
struct OperandBoxes {
  DimExpr step, offset;
  llvm::SmallVector<DimExpr> restSteps;
};

/// One factor of the contraction as operand of a matrix unit.
struct MatrixOperand {
  mlir::Value factor;               ///< the body value that is staged, of the operand type (or what rounds to it)
  mlir::Type element;               ///< in the ring
  std::string index;                ///< the outer index that it moves with; the fastest one of several
  std::optional<unsigned> read;     ///< the statement's operand if the factor is just that, in memory
  bool across = false;              ///< its memory runs along the outer index
  bool turned = false;              ///< across, and turned in registers on its way into the ring
  DimExpr offset;                   ///< of a read: its place in memory over the indices, in elements
  llvm::SmallVector<DimExpr> steps; ///< of chunks: from one value of each index that is summed over to the next
  bool isEven = true; ///< of chunks: those indices are walked as one, by equal steps, and nothing lies outside
  /// Of chunks of a tensor with zeros around it: what lies in it only from 0 to an extent, and its steps likewise.
  struct Edge {
    DimExpr at, extent;
    llvm::SmallVector<DimExpr> steps;
  };
  llvm::SmallVector<Edge> edges;
  std::optional<OperandBoxes> boxes = std::nullopt; ///< of a read whose tiles are boxes, where `chunks` hold
  Multiples chunks =
      std::nullopt; ///< of a read: what must be multiples of a chunk, so that chunks are whole and aligned

  /// A row of the ring is a step of the reduction.
  bool isRingAcross() const { return across && !turned; }
};

struct MatrixPlan {
  Contraction contraction;
  const MatrixUnit *unit = nullptr;
  bool throughRegisters = false; ///< tiles come to group memory so: the device has no asynchronous copies
  ContractionAxes axes;
  MatrixOperand a, b;
  DimExpr rows{1}, columns{1}, depth{1}; ///< extents of the results and of the reduction
  Multiples runs = std::nullopt; ///< what must be multiples of kRunColumns, so that maps behind it work on whole runs
};

/// Whether both operands of a unit stay in group memory.
bool readsGroupMemory(const MatrixUnit &unit);

/// The plan for a contraction of `unroll` and `lane` on one of the device's units: the one of that name, or the first
/// that takes the factors' types if the name is empty. Nothing if there is none, or the group is not one contraction
/// and maps behind it.
std::optional<MatrixPlan> planMatrix(const GroupInfo &info, const DeviceDescription &device, const std::string &lane,
                                     const std::string &unroll, const std::string &unitName);

/// The value behind conversions to a wider type, and whether one of them took it for unsigned.
mlir::Value withoutWidening(mlir::Value value, bool &isUnsigned);

/// How a factor lies in memory, hence in the ring: fills in what follows from `factor`, `element` and `index`.
void placeOperand(const GroupInfo &info, const DeviceDescription &device, ir::StatementInterface statement,
                  const IndexAxis &outer, const IndexAxis &summed, MatrixOperand &side);

/// What follows from `side`'s place in memory for copies of boxes.
std::optional<OperandBoxes> findBoxes(const MatrixPlan &plan, const MatrixOperand &side);

/// Maps behind a contraction can work on runs of columns, along `lane`, if all they read and write lies in runs or is
/// the same for all columns, and every run begins at a multiple of its length. `names`: of the results' indices.
Multiples findRuns(const GroupInfo &info, llvm::ArrayRef<ir::StatementInterface> statements,
                   llvm::ArrayRef<std::string> names, const std::string &lane, const DimExpr &extent);

/// How an operand's block lies in the ring: rows that threads walk down lie in different banks. `turned`: they also
/// write to rows a chunk's elements apart.
LayoutAttr operandLayout(mlir::MLIRContext *context, int64_t columns, int64_t elementBytes, bool turned = false);
/// How a wave's results lie in the ring before they are stored.
LayoutAttr resultLayout(mlir::MLIRContext *context, int64_t columns);

/// What a schedule says of copies.
inline constexpr llvm::StringLiteral kCopiesByBoxes = "tma", kCopiesByThreads = "async";
inline bool copiesBoxes(const Schedule &schedule) {
  return schedule.copies == kCopiesByBoxes;
}
/// Threads of a group: those of its waves, and a wave that copies boxes.
int64_t matrixGroupSize(const Schedule &schedule, const MatrixUnit &unit, const DeviceDescription &device);
/// Copies by boxes where the schedule can have them, else by threads; the size of its group follows.
void settleCopies(const MatrixPlan &plan, Schedule &schedule, const DeviceDescription &device);
/// The same for a schedule in which somebody asked for other things; `isAsked`: for the copies, too.
void settleGroupSize(const GroupInfo &info, Schedule &schedule, const DeviceDescription &device, bool isAsked);

/// 1 where boxes of both operands, which have some, begin at multiples of a chunk, else 0.
DimExpr boxesAreAligned(const MatrixPlan &plan);
/// The same schedule with copies by threads.
Schedule copiedByThreads(const MatrixPlan &plan, Schedule schedule, const DeviceDescription &device);

/// Of a schedule that copies boxes: where it can, as 1 or 0 over the dims, and what goes where it cannot.
struct UnalignedBoxes {
  DimExpr aligned;
  Schedule otherwise;
};
/// Nothing if it copies no boxes, or always can.
std::optional<UnalignedBoxes> findUnaligned(const GroupInfo &info, const Schedule &schedule,
                                            const DeviceDescription &device);

/// Bytes of the ring of a schedule of strategy Matrix.
int64_t matrixRingBytes(const MatrixPlan &plan, const Schedule &schedule);
/// Bytes of group memory: the ring, and what the unit needs beside it.
int64_t matrixGroupBytes(const MatrixPlan &plan, const Schedule &schedule);

/// Registers of 32 bits that a thread needs, roughly: results, fragments of one step, chunks on their way without
/// asynchronous copies, elements read one by one, and addresses (more where chunks may not be whole).
int64_t matrixRegisters(const MatrixPlan &plan, const Schedule &schedule, const DeviceDescription &device);

/// Bytes that a schedule may take: launches ask for more than the usual where copies beside the threads fill deep
/// rings.
int64_t matrixGroupLimit(const DeviceDescription &device);

/// The part of its results that a wave puts into the ring at once.
struct MatrixStrip {
  int64_t rows, columns;
};
MatrixStrip matrixStrip(const MatrixPlan &plan, const Schedule &schedule);
/// Whether a stage is free for results before the last one has been multiplied.
bool hasStageForResults(const MatrixPlan &plan, const Schedule &schedule);

/// Of the units and tiles that the device has room for, those that leave the fewest multiply-adds idle: those of tiles
/// beyond the edge, of the last round of tiles over the compute units, and of waits for memory, which are the longer
/// the smaller a tile is. Nothing if no unit takes the group.
std::optional<Schedule> chooseMatrix(const GroupInfo &info, const DeviceDescription &device, const std::string &lane,
                                     const std::string &unroll);

/// A schedule that asks for more than the device has becomes the next smaller one, which is said in a remark; one that
/// somebody asked for also where threads have too few registers for it.
Schedule fitMatrix(Schedule schedule, const GroupInfo &info, const DeviceDescription &device, bool isAsked,
                   llvm::function_ref<mlir::InFlightDiagnostic()> remark);

/// Half as many results for each wave, along its longer side; false if that cannot be.
bool halveResults(Schedule &schedule, const MatrixUnit &unit);

/// What the chosen schedule takes, in multiply-adds of a compute unit and step of the reduction, for `times` as many
/// independent products; infinite if no unit takes the group.
double matrixTime(const GroupInfo &info, const DeviceDescription &device, const std::string &lane,
                  const std::string &unroll, int64_t times);

/// Whether tiles of at least so many rows and columns are not lost on a contraction: on one over several indices for a
/// few rows or columns of results (a filter of each channel) they are.
bool isWorthTiles(const GroupInfo &info, const Contraction &contraction, const std::string &lane,
                  const std::string &unroll, int64_t few);

/// Why a schedule of strategy Matrix cannot be emitted; empty: it can.
std::string checkMatrix(const MatrixPlan &plan, const Schedule &schedule, const DeviceDescription &device);

} // namespace flex::tile
