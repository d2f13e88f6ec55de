//===- RunCommand.cpp - flexc run -----------------------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Arguments, launch through the runtime (or the reference interpreter), results.
// From a warm cache this never loads the compiler.
//
//===----------------------------------------------------------------------===//
#include "Arguments.h"
#include "Bench.h"
#include "Command.h"
#include "CompilerLibrary.h"
#include "Kernel.h"
#include "Npy.h"
#include "PrintArray.h"
#include "Text.h"
#include "flex/Runtime/Context.h"

#include <algorithm>
#include <cstring>

namespace flex::tool {
namespace {

constexpr const char *kOrigins[] = {"memory", "the disk cache", "the compiler", "the image"};

/// One run, from options to exit code.
class Run {
public:
  explicit Run(const Options &options) : options(options), reference(options.get("device") == "reference") {}

  Status run() {
    FLEX_RETURN_IF_ERROR(openKernel());
    FLEX_RETURN_IF_ERROR(readArguments());
    FLEX_RETURN_IF_ERROR(planOutputs());
    FLEX_RETURN_IF_ERROR(allocateResults());
    FLEX_RETURN_IF_ERROR(reference ? interpret() : launch());
    FLEX_RETURN_IF_ERROR(writeResults());
    return bench();
  }

private:
  Status openKernel();
  Status readArguments();
  Status planOutputs();
  Status allocateResults();
  Status bindArguments();
  Status launch();
  Status interpret();
  Status writeResults();
  Status bench();
  Status launchOnce(rt::LaunchReport *report);
  const ImageKernel &signature() const { return kernel->signature(); }

