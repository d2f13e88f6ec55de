//===- CacheProcessTest.cpp - The cache under many processes -------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Eight processes store, look up and collect in one folder while some of them
// are killed at random points. No wrong value, no damaged file, no hang.
//
//===----------------------------------------------------------------------===//
#include "flex/Runtime/Cache.h"

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <random>
#include <sys/wait.h>
#include <unistd.h>

namespace flex::rt {
namespace {

namespace fs = std::filesystem;
constexpr int kProcesses = 8;
constexpr int kKeys = 40;

CacheKey key(int number) {
  CacheKey out;
  return out.add("kind", "process test").add("number", std::to_string(number));
}

/// The only right value of a key; sizes differ, so that a mix of two shows.
std::vector<uint8_t> payload(int number) {
  std::vector<uint8_t> out(static_cast<size_t>(200 + 977 * number));
  std::mt19937 random(static_cast<unsigned>(number));
  for (uint8_t &byte : out)
    byte = static_cast<uint8_t>(random());
  return out;
}

std::string makeFolder() {
  std::string pattern = (fs::temp_directory_path() / "flex-processes-XXXXXX").string();
  return mkdtemp(pattern.data());
}

/// What a child does until its time is over; exits with what went wrong.
[[noreturn]] void child(const std::string &folder, unsigned seed, int milliseconds) {
  std::mt19937 random(seed);
  int warnings = 0;
  auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(milliseconds);
  while (std::chrono::steady_clock::now() < end) {
    CacheOptions options;
    options.directory = folder;
    options.maxBytes = 400'000; // about half of all values: the limit is at work
    options.memoryBytes = 0;
    options.log = [&](LogLevel, const std::string &message) {
      if (warnings++ == 0)
        fprintf(stderr, "child: %s\n", message.c_str());
    };
    Cache cache(options);
    for (int i = 0; i < 20; ++i) {
      int number = static_cast<int>(random() % kKeys);
      auto value = cache.lookup(key(number));
      if (value && *value->payload != payload(number))
        _exit(2);
      if (!value)
        cache.store(key(number), payload(number));
    }
    if (random() % 8 == 0 && !cache.list().isOk())
      _exit(3);
    if (random() % 30 == 0 && !cache.clear().isOk())
      _exit(4);
  }
  _exit(warnings ? 5 : 0);
}

pid_t spawn(const std::string &folder, unsigned seed, int milliseconds) {
  pid_t pid = fork();
  if (pid == 0)
    child(folder, seed, milliseconds);
  return pid;
}

void expectAllGood(const std::string &folder) {
  CacheOptions options;
  options.directory = folder;
  Cache cache(options);
  auto verified = cache.verify();
  ASSERT_TRUE(verified.isOk()) << verified.status().str();
  for (const CacheEntry &entry : verified->damaged)
    ADD_FAILURE() << entry.hash << ": " << entry.status.str();
  // A child may have cleared it all as its last act: it must still take and give back.
  cache.store(key(0), payload(0));
  auto value = cache.lookup(key(0));
  ASSERT_TRUE(value);
  EXPECT_EQ(*value->payload, payload(0));
}

TEST(CacheProcesses, EightAtOnce) {
  std::string folder = makeFolder();
  std::vector<pid_t> children;
  for (unsigned i = 0; i < kProcesses; ++i)
    children.push_back(spawn(folder, i + 1, 1500));
  for (pid_t pid : children) {
    int status = -1;
    waitpid(pid, &status, 0);
    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 0);
  }
  expectAllGood(folder);
  fs::remove_all(folder);
}

TEST(CacheProcesses, KilledAtRandomPoints) {
  std::string folder = makeFolder();
  std::mt19937 random(11);
  std::vector<pid_t> children;
  unsigned seed = 100;
  for (int i = 0; i < kProcesses; ++i)
    children.push_back(spawn(folder, seed++, 60'000));
  for (int kill9 = 0; kill9 < 150; ++kill9) {
    usleep(static_cast<useconds_t>(random() % 15'000));
    pid_t &victim = children[random() % children.size()];
    kill(victim, SIGKILL);
    int status = -1;
    waitpid(victim, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status)) << "a child ended by itself: exit " << WEXITSTATUS(status);
    victim = spawn(folder, seed++, 60'000);
  }
  for (pid_t pid : children) {
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
  }
  expectAllGood(folder);
  // What the dead left is collected when it is old, and never disturbs.
  CacheOptions options;
  options.directory = folder;
  Cache cache(options);
  for (const auto &entry : fs::directory_iterator(folder))
    fs::last_write_time(entry.path(), fs::file_time_type::clock::now() - std::chrono::hours(1));
  EXPECT_TRUE(cache.gc().isOk());
  for (const auto &entry : fs::directory_iterator(folder))
    EXPECT_EQ(entry.path().extension(), ".fxc");
  fs::remove_all(folder);
}

} // namespace
} // namespace flex::rt
