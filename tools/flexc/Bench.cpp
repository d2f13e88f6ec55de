//===- Bench.cpp - Timing a launch ----------------------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The minimum is what the code can do, the median what a user sees.
//
//===----------------------------------------------------------------------===//
#include "Bench.h"
#include "Ceiling.h"
#include "Text.h"

#include <algorithm>
#include <chrono>
#include <vector>

namespace flex::tool {

StatusOr<double> benchSeconds(const Options &options) {
  if (!options.has("bench"))
    return 0.0;
  auto seconds = parseDouble(options.get("bench"));
  if (!seconds || !(*seconds > 0 && *seconds <= 3600))
    return Status(StatusCode::InvalidArgument,
                  "--bench is '" + printable(options.get("bench")) + "', expected seconds, e.g. --bench=2");
  return *seconds;
}

StatusOr<std::string> benchmark(const std::function<Status()> &launch, double flops, double bytes,
                                const BenchSettings &settings) {
  using Clock = std::chrono::steady_clock;
  constexpr size_t kMinRuns = 5, kMaxRuns = 200'000;
  std::vector<double> times;
  auto begin = Clock::now();
  while (times.size() < kMaxRuns) {
    auto start = Clock::now();
    FLEX_RETURN_IF_ERROR(launch());
    auto end = Clock::now();
    times.push_back(std::chrono::duration<double>(end - start).count());
    double spent = std::chrono::duration<double>(end - begin).count();
    if ((spent > settings.seconds && times.size() >= kMinRuns) || spent > 20 * settings.seconds)
      break;
  }
  std::sort(times.begin(), times.end());
  double minimum = times.front(), median = times[times.size() / 2];
  Ceiling ceiling = settings.ceilingThreads > 0 ? measureCeiling(settings.ceilingThreads) : Ceiling{};
  std::string out = "runs     " + std::to_string(times.size()) + "\nmin      " + secondsText(minimum) + "\nmedian   " +
                    secondsText(median) + "\n";
  auto rate = [&](const char *name, double amount, double peak, const char *unit) {
    if (amount <= 0)
      return;
    char line[160];
    double value = amount / minimum * 1e-9;
    int size = std::snprintf(line, sizeof line, "%-8s %.*f", name, value < 10 ? 2 : 1, value);
    if (peak > 0)
      std::snprintf(line + size, sizeof line - static_cast<size_t>(size),
                    " (%.0f %% of the %.0f %s measured on this machine)", 100 * value / peak, peak, unit);
    out += std::string(line) + "\n";
  };
  rate("GFLOP/s", flops, ceiling.gflops, "GFLOP/s of f32 multiply-adds");
  rate("GB/s", bytes, ceiling.memoryGBs, "GB/s of a stream through memory");
  return out;
}

} // namespace flex::tool
