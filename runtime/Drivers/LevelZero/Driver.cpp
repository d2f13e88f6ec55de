//===- Driver.cpp - The Level Zero driver --------------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Devices are numbered over all drivers of the loader (ZE_AFFINITY_MASK is its
// business); those that cannot run our programs are skipped with the reason.
//
//===----------------------------------------------------------------------===//
#include "Describe.h"
#include "Interface.h"

namespace flex::rt {
namespace {

class LevelZeroDriver : public Driver {
public:
  const char *name() const override { return "levelzero"; }
  std::vector<std::string> accepts() const override { return {"spirv"}; }
  double openSeconds() const override { return 0.3; }
  DriverDevices openDevices(const DriverOptions &options) override;

private:
  size_t count = 0; ///< devices seen
};

StatusOr<std::unique_ptr<Device>> openDevice(const std::shared_ptr<const levelzero::Library> &library,
                                             levelzero::DriverHandle driver, levelzero::DeviceHandle device,
                                             const std::string &id) {
  auto described = levelzero::describe(*library, driver, device, id);
  if (!described)
    return described.status();
  auto interface = levelzero::LevelZeroInterface::create(library, driver, device);
  if (!interface)
    return interface.status();
  return std::unique_ptr<Device>(
      std::make_unique<accelerator::AcceleratorDevice>(std::move(*described), std::move(*interface)));
}

/// What `get(&count, handles)` lists; both steps of the interface's way to ask for a list.
template <typename Handle, typename Get> levelzero::Result listOf(std::vector<Handle> &handles, Get get) {
  uint32_t count = 0;
  levelzero::Result result = get(&count, nullptr);
  if (result != levelzero::kSuccess || count == 0)
    return result;
  handles.resize(count);
  result = get(&count, handles.data());
  handles.resize(result == levelzero::kSuccess ? count : 0);
  return result;
}

DriverDevices LevelZeroDriver::openDevices(const DriverOptions &) {
  DriverDevices found;
  auto skip = [&](const std::string &id, const std::string &why) { found.skipped.push_back({id, why}); };
  auto opened = levelzero::Library::open();
  if (!opened) {
    skip("levelzero", opened.status().message());
    return found;
  }
  std::shared_ptr<const levelzero::Library> library = std::move(*opened);
  std::vector<levelzero::DriverHandle> drivers;
  levelzero::Result result =
      listOf(drivers, [&](uint32_t *n, levelzero::DriverHandle *handles) { return library->zeDriverGet(n, handles); });
  if (drivers.empty())
    skip("levelzero", result == levelzero::kSuccess ? "the loader lists no driver"
                                                    : "zeDriverGet failed with " + levelzero::nameOf(result));
  for (levelzero::DriverHandle driver : drivers) {
    std::vector<levelzero::DeviceHandle> devices;
    result = listOf(devices, [&](uint32_t *n, levelzero::DeviceHandle *handles) {
      return library->zeDeviceGet(driver, n, handles);
    });
    if (devices.empty())
      skip("levelzero", result == levelzero::kSuccess ? "a driver of the loader lists no device"
                                                      : "zeDeviceGet failed with " + levelzero::nameOf(result));
    for (levelzero::DeviceHandle device : devices) {
      std::string id = "levelzero:" + std::to_string(count++);
      auto made = openDevice(library, driver, device, id);
      if (made)
        found.devices.push_back(std::move(*made));
      else
        skip(id, made.status().message());
    }
  }
  return found;
}

} // namespace

std::unique_ptr<Driver> createLevelZeroDriver() {
  return std::make_unique<LevelZeroDriver>();
}

} // namespace flex::rt
