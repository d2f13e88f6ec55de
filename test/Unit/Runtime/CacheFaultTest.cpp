//===- CacheFaultTest.cpp - The cache on a sick disk ---------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Damage, wrong owners and modes, full and read-only disks, and any call of the
// file system failing: always a miss or a value that was stored, and a warning.
//
//===----------------------------------------------------------------------===//
#include "Support.h"

#include "flex/Runtime/Cache.h"

#include <algorithm>
#include <random>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

namespace flex::rt {
namespace {

namespace fs = std::filesystem;

/// Fails the calls that a test names.
class FaultyEnv : public Env {
public:
  StatusOr<std::vector<uint8_t>> readFile(const std::string &path, uint64_t max, FileInfo *info) override {
    if (fails("read"))
      return failure;
    auto bytes = Env::readFile(path, max, info);
    if (info && bytes)
      info->owner = fileOwner ? *fileOwner : info->owner;
    return bytes;
  }
  Status writeNewFile(const std::string &path, const uint8_t *data, size_t size) override {
    if (!fails("write"))
      return Env::writeNewFile(path, data, size);
    return failure;
  }
  Status renameFile(const std::string &from, const std::string &to) override {
    return fails("rename") ? failure : Env::renameFile(from, to);
  }
  Status removeFile(const std::string &path) override { return fails("remove") ? failure : Env::removeFile(path); }
  Status createDirectories(const std::string &path) override {
    return fails("create") ? failure : Env::createDirectories(path);
  }
  StatusOr<std::vector<FileInfo>> listDirectory(const std::string &path) override {
    if (fails("list"))
      return failure;
    return Env::listDirectory(path);
  }
  StatusOr<FileInfo> stat(const std::string &path) override {
    if (fails("stat"))
      return failure;
    auto info = Env::stat(path);
    if (info && directoryOwner)
      info->owner = *directoryOwner;
    return info;
  }
  Status touch(const std::string &path) override { return fails("touch") ? failure : Env::touch(path); }

  bool fails(const char *call) {
    ++calls;
    return std::find(failing.begin(), failing.end(), call) != failing.end() || (random && (*random)() % 3 == 0);
  }
  std::vector<std::string> failing;
  Status failure{StatusCode::Unavailable, "injected"};
  std::optional<uint32_t> directoryOwner, fileOwner;
  std::optional<std::mt19937> random;
  int calls = 0;
};

class CacheFault : public testing::Test {
protected:
  CacheOptions options() {
    CacheOptions out;
    out.directory = folder / "cache";
    out.env = &env;
    out.log = [this](LogLevel, const std::string &message) { warnings.push_back(message); };
    return out;
  }
  static CacheKey key(const std::string &name) {
    CacheKey out;
    return out.add("name", name);
  }
  std::string file(const std::string &name) { return folder / "cache/" + key(name).hash() + ".fxc"; }
  void storeOne(const std::string &name = "a") {
    Cache cache(options());
    cache.store(key(name), std::vector<uint8_t>(100, 7));
    ASSERT_TRUE(fs::exists(file(name)));
  }
  bool isHit(const std::string &name = "a") {
    Cache cache(options());
    auto value = cache.lookup(key(name));
    if (value)
      EXPECT_EQ(*value->payload, std::vector<uint8_t>(100, 7));
    return value.has_value();
  }
  bool warned(const std::string &text) {
    return std::any_of(warnings.begin(), warnings.end(),
                       [&](const std::string &warning) { return warning.find(text) != std::string::npos; });
  }

