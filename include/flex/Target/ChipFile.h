//===- ChipFile.h - A chip as a data file -----------------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A device target's chips are files chips/NAME.json in its folder, built into the
// compiler: limits, rates and matrix instructions, each value with its source. A
// new chip of a known instruction set is one file. Format: docs/howto/add-chip.md.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/ScheduledLoops/DeviceDescription.h"
#include "flex/Support/Status.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <map>
#include <string>
#include <vector>

namespace flex::target {

/// One matrix instruction and what the chip makes of it.
struct MatrixFact {
  tile::MatrixUnit unit;
  int64_t operationsPerClock = 0; ///< of one compute unit; a multiply-add counts two
};

/// What a chip's file says. A "unit" is what runs whole groups (SM, CU, Xe-core); it has partitions, each with
/// registers of its own, between which a group's waves are spread.
struct ChipFacts {
  std::string name;  ///< as `--target` spells it, and the file's name
  std::string board; ///< the product that the rates are of
  int64_t waveSize = 0, maxGroupSize = 0;
  int64_t computeUnits = 0, partitionsPerUnit = 0;
  int64_t clockMHz = 0, matrixClockMHz = 0;
  int64_t f32PerClock = 0; ///< operations of one unit
  int64_t l1KiB = 0, l2KiB = 0, lastLevelKiB = 0;
  int64_t registerLimit = 0;         ///< of a thread, 32 bits each
  int64_t registerGranule = 0;       ///< a thread's registers are handed out in multiples of this
  int64_t registersPerPartition = 0; ///< for all its threads together
  int64_t wavesPerPartition = 0, groupsPerUnit = 0;
  int64_t groupMemoryKiB = 0;      ///< that a group has without asking
  int64_t groupMemoryLimitKiB = 0; ///< that a launch may ask for
  int64_t groupMemoryPerUnitKiB = 0;
  int64_t groupMemoryReserved = 0; ///< bytes the system takes for each group
  int64_t groupMemoryBanks = 0;
  int64_t asyncCopyBytes = 0, bulkCopy = 0, blockRowBytes = 0;
  int64_t memoryGBs = 0;
  std::vector<MatrixFact> matrix;
  /// What only the target itself asks for: "triple", "features", …
  std::map<std::string, std::string> words;

  /// Reads a file's text. InvalidArgument for unknown and missing keys, values out of range, values without a source.
  static StatusOr<ChipFacts> parse(llvm::StringRef text);
  tile::DeviceDescription describe() const;
  double gflops() const;
  double matrixGflops(const MatrixFact &fact) const;
  std::string word(const std::string &key) const;
};

/// What groups of one kernel leave of a unit.
struct Occupancy {
  int64_t groupsPerUnit = 0, wavesPerUnit = 0, maxWavesPerUnit = 0;
  std::string limit; ///< what there would have to be more of: "registers", "group memory", "groups", "waves"
};
/// How many groups run at once on a unit. `registers`: of a thread; `groupMemory`: bytes of a group.
Occupancy estimateOccupancy(const ChipFacts &chip, int64_t groupSize, int64_t registers, int64_t groupMemory);

/// A file built in.
struct ChipText {
  const char *name, *text;
};

/// A target's chips in the order of their names, numbers by value.
class ChipTable {
public:
  /// REQUIRES: every text parses: they are part of the compiler, and a test reads them all.
  explicit ChipTable(llvm::ArrayRef<ChipText> files);
  const std::vector<ChipFacts> &chips() const { return table; }
  std::vector<std::string> names() const;
  /// Null for an unknown name.
  const ChipFacts *find(llvm::StringRef name) const;
  /// InvalidArgument: the name is unknown, and which ones are known.
  Status unknown(const std::string &target, const std::string &name) const;

private:
  std::vector<ChipFacts> table;
};

} // namespace flex::target
