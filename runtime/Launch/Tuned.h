//===- Tuned.h - Which record a compilation uses ---------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reads the records of a machine once per context. A record that does not fit is
// left out with one warning; nothing here makes a launch fail. Thread-safe.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Runtime/Context.h"

#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <vector>

namespace flex::rt {

/// The compiler's option for a schedule.
constexpr char kScheduleOption[] = "schedule";

/// Whether the schedule is given, so that there is none to be looked for.
bool hasSchedule(const KeyValues &options);

class Tuned {
public:
  /// Keeps a reference.
  explicit Tuned(const ContextOptions &options);

  /// The record for a compilation; nothing where records are off or the options name a schedule already.
  std::optional<TuningRecord> find(const TuningKey &key);
  /// The record is the one for its key from now on. Where records are off that holds for this context alone; else it is
  /// in the file, too, unless the status says why not. REQUIRES: the options name no schedule.
  StatusOr<TuningFile::Change> keep(TuningRecord record);
  /// Where records are kept; empty: they are off.
  const std::string &path() const { return file.path(); }
  /// The record's schedule does not compile: it is not asked for again.
  void reject(const TuningRecord &record, const Status &why);

private:
  const std::vector<TuningRecord> &recordsOf(const std::string &machine);
  void warn(const std::string &message) const;

  const ContextOptions &options;
  TuningFile file;
  std::mutex mutex; // guards all below
  std::map<std::string, std::vector<TuningRecord>> byMachine;
  std::set<std::string> rejected; ///< ids
};

} // namespace flex::rt
