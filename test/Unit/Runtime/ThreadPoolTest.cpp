//===- ThreadPoolTest.cpp - The host driver's threads --------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Every task exactly once, whatever runs at the same time: short and long jobs,
// sleeping workers, nesting, several callers, forks.
//
//===----------------------------------------------------------------------===//
#include "Drivers/Host/ThreadPool.h"
#include "Drivers/Host/Workspace.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace flex::rt::host {
namespace {

/// Counts how often each task ran.
struct Counts {
  explicit Counts(int64_t tasks) : counts(static_cast<size_t>(tasks)) {}
  static void body(void *data, int64_t task) {
    static_cast<Counts *>(data)->counts[static_cast<size_t>(task)].fetch_add(1, std::memory_order_relaxed);
  }
  bool allOnce() const {
    return std::all_of(counts.begin(), counts.end(), [](const std::atomic<int> &count) { return count == 1; });
  }
  std::vector<std::atomic<int>> counts;
};

TEST(ThreadPool, EachTaskOnce) {
  for (int threads : {1, 2, 3, 8}) {
    ThreadPool pool(threads, false);
    for (int64_t tasks : {0, 1, 2, 7, 100, 5000}) {
      Counts counts(tasks);
      pool.run(tasks, Counts::body, &counts);
      EXPECT_TRUE(counts.allOnce()) << threads << " threads, " << tasks << " tasks";
    }
  }
}

TEST(ThreadPool, MoreTasksThanOneBatch) {
  ThreadPool pool(3, false);
  Counts counts(3 * ThreadPool::kMaxTasks + 17);
  pool.run(3 * ThreadPool::kMaxTasks + 17, Counts::body, &counts);
  EXPECT_TRUE(counts.allOnce());
}

// Jobs back to back: late workers of one job meet the next.
TEST(ThreadPool, ManyShortJobs) {
  ThreadPool pool(4, false);
  for (int round = 0; round < 20000; ++round) {
    Counts counts(4);
    pool.run(4, Counts::body, &counts);
    ASSERT_TRUE(counts.allOnce()) << round;
  }
}

TEST(ThreadPool, WakesSleepers) {
  ThreadPool pool(4, true);
  for (int round = 0; round < 50; ++round) {
    Counts counts(64);
    pool.run(64, Counts::body, &counts);
    ASSERT_TRUE(counts.allOnce()) << round;
    std::this_thread::sleep_for(std::chrono::milliseconds(round % 3));
  }
}

TEST(ThreadPool, SeveralCallersAndNesting) {
  ThreadPool pool(4, false);
  std::atomic<int64_t> total = 0;
  struct Shared {
    ThreadPool &pool;
    std::atomic<int64_t> &total;
  } shared{pool, total};
  auto outer = [](void *data, int64_t) {
    auto *shared = static_cast<Shared *>(data);
    shared->pool.run(
        5, [](void *data, int64_t) { static_cast<std::atomic<int64_t> *>(data)->fetch_add(1); }, &shared->total);
  };
  std::vector<std::thread> callers;
  callers.reserve(4);
  for (int i = 0; i < 4; ++i)
    callers.emplace_back([&] {
      for (int round = 0; round < 300; ++round)
        pool.run(6, outer, &shared);
    });
  for (std::thread &caller : callers)
    caller.join();
  EXPECT_EQ(total, 4 * 300 * 6 * 5);
}

TEST(ThreadPool, AForkedChildRunsAlone) {
  ThreadPool pool(3, false);
  Counts before(10);
  pool.run(10, Counts::body, &before);
  pid_t child = fork();
  if (child == 0) {
    Counts counts(10);
    pool.run(10, Counts::body, &counts);
    _exit(counts.allOnce() ? 0 : 1);
  }
  int status = -1;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

TEST(ThreadPool, TasksRunAtTheSameTime) {
  ThreadPool pool(2, false);
  // Each task waits for the other: passes only on two threads.
  std::atomic<int> arrived = 0;
  pool.run(
      2,
      [](void *data, int64_t) {
        auto &arrived = *static_cast<std::atomic<int> *>(data);
        ++arrived;
        auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (arrived < 2 && std::chrono::steady_clock::now() < end)
          std::this_thread::yield();
      },
      &arrived);
  EXPECT_EQ(arrived, 2);
}

TEST(Workspace, IsAlignedGrowsAndIsPerThread) {
  void *small = threadWorkspace(10);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(small) % 64, 0u);
  EXPECT_EQ(threadWorkspace(5), small);
  void *large = threadWorkspace(1 << 20);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(large) % 64, 0u);
  void *other = nullptr;
  std::thread([&] { other = threadWorkspace(10); }).join();
  EXPECT_NE(other, large);
  EXPECT_EQ(threadWorkspace(INT64_MAX), nullptr);
}

} // namespace
} // namespace flex::rt::host
