//===- ceilings.c - What this machine can do at most ---*- C -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Multiply-adds by type and width from registers, and streams (read, copy,
// copy with non-temporal stores) over buffers of given sizes, by as many pinned
// threads as cores are named. Prints JSON for harness/ceilings.py.
// Invariant: only instructions that cpuid reports are executed.
//
//===----------------------------------------------------------------------===//
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

enum { MaxThreads = 64, Rounds = 25 };
static int threads, cores[MaxThreads];
static pthread_barrier_t barrier;

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec * 1e-9;
}

/// One measurement: `run(repetitions, data)` by every thread at once.
struct Task {
  void (*run)(long repetitions, void *data);
  void *data[MaxThreads];
  long repetitions;
  double best;
};

struct Seat {
  struct Task *task;
  int index;
};

static void *work(void *argument) {
  struct Seat *seat = argument;
  struct Task *task = seat->task;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cores[seat->index], &set);
  sched_setaffinity(0, sizeof set, &set);
  for (int round = 0; round <= Rounds; ++round) { // the first one warms up
    pthread_barrier_wait(&barrier);
    double begin = now();
    task->run(task->repetitions, task->data[seat->index]);
    pthread_barrier_wait(&barrier);
    double taken = now() - begin;
    if (seat->index == 0 && round && taken < task->best)
      task->best = taken;
  }
  return NULL;
}

/// The least seconds of a round, of all threads together.
static double timed(struct Task *task) {
  pthread_t handles[MaxThreads];
  struct Seat seats[MaxThreads];
  task->best = 1e9;
  pthread_barrier_init(&barrier, NULL, threads);
  for (int i = 0; i < threads; ++i) {
    seats[i] = (struct Seat){task, i};
    pthread_create(&handles[i], NULL, work, &seats[i]);
  }
  for (int i = 0; i < threads; ++i)
    pthread_join(handles[i], NULL);
  pthread_barrier_destroy(&barrier);
  return task->best;
}

static void rate(const char *name, void (*run)(long, void *), double each) {
  static int first = 1;
  struct Task task = {run, {NULL}, 300000, 0};
  double seconds = timed(&task);
  printf("%s\n  \"%s\": %.6g", first ? "" : ",", name, each * task.repetitions * threads / seconds);
  first = 0;
}

// Twelve chains hide the latency of four to six cycles on two pipes; 20 would not fit 16 registers.
#define CHAINS(M) M(0) M(1) M(2) M(3) M(4) M(5) M(6) M(7) M(8) M(9) M(10) M(11)
#define CHAIN_COUNT 12
#define DECLARE(I) T a##I = {0};
#define KEEP(I) __asm__ volatile("" : : "x"(a##I));

#if defined(__x86_64__)
/// A loop of one instruction on twelve accumulators: ASM has the operands %0 (accumulator), %1 and %2.
#define LOOP(NAME, FEATURES, TYPE, ASM)                                                                                \
  __attribute__((target(FEATURES))) static void NAME(long repetitions, void *data) {                                   \
    typedef TYPE T;                                                                                                    \
    T x = {0}, y = {0};                                                                                                \
    CHAINS(DECLARE)                                                                                                    \
    for (long r = 0; r < repetitions; ++r) {                                                                           \
      CHAINS(ASM)                                                                                                      \
    }                                                                                                                  \
    CHAINS(KEEP)                                                                                                       \
    (void)data;                                                                                                        \
  }
#define OP(TEXT, I) __asm__ volatile(TEXT " %2, %1, %0" : "+v"(a##I) : "v"(x), "v"(y));
#define OPX(TEXT, I) __asm__ volatile(TEXT " %2, %1, %0" : "+x"(a##I) : "x"(x), "x"(y));
#define PS(I) OP("vfmadd231ps", I)
#define PD(I) OP("vfmadd231pd", I)
#define PSX(I) OPX("vfmadd231ps", I)
#define PDX(I) OPX("vfmadd231pd", I)
#define BF(I) OP("vdpbf16ps", I)
#define VN(I) OP("vpdpbusd", I)
#define PH(I) OP("vfmadd231ph", I)
LOOP(f32_128, "avx2,fma", __m128, PSX)
LOOP(f32_256, "avx2,fma", __m256, PSX)
LOOP(f32_512, "avx512f", __m512, PS)
LOOP(f64_256, "avx2,fma", __m256d, PDX)
LOOP(f64_512, "avx512f", __m512d, PD)
LOOP(bf16_512, "avx512f,avx512bf16", __m512, BF)
LOOP(i8_512, "avx512f,avx512vnni", __m512i, VN)
LOOP(f16_512, "avx512f,avx512fp16", __m512, PH)

