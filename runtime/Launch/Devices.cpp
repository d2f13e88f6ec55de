//===- Devices.cpp - The devices of a context ----------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Devices are never closed before the context, so pointers to them stay valid.
//
//===----------------------------------------------------------------------===//
#include "Devices.h"

namespace flex::rt {

DeviceSet::DeviceSet(DriverOptions given) : options(std::move(given)) {
  for (std::unique_ptr<Driver> &driver : createAllDrivers())
    slots.push_back({std::move(driver), false, {}});
}

DeviceSet::~DeviceSet() = default;

void DeviceSet::open(Slot &slot) {
  if (slot.opened)
    return;
  slot.found = slot.driver->openDevices(options);
  slot.opened = true;
}

StatusOr<Device *> DeviceSet::find(const std::string &id) {
  std::lock_guard lock(mutex);
  std::string names;
  for (Slot &slot : slots) {
    std::string name = slot.driver->name();
    names += (names.empty() ? "" : ", ") + name;
    if (id != name && !id.starts_with(name + ":"))
      continue;
    open(slot);
    for (const std::unique_ptr<Device> &device : slot.found.devices)
      if (id == name || device->info().id == id)
        return device.get();
    std::string why;
    for (const SkippedDevice &skipped : slot.found.skipped)
      why += "; " + skipped.id + ": " + skipped.reason;
    for (const std::unique_ptr<Device> &device : slot.found.devices)
      why += "; there is " + device->info().id;
    return Status(StatusCode::Unavailable, "device '" + id + "' is not usable here" + why);
  }
  return Status(StatusCode::NotFound, "unknown device '" + id + "', expected one of " + names);
}

std::vector<Device *> DeviceSet::automatic(double workSeconds) {
  std::lock_guard lock(mutex);
  std::vector<Device *> out;
  for (Slot &slot : slots) {
    if (!slot.opened && slot.driver->openSeconds() > workSeconds)
      continue;
    open(slot);
    for (const std::unique_ptr<Device> &device : slot.found.devices)
      if (!device->info().onlyWhenPinned)
        out.push_back(device.get());
  }
  return out;
}

std::vector<Device *> DeviceSet::all() {
  std::lock_guard lock(mutex);
  std::vector<Device *> out;
  for (Slot &slot : slots) {
    open(slot);
    for (const std::unique_ptr<Device> &device : slot.found.devices)
      out.push_back(device.get());
  }
  return out;
}

std::vector<SkippedDevice> DeviceSet::skipped() {
  std::lock_guard lock(mutex);
  std::vector<SkippedDevice> out;
  for (const Slot &slot : slots)
    out.insert(out.end(), slot.found.skipped.begin(), slot.found.skipped.end());
  return out;
}

std::vector<std::string> DeviceSet::unopened() {
  std::lock_guard lock(mutex);
  std::vector<std::string> out;
  for (const Slot &slot : slots)
    if (!slot.opened && slot.driver->openSeconds() > 0)
      out.push_back(slot.driver->name());
  return out;
}

} // namespace flex::rt
