//===- CostModel.cpp - Seconds per device, predicted ----------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The roofline: the slower of arithmetic and memory traffic, plus a latency per launch.
//
//===----------------------------------------------------------------------===//
#include "CostModel.h"

#include <algorithm>

namespace flex::rt {
namespace {

double over(double amount, double giga) {
  return giga > 0 ? amount / (giga * 1e9) : 0;
}

double argumentBytes(const WorkDescription &work) {
  return static_cast<double>(work.inputBytes) + static_cast<double>(work.outputBytes);
}

double computeSeconds(const WorkDescription &work, const DeviceDescription &device) {
  double arithmetic = over(std::max(work.flops, 0.0), device.gflops);
  double memory = over(std::max(work.bytesMoved, argumentBytes(work)), device.memoryGBs);
  return std::max(arithmetic, memory) + device.launchLatencyUs * 1e-6 * static_cast<double>(work.launches);
}

/// One copy in and one out; nothing where the device works on host memory.
double transferSeconds(const WorkDescription &work, const DeviceDescription &device) {
  if (device.sharesHostMemory)
    return 0;
  return over(argumentBytes(work), device.transferGBs) + 2e-6 * device.transferLatencyUs;
}

} // namespace

double modelSeconds(const WorkDescription &work, const DeviceDescription &device) {
  return computeSeconds(work, device) + transferSeconds(work, device);
}

Prediction predict(const WorkDescription &work, const Candidate &candidate, double correction, double amortised) {
  const DeviceDescription &device = *candidate.device;
  Prediction out;
  out.computeSeconds = computeSeconds(work, device) * correction;
  out.transferSeconds = transferSeconds(work, device) * correction;
  if (candidate.measuredSeconds >= 0) {
    double model = out.computeSeconds + out.transferSeconds;
    double share = model > 0 ? out.transferSeconds / model : 0;
    out.transferSeconds = candidate.measuredSeconds * share;
    out.computeSeconds = candidate.measuredSeconds - out.transferSeconds;
  }
  out.compileSeconds = (candidate.compileSeconds + candidate.loadSeconds) / amortised;
  out.queueSeconds = candidate.queuedSeconds;
  out.total = out.computeSeconds + out.transferSeconds + out.compileSeconds + out.queueSeconds;
  return out;
}

} // namespace flex::rt
