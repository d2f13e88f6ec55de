//===- Driver.cpp - The host driver --------------------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One device, "host": the processors of this process.
//
//===----------------------------------------------------------------------===//
#include "Device.h"
#include "Features.h"

namespace flex::rt {
namespace {

class HostDriver : public Driver {
public:
  const char *name() const override { return "host"; }
  std::vector<std::string> accepts() const override { return {host::payloadFormat()}; }
  DriverDevices openDevices(const DriverOptions &options) override {
    DriverDevices out;
    out.devices.push_back(std::make_unique<host::HostDevice>(options));
    return out;
  }
};

} // namespace

std::unique_ptr<Driver> createHostDriver() {
  return std::make_unique<HostDriver>();
}

} // namespace flex::rt
