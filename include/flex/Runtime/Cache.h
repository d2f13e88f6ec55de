//===- Cache.h - Content-addressed store of compiled kernels ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Between a request and the compiler: key -> bytes, in memory and on disk, one
// file per entry. The cache never makes a launch fail: whatever is wrong with
// the disk is a miss and one warning. File format and reasons:
// docs/decisions/cache.md.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Runtime/Driver.h"
#include "flex/Runtime/Env.h"
#include "flex/Runtime/Export.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace flex::rt {

using KeyValues = std::vector<std::pair<std::string, std::string>>;

/// What an entry depends on, as named parts in the order added. Two keys are
/// the same iff all names and values are; the file's name is their XXH3-128.
class FLEX_RT_API CacheKey {
public:
  CacheKey &add(std::string_view name, std::string_view value);
  const KeyValues &parts() const { return keyParts; }
  /// 32 hexadecimal digits.
  std::string hash() const;

private:
  KeyValues keyParts;
};

struct CacheEntry {
  std::string hash;
  KeyValues parts;      ///< of the key
  KeyValues attributes; ///< beside the key: dependencies, compile time
  uint64_t payloadBytes = 0;
  uint64_t fileBytes = 0;
  int64_t lastUsedNs = 0;
  Status status; ///< DataLoss: damaged, the rest is empty
};

struct CacheValue {
  std::shared_ptr<const std::vector<uint8_t>> payload;
  KeyValues attributes;
  bool fromMemory = false;
};

struct CacheOptions {
  bool disk = true;
  std::string directory; ///< empty: defaultDirectory()
  uint64_t maxBytes = 0; ///< on disk; 0: FLEX_CACHE_MAX_BYTES, else 1 GiB
  uint64_t memoryBytes = 64 << 20;
  LogFunction log;
  Env *env = nullptr; ///< null: Env::posix()
};

struct CacheVerifyResult {
  uint64_t entries = 0, bytes = 0;
  std::vector<CacheEntry> damaged; ///< left in place
};

struct CacheCollectResult {
  uint64_t removedEntries = 0, removedBytes = 0, keptBytes = 0;
};

/// Thread-safe, and safe beside other processes on the same directory. The
/// directory is opened on first use; a bad one (not ours, writable by others,
/// read-only, full) disables the disk part with one warning.
class FLEX_RT_API Cache {
public:
  explicit Cache(CacheOptions options);
  ~Cache();
  Cache(const Cache &) = delete;
  Cache &operator=(const Cache &) = delete;

  /// FLEX_CACHE_DIR, else $XDG_CACHE_HOME/flex, else $HOME/.cache/flex, else empty (no disk cache).
  static std::string defaultDirectory();

  const std::string &directory() const;
  /// Why the disk part is off; ok if it is on.
  Status diskStatus();

  std::optional<CacheValue> lookup(const CacheKey &key);
  void store(const CacheKey &key, std::vector<uint8_t> payload, const KeyValues &attributes = {});

  /// All entries, least recently used first; damaged ones with their status.
  StatusOr<std::vector<CacheEntry>> list();
  /// One entry by its hash or a unique prefix of at least 4 digits.
  StatusOr<CacheEntry> explain(const std::string &hashPrefix);
  StatusOr<CacheVerifyResult> verify();
  /// Removes the least recently used entries until `maxBytes` (0: the
  /// configured limit) hold, and temporary files left by dead processes.
  StatusOr<CacheCollectResult> gc(uint64_t maxBytes = 0);
  StatusOr<CacheCollectResult> clear();

private:
  struct Impl;
  std::unique_ptr<Impl> impl;
};

} // namespace flex::rt
