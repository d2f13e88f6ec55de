//===- ThreadPool.h - Fork and join in a fraction of a microsecond -*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A pool of workers that spin for a short while after each job and then sleep.
// How it works, and why it is not a library's: docs/decisions/threads.md.
//
//===----------------------------------------------------------------------===//
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <pthread.h>
#include <vector>

namespace flex::rt::host {

/// Thread-safe: one job runs at a time; a run from a second thread, from
/// inside a job, or in a forked child does its tasks on the calling thread.
class ThreadPool {
public:
  using Body = void (*)(void *data, int64_t task);

  /// The calling thread is one of `threads`. Workers start at the first run.
  ThreadPool(int threads, bool pin);
  ~ThreadPool();
  ThreadPool(const ThreadPool &) = delete;
  ThreadPool &operator=(const ThreadPool &) = delete;

  int threads() const { return threadCount; }
  /// All workers spin, so that a run starts at once.
  bool isHot() const {
    return started.load(std::memory_order_relaxed) && sleepers.load(std::memory_order_relaxed) == 0;
  }

  /// Runs body(data, i) once for each i in [0, tasks).
  void run(int64_t tasks, Body body, void *data);

  static constexpr int64_t kMaxTasks = 0xffff;

private:
  void start();
  void work();
  /// Runs tasks of the current job until none is left; true if it ran any.
  bool help();
  void runBatch(int64_t first, int64_t count, Body body, void *data);
  void waitForJob();
  void waitForTasks();

  const int threadCount;
  const bool pin;
  std::vector<pthread_t> workers;
  std::mutex jobMutex; ///< held by the thread whose job runs
  uint32_t forkGeneration = 0;
  std::atomic<bool> started = false;
  std::atomic<bool> stopping = false;

  // The job. Written before `ticket` announces it; stable until `remaining` is 0.
  Body jobBody = nullptr;
  void *jobData = nullptr;
  int64_t jobFirst = 0;

  /// job number << 32 | tasks << 16 | next task: claimed by compare-and-swap, so
  /// that a late worker can neither claim twice nor touch a finished job.
  alignas(64) std::atomic<uint64_t> ticket = 0;
  alignas(64) std::atomic<uint32_t> remaining = 0; ///< tasks not finished
  std::atomic<uint32_t> callerSleeps = 0;
  alignas(64) std::atomic<uint32_t> wakeWord = 0; ///< futex of sleeping workers
  std::atomic<int> sleepers = 0;
};

} // namespace flex::rt::host
