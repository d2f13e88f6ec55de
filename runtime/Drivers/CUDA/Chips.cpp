//===- Chips.cpp - Compute capabilities and what runs on them ------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Sources: PTX ISA 9.0 (release history), CUDA C++ Programming Guide 13.0
// (compute capabilities: arithmetic throughput).
//
//===----------------------------------------------------------------------===//
#include "Chips.h"

namespace flex::rt::cuda {
namespace {

/// In order of capability. `exact`: its code runs on this capability only.
struct Architecture {
  int capability;
  const char *name;
  bool exact, compiled; ///< compiled: a name that --target knows
  int ptx;              ///< the version its code needs
  int lanes;
};

constexpr Architecture kArchitectures[] = {
    {75, "sm_75", false, true, 63, 64},     {80, "sm_80", false, true, 70, 64},
    {86, "sm_86", false, true, 71, 128},    {87, "sm_87", false, false, 74, 128},
    {89, "sm_89", false, true, 78, 128},    {90, "sm_90", false, true, 78, 128},
    {90, "sm_90a", true, true, 80, 128},    {100, "sm_100", false, true, 86, 128},
    {100, "sm_100a", true, true, 86, 128},  {103, "sm_103", false, false, 88, 128},
    {103, "sm_103a", true, false, 88, 128}, {110, "sm_110", false, false, 90, 128},
    {110, "sm_110a", true, false, 90, 128}, {120, "sm_120", false, true, 87, 128},
    {120, "sm_120a", true, false, 87, 128}, {121, "sm_121", false, false, 88, 128},
    {121, "sm_121a", true, false, 88, 128},
};

} // namespace

int ptxVersionOf(int driverVersion) {
  struct Release {
    int driver, ptx;
  };
  constexpr Release kReleases[] = {{10000, 63}, {10010, 64}, {10020, 65}, {11000, 70}, {11010, 71}, {11020, 72},
                                   {11030, 73}, {11040, 74}, {11050, 75}, {11060, 76}, {11070, 77}, {11080, 78},
                                   {12000, 80}, {12010, 81}, {12020, 82}, {12030, 83}, {12040, 84}, {12050, 85},
                                   {12070, 86}, {12080, 87}, {12090, 88}, {13000, 90}};
  int version = 0;
  for (const Release &release : kReleases)
    if (driverVersion >= release.driver)
      version = release.ptx;
  return version;
}

Abilities abilitiesOf(int capability, int driverVersion) {
  Abilities abilities;
  int ptx = ptxVersionOf(driverVersion);
  for (const Architecture &chip : kArchitectures) {
    if (chip.capability > capability || (chip.exact && chip.capability != capability))
      continue;
    abilities.lanes = chip.lanes;
    if (!chip.exact && chip.capability / 10 == capability / 10)
      abilities.features.push_back(std::string("cubin-") + chip.name);
    if (chip.exact)
      abilities.features.push_back(std::string("cubin-") + chip.name);
    if (chip.ptx > ptx)
      continue;
    abilities.features.emplace_back(chip.name);
    if (chip.compiled)
      abilities.target = std::string("nvptx:") + chip.name;
  }
  return abilities;
}

} // namespace flex::rt::cuda
