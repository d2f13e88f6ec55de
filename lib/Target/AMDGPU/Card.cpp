//===- Card.cpp - Figures of a code object --------------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Registers, spills and scratch come from the notes: they are what runs.
//
//===----------------------------------------------------------------------===//
#include "Target.h"

using namespace flex;
using namespace flex::target;

static const AssemblySyntax &syntax() {
  static const AssemblySyntax *instance = new AssemblySyntax{
      [](llvm::StringRef line) -> std::optional<llvm::StringRef> {
        if (!line.consume_front(".type") || !line.consume_back(",@function"))
          return std::nullopt;
        return line.trim();
      },
      [](llvm::StringRef line) { return line.starts_with(".section") || line.starts_with(".Lfunc_end"); },
      [](llvm::StringRef line) -> std::optional<llvm::StringRef> {
        llvm::StringRef word = line.take_until([](char c) { return c == ':'; });
        if (word.size() == line.size() || !word.starts_with(".LBB"))
          return std::nullopt;
        return word;
      },
      [](llvm::StringRef line) -> llvm::StringRef {
        if (line.empty() || !isalpha(static_cast<unsigned char>(line.front())) || line.contains(": ") ||
            line.ends_with(":"))
          return "";
        return line.take_while([](char c) { return c != ' ' && c != '\t'; });
      },
      [](llvm::StringRef line) -> std::vector<llvm::StringRef> { return {line.rsplit(' ').second.trim()}; },
      {{"v_mfma", "matrix"},        {"v_wmma", "matrix"},        {"v_smfmac", "matrix"},     {"ds_swizzle", "exchange"},
       {"ds_bpermute", "exchange"}, {"ds_permute", "exchange"},  {"ds_read", "group load"},  {"ds_load", "group load"},
       {"ds_write", "group store"}, {"ds_store", "group store"}, {"scratch_", "scratch"},    {"s_load", "other"},
       {"global_load", "load"},     {"buffer_load", "load"},     {"flat_load", "load"},      {"global_store", "store"},
       {"buffer_store", "store"},   {"flat_store", "store"},     {"global_atomic", "store"}, {"buffer_atomic", "store"},
       {"s_barrier", "barrier"},    {"s_cbranch", "branch"},     {"s_branch", "branch"},     {"s_endpgm", "branch"},
       {"v_exp", "special"},        {"v_log", "special"},        {"v_rcp", "special"},       {"v_rsq", "special"},
       {"v_sqrt", "special"},       {"v_sin", "special"},        {"v_cos", "special"},       {"v_permlane", "exchange"},
       {"v_readlane", "exchange"}},
      {}};
  return *instance;
}

StatusOr<Card> amdgpu::cardOf(const Payload &payload, const ChipData &chip) {
  Card card;
  card.chip = &chip;
  card.entries = readAssembly(payload.assembly, syntax());
  auto resources = readResources({reinterpret_cast<const char *>(payload.bytes.data()), payload.bytes.size()});
  if (!resources)
    return resources.status();
  for (EntryCard &entry : card.entries)
    for (const KernelResources &kernel : *resources) {
      if (kernel.name != entry.name)
        continue;
      entry.registers = kernel.vectorRegisters;
      entry.spills = kernel.vectorSpills + kernel.scalarSpills;
      entry.scratchBytes = kernel.scratchBytes;
      entry.groupMemory = kernel.ldsBytes;
    }
  return card;
}
