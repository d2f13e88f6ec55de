//===- Driver.cpp - The driver of emulated chips -------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A device for each chip, "emulated:sm_80"; none is ever chosen unless pinned.
//
//===----------------------------------------------------------------------===//
#include "Device.h"

#include <cstdlib>

namespace flex::rt {
namespace {

constexpr const char *kChips[] = {
#define FLEX_CHIP(name) name,
#include "Chips.def"
};

class EmulatedDriver : public Driver {
public:
  const char *name() const override { return "emulated"; }
  std::vector<std::string> accepts() const override { return {"emulated-elf"}; }
  DriverDevices openDevices(const DriverOptions &options) override {
    DriverDevices out;
    const char *wanted = std::getenv("FLEX_EMULATED_CHIPS");
    for (const char *chip : kChips)
      if (!wanted ||
          std::string(",").append(wanted).append(",").find("," + std::string(chip) + ",") != std::string::npos)
        out.devices.push_back(std::make_unique<emulated::EmulatedDevice>(chip, options));
    if (out.devices.empty())
      out.skipped.push_back({"emulated", "FLEX_EMULATED_CHIPS names no chip"});
    return out;
  }
};

} // namespace

std::unique_ptr<Driver> createEmulatedDriver() {
  return std::make_unique<EmulatedDriver>();
}

} // namespace flex::rt
