//===- ExplainKernel.cpp - flexc explain FILE: launches and memory --------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the compiler made of a kernel: its launches in order, each with the schedule
// chosen for it as a `schedule` block, why, what this machine needs for it at least (and
// what it takes, with --bench), and the memory they need. A size over open dimensions is
// shown as its formula.
//
//===----------------------------------------------------------------------===//
#include "Arguments.h"
#include "Bench.h"
#include "Command.h"
#include "ExplainBench.h"
#include "Kernel.h"
#include "Text.h"
#include "Tuning.h"
#include "flex/Binary/Image.h"
#include "flex/Runtime/Context.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace flex::tool {
namespace {

constexpr int64_t kMiB = 1 << 20;

std::string bytesText(const DimExpr &bytes) {
  auto value = bytes.constant();
  if (!value)
    return bytes.str() + " bytes";
  if (*value < 10000)
    return std::to_string(*value) + " bytes";
  char text[48];
  std::snprintf(text, sizeof text, "%.1f %s", static_cast<double>(*value) / (*value < kMiB ? 1024.0 : double(kMiB)),
                *value < kMiB ? "KiB" : "MiB");
  return text;
}

/// `"lane-tile" = 64 : i64` as `lane_tile 64`; nothing for what says "as usual".
std::string entryText(std::string_view entry) {
  size_t equals = entry.find('=');
  if (equals == std::string_view::npos)
    return "";
  auto bare = [](std::string_view text) {
    text = trim(text.substr(0, text.find(" : ")));
    if (text.size() >= 2 && text.front() == '"')
      text = text.substr(1, text.size() - 2);
    return std::string(text);
  };
  std::string key = bare(entry.substr(0, equals)), value = bare(entry.substr(equals + 1));
  static const std::map<std::string, std::string> usual = {{"collapse", "1"},   {"depth", "0"},
                                                           {"group-size", "1"}, {"unroll-tile", "0"},
                                                           {"lane-tile", "0"},  {"item-rows", "1"}};
  auto it = usual.find(key);
  if ((it != usual.end() && it->second == value) || value == "false")
    return "";
  std::replace(key.begin(), key.end(), '-', '_');
  return key + " " + value;
}

/// The schedules of a module of groups, by the groups' names.
std::map<std::string, std::string> schedulesOf(const std::string &module) {
  std::map<std::string, std::string> schedules;
  const std::string group = "flex.group \"", mark = "schedule {";
  for (size_t at = module.find(group); at != std::string::npos; at = module.find(group, at + 1)) {
    size_t name = at + group.size(), line = std::min(module.find('\n', at), module.size());
    size_t begin = module.find(mark, at), end = begin < line ? module.find('}', begin) : line;
    std::string text;
    if (begin < line)
      for (std::string_view entry :
           splitOutside(std::string_view(module).substr(begin + mark.size(), end - begin - mark.size()), ','))
        if (std::string one = entryText(entry); !one.empty())
          text = one.rfind("strategy ", 0) == 0 ? one + "  " + text : text + one + "  ";
    schedules[module.substr(name, module.find('"', name) - name)] = std::string(trim(text));
  }
  return schedules;
}

/// Which rules chose the schedules, by the groups' names.
std::map<std::string, std::string> reasonsOf(const std::string &module) {
  std::map<std::string, std::string> reasons;
  const std::string group = "flex.group \"", mark = "why = \"";
  for (size_t at = module.find(group); at != std::string::npos; at = module.find(group, at + 1)) {
    size_t name = at + group.size(), why = module.find(mark, at);
    if (why >= module.find('\n', at))
      continue;
    why += mark.size();
    reasons[module.substr(name, module.find('"', name) - name)] = module.substr(why, module.find('"', why) - why);
  }
  return reasons;
}

/// What the arithmetic of groups that have a unit is bounded by, by the groups' names: the measured rates' names begin
/// so.
std::map<std::string, std::string> unitRatesOf(const std::string &module) {
  std::map<std::string, std::string> names;
  const std::string group = "flex.group \"";
  for (size_t at = module.find(group); at != std::string::npos; at = module.find(group, at + 1)) {
    std::string text = module.substr(at, module.find(group, at + 1) - at);
    size_t name = group.size();
    for (const char *unit : {"vnni", "amx"})
      if (text.find("unit = \"" + std::string(unit) + "\"") < text.find('\n'))
        names[text.substr(name, text.find('"', name) - name)] =
            std::string(unit == std::string("vnni") ? "dot." : "amx.") +
            (text.find("arith.muli") != std::string::npos ? "i8" : "bf16");
  }
  return names;
}

/// A result that is computed in place of a parameter needs no memory of its own; one that is copied there does.
bool isInPlace(const ImageProgram &program, const ImageBuffer &buffer) {
  return buffer.kind == ImageBuffer::Kind::Result &&
         std::find(program.inPlace.begin(), program.inPlace.end(), buffer.index) != program.inPlace.end();
}

std::string ofKind(const ImageProgram &program, ImageBuffer::Kind kind, size_t &count, DimExpr &sum) {
  count = 0;
  sum = DimExpr(0);
  std::set<int64_t> seen;
  for (const ImageBuffer &buffer : program.buffers)
    if (buffer.kind == kind && !isInPlace(program, buffer) &&
        (kind == ImageBuffer::Kind::Temp || kind == ImageBuffer::Kind::Kept || seen.insert(buffer.index).second)) {
      ++count;
      sum = sum + buffer.bytes;
    }
  return bytesText(sum);
}

/// How many temporaries are written over another one by the launch that reads that for the last time.
size_t countInPlace(const ImageProgram &program) {
  std::map<int64_t, std::pair<size_t, size_t>> uses; // of a temporary: its first and last launch
  for (size_t step = 0; step < program.launches.size(); ++step)
    for (int64_t number : program.launches[step].buffers)
      if (program.buffers[static_cast<size_t>(number)].kind == ImageBuffer::Kind::Temp)
        uses.try_emplace(number, step, step).first->second.second = step;
  size_t count = 0;
  for (const auto &[result, own] : uses)
    for (const auto &[input, other] : uses)
      count += input != result && other.second == own.first && other.first < own.first &&
               program.buffers[static_cast<size_t>(input)].arenaOffset ==
                   program.buffers[static_cast<size_t>(result)].arenaOffset;
  return count;
}

void explainMemory(const ImageProgram &program) {
  size_t params, results, temps, constants;
  DimExpr paramBytes, resultBytes, tempBytes, constantBytes;
  std::string in = ofKind(program, ImageBuffer::Kind::Param, params, paramBytes);
  std::string out = ofKind(program, ImageBuffer::Kind::Result, results, resultBytes);
  ofKind(program, ImageBuffer::Kind::Temp, temps, tempBytes);
  ofKind(program, ImageBuffer::Kind::Constant, constants, constantBytes);
  print("  memory: parameters " + in + ", results " + out);
  if (constants)
    print(", constants " + bytesText(constantBytes));
  if (!program.bound.empty())
    print("\n          kept with bound arguments " + bytesText(program.keptBytes));
  print("\n          temporaries " + bytesText(program.arenaBytes));
  if (temps)
    print(" for " + std::to_string(temps) + (temps == 1 ? " tensor of " : " tensors of ") + bytesText(tempBytes));
  if (size_t inPlace = countInPlace(program))
    print(", " + std::to_string(inPlace) + " of them computed in place of another");
  if (size_t stored = program.inPlace.size())
    print("\n          " + std::to_string(stored) + " of the results computed in place of " +
          (stored == 1 ? "its parameter" : "their parameters"));
  print("\n          peak " +
        bytesText(paramBytes + resultBytes + constantBytes + program.keptBytes + program.arenaBytes) + "\n");
}

/// What the machine needs at least: by its f32 multiply-adds or the unit named, or to read what is moved from where it
/// fits; beside what was measured, if that is not null.
std::string boundText(const rt::RateTable &rates, const std::string &named, int64_t flops, int64_t bytes,
                      const StepTimes *measured) {
  auto value = [&](const std::string &name) {
    auto it = std::find_if(rates.begin(), rates.end(), [&](const rt::Rate &rate) { return rate.name == name; });
    return it == rates.end() ? 0 : it->value;
  };
  double fma = std::max({value("fma.f32.128"), value("fma.f32.256"), value("fma.f32.512")});
  std::string unit = "f32 arithmetic";
  if (double rate = std::max({value(named), value(named + ".256"), value(named + ".512")}); rate > 0) {
    fma = rate;
    unit = std::string(named.ends_with("i8") ? "8-bit" : "bf16") +
           (named.starts_with("dot") ? " dot products" : " products of blocks");
  }
  std::string level = "memory";
  for (const char *cache : {"l3", "l2", "l1"})
    if (static_cast<double>(bytes) <= value(std::string("size.") + cache) * 1024)
      level = cache;
  double read = value("read." + level);
  double arithmetic = fma > 0 ? static_cast<double>(flops) / fma * 1e-9 : 0;
  double moving = read > 0 ? static_cast<double>(bytes) / read * 1e-9 : 0;
  char rate[32];
  std::snprintf(rate, sizeof rate, "%.0f %s", arithmetic >= moving ? fma : read,
                arithmetic >= moving ? "GFLOP/s" : "GB/s");
  double least = std::max(arithmetic, moving);
  std::string text = "bound by " + (arithmetic >= moving ? unit : "reading from " + level) + ", " + rate +
                     " here: at least " + secondsText(least) + " on one core";
  if (!measured)
    return text;
  return text + "\n    measured on one core: " + secondsText(measured->best) + " at best, " +
         secondsText(measured->median) + " in the median; the bound is " +
         std::to_string(std::lround(100 * least / measured->best)) + " % of the best";
}

/// What is known of the launches of a kernel, by their names, and of the machine.
struct Known {
  std::map<std::string, std::string> schedules, reasons, unitRates;
  rt::RateTable rates;                    ///< empty: those of another machine
  std::map<std::string, StepTimes> times; ///< empty: not asked for
};

/// The launch that a schedule block for the kernel would be about: the one with the most arithmetic of those that have
/// a schedule; as many as there are launches if there is none.
size_t scheduledLaunch(const ImageProgram &program, const std::map<std::string, std::string> &schedules) {
  size_t found = program.launches.size();
  int64_t most = -1;
  for (size_t i = 0; i < program.launches.size(); ++i) {
    int64_t flops = program.launches[i].flops.constant().value_or(0);
    auto it = schedules.find(program.launches[i].entry);
    if (it != schedules.end() && !it->second.empty() && flops > most) {
      most = flops;
      found = i;
    }
  }
  return found;
}

/// What the compiler says of a launch after code generation: `what` is "schedule" or "spills"; empty: nothing.
std::string afterwards(const Image &image, const char *what, const ImageProgram &program, const std::string &entry) {
  auto it = image.provenance.find(std::string(what) + " " + program.target + " " + entry);
  return it == image.provenance.end() ? "" : it->second;
}

/// As schedulesOf, with those that took the place of others after code generation.
std::string scheduleOf(const Image &image, const ImageProgram &program, const std::string &entry,
                       const std::map<std::string, std::string> &schedules) {
  if (std::string text = afterwards(image, "schedule", program, entry); !text.empty())
    return schedulesOf("flex.group \"" + entry + "\" schedule " + text)[entry];
  auto it = schedules.find(entry);
  return it == schedules.end() ? "" : it->second;
}

void explainProgram(const std::string &kernel, const Image &image, const ImageProgram &program, const Known &known) {
  size_t count = program.launches.size(), scheduled = scheduledLaunch(program, known.schedules);
  std::string block = "schedule " + kernel + " for " + program.target.substr(0, program.target.find(':')) + " ";
  print("for " + program.target + ": " + std::to_string(count) + (count == 1 ? " launch" : " launches") + "\n");
  for (const ImageLaunch &launch : program.launches) {
    auto flops = launch.flops.constant(), bytes = launch.bytesMoved.constant();
    print("  " + launch.entry + ": " + launch.items.str() + " work items, ");
    print((flops ? std::to_string(*flops) : launch.flops.str()) + " flop, " + bytesText(launch.bytesMoved) + " moved" +
          (launch.kept ? ", once for bound arguments\n" : "\n"));
    std::string schedule = scheduleOf(image, program, launch.entry, known.schedules);
    if (!schedule.empty())
      print("    " + (&launch == &program.launches[0] + scheduled ? block : "") + "{ " + schedule + " }\n");
    else if (launch.entry.ends_with("_unaligned")) // ScheduledLoops/Plan.h
      print("    the same with copies by threads, where rows do not begin at multiples of 16 bytes\n");
    if (auto why = known.reasons.find(launch.entry); why != known.reasons.end() && !schedule.empty())
      print("    chosen as: " + why->second + "\n");
    if (std::string sentence = afterwards(image, "spills", program, launch.entry); !sentence.empty())
      print("    " + sentence + "\n");
    auto unit = known.unitRates.find(launch.entry);
    auto time = known.times.find(launch.entry);
    if (!known.rates.empty() && flops && bytes)
      print("    " +
            boundText(known.rates, unit == known.unitRates.end() ? "" : unit->second, *flops, *bytes,
                      time == known.times.end() ? nullptr : &time->second) +
            "\n");
  }
  explainMemory(program);
}

void explainRecord(const rt::TuningRecord &record) {
  print(record.schedule.empty() ? "schedules by the cost model, as a record wants it, "
                                : "schedules by the cost model but for a record's " + record.schedule + ", ");
  print(record.summary() + "\n");
}

StatusOr<CompilerAnswer> emitted(CompilerRequest request, const std::string &target, const char *stage) {
  request.kind = FLEX_COMPILER_EMIT;
  request.targets = {target};
  request.options.emplace_back("emit", stage);
  auto answer = askCompiler(request);
  if (answer && answer->code != StatusCode::Ok)
    return Status(answer->code, answer->diagnostics);
  return answer;
}

/// Kept ones, or measured now; empty where that cannot be.
rt::RateTable hostRates() {
  auto context = rt::Context::create({});
  auto rates = context ? context->rates("host") : StatusOr<rt::RateTable>(context.status());
  return rates ? *rates : rt::RateTable();
}

} // namespace

