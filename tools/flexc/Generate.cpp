//===- Generate.cpp - Arrays made from a word -----------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Random numbers: xoshiro256++, seeded by splitmix64; normals by Box and Muller.
//
//===----------------------------------------------------------------------===//
#include "Generate.h"
#include "Text.h"

#include <cmath>

namespace flex::tool {
namespace {

class Random {
public:
  Random(uint64_t seed, const std::string &salt) {
    for (char c : salt)
      seed = mix(seed + static_cast<unsigned char>(c));
    for (uint64_t &word : state)
      word = mix(seed += 0x9e3779b97f4a7c15);
  }
  /// In [0, 1), 53 bits.
  double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }
  double normal() {
    if (hasSpare) {
      hasSpare = false;
      return spare;
    }
    double radius = std::sqrt(-2 * std::log(1 - uniform())), angle = 2 * 3.14159265358979323846 * uniform();
    spare = radius * std::sin(angle);
    hasSpare = true;
    return radius * std::cos(angle);
  }

private:
  static uint64_t mix(uint64_t x) {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return x ^ (x >> 31);
  }
  static uint64_t rotate(uint64_t x, int by) { return x << by | x >> (64 - by); }
  uint64_t next() {
    uint64_t result = rotate(state[0] + state[3], 23) + state[0], shifted = state[1] << 17;
    state[2] ^= state[0], state[3] ^= state[1], state[1] ^= state[2], state[0] ^= state[3];
    state[2] ^= shifted;
    state[3] = rotate(state[3], 45);
    return result;
  }

  uint64_t state[4];
  double spare = 0;
  bool hasSpare = false;
};

} // namespace

const std::vector<Generator> &allGenerators() {
  static const std::vector<Generator> generators = {
      {"zeros", "all 0", {}},
      {"ones", "all 1", {}},
      {"full", "all one value", {{"value", 0}}},
      {"arange", "start, start + step, … in row-major order", {{"start", 0}, {"step", 1}}},
      {"uniform", "evenly spread over [low, high)", {{"low", 0}, {"high", 1}, {"seed", 0}}},
      {"randn", "normally distributed", {{"mean", 0}, {"std", 1}, {"seed", 0}}},
      {"randint", "whole numbers evenly spread over low … high - 1", {{"low", 0}, {"high", 10}, {"seed", 0}}},
  };
  return generators;
}

const Generator *findGenerator(const std::string &name) {
  for (const Generator &generator : allGenerators())
    if (name == generator.name)
      return &generator;
  return nullptr;
}

Status generate(const Generator &generator, const std::map<std::string, double> &values, const std::string &salt,
                Array &array) {
  std::string name = generator.name;
  auto value = [&](const char *key) { return values.at(key); };
  double seed = values.count("seed") ? value("seed") : 0;
  Random random(static_cast<uint64_t>(std::llround(std::fmod(seed, 0x1p52))), salt);
  int64_t count = array.elements();
  for (int64_t i = 0; i < count; ++i) {
    double x = name == "ones"      ? 1
               : name == "full"    ? value("value")
               : name == "arange"  ? value("start") + value("step") * static_cast<double>(i)
               : name == "uniform" ? value("low") + (value("high") - value("low")) * random.uniform()
               : name == "randn"   ? value("mean") + value("std") * random.normal()
               : name == "randint" ? std::floor(value("low") + (value("high") - value("low")) * random.uniform())
                                   : 0;
    if (!storeDouble(array, i, x)) {
      bool fractional = name == "randn" || name == "uniform";
      return {StatusCode::InvalidArgument, "'" + name + "' gives " + std::to_string(x) + ", which " + array.dtype +
                                               " cannot hold" + (fractional ? "; use randint(low, high)" : "")};
    }
  }
  return Status::ok();
}

} // namespace flex::tool
