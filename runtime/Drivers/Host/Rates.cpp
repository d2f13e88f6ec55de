//===- Rates.cpp - What this processor does per second -------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Streams and the pool; arithmetic is in RatesArithmetic.cpp.
//
//===----------------------------------------------------------------------===//
#include "Rates.h"

#include <cstring>
#include <memory>
#include <sys/mman.h>
#include <unistd.h>

namespace flex::rt::host {
namespace {

constexpr size_t kLineBytes = 512; ///< what a loop moves at a time: sizes are multiples of it
constexpr size_t kMemoryBytes = 96 << 20;

struct Streams {
  void (*read)(const char *from, size_t bytes);
  void (*copy)(char *to, const char *from, size_t bytes);
  void (*stream)(char *to, const char *from, size_t bytes); ///< past the caches
};

/// The loops for vectors of BYTES, compiled for what ATTRIBUTE names.
#define FLEX_STREAMS(NAME, BYTES, ATTRIBUTE)                                                                           \
  typedef int NAME##Vector __attribute__((vector_size(BYTES)));                                                        \
  ATTRIBUTE void NAME##Read(const char *from, size_t bytes) {                                                          \
    NAME##Vector a = {}, b = {}, c = {}, d = {};                                                                       \
    for (size_t i = 0; i < bytes; i += 4 * (BYTES)) {                                                                  \
      const auto *at = reinterpret_cast<const NAME##Vector *>(from + i);                                               \
      a ^= at[0], b ^= at[1], c ^= at[2], d ^= at[3];                                                                  \
    }                                                                                                                  \
    a ^= b ^ c ^ d;                                                                                                    \
    __asm__ volatile("" ::"r"(&a) : "memory");                                                                         \
  }                                                                                                                    \
  ATTRIBUTE void NAME##Copy(char *to, const char *from, size_t bytes) {                                                \
    for (size_t i = 0; i < bytes; i += BYTES) {                                                                        \
      *reinterpret_cast<NAME##Vector *>(to + i) = *reinterpret_cast<const NAME##Vector *>(from + i);                   \
      __asm__ volatile("" ::: "memory"); /* or it becomes memcpy, which may go past the caches */                      \
    }                                                                                                                  \
  }                                                                                                                    \
  ATTRIBUTE void NAME##Stream(char *to, const char *from, size_t bytes) {                                              \
    for (size_t i = 0; i < bytes; i += BYTES)                                                                          \
      __builtin_nontemporal_store(*reinterpret_cast<const NAME##Vector *>(from + i),                                   \
                                  reinterpret_cast<NAME##Vector *>(to + i));                                           \
    __sync_synchronize();                                                                                              \
  }                                                                                                                    \
  constexpr Streams k##NAME = {NAME##Read, NAME##Copy, NAME##Stream};

FLEX_STREAMS(Narrow, 16, )
#if defined(__x86_64__)
FLEX_STREAMS(Avx2, 32, __attribute__((target("avx2"))))
FLEX_STREAMS(Avx512, 64, __attribute__((target("avx512f"))))
#endif

const Streams &streamsFor([[maybe_unused]] const std::vector<std::string> &features) {
#if defined(__x86_64__)
  auto has = [&](const char *name) { return std::find(features.begin(), features.end(), name) != features.end(); };
  if (has("avx512f"))
    return kAvx512;
  if (has("avx2"))
    return kAvx2;
#endif
  return kNarrow;
}

