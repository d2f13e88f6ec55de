//===- Disk.cpp - The disk part of the cache -----------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The order of use is the files' modification time, which a lookup renews. The
// size limit is kept by removing the oldest; two processes doing so at once
// remove a little more, nothing worse.
//
//===----------------------------------------------------------------------===//
#include "Disk.h"

#include "Entry.h"
#include "flex/Support/Status.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <unistd.h>

namespace flex::rt {
namespace {

constexpr char kSuffix[] = ".fxc";
constexpr char kTemporary[] = ".tmp-";
constexpr uint64_t kDefaultMaxBytes = 1ull << 30;
constexpr uint64_t kMaxEntryBytes = 1ull << 30;
constexpr int64_t kTemporaryLifeNs = 600'000'000'000;
constexpr int64_t kTouchAfterNs = 60'000'000'000;
constexpr int kStoresBetweenScans = 64;

uint64_t limitFromEnvironment() {
  const char *text = std::getenv("FLEX_CACHE_MAX_BYTES");
  uint64_t value = 0;
  if (!text || std::from_chars(text, text + std::strlen(text), value).ec != std::errc() || value == 0)
    return kDefaultMaxBytes;
  return value;
}

bool isEntryName(const std::string &name) {
  return name.size() == 32 + sizeof kSuffix - 1 && name.ends_with(kSuffix) &&
         name.find_first_not_of("0123456789abcdef") == 32;
}

bool isTemporaryName(const std::string &name) {
  return name.starts_with(kTemporary);
}

std::string octal(uint32_t mode) {
  char buffer[16];
  auto end = std::to_chars(buffer, buffer + sizeof buffer, mode, 8).ptr;
  return "0" + std::string(buffer, end);
}

} // namespace

DiskCache::DiskCache(CacheOptions given) : options(std::move(given)), env(options.env ? *options.env : Env::posix()) {
  if (options.maxBytes == 0)
    options.maxBytes = limitFromEnvironment();
  if (!options.disk)
    options.directory.clear();
  else if (options.directory.empty())
    options.directory = Cache::defaultDirectory();
}

void DiskCache::warnOnce(const std::string &kind, const std::string &message) {
  {
    std::lock_guard lock(mutex);
    if (!warned.insert(kind).second)
      return;
  }
  if (options.log)
    options.log(LogLevel::Warning, message);
}

Status DiskCache::checkDirectory() {
  if (options.directory.empty())
    return {StatusCode::Unavailable, "the disk cache is off"};
  // With "/." a link at the end is followed: what counts is the directory itself.
  auto info = env.stat(options.directory + "/.");
  if (!info && info.status().code() == StatusCode::NotFound) {
    FLEX_RETURN_IF_ERROR(env.createDirectories(options.directory));
    info = env.stat(options.directory + "/.");
  }
  if (!info)
    return info.status();
  const std::string name = "'" + options.directory + "'";
  if (!info->isDirectory)
    return {StatusCode::InvalidArgument, name + " is no directory"};
  if (info->owner != env.userId())
    return {StatusCode::PermissionDenied,
            name + " belongs to user " + std::to_string(info->owner) + ", not to user " + std::to_string(env.userId())};
  if (info->mode & 022)
    return {StatusCode::PermissionDenied,
            name + " can be written by other users (mode " + octal(info->mode & 0777) + "); use chmod go-w"};
  return Status::ok();
}

Status DiskCache::open() {
  std::call_once(opened, [this] {
    openStatus = checkDirectory();
    if (!openStatus.isOk() && !options.directory.empty())
      warnOnce("open", "kernel cache on disk is off: " + openStatus.message());
  });
  return openStatus;
}

std::string DiskCache::pathOf(const std::string &hash) const {
  return options.directory + "/" + hash + kSuffix;
}

std::string DiskCache::temporaryPath() {
  // The time keeps apart two processes with the same number in different containers.
  return options.directory + "/" + kTemporary + std::to_string(::getpid()) + "-" +
         std::to_string(counter.fetch_add(1)) + "-" + std::to_string(env.nowNs());
}

void DiskCache::dropDamaged(const std::string &path, const Status &status) {
  warnOnce("damaged " + path, "kernel cache: '" + path + "': " + status.message() + "; removed");
  (void)env.removeFile(path); // if it stays, it is found damaged again
}

std::optional<CacheValue> DiskCache::lookup(const CacheKey &key, const std::string &hash) {
  if (!open().isOk())
    return std::nullopt;
  std::string path = pathOf(hash);
  FileInfo info;
  auto file = env.readFile(path, kMaxEntryBytes, &info);
  if (!file) {
    if (file.status().code() != StatusCode::NotFound)
      warnOnce("read", "kernel cache: " + file.status().message());
    return std::nullopt;
  }
  if (info.owner != env.userId()) {
    dropDamaged(path, {StatusCode::PermissionDenied, "belongs to user " + std::to_string(info.owner)});
    return std::nullopt;
  }
  auto entry = decodeEntry(*file);
  if (!entry) {
    dropDamaged(path, entry.status());
    return std::nullopt;
  }
  if (entry->parts != key.parts()) {
    dropDamaged(path, {StatusCode::DataLoss, "holds another key"});
    return std::nullopt;
  }
  if (!readOnly && env.nowNs() - info.modifiedNs > kTouchAfterNs)
    (void)env.touch(path); // only the order of removal suffers
  return CacheValue{std::make_shared<const std::vector<uint8_t>>(std::move(entry->payload)),
                    std::move(entry->attributes), false};
}

void DiskCache::store(const CacheKey &key, const std::string &hash, const CacheValue &value) {
  if (readOnly || !open().isOk())
    return;
  std::vector<uint8_t> file = encodeEntry(key.parts(), value.attributes, *value.payload);
  if (file.size() > kMaxEntryBytes || file.size() > options.maxBytes)
    return warnOnce("large", "kernel cache: an entry of " + std::to_string(file.size()) +
                                 " bytes is over the limit and stays in memory only");
  std::string temporary = temporaryPath();
  Status status = env.writeNewFile(temporary, file.data(), file.size());
  if (status.code() == StatusCode::NotFound) { // somebody removed the whole folder
    status = env.createDirectories(options.directory);
    if (status.isOk())
      status = env.writeNewFile(temporary, file.data(), file.size());
  }
  if (status.isOk()) {
    status = env.renameFile(temporary, pathOf(hash));
    if (status.code() == StatusCode::NotFound)
      return; // another process cleared the cache meanwhile
    if (!status.isOk())
      (void)env.removeFile(temporary);
  }
  if (!status.isOk()) {
    readOnly = status.code() == StatusCode::PermissionDenied;
    return warnOnce("write", "kernel cache: " + status.message() + "; going on without storing");
  }
  keepBelowLimit(file.size());
}

void DiskCache::keepBelowLimit(uint64_t added) {
  {
    std::lock_guard lock(mutex);
    usedBytes += added;
    if (--storesUntilScan > 0 && usedBytes <= options.maxBytes)
      return;
    storesUntilScan = kStoresBetweenScans;
  }
  auto result = collect(options.maxBytes, false);
  if (!result)
    return warnOnce("collect", "kernel cache: " + result.status().message());
  std::lock_guard lock(mutex);
  usedBytes = result->keptBytes;
}

StatusOr<std::vector<FileInfo>> DiskCache::files() {
  FLEX_RETURN_IF_ERROR(open());
  auto all = env.listDirectory(options.directory);
  if (!all)
    return all.status();
  std::erase_if(*all, [](const FileInfo &file) { return !isEntryName(file.name) && !isTemporaryName(file.name); });
  std::sort(all->begin(), all->end(), [](const FileInfo &a, const FileInfo &b) {
    return a.modifiedNs != b.modifiedNs ? a.modifiedNs < b.modifiedNs : a.name < b.name;
  });
  return all;
}

StatusOr<CacheCollectResult> DiskCache::collect(uint64_t maxBytes, bool everything) {
  auto all = files();
  if (!all)
    return all.status();
  uint64_t limit = everything ? 0 : maxBytes ? maxBytes : options.maxBytes, total = 0;
  for (const FileInfo &file : *all)
    total += file.size;
  // Below the limit by a tenth, so that not every store from now on collects.
  if (total > limit)
    limit -= limit / 10;
  CacheCollectResult result;
  int64_t now = env.nowNs();
  for (const FileInfo &file : *all) {
    bool temporary = isTemporaryName(file.name);
    bool remove = everything || (temporary ? now - file.modifiedNs > kTemporaryLifeNs : total > limit);
    if (!remove)
      continue;
    Status status = env.removeFile(options.directory + "/" + file.name);
    if (!status.isOk() && status.code() != StatusCode::NotFound)
      return status;
    total -= file.size;
    result.removedBytes += file.size;
    result.removedEntries += !temporary;
  }
  result.keptBytes = total;
  return result;
}

CacheEntry DiskCache::readEntry(const FileInfo &file) {
  CacheEntry entry;
  entry.hash = file.name.substr(0, 32);
  entry.fileBytes = file.size;
  entry.lastUsedNs = file.modifiedNs;
  FileInfo info;
  auto bytes = env.readFile(options.directory + "/" + file.name, kMaxEntryBytes, &info);
  if (!bytes) {
    entry.status = bytes.status();
    return entry;
  }
  auto content = decodeEntry(*bytes);
  if (!content) {
    entry.status = content.status();
    return entry;
  }
  CacheKey key;
  for (const auto &[name, value] : content->parts)
    key.add(name, value);
  if (info.owner != env.userId())
    entry.status = {StatusCode::PermissionDenied, "belongs to user " + std::to_string(info.owner)};
  else if (key.hash() != entry.hash)
    entry.status = {StatusCode::DataLoss, "damaged cache entry: its name is not its key's hash"};
  entry.parts = std::move(content->parts);
  entry.attributes = std::move(content->attributes);
  entry.payloadBytes = content->payload.size();
  return entry;
}

StatusOr<std::vector<CacheEntry>> DiskCache::list() {
  auto all = files();
  if (!all)
    return all.status();
  std::vector<CacheEntry> entries;
  for (const FileInfo &file : *all) {
    if (!isEntryName(file.name))
      continue;
    CacheEntry entry = readEntry(file);
    if (entry.status.code() != StatusCode::NotFound) // removed by another process meanwhile
      entries.push_back(std::move(entry));
  }
  return entries;
}

StatusOr<CacheEntry> DiskCache::explain(const std::string &hashPrefix) {
  if (hashPrefix.size() < 4)
    return Status(StatusCode::InvalidArgument,
                  "expected at least 4 digits of an entry's hash, found '" + hashPrefix + "'");
  auto all = files();
  if (!all)
    return all.status();
  const FileInfo *match = nullptr;
  for (const FileInfo &file : *all) {
    if (!isEntryName(file.name) || !file.name.starts_with(hashPrefix))
      continue;
    if (match)
      return Status(StatusCode::InvalidArgument, "more than one cache entry starts with '" + hashPrefix + "'");
    match = &file;
  }
  if (!match)
    return Status(StatusCode::NotFound,
                  "no cache entry starts with '" + hashPrefix + "' in '" + options.directory + "'");
  return readEntry(*match);
}

} // namespace flex::rt
