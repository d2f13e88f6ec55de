//===- DeviceDescription.cpp - Text form of a device's facts --------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One table drives printing and parsing, so that no field can be forgotten in one.
//
//===----------------------------------------------------------------------===//
#include "flex/ScheduledLoops/DeviceDescription.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>

namespace flex::tile {
namespace {

struct IntegerField {
  const char *key;
  int64_t DeviceDescription::*member;
  int64_t least = 1;
};
constexpr IntegerField kIntegers[] = {
    {"vector-bits", &DeviceDescription::vectorBits},
    {"vector-registers", &DeviceDescription::vectorRegisters},
    {"cores", &DeviceDescription::cores},
    {"l1", &DeviceDescription::l1Bytes},
    {"l2", &DeviceDescription::l2Bytes},
    {"l3", &DeviceDescription::l3Bytes},
    {"wave-size", &DeviceDescription::waveSize},
    {"max-group-size", &DeviceDescription::maxGroupSize},
    {"group-memory", &DeviceDescription::groupMemoryBytes},
    {"streaming", &DeviceDescription::streamingBytes},
    {"group-memory-limit", &DeviceDescription::groupMemoryLimit},
    {"async-copy", &DeviceDescription::asyncCopyBytes, 0},
    {"block-row", &DeviceDescription::blockRowBytes, 0},
};

struct RateField {
  const char *key;
  double DeviceDescription::*member;
};
constexpr RateField kRates[] = {{"gflops", &DeviceDescription::gflops}, {"memory-gbs", &DeviceDescription::memoryGBs}};

/// `mma/f16/f32/16x8x16/32/rrr`; `64x8-256x16` where n has a range; `32*2` where two threads hold each element. The
/// last word: the homes of a, b and c.
std::string unitText(const MatrixUnit &unit) {
  std::string columns = std::to_string(unit.n) + (unit.maxN != unit.n ? "-" + std::to_string(unit.maxN) : "");
  return unit.unit + "/" + unit.operand + "/" + unit.accumulator + "/" + std::to_string(unit.m) + "x" + columns + "x" +
         std::to_string(unit.k) + "/" + std::to_string(unit.threads) +
         (unit.copies > 1 ? "*" + std::to_string(unit.copies) : "") + "/" + static_cast<char>(unit.a) +
         static_cast<char>(unit.b) + static_cast<char>(unit.c);
}

/// Takes the text before `stop` (or all that is left) from `text`; `found`: whether `stop` was there.
std::string_view takeUntil(std::string_view &text, char stop, bool *found = nullptr) {
  size_t at = text.find(stop);
  std::string_view word = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
  if (found)
    *found = at != std::string_view::npos;
  return word;
}

bool parseCount(std::string_view text, int64_t &value) {
  auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && stop == text.data() + text.size() && value > 0;
}

bool parseHome(char letter, OperandHome &home) {
  home = static_cast<OperandHome>(letter);
  return letter == 'r' || letter == 'g' || letter == 't';
}

bool parseUnit(std::string_view text, MatrixUnit &unit) {
  unit.unit = takeUntil(text, '/');
  unit.operand = takeUntil(text, '/');
  unit.accumulator = takeUntil(text, '/');
  std::string_view shape = takeUntil(text, '/'), threads = takeUntil(text, '/');
  std::string_view rows = takeUntil(shape, 'x'), columns = takeUntil(shape, 'x');
  bool hasRange = false, hasCopies = false;
  std::string_view issuers = takeUntil(threads, '*', &hasCopies);
  std::string_view least = takeUntil(columns, '-', &hasRange);
  if (unit.unit.empty() || unit.operand.empty() || unit.accumulator.empty() || text.size() != 3 ||
      !parseCount(rows, unit.m) || !parseCount(least, unit.n) || !parseCount(shape, unit.k) ||
      !parseCount(issuers, unit.threads) || (hasCopies && !parseCount(threads, unit.copies)) ||
      !parseHome(text[0], unit.a) || !parseHome(text[1], unit.b) || !parseHome(text[2], unit.c))
    return false;
  unit.maxN = unit.n;
  return !hasRange || (parseCount(columns, unit.maxN) && unit.maxN > unit.n && unit.maxN % unit.n == 0);
}

bool parseUnits(std::string_view text, std::vector<MatrixUnit> &units) {
  units.clear();
  for (bool more = !text.empty(); more;)
    if (!parseUnit(takeUntil(text, '+', &more), units.emplace_back()))
      return false;
  return true;
}

bool parseField(DeviceDescription &device, std::string_view key, std::string_view value) {
  if (key == "model") {
    device.model = value == "simt" ? ExecutionModel::Simt : ExecutionModel::Simd;
    return value == "simt" || value == "simd";
  }
  if (key == "bulk-copy") {
    device.hasBulkCopy = value == "1";
    return value == "1" || value == "0";
  }
  if (key == "matrix-units")
    return parseUnits(value, device.matrixUnits);
  const char *end = value.data() + value.size();
  for (const IntegerField &field : kIntegers)
    if (key == field.key) {
      auto [stop, error] = std::from_chars(value.data(), end, device.*field.member);
      return error == std::errc() && stop == end && device.*field.member >= field.least;
    }
  for (const RateField &field : kRates)
    if (key == field.key) {
      auto [stop, error] = std::from_chars(value.data(), end, device.*field.member);
      return error == std::errc() && stop == end && device.*field.member > 0 && std::isfinite(device.*field.member);
    }
  return false;
}

} // namespace

std::string MatrixUnit::name() const {
  return unit + ".m" + std::to_string(m) + "n" + std::to_string(n) + "k" + std::to_string(k) + "." + operand;
}

const MatrixUnit *DeviceDescription::findMatrixUnit(std::string_view name) const {
  for (const MatrixUnit &unit : matrixUnits)
    if (unit.name() == name)
      return &unit;
  return nullptr;
}

std::string DeviceDescription::str() const {
  std::string text = model == ExecutionModel::Simd ? "model=simd" : "model=simt";
  for (const IntegerField &field : kIntegers)
    text += std::string(",") + field.key + "=" + std::to_string(this->*field.member);
  for (const RateField &field : kRates) {
    char number[32];
    std::snprintf(number, sizeof number, "%g", this->*field.member);
    text += std::string(",") + field.key + "=" + number;
  }
  text += std::string(",bulk-copy=") + (hasBulkCopy ? "1" : "0") + ",matrix-units=";
  for (const MatrixUnit &unit : matrixUnits)
    text += (&unit == matrixUnits.data() ? "" : "+") + unitText(unit);
  return text;
}

StatusOr<DeviceDescription> DeviceDescription::parse(std::string_view text) {
  DeviceDescription device;
  while (!text.empty()) {
    std::string_view item = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), item.size() + 1));
    size_t equals = item.find('=');
    if (equals == std::string_view::npos || !parseField(device, item.substr(0, equals), item.substr(equals + 1)))
      return Status(StatusCode::InvalidArgument,
                    "device description: expected key=value with a known key and a positive value, found '" +
                        std::string(item) + "'");
  }
  return device;
}

} // namespace flex::tile
