//===- Disk.h - The disk part of the cache ---------------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A directory of files named by their key's hash. Private to runtime/Cache.
// Thread-safe; file operations run outside the lock.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Runtime/Cache.h"

#include <atomic>
#include <mutex>
#include <set>

namespace flex::rt {

class DiskCache {
public:
  explicit DiskCache(CacheOptions options);

  const std::string &directory() const { return options.directory; }
  /// Checks the directory, once; creates it if it is not there.
  Status open();

  std::optional<CacheValue> lookup(const CacheKey &key, const std::string &hash);
  void store(const CacheKey &key, const std::string &hash, const CacheValue &value);
  StatusOr<std::vector<CacheEntry>> list();
  StatusOr<CacheEntry> explain(const std::string &hashPrefix);
  /// With `everything`, removes all entries and temporary files.
  StatusOr<CacheCollectResult> collect(uint64_t maxBytes, bool everything);

private:
  Status checkDirectory();
  StatusOr<std::vector<FileInfo>> files();
  CacheEntry readEntry(const FileInfo &file);
  std::string pathOf(const std::string &hash) const;
  std::string temporaryPath();
  void dropDamaged(const std::string &path, const Status &status);
  void keepBelowLimit(uint64_t added);
  void warnOnce(const std::string &kind, const std::string &message);

  CacheOptions options;
  Env &env;
  std::atomic<bool> readOnly = false;
  std::atomic<uint32_t> counter = 0;
  std::once_flag opened;
  Status openStatus; // set by `opened`
  std::mutex mutex;  // guards all below
  std::set<std::string> warned;
  uint64_t usedBytes = 0; // as of the last scan, plus what this process added
  int storesUntilScan = 0;
};

} // namespace flex::rt
