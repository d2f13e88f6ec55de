//===- EmitSimdColumns.h - Rows walked whole, in blocks ---------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// When a reduction or scan whose lanes run along another index than the one it
// goes along takes a block of rows at once past many columns, whose states lie in
// scratch memory (Schedule::depth). Part of the cost model.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "../GroupInfo.h"
#include "flex/ScheduledLoops/Schedule.h"

namespace flex::tile {

/// Changes a schedule of lanes along outer indices of `extent` if the rows of the statement are longer than what the
/// schedule keeps in registers and more than stays near. Extents that are open count as `typical`.
void walkWholeRows(Schedule &schedule, const GroupInfo &info, const DeviceDescription &device,
                   ir::StatementInterface statement, int64_t extent, int64_t typical);

/// The only reduction of a group, if it reads tensors in runs along `lane` and within their bounds; null otherwise.
ir::StatementInterface findPlainReduction(const GroupInfo &info, const std::string &lane);

} // namespace flex::tile
