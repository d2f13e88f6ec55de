//===- Chips.h - AMD chips as data ---------------------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One file of chips/ per architecture, built in. A new chip is a new file.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Target/ChipFile.h"

namespace flex::amdgpu {

using ChipData = target::ChipFacts;

/// All files of chips/, in the order --help lists them.
const target::ChipTable &chips();

inline constexpr int64_t kMaxWorkgroup = 1024;

} // namespace flex::amdgpu