/// Four accumulator tiles, two by two operands.
#define AMX(NAME, INSTRUCTION)                                                                                         \
  __attribute__((target("amx-tile"))) static void NAME(long repetitions, void *data) {                                 \
    _Alignas(64) unsigned char shape[64] = {1};                                                                        \
    for (int i = 0; i < 8; ++i)                                                                                        \
      shape[48 + i] = 16, shape[16 + 2 * i] = 64;                                                                      \
    __asm__ volatile("ldtilecfg %0" : : "m"(shape));                                                                   \
    for (long r = 0; r < repetitions; r += 16)                                                                         \
      __asm__ volatile(INSTRUCTION " %%tmm6, %%tmm4, %%tmm0\n" INSTRUCTION " %%tmm7, %%tmm4, %%tmm1\n" INSTRUCTION     \
                                   " %%tmm6, %%tmm5, %%tmm2\n" INSTRUCTION " %%tmm7, %%tmm5, %%tmm3" ::                \
                                       : "memory");                                                                    \
    __asm__ volatile("tilerelease");                                                                                   \
    (void)data;                                                                                                        \
  }
AMX(bf16_amx, "tdpbf16ps")
AMX(i8_amx, "tdpbusd")

static void allRates(void) {
  unsigned a, b7 = 0, c7 = 0, d7 = 0, a1 = 0, b, c, d;
  __get_cpuid_count(7, 0, &a, &b7, &c7, &d7);
  __get_cpuid_count(7, 1, &a1, &b, &c, &d);
  __builtin_cpu_init(); // knows whether the system keeps the registers, too
  int fma = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"), wide = __builtin_cpu_supports("avx512f");
  if (fma) {
    rate("f32 128", f32_128, 2 * 4 * CHAIN_COUNT);
    rate("f32 256", f32_256, 2 * 8 * CHAIN_COUNT);
    rate("f64 256", f64_256, 2 * 4 * CHAIN_COUNT);
  }
  if (wide) {
    rate("f32 512", f32_512, 2 * 16 * CHAIN_COUNT);
    rate("f64 512", f64_512, 2 * 8 * CHAIN_COUNT);
    if (a1 >> 5 & 1)
      rate("bf16 dot 512", bf16_512, 2 * 32 * CHAIN_COUNT);
    if (c7 >> 11 & 1)
      rate("i8 dot 512", i8_512, 2 * 64 * CHAIN_COUNT);
    if (d7 >> 23 & 1)
      rate("f16 512", f16_512, 2 * 32 * CHAIN_COUNT);
  }
  enum { AskForTiles = 0x1023, TileData = 18 };
  if ((d7 >> 24 & 1) && syscall(SYS_arch_prctl, AskForTiles, TileData) == 0) {
    // 16 rows x 16 columns x 64 bytes of depth, four tiles, each 16th repetition.
    if (d7 >> 22 & 1)
      rate("bf16 amx", bf16_amx, 2.0 * 16 * 16 * 32 * 4 / 16);
    if (d7 >> 25 & 1)
      rate("i8 amx", i8_amx, 2.0 * 16 * 16 * 64 * 4 / 16);
  }
}
#else
#define VECTOR(NAME, ELEMENT, BYTES)                                                                                   \
  static void NAME(long repetitions, void *data) {                                                                     \
    typedef ELEMENT T __attribute__((vector_size(BYTES)));                                                             \
    T x = {0}, y = {0}, a[CHAIN_COUNT] = {0};                                                                          \
    for (long r = 0; r < repetitions; ++r) {                                                                           \
      _Pragma("GCC unroll 12") for (int i = 0; i < CHAIN_COUNT; ++i) a[i] += x * y;                                    \
      __asm__ volatile("" : "+m"(x), "+m"(y));                                                                         \
    }                                                                                                                  \
    for (int i = 0; i < CHAIN_COUNT; ++i)                                                                              \
      __asm__ volatile("" : : "m"(a[i]));                                                                              \
    (void)data;                                                                                                        \
  }
VECTOR(f32_128, float, 16)
VECTOR(f64_128, double, 16)

static void allRates(void) {
  rate("f32 128", f32_128, 2 * 4 * CHAIN_COUNT);
  rate("f64 128", f64_128, 2 * 2 * CHAIN_COUNT);
}
#endif

/// A stream's halves and their length in bytes, a multiple of 1024.
struct Buffer {
  char *from, *to;
  long bytes;
};

#if defined(__x86_64__)
__attribute__((target("avx2"))) static void readAll(long repetitions, void *data) {
  struct Buffer *b = data;
  for (long r = 0; r < repetitions; ++r)
    for (char *p = b->from, *end = p + 2 * b->bytes; p != end; p += 256) // the whole buffer, both halves
      __asm__ volatile(
          "vmovaps (%0), %%ymm0\nvmovaps 32(%0), %%ymm1\nvmovaps 64(%0), %%ymm2\nvmovaps 96(%0), %%ymm3\n"
          "vmovaps 128(%0), %%ymm4\nvmovaps 160(%0), %%ymm5\nvmovaps 192(%0), %%ymm6\nvmovaps 224(%0), %%ymm7"
          :
          : "r"(p)
          : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "memory");
}
#define COPY(NAME, FEATURE, LOAD, STORE, REG, STEP)                                                                    \
  __attribute__((target(FEATURE))) static void NAME(long repetitions, void *data) {                                    \
    struct Buffer *b = data;                                                                                           \
    for (long r = 0; r < repetitions; ++r)                                                                             \
      for (long i = 0; i < b->bytes; i += 4 * STEP)                                                                    \
        __asm__ volatile(LOAD " (%0), %%" REG "0\n" LOAD " %c2(%0), %%" REG "1\n" LOAD " 2*%c2(%0), %%" REG "2\n" LOAD \
                              " 3*%c2(%0), %%" REG "3\n" STORE " %%" REG "0, (%1)\n" STORE " %%" REG                   \
                              "1, %c2(%1)\n" STORE " %%" REG "2, 2*%c2(%1)\n" STORE " %%" REG "3, 3*%c2(%1)"           \
                         :                                                                                             \
                         : "r"(b->from + i), "r"(b->to + i), "i"(STEP)                                                 \
                         : "xmm0", "xmm1", "xmm2", "xmm3", "memory");                                                  \
    __asm__ volatile("sfence" ::: "memory");                                                                           \
  }
