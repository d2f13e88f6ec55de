//===- CacheCommand.cpp - flexc cache -------------------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Looks at the disk cache without a compiler.
//
//===----------------------------------------------------------------------===//
#include "Command.h"
#include "Text.h"
#include "flex/Runtime/Cache.h"

#include <ctime>

namespace flex::tool {
namespace {

std::string bytesText(uint64_t bytes) {
  char buffer[32];
  if (bytes < 10240)
    std::snprintf(buffer, sizeof buffer, "%llu B", static_cast<unsigned long long>(bytes));
  else if (bytes < 10u << 20)
    std::snprintf(buffer, sizeof buffer, "%.0f KiB", static_cast<double>(bytes) / 1024);
  else
    std::snprintf(buffer, sizeof buffer, "%.0f MiB", static_cast<double>(bytes) / (1 << 20));
  return buffer;
}

std::string part(const rt::KeyValues &values, const char *name) {
  for (const auto &[key, value] : values)
    if (key == name)
      return value;
  return "";
}

std::string timeText(int64_t nanoseconds) {
  std::time_t seconds = static_cast<std::time_t>(nanoseconds / 1'000'000'000);
  char buffer[32] = "?";
  std::tm local;
  if (localtime_r(&seconds, &local))
    std::strftime(buffer, sizeof buffer, "%Y-%m-%d %H:%M", &local);
  return buffer;
}

int list(rt::Cache &cache) {
  auto entries = cache.list();
  if (!entries)
    return fail(entries.status());
  uint64_t bytes = 0;
  for (const rt::CacheEntry &entry : *entries) {
    bytes += entry.fileBytes;
    std::string what = entry.status.isOk() ? part(entry.parts, "kind") + " " + part(entry.parts, "kernel") + " " +
                                                 part(entry.parts, "target")
                                           : "damaged: " + entry.status.message();
    print(entry.hash.substr(0, 12) + "  " + timeText(entry.lastUsedNs) + "  " + std::string(trim(what)) + "  " +
          bytesText(entry.fileBytes) + "\n");
  }
  print(std::to_string(entries->size()) + " entries, " + bytesText(bytes) + ", in " + cache.directory() + "\n");
  return kExitOk;
}

int explain(rt::Cache &cache, const std::string &prefix) {
  auto entry = cache.explain(prefix);
  if (!entry)
    return fail(entry.status());
  print(entry->hash + "\n");
  print("last used " + timeText(entry->lastUsedNs) + ", " + bytesText(entry->fileBytes) + "\n");
  if (!entry->status.isOk())
    print("damaged: " + entry->status.message() + "\n");
  auto show = [](const char *title, const rt::KeyValues &values) {
    if (!values.empty())
      print(std::string(title) + "\n");
    for (const auto &[name, value] : values)
      print("  " + name + ": " + printable(value) + (value.size() > 200 ? "…" : "") + "\n");
  };
  show("key (the entry is used when all of these are the same):", entry->parts);
  show("stored beside it:", entry->attributes);
  return kExitOk;
}

int verify(rt::Cache &cache) {
  auto result = cache.verify();
  if (!result)
    return fail(result.status());
  for (const rt::CacheEntry &entry : result->damaged)
    say("damaged: " + entry.hash + ": " + entry.status.message());
  print(std::to_string(result->entries) + " entries, " + bytesText(result->bytes) + ", " +
        std::to_string(result->damaged.size()) + " damaged\n");
  return result->damaged.empty() ? kExitOk : kExitEnvironment;
}

int collect(const StatusOr<rt::CacheCollectResult> &result) {
  if (!result)
    return fail(result.status());
  print("removed " + std::to_string(result->removedEntries) + " entries, " + bytesText(result->removedBytes) +
        "; kept " + bytesText(result->keptBytes) + "\n");
  return kExitOk;
}

} // namespace

int runCache(const Options &options) {
  static const std::vector<std::string> actions = {"list", "explain", "verify", "gc", "clear"};
  std::string action = options.words.empty() ? "list" : options.words[0];
  rt::CacheOptions cacheOptions;
  cacheOptions.directory = options.get("dir");
  rt::Cache cache(cacheOptions);
  uint64_t maxBytes = 0;
  if (options.has("max-bytes")) {
    auto value = parseInteger(options.get("max-bytes"));
    if (!value || *value < 1)
      return fail({StatusCode::InvalidArgument,
                   "--max-bytes is '" + printable(options.get("max-bytes")) + "', expected a number of bytes"});
    maxBytes = static_cast<uint64_t>(*value);
  }
  size_t expected = action == "explain" ? 2 : 1;
  if (options.words.size() > expected)
    return fail({StatusCode::InvalidArgument,
                 "'flexc cache " + action + "' takes no '" + printable(options.words[expected]) + "'"});
  if (action == "list")
    return list(cache);
  if (action == "explain")
    return options.words.size() == 2 ? explain(cache, options.words[1])
                                     : fail({StatusCode::InvalidArgument,
                                             "which entry? 'flexc cache explain HASH', from 'flexc cache list'"});
  if (action == "verify")
    return verify(cache);
  if (action == "gc")
    return collect(cache.gc(maxBytes));
  if (action == "clear")
    return collect(cache.clear());
  return fail({StatusCode::InvalidArgument, "'flexc cache " + printable(action) + "' is unknown; there are: " +
                                                join(actions) + didYouMean(action, actions)});
}

} // namespace flex::tool
