//===- NamedChips.cpp - Features of AArch64 and RISC-V chips --------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From LLVM's tables of names. They do not say how long SVE's registers are: those
// of 128 bits give NEON nothing, and the chips with longer ones are named here.
//
//===----------------------------------------------------------------------===//
#include "Features.h"

#include "llvm/ADT/StringRef.h"
#include "llvm/TargetParser/AArch64TargetParser.h"
#include "llvm/TargetParser/RISCVISAInfo.h"
#include "llvm/TargetParser/RISCVTargetParser.h"

using namespace llvm;

namespace flex::target::cpu {

std::set<std::string> namedAArch64(const std::string &name) {
  struct Length {
    const char *chip, *feature;
  };
  static constexpr Length kLengths[] = {{"neoverse-v1", "sve256"}, {"neoverse-512tvb", "sve256"}, {"a64fx", "sve512"}};
  AArch64::ExtensionSet extensions;
  if (auto chip = name == "generic" ? std::nullopt : AArch64::parseCpu(name))
    extensions.addCPUDefaults(*chip);
  else if (const AArch64::ArchInfo *arch = AArch64::parseArch(name == "aarch64" ? "armv8-a" : name))
    extensions.addArchDefaults(*arch);
  else
    return {};
  std::vector<StringRef> spelled;
  extensions.toLLVMFeatureList(spelled);
  std::set<std::string> names;
  for (StringRef feature : spelled)
    if (feature.consume_front("+"))
      names.insert(feature.str());
  for (const Length &length : kLengths)
    if (name == length.chip)
      names.insert(length.feature);
  return names;
}

std::set<std::string> namedRiscV64(const std::string &name) {
  std::string arch = name;
  if (name == "riscv64")
    arch = "rv64gcv";
  else if (StringRef march = RISCV::getMArchFromMcpu(name); !march.empty())
    arch = march.str();
  if (!StringRef(arch).starts_with("rv"))
    return {};
  auto info = RISCVISAInfo::parseArchString(arch, /*EnableExperimentalExtension=*/false);
  if (!info) {
    consumeError(info.takeError());
    return {};
  }
  if ((*info)->getXLen() != 64)
    return {};
  std::set<std::string> names;
  for (const std::string &feature : (*info)->toFeatures())
    if (feature.front() == '+')
      names.insert(feature.substr(1));
  return names;
}

} // namespace flex::target::cpu
