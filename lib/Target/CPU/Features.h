//===- Features.h - Instruction sets of processors --------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a chip can execute is an instruction set architecture and a set of features
// from one table; its name is only a shorthand for such a set. Code uses no feature
// outside the set, so the set is what a driver must check.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Support/Status.h"

#include <set>
#include <string>
#include <vector>

namespace flex::target::cpu {

enum class Isa { X86_64, AArch64, RiscV64 };

/// Features in LLVM's spelling, closed under implication within our table. Beyond that, `sve256` and `sve512` say that
/// SVE's registers have at least so many bits.
class FeatureSet {
public:
  /// Of the processor this runs on. Unavailable if it lacks x86-64-v3.
  static StatusOr<FeatureSet> ofHost();
  /// `NAME[+feature…][-feature…]`: x86-64-v3, x86-64-v4, aarch64, riscv64 or a name that LLVM knows.
  static StatusOr<FeatureSet> parse(const std::string &text);

  Isa isa() const { return architecture; }
  /// As LLVM's triples and payload formats spell the ISA: "aarch64".
  std::string arch() const;
  bool has(const std::string &feature) const { return features.count(feature) != 0; }
  bool hasAVX512() const { return has("avx512f"); }
  bool hasSVE() const { return has("sve256"); }
  /// Of the registers that code is written for. Where the ISA leaves the length open, what the features promise.
  int64_t vectorBits() const;
  int64_t vectorRegisters() const { return architecture != Isa::X86_64 || hasAVX512() ? 32 : 16; }
  /// The base level and what is beyond it: "x86-64-v4+avx512bf16". parse() reads it back.
  std::string spelling() const;
  std::vector<std::string> list() const { return {features.begin(), features.end()}; }
  /// For LLVM: the processor stands for the base level, the features for the rest.
  std::string llvmProcessor() const;
  std::string llvmFeatures() const;

private:
  explicit FeatureSet(Isa isa) : architecture(isa) {}
  static StatusOr<FeatureSet> fromNames(Isa isa, std::set<std::string> names, const std::string &chip);

  Isa architecture;
  std::set<std::string> features;
};

/// Names worth listing in help texts.
std::vector<std::string> knownChipNames();

/// The features of a chip that LLVM knows, in LLVM's spelling and more than our table has; empty for an unknown name.
std::set<std::string> namedAArch64(const std::string &name);
std::set<std::string> namedRiscV64(const std::string &name);

} // namespace flex::target::cpu
