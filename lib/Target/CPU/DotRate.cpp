//===- DotRate.cpp - Whether dots of bf16 are worth it here ---------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A fact that no feature bit tells. What `flexc devices --rates` calls dot.bf16.512
// and fma.f32.512 is measured again, briefly: the compiler knows no runtime.
//
//===----------------------------------------------------------------------===//
#include "Lowering.h"

#include <algorithm>
#include <chrono>

namespace flex::target::cpu {

#if defined(__x86_64__)

namespace {

constexpr int64_t kTurns = 500;
constexpr int kRounds = 8;

#define FLEX_EACH(DO, OP)                                                                                              \
  DO(OP, "0")                                                                                                          \
  DO(OP, "1")                                                                                                          \
  DO(OP, "2")                                                                                                          \
  DO(OP, "3")                                                                                                          \
  DO(OP, "4")                                                                                                          \
  DO(OP, "5")                                                                                                          \
  DO(OP, "6")                                                                                                          \
  DO(OP, "7")                                                                                                          \
  DO(OP, "8")                                                                                                          \
  DO(OP, "9")                                                                                                          \
  DO(OP, "10")                                                                                                         \
  DO(OP, "11")
#define FLEX_CLEAR(OP, NUMBER) "vpxor %%xmm" NUMBER ", %%xmm" NUMBER ", %%xmm" NUMBER "\n\t"
#define FLEX_STEP(OP, NUMBER) OP " %%zmm12, %%zmm12, %%zmm" NUMBER "\n\t"

/// Twelve sums hide the latency.
#define FLEX_LOOP(NAME, OP)                                                                                            \
  void NAME() {                                                                                                        \
    int64_t turns = kTurns;                                                                                            \
    __asm__ volatile(FLEX_EACH(FLEX_CLEAR, OP) "vpxor %%xmm12, %%xmm12, %%xmm12\n\t1:\n\t" FLEX_EACH(                  \
                         FLEX_STEP, OP) "sub $1, %[turns]\n\tjnz 1b\n\tvzeroupper\n\t"                                 \
                     : [turns] "+r"(turns)                                                                             \
                     :                                                                                                 \
                     : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10",        \
                       "xmm11", "xmm12", "cc");                                                                        \
  }

FLEX_LOOP(multiplyAdds, "vfmadd231ps")
FLEX_LOOP(dots, "vdpbf16ps")

double secondsOf(void (*run)()) {
  auto begin = std::chrono::steady_clock::now();
  run();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

bool measure() {
  constexpr double kLeastGain = 1.25;
  double single = 1e9, pairs = 1e9;
  for (int round = 0; round < kRounds; ++round) {
    single = std::min(single, secondsOf(multiplyAdds));
    pairs = std::min(pairs, secondsOf(dots));
  }
  return 2 * single > kLeastGain * pairs;
}

} // namespace

bool hasFastBf16Dots() {
  static const bool result = measure();
  return result;
}

#else

bool hasFastBf16Dots() {
  return false;
}

#endif

} // namespace flex::target::cpu
