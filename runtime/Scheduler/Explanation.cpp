//===- Explanation.cpp - Why this device ----------------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The text behind --explain and flex_explain_last_launch.
//
//===----------------------------------------------------------------------===//
#include "CostModel.h"

#include <cstdio>

namespace flex::rt {
namespace {

std::string duration(double seconds) {
  char text[32];
  if (seconds < 1e-3)
    std::snprintf(text, sizeof text, "%.3g us", seconds * 1e6);
  else if (seconds < 1)
    std::snprintf(text, sizeof text, "%.3g ms", seconds * 1e3);
  else
    std::snprintf(text, sizeof text, "%.3g s", seconds);
  return text;
}

std::string figures(const Candidate &candidate, const Prediction &prediction) {
  std::string line = candidate.device->id + ": " + duration(prediction.total) + " = compute " +
                     duration(prediction.computeSeconds) + " + transfer " + duration(prediction.transferSeconds) +
                     " + compile " + duration(prediction.compileSeconds);
  if (prediction.queueSeconds > 0)
    line += " + queue " + duration(prediction.queueSeconds);
  if (candidate.measuredSeconds >= 0)
    line += " (run time measured over " + std::to_string(candidate.measuredLaunches) + " launches)";
  return line;
}

/// What would have to change for the runner-up to win.
std::string whatWouldFlip(const std::vector<Candidate> &candidates, const Decision &decision) {
  const Prediction &best = decision.predictions[decision.index];
  size_t second = decision.predictions.size();
  for (size_t i = 0; i < decision.predictions.size(); ++i)
    if (i != decision.index &&
        (second == decision.predictions.size() || decision.predictions[i].total < decision.predictions[second].total))
      second = i;
  if (second == decision.predictions.size())
    return "there is no other device";
  const Prediction &other = decision.predictions[second];
  std::string id = candidates[second].device->id;
  double gap = other.total - best.total;
  if (other.compileSeconds > gap && other.compileSeconds > 0)
    return id + " would win once its code is compiled";
  if (other.transferSeconds > gap && other.transferSeconds > 0)
    return id + " would win if the arguments were already in its memory";
  char ratio[32];
  std::snprintf(ratio, sizeof ratio, "%.3g", best.total > 0 ? other.total / best.total : 0.0);
  return id + " would have to be " + ratio + " times as fast";
}

} // namespace

std::string explainDecision(const WorkDescription &work, const std::vector<Candidate> &candidates,
                            const Decision &decision, const std::vector<std::string> &notes) {
  std::string text = "kernel " + work.kernel + " on " + work.shapes + "\n";
  for (size_t i = 0; i < candidates.size(); ++i)
    text += "  " + figures(candidates[i], decision.predictions[i]) + "\n";
  for (const std::string &note : notes)
    text += "  " + note + "\n";
  text += "chosen: " + candidates[decision.index].device->id + "; " + whatWouldFlip(candidates, decision) + "\n";
  return text;
}

} // namespace flex::rt
