//===- RatesArithmetic.cpp - Multiply-adds per second ---------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Twelve accumulators (four tiles) hide the latency of the instruction; the
// loops are assembly, so that no compiler option changes what is measured.
//
//===----------------------------------------------------------------------===//
#include "Features.h"
#include "Rates.h"

#include <cstdint>

namespace flex::rt::host {

#if defined(__x86_64__)

namespace {

constexpr int64_t kTurns = 20000;

#define FLEX_EACH(DO, OP, REG)                                                                                         \
  DO(OP, REG, "0")                                                                                                     \
  DO(OP, REG, "1")                                                                                                     \
  DO(OP, REG, "2")                                                                                                     \
  DO(OP, REG, "3")                                                                                                     \
  DO(OP, REG, "4")                                                                                                     \
  DO(OP, REG, "5")                                                                                                     \
  DO(OP, REG, "6")                                                                                                     \
  DO(OP, REG, "7")                                                                                                     \
  DO(OP, REG, "8")                                                                                                     \
  DO(OP, REG, "9")                                                                                                     \
  DO(OP, REG, "10")                                                                                                    \
  DO(OP, REG, "11")
#define FLEX_CLEAR(OP, REG, NUMBER) "vpxor %%xmm" NUMBER ", %%xmm" NUMBER ", %%xmm" NUMBER "\n\t"
#define FLEX_STEP(OP, REG, NUMBER) OP " %%" REG "12, %%" REG "13, %%" REG NUMBER "\n\t"

/// kTurns x 12 times the instruction, on REG0 to REG11.
#define FLEX_LOOP(NAME, OP, REG)                                                                                       \
  void NAME() {                                                                                                        \
    const float value = 0.5f;                                                                                          \
    int64_t turns = kTurns;                                                                                            \
    __asm__ volatile("vbroadcastss %[value], %%" REG "12\n\t"                                                          \
                     "vbroadcastss %[value], %%" REG "13\n\t" FLEX_EACH(FLEX_CLEAR, OP, REG) "1:\n\t" FLEX_EACH(       \
                         FLEX_STEP, OP, REG) "sub $1, %[turns]\n\tjnz 1b\n\tvzeroupper\n\t"                            \
                     : [turns] "+r"(turns)                                                                             \
                     : [value] "m"(value)                                                                              \
                     : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10",        \
                       "xmm11", "xmm12", "xmm13", "cc");                                                               \
  }

FLEX_LOOP(fma32x4, "vfmadd231ps", "xmm")
FLEX_LOOP(fma32x8, "vfmadd231ps", "ymm")
FLEX_LOOP(fma32x16, "vfmadd231ps", "zmm")
FLEX_LOOP(fma64x2, "vfmadd231pd", "xmm")
FLEX_LOOP(fma64x4, "vfmadd231pd", "ymm")
FLEX_LOOP(fma64x8, "vfmadd231pd", "zmm")
FLEX_LOOP(dotBf16, "vdpbf16ps", "zmm")
FLEX_LOOP(dotI8, "vpdpbusd", "zmm")
FLEX_LOOP(dotI8x32, "%{vex%} vpdpbusd", "ymm") // without AVX-512, too

#define FLEX_TILES(NAME, OP)                                                                                           \
  void NAME() {                                                                                                        \
    int64_t turns = kTurns;                                                                                            \
    __asm__ volatile("1:\n\t" OP " %%tmm6, %%tmm4, %%tmm0\n\t" OP " %%tmm7, %%tmm4, %%tmm1\n\t" OP                     \
                     " %%tmm6, %%tmm5, %%tmm2\n\t" OP " %%tmm7, %%tmm5, %%tmm3\n\tsub $1, %[turns]\n\tjnz 1b\n\t"      \
                     : [turns] "+r"(turns)                                                                             \
                     :                                                                                                 \
                     : "cc");                                                                                          \
  }

FLEX_TILES(tilesBf16, "tdpbf16ps")
FLEX_TILES(tilesI8, "tdpbssd")

struct Row {
  const char *name, *feature;
  void (*run)();
  double operations; ///< of a turn
};

constexpr Row kRows[] = {
    {"fma.f32.128", "fma", fma32x4, 12 * 2 * 4},       {"fma.f32.256", "fma", fma32x8, 12 * 2 * 8},
    {"fma.f32.512", "avx512f", fma32x16, 12 * 2 * 16}, {"fma.f64.128", "fma", fma64x2, 12 * 2 * 2},
    {"fma.f64.256", "fma", fma64x4, 12 * 2 * 4},       {"fma.f64.512", "avx512f", fma64x8, 12 * 2 * 8},
    {"dot.i8.256", "avxvnni", dotI8x32, 12 * 8 * 8},   {"dot.bf16.512", "avx512bf16", dotBf16, 12 * 4 * 16},
    {"dot.i8.512", "avx512vnni", dotI8, 12 * 8 * 16},
};

// 16 rows of 64 bytes each for all eight tiles.
constexpr Row kTileRows[] = {
    {"amx.bf16", "amx-bf16", tilesBf16, 4 * 2 * 16 * 16 * 32},
    {"amx.i8", "amx-int8", tilesI8, 4 * 2 * 16 * 16 * 64},
};

/// Palette 1, eight tiles (Intel SDM, volume 1, 18.3).
struct alignas(64) TileConfig {
  uint8_t palette = 1, startRow = 0, reserved[14] = {};
  uint16_t rowBytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};
static_assert(sizeof(TileConfig) == 64);

bool has(const std::vector<std::string> &features, const char *name) {
  return std::find(features.begin(), features.end(), name) != features.end();
}

double measure(const Row &row) {
  row.run(); // wakes up wide units
  return row.operations * static_cast<double>(kTurns) / bestSeconds(row.run) * 1e-9;
}

} // namespace

void measureArithmetic(const std::vector<std::string> &features, RateTable &table) {
  for (const Row &row : kRows)
    if (has(features, row.feature))
      table.push_back({row.name, measure(row), "GFLOP/s"});
  if (!has(features, "amx-tile") || !requestTileRegisters())
    return;
  const TileConfig config;
  __asm__ volatile("ldtilecfg %0\n\ttilezero %%tmm0\n\ttilezero %%tmm1\n\ttilezero %%tmm2\n\ttilezero %%tmm3\n\t"
                   "tilezero %%tmm4\n\ttilezero %%tmm5\n\ttilezero %%tmm6\n\ttilezero %%tmm7" ::"m"(config));
  for (const Row &row : kTileRows)
    if (has(features, row.feature))
      table.push_back({row.name, measure(row), "GFLOP/s"});
  __asm__ volatile("tilerelease");
}

#else

namespace {

typedef float Lanes __attribute__((vector_size(16)));

/// 8 accumulators, `turns` times.
float multiplyAdds(float value, int64_t turns) {
#pragma STDC FP_CONTRACT ON
  Lanes a = {}, sums[8] = {};
  a += value;
  for (int64_t turn = 0; turn < turns; ++turn)
    for (Lanes &sum : sums)
      sum = sum * a + a;
  Lanes all = {};
  for (const Lanes &sum : sums)
    all += sum;
  return all[0] + all[3];
}

} // namespace

void measureArithmetic(const std::vector<std::string> &, RateTable &table) {
  constexpr int64_t kTurns = 20000;
  volatile float value = 0.5f, sink = 0;
  double seconds = bestSeconds([&] { sink = multiplyAdds(value, kTurns); });
  table.push_back({"fma.f32.128", 8.0 * 2 * 4 * kTurns / seconds * 1e-9, "GFLOP/s"});
}

#endif

} // namespace flex::rt::host
