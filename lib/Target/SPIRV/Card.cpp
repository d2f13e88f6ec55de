//===- Card.cpp - Figures of a SPIR-V module ------------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The consumer's compiler chooses instructions and registers: these are counts of
// SPIR-V's own, by what they stand for.
//
//===----------------------------------------------------------------------===//
#include "Target.h"

using namespace flex;
using namespace flex::target;

/// What stands behind `%id = `.
static llvm::StringRef withoutResult(llvm::StringRef line) {
  auto [result, rest] = line.split(" = ");
  return rest.empty() ? line : rest;
}

/// The number of a function is its name's until the tool knows better: OpName lines come before it.
static const AssemblySyntax &syntax() {
  static const AssemblySyntax *instance =
      new AssemblySyntax{[](llvm::StringRef line) -> std::optional<llvm::StringRef> {
                           auto [result, rest] = line.split(" = ");
                           if (!rest.starts_with("OpFunction "))
                             return std::nullopt;
                           return result;
                         },
                         [](llvm::StringRef line) { return line.starts_with("OpFunctionEnd"); },
                         [](llvm::StringRef line) -> std::optional<llvm::StringRef> {
                           auto [result, rest] = line.split(" = ");
                           if (!rest.starts_with("OpLabel"))
                             return std::nullopt;
                           return result;
                         },
                         [](llvm::StringRef line) -> llvm::StringRef {
                           llvm::StringRef opcode = withoutResult(line).take_while([](char c) { return c != ' '; });
                           bool isInstruction = (opcode.starts_with("Op") || opcode.starts_with("dpas")) &&
                                                opcode != "OpFunctionParameter" && opcode != "OpLoopMerge" &&
                                                opcode != "OpSelectionMerge" && opcode != "OpPhi" &&
                                                opcode != "OpVariable";
                           return isInstruction ? opcode : "";
                         },
                         [](llvm::StringRef line) -> std::vector<llvm::StringRef> {
                           std::vector<llvm::StringRef> words;
                           llvm::StringRef rest = line;
                           while (!rest.empty()) {
                             auto [word, more] = rest.split(' ');
                             if (word.starts_with("%"))
                               words.push_back(word);
                             rest = more;
                           }
                           return words;
                         },
                         {{"dpas", "matrix"},
                          {"OpLoad", "load"},
                          {"OpStore", "store"},
                          {"OpAtomic", "store"},
                          {"OpControlBarrier", "barrier"},
                          {"OpGroup", "exchange"},
                          {"OpSubgroup", "exchange"},
                          {"OpExtInst", "special"},
                          {"OpBranch", "branch"},
                          {"OpReturn", "branch"}},
                         {}};
  return *instance;
}

/// `OpName %20 "heat_0"`.
static std::map<std::string, std::string> namesOf(llvm::StringRef text) {
  std::map<std::string, std::string> names;
  while (!text.empty()) {
    auto [line, rest] = text.split('\n');
    text = rest;
    line = line.trim();
    if (!line.consume_front("OpName "))
      continue;
    auto [number, name] = line.split(' ');
    names[number.str()] = name.trim().trim('"').str();
  }
  return names;
}

/// Calls of functions that stand for instructions, written as such: `%5 = dpas_f16 %1 %2 %3`, `%6 = OpLoad_block %1`.
static std::string withMatrixInstructions(llvm::StringRef text, const std::map<std::string, std::string> &names) {
  std::string result;
  while (!text.empty()) {
    auto [line, rest] = text.split('\n');
    text = rest;
    auto [number, call] = line.split(" = OpFunctionCall ");
    auto [function, operands] = call.split(' ').second.split(' ');
    auto found = names.find(function.str());
    auto [before, type] = llvm::StringRef(found == names.end() ? "" : found->second).split("intel_sub_group_");
    if (type.contains("_matrix_mad_"))
      result += (number + " = dpas_" + type.split('_').first + " " + operands).str();
    else if (type.starts_with("block_read"))
      result += (number + " = OpLoad_block " + operands).str();
    else
      result += line;
    result += '\n';
  }
  return result;
}

StatusOr<Card> spirv::cardOf(const Payload &payload, const ChipData &chip) {
  Card card;
  card.chip = chip.facts;
  auto names = namesOf(payload.assembly);
  card.entries = readAssembly(withMatrixInstructions(payload.assembly, names), syntax());
  for (EntryCard &entry : card.entries)
    if (auto found = names.find(entry.name); found != names.end())
      entry.name = found->second;
  return card;
}
