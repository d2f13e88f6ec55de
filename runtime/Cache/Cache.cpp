//===- Cache.cpp - Memory in front of disk -------------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Invariants: an entry's file appears complete or not at all (temporary file,
// fsync, rename); no lock is held across processes, so nothing a killed process
// leaves behind can block or mislead another; what was read is used only after
// its checksum and its key's parts matched.
//
//===----------------------------------------------------------------------===//
#include "flex/Runtime/Cache.h"

#include "Disk.h"
#include "Memory.h"

#include <cstdlib>

namespace flex::rt {

struct Cache::Impl {
  explicit Impl(CacheOptions options) : memory(options.memoryBytes), disk(std::move(options)) {}
  MemoryCache memory;
  DiskCache disk;
};

Cache::Cache(CacheOptions options) : impl(std::make_unique<Impl>(std::move(options))) {}
Cache::~Cache() = default;

std::string Cache::defaultDirectory() {
  if (const char *own = std::getenv("FLEX_CACHE_DIR"))
    return own;
  if (const char *xdg = std::getenv("XDG_CACHE_HOME"); xdg && xdg[0] == '/')
    return std::string(xdg) + "/flex";
  if (const char *home = std::getenv("HOME"); home && home[0] == '/')
    return std::string(home) + "/.cache/flex";
  return "";
}

const std::string &Cache::directory() const {
  return impl->disk.directory();
}
Status Cache::diskStatus() {
  return impl->disk.open();
}

std::optional<CacheValue> Cache::lookup(const CacheKey &key) {
  std::string hash = key.hash();
  if (auto value = impl->memory.lookup(hash))
    return value;
  auto value = impl->disk.lookup(key, hash);
  if (value)
    impl->memory.store(hash, *value);
  return value;
}

void Cache::store(const CacheKey &key, std::vector<uint8_t> payload, const KeyValues &attributes) {
  std::string hash = key.hash();
  CacheValue value{std::make_shared<const std::vector<uint8_t>>(std::move(payload)), attributes, false};
  impl->memory.store(hash, value);
  impl->disk.store(key, hash, value);
}

StatusOr<std::vector<CacheEntry>> Cache::list() {
  return impl->disk.list();
}

StatusOr<CacheEntry> Cache::explain(const std::string &hashPrefix) {
  return impl->disk.explain(hashPrefix);
}

StatusOr<CacheVerifyResult> Cache::verify() {
  auto entries = list();
  if (!entries)
    return entries.status();
  CacheVerifyResult result;
  for (CacheEntry &entry : *entries) {
    ++result.entries;
    result.bytes += entry.fileBytes;
    if (!entry.status.isOk())
      result.damaged.push_back(std::move(entry));
  }
  return result;
}

StatusOr<CacheCollectResult> Cache::gc(uint64_t maxBytes) {
  return impl->disk.collect(maxBytes, false);
}

StatusOr<CacheCollectResult> Cache::clear() {
  impl->memory.clear();
  return impl->disk.collect(0, true);
}

} // namespace flex::rt
