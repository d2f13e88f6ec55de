//===- Rates.h - Calibration of devices, kept per machine ------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A device's measured rates are an entry of the cache, by the device's name and
// fingerprint. Without a disk cache nothing is measured by itself: it would be
// measured again by every process. Thread-safe.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Runtime/Cache.h"
#include "flex/Runtime/Driver.h"

#include <map>
#include <memory>
#include <mutex>

namespace flex::rt {

class Rates {
public:
  explicit Rates(Cache &cache) : cache(cache) {}

  /// The rates of a device: those in use, else kept ones, else measured now. `again` measures anyway. Empty: none.
  RateTable calibrate(Device &device, bool again);
  /// What to predict with: the device's own description, or with its rates if they are known. They are measured only
  /// after `workSeconds` of work, so that measuring never doubles the time.
  const DeviceDescription &describe(Device &device, double workSeconds);

private:
  struct Entry {
    RateTable table;
    std::unique_ptr<const DeviceDescription> description; ///< null: the device's own
    bool lookedUp = false, measured = false;
  };
  void use(Device &device, Entry &entry, RateTable table);
  void lookUp(Device &device, Entry &entry);

  Cache &cache;
  std::mutex mutex; // guards entries
  std::map<Device *, Entry> entries;
  std::vector<std::unique_ptr<const DeviceDescription>> replaced; ///< somebody may still read them
};

} // namespace flex::rt
