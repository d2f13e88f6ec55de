//===- ThreadPool.cpp - Fork and join in a fraction of a microsecond -----===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Invariants: a task is run by whoever moves `ticket` past it; the job's fields
// change only while no task is claimed or left; a sleeper is counted before it
// looks at `ticket` for the last time, and `ticket` is set before sleepers are
// counted, so no wake-up is lost.
//
//===----------------------------------------------------------------------===//
#include "ThreadPool.h"

#include <algorithm>
#include <chrono>
#include <climits>
#include <csignal>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace flex::rt::host {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kSpinTime = std::chrono::microseconds(60);

std::atomic<uint32_t> forks = 0; // counted up in every forked child

void countForks() {
  static std::once_flag once;
  std::call_once(once, [] { pthread_atfork(nullptr, nullptr, [] { forks.fetch_add(1); }); });
}

void pause() {
#if defined(__x86_64__)
  _mm_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

void futexWait(std::atomic<uint32_t> &word, uint32_t expected) {
  syscall(SYS_futex, reinterpret_cast<uint32_t *>(&word), FUTEX_WAIT_PRIVATE, expected, nullptr, nullptr, 0);
}

void futexWake(std::atomic<uint32_t> &word, int count) {
  syscall(SYS_futex, reinterpret_cast<uint32_t *>(&word), FUTEX_WAKE_PRIVATE, count, nullptr, nullptr, 0);
}

uint32_t tasksOf(uint64_t ticket) {
  return static_cast<uint32_t>(ticket >> 16) & 0xffff;
}
uint32_t nextOf(uint64_t ticket) {
  return static_cast<uint32_t>(ticket) & 0xffff;
}
bool hasTask(uint64_t ticket) {
  return nextOf(ticket) < tasksOf(ticket);
}

/// Spins until `done()` or the spin time is over; true if done.
template <typename Done> bool spin(Done done) {
  Clock::time_point end{};
  for (unsigned round = 0;; ++round) {
    if (done())
      return true;
    pause();
    if (round % 64 != 63)
      continue;
    Clock::time_point now = Clock::now();
    if (end == Clock::time_point{})
      end = now + kSpinTime;
    else if (now > end)
      return false;
  }
}

void pinTo(pthread_t thread, int index) {
  cpu_set_t allowed, one;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0)
    return;
  CPU_ZERO(&one);
  for (int cpu = 0, seen = 0; cpu < CPU_SETSIZE; ++cpu)
    if (CPU_ISSET(cpu, &allowed) && seen++ == index)
      CPU_SET(cpu, &one);
  if (CPU_COUNT(&one) == 1)
    pthread_setaffinity_np(thread, sizeof one, &one);
}

} // namespace

ThreadPool::ThreadPool(int threads, bool pin) : threadCount(std::max(threads, 1)), pin(pin) {}

ThreadPool::~ThreadPool() {
  if (forkGeneration != forks.load())
    return; // the workers live in the parent only
  stopping = true;
  wakeWord.fetch_add(1);
  futexWake(wakeWord, INT_MAX);
  for (pthread_t worker : workers)
    pthread_join(worker, nullptr);
}

void ThreadPool::start() {
  countForks();
  forkGeneration = forks.load();
  workers.reserve(static_cast<size_t>(threadCount) - 1);
  sigset_t all, before; // signals are the application's threads' business
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  auto entry = [](void *self) -> void * {
    static_cast<ThreadPool *>(self)->work();
    return nullptr;
  };
  // Where no more threads can be had, those there are do all the tasks.
  pthread_t worker;
  for (int i = 1; i < threadCount && pthread_create(&worker, nullptr, entry, this) == 0; ++i) {
    pthread_setname_np(worker, "flex-worker");
    if (pin)
      pinTo(worker, i);
    workers.push_back(worker);
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  started = true;
}

void ThreadPool::run(int64_t tasks, Body body, void *data) {
  std::unique_lock lock(jobMutex, std::defer_lock);
  bool alone = threadCount == 1 || tasks <= 1 || !lock.try_lock();
  if (!alone && !started.load(std::memory_order_relaxed))
    start();
  if (alone || forkGeneration != forks.load(std::memory_order_relaxed)) {
    for (int64_t i = 0; i < tasks; ++i)
      body(data, i);
    return;
  }
  for (int64_t first = 0; first < tasks; first += kMaxTasks)
    runBatch(first, std::min(tasks - first, kMaxTasks), body, data);
}

void ThreadPool::runBatch(int64_t first, int64_t count, Body body, void *data) {
  jobBody = body;
  jobData = data;
  jobFirst = first;
  remaining.store(static_cast<uint32_t>(count), std::memory_order_relaxed);
  uint64_t job = (ticket.load(std::memory_order_relaxed) >> 32) + 1;
  ticket.store(job << 32 | static_cast<uint64_t>(count) << 16, std::memory_order_seq_cst);
  if (int asleep = sleepers.load(std::memory_order_seq_cst)) {
    wakeWord.fetch_add(1);
    futexWake(wakeWord, static_cast<int>(std::min<int64_t>(asleep, count - 1)));
  }
  help();
  waitForTasks();
}

bool ThreadPool::help() {
  bool any = false;
  uint64_t seen = ticket.load(std::memory_order_acquire);
  while (hasTask(seen)) {
    if (!ticket.compare_exchange_weak(seen, seen + 1, std::memory_order_acq_rel, std::memory_order_acquire))
      continue;
    // The claim keeps the job alive: its fields are stable from here on.
    jobBody(jobData, jobFirst + nextOf(seen));
    any = true;
    if (remaining.fetch_sub(1, std::memory_order_seq_cst) == 1 && callerSleeps.load(std::memory_order_seq_cst))
      futexWake(remaining, 1);
    seen = ticket.load(std::memory_order_acquire);
  }
  return any;
}

void ThreadPool::waitForTasks() {
  if (spin([&] { return remaining.load(std::memory_order_acquire) == 0; }))
    return;
  callerSleeps.store(1, std::memory_order_seq_cst);
  while (uint32_t left = remaining.load(std::memory_order_seq_cst))
    futexWait(remaining, left);
  callerSleeps.store(0, std::memory_order_relaxed);
}

void ThreadPool::waitForJob() {
  auto wanted = [&] {
    return stopping.load(std::memory_order_relaxed) || hasTask(ticket.load(std::memory_order_acquire));
  };
  if (spin(wanted))
    return;
  sleepers.fetch_add(1, std::memory_order_seq_cst);
  uint32_t word = wakeWord.load(std::memory_order_seq_cst);
  if (!stopping.load(std::memory_order_seq_cst) && !hasTask(ticket.load(std::memory_order_seq_cst)))
    futexWait(wakeWord, word);
  sleepers.fetch_sub(1, std::memory_order_seq_cst);
}

void ThreadPool::work() {
  while (!stopping.load(std::memory_order_relaxed))
    if (!help())
      waitForJob();
}

} // namespace flex::rt::host
