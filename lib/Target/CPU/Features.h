//===- Features.h - Instruction sets of x86-64 chips ------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a chip can execute is a set of features from one table; its name is only
// a shorthand for such a set. Code uses no feature outside the set, so the set
// is what a driver must check.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Support/Status.h"

#include <set>
#include <string>
#include <vector>

namespace flex::target::cpu {

/// Features in LLVM's spelling, closed under implication within our table.
class FeatureSet {
public:
  /// Of the processor this runs on. Unavailable if it lacks x86-64-v3.
  static StatusOr<FeatureSet> ofHost();
  /// `NAME[+feature…][-feature…]`: x86-64-v3, x86-64-v4 or a name that LLVM knows.
  static StatusOr<FeatureSet> parse(const std::string &text);

  bool has(const std::string &feature) const { return features.count(feature) != 0; }
  bool hasAVX512() const { return has("avx512f"); }
  /// The base level and what is beyond it: "x86-64-v4+avx512bf16". parse() reads it back.
  std::string spelling() const;
  std::vector<std::string> list() const { return {features.begin(), features.end()}; }
  /// For LLVM: the processor stands for the base level, the features for the rest.
  std::string llvmProcessor() const { return hasAVX512() ? "x86-64-v4" : "x86-64-v3"; }
  std::string llvmFeatures() const;

private:
  static StatusOr<FeatureSet> fromNames(std::set<std::string> names, const std::string &chip);

  std::set<std::string> features;
};

/// Names worth listing in help texts.
std::vector<std::string> knownChipNames();

} // namespace flex::target::cpu