  test::TemporaryFolder folder;
  FaultyEnv env;
  std::vector<std::string> warnings;
};

TEST_F(CacheFault, EveryFlippedByteIsAMiss) {
  storeOne();
  std::vector<uint8_t> good = test::readBytes(file("a"));
  for (size_t i = 0; i < good.size(); ++i) {
    std::vector<uint8_t> bad = good;
    bad[i] ^= 1;
    std::ofstream(file("a"), std::ios::binary).write(reinterpret_cast<char *>(bad.data()), std::ssize(bad));
    ASSERT_FALSE(isHit()) << "byte " << i;
    ASSERT_FALSE(fs::exists(file("a"))) << "a damaged entry is removed";
  }
  EXPECT_TRUE(warned("checksum"));
}

TEST_F(CacheFault, EveryTruncationIsAMiss) {
  storeOne();
  std::vector<uint8_t> good = test::readBytes(file("a"));
  for (size_t size = 0; size < good.size(); ++size) {
    std::ofstream(file("a"), std::ios::binary).write(reinterpret_cast<char *>(good.data()), static_cast<long>(size));
    ASSERT_FALSE(isHit()) << "size " << size;
  }
}

TEST_F(CacheFault, ARenamedEntryIsAMiss) {
  storeOne("a");
  fs::rename(file("a"), file("b"));
  EXPECT_FALSE(isHit("b"));
  EXPECT_TRUE(warned("holds another key"));
}

TEST_F(CacheFault, VerifyNamesTheDamaged) {
  storeOne("a");
  storeOne("b");
  std::ofstream(file("a"), std::ios::app) << "x";
  Cache cache(options());
  auto verified = cache.verify();
  ASSERT_TRUE(verified.isOk());
  EXPECT_EQ(verified->entries, 2u);
  ASSERT_EQ(verified->damaged.size(), 1u);
  EXPECT_EQ(verified->damaged[0].hash, key("a").hash());
  EXPECT_TRUE(fs::exists(file("a")));
}

TEST_F(CacheFault, LinksAndOddFilesAreNotFollowed) {
  storeOne("a");
  fs::rename(file("a"), folder / "outside");
  fs::create_symlink(folder / "outside", file("a"));
  EXPECT_FALSE(isHit("a"));
  fs::remove(file("a"));
  ASSERT_EQ(mkfifo(file("a").c_str(), 0600), 0);
  EXPECT_FALSE(isHit("a")); // and does not wait for a writer
  fs::remove(file("a"));
  fs::create_directory(file("a"));
  EXPECT_FALSE(isHit("a"));
}

TEST_F(CacheFault, ADirectoryOthersCanWriteIsRefused) {
  storeOne();
  for (mode_t mode : {0777, 0720, 0702}) {
    chmod((folder / "cache").c_str(), mode);
    warnings.clear();
    EXPECT_FALSE(isHit());
    EXPECT_TRUE(warned("can be written by other users"));
  }
  chmod((folder / "cache").c_str(), 0755);
  EXPECT_TRUE(isHit());
}

TEST_F(CacheFault, ADirectoryOfAnotherUserIsRefused) {
  storeOne();
  env.directoryOwner = geteuid() + 1;
  EXPECT_FALSE(isHit());
  EXPECT_TRUE(warned("belongs to user"));
  Cache cache(options());
  EXPECT_EQ(cache.list().status().code(), StatusCode::PermissionDenied);
}

TEST_F(CacheFault, AnEntryOfAnotherUserIsAMiss) {
  storeOne();
  env.fileOwner = geteuid() + 1;
  EXPECT_FALSE(isHit());
  EXPECT_TRUE(warned("belongs to user"));
}

TEST_F(CacheFault, RealForeignOwner) {
  if (geteuid() != 0)
    GTEST_SKIP() << "only root can give files away";
  storeOne();
  ASSERT_EQ(chown(file("a").c_str(), 12345, 12345), 0);
  EXPECT_FALSE(isHit());
  storeOne();
  ASSERT_EQ(chown((folder / "cache").c_str(), 12345, 12345), 0);
  EXPECT_FALSE(isHit());
}

TEST_F(CacheFault, ReadOnlyEntriesAreReadAndReplaced) {
  storeOne();
  chmod(file("a").c_str(), 0400);
  EXPECT_TRUE(isHit());
  storeOne();
  EXPECT_TRUE(isHit());
}

TEST_F(CacheFault, ADirectoryThatIsAFile) {
  std::ofstream(folder / "cache") << "x";
  EXPECT_FALSE(isHit());
  Cache cache(options());
  cache.store(key("a"), std::vector<uint8_t>(100, 7));
  EXPECT_TRUE(cache.lookup(key("a"))); // from memory
  EXPECT_TRUE(warned("cache on disk is off"));
}

TEST_F(CacheFault, AFullDiskIsOneWarning) {
  env.failing = {"write"};
  env.failure = {StatusCode::ResourceExhausted, "No space left on device"};
  Cache cache(options());
  for (int i = 0; i < 5; ++i)
    cache.store(key(std::to_string(i)), std::vector<uint8_t>(100, 7));
  EXPECT_TRUE(cache.lookup(key("3")));
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_TRUE(warned("No space left"));
  env.failing.clear(); // there is room again
  cache.store(key("a"), std::vector<uint8_t>(100, 7));
  EXPECT_TRUE(isHit("a"));
}

TEST_F(CacheFault, AReadOnlyDirectoryIsReadAndNotWritten) {
  storeOne("a");
  env.failing = {"write", "touch", "remove"};
  env.failure = {StatusCode::PermissionDenied, "Read-only file system"};
  Cache cache(options());
  EXPECT_TRUE(cache.lookup(key("a")));
  cache.store(key("b"), std::vector<uint8_t>(100, 7));
  int before = env.calls;
  cache.store(key("c"), std::vector<uint8_t>(100, 7));
  EXPECT_EQ(env.calls, before) << "no second attempt";
  EXPECT_EQ(warnings.size(), 1u);
}

TEST_F(CacheFault, AFailedRenameLeavesNothingBehind) {
  storeOne("a");
  env.failing = {"rename"};
  Cache cache(options());
  cache.store(key("b"), std::vector<uint8_t>(100, 7));
  EXPECT_EQ(std::distance(fs::directory_iterator(folder / "cache"), fs::directory_iterator()), 1);
}

// Whatever fails, a hit is what was stored.
TEST_F(CacheFault, RandomFaults) {
  env.random.emplace(5);
  int hits = 0;
  for (int round = 0; round < 40; ++round) {
    CacheOptions small = options();
    small.maxBytes = 3000;
    small.memoryBytes = 0;
    Cache cache(small);
    for (int i = 0; i < 10; ++i) {
      std::string name = std::to_string((*env.random)() % 30);
      cache.store(key(name), std::vector<uint8_t>(100, 7));
      if (auto value = cache.lookup(key(name))) {
        ++hits;
        ASSERT_EQ(*value->payload, std::vector<uint8_t>(100, 7));
      }
      (void)cache.list();
      (void)cache.gc();
    }
  }
  EXPECT_GT(hits, 20);
}

/// A small file system of its own, if this process may mount one.
class SmallDisk {
public:
  explicit SmallDisk(const std::string &path) : path(path) {
    fs::create_directory(path);
    mounted = ::mount("flex-test", path.c_str(), "tmpfs", 0, "size=256k,mode=0700") == 0;
  }
  ~SmallDisk() {
    if (mounted)
      ::umount(path.c_str());
  }
  bool remountReadOnly() const { return ::mount(nullptr, path.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr) == 0; }
  std::string path;
  bool mounted;
};

TEST_F(CacheFault, ReallyFullAndReallyReadOnlyDisk) {
  SmallDisk disk(folder / "cache");
  if (!disk.mounted)
    GTEST_SKIP() << "mounting a tmpfs is not permitted here";
  CacheOptions large = options();
  large.memoryBytes = 0;
  Cache cache(large);
  for (int i = 0; i < 20; ++i) {
    cache.store(key(std::to_string(i)), std::vector<uint8_t>(50000, 7));
    if (auto value = cache.lookup(key(std::to_string(i))))
      EXPECT_EQ(*value->payload, std::vector<uint8_t>(50000, 7));
  }
  EXPECT_TRUE(cache.lookup(key("0")));
  EXPECT_FALSE(cache.lookup(key("19")));
  EXPECT_EQ(warnings.size(), 1u);
  EXPECT_TRUE(warned("No space left on device"));
  for (const auto &entry : fs::directory_iterator(disk.path))
    EXPECT_EQ(entry.path().extension(), ".fxc") << "a half-written file was left";
  warnings.clear();
  ASSERT_TRUE(disk.remountReadOnly());
  Cache readOnly(large);
  EXPECT_TRUE(readOnly.lookup(key("0")));
  readOnly.store(key("new"), std::vector<uint8_t>(10, 7));
  readOnly.store(key("newer"), std::vector<uint8_t>(10, 7));
  EXPECT_EQ(warnings.size(), 1u);
  EXPECT_TRUE(warned("Read-only file system"));
}

} // namespace
} // namespace flex::rt
