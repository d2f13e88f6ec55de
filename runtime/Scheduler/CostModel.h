//===- CostModel.h - Seconds per device, predicted --------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A roofline per device plus transfer, compile and queue time; pure functions of
// the seam's structs. The scheduler adds what was measured.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Runtime/Scheduler.h"

namespace flex::rt {

/// Predicts one launch of `work` on a candidate. `correction` multiplies the model's compute and transfer
/// time (measured over predicted so far); a measured time of this very work replaces it. `amortised` is over how many
/// launches the compile time is spread.
Prediction predict(const WorkDescription &work, const Candidate &candidate, double correction, double amortised);

/// The model's seconds for a launch without compile and queue, uncorrected.
double modelSeconds(const WorkDescription &work, const DeviceDescription &device);

/// Text for people: each candidate's figures, the choice, and what would flip it.
std::string explainDecision(const WorkDescription &work, const std::vector<Candidate> &candidates,
                            const Decision &decision, const std::vector<std::string> &notes);

} // namespace flex::rt