  const Options &options;
  bool reference;
  KernelPlace place;
  std::optional<rt::Context> context;
  std::optional<rt::Module> module;
  std::optional<rt::Kernel> kernel;
  ResolvedArguments arguments;
  std::vector<std::pair<std::string, std::vector<std::string>>> outputs; ///< file, results (more than one: .npz)
  std::vector<Array> results;
  std::vector<std::unique_ptr<ArrayTensor>> argTensors, resultTensors;
  std::vector<const DLTensor *> args, outs;
  rt::LaunchReport report;
  rt::LaunchOptions launchOptions;
};

Status Run::openKernel() {
  if (options.words.empty())
    return {StatusCode::InvalidArgument, "which kernel? 'flexc run FILE[:KERNEL] NAME=VALUE…' (flexc help run)"};
  place = splitKernel(options.words[0]);
  if (options.has("kernel"))
    place.kernel = options.get("kernel");
  rt::ContextOptions contextOptions;
  contextOptions.device = reference ? "" : options.get("device");
  contextOptions.importPaths = options.all("import-path");
  if (options.has("no-cache"))
    contextOptions.cache.disk = false;
  if (options.has("no-tuning"))
    contextOptions.tuning = "off";
  if (options.has("threads")) {
    auto threads = parseInteger(options.get("threads"));
    if (!threads || *threads < 1 || *threads > 4096)
      return {StatusCode::InvalidArgument,
              "--threads is '" + printable(options.get("threads")) + "', expected a number from 1 to 4096"};
    contextOptions.drivers.threads = static_cast<int>(*threads);
  }
  for (const std::string &option : options.all("option")) {
    size_t equals = option.find('=');
    if (equals == std::string::npos)
      return {StatusCode::InvalidArgument, "--option: '" + printable(option) + "' is not of the form KEY=VALUE"};
    contextOptions.compileOptions.emplace_back(option.substr(0, equals), option.substr(equals + 1));
  }
  contextOptions.log = [](rt::LogLevel level, const std::string &text) {
    if (level >= rt::LogLevel::Warning)
      say((level == rt::LogLevel::Error ? "error: " : "warning: ") + text);
  };
  auto opened = rt::Context::create(std::move(contextOptions));
  if (!opened)
    return opened.status();
  context.emplace(std::move(*opened));
  if (options.has("device") && !reference)
    if (auto device = context->device(options.get("device")); !device)
      return device.status();
  auto loaded = context->loadFile(place.file);
  if (!loaded)
    return loaded.status();
  module.emplace(std::move(*loaded));
  if (!module->diagnostics().empty() && !options.has("quiet"))
    std::fputs(module->diagnostics().c_str(), stderr);
  auto found = kernelOf(*module, place);
  if (!found)
    return found.status();
  kernel.emplace(std::move(*found));
  return Status::ok();
}

Status Run::readArguments() {
  Defines defines;
  std::vector<std::string> open = signature().dims;
  for (const ImageTypeParam &type : signature().typeParams)
    open.push_back(type.name);
  for (const std::string &text : options.all("define")) {
    FLEX_RETURN_IF_ERROR(defines.add(text));
    std::string name = text.substr(0, text.find('='));
    if (std::find(open.begin(), open.end(), name) == open.end())
      return {StatusCode::InvalidArgument,
              "--define: kernel '" + signature().name + "' has no dimension or type parameter '" + printable(name) +
                  "'; open are: " + (open.empty() ? "none" : join(open)) + didYouMean(name, open)};
  }
  std::vector<std::string> words(options.words.begin() + 1, options.words.end());
  auto resolved = resolveArguments(signature(), words, std::move(defines));
  if (!resolved)
    return resolved.status();
  arguments = std::move(*resolved);
  for (const std::string &note : arguments.notes)
    say("note: " + note);
  if (!arguments.defines.dims.empty() || !arguments.defines.types.empty()) {
    rt::Bindings bindings{arguments.defines.dims, arguments.defines.types};
    auto special = kernel->specialize(bindings);
    if (!special)
      return special.status();
    kernel.emplace(std::move(*special));
  }
  return Status::ok();
}

/// `-o y.npy` takes the results in order, `-o NAME=y.npy` one by name, `-o all.npz` all of them.
Status Run::planOutputs() {
  std::vector<std::string> names, given;
  for (const ImageTensor &result : signature().results)
    names.push_back(result.name);
  size_t next = 0;
  for (const std::string &text : options.all("output")) {
    size_t equals = text.find('=');
    std::string name = equals == std::string::npos ? "" : text.substr(0, equals);
    std::string path = equals == std::string::npos ? text : text.substr(equals + 1);
    if (!endsWith(path, ".npy") && !endsWith(path, ".npz"))
      return {StatusCode::InvalidArgument, "-o: '" + printable(path) + "' ends neither in .npy nor in .npz"};
    if (name.empty() && endsWith(path, ".npz")) {
      outputs.emplace_back(path, names);
      continue;
    }
    if (name.empty()) {
      if (next == names.size())
        return {StatusCode::InvalidArgument, "-o: '" + printable(path) + "' is one too many; kernel '" +
                                                 signature().name + "' has " + std::to_string(names.size()) +
                                                 " result" + (names.size() == 1 ? "" : "s")};
      name = names[next++];
    }
    if (std::find(names.begin(), names.end(), name) == names.end())
      return {StatusCode::InvalidArgument, "-o: kernel '" + signature().name + "' has no result '" + printable(name) +
                                               "'; it has: " + join(names) + didYouMean(name, names)};
    outputs.push_back({path, {name}});
  }
  return Status::ok();
}

Status Run::allocateResults() {
  for (const Array &array : arguments.arrays) {
    argTensors.push_back(std::make_unique<ArrayTensor>(array));
    args.push_back(&argTensors.back()->tensor);
  }
  auto types = kernel->infer(args);
  if (!types)
    return types.status();
  for (size_t i = 0; i < types->size(); ++i) {
    auto array = allocateArray("result '" + signature().results[i].name + "'", (*types)[i].dtype, (*types)[i].shape);
    if (!array)
      return array.status();
    // A device that executes nothing must not show what was in memory before.
    std::memset(array->data.get(), 0, array->bytes);
    results.push_back(std::move(*array));
  }
  for (const Array &array : results) {
    resultTensors.push_back(std::make_unique<ArrayTensor>(array));
    outs.push_back(&resultTensors.back()->tensor);
  }
  return reference ? Status::ok() : bindArguments();
}

/// What --bind names is held by the kernel; the rest is given at each launch.
Status Run::bindArguments() {
  if (!options.has("bind"))
    return Status::ok();
  std::vector<std::string> names;
  std::string given = boundNames(options);
  for (std::string_view name : splitOutside(given, ','))
    names.emplace_back(name);
  std::vector<const DLTensor *> bound, rest;
  for (const std::string &name : names) {
    const std::vector<ImageTensor> &params = signature().params;
    auto found =
        std::find_if(params.begin(), params.end(), [&](const ImageTensor &param) { return param.name == name; });
    bound.push_back(found == params.end() ? nullptr : args[static_cast<size_t>(found - params.begin())]);
  }
  for (size_t i = 0; i < args.size(); ++i)
    if (std::find(names.begin(), names.end(), signature().params[i].name) == names.end())
      rest.push_back(args[i]);
  auto made = kernel->bind(names, bound.data());
  if (!made)
    return made.status().withContext("--bind");
  kernel.emplace(std::move(*made));
  args = std::move(rest);
  return Status::ok();
}

Status Run::launchOnce(rt::LaunchReport *into) {
  return kernel->launch(args.data(), args.size(), outs.data(), outs.size(), launchOptions, into);
}

Status Run::launch() {
  launchOptions.dynamic = options.has("dynamic");
  if (options.has("explain"))
    context->devices(); // opens those that the scheduler would leave closed for so little work, to compare all
  FLEX_RETURN_IF_ERROR(launchOnce(&report));
  if (!options.has("quiet"))
    say(signature().name + ": on " + report.device + " in " + secondsText(report.runSeconds) + ", code from " +
        kOrigins[static_cast<int>(report.origin)] + " in " + secondsText(report.prepareSeconds) +
        (report.tuning.empty() ? "" : ", " + report.tuning));
  if (options.has("explain"))
    say(report.explanation);
  return Status::ok();
}

Status Run::interpret() {
  CompilerRequest request;
  request.kind = FLEX_COMPILER_INTERPRET;
  request.fileName = place.file;
  request.kernel = signature().name;
  request.importPaths = options.all("import-path");
  request.dims = arguments.defines.dims;
  request.types = arguments.defines.types;
  auto source = readFile(place.file, uint64_t(1) << 30);
  if (!source)
    return source.status();
  request.source = std::move(*source);
  for (size_t i = 0; i < arguments.arrays.size(); ++i) {
    Array &array = arguments.arrays[i];
    if (array.fortranOrder) {
      auto copy = toRowMajor(array);
      if (!copy)
        return copy.status();
      array = std::move(*copy);
    }
    for (const ImageTypeParam &type : signature().typeParams)
      if (type.name == signature().params[i].dtype)
        request.types[type.name] = array.dtype;
    request.args.push_back({array.dtype, array.shape, array.data.get()});
  }
  for (const Array &array : results)
    request.results.push_back({array.dtype, array.shape, array.data.get()});
  auto answer = askCompiler(request);
  if (!answer)
    return answer.status();
  if (answer->code != StatusCode::Ok)
    return {answer->code, answer->diagnostics};
  if (!options.has("quiet"))
    say(signature().name + ": by the reference interpreter");
  return Status::ok();
}

Status Run::writeResults() {
  for (const auto &[path, names] : outputs) {
    std::vector<std::pair<std::string, const Array *>> arrays;
    for (size_t i = 0; i < results.size(); ++i)
      if (std::find(names.begin(), names.end(), signature().results[i].name) != names.end())
        arrays.emplace_back(signature().results[i].name, &results[i]);
    FLEX_RETURN_IF_ERROR(writeNumpyFile(path, arrays));
  }
  if ((!outputs.empty() || options.has("bench")) && !options.has("print"))
    return Status::ok();
  for (size_t i = 0; i < results.size(); ++i) {
    const Array &array = results[i];
    std::string head =
        signature().results[i].name + ": " + array.dtype + (array.shape.empty() ? "" : shapeText(array.shape));
    print(head + (array.shape.empty() ? " = " : "\n") + printArray(array) + "\n");
  }
  return Status::ok();
}

Status Run::bench() {
  if (!options.has("bench"))
    return Status::ok();
  if (reference)
    return {StatusCode::InvalidArgument, "--bench measures devices; the reference interpreter is none"};
  auto seconds = benchSeconds(options);
  if (!seconds)
    return seconds.status();
  BenchSettings settings;
  settings.seconds = *seconds;
  auto device = context->device(report.device);
  if (device && (*device)->info().sharesHostMemory && (*device)->info().kind == "cpu")
    settings.ceilingThreads = static_cast<int>(std::max<int64_t>(1, (*device)->info().computeUnits));
  if (options.has("threads"))
    settings.ceilingThreads =
        std::min(settings.ceilingThreads, static_cast<int>(*parseInteger(options.get("threads"))));
  auto text = benchmark([&] { return launchOnce(nullptr); }, report.flops, report.bytesMoved, settings);
  if (!text)
    return text.status();
  print(*text);
  return Status::ok();
}

} // namespace

int runRun(const Options &options) {
  Run run(options);
  Status status = run.run();
  return status.isOk() ? kExitOk : fail(status);
}

} // namespace flex::tool
