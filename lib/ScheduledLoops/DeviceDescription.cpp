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
};

struct RateField {
  const char *key;
  double DeviceDescription::*member;
};
constexpr RateField kRates[] = {{"gflops", &DeviceDescription::gflops}, {"memory-gbs", &DeviceDescription::memoryGBs}};

bool parseField(DeviceDescription &device, std::string_view key, std::string_view value) {
  if (key == "model") {
    device.model = value == "simt" ? ExecutionModel::Simt : ExecutionModel::Simd;
    return value == "simt" || value == "simd";
  }
  const char *end = value.data() + value.size();
  for (const IntegerField &field : kIntegers)
    if (key == field.key) {
      auto [stop, error] = std::from_chars(value.data(), end, device.*field.member);
      return error == std::errc() && stop == end && device.*field.member > 0;
    }
  for (const RateField &field : kRates)
    if (key == field.key) {
      auto [stop, error] = std::from_chars(value.data(), end, device.*field.member);
      return error == std::errc() && stop == end && device.*field.member > 0 && std::isfinite(device.*field.member);
    }
  return false;
}

} // namespace

std::string DeviceDescription::str() const {
  std::string text = model == ExecutionModel::Simd ? "model=simd" : "model=simt";
  for (const IntegerField &field : kIntegers)
    text += std::string(",") + field.key + "=" + std::to_string(this->*field.member);
  for (const RateField &field : kRates) {
    char number[32];
    std::snprintf(number, sizeof number, "%g", this->*field.member);
    text += std::string(",") + field.key + "=" + number;
  }
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
