//===- Arena.h - Group memory below 4 GiB -----------------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Group memory of the groups that run now: addresses of 32 bits hold it.
//
//===----------------------------------------------------------------------===//
#pragma once

namespace flex::emulator {

/// Machine::kArenaBytes of memory for the group memory of one group at a time, at a multiple of their number and below
/// 4 GiB; null if no such place is free. From a pool that lives as long as the process; by any thread.
char *takeArena();
void giveBackArena(char *arena);

} // namespace flex::emulator
