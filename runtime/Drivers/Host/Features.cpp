//===- Features.cpp - What this processor can do -------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// x86: cpuid, and XCR0 for what the operating system saves. Elsewhere what Linux
// tells, and how long the vector registers are.
//
//===----------------------------------------------------------------------===//
#include "Features.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#include <cpuid.h>
#else
#include <sys/auxv.h>
#include <sys/prctl.h>
#endif

namespace flex::rt::host {

#if defined(__x86_64__)

namespace {

enum Register { Eax, Ebx, Ecx, Edx };
/// Which register state the operating system must save.
enum State { Base, Ymm, Zmm, Tile };

struct Feature {
  const char *name;
  unsigned leaf, subleaf;
  Register reg;
  unsigned bit;
  State state;
};

constexpr Feature kFeatures[] = {
    {"sse3", 1, 0, Ecx, 0, Base},
    {"pclmul", 1, 0, Ecx, 1, Base},
    {"ssse3", 1, 0, Ecx, 9, Base},
    {"sse4.1", 1, 0, Ecx, 19, Base},
    {"sse4.2", 1, 0, Ecx, 20, Base},
    {"movbe", 1, 0, Ecx, 22, Base},
    {"popcnt", 1, 0, Ecx, 23, Base},
    {"aes", 1, 0, Ecx, 25, Base},
    {"avx", 1, 0, Ecx, 28, Ymm},
    {"fma", 1, 0, Ecx, 12, Ymm},
    {"f16c", 1, 0, Ecx, 29, Ymm},
    {"bmi", 7, 0, Ebx, 3, Base},
    {"avx2", 7, 0, Ebx, 5, Ymm},
    {"bmi2", 7, 0, Ebx, 8, Base},
    {"avx512f", 7, 0, Ebx, 16, Zmm},
    {"avx512dq", 7, 0, Ebx, 17, Zmm},
    {"adx", 7, 0, Ebx, 19, Base},
    {"avx512ifma", 7, 0, Ebx, 21, Zmm},
    {"clflushopt", 7, 0, Ebx, 23, Base},
    {"clwb", 7, 0, Ebx, 24, Base},
    {"avx512cd", 7, 0, Ebx, 28, Zmm},
    {"sha", 7, 0, Ebx, 29, Base},
    {"avx512bw", 7, 0, Ebx, 30, Zmm},
    {"avx512vl", 7, 0, Ebx, 31, Zmm},
    {"avx512vbmi", 7, 0, Ecx, 1, Zmm},
    {"avx512vbmi2", 7, 0, Ecx, 6, Zmm},
    {"gfni", 7, 0, Ecx, 8, Base},
    {"vaes", 7, 0, Ecx, 9, Ymm},
    {"vpclmulqdq", 7, 0, Ecx, 10, Ymm},
    {"avx512vnni", 7, 0, Ecx, 11, Zmm},
    {"avx512bitalg", 7, 0, Ecx, 12, Zmm},
    {"avx512vpopcntdq", 7, 0, Ecx, 14, Zmm},
    {"avx512vp2intersect", 7, 0, Edx, 8, Zmm},
    {"amx-bf16", 7, 0, Edx, 22, Tile},
    {"avx512fp16", 7, 0, Edx, 23, Zmm},
    {"amx-tile", 7, 0, Edx, 24, Tile},
    {"amx-int8", 7, 0, Edx, 25, Tile},
    {"avxvnni", 7, 1, Eax, 4, Ymm},
    {"avx512bf16", 7, 1, Eax, 5, Zmm},
    {"amx-fp16", 7, 1, Eax, 21, Tile},
    {"avxifma", 7, 1, Eax, 23, Ymm},
    {"avxvnniint8", 7, 1, Edx, 4, Ymm},
    {"avxneconvert", 7, 1, Edx, 5, Ymm},
    {"avxvnniint16", 7, 1, Edx, 10, Ymm},
    {"lzcnt", 0x80000001, 0, Ecx, 5, Base},
    {"sse4a", 0x80000001, 0, Ecx, 6, Base},
};

uint64_t readXcr0() {
  unsigned low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (static_cast<uint64_t>(high) << 32) | low;
}

bool osSaves(State state, uint64_t xcr0) {
  auto all = [&](uint64_t mask) { return (xcr0 & mask) == mask; };
  switch (state) {
  case Base: return true;
  case Ymm: return all(0x6);
  case Zmm: return all(0xe6);
  case Tile: return all(0x60000);
  }
  return false;
}

} // namespace

const char *payloadFormat() {
  return "elf-x86_64";
}

std::vector<std::string> detectFeatures() {
  // Under a hypervisor each cpuid costs microseconds: every leaf is read once.
  struct Leaf {
    unsigned leaf, subleaf, regs[4] = {};
  } leaves[] = {{1, 0}, {7, 0}, {7, 1}, {0x80000001, 0}};
  unsigned highest = __get_cpuid_max(0, nullptr), highestExtended = __get_cpuid_max(0x80000000, nullptr);
  for (Leaf &l : leaves)
    if (l.leaf <= (l.leaf & 0x80000000 ? highestExtended : highest))
      __cpuid_count(l.leaf, l.subleaf, l.regs[Eax], l.regs[Ebx], l.regs[Ecx], l.regs[Edx]);
  uint64_t xcr0 = leaves[0].regs[Ecx] & (1u << 27) ? readXcr0() : 0;
  std::vector<std::string> out;
  for (const Feature &feature : kFeatures) {
    const Leaf *leaf = std::find_if(std::begin(leaves), std::end(leaves), [&](const Leaf &l) {
      return l.leaf == feature.leaf && l.subleaf == feature.subleaf;
    });
    assert(leaf != std::end(leaves) && "a feature of a leaf that is not read");
    if ((leaf->regs[feature.reg] >> feature.bit & 1) && osSaves(feature.state, xcr0))
      out.push_back(feature.name);
  }
  return out;
}

std::string processorName() {
  char name[49] = {};
  unsigned *words = reinterpret_cast<unsigned *>(name);
  if (__get_cpuid_max(0x80000000, nullptr) < 0x80000004)
    return "x86-64";
  for (unsigned leaf = 0; leaf < 3; ++leaf, words += 4)
    __cpuid(0x80000002 + leaf, words[0], words[1], words[2], words[3]);
  std::string out = name;
  out.erase(0, out.find_first_not_of(' '));
  return out.empty() ? "x86-64" : out;
}

#else

#if defined(__aarch64__)
const char *payloadFormat() {
  return "elf-aarch64";
}

std::vector<std::string> detectFeatures() {
  constexpr int kGetLength = 51, kLengthMask = 0xffff; // PR_SVE_GET_VL
  unsigned long bits = getauxval(AT_HWCAP);
  std::vector<std::string> out;
  if (bits & HWCAP_FP)
    out.emplace_back("fp-armv8");
  if (bits & HWCAP_ASIMD)
    out.emplace_back("neon");
  int length = bits & HWCAP_SVE ? prctl(kGetLength, 0, 0, 0, 0) : -1;
  for (int known : {256, 512}) // of the length alone: those of 128 bits are NEON's
    if (length >= 0 && (length & kLengthMask) * 8 >= known)
      out.push_back("sve" + std::to_string(known));
  return out;
}
#elif defined(__riscv) && __riscv_xlen == 64
const char *payloadFormat() {
  return "elf-riscv64";
}

std::vector<std::string> detectFeatures() {
  unsigned long bits = getauxval(AT_HWCAP), bytes = 0;
  std::vector<std::string> out;
  for (char letter : {'a', 'c', 'd', 'f', 'm', 'v'})
    if (bits >> (letter - 'a') & 1)
      out.emplace_back(1, letter);
  if (bits >> ('v' - 'a') & 1)
    __asm__("csrr %0, 0xc22" : "=r"(bytes)); // vlenb
  for (unsigned long known : {128, 256, 512})
    if (bytes * 8 >= known)
      out.push_back("zvl" + std::to_string(known) + "b");
  return out;
}
#else
#error "the host driver does not know this processor's payload format"
#endif

std::string processorName() {
  return payloadFormat() + 4;
}

#endif

double flopsPerCycle(const std::vector<std::string> &features) {
  auto has = [&](const char *name) { return std::find(features.begin(), features.end(), name) != features.end(); };
  // Two multiply-adds per cycle; not every AVX-512 machine does two of 512 bits.
  return has("avx512f") ? 48 : has("fma") || has("sve256") || has("zvl256b") ? 32 : has("avx") || has("neon") ? 16 : 8;
}

int usableProcessors() {
  cpu_set_t set;
  int count =
      sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN));
  if (FILE *file = std::fopen("/sys/fs/cgroup/cpu.max", "re")) {
    // "max 100000" or "200000 100000": microseconds of processor time per period.
    char text[64] = {};
    char *rest = text;
    double quota = std::fgets(text, sizeof text, file) ? std::strtod(text, &rest) : 0;
    double period = std::strtod(rest, nullptr);
    if (quota > 0 && period > 0)
      count = std::min(count, static_cast<int>(std::ceil(quota / period)));
    std::fclose(file);
  }
  return std::max(count, 1);
}

bool requestTileRegisters() {
#if defined(__x86_64__)
  constexpr int kRequestPermission = 0x1023, kTileData = 18; // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
#else
  return false;
#endif
}

} // namespace flex::rt::host
