//===- Tuning.cpp - Tuning records, for the commands ----------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The exchange format is JSON: what the table holds, a record an object, so that files
// can be read, compared and put under version control.
//
//===----------------------------------------------------------------------===//
#include "Tuning.h"
#include "Command.h"
#include "Kernel.h"
#include "Text.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace flex::tool {
namespace {

using nlohmann::json;

constexpr int kFormat = 1;
constexpr char kFormatKey[] = "flex-tuning-records";
constexpr uint64_t kMaxFile = uint64_t(1) << 28;

json toJson(const rt::TuningRecord &record) {
  return {{"kernel", record.key.kernel},
          {"shape", record.key.shape},
          {"machine", record.key.machine},
          {"name", record.name},
          {"file", record.file},
          {"device", record.device},
          {"compiler", record.compiler},
          {"schedule", record.schedule},
          {"model_seconds", record.modelSeconds},
          {"best_seconds", record.bestSeconds},
          {"made", record.made}};
}

/// A record from an object; nothing if a field is missing or of another type.
std::optional<rt::TuningRecord> fromJson(const json &object) {
  if (!object.is_object())
    return std::nullopt;
  bool isGood = true;
  auto text = [&](const char *key) {
    auto it = object.find(key);
    isGood &= it != object.end() && it->is_string();
    return isGood ? it->get<std::string>() : std::string();
  };
  auto number = [&](const char *key) {
    auto it = object.find(key);
    isGood &= it != object.end() && it->is_number();
    return isGood ? it->get<double>() : 0;
  };
  rt::TuningRecord record;
  record.key = {text("kernel"), text("shape"), text("machine")};
  record.shapeClass = rt::shapeClassOf(record.key.shape);
  record.name = text("name");
  record.file = text("file");
  record.device = text("device");
  record.compiler = text("compiler");
  record.schedule = text("schedule");
  record.modelSeconds = number("model_seconds");
  record.bestSeconds = number("best_seconds");
  double made = number("made");
  isGood &= made >= 0 && made < 1e12;
  record.made = isGood ? static_cast<int64_t>(made) : 0;
  return isGood ? std::optional(record) : std::nullopt;
}

void sayAside(const rt::TuningFile &file, const rt::TuningFile::Change &change) {
  if (!change.setAside.empty())
    say("warning: '" + file.path() + "' was damaged; it is now '" + change.setAside + "', and a new one is begun");
}

std::string describe(const rt::TuningRecord &record) {
  std::string text = record.id() + "  " + record.name + (record.key.shape.empty() ? "" : " " + record.key.shape) +
                     ": " + gainText(record.modelSeconds, record.bestSeconds) + "\n              " +
                     (record.schedule.empty() ? "the cost model's choice" : record.schedule) + "\n              " +
                     record.device;
  if (record.compiler != FLEX_VERSION)
    text += ", by Flex " + record.compiler + ": not used";
  return printable(text.substr(0, text.find('\n'))) + text.substr(text.find('\n')) + "\n";
}

int list(const rt::TuningFile &file, const std::vector<rt::TuningRecord> &records) {
  for (const rt::TuningRecord &record : records)
    print(describe(record));
  print(std::to_string(records.size()) + (records.size() == 1 ? " record in " : " records in ") + file.path() + "\n");
  return kExitOk;
}

int exportTo(const std::string &path, const std::vector<rt::TuningRecord> &records) {
  json all = json::array();
  for (const rt::TuningRecord &record : records)
    all.push_back(toJson(record));
  std::string text =
      json({{kFormatKey, kFormat}, {"records", std::move(all)}}).dump(1, ' ', false, json::error_handler_t::replace) +
      "\n";
  Status status = writeFile(path, text.data(), text.size());
  return status.isOk() ? kExitOk : fail(status);
}

StatusOr<std::vector<rt::TuningRecord>> readExported(const std::string &path) {
  auto text = readFile(path, kMaxFile);
  if (!text)
    return text.status();
  auto wrong = [&](const std::string &why) {
    return Status(StatusCode::InvalidArgument, "'" + printable(path) + "' is no file of 'flexc tune export': " + why);
  };
  json parsed = json::parse(*text, nullptr, false);
  if (!parsed.is_object() || !parsed.contains(kFormatKey) || !parsed.contains("records"))
    return wrong("it is no JSON with '" + std::string(kFormatKey) + "' and 'records'");
  if (parsed[kFormatKey] != kFormat)
    return wrong("it is of another version");
  std::vector<rt::TuningRecord> records;
  for (const json &object : parsed["records"]) {
    auto record = fromJson(object);
    if (!record)
      return wrong("record " + std::to_string(records.size()) + " lacks a field, or has one of another type");
    records.push_back(std::move(*record));
  }
  return records;
}

int import(const rt::TuningFile &file, const std::vector<std::string> &paths) {
  std::vector<rt::TuningRecord> all;
  for (const std::string &path : paths) {
    auto records = readExported(path);
    if (!records)
      return fail(records.status());
    all.insert(all.end(), records->begin(), records->end());
  }
  auto change = file.merge(all);
  if (!change)
    return fail(change.status());
  sayAside(file, *change);
  print(std::to_string(change->count) + " of " + std::to_string(all.size()) +
        " records are new or later than those here\n");
  return kExitOk;
}

int drop(const rt::TuningFile &file, const std::vector<std::string> &words) {
  std::vector<std::string> unknown = words;
  auto change = file.remove([&](const rt::TuningRecord &record) {
    bool isUnwanted = false;
    for (const std::string &word : words) {
      bool fits = word == "all" || (word == "stale" && record.compiler != FLEX_VERSION) ||
                  (word.size() >= 4 && record.id().rfind(word, 0) == 0);
      isUnwanted |= fits;
      if (fits)
        std::erase(unknown, word);
    }
    return isUnwanted;
  });
  if (!change)
    return fail(change.status());
  sayAside(file, *change);
  print(std::to_string(change->count) + (change->count == 1 ? " record" : " records") + " dropped\n");
  std::erase(unknown, "all");
  std::erase(unknown, "stale");
  if (!unknown.empty())
    return fail({StatusCode::NotFound,
                 "there is no record '" + printable(unknown.front()) + "'; 'flexc tune list' shows those there are"});
  return kExitOk;
}

} // namespace

