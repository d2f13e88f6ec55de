//===- Intrinsic.h - What the emulator executes, by name --------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The seam between the execution core, which runs threads, and the files that
// say what one instruction does. An instruction is a call of an LLVM intrinsic, of
// a builtin function, or inline assembly; a pattern of its name finds its entry, at
// compile time to refuse what has none, when a program is loaded to bind it.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Emulator/Machine.h"

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace flex::emulator {

/// Which threads execute an instruction together.
enum class Scope {
  Thread,    ///< each for itself, when it gets there
  Wave,      ///< the threads of a wave that arrive at the same call; see Call::lanes
  Warpgroup, ///< 128 threads with consecutive numbers, all of which must arrive
  Group,     ///< the whole group's threads, all of which must arrive (those that have ended excepted)
};

/// What one thread brings to an instruction. Absent from a wave's call (it ended, or it is elsewhere): `isActive` is
/// false, and only `thread` means something, if that is not negative.
struct Lane {
  int thread = -1; ///< number in the group; -1: the group has no such thread
  bool isActive = false;
  /// The addresses of the operands' values, as the host's C++ compiler lays out integers, floats, arrays and structs:
  /// i1 is a byte, <4 x half> 8 bytes, an address of any space a `void *`.
  const void *const *arguments = nullptr;
  void *result = nullptr; ///< where the result goes, null for none; { i32, i32 } is two uint32_t in a row

  template <typename T> T argument(size_t index) const {
    T value;
    __builtin_memcpy(static_cast<void *>(&value), arguments[index], sizeof value);
    return value;
  }
  template <typename T> void setResult(const T &value, size_t index = 0) const {
    __builtin_memcpy(static_cast<char *>(result) + index * sizeof value, static_cast<const void *>(&value),
                     sizeof value);
  }
};

/// One execution.
struct Call {
  Machine &machine;
  uint32_t site; ///< of the call, for Machine::read, write and fail
  /// Scope::Thread: one. Wave: waveSize() of them, by lane number; which are active: those waiting at this call once no
  /// other thread of the wave can move. Warpgroup: 128. Group: all of the group's.
  std::span<const Lane> lanes;
  const Lane &lane() const { return lanes[0]; } ///< Scope::Thread
};

enum class Outcome {
  Done,
  /// Thread scope: nothing was done; call again once other threads have moved. A group whose threads all wait so is
  /// reported as a deadlock. Any other scope: the same, for all lanes.
  Retry,
  /// Done, but the thread is probably spinning: others move first.
  Yield,
};

using Execute = std::function<Outcome(const Call &)>;

/// An instruction as a program names it.
struct Symbol {
  /// "llvm.nvvm.shfl.sync.bfly.i32", "_Z7barrierj", or "asm " and the assembly's text with every run of blanks, tabs
  /// and newlines made one blank and none at the ends: "asm mma.sync.aligned.m16n8k16…".
  std::string name;
  std::string constraints; ///< of inline assembly: "=f,=f,r,r"
  std::vector<uint32_t> argumentBytes;
  uint32_t resultBytes = 0;
};

/// A family of instructions.
struct Entry {
  /// '*' stands for any text, also for none: "llvm.nvvm.mma.m16n8k*", "asm *wgmma.mma_async*". Patterns are tried in
  /// the order of the tables; the first that matches and binds holds.
  const char *pattern;
  Scope scope;
  /// What executes `symbol`; empty if this member of the family is not executed: the program is then refused by name.
  Execute (*bind)(const Symbol &symbol);
};

/// The tables, one per file: see Tables.cpp. Add yours there.
using Table = std::span<const Entry>;

/// What a program's symbol is bound to.
struct Binding {
  Scope scope = Scope::Thread;
  Execute execute; ///< empty: not executed
};

/// Looks the symbol up in all tables. Thread-safe.
Binding bind(const Symbol &symbol);

/// Whether `text` is what `pattern` stands for.
bool matches(std::string_view pattern, std::string_view text);

} // namespace flex::emulator
