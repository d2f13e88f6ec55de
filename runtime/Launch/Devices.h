//===- Devices.h - The devices of a context --------------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Opens drivers no earlier than needed: at start only those that cost nothing.
// A driver that costs something is opened once the process has worked that long
// without it, so waiting for it never doubles the time. Thread-safe.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Runtime/Driver.h"

#include <mutex>

namespace flex::rt {

class DeviceSet {
public:
  explicit DeviceSet(DriverOptions options);
  ~DeviceSet();

  /// "host", "host:0", or a driver's name for its first device.
  StatusOr<Device *> find(const std::string &id);
  /// Those the scheduler may choose from after `workSeconds` of work.
  std::vector<Device *> automatic(double workSeconds);
  /// Opens every driver. First what costs nothing to open, so the host; last what the scheduler never chooses.
  std::vector<Device *> all();
  std::vector<SkippedDevice> skipped();
  /// Drivers that automatic() waits with because opening them costs something, for explanations.
  std::vector<std::string> unopened();

private:
  struct Slot {
    std::unique_ptr<Driver> driver;
    bool opened = false;
    DriverDevices found;
  };
  void open(Slot &slot); // REQUIRES: mutex is held
  DriverOptions options;
  std::mutex mutex; // guards slots
  std::vector<Slot> slots;
};

} // namespace flex::rt
