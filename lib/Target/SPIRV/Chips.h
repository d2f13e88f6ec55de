//===- Chips.h - Kinds of SPIR-V consumers as data --------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A "chip" is an API or a device family that takes SPIR-V, a file of chips/, and the optional types that code may use:
// opencl, opencl+fp16, opencl+fp16+fp64, intel-pvc.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Target/ChipFile.h"

#include <string>
#include <vector>

namespace flex::spirv {

/// A file and the optional types in use.
struct ChipData {
  const target::ChipFacts *facts = nullptr;
  bool hasHalf = false, hasDouble = false;
  std::string spelling() const;              ///< "opencl+fp16+fp64"
  std::vector<std::string> features() const; ///< {"fp16", "fp64", "dpas16"}: a chip with matrix units has Intel's
  std::string triple() const;                ///< with the version of SPIR-V that every such device takes
};

/// All files of chips/.
const target::ChipTable &chips();
/// Every spelling that parseChip takes, the default first.
std::vector<std::string> knownChips();
/// Fills `chip`; false for a text that no spelling has. The empty text is everything OpenCL offers.
bool parseChip(const std::string &text, ChipData &chip);

} // namespace flex::spirv
