//===- Card.h - Static figures of a kernel on a chip ------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What `flexc card` prints: the compiler's figures with sizes put in, bounds by the
// chip's rates, and the vendor's assembler's figures where it is installed.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Support/Status.h"

#include <nlohmann/json_fwd.hpp>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace flex::tool {

/// One launch of a card. Seconds are lower bounds: the chip's peak rates, nothing else.
struct LaunchCard {
  std::string entry;
  int64_t groupSize = 0, groups = 0, groupMemory = 0;
  std::optional<int64_t> registers, spills, scratch;
  std::string registersFrom; ///< "code object", "ptxas", "estimate"
  int64_t groupsPerUnit = 0, wavesPerUnit = 0, maxWavesPerUnit = 0;
  std::string occupancyLimit;
  std::map<std::string, int64_t> instructions, loop; ///< by kind, with "total"
  std::string matrix, matrixUnit;
  double flops = 0, bytes = 0, peakGflops = 0, memoryGBs = 0;

  double intensity() const { return bytes > 0 ? flops / bytes : 0; }
  double computeSeconds() const { return peakGflops > 0 ? flops / (peakGflops * 1e9) : 0; }
  double memorySeconds() const { return memoryGBs > 0 ? bytes / (memoryGBs * 1e9) : 0; }
  bool isMemoryBound() const { return memorySeconds() >= computeSeconds(); }
};

struct KernelCard {
  std::string kernel, target, board;
  int64_t waveSize = 0;
  std::vector<std::string> openDims; ///< that kOpenDim stands for
  std::vector<LaunchCard> launches;
};

/// What an open dimension counts as.
inline constexpr int64_t kOpenDim = 1024;

/// From a line of the compiler's answer; Internal if it is not one.
StatusOr<KernelCard> readCard(const std::string &json);
/// Reads what the vendor's assembler printed into the launches: patterns as the compiler gave them.
void applyAssembler(const nlohmann::json &assembler, const std::string &printed, const nlohmann::json &card,
                    KernelCard &into);

std::string cardsAsText(const std::vector<KernelCard> &cards);
std::string cardsAsJson(const std::vector<KernelCard> &cards);
std::string cardsAsHtml(const std::vector<KernelCard> &cards);

} // namespace flex::tool
