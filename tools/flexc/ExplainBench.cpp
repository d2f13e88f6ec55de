//===- ExplainBench.cpp - What the launches of a kernel take --------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Launches are timed one by one, so that each can be set beside its own bound.
//
//===----------------------------------------------------------------------===//
#include "ExplainBench.h"

#include "Kernel.h"
#include "RandomArguments.h"
#include "Text.h"

#include <algorithm>
#include <chrono>
#include <memory>

namespace flex::tool {

static StatusOr<BoundKernel> openKernel(rt::Context &context, const Options &options, const std::string &name) {
  auto module = context.loadFile(splitKernel(options.words[0]).file);
  if (!module)
    return module.status();
  auto kernel = module->kernel(name);
  if (!kernel)
    return kernel.status();
  return bindRandom(*kernel, {}, options.all("define"));
}

static StatusOr<rt::Context> openContext(const Options &options) {
  rt::ContextOptions how;
  how.device = "host";
  how.importPaths = options.all("import-path");
  how.drivers.threads = 1;
  how.drivers.pinThreads = true;
  if (options.has("no-tuning"))
    how.tuning = "off";
  for (const std::string &option : options.all("option"))
    how.compileOptions.emplace_back(option.substr(0, option.find('=')), option.substr(option.find('=') + 1));
  return rt::Context::create(std::move(how));
}

StatusOr<std::map<std::string, StepTimes>> benchSteps(const Options &options, const std::string &name, double seconds) {
  using Clock = std::chrono::steady_clock;
  constexpr size_t kFewest = 5, kMost = 100'000;
  auto context = openContext(options);
  if (!context)
    return context.status();
  auto bound = openKernel(*context, options, name);
  if (!bound)
    return bound.status();
  std::vector<std::unique_ptr<ArrayTensor>> tensors;
  std::vector<const DLTensor *> args, results;
  auto add = [&](const Array &array, std::vector<const DLTensor *> &to) {
    tensors.push_back(std::make_unique<ArrayTensor>(array));
    to.push_back(&tensors.back()->tensor);
  };
  for (const Array &array : bound->arguments.arrays)
    add(array, args);
  auto types = bound->kernel.infer(args);
  if (!types)
    return types.status();
  std::vector<Array> arrays;
  for (const rt::TensorType &type : *types) {
    auto array = allocateArray("a result of kernel '" + name + "'", type.dtype, type.shape);
    if (!array)
      return array.status();
    arrays.push_back(std::move(*array));
  }
  for (const Array &array : arrays)
    add(array, results);
  std::vector<rt::StepTime> steps;
  rt::LaunchOptions how;
  how.steps = &steps;
  std::map<std::string, std::vector<double>> times;
  auto begin = Clock::now();
  auto spent = [&] { return std::chrono::duration<double>(Clock::now() - begin).count(); };
  for (size_t run = 0; run < 2 || (run < kMost && spent() < (run < kFewest ? 20 : 1) * seconds); ++run) {
    FLEX_RETURN_IF_ERROR(bound->kernel.launch(args.data(), args.size(), results.data(), results.size(), how));
    if (run == 0) // compiles, and finds memory that nobody has touched
      begin = Clock::now();
    else
      for (const rt::StepTime &step : steps)
        times[step.entry].push_back(step.seconds);
  }
  std::map<std::string, StepTimes> found;
  for (auto &[entry, all] : times) {
    std::sort(all.begin(), all.end());
    found[entry] = {all.front(), all[all.size() / 2]};
  }
  return found;
}

} // namespace flex::tool
