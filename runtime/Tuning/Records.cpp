//===- Records.cpp - What a record is, and which one fits ----------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Keys as text, and the choice among records; no file is touched here.
//
//===----------------------------------------------------------------------===//
#include "flex/Binary/Hash.h"
#include "flex/Runtime/Tuning.h"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <optional>

namespace flex::rt {
namespace {

constexpr int64_t kExact = 16; ///< sizes up to here are classes of their own, and what alignment counts by

std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    size_t space = std::min(text.find(' '), text.size());
    if (space)
      out.push_back(text.substr(0, space));
    text.remove_prefix(std::min(space + 1, text.size()));
  }
  return out;
}

/// The number behind '='; nothing for a type.
std::optional<int64_t> sizeOf(std::string_view word) {
  size_t equals = word.find('=');
  if (equals == std::string_view::npos)
    return std::nullopt;
  const char *begin = word.data() + equals + 1, *end = word.data() + word.size();
  int64_t value = 0;
  auto [stop, error] = std::from_chars(begin, end, value);
  return error == std::errc() && stop == end && value >= 0 ? std::optional(value) : std::nullopt;
}

/// How far two shapes of one class are from each other: the sum of the logarithms of the sizes' ratios.
double distance(std::string_view left, std::string_view right) {
  auto lefts = words(left), rights = words(right);
  double sum = 0;
  for (size_t i = 0; i < std::min(lefts.size(), rights.size()); ++i) {
    auto a = sizeOf(lefts[i]), b = sizeOf(rights[i]);
    if (a && b && *a > 0 && *b > 0)
      sum += std::fabs(std::log(static_cast<double>(*a) / static_cast<double>(*b)));
  }
  return sum;
}

std::string milliseconds(double seconds) {
  char text[32];
  double value = seconds < 1e-3 ? seconds * 1e6 : seconds * 1e3;
  std::snprintf(text, sizeof text, "%.3g %s", value, seconds < 1e-3 ? "us" : "ms");
  return text;
}

} // namespace

std::string TuningRecord::id() const {
  return contentHash(key.kernel + "\n" + key.shape + "\n" + key.machine).substr(0, 12);
}

std::string TuningRecord::summary() const {
  char date[32] = "?";
  std::time_t seconds = static_cast<std::time_t>(made);
  std::tm local;
  if (localtime_r(&seconds, &local))
    std::strftime(date, sizeof date, "%Y-%m-%d", &local);
  return "tuned on " + std::string(date) + ": " + milliseconds(bestSeconds) + ", " + milliseconds(modelSeconds) +
         " by the cost model";
}

std::string shapeOf(const std::map<std::string, int64_t> &dims, const std::map<std::string, std::string> &types) {
  std::map<std::string, std::string> all(types);
  for (const auto &[name, value] : dims)
    all[name] = std::to_string(value);
  std::string out;
  for (const auto &[name, value] : all)
    out.append(out.empty() ? "" : " ").append(name).append("=").append(value);
  return out;
}

std::string shapeClassOf(const std::string &shape) {
  std::string out;
  for (std::string_view word : words(shape)) {
    out += out.empty() ? "" : " ";
    auto size = sizeOf(word);
    if (!size || *size <= kExact) {
      out += word;
      continue;
    }
    double power = std::exp2(std::round(std::log2(static_cast<double>(*size))));
    char text[32];
    std::snprintf(text, sizeof text, "~%.0f%s", power, *size % kExact == 0 ? "/16" : "");
    out.append(word.substr(0, word.find('='))).append(text);
  }
  return out;
}

const TuningRecord *findRecord(const std::vector<TuningRecord> &records, const TuningKey &key) {
  const TuningRecord *nearest = nullptr;
  std::string wanted = shapeClassOf(key.shape);
  for (const TuningRecord &record : records) {
    if (record.key.kernel != key.kernel || record.key.machine != key.machine)
      continue;
    if (record.key.shape == key.shape)
      return &record;
    if (record.shapeClass == wanted &&
        (!nearest || distance(record.key.shape, key.shape) < distance(nearest->key.shape, key.shape)))
      nearest = &record;
  }
  return nearest;
}

} // namespace flex::rt