COPY(copyAll, "avx2", "vmovaps", "vmovaps", "ymm", 32)
COPY(copyStream, "avx2", "vmovaps", "vmovntps", "ymm", 32)
COPY(copyAll512, "avx512f", "vmovaps", "vmovaps", "zmm", 64)
COPY(copyStream512, "avx512f", "vmovaps", "vmovntps", "zmm", 64)
__attribute__((target("avx512f"))) static void readAll512(long repetitions, void *data) {
  struct Buffer *b = data;
  for (long r = 0; r < repetitions; ++r)
    for (char *p = b->from, *end = p + 2 * b->bytes; p != end; p += 256)
      __asm__ volatile("vmovaps (%0), %%zmm0\nvmovaps 64(%0), %%zmm1\nvmovaps 128(%0), %%zmm2\nvmovaps 192(%0), %%zmm3"
                       :
                       : "r"(p)
                       : "xmm0", "xmm1", "xmm2", "xmm3", "memory");
}
static int wideStreams(void) {
  return __builtin_cpu_supports("avx512f");
}
#else
static void readAll(long repetitions, void *data) {
  struct Buffer *b = data;
  typedef long T __attribute__((vector_size(16)));
  for (long r = 0; r < repetitions; ++r) {
    T sum[4] = {0};
    for (char *p = b->from, *end = p + 2 * b->bytes; p != end; p += 64)
      for (int i = 0; i < 4; ++i)
        sum[i] ^= ((T *)p)[i];
    __asm__ volatile("" : : "m"(sum) : "memory");
  }
}
static void copyAll(long repetitions, void *data) {
  struct Buffer *b = data;
  for (long r = 0; r < repetitions; ++r) {
    memcpy(b->to, b->from, b->bytes);
    __asm__ volatile("" ::: "memory");
  }
}
#define copyStream copyAll
#define readAll512 readAll
#define copyAll512 copyAll
#define copyStream512 copyAll
static int wideStreams(void) {
  return 0;
}
#endif

/// Bytes a second of one loop over `size` bytes, all threads together; loads and stores both count.
static double stream(void (*run)(long, void *), long size) {
  struct Task task = {run, {NULL}, 1, 0};
  struct Buffer buffers[MaxThreads];
  long half = size / threads / 2 / 1024 * 1024;
  for (int i = 0; i < threads; ++i) {
    char *block = mmap(NULL, 2 * half + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (block == MAP_FAILED)
      return 0;
    memset(block, 1, 2 * half + 4096);
    buffers[i] = (struct Buffer){block, block + half, half};
    task.data[i] = &buffers[i];
  }
  task.repetitions = 1 + (16l << 20) / (2 * half); // some 16 MiB at least
  double seconds = timed(&task);
  for (int i = 0; i < threads; ++i)
    munmap(buffers[i].from, 2 * half + 4096);
  return 2.0 * half * threads * task.repetitions / seconds;
}

static double larger(double a, double b) {
  return a > b ? a : b;
}

int main(int argc, char **argv) {
  if (argc < 2)
    return fputs("usage: ceilings CORE,CORE… LEVEL=BYTES…\n", stderr), 2;
  for (char *word = strtok(argv[1], ","); word && threads < MaxThreads; word = strtok(NULL, ","))
    cores[threads++] = atoi(word);
  printf("{\"flops\": {");
  allRates();
  printf("},\n \"streams\": {");
  int wide = wideStreams();
  for (int i = 2; i < argc; ++i) {
    char *value = strchr(argv[i], '=');
    if (!value)
      continue;
    *value = 0;
    long size = atol(value + 1);
    double read = stream(readAll, size), copy = stream(copyAll, size), streamed = stream(copyStream, size);
    if (wide)
      read = larger(read, stream(readAll512, size)), copy = larger(copy, stream(copyAll512, size)),
      streamed = larger(streamed, stream(copyStream512, size));
    printf("%s\n  \"%s\": {\"read\": %.6g, \"copy\": %.6g, \"copy_nt\": %.6g}", i == 2 ? "" : ",", argv[i], read, copy,
           streamed);
  }
  printf("}}\n");
  return 0;
}
