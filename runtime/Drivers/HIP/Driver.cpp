//===- Driver.cpp - The HIP driver ---------------------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Devices are numbered as the library numbers them (HIP_VISIBLE_DEVICES and
// ROCR_VISIBLE_DEVICES are its business); those that cannot run our programs are
// skipped with the reason.
//
//===----------------------------------------------------------------------===//
#include "Describe.h"
#include "Interface.h"

namespace flex::rt {
namespace {

class HipDriver : public Driver {
public:
  const char *name() const override { return "hip"; }
  std::vector<std::string> accepts() const override { return {"hsaco"}; }
  double openSeconds() const override { return 0.4; } // the library starts its threads and queues
  DriverDevices openDevices(const DriverOptions &options) override;
};

DriverDevices HipDriver::openDevices(const DriverOptions &) {
  DriverDevices found;
  auto opened = hip::Library::open();
  if (!opened) {
    found.skipped.push_back({"hip", opened.status().message()});
    return found;
  }
  std::shared_ptr<const hip::Library> library = std::move(*opened);
  int count = 0;
  hip::Result result = library->hipGetDeviceCount(&count);
  if (result != hip::kSuccess || count <= 0) {
    found.skipped.push_back({"hip", result == hip::kSuccess
                                        ? "the library lists no GPU"
                                        : "hipGetDeviceCount failed with " + library->nameOf(result)});
    return found;
  }
  for (int device = 0; device < count; ++device) {
    std::string id = "hip:" + std::to_string(device);
    auto described = hip::describe(*library, device, id);
    if (described)
      found.devices.push_back(std::make_unique<accelerator::AcceleratorDevice>(std::move(*described),
                                                                               hip::createInterface(library, device)));
    else
      found.skipped.push_back({id, hip::deviceName(*library, device) + ": " + described.status().message()});
  }
  return found;
}

} // namespace

std::unique_ptr<Driver> createHIPDriver() {
  return std::make_unique<HipDriver>();
}

} // namespace flex::rt
