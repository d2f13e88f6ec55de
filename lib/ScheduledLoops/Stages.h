//===- Stages.h - The passes over a row --------------------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A row group runs its statements as a few loops over the inner indices, one
// after the other: a reduction must be complete before anything reads it. Shared
// by the Rows strategies of both execution models.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "GroupInfo.h"

namespace flex::tile {

/// Where a map that later stages read keeps its row.
enum class Keep {
  Nothing, ///< read only in its own stage, or cheap enough to compute again
  Scratch, ///< a row of scratch memory
  Result,  ///< it is a result of the group: read it back from there
};

struct RowStage {
  llvm::SmallVector<ir::StatementInterface> statements;
  llvm::SmallVector<DimExpr> extents; ///< inner extents, shared by its statements
};

struct RowPlan {
  llvm::SmallVector<RowStage> stages;
  std::map<mlir::Operation *, Keep> keep;
};

/// Orders a group's statements into stages. With `scratch`, an expensive map that a
/// later stage reads keeps its row; without, it is computed again.
RowPlan planRows(const GroupInfo &info, bool scratch);

} // namespace flex::tile
