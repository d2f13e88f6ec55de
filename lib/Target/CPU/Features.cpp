//===- Features.cpp - Instruction sets of processors ----------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// AVX-512 counts only as a whole (the five sets of x86-64-v4): code written for
// it uses all of them. Where an ISA leaves the registers' length open, code is
// written for the least that the features promise.
//
//===----------------------------------------------------------------------===//
#include "Features.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/X86TargetParser.h"

#include <optional>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>

namespace flex::target::cpu {
namespace {

// Older sets (sse4.2, popcnt) are implied.
constexpr const char *kV3[] = {"avx", "avx2", "bmi", "bmi2", "f16c", "fma", "lzcnt", "movbe", "popcnt"};
constexpr const char *kV4[] = {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"};
/// Beyond a level; those of AVX-512 and AMX need v4.
constexpr const char *kExtras[] = {"avx512bf16",  "avx512bitalg", "avx512ifma",      "avx512vbmi",
                                   "avx512vbmi2", "avx512vnni",   "avx512vpopcntdq", "avxvnni",
                                   "gfni",        "amx-tile",     "amx-bf16",        "amx-int8"};
constexpr const char *kNeon[] = {"fp-armv8", "neon"};
constexpr const char *kLongSVE[] = {"sve256", "sve512"};
constexpr const char *kRV64GCV[] = {"a", "c", "d", "f", "m", "v", "zvl128b"};
constexpr const char *kLongRVV[] = {"zvl256b", "zvl512b"};

using Names = llvm::ArrayRef<const char *>;

/// What every chip must have, and what there is beyond: in order, with `chain` each with all before it.
struct Table {
  const char *arch, *base, *processor;
  Names required, extras;
  bool chain;
};

const Table &tableOf(Isa isa) {
  static const Table kTables[] = {{"x86_64", "x86-64-v3", "x86-64-v3", kV3, kExtras, false},
                                  {"aarch64", "aarch64", "generic", kNeon, kLongSVE, true},
                                  {"riscv64", "riscv64", "generic-rv64", kRV64GCV, kLongRVV, true}};
  return kTables[static_cast<int>(isa)];
}

bool isIn(Names list, llvm::StringRef feature) {
  return llvm::any_of(list, [&](const char *entry) { return feature == entry; });
}

bool needsV4(llvm::StringRef feature) {
  return feature.starts_with("avx512") || feature.starts_with("amx");
}

bool isKnown(Isa isa, llvm::StringRef feature) {
  const Table &table = tableOf(isa);
  return isIn(table.required, feature) || isIn(table.extras, feature) || (isa == Isa::X86_64 && isIn(kV4, feature));
}

std::string joined(Names list) {
  return llvm::join(list.begin(), list.end(), ", ");
}

std::string knownFeatures(Isa isa) {
  const Table &table = tableOf(isa);
  return joined(table.required) + ", " + (isa == Isa::X86_64 ? joined(kV4) + ", " : "") + joined(table.extras);
}

/// The feature that a text begins with, up to the next sign: the longest known one, as "amx-tile" has a sign in it.
llvm::StringRef featureIn(llvm::StringRef text) {
  auto isSign = [](char c) { return c == '+' || c == '-'; };
  for (size_t end = text.size(); end > 0; --end) {
    llvm::StringRef word = text.take_front(end);
    if ((end == text.size() || isSign(text[end])) &&
        (isKnown(Isa::X86_64, word) || isIn(kNeon, word) || isIn(kLongSVE, word) || isIn(kLongRVV, word)))
      return word;
  }
  return text.take_until(isSign);
}

/// The name in front of `NAME[+feature…][-feature…]`. A sign starts a feature only if one follows: "x86-64-v3" is a
/// name.
llvm::StringRef nameIn(llvm::StringRef text) {
  for (size_t i = 0; i < text.size(); ++i) {
    llvm::StringRef word = featureIn(text.substr(i + 1));
    bool isFeature = isKnown(Isa::X86_64, word) || isIn(kNeon, word) || isIn(kLongSVE, word) || isIn(kLongRVV, word);
    if (text[i] == '+' || (text[i] == '-' && isFeature))
      return text.take_front(i);
  }
  return text;
}

/// Whether Linux lets this process use the registers of AMX: it must be asked once.
bool mayUseBlockRegisters() {
#if defined(__x86_64__)
  constexpr int kRequestPermission = 0x1023, kTileData = 18; // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
#else
  return false;
#endif
}

} // namespace

StatusOr<FeatureSet> FeatureSet::fromNames(Isa isa, std::set<std::string> names, const std::string &chip) {
  FeatureSet set(isa);
  const Table &table = tableOf(isa);
  std::string missing;
  for (const char *feature : table.required) {
    if (!names.count(feature))
      missing += (missing.empty() ? "" : ", ") + std::string(feature);
    set.features.insert(feature);
  }
  if (!missing.empty())
    return Status(StatusCode::Unavailable, "cpu: code is generated for " + std::string(table.base) +
                                               " and above, and '" + chip + "' lacks " + missing);
  bool isV4 = isa == Isa::X86_64 && llvm::all_of(kV4, [&](const char *feature) { return names.count(feature) != 0; });
  if (isV4)
    set.features.insert(std::begin(kV4), std::end(kV4));
  for (const char *feature : table.extras)
    if (names.count(feature) && (isV4 || !needsV4(feature)))
      set.features.insert(feature);
  return set;
}

StatusOr<FeatureSet> FeatureSet::ofHost() {
#if defined(__x86_64__)
  std::set<std::string> names;
  bool mayUseBlocks = mayUseBlockRegisters();
  for (const auto &entry : llvm::sys::getHostCPUFeatures())
    if (entry.second && (mayUseBlocks || !entry.first().starts_with("amx")))
      names.insert(entry.first().str());
  return fromNames(Isa::X86_64, std::move(names), "this machine's processor");
#else
  return Status(StatusCode::Unimplemented, "cpu: the compiler runs on x86-64 processors so far; name a chip, such as "
                                           "cpu:aarch64, to compile for another machine");
#endif
}

/// The ISA of a name and its features, in LLVM's spelling; nothing for an unknown name.
static std::optional<std::pair<Isa, std::set<std::string>>> lookUp(const std::string &name) {
  if (llvm::X86::parseArchX86(name, /*Only64Bit=*/true) != llvm::X86::CK_None) {
    llvm::SmallVector<llvm::StringRef> listed;
    llvm::X86::getFeaturesForCPU(name, listed);
    std::set<std::string> names;
    for (llvm::StringRef feature : listed)
      names.insert(feature.str());
    return std::pair(Isa::X86_64, std::move(names));
  }
  if (std::set<std::string> names = namedAArch64(name); !names.empty())
    return std::pair(Isa::AArch64, std::move(names));
  if (std::set<std::string> names = namedRiscV64(name); !names.empty())
    return std::pair(Isa::RiscV64, std::move(names));
  return std::nullopt;
}

StatusOr<FeatureSet> FeatureSet::parse(const std::string &text) {
  std::string name = nameIn(text).str();
  auto found = lookUp(name);
  if (!found)
    return Status(StatusCode::InvalidArgument, "cpu: unknown chip '" + name +
                                                   "', expected one of: " + llvm::join(knownChipNames(), ", ") +
                                                   ", or another 64-bit x86, Arm or RISC-V name that LLVM knows");
  Isa isa = found->first;
  llvm::StringMap<bool> enabled;
  auto change = [&](llvm::StringRef feature, bool adds) {
    enabled[feature] = adds;
    if (isa == Isa::X86_64)
      llvm::X86::updateImpliedFeatures(feature, adds, enabled);
    const Table &table = tableOf(isa);
    const auto *at = llvm::find(table.extras, feature);
    if (!table.chain || at == table.extras.end())
      return;
    for (const auto *extra = table.extras.begin(); extra != table.extras.end(); ++extra)
      if (adds ? extra < at : extra > at)
        enabled[*extra] = adds;
  };
  for (const std::string &feature : found->second)
    change(feature, true);
  for (llvm::StringRef rest = llvm::StringRef(text).substr(name.size()); !rest.empty();) {
    bool adds = rest.consume_front("+");
    if (!adds)
      rest = rest.drop_front();
    llvm::StringRef feature = featureIn(rest);
    rest = rest.drop_front(feature.size());
    if (!isKnown(isa, feature))
      return Status(StatusCode::InvalidArgument,
                    "cpu: unknown feature '" + feature.str() + "', expected one of: " + knownFeatures(isa));
    change(feature, adds);
  }
  std::set<std::string> names;
  for (const auto &entry : enabled)
    if (entry.second)
      names.insert(entry.first().str());
  return fromNames(isa, std::move(names), text);
}

std::string FeatureSet::arch() const {
  return tableOf(architecture).arch;
}

int64_t FeatureSet::vectorBits() const {
  bool is512 = hasAVX512() || has("sve512") || has("zvl512b");
  bool is256 = architecture == Isa::X86_64 || has("sve256") || has("zvl256b");
  return is512 ? 512 : is256 ? 256 : 128;
}

std::string FeatureSet::spelling() const {
  const Table &table = tableOf(architecture);
  std::string text = hasAVX512() ? "x86-64-v4" : table.base;
  for (const char *feature : table.extras)
    if (has(feature))
      text += std::string("+") + feature;
  return text;
}

std::string FeatureSet::llvmProcessor() const {
  return hasAVX512() ? "x86-64-v4" : tableOf(architecture).processor;
}

std::string FeatureSet::llvmFeatures() const {
  // LLVM would rather use half of the registers' width on most x86 chips.
  std::string text = architecture == Isa::X86_64 ? "-prefer-256-bit" : hasSVE() ? "+sve" : "";
  for (const std::string &feature : features)
    if (!isIn(kLongSVE, feature))
      text += (text.empty() ? "+" : ",+") + feature;
  return text;
}

std::vector<std::string> knownChipNames() {
  return {"native",         "x86-64-v3", "x86-64-v4", "haswell",    "skylake-avx512", "icelake-server",
          "sapphirerapids", "znver3",    "znver4",    "znver5",     "aarch64",        "neoverse-n1",
          "neoverse-v1",    "a64fx",     "riscv64",   "sifive-x280"};
}

} // namespace flex::target::cpu
