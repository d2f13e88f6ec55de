//===- Chips.cpp - NVIDIA chips as data -----------------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The table is generated from chips/*.json by the build.
//
//===----------------------------------------------------------------------===//
#include "Chips.h"

using namespace flex;

static constexpr target::ChipText kFiles[] = {
#include "ChipFiles.inc"
};

const target::ChipTable &nvptx::chips() {
  static const auto *table = new target::ChipTable(kFiles); // lives as long as the process
  return *table;
}
