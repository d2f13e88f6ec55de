//===- CompileCommands.cpp - flexc check and flexc build ------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Both ask libflexc; check throws the result away unless --emit prints a stage.
//
//===----------------------------------------------------------------------===//
#include "Arguments.h"
#include "Command.h"
#include "CompilerLibrary.h"
#include "ErrorPages.h"
#include "Kernel.h"
#include "Text.h"
#include "Tuning.h"
#include "flex/Binary/Image.h"
#include "flex/Runtime/Context.h"
#include "flex/Support/Stages.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include <unistd.h>

namespace flex::tool {
namespace {

constexpr uint64_t kMaxInput = uint64_t(1) << 30;

StatusOr<Stage> stageOption(const Options &options, const char *option) {
  std::string name = options.get(option);
  if (auto stage = stageByName(name))
    return *stage;
  std::vector<std::string> names;
  for (const StageInfo &info : kStages)
    names.emplace_back(info.name);
  return Status(StatusCode::InvalidArgument, std::string("--") + option + ": there is no stage '" + printable(name) +
                                                 "'; there are: " + join(names) + didYouMean(name, names));
}

void printTiming(const std::string &json) {
  auto rows = nlohmann::json::parse(json, nullptr, false);
  if (!rows.is_array())
    return;
  double total = 0;
  for (const auto &row : rows) {
    std::string pass = row.value("pass", ""), name = pass.empty() ? row.value("stage", "") : "  " + pass;
    double seconds = row.value("seconds", 0.0);
    total += pass.empty() ? seconds : 0;
    std::string where = row.value("target", "");
    std::string kernel = row.value("kernel", "");
    where += (where.empty() || kernel.empty() ? "" : ", ") + kernel;
    char line[400];
    std::snprintf(line, sizeof line, "%-32s %10.3f ms  %s", name.c_str(), seconds * 1e3, where.c_str());
    say(line);
  }
  char line[80];
  std::snprintf(line, sizeof line, "%-32s %10.3f ms", "total", total * 1e3);
  say(line);
}

/// Points a person at the page of the first diagnostic; a program that reads the output is left alone.
void pointAtPage(const std::string &diagnostics) {
  size_t open = diagnostics.find(" [");
  while (open != std::string::npos && !looksLikeCode(diagnostics.substr(open + 2, 5)))
    open = diagnostics.find(" [", open + 1);
  if (open != std::string::npos && ::isatty(STDERR_FILENO))
    say("'flexc explain " + diagnostics.substr(open + 2, 5) + "' tells more");
}

/// Asks, shows diagnostics and timing; the answer if all is well.
StatusOr<CompilerAnswer> ask(const CompilerRequest &request, const Options &options, bool &reported) {
  auto answer = askCompiler(request);
  if (!answer)
    return answer.status();
  bool json = options.get("diagnostics") == "json";
  const std::string &text = json ? answer->diagnosticsJson : answer->diagnostics;
  std::fwrite(text.data(), 1, text.size(), stderr);
  if (!json)
    pointAtPage(text);
  if (options.has("timing"))
    printTiming(answer->timing);
  reported = !text.empty();
  if (answer->code == StatusCode::Ok)
    return answer;
  return Status(answer->code, answer->diagnostics);
}

int failAsked(const Status &status, bool reported) {
  return reported ? exitCode(status.code()) : fail(status);
}

std::string defaultOutput(const std::string &file, const StageInfo &info) {
  size_t slash = file.rfind('/'), dot;
  std::string base = file == "-" ? "kernel" : file.substr(slash == std::string::npos ? 0 : slash + 1);
  if ((dot = base.find('.')) != std::string::npos && dot > 0)
    base.resize(dot);
  return base + std::string(info.extension);
}

std::string size(size_t bytes) {
  return std::to_string(bytes) + " bytes";
}

/// Words of --target may name several, with commas; a word behind a chip is another chip of the same target unless it
/// names its own: "cpu:x86-64-v3,znver4".
std::vector<std::string> splitTargets(const std::vector<std::string> &words) {
  std::vector<std::string> targets;
  for (const std::string &word : words) {
    std::string family;
    std::istringstream parts(word);
    for (std::string part; std::getline(parts, part, ',');) {
      size_t colon = part.find(':');
      targets.push_back(colon == std::string::npos ? family + part : part);
      if (colon != std::string::npos)
        family = part.substr(0, colon + 1);
    }
    if (word.empty() || word.back() == ',') // an empty name is an error of its own
      targets.emplace_back();
  }
  return targets;
}

} // namespace

std::string boundNames(const Options &options) {
  std::string all;
  for (const std::string &names : options.all("bind"))
    all += (all.empty() ? "" : ",") + names;
  return all;
}

Status requireChips(const CompilerRequest &request) {
  if (std::find(request.targets.begin(), request.targets.end(), "all") == request.targets.end())
    return Status::ok();
  return {StatusCode::InvalidArgument,
          "--target all is for images; name the chips to show, e.g. those of a target that 'flexc help targets' lists"};
}

StatusOr<CompilerRequest> makeRequest(const Options &options) {
  if (options.words.size() != 1)
    return Status(StatusCode::InvalidArgument,
                  options.words.empty() ? "which file? give a kernel file, IR or image ('-' is standard input)"
                                        : "one file at a time, found '" + printable(options.words[1]) + "' after '" +
                                              printable(options.words[0]) + "'");
  CompilerRequest request;
  auto place = splitKernel(options.words[0]);
  request.kernel = options.get("kernel", place.kernel);
  request.fileName = place.file;
  auto source = readFile(place.file, kMaxInput);
  if (!source)
    return source.status();
  request.source = std::move(*source);
  request.targets = splitTargets(options.all("target"));
  request.importPaths = options.all("import-path");
  Defines defines;
  for (const std::string &define : options.all("define"))
    FLEX_RETURN_IF_ERROR(defines.add(define));
  request.dims = defines.dims;
  request.types = defines.types;
  for (const std::string &option : options.all("option")) {
    size_t equals = option.find('=');
    if (equals == std::string::npos)
      return Status(StatusCode::InvalidArgument, "--option: '" + printable(option) + "' is not of the form KEY=VALUE");
    request.options.emplace_back(option.substr(0, equals), option.substr(equals + 1));
  }
  if (std::string bound = boundNames(options); !bound.empty())
    request.options.emplace_back("bind", bound);
  if (options.has("dump-dir"))
    request.options.emplace_back("dump-dir", options.get("dump-dir"));
  if (options.has("timing"))
    request.options.emplace_back("timing", "1");
  std::string format = options.get("diagnostics", "text");
  if (format != "text" && format != "json")
    return Status(StatusCode::InvalidArgument, "--diagnostics is '" + printable(format) + "', expected text or json");
  return request;
}

StatusOr<std::string> defaultTarget() {
  rt::ContextOptions options;
  auto context = rt::Context::create(options);
  if (!context)
    return context.status();
  auto device = context->device("host");
  if (!device)
    return device.status();
  return (*device)->info().target;
}

KernelPlace splitKernel(const std::string &word) {
  size_t colon = word.rfind(':');
  if (colon == std::string::npos || colon == 0 || word.find('/', colon) != std::string::npos)
    return {word, ""};
  return {word.substr(0, colon), word.substr(colon + 1)};
}

StatusOr<rt::Kernel> kernelOf(const rt::Module &module, const KernelPlace &place) {
  std::vector<std::string> names = module.kernelNames();
  if (place.kernel.empty() && names.size() > 1)
    return Status(StatusCode::InvalidArgument, "'" + printable(place.file) + "' has several kernels (" + join(names) +
                                                   "): name one, e.g. " + printable(place.file) + ":" + names.front());
  if (!place.kernel.empty() && std::find(names.begin(), names.end(), place.kernel) == names.end())
    return Status(StatusCode::NotFound, "'" + printable(place.file) + "' has no kernel '" + printable(place.kernel) +
                                            "'; it has: " + join(names) + didYouMean(place.kernel, names));
  return module.kernel(place.kernel);
}

int runCheck(const Options &options) {
  auto request = makeRequest(options);
  if (!request)
    return fail(request.status());
  bool emits = options.has("emit"), stops = options.has("stop-after");
  StatusOr<Stage> stage = Stage::Binary;
  if (emits || stops)
    stage = stageOption(options, emits ? "emit" : "stop-after");
  if (!stage)
    return fail(stage.status());
  bool full = emits || stops || !request->targets.empty();
  if (full) {
    request->kind = FLEX_COMPILER_EMIT;
    request->options.emplace_back("emit", std::string(stageInfo(*stage).name));
    bool needsTarget = stageInfo(*stage).perTarget || *stage == Stage::Binary;
    if (needsTarget && request->targets.empty()) {
      auto target = defaultTarget();
      if (!target)
        return fail(target.status());
      request->targets.push_back(*target);
    }
  }
  bool reported = false;
  auto answer = ask(*request, options, reported);
  if (!answer)
    return failAsked(answer.status(), reported);
  if (emits) {
    if (options.has("output")) {
      Status status = writeFile(options.get("output"), answer->bytes.data(), answer->bytes.size());
      return status.isOk() ? kExitOk : fail(status);
    }
    print(answer->bytes);
    return kExitOk;
  }
  if (full || options.get("diagnostics") == "json")
    return kExitOk;
  auto image = readImage(reinterpret_cast<const uint8_t *>(answer->bytes.data()), answer->bytes.size());
  if (!image)
    return fail({StatusCode::Internal, "the compiler's answer is no image: " + image.status().message()});
  for (const ImageKernel &kernel : image->kernels)
    print("kernel " + signatureText(kernel) + "\n");
  if (image->kernels.empty())
    print("no kernels, no errors\n");
  return kExitOk;
}

/// Schedules from records, where they compile.
static void applyRecords(CompilerRequest &request) {
  KernelRecords records = recordsFor(request);
  CompilerRequest tuned = request;
  if (!addSchedules(tuned, records))
    return;
  auto answer = askCompiler(tuned);
  if (!answer || answer->code != StatusCode::Ok)
    return sayUnfit(records, answer ? answer->diagnostics : answer.status().message());
  for (const auto &[name, record] : records)
    if (!record.schedule.empty())
      say("note: the schedule of '" + name + "' is from record " + record.id() + ", " + record.summary());
  request = std::move(tuned);
}

int runBuild(const Options &options) {
  auto request = makeRequest(options);
  if (!request)
    return fail(request.status());
  StatusOr<Stage> stage = Stage::Binary;
  if (options.has("emit"))
    stage = stageOption(options, "emit");
  if (!stage)
    return fail(stage.status());
  const StageInfo &info = stageInfo(*stage);
  request->kind = FLEX_COMPILER_EMIT;
  request->options.emplace_back("emit", std::string(info.name));
  if (request->targets.empty() && (info.perTarget || *stage == Stage::Binary)) {
    auto target = defaultTarget();
    if (!target)
      return fail(target.status());
    request->targets.push_back(*target);
  }
  if (!options.has("no-tuning") && !request->targets.empty())
    applyRecords(*request);
  bool reported = false;
  auto answer = ask(*request, options, reported);
  if (!answer)
    return failAsked(answer.status(), reported);
  std::string path = options.get("output", defaultOutput(request->fileName, info));
  Status status = writeFile(path, answer->bytes.data(), answer->bytes.size());
  if (!status.isOk())
    return fail(status);
  if (path != "-")
    say("wrote " + path + " (" + size(answer->bytes.size()) +
        (request->targets.empty() ? "" : ", " + join(request->targets)) + ")");
  return kExitOk;
}

} // namespace flex::tool
