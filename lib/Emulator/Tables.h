//===- Tables.h - The tables of instructions --------------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One function per file of instructions; Tables.def lists them.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Emulator/Intrinsic.h"

namespace flex::emulator {

#define FLEX_EMULATOR_TABLE(name) Table name();
#include "Tables.def"

} // namespace flex::emulator
