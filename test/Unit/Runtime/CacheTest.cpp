//===- CacheTest.cpp - The cache on a healthy disk -----------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Keys, entries, the order of use, the limit, and what `flexc cache` shows.
//
//===----------------------------------------------------------------------===//
#include "Support.h"

#include "flex/Runtime/Cache.h"

#include <sys/stat.h>

namespace flex::rt {
namespace {

namespace fs = std::filesystem;

class CacheTest : public testing::Test {
protected:
  CacheOptions options() {
    CacheOptions out;
    out.directory = folder / "cache";
    out.log = [this](LogLevel level, const std::string &message) {
      EXPECT_EQ(level, LogLevel::Warning);
      warnings.push_back(message);
    };
    return out;
  }
  static CacheKey key(const std::string &name) {
    CacheKey out;
    return out.add("kind", "test").add("name", name);
  }
  static std::vector<uint8_t> bytes(size_t size, uint8_t value) { return std::vector<uint8_t>(size, value); }
  std::string file(const std::string &name) { return folder / "cache/" + key(name).hash() + ".fxc"; }
  size_t fileCount() {
    return static_cast<size_t>(std::distance(fs::directory_iterator(folder / "cache"), fs::directory_iterator()));
  }
  void setAge(const std::string &name, int minutes) {
    fs::last_write_time(file(name), fs::file_time_type::clock::now() - std::chrono::minutes(minutes));
  }

