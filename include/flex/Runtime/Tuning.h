//===- Tuning.h - Records of schedules that were measured ------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a search found (Kernel::tune, which `flexc tune` calls), in one SQLite file of
// the user's: read by the launch code before it asks the cache or the compiler, never
// written by a launch. A record changes how fast a kernel is, never whether it runs.
// Why SQLite here and not in the cache: docs/decisions/tuning.md.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Runtime/Export.h"
#include "flex/Support/Status.h"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace flex::rt {

/// What a record is about. Equal keys are the same record.
struct TuningKey {
  std::string kernel;  ///< hash of the source with its imports, the kernel's name and the compiler's options
  std::string shape;   ///< "K=512 M=512 T=f32": every type and dimension that is bound, in the order of names
  std::string machine; ///< hash of the target and of what the device's code depends on
  bool operator==(const TuningKey &) const = default;
};

/// One kernel at one shape on one kind of machine. Times are in seconds.
struct TuningRecord {
  TuningKey key;
  std::string shapeClass; ///< shapeClassOf(key.shape)
  std::string name, file; ///< of the kernel, for people
  std::string device;     ///< for people
  std::string compiler;   ///< the version of Flex it was measured with
  std::string schedule;   ///< for the compiler's option `schedule`; empty: nothing beats the cost model's choice
  double modelSeconds = 0, bestSeconds = 0;
  int64_t made = 0; ///< seconds since 1970

  /// 12 hexadecimal digits of the key.
  FLEX_RT_API std::string id() const;
  /// "tuned on 2026-11-23: 1.28 ms, 1.32 ms by the cost model".
  FLEX_RT_API std::string summary() const;
};

/// How a kernel is tuned.
struct TuneOptions {
  /// The budget: above 0, at most a day. What has begun when it is spent is finished: the compilation of one candidate
  /// and a few launches.
  double seconds = 0;
  /// As LaunchOptions::device; empty: the context's, else the host. Only the host's processors can be tuned.
  std::string device;
  /// The first launch of each candidate is that of a forked process: one that crashes or does not end is left out and
  /// counts as wrong, instead of ending this process. For programs whose own threads and libraries bear a fork.
  bool isolate = false;
  std::function<void(const std::string &)>
      progress; ///< what is done next, in words; on the calling thread. Must not tune.
};

/// What came out for one launch of a kernel. Times are of the whole kernel, in seconds, with what was found for the
/// launches before in place.
struct TunedLaunch {
  std::string name;
  std::string keys; ///< "rows 6, vectors 4", what differs from the cost model's choice; empty: that stays
  size_t tried = 0; ///< candidates
  size_t unfit = 0; ///< of them: those that do not compile
  size_t wrong = 0; ///< of them: those that computed something else, which is a fault of Flex
  double before = 0, after = 0;
};

struct TuneOutcome {
  TuningRecord record;               ///< schedule, modelSeconds, bestSeconds, and what they are about
  std::vector<TunedLaunch> launches; ///< the heaviest first
  bool byReference = false; ///< results were checked against the interpreter's, else against the cost model's code
  std::string file;         ///< that holds the record now; empty: records are off, it could not be written, or there is
                            ///< none, as no candidate was tried: the budget was too small
  Status written;           ///< why it could not be written
  std::string setAside;     ///< not empty: the file was damaged, and was renamed to this
};

/// "K=512 M=500 T=f32" -> "K~512/16 M~512 T=f32": sizes above 16 by the nearest power of two, and whether 16 divides.
FLEX_RT_API std::string shapeClassOf(const std::string &shape);
/// The bound types and dimensions in the form of TuningKey::shape.
FLEX_RT_API std::string shapeOf(const std::map<std::string, int64_t> &dims,
                                const std::map<std::string, std::string> &types);
/// The record for the key's shape, else of its class the one nearest to it; null if there is none.
FLEX_RT_API const TuningRecord *findRecord(const std::vector<TuningRecord> &records, const TuningKey &key);

/// The file. Any number of processes may read and write it at once: a call is a transaction, and what is not committed
/// when a process dies never was. Every failure names the file.
class FLEX_RT_API TuningFile {
public:
  /// FLEX_TUNING, else $XDG_DATA_HOME/flex/tuning.sqlite, else ~/.local/share/flex/tuning.sqlite. Empty if FLEX_TUNING
  /// is "off" or there is no home.
  static std::string defaultPath();
  explicit TuningFile(std::string path) : filePath(std::move(path)) {}
  const std::string &path() const { return filePath; }

  /// In the order of kernels' names and shapes; of one machine if its hash is given. No file: none. DataLoss: damaged,
  /// or not ours. Never creates or changes the file.
  StatusOr<std::vector<TuningRecord>> read(const std::string &machine = "") const;

  struct Change {
    int64_t count = 0;    ///< records added, replaced or removed
    std::string setAside; ///< not empty: the file was damaged, and was renamed to this
  };
  /// Adds records or replaces those of the same keys: all of them, or none. Of two of one key the one made later stays.
  StatusOr<Change> merge(const std::vector<TuningRecord> &records) const;
  StatusOr<Change> remove(const std::function<bool(const TuningRecord &)> &isUnwanted) const;

private:
  std::string filePath;
};

} // namespace flex::rt
