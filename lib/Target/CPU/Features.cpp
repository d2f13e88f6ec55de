//===- Features.cpp - Instruction sets of x86-64 chips --------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// AVX-512 counts only as a whole (the five sets of x86-64-v4): code written for
// it uses all of them.
//
//===----------------------------------------------------------------------===//
#include "Features.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/X86TargetParser.h"

#include <algorithm>

namespace flex::target::cpu {
namespace {

// Older sets (sse4.2, popcnt) are implied.
constexpr const char *kV3[] = {"avx", "avx2", "bmi", "bmi2", "f16c", "fma", "lzcnt", "movbe", "popcnt"};
constexpr const char *kV4[] = {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"};
/// Beyond a level; those of AVX-512 need v4.
constexpr const char *kExtras[] = {"avx512bf16", "avx512bitalg",    "avx512ifma", "avx512vbmi", "avx512vbmi2",
                                   "avx512vnni", "avx512vpopcntdq", "avxvnni",    "gfni"};

bool isIn(llvm::ArrayRef<const char *> list, llvm::StringRef feature) {
  return llvm::any_of(list, [&](const char *entry) { return feature == entry; });
}

bool isKnown(llvm::StringRef feature) {
  return isIn(kV3, feature) || isIn(kV4, feature) || isIn(kExtras, feature);
}

std::string joined(llvm::ArrayRef<const char *> list) {
  return llvm::join(list.begin(), list.end(), ", ");
}

} // namespace

StatusOr<FeatureSet> FeatureSet::fromNames(std::set<std::string> names, const std::string &chip) {
  FeatureSet set;
  std::string missing;
  for (const char *feature : kV3) {
    if (!names.count(feature))
      missing += (missing.empty() ? "" : ", ") + std::string(feature);
    set.features.insert(feature);
  }
  if (!missing.empty())
    return Status(StatusCode::Unavailable,
                  "cpu: code is generated for x86-64-v3 and above, and '" + chip + "' lacks " + missing);
  bool isV4 = llvm::all_of(kV4, [&](const char *feature) { return names.count(feature) != 0; });
  if (isV4)
    set.features.insert(std::begin(kV4), std::end(kV4));
  for (const char *feature : kExtras)
    if (names.count(feature) && (isV4 || !llvm::StringRef(feature).starts_with("avx512")))
      set.features.insert(feature);
  return set;
}

StatusOr<FeatureSet> FeatureSet::ofHost() {
#if defined(__x86_64__)
  std::set<std::string> names;
  for (const auto &entry : llvm::sys::getHostCPUFeatures())
    if (entry.second)
      names.insert(entry.first().str());
  return fromNames(std::move(names), "this machine's processor");
#else
  return Status(StatusCode::Unimplemented, "cpu: only x86-64 processors are supported so far; name a chip, such as "
                                           "cpu:x86-64-v3, to compile for another machine");
#endif
}

StatusOr<FeatureSet> FeatureSet::parse(const std::string &text) {
  // A sign starts a feature only if one follows: "x86-64-v3" is a name.
  size_t nameEnd = text.size();
  for (size_t i = 0; i < text.size() && nameEnd == text.size(); ++i)
    if (text[i] == '+' || (text[i] == '-' && isKnown(llvm::StringRef(text).substr(i + 1).take_until(
                                                 [](char c) { return c == '+' || c == '-'; }))))
      nameEnd = i;
  std::string name = text.substr(0, nameEnd);
  if (llvm::X86::parseArchX86(name, /*Only64Bit=*/true) == llvm::X86::CK_None)
    return Status(StatusCode::InvalidArgument, "cpu: unknown chip '" + name +
                                                   "', expected one of: " + llvm::join(knownChipNames(), ", ") +
                                                   ", or another x86-64 name that LLVM knows");
  llvm::SmallVector<llvm::StringRef> listed;
  llvm::X86::getFeaturesForCPU(name, listed);
  llvm::StringMap<bool> enabled;
  auto change = [&](llvm::StringRef feature, bool adds) {
    enabled[feature] = adds;
    llvm::X86::updateImpliedFeatures(feature, adds, enabled);
  };
  for (llvm::StringRef feature : listed)
    change(feature, true);
  for (llvm::StringRef rest = llvm::StringRef(text).substr(nameEnd); !rest.empty();) {
    bool adds = rest.consume_front("+");
    if (!adds)
      rest = rest.drop_front();
    llvm::StringRef feature = rest.take_until([](char c) { return c == '+' || c == '-'; });
    rest = rest.drop_front(feature.size());
    if (!isKnown(feature))
      return Status(StatusCode::InvalidArgument, "cpu: unknown feature '" + feature.str() + "', expected one of: " +
                                                     joined(kV3) + ", " + joined(kV4) + ", " + joined(kExtras));
    change(feature, adds);
  }
  std::set<std::string> names;
  for (const auto &entry : enabled)
    if (entry.second)
      names.insert(entry.first().str());
  return fromNames(std::move(names), text);
}

std::string FeatureSet::spelling() const {
  std::string text = llvmProcessor();
  for (const char *feature : kExtras)
    if (has(feature))
      text += std::string("+") + feature;
  return text;
}

std::string FeatureSet::llvmFeatures() const {
  // LLVM would rather use half of the registers' width on most chips.
  std::string text = "-prefer-256-bit";
  for (const std::string &feature : features)
    text += ",+" + feature;
  return text;
}

std::vector<std::string> knownChipNames() {
  return {"native",         "x86-64-v3",      "x86-64-v4", "haswell", "skylake-avx512",
          "icelake-server", "sapphirerapids", "znver3",    "znver4",  "znver5"};
}

} // namespace flex::target::cpu
