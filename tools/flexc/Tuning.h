//===- Tuning.h - Tuning records, for the commands --------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What commands that compile by themselves need to use records as the runtime does,
// and the actions of 'flexc tune' on the file.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "CompilerLibrary.h"
#include "Options.h"
#include "flex/Runtime/Context.h"

#include <map>
#include <string>

namespace flex::tool {

/// Records by the kernels' names.
using KernelRecords = std::map<std::string, rt::TuningRecord>;

/// The records that fit a request: of kernels whose dimensions and types it binds, if its only target is the host
/// device's. Says why one is not used.
KernelRecords recordsFor(const CompilerRequest &request);
/// Adds them to the request as its option `schedule`; false if they say nothing, or the request has one.
bool addSchedules(CompilerRequest &request, const KernelRecords &records);
/// Says that the records' schedules do not compile.
void sayUnfit(const KernelRecords &records, const std::string &why);

/// 'flexc tune list|export|import|drop'.
bool isRecordsAction(const std::string &word);
int runRecordsAction(const Options &options);

/// "1.32 ms; best: 1.28 ms (3 %)".
std::string gainText(double modelSeconds, double bestSeconds);

} // namespace flex::tool
