//===- Schedule.h - A group's schedule, as data -----------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One record decides how a fused group becomes loops. The cost model fills it in
// (tile-choose-schedule), a schedule block overrides it, the emitter obeys it.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/ScheduledLoops/DeviceDescription.h"
#include "flex/TensorIR/TensorIR.h"

#include <string>

namespace flex::tile {

/// How a group's domain is walked.
enum class Strategy {
  /// Each work item owns a box of the outer domain; lanes run along one outer
  /// index, a register tile of `rows` x `vectors` vectors is carried by the reductions.
  Tile,
  /// Each work item owns `itemRows` points of the outer domain; lanes run along the
  /// innermost inner index, stages follow each other within the row.
  Rows,
  /// Simt contraction: operands staged through group memory, `rows` x `vectors` results per thread.
  Block,
  /// Scans, scatters and sorts: each work item owns `itemRows` points of the outer domain (Simt: one per thread) and
  /// does what is in order there; lanes run along `lane`: an outer index, one that a scan runs in any order, the one of
  /// a sort of which few are kept.
  Points,
  /// Simt contraction on a matrix unit: each work item computes a tile of `tileM` x `tileN` results by `wavesM` x
  /// `wavesN` waves; operands are staged through a ring of group memory, `tileK` steps at a time.
  Matrix,
  /// A softmax between two contractions (lib/ScheduledLoops/OnlineSoftmax.h). Simd: each work item owns lanes x vectors
  /// queries, which lanes run along, and takes `depth` keys at a time.
  Attention,
};

/// All sizes are counts of elements unless said otherwise. Keys of the attribute
/// are the member names in kebab-case.
struct Schedule {
  Strategy strategy = Strategy::Tile;
  std::string lane;         ///< the index that lanes run along (Rows: of the columns, if unrolled)
  std::string unroll;       ///< Tile, Rows: the outer index unrolled into the register tile; empty: none
  int64_t lanes = 1;        ///< lanes of one vector
  int64_t vectors = 1;      ///< vectors per register tile row (Tile), independent accumulators (Rows)
  int64_t rows = 1;         ///< register tile rows
  int64_t laneTile = 0;     ///< Tile: extent of the lane index per work item; 0: all of it
  int64_t unrollTile = 0;   ///< Tile: extent of the unrolled index per work item; 0: all of it
  int64_t itemRows = 1;     ///< points of the remaining outer domain per work item
  int64_t collapse = 1;     ///< Tile: trailing outer indices that are walked as one (\p lane is the last of them)
  int64_t steps = 1;        ///< Tile: steps of the contraction that one turn of its loop takes
  bool prefetch = false;    ///< Tile: a contraction's tile asks for the next one's rows; Rows: the last pass over a row
                            ///< asks for the next row's inputs
  bool pack = false;        ///< Tile: keep the lane operand of the contraction in a packed panel
  int64_t groupSize = 1;    ///< Simt: threads per work item
  int64_t depth = 0;        ///< Block: reduction steps per stage; Tile, Points: past all columns; Attention: keys
  int64_t parts = 0;        ///< Matrix, Block, Attention: sums are that many, each a work item's; 0: not asked for
  std::string unit;         ///< Matrix, Attention, Tile: the matrix unit's name, see DeviceDescription
  std::string copies;       ///< Matrix: how operands get to group memory: "tma", "async"; empty: as the device has it
  int64_t tileM = 0;        ///< Matrix: rows of results (along \p unroll) per work item
  int64_t tileN = 0;        ///< Matrix: columns of results (along \p lane) per work item
  int64_t tileK = 0;        ///< Matrix: reduction steps per stage
  int64_t wavesM = 1;       ///< Matrix: waves along the rows
  int64_t wavesN = 1;       ///< Matrix: waves along the columns
  int64_t stages = 1;       ///< Matrix: tiles of operands in group memory at once; 1: they wait in registers
  int64_t raster = 8;       ///< Matrix: rows of tiles that are walked together, for the caches' sake
  bool nontemporal = false; ///< results bypass the caches
  int64_t streamFrom = 0;   ///< Simd: they do where so many bytes are moved, which is asked at each launch; 0: never
  std::string why;          ///< the rule that chose it, in words; not part of the attribute

  /// Makes it the group's, with its reason.
  void setOn(ir::GroupOp group) const;
  mlir::DictionaryAttr toAttr(mlir::MLIRContext *context) const;
  /// What the attribute does not say stays as in `otherwise`. Diagnoses unknown keys and values out of range at `loc`.
  static mlir::FailureOr<Schedule> fromAttr(mlir::DictionaryAttr attr, mlir::Location loc, Schedule otherwise);
  static mlir::FailureOr<Schedule> fromAttr(mlir::DictionaryAttr attr, mlir::Location loc);
};

/// The cost model: a schedule for a group on a device. Depends on nothing else.
Schedule chooseSchedule(ir::GroupOp group, const DeviceDescription &device);

} // namespace flex::tile
