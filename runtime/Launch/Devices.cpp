//===- Devices.cpp - The devices of a context ----------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Devices are never closed before the context, so pointers to them stay valid.
//
//===----------------------------------------------------------------------===//
#include "Devices.h"

#include "Text.h"

namespace flex::rt {

/// Why a driver that was opened has no such device.
static Status notUsable(const std::string &id, const DriverDevices &found) {
  std::string why = "device '" + id + "' is not usable here";
  for (const SkippedDevice &skipped : found.skipped)
    why.append("; ").append(skipped.id).append(": ").append(skipped.reason);
  for (const std::unique_ptr<Device> &device : found.devices)
    why.append("; there is ").append(device->info().id);
  return {StatusCode::Unavailable, why};
}

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
    appendItem(names, name);
    if (id != name && !id.starts_with(name + ":"))
      continue;
    open(slot);
    for (const std::unique_ptr<Device> &device : slot.found.devices)
      if (id == name || device->info().id == id)
        return device.get();
    return notUsable(id, slot.found);
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
  std::vector<Device *> cheap, costly, pinned;
  for (Slot &slot : slots) {
    open(slot);
    for (const std::unique_ptr<Device> &device : slot.found.devices)
      (device->info().onlyWhenPinned    ? pinned
       : slot.driver->openSeconds() > 0 ? costly
                                        : cheap)
          .push_back(device.get());
  }
  cheap.insert(cheap.end(), costly.begin(), costly.end());
  cheap.insert(cheap.end(), pinned.begin(), pinned.end());
  return cheap;
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