int explainKernel(const Options &options) {
  auto request = makeRequest(options);
  if (!request)
    return fail(request.status());
  if (Status chips = requireChips(*request); !chips)
    return fail(chips);
  auto seconds = benchSeconds(options);
  if (!seconds)
    return fail(seconds.status());
  if (*seconds > 0 && options.has("target"))
    return fail({StatusCode::InvalidArgument, "--bench measures this machine; leave --target out"});
  Known known; // rates: of this machine, where it is what the kernel is compiled for
  if (request->targets.empty()) {
    auto target = defaultTarget();
    if (!target)
      return fail(target.status());
    request->targets.push_back(*target);
    known.rates = hostRates();
  }
  bool first = true;
  for (const std::string &target : request->targets) {
    CompilerRequest tuned = *request;
    KernelRecords records = options.has("no-tuning") ? KernelRecords() : recordsFor(*request);
    auto binary = StatusOr<CompilerAnswer>(CompilerAnswer());
    if (addSchedules(tuned, records) && !(binary = emitted(tuned, target, "binary"))) {
      sayUnfit(records, binary.status().message());
      tuned = *request;
      records.clear();
    }
    if (!binary || binary->bytes.empty())
      binary = emitted(tuned, target, "binary");
    if (!binary)
      return fail(binary.status());
    auto image = readImage(reinterpret_cast<const uint8_t *>(binary->bytes.data()), binary->bytes.size());
    if (!image)
      return fail({StatusCode::Internal, "the compiler's answer is no image: " + image.status().message()});
    auto groups = emitted(tuned, target, "groups"); // a target that takes over at tensor IR has none
    std::string text = groups ? groups->bytes : "";
    known.schedules = schedulesOf(text), known.reasons = reasonsOf(text), known.unitRates = unitRatesOf(text);
    for (const ImageKernel &kernel : image->kernels) {
      auto times = *seconds > 0 ? benchSteps(options, kernel.name, *seconds)
                                : StatusOr<std::map<std::string, StepTimes>>(std::map<std::string, StepTimes>());
      if (!times)
        return fail(times.status());
      known.times = std::move(*times);
      print(std::string(first ? "" : "\n") + "kernel " + signatureText(kernel) + "\n");
      first = false;
      if (auto record = records.find(kernel.name); record != records.end())
        explainRecord(record->second);
      for (const ImageProgram &program : kernel.programs)
        explainProgram(kernel.name, *image, program, known);
    }
  }
  return kExitOk;
}

} // namespace flex::tool