std::string gainText(double modelSeconds, double bestSeconds) {
  double percent = bestSeconds > 0 ? 100 * (modelSeconds / bestSeconds - 1) : 0;
  std::string text = secondsText(modelSeconds) + "; best: " + secondsText(bestSeconds);
  return text + " (" + std::to_string(std::llround(percent)) + " %)";
}

bool isRecordsAction(const std::string &word) {
  return word == "list" || word == "export" || word == "import" || word == "drop";
}

int runRecordsAction(const Options &options) {
  const std::string &action = options.words[0];
  std::vector<std::string> words(options.words.begin() + 1, options.words.end());
  bool takesWords = action == "import" || action == "drop";
  if (takesWords == words.empty())
    return fail({StatusCode::InvalidArgument,
                 takesWords
                     ? "'flexc tune " + action + "' needs " +
                           (action == "import" ? "files of 'flexc tune export'" : "records' ids, 'stale' or 'all'")
                     : "'flexc tune " + action + "' takes no '" + printable(words[0]) + "'"});
  rt::TuningFile file(rt::TuningFile::defaultPath());
  if (file.path().empty())
    return fail(
        {StatusCode::InvalidArgument, "there is no file of tuning records: FLEX_TUNING is 'off', or HOME is unset"});
  if (action == "import")
    return import(file, words);
  if (action == "drop")
    return drop(file, words);
  auto records = file.read();
  if (!records)
    return fail(records.status());
  return action == "list" ? list(file, *records) : exportTo(options.get("output", "-"), *records);
}

KernelRecords recordsFor(const CompilerRequest &request) {
  KernelRecords out;
  auto target = defaultTarget();
  if (!target || request.targets.size() != 1 || request.targets[0] != *target || request.fileName == "-")
    return out;
  rt::ContextOptions options;
  options.importPaths = request.importPaths;
  for (const auto &option : request.options) // but those of the tool, which change no code
    if (option.first != "emit" && option.first != "timing" && option.first != "dump-dir")
      options.compileOptions.push_back(option);
  options.log = [](rt::LogLevel level, const std::string &text) {
    if (level >= rt::LogLevel::Warning)
      say("note: " + text);
  };
  auto context = rt::Context::create(std::move(options));
  auto module =
      context ? context->loadSource(request.source, request.fileName) : StatusOr<rt::Module>(context.status());
  if (!module)
    return out; // the compiler tells what is wrong with it
  for (const std::string &name : module->kernelNames()) {
    if (!request.kernel.empty() && name != request.kernel)
      continue;
    auto kernel = module->kernel(name);
    if (!kernel)
      continue;
    rt::Bindings bindings;
    for (const std::string &dim : kernel->signature().dims)
      if (auto it = request.dims.find(dim); it != request.dims.end())
        bindings.dims.insert(*it);
    for (const ImageTypeParam &type : kernel->signature().typeParams)
      if (auto it = request.types.find(type.name); it != request.types.end())
        bindings.types.insert(*it);
    auto match = kernel->tuning(bindings, "host");
    if (match && match->record)
      out.emplace(name, std::move(*match->record));
  }
  return out;
}

bool addSchedules(CompilerRequest &request, const KernelRecords &records) {
  std::string all;
  for (const auto &[name, record] : records)
    if (!record.schedule.empty())
      all.append(all.empty() ? "" : "; ").append(record.schedule);
  if (all.empty())
    return false;
  request.options.emplace_back("schedule", all);
  return true;
}

void sayUnfit(const KernelRecords &records, const std::string &why) {
  std::string ids;
  for (const auto &[name, record] : records)
    ids.append(ids.empty() ? "" : ", ").append(record.id());
  say("note: tuning record " + ids + " is not used, its schedule does not compile here: " +
      why.substr(0, why.find('\n')) + "; 'flexc tune' makes a new one");
}

} // namespace flex::tool
