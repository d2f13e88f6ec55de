//===- Grid.cpp - Runs whole launches -------------------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Loading, and the spread of a launch's groups over host threads. The first
// failure stops all of them.
//
//===----------------------------------------------------------------------===//
#include "flex/Emulator/Grid.h"
#include "Group.h"

#include "flex/Support/Threads.h"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <mutex>

namespace flex::emulator {

const HostTable &hostTable() {
  static const HostTable table = {&Group::access, &Group::call, &Group::shared};
  return table;
}

template <typename T> static void readVariable(const char *name, T &value) {
  const char *text = std::getenv(name);
  if (!text)
    return;
  T read{};
  auto [end, error] = std::from_chars(text, text + std::strlen(text), read);
  if (error == std::errc() && *end == '\0')
    value = read;
}

LaunchOptions LaunchOptions::fromEnvironment() {
  LaunchOptions options;
  readVariable("FLEX_EMULATOR_SEED", options.seed);
  readVariable("FLEX_EMULATOR_TIMEOUT", options.timeoutSeconds);
  readVariable("FLEX_NUM_THREADS", options.hostThreads);
  return options;
}

static StatusOr<ProgramInfo> findTables(const std::function<void *(const char *)> &find) {
  const auto *bytes = static_cast<const char *>(find(kProgramSymbol));
  if (!bytes)
    return Status(StatusCode::DataLoss, std::string("the program has no symbol ") + kProgramSymbol);
  uint64_t size = 0;
  std::memcpy(&size, bytes, sizeof size);
  return readProgram(bytes + sizeof size, size);
}

StatusOr<std::unique_ptr<LoadedProgram>> LoadedProgram::load(const std::function<void *(const char *)> &find) {
  StatusOr<ProgramInfo> info = findTables(find);
  FLEX_RETURN_IF_ERROR(info.status());
  std::unique_ptr<LoadedProgram> loaded(new LoadedProgram);
  loaded->program = std::move(*info);
  const ProgramInfo &program = loaded->program;
  for (const ProgramSymbol &symbol : program.symbols) {
    loaded->bindings.push_back(bind({symbol.name, symbol.constraints, symbol.argumentBytes, symbol.resultBytes}));
    if (!loaded->bindings.back().execute)
      return Status(StatusCode::Unimplemented, "the emulator does not execute '" + symbol.name + "'");
    loaded->usesAsyncProxy |= symbol.name.find("fence.proxy.async") != std::string::npos ||
                              symbol.name.find("cp.async.bulk") != std::string::npos ||
                              symbol.name.find("wgmma") != std::string::npos ||
                              symbol.name.find("tcgen05") != std::string::npos;
  }
  for (const ProgramInfo::Call &call : program.calls)
    loaded->calls.push_back({&loaded->bindings[call.symbol], call.site, program.symbols[call.symbol].name.c_str()});
  for (const ProgramInfo::Constant &constant : program.constants) {
    auto begin = reinterpret_cast<uintptr_t>(find(constant.symbol.c_str()));
    if (!begin)
      return Status(StatusCode::DataLoss, "the program has no symbol " + constant.symbol);
    loaded->constants.push_back({begin, begin + constant.bytes, false});
  }
  for (const ProgramInfo::Kernel &kernel : program.kernels) {
    void *function = find(kernel.name.c_str());
    if (!function)
      return Status(StatusCode::DataLoss, "the program has no kernel " + kernel.name);
    loaded->functions.push_back(reinterpret_cast<Function>(function));
  }
  auto **table = static_cast<const HostTable **>(find(kHostTableSymbol));
  if (!table)
    return Status(StatusCode::DataLoss, std::string("the program has no symbol ") + kHostTableSymbol);
  *table = &hostTable();
  return loaded;
}

StatusOr<size_t> LoadedProgram::findKernel(const std::string &name) const {
  for (size_t i = 0; i < program.kernels.size(); ++i)
    if (program.kernels[i].name == name)
      return i;
  return Status(StatusCode::NotFound, "the program has no kernel '" + name + "'");
}

/// Ascending and disjoint; where ranges overlap, one range that may be written if one of them may.
static std::vector<MachineOptions::Range> merged(std::vector<MachineOptions::Range> ranges) {
  std::sort(ranges.begin(), ranges.end(), [](const auto &a, const auto &b) { return a.begin < b.begin; });
  std::vector<MachineOptions::Range> out;
  for (const MachineOptions::Range &range : ranges) {
    if (range.begin == range.end)
      continue;
    if (!out.empty() && range.begin < out.back().end) {
      out.back().end = std::max(out.back().end, range.end);
      out.back().writable |= range.writable;
    } else {
      out.push_back(range);
    }
  }
  return out;
}

Status LoadedProgram::launch(const LaunchRequest &request, const LaunchOptions &options) const {
  MachineOptions machine;
  machine.chip = program.chip;
  machine.waveSize = program.waveSize;
  machine.groupSize = request.groupSize;
  machine.sharedBytes = program.sharedBytes + request.dynamicSharedBytes;
  if (machine.sharedBytes > Machine::kArenaBytes)
    return {StatusCode::Unimplemented, "a group needs " + std::to_string(machine.sharedBytes) +
                                           " bytes of group memory, the emulator has " +
                                           std::to_string(Machine::kArenaBytes)};
  machine.checksAsyncProxy = usesAsyncProxy;
  machine.sites = program.sites;
  machine.global = request.memory;
  machine.global.insert(machine.global.end(), constants.begin(), constants.end());
  machine.global = merged(std::move(machine.global));

  uint64_t total = uint64_t{request.groups.x} * request.groups.y * request.groups.z;
  if (total == 0)
    return Status::ok();
  Group::Clock::time_point deadline{};
  if (options.timeoutSeconds > 0)
    deadline = Group::Clock::now() + std::chrono::duration_cast<Group::Clock::duration>(
                                         std::chrono::duration<double>(options.timeoutSeconds));
  std::atomic<uint64_t> next = 0;
  std::atomic<bool> failed = false;
  std::mutex mutex;
  Failure first;
  auto work = [&] {
    Group group(*this, machine, request, options, deadline);
    for (uint64_t i = next++; i < total && !failed; i = next++) {
      GroupId id{static_cast<uint32_t>(i % request.groups.x),
                 static_cast<uint32_t>(i / request.groups.x % request.groups.y),
                 static_cast<uint32_t>(i / request.groups.x / request.groups.y)};
      if (group.run(id))
        continue;
      std::lock_guard lock(mutex);
      if (!failed.exchange(true))
        first = *group.getMachine().firstFailure();
    }
  };
  runOnThreads(options.hostThreads ? std::min<uint64_t>(options.hostThreads, total) : threadsFor(total), work);
  if (failed)
    return {StatusCode::DeviceError, "kernel '" + program.kernels[request.kernel].name + "': " + first.message};
  return Status::ok();
}

} // namespace flex::emulator
