//===- Program.h - What a program says of itself ----------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The interface between the host code that Retarget makes and the execution core:
// two data symbols and one C function per kernel. The code refers to nothing
// outside itself; what it needs of the core it finds through the function table.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Support/Status.h"

#include <cstdint>
#include <string>
#include <vector>

namespace flex::emulator {

/// The kernels call these. Changes of this struct or of writeProgram's format: count kProgramVersion up.
struct HostTable {
  /// Before an access of memory; `how` is Access | log2(alignment) << 8.
  void (*access)(const void *address, uint32_t bytes, uint32_t how, uint32_t site);
  /// Executes entry `call` of ProgramInfo::calls.
  void (*call)(uint32_t call, const void *const *arguments, void *result);
  /// The start of the group memory.
  char *(*shared)();
};

inline constexpr uint32_t kProgramVersion = 2;
/// Symbol of a `const HostTable *` that the loader sets.
inline constexpr const char *kHostTableSymbol = "flex_emulator_host";
/// Symbol of what writeProgram wrote; its first 8 bytes are the number of bytes behind them.
inline constexpr const char *kProgramSymbol = "flex_emulator_program";

/// An instruction's name, as Symbol of Intrinsic.h.
struct ProgramSymbol {
  std::string name, constraints;
  std::vector<uint32_t> argumentBytes;
  uint32_t resultBytes = 0;
};

struct ProgramInfo {
  struct Call {
    uint32_t symbol = 0, site = 0;
  };
  /// A constant of the program in its object, which kernels may read.
  struct Constant {
    std::string symbol;
    uint64_t bytes = 0;
  };
  struct Kernel {
    std::string name;                    ///< a function void(const void *const *arguments): the arguments' addresses
    std::vector<uint32_t> argumentBytes; ///< of each argument
  };
  std::string chip;
  uint32_t waveSize = 32;
  uint32_t sharedBytes = 0;   ///< group memory that is declared, with what alignment adds here
  uint32_t declaredBytes = 0; ///< as the device's own code generator places it
  /// Arrays without a size lie behind it: the launch says how many bytes there are.
  bool hasDynamicShared = false;
  std::vector<std::string> sites; ///< "k.flex:3:9"; the first is empty: unknown
  std::vector<ProgramSymbol> symbols;
  std::vector<Call> calls;
  std::vector<Constant> constants;
  std::vector<Kernel> kernels;
};

/// The program's bytes, without the count before them.
std::string writeProgram(const ProgramInfo &program);
/// Any bytes give a program whose numbers are in range, or DataLoss.
StatusOr<ProgramInfo> readProgram(const char *data, size_t size);

} // namespace flex::emulator
