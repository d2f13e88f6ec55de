//===- Tuned.cpp - Which record a compilation uses -----------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A record of another version of Flex was measured against another cost model and
// other loops: it is kept on disk, for that version, and not used. What this context
// measured itself goes before what the file held when it was read.
//
//===----------------------------------------------------------------------===//
#include "Tuned.h"

#include <algorithm>

namespace flex::rt {

bool hasSchedule(const KeyValues &options) {
  return std::any_of(options.begin(), options.end(),
                     [](const auto &option) { return option.first == kScheduleOption; });
}

static std::string pathFrom(const ContextOptions &options) {
  if (hasSchedule(options.compileOptions) || options.tuning == "off")
    return "";
  return options.tuning.empty() ? TuningFile::defaultPath() : options.tuning;
}

Tuned::Tuned(const ContextOptions &options) : options(options), file(pathFrom(options)) {}

void Tuned::warn(const std::string &message) const {
  if (options.log)
    options.log(LogLevel::Warning, message);
}

const std::vector<TuningRecord> &Tuned::recordsOf(const std::string &machine) {
  auto [it, isNew] = byMachine.try_emplace(machine);
  if (!isNew)
    return it->second;
  auto records = file.read(machine);
  if (!records)
    warn(records.status().message() + "; none is used");
  else
    it->second = std::move(*records);
  return it->second;
}

std::optional<TuningRecord> Tuned::find(const TuningKey &key) {
  std::lock_guard lock(mutex);
  if (file.path().empty() && byMachine.empty())
    return std::nullopt;
  const TuningRecord *found = findRecord(recordsOf(key.machine), key);
  if (!found || rejected.count(found->id()))
    return std::nullopt;
  if (found->compiler != FLEX_VERSION) {
    rejected.insert(found->id());
    warn("tuning record " + found->id() + " of kernel '" + found->name + "' is not used: Flex " + found->compiler +
         " made it, and this is " FLEX_VERSION "; 'flexc tune' makes a new one");
    return std::nullopt;
  }
  return *found;
}

StatusOr<TuningFile::Change> Tuned::keep(TuningRecord record) {
  record.shapeClass = shapeClassOf(record.key.shape);
  auto change = file.path().empty() ? StatusOr<TuningFile::Change>(TuningFile::Change()) : file.merge({record});
  std::lock_guard lock(mutex);
  (void)recordsOf(record.key.machine);
  std::vector<TuningRecord> &records = byMachine[record.key.machine];
  std::erase_if(records, [&](const TuningRecord &other) { return other.key == record.key; });
  rejected.erase(record.id());
  records.push_back(std::move(record));
  return change;
}

void Tuned::reject(const TuningRecord &record, const Status &why) {
  {
    std::lock_guard lock(mutex);
    if (!rejected.insert(record.id()).second)
      return;
  }
  std::string reason = why.message().substr(0, why.message().find('\n'));
  warn("tuning record " + record.id() + " of kernel '" + record.name + "' is not used, its schedule (" +
       record.schedule + ") does not compile here: " + reason + "; 'flexc tune' makes a new one");
}

} // namespace flex::rt