  test::TemporaryFolder folder;
  std::vector<std::string> warnings;
};

TEST(CacheKeys, DependOnEveryPart) {
  auto hash = [](std::initializer_list<std::pair<const char *, const char *>> parts) {
    CacheKey key;
    for (const auto &[name, value] : parts)
      key.add(name, value);
    return key.hash();
  };
  EXPECT_EQ(hash({{"a", "b"}}).size(), 32u);
  EXPECT_EQ(hash({{"a", "b"}}), hash({{"a", "b"}}));
  EXPECT_NE(hash({{"a", "b"}}), hash({{"ab", ""}}));
  EXPECT_NE(hash({{"a", "b"}}), hash({{"a", "b"}, {"", ""}}));
  EXPECT_NE(hash({{"a", "b"}, {"c", "d"}}), hash({{"c", "d"}, {"a", "b"}}));
}

TEST_F(CacheTest, StoresAndFinds) {
  Cache cache(options());
  EXPECT_FALSE(cache.lookup(key("a")));
  cache.store(key("a"), bytes(100, 7), {{"depends on x", "hash"}});
  auto hit = cache.lookup(key("a"));
  ASSERT_TRUE(hit);
  EXPECT_TRUE(hit->fromMemory);
  Cache other(options());
  hit = other.lookup(key("a"));
  ASSERT_TRUE(hit);
  EXPECT_FALSE(hit->fromMemory);
  EXPECT_EQ(*hit->payload, bytes(100, 7));
  EXPECT_EQ(hit->attributes, (KeyValues{{"depends on x", "hash"}}));
  EXPECT_FALSE(other.lookup(key("b")));
  EXPECT_TRUE(warnings.empty());
}

TEST_F(CacheTest, ReplacesAndKeepsEmptyPayloads) {
  Cache cache(options());
  cache.store(key("a"), bytes(10, 1));
  cache.store(key("a"), {});
  EXPECT_TRUE(cache.lookup(key("a"))->payload->empty());
  Cache other(options());
  EXPECT_TRUE(other.lookup(key("a"))->payload->empty());
  EXPECT_EQ(fileCount(), 1u);
}

TEST_F(CacheTest, FilesAreTheUsersAlone) {
  umask(0);
  Cache cache(options());
  cache.store(key("a"), bytes(10, 1));
  umask(022);
  struct stat st;
  ASSERT_EQ(stat(cache.directory().c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 0777, 0700u);
  ASSERT_EQ(stat(file("a").c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 0777, 0600u);
}

TEST_F(CacheTest, ListExplainVerify) {
  Cache cache(options());
  cache.store(key("a"), bytes(10, 1), {{"note", "first"}});
  cache.store(key("b"), bytes(20, 2));
  setAge("b", 5);
  auto list = cache.list();
  ASSERT_TRUE(list.isOk());
  ASSERT_EQ(list->size(), 2u);
  EXPECT_EQ((*list)[0].parts, key("b").parts());
  EXPECT_EQ((*list)[0].payloadBytes, 20u);
  EXPECT_EQ((*list)[1].attributes, (KeyValues{{"note", "first"}}));
  auto one = cache.explain(key("a").hash().substr(0, 8));
  ASSERT_TRUE(one.isOk()) << one.status().str();
  EXPECT_EQ(one->hash, key("a").hash());
  EXPECT_EQ(cache.explain("zzzz").status().code(), StatusCode::NotFound);
  EXPECT_EQ(cache.explain("a").status().code(), StatusCode::InvalidArgument);
  auto verified = cache.verify();
  ASSERT_TRUE(verified.isOk());
  EXPECT_EQ(verified->entries, 2u);
  EXPECT_TRUE(verified->damaged.empty());
}

TEST_F(CacheTest, ForeignFilesAreLeftAlone) {
  Cache cache(options());
  cache.store(key("a"), bytes(10, 1));
  std::ofstream(folder / "cache/README") << "mine";
  EXPECT_EQ(cache.list()->size(), 1u);
  EXPECT_TRUE(cache.clear().isOk());
  EXPECT_TRUE(fs::exists(folder / "cache/README"));
  EXPECT_EQ(fileCount(), 1u);
  EXPECT_FALSE(cache.lookup(key("a")));
}

TEST_F(CacheTest, TheLeastRecentlyUsedGoFirst) {
  CacheOptions small = options();
  small.maxBytes = 10 * 1024;
  Cache cache(small);
  for (int i = 0; i < 8; ++i)
    cache.store(key(std::to_string(i)), bytes(1024, 1));
  for (int i = 0; i < 8; ++i)
    setAge(std::to_string(i), 100 - i);
  Cache other(small);
  EXPECT_TRUE(other.lookup(key("0"))); // used again: now the youngest
  cache.store(key("new"), bytes(3000, 1));
  EXPECT_TRUE(fs::exists(file("0")));
  EXPECT_FALSE(fs::exists(file("1")));
  EXPECT_TRUE(fs::exists(file("7")));
  EXPECT_TRUE(fs::exists(file("new")));
  uint64_t total = 0;
  StatusOr<std::vector<CacheEntry>> entries = cache.list();
  for (const CacheEntry &entry : *entries)
    total += entry.fileBytes;
  EXPECT_LE(total, small.maxBytes);
}

TEST_F(CacheTest, CollectOnDemand) {
  Cache cache(options());
  for (int i = 0; i < 5; ++i)
    cache.store(key(std::to_string(i)), bytes(1000, 1));
  auto kept = cache.gc();
  ASSERT_TRUE(kept.isOk());
  EXPECT_EQ(kept->removedEntries, 0u);
  auto collected = cache.gc(2500);
  ASSERT_TRUE(collected.isOk());
  EXPECT_EQ(collected->removedEntries, 3u);
  EXPECT_LE(collected->keptBytes, 2500u);
}

TEST_F(CacheTest, TemporaryFilesOfTheDeadAreRemoved) {
  Cache cache(options());
  cache.store(key("a"), bytes(10, 1));
  for (const char *name : {"cache/.tmp-1-0-1", "cache/.tmp-2-0-1"})
    std::ofstream(folder / name) << "half";
  fs::last_write_time(folder / "cache/.tmp-1-0-1", fs::file_time_type::clock::now() - std::chrono::hours(1));
  ASSERT_TRUE(cache.gc().isOk());
  EXPECT_FALSE(fs::exists(folder / "cache/.tmp-1-0-1"));
  EXPECT_TRUE(fs::exists(folder / "cache/.tmp-2-0-1")); // its writer may live
  EXPECT_EQ(cache.list()->size(), 1u);
}

TEST_F(CacheTest, AFolderThatVanishesIsMadeAgain) {
  Cache cache(options());
  cache.store(key("a"), bytes(10, 1));
  fs::remove_all(folder / "cache");
  cache.store(key("b"), bytes(10, 1));
  EXPECT_TRUE(fs::exists(file("b")));
  EXPECT_TRUE(warnings.empty());
}

TEST_F(CacheTest, MemoryIsBoundedToo) {
  CacheOptions tiny = options();
  tiny.disk = false;
  tiny.memoryBytes = 1000;
  Cache cache(tiny);
  EXPECT_FALSE(cache.diskStatus().isOk());
  cache.store(key("a"), bytes(600, 1));
  cache.store(key("b"), bytes(300, 1));
  EXPECT_TRUE(cache.lookup(key("a")));
  cache.store(key("c"), bytes(300, 1));
  EXPECT_FALSE(cache.lookup(key("b")));
  EXPECT_TRUE(cache.lookup(key("a")));
  cache.store(key("d"), bytes(2000, 1));
  EXPECT_FALSE(cache.lookup(key("d")));
  EXPECT_TRUE(cache.lookup(key("c")));
  EXPECT_TRUE(warnings.empty());
}

TEST_F(CacheTest, WhereItLies) {
  auto with = [](const char *own, const char *xdg, const char *home) {
    auto set = [](const char *name, const char *value) { value ? setenv(name, value, 1) : unsetenv(name); };
    set("FLEX_CACHE_DIR", own);
    set("XDG_CACHE_HOME", xdg);
    set("HOME", home);
    return Cache::defaultDirectory();
  };
  std::string home = std::getenv("HOME") ? std::getenv("HOME") : "";
  EXPECT_EQ(with("/a", "/b", "/c"), "/a");
  EXPECT_EQ(with(nullptr, "/b", "/c"), "/b/flex");
  EXPECT_EQ(with(nullptr, "relative", "/c"), "/c/.cache/flex");
  EXPECT_EQ(with(nullptr, nullptr, nullptr), "");
  EXPECT_EQ(with("", "/b", "/c"), "");
  with(nullptr, nullptr, home.c_str());
}

} // namespace
} // namespace flex::rt
