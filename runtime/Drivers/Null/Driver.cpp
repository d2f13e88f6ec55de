//===- Driver.cpp - The null driver --------------------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A real driver opens its vendor's library in openDevices and lists what it
// lacks in `skipped`.
//
//===----------------------------------------------------------------------===//
#include "Device.h"

namespace flex::rt {
namespace {

class NullDriver : public Driver {
public:
  const char *name() const override { return "null"; }
  std::vector<std::string> accepts() const override { return {"tensor-ir"}; }
  DriverDevices openDevices(const DriverOptions &) override {
    DriverDevices out;
    out.devices.push_back(std::make_unique<null::NullDevice>());
    return out;
  }
};

} // namespace

std::unique_ptr<Driver> createNullDriver() {
  return std::make_unique<NullDriver>();
}

} // namespace flex::rt
