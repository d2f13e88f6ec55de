//===- Rates.cpp - Calibration of devices, kept per machine --------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// An entry's payload is text: a line "name value unit" per rate.
//
//===----------------------------------------------------------------------===//
#include "Rates.h"

#include <charconv>
#include <cmath>

namespace flex::rt {
namespace {

constexpr double kMeasureSeconds = 0.5; ///< what a calibration costs at most
constexpr char kFormat[] = "1";         ///< of the names and what they mean

CacheKey keyOf(const DeviceDescription &device) {
  CacheKey key;
  key.add("kind", "rates").add("format", kFormat).add("device", device.id).add("name", device.name);
  key.add("fingerprint", device.fingerprint);
  return key;
}

std::vector<uint8_t> toBytes(const RateTable &table) {
  std::string text;
  for (const Rate &rate : table) {
    char value[32];
    auto end = std::to_chars(value, value + sizeof value, rate.value).ptr;
    text += rate.name + " " + std::string(value, end) + " " + rate.unit + "\n";
  }
  return {text.begin(), text.end()};
}

/// Empty if it is not what toBytes wrote.
RateTable fromBytes(const std::vector<uint8_t> &bytes) {
  std::string_view text(reinterpret_cast<const char *>(bytes.data()), bytes.size());
  RateTable table;
  while (!text.empty()) {
    size_t end = text.find('\n');
    if (end == std::string_view::npos)
      return {};
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    size_t first = line.find(' '), last = line.rfind(' ');
    if (first == std::string_view::npos || first == last)
      return {};
    Rate rate{std::string(line.substr(0, first)), 0, std::string(line.substr(last + 1))};
    auto [stop, error] = std::from_chars(line.data() + first + 1, line.data() + last, rate.value);
    if (error != std::errc() || stop != line.data() + last || !std::isfinite(rate.value) || rate.value <= 0)
      return {};
    table.push_back(std::move(rate));
  }
  return table;
}

} // namespace

void Rates::use(Device &device, Entry &entry, RateTable table) {
  entry.table = std::move(table);
  if (entry.description)
    replaced.push_back(std::move(entry.description));
  entry.description = std::make_unique<const DeviceDescription>(device.useRates(entry.table));
}

void Rates::lookUp(Device &device, Entry &entry) {
  if (entry.lookedUp)
    return;
  entry.lookedUp = true;
  auto kept = cache.lookup(keyOf(device.info()));
  if (RateTable table = kept ? fromBytes(*kept->payload) : RateTable(); !table.empty())
    use(device, entry, std::move(table));
}

RateTable Rates::calibrate(Device &device, bool again) {
  std::lock_guard lock(mutex);
  Entry &entry = entries[&device];
  lookUp(device, entry);
  if (entry.table.empty() || again) {
    RateTable table = device.measureRates();
    if (table.empty())
      return table;
    cache.store(keyOf(device.info()), toBytes(table));
    use(device, entry, std::move(table));
  }
  return entry.table;
}

const DeviceDescription &Rates::describe(Device &device, double workSeconds) {
  bool mayMeasure = workSeconds > kMeasureSeconds && cache.diskStatus().isOk();
  {
    std::lock_guard lock(mutex);
    Entry &entry = entries[&device];
    lookUp(device, entry);
    if (entry.description)
      return *entry.description;
    if (!mayMeasure || entry.measured)
      return device.info();
    entry.measured = true;
  }
  calibrate(device, /*again=*/false);
  std::lock_guard lock(mutex);
  const Entry &entry = entries[&device];
  return entry.description ? *entry.description : device.info();
}

} // namespace flex::rt
