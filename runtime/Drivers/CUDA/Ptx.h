//===- Ptx.h - What the driver reads of PTX text ---------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Enough to refuse text that is cut or of a version the driver does not read,
// and to know how many parameters an entry takes, which NVIDIA's library does
// not tell before CUDA 12.4: a launch with too few would read beyond ours.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Support/Status.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace flex::rt::cuda {

struct PtxFacts {
  int version = 0; ///< 10 x major + minor
  std::string target;
  std::map<std::string, int64_t> parameters; ///< of each entry
};

/// DataLoss if the text is no PTX, or ends inside a function.
StatusOr<PtxFacts> readPtx(const std::string &text);

} // namespace flex::rt::cuda
