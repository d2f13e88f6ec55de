//===- Ceiling.cpp - What this machine can do at most ---------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The compiler makes one copy of each loop per instruction set and picks at load
// time; independent accumulators hide the latency of the multiply-add.
//
//===----------------------------------------------------------------------===//
#include "Ceiling.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <sys/mman.h>
#include <thread>
#include <vector>

namespace flex::tool {
namespace {

using Clock = std::chrono::steady_clock;

#if defined(__x86_64__)
#define FLEX_CLONES __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define FLEX_CLONES
#endif

typedef float Lanes __attribute__((vector_size(64)));

constexpr int kAccumulators = 8, kInner = 512;

/// 2 * 16 * kAccumulators * kInner operations.
FLEX_CLONES float multiplyAdds(float factor) {
#pragma STDC FP_CONTRACT ON
  Lanes a = {}, b = {};
  a += factor;
  b += factor * 0.5f;
  Lanes s0 = a, s1 = b, s2 = a + 1, s3 = b + 1, s4 = a + 2, s5 = b + 2, s6 = a + 3, s7 = b + 3;
  for (int i = 0; i < kInner; ++i) {
    s0 = s0 * a + b, s1 = s1 * a + b, s2 = s2 * a + b, s3 = s3 * a + b;
    s4 = s4 * a + b, s5 = s5 * a + b, s6 = s6 * a + b, s7 = s7 * a + b;
  }
  Lanes sum = s0 + s1 + s2 + s3 + s4 + s5 + s6 + s7;
  return sum[0] + sum[7];
}

/// y = 2 x + y: reads two streams, writes one in place.
FLEX_CLONES void update(const float *x, float *y, size_t count) {
  for (size_t i = 0; i < count; ++i)
    y[i] = 2 * x[i] + y[i];
}

/// Runs body(thread) on all threads at once; the seconds from the common start to the last end.
template <typename Body> double together(int threads, Body body) {
  std::atomic<int> waiting{threads};
  std::atomic<bool> go{false};
  std::vector<Clock::time_point> ends(static_cast<size_t>(threads));
  std::vector<std::thread> pool;
  for (int t = 0; t < threads; ++t)
    pool.emplace_back([&, t] {
      --waiting;
      while (!go.load(std::memory_order_acquire))
        std::this_thread::yield();
      body(t);
      ends[static_cast<size_t>(t)] = Clock::now();
    });
  while (waiting.load() > 0)
    std::this_thread::yield();
  auto begin = Clock::now();
  go.store(true, std::memory_order_release);
  for (std::thread &thread : pool)
    thread.join();
  return std::chrono::duration<double>(*std::max_element(ends.begin(), ends.end()) - begin).count();
}

double measureFlops(int threads) {
  std::atomic<float> sink{0};
  double best = 0;
  auto until = Clock::now() + std::chrono::milliseconds(90);
  for (int calls = 200; Clock::now() < until;) {
    double seconds = together(threads, [&](int) {
      float sum = 0;
      for (int i = 0; i < calls; ++i)
        sum += multiplyAdds(0.5f + 0.001f * static_cast<float>(i & 3));
      sink.store(sum, std::memory_order_relaxed);
    });
    double flops = 2.0 * 16 * kAccumulators * kInner * calls * threads;
    best = std::max(best, flops / seconds);
    calls = seconds < 5e-3 ? calls * 2 : calls;
  }
  return best * 1e-9;
}

double measureBandwidth(int threads) {
  constexpr size_t kBytes = 96 << 20; // each of two arrays; well above a last-level cache per core
  size_t count = kBytes / sizeof(float), part = count / static_cast<size_t>(threads) / 16 * 16;
  void *memory = mmap(nullptr, 2 * kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED)
    return 0;
  madvise(memory, 2 * kBytes, MADV_HUGEPAGE);
  float *x = static_cast<float *>(memory), *y = x + count;
  auto touch = [&](int t) {
    size_t begin = part * static_cast<size_t>(t);
    std::memset(x + begin, 0, part * sizeof(float));
    std::memset(y + begin, 0, part * sizeof(float));
  };
  together(threads, touch);
  double best = 0;
  auto until = Clock::now() + std::chrono::milliseconds(100);
  do {
    double seconds = together(threads, [&](int t) {
      size_t begin = part * static_cast<size_t>(t);
      update(x + begin, y + begin, part);
    });
    best = std::max(best, 3.0 * static_cast<double>(part * sizeof(float)) * threads / seconds);
  } while (Clock::now() < until);
  munmap(memory, 2 * kBytes);
  return best * 1e-9;
}

} // namespace

Ceiling measureCeiling(int threads) {
  threads = std::clamp(threads, 1, 1024);
  return {measureFlops(threads), measureBandwidth(threads)};
}

} // namespace flex::tool