/// Two halves of memory that is there: huge pages where the system gives them.
class Arena {
public:
  Arena() : memory(mmap(nullptr, 2 * kMemoryBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) {
    if (memory == MAP_FAILED)
      return;
    madvise(memory, 2 * kMemoryBytes, MADV_HUGEPAGE);
    std::memset(memory, 1, 2 * kMemoryBytes);
  }
  ~Arena() {
    if (memory != MAP_FAILED)
      munmap(memory, 2 * kMemoryBytes);
  }
  Arena(const Arena &) = delete;
  Arena &operator=(const Arena &) = delete;

  bool ok() const { return memory != MAP_FAILED; }
  char *from() const { return static_cast<char *>(memory); }
  char *to() const { return from() + kMemoryBytes; }

private:
  void *memory;
};

struct Level {
  const char *name;
  size_t bytes; ///< what a loop touches
};

std::vector<Level> levels() {
  auto half = [](int name, size_t otherwise) {
    long bytes = sysconf(name);
    size_t size = bytes > 0 ? static_cast<size_t>(bytes) : otherwise;
    return std::clamp(size / 2 / kLineBytes * kLineBytes, kLineBytes, kMemoryBytes);
  };
#ifdef _SC_LEVEL1_DCACHE_SIZE
  std::vector<Level> out = {{"l1", half(_SC_LEVEL1_DCACHE_SIZE, 32 << 10)},
                            {"l2", half(_SC_LEVEL2_CACHE_SIZE, 512 << 10)}};
  if (sysconf(_SC_LEVEL3_CACHE_SIZE) > 0)
    out.push_back({"l3", std::min<size_t>(half(_SC_LEVEL3_CACHE_SIZE, 0), kMemoryBytes / 6)});
#else
  std::vector<Level> out;
#endif
  out.push_back({"memory", kMemoryBytes});
  return out;
}

double gigabytes(size_t bytes, double seconds) {
  return static_cast<double>(bytes) / seconds * 1e-9;
}

/// Seconds of one pass over a half that is small: many at once, the clock is coarse.
template <typename Body> double secondsOfPass(size_t bytes, Body body) {
  size_t passes = std::max<size_t>(1, (256 << 10) / bytes);
  return bestSeconds([&] {
           for (size_t i = 0; i < passes; ++i)
             body();
         }) /
         static_cast<double>(passes);
}

void measureLevels(const Streams &streams, const Arena &arena, RateTable &table) {
  for (const Level &level : levels()) {
    size_t half = level.bytes / 2 / kLineBytes * kLineBytes;
    double read = secondsOfPass(level.bytes, [&] { streams.read(arena.from(), level.bytes); });
    double copy = secondsOfPass(half, [&] { streams.copy(arena.to(), arena.from(), half); });
    double stream = secondsOfPass(half, [&] { streams.stream(arena.to(), arena.from(), half); });
    std::string name = level.name;
    if (name != "memory")
      table.push_back({"size." + name, static_cast<double>(2 * level.bytes >> 10), "KiB"});
    table.push_back({"read." + name, gigabytes(level.bytes, read), "GB/s"});
    table.push_back({"copy." + name, gigabytes(2 * half, copy), "GB/s"});
    table.push_back({"stream." + name, gigabytes(2 * half, stream), "GB/s"});
  }
}

/// The smallest copy, of sizes four times the one before, from which on stores past the caches are no slower.
void measureCrossover(const Streams &streams, const Arena &arena, RateTable &table) {
  size_t from = 0;
  for (size_t bytes = 64 << 10; bytes <= kMemoryBytes; bytes *= 4) {
    double copy = secondsOfPass(bytes, [&] { streams.copy(arena.to(), arena.from(), bytes); });
    double stream = secondsOfPass(bytes, [&] { streams.stream(arena.to(), arena.from(), bytes); });
    if (stream > copy)
      from = 0;
    else if (!from)
      from = bytes;
  }
  if (from)
    table.push_back({"stream.from", static_cast<double>(2 * from >> 10), "KiB"});
}

void measurePool(const Streams &streams, const Arena &arena, ThreadPool &pool, RateTable &table) {
  struct Job {
    const Streams &streams;
    const Arena &arena;
    size_t part;
  } job{streams, arena, kMemoryBytes / static_cast<size_t>(pool.threads()) / kLineBytes * kLineBytes};
  auto copyPart = [](void *data, int64_t task) {
    const Job &job = *static_cast<Job *>(data);
    size_t begin = job.part * static_cast<size_t>(task);
    job.streams.copy(job.arena.to() + begin, job.arena.from() + begin, job.part);
  };
  int64_t threads = pool.threads();
  double copy = bestSeconds([&] { pool.run(threads, copyPart, &job); });
  table.push_back({"copy.memory.all", gigabytes(2 * job.part * static_cast<size_t>(threads), copy), "GB/s"});
  if (threads == 1)
    return;
  constexpr int kLoops = 200;
  double loops = bestSeconds([&] {
    for (int i = 0; i < kLoops; ++i)
      pool.run(threads, [](void *, int64_t) {}, nullptr);
  });
  table.push_back({"forkjoin", loops / kLoops * 1e6, "us"});
}

} // namespace

RateTable measureHostRates(const std::vector<std::string> &features, ThreadPool &pool) {
  RateTable table;
  measureArithmetic(features, table);
  Arena arena;
  if (!arena.ok())
    return table;
  const Streams &streams = streamsFor(features);
  measureLevels(streams, arena, table);
  measureCrossover(streams, arena, table);
  measurePool(streams, arena, pool, table);
  return table;
}

} // namespace flex::rt::host
