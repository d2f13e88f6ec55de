//===- DimExprFuzz.cpp - Any text as an expression over dimensions --------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What was parsed prints as itself, and keeps its value under every operation
// that promises so.
//
//===----------------------------------------------------------------------===//
#include "Fuzz.h"
#include "flex/Support/DimExpr.h"

using namespace flex;

static constexpr int64_t kValues[] = {0, 1, 7, -3, 1 << 20, INT64_MAX};

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size > 256)
    return 0;
  std::string error;
  auto parsed = DimExpr::parse({reinterpret_cast<const char *>(data), size}, &error);
  if (!parsed) {
    FUZZ_CHECK(!error.empty(), "a refusal without a reason");
    return 0;
  }
  const DimExpr &e = *parsed;
  if (!e.isValid()) {
    FUZZ_CHECK(!e.evaluate(std::map<std::string, int64_t>{}), "an invalid expression has a value");
    return 0;
  }
  auto again = DimExpr::parse(e.str());
  FUZZ_CHECK(again && again->isValid() && *again == e, e.str());
  std::set<std::string> names;
  e.collectSymbols(names);
  FUZZ_CHECK(names.empty() || !e.isConstant(), e.str());
  for (int64_t value : kValues) {
    std::map<std::string, int64_t> env;
    std::map<std::string, DimExpr> replacements;
    for (const std::string &name : names) {
      FUZZ_CHECK(e.uses(name), e.str());
      env[name] = value;
      replacements[name] = DimExpr(value);
    }
    auto direct = e.evaluate(env);
    DimExpr bound = e.substitute(replacements);
    // Substitution may overflow where another order of the sum does not: then it has no value, never a wrong one.
    if (auto constant = bound.isValid() ? bound.constant() : std::nullopt; constant && direct)
      FUZZ_CHECK(*constant == *direct, e.str());
    for (const std::string &name : names)
      if (auto parts = e.linearIn(name)) {
        DimExpr rebuilt = parts->first * DimExpr::symbol(name) + parts->second;
        FUZZ_CHECK(!rebuilt.isValid() || rebuilt == e, e.str());
      }
  }
  return 0;
}
