//===- Candidates.h - Schedules worth measuring -----------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From the cost model's choice, as --emit=groups prints it, to others near it. Text
// only: whether one of them fits is the compiler's to say, how good it is a clock's.
//
//===----------------------------------------------------------------------===//
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace flex::rt {

/// A schedule, or some keys of one: keys as in a schedule block ("lane_tile"), values as text.
using ScheduleKeys = std::map<std::string, std::string>;

/// The launches of a module of groups that have schedules, in order, by name.
std::vector<std::pair<std::string, ScheduleKeys>> scheduledLaunches(const std::string &module);

/// Changes of a schedule for a processor, the most promising first: each holds the keys that differ.
std::vector<ScheduleKeys> neighboursOf(const ScheduleKeys &schedule);

/// `base` with the keys of `change`.
ScheduleKeys changed(ScheduleKeys base, const ScheduleKeys &change);
/// The keys of `schedule` that `base` has otherwise.
ScheduleKeys difference(const ScheduleKeys &base, const ScheduleKeys &schedule);

/// "rows 6, vectors 4".
std::string keysText(const ScheduleKeys &keys);
/// The compiler's option `schedule`; launches without keys are left out.
std::string optionText(const std::map<std::string, ScheduleKeys> &launches);

} // namespace flex::rt
