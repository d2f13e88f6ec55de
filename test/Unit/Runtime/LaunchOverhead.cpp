//===- LaunchOverhead.cpp - What a launch costs --------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Prints the time of flex_launch on a kernel of no work, of creating a context,
// and of the first launch from an image. Timings are shown, not tested.
//
//===----------------------------------------------------------------------===//
#include "Images.h"

#include "flex-c/flex.h"

#include <algorithm>
#include <chrono>
#include <cstdio>

using Clock = std::chrono::steady_clock;

static double microseconds(Clock::duration duration) {
  return std::chrono::duration<double, std::micro>(duration).count();
}

int main() {
  using namespace flex;
  ImageKernel kernel = test::twiceKernel(test::kernelPayload());
  kernel.programs[0].launches[0].entry = "nothing";
  std::vector<uint8_t> image = test::imageOf({kernel});

  Clock::time_point start = Clock::now();
  flex_context_options options = FLEX_CONTEXT_OPTIONS_INIT;
  options.cache_dir = "";
  options.device = "host";
  flex_context *context = nullptr;
  flex_module *module = nullptr;
  flex_kernel *launched = nullptr;
  flex_context_create(&options, &context);
  Clock::time_point created = Clock::now();
  if (flex_module_load_image(context, image.data(), image.size(), &module) != FLEX_OK ||
      flex_kernel_get(module, nullptr, &launched) != FLEX_OK) {
    std::fprintf(stderr, "%s\n", flex_last_error(context));
    return 1;
  }
  Clock::time_point loaded = Clock::now();
  std::vector<float> x(16), y(16);
  int64_t shape[1] = {16};
  DLTensor in{x.data(), {kDLCPU, 0}, 1, {kDLFloat, 32, 1}, shape, nullptr, 0}, out = in;
  out.data = y.data();
  DLTensor *args[] = {&in}, *results[] = {&out};
  if (flex_launch(launched, args, 1, results, 1, nullptr) != FLEX_OK) {
    std::fprintf(stderr, "%s\n", flex_last_error(context));
    return 1;
  }
  Clock::time_point first = Clock::now();
  constexpr int kBatch = 1000;
  std::vector<double> times;
  for (int batch = 0; batch < 200; ++batch) {
    Clock::time_point begin = Clock::now();
    for (int i = 0; i < kBatch; ++i)
      flex_launch(launched, args, 1, results, 1, nullptr);
    times.push_back(microseconds(Clock::now() - begin) / kBatch);
  }
  std::sort(times.begin(), times.end());
  std::printf("context %.1f us, image %.1f us, first launch %.1f us, launch min %.3f us, median %.3f us\n",
              microseconds(created - start), microseconds(loaded - created), microseconds(first - loaded),
              times.front(), times[times.size() / 2]);
  flex_kernel_destroy(launched);
  flex_module_destroy(module);
  flex_context_destroy(context);
  return 0;
}
