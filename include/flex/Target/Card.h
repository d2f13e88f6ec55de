//===- Card.h - What a payload takes of its chip ----------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Static figures of generated code: registers, memory, what kinds of instructions
// there are, in all and in the main loop. Read from the assembly; a target says
// how its assembly is written, and which program of its vendor knows more.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Target/ChipFile.h"

#include "llvm/ADT/StringRef.h"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace flex::target {

/// Numbers of instructions by kind: "matrix", "load", "store", "async copy", "group load", "group store", "barrier",
/// "exchange", "special", "scratch", "branch"; the rest is "other".
struct InstructionMix {
  int64_t total = 0;
  std::map<std::string, int64_t> kinds;
  int64_t of(const std::string &kind) const {
    auto found = kinds.find(kind);
    return found == kinds.end() ? 0 : found->second;
  }
};

/// One entry of a payload.
struct EntryCard {
  std::string name;
  InstructionMix whole,
      loop;           ///< `loop`: the innermost loop with most matrix instructions, or the largest; may be empty
  std::string matrix; ///< a matrix instruction of the loop, or of the whole
  std::optional<int64_t> registers;   ///< of a thread
  bool registersAreEstimated = false; ///< by what is live at once: the vendor's assembler decides
  std::optional<int64_t> spills, scratchBytes, groupMemory;
};

/// A program of the vendor that takes the assembly and prints figures, run by the tool if it is there.
struct Assembler {
  std::string program;                           ///< its name; empty: none
  std::vector<std::string> places;               ///< folders to look in after PATH
  std::vector<std::string> arguments;            ///< before the file
  std::string suffix;                            ///< of the file
  std::string entry, registers, spills, scratch; ///< regular expressions with one group, per line
};

struct Card {
  const ChipFacts *chip = nullptr; ///< lives as long as the process
  std::vector<EntryCard> entries;
  Assembler assembler;
};

/// How a target's assembly is written. All functions look at one line without leading white space.
struct AssemblySyntax {
  std::function<std::optional<llvm::StringRef>(llvm::StringRef)> entry; ///< the name, on an entry's first line
  std::function<bool(llvm::StringRef)> isEnd;                           ///< of an entry
  std::function<std::optional<llvm::StringRef>(llvm::StringRef)> label;
  std::function<llvm::StringRef(llvm::StringRef)> opcode; ///< empty for what is no instruction
  /// Labels that a branch names, from its line.
  std::function<std::vector<llvm::StringRef>(llvm::StringRef)> branchTargets;
  /// Kinds by how the opcode begins; the first that fits.
  std::vector<std::pair<std::string, std::string>> kinds;
  /// How an operand that is a register begins, and how many registers of 32 bits it takes; empty: not counted.
  std::vector<std::pair<std::string, int64_t>> registers;
};

/// Reads the entries of an assembly text.
std::vector<EntryCard> readAssembly(llvm::StringRef text, const AssemblySyntax &syntax);

/// The chip's matrix fact that an instruction's name fits; null if none.
const MatrixFact *matrixFactOf(const ChipFacts &chip, llvm::StringRef opcode);

} // namespace flex::target
