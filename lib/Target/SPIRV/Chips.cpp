//===- Chips.cpp - Kinds of SPIR-V consumers as data ----------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The table is generated from chips/*.json by the build. The words of a file: "types", which its devices have, and
// "optional-types", which the spelling asks for.
//
//===----------------------------------------------------------------------===//
#include "Chips.h"

#include "llvm/ADT/STLExtras.h"

using namespace flex;
using namespace flex::spirv;

static constexpr target::ChipText kFiles[] = {
#include "ChipFiles.inc"
};
static constexpr llvm::StringLiteral kDefault = "opencl";

const target::ChipTable &spirv::chips() {
  static const auto *table = new target::ChipTable(kFiles); // lives as long as the process
  return *table;
}

static bool lists(const target::ChipFacts &facts, const char *key, llvm::StringRef type) {
  std::string words = facts.word(key);
  return llvm::is_contained(llvm::split(words, ' '), type);
}

/// Every use of the optional types of one file, all of them first.
static std::vector<ChipData> variants(const target::ChipFacts &facts) {
  auto choices = [&](llvm::StringRef type) -> std::vector<bool> {
    if (lists(facts, "optional-types", type))
      return {true, false};
    return {lists(facts, "types", type)};
  };
  std::vector<ChipData> result;
  for (auto [half, doubles] : {std::pair(true, true), {true, false}, {false, true}, {false, false}})
    if (llvm::is_contained(choices("fp16"), half) && llvm::is_contained(choices("fp64"), doubles))
      result.push_back({&facts, half, doubles});
  return result;
}

static std::vector<ChipData> allVariants() {
  std::vector<ChipData> result = variants(*chips().find(kDefault));
  for (const target::ChipFacts &facts : chips().chips())
    if (facts.name != kDefault)
      llvm::append_range(result, variants(facts));
  return result;
}

std::string ChipData::spelling() const {
  bool optional = !facts->word("optional-types").empty();
  return facts->name + (optional && hasHalf ? "+fp16" : "") + (optional && hasDouble ? "+fp64" : "");
}

std::vector<std::string> ChipData::features() const {
  std::vector<std::string> names;
  if (hasHalf)
    names.push_back("fp16");
  if (hasDouble)
    names.push_back("fp64");
  if (!facts->matrix.empty())
    names.push_back("dpas" + std::to_string(facts->waveSize));
  return names;
}

std::string ChipData::triple() const {
  return facts->word("triple");
}

std::vector<std::string> spirv::knownChips() {
  std::vector<std::string> names;
  for (const ChipData &chip : allVariants())
    names.push_back(chip.spelling());
  return names;
}

bool spirv::parseChip(const std::string &text, ChipData &chip) {
  for (const ChipData &candidate : allVariants())
    if (text.empty() || text == candidate.spelling()) {
      chip = candidate;
      return true;
    }
  return false;
}
