//===- SplitAttention.h - Attention in parts --------------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A few queries against many keys are one work item for each head, which leaves most
// compute units idle. Here the keys are cut (flash decoding, Dao et al. 2023): one group writes
// output, maximum and sum of each part to memory, another brings them to one maximum,
// adds them and does what is behind. docs/decisions/attention.md.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "../OnlineSoftmax.h"

namespace flex::tile {

/// How many parts the keys are best cut into, given the schedule for the whole; 1: none. Depends on what is known of
/// heads and queries; the number of keys may be open.
int64_t chooseAttentionParts(const OnlineSoftmax &parts, const Schedule &schedule, const DeviceDescription &device);

/// Each group of strategy Attention that is better in parts, or of which its schedule wants that, becomes two: the
/// first has its schedule, the other one none yet.
void splitLongAttention(ir::KernelOp kernel, const DeviceDescription &device);

} // namespace flex::tile
